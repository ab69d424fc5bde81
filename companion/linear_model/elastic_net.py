r"""The lasso and the elastic net as estimators, and as paths over many penalties.

The estimators minimize a mean over n samples, the functions of :mod:`companion.linear_model.coordinate_descent` a sum:
their penalties are :math:`l_1 = n \alpha\rho` and :math:`l_2 = n \alpha (1 - \rho)`. Numbers so large or so small that
their squares leave the range of floats are first scaled by powers of two, which costs no digit.
"""

import warnings
from functools import partial
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin
from sklearn.exceptions import ConvergenceWarning

from companion.annotations import Array, ArrayLike, DTypeLike
from companion.linear_model.base import LinearRegressorMixin, center
from companion.linear_model.coordinate_descent import enet_coordinate_descent
from companion.linear_model.working_set import enet_working_set
from companion.validation import Boolean, Instance, Integer, InvalidParameterError, Number, as_float, require

__all__ = ["ElasticNet", "Lasso", "enet_path", "lasso_path"]

TINY = np.finfo(float).tiny  # instead of a divisor of 0


def _scale(values: Array) -> tuple[Array, int]:
    r""":math:`2^{-e}` times the values, and e, such that sums of squares neither overflow nor vanish.

    Scaling by a power of two is exact. Where there is no danger e is 0, and the values are returned as they are.
    """
    flat = values.ravel(order="K")
    limit = 2.0 ** (0.4 * np.finfo(values.dtype).maxexp)
    with np.errstate(over="ignore", under="ignore"):
        if 1 / limit < flat @ flat < limit:
            return values, 0
        exponent = int(np.frexp(np.abs(values).max(initial=0.0))[1])
        return np.ldexp(values, -exponent), exponent


def _times_power_of_two(values: Array | float, exponent: int) -> Array:
    """Beyond the largest float it is infinity, below the smallest 0, without a warning."""
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, exponent)


def _finite(coefficients: Array) -> Array:
    if not np.isfinite(coefficients).all():
        raise ValueError("The coefficients are beyond the largest float: scale the features or the target.")
    return coefficients


class _Scaled(NamedTuple):
    r"""X and y divided by powers of two: with :math:`X = 2^a X'` and :math:`y = 2^b y'`, the weights are
    :math:`w = 2^{b - a} w'`, the penalties :math:`l_1 = 2^{a + b} l_1'` and :math:`l_2 = 2^{2a} l_2'`, and the
    objective is :math:`2^{2b}` times that of the scaled problem.
    """

    X: Array
    y: Array
    a: int
    b: int

    def penalties(self, total: float, alpha: float, l1_ratio: float) -> tuple[float, float]:
        """The scaled l1 and l2, for a total weight of the samples."""
        alpha, l1_ratio = float(alpha), float(l1_ratio)  # a small float or a fraction has no place for the power
        l1 = total * float(_times_power_of_two(alpha * l1_ratio, -self.a - self.b))
        l2 = total * float(_times_power_of_two(alpha * (1 - l1_ratio), -2 * self.a))
        return min(l1, 1e300), min(l2, 1e300)  # all weights are 0 from there on

    def weights(self, w: Array, dtype: DTypeLike) -> Array:
        """Weights in the units of the data that came."""
        with np.errstate(over="ignore", under="ignore"):
            return _finite(_times_power_of_two(w, self.b - self.a).astype(dtype, copy=False))

    def objective(self, value: float) -> float:
        """A value of the objective in the units of the data that came."""
        return float(_times_power_of_two(value, 2 * self.b))


def _scaled(X: Array, y: Array) -> _Scaled:
    (X, a), (y, b) = _scale(X), _scale(y)
    return _Scaled(X, y, a, b)


def _warn_unless(reached: bool, gap: float, relative: float, tol: float, n_iter: int) -> None:
    """Blames the line that called the public function or method, which called our caller."""
    if not reached:
        message = f"duality gap {gap:.3e} after {n_iter} iterations, {relative:.3e} of the squares of y, tol={tol:.3e}"
        warnings.warn(f"Objective did not converge: {message}", ConvergenceWarning, stacklevel=4)


