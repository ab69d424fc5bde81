"""Sums, means, extremes and softmax along axes, beside torch."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import autograd as ag
from companion import numerics
from companion.autograd import Tensor
from companion.autograd.softmaxes import softmax_rows
from tests.companion.beside_torch import compare


@pytest.mark.parametrize("dim", [None, 0, 1, -1, (0, 2)])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var"])
def test_reductions(name, dim, keepdim):
    x = np.random.default_rng(5).normal(size=(2, 3, 4))
    if dim is None:
        theirs = {"amax": torch.amax, "amin": torch.amin}.get(name, getattr(torch, name))
        compare(lambda a: getattr(a, name)(), lambda a: theirs(a), x)
    else:
        compare(
            lambda a: getattr(a, name)(dim, keepdim=keepdim), lambda a: getattr(a, name)(dim=dim, keepdim=keepdim), x
        )


@pytest.mark.parametrize("name", ["max", "min"])
def test_an_extreme_that_is_nan_sends_its_gradient_there(name):
    compare(lambda a: getattr(a, name)(), lambda a: getattr(a, name)(), np.array([[1.0, np.nan, 3.0], [np.nan, 2, 0]]))


def test_maxima_share_or_choose_as_torch():
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])
    compare(lambda a: a.amax(1), lambda a: a.amax(1), x)
    compare(lambda a: a.max(), lambda a: a.max(), x)
    compare(lambda a: a.max(1)[0], lambda a: a.max(1)[0], x)
    compare(lambda a: a.min(0, keepdim=True)[0], lambda a: a.min(0, keepdim=True)[0], x)
    assert_allclose(Tensor(x).max(1)[1].data, torch.tensor(x).max(1)[1])


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_family(name, dim):
    x = np.random.default_rng(6).normal(size=(3, 4)) * 30
    compare(lambda a: getattr(ag, name)(a, dim), lambda a: getattr(torch, name)(a, dim), x)


@pytest.mark.parametrize("correction", [0, 1, 2])
def test_variance_by_any_count(correction):
    x = np.random.default_rng(14).normal(size=(3, 4))
    compare(lambda a: a.var(1, correction=correction), lambda a: a.var(dim=1, correction=correction), x)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "logsumexp"])
@pytest.mark.parametrize(("shape", "dim"), [((2, 3, 4), [0, -1]), ((), 0), ((), -1), ((0, 3), 1)])
def test_dims_as_lists_of_single_numbers_and_of_empty_arrays(name, shape, dim):
    x = np.random.default_rng(11).normal(size=shape)
    with np.errstate(all="ignore"):
        compare(lambda a: getattr(a, name)(dim), lambda a: getattr(torch, name)(a, dim=dim), x)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin"])
def test_no_dims_are_all_of_them(name):
    x = np.random.default_rng(11).normal(size=(2, 3))
    compare(lambda a: getattr(a, name)(()), lambda a: getattr(torch, name)(a, dim=()), x)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value", "ignore:var..:UserWarning")
def test_the_variance_of_too_few_is_nan_or_infinite():
    assert np.isnan(Tensor(np.zeros((0, 3))).var(0).data).all()
    x = np.array([[1.0, 2.0, 4.0]])
    assert_allclose(Tensor(x).var(1, correction=5).data, torch.tensor(x).var(1, correction=5))


def test_a_dimension_that_is_not_there():
    x = Tensor(np.ones((2, 3)))
    calls = [
        lambda: x.sum(2),
        lambda: x.mean(-3),
        lambda: x.softmax(2),
        lambda: ag.gather(x, 2, np.zeros((2, 3), int)),
    ]
    for call in calls:
        with pytest.raises(IndexError, match="out of range"):
            call()


# ---- as torch in every dtype, in nothing, and in what is refused -----------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize("name", ["sum", "mean", "var", "amax", "amin", "logsumexp", "softmax", "log_softmax"])
def test_every_reduction_in_every_dtype(name, dtype):
    x = np.array([[0, 1, 5], [2, 2, 3]]).astype(dtype)
    if dtype == "bool" and name == "logsumexp":
        pytest.skip("torch has none of bools; here they count as 0 and 1")
    try:
        expected = getattr(torch, name)(torch.tensor(x), dim=1).numpy()
    except (RuntimeError, IndexError) as error:
        with pytest.raises(type(error)):
            getattr(ag, name if name != "sum" else "total")(x, dim=1)
        return
    out = getattr(ag, name if name != "sum" else "total")(x, dim=1)
    assert out.dtype == (float if x.dtype.kind != "f" and expected.dtype.kind == "f" else expected.dtype)
    assert_allclose(
        out.numpy().astype(float),
        expected.astype(float),
        **({"rtol": 2e-3, "atol": 1e-3} if dtype == "float16" else {"rtol": 1e-6}),
    )


def test_half_precision_is_added_up_in_single():
    x = np.full(4096, 1.5, np.float16)
    for name in ("sum", "mean", "var"):
        expected = getattr(torch.tensor(x), name)()
        assert_allclose(getattr(Tensor(x), name)().item(), expected.item(), rtol=1e-3, atol=1e-6)
    a = Tensor(np.float16([1.0]), requires_grad=True)
    (a * np.ones(4096, np.float16)).sum().backward()
    assert a.grad.item() == 4096


@pytest.mark.parametrize("dim", [0, (0, 1), None])
@pytest.mark.parametrize("name", ["amax", "amin"])
def test_a_nan_makes_the_gradient_nan_as_in_torch(name, dim):
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    if dim is None:
        compare(lambda a: getattr(a, name)(), lambda a: getattr(a, name)(), x)
    else:
        compare(lambda a: getattr(a, name)(dim), lambda a: getattr(a, name)(dim), x)


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_along_an_axis_by_name(name):
    x = np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 0.0]])
    for keepdim in (False, True):
        ours, theirs = (getattr(a, name)(dim=1, keepdim=keepdim) for a in (Tensor(x), torch.tensor(x)))
        assert_allclose(ours.values.data, theirs.values)
        assert_allclose(ours.indices.data, theirs.indices)
    ours = getattr(Tensor(2.0, requires_grad=True), name)(dim=0)
    assert ours.values.shape == ours.indices.shape == () and ours.indices.item() == 0
    ours.values.backward()


@pytest.mark.parametrize("shape", [(3, 0), (0, 3)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "total", "mean"])
def test_of_nothing(name, shape):
    theirs = getattr(torch, "sum" if name == "total" else name)
    compare(lambda a: getattr(ag, name)(a, dim=1), lambda a: theirs(a, dim=1), np.ones(shape))


@pytest.mark.parametrize("name", ["amax", "amin", "max", "min"])
def test_there_is_no_extreme_of_nothing(name):
    for shape, dim in (((3, 0), 1), ((0,), 0)):
        for side in (Tensor, torch.tensor):
            with pytest.raises(IndexError):
                getattr(side(np.ones(shape)), name)(dim)
    for side in (Tensor, torch.tensor):
        with pytest.raises(RuntimeError):
            getattr(side(np.ones(0)), name)()


@pytest.mark.parametrize("z", [[-np.inf, -np.inf], [np.inf, 0.0], [np.nan, 1.0], [-np.inf, 2.0]])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_infinite_scores(name, z):
    ours, theirs = getattr(ag, name)(Tensor(z), 0), getattr(torch, name)(torch.tensor(z, dtype=float), 0)
    assert_allclose(ours.data, theirs)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: x.amax(dim=(0, 0)), RuntimeError),
        (lambda x: x.sum(dim=(0, -2)), RuntimeError),
        (lambda x: x.sum(2), IndexError),
        (lambda x: x.max(2), IndexError),
        (lambda x: x.softmax(2), IndexError),
        (lambda x: x.sum(1.0), TypeError),
        (lambda x: x.var(False), TypeError),
        (lambda x: x.var(1, False), TypeError),
        (lambda x: x.softmax(), TypeError),
        (lambda x: Tensor([1, 2]).mean(), RuntimeError),
        (lambda x: Tensor([1, 2]).var(), RuntimeError),
    ],
)
def test_refused(call, error):
    with pytest.raises(error):
        call(Tensor(np.ones((2, 3))))


# ---- softmax of many rows, block by block ----------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [1.0, 5.0, 100.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 70_000), (70_001, 1), (1500, 130), (3, 4, 100, 128)])
def test_the_fast_softmax_is_the_plain_one(shape, dtype, spread):
    z = (np.random.default_rng(15).normal(size=shape) * spread).astype(dtype)
    tolerance = {"rtol": 2e-6, "atol": 1e-12} if dtype == "float32" else {"rtol": 1e-13}
    fast = ag.softmax(z, -1)
    assert fast.dtype == z.dtype
    assert_allclose(fast.data, numerics.softmax(z.astype(float)), **tolerance)
    compare(lambda a: ag.softmax(a, -1), lambda a: torch.softmax(a, -1), z, rtol=1e-4, atol=1e-6)


def test_the_fast_softmax_beside_infinities_and_nan_and_of_a_transposed_array():
    z = np.random.default_rng(16).normal(size=(1000, 100))
    z[3], z[5, 7], z[600, 2], z[700, :50] = -np.inf, np.nan, np.inf, -np.inf
    expected = torch.softmax(torch.tensor(z), -1)
    assert_allclose(ag.softmax(z, -1).data, expected, rtol=1e-12)
    assert_allclose(ag.softmax(np.asfortranarray(z), -1).data, expected, rtol=1e-12)
    compare(
        lambda a: ag.softmax(a.T, -1), lambda a: torch.softmax(a.T, -1), np.ascontiguousarray(z[610:690].T).repeat(9, 1)
    )


@pytest.mark.parametrize("far", [-1e30, -200.0, 200.0, 1e30])
def test_a_block_whose_exponentials_would_be_lost_is_shifted(far):
    z = np.random.default_rng(17).normal(size=(4000, 100)).astype(np.float32)  # four blocks
    z[::3, 50:] = -np.inf  # masked, which needs no shift
    z[2000] = far + np.arange(100, dtype=np.float32)
    with np.errstate(all="raise"):
        assert_allclose(softmax_rows(z), numerics.softmax(z.astype(float)), rtol=2e-6, atol=1e-37)


def test_a_nearly_certain_share_keeps_its_small_ones():
    z = np.zeros((1000, 100), np.float32)
    z[:, 0], z[500] = 15.0, -0.5
    assert_allclose(ag.softmax(z, -1).data, numerics.softmax(z.astype(float)), rtol=2e-6)
