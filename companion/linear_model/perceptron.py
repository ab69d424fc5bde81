r"""Rosenblatt's perceptron: a line is corrected by one mistake at a time."""

import warnings
from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from companion.annotations import Array, ArrayLike, Seed
from companion.linear_model.base import LinearClassifierMixin
from companion.validation import Boolean, Integer, Number, Rule, check_features, check_random_state

__all__ = ["Perceptron", "perceptron_fit", "perceptron_step"]


def perceptron_step(w: Array, b: float, x: Array, y: float, eta0: float = 1.0) -> tuple[Array, float, bool]:
    r"""On a mistake, :math:`y (w^\top x + b) \le 0`, add :math:`\eta y x` to w and :math:`\eta y` to b.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
        The weights; not modified.
    b : float
        The intercept.
    x : ndarray of shape (n_features,)
        The features of one sample.
    y : {-1, 1}
        Its label.
    eta0 : float
        The step :math:`\eta`.

    Returns
    -------
    w : ndarray of shape (n_features,)
        New weights; the old ones where there was no mistake.
    b : float
        The intercept that belongs to them.
    mistake : bool
        Whether there was one.

    Examples
    --------
    >>> perceptron_step(np.zeros(2), 0.0, np.array([1.0, 2.0]), -1)
    (array([-1., -2.]), -1.0, True)
    """
    if y * (w @ x + b) > 0:
        return w, b, False
    return w + eta0 * y * x, b + eta0 * y, True


def perceptron_fit(
    X: Array,
    y: Array,
    *,
    eta0: float = 1.0,
    max_iter: int = 1000,
    fit_intercept: bool = True,
    rng: np.random.Generator | np.random.RandomState | None = None,
    tol: float | None = None,
    n_iter_no_change: int = 5,
) -> tuple[Array, float, list[int]]:
    r"""Go through the samples, correcting at each mistake, until an epoch passes without one.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,), -1 or 1
        The labels.
    eta0 : float
        The step of each correction.
    max_iter : int
        The largest number of epochs.
    fit_intercept : bool
        Whether there is an intercept; it is 0 without.
    rng : Generator or RandomState, optional
        Shuffles the samples anew in every epoch; their own order without.
    tol : float, optional
        Give up, too, when in ``n_iter_no_change`` epochs in a row the loss stayed above its lowest less ``tol``.
        The loss is the mean of :math:`\max(0, -y(w^\top x + b))`, each at its visit. Without, never give up.
    n_iter_no_change : int
        How many such epochs to wait.

    Returns
    -------
    w : ndarray of shape (n_features,)
        The weights.
    b : float
        The intercept.
    mistakes : list of int
        In each epoch; the last is 0 if the samples were separated.

    Raises
    ------
    ValueError
        When the weights, or a score that is a mistake, overflow.

    Examples
    --------
    >>> perceptron_fit(np.array([[2.0], [-1.0]]), np.array([1, -1]))
    (array([2.]), 1.0, [1, 0])
    """
    w, b, mistakes = np.zeros(X.shape[1], X.dtype), 0.0, []
    lowest, stale = np.inf, 0
    for epoch in range(1, max_iter + 1):
        order = range(len(X)) if rng is None else rng.permutation(len(X))
        w, b, count, loss = _epoch(w, b, X, y, order, eta0, fit_intercept)
        if not (np.isfinite(w).all() and np.isfinite(b) and np.isfinite(loss)):
            raise ValueError(f"weights or scores overflow in epoch {epoch}: scale the features")
        mistakes.append(count)
        stalled = tol is not None and loss > lowest - tol * len(X)
        stale = stale + 1 if stalled else 0
        lowest = min(lowest, loss)
        if count == 0 or stale == n_iter_no_change:
            break
    return w, b, mistakes


def _epoch(
    w: Array, b: float, X: Array, y: Array, order: Iterable[int], eta0: float, fit_intercept: bool
) -> tuple[Array, float, int, float]:
    """Visit every sample once; returns the weights, the intercept, the number of mistakes, and their total loss."""
    count, loss = 0, 0.0
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # both show in the loss, or in the weights
        for i in order:
            new_w, new_b, mistake = perceptron_step(w, b, X[i], y[i], eta0)
            if mistake:
                count += 1
                loss -= y[i] * (w @ X[i] + b)
                w = new_w
                if fit_intercept:
                    b = float(new_b)
    return w, b, count, loss


