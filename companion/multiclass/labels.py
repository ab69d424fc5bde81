"""Labels as columns of 0 and 1."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from companion.annotations import Array, ArrayLike

__all__ = ["LabelBinarizer"]


class LabelBinarizer(BaseEstimator):
    """Labels as columns of 0 and 1, one for each class; for two classes the column of the second alone.

    scikit-learn's with its default settings, for labels of one class each. A single class gives a column of zeros.

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
        labels = validate_data(self, X="no_validation", y=y)
        check_classification_targets(labels)
        if len(labels) == 0:
            raise ValueError("y has 0 samples: there is no class")
        self.classes_ = np.unique(labels)
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
            1 in the column of the label.
        """
        check_is_fitted(self)
        labels = validate_data(self, X="no_validation", y=y)
        columns = (labels[:, None] == self.classes_).astype(int)  # (n_samples, n_classes)
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

    def inverse_transform(self, Y: Array, threshold: float | None = None) -> Array:
        """The labels of columns, or of scores that stand in their place.

        Parameters
        ----------
        Y : ndarray of shape (n_samples, n_classes), or (n_samples, 1) or (n_samples,) for two classes or one
            Scores, of which the largest decides.
        threshold : float, optional
            Above it a single score means the second class; 1/2 without.

        Returns
        -------
        ndarray of shape (n_samples,)
            The labels.
        """
        check_is_fitted(self)
        if self.y_type_ == "multiclass":
            return self.classes_[np.argmax(Y, axis=1)]
        second = np.ravel(Y) > (0.5 if threshold is None else threshold)
        return self.classes_[second.astype(int) if len(self.classes_) == 2 else np.zeros(len(second), int)]
