r"""Logistic regression, binary and multinomial, from the likelihood.

The objective is scikit-learn's, divided by C and by the total weight so that it is a mean:

.. math:: J(w, b) = \frac{1}{S} \sum_i s_i\, \ell(y_i, x_i^\top w + b) + \frac{1}{2 C S} \|w\|_2^2 ,
          \qquad S = \sum_i s_i ,

with the cross-entropy :math:`\ell`. The intercept is not penalized. Tolerances refer to the gradient of this mean.
"""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight

from companion.annotations import Array, ArrayLike, DTypeLike
from companion.linear_model.base import LinearClassifierMixin
from companion.linear_model.softmax import pin_shift, softmax_hessian, softmax_value_grad
from companion.numerics import log_sigmoid, log_softmax, sigmoid, softmax, softplus_sigmoid
from companion.optimize import OptimizeResult
from companion.optimize.minimizer import run_method, warn_unless_success
from companion.validation import Boolean, Instance, Integer, Number, Option, Rule, as_float, check_features

__all__ = ["LogisticRegression", "irls", "logistic_hessian", "logistic_value_grad", "odds_ratio", "separates"]

SOLVERS = {"lbfgs": "L-BFGS-B", "newton-cholesky": "newton", "gd": "gd"}  # and their names in companion.optimize


def logistic_value_grad(
    theta: Array, X: Array, y: Array, l2: float = 0.0, weight: Array | None = None
) -> tuple[float, Array]:
    r"""The mean cross-entropy :math:`\sum_i s_i\,[\log(1 + e^{z_i}) - y_i z_i] + \tfrac12 l_2 \|w\|^2`, z = Xw + b.

    Its gradient is :math:`X^\top r` with :math:`r = s \odot (\sigma(z) - y)`, and the sum of r for the intercept.

    Parameters
    ----------
    theta : ndarray of shape (n_features,) or (n_features + 1,)
        w, and behind it the intercept, which is not penalized.
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,), 0 or 1
        The labels.
    l2 : float
        The penalty.
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.

    Returns
    -------
    value : float
        The objective.
    grad : ndarray of the shape of ``theta``
        Its gradient.

    Examples
    --------
    >>> value, grad = logistic_value_grad(np.zeros(1), np.array([[1.0], [2.0]]), np.array([0.0, 1.0]))
    >>> float(value.round(4)), grad
    (0.6931, array([-0.25]))
    """
    d = X.shape[1]
    w, with_intercept = theta[:d], len(theta) > d
    z = X @ w + (theta[d] if with_intercept else 0.0)
    softplus, p = softplus_sigmoid(z)
    loss, residual = softplus - y * z, p - y
    if weight is None:
        value, residual = loss.mean(), residual / len(y)
    else:
        value, residual = weight @ loss, weight * residual
    grad = residual @ X + l2 * w
    if with_intercept:
        grad = np.append(grad, residual.sum())
    return value + 0.5 * l2 * (w @ w), grad


def logistic_hessian(theta: Array, X: Array, y: Array, l2: float = 0.0, weight: Array | None = None) -> Array:
    r"""The Hessian of :func:`logistic_value_grad`: :math:`X^\top D X + l_2 I`.

    D is diagonal with :math:`D_{ii} = s_i\, \sigma(z_i)(1 - \sigma(z_i))`.
    It does not depend on y and is positive semidefinite, which makes the objective convex.

    Parameters
    ----------
    theta : ndarray of shape (n_features,) or (n_features + 1,)
        The parameters, as in :func:`logistic_value_grad`.
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        Not looked at; it stands here so that both functions take the same arguments.
    l2 : float
        The penalty.
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.

    Returns
    -------
    ndarray of shape (len(theta), len(theta))
        The Hessian.

    Examples
    --------
    >>> logistic_hessian(np.zeros(1), np.array([[1.0], [1.0]]), None)
    array([[0.25]])
    """
    n, d = X.shape
    with_intercept = len(theta) > d
    p = sigmoid(X @ theta[:d] + (theta[d] if with_intercept else 0.0))
    root = np.sqrt(p * (1 - p) * (1 / n if weight is None else weight))  # D^(1/2)
    half = root[:, None] * X
    if with_intercept:
        half = np.column_stack([half, root])
    hess = half.T @ half
    hess[range(d), range(d)] += l2
    return hess


