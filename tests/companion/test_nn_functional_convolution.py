"""Convolution and pooling in companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from companion import nn
from companion.autograd import Tensor
from companion.nn import functional as F


@pytest.mark.parametrize("size", [7, 28])
@pytest.mark.parametrize("kernel", [1, 3, 4])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_output_size(size, kernel, stride, padding, dilation):
    out = torch.nn.Conv1d(1, 1, kernel, stride, padding, dilation)(torch.zeros(1, 1, size))
    assert F.conv_output_size(size, kernel, stride, padding, dilation) == out.shape[2]


def test_max_pool_ties_and_nan():
    x = np.array([[[[1.0, 1.0, np.nan, 0.0], [1.0, 1.0, 2.0, 3.0]]]])
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = F.max_pool2d(a, 2), torch.nn.functional.max_pool2d(b, 2)
    assert_allclose(out.data, expected.detach())
    out.sum().backward()
    expected.sum().backward()
    assert_allclose(a.grad.data, b.grad)


def test_ties_in_adaptive_max_pooling_go_to_the_first_and_overlaps_add():
    x = torch.zeros(1, 1, 5, 5, dtype=torch.float64, requires_grad=True)
    g = np.arange(9.0).reshape(1, 1, 3, 3) + 1
    torch.nn.functional.adaptive_max_pool2d(x, 3).backward(torch.tensor(g))
    ours = nn.Parameter(np.zeros((1, 1, 5, 5)))
    nn.functional.adaptive_max_pool2d(ours, 3).backward(g)
    np.testing.assert_array_equal(ours.grad.data, x.grad.numpy())


# ---- pooling with every setting --------------------------------------------------------------------------------------

sizes, pairs = st.integers(1, 8), st.tuples(st.integers(1, 4), st.integers(1, 4))


def both_pools(name, x, *arguments, **keywords):
    """Values and gradients, ours and torch's; or two Nones where torch refuses, and then we do, too."""
    ours, reference = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    try:
        expected = getattr(torch.nn.functional, name)(reference, *arguments, **keywords)
    except RuntimeError:
        with pytest.raises(RuntimeError):
            getattr(F, name)(ours, *arguments, **keywords)
        return None, None
    out = getattr(F, name)(ours, *arguments, **keywords)
    assert out.shape == tuple(expected.shape)
    g = np.random.default_rng(1).normal(size=out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    return (out.data, ours.grad.data), (expected.detach().numpy(), reference.grad.numpy())


@given(sizes, sizes, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), pairs, st.booleans())
@settings(max_examples=200, deadline=None)
def test_max_pooling_is_torchs_with_every_setting(h, w, kernel, stride, padding, dilation, ceil_mode):
    assume(dilation == (1, 1) or all(2 * p <= k for p, k in zip(padding, kernel)))  # torch: forward only
    assume(h >= dilation[0] and w >= dilation[1])  # else a window may miss the image, and torch writes beside it
    rng = np.random.default_rng(h * 100 + w)
    x = rng.integers(-2, 2, (2, 2, h, w)).astype(float)  # many ties
    x[rng.random(x.shape) < 0.1] = -np.inf
    x[rng.random(x.shape) < 0.05] = np.nan
    mine, expected = both_pools("max_pool2d", x, kernel, stride, padding, dilation, ceil_mode)
    for a, b in zip(mine or (), expected or ()):
        assert_allclose(a, b)


@given(sizes, sizes, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_average_pooling_is_torchs_with_every_setting(h, w, kernel, stride, padding, ceil_mode, include):
    x = np.random.default_rng(h * 100 + w).normal(size=(2, 2, h, w))
    for divisor in (None, 3):
        mine, expected = both_pools("avg_pool2d", x, kernel, stride, padding, ceil_mode, include, divisor)
        for a, b in zip(mine or (), expected or ()):
            assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, (3, 2), (7, 9)])
def test_adaptive_pooling_gives_torchs_gradient_to_ties_and_nan(size):
    x = np.random.default_rng(0).integers(0, 3, (2, 2, 6, 7)).astype(float)
    x[0, 0, 1, 2:4] = np.nan
    for mine, expected in zip(*both_pools("adaptive_max_pool2d", x, size)):
        assert_allclose(mine, expected)


def test_where_everything_is_minus_infinity_the_gradient_stays_in_the_image():
    x = Tensor(np.full((1, 1, 3, 3), -np.inf), requires_grad=True)
    F.max_pool2d(x, 3, 1, 1).sum().backward()
    assert x.grad.data.sum() == 9
