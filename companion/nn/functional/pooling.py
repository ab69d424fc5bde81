"""The largest element, or the mean, of each window of an image."""

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from companion.annotations import Array
from companion.autograd import Tensor, record
from companion.autograd.recording import OUT
from companion.nn.functional.arguments import Pair, TensorLike, as_floats, as_tuple, rounded
from companion.nn.functional.patches import Paddings, add_windows, crop, pad, windows
from companion.validation import Boolean, Integer, require

__all__ = ["adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d"]


class _Pool(NamedTuple):
    """The settings of a pooling; ``padding`` holds, at the ends, what ``ceil_mode`` adds."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Paddings
    dilation: tuple[int, ...]

    def windows(self, padded: Array) -> Array:
        return windows(padded, self.kernel_size, self.stride, self.dilation)


def _check_image(x: Tensor) -> None:
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise RuntimeError(f"expected an input of shape (N, C, H, W), with nothing but N zero, but got {list(x.shape)}")


def _pool(x: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> _Pool:
    _check_image(x)
    kernel = as_tuple("kernel_size", kernel_size, 2, 1)
    strides = kernel if stride is None else as_tuple("stride", stride, 2, 1)
    pads, dilations = as_tuple("padding", padding, 2, 0), as_tuple("dilation", dilation, 2, 1)
    require("ceil_mode", ceil_mode, Boolean(), error=TypeError)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilations))  # from the first to the last row of a window
    if any(2 * p > span for p, span in zip(pads, spans)):
        raise RuntimeError(f"pad should be at most half of the kernel size, but got padding={padding}, {kernel_size=}")
    settings = list(zip(x.shape[2:], spans, strides, pads))
    ends = [p + (_missing(n, span, s, p) if ceil_mode else 0) for n, span, s, p in settings]
    if any(n + p + end < span for (n, span, s, p), end in zip(settings, ends)):
        raise RuntimeError(f"the window {spans} is larger than the padded input of size {x.shape[2:]} and {padding=}")
    return _Pool(kernel, strides, ((pads[0], ends[0]), (pads[1], ends[1])), dilations)


def _missing(size: int, span: int, stride: int, padding: int) -> int:
    """How many rows the last window lacks, which begins within the image or the padding before it."""
    steps = math.ceil((size + 2 * padding - span) / stride)
    if steps * stride >= size + padding:
        steps -= 1
    return 0 if steps < 0 else max(steps * stride + span - size - 2 * padding, 0)


def max_pool2d(
    input: TensorLike,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The largest element of each window, and nan where there is one.

    The gradient goes to the first of several largest ones, and to the last nan, as in torch.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    kernel_size : int or pair of int
        Rows and columns of a window.
    stride : int or pair of int, optional
        By default the size of the window.
    padding : int or pair of int
        Rows and columns at each side that are never largest.
    dilation : int or pair of int
        The distance of neighbors within a window.
    ceil_mode : bool
        Whether a last window may reach beyond the padded image.

    Returns
    -------
    Tensor
        Of shape (N, C, OH, OW).

    Raises
    ------
    RuntimeError
        If the input is no batch of images, or a setting does not fit.
    TypeError
        If a setting is no whole number.

    Examples
    --------
    >>> max_pool2d([[[[1.0, 2.0, 4.0, 3.0]]]], (1, 2))
    tensor([[[[2., 4.]]]])
    """
    half, x = as_floats(input)
    pool = _pool(x, kernel_size, stride, padding, dilation, ceil_mode)
    patches = pool.windows(pad(x.data, pool.padding, -np.inf))
    places = list(product(*map(range, pool.kernel_size)))  # one at a time, for all windows at once
    out = patches[:, :, 0, 0].copy()
    for i, j in places[1:]:
        np.maximum(out, patches[:, :, i, j], out=out)
    vjp = lambda g: _to_the_largest(g, out, patches, x, pool)  # noqa: E731
    return rounded(record("max_pool2d", out, (x,), (vjp,), needs=((0, OUT),)), half)


