"""The optimizers of companion.optim around the steps: groups, states that are saved, and what is refused."""

import copy
import json

import numpy as np
import pytest
import torch

from companion import optim
from companion.autograd import Tensor, no_grad
from companion.nn import Parameter
from tests.companion.optim_pairs import OPTIONS, apart, both, send, step_both

# ---- groups and steps ------------------------------------------------------------------------------------------------


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


def test_a_gradient_of_another_shape_is_not_broadcast():
    p = Parameter(np.ones((2, 3)))
    p.grad = Tensor(np.ones((2, 3)))
    p.grad.data = np.ones(3)  # behind the back of the attribute, which refuses it
    with pytest.raises(RuntimeError, match=r"gradient of shape \(3,\) for shape \(2, 3\)"):
        optim.SGD([p], lr=0.1).step()
    assert (p.data == 1).all()


def test_a_setting_at_its_bound_is_taken():
    (ours, theirs, mine, reference), rng = both("Adam", {"betas": (0.0, 0.0)}, lr=0.0), np.random.default_rng(0)
    mine.param_groups[0]["lr"] = reference.param_groups[0]["lr"] = 0.1
    for _ in range(3):
        step_both(ours, theirs, mine, reference, rng)
    assert apart(ours, theirs) < 1e-14


def test_a_step_between_forward_and_backward_is_noticed():
    p = Parameter(np.ones(2))
    p.sum().backward()
    loss = (p * p).sum()
    optim.SGD([p], lr=0.25).step()
    with pytest.raises(RuntimeError, match="changed in place|modified"):
        loss.backward()


# ---- states ----------------------------------------------------------------------------------------------------------


SWITCHES = [
    ("SGD", "momentum", 0.0, 0.9), ("SGD", "momentum", 0.9, 0.0), ("RMSprop", "momentum", 0.0, 0.9),
    ("RMSprop", "momentum", 0.9, 0.0), ("RMSprop", "centered", True, False), ("Adam", "amsgrad", True, False),
    ("AdamW", "amsgrad", True, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "setting", "first", "then"), SWITCHES)
@pytest.mark.parametrize("steps", [0, 1])
def test_a_setting_that_changed_in_between_does_not_keep_a_state_from_being_loaded(name, setting, first, then, steps):
    def moved():
        p = Parameter(np.full(2, 3.0))
        optimizer = getattr(optim, name)([p], lr=0.1, **{setting: first})
        return p, optimizer

    def step(p, optimizer):
        p.grad = Tensor(2 * p.data)
        optimizer.step()

    (p, one), (q, other) = moved(), moved()
    step(p, one)
    one.param_groups[0][setting] = then
    for _ in range(steps):
        step(p, one)
    q.data[...] = p.data
    other.load_state_dict(one.state_dict())
    for _ in range(2):
        step(p, one)
        step(q, other)
    np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize(("name", "setting", "first", "then"), [s for s in SWITCHES if s[2]])
def test_a_setting_that_is_switched_off_and_on_again_goes_on_as_torchs(name, setting, first, then):
    ours, theirs, mine, reference = both(name, {setting: first})
    rng = np.random.default_rng(0)
    for value in (first, then, then, first, first):
        mine.param_groups[0][setting] = reference.param_groups[0][setting] = value
        step_both(ours, theirs, mine, reference, rng)
        assert apart(ours, theirs) < 1e-13


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
    flat = one.state_dict()
    flat["state"] = {0: {"step": 1, "exp_avg": np.ones((1, 2)), "exp_avg_sq": np.ones(2)}}
    with pytest.raises(ValueError, match=r"shape \(1, 2\), expected \(2,\)"):  # as many elements are not enough
        one.load_state_dict(flat)
    assert one.param_groups[0]["lr"] == 0.1 and not one.state


def test_the_state_of_another_optimizer_is_refused():
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="another optimizer's: it has no .*betas"):
        optim.Adam([p]).load_state_dict(optim.SGD([p], lr=0.1, momentum=0.9).state_dict())


