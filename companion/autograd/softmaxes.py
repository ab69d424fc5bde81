"""Shares that sum to 1, their logarithms, and the logarithm of a sum of exponentials."""

from typing import TYPE_CHECKING, Any

import numpy as np

from companion import numerics
from companion.annotations import Array
from companion.autograd.dims import Dims, normalize_dim, normalize_dims, spread
from companion.autograd.products import inner
from companion.autograd.recording import OUT, as_tensor, record

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["log_softmax", "logsumexp", "softmax", "softmax_rows", "softmax_rows_vjp"]

SMALL = 2**15  # elements, for which blocks are not worth their calls
BLOCK = 2**17  # elements that fit the cache
LONGEST = 1024  # row that a product with ones adds up as exactly as a sum


def softmax(input: Any, dim: int) -> "Tensor":
    r"""Positive shares that sum to 1 along an axis; VJP :math:`p \odot (g - \langle g, p\rangle)`.

    Parameters
    ----------
    input : Tensor or array_like
        Scores: floating-point numbers.
    dim : int
        The axis; counted from the end if negative.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    NotImplementedError
        If the input holds integers or bools, as in torch.

    Examples
    --------
    >>> softmax([0.0, 1.0], dim=0)
    tensor([0.2689, 0.7311])
    """
    x, axes = _scores("softmax", input, dim)
    a = x.data
    if a.size > SMALL and axes == (a.ndim - 1,) and a.shape[-1] <= LONGEST and a.dtype != np.float16:
        p = softmax_rows(a.reshape(-1, a.shape[-1])).reshape(a.shape)
        vjp = lambda g: softmax_rows_vjp(_rows(g), _rows(p)).reshape(p.shape)  # noqa: E731
    else:
        p = numerics.softmax(a, axis=axes)
        vjp = lambda g: (g - inner(g, p, axes)) * p  # noqa: E731
    return record("softmax", p, (x,), (vjp,), needs=((OUT,),))


def softmax_rows(z: Array) -> Array:
    """:func:`companion.numerics.softmax` of many rows, faster: block by block, so that a block stays in the cache.

    Most exponentials neither overflow nor underflow as the scores stand: where the sum of every row is finite and at
    least 1, the shift by the largest score would change nothing. From the first block on where this fails, all rows
    are shifted.

    Parameters
    ----------
    z : ndarray of float32 or float64, of shape (n, k)
        Rows of scores.

    Returns
    -------
    ndarray of shape (n, k)
        The shares.

    Examples
    --------
    >>> softmax_rows(np.array([[0.0, 1.0], [2.0, 2.0]])).round(4)
    array([[0.2689, 0.7311],
           [0.5   , 0.5   ]])
    """
    out, ones = np.empty_like(z, order="C"), np.ones(z.shape[1], z.dtype)
    rows = max(1, BLOCK // z.shape[1])
    shifted = False
    with np.errstate(all="ignore"):  # inf - inf is nan, as it has to be
        for start in range(0, len(z), rows):
            a, p = z[start : start + rows], out[start : start + rows]
            if not shifted:
                total = np.vecdot(np.exp(a, out=p), ones)
                shifted = not (total.min() >= 1 and total.max() < np.inf)  # nan and infinities, too
            if shifted:
                np.subtract(a, np.fmax.reduce(a, axis=1, keepdims=True), out=p)
                total = np.vecdot(np.exp(p, out=p), ones)
            p *= (1 / total)[:, None]
    return out


def softmax_rows_vjp(g: Array, p: Array) -> Array:
    r"""The VJP :math:`p \odot (g - \langle g, p\rangle)` of :func:`softmax_rows`, block by block.

    Parameters
    ----------
    g, p : ndarray of shape (n, k)
        The gradient that comes in, and the softmax.

    Returns
    -------
    ndarray of shape (n, k)
        The gradient by the scores.

    Examples
    --------
    >>> softmax_rows_vjp(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([[ 0.25, -0.25]])
    """
    out = np.empty_like(p)
    rows = max(1, BLOCK // p.shape[1])
    for start in range(0, len(p), rows):
        block = slice(start, start + rows)
        part = np.subtract(g[block], np.vecdot(g[block], p[block])[:, None], out=out[block])
        part *= p[block]
    return out


def _rows(a: Array) -> Array:
    return a.reshape(-1, a.shape[-1])


def log_softmax(input: Any, dim: int) -> "Tensor":
    r"""The logarithm of :func:`softmax`; VJP :math:`g - p \sum g`.

    Parameters
    ----------
    input : Tensor or array_like
        Scores: floating-point numbers.
    dim : int
        The axis; counted from the end if negative.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    NotImplementedError
        If the input holds integers or bools, as in torch.

    Examples
    --------
    >>> log_softmax([0.0, 1000.0], dim=0)
    tensor([-1000.,     0.])
    """
    x, axes = _scores("log_softmax", input, dim)
    out = numerics.log_softmax(x.data, axis=axes)
    vjp = lambda g: g - np.exp(out) * g.sum(axis=axes, keepdims=True)  # noqa: E731
    return record("log_softmax", out, (x,), (vjp,), needs=((OUT,),))


def _scores(name: str, input: Any, dim: int) -> "tuple[Tensor, tuple[int, ...]]":
    """The scores as a tensor, and the axis in a tuple, which is empty for a single number."""
    x = as_tensor(input)
    if x.dtype.kind != "f":
        raise NotImplementedError(f"{name} of {x.dtype} is not implemented, expected floating-point numbers")
    axis = normalize_dim(dim, x.ndim)
    return x, (axis,) if x.ndim else ()


def logsumexp(input: Any, dim: Dims, keepdim: bool = False) -> "Tensor":
    """The logarithm of the sum of exponentials along axes; its gradient is the softmax.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, or tuple of int
        The axis; counted from the end if negative.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The logarithms.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0], dim=0)
    tensor(1000.6931)
    """
    x = as_tensor(input)
    a, dims = x.data, normalize_dims(dim, x.ndim)
    out = numerics.logsumexp(a, axis=dims, keepdims=True)

    def vjp(g: Array) -> Array:
        with np.errstate(invalid="ignore"):  # where all are -inf
            return spread(g, dims, keepdim) * np.exp(a - out)

    result = out if keepdim else out.squeeze(axis=dims)
    return record("logsumexp", result, (x,), (vjp,), needs=((0, OUT),))
