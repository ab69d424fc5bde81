r"""Least squares and ridge regression, in closed form."""

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin

from companion.linear_model.base import LinearRegressorMixin, center, scale_rows
from companion.validation import Boolean, Number, Option


def triangular(X, y):
    r"""R and :math:`Q^\top y` of :math:`X = QR` without forming Q: the R of the matrix (X y) holds both.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), with n_samples > n_features
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)

    Examples
    --------
    >>> r, qty = triangular(np.array([[3.0], [4.0]]), np.array([6.0, 8.0]))
    >>> abs(r).round(10), abs(qty).round(10)
    (array([[5.]]), array([10.]))
    """
    d = X.shape[1]
    r = np.linalg.qr(np.column_stack([X, y]), mode="r")
    return r[:d, :d], r[:d, d:].reshape(d, *y.shape[1:])


def cholesky_solve(A, b):
    r"""Solve :math:`Aw = b`, A symmetric and positive definite, by :math:`A = LL^\top`.

    A diagonal entry of L is what is left of its column once the earlier columns are taken out: as good as nothing where
    the column depends on them. It is compared with the whole column, so that the verdict does not depend on units.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where A is singular to working precision.

    Examples
    --------
    >>> cholesky_solve(np.array([[4.0, 2.0], [2.0, 3.0]]), np.array([8.0, 8.0])).round(10)
    array([1., 2.])
    """
    lower = np.linalg.cholesky(A)  # raises where what is left would be negative
    if (np.diag(lower) <= np.sqrt(len(A) * np.finfo(A.dtype).eps * np.diag(A))).any():
        raise np.linalg.LinAlgError("the matrix is singular to working precision")
    return np.linalg.solve(lower.T, np.linalg.solve(lower, b))


def lstsq_normal(X, y):
    r"""Minimize :math:`\|y - Xw\|_2^2` by the normal equation :math:`X^\top X w = X^\top y`.

    Forming :math:`X^\top X` squares the condition number of X: half of the digits are lost before the system is solved.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)

    Raises
    ------
    numpy.linalg.LinAlgError
        Where :math:`X^\top X` is singular to working precision.

    Examples
    --------
    >>> lstsq_normal(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])).round(10)
    array([1., 2.])
    """
    return cholesky_solve(X.T @ X, X.T @ y)


def lstsq_qr(X, y):
    r"""Minimize :math:`\|y - Xw\|_2^2` by :math:`X = QR`, which leaves the triangular system :math:`Rw = Q^\top y`.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the columns of X are dependent to working precision.

    Examples
    --------
    >>> lstsq_qr(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([1.0, 3.0, 5.0])).round(10)
    array([1., 2.])
    """
    if X.shape[0] < X.shape[1]:
        raise np.linalg.LinAlgError(f"{X.shape[1]} columns of length {X.shape[0]} are dependent")
    r, qty = triangular(X, y)
    lengths = np.linalg.norm(r, axis=0)  # those of the columns of X
    if (np.abs(np.diag(r)) <= max(X.shape) * np.finfo(r.dtype).eps * lengths).any():
        raise np.linalg.LinAlgError("the columns of X are dependent to working precision")
    return np.linalg.solve(r, qty)


def lstsq_svd(X, y, rcond=None):
    r"""The shortest w that minimizes :math:`\|y - Xw\|_2^2`: :math:`w = V \Sigma^+ U^\top y`.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
    rcond : float, optional
        Singular values up to ``rcond`` times the largest count as 0; max(n, d) times the machine precision without.

    Returns
    -------
    w : ndarray of shape (n_features,) or (n_features, n_targets)
    rank : int
    singular : ndarray of shape (min(n_samples, n_features),)

    Examples
    --------
    >>> w, rank, _ = lstsq_svd(np.array([[1.0, 1.0]]), np.array([2.0]))  # one equation, two unknowns
    >>> w.round(10), rank
    (array([1., 1.]), 1)
    """
    shape = X.shape
    if shape[0] > shape[1]:  # a tall X has the singular values and the V of its R
        X, y = triangular(X, y)
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    rcond = max(shape) * np.finfo(s.dtype).eps if rcond is None else rcond
    keep = s > rcond * s.max(initial=0.0)
    inverse = np.divide(1.0, s, out=np.zeros_like(s), where=keep)  # the diagonal of the pseudo-inverse
    return vt.T @ scale_rows(inverse, u.T @ y), int(keep.sum()), s


