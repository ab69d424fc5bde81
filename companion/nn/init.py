r"""Initial weights (``torch.nn.init``); each function fills a tensor in place and returns it."""

import numpy as np

from companion.autograd import increment_version
from companion.numerics import erf


def calculate_gain(nonlinearity, param=None):
    """torch's recommended factor on the standard deviation after a nonlinearity."""
    gains = {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": np.sqrt(2),
        "selu": 0.75,
    }
    if nonlinearity == "leaky_relu":
        return float(np.sqrt(2 / (1 + (0.01 if param is None else param) ** 2)))
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return float(gains[nonlinearity])


def fans(tensor):
    """(fan_in, fan_out): how many inputs an output sums, and how many outputs an input reaches."""
    if tensor.ndim < 2:
        raise ValueError(
            f"Fan in and fan out can not be computed for a tensor of {tensor.ndim} dimensions, expected at least 2"
        )
    field = int(np.prod(tensor.shape[2:]))
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fill(tensor, values):
    tensor.data[...] = values
    increment_version(tensor)
    return tensor


def constant_(tensor, value):
    return _fill(tensor, value)


def zeros_(tensor):
    return _fill(tensor, 0.0)


def ones_(tensor):
    return _fill(tensor, 1.0)


def uniform_(tensor, a=0.0, b=1.0, *, rng=None):
    return _fill(tensor, np.random.default_rng(rng).uniform(a, b, tensor.shape))


def normal_(tensor, mean=0.0, std=1.0, *, rng=None):
    return _fill(tensor, np.random.default_rng(rng).normal(mean, std, tensor.shape))


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, *, rng=None):
    """A normal distribution cut off outside [a, b], by drawing again whatever falls outside."""
    rng = np.random.default_rng(rng)
    if not a < b or erf((b - mean) / std / np.sqrt(2)) - erf((a - mean) / std / np.sqrt(2)) < 1e-4:
        raise ValueError(f"almost nothing of N({mean}, {std}^2) falls into [{a}, {b}]")
    values = rng.normal(mean, std, tensor.shape)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = rng.normal(mean, std, outside.sum())
    return _fill(tensor, values)


def xavier_uniform_(tensor, gain=1.0, *, rng=None):
    """Variance 2 gain^2 / (fan_in + fan_out): keeps the scale of signals forward and of gradients backward, on
    average.
    """
    bound = gain * np.sqrt(6 / np.sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor, gain=1.0, *, rng=None):
    """As :func:`xavier_uniform_`, normal."""
    return normal_(tensor, 0.0, gain * np.sqrt(2 / np.sum(fans(tensor))), rng=rng)


def _kaiming_std(tensor, a, mode, nonlinearity):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return calculate_gain(nonlinearity, a) / np.sqrt(fans(tensor)[mode == "fan_out"])


def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", *, rng=None):
    """He: variance gain^2 / fan, which makes up for the half of the units that a ReLU switches off."""
    bound = np.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", *, rng=None):
    """As :func:`kaiming_uniform_`, normal."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng=rng)


def orthogonal_(tensor, gain=1.0, *, rng=None):
    """Rows, or columns where there are fewer, of equal length and orthogonal: the Q of a QR decomposition, signs
    fixed.
    """
    if tensor.ndim < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported, got {tensor.ndim}")
    rows, columns = tensor.shape[0], int(np.prod(tensor.shape[1:]))
    draw = np.random.default_rng(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draw)
    q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))
