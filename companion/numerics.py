r"""Elementary functions computed without overflow or cancellation, and finite differences to check gradients with.

Floats keep their dtype, integers and bools become float64 (:func:`companion.validation.as_float`); float16 is computed
in float32 and rounded at the end, as on torch's CPU. nan and infinities pass as in :mod:`scipy.special`. What is too
small is 0 and what is too large infinite, without a warning or an error, whatever :func:`numpy.seterr` was told.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.validation import Boolean, Number, as_float, require

__all__ = [
    "erf",
    "finite_difference_gradient",
    "finite_difference_jacobian",
    "log_sigmoid",
    "log_softmax",
    "logit",
    "logsumexp",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "softplus_sigmoid",
]


Axis: TypeAlias = int | tuple[int, ...] | None


def _widen(z: ArrayLike) -> tuple[Array, np.dtype]:
    """Floats to compute with, and the dtype that the result is rounded to."""
    z = as_float(z)
    return (z.astype(np.float32) if z.dtype == np.float16 else z), z.dtype


def sigmoid(z: ArrayLike) -> Array:
    r"""The logistic function :math:`\sigma(z) = 1 / (1 + e^{-z})`, of each element.

    The exponential is taken of :math:`-|z|` only, so that nothing overflows.

    Parameters
    ----------
    z : array_like
        Scores.

    Returns
    -------
    ndarray
        Of the shape of ``z``, in [0, 1].

    Examples
    --------
    >>> sigmoid(np.array([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(z))  # in [0, 1]
        return (np.maximum(small, z >= 0) / (1 + small)).astype(dtype, copy=False)


def log_sigmoid(z: ArrayLike) -> Array:
    r""":math:`\log \sigma(z) = -\log(1 + e^{-z})`, of each element; exact far out, where the sigmoid itself is 0.

    Parameters
    ----------
    z : array_like
        Scores.

    Returns
    -------
    ndarray
        Of the shape of ``z``.

    Examples
    --------
    >>> log_sigmoid(np.array([-1e4, 0.0])).round(4)
    array([-1.000e+04, -6.931e-01])
    """
    return -softplus(-as_float(z))


def softplus(z: ArrayLike) -> Array:
    r""":math:`\log(1 + e^z) = \max(z, 0) + \log(1 + e^{-|z|})`, of each element.

    Parameters
    ----------
    z : array_like
        Scores.

    Returns
    -------
    ndarray
        Of the shape of ``z``.

    Examples
    --------
    >>> softplus(np.array([-1e4, 0.0, 1e4])).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+04])
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):
        return (np.maximum(z, 0) + _log1p(np.exp(-np.abs(z)))).astype(dtype, copy=False)


def _log1p(x: Array) -> Array:
    """log(1 + x) of x in [0, 1]. In float32 NumPy has a fast logarithm, and u = 1 + x leaves only x - (u - 1) over."""
    if x.dtype != np.float32:
        return np.log1p(x)
    u = 1 + x
    rest = np.subtract(x, u - 1)  # exact
    rest /= u  # log(u + rest) = log u + rest / u, but for the square of the rounding
    rest += np.log(u)
    return rest


def logit(p: ArrayLike) -> Array:
    r"""The log-odds :math:`\log \frac{p}{1-p}`, the inverse of :func:`sigmoid`; infinite at 0 and 1.

    Parameters
    ----------
    p : array_like
        Probabilities.

    Returns
    -------
    ndarray
        Of the shape of ``p``.

    Raises
    ------
    ValueError
        If an element is outside [0, 1], or nan; SciPy's gives nan for it.

    Examples
    --------
    >>> logit(np.array([0.5, 0.75])).round(4)
    array([0.    , 1.0986])
    """
    p, dtype = _widen(p)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p must be in [0, 1], got values between {np.min(p)} and {np.max(p)}")
    with np.errstate(all="ignore"):
        far = np.log(p) - np.log1p(-p)
        near = 2 * np.arctanh(2 * np.clip(p, 0.25, 0.75) - 1)  # the two logarithms nearly cancel around 1/2
        return np.where(np.abs(p - 0.5) < 0.25, near, far).astype(dtype, copy=False)[()]


def logsumexp(a: ArrayLike, axis: Axis = None, b: ArrayLike | None = None, keepdims: bool = False) -> Array:
    r""":math:`\log \sum_i b_i e^{a_i}` along an axis, with the maximum taken out before the exponential.

    Parameters
    ----------
    a : array_like
        The exponents.
    axis : int or tuple of int, optional
        All axes without.
    b : array_like, optional
        The factors :math:`b_i`, of a shape that can be broadcast with that of ``a``; all 1 without. A factor of 0
        leaves out even an infinite term. Where the sum is negative, its logarithm is nan.
    keepdims : bool
        Keep the axes, with length 1.

    Returns
    -------
    ndarray
        Of nothing at all, the logarithm of 0.

    Examples
    --------
    >>> logsumexp(np.array([1000.0, 1000.0])).round(4)
    np.float64(1000.6931)
    >>> logsumexp([1000.0, 1000.0], b=[3.0, -2.0])
    np.float64(1000.0)
    """
    require("keepdims", keepdims, Boolean())
    a, dtype = _widen(a)
    factor: Any = 1
    if b is not None:
        factor, other = _widen(b)
        dtype = np.result_type(dtype, other)
        a = np.where(factor == 0, -np.inf, a)
    with np.errstate(all="ignore"):
        top = a.max(axis=axis, keepdims=True, initial=-np.inf)
        top = np.where(np.isfinite(top), top, 0)  # all -inf, or an inf: the sum says it by itself
        out = np.log((factor * np.exp(a - top)).sum(axis=axis, keepdims=True)) + top
        out = out.astype(dtype, copy=False)
    return out if keepdims else out.squeeze(axis=axis)[()]


def _largest(z: Array, axis: Axis) -> Array:
    """The maximum, over short rows several times faster than ``z.max``; it skips nan, which the sum brings back."""
    return np.fmax.reduce(z, axis=axis, keepdims=True, initial=-np.inf)


def softmax(z: ArrayLike, axis: Axis = -1) -> Array:
    r""":math:`p_k = e^{z_k} / \sum_j e^{z_j}` along an axis: positive numbers that sum to 1.

    Adding a constant to every score changes nothing, so the largest is made 0 first. Where all scores are -inf, or one
    is inf, the shares are nan.

    Parameters
    ----------
    z : array_like
        Scores.
    axis : int or tuple of int, optional
        The last one; all together with None, which is SciPy's choice.

    Returns
    -------
    ndarray
        Of the shape of ``z``.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1001.0])).round(4)
    array([0.2689, 0.7311])
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):  # inf - inf is nan, and -1e308 - 1e308 is -inf
        e = np.exp(z - _largest(z, axis))
        e /= e.sum(axis=axis, keepdims=True)
        return e.astype(dtype, copy=False)


