"""companion.optim and companion.nn.utils beside torch: the same gradients must leave the same trace."""

import copy
import inspect
import itertools
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import nn, optim
from companion.autograd import Tensor
from companion.nn import Parameter
from companion.optim import lr_scheduler, swa_utils

SHAPES = [(3, 4), (5,), (), (2, 1, 3)]
STEPS = 200


def grid(**options):
    """Every combination of the listed settings."""
    return [dict(zip(options, values)) for values in itertools.product(*options.values())]


OPTIONS = {
    "SGD": [
        o
        for o in grid(
            momentum=[0, 0.9], dampening=[0, 0.3], weight_decay=[0, 0.1], nesterov=[False, True], maximize=[False, True]
        )
        if not (o["nesterov"] and (o["momentum"] == 0 or o["dampening"] != 0))
    ],
    "Adagrad": grid(
        lr_decay=[0, 0.05],
        weight_decay=[0, 0.1],
        initial_accumulator_value=[0, 0.4],
        eps=[1e-10, 0.1],
        maximize=[False, True],
    ),
    "RMSprop": grid(
        alpha=[0.99, 0.6],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        momentum=[0, 0.8],
        centered=[False, True],
        maximize=[False, True],
    ),
    "Adam": grid(
        betas=[(0.9, 0.999), (0.5, 0.7)],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        amsgrad=[False, True],
        maximize=[False, True],
    ),
    "AdamW": grid(
        betas=[(0.9, 0.999), (0.5, 0.7)],
        eps=[1e-8, 0.1],
        weight_decay=[0, 0.1],
        amsgrad=[False, True],
        maximize=[False, True],
    ),
}
CASES = [(name, options) for name, list_ in OPTIONS.items() for options in list_]


