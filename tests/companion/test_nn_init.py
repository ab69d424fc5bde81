"""nn.init beside torch's: moments, bounds, and what is refused."""

import inspect

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion.autograd import Tensor
from companion.nn import init


def test_initial_weights_have_the_stated_moments():
    shape = (200, 100, 3, 3)
    for fill, std in (
        (init.xavier_normal_, np.sqrt(2 / (300 * 9))),
        (init.xavier_uniform_, np.sqrt(2 / (300 * 9))),
        (lambda t, rng: init.kaiming_normal_(t, nonlinearity="relu", rng=rng), np.sqrt(2 / 900)),
        (lambda t, rng: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="linear", rng=rng), np.sqrt(1 / 1800)),
    ):
        t = Tensor(np.empty(shape))
        fill(t, rng=0)
        assert_allclose(t.data.std(), std, rtol=0.01)
    q = init.orthogonal_(Tensor(np.empty((4, 9))), rng=0).data
    assert_allclose(q @ q.T, np.eye(4), atol=1e-12)
    cut = init.trunc_normal_(Tensor(np.empty(5000)), std=2.0, a=-1.0, b=1.5, rng=0).data
    assert cut.min() >= -1 and cut.max() <= 1.5
    for name in ("relu", "tanh", "sigmoid", "linear"):
        assert_allclose(init.calculate_gain(name), torch.nn.init.calculate_gain(name))


@pytest.mark.parametrize("name", sorted(set(init.__all__) - {"fans"}))
def test_signatures_are_torchs(name):
    ours, theirs = (inspect.signature(getattr(library, name)).parameters for library in (init, torch.nn.init))
    ours = [(p.name, p.default) for p in ours.values() if p.name != "rng"]
    assert ours == [(p.name, p.default) for p in theirs.values() if p.name != "generator"]


GAINS = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", "conv1d", "conv3d", "conv_transpose2d"]


@pytest.mark.parametrize("name", GAINS)
def test_gains_are_torchs(name):
    assert_allclose(init.calculate_gain(name), torch.nn.init.calculate_gain(name), rtol=1e-15)


@pytest.mark.parametrize("slope", [0, 0.2, -1, 3])
def test_the_gain_of_a_slope_is_torchs(slope):
    assert_allclose(init.calculate_gain("leaky_relu", slope), torch.nn.init.calculate_gain("leaky_relu", slope))


def test_constants_and_dtypes_stay():
    for dtype in (np.float32, np.float64):
        t = Tensor(np.empty((3, 2), dtype))
        assert init.constant_(t, 2.5) is t and (t.data == 2.5).all() and t.dtype == dtype
        assert (init.ones_(t).data == 1).all() and (init.zeros_(t).data == 0).all()
        assert init.xavier_normal_(t, rng=0).dtype == dtype


def test_uniform_and_normal_numbers_have_their_bounds_and_moments():
    t = Tensor(np.empty(20_000))
    assert init.uniform_(t, -1.0, 3.0, rng=0).data.min() >= -1 and t.data.max() <= 3
    assert_allclose(t.data.mean(), 1.0, atol=0.03)
    init.normal_(t, 5.0, 0.5, rng=0)
    assert_allclose([t.data.mean(), t.data.std()], [5.0, 0.5], rtol=0.01)
    assert (init.normal_(t, 5.0, 0.0).data == 5).all() and (init.uniform_(t, 2.0, 2.0).data == 2).all()


@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
def test_nothing_to_fill_is_said_as_torch_says_it(name):
    for library, empty in ((torch.nn.init, torch.empty(0, 3)), (init, Tensor(np.empty((0, 3))))):
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
            assert getattr(library, name)(empty) is empty


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "orthogonal_"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_fill_is_nothing_to_do(name, shape):
    t = Tensor(np.empty(shape))
    assert getattr(init, name)(t) is t


NAN = float("nan")
BAD = [
    ("uniform_", (3,), (2.0, 1.0)), ("uniform_", (3,), ("a", 1.0)), ("uniform_", (3,), (NAN, 1.0)),
    ("uniform_", (3,), (0.0, float("inf"))), ("normal_", (3,), (0.0, -1.0)), ("normal_", (3,), (0.0, NAN)),
    ("normal_", (3,), ("a", 1.0)), ("constant_", (3,), ("a",)), ("constant_", (3,), (None,)),
    ("trunc_normal_", (3,), (0.0, 1.0, "a", 9.0)),
    ("kaiming_uniform_", (3,), ()), ("kaiming_uniform_", (3, 3), ("a",)), ("kaiming_uniform_", (3, 3), (0, "fan")),
    ("kaiming_uniform_", (3, 3), (0, "fan_in", "swish")), ("kaiming_normal_", (3, 3), (0, "fan_in", 3)),
    ("xavier_uniform_", (3, 3), (-1,)), ("xavier_uniform_", (3, 3), ("a",)), ("xavier_uniform_", (3, 3), (NAN,)),
    ("xavier_normal_", (3, 3), (-1,)), ("xavier_normal_", (3,), ()), ("orthogonal_", (3,), ()),
    ("orthogonal_", (3, 3), ("a",)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "arguments"), BAD, ids=str)
def test_bad_settings_are_refused_with_torchs_class_and_change_nothing(name, shape, arguments):
    with pytest.raises(Exception) as expected:
        getattr(torch.nn.init, name)(torch.empty(shape), *arguments)
    t = Tensor(np.zeros(shape))
    with pytest.raises(expected.type):
        getattr(init, name)(t, *arguments)
    assert (t.data == 0).all()


@pytest.mark.parametrize(("name", "param"), [("swish", None), ("leaky_relu", "a"), ("leaky_relu", True)])
def test_unknown_gains_are_refused_with_torchs_class(name, param):
    for library in (torch.nn.init, init):
        with pytest.raises(ValueError, match=r"nonlinearity|number"):
            library.calculate_gain(name, param)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: init.trunc_normal_(t, 0.0, 0.0),
        lambda t: init.trunc_normal_(t, 0.0, -1.0),
        lambda t: init.trunc_normal_(t, 0.0, 1.0, 2.0, 1.0),
        lambda t: init.trunc_normal_(t, 0.0, 1.0, 8.0, 9.0),
        lambda t: init.normal_(t, NAN),
        lambda t: init.constant_(t, NAN),
        lambda t: init.zeros_(np.ones(3)),
        lambda t: init.uniform_(t, rng="seed"),
    ],
)
def test_stricter_than_torch_on_purpose(call):
    t = Tensor(np.zeros(3))
    with pytest.raises((TypeError, ValueError, RuntimeError), match=r"expected|almost nothing"):
        call(t)
    assert (t.data == 0).all()