def log_softmax(z: ArrayLike, axis: Axis = -1) -> Array:
    r""":math:`\log p_k = z_k - \log\sum_j e^{z_j}` along an axis; finite where :math:`p_k` underflows.

    Parameters
    ----------
    z : array_like
        Scores.
    axis : int or tuple of int, optional
        The last one; all together with None, which is SciPy's choice.

    Returns
    -------
    ndarray
        Of the shape of ``z``.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1e4]))
    array([-10000.,      0.])
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):
        shifted = z - _largest(z, axis)
        out = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
        return out.astype(dtype, copy=False)


def softmax_cross_entropy(z: ArrayLike, y: Array) -> tuple[Array, Array]:
    r"""The costs :math:`-\log p_y = \log\sum_j e^{z_j} - z_y` of rows of scores, and the softmax p.

    Both come from one exponential. The gradient of a cost by its scores is :math:`p - e_y`, p less 1 at the label.
    This is the arithmetic beneath ``losses.cross_entropy``, ``nn.functional.cross_entropy`` and the logistic
    regression of many classes.

    Parameters
    ----------
    z : array_like of shape (n_samples, K)
        Scores.
    y : ndarray of int, of shape (n_samples,)
        Labels from 0 to K - 1. The callers see to it: here, as in every index, -1 would be the last class.

    Returns
    -------
    costs : ndarray of shape (n_samples,)
        One for each row.
    p : ndarray of shape (n_samples, K)
        Rows that sum to 1.

    Examples
    --------
    >>> costs, p = softmax_cross_entropy(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 0]))
    >>> costs.round(4), p
    (array([6.931e-01, 1.000e+03]), array([[0.5, 0.5],
           [0. , 1. ]]))
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):
        p = z - _largest(z, 1)
        own = p[np.arange(len(p)), y]  # a copy
        np.exp(p, out=p)
        total = np.add.reduce(p, axis=1, keepdims=True)
        p /= total
        return (np.log(total[:, 0]) - own).astype(dtype, copy=False), p.astype(dtype, copy=False)


def softplus_sigmoid(z: ArrayLike) -> tuple[Array, Array]:
    r""":math:`\log(1 + e^z)` and its derivative :math:`\sigma(z)`, of each element, from one exponential.

    This is the arithmetic beneath every binary cross-entropy: the costs of a label y are
    :math:`\log(1 + e^z) - y z`, with the gradient :math:`\sigma(z) - y`.

    Parameters
    ----------
    z : array_like
        Scores.

    Returns
    -------
    softplus, sigmoid : ndarray
        Of the shape of ``z``.

    Examples
    --------
    >>> [v.round(4).tolist() for v in softplus_sigmoid(np.array([-1e4, 0.0, 1e4]))]
    [[0.0, 0.6931, 10000.0], [0.0, 0.5, 1.0]]
    """
    z, dtype = _widen(z)
    with np.errstate(all="ignore"):
        small = np.exp(-np.abs(z))  # in [0, 1]
        softplus = np.maximum(z, 0) + _log1p(small)
        sigmoid = np.maximum(small, z >= 0) / (1 + small)
        return softplus.astype(dtype, copy=False), sigmoid.astype(dtype, copy=False)