def both(name, options, dtype=np.float64, lr=0.05, seed=0):
    """The same parameters twice, each with its optimizer."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    ours = [Parameter(v) for v in values]
    theirs = [torch.nn.Parameter(torch.tensor(v)) for v in values]
    return (
        ours,
        theirs,
        getattr(optim, name)(ours, lr=lr, **options),
        getattr(torch.optim, name)(theirs, lr=lr, **options),
    )


def send(ours, theirs, rng, scale=1.0):
    for p, q in zip(ours, theirs):
        g = (scale * rng.normal(size=p.shape)).astype(p.dtype)
        p.grad, q.grad = nn.modules.Tensor(g), torch.tensor(g)


def step_both(ours, theirs, mine, reference, rng, scale=1.0):
    """The same random gradients for both, and a step of each."""
    send(ours, theirs, rng, scale)
    mine.step()
    reference.step()


def apart(ours, theirs):
    return max(float(np.abs(p.data - q.detach().numpy()).max()) for p, q in zip(ours, theirs))


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_two_hundred_steps_leave_torchs_trace(name, options):
    ours, theirs, mine, reference = both(name, options)
    rng = np.random.default_rng(1)
    for step in range(STEPS):
        step_both(ours, theirs, mine, reference, rng, scale=10.0 ** (step % 3 - 1))
        assert apart(ours, theirs) < 1e-12, step


@pytest.mark.parametrize("name", OPTIONS)
def test_defaults_are_torchs(name):
    rng = np.random.default_rng(0)
    value = rng.normal(size=4)
    p, q = Parameter(value), torch.nn.Parameter(torch.tensor(value))
    mine, reference = getattr(optim, name)([p]), getattr(torch.optim, name)([q])
    for key, default in mine.defaults.items():
        assert default == reference.defaults[key], key
    for _ in range(20):
        step_both([p], [q], mine, reference, rng)
    assert apart([p], [q]) < 1e-13


@pytest.mark.parametrize("name", OPTIONS)
def test_a_step_function_has_its_optimizers_defaults(name):
    defaults = getattr(optim, name)([Parameter(np.ones(1))]).defaults
    parameters = inspect.signature(getattr(optim, f"{name.lower()}_step")).parameters
    own = {key: p.default for key, p in parameters.items() if p.default is not p.empty}
    assert own == {key: value for key, value in defaults.items() if key not in ("lr", "maximize")}


@pytest.mark.parametrize("name", OPTIONS)
def test_float32_stays_float32(name):
    options = OPTIONS[name][-1]
    ours, theirs, mine, reference = both(name, options, np.float32)
    rng = np.random.default_rng(1)
    for _ in range(30):
        step_both(ours, theirs, mine, reference, rng)
    assert all(p.dtype == np.float32 for p in ours)
    assert all(np.asarray(v).dtype == np.float32 for s in mine.state.values() for k, v in s.items() if k != "step")
    assert apart(ours, theirs) < 2e-5


# ---- worked by hand --------------------------------------------------------------------------------------------------


def test_sgd_by_hand():
    p, state = optim.sgd_step(np.array([1.0]), np.array([2.0]), {}, lr=0.5, momentum=0.5)
    assert p[0] == 0.0 and state["momentum_buffer"][0] == 2.0
    p, state = optim.sgd_step(p, np.array([2.0]), state, lr=0.5, momentum=0.5)
    assert state["momentum_buffer"][0] == 3.0 and p[0] == -1.5


def test_adam_by_hand():
    p, state = np.array([1.0]), {}
    for t, g in enumerate((3.0, -1.0), start=1):
        p, state = optim.adam_step(p, np.array([g]), state, lr=0.1, betas=(0.5, 0.5), eps=0.0)
        assert state["step"] == t
    m, v = 0.5 * 1.5 + 0.5 * -1.0, 0.5 * 4.5 + 0.5 * 1.0
    assert p[0] == pytest.approx(0.9 - 0.1 * (m / 0.75) / np.sqrt(v / 0.75), rel=1e-14)


def test_adagrad_and_rmsprop_by_hand():
    p, state = optim.adagrad_step(np.array([0.0]), np.array([3.0]), {}, lr=1.0, eps=0.0)
    assert p[0] == -1.0
    p, state = optim.adagrad_step(p, np.array([4.0]), state, lr=1.0, eps=0.0)
    assert p[0] == pytest.approx(-1.8) and state["sum"][0] == 25.0
    p, _ = optim.rmsprop_step(np.array([0.0]), np.array([3.0]), {}, lr=1.0, alpha=0.75, eps=0.0)
    assert p[0] == pytest.approx(-2.0)


def test_a_first_momentum_is_not_the_callers_gradient():
    g = np.array([2.0])
    _, state = optim.sgd_step(np.array([1.0]), g, {}, lr=0.5, momentum=0.5)
    g += 1
    assert state["momentum_buffer"][0] == 2.0


@pytest.mark.parametrize(
    "step", [optim.sgd_step, optim.adagrad_step, optim.rmsprop_step, optim.adam_step, optim.adamw_step]
)
def test_a_step_changes_nothing_that_it_was_given(step):
    p, g, state = np.array([1.0, 2.0]), np.array([0.5, -1.0]), {}
    extra = {"momentum": 0.9} if step is optim.sgd_step else {}
    for _ in range(3):
        before = copy.deepcopy((p, g, state))
        after, new = step(p, g, state, lr=0.1, weight_decay=0.1, **extra)
        np.testing.assert_array_equal(before[0], p)
        np.testing.assert_array_equal(before[1], g)
        assert before[2].keys() == state.keys() and all(np.array_equal(before[2][k], state[k]) for k in state)
        p, state = after, new


@given(st.floats(1e-6, 1e6), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_adam_does_not_feel_the_scale_of_the_objective(scale, seed):
    rng = np.random.default_rng(seed)
    (p, s), (q, t) = ((np.zeros(3), {}) for _ in range(2))
    for _ in range(10):
        g = rng.normal(size=3)
        p, s = optim.adam_step(p, g, s, lr=0.1, eps=0.0)
        q, t = optim.adam_step(q, scale * g, t, lr=0.1, eps=0.0)
    np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-12)


# ---- the optimizer around the steps ----------------------------------------------------------------------------------


def test_groups_have_their_own_settings():
    ours, theirs, *_ = both("SGD", {})

    def split(ps):
        own = {"params": ps[2], "lr": 0.5, "momentum": 0.3}  # one parameter needs no list
        return [{"params": iter(ps[:2])}, own, {"params": ps[3:], "maximize": True}]

    mine, reference = (
        optim.SGD(split(ours), lr=0.1, weight_decay=0.2),
        torch.optim.SGD(split(theirs), lr=0.1, weight_decay=0.2),
    )
    rng = np.random.default_rng(0)
    for _ in range(5):
        step_both(ours, theirs, mine, reference, rng)
    assert apart(ours, theirs) < 1e-14


def test_a_parameter_without_gradient_stays_and_zero_grad_forgets():
    p, q = Parameter(np.ones(2)), Parameter(np.ones(2))
    optimizer = optim.Adam([q, p], weight_decay=0.5)
    (p * 3).sum().backward()
    optimizer.step()
    assert (q.data == 1).all() and (p.data != 1).all()
    optimizer.zero_grad()
    assert p.grad is None and q not in optimizer.state


def test_the_update_is_in_place():
    p = Parameter(np.ones(2))
    alias = p.data
    p.sum().backward()
    optim.SGD([p], lr=0.25).step()
    assert (alias == 0.75).all()


@pytest.mark.parametrize("name", OPTIONS)
def test_training_continues_from_a_state_dict(name):
    options = OPTIONS[name][-2]
    (ours, theirs, mine, reference), rng = both(name, options), np.random.default_rng(3)
    for _ in range(7):
        step_both(ours, theirs, mine, reference, rng)
    again = [Parameter(p.data) for p in ours]
    resumed = getattr(optim, name)(again, lr=99.0)
    resumed.load_state_dict(copy.deepcopy(mine.state_dict()))
    for _ in range(7):
        send(again, theirs, rng)
        resumed.step()
        reference.step()
    assert apart(again, theirs) < 1e-13


def test_a_state_dict_has_torchs_names():
    ours, theirs, mine, reference = both("Adam", {"amsgrad": True})
    send(ours, theirs, np.random.default_rng(0))
    mine.step()
    reference.step()
    assert mine.state_dict()["state"][0].keys() == reference.state_dict()["state"][0].keys()
    assert [g["params"] for g in mine.state_dict()["param_groups"]] == [[0, 1, 2, 3]]


def test_a_state_dict_is_a_copy_on_the_way_out_and_in():
    p = Parameter(np.ones(2))
    one, other = optim.Adagrad([p]), optim.Adagrad([p])
    (p * 3).sum().backward()
    one.step()
    state = one.state_dict()
    state["state"][0]["sum"] += 1
    other.load_state_dict(state)
    state["state"][0]["sum"] += 1
    assert (one.state[p]["sum"] == 9).all() and (other.state[p]["sum"] == 10).all()


def test_a_state_dict_numbers_parameters_over_all_groups_and_keeps_their_dtype():
    make = lambda: [Parameter(np.ones(n, np.float32)) for n in (1, 2, 3)]  # noqa: E731
    split = lambda ps, **own: [{"params": ps[:1]}, {"params": ps[1:], **own}]  # noqa: E731
    ours, others = make(), make()
    one, other = optim.Adam(split(ours, lr=0.3)), optim.Adam(split(others))
    for p in ours:
        (p * p.shape[0]).sum().backward()
    one.step()
    state = json.loads(json.dumps(one.state_dict(), default=lambda array: array.tolist()))
    state["state"] = {int(i): values for i, values in state["state"].items()}  # numbers and lists, as from a file
    assert [group["params"] for group in state["param_groups"]] == [[0], [1, 2]]
    other.load_state_dict(state)
    assert [group["lr"] for group in other.param_groups] == [1e-3, 0.3]
    for p, q in zip(ours, others):
        assert other.state[q]["exp_avg"].dtype == np.float32 and type(other.state[q]["step"]) is int
        np.testing.assert_array_equal(one.state[p]["exp_avg"], other.state[q]["exp_avg"])
    with pytest.raises(ValueError, match="doesn't match the size"):
        optim.Adam([{"params": others[:2]}, {"params": others[2:]}]).load_state_dict(state)


def test_a_foreign_state_dict_changes_nothing():
    p, q = Parameter(np.ones(2)), Parameter(np.ones(3))
    one, other = optim.Adam([p], lr=0.1), optim.Adam([q], lr=0.7)
    q.sum().backward()
    other.step()
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(2,\)"):
        one.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match="doesn't match the size"):
        one.load_state_dict({"state": {}, "param_groups": []})
    flat = {"state": {0: {"exp_avg": np.ones((1, 2))}}, "param_groups": [{**one.param_groups[0], "params": [0]}]}
    with pytest.raises(ValueError, match=r"shape \(1, 2\), expected \(2,\)"):  # as many elements are not enough
        one.load_state_dict(flat)
    assert one.param_groups[0]["lr"] == 0.1 and not one.state


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("SGD", {"lr": -1}, "Invalid learning rate: -1"),
        ("SGD", {"momentum": -0.5}, "Invalid momentum value: -0.5"),
        ("SGD", {"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "Nesterov momentum requires"),
        ("Adagrad", {"lr_decay": -1}, "Invalid lr_decay value: -1"),
        ("Adagrad", {"initial_accumulator_value": -1}, "Invalid initial_accumulator_value value: -1"),
        ("RMSprop", {"alpha": -1}, "Invalid alpha value: -1"),
        ("Adam", {"betas": (0.9, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
        ("Adam", {"eps": -1}, "Invalid epsilon value: -1"),
        ("Adam", {"betas": (-0.1, 0.9)}, "Invalid beta parameter at index 0: -0.1"),
        ("AdamW", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
        *((name, {"lr": -1}, "Invalid learning rate: -1") for name in OPTIONS),
        *((name, {"weight_decay": -1}, "Invalid weight_decay value: -1") for name in OPTIONS),
        *((name, {"eps": -1}, "Invalid epsilon value: -1") for name in OPTIONS if name != "SGD"),
        ("RMSprop", {"momentum": -1}, "Invalid momentum value: -1"),
    ],
)
def test_bad_settings_are_refused_in_torchs_words(name, options, words):
    with pytest.raises(ValueError, match=words):
        getattr(optim, name)([Parameter(np.ones(2))], **options)
    p = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError):
        getattr(torch.optim, name)([p], **options)


def test_a_setting_at_its_bound_is_taken():
    (ours, theirs, mine, reference), rng = both("Adam", {"betas": (0.0, 0.0)}, lr=0.0), np.random.default_rng(0)
    mine.param_groups[0]["lr"] = reference.param_groups[0]["lr"] = 0.1
    for _ in range(3):
        step_both(ours, theirs, mine, reference, rng)
    assert apart(ours, theirs) < 1e-14


def test_a_groups_bad_setting_is_refused_too():
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="Invalid learning rate: -1"):
        optim.SGD([{"params": [p], "lr": -1}], lr=0.1)


def test_a_rate_that_is_not_a_number_is_refused_here_though_torch_takes_it():
    with pytest.raises(ValueError, match="Invalid learning rate: nan"):
        optim.SGD([Parameter(np.ones(2))], lr=float("nan"))


def test_bad_parameters_are_refused():
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="empty parameter list"):
        optim.SGD([])
    with pytest.raises(TypeError, match="should be an iterable"):
        optim.SGD(p)
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": [p]}, {"params": [p]}])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([p, p])
    with pytest.raises(ValueError, match="non-leaf"):
        optim.SGD([p * 2])
    with pytest.raises(ValueError, match="unknown settings"):
        optim.SGD([{"params": [p], "learning_rate": 1.0}])


# ---- schedules -------------------------------------------------------------------------------------------------------

SCHEDULES = [
    ("StepLR", {"step_size": 7, "gamma": 0.5}),
    ("StepLR", {"step_size": 1}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "end_factor": 0.8, "total_iters": 13}),
    ("CosineAnnealingLR", {"T_max": 40}),
    ("CosineAnnealingLR", {"T_max": 17, "eta_min": 0.003}),
    ("LambdaLR", {"lr_lambda": float}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 4}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, "pct_start": 0.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, "pct_start": 1.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41}),
    *(
        ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, **o})
        for o in grid(
            anneal_strategy=["cos", "linear"], three_phase=[False, True], pct_start=[0.3, 0.45], div_factor=[25.0, 10.0]
        )
    ),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, "cycle_momentum": False, "final_div_factor": 3.0}),
    ("OneCycleLR", {"max_lr": 0.3, "total_steps": 41, "base_momentum": 0.5, "max_momentum": 0.8}),
]


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=str)
def test_schedules_leave_torchs_trace(name, options, optimizer):
    extra = {"momentum": 0.9} if optimizer == "SGD" else {}
    ours, theirs, mine, reference = both(optimizer, extra, lr=0.2)
    schedule = getattr(lr_scheduler, name)(mine, **options)
    expected = getattr(torch.optim.lr_scheduler, name)(reference, **options)
    assert schedule.base_lrs == pytest.approx(expected.base_lrs)
    rng = np.random.default_rng(0)
    for _ in range(40):
        np.testing.assert_allclose(schedule.get_last_lr(), expected.get_last_lr(), rtol=1e-9, atol=1e-13)
        for key in ("momentum", "betas"):
            if key in mine.param_groups[0]:
                np.testing.assert_allclose(mine.param_groups[0][key], reference.param_groups[0][key], rtol=1e-12)
        step_both(ours, theirs, mine, reference, rng)
        schedule.step()
        expected.step()
    assert apart(ours, theirs) < 1e-10


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), [*SCHEDULES, ("ReduceLROnPlateau", {"patience": 2})], ids=str)
def test_every_group_has_its_own_schedule(name, options, optimizer):
    extra = {"momentum": 0.9} if optimizer == "SGD" else {"betas": (0.9, 0.98)}
    ours, theirs, *_ = both("SGD", {})
    split = lambda ps: [{"params": ps[:2]}, {"params": ps[2:], "lr": 0.7}]  # noqa: E731
    mine = getattr(optim, optimizer)(split(ours), lr=0.2, **extra)
    reference = getattr(torch.optim, optimizer)(split(theirs), lr=0.2, **extra)
    schedule = getattr(lr_scheduler, name)(mine, **options)
    expected = getattr(torch.optim.lr_scheduler, name)(reference, **options)
    value = [1.0] if name == "ReduceLROnPlateau" else []
    for _ in range(40):
        reference.step()
        schedule.step(*value)
        expected.step(*value)
        np.testing.assert_allclose(schedule.get_last_lr(), expected.get_last_lr(), rtol=1e-9, atol=1e-13)
        for group, other in zip(mine.param_groups, reference.param_groups):
            for key in {"momentum", "betas"} & set(group):
                np.testing.assert_allclose(group[key], other[key], rtol=1e-12)


def test_a_later_schedule_begins_at_the_rate_that_the_optimizer_was_made_with():
    *_, mine, reference = both("SGD", {}, lr=0.2)
    for module, optimizer in ((lr_scheduler, mine), (torch.optim.lr_scheduler, reference)):
        module.LinearLR(optimizer, start_factor=0.1)
        module.StepLR(optimizer, 1)
    assert mine.param_groups[0]["initial_lr"] == reference.param_groups[0]["initial_lr"] == 0.2


def test_three_schedules_in_a_row():
    *_, mine, reference = both("SGD", {}, lr=0.2)

    def chain(module, optimizer):
        schedulers = [module.LinearLR(optimizer), module.CosineAnnealingLR(optimizer, 9), module.StepLR(optimizer, 2)]
        return module.SequentialLR(optimizer, schedulers, milestones=[3, 8])

    schedule, expected = chain(lr_scheduler, mine), chain(torch.optim.lr_scheduler, reference)
    for _ in range(16):
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-9)
        reference.step()
        schedule.step()
        expected.step()


def test_a_warm_up_before_a_cosine():
    *_, mine, reference = both("SGD", {}, lr=0.2)

    def chain(module, optimizer):
        warm = module.LinearLR(optimizer, start_factor=0.1, total_iters=5)
        return module.SequentialLR(optimizer, [warm, module.CosineAnnealingLR(optimizer, 20)], milestones=[5])

    schedule, expected = chain(lr_scheduler, mine), chain(torch.optim.lr_scheduler, reference)
    for _ in range(24):
        np.testing.assert_allclose(schedule.get_last_lr(), expected.get_last_lr(), rtol=1e-9, atol=1e-15)
        mine.step()
        reference.step()
        schedule.step()
        expected.step()


PLATEAU = grid(
    mode=["min", "max"],
    threshold_mode=["rel", "abs"],
    patience=[0, 3],
    cooldown=[0, 2],
    factor=[0.5, 0.1],
    min_lr=[0.0, 0.01],
)


@pytest.mark.parametrize("options", PLATEAU, ids=str)
def test_reduce_on_plateau_decides_as_torch(options):
    *_, mine, reference = both("SGD", {}, lr=0.2)
    schedule = lr_scheduler.ReduceLROnPlateau(mine, threshold=0.02, **options)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, threshold=0.02, **options)
    rng = np.random.default_rng(0)
    for t in range(60):
        value = 1 / (1 + 0.1 * t) + 0.05 * rng.normal() + (float("nan") if t == 30 else 0.0)
        schedule.step(value)
        expected.step(value)
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-13), t
        assert schedule.num_bad_epochs == expected.num_bad_epochs


@pytest.mark.parametrize("mode", [{}, {"mode": "max"}])
def test_reduce_on_plateau_has_torchs_defaults(mode):
    *_, mine, reference = both("SGD", {}, lr=0.2)
    schedule = lr_scheduler.ReduceLROnPlateau(mine, **mode)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, **mode)
    sign = 1 if mode else -1
    for t in range(80):  # gains of 2 in ten thousand, then of 2 in a hundred thousand, then none: at first the best
        value = 5.0 * (1 + sign * (2e-4 * min(t, 20) + 2e-5 * max(min(t, 45) - 20, 0)))
        schedule.step(value)
        expected.step(value)
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-13), t
        assert schedule.num_bad_epochs == expected.num_bad_epochs and schedule.last_epoch == expected.last_epoch


@pytest.mark.parametrize("eps", [{}, {"eps": 0.0}, {"eps": 1e-3}])
@pytest.mark.parametrize("lr", [1.5e-8, 1.5e-3, 0.1])
def test_reduce_on_plateau_makes_no_tiny_change(eps, lr):
    *_, mine, reference = both("SGD", {}, lr=lr)
    schedule = lr_scheduler.ReduceLROnPlateau(mine, factor=0.5, patience=0, **eps)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, factor=0.5, patience=0, **eps)
    for _ in range(10):
        schedule.step(1.0)
        expected.step(1.0)
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-13)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("LinearLR", {"start_factor": 1.5}, "Starting multiplicative factor"),
        ("LinearLR", {"end_factor": -0.1}, "Ending multiplicative factor"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 2.5}, "positive integer total_steps"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": -0.1}, "between 0 and 1 pct_start"),
        ("SequentialLR", {"schedulers": [None, None, None], "milestones": [1]}, "3 schedulers need 2 milestones"),
        ("LinearLR", {"start_factor": 0.0}, "Starting multiplicative factor"),
        ("LinearLR", {"end_factor": 2.0}, "Ending multiplicative factor"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 0}, "positive integer total_steps"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": 2.0}, "between 0 and 1 pct_start"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "anneal_strategy": "x"}, "anneal_strategy"),
        ("ReduceLROnPlateau", {"factor": 1.0}, "Factor should be < 1.0"),
        ("ReduceLROnPlateau", {"mode": "x"}, "mode x is unknown"),
        ("ReduceLROnPlateau", {"threshold_mode": "x"}, "threshold mode x is unknown"),
        ("SequentialLR", {"schedulers": [], "milestones": [1]}, "milestones"),
    ],
)
def test_bad_schedules_are_refused(name, options, words):
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=words):
        getattr(lr_scheduler, name)(optimizer, **options)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle_takes_a_step_after_every_batch(strategy, three_phase):
    settings = {"max_lr": 0.5, "total_steps": 20, "anneal_strategy": strategy, "three_phase": three_phase}
    ours = lr_scheduler.OneCycleLR(optim.Adam([Parameter(np.ones(1))]), **settings)
    adam = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])
    theirs = torch.optim.lr_scheduler.OneCycleLR(adam, **settings)
    for _ in range(20):
        adam.step()
        ours.step()
        theirs.step()
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12)
        assert ours.optimizer.param_groups[0]["betas"] == pytest.approx(adam.param_groups[0]["betas"], rel=1e-12)


def test_milestones_increase():
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1)
    parts = [lr_scheduler.StepLR(optimizer, 3) for _ in range(3)]
    with pytest.raises(ValueError, match=r"milestones must increase, got \[5, 2\]"):
        lr_scheduler.SequentialLR(optimizer, parts, [5, 2])


def test_a_rate_from_numpy_does_not_widen_float32():
    p = Parameter(np.ones(3, np.float32))
    optimizer = optim.AdamW([p], lr=np.float64(0.1))
    for _ in range(2):
        p.grad = Tensor(np.ones(3, np.float32))
        optimizer.step()
    assert p.dtype == np.float32
    assert {value.dtype for value in optimizer.state[p].values() if isinstance(value, np.ndarray)} == {
        np.dtype(np.float32)
    }


def test_the_state_of_another_optimizer_is_refused():
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="another optimizer's: it has no .*betas"):
        optim.Adam([p]).load_state_dict(optim.SGD([p], lr=0.1, momentum=0.9).state_dict())


def test_a_gradient_of_another_shape_is_not_broadcast():
    p = Parameter(np.ones((2, 3)))
    p.grad = Tensor(np.ones(3))
    with pytest.raises(RuntimeError, match=r"gradient of shape \(3,\) for shape \(2, 3\)"):
        optim.SGD([p], lr=0.1).step()
    assert (p.data == 1).all()


def test_one_cycle_ends():
    schedule = lr_scheduler.OneCycleLR(optim.SGD([Parameter(np.ones(1))], momentum=0.9), 1.0, total_steps=3)
    for _ in range(3):  # a step for each of three batches
        schedule.step()
    with pytest.raises(ValueError, match="number of total steps is 3"):
        schedule.step()
    with pytest.raises(ValueError, match="must support momentum"):
        lr_scheduler.OneCycleLR(optim.Adagrad([Parameter(np.ones(1))]), 1.0, total_steps=3)
    free = lr_scheduler.OneCycleLR(optim.Adagrad([Parameter(np.ones(1))]), 1.0, total_steps=10, cycle_momentum=False)
    assert free.get_last_lr() == pytest.approx([1 / 25])
    assert lr_scheduler.step_factor(3, 2) == 0.1  # unless told


# ---- clipping, vectors, averages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("max_norm", [0.1, 2.0, 1e3])
def test_clipping_by_norm(norm_type, max_norm):
    ours, theirs, *_ = both("SGD", {})
    send(ours, theirs, np.random.default_rng(0))
    ours[1].grad = theirs[1].grad = None
    before = nn.utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert before == pytest.approx(float(expected), rel=1e-13)
    for p, q in zip(ours, theirs):
        assert p.grad is q.grad is None or np.allclose(p.grad.data, q.grad.numpy(), rtol=1e-13, atol=0)


def test_clipping_by_value_and_a_norm_that_is_not_finite():
    ours, theirs, *_ = both("SGD", {})
    send(ours, theirs, np.random.default_rng(0))
    nn.utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    assert all(np.array_equal(p.grad.data, q.grad.numpy()) for p, q in zip(ours, theirs))
    for bad, others in ((np.nan, np.nan), (np.inf, np.inf), (np.nan, 3.0), (np.inf, 3.0)):
        for i, (p, q) in enumerate(zip(ours, theirs)):
            g = np.full(p.shape, others if i else bad)
            p.grad, q.grad = nn.modules.Tensor(g), torch.tensor(g)
        with pytest.raises(RuntimeError, match="non-finite"):
            nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
        nn.utils.clip_grad_norm_(ours, 1.0)
        torch.nn.utils.clip_grad_norm_(theirs, 1.0)
        assert all(np.array_equal(p.grad.data, q.grad.numpy(), equal_nan=True) for p, q in zip(ours, theirs))


def test_clipping_one_parameter_or_nothing_and_by_default():
    p, q = Parameter(np.ones(2)), torch.nn.Parameter(torch.ones(2, dtype=float))
    assert nn.utils.clip_grad_norm_(p, 1.0) == nn.utils.clip_grad_norm_([], 1.0, np.inf) == 0.0
    for scale in (3.0, 1e-9, 0.0):
        g = scale * np.array([3.0, -4.0])
        p.grad, q.grad = nn.modules.Tensor(g), torch.tensor(g)
        norm = nn.utils.clip_grad_norm_(p, scale)
        assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(q, scale).item()) and (g[0] == 3 * scale)
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-13)


def test_parameters_as_one_vector_and_back():
    ours, theirs, *_ = both("SGD", {})
    aliases = [p.data for p in ours]
    vector = nn.utils.parameters_to_vector(ours)
    np.testing.assert_array_equal(vector, torch.nn.utils.parameters_to_vector(theirs).detach().numpy())
    nn.utils.vector_to_parameters(2 * vector, ours)
    for p, alias, q in zip(ours, aliases, theirs):
        np.testing.assert_array_equal(p.data, 2 * q.detach().numpy())
        assert p.data is alias  # written in place
    nn.utils.vector_to_parameters(list(vector), iter(ours))
    assert apart(ours, theirs) == 0
    for bad in (vector[1:], np.append(vector, 0.0), vector[None]):
        with pytest.raises(ValueError, match="expected"):
            nn.utils.vector_to_parameters(bad, ours)


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["ema", "swa", "default"])
def test_averages_of_weights_are_torchs(average, use_buffers):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=1))
    twin = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).double()
    copy_over = lambda: twin.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})  # noqa: E731
    copy_over()
    reference = torch.optim.swa_utils
    ours = {"ema": swa_utils.get_ema_avg_fn(0.8), "swa": swa_utils.get_swa_avg_fn(), "default": None}[average]
    theirs = {"ema": reference.get_ema_avg_fn(0.8), "swa": reference.get_swa_avg_fn(), "default": None}[average]
    mine = swa_utils.AveragedModel(model, ours, use_buffers)
    expected = reference.AveragedModel(twin, avg_fn=theirs, use_buffers=use_buffers)
    rng = np.random.default_rng(0)
    for _ in range(5):
        for p in model.parameters():
            p.data[...] += rng.normal(size=p.shape)
        model(rng.normal(size=(6, 3)))
        copy_over()
        mine.update_parameters(model)
        expected.update_parameters(twin)
    state = expected.state_dict()
    assert set(mine.state_dict()) == set(state) and mine.module[1].num_batches_tracked == 5
    for key, value in mine.state_dict().items():
        if not (
            use_buffers and key.endswith("num_batches_tracked")
        ):  # torch averages this count too, cut to an integer
            np.testing.assert_allclose(value, state[key].numpy(), rtol=1e-12, atol=1e-14, err_msg=key)


def test_the_average_is_a_copy():
    model = nn.Linear(2, 2, rng=0)
    average = swa_utils.AveragedModel(model)
    average.update_parameters(model)
    before = average.module.weight.data.copy()
    model.weight.data[...] += 1
    np.testing.assert_array_equal(average.module.weight.data, before)
    np.testing.assert_array_equal(average(np.eye(2)).data, before.T + average.module.bias.data)
    for bad in (1.5, -0.1):
        with pytest.raises(ValueError, match="decay"):
            swa_utils.get_ema_avg_fn(bad)
    assert [swa_utils.get_ema_avg_fn(*d)(8.0, 4.0, 1) for d in ((0,), (1,), ())] == pytest.approx([4.0, 8.0, 7.996])


def test_an_average_passes_keywords_on_and_leaves_buffers_alone_unless_told():
    class Scaled(nn.BatchNorm1d):
        def forward(self, x, scale=1.0):
            return super().forward(x) * scale

    model = Scaled(2)
    average = swa_utils.AveragedModel(model)
    for mean in (0.0, 6.0):
        model.running_mean[...] = mean
        average.update_parameters(model)
    assert (average.module.running_mean == 6.0).all()
    x = np.random.default_rng(0).normal(size=(4, 2))
    average.eval()
    np.testing.assert_allclose(average(x, scale=3.0).data, 3 * average(x).data)


# ---- a whole training ------------------------------------------------------------------------------------------------


def mlp(lib, **keywords):
    return lib.Sequential(
        lib.Linear(64, 32, **keywords),
        lib.BatchNorm1d(32),
        lib.Tanh(),
        lib.Linear(32, 16, **keywords),
        lib.ReLU(),
        lib.Linear(16, 10, **keywords),
    )


def cnn(lib, **keywords):
    return lib.Sequential(
        lib.Conv2d(1, 6, 3, padding=1, **keywords),
        lib.BatchNorm2d(6),
        lib.ReLU(),
        lib.MaxPool2d(2),
        lib.Conv2d(6, 8, 3, stride=2, padding=1, groups=2, **keywords),
        lib.GELU(),
        lib.GroupNorm(2, 8),
        lib.AdaptiveAvgPool2d(1),
        lib.Flatten(),
        lib.Linear(8, 10, **keywords),
    )


@pytest.mark.parametrize("optimizer", ["SGD", "AdamW", "RMSprop"])
@pytest.mark.parametrize(("build", "shape"), [(mlp, (64,)), (cnn, (1, 8, 8))])
def test_a_hundred_steps_of_training_stay_with_torch(build, shape, optimizer):
    torch.manual_seed(0)
    theirs = build(torch.nn).double()
    ours = build(nn, rng=0)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    options = (
        {"lr": 0.05, "momentum": 0.9, "nesterov": True} if optimizer == "SGD" else {"lr": 1e-3, "weight_decay": 0.05}
    )
    mine = getattr(optim, optimizer)(ours.parameters(), **options)
    reference = getattr(torch.optim, optimizer)(theirs.parameters(), **options)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, *shape)), rng.integers(0, 10, 200)
    for _ in range(100):
        rows = rng.choice(200, 32, replace=False)
        mine.zero_grad()
        reference.zero_grad()
        loss = nn.functional.cross_entropy(ours(X[rows]), y[rows], label_smoothing=0.1)
        expected = torch.nn.functional.cross_entropy(
            theirs(torch.tensor(X[rows])), torch.tensor(y[rows]), label_smoothing=0.1
        )
        loss.backward()
        expected.backward()
        nn.utils.clip_grad_norm_(ours.parameters(), 1.0)
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        mine.step()
        reference.step()
        assert abs(loss.item() - expected.item()) < 1e-8
    state = theirs.state_dict()
    assert max(np.abs(v - state[k].numpy()).max() for k, v in ours.state_dict().items()) < 1e-8
