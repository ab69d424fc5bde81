"""companion.optim.lr_scheduler beside torch: the same rates, step by step."""

import json

import numpy as np
import pytest
import torch

from companion import optim
from companion.nn import Parameter
from companion.optim import lr_scheduler
from tests.companion.optim_pairs import apart, both, grid, step_both

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


def test_milestones_increase():
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1)
    parts = [lr_scheduler.StepLR(optimizer, 3) for _ in range(3)]
    with pytest.raises(ValueError, match=r"milestones must increase, got \[5, 2\]"):
        lr_scheduler.SequentialLR(optimizer, parts, [5, 2])


# ---- one cycle -------------------------------------------------------------------------------------------------------


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


def test_one_cycle_by_position_is_torchs():
    arguments = (0.3, None, 2, 5, 0.5, "linear", True, 0.8, 0.9, 10.0, 100.0, True)
    mine = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    torchs = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
    schedule = lr_scheduler.OneCycleLR(mine, *arguments)
    expected = torch.optim.lr_scheduler.OneCycleLR(torchs, *arguments)
    for _ in range(10):
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr())
        assert mine.param_groups[0]["momentum"] == pytest.approx(torchs.param_groups[0]["momentum"])
        torchs.step()
        schedule.step()
        expected.step()


def test_a_cycle_whose_way_up_has_no_length_is_refused():
    for total_steps, pct_start in ((10, 0.1), (2, 0.5), (1, 1.0)):
        optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
        with pytest.raises(ValueError, match="no step for the way up"):  # torch divides by zero
            lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps, pct_start=pct_start)
        assert optimizer.param_groups[0]["lr"] == 0.1
    last = lr_scheduler.OneCycleLR(optimizer, 1.0, 5, pct_start=0.6, three_phase=True)
    for _ in range(5):
        last.step()
    assert last.get_last_lr() == pytest.approx([1 / 25e4])  # torch fails at this step, after the last batch


# ---- plateaus --------------------------------------------------------------------------------------------------------

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


# ---- states ----------------------------------------------------------------------------------------------------------


def sequential(lib, optimizer):
    parts = [lib.LinearLR(optimizer, 0.5, total_iters=2), lib.CosineAnnealingLR(optimizer, 4), lib.StepLR(optimizer, 1)]
    return lib.SequentialLR(optimizer, parts, [2, 5])


MAKERS = {
    "LambdaLR": lambda lib, optimizer: lib.LambdaLR(optimizer, lambda step: 1 / (1 + step)),
    "StepLR": lambda lib, optimizer: lib.StepLR(optimizer, 2, 0.5),
    "LinearLR": lambda lib, optimizer: lib.LinearLR(optimizer, 0.3, 0.9, 4),
    "CosineAnnealingLR": lambda lib, optimizer: lib.CosineAnnealingLR(optimizer, 5, 0.001),
    "SequentialLR": sequential,
    "OneCycleLR": lambda lib, optimizer: lib.OneCycleLR(optimizer, 0.3, 9),
    "ReduceLROnPlateau": lambda lib, optimizer: lib.ReduceLROnPlateau(optimizer, patience=1, factor=0.5),
}


def go_on(schedule, step):
    schedule.step(*[1.0 + (step > 2)] * isinstance(schedule, lr_scheduler.ReduceLROnPlateau))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("stop", range(9))
def test_a_schedule_goes_on_from_its_state(name, stop):
    def make(lr):
        optimizer = optim.SGD([Parameter(np.ones(1))], lr=lr, momentum=0.9)
        return optimizer, MAKERS[name](lr_scheduler, optimizer)

    (optimizer, schedule), rates = make(0.1), []
    for step in range(9):
        if step == stop:
            state = json.loads(json.dumps(schedule.state_dict())), json.loads(json.dumps(optimizer.state_dict()))
        go_on(schedule, step)
        rates.append((schedule.get_last_lr(), dict(optimizer.param_groups[0], params=None)))
    other, resumed = make(7.0)
    other.load_state_dict({**state[1], "state": {}})
    resumed.load_state_dict(state[0])
    for step in range(stop, 9):
        go_on(resumed, step)
        assert (resumed.get_last_lr(), dict(other.param_groups[0], params=None)) == rates[step]
    assert resumed.last_epoch == schedule.last_epoch == 9 and resumed.state_dict() == schedule.state_dict()


