r"""Logistic regression, binary and multinomial, from the likelihood.

The objective is scikit-learn's, divided by C and by the total weight so that it is a mean:

.. math:: J(w, b) = \frac{1}{S} \sum_i s_i\, \ell(y_i, x_i^\top w + b) + \frac{1}{2 C S} \|w\|_2^2 ,
          \qquad S = \sum_i s_i ,

with the cross-entropy :math:`\ell`. The intercept is not penalized. Tolerances refer to the gradient of this mean.
"""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from companion.numerics import log_sigmoid, log_softmax, sigmoid, softmax
from companion.optimize import minimize

FLOATS = (np.float64, np.float32)
SOLVERS = {"lbfgs": "L-BFGS-B", "newton-cholesky": "newton", "gd": "gd"}  # and their methods in companion.optimize


def logistic_value_grad(theta, X, y, l2=0.0, weight=None):
    r"""The mean cross-entropy :math:`\sum_i s_i\,[\log(1 + e^{z_i}) - y_i z_i] + \tfrac12 l_2 \|w\|^2`, z = Xw + b.

    Its gradient is :math:`X^\top r` with :math:`r = s \odot (\sigma(z) - y)`, and the sum of r for the intercept.

    Parameters
    ----------
    theta : ndarray of shape (n_features,) or (n_features + 1,)
        w, and behind it the intercept, which is not penalized.
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), 0 or 1
    l2 : float
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.

    Examples
    --------
    >>> value, grad = logistic_value_grad(np.zeros(1), np.array([[1.0], [2.0]]), np.array([0.0, 1.0]))
    >>> float(value.round(4)), grad
    (0.6931, array([-0.25]))
    """
    d = X.shape[1]
    w, with_intercept = theta[:d], len(theta) > d
    z = X @ w + (theta[d] if with_intercept else 0.0)
    e = np.exp(-np.abs(z))  # shared by softplus and sigmoid
    loss = np.maximum(z, 0) + np.log1p(e) - y * z
    residual = np.where(z >= 0, 1.0, e) / (1 + e) - y  # sigmoid(z) - y
    if weight is None:
        value, residual = loss.mean(), residual / len(y)
    else:
        value, residual = weight @ loss, weight * residual
    grad = np.append(residual @ X + l2 * w, residual.sum()) if with_intercept else residual @ X + l2 * w
    return value + 0.5 * l2 * (w @ w), grad


