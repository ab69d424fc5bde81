"""Labels as columns of 0 and 1."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import check_is_fitted, column_or_1d

from companion.annotations import Array, ArrayLike
from companion.validation import Number, as_float, require

__all__ = ["LabelBinarizer"]


def _in_one_dimension(y: ArrayLike) -> Array:
    """The labels in an array of shape (n_samples,); a column is one, too."""
    check_classification_targets(y)
    labels = column_or_1d(y)
    if len(labels) == 0:
        raise ValueError("y has 0 samples: there is no class")
    return labels


class LabelBinarizer(BaseEstimator):
    """Labels as columns of 0 and 1, one for each class; for two classes the column of the second alone.

    scikit-learn's with its default settings, for labels of one class each. A single class gives a column of zeros.
    Stricter than there: ``inverse_transform`` wants a column for each class, and no nan.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
    y_type_ : {"binary", "multiclass"}
        Whether there are at most two of them.

    Examples
    --------
    >>> binarizer = LabelBinarizer().fit(["a", "c", "b"])
    >>> binarizer.transform(["c", "a"])
    array([[0, 0, 1],
           [1, 0, 0]])
    >>> binarizer.inverse_transform(np.array([[0.2, 0.7, 0.1]])).tolist()  # the column of the largest number
    ['b']
    """

    def fit(self, y: ArrayLike) -> "LabelBinarizer":
        """Learn which classes there are.

        Parameters
        ----------
        y : array_like of shape (n_samples,)
            The labels.

        Returns
        -------
        LabelBinarizer
            This binarizer, fitted.

        Raises
        ------
        ValueError
            For a matrix, for numbers that are no classes, and where there is no label at all.
        """
        _in_one_dimension(y)
        self.classes_ = unique_labels(y)  # of y as it came: texts and nullable numbers keep what they are
        self.y_type_ = "binary" if len(self.classes_) <= 2 else "multiclass"
        return self

    def transform(self, y: ArrayLike) -> Array:
        """The columns of labels; a label that ``fit`` did not see has zeros only.

        Parameters
        ----------
        y : array_like of shape (n_samples,)
            The labels.

        Returns
        -------
        ndarray of int of shape (n_samples, n_classes), or (n_samples, 1) for two classes or one
            1 in the column of the label. Where the labels are signed integers, of their dtype.

        Raises
        ------
        ValueError
            For what ``fit`` refuses.
        """
        check_is_fitted(self)
        labels = _in_one_dimension(y)
        dtype = labels.dtype if labels.dtype.kind == "i" else np.dtype(int)
        columns = (labels[:, None] == self.classes_).astype(dtype)  # (n_samples, n_classes)
        if len(self.classes_) == 1:
            return np.zeros_like(columns)
        return columns if self.y_type_ == "multiclass" else columns[:, 1:]

    def fit_transform(self, y: ArrayLike) -> Array:
        """The columns of the labels from which the classes are learned.

        Parameters
        ----------
        y : array_like of shape (n_samples,)
            The labels.

        Returns
        -------
        ndarray of int of shape (n_samples, n_classes), or (n_samples, 1) for two classes or one
            1 in the column of the label.
        """
        return self.fit(y).transform(y)

    def inverse_transform(self, Y: ArrayLike, threshold: float | None = None) -> Array:
        """The labels of columns, or of scores that stand in their place.

        Parameters
        ----------
        Y : array_like of shape (n_samples, n_classes), or (n_samples, 1) or (n_samples,) for two classes or one
            Scores, of which the largest decides; of two columns for two classes only the second counts.
        threshold : float, optional
            Above it a single score means the second class; 1/2 without.

        Returns
        -------
        ndarray of shape (n_samples,)
            The labels.

        Raises
        ------
        ValueError
            For another number of columns, and for nan.
        """
        check_is_fitted(self)
        require("threshold", threshold, Number(), None)
        scores, n_classes = as_float(Y, "Y", ValueError), len(self.classes_)
        if np.isnan(scores).any():
            raise ValueError("Y contains NaN")
        if scores.ndim == 1 and n_classes <= 2:
            scores = scores[:, None]
        if scores.ndim != 2 or scores.shape[1] not in ({1, n_classes} if n_classes <= 2 else {n_classes}):
            raise ValueError(f"Y has shape {scores.shape}, expected a column for each of the {n_classes} classes")
        if n_classes > 2:
            return self.classes_[scores.argmax(axis=1)]
        second = scores[:, -1] > (0.5 if threshold is None else threshold)
        return self.classes_[second.astype(int) if n_classes == 2 else np.zeros(len(second), int)]
