"""How an elementwise operation is made of a function on arrays and its vector-Jacobian products.

What makes operations has no return type on purpose: an editor then looks inside, and shows the parameters of what is
made.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import tensors
from companion.autograd.dims import ARRAYS, promote_dtypes
from companion.autograd.recording import OUT, as_tensor, record
from companion.validation import as_float

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["binary", "comparison", "constant", "unary"]

# The documentation of each operation: a sentence, and what its example prints.
WORDS = {
    "neg": ("Minus each element.", "[-0.5, -1. ]"),
    "abs": ("The absolute value of each element; the gradient at 0 is 0.", "[0.5, 1. ]"),
    "exp": ("e to the power of each element.", "[1.6487, 2.7183]"),
    "expm1": ("e to the power of each element, less 1; exact near 0.", "[0.6487, 1.7183]"),
    "log": ("The natural logarithm of each element.", "[-0.6931,  0.    ]"),
    "log1p": ("The natural logarithm of 1 and each element; exact near 0.", "[0.4055, 0.6931]"),
    "sqrt": ("The square root of each element.", "[0.7071, 1.    ]"),
    "square": ("The square of each element.", "[0.25, 1.  ]"),
    "sin": ("The sine of each element.", "[0.4794, 0.8415]"),
    "cos": ("The cosine of each element.", "[0.8776, 0.5403]"),
    "tanh": ("The hyperbolic tangent of each element.", "[0.4621, 0.7616]"),
    "sigmoid": ("1 / (1 + exp(-x)) of each element.", "[0.6225, 0.7311]"),
    "softplus": ("log(1 + exp(x)) of each element.", "[0.9741, 1.3133]"),
    "erf": ("The error function of each element.", "[0.5205, 0.8427]"),
    "relu": ("Each element where it is positive, else 0; the gradient at 0 is 0.", "[0.5, 1. ]"),
    "add": ("The sum of two tensors.", "[2.5, 5. ]"),
    "sub": ("The first less the second.", "[-1.5, -3. ]"),
    "mul": ("The product of two tensors, element by element.", "[1., 4.]"),
    "div": ("The first over the second; integers become floats.", "[0.25, 0.25]"),
    "pow": ("The first to the power of the second.", "[0.25, 1.  ]"),
    "maximum": ("The larger of two elements; equal ones share the gradient.", "[2., 4.]"),
    "minimum": ("The smaller of two elements; equal ones share the gradient.", "[0.5, 1. ]"),
    "eq": ("Whether two elements are equal.", "[False, False]"),
    "ne": ("Whether two elements differ.", "[ True,  True]"),
    "lt": ("Whether the first is less than the second.", "[ True,  True]"),
    "le": ("Whether the first is less than the second, or equal.", "[ True,  True]"),
    "gt": ("Whether the first is greater than the second.", "[False, False]"),
    "ge": ("Whether the first is greater than the second, or equal.", "[False, False]"),
}

PYTHON_NAMES = {"abs": "absolute", "pow": "power"}  # under which the others are imported: these words are taken
NUMBERS = frozenset((float, int, bool))
EXACT = {"neg", "abs", "square", "relu"}  # leave integers integers
DOCUMENTATION = """{sentence}

Parameters
----------
input : Tensor or array_like
    The elements to compute with.
{other}
Returns
-------
Tensor
    Of the input's shape, or of that which both have together.

Examples
--------
>>> {name}({arguments})
tensor({shown})
"""

PLACES = {"out": OUT, "x": 0, "y": 1}
# How a VJP is called with everything that the forward pass kept, by the parameters that it has besides g.
CALLS: dict[str, Callable[[Callable], Callable]] = {
    "": lambda vjp: lambda g, out, x, y=None: vjp(g),
    "out": lambda vjp: lambda g, out, x, y=None: vjp(g, out),
    "x": lambda vjp: lambda g, out, x, y=None: vjp(g, x),
    "y": lambda vjp: lambda g, out, x, y: vjp(g, y),
    "out y": lambda vjp: lambda g, out, x, y: vjp(g, out, y),
    "x y": lambda vjp: lambda g, out, x, y: vjp(g, x, y),
}


def uniform(*vjps: Callable) -> tuple[tuple[Callable, ...], tuple[tuple[int, ...], ...]]:
    """The VJPs as functions of (g, out, x, y), and the places of what each reads, for :func:`record`.

    Parameters
    ----------
    *vjps : callable
        With parameters named as in :data:`PLACES`. One that takes all of them is called without a detour; those that
        it does not read begin with an underscore.

    Returns
    -------
    vjps : tuple of callable
        As many, in the same order.
    needs : tuple of tuple of int
        One for each.
    """
    names = [list(inspect.signature(vjp).parameters)[1:] for vjp in vjps]
    needs = tuple(tuple(PLACES[name] for name in read if name in PLACES) for read in names)
    direct = tuple(vjp if len(read) == len(PLACES) else CALLS[" ".join(read)](vjp) for read, vjp in zip(names, vjps))
    return direct, needs


def document(operation: Callable, name: str) -> None:
    """Give an operation its name, and the documentation that its :data:`WORDS` say.

    Parameters
    ----------
    operation : callable
        The function to document.
    name : str
        As in :data:`WORDS`.
    """
    sentence, shown = WORDS[name]
    both = "other" in inspect.signature(operation).parameters
    other = "other : Tensor or array_like\n    Broadcast together with ``input``.\n" if both else ""
    arguments = "[0.5, 1.0], [2.0, 4.0]" if both else "[0.5, 1.0]"
    operation.__name__ = operation.__qualname__ = PYTHON_NAMES.get(name, name)
    operation.__doc__ = DOCUMENTATION.format(
        sentence=sentence, other=other, name=operation.__name__, arguments=arguments, shown=shown
    )


def unary(name: str, forward: Callable[[Array], Array], vjp: Callable[..., Array]):
    """An operation on one tensor.

    Parameters
    ----------
    name : str
        As in :data:`WORDS`.
    forward : callable
        A function on arrays.
    vjp : callable
        ``vjp(g)``, with parameters ``out`` and ``x`` where it reads them.

    Returns
    -------
    callable
        ``operation(input)``.

    Examples
    --------
    >>> unary("sqrt", np.sqrt, lambda g, out: g / (2 * out))([4.0, 9.0])
    tensor([2., 3.])
    """
    vjps, needs = uniform(vjp)
    exact = name in EXACT

    def operation(input: Any) -> "Tensor":
        x = as_tensor(input)
        a = x.data
        if a.dtype.kind != "f":
            a = _exact(name, a) if exact else as_float(a)  # NumPy would compute small integers in half precision
        out = forward(a)
        return record(name, out, (x,), vjps, (out, a), needs)

    document(operation, name)
    return operation


def _exact(name: str, a: Array) -> Array:
    """Integers as they are, for the square bools too; other operations refuse these, as torch's."""
    if a.dtype.kind == "b" and name != "square":
        raise NotImplementedError(f"{name} is not implemented for bools")
    return a.astype(np.int64) if a.dtype.kind == "b" else a


