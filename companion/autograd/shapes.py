"""Operations that move elements about: shapes, indices, joining."""

import numpy as np

from companion.autograd.backward import unbroadcast
from companion.autograd.dims import normalize_dim, one_tuple
from companion.autograd.recording import as_tensor, record, unwrap

__all__ = ["cat", "expand", "gather", "getitem", "permute", "reshape", "scatter_add", "stack", "transpose"]


def reshape(x, *shape):
    x = as_tensor(x)
    shape = one_tuple(shape)
    try:
        out = x.data.reshape(shape)
    except ValueError as error:
        raise RuntimeError(f"shape {list(shape)} is invalid for input of shape {x.shape}") from error
    return record("reshape", out, (x,), (lambda g: g.reshape(x.shape),))


def permute(x, *dims):
    x = as_tensor(x)
    dims = one_tuple(dims)
    return record(
        "permute", x.data.transpose(dims), (x,), (lambda g: g.transpose(np.argsort([d % x.ndim for d in dims])),)
    )


def transpose(x, dim0=-2, dim1=-1):
    x = as_tensor(x)
    if x.ndim < 2:
        return record("transpose", x.data, (x,), (lambda g: g,))
    return record("transpose", x.data.swapaxes(dim0, dim1), (x,), (lambda g: g.swapaxes(dim0, dim1),))


def expand(x, *shape):
    x, shape = as_tensor(x), one_tuple(shape)
    shape = tuple(x.shape[i - len(shape)] if n == -1 else n for i, n in enumerate(shape))  # -1 keeps a size
    return record("expand", np.broadcast_to(x.data, shape), (x,), (lambda g: unbroadcast(g, x.shape),))


def getitem(x, index):
    """Elements by NumPy's rules; the gradient is added where they came from, twice for an element taken twice."""
    x, index = as_tensor(x), tuple(unwrap(i) for i in index) if isinstance(index, tuple) else unwrap(index)
    basic = all(
        isinstance(i, (int, slice, type(None), type(Ellipsis)))
        for i in (index if isinstance(index, tuple) else (index,))
    )

    def vjp(g):
        grad = np.zeros(x.shape, g.dtype)
        if basic:
            grad[index] = g
        else:
            np.add.at(grad, index, g)
        return grad

    return record("getitem", x.data[index], (x,), (vjp,))


def _places(index, dim):
    """The indices of all axes: i, j, ... themselves, except along ``dim``, where they are those given."""
    axes = [np.arange(n).reshape(-1, *(1,) * (index.ndim - axis - 1)) for axis, n in enumerate(index.shape)]
    return (*axes[:dim], index, *axes[dim + 1 :])


def gather(x, dim, index):
    """``out[i][j] = x[i][index[i][j]]`` for ``dim=1``, and so on, as torch's; a negative index counts from the end."""
    x, index = as_tensor(x), np.asarray(unwrap(index))
    places = _places(index, normalize_dim(dim, x.ndim))

    def vjp(g):
        grad = np.zeros(x.shape, g.dtype)
        np.add.at(grad, places, g)
        return grad

    return record("gather", x.data[places], (x,), (vjp,))


def scatter_add(x, dim, index, source):
    """``out = x`` with ``out[i][index[i][j]] += source[i][j]`` for ``dim=1``, and so on, as torch's."""
    x, source, index = as_tensor(x), as_tensor(source), np.asarray(unwrap(index))
    places = _places(index, normalize_dim(dim, x.ndim))
    out = x.data.copy()
    np.add.at(out, places, source.data)
    return record("scatter_add", out, (x, source), (lambda g: g, lambda g: g[places]))


def cat(tensors, dim=0):
    """Tensors joined along an existing axis; each gets its slice of the gradient."""
    tensors = tuple(map(as_tensor, tensors))
    try:
        out = np.concatenate([t.data for t in tensors], axis=dim)
    except ValueError as error:
        raise RuntimeError(f"cat: the shapes {[t.shape for t in tensors]} do not fit along dim {dim}") from error
    ends = np.cumsum([t.shape[dim] for t in tensors])

    def vjp(start, end):
        cut = (slice(None),) * (dim % out.ndim) + (slice(start, end),)
        return lambda g: g[cut]

    return record("cat", out, tensors, tuple(vjp(end - t.shape[dim], end) for t, end in zip(tensors, ends)))


def stack(tensors, dim=0):
    """Tensors of one shape joined along a new axis."""
    tensors = tuple(map(as_tensor, tensors))
    if len({t.shape for t in tensors}) != 1:
        raise RuntimeError(f"stack expects each tensor to be equal size, but got {[t.shape for t in tensors]}")
    out = np.stack([t.data for t in tensors], axis=dim)
    return record("stack", out, tensors, tuple((lambda g, i=i: g.take(i, axis=dim)) for i in range(len(tensors))))