def _to_the_largest(g: Array, out: Array, patches: Array, x: Tensor, pool: _Pool) -> Array:
    """The gradients of the windows' maxima, each added where the maximum stands in the image."""
    (top, bottom), (left, right) = pool.padding
    grad = np.zeros((*x.shape[:2], top + x.shape[2] + bottom, left + x.shape[3] + right), g.dtype)
    waiting = np.ones(g.shape, bool)  # windows whose largest was not met yet
    inside = pool.windows(pad(np.ones((1, 1, *x.shape[2:]), bool), pool.padding)) if grad.shape != x.shape else None
    places = list(product(*map(range, pool.kernel_size)))
    apart = all(s >= d * (k - 1) + 1 for k, s, d in zip(pool.kernel_size, pool.stride, pool.dilation))

    def give(i: int, j: int, chosen: Array, first: bool) -> None:
        chosen &= waiting
        if inside is not None:  # where all are -inf the padding is as large
            chosen &= inside[:, :, i, j]
        np.logical_xor(waiting, chosen, out=waiting)
        row, column = i * pool.dilation[0], j * pool.dilation[1]
        rows = slice(row, row + pool.stride[0] * g.shape[2], pool.stride[0])
        columns = slice(column, column + pool.stride[1] * g.shape[3], pool.stride[1])
        if first:  # nothing to add to
            np.multiply(g, chosen, out=grad[:, :, rows, columns])
        else:
            grad[:, :, rows, columns] += g * chosen

    for i, j in places:
        give(i, j, np.equal(patches[:, :, i, j], out), first=apart)
    if np.isnan(out).any():  # nan equals nothing
        for i, j in reversed(places):
            give(i, j, np.isnan(patches[:, :, i, j]), first=False)
    return crop(grad, pool.padding)


