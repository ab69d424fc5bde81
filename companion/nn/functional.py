r"""Layers as functions of tensors (``torch.nn.functional``): what a layer computes, and the gradients of what it
computes.
"""

import math

import numpy as np

from companion import autograd as ag
from companion.autograd import Tensor, as_tensor, inner, record

# ---- products --------------------------------------------------------------------------------------------------------


def linear(x, weight, bias=None):
    r""":math:`x W^\top + b` for inputs of shape (..., in_features) and W of shape (out_features, in_features)."""
    x, weight = as_tensor(x), as_tensor(weight)
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise RuntimeError(f"linear: the input of shape {x.shape} does not fit the weight of shape {weight.shape}")
    a, w = x.data, weight.data
    out = a @ w.T
    rows = lambda v: v.reshape(-1, v.shape[-1])  # noqa: E731  one sample a row
    vjps = (lambda g: g @ w, lambda g: rows(g).T @ rows(a))
    if bias is None:
        return record("linear", out, (x, weight), vjps)
    bias = _bias(bias, len(w))
    out += bias.data
    return record("linear", out, (x, weight, bias), (*vjps, lambda g: rows(g).sum(axis=0)))


def _bias(bias, n):
    bias = as_tensor(bias)
    if bias.shape != (n,):
        raise RuntimeError(f"expected a bias of shape ({n},), got {bias.shape}")
    return bias


def embedding(index, weight):
    """Rows of a table of shape (num_embeddings, embedding_dim), one for each index."""
    index = np.asarray(index.data if isinstance(index, Tensor) else index)
    if index.size and index.min() < 0:
        raise IndexError(f"index {index.min()} is out of range, expected one from 0 on")
    return ag.getitem(weight, index)


# ---- convolution -----------------------------------------------------------------------------------------------------


def _tuple(value, n):
    return (value,) * n if value is None or isinstance(value, (int, np.integer)) else tuple(value)


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    r"""The length of a convolution's output, :math:`\lfloor (N + 2P - D(K - 1) - 1) / S \rfloor + 1`.

    Examples
    --------
    >>> conv_output_size(28, 5), conv_output_size(28, 5, padding=2), conv_output_size(28, 5, stride=2)
    (24, 28, 12)
    """
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def _windows(x, kernel_size, stride, dilation):
    """A view of all patches of (N, C, H, W), of shape (N, C, KH, KW, OH, OW)."""
    (kh, kw), (sh, sw), (dh, dw) = kernel_size, stride, dilation
    n, c, h, w = x.shape
    oh, ow = conv_output_size(h, kh, sh, 0, dh), conv_output_size(w, kw, sw, 0, dw)
    a, b, p, q = x.strides
    return np.lib.stride_tricks.as_strided(
        x, (n, c, kh, kw, oh, ow), (a, b, p * dh, q * dw, p * sh, q * sw), writeable=False
    )


def _add_windows(patches, shape, stride, dilation):
    """The transpose of :func:`_windows`: each element of a patch is added where it was taken from."""
    out = np.zeros(shape, patches.dtype)
    kh, kw, oh, ow = patches.shape[2:]
    for i in range(kh):
        for j in range(kw):
            top, left = i * dilation[0], j * dilation[1]
            bottom, right = top + stride[0] * oh, left + stride[1] * ow
            out[:, :, top : bottom : stride[0], left : right : stride[1]] += patches[:, :, i, j]
    return out


def _pad(x, padding, value=0.0):
    """(N, C, H, W) with ((top, bottom), (left, right)) more rows and columns."""
    if not any(map(any, padding)):
        return x
    (top, bottom), (left, right) = padding
    n, c, h, w = x.shape
    out = np.full((n, c, top + h + bottom, left + w + right), value, x.dtype)
    out[:, :, top : top + h, left : left + w] = x
    return out


def _crop(x, padding):
    """Undo :func:`_pad`."""
    (top, bottom), (left, right) = padding
    return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]


