"""One against the rest, and one against one."""

import warnings
from collections.abc import Callable
from itertools import combinations
from types import MethodType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_classifier, is_regressor
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _num_samples, check_is_fitted, column_or_1d, validate_data

from companion.annotations import Array, ArrayLike
from companion.multiclass.labels import LabelBinarizer
from companion.validation import InvalidParameterError

__all__ = ["OneVsOneClassifier", "OneVsRestClassifier", "one_vs_one_scores"]


def _score(estimator: Any, X: Any) -> Array:
    """How strongly a binary model is for its second class: score, else probability; of a regressor its value."""
    if is_regressor(estimator):
        return estimator.predict(X)
    if hasattr(estimator, "decision_function"):
        return np.ravel(estimator.decision_function(X))
    return estimator.predict_proba(X)[:, 1]


def _threshold(estimator: Any) -> float:
    """Where :func:`_score` changes sides."""
    return 0.0 if hasattr(estimator, "decision_function") and is_classifier(estimator) else 0.5


def one_vs_one_scores(votes: Array, confidences: Array, n_classes: int) -> Array:
    r"""Votes for each class, with ties broken by the sum of confidences, squeezed into :math:`(-\tfrac13, \tfrac13)`.

    Parameters
    ----------
    votes : ndarray of shape (n_samples, K (K - 1) / 2), 0 or 1
        For each pair (i, j) with i < j: 1 for j.
    confidences : ndarray of shape (n_samples, K (K - 1) / 2)
        Positive for j.
    n_classes : int
        The number K of classes.

    Returns
    -------
    scores : ndarray of shape (n_samples, K)
        The votes, a whole number each, plus the squeezed confidences.

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
    """A method that exists only where the models inside have one of its name."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method = method

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self.method
        inside = instance.estimators_[0] if hasattr(instance, "estimators_") else instance.estimator
        if not hasattr(inside, self.method.__name__):
            raise AttributeError(f"{type(inside).__name__} has no {self.method.__name__}")
        return MethodType(self.method, instance)


class _Constant(BaseEstimator):
    """Instead of a binary model where all labels are the same: it is always for the first class."""

    def fit(self, X: Any) -> "_Constant":
        validate_data(self, X, skip_check_array=True)  # only counts the features
        return self

    def predict(self, X: Any) -> Array:
        validate_data(self, X, skip_check_array=True, reset=False)
        return np.zeros(_num_samples(X), int)

    def decision_function(self, X: Any) -> Array:
        return self.predict(X)

    def predict_proba(self, X: Any) -> Array:
        return np.tile([1.0, 0.0], (len(self.predict(X)), 1))


class _Reduction(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """What both reductions share: the estimator that is copied, and the choice of the class with the largest score."""

    classes_: Array

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def _check_estimator(self) -> None:
        if isinstance(self.estimator, type) or not callable(getattr(self.estimator, "fit", None)):
            raise InvalidParameterError(f"estimator={self.estimator!r}, expected an object with a method fit")

    def predict(self, X: ArrayLike) -> Array:
        """The class of the largest score.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples,)
            The labels.
        """
        check_is_fitted(self)
        scores = self._scores(X)
        if scores.ndim == 2:
            return self.classes_[scores.argmax(axis=1)]
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(scores))
        return self.classes_[(scores > _threshold(self.estimators_[0])).astype(int)]

    @property
    def n_classes_(self) -> int:
        """The number of classes."""
        return len(self.classes_)

    def __sklearn_tags__(self) -> Any:
        tags, inside = super().__sklearn_tags__(), self.estimator.__sklearn_tags__()
        tags.input_tags.sparse = inside.input_tags.sparse
        tags.input_tags.pairwise = inside.input_tags.pairwise
        return tags


