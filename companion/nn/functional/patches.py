"""The patches of images that convolution and pooling look at, and the way back."""

import numpy as np

from companion.annotations import Array

__all__ = ["Paddings", "add_windows", "conv_output_size", "crop", "pad", "windows"]

Paddings = tuple[tuple[int, int], tuple[int, int]]  # ((top, bottom), (left, right))


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""The length of a convolution's output, :math:`\lfloor (N + 2P - D(K - 1) - 1) / S \rfloor + 1`.

    Parameters
    ----------
    size : int
        N, the length of the input.
    kernel_size, stride : int
        K and S.
    padding : int
        P, how many zeros are put at each end.
    dilation : int
        D, the distance of neighbors within the kernel.

    Returns
    -------
    int
        The size.

    Examples
    --------
    >>> conv_output_size(28, 5), conv_output_size(28, 5, padding=2), conv_output_size(28, 5, stride=2)
    (24, 28, 12)
    """
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def windows(x: Array, kernel_size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> Array:
    """All patches that a kernel sees, without copying.

    Parameters
    ----------
    x : ndarray
        Of shape (N, C, H, W).
    kernel_size, stride, dilation : pair of int
        The size of a patch, the distance of patches, and that of neighbors within.

    Returns
    -------
    ndarray of shape (N, C, KH, KW, OH, OW)
        A view that cannot be written to.

    Examples
    --------
    >>> windows(np.arange(4.0).reshape(1, 1, 1, 4), (1, 2), (1, 1), (1, 1))[0, 0, 0, :, 0]
    array([[0., 1., 2.],
           [1., 2., 3.]])
    """
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    n, c, h, w = x.shape
    shape = (n, c, kh, kw, conv_output_size(h, kh, sh, 0, dh), conv_output_size(w, kw, sw, 0, dw))
    a, b, p, q = x.strides
    strides = (a, b, p * dh, q * dw, p * sh, q * sw)
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


def add_windows(
    patches: Array, shape: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> Array:
    """The transpose of :func:`windows`: each element of a patch is added where it was taken from.

    Parameters
    ----------
    patches : ndarray
        Of shape (N, C, KH, KW, OH, OW).
    shape : tuple of int
        (N, C, H, W).
    stride, dilation : pair of int
        The distance of neighboring patches, and of neighbors within a patch.

    Returns
    -------
    ndarray
        Of shape (N, C, H, W).

    Examples
    --------
    >>> add_windows(np.ones((1, 1, 1, 2, 1, 3)), (1, 1, 1, 4), (1, 1))
    array([[[[1., 2., 2., 1.]]]])
    """
    out = np.zeros(shape, patches.dtype)
    kh, kw, oh, ow = patches.shape[2:]
    for i in range(kh):
        for j in range(kw):
            top, left = i * dilation[0], j * dilation[1]
            bottom, right = top + stride[0] * oh, left + stride[1] * ow
            out[:, :, top : bottom : stride[0], left : right : stride[1]] += patches[:, :, i, j]
    return out


def pad(x: Array, padding: Paddings, value: float = 0.0) -> Array:
    """Images with more rows and columns.

    Parameters
    ----------
    x : ndarray
        Of shape (N, C, H, W).
    padding : tuple of tuple of int
        ((top, bottom), (left, right)).
    value : float
        What stands in the new places.

    Returns
    -------
    ndarray of shape (N, C, top + H + bottom, left + W + right)
        ``x`` itself where nothing is added.

    Examples
    --------
    >>> pad(np.ones((1, 1, 1, 2)), ((0, 0), (1, 1)))
    array([[[[0., 1., 1., 0.]]]])
    """
    if not any(map(any, padding)):
        return x
    (top, bottom), (left, right) = padding
    n, c, h, w = x.shape
    out = np.full((n, c, top + h + bottom, left + w + right), value, x.dtype)
    out[:, :, top : top + h, left : left + w] = x
    return out


def crop(x: Array, padding: Paddings) -> Array:
    """Undo :func:`pad`.

    Parameters
    ----------
    x : ndarray
        Of shape (N, C, H, W).
    padding : tuple of tuple of int
        ((top, bottom), (left, right)).

    Returns
    -------
    ndarray
        Of shape (N, C, H - top - bottom, W - left - right).

    Examples
    --------
    >>> crop(np.array([[[[0.0, 1.0, 2.0, 0.0]]]]), ((0, 0), (1, 1)))
    array([[[[1., 2.]]]])
    """
    (top, bottom), (left, right) = padding
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]
