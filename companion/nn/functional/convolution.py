"""Convolution of images and sequences by one matrix product, and its transpose."""

import math
from typing import Any

from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import Pair, TensorLike, as_floats, as_tuple, rounded
from companion.nn.functional.patches import Paddings, add_windows, crop, pad, windows
from companion.validation import Integer, require

__all__ = ["conv1d", "conv2d", "conv_transpose2d", "im2col_conv2d"]


def im2col_conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: Paddings,
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """Every patch becomes a column of a matrix; one product computes all outputs.

    Parameters
    ----------
    x : Tensor
        Of shape (N, C, H, W).
    weight : Tensor
        Of shape (F, C / groups, KH, KW).
    bias : Tensor, optional
        Of shape (F,).
    stride : pair of int
        The distance of neighboring patches.
    padding : tuple of tuple of int
        ((top, bottom), (left, right)).
    dilation : pair of int
        The distance of neighbors within a patch.
    groups : int
        How many groups the channels are split into.

    Returns
    -------
    Tensor
        Of shape (N, F, OH, OW).

    Examples
    --------
    >>> x, w = Tensor([[[[1.0, 2.0, 4.0]]]]), Tensor([[[[-1.0, 1.0]]]])
    >>> im2col_conv2d(x, w, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    tensor([[[[1., 2.]]]])
    """
    padded = pad(x.data, padding)
    patches = windows(padded, weight.shape[2:], stride, dilation)
    n, *_, oh, ow = patches.shape  # (N, C, KH, KW, OH, OW)
    f, size = len(weight), math.prod(weight.shape[1:])  # a filter sees C/G KH KW
    columns = patches.reshape(n, groups, size, oh * ow)  # a copy
    filters = weight.data.reshape(groups, f // groups, size)
    out = (filters @ columns).reshape(n, f, oh, ow)
    if bias is not None:
        out += bias.data[:, None, None]

    def by_input(g: Array) -> Array:
        parts = filters.swapaxes(1, 2) @ g.reshape(n, groups, f // groups, oh * ow)
        parts = parts.reshape(patches.shape)
        return crop(add_windows(parts, padded.shape, stride, dilation), padding)

    def by_weight(g: Array) -> Array:
        parts = g.reshape(n, groups, f // groups, oh * ow) @ columns.swapaxes(2, 3)
        return parts.sum(axis=0).reshape(weight.shape)

    vjps = (by_input, by_weight, lambda g: g.sum(axis=(0, 2, 3)))
    return record("conv2d", out, (x, weight, bias), vjps, needs=((1,), (0,), ()))


def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    r"""Cross-correlate images with filters: :math:`y_{f,p,q} = b_f + \sum_{c,i,j} w_{f,c,i,j}\, x_{c,\, sp + di,\, sq
    + dj}`.

    The arguments are checked here; :func:`im2col_conv2d` computes.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    weight : Tensor
        Of shape (F, C / groups, KH, KW).
    bias : Tensor, optional
        Of shape (F,).
    stride : int or pair of int
        s, the distance of neighboring patches.
    padding : int, pair of int, "valid" or "same"
        How many rows and columns of zeros are put at each side; "same" puts the odd one at the end.
    dilation : int or pair of int
        d, the distance of neighbors within a patch.
    groups : int
        The channels are split into so many groups that do not see each other.

    Returns
    -------
    Tensor
        Of shape (N, F, OH, OW).

    Raises
    ------
    RuntimeError
        If the shapes do not fit, a setting is too small or too large, or the kernel or the image is empty.
    TypeError
        If a setting is no whole number.

    Examples
    --------
    >>> conv2d([[[[1.0, 2.0, 4.0]]]], [[[[-1.0, 1.0]]]], padding=(0, 1))
    tensor([[[[ 1.,  1.,  2., -4.]]]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    _check_ranks(x, w, 4)
    strides, dilations = as_tuple("stride", stride, 2, 1), as_tuple("dilation", dilation, 2, 1)
    paddings = _paddings(padding, w.shape[2:], strides, dilations)
    _check_channels(x, w, b, groups)
    _check_kernel(x, w, paddings, dilations)
    return rounded(im2col_conv2d(x, w, b, strides, paddings, dilations, groups), half)


def _check_ranks(x: Tensor, weight: Tensor, ndim: int) -> None:
    axes = "(N, C, H, W)" if ndim == 4 else "(N, C, L)"
    if x.ndim != ndim or weight.ndim != ndim:
        raise RuntimeError(
            f"expected an input of shape {axes} and a weight of {ndim} dimensions, "
            f"but got {list(x.shape)} and {list(weight.shape)}"
        )


def _check_channels(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    require("groups", groups, Integer(), error=TypeError)
    require("groups", groups, Integer(1), error=RuntimeError)
    f, c = weight.shape[:2]
    if x.shape[1] != c * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected input of shape "
            f"(N, {c * groups}, H, W), but got {list(x.shape)}"
        )
    if f == 0 or f % groups:
        raise RuntimeError(f"expected the {f} output channels to be at least one and divisible by groups={groups}")
    if bias is not None and bias.shape != (f,):
        raise RuntimeError(f"expected a bias of shape ({f},), got {bias.shape}")


def _check_kernel(x: Tensor, weight: Tensor, padding: Paddings, dilation: tuple[int, ...]) -> None:
    kernel, image = weight.shape[2:], x.shape[2:]
    if 0 in kernel or 0 in image:
        raise RuntimeError(f"the kernel of size {kernel} or the image of size {image} is empty")
    padded = tuple(n + before + after for n, (before, after) in zip(image, padding))
    if any(k * d - d + 1 > n for k, d, n in zip(kernel, dilation, padded)):
        raise RuntimeError(f"the kernel of size {kernel} is larger than the padded input of size {padded}")


def _paddings(padding: Any, kernel_size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> Any:
    """((top, bottom), (left, right)) from a number, a pair, "valid" or "same"."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel_size)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise RuntimeError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
    return tuple((p, p) for p in as_tuple("padding", padding, 2, 0))


def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate sequences with filters: :func:`conv2d` of images with one row.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, L).
    weight : Tensor
        Of shape (F, C / groups, K).
    bias : Tensor, optional
        Of shape (F,).
    stride : int
        The distance of neighboring patches.
    padding : int, "valid" or "same"
        How many zeros are put at each side; "same" puts the odd one at the end.
    dilation : int
        The distance of neighbors within a patch.
    groups : int
        The channels are split into so many groups that do not see each other.

    Returns
    -------
    Tensor
        Of shape (N, F, OL).

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or a setting is too small or too large.
    TypeError
        If a setting is no whole number.

    Examples
    --------
    >>> conv1d([[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]])
    tensor([[[1., 2.]]])
    """
    x, w = as_tensor(input), as_tensor(weight)
    _check_ranks(x, w, 3)
    strides, dilations = (1, *as_tuple("stride", stride, 1, 1)), (1, *as_tuple("dilation", dilation, 1, 1))
    paddings: Any = padding if isinstance(padding, str) else (0, *as_tuple("padding", padding, 1, 0))
    (n, c, length), (f, per_group, size) = x.shape, w.shape
    images, filters = x.reshape(n, c, 1, length), w.reshape(f, per_group, 1, size)
    out = conv2d(images, filters, bias, strides, paddings, dilations, groups)
    return out.reshape(n, f, out.shape[3])


def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Tensor:
    """The transpose of :func:`conv2d` with the same weight: forward is its gradient, and the gradient its forward.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, H, W).
    weight : Tensor
        Of shape (C, F / groups, KH, KW).
    bias : Tensor, optional
        Of shape (F,).
    stride : int or pair of int
        The distance of neighboring patches.
    padding : int or pair of int
        Rows and columns taken off at each side, as many as :func:`conv2d` would have added.
    output_padding : int or pair of int
        Rows and columns added at the end, where a stride leaves the size open.
    groups : int
        How many groups the channels are split into.
    dilation : int or pair of int
        The distance of neighbors within a patch.

    Returns
    -------
    Tensor
        Of shape (N, F, OH, OW).

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or a setting is too small or too large.
    TypeError
        If a setting is no whole number.

    Examples
    --------
    >>> conv_transpose2d([[[[1.0, 2.0]]]], [[[[-1.0, 1.0]]]])
    tensor([[[[-1., -1.,  2.]]]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    _check_ranks(x, w, 4)
    strides, dilations = as_tuple("stride", stride, 2, 1), as_tuple("dilation", dilation, 2, 1)
    extra = as_tuple("output_padding", output_padding, 2, 0)
    paddings: Any = tuple((p, p) for p in as_tuple("padding", padding, 2, 0))
    _check_transposed(x, w, b, groups)
    if any(e >= max(s, d) for e, s, d in zip(extra, strides, dilations)):
        raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {extra}")
    settings = zip(x.shape[2:], strides, dilations, w.shape[2:], extra)
    size = tuple((n - 1) * s + d * (k - 1) + 1 + e for n, s, d, k, e in settings)
    if any(n <= 2 * p for n, (p, _) in zip(size, paddings)):
        raise RuntimeError(f"stride={strides}, dilation={dilations} and padding={paddings} leave nothing of {x.shape}")
    return rounded(_transposed(x, w, b, size, strides, paddings, dilations, groups), half)


def _check_transposed(x: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    require("groups", groups, Integer(), error=TypeError)
    require("groups", groups, Integer(1), error=RuntimeError)
    if x.shape[1] != weight.shape[0]:
        raise RuntimeError(f"expected an input of {weight.shape[0]} channels, but got shape {list(x.shape)}")
    if x.shape[1] % groups:
        raise RuntimeError(f"expected the {x.shape[1]} input channels to be divisible by groups={groups}")
    if 0 in weight.shape[2:] or 0 in x.shape[2:]:
        raise RuntimeError(f"the kernel of size {weight.shape[2:]} or the image of size {x.shape[2:]} is empty")
    f = weight.shape[1] * groups
    if bias is not None and bias.shape != (f,):
        raise RuntimeError(f"expected a bias of shape ({f},), got {bias.shape}")


def _transposed(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    padding: Paddings,
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """What :func:`im2col_conv2d` does to the gradient is done to the input, onto images of ``size`` before cropping."""
    n, c, h, w = x.shape
    f, kernel = weight.shape[1] * groups, weight.shape[2:]
    seen = math.prod(weight.shape[1:])  # F/G KH KW
    filters = weight.data.reshape(groups, c // groups, seen)
    grouped = x.data.reshape(n, groups, c // groups, h * w)
    patches = (filters.swapaxes(1, 2) @ grouped).reshape(n, f, *kernel, h, w)
    out = crop(add_windows(patches, (n, f, *size), stride, dilation), padding)
    if bias is not None:
        out = out + bias.data[:, None, None]

    def columns(g: Array) -> Array:  # the patches of the gradient from which each input element receives
        return windows(pad(g, padding), kernel, stride, dilation)[..., :h, :w].reshape(n, groups, seen, h * w)

    def by_input(g: Array) -> Array:
        return (filters @ columns(g)).reshape(x.shape)

    def by_weight(g: Array) -> Array:
        return (grouped @ columns(g).swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)

    vjps = (by_input, by_weight, lambda g: g.sum(axis=(0, 2, 3)))
    return record("conv_transpose2d", out, (x, weight, bias), vjps, needs=((1,), (0,), ()))
