r"""Least squares and ridge regression, in closed form."""

from collections.abc import Collection
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin

from companion.annotations import Array, ArrayLike
from companion.linalg import cholesky_solve, moderate_units, scale_to_one, solve_triangular
from companion.linear_model.base import LinearRegressorMixin, center, scale_rows
from companion.validation import Boolean, Instance, Number, Option, as_float, require

__all__ = [
    "LinearRegression",
    "Ridge",
    "lstsq_normal",
    "lstsq_qr",
    "lstsq_svd",
    "ridge_normal",
    "ridge_svd",
    "triangular",
]


def triangular(X: Array, y: Array) -> tuple[Array, Array]:
    r"""R and :math:`Q^\top y` of :math:`X = QR` without forming Q: the R of the matrix (X y) holds both.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), with n_samples >= n_features
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets; they become columns behind those of X.

    Returns
    -------
    R : ndarray of shape (n_features, n_features)
        Upper triangular.
    Qty : ndarray of shape (n_features,) or (n_features, n_targets)
        Of the shape of ``y``, but for its first axis.

    Examples
    --------
    >>> r, qty = triangular(np.array([[3.0], [4.0]]), np.array([6.0, 8.0]))
    >>> abs(r).round(10), abs(qty).round(10)
    (array([[5.]]), array([10.]))
    """
    d = X.shape[1]
    X, y = as_float(X, "X"), as_float(y, "y")
    r: Any = np.linalg.qr(np.column_stack([X, y]), mode="r")  # mode "r" returns R alone
    return r[:d, :d], r[:d, d:].reshape(d, *y.shape[1:])


def lstsq_normal(X: Array, y: Array) -> Array:
    r"""Minimize :math:`\|y - Xw\|_2^2` by the normal equation :math:`X^\top X w = X^\top y`.

    Forming :math:`X^\top X` squares the condition number of X: half of the digits are lost before the system is solved.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets.

    Returns
    -------
    ndarray of shape (n_features,) or (n_features, n_targets)
        The coefficients w.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where :math:`X^\top X` is singular to working precision.

    Examples
    --------
    >>> lstsq_normal(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])).round(10)
    array([1., 2.])
    """
    X = as_float(X)  # products of small integers would wrap
    return cholesky_solve(X.T @ X, X.T @ y)


def lstsq_qr(X: Array, y: Array) -> Array:
    r"""Minimize :math:`\|y - Xw\|_2^2` by :math:`X = QR`, which leaves the triangular system :math:`Rw = Q^\top y`.

    A diagonal entry of R is the length of what is left of its column once the earlier columns are taken out.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets.

    Returns
    -------
    ndarray of shape (n_features,) or (n_features, n_targets)
        The coefficients w.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the columns of X are dependent to working precision.
    ValueError
        For NaN and infinity, and where a coefficient overflows.

    Examples
    --------
    >>> lstsq_qr(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])).round(10)
    array([1., 2.])
    """
    if X.shape[0] < X.shape[1]:
        raise np.linalg.LinAlgError(f"{X.shape[1]} columns of length {X.shape[0]} are dependent")
    X, y, unit = moderate_units(X, y)
    r, qty = triangular(X, y)
    left, whole = np.abs(np.diag(r)), np.abs(r).max(axis=0, initial=0.0)
    if not (left > _rounding(r) * whole).all():
        raise np.linalg.LinAlgError("the columns of X are dependent to working precision")
    return unit.weights(solve_triangular(r, qty))


def lstsq_svd(X: Array, y: Array, rcond: float | None = None) -> tuple[Array, int, Array]:
    r"""The shortest w that minimizes :math:`\|y - Xw\|_2^2`: :math:`w = V \Sigma^+ U^\top y`.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets.
    rcond : float, optional
        Singular values up to ``rcond`` times the largest count as 0. Without, it is the machine precision times
        :math:`10 \sqrt{\min(n, d)}`: what the rounding errors of a factorization reach, however many samples there are.
        The same holds where it is not between 0 and 1, as in LAPACK.

    Returns
    -------
    w : ndarray of shape (n_features,) or (n_features, n_targets)
        The coefficients.
    rank : int
        How many singular values count.
    singular : ndarray of shape (min(n_samples, n_features),)
        The singular values, falling; infinite where they overflow.

    Raises
    ------
    ValueError
        For NaN and infinity, which :func:`numpy.linalg.lstsq` lets through, and where a coefficient overflows.

    Examples
    --------
    >>> w, rank, _ = lstsq_svd(np.array([[1.0, 1.0]]), np.array([2.0]))  # one equation, two unknowns
    >>> w.round(10), rank
    (array([1., 1.]), 1)
    """
    X, y, unit = moderate_units(X, y)  # powers of two where X or y is extreme, else 1
    if X.shape[0] > X.shape[1]:  # a tall X has the singular values and the V of its R
        X, y = triangular(X, y)
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    if rcond is None or not 0 < rcond < 1:
        rcond = _rounding(vt)
    keep = s > rcond * s.max(initial=0.0)
    w = vt[keep].T @ scale_rows(1 / s[keep], u.T[keep] @ y)
    return unit.weights(w), int(keep.sum()), unit.lengths(s)


