r"""Lasso and elastic net by coordinate descent, certified by a duality gap.

Both minimize, over n samples,

.. math:: P(w) = \tfrac{1}{2n} \|y - Xw\|_2^2 + \alpha\rho \|w\|_1 + \tfrac12 \alpha (1 - \rho) \|w\|_2^2 ,

with :math:`\rho` the ``l1_ratio``, 1 for the lasso. With respect to one coefficient this is a parabola plus an
absolute value, whose minimum is known exactly (:func:`soft_threshold`); coordinate descent takes these minima in turn.
"""

import warnings
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from companion.linear_model.least_squares import _center

FLOATS = (np.float64, np.float32)


def soft_threshold(z, t):
    r"""Move z towards 0 by t, and to 0 if it is nearer: the minimizer of :math:`\tfrac12 (w - z)^2 + t|w|`.

    Examples
    --------
    >>> soft_threshold(np.array([-3.0, 0.5, 2.0]), 1.0)
    array([-2.,  0.,  1.])
    """
    return np.sign(z) * np.maximum(np.abs(z) - t, 0.0)


def enet_duality_gap(w, q, Xy, y_norm2, l1, l2):
    r"""A bound on how far :math:`\tfrac12\|y - Xw\|^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|^2` is above its minimum.

    Any point of the dual problem bounds the minimum from below. The residual, scaled until
    :math:`\|X^\top \theta - l_2 w\|_\infty \le l_1`, is such a point, and the optimal one at the solution, where the
    gap is 0.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
    q : ndarray of shape (n_features,)
        :math:`X^\top X w`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    y_norm2 : float
        :math:`\|y\|^2`.
    l1, l2 : float
        The penalties n alpha l1_ratio and n alpha (1 - l1_ratio).

    Examples
    --------
    >>> w = np.array([1.0])  # soft_threshold(2, 1), the solution for X = [1], y = [2]
    >>> float(enet_duality_gap(w, w, np.array([2.0]), 4.0, l1=1.0, l2=0.0))
    0.0
    """
    dual_norm = np.abs(Xy - q - l2 * w).max(initial=0.0)
    scale = min(1.0, l1 / dual_norm) if dual_norm > 0 else 1.0
    residual2 = max(y_norm2 - 2 * (w @ Xy) + w @ q, 0.0)  # ||y - Xw||^2
    residual_y = y_norm2 - w @ Xy  # (y - Xw)' y
    primal = 0.5 * residual2 + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)
    return primal + 0.5 * scale**2 * (residual2 + l2 * (w @ w)) - scale * residual_y


def coordinate_pass(w, q, gram, Xy, l1, l2, coordinates):
    r"""Minimize over one coordinate after the other, in place; returns the largest change.

    With :math:`q = X^\top X w` kept up to date, coordinate j needs no pass over the samples: its parabola has the
    curvature
    :math:`G_{jj} + l_2` and the minimum :math:`S(X_j^\top y - q_j + G_{jj} w_j,\, l_1) / (G_{jj} + l_2)`, S the soft
    threshold.
    """
    largest = 0.0
    diagonal, targets = gram.diagonal().tolist(), Xy.tolist()
    for j in coordinates:
        old = float(w[j])
        curvature = diagonal[j]
        if curvature == 0.0:  # a feature that is 0 everywhere keeps the weight 0
            continue
        z = targets[j] - float(q[j]) + curvature * old
        new = (z - l1 if z > l1 else z + l1 if z < -l1 else 0.0) / (curvature + l2)
        if new != old:
            q += (new - old) * gram[j]
            w[j] = new
            largest = max(largest, abs(new - old))
    return largest