def _series(function: Callable[[float], float], low: float, high: float, degree: int) -> Array:
    """Chebyshev coefficients of a function on [low, high]."""
    middle, half = (high + low) / 2, (high - low) / 2
    return np.polynomial.chebyshev.chebinterpolate(lambda s: np.array([function(middle + half * v) for v in s]), degree)


# erf(x) / x near 0 as a function of x^2, and exp(x^2) erfc(x) beyond as one of (x - 2) / (x + 2): both are smooth
_NEAR = _series(lambda u: math.erf(math.sqrt(u)) / math.sqrt(u), 0.0, 1.0, 14)
_FAR = _series(lambda t: math.exp((2 * (1 + t) / (1 - t)) ** 2) * math.erfc(2 * (1 + t) / (1 - t)), -1 / 3, 0.5, 22)


def erf(x: ArrayLike) -> Array:
    r"""The error function :math:`\frac{2}{\sqrt\pi}\int_0^x e^{-t^2}\,dt`, of each element, to about 1e-15.

    NumPy has none. Near 0 it is x times a series in :math:`x^2`, beyond 1 it is :math:`1 - e^{-x^2} g(x)` with a slowly
    varying g, and beyond 6 it is 1 in double precision.

    Parameters
    ----------
    x : array_like
        Real numbers.

    Returns
    -------
    ndarray
        Of the shape of ``x``.

    Examples
    --------
    >>> erf(np.array([0.0, 1.0])).round(6)
    array([0.      , 0.842701])
    """
    x, dtype = _widen(x)
    with np.errstate(all="ignore"):
        r = np.clip(np.abs(x), 1.0, 6.0)
        small = np.clip(x, -1.0, 1.0)
        near = small * np.polynomial.chebyshev.chebval(2 * small * small - 1, _NEAR)
        far = 1 - np.exp(-r * r) * np.polynomial.chebyshev.chebval(((r - 2) / (r + 2) + 1 / 3) * 2.4 - 1, _FAR)
        return np.where(np.abs(x) < 1, near, np.copysign(far, x)).astype(dtype)[()]


def finite_difference_gradient(fun: Callable[[Array], Any], x: ArrayLike, eps: float = 1e-6) -> Array:
    r"""Central differences :math:`\frac{f(x + \epsilon e_i) - f(x - \epsilon e_i)}{2\epsilon}` of a scalar function.

    The error is about :math:`\epsilon^2` times the third derivative, plus rounding of about
    :math:`10^{-16}|f|/\epsilon`.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns a number.
    x : array_like
        Of any shape; not modified.
    eps : float, positive
        Half the step; a larger one is taken where this one would be lost in the rounding of x.

    Returns
    -------
    ndarray
        Of the shape of ``x``.

    Raises
    ------
    ValueError
        If ``x`` has nan or infinity, ``eps`` is not positive, or ``fun`` does not return a single number.

    Examples
    --------
    >>> finite_difference_gradient(lambda x: x @ x, np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    """
    jacobian = finite_difference_jacobian(fun, x, eps)
    if jacobian.size != np.size(x):
        raise ValueError(f"fun returns shape {jacobian.shape[: jacobian.ndim - np.ndim(x)]}, expected a number")
    return jacobian.reshape(np.shape(x))


def finite_difference_jacobian(fun: Callable[[Array], Any], x: ArrayLike, eps: float = 1e-6) -> Array:
    r"""Central differences of an array-valued function: :math:`J_{ij} = \partial f_i / \partial x_j`.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns an array of shape s.
    x : array_like of shape t
        Not modified.
    eps : float, positive
        Half the step; a larger one is taken where this one would be lost in the rounding of x.

    Returns
    -------
    ndarray of shape s + t
        The last axes are those of ``x``.

    Raises
    ------
    ValueError
        If ``x`` has nan or infinity, or ``eps`` is not positive.

    Examples
    --------
    >>> finite_difference_jacobian(lambda x: x**2, np.array([1.0, 3.0])).round(6)
    array([[2., 0.],
           [0., 6.]])
    """
    require("eps", eps, Number(0, closed="neither"))
    x = np.array(as_float(x), dtype=float)
    if not np.isfinite(x).all():
        raise ValueError("x has nan or infinity, where there are no differences")
    with np.errstate(all="ignore"):
        steps = np.maximum(eps, 4 * np.spacing(np.abs(x)))
        above, below = np.asarray(x + steps), np.asarray(x - steps)
        widths = np.asarray(above - below)  # between the two numbers, which are rounded
    columns = []
    for index in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()  # new ones each time: fun may change what it gets
        plus[index], minus[index] = above[index], below[index]
        high, low = np.array(fun(plus), dtype=float), np.array(fun(minus), dtype=float)
        with np.errstate(all="ignore"):
            columns.append((high - low) / widths[index])
    if not columns:
        return np.zeros((*np.shape(fun(x)), *x.shape))
    out = np.stack(columns, axis=-1)
    return out.reshape((*out.shape[:-1], *x.shape))