def ridge_normal(X: Array, y: Array, alpha: float) -> Array:
    r"""Minimize :math:`\|y - Xw\|_2^2 + \alpha \|w\|_2^2` (a sum over samples): :math:`(X^\top X + \alpha I) w =
    X^\top y`.

    With more features than samples the equal :math:`w = X^\top (X X^\top + \alpha I)^{-1} y` is the smaller system.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets.
    alpha : float, non-negative
        What the squared length of w costs.

    Returns
    -------
    ndarray of shape (n_features,) or (n_features, n_targets)
        The coefficients w.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where :math:`\alpha` is too small to lift :math:`X^\top X` out of its singularity: more than half of the digits
        would be lost. :func:`ridge_svd` loses half as many.

    Examples
    --------
    >>> ridge_normal(np.array([[1.0], [1.0]]), np.array([3.0, 3.0]), alpha=1.0).round(10)
    array([2.])
    """
    X = as_float(X)  # products of small integers would wrap
    n, d = X.shape
    half = np.sqrt(np.finfo(X.dtype).eps)
    if d <= n:
        return cholesky_solve(_add_to_diagonal(X.T @ X, alpha), X.T @ y, half)
    return X.T @ cholesky_solve(_add_to_diagonal(X @ X.T, alpha), y, half)


def ridge_svd(X: Array, y: Array, alpha: float) -> Array:
    r"""The same by :math:`w = V \operatorname{diag}\!\big(\tfrac{s_i}{s_i^2 + \alpha}\big) U^\top y`.

    Each direction of the data is shrunk by :math:`s_i^2 / (s_i^2 + \alpha)`, those of small singular value most.
    Where :math:`s_i` is but a rounding error the weight is 0, so that :math:`\alpha = 0` gives the shortest solution of
    least squares.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features, a row for each sample.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The targets.
    alpha : float, non-negative
        What the squared length of w costs.

    Returns
    -------
    ndarray of shape (n_features,) or (n_features, n_targets)
        The coefficients w.

    Raises
    ------
    ValueError
        For NaN and infinity, and where a coefficient overflows.

    Examples
    --------
    >>> ridge_svd(np.array([[1.0], [1.0]]), np.array([3.0, 3.0]), alpha=1.0).round(10)
    array([2.])
    """
    X, y, unit = moderate_units(X, y, alpha)
    alpha = unit.penalty(alpha)
    if X.shape[0] > X.shape[1]:
        X, y = triangular(X, y)
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    keep = s > _rounding(vt) * s.max(initial=0.0)
    factor = s[keep] / (s[keep] ** 2 + alpha)
    return unit.weights(vt[keep].T @ scale_rows(factor, u.T[keep] @ y))


def _rounding(factor: Array) -> float:
    """What rounding errors leave of something that should be 0, beside a number of size 1, in a factorization."""
    return 10 * np.sqrt(min(factor.shape)) * np.finfo(factor.dtype).eps


def _add_to_diagonal(matrix: Array, alpha: float) -> Array:
    matrix.flat[:: len(matrix) + 1] += alpha
    return matrix


