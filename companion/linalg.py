"""Linear systems that a formula has brought into an easy shape, moderate units, and columns without their means."""

import math
from typing import Any, NamedTuple

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.validation import Boolean, Integer, Number, Option, as_float, require

__all__ = [
    "center_columns",
    "cholesky_solve",
    "forward_substitution",
    "moderate_units",
    "scale_to_one",
    "solve_triangular",
]

BLOCK = 64  # rows that are solved one by one; between blocks work matrix products


def forward_substitution(lower: Array, b: Array) -> Array:
    r"""Solve :math:`Lx = b` from the top: row i holds no unknown but :math:`x_i` once those above it are known.

    Parameters
    ----------
    lower : ndarray of shape (n, n)
        L; what stands above its diagonal is not looked at.
    b : ndarray of shape (n,) or (n, m)
        The right-hand side, or m of them.

    Returns
    -------
    ndarray of the shape of ``b``
        The solution x.

    Examples
    --------
    >>> forward_substitution(np.array([[2.0, 0.0], [1.0, 4.0]]), np.array([2.0, 9.0]))
    array([1., 2.])
    """
    lower, b = as_float(lower, "lower"), as_float(b, "b")  # an integer x would be cut off
    x = np.zeros(b.shape, np.result_type(lower, b))
    for i in range(len(b)):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    return x


def _forward_in_blocks(lower: Array, b: Array) -> Array:
    """What :func:`forward_substitution` finds, a block of rows at a time."""
    x = np.zeros_like(b)
    for start in range(0, len(b), BLOCK):
        rows = slice(start, start + BLOCK)
        remainder = b[rows] - lower[rows, :start] @ x[:start]
        x[rows] = forward_substitution(lower[rows, rows], remainder)
    return x


@np.errstate(under="ignore")
def solve_triangular(a: ArrayLike, b: ArrayLike, trans: int | str = 0, lower: bool = False) -> Array:
    """Solve ``a x = b`` for a triangular matrix, by substitution.

    A solver that exchanges rows would be as exact for most matrices; but where ``a`` is nearly singular, the error of
    substitution stays small beside each row, whatever the sizes of the others.

    Parameters
    ----------
    a : array_like of shape (n, n)
        Of real numbers. The other triangle is not looked at.
    b : array_like of shape (n,) or (n, m)
        The right-hand side, or m of them.
    trans : {0, 1, 2, "N", "T", "C"}
        Whether to solve with ``a`` (0, "N") or with its transpose. Unlike SciPy, other values are refused.
    lower : bool
        Whether the lower triangle is meant; the upper without.

    Returns
    -------
    ndarray of the shape of ``b``
        float32 if both arguments are float32 or float16, else float64.

    Raises
    ------
    ValueError
        If the shapes do not fit, or where a number is NaN or infinite.
    TypeError
        For complex numbers, texts and dates.
    numpy.linalg.LinAlgError
        Where an entry of the diagonal is 0.

    Examples
    --------
    >>> solve_triangular([[2.0, 1.0], [0.0, 4.0]], [4.0, 8.0])
    array([1., 2.])
    """
    require("trans", trans, Integer(0, 2, "both"), Option("N", "T", "C"), error=ValueError)
    require("lower", lower, Boolean(), error=ValueError)
    a, b = _as_system(a, b)
    if trans not in (0, "N"):
        a, lower = a.T, not lower
    if lower:
        return _forward_in_blocks(a, b)
    turned = np.ascontiguousarray(a[::-1, ::-1])  # turned by half a circle, an upper triangle is a lower one
    return _forward_in_blocks(turned, b[::-1])[::-1]


