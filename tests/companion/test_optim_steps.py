"""The steps of companion.optim beside torch: the same gradients must leave the same trace."""

import copy
import inspect

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import nn, optim
from companion.autograd import Tensor
from companion.nn import Parameter
from tests.companion.optim_pairs import OPTIONS, apart, both, step_both

CASES = [(name, options) for name, list_ in OPTIONS.items() for options in list_]
FAR = [(name, options) for name, list_ in OPTIONS.items() for options in (list_[0], list_[-1])]  # none on, all on


@pytest.mark.parametrize(
    ("name", "options", "steps"),
    [*((*case, 30) for case in CASES if case not in FAR), *((*case, 200) for case in FAR)],
    ids=str,
)
def test_steps_leave_torchs_trace(name, options, steps):
    """Every combination of options through ten rounds of small, middling and large gradients, the outermost longer."""
    ours, theirs, mine, reference = both(name, options)
    rng = np.random.default_rng(1)
    for step in range(steps):
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


# ---- extremes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    ("dtype", "large"), [("float32", 1e18), ("float32", 1e20), ("float16", 300.0), ("float16", 1000.0)]
)
def test_a_large_gradient_leaves_torchs_trace(name, dtype, large):
    p, q = Parameter(np.ones(2, dtype)), torch.nn.Parameter(torch.ones(2, dtype=getattr(torch, dtype)))
    mine, reference = getattr(optim, name)([p], lr=0.1), getattr(torch.optim, name)([q], lr=0.1)
    for g in (large, 1.0, -1.0, 1.0):
        p.grad, q.grad = Tensor(np.full(2, g, dtype)), torch.full((2,), g, dtype=q.dtype)
        with np.errstate(over="ignore"):  # torch's Adagrad stops there, too
            mine.step()
        reference.step()
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-6 if dtype == "float32" else 4e-3, atol=2e-3)
    assert p.dtype == dtype
    assert (p.data[0] != 1) or name == "Adagrad"


@pytest.mark.parametrize("seed", range(5))
def test_a_centered_mean_square_is_never_negative(seed):
    rng = np.random.default_rng(seed)
    p, state = np.zeros(500, np.float32), {}
    g = rng.normal(1, 1, 500).astype(np.float32)  # the same each time: its variance is 0
    for _ in range(300):
        p, state = optim.rmsprop_step(p, g, state, lr=1e-3, alpha=0.5, centered=True)
    assert np.isfinite(p).all()


@pytest.mark.parametrize(
    "step", [optim.sgd_step, optim.adagrad_step, optim.rmsprop_step, optim.adam_step, optim.adamw_step]
)
@pytest.mark.parametrize("tiny", [1e-25, 1e-38, 1e-44])
def test_what_is_too_small_is_no_error(step, tiny):
    p, g = np.array([1.0, 1e-40], np.float32), np.array([tiny, -tiny], np.float32)
    with np.errstate(all="ignore"):
        expected = step(*step(p, g, {}, lr=0.1)[:1], g, {}, lr=0.1)[0]
    with np.errstate(all="raise"):
        found = step(*step(p, g, {}, lr=0.1)[:1], g, {}, lr=0.1)[0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", OPTIONS)
def test_what_is_too_small_is_no_error_to_an_optimizer_either(name):
    p = Parameter(np.array([1.0, 1e-40], np.float32))
    optimizer = getattr(optim, name)([p], lr=0.1)
    p.grad = Tensor(np.array([1e-38, -1e-44], np.float32))
    with np.errstate(all="raise"):
        optimizer.step()
        assert np.geterr()["under"] == "raise"
    expected = getattr(optim, f"{name.lower()}_step")(np.array([1.0, 1e-40], np.float32), p.grad.data, {}, lr=0.1)[0]
    np.testing.assert_array_equal(p.data, expected)


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
