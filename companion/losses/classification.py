"""Losses of two classes: a score, or a probability, beside a label."""

from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.losses.shell import between_0_and_1, evaluate, one_of, pair
from companion.numerics import softplus_sigmoid
from companion.validation import Number, require

__all__ = [
    "binary_cross_entropy_with_logits",
    "brier",
    "focal",
    "hinge",
    "squared_hinge",
    "zero_one",
]


# ---- from a score ----------------------------------------------------------------------------------------------------


def binary_cross_entropy_with_logits_terms(y_true, z, pos_weight):
    """The cost of each sample, and its derivative by the score z."""
    if_0, p = softplus_sigmoid(z)  # the cost of a label 0, and the probability of 1
    if_1, q = softplus_sigmoid(-z)  # the cost of a label 1, and the probability of 0
    cost = pos_weight * y_true * if_1 + (1 - y_true) * if_0
    return cost, (1 - y_true) * p - pos_weight * y_true * q


def binary_cross_entropy_with_logits(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    pos_weight: float | None = None,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    r""":math:`\ell = -\pi\, y \log\sigma(z) - (1 - y)\log(1 - \sigma(z))`, from the logit z.

    Gradient :math:`\sigma(z) - y` for :math:`\pi = 1`. Nothing overflows or vanishes for large z: a mistake of
    z = 10,000 costs 10,000.

    Parameters
    ----------
    y_true : array_like
        Labels 0 and 1, or probabilities between.
    y_pred : array_like of the same shape
        Logits z.
    pos_weight : float, optional
        The weight :math:`\pi` of the positive class, as in torch: it does not enter the divisor of the mean.
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
        If a label is not in [0, 1], ``pos_weight`` is not positive, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> value, grad = binary_cross_entropy_with_logits([1.0, 0.0], [0.0, 1e4])
    >>> value.round(4), grad
    (np.float64(5000.3466), array([-0.25,  0.5 ]))
    """
    require("pos_weight", pos_weight, Number(0, closed="neither"), None)
    pos_weight = 1.0 if pos_weight is None else float(pos_weight)
    y_true, z = pair(y_true, y_pred)
    between_0_and_1("y_true", y_true)
    terms = binary_cross_entropy_with_logits_terms
    return evaluate(terms, y_true, z, sample_weight, reduction, pos_weight=pos_weight)


def focal_terms(y_true, z, gamma, of_0, of_1):
    """The cost of each sample, and its derivative by the score z; ``of_0`` and ``of_1`` are the weights of classes."""
    sign = 2 * y_true - 1
    a = np.where(y_true == 1, of_1, of_0)
    loss, q = softplus_sigmoid(-sign * z)  # -log p, and 1 - p, with p the probability of the true label
    return a * q**gamma * loss, -a * sign * q**gamma * (gamma * (1 - q) * loss + q)  # dq/dz = -sign q (1 - q)


def focal(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    r""":math:`\ell = -a\,(1 - p_t)^\gamma \log p_t` with :math:`p_t` the probability of the true label, from the logit
    z.

    Parameters
    ----------
    y_true : array_like
        Labels 0 and 1.
    y_pred : array_like of the same shape
        Logits z.
    gamma : float, not negative
        How strongly easy samples are turned down; 0 is the binary cross-entropy.
    alpha : float in (0, 1), optional
        The weight a of the positive class; the negative one has ``1 - alpha``. Both 1 without.
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
        If a label is not 0 or 1, for settings out of range, or for shapes, numbers or weights that do not fit.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollar (2017), Focal loss for dense object detection.

    Examples
    --------
    >>> value, _ = focal([1.0], [0.0], gamma=2.0)
    >>> value.round(4)  # a quarter of log 2
    np.float64(0.1733)
    """
    gamma = float(require("gamma", gamma, Number(0)))
    require("alpha", alpha, Number(0, 1, "neither"), None)
    of_0, of_1 = (1.0, 1.0) if alpha is None else (1 - float(alpha), float(alpha))
    y_true, z = pair(y_true, y_pred)
    one_of((0, 1), y_true)
    return evaluate(focal_terms, y_true, z, sample_weight, reduction, gamma=gamma, of_0=of_0, of_1=of_1)


# ---- from the margin -------------------------------------------------------------------------------------------------


def hinge_terms(y_true, score):
    """The cost of each sample, and its derivative by the score."""
    slack = 1 - y_true * score
    return np.maximum(slack, 0), np.where(slack > 0, -y_true, 0)


def hinge(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = \max(0, 1 - y f)` for labels :math:`y = \pm 1` and scores f. Subgradient 0 at the kink.

    Parameters
    ----------
    y_true : array_like
        Labels -1 and 1.
    y_pred : array_like of the same shape
        Scores f.
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
        If a label is not -1 or 1, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> hinge([1, 1, -1], [2.0, 0.5, 0.0], reduction="none")
    (array([0. , 0.5, 1. ]), array([ 0., -1.,  1.]))
    """
    y_true, score = pair(y_true, y_pred)
    one_of((-1, 1), y_true)
    return evaluate(hinge_terms, y_true, score, sample_weight, reduction)


def squared_hinge_terms(y_true, score):
    """The cost of each sample, and its derivative by the score."""
    slack = np.maximum(1 - y_true * score, 0)
    return slack**2, -2 * y_true * slack


def squared_hinge(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = \max(0, 1 - y f)^2` for labels :math:`y = \pm 1` and scores f: the hinge without its kink.

    Parameters
    ----------
    y_true : array_like
        Labels -1 and 1.
    y_pred : array_like of the same shape
        Scores f.
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
        If a label is not -1 or 1, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> squared_hinge([1, -1], [0.5, 0.0], reduction="none")
    (array([0.25, 1.  ]), array([-1.,  2.]))
    """
    y_true, score = pair(y_true, y_pred)
    one_of((-1, 1), y_true)
    return evaluate(squared_hinge_terms, y_true, score, sample_weight, reduction)


def zero_one_terms(y_true, score):
    """Which samples are mistakes; there is no useful derivative."""
    mistakes = (y_true * score <= 0).astype(float)
    return mistakes, np.zeros_like(mistakes)


def zero_one(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> Any:
    r""":math:`\ell = 1` where the sign of the score is not the label :math:`y = \pm 1`, else 0; a score of 0 is a
    mistake.

    It has no useful gradient, and none is returned.

    Parameters
    ----------
    y_true : array_like
        Labels -1 and 1.
    y_pred : array_like of the same shape
        Scores.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    float or ndarray
        The share of mistakes, their number, or each of them.

    Raises
    ------
    ValueError
        If a label is not -1 or 1, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> zero_one([1, -1, 1], [0.3, 0.2, 0.0], reduction="none")
    array([0., 1., 1.])
    """
    y_true, score = pair(y_true, y_pred)
    one_of((-1, 1), y_true)
    return evaluate(zero_one_terms, y_true, score, sample_weight, reduction)[0]


# ---- from a probability ----------------------------------------------------------------------------------------------


def brier_terms(y_true, p):
    """The cost of each sample, and its derivative by the probability."""
    return (p - y_true) ** 2, 2 * (p - y_true)


def brier(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = (p - y)^2` for labels 0 and 1 and predicted probabilities p.

    Parameters
    ----------
    y_true : array_like
        Labels 0 and 1, or probabilities between.
    y_pred : array_like of the same shape
        Probabilities p.
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
        If a label or a probability is not in [0, 1], or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> brier([1, 0], [0.5, 0.0])
    (np.float64(0.125), array([-0.5,  0. ]))
    """
    y_true, p = pair(y_true, y_pred)
    between_0_and_1("y_true", y_true)
    between_0_and_1("y_pred", p)
    return evaluate(brier_terms, y_true, p, sample_weight, reduction)
