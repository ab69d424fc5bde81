r"""Lasso and elastic net by coordinate descent, certified by a duality gap.

Both minimize, over n samples,

.. math:: P(w) = \tfrac{1}{2n} \|y - Xw\|_2^2 + \alpha\rho \|w\|_1 + \tfrac12 \alpha (1 - \rho) \|w\|_2^2 ,

with :math:`\rho` the ``l1_ratio``, 1 for the lasso. With respect to one coefficient this is a parabola plus an
absolute value, whose minimum is known exactly (:func:`soft_threshold`); coordinate descent takes these minima in turn.
"""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from companion.linear_model.base import center
from companion.validation import FLOATS, Number, require


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
    gap is 0. Without an l1 penalty the scale would be 0; but the dual of ridge regression has no constraint, and its
    gap is :math:`\|X^\top(y - Xw) - l_2 w\|^2 / 2 l_2`. Without any penalty nothing is bounded, and the squared
    gradient :math:`\|X^\top(y - Xw)\|^2` is returned instead, as scikit-learn does.

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
    slope = Xy - q - l2 * w  # minus the gradient of the smooth part
    if l1 == 0:
        return slope @ slope / (2 * l2 if l2 > 0 else 1.0)
    dual_norm = np.abs(slope).max(initial=0.0)
    scale = min(1.0, l1 / dual_norm) if dual_norm > 0 else 1.0
    residual2 = max(y_norm2 - 2 * (w @ Xy) + w @ q, 0.0)  # ||y - Xw||^2
    residual_y = y_norm2 - w @ Xy  # (y - Xw)' y
    primal = 0.5 * residual2 + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)
    return primal + 0.5 * scale**2 * (residual2 + l2 * (w @ w)) - scale * residual_y


def coordinate_pass(w, q, gram, Xy, l1, l2, coordinates):
    r"""Minimize over one coordinate after the other, in place; returns the largest change.

    With :math:`q = X^\top X w` kept up to date, coordinate j needs no pass over the samples: its parabola has the
    curvature :math:`G_{jj} + l_2` and the minimum :math:`S(X_j^\top y - q_j + G_{jj} w_j,\, l_1) / (G_{jj} + l_2)`, S
    the soft threshold.
    """
    largest = 0.0
    diagonal, targets = gram.diagonal().tolist(), Xy.tolist()
    for j in coordinates:
        old = float(w[j])
        curvature = diagonal[j]
        if curvature == 0.0:  # a feature that is 0 everywhere
            w[j] = 0.0
            continue
        z = targets[j] - float(q[j]) + curvature * old
        new = (z - l1 if z > l1 else z + l1 if z < -l1 else 0.0) / (curvature + l2)
        if new != old:
            q += (new - old) * gram[j]
            w[j] = new
            largest = max(largest, abs(new - old))
    return largest


def movable(w, slope, l1):
    r"""The coordinates that a pass can change: a zero stays zero while :math:`|X_j^\top(y - Xw)| \le l_1`.

    Examples
    --------
    >>> movable(np.array([0.0, 0.0, 3.0]), np.array([0.5, -2.0, 0.1]), l1=1.0)
    [1, 2]
    """
    return np.flatnonzero((w != 0) | (np.abs(slope) > l1)).tolist()


