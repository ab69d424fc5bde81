"""Axes and dtypes, as operations are given them."""

import math
import operator
from typing import Any, TypeAlias

import numpy as np

from companion.annotations import Array

__all__ = [
    "Dims",
    "add_up",
    "check_fits",
    "common_dtype",
    "count_of",
    "normalize_dim",
    "normalize_dims",
    "one_tuple",
    "promote_dtypes",
    "spread",
]

Dims: TypeAlias = int | tuple[int, ...] | list[int] | None
CATEGORIES = {"b": 0, "i": 1, "u": 1, "f": 2}
ARRAYS = (np.ndarray, np.generic)


def normalize_dim(dim: int, ndim: int) -> int:
    """An axis, counted from 0; a single number has one, as in torch.

    Parameters
    ----------
    dim : int
        Counted from the end if negative.
    ndim : int
        How many axes there are.

    Returns
    -------
    int
        From 0 on.

    Raises
    ------
    IndexError
        If there is no such axis.
    TypeError
        If it is no integer.

    Examples
    --------
    >>> normalize_dim(-1, 3), normalize_dim(0, 0)
    (2, 0)
    """
    if isinstance(dim, (bool, np.bool_)):
        raise TypeError(f"dim must be an int, not {dim!r}")
    n = max(ndim, 1)
    if not -n <= operator.index(dim) < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def normalize_dims(dim: Dims, ndim: int) -> tuple[int, ...] | None:
    """A number or several as a tuple of axes; None, and none at all, for all of them.

    Parameters
    ----------
    dim : int, tuple or list of int, optional
        The axes; counted from the end if negative.
    ndim : int
        How many axes there are.

    Returns
    -------
    tuple of int, or None
        From 0 on each; None for all.

    Raises
    ------
    RuntimeError
        If an axis comes twice.

    Examples
    --------
    >>> normalize_dims([0, -1], 3), normalize_dims((), 3)
    ((0, 2), None)
    """
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    axes = tuple(normalize_dim(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"a dim appears multiple times in the list of dims {dim}")
    return axes if ndim else ()


def one_tuple(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` mean the same.

    Parameters
    ----------
    values : tuple
        What was given for ``*values``.

    Returns
    -------
    tuple
        All of them.

    Examples
    --------
    >>> one_tuple((2, 3)), one_tuple(([2, 3],))
    ((2, 3), (2, 3))
    """
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], (tuple, list)) else values


def count_of(shape: tuple[int, ...], dims: tuple[int, ...] | None) -> int:
    """How many elements a reduction takes together.

    Parameters
    ----------
    shape : tuple of int
        The lengths of the axes.
    dims : tuple of int, optional
        Those that are reduced; all of them without.

    Returns
    -------
    int
        The product of the lengths.

    Examples
    --------
    >>> count_of((2, 3, 4), (0, 2)), count_of((2, 3, 4), None)
    (8, 24)
    """
    return math.prod(shape if dims is None else (shape[d] for d in dims))


def spread(g: Array, dims: tuple[int, ...] | None, keepdim: bool) -> Array:
    """A reduced gradient, with its axes back so that it broadcasts to the shape before the reduction.

    Parameters
    ----------
    g : ndarray
        The gradient that comes in.
    dims : tuple of int, optional
        Those that were reduced; all of them without.
    keepdim : bool
        Whether the axes were kept.

    Returns
    -------
    ndarray
        A view.

    Examples
    --------
    >>> spread(np.ones(3), (0,), False).shape
    (1, 3)
    """
    return g if keepdim or dims is None else np.expand_dims(g, dims)


def add_up(a: Array, dims: tuple[int, ...] | None = None, keepdim: bool = False) -> Array:
    """The sum in the dtype of the array: float16 is added up in float32, integers and bools in int64, as in torch.

    Parameters
    ----------
    a : ndarray
        What to add up.
    dims : tuple of int, optional
        The axes; all of them without.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    ndarray
        Of the array's dtype.

    Examples
    --------
    >>> add_up(np.ones(4096, np.float16)).item(), add_up(np.array([200, 100], np.uint8)).item()
    (4096.0, 300)
    """
    if a.dtype.kind != "f":
        return a.sum(axis=dims, keepdims=keepdim, dtype=np.int64)
    if a.dtype == np.float16:
        with np.errstate(over="ignore"):
            return a.sum(axis=dims, keepdims=keepdim, dtype=np.float32).astype(np.float16)
    return a.sum(axis=dims, keepdims=keepdim)


def check_fits(name: str, value: Any, dtype: np.dtype) -> None:
    """Refuse a number that is of an array's kind and larger than the array can hold.

    Parameters
    ----------
    name : str
        The operation.
    value : ndarray or number
        Only Python's numbers are looked at.
    dtype : dtype
        Of the array.

    Raises
    ------
    RuntimeError
        With the words of torch.

    Examples
    --------
    >>> check_fits("where", 300, np.dtype(np.uint8))
    Traceback (most recent call last):
    RuntimeError: where: value 300 cannot be converted to type uint8 without overflow
    """
    if isinstance(value, ARRAYS):
        return
    if dtype.kind in "iu" and isinstance(value, int):
        fits = np.iinfo(dtype).min <= value <= np.iinfo(dtype).max
    else:
        fits = dtype.kind != "f" or not float(np.finfo(dtype).max) < abs(value) < math.inf
    if not fits:
        raise RuntimeError(f"{name}: value {value} cannot be converted to type {dtype} without overflow")


def common_dtype(*arrays: Any) -> np.dtype:
    """The dtype of what several arrays make together, as torch has it.

    Bools give way to integers and integers to floats, whatever their sizes. Among those of one kind, single numbers
    give way to arrays, and then the larger counts.

    Parameters
    ----------
    *arrays : ndarray or NumPy number
        Two or more.

    Returns
    -------
    dtype
        That of the result.

    Examples
    --------
    >>> common_dtype(np.ones(2, np.float32), np.arange(2)), common_dtype(np.ones(2, np.float32), np.float64(1.0))
    (dtype('float32'), dtype('float32'))
    """
    categories = [CATEGORIES.get(a.dtype.kind, 3) for a in arrays]
    highest = [a for a, category in zip(arrays, categories) if category == max(categories)]
    return np.result_type(*(a.dtype for a in [a for a in highest if a.ndim] or highest))


def promote_dtypes(*values: Any) -> tuple[Any, ...]:
    """Arrays in their :func:`common_dtype`; Python's numbers stay, because NumPy lets them follow the array.

    Parameters
    ----------
    *values : ndarray or number
        Arrays, or single numbers of Python.

    Returns
    -------
    tuple of ndarray or number
        As many as were given.

    Examples
    --------
    >>> [v.dtype for v in promote_dtypes(np.ones(2, np.float32), np.arange(2))]
    [dtype('float32'), dtype('float32')]
    """
    arrays = [value for value in values if isinstance(value, ARRAYS)]
    if len(arrays) < 2:
        return values
    dtype = common_dtype(*arrays)
    return tuple(value.astype(dtype, copy=False) if isinstance(value, ARRAYS) else value for value in values)
