"""Losses of many classes: rows of scores, or of probabilities, beside labels or distributions."""

from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.losses.shell import distributions, evaluate, finite, pair, weights
from companion.numerics import log_softmax, softmax_cross_entropy
from companion.validation import Number, require

__all__ = ["cross_entropy", "kl_divergence"]


def cross_entropy_terms(q, z):
    """The cost of each row of scores z for a row of targets q, and its derivatives by the scores."""
    log_p = log_softmax(z)
    cost = -np.where(q > 0, q * log_p, 0.0).sum(axis=1)  # 0 log 0 counts as 0
    return cost, q.sum(axis=1, keepdims=True) * np.exp(log_p) - q


def label_terms(y_true, z):
    """The same for class indices, in fewer steps."""
    cost, p = softmax_cross_entropy(z, y_true)
    p[np.arange(len(z)), y_true] -= 1
    return cost, p


def cross_entropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    label_smoothing: float = 0.0,
    class_weight: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    reduction: str = "mean",
) -> tuple[Any, Array]:
    r""":math:`\ell = -\sum_k c_k q_k \log p_k` with :math:`p = \operatorname{softmax}(z)`, from the logits z.

    Without class weights the gradient is :math:`p - q`. The target q is the one-hot label, smoothed to
    :math:`(1 - \epsilon) q + \epsilon / K`.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,) or (n_samples, K)
        Class indices, or probabilities.
    y_pred : array_like of shape (n_samples, K)
        Logits z.
    label_smoothing : float in [0, 1]
        :math:`\epsilon`.
    class_weight : array_like of shape (K,), optional
        The weights :math:`c_k`. As in torch, the mean over class indices divides by the sum of the weights of the true
        classes, that over probabilities by the number of samples. With ``sample_weight`` too, the two weights of a
        sample multiply, in the sum and in the divisor.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced.
    grad : ndarray of shape (n_samples, K)
        The derivatives of the value.

    Raises
    ------
    ValueError
        For classes that are none, rows of probabilities that do not sum to 1, settings out of range, or for shapes,
        numbers or weights that do not fit.

    Examples
    --------
    >>> value, grad = cross_entropy([0], [[0.0, 0.0]])
    >>> value.round(4), grad
    (np.float64(0.6931), array([[-0.5,  0.5]]))
    """
    epsilon = float(require("label_smoothing", label_smoothing, Number(0, 1, "both")))
    z = finite("y_pred", y_pred)
    if z.ndim != 2 or z.size == 0:
        raise ValueError(f"y_pred has shape {z.shape}, expected (n_samples, n_classes)")
    targets = _targets(y_true, *z.shape)
    labels = targets.ndim == 1
    if labels and not epsilon and class_weight is None:
        return evaluate(label_terms, targets, z, sample_weight, reduction)
    c = np.ones(z.shape[1]) if class_weight is None else weights("class_weight", class_weight, z.shape[1:])
    q = (targets[:, None] == np.arange(z.shape[1])).astype(float) if labels else targets
    with np.errstate(over="ignore", under="ignore"):
        if labels and reduction == "mean":
            c = c / (c.max() or 1.0)  # only their proportions count; so nothing overflows
        cq = c * ((1 - epsilon) * q + epsilon / z.shape[1])  # (n_samples, K)
    return evaluate(cross_entropy_terms, cq, z, sample_weight, reduction, share=c[targets] if labels else None)


def _targets(y_true: ArrayLike, n_samples: int, n_classes: int) -> Array:
    """Class indices of shape (n_samples,), or distributions of shape (n_samples, n_classes)."""
    y_true = np.asarray(y_true)
    if y_true.shape == (n_samples,) and y_true.dtype.kind in "iu":
        unknown = y_true[(y_true < 0) | (y_true >= n_classes)]
        if unknown.size:
            raise ValueError(f"y_true contains the class {unknown[0]}, expected 0 to {n_classes - 1}")
        return y_true.astype(np.intp)
    if y_true.shape != (n_samples, n_classes):
        raise ValueError(
            f"y_true has shape {y_true.shape} and dtype {y_true.dtype}, expected class indices of shape ({n_samples},) "
            f"or probabilities of shape {(n_samples, n_classes)}"
        )
    q = finite("y_true", y_true)
    distributions("y_true", q)
    return q.astype(np.result_type(q, np.float64))


def kl_divergence_terms(p, q):
    """The divergence of each row, and its derivatives by q."""
    cost = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0).sum(axis=-1)
    return cost, np.where(p > 0, -p / q, 0.0)


def kl_divergence(
    p: ArrayLike, q: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean"
) -> tuple[Any, Array]:
    r""":math:`\ell = \sum_k p_k \log(p_k / q_k)`, with :math:`0 \log 0 = 0`, of distributions along the last axis.

    Parameters
    ----------
    p : array_like of shape (..., K)
        The true distributions.
    q : array_like of shape (..., K)
        The predicted ones.
    sample_weight : array_like of shape (n_samples,), optional
        The weights of the samples, 1 each by default.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of the samples.

    Returns
    -------
    value : float or ndarray
        Reduced. Infinite where some :math:`q_k = 0 < p_k`.
    grad : ndarray of shape (..., K)
        :math:`-p_k / q_k`, with respect to q, each element taken as free.

    Raises
    ------
    ValueError
        If a row is no distribution, or for shapes, numbers or weights that do not fit.

    Examples
    --------
    >>> value, _ = kl_divergence([0.9, 0.1], [0.5, 0.5])
    >>> value.round(4)
    np.float64(0.3681)
    """
    p, q = pair(p, q, names=("p", "q"))
    distributions("p", p)
    distributions("q", q)
    return evaluate(kl_divergence_terms, p, q, sample_weight, reduction)
