r"""The lasso and the elastic net as estimators, and as paths over many penalties.

The estimators minimize a mean over n samples, the functions of :mod:`companion.linear_model.coordinate_descent` a sum:
their penalties are :math:`l_1 = n \alpha\rho` and :math:`l_2 = n \alpha (1 - \rho)`. Numbers so large or so small that
their squares leave the range of floats are first scaled by powers of two, which costs no digit.
"""

import warnings
from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from companion.annotations import Array, ArrayLike
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
    with np.errstate(over="ignore", under="ignore"):
        squares = flat @ flat
    limit = 2.0 ** (0.4 * np.finfo(values.dtype).maxexp)
    if 1 / limit < squares < limit:
        return values, 0
    exponent = int(np.frexp(np.abs(values).max(initial=0.0))[1])
    return np.ldexp(values, -exponent), exponent


def _times_power_of_two(values: Array | float, exponent: int) -> Array:
    """Beyond the largest float it is infinity, below the smallest 0, without a warning."""
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, exponent)


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
        l1 = total * float(_times_power_of_two(alpha * l1_ratio, -self.a - self.b))
        l2 = total * float(_times_power_of_two(alpha * (1 - l1_ratio), -2 * self.a))
        return min(l1, 1e300), min(l2, 1e300)  # all weights are 0 from there on

    def weights(self, w: Array) -> Array:
        """Weights in the units of the data that came."""
        w = _times_power_of_two(w, self.b - self.a)
        if not np.isfinite(w).all():
            raise ValueError("The coefficients are beyond the largest float: scale the features or the target.")
        return w

    def objective(self, value: float) -> float:
        """A value of the objective in the units of the data that came."""
        return float(_times_power_of_two(value, 2 * self.b))


def _scaled(X: Array, y: Array) -> _Scaled:
    (X, a), (y, b) = _scale(X), _scale(y)
    return _Scaled(X, y, a, b)


def _warn_unless(reached: bool, gap: float, relative: float, tol: float, n_iter: int) -> None:
    if not reached:
        message = f"duality gap {gap:.3e} after {n_iter} iterations, {relative:.3e} of the squares of y, tol={tol:.3e}"
        warnings.warn(f"Objective did not converge: {message}", ConvergenceWarning, stacklevel=3)


class ElasticNet(LinearRegressorMixin, BaseEstimator):
    r"""Minimize :math:`\tfrac{1}{2n}\|y - Xw - b\|_2^2 + \alpha\rho\|w\|_1 + \tfrac12\alpha(1-\rho)\|w\|_2^2`, b not
    penalized.

    With sample weights the sum is weighted, and n is the sum of the weights.

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
    coef_ : ndarray of shape (n_features,)
        The weights w.
    intercept_ : float
        The intercept b.
    dual_gap_ : float
        A bound on how far the objective is above its minimum.
    n_iter_ : int
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
        y : array_like of shape (n_samples,)
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
        features, targets, weight = self._validated(X, y, sample_weight)
        if self.alpha == 0:
            advice = "You are advised to use the LinearRegression estimator"
            warnings.warn(f"With alpha=0, this algorithm does not converge well. {advice}", stacklevel=2)
        scaled = _scaled(features, targets)
        if weight is not None:
            weight, _ = _scale(weight)
        total = float(len(features) if weight is None else weight.sum())
        Xc, yc, X_mean, y_mean = center(scaled.X, scaled.y, weight, self.fit_intercept)
        penalties = scaled.penalties(total, self.alpha, self.l1_ratio)
        w, gap, self.n_iter_ = enet_working_set(Xc, yc, *penalties, None, self.tol, self.max_iter)
        self._set_solution(w, X_mean, y_mean)
        self.coef_, self.intercept_ = scaled.weights(w), _times_power_of_two(self.intercept_, scaled.b)
        self.dual_gap_ = scaled.objective(gap / total)
        y_norm2 = float(yc.astype(float) @ yc)
        _warn_unless(gap <= self.tol * y_norm2, self.dual_gap_, gap / max(y_norm2, TINY), self.tol, self.n_iter_)
        return self


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
        top = np.abs(scaled.X.T @ scaled.y).max() / (len(scaled.y) * l1_ratio)
        top = float(_times_power_of_two(top, scaled.a + scaled.b))
        if top == 0:  # as scikit-learn does
            return np.full(number, np.finfo(float).resolution)
        return np.geomspace(top, eps * top, number)
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
    y : array_like of shape (n_samples,)
        The targets; centered, too.
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
    coefs : ndarray of shape (n_features, n_alphas)
        The weights; of single precision where X is.
    dual_gaps : ndarray of shape (n_alphas,)
        A bound for each penalty on how far the objective is above its minimum.

    Raises
    ------
    ValueError
        For parameters and data that make no sense, and where a solution is beyond the largest float.

    Examples
    --------
    >>> alphas, coefs, _ = lasso_path(np.array([[-1.0], [1.0]]), np.array([-2.0, 2.0]), alphas=[1.0, 2.0])
    >>> alphas, coefs
    (array([2., 1.]), array([[0., 1.]]))
    """
    features, targets, _ = ElasticNet(l1_ratio=l1_ratio, tol=tol, max_iter=max_iter)._validated(X, y, None)
    require("eps", eps, Number(0, closed="neither"))
    scaled = _scaled(features.astype(float, copy=False), targets.astype(float, copy=False))
    n, d = features.shape
    y_norm2 = float(scaled.y @ scaled.y)
    products = (scaled.X.T @ scaled.X, scaled.X.T @ scaled.y, y_norm2) if d <= n else None  # once for all penalties
    w, coefs, gaps = np.zeros(d), [], []
    penalties = _grid(scaled, l1_ratio, eps, alphas)
    for alpha in penalties:
        l1, l2 = scaled.penalties(n, float(alpha), l1_ratio)
        if products is None:
            w, gap, n_iter = enet_working_set(scaled.X, scaled.y, l1, l2, w, tol, max_iter)
        else:
            w, gap, n_iter = enet_coordinate_descent(*products, l1, l2, w, tol, max_iter)
        coefs.append(scaled.weights(w))
        gaps.append(scaled.objective(gap / n))
        _warn_unless(gap <= tol * y_norm2, gaps[-1], gap / max(y_norm2, TINY), tol, n_iter)
    return penalties, np.array(coefs, dtype=features.dtype).T, np.array(gaps)


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
    y : array_like of shape (n_samples,)
        The targets; centered, too.
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
    coefs : ndarray of shape (n_features, n_alphas)
        The weights; of single precision where X is.
    dual_gaps : ndarray of shape (n_alphas,)
        A bound for each penalty on how far the objective is above its minimum.

    Examples
    --------
    >>> lasso_path(np.array([[-1.0], [1.0]]), np.array([-2.0, 2.0]), alphas=[1.0, 0.5])[1]
    array([[1. , 1.5]])
    """
    return enet_path(X, y, l1_ratio=1.0, eps=eps, alphas=alphas, tol=tol, max_iter=max_iter)
