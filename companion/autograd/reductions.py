"""Sums, means and extremes along axes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from companion.annotations import Array
from companion.autograd.dims import Dims, add_up, count_of, normalize_dim, normalize_dims, spread
from companion.autograd.indexing import gather
from companion.autograd.recording import OUT, as_tensor, record

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["Extreme", "amax", "amin", "max_along", "mean", "min_along", "total", "var"]


def total(input: Any, dim: Dims = None, keepdim: bool = False) -> "Tensor":
    """The sum along axes; every summand gets the whole gradient.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, or tuple of int, optional
        All axes without.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The sums.

    Examples
    --------
    >>> total([[1.0, 2.0], [3.0, 4.0]], dim=1)
    tensor([3., 7.])
    """
    x = as_tensor(input)
    shape, dims = x.shape, normalize_dims(dim, x.ndim)
    out = add_up(x.data, dims, keepdim)
    return record("sum", out, (x,), (lambda g: np.broadcast_to(spread(g, dims, keepdim), shape),), needs=())


def mean(input: Any, dim: Dims = None, keepdim: bool = False) -> "Tensor":
    """The mean along axes; of nothing it is nan.

    Parameters
    ----------
    input : Tensor or array_like
        Of floating-point numbers.
    dim : int, or tuple of int, optional
        All axes without.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The means.

    Raises
    ------
    RuntimeError
        If the input holds integers or bools, as in torch.

    Examples
    --------
    >>> mean([[1.0, 2.0], [3.0, 4.0]], dim=1)
    tensor([1.5, 3.5])
    """
    x = _floats("mean", input)
    shape, dims = x.shape, normalize_dims(dim, x.ndim)
    count = count_of(shape, dims)
    with np.errstate(invalid="ignore"):  # 0 / 0
        out = np.true_divide(_wide_sum(x.data, dims, keepdim), count).astype(x.dtype, copy=False)

    def vjp(g: Array) -> Array:
        share = np.true_divide(
            g, max(count, 1), dtype=np.result_type(g, np.float32)
        )  # a float16 may not hold the count
        return np.broadcast_to(spread(share, dims, keepdim), shape)

    return record("mean", out, (x,), (vjp,), needs=())


def var(input: Any, dim: Dims = None, *, correction: float = 1, keepdim: bool = False) -> "Tensor":
    r"""The variance along axes, divided by n - ``correction``; VJP :math:`2 g (x - \bar x) / (n - c)`.

    Parameters
    ----------
    input : Tensor or array_like
        Of floating-point numbers.
    dim : int, or tuple of int, optional
        All axes without.
    correction : float
        0 for the mean square.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The variances.

    Raises
    ------
    RuntimeError
        If the input holds integers or bools, as in torch.

    Examples
    --------
    >>> var([1.0, 2.0, 3.0]), var([1.0, 2.0, 3.0], correction=0)
    (tensor(1.), tensor(0.6667))
    """
    x = _floats("var", input)
    dims = normalize_dims(dim, x.ndim)
    n = count_of(x.shape, dims)
    count = max(n - correction, 0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centered = x.data - np.true_divide(_wide_sum(x.data, dims, True), n)
        out = np.true_divide(np.square(centered).sum(axis=dims, keepdims=keepdim), count)

    def vjp(g: Array) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            return spread(g, dims, keepdim) * np.true_divide(2 * centered, count)

    return record("var", out.astype(x.dtype, copy=False), (x,), (vjp,), needs=((0,),))


def _floats(name: str, input: Any) -> "Tensor":
    x = as_tensor(input)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}(): expected floating-point numbers, got {x.dtype}")
    return x


def _wide_sum(a: Array, dims: tuple[int, ...] | None, keepdim: bool) -> Array:
    """The sum; of float16 it stays float32."""
    return a.sum(axis=dims, keepdims=keepdim, dtype=np.float32 if a.dtype == np.float16 else None)


# ---- extremes --------------------------------------------------------------------------------------------------------


class Extreme(NamedTuple):
    """What ``max(dim)`` and ``min(dim)`` return.

    Parameters
    ----------
    values : Tensor
        What is largest, or smallest.
    indices : Tensor of int
        Where it was found: the first of several equal ones.

    Examples
    --------
    >>> values, indices = as_tensor([[1.0, 2.0], [4.0, 3.0]]).max(dim=1)
    >>> values
    tensor([2., 4.])
    """

    values: "Tensor"
    indices: "Tensor"


def amax(input: Any, dim: Dims = (), keepdim: bool = False) -> "Tensor":
    """The maximum along axes; several equal ones share the gradient, a nan makes it nan, as in torch.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, or tuple of int, optional
        All axes without.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The maxima.

    Raises
    ------
    IndexError
        If an axis is empty.

    Examples
    --------
    >>> amax([[1.0, 2.0], [4.0, 3.0]], dim=1)
    tensor([2., 4.])
    """
    return _extreme("amax", np.max, input, dim, keepdim, np.equal)


def amin(input: Any, dim: Dims = (), keepdim: bool = False) -> "Tensor":
    """The minimum along axes; several equal ones share the gradient, a nan makes it nan, as in torch.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, or tuple of int, optional
        All axes without.
    keepdim : bool
        Keep the axes, with length 1.

    Returns
    -------
    Tensor
        The minima.

    Raises
    ------
    IndexError
        If an axis is empty.

    Examples
    --------
    >>> amin([[1.0, 2.0], [4.0, 3.0]], dim=1)
    tensor([1., 3.])
    """
    return _extreme("amin", np.min, input, dim, keepdim, np.equal)


def max_along(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The maximum of all, or along one axis with the indices (torch's ``max``).

    Along an axis only the first of several equal ones gets the gradient. Of all together they share it, and if the
    maximum is nan, the nans do.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, optional
        The axis; without, all elements together.
    keepdim : bool
        Keep the axis, with length 1.

    Returns
    -------
    Tensor, or Extreme
        With ``values`` and ``indices`` where ``dim`` is given.

    Raises
    ------
    IndexError
        If the axis is empty; a RuntimeError if there is nothing at all.

    Examples
    --------
    >>> max_along([[1.0, 2.0], [4.0, 3.0]], dim=1).indices
    tensor([1, 0])
    """
    if dim is None:
        return _extreme("amax", np.max, input, None, False, _same)
    return _select("max", np.argmax, input, dim, keepdim)