def avg_pool2d(
    input: TensorLike,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    kernel_size : int or pair of int
        Rows and columns of a window.
    stride : int or pair of int, optional
        By default the size of the window.
    padding : int or pair of int
        Rows and columns of zeros at each side.
    ceil_mode : bool
        Whether a last window may reach beyond the padded image; what is outside of it does not count.
    count_include_pad : bool
        Whether the zeros of the padding count.
    divisor_override : int, optional
        What every sum is divided by instead of the count.

    Returns
    -------
    Tensor
        Of shape (N, C, OH, OW).

    Raises
    ------
    RuntimeError
        If the input is no batch of images, or a setting does not fit.
    TypeError
        If a setting is no whole number, or no bool.

    Examples
    --------
    >>> avg_pool2d([[[[1.0, 2.0, 4.0, 3.0]]]], (1, 2))
    tensor([[[[1.5, 3.5]]]])
    """
    half, x = as_floats(input)
    require("count_include_pad", count_include_pad, Boolean(), error=TypeError)
    pool = _pool(x, kernel_size, stride, padding, 1, ceil_mode)
    padded = pad(x.data, pool.padding)
    patches = pool.windows(padded)
    if divisor_override is None:
        pads = as_tuple("padding", padding, 2)
        rows, columns = (_counts(x, patches, pool, pads, axis, count_include_pad) for axis in (0, 1))
        count = np.outer(rows, columns).astype(x.dtype)
    else:
        require("divisor_override", divisor_override, Integer(), error=TypeError)
        count = np.asarray(divisor_override, x.dtype)
        if count == 0:
            raise RuntimeError("divisor must be not zero")
    out = patches.sum(axis=(2, 3)) / count

    def vjp(g: Array) -> Array:
        share = np.broadcast_to((g / count)[:, :, None, None], patches.shape)
        return crop(add_windows(share, padded.shape, pool.stride), pool.padding)

    return rounded(record("avg_pool2d", out, (x,), (vjp,)), half)


def _counts(x: Tensor, patches: Array, pool: _Pool, padding: tuple[int, ...], axis: int, include: bool) -> Array:
    """How many rows (or columns) of each window count."""
    size, before = x.shape[2 + axis], padding[axis]
    start = np.arange(patches.shape[4 + axis]) * pool.stride[axis] - before
    end = start + pool.kernel_size[axis]
    if include:
        return np.minimum(end, size + before) - start
    return np.minimum(end, size) - np.maximum(start, 0)


def _adaptive(input: TensorLike, output_size: Any) -> tuple[bool, Tensor, list[list[tuple[int, int]]]]:
    """The input, and along both axes the first and the last element of each window."""
    half, x = as_floats(input)
    _check_image(x)
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * 2
    kept = x.shape[2:] if len(given) == 2 else given
    sizes = as_tuple("output_size", [k if n is None else n for n, k in zip(given, kept)], 2, 0)
    return half, x, [_spans(n, wanted) for n, wanted in zip(x.shape[2:], sizes)]


def _spans(size: int, wanted: int) -> list[tuple[int, int]]:
    """Where windows of about equal length begin and end; neighbors share an element where it does not work out."""
    return [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]


def adaptive_avg_pool2d(input: TensorLike, output_size: Any) -> Tensor:
    """The mean of each of so many windows that the output has a wanted size.

    Computed as a product with a matrix of averages on either side; what is not finite, by a mean of each window, so
    that a nan or inf stays in the windows that hold it.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    output_size : int or pair of (int or None)
        None keeps the input's size.

    Returns
    -------
    Tensor
        Of shape (N, C, OH, OW).

    Raises
    ------
    RuntimeError
        If the input is no batch of images, or the size no pair of numbers from 0 on.
    TypeError
        If a size is no whole number.

    Examples
    --------
    >>> adaptive_avg_pool2d([[[[1.0, 2.0, 4.0]]]], (1, 2))
    tensor([[[[1.5, 3. ]]]])
    """
    half, x, spans = _adaptive(input, output_size)
    rows, columns = (_averages(size, along, x.dtype) for size, along in zip(x.shape[2:], spans))
    with np.errstate(invalid="ignore"):  # 0 * inf
        out = rows @ x.data @ columns.T
    if not np.isfinite(out).all():
        out = np.where(np.isfinite(out), out, _window_means(x.data, spans))

    def vjp(g: Array) -> Array:
        with np.errstate(invalid="ignore"):
            grad = rows.T @ g @ columns
        return grad if np.isfinite(grad).all() else np.where(np.isfinite(grad), grad, _shares(g, x.shape, spans))

    return rounded(record("adaptive_avg_pool2d", out, (x,), (vjp,)), half)


def _places(spans: list[list[tuple[int, int]]]) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """For each window the place of its mean in the output, and its slice of the input."""
    for (i, rows), (j, columns) in product(*map(enumerate, spans)):
        yield (..., i, j), (..., slice(*rows), slice(*columns))


def _window_means(values: Array, spans: list[list[tuple[int, int]]]) -> Array:
    """The means of windows, one after the other."""
    out = np.empty((*values.shape[:2], *map(len, spans)), values.dtype)
    for place, window in _places(spans):
        out[place] = values[window].mean(axis=(2, 3))
    return out


def _shares(g: Array, shape: tuple[int, ...], spans: list[list[tuple[int, int]]]) -> Array:
    """Each gradient of a mean, added to the elements of its window in equal parts."""
    grad = np.zeros(shape, g.dtype)
    for place, window in _places(spans):
        grad[window] += (g[place] / math.prod(grad[window].shape[2:]))[..., None, None]
    return grad


def _averages(size: int, spans: list[tuple[int, int]], dtype: Any) -> Array:
    """A matrix whose rows average the windows of a vector."""
    matrix = np.zeros((len(spans), size), dtype)
    for row, (start, end) in zip(matrix, spans):
        row[start:end] = 1 / (end - start)
    return matrix


def adaptive_max_pool2d(input: TensorLike, output_size: Any) -> Tensor:
    """The largest element of each window of :func:`adaptive_avg_pool2d`.

    The gradient goes to the first of several largest ones, and to the last nan, as in torch.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    output_size : int or pair of (int or None)
        None keeps the input's size.

    Returns
    -------
    Tensor
        Of shape (N, C, OH, OW).

    Raises
    ------
    RuntimeError
        If the input is no batch of images, or the size no pair of numbers from 0 on.
    TypeError
        If a size is no whole number.

    Examples
    --------
    >>> adaptive_max_pool2d([[[[1.0, 2.0, 4.0]]]], (1, 2))
    tensor([[[[2., 4.]]]])
    """
    half, x, (vertical, horizontal) = _adaptive(input, output_size)
    n, c, h, w = x.shape
    out = np.empty((n, c, len(vertical), len(horizontal)), x.dtype)
    winner = np.empty(out.shape, np.intp)  # its place in the flattened image
    for (i, (top, bottom)), (j, (left, right)) in product(enumerate(vertical), enumerate(horizontal)):
        window = x.data[:, :, top:bottom, left:right].reshape(n, c, (bottom - top) * (right - left))
        place = _place_of_largest(window)
        out[:, :, i, j] = np.take_along_axis(window, place[..., None], axis=2)[..., 0]
        row, column = np.divmod(place, right - left)
        winner[:, :, i, j] = (top + row) * w + left + column

    def vjp(g: Array) -> Array:
        grad = np.zeros((n * c, h * w), g.dtype)
        maps = (n * c, math.prod(g.shape[2:]))
        np.add.at(grad, (np.arange(n * c)[:, None], winner.reshape(maps)), g.reshape(maps))
        return grad.reshape(x.shape)

    return rounded(record("adaptive_max_pool2d", out, (x,), (vjp,)), half)


def _place_of_largest(window: Array) -> Array:
    """Along the last axis: the first of the largest elements, but the last nan."""
    place = window.argmax(axis=2)
    unknown = np.isnan(window)
    if unknown.any():
        last = window.shape[2] - 1 - unknown[..., ::-1].argmax(axis=2)
        place = np.where(unknown.any(axis=2), last, place)
    return place