class OneVsRestClassifier(_Reduction):
    """K classifiers, each of one class against all others; the most confident one decides.

    A single class gives a warning, and a model that always predicts it. Labels are of one class each.

    Parameters
    ----------
    estimator : classifier or regressor
        It is copied, not fitted. Its ``decision_function`` counts, else its ``predict_proba``; of a regressor
        ``predict``. The methods of these names exist here where they exist there; and X is checked there.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
        The labels, in order.
    n_classes_ : int
        Their number K.
    estimators_ : list of K estimators
        One only for two classes: of the second.
    label_binarizer_ : LabelBinarizer
        What made the columns of 0 and 1 to which the estimators were fitted.
    n_features_in_ : int
        The number of features, where the estimators know it.

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsRestClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> "OneVsRestClassifier":
        """Fit a copy of the estimator for each class, to tell it from the rest.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes.
        y : array_like of shape (n_samples,)
            The labels.

        Returns
        -------
        OneVsRestClassifier
            This model, fitted.

        Raises
        ------
        InvalidParameterError
            A ValueError, where the estimator has no ``fit``.

        Warns
        -----
        UserWarning
            Where there is a single class.
        """
        self._check_estimator()
        column_or_1d(y, warn=True)
        binarizer = LabelBinarizer()
        columns = binarizer.fit_transform(y)  # of shape (n_samples, 1) for two classes or one
        self.label_binarizer_, self.classes_ = binarizer, binarizer.classes_
        if len(self.classes_) == 1:
            warnings.warn(f"Label not {self.classes_[0]} is present in all training examples.", stacklevel=2)
            self.estimators_ = [_Constant().fit(X)]
        else:
            self.estimators_ = [clone(self.estimator).fit(X, column) for column in columns.T]
        self._take_over_features(self.estimators_[0])
        return self

    def _take_over_features(self, fitted: Any) -> None:
        """Know the features as a fitted estimator does, and forget those of an earlier fit."""
        self.__dict__.pop("n_features_in_", None)
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(fitted, "n_features_in_"):
            self.n_features_in_ = fitted.n_features_in_
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_

    @property
    def multilabel_(self) -> bool:
        """Whether a sample may have several labels; here it may not."""
        return False

    def _scores(self, X: ArrayLike) -> Array:
        scores = np.column_stack([_score(estimator, X) for estimator in self.estimators_])
        return scores if scores.shape[1] > 1 else scores[:, 0]

    @_if_estimator_has
    def decision_function(self, X: ArrayLike) -> Array:
        """The scores of the K classifiers.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, K); (n_samples,) for two classes
            Positive where the class is predicted by its own classifier.
        """
        check_is_fitted(self)
        return self._scores(X)

    @_if_estimator_has
    def predict_proba(self, X: ArrayLike) -> Array:
        """The probabilities of the K classifiers, divided by their sum: shares, not calibrated probabilities.

        Where all of them underflow to 0 there are no shares: the row stays 0.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, K)
            Of shape (n_samples, 2) for a single class, too, which then has the first column, as in scikit-learn.
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
        The labels, in order.
    n_classes_ : int
        Their number K.
    estimators_ : tuple of K (K - 1) / 2 estimators
        In the order of the pairs (0, 1), (0, 2), ...
    pairwise_indices_ : tuple of ndarray, or None
        For each pair the samples that its estimator was fitted to, where X holds kernels between samples; else None.
    n_features_in_ : int
        The number of features.

    Examples
    --------
    >>> from companion.linear_model import Perceptron
    >>> X, y = [[0, 3], [3, 0], [-3, -3]], ["a", "b", "c"]
    >>> OneVsOneClassifier(Perceptron()).fit(X, y).predict([[0, 2], [-1, -2]]).tolist()
    ['a', 'c']
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> "OneVsOneClassifier":
        """Fit a copy of the estimator to each pair of classes.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes; of shape (n_samples, n_samples) where it takes kernels.
        y : array_like of shape (n_samples,)
            The labels, of two classes or more.

        Returns
        -------
        OneVsOneClassifier
            This model, fitted.

        Raises
        ------
        InvalidParameterError
            A ValueError, where the estimator has no ``fit``.
        ValueError
            Where there is a single class.
        """
        self._check_estimator()
        features, labels = validate_data(self, X, y, accept_sparse=["csr", "csc"], ensure_all_finite=False)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) == 1:
            raise ValueError("OneVsOneClassifier can not be fit when only one class is present.")
        pairwise = self.__sklearn_tags__().input_tags.pairwise
        estimators, indices = [], []
        for first, second in combinations(self.classes_, 2):
            rows = np.flatnonzero((labels == first) | (labels == second))
            part = features[rows][:, rows] if pairwise else features[rows]
            estimators.append(clone(self.estimator).fit(part, (labels[rows] == second).astype(int)))
            indices.append(rows)
        self.estimators_ = tuple(estimators)
        self.pairwise_indices_ = tuple(indices) if pairwise else None
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """Votes with their ties broken.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Whatever the estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, K); for two classes only the second column, of shape (n_samples,)
            That column is above 1/2 where the second class wins, and else below 0 if the estimator has a
            ``decision_function``.
        """
        check_is_fitted(self)
        return self._scores(X)

    def _scores(self, X: ArrayLike) -> Array:
        features: Any = validate_data(self, X, accept_sparse=True, ensure_all_finite=False, reset=False)
        parts = [features] * len(self.estimators_)
        if self.pairwise_indices_ is not None:
            parts = [features[:, rows] for rows in self.pairwise_indices_]
        votes = np.column_stack([estimator.predict(part) for estimator, part in zip(self.estimators_, parts)])
        confidences = np.column_stack([_score(estimator, part) for estimator, part in zip(self.estimators_, parts)])
        scores = one_vs_one_scores(votes, confidences, len(self.classes_))
        return scores[:, 1] if len(self.classes_) == 2 else scores