def min_along(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The minimum of all, or along one axis with the indices (torch's ``min``); see :func:`max_along`.

    Parameters
    ----------
    input : Tensor or array_like
        The elements to compute with.
    dim : int, optional
        The axis; without, all elements together.
    keepdim : bool
        Keep the axis, with length 1.

    Returns
    -------
    Tensor, or Extreme
        With ``values`` and ``indices`` where ``dim`` is given.

    Raises
    ------
    IndexError
        If the axis is empty; a RuntimeError if there is nothing at all.

    Examples
    --------
    >>> min_along([[1.0, 2.0], [4.0, 3.0]], dim=1).values
    tensor([1., 3.])
    """
    if dim is None:
        return _extreme("amin", np.min, input, None, False, _same)
    return _select("min", np.argmin, input, dim, keepdim)


def _same(a: Array, b: Array) -> Array:
    """Equal, or both nan."""
    return (a == b) | (np.isnan(a) & np.isnan(b))


def _check_not_empty(name: str, shape: tuple[int, ...], dims: tuple[int, ...] | None) -> None:
    if dims is None and 0 in shape:
        raise RuntimeError(f"{name}(): there is nothing in the shape {shape}; specify a reduction dim")
    if any(shape[d] == 0 for d in dims or ()):
        raise IndexError(f"{name}(): Expected reduction dim {dims} to have non-zero size, got the shape {shape}")


def _extreme(
    name: str, choose: Callable, input: Any, dim: Dims, keepdim: bool, same: Callable[[Array, Array], Array]
) -> "Tensor":
    x = as_tensor(input)
    a, dims = x.data, normalize_dims(dim, x.ndim)
    _check_not_empty(name, a.shape, dims)
    out = choose(a, axis=dims, keepdims=True)

    def vjp(g: Array) -> Array:
        ties = same(a, out)
        with np.errstate(invalid="ignore"):  # 0 / 0 where nan equals nothing
            shares = np.true_divide(ties, ties.sum(axis=dims, keepdims=True))
            parts = spread(g, dims, keepdim) * shares.astype(np.result_type(a.dtype, np.float32))
        return np.where(ties, parts, 0) if same is _same else parts  # an infinite gradient times 0 would be nan

    result = out if keepdim else out.squeeze(axis=dims) if dims is not None else out.reshape(())
    return record(name, result, (x,), (vjp,), needs=((0, OUT),))


def _select(name: str, choose: Callable, input: Any, dim: int, keepdim: bool) -> Extreme:
    x = as_tensor(input)
    axis = normalize_dim(dim, x.ndim)
    if x.ndim == 0:
        return Extreme(x.clone(), as_tensor(np.array(0)))
    _check_not_empty(name, x.shape, (axis,))
    index = choose(x.data, axis=axis, keepdims=True)
    values = gather(x, axis, index)
    if keepdim:
        return Extreme(values, as_tensor(index))
    index = index.squeeze(axis)
    return Extreme(values.reshape(index.shape), as_tensor(index))
