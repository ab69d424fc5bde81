r"""Rosenblatt's perceptron: a line is corrected by one mistake at a time."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

FLOATS = (np.float64, np.float32)


def perceptron_step(w, b, x, y, eta0=1.0):
    r"""On a mistake, :math:`y (w^\top x + b) \le 0`, add :math:`\eta y x` to w and :math:`\eta y` to b.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
    b : float
    x : ndarray of shape (n_features,)
    y : {-1, 1}
    eta0 : float

    Returns
    -------
    w, b : ndarray, float
        New ones; the old where there was no mistake.
    mistake : bool

    Examples
    --------
    >>> perceptron_step(np.zeros(2), 0.0, np.array([1.0, 2.0]), -1)
    (array([-1., -2.]), -1.0, True)
    """
    if y * (w @ x + b) > 0:
        return w, b, False
    return w + eta0 * y * x, b + eta0 * y, True


def perceptron_fit(X, y, *, eta0=1.0, max_iter=1000, fit_intercept=True, rng=None):
    """Go through the samples, correcting at each mistake, until an epoch passes without one.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), -1 or 1
    eta0 : float
    max_iter : int
        The largest number of epochs.
    fit_intercept : bool
    rng : RandomState, optional
        Shuffles the samples anew in every epoch; their own order without.

    Returns
    -------
    w : ndarray of shape (n_features,)
    b : float
    mistakes : list of int
        In each epoch; the last is 0 if the samples were separated.

    Examples
    --------
    >>> perceptron_fit(np.array([[2.0], [-1.0]]), np.array([1, -1]))
    (array([2.]), 1.0, [1, 0])
    """
    w, b, mistakes = np.zeros(X.shape[1], X.dtype), 0.0, []
    for _ in range(max_iter):
        order = np.arange(len(X)) if rng is None else rng.permutation(len(X))
        count = 0
        for i in order:
            w, new_b, mistake = perceptron_step(w, b, X[i], y[i], eta0)
            b = float(new_b) if fit_intercept else 0.0
            count += mistake
        mistakes.append(count)
        if count == 0:
            break
    return w, b, mistakes


class Perceptron(ClassifierMixin, BaseEstimator):
    """The perceptron; one against the rest for three classes and more.

    An epoch without a mistake ends the training: the samples are separated. Where they cannot be, ``max_iter`` epochs
    pass and a ``ConvergenceWarning`` tells how many mistakes the last one made.

    Parameters
    ----------
    fit_intercept : bool
    max_iter : int
        Epochs.
    shuffle : bool
        Whether every epoch goes through the samples in a new order.
    eta0 : float
        The step; without an intercept it only scales the weights.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    n_iter_ : int
        The largest number of epochs that a class needed.
    mistakes_ : list of list of int
        For each row of ``coef_`` the mistakes in every epoch.

    Examples
    --------
    >>> model = Perceptron(shuffle=False).fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> model.predict([[0, 0], [1, 1]])
    array([0, 1])
    """

    def __init__(self, *, fit_intercept=True, max_iter=1000, shuffle=True, eta0=1.0, random_state=0):
        self.fit_intercept, self.max_iter, self.shuffle = fit_intercept, max_iter, shuffle
        self.eta0, self.random_state = eta0, random_state

    def fit(self, X, y):
        """Fit to X of shape (n_samples, n_features) and labels of shape (n_samples,)."""
        X, y = validate_data(self, X, y, dtype=FLOATS)
        check_classification_targets(y)
        if not (self.eta0 > 0 and self.max_iter >= 1):
            raise ValueError(f"eta0={self.eta0}, max_iter={self.max_iter}, expected eta0 > 0 and max_iter >= 1")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        positives = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        rng = check_random_state(self.random_state) if self.shuffle else None
        fits = [
            perceptron_fit(
                X,
                np.where(y == label, 1, -1),
                eta0=self.eta0,
                max_iter=self.max_iter,
                fit_intercept=self.fit_intercept,
                rng=rng,
            )
            for label in positives
        ]
        self.coef_ = np.array([w for w, _, _ in fits])
        self.intercept_ = np.array([b for _, b, _ in fits], dtype=X.dtype)
        self.mistakes_ = [mistakes for _, _, mistakes in fits]
        self.n_iter_ = max(map(len, self.mistakes_))
        if any(mistakes[-1] for mistakes in self.mistakes_):
            warnings.warn(
                f"the samples were not separated within {self.max_iter} epochs; mistakes in the last epoch: "
                f"{[mistakes[-1] for mistakes in self.mistakes_]}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def decision_function(self, X):
        """The scores: shape (n_samples,) for two classes, else (n_samples, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        scores = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X):
        """The class of the largest score."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]