def enet_coordinate_descent(gram, Xy, y_norm2, l1, l2, w=None, tol=1e-4, max_iter=1000):
    r"""Minimize :math:`\tfrac12\|y - Xw\|^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|^2` until the duality gap is small.

    Passes over all coordinates alternate with passes over those that are not 0, until these settle: most of the work
    then concerns few coordinates.

    Parameters
    ----------
    gram : ndarray of shape (n_features, n_features)
        :math:`X^\top X`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    y_norm2 : float
        :math:`\|y\|^2`.
    l1, l2 : float, non-negative
    w : ndarray of shape (n_features,), optional
        The start; zeros without. Not modified.
    tol : float
        Stop when the gap is at most ``tol * y_norm2``.
    max_iter : int
        The largest number of passes over all coordinates.

    Returns
    -------
    w : ndarray of shape (n_features,)
    gap : float
    n_iter : int

    Examples
    --------
    >>> gram, Xy = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 1.0])
    >>> w, gap, _ = enet_coordinate_descent(gram, Xy, 5.0, l1=1.0, l2=0.0)
    >>> w, gap
    (array([1., 0.]), np.float64(0.0))
    """
    w = np.zeros(len(Xy), gram.dtype) if w is None else np.array(w, dtype=gram.dtype)
    q, everyone = gram @ w, np.arange(len(w))
    gap, n_iter = enet_duality_gap(w, q, Xy, y_norm2, l1, l2), 0
    while gap > tol * y_norm2 and n_iter < max_iter:
        n_iter += 1
        largest = coordinate_pass(w, q, gram, Xy, l1, l2, everyone)
        active, settled = np.flatnonzero(w), 1e-2 * largest
        for _ in range(10):  # a cheap approach on the coordinates at work
            if coordinate_pass(w, q, gram, Xy, l1, l2, active) <= settled:
                break
        q = gram @ w  # the updates' rounding errors do not pile up
        gap = enet_duality_gap(w, q, Xy, y_norm2, l1, l2)
    return w, gap, n_iter


class ElasticNet(RegressorMixin, BaseEstimator):
    r"""Minimize :math:`\tfrac{1}{2n}\|y - Xw - b\|_2^2 + \alpha\rho\|w\|_1 + \tfrac12\alpha(1-\rho)\|w\|_2^2`, b not
    penalized.

    With sample weights the sum is weighted, and n is the sum of the weights.

    Parameters
    ----------
    alpha : float, non-negative
    l1_ratio : float in [0, 1]
        :math:`\rho`: 1 is the lasso, 0 ridge regression with the weight :math:`n\alpha`.
    fit_intercept : bool
    max_iter : int
        Passes over all coordinates.
    tol : float
        Stop when the duality gap is at most ``tol`` times the mean square of the centered y.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    dual_gap_ : float
        A bound on how far the objective is above its minimum.
    n_iter_ : int

    Examples
    --------
    >>> X, y = [[-1.0], [1.0]], [-2.0, 2.0]
    >>> model = ElasticNet(alpha=1.0, l1_ratio=0.5).fit(X, y)
    >>> model.coef_  # (2 - 0.5) / (1 + 0.5)
    array([1.])
    """

    def __init__(self, alpha=1.0, *, l1_ratio=0.5, fit_intercept=True, max_iter=1000, tol=1e-4):
        self.alpha, self.l1_ratio, self.fit_intercept = alpha, l1_ratio, fit_intercept
        self.max_iter, self.tol = max_iter, tol

    def _mixture(self):
        if not 0 <= self.l1_ratio <= 1:
            raise ValueError(f"l1_ratio={self.l1_ratio}, expected in [0, 1]")
        return self.l1_ratio

    def fit(self, X, y, sample_weight=None):
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,)."""
        X, y = validate_data(self, X, y, dtype=FLOATS, y_numeric=True)
        if not 0 <= self.alpha < np.inf:
            raise ValueError(f"alpha={self.alpha}, expected >= 0")
        if not (self.tol >= 0 and self.max_iter >= 1):
            raise ValueError(f"tol={self.tol}, max_iter={self.max_iter}, expected tol >= 0 and max_iter >= 1")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        Xc, yc, X_mean, y_mean = _center(X, y.astype(X.dtype, copy=False), sample_weight, self.fit_intercept)
        total = len(X) if sample_weight is None else sample_weight.sum()
        l1, l2 = total * self.alpha * self._mixture(), total * self.alpha * (1 - self._mixture())
        self.coef_, gap, self.n_iter_ = enet_coordinate_descent(
            Xc.T @ Xc, Xc.T @ yc, yc @ yc, l1, l2, tol=self.tol, max_iter=self.max_iter
        )
        self.dual_gap_ = float(gap / total)
        if gap > self.tol * (yc @ yc):
            warnings.warn(
                f"Objective did not converge: duality gap {self.dual_gap_:.3e} after {self.n_iter_} iterations, "
                f"tolerance {self.tol * (yc @ yc) / total:.3e}",
                ConvergenceWarning,
                stacklevel=2,
            )
        self.intercept_ = y_mean - X_mean @ self.coef_ if self.fit_intercept else 0.0
        return self

    def predict(self, X):
        """:math:`Xw + b`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        return X @ self.coef_ + self.intercept_