@pytest.mark.parametrize(("name", "options"), [(name, options) for name in OPTIONS for options in OPTIONS[name][::5]])
def test_a_state_has_the_names_and_values_of_torchs(name, options):
    ours, theirs, mine, reference = both(name, options)
    for steps in range(3):
        state, expected = mine.state_dict()["state"], reference.state_dict()["state"]
        assert state.keys() == expected.keys(), steps
        for i in state:
            assert state[i].keys() == {key for key, value in expected[i].items() if value is not None}
            for key, value in state[i].items():
                np.testing.assert_allclose(value, expected[i][key].numpy(), rtol=1e-12, atol=1e-15, err_msg=key)
        step_both(ours, theirs, mine, reference, np.random.default_rng(steps))


@pytest.mark.parametrize("name", OPTIONS)
def test_a_state_of_torchs_goes_on_here(name):
    options = OPTIONS[name][-1]
    (ours, theirs, mine, reference), rng = both(name, options), np.random.default_rng(3)
    mine.load_state_dict(as_arrays(reference.state_dict()))
    for _ in range(3):
        send(ours, theirs, rng)
        reference.step()
    again = [Parameter(q.detach().numpy().copy()) for q in theirs]
    resumed = getattr(optim, name)(again)
    resumed.load_state_dict(as_arrays(reference.state_dict()))
    for _ in range(3):
        step_both(again, theirs, resumed, reference, rng)
    assert apart(again, theirs) < 1e-13


def as_arrays(state_dict):
    """A state of torch's with its tensors as arrays; entries that are None stay out."""
    state = {
        i: {key: value.numpy() for key, value in s.items() if value is not None} for i, s in state_dict["state"].items()
    }
    return {"state": state, "param_groups": state_dict["param_groups"]}


def damaged(change):
    """The state of an Adam after a step, changed in one place."""
    p = Parameter(np.ones(2))
    optimizer = optim.Adam([p], amsgrad=True)
    p.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    change(state, state["state"][0], state["param_groups"][0])
    return state


