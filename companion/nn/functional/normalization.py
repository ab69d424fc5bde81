r"""Inputs shifted and scaled to mean 0 and variance 1, over the batch, over a sample, or over groups of channels.

With the normalized input :math:`\hat x = (x - \bar x) / \sqrt{v + \epsilon}`, the output is
:math:`\gamma \hat x + \beta`. The gradients by :math:`\gamma` and :math:`\beta` are the sums of :math:`g \hat x` and g,
that by the input is :math:`\big(h - \overline{h} - \hat x\, \overline{h \hat x}\big) / \sqrt{v + \epsilon}` with
:math:`h = \gamma g` and means taken over what was normalized together. Large arrays are worked through in blocks that
stay in the processor's cache, so that memory is read and written once instead of once per operation; what the VJPs
share is computed once.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from companion.annotations import Array
from companion.autograd import Tensor, record, unwrap
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, as_sizes, as_tuple, rounded
from companion.validation import Boolean, Instance, require

__all__ = ["batch_norm", "group_norm", "layer_norm", "rms_norm"]

BLOCK = 2**17  # elements that are worked on at a time
READ = ((0, 1), (0,), ())  # what the gradients by input, weight and bias are computed from


def _blocks(n: int, size: int) -> Iterator[slice]:
    """Slices of n things of so many elements each."""
    step = max(BLOCK // max(size, 1), 1)
    return (slice(start, start + step) for start in range(0, n, step))


def together(compute: Callable[[Array], tuple[Array, ...]], count: int) -> tuple[Callable[[Array], Array], ...]:
    """VJPs of several inputs from one function: the first that is asked computes for all, each part is taken once.

    Parameters
    ----------
    compute : callable
        ``compute(g)`` returns the gradients of all inputs.
    count : int
        How many there are.

    Returns
    -------
    tuple of callable
        One for each input.

    Examples
    --------
    >>> by_x, by_y = together(lambda g: (2 * g, 3 * g), 2)
    >>> by_x(1.0), by_y(1.0)
    (2.0, 3.0)
    """
    parts: dict[int, Array] = {}
    source: list[Any] = [None]

    def vjp(place: int) -> Callable[[Array], Array]:
        def take(g: Array) -> Array:
            if source[0] is not g or place not in parts:
                source[0] = g
                parts.update(enumerate(compute(g)))
            return parts.pop(place)

        return take

    return tuple(map(vjp, range(count)))


# ---- what is normalized together is a row ----------------------------------------------------------------------------


def _normalize_rows(
    name: str, x: Tensor, weight: Tensor | None, bias: Tensor | None, size: int, eps: float, center: bool = True
) -> Tensor:
    """Normalize rows of so many elements; weight and bias have one element for each place in a row."""
    dtype = np.result_type(*(t.data for t in (x, weight, bias) if t is not None))
    rows = x.data.reshape(x.numel() // max(size, 1), size).astype(dtype, copy=False)
    gamma = np.ones(size, dtype) if weight is None else weight.data.reshape(size)
    beta = np.zeros(size, dtype) if bias is None else bias.data.reshape(size)
    average = np.full(size, 1 / max(size, 1), dtype)  # a product with it is several times faster than a mean
    mean, scale = np.zeros((2, len(rows), 1), dtype)
    out = np.empty_like(rows)
    for block in _blocks(len(rows), size):
        if center:
            mean[block, 0] = rows[block] @ average
        normal = np.subtract(rows[block], mean[block], out=out[block])
        scale[block, 0] = 1 / np.sqrt(np.einsum("rd,rd->r", normal, normal) / size + eps)
        normal *= scale[block]
        normal *= gamma
        normal += beta

    def backward(g: Array) -> tuple[Array, Array, Array]:
        g = g.reshape(rows.shape)
        by_input, (by_gamma, by_beta) = np.empty_like(rows), np.zeros((2, size), dtype)
        buffer = np.empty_like(rows[: BLOCK // max(size, 1) + 1])
        for block in _blocks(len(rows), size):
            h, part, s = g[block], by_input[block], scale[block]
            centered = np.subtract(rows[block], mean[block], out=buffer[: len(h)])
            np.multiply(h, centered, out=part)
            by_gamma += s[:, 0] @ part
            by_beta += np.ones(len(h), dtype) @ h
            centered *= s * s * (part @ gamma / size)[:, None]  # the normalized input times the mean of its products
            np.multiply(h, gamma, out=part)
            part -= centered
            if center:
                part -= (h @ gamma / size)[:, None]
            part *= s
        shape = (size,) if weight is None else weight.shape
        return by_input.reshape(x.shape), by_gamma.reshape(shape), by_beta.reshape(shape)

    return record(name, out.reshape(x.shape), (x, weight, bias), together(backward, 3), needs=READ)


def _check_row(x: Tensor, normalized_shape: Any, eps: float, **parameters: Tensor | None) -> tuple[int, ...]:
    """The shape of what is normalized together, if it and its parameters fit."""
    shape = as_sizes(normalized_shape)
    _check_eps(eps)
    if not shape or x.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected such last axes, but got input of size {list(x.shape)}"
        )
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != shape:
            raise RuntimeError(f"expected {name} of shape {shape}, the normalized one, but got {parameter.shape}")
    return shape


def _check_eps(eps: float) -> None:
    if not as_number("eps", eps) >= 0:
        raise ValueError(f"eps must not be negative, but got {eps}")


def layer_norm(
    input: TensorLike,
    normalized_shape: int | tuple[int, ...],
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each sample over its last axes.

    Parameters
    ----------
    input : Tensor
        Of shape (..., \\*normalized_shape).
    normalized_shape : int or tuple of int
        The sizes of the last axes.
    weight, bias : Tensor of shape ``normalized_shape``, optional
        What the result is multiplied by, and what is added then.
    eps : float, not negative
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.
    ValueError
        If ``eps`` is negative; torch returns nan.
    TypeError
        If a setting is no number.

    Examples
    --------
    >>> layer_norm([[1.0, 2.0, 3.0]], 3, eps=0.0)
    tensor([[-1.2247,  0.    ,  1.2247]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    shape = _check_row(x, normalized_shape, eps, weight=w, bias=b)
    return rounded(_normalize_rows("layer_norm", x, w, b, math.prod(shape), eps), half)


def rms_norm(
    input: TensorLike,
    normalized_shape: int | tuple[int, ...],
    weight: TensorLike | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide each sample by the root mean square over its last axes; no mean is taken off, no bias added.

    Parameters
    ----------
    input : Tensor
        Of shape (..., \\*normalized_shape).
    normalized_shape : int or tuple of int
        The sizes of the last axes.
    weight : Tensor, optional
        Of shape ``normalized_shape``.
    eps : float, not negative, optional
        Added to the mean square; by default the distance from 1 to the next number of the dtype.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.
    ValueError
        If ``eps`` is negative; torch returns nan.
    TypeError
        If a setting is no number.

    Examples
    --------
    >>> rms_norm([[3.0, 4.0]], 2)
    tensor([[0.8485, 1.1314]])
    """
    half, x, w = as_floats(input, weight)
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    shape = _check_row(x, normalized_shape, eps, weight=w)
    return rounded(_normalize_rows("rms_norm", x, w, None, math.prod(shape), eps, center=False), half)