def _as_system(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    """A square matrix with nothing on its diagonal that cannot be divided by, and a right-hand side that fits."""
    a, b = as_float(a, "a"), as_float(b, "b")
    if a.ndim != 2 or len(a) != a.shape[1]:
        raise ValueError(f"a has shape {a.shape}, expected a square matrix")
    if b.ndim not in (1, 2) or len(b) != len(a):
        raise ValueError(f"shapes of a {a.shape} and b {b.shape} are incompatible")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a and b must not contain infs or NaNs")
    zeros = np.flatnonzero(np.diag(a) == 0)
    if len(zeros):
        raise np.linalg.LinAlgError(f"singular matrix: entry {zeros[0]} of the diagonal is 0")
    dtype = np.result_type(a, b, np.float32)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


@np.errstate(under="ignore")
def cholesky_solve(A: Array, b: Array, rcond: float | None = None) -> Array:
    r"""Solve :math:`Aw = b`, A symmetric and positive definite, by :math:`A = LL^\top`.

    A diagonal entry of L is what is left of its column once the earlier columns are taken out: as good as nothing where
    the column depends on them. It is compared with the whole column, so that the verdict does not depend on units.

    Parameters
    ----------
    A : ndarray of shape (n, n)
        The matrix; not modified.
    b : ndarray of shape (n,) or (n, m)
        The right-hand side, or m of them.
    rcond : float, optional
        What has to be left of a column, beside the whole of it. Without, it is the machine precision times
        :math:`10 \sqrt n`, which rounding errors may reach.

    Returns
    -------
    ndarray of the shape of ``b``
        The solution w.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where A is singular to working precision, or its diagonal is too large or too small for exact sums.

    Examples
    --------
    >>> cholesky_solve(np.array([[4.0, 2.0], [2.0, 3.0]]), np.array([8.0, 8.0])).round(10)
    array([1., 2.])
    """
    lower = np.linalg.cholesky(A)  # raises where what is left would be negative
    left, whole, limits = np.diag(lower), np.diag(A), np.finfo(lower.dtype)
    rcond = 10 * np.sqrt(len(A)) * limits.eps if rcond is None else rcond
    independent = left > np.sqrt(rcond) * np.sqrt(whole)  # L holds lengths, A their squares
    if not (independent & (whole > limits.tiny / limits.eps)).all():
        raise np.linalg.LinAlgError("the matrix is singular to working precision")
    return solve_triangular(lower, solve_triangular(lower, b, lower=True), trans=1, lower=True)


@np.errstate(under="ignore")
def scale_to_one(columns: Array) -> tuple[Array, Array]:
    """Each column times a power of two, which is exact, so that its largest entry is between 1/2 and 1.

    Parameters
    ----------
    columns : ndarray of shape (n,) or (n, m)
        One column, or m of them; not modified.

    Returns
    -------
    scaled : ndarray of the shape of ``columns``
        A new array.
    exponents : int ndarray of shape () or (m,)
        ``columns`` is ``numpy.ldexp(scaled, exponents)``.

    Examples
    --------
    >>> scale_to_one(np.array([6.0, 3.0]))
    (array([0.75 , 0.375]), np.int32(3))
    """
    columns = as_float(columns, "columns")
    exponents = np.frexp(np.abs(columns).max(axis=0, initial=0.0))[1]
    return np.ldexp(columns, -exponents), exponents


class _Units(NamedTuple):
    """X and y were divided by ``2**X`` and ``2**y``: powers of two, which change exponents and no digit."""

    X: int
    y: Any  # an exponent, or one for each target

    def weights(self, w: Array) -> Array:
        """The coefficients of X and y as they were before."""
        with np.errstate(over="ignore", under="ignore"):
            w = np.ldexp(w, self.y - self.X)
        if not np.isfinite(w).all():
            raise ValueError("the coefficients overflow: scale X or y")
        return w

    def lengths(self, s: Array) -> Array:
        """The singular values of X as it was before."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(s, self.X)

    def penalty(self, alpha: float) -> float:
        """The penalty for X as it is now."""
        return math.ldexp(alpha, -2 * self.X)


def moderate_units(X: Array, y: Array, alpha: float = 0.0) -> tuple[Array, Array, _Units]:
    """X and y in units in which no square of them overflows or vanishes, and these units.

    The units are powers of two, which change no digit; numbers that are moderate already stay what they are.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Not modified; integers become float64.
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        The same; each target has its own unit.
    alpha : float, non-negative
        A penalty on squared coefficients of X: its root is to be moderate, too.

    Returns
    -------
    X, y : ndarray
        Those given, divided by their units.
    unit : object
        Its methods ``weights``, ``lengths`` and ``penalty`` turn coefficients and singular values back, and the
        penalty into that of the new X.

    Raises
    ------
    ValueError
        For NaN and infinity.

    Examples
    --------
    >>> X, y, unit = moderate_units(np.array([[2.0**1000]]), np.array([3.0]))
    >>> X, y, unit.weights(y / X[0]) == 3 / 2.0**1000
    (array([[0.5]]), array([3.]), array([ True]))
    """
    X, y = as_float(X, "X"), as_float(y, "y")
    alpha = float(require("alpha", alpha, Number(0)))
    of_X = int(_extreme_exponent(max(float(_largest(X)), math.sqrt(alpha)), X))
    of_y = _extreme_exponent(_largest(y, axis=0), y)
    with np.errstate(under="ignore"):
        X = np.ldexp(X, -of_X) if of_X else X
        y = np.ldexp(y, -of_y) if of_y.any() else y
    return X, y, _Units(of_X, of_y)


def _largest(values: Array, axis: int | None = None) -> Any:
    largest = np.maximum(values.max(axis, initial=0.0), -values.min(axis, initial=0.0))
    if not np.isfinite(largest).all():  # NaN passes through a maximum
        raise ValueError("X and y must be finite: they hold NaN or infinity, or an overflow made one")
    return largest


def _extreme_exponent(largest: Any, values: Array) -> Any:
    """The exponent of a largest number beyond the fourth root of what the dtype holds, or of its inverse; else 0."""
    exponent = np.frexp(largest)[1]
    return np.where(np.abs(exponent) > np.finfo(values.dtype).maxexp // 4, exponent, 0)


@np.errstate(under="ignore")
def center_columns(columns: Array, weight: Array | None = None) -> tuple[Array, Array]:
    """Each column without its weighted mean, and the means.

    The mean of a column that hardly varies is itself uncertain by about as much as the column varies. There it is
    taken again, of the differences from one entry, which are exact; and what differs by a rounding error alone, from
    one float to the next, counts as constant: its deviations are 0.

    Parameters
    ----------
    columns : ndarray of shape (n, m)
        Of float64 or float32 (integers become float64); not modified.
    weight : ndarray of shape (n,), optional
        Not negative, with a positive sum.

    Returns
    -------
    deviations : ndarray of shape (n, m)
        A new array, of the dtype of ``columns``.
    mean : ndarray of shape (m,)
        What was subtracted.

    Raises
    ------
    ValueError
        Where a sum or a difference overflows.

    Examples
    --------
    >>> center_columns(np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]]))
    (array([[ 0., -1.],
           [ 0.,  0.],
           [ 0.,  1.]]), array([0.1, 2. ]))
    """
    columns = as_float(columns, "columns")
    mean = _weighted_mean(columns, weight).astype(columns.dtype)
    deviations = _difference(columns, mean)
    counted = np.arange(len(columns)) if weight is None else np.flatnonzero(weight)
    for j in _flat_columns(deviations, mean, counted):
        first = columns[counted[0], j]
        difference = _difference(columns[:, j], first)
        correction = _weighted_mean(difference, weight).astype(columns.dtype)
        constant = np.ptp(difference[counted]) <= np.spacing(np.abs(columns[counted, j]).min())
        deviations[:, j] = 0 if constant else difference - correction
        mean[j] = first + correction
    return deviations, mean


def _difference(columns: Array, mean: Array) -> Array:
    """The columns minus their means; unlike an array operation, it does not go on with what overflows."""
    try:
        with np.errstate(over="raise"):
            return columns - mean
    except FloatingPointError:
        raise ValueError("a deviation from the mean overflows: scale the data") from None


def _weighted_mean(values: Array, weight: Array | None) -> Any:
    """In float64, also of float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        if weight is None:
            mean = values.mean(axis=0, dtype=float)
        else:
            share = weight.astype(float) / weight.max()
            mean = share @ values / share.sum()
    if not np.isfinite(mean).all():
        raise ValueError("a mean overflows: scale the data")
    return mean


def _flat_columns(deviations: Array, mean: Array, counted: Array) -> Array:
    """The columns of which no deviation is 1000 times as large as the mean may be wrong, so that squares would show it.

    Most of the others drop out at a look at few rows.
    """
    error = 1000 * (len(deviations) * np.finfo(float).eps + 2 * np.finfo(mean.dtype).eps) * np.abs(mean)
    flat = np.flatnonzero((np.abs(deviations[counted[:100]]) <= error).all(axis=0))
    return flat[(np.abs(deviations[np.ix_(counted, flat)]) <= error[flat]).all(axis=0)]