@pytest.mark.parametrize("name", MAKERS)
def test_a_state_has_torchs_names_where_it_has_its_values(name):
    mine = MAKERS[name](lr_scheduler, optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9))
    torchs = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
    theirs = MAKERS[name](torch.optim.lr_scheduler, torchs)
    for step in range(4):
        torchs.step()
        go_on(mine, step)
        theirs.step(*[1.0 + (step > 2)] * (name == "ReduceLROnPlateau"))
    ours, expected = mine.state_dict(), theirs.state_dict()
    common = set(ours) & set(expected)
    assert common >= {"last_epoch", "_last_lr"} and (
        name in ("ReduceLROnPlateau", "SequentialLR") or "_step_count" in common
    )
    for key in common - {"_schedulers"}:
        assert ours[key] == pytest.approx(expected[key]) if key != "mode" and "mode" not in key else True, key


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("damage", ["missing", "unknown", "negative", "text", "nan", "too many", "null", "no dict"])
def test_a_damaged_state_is_refused_and_changes_nothing(name, damage):
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    schedule = MAKERS[name](lr_scheduler, optimizer)
    go_on(schedule, 0)
    state = schedule.state_dict()
    if damage == "missing":
        del state["last_epoch"]
    elif damage == "no dict":
        state = [state]
    else:
        change = {"unknown": {"alpha": 1}, "negative": {"last_epoch": -1}, "text": {"last_epoch": "1"}}
        change |= {
            "nan": {"_last_lr": [float("nan")]},
            "too many": {"_last_lr": [0.1, 0.1]},
            "null": {"_last_lr": None},
        }
        state.update(change[damage])
    before = json.dumps(schedule.state_dict())
    with pytest.raises(ValueError):
        schedule.load_state_dict(state)
    assert json.dumps(schedule.state_dict()) == before


def test_the_state_of_another_schedule_is_refused():
    make = lambda name: MAKERS[name](lr_scheduler, optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9))  # noqa: E731
    for name in MAKERS:
        for other in set(MAKERS) - {name}:
            with pytest.raises(ValueError, match="another schedule's"):
                make(name).load_state_dict(make(other).state_dict())
    plateau = make("ReduceLROnPlateau")
    with pytest.raises(ValueError, match="best=nan"):
        plateau.load_state_dict({**plateau.state_dict(), "best": float("nan")})
    cycle = make("OneCycleLR")
    with pytest.raises(ValueError, match="no step for the way up"):
        cycle.load_state_dict({**cycle.state_dict(), "total_steps": 10, "pct_start": 0.1})
    chain = make("SequentialLR")
    for change in ({"_milestones": [5, 2]}, {"_schedulers": []}, {"_schedulers": [{}] * 3}, {"_milestones": None}):
        with pytest.raises(ValueError):
            chain.load_state_dict({**chain.state_dict(), **change})


@pytest.mark.parametrize("name", ["OneCycleLR", "SequentialLR"])
def test_a_getter_changes_nothing(name):
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    schedule = MAKERS[name](lr_scheduler, optimizer)
    for step in range(4):
        go_on(schedule, step)
    optimizer.param_groups[0]["momentum"] = 0.123
    before = json.dumps([optimizer.state_dict(), schedule.state_dict()])
    assert schedule.get_lr() == schedule.get_last_lr()
    assert json.dumps([optimizer.state_dict(), schedule.state_dict()]) == before


@pytest.mark.parametrize("steps_before", [0, 1, 3])
@pytest.mark.parametrize("name", MAKERS)
def test_a_group_that_is_added_late_is_scheduled_as_in_torch(name, steps_before):
    late = {"lr": 0.5}
    mine = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    torchs = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
    schedule, expected = MAKERS[name](lr_scheduler, mine), MAKERS[name](torch.optim.lr_scheduler, torchs)
    plateau = [1.0] * (name == "ReduceLROnPlateau")
    for step in range(steps_before + 4):
        if step == steps_before:
            mine.add_param_group({"params": [Parameter(np.ones(1))], **late})
            torchs.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], **late})
        torchs.step()
        if name == "CosineAnnealingLR" and step == 5:
            break  # beyond the lowest point torch fails, and we go up again
        try:
            expected.step(*plateau)
        except (ValueError, KeyError):
            with pytest.raises(ValueError, match="was added after"):
                schedule.step(*plateau)
            return
        schedule.step(*plateau)
        rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in (mine, torchs)]
        assert rates[0] == pytest.approx(rates[1], rel=1e-12), step


def test_a_warm_up_without_steps_stays_where_it_begins_as_in_torch():
    mine, torchs = (
        optim.SGD([Parameter(np.ones(1))], lr=0.3),
        torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.3),
    )
    schedule = lr_scheduler.LinearLR(mine, total_iters=0)
    expected = torch.optim.lr_scheduler.LinearLR(torchs, total_iters=0)
    for _ in range(3):
        assert schedule.get_last_lr() == pytest.approx(expected.get_last_lr())
        torchs.step()
        schedule.step()
        expected.step()


# ---- what is refused -------------------------------------------------------------------------------------------------