def group_norm(
    input: TensorLike,
    num_groups: int,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each sample over groups of its channels and all places.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, ...).
    num_groups : int
        A divisor of C.
    weight, bias : Tensor of shape (C,), optional
        What each channel is multiplied by, and what is added then.
    eps : float, not negative
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If the channels cannot be divided into the groups, or the shapes do not fit.
    ValueError
        If there is one value in a group only, in all; if ``eps`` is negative, where torch returns nan.
    TypeError
        If a setting is no number.

    Examples
    --------
    >>> group_norm([[1.0, 3.0, 10.0, 50.0]], 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    (groups,) = as_tuple("num_groups", num_groups, 1, 1)
    _check_eps(eps)
    _check_channels(x, weight=w, bias=b)
    if x.shape[1] % groups:
        raise RuntimeError(f"expected {x.shape[1]} channels to be divisible by num_groups={groups}")
    if x.numel() == groups:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(x.shape)}")
    rows = x.reshape(x.shape[0] * groups, math.prod(x.shape[1:]) // groups)
    out = _normalize_rows("group_norm", rows, None, None, rows.shape[1], eps).reshape(*x.shape)
    return rounded(_scale_and_shift(out, w, b), half)


def _scale_and_shift(out: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    shape = (1, out.shape[1], *(1,) * (out.ndim - 2))
    out = out if weight is None else out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


# ---- what is normalized together is a channel ------------------------------------------------------------------------


def _normalize_channels(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Array, Array]:
    """Normalize each channel over the batch and all places; with the means and variances."""
    n, c, length = *x.shape[:2], math.prod(x.shape[2:])
    count = max(n * length, 1)
    dtype = np.result_type(*(t.data for t in (x, weight, bias) if t is not None))
    maps = x.data.reshape(n, c, length).astype(dtype, copy=False)
    gamma = np.ones(c, dtype) if weight is None else weight.data
    beta = np.zeros(c, dtype) if bias is None else bias.data
    mean, var = _channel_sums(maps) / count, np.zeros(c, dtype)
    out = np.empty_like(maps)
    for block in _blocks(n, c * length):
        centered = np.subtract(maps[block], mean[:, None], out=out[block])
        var += np.einsum("ncl,ncl->c", centered, centered)
    var /= count
    scale = 1 / np.sqrt(var + eps)
    for block in _blocks(n, c * length):
        out[block] *= (gamma * scale)[:, None]
        out[block] += beta[:, None]

    def backward(g: Array) -> tuple[Array, Array, Array]:
        g = g.reshape(maps.shape)
        by_input, by_gamma, by_beta = np.empty_like(maps), np.zeros(c, dtype), _channel_sums(g)
        for block in _blocks(n, c * length):
            centered = np.subtract(maps[block], mean[:, None], out=by_input[block])
            by_gamma += np.einsum("ncl,ncl->c", centered, g[block])
        by_gamma *= scale
        for block in _blocks(n, c * length):
            part = by_input[block]
            part *= (by_gamma * scale / -count)[:, None]
            part -= (by_beta / count)[:, None]
            part += g[block]
            part *= (gamma * scale)[:, None]
        return by_input.reshape(x.shape), by_gamma, by_beta

    result = record("batch_norm", out.reshape(x.shape), (x, weight, bias), together(backward, 3), needs=READ)
    return result, mean, var


def _channel_sums(maps: Array) -> Array:
    """The sums over the first and the last axis; along the last a product with ones is fastest."""
    n, c, length = maps.shape
    if length == 1:
        return maps.sum(axis=(0, 2))
    return (maps.reshape(n * c, length) @ np.ones(length, maps.dtype)).reshape(n, c).sum(axis=0)


def _check_channels(x: Tensor, **parameters: Any) -> None:
    if x.ndim < 2:
        raise RuntimeError(f"expected an input of shape (N, C, ...), but got {list(x.shape)}")
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != x.shape[1:2]:
            raise RuntimeError(f"{name} should contain {x.shape[1]} elements, but got the shape {parameter.shape}")


def batch_norm(
    input: TensorLike,
    running_mean: Array | Tensor | None,
    running_var: Array | Tensor | None,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel (axis 1) over the batch and all places; in evaluation by the running statistics.

    In training the running statistics are moved in place towards those of the batch; the variance that they gather
    is the unbiased one, that the batch is divided by the biased one.

    Parameters
    ----------
    input : Tensor
        Of shape (N, C, ...).
    running_mean, running_var : ndarray of shape (C,), or None
        Both or none; in evaluation both are needed.
    weight, bias : Tensor of shape (C,), optional
        What each channel is multiplied by, and what is added then.
    training : bool
        Whether the batch's own statistics are taken.
    momentum : float
        The part of the way that the running statistics move.
    eps : float, positive
        Added to the variance; in evaluation it may be 0.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        In training for a single value per channel; if ``eps`` is too small; if one of the statistics is missing.
    RuntimeError
        If there are no statistics to evaluate with, or the shapes do not fit.
    TypeError
        If a setting has another type.

    Examples
    --------
    >>> batch_norm([[1.0, 0.0], [3.0, 8.0]], None, None, training=True).data.round(4)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    require("training", training, Boolean(), error=TypeError)
    momentum = as_number("momentum", momentum)
    mean, var = _statistics(running_mean, running_var, training)
    _check_channels(x, running_mean=mean, running_var=var, weight=w, bias=b)
    _check_eps(eps)
    if not training:
        scale = (1 / np.sqrt(var + eps)).astype(x.dtype)
        shape = (1, len(scale), *(1,) * (x.ndim - 2))
        out = (x - mean.astype(x.dtype).reshape(shape)) * scale.reshape(shape)
        return rounded(_scale_and_shift(out, w, b), half)
    if eps == 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    count = x.shape[0] * math.prod(x.shape[2:])
    if count == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(x.shape)}")
    out, batch_mean, batch_var = _normalize_channels(x, w, b, eps)
    if mean is not None and count:
        mean += momentum * (batch_mean - mean)
        var += momentum * (batch_var * (count / (count - 1)) - var)
    return rounded(out, half)


def _statistics(mean: Any, var: Any, training: bool) -> tuple[Any, Any]:
    """The arrays of the running statistics, which training changes, or two times None."""
    for name, value in (("running_mean", mean), ("running_var", var)):
        require(name, value, Instance(np.ndarray, Tensor), None, error=TypeError)
        if value is None and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
    if (mean is None) != (var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    return unwrap(mean), unwrap(var)
