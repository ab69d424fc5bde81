"""What the tests of autograd share: a function on our tensors beside the same one on torch's."""

import numpy as np
import torch
from numpy.testing import assert_allclose

from companion.autograd import Tensor

UNARY = {
    "neg": torch.neg, "absolute": torch.abs, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log,
    "log1p": torch.log1p, "sqrt": torch.sqrt, "square": torch.square, "sin": torch.sin, "cos": torch.cos,
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "softplus": torch.nn.functional.softplus, "erf": torch.erf,
    "relu": torch.relu,
}  # fmt: skip
BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "power": torch.pow,
          "maximum": torch.maximum, "minimum": torch.minimum}  # fmt: skip


def compare(ours, theirs, *arrays, rtol=1e-10, atol=1e-12):
    """Values and gradients of one function on our tensors and on torch's, for a random weighting of its outputs."""
    x = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    t = [torch.tensor(a, requires_grad=True) for a in arrays]
    out, expected = ours(*x), theirs(*t)
    assert out.shape == tuple(expected.shape)
    assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=atol)
    weights = np.random.default_rng(0).normal(size=out.shape).astype(out.dtype)
    out.backward(weights)
    expected.backward(torch.tensor(weights))
    for a, b in zip(x, t):
        assert a.grad.shape == a.shape and a.grad.dtype == a.dtype
        assert_allclose(a.grad.data, b.grad.numpy(), rtol=rtol, atol=atol)