def _padding(padding, kernel_size, stride, dilation):
    """((top, bottom), (left, right)) from a number, a pair, "valid" or "same"; "same" puts the odd one at the end."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel_size)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise RuntimeError(f"Invalid padding string {padding!r}, should be one of 'valid', 'same'")
    return tuple((p, p) for p in _tuple(padding, 2))


def _check_conv(x, weight, groups, stride, dilation):
    if min(*stride, *dilation) < 1:
        raise RuntimeError(f"stride and dilation must be greater than zero, but got {stride} and {dilation}")
    if x.ndim != 4 or x.shape[1] != weight.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected input of shape "
            f"(N, {weight.shape[1] * groups}, H, W), but got {list(x.shape)}"
        )
    if weight.shape[0] % groups:
        raise RuntimeError(f"expected the {weight.shape[0]} output channels to be divisible by groups={groups}")


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    r"""Cross-correlate images with filters: :math:`y_{f,p,q} = b_f + \sum_{c,i,j} w_{f,c,i,j}\, x_{c,\, sp + di,\, sq
    + dj}`.

    All patches become the columns of a matrix (im2col), so that one matrix product computes every output.

    Parameters
    ----------
    x : Tensor of shape (N, C, H, W)
    weight : Tensor of shape (F, C / groups, KH, KW)
    bias : Tensor of shape (F,), optional
    stride, dilation : int or pair
    padding : int, pair, "valid" or "same"
    groups : int
        The channels are split into so many groups that do not see each other.
    """
    x, weight = as_tensor(x), as_tensor(weight)
    stride, dilation, kernel = _tuple(stride, 2), _tuple(dilation, 2), weight.shape[2:]
    _check_conv(x, weight, groups, stride, dilation)
    padding = _padding(padding, kernel, stride, dilation)
    padded = _pad(x.data, padding)
    if any(k * d - d + 1 > n for k, d, n in zip(kernel, dilation, padded.shape[2:])):
        raise RuntimeError(f"the kernel of size {kernel} is larger than the padded input of size {padded.shape[2:]}")
    patches = _windows(padded, kernel, stride, dilation)  # (N, C, KH, KW, OH, OW)
    n, f, (oh, ow) = len(padded), len(weight), patches.shape[4:]
    size = math.prod(weight.shape[1:])  # what one filter sees, C/G KH KW
    columns = patches.reshape(n, groups, size, oh * ow)  # a copy
    filters = weight.data.reshape(groups, f // groups, size)
    out = (filters @ columns).reshape(n, f, oh, ow)
    grouped = lambda g: g.reshape(n, groups, f // groups, oh * ow)  # noqa: E731

    def by_input(g):
        patches = (filters.swapaxes(1, 2) @ grouped(g)).reshape(n, x.shape[1], *kernel, oh, ow)
        return _crop(_add_windows(patches, padded.shape, stride, dilation), padding)

    def by_weight(g):
        return (grouped(g) @ columns.swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)

    if bias is None:
        return record("conv2d", out, (x, weight), (by_input, by_weight))
    bias = _bias(bias, f)
    out += bias.data[:, None, None]
    return record("conv2d", out, (x, weight, bias), (by_input, by_weight, lambda g: g.sum(axis=(0, 2, 3))))


def conv1d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """:func:`conv2d` for sequences: inputs of shape (N, C, L), weights of shape (F, C / groups, K)."""
    x, weight = as_tensor(x), as_tensor(weight)
    if x.ndim != 3 or weight.ndim != 3:
        raise RuntimeError(
            f"expected input and weight of three dimensions, got {list(x.shape)} and {list(weight.shape)}"
        )
    stride, dilation = (1, *_tuple(stride, 1)), (1, *_tuple(dilation, 1))
    padding = padding if isinstance(padding, str) else (0, *_tuple(padding, 1))
    n, c, length = x.shape
    out = conv2d(
        x.reshape(n, c, 1, length), weight.reshape(*weight.shape[:2], 1, -1), bias, stride, padding, dilation, groups
    )
    return out.reshape(n, out.shape[1], out.shape[3])


def conv_transpose2d(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transpose of :func:`conv2d` with the same weight: forward is its gradient, and the gradient its forward.

    Parameters
    ----------
    x : Tensor of shape (N, C, H, W)
    weight : Tensor of shape (C, F / groups, KH, KW)
    output_padding : int or pair
        Rows and columns added at the end, where a stride leaves the size open.
    """
    x, weight = as_tensor(x), as_tensor(weight)
    if x.ndim != 4 or x.shape[1] != weight.shape[0]:
        raise RuntimeError(f"expected an input of {weight.shape[0]} channels, but got shape {list(x.shape)}")
    stride, dilation, kernel = _tuple(stride, 2), _tuple(dilation, 2), weight.shape[2:]
    padding, extra = tuple((p, p) for p in _tuple(padding, 2)), _tuple(output_padding, 2)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {extra}")
    n, c, h, w = x.shape
    f = weight.shape[1] * groups
    size = [(m - 1) * s + d * (k - 1) + 1 + e for m, s, d, k, e in zip((h, w), stride, dilation, kernel, extra)]
    if min(*stride, *dilation) < 1 or any(m <= 2 * p for m, (p, _) in zip(size, padding)):
        raise RuntimeError(f"stride={stride}, dilation={dilation} and padding={padding} leave nothing of {x.shape}")
    filters = weight.data.reshape(groups, c // groups, -1)  # (G, C/G, F/G KH KW)
    grouped = x.data.reshape(n, groups, c // groups, h * w)
    patches = (filters.swapaxes(1, 2) @ grouped).reshape(n, f, *kernel, h, w)
    out = _crop(_add_windows(patches, (n, f, *size), stride, dilation), padding)

    def columns(g):  # the patches of the gradient from which each input element receives, (N, G, F/G KH KW, H W)
        patches = _windows(_pad(g, padding), kernel, stride, dilation)[..., :h, :w]
        return patches.reshape(n, groups, math.prod(weight.shape[1:]), h * w)

    def by_weight(g):
        return (grouped @ columns(g).swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)

    vjps = (lambda g: (filters @ columns(g)).reshape(x.shape), by_weight)
    if bias is None:
        return record("conv_transpose2d", out, (x, weight), vjps)
    bias = _bias(bias, f)
    out = out + bias.data[:, None, None]
    return record("conv_transpose2d", out, (x, weight, bias), (*vjps, lambda g: g.sum(axis=(0, 2, 3))))


# ---- pooling ---------------------------------------------------------------------------------------------------------


def _pool_windows(x, kernel_size, stride, padding, value):
    kernel = _tuple(kernel_size, 2)
    stride = kernel if stride is None else _tuple(stride, 2)
    pads = _tuple(padding, 2)
    if x.ndim != 4:
        raise RuntimeError(f"expected an input of shape (N, C, H, W), but got {list(x.shape)}")
    if any(2 * p > k for p, k in zip(pads, kernel)):
        raise RuntimeError(
            f"pad should be at most half of the kernel size, but got padding={padding}, kernel_size={kernel}"
        )
    padding = tuple((p, p) for p in pads)
    padded = _pad(x.data, padding, value)
    if any(k > n for k, n in zip(kernel, padded.shape[2:])):
        raise RuntimeError(f"the window {kernel} is larger than the padded input of size {padded.shape[2:]}")
    return _windows(padded, kernel, stride, (1, 1)), padded.shape, kernel, stride, padding


def max_pool2d(x, kernel_size, stride=None, padding=0):
    """The largest element of each window; the gradient goes to the first of them, and NaN counts as largest."""
    x = as_tensor(x)
    patches, shape, (kh, kw), stride, padding = _pool_windows(x, kernel_size, stride, padding, -np.inf)
    places = [(i, j) for i in range(kh) for j in range(kw)]  # one at a time, for all windows at once
    out = patches[:, :, 0, 0].copy()
    for i, j in places[1:]:
        np.maximum(out, patches[:, :, i, j], out=out)

    def vjp(g):
        grad, waiting = np.zeros(shape, g.dtype), np.ones(g.shape, bool)  # windows whose largest was not met yet
        oh, ow = g.shape[2:]
        for i, j in places:
            candidate = np.ascontiguousarray(patches[:, :, i, j])
            chosen = ((candidate == out) | np.isnan(candidate)) & waiting
            waiting ^= chosen
            grad[:, :, i : i + stride[0] * oh : stride[0], j : j + stride[1] * ow : stride[1]] += g * chosen
        return _crop(grad, padding)

    return record("max_pool2d", out, (x,), (vjp,))


def avg_pool2d(x, kernel_size, stride=None, padding=0, count_include_pad=True):
    """The mean of each window; padding counts as zeros, or not at all with ``count_include_pad=False``."""
    x = as_tensor(x)
    patches, shape, kernel, stride, padding = _pool_windows(x, kernel_size, stride, padding, 0.0)
    count = kernel[0] * kernel[1]
    if not count_include_pad:
        inside = _pad(np.ones((1, 1, *x.shape[2:]), x.dtype), padding)
        count = _windows(inside, kernel, stride, (1, 1)).sum(axis=(2, 3))
    out = (patches.sum(axis=(2, 3)) / count).astype(x.dtype)

    def vjp(g):
        share = (g / count).astype(g.dtype)[:, :, None, None]
        return _crop(
            _add_windows(np.broadcast_to(share, (*g.shape[:2], *kernel, *g.shape[2:])), shape, stride, (1, 1)), padding
        )

    return record("avg_pool2d", out, (x,), (vjp,))


def _spans(size, wanted):
    """Where the windows of adaptive pooling begin and end: from floor(i N / M) to ceil((i + 1) N / M)."""
    return [(i * size // wanted, -(-(i + 1) * size // wanted)) for i in range(wanted)]


def _adaptive(x, output_size):
    """The input, checked, and the wanted height and width; None keeps the present one."""
    x = as_tensor(x)
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise RuntimeError(f"expected an input of shape (N, C, H, W) with something in it, but got {list(x.shape)}")
    return x, [size if wanted is None else wanted for size, wanted in zip(x.shape[2:], _tuple(output_size, 2))]


def adaptive_avg_pool2d(x, output_size):
    """Means over windows chosen so that the output has the wanted size, where None keeps the input's.

    Computed as a product with a matrix of averages on either side: a nan or inf spreads over its whole map.
    """
    x, output_size = _adaptive(x, output_size)
    averages = []
    for size, wanted in zip(x.shape[2:], output_size):
        matrix = np.zeros((wanted, size), x.dtype)
        for i, (start, end) in enumerate(_spans(size, wanted)):
            matrix[i, start:end] = 1 / (end - start)
        averages.append(matrix)
    rows, columns = averages
    return record("adaptive_avg_pool2d", rows @ x.data @ columns.T, (x,), (lambda g: rows.T @ g @ columns,))


def adaptive_max_pool2d(x, output_size):
    """The largest element of each window of :func:`adaptive_avg_pool2d`; the gradient goes to the first of them."""
    x, (m, k) = _adaptive(x, output_size)
    h, w = x.shape[2:]
    out = np.empty((*x.shape[:2], m, k), x.dtype)
    winner = np.empty(out.shape, np.intp)  # its place in the flattened image
    for i, (top, bottom) in enumerate(_spans(h, m)):
        for j, (left, right) in enumerate(_spans(w, k)):
            window = x.data[:, :, top:bottom, left:right].reshape(*x.shape[:2], (bottom - top) * (right - left))
            place = window.argmax(axis=2, keepdims=True)
            out[:, :, i, j] = np.take_along_axis(window, place, axis=2)[..., 0]
            row, column = np.divmod(place[..., 0], right - left)
            winner[:, :, i, j] = (top + row) * w + left + column

    def vjp(g):
        grad = np.zeros((x.shape[0] * x.shape[1], h * w), g.dtype)
        maps = (len(grad), m * k)
        np.add.at(grad, (np.arange(len(grad))[:, None], winner.reshape(maps)), g.reshape(maps))
        return grad.reshape(x.shape)

    return record("adaptive_max_pool2d", out, (x,), (vjp,))


# ---- normalization ---------------------------------------------------------------------------------------------------


def _normalize(name, x, weight, bias, axes, eps, shape, center=True):
    r"""``weight * (x - mean) / sqrt(var + eps) + bias`` over ``axes``; ``shape`` is how weight and bias broadcast.

    With :math:`\hat x` the normalized input and means taken over the axes, the VJP is
    :math:`\big(\gamma g - \overline{\gamma g} - \hat x\, \overline{\gamma g\, \hat x}\big) / \sqrt{v + \epsilon}`;
    the second term only
    where the mean was taken off.
    """
    a = x.data
    weight, bias = (None if p is None else as_tensor(p) for p in (weight, bias))
    axes = tuple(axis % a.ndim for axis in axes)
    count = math.prod(a.shape[axis] for axis in axes)
    mean = a.mean(axis=axes, keepdims=True) if center else 0.0
    normal = a - mean
    var = inner(normal, normal, axes) / count
    scale = 1 / np.sqrt(var + eps)
    normal *= scale  # in place, here and below: fewer passes over memory
    gamma = None if weight is None else weight.data.reshape(shape)
    affine = tuple(i for i, n in enumerate(np.broadcast_shapes(shape, (1,) * a.ndim)) if n == 1)

    def by_input(g):
        g = g if gamma is None else g * gamma
        part = normal * (-inner(g, normal, axes) / count)
        part += g
        if center:
            part -= g.mean(axis=axes, keepdims=True)
        part *= scale
        return part

    out = normal if gamma is None else normal * gamma
    inputs, vjps = [x], [by_input]
    if weight is not None:
        inputs.append(weight)
        vjps.append(lambda g: inner(g, normal, affine).reshape(weight.shape))
    if bias is not None:
        out = out + bias.data.reshape(shape)
        inputs.append(bias)
        vjps.append(lambda g: g.sum(axis=affine).reshape(bias.shape))
    return record(name, out, tuple(inputs), tuple(vjps)), mean, var


def _channels(x):
    return (1, x.shape[1], *(1,) * (x.ndim - 2))


def batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Normalize each channel (axis 1) over the batch and all places; in evaluation by the running statistics.

    In training the running statistics, ndarrays of shape (C,), are moved in place towards those of the batch, by
    ``momentum``;
    the variance that they gather is the unbiased one, that the batch is divided by the biased one.
    """
    x = as_tensor(x)
    shape, axes = _channels(x), (0, *range(2, x.ndim))
    if training or running_mean is None:
        count = x.numel() // x.shape[1]
        if count < 2:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(x.shape)}")
        out, mean, var = _normalize("batch_norm", x, weight, bias, axes, eps, shape)
        if running_mean is not None:
            running_mean += momentum * (mean.reshape(-1) - running_mean)
            running_var += momentum * (var.reshape(-1) * (count / (count - 1)) - running_var)
        return out
    scale = (1 / np.sqrt(running_var + eps)).astype(x.dtype).reshape(shape)
    out = (x - running_mean.astype(x.dtype).reshape(shape)) * scale
    out = out if weight is None else out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def _last_axes(x, normalized_shape):
    x, shape = as_tensor(x), _tuple(normalized_shape, 1)
    if not shape or x.shape[-len(shape) :] != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected such last axes, but got input of size {list(x.shape)}"
        )
    return x, shape


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalize each sample over its last axes, those of ``normalized_shape``."""
    x, shape = _last_axes(x, normalized_shape)
    return _normalize("layer_norm", x, weight, bias, tuple(range(-len(shape), 0)), eps, shape)[0]


def rms_norm(x, normalized_shape, weight=None, eps=None):
    """Divide each sample by the root mean square over its last axes; no mean is taken off, no bias added."""
    x, shape = _last_axes(x, normalized_shape)
    eps = np.finfo(x.dtype).eps if eps is None else eps
    return _normalize("rms_norm", x, weight, None, tuple(range(-len(shape), 0)), eps, shape, center=False)[0]


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """Normalize each sample over groups of its channels and all places."""
    x = as_tensor(x)
    if x.shape[1] % num_groups:
        raise RuntimeError(
            f"Expected number of channels in input to be divisible by num_groups, got {x.shape} and {num_groups}"
        )
    grouped = x.reshape(x.shape[0], num_groups, math.prod(x.shape[1:]) // num_groups)
    out = _normalize("group_norm", grouped, None, None, (2,), eps, (1, 1, 1))[0].reshape(*x.shape)
    out = out if weight is None else out * weight.reshape(_channels(x))
    return out if bias is None else out + bias.reshape(_channels(x))


# ---- activations -----------------------------------------------------------------------------------------------------

relu, sigmoid, tanh, softmax, log_softmax = ag.relu, ag.sigmoid, ag.tanh, ag.softmax, ag.log_softmax


def leaky_relu(x, negative_slope=0.01):
    """x for x > 0, else ``negative_slope`` x."""
    x = as_tensor(x)
    slope = np.where(x.data > 0, x.dtype.type(1), x.dtype.type(negative_slope))
    return record("leaky_relu", x.data * slope, (x,), (lambda g: g * slope,))


def elu(x, alpha=1.0):
    r"""x for x > 0, else :math:`\alpha (e^x - 1)`."""
    x = as_tensor(x)
    alpha = float(alpha)  # a plain number, which does not widen float32
    low = alpha * np.expm1(np.minimum(x.data, 0))
    return record("elu", np.where(x.data > 0, x.data, low), (x,), (lambda g: g * np.where(x.data > 0, 1, low + alpha),))


def gelu(x, approximate="none"):
    r""":math:`x \Phi(x)` with the Gaussian distribution function; ``"tanh"`` is the older approximation."""
    x = as_tensor(x)
    if approximate == "none":
        return x * (0.5 * (1 + ag.erf(x * np.sqrt(0.5).item())))
    if approximate != "tanh":
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    return 0.5 * x * (1 + ag.tanh(np.sqrt(2 / np.pi).item() * (x + 0.044715 * x * x * x)))


def silu(x):
    r""":math:`x \sigma(x)`."""
    return x * ag.sigmoid(x)


def softplus(x, beta=1.0, threshold=20.0):
    r""":math:`\log(1 + e^{\beta x}) / \beta`, and x itself where :math:`\beta x` exceeds the threshold."""
    x = as_tensor(x)
    return ag.where(x.data * beta > threshold, x, ag.softplus(x * beta) / beta)


def dropout(x, p=0.5, training=True, rng=None):
    """Zero each element with probability p and divide the others by 1 - p, so that the mean stays; nothing in
    evaluation.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    x = as_tensor(x)
    if not training or p == 0:
        return x
    rng = np.random.default_rng(rng)
    keep = (rng.random(x.shape) >= p) / (1 - p) if p < 1 else np.zeros(x.shape)
    return x * keep.astype(x.dtype)


# ---- losses ----------------------------------------------------------------------------------------------------------


def _reduce(values, reduction, total=None):
    """The mean, the sum, or the values themselves; ``total`` replaces the count that the mean divides by."""
    if reduction == "none":
        return values
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return values.sum() if reduction == "sum" else values.mean() if total is None else values.sum() / total


def _same_shape(x, y):
    x, y = as_tensor(x), as_tensor(y)
    if x.shape != y.shape:
        raise ValueError(f"the input has shape {x.shape}, the target {y.shape}; expected equal shapes")
    return x, y


def mse_loss(x, target, reduction="mean"):
    """Squared differences."""
    x, target = _same_shape(x, target)
    return _reduce(ag.square(x - target), reduction)


def l1_loss(x, target, reduction="mean"):
    """Absolute differences."""
    x, target = _same_shape(x, target)
    return _reduce(ag.absolute(x - target), reduction)


def huber_loss(x, target, reduction="mean", delta=1.0):
    r"""Half the squared difference up to ``delta``, beyond it linear with slope ``delta``."""
    if not delta > 0:
        raise ValueError(f"huber_loss does not support non-positive values for delta, got {delta}")
    x, target = _same_shape(x, target)
    residual = x - target
    clipped = ag.clamp(residual, -delta, delta)
    return _reduce(clipped * (residual - 0.5 * clipped), reduction)


def binary_cross_entropy_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    """-[w y log s(z) + (1 - y) log(1 - s(z))] from logits z."""
    x, target = _same_shape(x, target)
    pos = 1.0 if pos_weight is None else pos_weight
    values = target * pos * ag.softplus(-x) + (1 - target) * ag.softplus(x)
    return _reduce(values if weight is None else values * weight, reduction)


def cross_entropy(x, target, weight=None, reduction="mean", label_smoothing=0.0, ignore_index=-100):
    r"""-log of the softmax probability of the target class, from logits of shape (N, K), or (N, K, d1, ...).

    Parameters
    ----------
    target : int array of shape (N, d1, ...), or probabilities of the logits' shape
    weight : array of shape (K,), optional
        Of the classes; with class targets the mean divides by the sum of the targets' weights.
    label_smoothing : float
        The share of the target that is spread evenly over all classes.
    ignore_index : int
        A class target that costs nothing and does not count.
    """
    x, target = as_tensor(x), as_tensor(target)
    if x.ndim < 2:
        raise RuntimeError(f"expected logits of shape (N, K, ...), got {x.shape}")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    n_classes, log_p = x.shape[1], ag.log_softmax(x, dim=1)
    weights = 1.0 if weight is None else _class_weights(weight, log_p).reshape(n_classes, *(1,) * (x.ndim - 2))
    if target.dtype.kind == "f":
        if target.shape != x.shape:
            raise RuntimeError(f"expected probabilities of shape {x.shape}, got {target.shape}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        target = target if target.requires_grad else target.data.astype(x.dtype)
        soft = (1 - label_smoothing) * target + label_smoothing / n_classes
        values = -(log_p * (soft * weights)).sum(dim=1)
        return _reduce(values, reduction, total=values.numel())
    values, counted, total = _own_costs(log_p, target.data, weight, ignore_index)
    if label_smoothing:
        spread = -(log_p * weights).sum(dim=1)
        spread = spread if counted.all() else ag.where(counted, spread, 0.0)
        values = (1 - label_smoothing) * values + (label_smoothing / n_classes) * spread
    return _reduce(values, reduction, total=total)


def _class_weights(weight, log_p):
    weight = np.asarray(as_tensor(weight).data, log_p.dtype)
    if weight.shape != log_p.shape[1:2]:
        raise RuntimeError(f"expected a weight for each of {log_p.shape[1]} classes, got the shape {weight.shape}")
    return weight


def _own_costs(log_p, target, weight, ignore_index):
    """Minus the weighted log-probabilities of the targets, which of them count, and the sum of their weights."""
    shape = (log_p.shape[0], *log_p.shape[2:])
    if target.shape != shape:
        raise RuntimeError(f"expected class targets of shape {shape}, got {target.shape}")
    counted = target != ignore_index
    everyone = counted.all()
    safe = target if everyone else np.where(counted, target, 0)
    outside = (safe < 0) | (safe >= log_p.shape[1])
    if outside.any():
        raise IndexError(f"Target {safe[outside][0]} is out of bounds for {log_p.shape[1]} classes")
    values, total = -ag.gather(log_p, 1, safe[:, None]).reshape(shape), counted.sum()
    if weight is not None:
        own = _class_weights(weight, log_p)[safe]
        values, total = values * own, own[counted].sum()
    return values if everyone else ag.where(counted, values, 0.0), counted, total


def nll_loss(log_p, target, weight=None, reduction="mean", ignore_index=-100):
    """-log_p of the target class, from log-probabilities of shape (N, K, ...); see :func:`cross_entropy`."""
    values, _, total = _own_costs(as_tensor(log_p), np.asarray(as_tensor(target).data), weight, ignore_index)
    return _reduce(values, reduction, total=total)


def kl_div(x, target, reduction="mean", log_target=False):
    """target (log target - x) for log-probabilities x; "batchmean" divides by the number of samples."""
    x, target = _same_shape(x, target)
    if log_target:
        values = ag.exp(target) * (target - x)
    else:
        values = target * (ag.log(ag.where(target.data == 0, 1.0, target)) - x)  # 0 log 0 = 0
    return values.sum() / x.shape[0] if reduction == "batchmean" else _reduce(values, reduction)