class ElasticNet(LinearRegressorMixin, MultiOutputMixin, BaseEstimator):
    r"""Minimize :math:`\tfrac{1}{2n}\|y - Xw - b\|_2^2 + \alpha\rho\|w\|_1 + \tfrac12\alpha(1-\rho)\|w\|_2^2`, b not
    penalized.

    With sample weights the sum is weighted, and n is the sum of the weights. Several targets are solved one by one.

    Parameters
    ----------
    alpha : float, non-negative
        Multiplies both penalties. With 0 it is least squares, which ``LinearRegression`` solves better; a warning says
        so.
    l1_ratio : float in [0, 1]
        :math:`\rho`: 1 is the lasso, 0 ridge regression with the weight :math:`n\alpha`.
    fit_intercept : bool
        Without an intercept b is 0.
    max_iter : int
        The most iterations; each of them passes over the coordinates that can move until they settle.
    tol : float, non-negative
        Stop when the duality gap is at most ``tol`` times the mean square of the centered y.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        The weights w; of the first shape for a single target.
    intercept_ : float or ndarray of shape (n_targets,)
        The intercept b; an array where y had two dimensions, and 0.0 without an intercept.
    dual_gap_ : float or ndarray of shape (n_targets,)
        A bound on how far the objective is above its minimum.
    n_iter_ : int or list of int
        How many iterations were made; 0 where all weights are 0 from the start.

    Examples
    --------
    >>> X, y = [[-1.0], [1.0]], [-2.0, 2.0]
    >>> model = ElasticNet(alpha=1.0, l1_ratio=0.5).fit(X, y)
    >>> model.coef_.round(10)  # (2 - 0.5) / (1 + 0.5)
    array([1.])
    """

    _parameter_rules = {
        "alpha": (Number(0),),
        "l1_ratio": (Number(0, 1, "both"),),
        "fit_intercept": (Boolean(),),
        "max_iter": (Integer(1),),
        "tol": (Number(0),),
    }

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        l1_ratio: float = 0.5,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-4,
    ):
        self.alpha, self.l1_ratio, self.fit_intercept = alpha, l1_ratio, fit_intercept
        self.max_iter, self.tol = max_iter, tol

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> "ElasticNet":
        """Find the weights, until the duality gap is small.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features.
        y : array_like of shape (n_samples,) or (n_samples, n_targets)
            The targets.
        sample_weight : array_like of shape (n_samples,), optional
            Non-negative weights of the samples; only their ratios matter.

        Returns
        -------
        ElasticNet
            Itself.

        Raises
        ------
        ValueError
            For parameters and data that make no sense, and where the solution is beyond the largest float.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` iterations were not enough, or ``tol`` asks for more than the arithmetic has.
        """
        features, targets, weight = self._validated(X, y, sample_weight, multi_output=True)
        if self.alpha == 0:
            advice = "You are advised to use the LinearRegression estimator"
            warnings.warn(f"With alpha=0, this algorithm does not converge well. {advice}", stacklevel=2)
        if weight is not None:
            weight, _ = _scale(weight)
        solutions = []
        for target in targets.reshape(len(targets), -1).T:
            solutions.append(self._solve(features, target, weight))
        coefs, intercepts, gaps, iterations = zip(*solutions)
        if targets.ndim == 1 or not self.fit_intercept:
            self.intercept_ = intercepts[0]
        else:
            self.intercept_ = np.array(intercepts)
        if len(solutions) == 1:
            self.coef_, self.dual_gap_, self.n_iter_ = coefs[0], gaps[0], iterations[0]
        else:
            self.coef_, self.dual_gap_, self.n_iter_ = np.array(coefs), np.array(gaps), list(iterations)
        return self

    def _solve(self, X: Array, y: Array, weight: Array | None) -> tuple[Array, Array, float, int]:
        """The weights and the intercept for one target, the duality gap, and the number of iterations."""
        tol, scaled = float(self.tol), _scaled(X, y)
        total = float(len(X) if weight is None else weight.sum())
        with np.errstate(over="ignore", under="ignore"):  # what overflows is refused below
            Xc, yc, X_mean, y_mean = center(scaled.X, scaled.y, weight, self.fit_intercept)
            penalties = scaled.penalties(total, self.alpha, self.l1_ratio)
            w, gap, n_iter = enet_working_set(Xc, yc, *penalties, None, tol, self.max_iter)
            intercept = y_mean - X_mean @ w if self.fit_intercept else 0.0
            y_norm2 = float(yc.astype(float) @ yc)
        coef, intercept = scaled.weights(w, X.dtype), _finite(_times_power_of_two(intercept, scaled.b))
        dual_gap = scaled.objective(gap / total)
        _warn_unless(gap <= tol * y_norm2, dual_gap, gap / max(y_norm2, TINY), tol, n_iter)
        return coef, intercept, dual_gap, n_iter


