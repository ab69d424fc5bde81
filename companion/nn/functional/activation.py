"""The nonlinear functions between the layers."""

import math
import warnings
from typing import Any

import numpy as np

from companion import autograd as ag
from companion import numerics
from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, by_blocks, quiet, rounded
from companion.validation import Instance, require

__all__ = [
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


@quiet
def relu(input: TensorLike) -> Tensor:
    """The element where it is positive, else 0; integers stay integers, bools become floats.

    Parameters
    ----------
    input : Tensor
        The values.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> relu([-1.0, 2.0])
    tensor([0., 2.])
    """
    x = as_tensor(input)
    if x.data.dtype.kind in "iu":
        return ag.relu(x)
    half, x = as_floats(x)
    return rounded(ag.relu(x), half)


@quiet
def sigmoid(input: TensorLike) -> Tensor:
    r"""The logistic function :math:`1 / (1 + e^{-x})` of each element.

    Parameters
    ----------
    input : Tensor
        The values.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> sigmoid([0.0, 1.0])
    tensor([0.5   , 0.7311])
    """
    half, x = as_floats(input)
    return rounded(ag.sigmoid(x), half)


@quiet
def tanh(input: TensorLike) -> Tensor:
    """The hyperbolic tangent of each element.

    Parameters
    ----------
    input : Tensor
        The values.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> tanh([0.0, 1.0])
    tensor([0.    , 0.7616])
    """
    half, x = as_floats(input)
    return rounded(ag.tanh(x), half)


@quiet
def softmax(input: TensorLike, dim: int | None = None) -> Tensor:
    r"""Positive shares :math:`e^{x_i} / \sum_j e^{x_j}` that sum to 1 along an axis.

    Parameters
    ----------
    input : Tensor
        The values.
    dim : int, optional
        The axis. Without it torch's choice is taken, with its warning: 0 for tensors of 0, 1 and 3 axes, 1 for others.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> softmax([[0.0, 0.0], [1000.0, 0.0]], dim=1)
    tensor([[0.5, 0.5],
            [1. , 0. ]])
    """
    half, x = as_floats(input)
    return rounded(ag.softmax(x, _chosen_dim("softmax", x, dim)), half)


@quiet
def log_softmax(input: TensorLike, dim: int | None = None) -> Tensor:
    r"""The logarithm of :func:`softmax`, :math:`x_i - \log\sum_j e^{x_j}`, finite where the softmax underflows.

    Parameters
    ----------
    input : Tensor
        The values.
    dim : int, optional
        The axis. Without it torch's choice is taken, with its warning: 0 for tensors of 0, 1 and 3 axes, 1 for others.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> log_softmax([[0.0, 1000.0]], dim=1)
    tensor([[-1000.,     0.]])
    """
    half, x = as_floats(input)
    return rounded(ag.log_softmax(x, _chosen_dim("log_softmax", x, dim)), half)


def _chosen_dim(name: str, x: Tensor, dim: int | None) -> int:
    if dim is None:
        words = f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X."
        warnings.warn(words, UserWarning, stacklevel=4)  # _chosen_dim, softmax, quiet, the caller
        return 0 if x.ndim in (0, 1, 3) else 1
    require("dim", dim, Instance(int, np.integer), error=TypeError)
    n = max(x.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim


@quiet
def leaky_relu(input: TensorLike, negative_slope: float = 0.01) -> Tensor:
    """The element x where it is positive, else ``negative_slope`` x.

    Parameters
    ----------
    input : Tensor
        The values.
    negative_slope : float
        The slope on the left.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If the slope is no number.

    Examples
    --------
    >>> leaky_relu([-100.0, 2.0])
    tensor([-1.,  2.])
    """
    half, x = as_floats(input)
    negative_slope = as_number("negative_slope", negative_slope)
    slope = np.where(x.data > 0, x.dtype.type(1), x.dtype.type(negative_slope))
    return rounded(record("leaky_relu", x.data * slope, (x,), (lambda g: g * slope,)), half)


@quiet
def elu(input: TensorLike, alpha: float = 1.0) -> Tensor:
    r"""The element x where it is positive, else :math:`\alpha (e^x - 1)`.

    Parameters
    ----------
    input : Tensor
        The values.
    alpha : float
        The height of the lower end.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If ``alpha`` is no number.

    Examples
    --------
    >>> elu([-1000.0, 2.0])
    tensor([-1.,  2.])
    """
    half, x = as_floats(input)
    alpha = as_number("alpha", alpha)
    low = alpha * np.expm1(np.minimum(x.data, 0))
    out = np.where(x.data > 0, x.data, low)
    vjp = lambda g: g * np.where(x.data > 0, 1, low + alpha)  # noqa: E731
    return rounded(record("elu", out, (x,), (vjp,)), half)


@quiet
def gelu(input: TensorLike, *, approximate: str = "none") -> Tensor:
    r"""The element times the Gaussian distribution function, :math:`x \Phi(x)`; its slope is :math:`\Phi + x \varphi`.

    Parameters
    ----------
    input : Tensor
        The values.
    approximate : {"none", "tanh"}
        "tanh" is an older approximation.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If ``approximate`` is another word.
    TypeError
        If it is no word.

    Examples
    --------
    >>> gelu([-1.0, 1.0])
    tensor([-0.1587,  0.8413])
    """
    half, x = as_floats(input)
    require("approximate", approximate, Instance(str), error=TypeError)
    if approximate == "none":
        return rounded(_gaussian_gate(x), half)
    if approximate != "tanh":
        raise RuntimeError(f"approximate argument must be either none or tanh, got {approximate!r}")
    return rounded(0.5 * x * (1 + ag.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))), half)