class Perceptron(LinearClassifierMixin, BaseEstimator):
    """The perceptron; one against the rest for three classes and more.

    An epoch without a mistake ends the training: the samples are separated. (scikit-learn adds epochs in which nothing
    happens, and counts them in ``n_iter_``.) Where the samples cannot be separated, the training gives up as ``tol``
    says, or after ``max_iter`` epochs, with a ``ConvergenceWarning`` that tells how many mistakes the last one made.

    Parameters
    ----------
    fit_intercept : bool
        Whether there is an intercept.
    max_iter : int
        The largest number of epochs.
    tol : float or None
        Give up after ``n_iter_no_change`` epochs whose mean loss stayed above the smallest so far less ``tol``; None
        never gives up (see :func:`perceptron_fit`).
    shuffle : bool
        Whether every epoch goes through the samples in a new order.
    eta0 : float, positive
        The step; without an intercept it only scales the weights.
    random_state : int, Generator, RandomState or None
        Where the orders come from. An int gives other orders than in scikit-learn, which shuffles by its own means.
    n_iter_no_change : int
        How many epochs without progress to wait.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
        The weights.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The intercepts.
    n_iter_ : int
        The largest number of epochs that a class needed.
    t_ : float
        One more than the visits of samples in so many epochs, ``n_iter_ * n_samples + 1``, as scikit-learn counts.
    mistakes_ : list of list of int
        For each row of ``coef_`` the mistakes in every epoch.
    n_features_in_ : int
        The number of features.

    Examples
    --------
    >>> model = Perceptron(shuffle=False).fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> model.predict([[0, 0], [1, 1]])
    array([0, 1])
    """

    _parameter_rules: ClassVar[Mapping[str, tuple[Rule, ...]]] = {
        "fit_intercept": (Boolean(),),
        "max_iter": (Integer(1),),
        "tol": (Number(0), None),
        "shuffle": (Boolean(),),
        "eta0": (Number(0, closed="neither"),),
        "n_iter_no_change": (Integer(1),),
    }

    def __init__(
        self,
        *,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        eta0: float = 1.0,
        random_state: Seed = 0,
        n_iter_no_change: int = 5,
    ) -> None:
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.shuffle = shuffle
        self.eta0 = eta0
        self.random_state = random_state
        self.n_iter_no_change = n_iter_no_change

    def fit(self, X: ArrayLike, y: ArrayLike) -> "Perceptron":
        """Find the weights.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features.
        y : array_like of shape (n_samples,)
            The labels, of two classes or more.

        Returns
        -------
        Perceptron
            This model, fitted.

        Raises
        ------
        ValueError
            For a parameter outside its range, a single class, NaN or infinity in X, and weights or scores that
            overflow.

        Warns
        -----
        ConvergenceWarning
            With the mistakes of the last epoch, where ``max_iter`` epochs were not enough.
        """
        self._check_parameters()
        rng = check_random_state(self.random_state)
        features, labels = check_features(self, X, y)
        check_classification_targets(labels)
        classes = unique_labels(labels)
        if len(classes) < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {len(classes)} class")
        positives = classes[1:] if len(classes) == 2 else classes
        fits = [self._fit_one(features, labels == label, rng) for label in positives]
        self.classes_ = classes
        self.coef_ = np.array([w for w, _, _ in fits])
        self.intercept_ = np.array([b for _, b, _ in fits], dtype=features.dtype)
        self.mistakes_ = [mistakes for _, _, mistakes in fits]
        self.n_iter_ = max(map(len, self.mistakes_))
        self.t_ = 1.0 + self.n_iter_ * len(features)
        left = [mistakes[-1] if len(mistakes) == self.max_iter else 0 for mistakes in self.mistakes_]
        if any(left):
            warnings.warn(
                f"the samples were not separated within {self.max_iter} epochs; mistakes in the last epoch: {left}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _fit_one(
        self, X: Array, positive: Array, rng: np.random.Generator | np.random.RandomState
    ) -> tuple[Array, float, list[int]]:
        """The perceptron of one class against the others."""
        return perceptron_fit(
            X,
            np.where(positive, 1, -1).astype(X.dtype),  # an integer would widen float32
            eta0=float(self.eta0),
            max_iter=self.max_iter,
            fit_intercept=self.fit_intercept,
            rng=rng if self.shuffle else None,
            tol=None if self.tol is None else float(self.tol),
            n_iter_no_change=self.n_iter_no_change,
        )