class Lasso(ElasticNet):
    r"""Minimize :math:`\tfrac{1}{2n}\|y - Xw - b\|_2^2 + \alpha\|w\|_1`; see :class:`ElasticNet` with ``l1_ratio=1``.

    Examples
    --------
    >>> Lasso(alpha=1.0).fit([[-1.0], [1.0]], [-2.0, 2.0]).coef_  # soft_threshold(2, 1)
    array([1.])
    """

    def __init__(self, alpha=1.0, *, fit_intercept=True, max_iter=1000, tol=1e-4):
        self.alpha, self.fit_intercept, self.max_iter, self.tol = alpha, fit_intercept, max_iter, tol

    def _mixture(self):
        return 1.0


def enet_path(X, y, *, l1_ratio=0.5, eps=1e-3, alphas=100, tol=1e-4, max_iter=1000):
    r"""Elastic nets for a falling sequence of penalties, each started from the one before. No intercept is fitted.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Centered, where an intercept is wanted.
    y : ndarray of shape (n_samples,)
    l1_ratio : float in (0, 1]
    eps : float
        The smallest penalty over the largest.
    alphas : int or array_like
        The penalties, or how many: a geometric sequence that begins where all coefficients are 0.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        Falling.
    coefs : ndarray of shape (n_features, n_alphas)
    dual_gaps : ndarray of shape (n_alphas,)

    Examples
    --------
    >>> alphas, coefs, _ = lasso_path(np.array([[-1.0], [1.0]]), np.array([-2.0, 2.0]), alphas=[1.0, 2.0])
    >>> alphas, coefs
    (array([2., 1.]), array([[0., 1.]]))
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or y.shape != X.shape[:1] or not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError(f"X has shape {X.shape}, y has shape {y.shape}; expected finite (n, d) and (n,)")
    if not 0 < l1_ratio <= 1:
        raise ValueError(f"l1_ratio={l1_ratio}, expected in (0, 1]")
    gram, Xy, y_norm2, n = X.T @ X, X.T @ y, y @ y, len(X)
    if isinstance(alphas, Integral):
        top = np.abs(Xy).max() / (n * l1_ratio)
        alphas = np.geomspace(top, eps * top, alphas)
    alphas = np.sort(np.asarray(alphas, dtype=float))[::-1]
    w, coefs, gaps = None, [], []
    for alpha in alphas:
        l1, l2 = n * alpha * l1_ratio, n * alpha * (1 - l1_ratio)
        w, gap, _ = enet_coordinate_descent(gram, Xy, y_norm2, l1, l2, w, tol, max_iter)
        coefs.append(w)
        gaps.append(gap / n)
    return alphas, np.array(coefs).T, np.array(gaps)


def lasso_path(X, y, *, eps=1e-3, alphas=100, tol=1e-4, max_iter=1000):
    """:func:`enet_path` with ``l1_ratio=1``."""
    return enet_path(X, y, l1_ratio=1.0, eps=eps, alphas=alphas, tol=tol, max_iter=max_iter)
