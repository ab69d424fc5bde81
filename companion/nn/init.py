r"""Initial weights (``torch.nn.init``); each function fills a tensor in place and returns it."""

import math
import warnings
from typing import Any

import numpy as np

from companion.annotations import Seed
from companion.autograd import Tensor, increment_version
from companion.nn.checks import amount
from companion.nn.gain import calculate_gain, fans
from companion.numerics import erf
from companion.validation import Instance, Number, Option, check_random_state, require

__all__ = [
    "calculate_gain",
    "constant_",
    "fans",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

FINITE = Number()

# ---- constants -------------------------------------------------------------------------------------------------------


def _fill(tensor: Tensor, values: Any) -> Tensor:
    require("tensor", tensor, Instance(Tensor), error=TypeError)
    tensor.data[...] = values
    increment_version(tensor)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill a tensor with a number.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.
    val : float
        The number.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    TypeError
        If it is no number; nan is none.

    Examples
    --------
    >>> constant_(Tensor([1.0, 2.0]), 3.0)
    tensor([3., 3.])
    """
    return _fill(tensor, amount("val", val, error=TypeError))


def zeros_(tensor: Tensor) -> Tensor:
    """Fill a tensor with zeros.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> zeros_(Tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return _fill(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill a tensor with ones.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.

    Returns
    -------
    Tensor
        The tensor itself.

    Examples
    --------
    >>> ones_(Tensor([1.0, 2.0]))
    tensor([1., 1.])
    """
    return _fill(tensor, 1.0)


# ---- random numbers of given bounds or moments -----------------------------------------------------------------------


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Fill a tensor with random numbers between two bounds, all equally likely.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.
    a, b : float
        The bounds.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    RuntimeError
        If ``b`` is below ``a``, or one is not finite; TypeError, if it is no number.

    Examples
    --------
    >>> uniform_(Tensor(np.zeros(3)), -1.0, 1.0, rng=0)
    tensor([ 0.2739, -0.4604, -0.9181])
    """
    amount("b", b, Number(amount("a", a, FINITE)))
    return _fill(tensor, check_random_state(rng).uniform(a, b, np.shape(tensor)))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Fill a tensor with normally distributed random numbers.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.
    mean, std : float
        Mean and standard deviation.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    RuntimeError
        If ``std`` is negative, or one is not finite; TypeError, if it is no number.

    Examples
    --------
    >>> normal_(Tensor(np.zeros(3)), 5.0, 0.1, rng=0)
    tensor([5.0126, 4.9868, 5.064 ])
    """
    amount("mean", mean, FINITE)
    amount("std", std, Number(0))
    return _fill(tensor, check_random_state(rng).normal(mean, std, np.shape(tensor)))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, *, rng: Seed = None
) -> Tensor:
    """Fill a tensor with a normal distribution cut off outside [a, b], by drawing again whatever falls outside.

    Parameters
    ----------
    tensor : Tensor
        Changed in place.
    mean, std : float
        Mean and standard deviation before the cut.
    a, b : float
        The bounds.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If ``std`` is not positive, or less than a ten-thousandth of the distribution falls into [a, b]. torch has
        another method, which goes on there with a warning.

    Examples
    --------
    >>> values = trunc_normal_(Tensor(np.zeros(1000)), a=-1.0, b=1.0, rng=0).data
    >>> bool(values.min() >= -1 and values.max() <= 1)
    True
    """
    require("mean", mean, FINITE)
    require("std", std, Number(0, closed="neither"))
    require("b", b, Number(require("a", a, FINITE), closed="neither"))
    inside = erf((b - mean) / std / math.sqrt(2)) - erf((a - mean) / std / math.sqrt(2))
    if not inside >= 2e-4:  # twice the probability
        raise ValueError(f"almost nothing of N({mean}, {std}^2) falls into [{a}, {b}]")
    rng = check_random_state(rng)
    values = rng.normal(mean, std, np.shape(tensor))
    while (outside := (values < a) | (values > b)).any():
        values[outside] = rng.normal(mean, std, outside.sum())
    return _fill(tensor, values)


# ---- random numbers that keep the scale of signals -------------------------------------------------------------------


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Fill with the variance 2 gain^2 / (fan_in + fan_out), uniformly.

    It keeps the scale of signals forward and of gradients backward, on average.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Changed in place.
    gain : float
        From :func:`calculate_gain`.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If there are fewer than two axes; RuntimeError, if ``gain`` is negative; TypeError, if it is no number.

    Examples
    --------
    >>> xavier_uniform_(Tensor(np.zeros((300, 300))), rng=0).data.std().round(3)  # sqrt(2 / 600) = 0.058
    np.float64(0.058)
    """
    bound = _xavier_std(tensor, gain) * math.sqrt(3)
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Fill with the variance 2 gain^2 / (fan_in + fan_out), normally distributed.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Changed in place.
    gain : float
        From :func:`calculate_gain`.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If there are fewer than two axes; RuntimeError, if ``gain`` is negative; TypeError, if it is no number.

    Examples
    --------
    >>> xavier_normal_(Tensor(np.zeros((300, 300))), rng=0).data.std().round(3)
    np.float64(0.058)
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), rng=rng)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    amount("gain", gain, Number(0))
    total = sum(fans(tensor))
    return gain * math.sqrt(2 / total) if total else 0.0


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Seed = None
) -> Tensor:
    """Fill with He's variance, gain^2 / fan, uniformly.

    It makes up for the half of the units that a ReLU switches off.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Changed in place.
    a : float
        The negative slope of a leaky ReLU.
    mode : {"fan_in", "fan_out"}
        Whether the scale of signals forward is kept, or of gradients backward.
    nonlinearity : str
        What follows, by its name in :func:`calculate_gain`.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If there are fewer than two axes, or a setting is unknown.

    Warns
    -----
    UserWarning
        If there is nothing to fill.

    Examples
    --------
    >>> kaiming_uniform_(Tensor(np.zeros((300, 300))), nonlinearity="relu", rng=0).data.std().round(3)
    np.float64(0.081)
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Seed = None
) -> Tensor:
    """Fill with He's variance, gain^2 / fan, normally distributed.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Changed in place.
    a : float
        The negative slope of a leaky ReLU.
    mode : {"fan_in", "fan_out"}
        Whether the scale of signals forward is kept, or of gradients backward.
    nonlinearity : str
        What follows, by its name in :func:`calculate_gain`.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If there are fewer than two axes, or a setting is unknown.

    Warns
    -----
    UserWarning
        If there is nothing to fill.

    Examples
    --------
    >>> kaiming_normal_(Tensor(np.zeros((300, 300))), nonlinearity="relu", rng=0).data.std().round(3)
    np.float64(0.082)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng=rng)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    require("mode", mode, Option("fan_in", "fan_out"), error=ValueError)
    gain = calculate_gain(nonlinearity, a)
    fan_in, fan_out = fans(tensor)
    if tensor.numel() == 0:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return 0.0
    return gain / math.sqrt(fan_in if mode == "fan_in" else fan_out)


def orthogonal_(tensor: Tensor, gain: float = 1.0, *, rng: Seed = None) -> Tensor:
    """Fill with rows, or columns where there are fewer, of equal length and orthogonal.

    They are the Q of a QR decomposition of normal numbers, signs fixed.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Changed in place; taken as a matrix with n_out rows.
    gain : float
        Their length.
    rng : int, Generator, RandomState or None
        Draws the numbers.

    Returns
    -------
    Tensor
        The tensor itself.

    Raises
    ------
    ValueError
        If there are fewer than two axes; TypeError, if ``gain`` is no number.

    Examples
    --------
    >>> Q = orthogonal_(Tensor(np.zeros((2, 3))), rng=0).data
    >>> (Q @ Q.T).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    amount("gain", gain, FINITE)
    if tensor.ndim < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported, got {tensor.ndim}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    draw = check_random_state(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draw)
    q *= np.sign(np.diag(r))  # makes the distribution uniform over orthogonal matrices
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))