def _gaussian_gate(x: Tensor) -> Tensor:
    a = x.data
    if a.dtype == np.float32:
        bell, below = _bell_and_cdf_in_single_precision(a)
    else:
        bell, below = np.exp(-0.5 * a * a), 0.5 * (1 + numerics.erf(a * math.sqrt(0.5)))

    def vjp(g: Array) -> Array:
        slope = a * bell
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += below
        slope *= g
        return slope

    return record("gelu", a * below, (x,), (vjp,))


def _tail_series(center: float, top: float, degree: int) -> tuple[Array, float, float]:
    r"""Coefficients of :math:`e^{u^2} (1 - \mathrm{erf}(u)) / 2` in powers of s = (u - center) / (u + center), scaled.

    The function is smooth in s; the scaled variable (s - middle) / half is in [-1, 1] for u from 0 to ``top``.
    """
    middle = 0.5 * ((top - center) / (top + center) - 1)
    half = middle + 1

    def tail(v: Any) -> Any:
        u = center * (1 + middle + half * v) / (1 - middle - half * v)
        return np.array([0.5 * math.exp(one * one) * math.erfc(one) for one in u])

    series = np.polynomial.chebyshev.chebinterpolate(tail, degree)
    return np.polynomial.chebyshev.cheb2poly(series).astype(np.float32), middle, half


CENTER, TOP = 2.5, 9.5  # beyond TOP the distribution function is 0 or 1 in single precision
COEFFICIENTS, MIDDLE, HALF = _tail_series(CENTER, TOP, 10)


def _bell_and_cdf_in_single_precision(x: Array) -> tuple[Array, Array]:
    """The Gaussian bell, and from it the distribution function: ten times faster than by erf, to 3e-7."""
    shape, x = x.shape, x.reshape(-1)
    bell, out = np.empty_like(x), np.empty_like(x)
    for start in range(0, len(x), 2**15):  # pieces that stay in the processor's cache
        piece = slice(start, start + 2**15)
        u = np.minimum(np.abs(x[piece]) * math.sqrt(0.5), TOP)
        s = ((u - CENTER) / (u + CENTER) - MIDDLE) / HALF
        tail = np.full_like(s, COEFFICIENTS[-1])
        for coefficient in COEFFICIENTS[-2::-1]:  # Horner's scheme
            tail *= s
            tail += coefficient
        np.exp(-0.5 * x[piece] * x[piece], out=bell[piece])
        tail *= bell[piece]
        right = (x[piece] > 0).astype(np.float32)
        out[piece] = right + tail * (1 - 2 * right)  # 1 - tail on the right, the tail on the left; faster than where
    return bell.reshape(shape), out.reshape(shape)


@quiet
def silu(input: TensorLike) -> Tensor:
    r"""The element times its sigmoid, :math:`x \sigma(x)`.

    Parameters
    ----------
    input : Tensor
        The values.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> silu([0.0, 1.0])
    tensor([0.    , 0.7311])
    """
    half, x = as_floats(input)
    sigma = numerics.sigmoid(x.data)
    vjp = lambda g: g * (sigma * (1 + x.data * (1 - sigma)))  # noqa: E731
    return rounded(record("silu", x.data * sigma, (x,), (vjp,)), half)


@quiet
def softplus(input: TensorLike, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    r"""A smooth ramp, :math:`\log(1 + e^{\beta x}) / \beta`, and x itself where :math:`\beta x` exceeds a threshold.

    Parameters
    ----------
    input : Tensor
        The values.
    beta : float
        How sharply it bends.
    threshold : float
        Where it becomes the identity.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    TypeError
        If ``beta`` or ``threshold`` is no number.

    Examples
    --------
    >>> softplus([0.0, 1000.0])
    tensor([6.9315e-01, 1.0000e+03])
    """
    half, x = as_floats(input)
    beta, threshold = as_number("beta", beta), as_number("threshold", threshold)

    def ramp_and_slope(a: Array) -> tuple[Array, Array]:
        ramp, slope = numerics.softplus_sigmoid(beta * a)
        linear = beta * a > threshold
        return np.where(linear, a, ramp / beta), np.where(linear, 1, slope)

    out, slopes = by_blocks(ramp_and_slope, x.data)
    return rounded(record("softplus", out, (x,), (lambda g: g * slopes,), needs=()), half)
