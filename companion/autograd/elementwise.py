r"""Operations on each element.

Each is a line that can be read as calculus: a name, the function on arrays, and for each argument its vector-Jacobian
product, with g the gradient that comes in. The other parameters of a VJP say what it needs from the forward pass: the
result ``out``, the arguments ``x`` and ``y``.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from companion import numerics
from companion.annotations import Array
from companion.autograd import tensors
from companion.autograd.recording import OUT, as_tensor, record, unwrap

__all__ = [
    "absolute",
    "add",
    "clamp",
    "cos",
    "div",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "power",
    "promote_dtypes",
    "relu",
    "sigmoid",
    "sin",
    "softplus",
    "sqrt",
    "square",
    "sub",
    "tanh",
    "where",
]

EXACT = {"neg", "abs", "square", "relu"}  # leave integers integers
ERF_SLOPE = 2 / math.sqrt(math.pi)  # at 0
PLACES = {"out": OUT, "x": 0, "y": 1}
# How a VJP is called with everything that the forward pass kept, by the parameters that it has besides g.
CALLS = {
    "": lambda vjp: lambda g, out, x, y=None: vjp(g),
    "out": lambda vjp: lambda g, out, x, y=None: vjp(g, out),
    "x": lambda vjp: lambda g, out, x, y=None: vjp(g, x),
    "y": lambda vjp: lambda g, out, x, y: vjp(g, y),
    "out y": lambda vjp: lambda g, out, x, y: vjp(g, out, y),
    "x y": lambda vjp: lambda g, out, x, y: vjp(g, x, y),
    "out x y": lambda vjp: vjp,
}


def _uniform(*vjps):
    """The VJPs as functions of (g, out, x, y), and the places of what each reads, for :func:`record`."""
    names = [list(inspect.signature(vjp).parameters)[1:] for vjp in vjps]
    needs = tuple(tuple(PLACES[name] for name in read) for read in names)
    return tuple(CALLS[" ".join(read)](vjp) for read, vjp in zip(names, vjps)), needs


def _unary(name: str, forward: Callable[[Array], Array], vjp: Callable[..., Array]):
    """An operation on one tensor."""
    vjps, needs = _uniform(vjp)
    exact = name in EXACT

    def operation(input: Any) -> "tensors.Tensor":
        x = as_tensor(input)
        a = x.data
        if not exact and a.dtype.kind != "f":
            a = a.astype(float)  # NumPy would compute small integers in half precision
        out = forward(a)
        return record(name, out, (x,), vjps, (out, a), needs)

    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = f"``{name}`` of each element."
    return operation


def _binary(name: str, forward: Callable[..., Array], vjp_x: Callable[..., Array], vjp_y: Callable[..., Array]):
    """An operation on two tensors, with broadcasting; the sums over broadcast axes are taken by :func:`pass_back`."""
    vjps, needs = _uniform(vjp_x, vjp_y)

    def operation(input: Any, other: Any) -> "tensors.Tensor":
        left, a = (input, input.data) if isinstance(input, tensors.Tensor) else (None, constant(input))
        right, b = (other, other.data) if isinstance(other, tensors.Tensor) else (None, constant(other))
        if type(a) is type(b) is np.ndarray and a.dtype is not b.dtype:
            a, b = promote_dtypes(a, b)
        try:
            out = forward(a, b)
        except ValueError as error:
            raise RuntimeError(
                f"{name}: the shapes {np.shape(a)} and {np.shape(b)} cannot be broadcast together"
            ) from error
        return record(name, out, (left, right), vjps, (out, a, b), needs)

    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = f"``{name}`` of two tensors, element by element, with broadcasting."
    return operation


def constant(value):
    """A single number becomes a plain Python one, so that it does not widen float32; everything else an array."""
    if type(value) in (int, float):
        return value
    value = np.asarray(value)
    return value if value.ndim else value.item()


def promote_dtypes(a, b):
    """Integers take the dtype of the floating-point numbers that they meet, as in torch; NumPy would widen float32."""
    if a.dtype.kind == "f" and b.dtype.kind in "biu":
        return a, b.astype(a.dtype)
    if b.dtype.kind == "f" and a.dtype.kind in "biu":
        return a.astype(b.dtype), b
    return a, b


def _share(g, loses, ties):
    """The part of a gradient that goes to one of two arguments: a tie is split in halves, nan lets all of it pass."""
    return np.where(loses, 0, np.where(ties, 0.5 * g, g))


def _power_base(g, x, y):
    """d x^y / dx = y x^(y-1), and 0 where y = 0, also at x = 0."""
    if isinstance(y, (int, float)):
        return g * (y * np.power(x, y - 1)) if y else np.zeros_like(g)
    return np.where(y == 0, 0.0, g * y * np.power(x, np.where(y == 0, 1.0, y - 1)))


def _power_exponent(g, out, x, y):
    """d x^y / dy = x^y log x, and 0 where x = 0 and y >= 0."""
    zero = (x == 0) & (y >= 0)
    return g * np.where(zero, 0.0, out * np.log(np.where(zero, 1.0, x)))


neg = _unary("neg", np.negative, lambda g: -g)
absolute = _unary("abs", np.abs, lambda g, x: g * np.where(np.isnan(x), 0, np.sign(x)))
exp = _unary("exp", np.exp, lambda g, out: g * out)
expm1 = _unary("expm1", np.expm1, lambda g, out: g * (out + 1))
log = _unary("log", np.log, lambda g, x: g / x)
log1p = _unary("log1p", np.log1p, lambda g, x: g / (1 + x))
sqrt = _unary("sqrt", np.sqrt, lambda g, out: g / (2 * out))
square = _unary("square", np.square, lambda g, x: g * (2 * x))
sin = _unary("sin", np.sin, lambda g, x: g * np.cos(x))
cos = _unary("cos", np.cos, lambda g, x: -g * np.sin(x))
tanh = _unary("tanh", np.tanh, lambda g, out: g * (1 - out * out))
sigmoid = _unary("sigmoid", numerics.sigmoid, lambda g, out: g * (out * (1 - out)))
softplus = _unary("softplus", numerics.softplus, lambda g, x: g * numerics.sigmoid(x))
erf = _unary("erf", numerics.erf, lambda g, x: g * (ERF_SLOPE * np.exp(-x * x)))
relu = _unary("relu", lambda x: np.maximum(x, 0), lambda g, out: g * ~(out <= 0))  # nan lets it pass

add = _binary("add", np.add, lambda g: g, lambda g: g)
sub = _binary("sub", np.subtract, lambda g: g, lambda g: -g)
mul = _binary("mul", np.multiply, lambda g, y: g * y, lambda g, x: g * x)
div = _binary("div", np.true_divide, lambda g, y: g / y, lambda g, out, y: -g * out / y)
power = _binary("pow", np.power, _power_base, _power_exponent)
maximum = _binary(
    "maximum", np.maximum, lambda g, x, y: _share(g, x < y, x == y), lambda g, x, y: _share(g, y < x, x == y)
)
minimum = _binary(
    "minimum", np.minimum, lambda g, x, y: _share(g, x > y, x == y), lambda g, x, y: _share(g, y > x, x == y)
)


def _comparison(name: str, compare: Callable[..., Array]):
    def operation(input: Any, other: Any) -> "tensors.Tensor":
        return tensors.Tensor(compare(unwrap(input), unwrap(other)))

    operation.__name__ = operation.__qualname__ = name
    return operation


eq = _comparison("eq", np.equal)
ne = _comparison("ne", np.not_equal)
lt = _comparison("lt", np.less)
le = _comparison("le", np.less_equal)
gt = _comparison("gt", np.greater)
ge = _comparison("ge", np.greater_equal)


def clamp(input, min=None, max=None):
    """Each element moved into [min, max]; the gradient passes where it was not moved, at the ends too, as in torch."""
    x = as_tensor(input)
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    min, max = (bound if bound is None else constant(bound) for bound in (min, max))
    inside = (min is None or x.data >= min) & (max is None or x.data <= max)  # nan is outside
    return record("clamp", np.clip(x.data, min, max), (x,), (lambda g: g * inside,))


def where(condition, input, other):
    """``input`` where the condition holds, ``other`` elsewhere; each gets the gradient of its own elements."""
    condition = np.asarray(unwrap(condition), bool)
    left, a = (input, input.data) if isinstance(input, tensors.Tensor) else (None, constant(input))
    right, b = (other, other.data) if isinstance(other, tensors.Tensor) else (None, constant(other))
    out = np.where(condition, a, b)
    vjps = (lambda g: np.where(condition, g, 0), lambda g: np.where(condition, 0, g))
    return record("where", out, (left, right), vjps, needs=())