def irls(
    X: Array,
    y: Array,
    l2: float = 0.0,
    weight: Array | None = None,
    fit_intercept: bool = True,
    tol: float = 1e-8,
    max_iter: int = 100,
) -> OptimizeResult:
    r"""Newton's method for logistic regression, which is iteratively reweighted least squares.

    The Newton step solves :math:`X^\top D X \theta_{new} = X^\top D u`: weighted least squares with the weights D and
    the working response :math:`u = X\theta + D^{-1}(y - p)`. A step that does not decrease the objective is halved.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,), 0 or 1
        The labels.
    l2 : float
        The penalty.
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.
    fit_intercept : bool
        Whether an intercept stands behind the coefficients.
    tol : float
        Stop when no element of the gradient exceeds it.
    max_iter : int
        The largest number of steps.

    Returns
    -------
    OptimizeResult
        Of :func:`companion.optimize.minimize`, with the trace of all iterations.

    Warns
    -----
    ConvergenceWarning
        With the gradient that was reached, where it stays above ``tol``.

    Examples
    --------
    >>> X, y = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    >>> irls(X, y).x.round(4) + 0.0  # log-odds: 0 in the first group, log 2 in the second
    array([0.6931, 0.    ])
    """
    with np.errstate(under="ignore"):
        result = run_method(
            lambda theta: logistic_value_grad(theta, X, y, l2, weight),
            np.zeros(X.shape[1] + bool(fit_intercept)),
            method="newton",
            hess=lambda theta: logistic_hessian(theta, X, y, l2, weight),
            tol=tol,
            max_iter=max_iter,
        )
    warn_unless_success(result, "irls", tol, stacklevel=2)
    return result


