"""What linear models share: checked data, an intercept by centering, prediction from ``coef_`` and ``intercept_``."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from companion.annotations import Array, ArrayLike
from companion.linalg import center_columns
from companion.validation import Checked, as_float, check_features

__all__ = ["LinearClassifierMixin", "LinearRegressorMixin", "center", "scale_rows"]


def scale_rows(factor: Array, rows: Array) -> Array:
    """Each row times its own factor.

    Parameters
    ----------
    factor : ndarray of shape (n,)
        A number for each row.
    rows : ndarray of shape (n,) or (n, m)
        Not modified.

    Returns
    -------
    ndarray of the shape of ``rows``
        A new array.

    Examples
    --------
    >>> scale_rows(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [3.0, 4.0]]))
    array([[1., 1.],
           [6., 8.]])
    """
    factor, rows = as_float(factor, "factor"), as_float(rows, "rows")
    return factor.reshape(-1, *(1,) * (rows.ndim - 1)) * rows


def center(
    X: Array, y: Array, sample_weight: Array | None = None, fit_intercept: bool = True
) -> tuple[Array, Array, Array, Array]:
    r"""X and y without their weighted means, rows scaled by :math:`\sqrt{s_i}`; the intercept is then taken care of.

    The best b for a given w is :math:`\bar y - \bar x^\top w`, so that only deviations from the means remain to be
    fitted.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features; not modified.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Of the dtype of X.
    sample_weight : ndarray of shape (n_samples,), optional
        The weights :math:`s_i`; all 1 without.
    fit_intercept : bool
        Without an intercept nothing is subtracted, and the means are returned as 0.

    Returns
    -------
    X, y : ndarray
        New ones, or those given where nothing had to be done.
    X_mean : ndarray of shape (n_features,)
        What was subtracted from X.
    y_mean : ndarray of shape () or (n_targets,)
        What was subtracted from y.

    Examples
    --------
    >>> center(np.array([[1.0], [3.0]]), np.array([2.0, 6.0]))
    (array([[-1.],
           [ 1.]]), array([-2.,  2.]), array([2.]), array(4.))
    """
    X, y = as_float(X, "X"), as_float(y, "y")
    if fit_intercept:
        targets, y_mean = center_columns(y.reshape(len(y), -1), sample_weight)
        y, y_mean = targets.reshape(y.shape), y_mean.reshape(y.shape[1:])
        X, X_mean = center_columns(X, sample_weight)
    else:
        X_mean, y_mean = np.zeros(X.shape[1], X.dtype), np.zeros(y.shape[1:], X.dtype)
    if sample_weight is not None:
        root = np.sqrt(sample_weight).astype(X.dtype)
        X, y = scale_rows(root, X), scale_rows(root, y)
    return X, y, X_mean, y_mean


class LinearRegressorMixin(Checked, RegressorMixin):
    """The shell of a linear regressor: checks, and predictions from ``coef_`` and ``intercept_``.

    ``fit`` calls ``_validated``, :func:`center` and, with the coefficients found, ``_set_solution``.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> class Mean(LinearRegressorMixin, BaseEstimator):
    ...     fit_intercept = True
    ...     def fit(self, X, y):
    ...         X, y, _ = self._validated(X, y, None)
    ...         _, _, X_mean, y_mean = center(X, y)
    ...         self._set_solution(np.zeros(X.shape[1]), X_mean, y_mean)
    ...         return self
    >>> Mean().fit([[0], [1]], [2, 4]).predict([[5]])
    array([3.])
    """

    fit_intercept: bool
    coef_: Array
    intercept_: Any

    def _validated(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, multi_output: bool = False
    ) -> tuple[Array, Array, Array | None]:
        """Parameters held to their rules; X, y and weights as arrays of one dtype."""
        self._check_parameters()
        features, targets = check_features(self, X, y, y_numeric=True, multi_output=multi_output)
        with np.errstate(over="ignore"):  # of float64 in float32: refused in the next line
            targets = as_float(targets, "y", ValueError).astype(features.dtype, copy=False)
        if not np.isfinite(targets).all():
            raise ValueError(f"Input y contains infinity or a value too large for {features.dtype}.")
        if sample_weight is None:
            return features, targets, None
        weight = _check_sample_weight(sample_weight, features, dtype=features.dtype, ensure_non_negative=True)
        return features, targets, weight

    def _set_solution(self, w: Array, X_mean: Array, y_mean: Array) -> None:
        """Store w of shape (n_features,) or (n_features, n_targets) and the intercept that belongs to it, if finite."""
        with np.errstate(all="ignore"):
            intercept = y_mean - X_mean @ w if self.fit_intercept else 0.0
        if not (np.isfinite(w).all() and np.isfinite(intercept).all()):
            raise ValueError("the coefficients overflow: scale X or y")
        self.coef_, self.intercept_ = w.T, intercept

    def predict(self, X: ArrayLike) -> Array:
        """:math:`Xw + b`.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            The predictions.
        """
        check_is_fitted(self)
        features = check_features(self, X, reset=False)
        with np.errstate(under="ignore"):
            return features @ self.coef_.T + self.intercept_


class LinearClassifierMixin(Checked, ClassifierMixin):
    """The shell of a linear classifier: scores from ``coef_`` and ``intercept_``, and the class of the largest.

    ``fit`` stores ``classes_``, ``coef_`` and ``intercept_``.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> class Sign(LinearClassifierMixin, BaseEstimator):
    ...     def fit(self, X, y):
    ...         check_features(self, X, y)
    ...         self.classes_, self.coef_, self.intercept_ = np.unique(y), np.array([[1.0]]), np.array([0.0])
    ...         return self
    >>> Sign().fit([[-1], [1]], ["minus", "plus"]).predict([[-3], [5]])
    array(['minus', 'plus'], dtype='<U5')
    """

    classes_: Array
    coef_: Array
    intercept_: Array

    def _scores(self, X: Array) -> Array:
        with np.errstate(under="ignore"):
            scores = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def decision_function(self, X: ArrayLike) -> Array:
        """The scores :math:`XW^\\top + b`; for two classes that of the second, positive where it is predicted.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, else (n_samples, n_classes)
            The scores.
        """
        check_is_fitted(self)
        return self._scores(check_features(self, X, reset=False))

    def predict(self, X: ArrayLike) -> Array:
        """The class of the largest score.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.

        Returns
        -------
        ndarray of shape (n_samples,)
            The predictions.
        """
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]
