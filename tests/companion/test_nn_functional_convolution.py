"""Convolution and pooling in companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
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
