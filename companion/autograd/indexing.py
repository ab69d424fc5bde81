"""Operations that take elements from places, or add them there."""

from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import tensors
from companion.autograd.dims import normalize_dim
from companion.autograd.recording import as_tensor, record, record_view, unwrap

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["gather", "getitem", "scatter_add"]


def getitem(input: Any, index: Any) -> "Tensor":
    """Elements by NumPy's rules; the gradient is added where they came from, twice for an element taken twice.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    index : int, slice, None, Ellipsis, list, array or Tensor of int or bool, or a tuple of these
        Where to take them.

    Returns
    -------
    Tensor
        A new tensor, which may share the input's memory.

    Examples
    --------
    >>> x = as_tensor(np.arange(6.0).reshape(2, 3))
    >>> x[:, [0, 2]]
    tensor([[0., 2.],
            [3., 5.]])
    """
    given = index if isinstance(index, tuple) else (index,)
    reads = tuple(part for part in given if isinstance(part, tensors.Tensor))
    x, index = as_tensor(input), tuple(map(unwrap, index)) if isinstance(index, tuple) else unwrap(index)
    shape, parts = x.shape, index if isinstance(index, tuple) else (index,)
    basic = all(isinstance(i, (int, slice, type(None), type(Ellipsis))) for i in parts)

    def vjp(g: Array) -> Array:
        grad = np.zeros(shape, g.dtype)
        if not basic:
            return _add_at(grad, index, g)
        grad[index] = g
        return grad

    return record_view("getitem", x.data[index], x, vjp, reads)


def gather(input: Any, dim: int, index: Any) -> "Tensor":
    """``out[i][j] = input[i][index[i][j]]`` for ``dim=1``, and so on.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int
        The axis; counted from the end if negative.
    index : Tensor or array_like of int
        With as many axes as the input, none but ``dim`` longer than the input's; not negative.

    Returns
    -------
    Tensor of the shape of ``index``
        The elements.

    Raises
    ------
    RuntimeError
        If the index has other axes, another dtype, or leads out of the input.
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> gather([[1.0, 2.0], [3.0, 4.0]], 1, [[1], [0]])
    tensor([[2.],
            [3.]])
    """
    x, index = as_tensor(input), as_tensor(index)
    shape, places = x.shape, _places("gather", x.shape, dim, index.data, index.shape)

    def vjp(g: Array) -> Array:
        return _add_at(np.zeros(shape, g.dtype), places, g)

    return record("gather", x.data[places], (x, index), (vjp,), needs=((1,),))


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> "Tensor":
    """``out = input`` with ``out[i][index[i][j]] += src[i][j]`` for ``dim=1``, and so on.

    Parameters
    ----------
    input : Tensor or array_like
        Not modified.
    dim : int
        The axis; counted from the end if negative.
    index : Tensor or array_like of int
        With as many axes as the input, none longer than those of ``src``, and none but ``dim`` longer than the
        input's; not negative.
    src : Tensor or array_like
        Of the input's dtype.

    Returns
    -------
    Tensor of the shape of ``input``
        A new tensor.

    Raises
    ------
    RuntimeError
        If the index has other axes, another dtype, or leads out of the input, or if the dtypes differ.
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> scatter_add([0.0, 0.0, 0.0], 0, [1, 1, 2], [1.0, 10.0, 100.0])
    tensor([  0.,  11., 100.])
    """
    x, index, source = as_tensor(input), as_tensor(index), as_tensor(src)
    if x.dtype != source.dtype:
        raise RuntimeError(f"scatter_add: expected src of dtype {x.dtype}, got {source.dtype}")
    places = _places("scatter_add", x.shape, dim, index.data, source.shape)
    taken = tuple(slice(n) for n in index.shape)  # of src, which may be larger
    out, whole = _add_at(np.array(x.data), places, source.data[taken]), source.shape

    def by_src(g: Array) -> Array:
        grad = np.zeros(whole, g.dtype)
        grad[taken] = g[places]
        return grad

    return record("scatter_add", out, (x, source, index), (lambda g: g, by_src), needs=((), (2,)))


def _add_at(a: Array, places: Any, parts: Array) -> Array:
    """The array with parts added at places, where one may come several times; float16 in float32, rounded once."""
    if a.dtype != np.float16:
        np.add.at(a, places, parts)
        return a
    wide = a.astype(np.float32)
    np.add.at(wide, places, parts)
    with np.errstate(over="ignore"):
        return wide.astype(np.float16)


def _places(name: str, shape: tuple[int, ...], dim: int, index: Array, largest: tuple[int, ...]) -> tuple[Array, ...]:
    """The indices of all axes: i, j, ... themselves, except along ``dim``, where they are those given."""
    axis = normalize_dim(dim, len(shape))
    if index.dtype.kind not in "iu":
        raise RuntimeError(f"{name}: expected integers as index, got {index.dtype}")
    if index.ndim != len(shape):
        raise RuntimeError(f"{name}: an index of {index.ndim} dimensions for the shape {shape}, expected as many")
    if any((n > shape[i] and i != axis) or n > largest[i] for i, n in enumerate(index.shape)):
        raise RuntimeError(f"{name}: the index of shape {index.shape} is larger than {shape} apart from dim {axis}")
    if not shape:
        return ()
    if index.size and (np.minimum.reduce(index, axis=None) < 0 or np.maximum.reduce(index, axis=None) >= shape[axis]):
        raise RuntimeError(f"{name}: an index is out of bounds for dimension {axis} with size {shape[axis]}")
    axes = [np.arange(n).reshape(-1, *(1,) * (index.ndim - i - 1)) for i, n in enumerate(index.shape)]
    return (*axes[:axis], index, *axes[axis + 1 :])
