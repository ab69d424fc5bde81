"""Losses of numbers: how far is a prediction from what came?"""

from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.losses.shell import evaluate, pair
from companion.validation import Number, require

__all__ = ["absolute_error", "gaussian_nll", "huber", "pinball", "squared_error"]


def squared_error_terms(y_true, y_pred):
    """The cost of each sample, and its derivative by the prediction."""
    residual = y_pred - y_true
    return residual**2, 2 * residual


def squared_error(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = (\hat y - y)^2`, without the factor 1/2. Gradient :math:`2(\hat y - y)`; minimized by the mean.

    Parameters
    ----------
    y_true, y_pred : array_like of one shape
        What came, and what was predicted.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : ndarray of the shape of ``y_pred``
        The derivatives of the value.

    Raises
    ------
    ValueError
        For shapes, numbers or weights that do not fit; see :mod:`companion.losses`.

    Examples
    --------
    >>> squared_error([1.0, 2.0], [2.0, 4.0])
    (np.float64(2.5), array([1., 2.]))
    """
    return evaluate(squared_error_terms, *pair(y_true, y_pred), sample_weight, reduction)


def absolute_error_terms(y_true, y_pred):
    """The cost of each sample, and its derivative by the prediction."""
    residual = y_pred - y_true
    return np.abs(residual), np.sign(residual)


def absolute_error(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = |\hat y - y|`. Gradient the sign, 0 at the kink; minimized by the median.

    Parameters
    ----------
    y_true, y_pred : array_like of one shape
        What came, and what was predicted.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : ndarray of the shape of ``y_pred``
        The derivatives of the value.

    Raises
    ------
    ValueError
        For shapes, numbers or weights that do not fit; see :mod:`companion.losses`.

    Examples
    --------
    >>> absolute_error([1.0, 2.0], [2.0, 0.0])
    (np.float64(1.5), array([ 0.5, -0.5]))
    """
    return evaluate(absolute_error_terms, *pair(y_true, y_pred), sample_weight, reduction)


def huber_terms(y_true, y_pred, delta):
    """The cost of each sample, and its derivative by the prediction."""
    residual = y_pred - y_true
    clipped = np.clip(residual, -delta, delta)
    return clipped * (residual - 0.5 * clipped), clipped


def huber(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    delta: float = 1.0,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    r""":math:`\ell = \tfrac12 r^2` for :math:`|r| \le \delta`, else :math:`\delta(|r| - \tfrac12\delta)`, with
    :math:`r = \hat y - y`.

    The scaling is that of ``torch.nn.functional.huber_loss``. The gradient is r, cut off at :math:`\pm\delta`.

    Parameters
    ----------
    y_true, y_pred : array_like of one shape
        What came, and what was predicted.
    delta : float, positive
        The residual :math:`\delta` beyond which the cost goes on straight.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : ndarray of the shape of ``y_pred``
        The derivatives of the value.

    Raises
    ------
    ValueError
        If ``delta`` is not positive, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> huber([0.0, 0.0], [0.5, 3.0], reduction="none")
    (array([0.125, 2.5  ]), array([0.5, 1. ]))
    """
    delta = float(require("delta", delta, Number(0, closed="neither")))
    return evaluate(huber_terms, *pair(y_true, y_pred), sample_weight, reduction, delta=delta)


def pinball_terms(y_true, y_pred, alpha):
    """The cost of each sample, and its derivative by the prediction."""
    under = y_true - y_pred
    slope = np.where(under > 0, -alpha, np.where(under < 0, 1 - alpha, 0.0))
    return -slope * under, slope


def pinball(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    alpha: float = 0.5,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    r""":math:`\ell = \max(\alpha (y - \hat y), (\alpha - 1)(y - \hat y))`; minimized by the :math:`\alpha`-quantile.

    The scaling is that of ``sklearn.metrics.mean_pinball_loss``: half the absolute error for :math:`\alpha = 1/2`. At
    the kink the gradient is 0.

    Parameters
    ----------
    y_true, y_pred : array_like of one shape
        What came, and what was predicted.
    alpha : float in (0, 1)
        The share of samples that should lie below the prediction.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : ndarray of the shape of ``y_pred``
        The derivatives of the value.

    Raises
    ------
    ValueError
        If ``alpha`` is not between 0 and 1, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> pinball([1.0, 1.0], [0.0, 2.0], alpha=0.9, reduction="none")
    (array([0.9, 0.1]), array([-0.9,  0.1]))
    """
    alpha = float(require("alpha", alpha, Number(0, 1, "neither")))
    return evaluate(pinball_terms, *pair(y_true, y_pred), sample_weight, reduction, alpha=alpha)


def gaussian_nll_terms(y_true, y_pred):
    """The cost of each sample, and its derivatives by the mean and the variance, the last axis of ``y_pred``."""
    mean, var = y_pred[..., 0], y_pred[..., 1]
    residual = mean - y_true
    pull = residual / var
    return 0.5 * (np.log(var) + residual * pull), np.stack([pull, 0.5 * (1 - residual * pull) / var], axis=-1)


def gaussian_nll(
    y_true: ArrayLike,
    mean: ArrayLike,
    var: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, tuple[Array, Array]]:
    r""":math:`\ell = \tfrac12 (\log v + (y - \mu)^2 / v)`: the negative log-density of a Gaussian without its constant.

    Parameters
    ----------
    y_true, mean, var : array_like of one shape
        ``var`` is the variance v, positive.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : tuple of two ndarray
        With respect to ``mean`` and to ``var``.

    Raises
    ------
    ValueError
        If a variance is not positive, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> value, (by_mean, by_var) = gaussian_nll([1.0], [0.0], [1.0])
    >>> value, by_mean, by_var
    (np.float64(0.5), array([-1.]), array([0.]))
    """
    y_true, mean = pair(y_true, mean, names=("y_true", "mean"))
    _, var = pair(y_true, var, names=("y_true", "var"))
    if not (var > 0).all():
        raise ValueError(f"var contains {var.min()}, expected > 0")
    value, grad = evaluate(gaussian_nll_terms, y_true, np.stack([mean, var], axis=-1), sample_weight, reduction)
    return value, (grad[..., 0], grad[..., 1])