def ridge_normal(X, y, alpha):
    r"""Minimize :math:`\|y - Xw\|_2^2 + \alpha \|w\|_2^2` (a sum over samples): :math:`(X^\top X + \alpha I) w =
    X^\top y`.

    With more features than samples the equal :math:`w = X^\top (X X^\top + \alpha I)^{-1} y` is the smaller system.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where :math:`\alpha` is too small to lift :math:`X^\top X` out of its singularity; :func:`ridge_svd` copes.

    Examples
    --------
    >>> ridge_normal(np.array([[1.0], [1.0]]), np.array([3.0, 3.0]), alpha=1.0).round(10)
    array([2.])
    """
    n, d = X.shape
    if d <= n:
        return cholesky_solve(_add_to_diagonal(X.T @ X, alpha), X.T @ y)
    return X.T @ cholesky_solve(_add_to_diagonal(X @ X.T, alpha), y)


def ridge_svd(X, y, alpha):
    r"""The same by :math:`w = V \operatorname{diag}\!\big(\tfrac{s_i}{s_i^2 + \alpha}\big) U^\top y`.

    Each direction of the data is shrunk by :math:`s_i^2 / (s_i^2 + \alpha)`, those of small singular value most.
    Where :math:`s_i^2 + \alpha` is but a rounding error the weight is 0, so that :math:`\alpha = 0` gives the shortest
    solution of least squares.

    Examples
    --------
    >>> ridge_svd(np.array([[1.0], [1.0]]), np.array([3.0, 3.0]), alpha=1.0).round(10)
    array([2.])
    """
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    denominator = s**2 + alpha
    negligible = (max(X.shape) * np.finfo(s.dtype).eps * s.max(initial=0.0)) ** 2
    factor = np.divide(s, denominator, out=np.zeros_like(s), where=denominator > negligible)
    return vt.T @ scale_rows(factor, u.T @ y)


def _add_to_diagonal(matrix, alpha):
    matrix.flat[:: len(matrix) + 1] += alpha
    return matrix


class _LeastSquares(LinearRegressorMixin, MultiOutputMixin, BaseEstimator):
    """Centered data, handed to a solver."""

    def fit(self, X, y, sample_weight=None):
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,) or (n_samples, n_targets)."""
        X, y, sample_weight = self._validated(X, y, sample_weight, multi_output=True)
        Xc, yc, X_mean, y_mean = center(X, y, sample_weight, self.fit_intercept)
        self._set_solution(self._solve(Xc, yc), X_mean, y_mean)
        return self


class LinearRegression(_LeastSquares):
    r"""Least squares: minimize :math:`\sum_i s_i (y_i - x_i^\top w - b)^2`.

    Parameters
    ----------
    fit_intercept : bool
    solver : {"svd", "qr", "normal"}
        ``"svd"`` gives the shortest solution where there are many; the others raise ``LinAlgError`` there.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    rank_, singular_ : int, ndarray
        Of the centered X; with ``solver="svd"`` only.

    Examples
    --------
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_.round(10), round(float(model.intercept_), 10)
    (array([2.]), 1.0)
    """

    _parameter_rules = {"fit_intercept": (Boolean(),), "solver": (Option("svd", "qr", "normal"),)}

    def __init__(self, *, fit_intercept=True, solver="svd"):
        self.fit_intercept, self.solver = fit_intercept, solver

    def _solve(self, X, y):
        if self.solver == "svd":
            w, self.rank_, self.singular_ = lstsq_svd(X, y)
            return w
        solvers = {"qr": lstsq_qr, "normal": lstsq_normal}
        return solvers[self.solver](X, y)


class Ridge(_LeastSquares):
    r"""Ridge regression: minimize :math:`\sum_i s_i (y_i - x_i^\top w - b)^2 + \alpha \|w\|_2^2`; b is not penalized.

    Parameters
    ----------
    alpha : float, non-negative
        Multiplies the squared norm; the data term is a sum, not a mean.
    fit_intercept : bool
    solver : {"cholesky", "svd"}
        Where ``"cholesky"`` meets a singular system, with alpha near 0, ``"svd"`` takes over.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)

    Examples
    --------
    >>> Ridge(alpha=1.0, fit_intercept=False).fit([[1.0], [1.0]], [3.0, 3.0]).coef_.round(10)
    array([2.])
    """

    _parameter_rules = {
        "alpha": (Number(0),),
        "fit_intercept": (Boolean(),),
        "solver": (Option("cholesky", "svd"),),
    }

    def __init__(self, alpha=1.0, *, fit_intercept=True, solver="cholesky"):
        self.alpha, self.fit_intercept, self.solver = alpha, fit_intercept, solver

    def _solve(self, X, y):
        solvers = {"cholesky": ridge_normal, "svd": ridge_svd}
        try:
            return solvers[self.solver](X, y, self.alpha)
        except np.linalg.LinAlgError:  # X'X + alpha I is singular to working precision
            return ridge_svd(X, y, self.alpha)
