r"""A :class:`Tensor` that records how it was computed, so that gradients follow by the chain rule (torch's ``Tensor``).

An operation is a function on arrays with one vector-Jacobian product (VJP) per argument: given
:math:`g = \partial L / \partial \mathrm{out}` it returns :math:`\partial L / \partial \mathrm{argument}`. The lines of
``elementwise`` can be read as calculus. :meth:`Tensor.backward` only calls the VJPs, latest operation first.

``recording`` keeps what an operation was applied to, ``backward`` walks back through it; ``elementwise``,
``products``, ``reductions`` and ``shapes`` hold the operations, ``tensors`` the class that has them as methods.
"""

from companion.autograd.tensors import Tensor  # first: the modules of operations are imported on the way to it

# isort: split
from companion.autograd.backward import graph, toposort, unbroadcast
from companion.autograd.creation import ones, tensor, zeros
from companion.autograd.dims import normalize_dim
from companion.autograd.elementwise import (
    absolute,
    add,
    clamp,
    cos,
    div,
    erf,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    mul,
    neg,
    power,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    square,
    sub,
    tanh,
    where,
)
from companion.autograd.grad_mode import is_grad_enabled, no_grad
from companion.autograd.indexing import gather, getitem, scatter_add
from companion.autograd.products import einsum, inner, matmul
from companion.autograd.recording import as_tensor, increment_version, record, unwrap
from companion.autograd.reductions import amax, amin, mean, total, var
from companion.autograd.shapes import cat, expand, permute, reshape, stack, transpose
from companion.autograd.softmaxes import log_softmax, logsumexp, softmax

__all__ = [
    "Tensor",
    "absolute",
    "add",
    "amax",
    "amin",
    "as_tensor",
    "cat",
    "clamp",
    "cos",
    "div",
    "einsum",
    "erf",
    "exp",
    "expand",
    "expm1",
    "gather",
    "getitem",
    "graph",
    "increment_version",
    "inner",
    "is_grad_enabled",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "neg",
    "no_grad",
    "normalize_dim",
    "ones",
    "permute",
    "power",
    "record",
    "relu",
    "reshape",
    "scatter_add",
    "sigmoid",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "stack",
    "sub",
    "tanh",
    "tensor",
    "toposort",
    "total",
    "transpose",
    "unbroadcast",
    "unwrap",
    "var",
    "where",
    "zeros",
]
