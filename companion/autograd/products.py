"""Products of matrices, and sums of products over any axes."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd.backward import unbroadcast
from companion.autograd.dims import promote_dtypes
from companion.autograd.recording import as_tensor, record

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["einsum", "inner", "matmul"]


def inner(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """The sum of a * b over axes that are kept with length 1; einsum never stores the products.

    Parameters
    ----------
    a, b : ndarray of one shape
        What to multiply.
    axes : tuple of int
        Not negative.

    Returns
    -------
    ndarray
        Of as many axes as a.

    Examples
    --------
    >>> inner(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), (1,))
    array([[11.]])
    """
    places = range(a.ndim)
    return np.expand_dims(np.einsum(a, places, b, places, [i for i in places if i not in axes]), axes)


# ---- matmul ----------------------------------------------------------------------------------------------------------


def matmul(input: Any, other: Any) -> "Tensor":
    r"""The matrix product XY, stacked over leading axes: VJPs :math:`G Y^\top` and :math:`X^\top G`.

    Arguments of different dtypes meet as in elementwise operations; torch refuses them.

    Parameters
    ----------
    input : Tensor or array_like of shape (..., n, k), or (k,)
        The left factor.
    other : Tensor or array_like of shape (..., k, m), or (k,)
        The right factor.

    Returns
    -------
    Tensor of shape (..., n, m)
        Without the axis that a vector does not have.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    tensor([3., 7.])
    """
    x, y = as_tensor(input), as_tensor(other)
    a, b = x.data, y.data
    if a.dtype is not b.dtype:
        a, b = promote_dtypes(a, b)
    _check_matmul(a.shape, b.shape)
    _refuse_bools("matmul", a)
    X, Y = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])

    def matrices(g: Array) -> Array:  # with the axes that a vector argument had lost
        g = g if a.ndim > 1 else np.expand_dims(g, -2 if b.ndim > 1 else -1)
        return g if b.ndim > 1 else np.expand_dims(g, -1)

    def by_input(g: Array) -> Array:
        return unbroadcast(_product(matrices(g), Y.swapaxes(-1, -2)), X.shape).reshape(a.shape)

    def by_other(g: Array) -> Array:
        g = matrices(g)
        if Y.ndim == 2 and g.ndim > 2:  # one product over all leading axes instead of a stack that is then summed
            return _product(_rows(X).T, _rows(g)).reshape(b.shape)
        return unbroadcast(_product(X.swapaxes(-1, -2), g), Y.shape).reshape(b.shape)

    return record("matmul", _product(a, b), (x, y), (by_input, by_other), needs=((1,), (0,)))


def _product(a: Array, b: Array) -> Array:
    """a @ b, in float32 where it is float16."""
    if a.dtype == np.float16:
        with np.errstate(over="ignore"):
            return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(np.float16)
    return a @ b


def _refuse_bools(name: str, a: Array) -> None:
    """NumPy adds bools up to True; torch has no sums of their products."""
    if a.dtype == bool:
        raise NotImplementedError(f"{name} is not implemented for bools")


def _rows(a: Array) -> Array:
    """All leading axes as one, also where there is nothing in them."""
    return a.reshape(math.prod(a.shape[:-1]), a.shape[-1])


def _check_matmul(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    if not left or not right:
        raise RuntimeError(f"matmul: both arguments need at least one dimension, got the shapes {left} and {right}")
    if left[-1] != right[-2 if len(right) > 1 else 0]:
        raise RuntimeError(f"matmul: the shapes {left} and {right} cannot be multiplied")
    if any(1 != n != m != 1 for n, m in zip(left[-3::-1], right[-3::-1])):
        raise RuntimeError(f"matmul: the leading axes of the shapes {left} and {right} cannot be broadcast together")


# ---- einsum ----------------------------------------------------------------------------------------------------------


def einsum(equation: str, *operands: Any) -> "Tensor":
    """Products summed over the indices that the output does not have, as ``numpy.einsum``; VJPs are einsums again.

    The output has to be said, and no index may repeat within one operand; torch is more liberal.

    Parameters
    ----------
    equation : str
        Such as ``"ij,jk->ik"``.
    *operands : Tensor or array_like
        As many as the equation has terms.

    Returns
    -------
    Tensor
        With the axes that the equation says.

    Raises
    ------
    RuntimeError
        If the equation does not fit the operands.

    Examples
    --------
    >>> einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
    tensor([21., 43.])
    """
    sources = tuple(map(as_tensor, operands))
    arrays = promote_dtypes(*(source.data for source in sources))
    terms, output = _parse(equation, [array.shape for array in arrays])
    if set("".join(terms)) != set(output) or len(terms) > 1:
        _refuse_bools("einsum", arrays[0])
    vjps = tuple(_einsum_vjp(terms, output, arrays, place) for place in range(len(arrays)))
    needs = tuple(tuple(j for j in range(len(arrays)) if j != i) for i in range(len(arrays)))
    out = np.einsum(f"{','.join(terms)}->{output}", *arrays, optimize=True)
    return record("einsum", out, sources, vjps, needs=needs)


def _parse(equation: str, shapes: list[tuple[int, ...]]) -> tuple[list[str], str]:
    """The indices of each operand and of the output."""
    if equation.count("->") != 1:
        raise RuntimeError(f"einsum: {equation!r} does not say its output after '->'")
    left, output = equation.replace(" ", "").split("->")
    terms = left.split(",")
    if len(terms) != len(shapes) or any(len(set(term)) != len(term) for term in [*terms, output]):
        raise RuntimeError(f"einsum: {equation!r} does not fit {len(shapes)} operands without repeated indices")
    letters = "".join(terms)
    if not all(i.isascii() and i.isalpha() for i in letters + output) or not set(output) <= set(letters):
        raise RuntimeError(f"einsum: {equation!r} needs letters as indices, those of the output among the operands'")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes):
        if len(term) != len(shape) or any(sizes.setdefault(i, n) != n for i, n in zip(term, shape)):
            raise RuntimeError(f"einsum: {equation!r} does not fit the shapes {shapes}")
    return terms, output


def _einsum_vjp(terms: list[str], output: str, arrays: tuple[Array, ...], place: int) -> Callable[[Array], Array]:
    """The gradient of one operand: an einsum of the output's with all other operands."""
    others = [term for i, term in enumerate(terms) if i != place]
    rest = [array for i, array in enumerate(arrays) if i != place]
    known = set("".join(others) + output)
    kept = "".join(i for i in terms[place] if i in known)
    axes = tuple(slice(None) if i in known else None for i in terms[place])  # None: an index of this operand alone,
    shape = arrays[place].shape  # which was summed: its gradient is the same everywhere

    def vjp(g: Array) -> Array:
        part = np.einsum(f"{','.join([output, *others])}->{kept}", g, *rest, optimize=True)
        return np.broadcast_to(part[axes], shape)

    return vjp