DAMAGES = {
    "param_groups missing": lambda s, entry, group: s.pop("param_groups"),
    "param_groups null": lambda s, entry, group: s.update(param_groups=None),
    "param_groups 5": lambda s, entry, group: s.update(param_groups=5),
    "param_groups of numbers": lambda s, entry, group: s.update(param_groups=[5]),
    "state missing": lambda s, entry, group: s.pop("state"),
    "state a list": lambda s, entry, group: s.update(state=[entry]),
    "an entry a list": lambda s, entry, group: s.update(state={0: [1, 2]}),
    "a parameter too many": lambda s, entry, group: s["state"].update({1: entry}),
    "a parameter by a text": lambda s, entry, group: s["state"].update({"0": entry}),
    "params missing": lambda s, entry, group: group.pop("params"),
    "params with other numbers": lambda s, entry, group: group.update(params=[7]),
    "betas 3": lambda s, entry, group: group.update(betas=3),
    "three betas": lambda s, entry, group: group.update(betas=(0.9, 0.9, 0.9)),
    "a rate in words": lambda s, entry, group: group.update(lr="abc"),
    "a negative rate": lambda s, entry, group: group.update(lr=-1),
    "a rate of nan": lambda s, entry, group: group.update(lr=float("nan")),
    "a scheduled rate of nan": lambda s, entry, group: group.update(lr=float("nan"), initial_lr=0.1),
    "a negative first rate": lambda s, entry, group: group.update(initial_lr=-0.1),
    "amsgrad 1": lambda s, entry, group: group.update(amsgrad=1),
    "no eps": lambda s, entry, group: group.pop("eps"),
    "an unknown setting": lambda s, entry, group: group.update(alpha=0.9),
    "AdamW's": lambda s, entry, group: group.update(decoupled_weight_decay=True),
    "no exp_avg": lambda s, entry, group: entry.pop("exp_avg"),
    "no max_exp_avg_sq": lambda s, entry, group: entry.pop("max_exp_avg_sq"),
    "something more": lambda s, entry, group: entry.update(momentum_buffer=np.ones(2)),
    "a text": lambda s, entry, group: entry.update(exp_avg=np.array(["1.0", "2.0"])),
    "a ragged list": lambda s, entry, group: entry.update(exp_avg=[[1.0], 2.0]),
    "complex": lambda s, entry, group: entry.update(exp_avg=np.ones(2) * 1j),
    "another shape": lambda s, entry, group: entry.update(exp_avg=np.ones(3)),
    "a step of a wrong shape": lambda s, entry, group: entry.update(step=np.ones(3)),
    "a step of one half": lambda s, entry, group: entry.update(step=0.5),
    "a step of nan": lambda s, entry, group: entry.update(step=float("nan")),
    "a negative step": lambda s, entry, group: entry.update(step=-1),
    "a step in words": lambda s, entry, group: entry.update(step="1"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_is_refused_and_changes_nothing(damage):
    p = Parameter(np.full(2, 3.0))
    optimizer = optim.Adam([p], lr=0.7, amsgrad=True)
    (p * 2).sum().backward()
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(ValueError):
        optimizer.check_state_dict(damaged(damage))
    with pytest.raises(ValueError):
        optimizer.load_state_dict(damaged(damage))
    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert all(np.array_equal(value, after["state"][0][key]) for key, value in before["state"][0].items())
    optimizer.load_state_dict(damaged(lambda *parts: None))  # without the damage it is taken
    assert optimizer.param_groups[0]["lr"] == 1e-3


@pytest.mark.parametrize(("one", "other"), [(a, b) for a in OPTIONS for b in OPTIONS if a != b])
def test_the_state_of_any_other_optimizer_is_refused(one, other):
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="the state is another optimizer's"):
        getattr(optim, one)([p]).load_state_dict(getattr(optim, other)([p]).state_dict())


def test_numpys_numbers_are_settings_and_become_pythons():
    p = Parameter(np.ones(2))
    optimizer = optim.AdamW([p], lr=np.float32(0.1), betas=[np.float32(0.5), np.float64(0.9)], amsgrad=np.True_)
    group = optimizer.param_groups[0]
    assert [type(value) for value in (group["lr"], *group["betas"], group["amsgrad"])] == [float, float, float, bool]
    assert group["lr"] == float(np.float32(0.1)) and group["betas"] == (0.5, 0.9)


# ---- what is refused -------------------------------------------------------------------------------------------------


NUMBERS = {
    "SGD": ["lr", "momentum", "dampening", "weight_decay"],
    "Adagrad": ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"],
    "RMSprop": ["lr", "alpha", "eps", "weight_decay", "momentum"],
    "Adam": ["lr", "eps", "weight_decay"],
    "AdamW": ["lr", "eps", "weight_decay"],
}
SETTINGS = [(name, key) for name, keys in NUMBERS.items() for key in keys]


@pytest.mark.parametrize("value", [-1, "abc", None, float("nan"), float("inf"), True, [0.1], np.array([0.1])])
@pytest.mark.parametrize(("name", "key"), SETTINGS)
def test_a_setting_that_is_no_number_of_its_range_is_refused(name, key, value):
    if key == "dampening" and value == -1:
        return
    with pytest.raises((ValueError, TypeError), match=rf"{key}=.*, expected a number in") as ours:
        getattr(optim, name)([Parameter(np.ones(2))], **{key: value})
    try:
        getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(2))], **{key: value})
    except (ValueError, TypeError) as theirs:
        assert isinstance(ours.value, type(theirs))
    else:  # torch takes these; we are stricter
        assert key == "dampening" or str(value) in ("nan", "inf", "True", "[0.1]")


