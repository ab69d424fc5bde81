"""The normalizations of companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion.autograd import Tensor
from companion.nn import functional as F
from companion.nn.functional import normalization


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_a_functions_own_settings_are_torchs(dtype):
    rng, scale = np.random.default_rng(5), np.sqrt(np.finfo(dtype).eps)
    x = (1e-2 * rng.normal(size=(5, 4, 3))).astype(dtype)  # so small that eps counts
    t, tolerance = torch.tensor(x), {"rtol": 1e-9, "atol": 0} if dtype == np.float64 else {"rtol": 1e-3, "atol": 1e-5}
    theirs = torch.nn.functional
    assert_allclose(F.layer_norm(x, 3).data, theirs.layer_norm(t, (3,)), **tolerance)
    assert_allclose(F.group_norm(x, 2).data, theirs.group_norm(t, 2), **tolerance)
    tiny = (scale * x * 1e2).astype(dtype)
    assert_allclose(F.rms_norm(tiny, 3).data, theirs.rms_norm(torch.tensor(tiny), (3,)), **tolerance)
    for training in ({}, {"training": True}):  # without: by the running statistics, which stay
        ours, reference = ([np.full(4, 0.01, dtype), np.full(4, 1e-4, dtype)] for _ in range(2))
        reference = [torch.tensor(v) for v in reference]
        assert_allclose(
            F.batch_norm(x, *ours, **training).data, theirs.batch_norm(t, *reference, **training), **tolerance
        )
        for one, other in zip(ours, reference):
            assert_allclose(one, other, **tolerance)


def test_arrays_as_weights_of_a_normalization():
    x = np.random.default_rng(0).normal(size=(3, 4))
    twice = np.full(4, 2.0)
    assert_allclose(F.layer_norm(x, 4, twice, twice).data, 2 * F.layer_norm(x, 4).data + 2)
    one, two = (F.batch_norm(x, None, None, weight, training=True).data for weight in (None, twice))
    assert_allclose(two, 2 * one)


# ---- block by block, and by the formula ------------------------------------------------------------------------------


def by_formula(x, axes, weight, bias, eps=1e-5, center=True):
    """The formula in operations of tensors, which know their gradients."""
    centered = x - x.mean(dim=axes, keepdim=True) if center else x
    out = centered / ((centered * centered).mean(dim=axes, keepdim=True) + eps).sqrt()
    out = out * weight
    return out if bias is None else out + bias


CASES = {
    "layer_norm": ((37, 3, 4), (3, 4), (1, 2), lambda x, w, b: F.layer_norm(x, (3, 4), w, b)),
    "rms_norm": ((37, 12), (12,), (1,), lambda x, w, b: F.rms_norm(x, 12, w, 1e-5)),
    "batch_norm": ((37, 3, 4), (3, 1), (0, 2), lambda x, w, b: F.batch_norm(x, None, None, w, b, True)),
    "batch_norm of rows": ((37, 3), (3,), (0,), lambda x, w, b: F.batch_norm(x, None, None, w, b, True)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("block", [1, 50, 10**6])
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_blocks_compute_the_formula(name, block, dtype, monkeypatch):
    monkeypatch.setattr(normalization, "BLOCK", block)
    shape, affine, axes, function = CASES[name]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(3, 2, shape), rng.normal(size=affine), rng.normal(size=affine)]
    arrays, center = [a.astype(dtype) for a in arrays], name != "rms_norm"
    one, two = ([Tensor(a, requires_grad=True) for a in arrays] for _ in range(2))
    flat = [p.reshape(-1) if name.startswith("batch") else p for p in one[1:]]
    out, expected = function(one[0], *flat), by_formula(two[0], axes, two[1], two[2] if center else None, center=center)
    tolerance = {"rtol": 1e-11, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-4}
    assert_allclose(out.data, expected.data, **tolerance)
    g = rng.normal(size=out.shape).astype(dtype)
    out.backward(g)
    expected.backward(g)
    for mine, reference in list(zip(one, two))[: 3 if center else 2]:
        assert_allclose(mine.grad.data, reference.grad.data, **tolerance)


@pytest.mark.parametrize(
    "wanted", [(True, False, False), (False, True, False), (False, False, True), (True, False, True)]
)
def test_each_gradient_comes_alone_and_again(wanted):
    rng = np.random.default_rng(0)
    arrays, g = [rng.normal(size=s) for s in ((5, 3), 3, 3)], rng.normal(size=(5, 3))
    every = [Tensor(a, requires_grad=True) for a in arrays]
    F.layer_norm(every[0], 3, *every[1:]).backward(2 * g)
    some = [Tensor(a, requires_grad=w) for a, w in zip(arrays, wanted)]
    out = F.layer_norm(some[0], 3, *some[1:])
    out.backward(g, retain_graph=True)
    g = g.copy()
    out.backward(g)  # the second time the gradients add up
    for one, other, asked in zip(some, every, wanted):
        assert (one.grad is None) is not asked
        if asked:
            assert_allclose(one.grad.data, other.grad.data, rtol=1e-12)


def test_small_integers_are_normalized_as_their_values():
    x = np.random.default_rng(0).integers(0, 256, (4, 2, 3, 3)).astype(np.uint8)
    mean, var = np.full(2, 100.0), np.full(2, 2500.0)
    expected = torch.nn.functional.batch_norm(torch.tensor(x).double(), torch.tensor(mean), torch.tensor(var))
    assert_allclose(F.batch_norm(x, mean, var).data, expected, rtol=1e-12, atol=1e-12)


def test_no_values_leave_the_statistics_alone():
    mean, var = np.full(3, 5.0), np.full(3, 7.0)
    x = Tensor(np.ones((0, 3)), requires_grad=True)
    out = F.batch_norm(x, mean, var, np.ones(3), np.zeros(3), training=True)
    out.sum().backward()
    assert out.shape == x.grad.shape == (0, 3) and (mean == 5).all() and (var == 7).all()


@pytest.mark.parametrize("n", [(2, 0), (0, 4)])
def test_empty_rows_stay_empty(n):
    assert F.layer_norm(np.ones(n), n[1:]).shape == F.rms_norm(np.ones(n), n[1:]).shape == n