class Lasso(ElasticNet):
    r"""Minimize :math:`\tfrac{1}{2n}\|y - Xw - b\|_2^2 + \alpha\|w\|_1`, b not penalized.

    It is :class:`ElasticNet` with ``l1_ratio=1``, and has its attributes.

    Parameters
    ----------
    alpha : float, non-negative
        Multiplies the penalty. With 0 it is least squares, which ``LinearRegression`` solves better; a warning says so.
    fit_intercept : bool
        Without an intercept b is 0.
    max_iter : int
        The most iterations; each of them passes over the coordinates that can move until they settle.
    tol : float, non-negative
        Stop when the duality gap is at most ``tol`` times the mean square of the centered y.

    Examples
    --------
    >>> Lasso(alpha=1.0).fit([[-1.0], [1.0]], [-2.0, 2.0]).coef_  # soft_threshold(2, 1)
    array([1.])
    """

    l1_ratio = 1.0

    def __init__(self, alpha: float = 1.0, *, fit_intercept: bool = True, max_iter: int = 1000, tol: float = 1e-4):
        self.alpha, self.fit_intercept, self.max_iter, self.tol = alpha, fit_intercept, max_iter, tol


def _grid(scaled: _Scaled, l1_ratio: float, eps: float, alphas: int | ArrayLike) -> Array:
    """The penalties of a path: those given, falling, or so many from the one at which all coefficients are 0."""
    if isinstance(alphas, (Integral, str)):
        number = require("alphas", alphas, Integer(1), Instance(np.ndarray, list, tuple))
        if l1_ratio == 0:
            raise InvalidParameterError("alphas have to be given with l1_ratio=0.0: there is no largest one")
        with np.errstate(under="ignore", over="ignore"):
            top = np.abs(scaled.X.T @ scaled.y).max() / (len(scaled.y) * float(l1_ratio))
            top = float(_times_power_of_two(top, scaled.a + scaled.b))
            bottom = float(eps) * top
        if top == 0:  # as scikit-learn does
            return np.full(number, np.finfo(float).resolution)
        if not 0 < bottom < np.inf or not top < np.inf:
            raise ValueError(f"The penalties run from {top} to {bottom}: scale X or y, or give the alphas.")
        return np.geomspace(top, bottom, number)
    alphas = as_float(alphas, "alphas", InvalidParameterError).astype(float)
    if alphas.ndim != 1 or not len(alphas):
        raise InvalidParameterError(f"alphas of shape {alphas.shape}, expected (n_alphas,)")
    for alpha in alphas:
        require("alpha", float(alpha), Number(0))
    return np.sort(alphas)[::-1]


def enet_path(
    X: ArrayLike,
    y: ArrayLike,
    *,
    l1_ratio: float = 0.5,
    eps: float = 1e-3,
    alphas: int | ArrayLike = 100,
    tol: float = 1e-4,
    max_iter: int = 1000,
) -> tuple[Array, Array, Array]:
    r"""Elastic nets for a falling sequence of penalties, each started from the one before. No intercept is fitted.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The features; centered, where an intercept is wanted.
    y : array_like of shape (n_samples,) or (n_samples, 1)
        The targets; centered, too. Several targets, which scikit-learn's path treats together, are refused.
    l1_ratio : float in [0, 1]
        The share of the l1 penalty. With 0 the ``alphas`` have to be given.
    eps : float, positive
        The smallest penalty over the largest.
    alphas : int or array_like of shape (n_alphas,)
        The penalties, or how many: a geometric sequence that begins where all coefficients are 0.
    tol : float, non-negative
        Stop when the duality gap is at most ``tol`` times the mean square of y.
    max_iter : int
        The most iterations for each penalty.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        The penalties, falling.
    coefs : ndarray of shape (n_features, n_alphas), or (1, n_features, n_alphas) where y has two dimensions
        The weights; of single precision where X is.
    dual_gaps : ndarray of shape (n_alphas,)
        A bound for each penalty on how far the objective is above its minimum.

    Raises
    ------
    ValueError
        For parameters and data that make no sense, and where a penalty or a solution is beyond the largest float.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` iterations were not enough for a penalty.

    Examples
    --------
    >>> alphas, coefs, _ = lasso_path(np.array([[-1.0], [1.0]]), np.array([-2.0, 2.0]), alphas=[1.0, 2.0])
    >>> alphas, coefs
    (array([2., 1.]), array([[0., 1.]]))
    """
    return _path(X, y, l1_ratio, eps, alphas, tol, max_iter)