def binary(
    name: str,
    forward: Callable[..., Array],
    vjp_x: Callable[..., Array],
    vjp_y: Callable[..., Array],
    promote: Callable[[Array, Array], tuple[Any, ...]] = promote_dtypes,
):
    """An operation on two tensors, with broadcasting; gradients are summed over broadcast axes on their way back.

    Parameters
    ----------
    name : str
        As in :data:`WORDS`.
    forward : callable
        A function on two arrays.
    vjp_x, vjp_y : callable
        ``vjp(g)``, with parameters ``out``, ``x`` and ``y`` where they read them.
    promote : callable
        Brings two arrays of different dtypes together.

    Returns
    -------
    callable
        ``operation(input, other)``.

    Examples
    --------
    >>> binary("mul", np.multiply, lambda g, y: g * y, lambda g, x: g * x)([4.0, 9.0], 2.0)
    tensor([ 8., 18.])
    """
    vjps, needs = uniform(vjp_x, vjp_y)

    def operation(input: Any, other: Any) -> "Tensor":
        left = input if isinstance(input, tensors.Tensor) else None
        right = other if isinstance(other, tensors.Tensor) else None
        a = constant(input) if left is None else left.data
        b = constant(other) if right is None else right.data
        with_number = (left is None and type(a) in NUMBERS) or (right is None and type(b) in NUMBERS)
        if not with_number and a.dtype is not b.dtype:
            a, b = promote(a, b)
        try:
            out = forward(a, b)
        except (ValueError, TypeError, OverflowError) as error:
            raise _refusal(name, a, b, error) from error
        return record(name, out, (left, right), vjps, (out, a, b), needs)

    document(operation, name)
    return operation


def comparison(name: str, compare: Callable[..., Array]):
    """A question about two tensors, with broadcasting; nothing is recorded.

    Parameters
    ----------
    name : str
        As in :data:`WORDS`.
    compare : callable
        A function on two arrays.

    Returns
    -------
    callable
        ``operation(input, other)``.

    Examples
    --------
    >>> comparison("lt", np.less)([1.0, 3.0], 2.0)
    tensor([ True, False])
    """

    def operation(input: Any, other: Any) -> "Tensor":
        a, b = (value.data if isinstance(value, tensors.Tensor) else constant(value) for value in (input, other))
        if (
            isinstance(a, ARRAYS)
            and isinstance(b, ARRAYS)
            and a.dtype is not b.dtype
            and "f" in a.dtype.kind + b.dtype.kind
        ):
            a, b = promote_dtypes(a, b)  # integers are compared as they are
        try:
            with np.errstate(over="ignore"):  # a number beyond the dtype is compared as infinite
                return tensors.Tensor(compare(a, b))
        except ValueError as error:
            raise _refusal(name, a, b, error) from error

    document(operation, name)
    return operation


def _refusal(name: str, a: Any, b: Any, error: Exception) -> Exception:
    """torch's kind of error for what NumPy refuses."""
    if "negative integer powers" in str(error):
        return RuntimeError("Integers to negative integer powers are not allowed.")
    if isinstance(error, OverflowError):
        return RuntimeError(f"{name}: an integer does not fit a tensor of small ones; torch wraps it around ({error})")
    if isinstance(error, ValueError):
        return RuntimeError(f"{name}: the shapes {np.shape(a)} and {np.shape(b)} cannot be broadcast together")
    if np.asarray(a).dtype.kind == np.asarray(b).dtype.kind == "b":
        return RuntimeError(f"{name} is not supported for bools")
    return TypeError(f"{name}: cannot compute with {type(a).__name__} and {type(b).__name__}")


def constant(value: Any) -> Any:
    """A single number becomes a plain Python one, so that it does not widen float32; everything else an array.

    Parameters
    ----------
    value : array_like
        An argument that is no tensor.

    Returns
    -------
    ndarray or number
        What NumPy computes with.

    Raises
    ------
    TypeError
        If it holds no real numbers.

    Examples
    --------
    >>> constant(np.float64(2.0)), constant([1, 2])
    (2.0, array([1, 2]))
    """
    if type(value) in (int, float):
        return value
    value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        raise TypeError(f"cannot compute with numbers of dtype {value.dtype}")
    return value if value.ndim else value.item()
