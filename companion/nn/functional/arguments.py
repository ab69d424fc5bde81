"""How the functions read their arguments, and in which precision they compute."""

from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.autograd import Tensor, as_tensor, record
from companion.validation import Instance, Integer, as_float, require

__all__ = ["Pair", "TensorLike", "as_floats", "as_number", "as_sizes", "as_tuple", "by_blocks", "quiet", "rounded"]

TensorLike: TypeAlias = Tensor | ArrayLike
Pair: TypeAlias = int | tuple[int, ...]  # one number for both axes, or two
BLOCK = 2**14  # elements: 64 KB in float32, below the size for which new memory is asked of the system each time
READY = (np.dtype(np.float64), np.dtype(np.float32))  # what is computed with as it is

# A decorator: in the function what is too small is 0 and what is too large inf, whatever numpy.seterr was told.
quiet = np.errstate(over="ignore", under="ignore")


def as_floats(*values: Any) -> list[Any]:
    """Tensors to compute with: of floats, and of single precision at least.

    Parameters
    ----------
    *values : Tensor, array_like or None
        Integers and bools become float64, float16 becomes float32, None stays.

    Returns
    -------
    list
        First whether the result is to be rounded to float16, which it is where all arguments had this dtype; then
        the tensors.

    Raises
    ------
    TypeError
        For complex numbers, texts, dates and objects.

    Examples
    --------
    >>> half, x, bias = as_floats(np.ones(2, np.float16), None)
    >>> half, x.dtype, bias
    (True, dtype('float32'), None)
    """
    halves, tensors = [], []
    for value in values:
        tensor = value if value is None else as_tensor(value)
        if tensor is not None and tensor.data.dtype in READY:
            halves.append(False)
        elif tensor is not None:
            if tensor.dtype.kind != "f":
                tensor = Tensor(as_float(tensor.data, "input"))
            halves.append(tensor.dtype == np.float16)
            if halves[-1]:
                tensor = _cast(tensor, np.float32)
        tensors.append(tensor)
    return [all(halves), *tensors]


def rounded(out: Tensor, half: bool) -> Tensor:
    """A result, in float16 where the arguments were.

    Parameters
    ----------
    out : Tensor
        The result.
    half : bool
        Whether it becomes float16.

    Returns
    -------
    Tensor
        As ``half`` says.

    Examples
    --------
    >>> rounded(Tensor([1.0, 2.0]), True)
    tensor([1., 2.], dtype=float16)
    """
    return _cast(out, np.float16) if half else out


def _cast(x: Tensor, dtype: type) -> Tensor:
    with np.errstate(over="ignore"):  # beyond 65,504 a float16 is infinite, as in torch
        out: Array = x.data.astype(dtype)
    return record("to", out, (x,), (lambda g: g,), needs=())


def by_blocks(function: Callable[..., tuple[Array, Array]], *arrays: Array) -> tuple[Array, Array]:
    """A function of each element, block by block: what it stores on its way stays in the processor's cache.

    Parameters
    ----------
    function : callable
        Of as many arrays; it returns two.
    *arrays : ndarray
        Of one shape; broadcast ones, too.

    Returns
    -------
    first, second : ndarray
        Of this shape, and the dtype that the arrays have together.

    Examples
    --------
    >>> by_blocks(lambda a, b: (a + b, a * b), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    (array([4., 6.]), array([3., 8.]))
    """
    shape, arrays = arrays[0].shape, tuple(map(np.atleast_1d, arrays))
    first, second = (np.empty(arrays[0].shape, np.result_type(*arrays)) for _ in range(2))
    step = max(1, BLOCK * len(first) // max(1, first.size))
    for start in range(0, len(first), step):
        block = slice(start, start + step)
        first[block], second[block] = function(*(a[block] for a in arrays))
    return first.reshape(shape), second.reshape(shape)


def as_tuple(name: str, value: Any, n: int, low: int | None = None) -> tuple[int, ...]:
    """A whole number for each of n axes, from one or from n.

    Parameters
    ----------
    name : str
        How the parameter is called.
    value : int or iterable of int
        What came.
    n : int
        How many.
    low : int, optional
        The smallest that is allowed.

    Returns
    -------
    tuple of int
        The numbers.

    Raises
    ------
    TypeError
        For anything but whole numbers.
    RuntimeError
        For another count of them, or one below ``low``.

    Examples
    --------
    >>> as_tuple("stride", 2, 2), as_tuple("stride", (2, 1), 2)
    ((2, 2), (2, 1))
    """
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,) * n
    if len(values) != n:
        raise RuntimeError(f"{name}={value!r}, expected an integer or {n} of them")
    for one in values:
        require(name, one, Integer(), error=TypeError)
        if low is not None:
            require(name, one, Integer(low), error=RuntimeError)
    return tuple(int(one) for one in values)


def as_sizes(value: Any) -> tuple[int, ...]:
    """The sizes of some last axes, from one number or several.

    Parameters
    ----------
    value : int or iterable of int
        What came.

    Returns
    -------
    tuple of int
        The numbers.

    Raises
    ------
    TypeError
        For anything but whole numbers.

    Examples
    --------
    >>> as_sizes(4), as_sizes([3, 4])
    ((4,), (3, 4))
    """
    return as_tuple("normalized_shape", value, len(value) if isinstance(value, (tuple, list)) else 1)


def as_number(name: str, value: Any) -> float:
    """A number as a plain float, which does not widen float32.

    Parameters
    ----------
    name : str
        How the parameter is called.
    value : float
        What came.

    Returns
    -------
    float
        The number.

    Raises
    ------
    TypeError
        For anything but a real number.

    Examples
    --------
    >>> as_number("alpha", np.float64(0.5))
    0.5
    """
    if type(value) is float:  # the check of other classes takes as long as a small operation
        return value
    return float(require(name, value, Instance(Real), error=TypeError))