class _LeastSquares(LinearRegressorMixin, MultiOutputMixin, BaseEstimator):
    """Centered data, handed to a solver."""

    def _solve(self, X: Array, y: Array) -> tuple[Array, dict[str, Any]]:
        """The coefficients, and the other attributes that the solver knows."""
        raise NotImplementedError

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Find the coefficients and the intercept.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.
        y : array_like of shape (n_samples,) or (n_samples, n_targets)
            The targets.
        sample_weight : array_like of shape (n_samples,), optional
            What each sample counts; 1 without.

        Returns
        -------
        self
            The estimator, fitted.

        Raises
        ------
        ValueError
            For parameters and data that do not fit (texts and dates, too, which scikit-learn may read as numbers), and
            where means or coefficients overflow.
        """
        X, y, sample_weight = self._validated(X, y, sample_weight, multi_output=True)
        with np.errstate(all="ignore"):  # what overflows is refused
            Xc, yc, X_mean, y_mean = center(X, y, sample_weight, self.fit_intercept)
            w, found = self._solve(Xc, yc)
            self._set_solution(w, X_mean, y_mean)
        for name in ("rank_", "singular_"):  # of an earlier fit with another solver
            self.__dict__.pop(name, None)
        self.__dict__.update(found)
        return self


class LinearRegression(_LeastSquares):
    r"""Least squares: minimize :math:`\sum_i s_i (y_i - x_i^\top w - b)^2`.

    Parameters
    ----------
    fit_intercept : bool
        Whether b is fitted; it is 0 without.
    tol : float, non-negative
        With ``solver="svd"``, singular values up to ``tol`` times the largest count as 0; so in scikit-learn. 0 and
        numbers from 1 on stand for the rounding errors of the factorization.
    solver : {"svd", "qr", "normal"}
        Not in scikit-learn, whose solver is ``"svd"``: it gives the shortest solution where there are many; the others
        raise ``LinAlgError`` where the columns are dependent to working precision.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    rank_, singular_ : int, ndarray
        Of the centered X; with ``solver="svd"`` only.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X is a data frame.

    Examples
    --------
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_.round(10), round(float(model.intercept_), 10)
    (array([2.]), 1.0)
    """

    _parameter_rules = {
        "fit_intercept": (Boolean(),),
        "tol": (Number(0),),
        "solver": (Option("svd", "qr", "normal"),),
    }

    def __init__(self, *, fit_intercept: bool = True, tol: float = 1e-6, solver: str = "svd"):
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.solver = solver

    def _solve(self, X: Array, y: Array) -> tuple[Array, dict[str, Any]]:
        if self.solver == "svd":
            w, rank, singular = lstsq_svd(X, y, float(self.tol))
            return w, {"rank_": rank, "singular_": singular}
        if self.solver == "qr":
            return lstsq_qr(X, y), {}
        X, X_exponents = scale_to_one(X)  # now no square can overflow
        y, y_exponents = scale_to_one(y)
        w = lstsq_normal(X, y)
        return np.ldexp(w, y_exponents - X_exponents.reshape(-1, *(1,) * (y.ndim - 1))), {}


class Ridge(_LeastSquares):
    r"""Ridge regression: minimize :math:`\sum_i s_i (y_i - x_i^\top w - b)^2 + \alpha \|w\|_2^2`; b is not penalized.

    Parameters
    ----------
    alpha : float, non-negative, or array_like of shape (n_targets,)
        Multiplies the squared norm; the data term is a sum, not a mean. Each target may have its own.
    fit_intercept : bool
        Whether b is fitted; it is 0 without.
    solver : {"auto", "cholesky", "svd"}
        ``"auto"`` is ``"cholesky"``. Where this would lose more than half of the digits, as in a nearly singular system
        with alpha near 0, or where squares overflow, ``"svd"`` takes over.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    solver_ : {"cholesky", "svd"}
        The solver that found the coefficients.
    n_iter_ : None
        Neither solver iterates.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X is a data frame.

    Examples
    --------
    >>> Ridge(alpha=1.0, fit_intercept=False).fit([[1.0], [1.0]], [3.0, 3.0]).coef_.round(10)
    array([2.])
    """

    _parameter_rules = {
        "alpha": (Number(0), Instance(Collection)),  # each of its numbers is looked at in _solve
        "fit_intercept": (Boolean(),),
        "solver": (Option("auto", "cholesky", "svd"),),
    }

    def __init__(self, alpha: Any = 1.0, *, fit_intercept: bool = True, solver: str = "auto"):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver

    def _solve(self, X: Array, y: Array) -> tuple[Array, dict[str, Any]]:
        targets = y.reshape(len(y), -1)
        alphas = [float(require("alpha", alpha, Number(0))) for alpha in np.ravel(self.alpha).tolist()]
        if len(alphas) not in (1, targets.shape[1]):
            raise ValueError(f"{len(alphas)} penalties alpha for {targets.shape[1]} targets")
        solver = "svd" if self.solver == "svd" else "cholesky"
        columns = []
        for alpha, column in zip(alphas, [targets] if len(alphas) == 1 else targets.T[:, :, None]):
            w, solver = self._solve_one(X, column, alpha, solver)
            columns.append(w)
        w = np.column_stack(columns)  # (n_features, n_targets)
        return w[:, 0] if w.shape[1] == 1 else w, {"solver_": solver, "n_iter_": None}

    def _solve_one(self, X: Array, y: Array, alpha: float, solver: str) -> tuple[Array, str]:
        """The coefficients by this solver or, where it would lose too many digits, by the other; and its name."""
        if solver == "cholesky":
            scaled, exponents = scale_to_one(y)
            try:
                return np.ldexp(ridge_normal(X, scaled, alpha), exponents), solver
            except np.linalg.LinAlgError:
                pass
        return ridge_svd(X, y, alpha), "svd"
