r"""Rosenblatt's perceptron: a line is corrected by one mistake at a time."""

import warnings
from numbers import Integral, Real

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


def perceptron_fit(X, y, *, eta0=1.0, max_iter=1000, fit_intercept=True, rng=None, tol=None, n_iter_no_change=5):
    r"""Go through the samples, correcting at each mistake, until an epoch passes without one.

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
    tol : float, optional
        Give up, too, when in ``n_iter_no_change`` epochs in a row the loss stayed above its lowest less ``tol``.
        The loss is the mean of :math:`\max(0, -y(w^\top x + b))`, each at its visit. Without, never give up.
    n_iter_no_change : int

    Returns
    -------
    w : ndarray of shape (n_features,)
    b : float
    mistakes : list of int
        In each epoch; the last is 0 if the samples were separated.

    Raises
    ------
    ValueError
        When the weights overflow.

    Examples
    --------
    >>> perceptron_fit(np.array([[2.0], [-1.0]]), np.array([1, -1]))
    (array([2.]), 1.0, [1, 0])
    """
    w, b, mistakes = np.zeros(X.shape[1], X.dtype), 0.0, []
    lowest, stale = np.inf, 0
    for _ in range(max_iter):
        count, loss = 0, 0.0
        for i in range(len(X)) if rng is None else rng.permutation(len(X)):
            new_w, new_b, mistake = perceptron_step(w, b, X[i], y[i], eta0)
            if mistake:
                count, loss = count + 1, loss - y[i] * (w @ X[i] + b)
                w, b = new_w, float(new_b) if fit_intercept else 0.0
        mistakes.append(count)
        if not (np.isfinite(w).all() and np.isfinite(b)):
            raise ValueError(f"the weights overflow in epoch {len(mistakes)}: scale the features")
        stale = stale + 1 if tol is not None and loss > lowest - tol * len(X) else 0
        lowest = min(lowest, loss)
        if count == 0 or stale == n_iter_no_change:
            break
    return w, b, mistakes


class Perceptron(ClassifierMixin, BaseEstimator):
    """The perceptron; one against the rest for three classes and more.

    An epoch without a mistake ends the training: the samples are separated. (scikit-learn adds epochs in which nothing
    happens, and counts them in ``n_iter_``.) Where the samples cannot be separated, the training gives up as ``tol``
    says, or after ``max_iter`` epochs, with a ``ConvergenceWarning`` that tells how many mistakes the last one made.

    Parameters
    ----------
    fit_intercept : bool
    max_iter : int
        Epochs.
    tol : float or None
        Give up after ``n_iter_no_change`` epochs whose mean loss stayed above the smallest so far less ``tol``; None
        never gives up (see :func:`perceptron_fit`).
    shuffle : bool
        Whether every epoch goes through the samples in a new order.
    eta0 : float
        The step; without an intercept it only scales the weights.
    random_state : int, RandomState or None
    n_iter_no_change : int

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

    def __init__(
        self,
        *,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-3,
        shuffle=True,
        eta0=1.0,
        random_state=0,
        n_iter_no_change=5,
    ):
        self.fit_intercept, self.max_iter, self.tol, self.shuffle = fit_intercept, max_iter, tol, shuffle
        self.eta0, self.random_state, self.n_iter_no_change = eta0, random_state, n_iter_no_change

    def _check_parameters(self):
        if not (isinstance(self.eta0, Real) and self.eta0 > 0):
            raise ValueError(f"eta0={self.eta0!r}, expected a number > 0")
        if not (self.tol is None or (isinstance(self.tol, Real) and self.tol >= 0)):
            raise ValueError(f"tol={self.tol!r}, expected a number >= 0 or None")
        for name in ("max_iter", "n_iter_no_change"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name}={value!r}, expected an integer >= 1")

    def fit(self, X, y):
        """Fit to X of shape (n_samples, n_features) and labels of shape (n_samples,)."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=FLOATS)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        positives = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        rng = check_random_state(self.random_state) if self.shuffle else None
        fits = [
            perceptron_fit(
                X,
                np.where(y == label, 1, -1).astype(X.dtype),  # an integer would widen float32
                eta0=self.eta0,
                max_iter=self.max_iter,
                fit_intercept=self.fit_intercept,
                rng=rng,
                tol=self.tol,
                n_iter_no_change=self.n_iter_no_change,
            )
            for label in positives
        ]
        self.coef_ = np.array([w for w, _, _ in fits])
        self.intercept_ = np.array([b for _, b, _ in fits], dtype=X.dtype)
        self.mistakes_ = [mistakes for _, _, mistakes in fits]
        self.n_iter_ = max(map(len, self.mistakes_))
        left = [mistakes[-1] if len(mistakes) == self.max_iter else 0 for mistakes in self.mistakes_]
        if any(left):
            warnings.warn(
                f"the samples were not separated within {self.max_iter} epochs; mistakes in the last epoch: {left}",
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