SETTINGS = {
    "StepLR": ({"step_size": 3, "gamma": 0.5}, {"step_size": [0, -1, 2.5, True], "gamma": []}),
    "LinearLR": (
        {"start_factor": 0.5, "end_factor": 1.0, "total_iters": 3},
        {"start_factor": [0, -1, 2], "end_factor": [-1, 2], "total_iters": [-1, 2.5, True]},
    ),
    "CosineAnnealingLR": ({"T_max": 3, "eta_min": 0.0}, {"T_max": [0, -1, 2.5, True], "eta_min": []}),
    "OneCycleLR": (
        {"max_lr": 1.0, "total_steps": 10, "pct_start": 0.3, "anneal_strategy": "cos", "cycle_momentum": True}
        | {
            "base_momentum": 0.85,
            "max_momentum": 0.95,
            "div_factor": 25.0,
            "final_div_factor": 1e4,
            "three_phase": False,
        },
        {"max_lr": [-1], "total_steps": [0, -1, 2.5, True], "pct_start": [-1, 2], "anneal_strategy": [0, True]}
        | {"cycle_momentum": ["no", 1], "base_momentum": [-1], "max_momentum": [-1], "div_factor": [0, -1]}
        | {"final_div_factor": [0, -1], "three_phase": ["no", 1]},
    ),
    "ReduceLROnPlateau": (
        {"mode": "min", "factor": 0.1, "patience": 3, "threshold": 0.1, "threshold_mode": "rel", "cooldown": 0}
        | {"min_lr": 0.0, "eps": 1e-8},
        {"mode": [0], "factor": [-1, 1.0, 1.5], "patience": [-1, 1.5, True], "threshold": [], "threshold_mode": [0]}
        | {"cooldown": [-1, 1.5, True], "min_lr": [-1], "eps": [-1]},
    ),
}
REFUSED = [
    (name, key, value)
    for name, (_, bad) in SETTINGS.items()
    for key, values in bad.items()
    for value in [*values, "abc", float("nan"), None, [1.0], float("inf")]
]


@pytest.mark.parametrize(("name", "key", "value"), REFUSED, ids=str)
def test_a_setting_out_of_its_range_is_refused_when_the_schedule_is_made(name, key, value):
    options = {**SETTINGS[name][0], key: value}
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    before = dict(optimizer.param_groups[0])
    if (key, value) == ("total_steps", None):
        options |= {"epochs": 0, "steps_per_epoch": 3}
        key = "epochs"
    with pytest.raises(ValueError, match=f"{key}=.*, expected") as refused:
        getattr(lr_scheduler, name)(optimizer, **options)
    assert isinstance(refused.value, TypeError) and optimizer.param_groups[0] == before


def test_what_is_no_optimizer_or_no_function_is_refused_as_in_torch():
    for make in (lr_scheduler.StepLR, lr_scheduler.CosineAnnealingLR, lr_scheduler.LinearLR):
        with pytest.raises(TypeError, match="optimizer=5, expected a Optimizer"):
            make(5) if make is lr_scheduler.LinearLR else make(5, 3)
    with pytest.raises(TypeError, match="optimizer=5, expected a Optimizer"):
        lr_scheduler.OneCycleLR(5, 1.0, 10)
    with pytest.raises(TypeError, match="optimizer=5, expected a Optimizer"):
        lr_scheduler.LambdaLR(5, float)
    with pytest.raises(TypeError, match="expected a Optimizer"):
        lr_scheduler.ReduceLROnPlateau(5)
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1)
    with pytest.raises(TypeError, match="not callable"):
        lr_scheduler.LambdaLR(optimizer, 5)
    with pytest.raises(ValueError, match="total_steps OR"):
        lr_scheduler.OneCycleLR(optimizer, 1.0)
    step = lr_scheduler.StepLR(optimizer, 3)
    elsewhere = lr_scheduler.StepLR(optim.SGD([Parameter(np.ones(1))], lr=0.1), 3)
    for other, error in (
        (lr_scheduler.ReduceLROnPlateau(optimizer), ValueError),
        (elsewhere, ValueError),
        (None, TypeError),
    ):
        with pytest.raises(error):
            lr_scheduler.SequentialLR(optimizer, [step, other], [2])
    for milestones in ([2.5], ["2"], [True], [-1], 2, None):
        with pytest.raises((ValueError, TypeError)):
            lr_scheduler.SequentialLR(optimizer, [step, step], milestones)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("LinearLR", {"start_factor": 1.5}, "start_factor=.*, expected a number in"),
        ("LinearLR", {"end_factor": -0.1}, "end_factor=.*, expected a number in"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 2.5}, "total_steps=.*, expected an integer in"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": -0.1}, "pct_start=.*, expected a number in"),
        ("SequentialLR", {"schedulers": [None, None, None], "milestones": [1]}, "3 schedulers need 2 milestones"),
        ("LinearLR", {"start_factor": 0.0}, "start_factor=.*, expected a number in"),
        ("LinearLR", {"end_factor": 2.0}, "end_factor=.*, expected a number in"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 0}, "total_steps=.*, expected an integer in"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "pct_start": 2.0}, "pct_start=.*, expected a number in"),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 5, "anneal_strategy": "x"}, "anneal_strategy"),
        ("ReduceLROnPlateau", {"factor": 1.0}, "factor=1.0, expected a number in"),
        ("ReduceLROnPlateau", {"mode": "x"}, "mode='x', expected 'min' or 'max'"),
        ("ReduceLROnPlateau", {"threshold_mode": "x"}, "threshold_mode='x', expected 'rel' or 'abs'"),
        ("SequentialLR", {"schedulers": [], "milestones": [1]}, "milestones"),
    ],
)
def test_bad_schedules_are_refused(name, options, words):
    optimizer = optim.SGD([Parameter(np.ones(1))], lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=words):
        getattr(lr_scheduler, name)(optimizer, **options)