def logistic_hessian(theta, X, y, l2=0.0, weight=None):
    r"""The Hessian of :func:`logistic_value_grad`: :math:`X^\top D X + l_2 I`.

    D is diagonal with :math:`D_{ii} = s_i\, \sigma(z_i)(1 - \sigma(z_i))`.
    It does not depend on y and is positive semidefinite, which makes the objective convex.

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


def irls(X, y, l2=0.0, weight=None, fit_intercept=True, tol=1e-8, max_iter=100):
    r"""Newton's method for logistic regression, which is iteratively reweighted least squares.

    The Newton step solves :math:`X^\top D X \theta_{new} = X^\top D u`: weighted least squares with the weights D and
    the working response :math:`u = X\theta + D^{-1}(y - p)`. A step that does not decrease the objective is halved.

    Returns
    -------
    OptimizeResult
        Of :func:`companion.optimize.minimize`, with the trace of all iterations.

    Examples
    --------
    >>> X, y = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    >>> irls(X, y).x.round(4) + 0.0  # log-odds: 0 in the first group, log 2 in the second
    array([0.6931, 0.    ])
    """
    return minimize(
        lambda theta: logistic_value_grad(theta, X, y, l2, weight),
        np.zeros(X.shape[1] + bool(fit_intercept)),
        method="newton",
        hess=lambda theta: logistic_hessian(theta, X, y, l2, weight),
        tol=tol,
        max_iter=max_iter,
    )


def softmax_value_grad(theta, X, y, l2=0.0, weight=None):
    r"""The mean cross-entropy of softmax regression plus :math:`\tfrac12 l_2 \|W\|^2`, with its gradient.

    The gradient with respect to the scores :math:`Z = X W^\top + b` is :math:`s \odot (P - Y)`, Y the one-hot labels.

    Parameters
    ----------
    theta : ndarray of shape (K * n_features,) or (K * (n_features + 1),)
        W of shape (K, n_features) row by row, each row with its intercept at the end where there is one.
    X : ndarray of shape (n_samples, n_features)
    y : int ndarray of shape (n_samples,)
        Classes 0 to K - 1; all occur.
    l2, weight
        As for :func:`logistic_value_grad`.

    Examples
    --------
    >>> value, grad = softmax_value_grad(np.zeros(3), np.array([[1.0], [1.0], [1.0]]), np.array([0, 1, 2]))
    >>> float(value.round(4)), bool(abs(grad).max() < 1e-15)  # log 3; nothing to gain
    (1.0986, True)
    """
    n, d = X.shape
    W, b = _split(theta, d, int(y.max()) + 1)
    Z = X @ W.T + b  # (n, K)
    Z -= Z.max(axis=1, keepdims=True)
    P = np.exp(Z)
    total = P.sum(axis=1, keepdims=True)
    rows = np.arange(n)
    loss = np.log(total[:, 0]) - Z[rows, y]
    P /= total
    P[rows, y] -= 1  # P - Y
    if weight is None:
        value = loss.mean()
        P /= n
    else:
        value = weight @ loss
        P *= weight[:, None]
    grad = P.T @ X + l2 * W
    if len(theta) > W.size:
        grad = np.column_stack([grad, P.sum(axis=0)])
    return value + 0.5 * l2 * np.vdot(W, W), grad.ravel()


def softmax_hessian(theta, X, y, l2=0.0, weight=None):
    r"""The Hessian of :func:`softmax_value_grad`, in blocks.

    The block of the classes k and l is :math:`X^\top \operatorname{diag}(s\, p_k (\delta_{kl} - p_l)) X`. The matrix
    is positive semidefinite, but without a penalty not definite: adding one vector to the rows of all classes changes
    no probability (see :func:`pin_shift`).

    Examples
    --------
    >>> softmax_hessian(np.zeros(2), np.array([[1.0], [1.0]]), np.array([0, 1]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    n, d = X.shape
    K = int(y.max()) + 1
    W, b = _split(theta, d, K)
    P = softmax(X @ W.T + b, axis=1)
    if len(theta) > W.size:
        X = np.column_stack([X, np.ones(n, X.dtype)])
    m = X.shape[1]
    root = X * (n**-0.5 if weight is None else np.sqrt(weight)[:, None])
    hess = np.empty((K, m, K, m))
    for k in range(K):
        for j in range(k + 1):
            curvature = P[:, k] * (1 - P[:, k] if k == j else P[:, j])
            half = np.sqrt(curvature)[:, None] * root
            block = half.T @ half if k == j else -(half.T @ half)
            hess[k, :, j], hess[j, :, k] = block, block
        hess[k, range(d), k, range(d)] += l2
    return hess.reshape(K * m, K * m)


def pin_shift(hess, K):
    r"""Curve the Hessian of softmax regression where it is flat: along a shift of the parameters of all classes alike.

    Where there is no penalty the objective does not depend on :math:`\bar\theta = \tfrac1K \sum_k \theta_k`, and where
    there is one it is smallest at :math:`\bar\theta = 0`. So :math:`\tfrac c2 K \|\bar\theta\|^2` may be added: from
    :math:`\bar\theta = 0` Newton's steps stay the same, and become unique. c is the mean of the diagonal of ``hess``.

    Examples
    --------
    >>> pin_shift(np.array([[0.25, -0.25], [-0.25, 0.25]]), 2)
    array([[ 0.375, -0.125],
           [-0.125,  0.375]])
    """
    m = len(hess) // K
    pinned = hess.reshape(K, m, K, m).copy()
    pinned[:, range(m), :, range(m)] += np.trace(hess) / len(hess) / K
    return pinned.reshape(hess.shape)


def _split(theta, d, K):
    """W of shape (K, d) and the intercepts, zeros where there are none."""
    table = theta.reshape(K, -1)
    return table[:, :d], table[:, d] if table.shape[1] > d else np.zeros(K)


def odds_ratio(coef):
    r"""By what the odds :math:`p / (1 - p)` are multiplied when a feature grows by one unit: :math:`e^{w_j}`.

    Examples
    --------
    >>> odds_ratio(np.log([2.0, 0.5]))
    array([2. , 0.5])
    """
    return np.exp(coef)


def separates(scores, y):
    """Whether every sample's own class has the largest score, and no other.

    Then multiplying all parameters by a number above 1 improves the likelihood: without a penalty it has no maximum.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,), or (n_samples, K) with a column for each class
    y : int ndarray of shape (n_samples,)
        Classes 0 and 1, or 0 to K - 1.

    Examples
    --------
    >>> separates(np.array([-1.0, 2.0]), np.array([0, 1])), separates(np.array([-1.0, 0.0]), np.array([0, 1]))
    (True, False)
    """
    if scores.ndim == 1:
        return bool((np.where(y == 1, scores, -scores) > 0).all())
    own = np.arange(scores.shape[1]) == y[:, None]  # (n_samples, K)
    return bool((scores[own] > np.where(own, -np.inf, scores).max(axis=1)).all())


class LogisticRegression(ClassifierMixin, BaseEstimator):
    r"""Minimize :math:`C \sum_i s_i \ell(y_i, x_i^\top w + b) + \tfrac12 \|w\|_2^2`.

    For three classes and more the model is multinomial: softmax regression.

    Parameters
    ----------
    C : float, positive
        The inverse of the penalty; ``numpy.inf`` for none.
    fit_intercept : bool
    class_weight : dict, "balanced" or None
        Weights of the classes; "balanced" is inversely proportional to their counts.
    tol : float
        Stop when no element of the gradient of the mean objective (this one divided by C S) exceeds it.
    max_iter : int
    solver : {"lbfgs", "newton-cholesky", "gd"}

    Raises
    ------
    ValueError
        For a parameter outside its range, a single class, NaN or infinity in X, weights that are negative or all 0.

    Warns
    -----
    ConvergenceWarning
        With the gradient reached, where it stays above ``tol``; and, without a penalty, where the classes turn out to
        be separable, for then no optimum exists.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (1, n_features) for two classes, else (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    n_iter_ : ndarray of shape (1,)

    Examples
    --------
    >>> model = LogisticRegression(C=np.inf, tol=1e-8).fit([[0], [0], [1], [1], [1]], [0, 1, 0, 1, 1])
    >>> odds_ratio(model.coef_).round(4)
    array([[2.]])
    """

    def __init__(self, *, C=1.0, fit_intercept=True, class_weight=None, tol=1e-4, max_iter=100, solver="lbfgs"):
        self.C, self.fit_intercept, self.class_weight = C, fit_intercept, class_weight
        self.tol, self.max_iter, self.solver = tol, max_iter, solver

    def _check_parameters(self):
        if not (isinstance(self.C, Real) and self.C > 0):
            raise ValueError(f"C={self.C!r}, expected a number > 0 (numpy.inf for no penalty)")
        if not (isinstance(self.tol, Real) and self.tol > 0):
            raise ValueError(f"tol={self.tol!r}, expected a number > 0")
        if not isinstance(self.max_iter, Integral) or self.max_iter < 0:
            raise ValueError(f"max_iter={self.max_iter!r}, expected an integer >= 0")
        if self.solver not in SOLVERS:
            raise ValueError(f"solver={self.solver!r}, expected one of {sorted(SOLVERS)}")
        if not (self.class_weight is None or isinstance(self.class_weight, dict) or self.class_weight == "balanced"):
            raise ValueError(f"class_weight={self.class_weight!r}, expected a dict, 'balanced' or None")

    def _class_weights(self, y, weight):
        """One weight for each class; y holds the classes' indices."""
        labels = self.classes_.tolist()
        if not self.class_weight:
            return np.ones(len(labels))
        if self.class_weight == "balanced":
            totals = np.bincount(y, weights=weight)
            if not totals.all():
                raise ValueError(f"class_weight='balanced' with samples of weight 0 only for a class: totals {totals}")
            return totals.sum() / (len(labels) * totals)
        missing = [label for label in labels if label not in self.class_weight]
        if missing and len(labels) - len(missing) != len(self.class_weight):  # a key that is no class, too
            raise ValueError(f"The classes, {missing}, are not in class_weight")
        return np.array([self.class_weight.get(label, 1.0) for label in labels], dtype=float)

    def _weights(self, X, y, sample_weight):
        """The weights of the samples, those of their classes included."""
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        weight = weight * self._class_weights(y, weight)[y]
        if not (weight.min() >= 0 and 0 < weight.sum() < np.inf):
            raise ValueError(f"class_weight={self.class_weight}, expected weights >= 0 with a positive, finite sum")
        return weight

    def fit(self, X, y, sample_weight=None):
        """Fit to X of shape (n_samples, n_features) and labels of shape (n_samples,)."""
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=FLOATS)
        check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
                f"{self.classes_[0]!r}"
            )
        weight = self._weights(X, y, sample_weight)
        result = self._minimize(X, y, weight / weight.sum(), l2=1.0 / (self.C * weight.sum()))
        self.n_iter_ = np.array([result.nit], dtype=np.int32)
        d, binary = X.shape[1], len(self.classes_) == 2
        table = result.x.reshape(1 if binary else len(self.classes_), -1).astype(X.dtype)
        self.coef_ = table[:, :d].copy()
        self.intercept_ = table[:, d].copy() if self.fit_intercept else np.zeros(len(table), X.dtype)
        if np.isinf(self.C) and separates(self._scores(X)[weight > 0], y[weight > 0]):
            warnings.warn(
                "the classes are separable: without a penalty no coefficients are best, longer ones are always better; "
                f"stopped after {result.nit} iterations, largest gradient element {np.abs(result.jac).max():.1e}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _scores(self, X):
        scores = X @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def _minimize(self, X, y, weight, l2):
        """The minimum of the mean objective."""
        K = len(self.classes_)
        arguments = (np.asarray(X, dtype=float), y.astype(float) if K == 2 else y, l2, weight)
        value_grad = logistic_value_grad if K == 2 else softmax_value_grad

        def hessian(theta):
            return logistic_hessian(theta, *arguments) if K == 2 else pin_shift(softmax_hessian(theta, *arguments), K)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            result = minimize(
                lambda theta: value_grad(theta, *arguments),
                np.zeros((1 if K == 2 else K) * (X.shape[1] + bool(self.fit_intercept))),
                SOLVERS[self.solver],
                hess=hessian if self.solver == "newton-cholesky" else None,
                tol=self.tol,
                max_iter=self.max_iter,
            )
        for warning in caught:  # again, as raised where fit was called
            warnings.warn(warning.message, warning.category, stacklevel=3)
        return result

    def decision_function(self, X):
        """The scores: log-odds of shape (n_samples,) for two classes, else (n_samples, n_classes)."""
        check_is_fitted(self)
        return self._scores(validate_data(self, X, dtype=FLOATS, reset=False))

    def predict(self, X):
        """The class of the largest score."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def predict_proba(self, X):
        """Probabilities of shape (n_samples, n_classes)."""
        scores = self.decision_function(X)
        return np.column_stack([sigmoid(-scores), sigmoid(scores)]) if scores.ndim == 1 else softmax(scores, axis=1)

    def predict_log_proba(self, X):
        """Their logarithms, finite where a probability underflows."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.column_stack([log_sigmoid(-scores), log_sigmoid(scores)])
        return log_softmax(scores, axis=1)
