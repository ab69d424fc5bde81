"""Operations that change a shape, or join tensors."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd.backward import unbroadcast
from companion.autograd.dims import normalize_dim, one_tuple, promote_dtypes
from companion.autograd.recording import as_tensor, record, record_view

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["cat", "expand", "permute", "reshape", "stack", "transpose"]


def reshape(input: Any, *shape: Any) -> "Tensor":
    """The same elements, in the same order, in another shape.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    *shape : int, or one tuple of int
        A single -1 stands for what is left.

    Returns
    -------
    Tensor
        A view of the input where that is possible.

    Raises
    ------
    RuntimeError
        If the elements do not fit.

    Examples
    --------
    >>> reshape([1.0, 2.0, 3.0, 4.0], 2, -1)
    tensor([[1., 2.],
            [3., 4.]])
    """
    x, shape = as_tensor(input), one_tuple(shape)
    before = x.shape
    if any(n < -1 for n in shape):
        raise RuntimeError(f"reshape: invalid shape dimension in {list(shape)}")
    try:
        out = x.data.reshape(shape)
    except ValueError as error:
        raise RuntimeError(f"shape {list(shape)} is invalid for input of shape {before}") from error
    return record_view("reshape", out, x, lambda g: g.reshape(before))


def permute(input: Any, *dims: Any) -> "Tensor":
    """The axes in another order.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    *dims : int, or one tuple of int
        For each axis of the result the one that it was.

    Returns
    -------
    Tensor
        A view of the input.

    Raises
    ------
    RuntimeError
        If these are not all axes.
    IndexError
        If one does not exist.

    Examples
    --------
    >>> permute(np.ones((2, 3, 4)), 2, 0, 1).shape
    (4, 2, 3)
    """
    x, dims = as_tensor(input), one_tuple(dims)
    if len(dims) != x.ndim:
        raise RuntimeError(f"permute(): {len(dims)} dims do not match the {x.ndim} dimensions of the input")
    axes = [normalize_dim(d, x.ndim) for d in dims]
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"permute(): duplicate dims are not allowed, got {dims}")
    back = sorted(range(len(axes)), key=axes.__getitem__)  # where each axis went
    return record_view("permute", x.data.transpose(axes), x, lambda g: g.transpose(back))


def transpose(input: Any, dim0: int, dim1: int) -> "Tensor":
    """Two axes exchanged.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim0, dim1 : int
        The axes; counted from the end if negative.

    Returns
    -------
    Tensor
        A view of the input.

    Raises
    ------
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> transpose([[1.0, 2.0], [3.0, 4.0]], 0, 1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    x = as_tensor(input)
    a, b = normalize_dim(dim0, x.ndim), normalize_dim(dim1, x.ndim)
    if x.ndim == 0:
        return record_view("transpose", x.data, x, lambda g: g)
    return record_view("transpose", x.data.swapaxes(a, b), x, lambda g: g.swapaxes(a, b))


def expand(input: Any, *size: Any) -> "Tensor":
    """Axes of length 1 repeated, and new leading axes, without a copy.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    *size : int, or one tuple of int
        The lengths wanted; -1 keeps one.

    Returns
    -------
    Tensor
        A view of the input.

    Raises
    ------
    RuntimeError
        If an axis of another length would have to change.

    Examples
    --------
    >>> expand([[1.0], [2.0]], -1, 3)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    x, size = as_tensor(input), one_tuple(size)
    before, new = x.shape, len(size) - x.ndim
    if new < 0:
        raise RuntimeError(f"expand: {len(size)} sizes for the shape {before} of {x.ndim} dimensions")
    if any(n < -1 or (n == -1 and i < new) for i, n in enumerate(size)):
        raise RuntimeError(f"expand: the size {size} isn't allowed, -1 only keeps a dimension that exists")
    shape = tuple(before[i - new] if n == -1 else n for i, n in enumerate(size))
    if any(n not in (1, wanted) for n, wanted in zip(before, shape[new:])):
        raise RuntimeError(
            f"The expanded size {shape} must match the existing size {before} at every dimension that is not 1"
        )
    return record_view("expand", np.broadcast_to(x.data, shape), x, lambda g: unbroadcast(g, before))


# ---- joining ---------------------------------------------------------------------------------------------------------


def cat(tensors: Sequence[Any], dim: int = 0) -> "Tensor":
    """Tensors joined along an axis that they have; each gets its slice of the gradient.

    Parameters
    ----------
    tensors : sequence of Tensor or array_like
        Of equal shapes apart from this axis. Those of shape (0,) do not count, as in torch.
    dim : int
        The axis; counted from the end if negative.

    Returns
    -------
    Tensor
        The joined tensor.

    Raises
    ------
    RuntimeError
        If the shapes do not fit; a ValueError if there is no tensor.
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> cat([[1.0, 2.0], [3.0]])
    tensor([1., 2., 3.])
    """
    sources = tuple(map(as_tensor, tensors))
    if not sources:
        raise ValueError("cat: expected a non-empty list of Tensors")
    if any(source.ndim == 0 for source in sources):
        raise RuntimeError("cat: a zero-dimensional tensor cannot be concatenated")
    arrays = promote_dtypes(*(source.data for source in sources))
    counted = [array for array in arrays if array.shape != (0,)] or list(arrays)
    axis = normalize_dim(dim, counted[0].ndim)
    try:
        out = np.concatenate(counted, axis=axis)
    except ValueError as error:
        raise RuntimeError(f"cat: the shapes {[a.shape for a in counted]} do not fit along dim {dim}") from error
    lengths = [0 if array.shape == (0,) else array.shape[axis] for array in arrays]
    ends = np.cumsum(lengths)
    vjps = tuple(
        _slice(axis, end - length, end) if source.shape != (0,) else _nothing
        for source, length, end in zip(sources, lengths, ends)
    )
    return record("cat", out, sources, vjps, needs=())


def _nothing(g: Array) -> Array:
    """The gradient of an input of shape (0,)."""
    return np.zeros(0, g.dtype)


def _slice(axis: int, start: int, end: int) -> Callable[[Array], Array]:
    """The part of a gradient between two places of an axis."""
    cut = (slice(None),) * axis + (slice(start, end),)
    return lambda g: g[cut]


def stack(tensors: Sequence[Any], dim: int = 0) -> "Tensor":
    """Tensors of one shape joined along a new axis.

    Parameters
    ----------
    tensors : sequence of Tensor or array_like
        What to join.
    dim : int
        Where the new axis is.

    Returns
    -------
    Tensor
        The joined tensor.

    Raises
    ------
    RuntimeError
        If the shapes are not equal, or if there is no tensor.
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> stack([[1.0, 2.0], [3.0, 4.0]], dim=1)
    tensor([[1., 3.],
            [2., 4.]])
    """
    sources = tuple(map(as_tensor, tensors))
    if len({source.shape for source in sources}) != 1:
        raise RuntimeError(f"stack expects each tensor to be equal size, but got {[t.shape for t in sources]}")
    axis = normalize_dim(dim, sources[0].ndim + 1)
    out = np.stack(promote_dtypes(*(source.data for source in sources)), axis=axis)
    return record("stack", out, sources, tuple(_take(axis, i) for i in range(len(sources))), needs=())


def _take(axis: int, i: int) -> Callable[[Array], Array]:
    """The part of a gradient at one place of an axis."""
    return lambda g: g.take(i, axis=axis)
