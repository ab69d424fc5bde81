r"""How good is a classifier, and how sure can one be after n test samples?"""

import math

import numpy as np
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from companion.annotations import Array, ArrayLike
from companion.validation import Boolean, Integer, Number, as_float, require

__all__ = ["accuracy_score", "mcnemar_test", "wilson_interval"]


def _which_are_right(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """For each sample, whether its prediction is right; for scikit-learn's kinds of labels only."""
    check_consistent_length(y_true, y_pred)
    kinds = {type_of_target(y_true, input_name="y_true"), type_of_target(y_pred, input_name="y_pred")}
    if not kinds <= {"binary", "multiclass"} and kinds != {"multilabel-indicator"}:
        raise ValueError(f"labels of the kind {' and '.join(sorted(kinds))} are not supported, expected classes")
    rows = "multilabel-indicator" in kinds
    y_true, y_pred = (
        check_array(y, dtype=None, ensure_2d=rows) if rows or np.ndim(y) > 1 else np.asarray(y)
        for y in (y_true, y_pred)
    )
    if not len(y_true):
        raise ValueError("y_true is empty, expected at least one sample")
    unique_labels(y_true, y_pred)  # refuses texts beside numbers
    return (y_true == y_pred).all(axis=1) if rows else column_or_1d(y_true) == column_or_1d(y_pred)


def accuracy_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, normalize: bool = True, sample_weight: ArrayLike | None = None
) -> float:
    """The share of predictions that are right (``sklearn.metrics.accuracy_score``).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n_samples,) or (n_samples, n_labels)
        Classes: whole numbers, bools or texts, the same kind in both. In two columns or more they are indicators of
        labels, and a sample is right if its whole row is.
    normalize : bool
        If False, the number of predictions that are right instead of their share.
    sample_weight : array_like of shape (n_samples,), optional
        What each sample counts for, 1 by default.

    Returns
    -------
    float
        The share, or the number.

    Raises
    ------
    ValueError
        For numbers that are no classes, texts beside numbers, no samples, or lengths that differ. Sparse matrices,
        which scikit-learn takes, are refused with a TypeError.
    ZeroDivisionError
        If weights of both signs sum to 0.

    Examples
    --------
    >>> accuracy_score(["cat", "dog", "dog", "dog"], ["cat", "dog", "cat", "dog"])
    0.75
    """
    require("normalize", normalize, Boolean())
    right = _which_are_right(y_true, y_pred)
    if sample_weight is None:
        return float(right.mean() if normalize else right.sum())
    weight = _weights(sample_weight)
    check_consistent_length(right, weight)
    if not (np.isfinite(weight).all() and weight.any()):
        raise ValueError("the sample weights must be finite, and at least one of them not 0")
    if not normalize:
        with np.errstate(over="ignore", under="ignore"):
            return float(weight[right].sum())
    with np.errstate(under="ignore"):
        return float(np.average(right, weights=weight / np.abs(weight).max()))  # so that the sum cannot overflow


def _weights(sample_weight: ArrayLike) -> Array:
    """Weights of shape (n_samples,); objects are taken for the numbers that they are."""
    weight = np.asarray(sample_weight)
    if weight.ndim != 1:
        raise ValueError(f"sample_weight has shape {weight.shape}, expected (n_samples,)")
    if weight.dtype.kind == "c":
        raise ValueError("sample_weight contains complex numbers, expected real ones")
    weight = weight.astype(float) if weight.dtype == object else as_float(weight, "sample_weight")
    with np.errstate(over="ignore", under="ignore"):
        return weight.astype(float)


def wilson_interval(n_correct: int, n_samples: int, z: float = 1.96) -> tuple[float, float]:
    r"""An interval for a probability, from how often it came true.

    All p that an observed share :math:`\hat p` does not refute at z standard deviations,
    :math:`|\hat p - p| \le z \sqrt{p (1 - p) / n}`; solved for p, with :math:`u^2 = z^2 / (n + z^2)`,

    .. math:: (1 - u^2)\, \hat p + u^2 \tfrac12 \;\pm\; u \sqrt{(1 - u^2)\, \hat p (1 - \hat p) + u^2 \tfrac14} .

    Parameters
    ----------
    n_correct, n_samples : int
        So many samples of so many were right.
    z : float, not negative
        1.96 for 95 percent.

    Returns
    -------
    low, high : float
        The ends of the interval, within [0, 1].

    Raises
    ------
    ValueError
        If a count is no whole number, or they or z are impossible.

    Examples
    --------
    >>> low, high = wilson_interval(97, 100)
    >>> round(low, 3), round(high, 3)
    (0.915, 0.99)
    """
    n_samples = int(require("n_samples", n_samples, Integer(1)))
    n_correct = int(require("n_correct", n_correct, Integer(0, n_samples, "both")))
    return wilson_bounds(n_correct / n_samples, n_samples, float(require("z", z, Number(0))))


def wilson_bounds(share: float, n_samples: int, z: float) -> tuple[float, float]:
    """All p that an observed share does not refute at z standard deviations."""
    u = z / math.hypot(z, math.sqrt(n_samples))  # 0 with many samples, 1 with few
    center = (1 - u**2) * share + u**2 / 2  # between the share and 1/2
    half = u * math.sqrt((1 - u**2) * share * (1 - share) + u**2 / 4)
    return max(center - half, 0.0), min(center + half, 1.0)


def mcnemar_test(y_true: ArrayLike, first: ArrayLike, second: ArrayLike) -> tuple[int, int, float]:
    """Do two classifiers differ, judged by the samples on which exactly one of them is right?

    If they were equally good, each such sample would be a fair coin. Two-sided, and exact to rounding.

    Parameters
    ----------
    y_true, first, second : array_like of shape (n_samples,)
        The labels and the two predictions.

    Returns
    -------
    only_first, only_second : int
        How many samples only one of them has right.
    p_value : float
        The chance of a difference at least as large, were they equally good.

    Raises
    ------
    ValueError
        For labels that :func:`accuracy_score` refuses, or that are not of one dimension.

    Examples
    --------
    >>> only_first, only_second, p_value = mcnemar_test([0] * 10, [0] * 10, [0] * 4 + [1] * 6)
    >>> only_first, only_second, round(p_value, 5)
    (6, 0, 0.03125)
    """
    shapes = [np.shape(labels) for labels in (y_true, first, second)]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1:
        raise ValueError(f"got the shapes {shapes[0]}, {shapes[1]} and {shapes[2]}, expected equal lengths")
    first_is_right, second_is_right = _which_are_right(y_true, first), _which_are_right(y_true, second)
    only_first = int((first_is_right & ~second_is_right).sum())
    only_second = int((second_is_right & ~first_is_right).sum())
    return only_first, only_second, fair_coin_p_value(only_first, only_second)


def fair_coin_p_value(heads: int, tails: int) -> float:
    """How often would a fair coin split as unevenly as this, in either direction?"""
    n, few = heads + tails, min(heads, tails)
    k = np.arange(n // 2, 0, -1)
    with np.errstate(under="ignore"):
        chance = np.cumprod(np.append(1.0, k / (n - k + 1)))  # of n // 2, ..., 1, 0 heads, as multiples of the first
    total = 2 * chance.sum() - (1 if n % 2 == 0 else 0)  # both halves, which share the middle if n is even
    return min(float(2 * chance[n // 2 - few :].sum() / total), 1.0)
