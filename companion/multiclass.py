r"""Many classes from a classifier of two: one against the rest, and one against one (``sklearn.multiclass``)."""

from itertools import combinations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["OneVsOneClassifier", "OneVsRestClassifier", "one_vs_one_scores"]


def _score(estimator, X):
    """How strongly a binary classifier is for its second class."""
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(X)
    return estimator.predict_proba(X)[:, 1]


def one_vs_one_scores(votes, confidences, n_classes):
    r"""Votes for each class, with ties broken by the sum of confidences, squeezed into :math:`(-\tfrac13, \tfrac13)`.

    Parameters
    ----------
    votes : ndarray of shape (n_samples, K (K - 1) / 2), 0 or 1
        For each pair (i, j) with i < j: 1 for j.
    confidences : ndarray of the same shape
        Positive for j.

    Returns
    -------
    scores : ndarray of shape (n_samples, K)

    Examples
    --------
    >>> one_vs_one_scores(np.array([[1, 1, 0]]), np.array([[1.0, 1.0, -3.0]]), 3).round(3)  # pairs 01, 02, 12
    array([[-0.222,  2.267,  0.778]])
    """
    scores, sums = np.zeros((len(votes), n_classes)), np.zeros((len(votes), n_classes))
    for pair, (i, j) in enumerate(combinations(range(n_classes), 2)):
        scores[:, i] += votes[:, pair] == 0
        scores[:, j] += votes[:, pair] == 1
        sums[:, i] -= confidences[:, pair]
        sums[:, j] += confidences[:, pair]
    return scores + sums / (3 * (np.abs(sums) + 1))


class _Reduction(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Validation, and the choice of the class with the largest score."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Fit a copy of the estimator to each of the binary problems."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} can not be fit when only one class is present, got {self.classes_}"
            )
        self.estimators_ = self._fit_all(X, y)
        return self

    def predict(self, X):
        """The class of the largest score."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]


class OneVsRestClassifier(_Reduction):
    """K classifiers, each of one class against all others; the most confident one decides.

    Parameters
    ----------
    estimator : estimator with ``decision_function`` or ``predict_proba``

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
    estimators_ : list of K estimators; of one for two classes

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsRestClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def _fit_all(self, X, y):
        labels = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        return [clone(self.estimator).fit(X, (y == label).astype(int)) for label in labels]

    def decision_function(self, X):
        """The scores of the K classifiers, of shape (n_samples, K); of shape (n_samples,) for two classes."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        scores = np.column_stack([_score(estimator, X) for estimator in self.estimators_])
        if scores.shape[1] > 1:
            return scores
        # probabilities change sides at 1/2, scores at 0
        return scores[:, 0] if hasattr(self.estimators_[0], "decision_function") else scores[:, 0] - 0.5

    def predict_proba(self, X):
        """The probabilities of the K classifiers, divided by their sum: shares, not calibrated probabilities."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        p = np.column_stack([estimator.predict_proba(X)[:, 1] for estimator in self.estimators_])
        if p.shape[1] == 1:
            return np.column_stack([1 - p, p])
        total = p.sum(axis=1, keepdims=True)
        return np.divide(p, total, out=np.full_like(p, 1 / p.shape[1]), where=total > 0)


class OneVsOneClassifier(_Reduction):
    r"""K(K - 1)/2 classifiers, one for each pair of classes; the class with most votes wins.

    Parameters
    ----------
    estimator : estimator with ``decision_function`` or ``predict_proba``

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
    estimators_ : tuple of K (K - 1) / 2 estimators, in the order of the pairs (0, 1), (0, 2), ...

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsOneClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def _fit_all(self, X, y):
        fits = []
        for first, second in combinations(self.classes_, 2):
            rows = (y == first) | (y == second)
            fits.append(clone(self.estimator).fit(X[rows], (y[rows] == second).astype(int)))
        return tuple(fits)

    def decision_function(self, X):
        """Votes with their ties broken, of shape (n_samples, K); the plain score, (n_samples,), for two classes."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        votes = np.column_stack([estimator.predict(X) for estimator in self.estimators_])
        confidences = np.column_stack([_score(estimator, X) for estimator in self.estimators_])
        scores = one_vs_one_scores(votes, confidences, len(self.classes_))
        return scores[:, 1] if len(self.classes_) == 2 else scores