@pytest.mark.parametrize(
    ("name", "key"),
    [("SGD", "nesterov"), ("RMSprop", "centered"), ("Adam", "amsgrad"), *((n, "maximize") for n in NUMBERS)],
)
@pytest.mark.parametrize("value", ["no", 1, None])
def test_a_yes_or_no_is_a_bool(name, key, value):
    with pytest.raises(ValueError, match=f"{key}={value!r}, expected True or False"):
        getattr(optim, name)([Parameter(np.ones(2))], **{key: value})


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize(
    ("betas", "words"),
    [
        ((0.9, 1.0), r"betas\[1\]=1.0"),
        ((-0.1, 0.9), r"betas\[0\]=-0.1"),
        ((0.9, float("nan")), r"betas\[1\]=nan"),
        ((True, 0.9), r"betas\[0\]=True"),
        (("a", "b"), r"betas\[0\]='a'"),
        ((0.9, 0.9, 0.9), "expected two numbers"),
        ((0.9,), "expected two numbers"),
        (0.9, "expected a tuple or list"),
        ("ab", "expected a tuple or list"),
        (None, "expected a tuple or list"),
    ],
)
def test_two_betas_are_shares(name, betas, words):
    with pytest.raises(ValueError, match=words) as refused:
        getattr(optim, name)([Parameter(np.ones(2))], betas=betas)
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_a_momentum_without_dampening(options):
    for lib, p in ((optim, Parameter(np.ones(2))), (torch.optim, torch.nn.Parameter(torch.ones(2)))):
        with pytest.raises(ValueError, match="Nesterov momentum requires a momentum and zero dampening"):
            lib.SGD([p], nesterov=True, **options)


def test_a_groups_bad_setting_is_refused_too():
    p = Parameter(np.ones(2))
    with pytest.raises(ValueError, match="lr=-1, expected a number"):
        optim.SGD([{"params": [p], "lr": -1}], lr=0.1)


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
    for bad in ([np.ones(2)], np.ones(2), [{"params": [np.ones(2)]}], ["weight"], [None]):
        with pytest.raises(TypeError, match="can only optimize Tensors, but one of the params is"):
            optim.SGD(bad)
    with pytest.raises(TypeError, match="a set does not have"):
        optim.SGD([{"params": {p}}])
    with pytest.raises(TypeError, match="not iterable"):
        optim.SGD(5)
    with pytest.raises(KeyError, match="params"):
        optim.SGD([{"lr": 1.0}])
    optimizer = optim.SGD([p])
    with pytest.raises(TypeError, match=r"param_group=\[1\], expected a dict"):
        optimizer.add_param_group([1])
    assert len(optimizer.param_groups) == 1


def test_a_closure_is_called_with_recording_on_and_its_loss_returned():
    def descend(parameter, optimizer, off):
        def closure():
            optimizer.zero_grad()
            loss = (parameter * parameter).sum()
            loss.backward()
            return loss

        with off():
            return [float(optimizer.step(closure)) for _ in range(3)]

    ours, theirs = Parameter(np.array([1.0, -2.0])), torch.tensor([1.0, -2.0], dtype=torch.float64)
    theirs.requires_grad_()
    found = descend(ours, optim.SGD([ours], lr=0.1), no_grad)
    expected = descend(theirs, torch.optim.SGD([theirs], lr=0.1), torch.no_grad)
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-15)
    assert optim.SGD([ours], lr=0.1).step() is None


def test_gradients_are_forgotten_or_become_zeros():
    parameter, other = Parameter(np.ones(2)), Parameter(np.ones(2))
    optimizer = optim.SGD([parameter, other], lr=0.1)
    (parameter * parameter).sum().backward()
    held = parameter.grad
    optimizer.zero_grad(set_to_none=False)
    assert parameter.grad.data.tolist() == [0.0, 0.0] and other.grad is None and held.data.tolist() == [2.0, 2.0]
    optimizer.zero_grad()
    assert parameter.grad is None