def _path(
    X: ArrayLike, y: ArrayLike, l1_ratio: float, eps: float, alphas: int | ArrayLike, tol: float, max_iter: int
) -> tuple[Array, Array, Array]:
    """What :func:`enet_path` and :func:`lasso_path` call alike, so that warnings know whom to blame."""
    estimator = ElasticNet(l1_ratio=l1_ratio, tol=tol, max_iter=max_iter)
    features, targets, _ = estimator._validated(X, y, None, multi_output=True)
    if targets.ndim == 2 and targets.shape[1] > 1:
        raise ValueError(f"y of shape {targets.shape}, expected (n_samples,) or (n_samples, 1)")
    require("eps", eps, Number(0, closed="neither"))
    scaled = _scaled(features.astype(float, copy=False), targets.ravel().astype(float, copy=False))
    penalties = _grid(scaled, l1_ratio, eps, alphas)
    n, d = features.shape
    with np.errstate(under="ignore"):
        y_norm2 = float(scaled.y @ scaled.y)
        if d <= n:  # the products once for all penalties
            solve = partial(enet_coordinate_descent, scaled.X.T @ scaled.X, scaled.X.T @ scaled.y, y_norm2)
        else:
            solve = partial(enet_working_set, scaled.X, scaled.y)
    w, tol, weights, gaps = np.zeros(d), float(tol), [], []
    for alpha in penalties:
        w, gap, n_iter = solve(*scaled.penalties(n, alpha, l1_ratio), w, tol, max_iter)
        weights.append(scaled.weights(w, features.dtype))
        gaps.append(scaled.objective(gap / n))
        _warn_unless(gap <= tol * y_norm2, gaps[-1], gap / max(y_norm2, TINY), tol, n_iter)
    coefs = np.array(weights).T
    return penalties, coefs if targets.ndim == 1 else coefs[np.newaxis], np.array(gaps)


def lasso_path(
    X: ArrayLike,
    y: ArrayLike,
    *,
    eps: float = 1e-3,
    alphas: int | ArrayLike = 100,
    tol: float = 1e-4,
    max_iter: int = 1000,
) -> tuple[Array, Array, Array]:
    """Lassos for a falling sequence of penalties: :func:`enet_path` with ``l1_ratio=1``.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        The features; centered, where an intercept is wanted.
    y : array_like of shape (n_samples,) or (n_samples, 1)
        The targets; centered, too. Several targets, which scikit-learn's path treats together, are refused.
    eps : float, positive
        The smallest penalty over the largest.
    alphas : int or array_like of shape (n_alphas,)
        The penalties, or how many: a geometric sequence that begins where all coefficients are 0.
    tol : float, non-negative
        Stop when the duality gap is at most ``tol`` times the mean square of y.
    max_iter : int
        The most iterations for each penalty.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        The penalties, falling.
    coefs : ndarray of shape (n_features, n_alphas), or (1, n_features, n_alphas) where y has two dimensions
        The weights; of single precision where X is.
    dual_gaps : ndarray of shape (n_alphas,)
        A bound for each penalty on how far the objective is above its minimum.

    Raises
    ------
    ValueError
        For parameters and data that make no sense, and where a penalty or a solution is beyond the largest float.

    Warns
    -----
    ConvergenceWarning
        If ``max_iter`` iterations were not enough for a penalty.

    Examples
    --------
    >>> lasso_path(np.array([[-1.0], [1.0]]), np.array([-2.0, 2.0]), alphas=[1.0, 0.5])[1]
    array([[1. , 1.5]])
    """
    return _path(X, y, 1.0, eps, alphas, tol, max_iter)
