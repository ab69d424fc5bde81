r"""Operations on each element.

Each is a line that can be read as calculus: a name, the function on arrays, and for each argument its vector-Jacobian
product, with g the gradient that comes in. The other parameters of a VJP say what it needs from the forward pass: the
result ``out``, the arguments ``x`` and ``y``.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from companion import numerics
from companion.annotations import Array
from companion.autograd import tensors
from companion.autograd.dims import ARRAYS, check_fits, promote_dtypes
from companion.autograd.factories import binary, comparison, constant, unary
from companion.autograd.recording import as_tensor, record

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = [
    "absolute",
    "add",
    "clamp",
    "contains",
    "cos",
    "div",
    "eq",
    "erf",
    "exp",
    "expm1",
    "ge",
    "gt",
    "le",
    "log",
    "log1p",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "neg",
    "power",
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

ERF_SLOPE = 2 / math.sqrt(math.pi)  # at 0


def _divide(x: Any, y: Any) -> Array:
    """x / y; integers in double precision, where NumPy takes half for small ones."""
    if not (_is_float(x) or _is_float(y)):
        x, y = np.asarray(x, float), np.asarray(y, float)
    return np.true_divide(x, y)


def _is_float(x: Any) -> bool:
    return x.dtype.kind == "f" if isinstance(x, ARRAYS) else isinstance(x, float)


def _promote_divided(x: Array, y: Array) -> tuple[Any, ...]:
    """As elsewhere, but integers are divided as they are: one that stands alone need not fit the others' dtype."""
    return promote_dtypes(x, y) if _is_float(x) or _is_float(y) else (x, y)


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


neg = unary("neg", np.negative, lambda g: -g)
absolute = unary("abs", np.abs, lambda g, x: g * np.where(np.isnan(x), 0, np.sign(x)))
exp = unary("exp", np.exp, lambda g, out: g * out)
expm1 = unary("expm1", np.expm1, lambda g, out: g * (out + 1))
log = unary("log", np.log, lambda g, x: g / x)
log1p = unary("log1p", np.log1p, lambda g, x: g / (1 + x))
sqrt = unary("sqrt", np.sqrt, lambda g, out: g / (2 * out))
square = unary("square", np.square, lambda g, x: g * (2 * x))
sin = unary("sin", np.sin, lambda g, x: g * np.cos(x))
cos = unary("cos", np.cos, lambda g, x: -g * np.sin(x))
tanh = unary("tanh", np.tanh, lambda g, out: g * (1 - out * out))
sigmoid = unary("sigmoid", numerics.sigmoid, lambda g, out: g * (out * (1 - out)))
softplus = unary("softplus", numerics.softplus, lambda g, x: g * numerics.sigmoid(x))
erf = unary("erf", numerics.erf, lambda g, x: g * (ERF_SLOPE * np.exp(-x * x)))
# nan is not <= 0: it lets the gradient pass; a choice, because 0 times an infinite gradient would be nan
relu = unary("relu", lambda x: np.maximum(x, 0), lambda g, out: np.where(out <= 0, 0, g))

# The commonest operations take all arguments, which saves a call; an underscore says that one is not read.
add = binary("add", np.add, lambda g, _out, _x, _y: g, lambda g, _out, _x, _y: g)
sub = binary("sub", np.subtract, lambda g, _out, _x, _y: g, lambda g, _out, _x, _y: -g)
mul = binary("mul", np.multiply, lambda g, _out, _x, y: g * y, lambda g, _out, x, _y: g * x)
div = binary("div", _divide, lambda g, _out, _x, y: g / y, lambda g, out, _x, y: -g * out / y, promote=_promote_divided)
power = binary("pow", np.power, _power_base, _power_exponent)
maximum = binary(
    "maximum", np.maximum, lambda g, x, y: _share(g, x < y, x == y), lambda g, x, y: _share(g, y < x, x == y)
)
minimum = binary(
    "minimum", np.minimum, lambda g, x, y: _share(g, x > y, x == y), lambda g, x, y: _share(g, y > x, x == y)
)

eq = comparison("eq", np.equal)
ne = comparison("ne", np.not_equal)
lt = comparison("lt", np.less)
le = comparison("le", np.less_equal)
gt = comparison("gt", np.greater)
ge = comparison("ge", np.greater_equal)


def contains(input: Any, element: Any) -> bool:
    """``element in input``: whether any element is equal to it.

    Parameters
    ----------
    input : Tensor or array_like
        Where to look.
    element : Tensor or number
        Broadcast together with the input.

    Returns
    -------
    bool
        For a tensor: whether any two elements are equal.

    Raises
    ------
    RuntimeError
        If the element is neither a tensor nor a number.

    Examples
    --------
    >>> contains([1.0, 2.0], 2)
    True
    """
    if not isinstance(element, (tensors.Tensor, int, float, np.number, np.bool_)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, got {type(element).__name__}")
    return bool(eq(input, element).data.any())


def clamp(input: Any, min: Any = None, max: Any = None) -> "Tensor":
    """Each element moved into [min, max]; the gradient passes where it was not moved, at the ends too, as in torch.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    min, max : number or array_like, optional
        The bounds, at least one; where they are the wrong way round, ``max`` counts. They get no gradient.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    RuntimeError
        If there is no bound.

    Examples
    --------
    >>> clamp([-2.0, 0.5, 2.0], -1, 1)
    tensor([-1. ,  0.5,  1. ])
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    x = as_tensor(input)
    a, low, high = x.data, *(bound if bound is None else constant(bound) for bound in (min, max))
    for bound in (low, high):
        if bound is not None:
            check_fits("clamp", bound, a.dtype)
    a, low = (a, None) if low is None else promote_dtypes(a, low)
    a, high = (a, None) if high is None else promote_dtypes(a, high)
    inside = (low is None or a >= low) & (high is None or a <= high)  # nan is outside
    return record("clamp", np.clip(a, low, high), (x,), (lambda g: np.where(inside, g, 0),), needs=((0,),))


def where(condition: Any, input: Any, other: Any) -> "Tensor":
    """``input`` where the condition holds, ``other`` elsewhere; each gets the gradient of its own elements.

    Parameters
    ----------
    condition : Tensor or array_like of bool
        Where to take ``input``.
    input, other : Tensor, array_like or number
        Broadcast together with the condition.

    Returns
    -------
    Tensor
        Of the shape that they have together.

    Raises
    ------
    RuntimeError
        If the condition is not one of bools, or if the shapes do not fit.

    Examples
    --------
    >>> where([True, False], [1.0, 2.0], 0.0)
    tensor([1., 0.])
    """
    asked = as_tensor(condition)
    chosen = asked.data
    if chosen.dtype.kind != "b":
        raise RuntimeError(f"where: expected a condition of bools, got {chosen.dtype}")
    left, a = (input, input.data) if isinstance(input, tensors.Tensor) else (None, constant(input))
    right, b = (other, other.data) if isinstance(other, tensors.Tensor) else (None, constant(other))
    a, b = promote_dtypes(a, b)
    for number, array in ((a, b), (b, a)):
        if isinstance(array, ARRAYS):
            check_fits("where", number, array.dtype)
    try:
        out = np.where(chosen, a, b)
    except ValueError as error:
        shapes = chosen.shape, np.shape(a), np.shape(b)
        raise RuntimeError(f"where: the shapes {shapes} cannot be broadcast together") from error
    vjps = (lambda g: np.where(chosen, g, 0), lambda g: np.where(chosen, 0, g))
    return record("where", out, (left, right, asked), vjps, needs=((2,), (2,)))
