r"""How good is a classifier, and how sure can one be after n test samples?"""

import math

import numpy as np


def accuracy_score(y_true, y_pred):
    """The share of predictions that are right (``sklearn.metrics.accuracy_score``)."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.shape != y_pred.shape or y_true.ndim != 1 or not len(y_true):
        raise ValueError(
            f"y_true of shape {y_true.shape} and y_pred of shape {y_pred.shape}, expected equal lengths > 0"
        )
    return float(np.mean(y_true == y_pred))


def wilson_interval(n_correct, n_samples, z=1.96):
    r"""An interval for a probability, from how often it came true.

    All p that an observed share :math:`\hat p` does not refute at z standard deviations,
    :math:`|\hat p - p| \le z \sqrt{p (1 - p) / n}`; solved for p, with :math:`m = n + z^2`,

    .. math:: \frac{n \hat p + z^2 / 2}{m} \pm \frac{z}{m} \sqrt{n \hat p (1 - \hat p) + z^2 / 4} .

    Parameters
    ----------
    n_correct, n_samples : int
    z : float
        1.96 for 95 percent.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> low, high = wilson_interval(97, 100)
    >>> round(low, 3), round(high, 3)
    (0.915, 0.99)
    """
    if not 0 <= n_correct <= n_samples or n_samples < 1:
        raise ValueError(f"n_correct={n_correct} and n_samples={n_samples}, expected 0 <= n_correct <= n_samples >= 1")
    share, total = n_correct / n_samples, n_samples + z**2
    center = (n_correct + z**2 / 2) / total
    half = z / total * math.sqrt(n_samples * share * (1 - share) + z**2 / 4)
    return max(center - half, 0.0), min(center + half, 1.0)


def mcnemar_test(y_true, first, second):
    """Do two classifiers differ, judged by the samples on which exactly one of them is right?

    If they were equally good, each such sample would be a fair coin. Exact and two-sided.

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

    Examples
    --------
    >>> mcnemar_test([0] * 10, [0] * 10, [0] * 4 + [1] * 6)
    (6, 0, 0.03125)
    """
    y_true, first, second = map(np.asarray, (y_true, first, second))
    if not y_true.shape == first.shape == second.shape or y_true.ndim != 1:
        raise ValueError(f"got the shapes {y_true.shape}, {first.shape} and {second.shape}, expected equal lengths")
    only_first = int(np.sum((first == y_true) & (second != y_true)))
    only_second = int(np.sum((second == y_true) & (first != y_true)))
    n, few = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, k) for k in range(few + 1)) / 2**n
    return only_first, only_second, min(2 * tail, 1.0)