def enet_coordinate_descent(gram, Xy, y_norm2, l1, l2, w=None, tol=1e-4, max_iter=1000):
    r"""Minimize :math:`\tfrac12\|y - Xw\|^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|^2` until the duality gap is small.

    An iteration looks at all coordinates at once for those that can move, passes over these alone until they settle
    (ten times at most), and computes the gap: most of the work then concerns few coordinates.

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
    q = gram @ w
    gap, n_iter = enet_duality_gap(w, q, Xy, y_norm2, l1, l2), 0
    while gap > tol * y_norm2 and n_iter < max_iter:
        n_iter += 1
        coordinates = movable(w, Xy - q, l1)
        settled = 1e-2 * coordinate_pass(w, q, gram, Xy, l1, l2, coordinates)
        for _ in range(9):
            if coordinate_pass(w, q, gram, Xy, l1, l2, coordinates) <= settled:
                break
        q = gram @ w  # the updates' rounding errors do not pile up
        gap = enet_duality_gap(w, q, Xy, y_norm2, l1, l2)
    return w, gap, n_iter


def enet_block_descent(X, y, l1, l2, w=None, tol=1e-4, max_iter=1000, block_size=32):
    r"""The minimum of :func:`enet_coordinate_descent` without :math:`X^\top X`, which costs as much as many passes.

    The columns are taken in blocks. Two products with a block :math:`X_B` bring :math:`X_B^\top(y - Xw)` and then the
    residual up to date; in between, :func:`coordinate_pass` needs :math:`X_B^\top X_B` only. The steps are those of a
    pass over all coordinates, at the speed of matrix products.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    l1, l2, w, tol, max_iter
        As in :func:`enet_coordinate_descent`; an iteration is one pass.
    block_size : int

    Returns
    -------
    w : ndarray of shape (n_features,)
    gap : float
    n_iter : int

    Examples
    --------
    >>> w, gap, _ = enet_block_descent(np.eye(2), np.array([3.0, 0.5]), l1=1.0, l2=0.0)
    >>> w, gap
    (array([2., 0.]), np.float64(0.0))
    """
    X = np.asfortranarray(X)  # a block of columns is one piece of memory
    w = np.zeros(X.shape[1], X.dtype) if w is None else np.array(w, dtype=X.dtype)
    blocks = [slice(start, start + block_size) for start in range(0, len(w), block_size)]
    grams = [X[:, block].T @ X[:, block] for block in blocks]
    Xy, y_norm2, residual = X.T @ y, y @ y, y - X @ w
    gap, n_iter = enet_duality_gap(w, Xy - X.T @ residual, Xy, y_norm2, l1, l2), 0
    value = np.inf
    while gap > tol * y_norm2 and n_iter < max_iter:
        n_iter += 1
        for block, gram in zip(blocks, grams):
            slope = X[:, block].T @ residual
            if coordinates := movable(w[block], slope, l1):
                old, q = w[block].copy(), gram @ w[block]
                coordinate_pass(w[block], q, gram, slope + q, l1, l2, coordinates)
                residual -= X[:, block] @ (w[block] - old)
        before, value = value, 0.5 * (residual @ residual) + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)
        if before - value <= tol * y_norm2 or n_iter == max_iter:  # the gap costs a product: first let passes gain less
            gap = enet_duality_gap(w, Xy - X.T @ residual, Xy, y_norm2, l1, l2)
    return w, gap, n_iter


def _descend(X, y, l1, l2, tol, max_iter):
    r"""Blocks first. After d / 40 passes, :math:`X^\top X` would have cost no more; from then on it is worth having."""
    n, d = X.shape
    patience = min(d // 40, max_iter) if d <= n else max_iter  # X'X must not be larger than X
    w, gap, n_iter = enet_block_descent(X, y, l1, l2, None, tol, patience)
    if gap > tol * (y @ y) and n_iter < max_iter:
        w, gap, more = enet_coordinate_descent(X.T @ X, X.T @ y, y @ y, l1, l2, w, tol, max_iter - n_iter)
        n_iter += more
    return w, gap, n_iter


def _check_stop(tol, max_iter):
    if not isinstance(tol, Real) or not 0 <= tol < np.inf:
        raise ValueError(f"tol={tol!r}, expected >= 0")
    if not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter={max_iter!r}, expected an integer >= 1")


def _warn_unless(gap, tolerance, n_iter):
    if gap > tolerance:
        message = f"duality gap {gap:.3e} after {n_iter} iterations, tolerance {tolerance:.3e}"
        warnings.warn(f"Objective did not converge: {message}", ConvergenceWarning, stacklevel=3)


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
        if not isinstance(self.l1_ratio, Real) or not 0 <= self.l1_ratio <= 1:
            raise ValueError(f"l1_ratio={self.l1_ratio!r}, expected in [0, 1]")
        return self.l1_ratio

    def fit(self, X, y, sample_weight=None):
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,)."""
        X, y = validate_data(self, X, y, dtype=FLOATS, y_numeric=True)
        rho = self._mixture()
        require("alpha", self.alpha, Number(0))
        _check_stop(self.tol, self.max_iter)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        Xc, yc, X_mean, y_mean = center(X, y.astype(X.dtype, copy=False), sample_weight, self.fit_intercept)
        total = float(len(X) if sample_weight is None else sample_weight.sum())
        l1, l2 = total * self.alpha * rho, total * self.alpha * (1 - rho)
        self.coef_, gap, self.n_iter_ = _descend(Xc, yc, l1, l2, self.tol, self.max_iter)
        self.dual_gap_ = float(gap / total)
        _warn_unless(self.dual_gap_, self.tol * float(yc @ yc) / total, self.n_iter_)
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
    _check_stop(tol, max_iter)
    n, d = X.shape
    Xy, y_norm2 = X.T @ y, y @ y
    gram = X.T @ X if d <= n else None  # one product for all penalties
    if isinstance(alphas, Integral):
        top = np.abs(Xy).max() / (n * l1_ratio)
        alphas = np.geomspace(top, eps * top, alphas)
    alphas = np.sort(np.asarray(alphas, dtype=float))[::-1]
    require("alpha", float(alphas.min()), Number(0))
    w, coefs, gaps = np.zeros(d), [], []
    for alpha in alphas:
        l1, l2 = n * alpha * l1_ratio, n * alpha * (1 - l1_ratio)
        if gram is None:
            w, gap, n_iter = enet_block_descent(X, y, l1, l2, w, tol, max_iter)
        else:
            w, gap, n_iter = enet_coordinate_descent(gram, Xy, y_norm2, l1, l2, w, tol, max_iter)
        _warn_unless(gap / n, tol * y_norm2 / n, n_iter)
        coefs.append(w)
        gaps.append(gap / n)
    return alphas, np.array(coefs).T, np.array(gaps)


def lasso_path(X, y, *, eps=1e-3, alphas=100, tol=1e-4, max_iter=1000):
    """:func:`enet_path` with ``l1_ratio=1``."""
    return enet_path(X, y, l1_ratio=1.0, eps=eps, alphas=alphas, tol=tol, max_iter=max_iter)
