r"""Many classes from a classifier of two: one against the rest, and one against one (``sklearn.multiclass``)."""

from functools import update_wrapper
from itertools import combinations
from types import MethodType

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_regressor
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["OneVsOneClassifier", "OneVsRestClassifier", "one_vs_one_scores"]


def _score(estimator, X):
    """How strongly a binary model is for its second class: its score, else its probability, else its prediction."""
    if hasattr(estimator, "decision_function"):
        return np.ravel(estimator.decision_function(X))
    return estimator.predict(X) if is_regressor(estimator) else estimator.predict_proba(X)[:, 1]


def _threshold(estimator):
    """Where :func:`_score` changes sides."""
    return 0.0 if hasattr(estimator, "decision_function") else 0.5


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


class _if_estimator_has:
    """A method that exists only where the estimator has one of its name."""

    def __init__(self, method):
        update_wrapper(self, method)

    def __get__(self, instance, owner=None):
        if instance is None:
            return self.__wrapped__
        if not hasattr(instance.estimator, self.__name__):
            raise AttributeError(f"{type(instance.estimator).__name__} has no {self.__name__}")
        return MethodType(self.__wrapped__, instance)


class _Reduction(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """The labels of the binary problems, and the choice of the class with the largest score."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Fit a copy of the estimator to each of the binary problems."""
        X, y = self._validate(X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        self.estimators_ = self._fit_all(X, y)
        return self

    def predict(self, X):
        """The class of the largest score."""
        check_is_fitted(self)
        scores = self._scores(X)
        if scores.ndim == 1:
            return self.classes_[(scores > _threshold(self.estimators_[0])).astype(int)]
        return self.classes_[scores.argmax(axis=1)]

    @property
    def n_classes_(self):
        """The number of classes."""
        return len(self.classes_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.estimator.__sklearn_tags__().input_tags.sparse
        return tags


class OneVsRestClassifier(_Reduction):
    """K classifiers, each of one class against all others; the most confident one decides.

    Parameters
    ----------
    estimator : classifier or regressor
        It is copied, not fitted. Its ``decision_function`` counts, else its ``predict_proba``, else ``predict``. The
        methods of these names exist here where they exist there; and X is checked there.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
    n_classes_ : int
    estimators_ : list of K estimators; of one for two classes

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsRestClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def _validate(self, X, y):
        return X, validate_data(self, X="no_validation", y=y)

    def _fit_all(self, X, y):
        labels = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        fits = [clone(self.estimator).fit(X, (y == label).astype(int)) for label in labels]
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)  # of an earlier fit
            if hasattr(fits[0], name):
                setattr(self, name, getattr(fits[0], name))
        return fits

    def _scores(self, X):
        scores = np.column_stack([_score(estimator, X) for estimator in self.estimators_])
        return scores if scores.shape[1] > 1 else scores[:, 0]

    @_if_estimator_has
    def decision_function(self, X):
        """The scores of the K classifiers, of shape (n_samples, K); of shape (n_samples,) for two classes."""
        check_is_fitted(self)
        return self._scores(X)

    @_if_estimator_has
    def predict_proba(self, X):
        """The probabilities of the K classifiers, divided by their sum: shares, not calibrated probabilities.

        Where all of them underflow to 0 there are no shares: the row stays 0.
        """
        check_is_fitted(self)
        p = np.column_stack([estimator.predict_proba(X)[:, 1] for estimator in self.estimators_])
        if p.shape[1] == 1:
            return np.column_stack([1 - p, p])
        total = p.sum(axis=1, keepdims=True)
        return np.divide(p, total, out=p, where=total > 0)


class OneVsOneClassifier(_Reduction):
    r"""K(K - 1)/2 classifiers, one for each pair of classes; the class with most votes wins.

    Parameters
    ----------
    estimator : classifier
        It is copied, not fitted. Its ``predict`` votes; its ``decision_function``, else ``predict_proba``, breaks ties.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
    n_classes_ : int
    estimators_ : tuple of K (K - 1) / 2 estimators, in the order of the pairs (0, 1), (0, 2), ...

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsOneClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def _validate(self, X, y):
        return validate_data(self, X, y, accept_sparse=["csr", "csc"], ensure_all_finite=False)

    def _fit_all(self, X, y):
        fits = []
        for first, second in combinations(self.classes_, 2):
            rows = (y == first) | (y == second)
            fits.append(clone(self.estimator).fit(X[rows], (y[rows] == second).astype(int)))
        return tuple(fits)

    def decision_function(self, X):
        """Votes with their ties broken, of shape (n_samples, K); for two classes only the second column.

        That column is above 1/2 where the second class wins, and else below 0 if the estimator has a
        ``decision_function``.
        """
        check_is_fitted(self)
        return self._scores(X)

    def _scores(self, X):
        X = validate_data(self, X, accept_sparse=True, ensure_all_finite=False, reset=False)
        votes = np.column_stack([estimator.predict(X) for estimator in self.estimators_])
        confidences = np.column_stack([_score(estimator, X) for estimator in self.estimators_])
        scores = one_vs_one_scores(votes, confidences, len(self.classes_))
        return scores[:, 1] if len(self.classes_) == 2 else scores