def odds_ratio(coef: ArrayLike) -> Array:
    r"""By what the odds :math:`p / (1 - p)` are multiplied when a feature grows by one unit: :math:`e^{w_j}`.

    Parameters
    ----------
    coef : array_like
        Coefficients w of a logistic regression.

    Returns
    -------
    ndarray of the shape of ``coef``
        The factors, 0 or infinite where they are out of range.

    Examples
    --------
    >>> odds_ratio(np.log([2.0, 0.5]))
    array([2. , 0.5])
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(as_float(coef, "coef"))


def separates(scores: Array, y: Array) -> bool:
    """Whether every sample's own class has the largest score, and no other.

    Then multiplying all parameters by a number above 1 improves the likelihood: without a penalty it has no maximum.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,), or (n_samples, K) with a column for each class
        The scores.
    y : int ndarray of shape (n_samples,)
        Classes 0 and 1, or 0 to K - 1.

    Returns
    -------
    bool
        False where there is a tie, too.

    Examples
    --------
    >>> separates(np.array([-1.0, 2.0]), np.array([0, 1])), separates(np.array([-1.0, 0.0]), np.array([0, 1]))
    (True, False)
    """
    if scores.ndim == 1:
        return bool((np.where(y == 1, scores, -scores) > 0).all())
    own = np.arange(scores.shape[1]) == y[:, None]  # (n_samples, K)
    return bool((scores[own] > np.where(own, -np.inf, scores).max(axis=1)).all())


class LogisticRegression(LinearClassifierMixin, BaseEstimator):
    r"""Minimize :math:`C \sum_i s_i \ell(y_i, x_i^\top w + b) + \tfrac12 \|w\|_2^2`.

    For three classes and more the model is multinomial: softmax regression.

    Stricter than scikit-learn's: weights of classes have to be numbers, >= 0, with a finite sum; ``balanced`` refuses
    a class whose samples all have the weight 0; a fit that ends above ``tol``, or finds the classes separable where
    nothing is penalized, warns.

    Parameters
    ----------
    C : float, positive
        The inverse of the penalty; ``numpy.inf`` for none.
    tol : float, non-negative
        Stop when no element of the gradient of the mean objective (this one divided by C S) exceeds it.
    fit_intercept : bool
        Whether there is an intercept b. It is not penalized.
    class_weight : dict, "balanced" or None
        Weights of the classes; "balanced" is inversely proportional to their counts.
    solver : {"lbfgs", "newton-cholesky", "gd"}
        The method of :func:`companion.optimize.minimize`: L-BFGS, Newton's, or gradient descent with a line search
        (which scikit-learn does not have).
    max_iter : int
        The largest number of iterations.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
        The coefficients w.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The intercepts b; zeros without.
    n_iter_ : ndarray of shape (1,)
        The number of iterations.
    n_features_in_ : int
        The number of features.

    Examples
    --------
    >>> model = LogisticRegression(C=np.inf, tol=1e-8).fit([[0], [0], [1], [1], [1]], [0, 1, 0, 1, 1])
    >>> odds_ratio(model.coef_).round(4)
    array([[2.]])
    """

    _parameter_rules: ClassVar[Mapping[str, tuple[Rule, ...]]] = {
        "C": (Number(0, closed="right"),),
        "tol": (Number(0),),
        "fit_intercept": (Boolean(),),
        "class_weight": (Instance(dict), Option("balanced"), None),
        "solver": (Option(*SOLVERS),),
        "max_iter": (Integer(0),),
    }

    def __init__(
        self,
        *,
        C: float = 1.0,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: dict[Any, float] | str | None = None,
        solver: str = "lbfgs",
        max_iter: int = 100,
    ) -> None:
        self.C = C
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.solver = solver
        self.max_iter = max_iter

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> "LogisticRegression":
        """Find the coefficients.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features.
        y : array_like of shape (n_samples,)
            The labels, of two classes or more.
        sample_weight : array_like of shape (n_samples,), optional
            The weights s, non-negative; all 1 without.

        Returns
        -------
        LogisticRegression
            This model, fitted.

        Raises
        ------
        ValueError
            For a parameter outside its range, a single class, NaN or infinity in X, and weights that are negative or
            all 0; where the penalty 1 / (C S) overflows.

        Warns
        -----
        ConvergenceWarning
            With the gradient reached, where it stays above ``tol``; and, without a penalty, where the classes turn out
            to be separable, for then no optimum exists.
        """
        self._check_parameters()
        features, labels = check_features(self, X, y)
        check_classification_targets(labels)
        classes, index = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            needs = "This solver needs samples of at least 2 classes in the data, but the data contains only one class"
            raise ValueError(f"{needs}: {classes[0]!r}")
        weight, l2 = self._weights(features, classes, index, sample_weight)
        result = self._minimize(features, len(classes), index, weight, l2)
        warn_unless_success(result, self.solver, self.tol, stacklevel=2)
        self._set_solution(result, classes, features.dtype)
        if np.isinf(float(self.C)) and separates(self._scores(features)[weight > 0], index[weight > 0]):
            warnings.warn(
                "the classes are separable: without a penalty no coefficients are best, longer ones are always better; "
                f"stopped after {result.nit} iterations, largest gradient element {np.abs(result.jac).max():.1e}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _set_solution(self, result: OptimizeResult, classes: Array, dtype: DTypeLike) -> None:
        """Store the parameters in the dtype of the features; only now does an earlier fit give way to this one."""
        rows = 1 if len(classes) == 2 else len(classes)
        with np.errstate(all="ignore"):
            table = result.x.reshape(rows, -1).astype(dtype)  # a row for each score, the intercept at its end
        self.classes_ = classes
        self.coef_ = table[:, : self.n_features_in_].copy()
        self.intercept_ = table[:, -1].copy() if self.fit_intercept else np.zeros(rows, dtype)
        self.n_iter_ = np.array([result.nit], dtype=np.int32)

    def _class_weights(self, classes: Array, y: Array, weight: Array) -> Array:
        """One weight for each class; y holds the classes' indices."""
        labels = classes.tolist()
        if not self.class_weight:
            return np.ones(len(labels))
        if isinstance(self.class_weight, str):  # "balanced"
            totals = np.bincount(y, weights=weight)
            if not totals.all():
                raise ValueError(f"class_weight='balanced' with samples of weight 0 only for a class: totals {totals}")
            return totals.sum() / (len(labels) * totals)
        missing = [label for label in labels if label not in self.class_weight]
        if missing and len(labels) - len(missing) != len(self.class_weight):  # a key that is no class, too
            raise ValueError(f"The classes, {missing}, are not in class_weight")
        return as_float([self.class_weight.get(label, 1.0) for label in labels], "class_weight", ValueError)

    def _weights(self, X: Array, classes: Array, y: Array, sample_weight: ArrayLike | None) -> tuple[Array, float]:
        """The weights of the samples and their classes, divided by their sum S, and the penalty 1 / (C S)."""
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        largest = float(weight.max())
        with np.errstate(all="ignore"):
            weight = weight / largest  # so that the sum is finite
            weight = weight * self._class_weights(classes, y, weight)[y]
            total = float(weight.sum())
            share = weight / total
        if not (weight.min() >= 0 and 0 < total < np.inf):
            raise ValueError(f"class_weight={self.class_weight}, expected weights >= 0 with a positive, finite sum")
        l2 = 1.0 / float(self.C) / largest / total
        if not l2 < np.inf:
            raise ValueError(f"C={self.C} with weights of up to {largest}: the penalty, their inverse, overflows")
        return share, l2

    def _minimize(self, X: Array, K: int, y: Array, weight: Array, l2: float) -> OptimizeResult:
        """The minimum of the mean objective. An overflow ends in the residual that is reached, not in NumPy's words."""
        m = X.shape[1] + bool(self.fit_intercept)
        arguments = (np.asarray(X, dtype=float), y.astype(float) if K == 2 else y, l2, weight)
        value_grad = logistic_value_grad if K == 2 else softmax_value_grad

        def hessian(theta: Array) -> Array:
            hess = logistic_hessian(theta, *arguments) if K == 2 else pin_shift(softmax_hessian(theta, *arguments), K)
            return hess if np.isfinite(hess).all() else np.eye(len(hess))  # no curvature known: steepest descent

        with np.errstate(all="ignore"):
            return run_method(
                lambda theta: value_grad(theta, *arguments),
                np.zeros(m if K == 2 else K * m),
                method=SOLVERS[self.solver],
                hess=hessian if self.solver == "newton-cholesky" else None,
                tol=self.tol,
                max_iter=self.max_iter,
            )

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probabilities of the classes.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows that sum to 1.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.column_stack([sigmoid(-scores), sigmoid(scores)])
        return softmax(scores, axis=1)

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """The logarithms of the probabilities, finite where a probability underflows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Not above 0.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.column_stack([log_sigmoid(-scores), log_sigmoid(scores)])
        return log_softmax(scores, axis=1)
