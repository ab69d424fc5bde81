r"""Coordinate descent for the lasso and the elastic net, certified by a duality gap.

Every function minimizes a sum over samples with two penalties,

.. math:: P(w) = \tfrac12 \|y - Xw\|_2^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|_2^2 .

With respect to one coefficient this is a parabola plus an absolute value, whose minimum is known exactly
(:func:`soft_threshold`); coordinate descent takes these minima in turn (:func:`coordinate_pass`). Two ideas make it
fast. Once the zeros and the signs are found, what is left is a linear system (:func:`face_minimum`). And since few
features are needed, only their products are (:mod:`companion.linear_model.working_set`).

Integers are taken as float64. Numbers too small for a float are 0, even where ``np.seterr`` would have them raised.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.validation import Instance, as_float, require

__all__ = [
    "active_set",
    "coordinate_pass",
    "enet_block_descent",
    "enet_coordinate_descent",
    "enet_duality_gap",
    "face_minimum",
    "soft_threshold",
]


def soft_threshold(z: ArrayLike, t: float) -> Array:
    r"""Move z towards 0 by t, and to 0 if it is nearer: the minimizer of :math:`\tfrac12 (w - z)^2 + t|w|`.

    Parameters
    ----------
    z : array_like
        Where the parabola has its bottom.
    t : float, non-negative
        The weight of the absolute value.

    Returns
    -------
    ndarray of the shape of ``z``
        The minimizers.

    Examples
    --------
    >>> soft_threshold(np.array([-3.0, 0.5, 2.0]), 1.0)
    array([-2.,  0.,  1.])
    """
    z = as_float(z, "z")
    with np.errstate(under="ignore"):
        return np.sign(z) * np.maximum(np.abs(z) - t, 0.0)


def enet_duality_gap(w: Array, q: Array, Xy: Array, y_norm2: float, l1: float, l2: float) -> float:
    r"""A bound on how far :math:`\tfrac12\|y - Xw\|^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|^2` is above its minimum.

    Any point of the dual problem bounds the minimum from below. The residual, scaled until
    :math:`\|X^\top \theta - l_2 w\|_\infty \le l_1`, is such a point, and the optimal one at the solution, where the
    gap is 0. Without an l1 penalty the scale would be 0; but the dual of ridge regression has no constraint, and its
    gap is :math:`\|X^\top(y - Xw) - l_2 w\|^2 / 2 l_2`. Without any penalty nothing is bounded, and the squared
    gradient :math:`\|X^\top(y - Xw)\|^2` is returned instead, as scikit-learn does.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
        The weights to be judged.
    q : ndarray of shape (n_features,)
        :math:`X^\top X w`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    y_norm2 : float
        :math:`\|y\|^2`.
    l1, l2 : float, non-negative
        The penalties, n alpha l1_ratio and n alpha (1 - l1_ratio) in the terms of the estimators.

    Returns
    -------
    float
        The gap; rounding errors can make a gap of 0 slightly negative.

    Examples
    --------
    >>> w = np.array([1.0])  # soft_threshold(2, 1), the solution for X = [1], y = [2]
    >>> enet_duality_gap(w, w, np.array([2.0]), 4.0, l1=1.0, l2=0.0)
    0.0
    """
    w, q, Xy = as_float(w, "w"), as_float(q, "q"), as_float(Xy, "Xy")
    y_norm2, l1, l2 = float(y_norm2), float(l1), float(l2)
    with np.errstate(under="ignore"):
        slope = Xy - q - l2 * w  # minus the gradient of the smooth part
        if l1 == 0:
            return float(slope @ slope / (2 * l2 if l2 > 0 else 1.0))
        dual_norm = np.abs(slope).max(initial=0.0)
        scale = l1 / dual_norm if dual_norm > l1 else 1.0
        residual2 = max(y_norm2 - 2 * (w @ Xy) + w @ q, 0.0)  # ||y - Xw||^2
        residual_y = y_norm2 - w @ Xy  # (y - Xw)' y
        primal = 0.5 * residual2 + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)
        return float(primal + 0.5 * scale**2 * (residual2 + l2 * (w @ w)) - scale * residual_y)


def _changes_floats(descend: Callable[..., float]) -> Callable[..., float]:
    """Refuse weights and products that cannot be changed in place; what is too small is 0."""

    @functools.wraps(descend)
    def checked(w: Array, q: Array, *rest: Any, **named: Any) -> float:
        for name, values in (("w", w), ("q", q)):
            if require(name, values, Instance(np.ndarray), error=TypeError).dtype.kind != "f":
                raise TypeError(f"{name} holds {values.dtype}, expected floats: it is changed in place")
        with np.errstate(under="ignore"):
            return descend(w, q, *rest, **named)

    return checked


@_changes_floats
def coordinate_pass(
    w: Array, q: Array, gram: Array, Xy: Array, l1: float, l2: float, coordinates: Iterable[int]
) -> float:
    r"""Minimize over one coordinate after the other, in place; returns the largest change.

    With :math:`q = X^\top X w` kept up to date, coordinate j needs no pass over the samples: its parabola has the
    curvature :math:`G_{jj} + l_2` and the minimum :math:`S(X_j^\top y - q_j + G_{jj} w_j,\, l_1) / (G_{jj} + l_2)`, S
    the soft threshold.

    Parameters
    ----------
    w : ndarray of floats, of shape (n_features,)
        Changed in place.
    q : ndarray of floats, of shape (n_features,)
        :math:`X^\top X w`; changed in place.
    gram : ndarray of shape (n_features, n_features)
        :math:`G = X^\top X`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    l1, l2 : float, non-negative
        The penalties.
    coordinates : iterable of int
        Which coordinates, in which order.

    Returns
    -------
    float
        The largest change of a weight.

    Raises
    ------
    TypeError
        If ``w`` or ``q`` is no array of floats: integers have no place for the new weights.

    Examples
    --------
    >>> w, q = np.zeros(2), np.zeros(2)
    >>> coordinate_pass(w, q, np.eye(2), np.array([3.0, 0.5]), l1=1.0, l2=0.0, coordinates=range(2))
    2.0
    >>> w
    array([2., 0.])
    """
    largest = 0.0
    diagonal, targets = gram.diagonal().tolist(), Xy.tolist()
    for j in coordinates:
        old, curvature = float(w[j]), diagonal[j]
        if curvature == 0.0:  # a feature that is 0 everywhere
            w[j] = 0.0
            continue
        z = targets[j] - float(q[j]) + curvature * old
        if z > l1:
            new = (z - l1) / (curvature + l2)
        elif z < -l1:
            new = (z + l1) / (curvature + l2)
        else:
            new = 0.0
        if new != old:
            q += (new - old) * gram[j]
            w[j] = new
            largest = max(largest, abs(new - old))
    return largest


def active_set(w: Array, slope: Array, l1: float) -> list[int]:
    r"""The coordinates that a pass can change: a zero stays zero while :math:`|X_j^\top(y - Xw)| \le l_1`.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
        The weights.
    slope : ndarray of shape (n_features,)
        :math:`X^\top(y - Xw)`.
    l1 : float, non-negative
        The penalty.

    Returns
    -------
    list of int
        Their indices, rising.

    Examples
    --------
    >>> active_set(np.array([0.0, 0.0, 3.0]), np.array([0.5, -2.0, 0.1]), l1=1.0)
    [1, 2]
    """
    return np.flatnonzero((np.asarray(w) != 0) | (np.abs(as_float(slope, "slope")) > l1)).tolist()


def face_minimum(w: Array, gram: Array, Xy: Array, l1: float, l2: float) -> Array:
    r"""Walk downhill from w to a minimum over the weights that are not 0, each with its sign or 0.

    As long as no sign changes, :math:`\|w\|_1` is linear, the objective a bowl, and its bottom solves the linear system
    :math:`(G + l_2 I)\, w = X^\top y - l_1 \operatorname{sign}(w)`. The straight way there leads downhill up to the
    point where the first weight reaches 0. That weight is left at 0, and the walk goes on towards the bottom over the
    others. Their system needs no new inverse: with :math:`h` the column of :math:`H^{-1}` that belongs to the weight,
    :math:`H^{-1} - h h^\top / h_j` is the inverse without it.

    Parameters
    ----------
    w : ndarray of shape (n_features,)
        The start. Not modified.
    gram : ndarray of shape (n_features, n_features)
        :math:`G = X^\top X`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    l1, l2 : float, non-negative
        The penalties.

    Returns
    -------
    ndarray of shape (n_features,)
        Weights that are 0 where ``w`` or the feature is, and elsewhere have the signs of ``w``, or are 0, too.

    Examples
    --------
    >>> gram, Xy = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 1.0])
    >>> face_minimum(np.array([0.3, 0.3]), gram, Xy, l1=1.0, l2=0.0).round(10)
    array([1., 0.])
    """
    w, gram, Xy = as_float(w, "w"), as_float(gram, "gram"), as_float(Xy, "Xy")
    support = np.flatnonzero((w != 0) & (gram.diagonal() > 0))  # a feature that is 0 everywhere weighs nothing
    result = np.zeros_like(w)
    with np.errstate(under="ignore"):
        face = w[support], gram[np.ix_(support, support)], Xy[support]
        result[support] = _walk(*face, float(l1), float(l2))
    return result


def _walk(v: Array, gram: Array, Xy: Array, l1: float, l2: float) -> Array:
    """The walk of :func:`face_minimum` for weights none of which is 0 at the start."""
    sign = np.sign(v)
    curvature = gram + l2 * np.eye(len(v), dtype=gram.dtype)
    curvature.flat[:: len(v) + 1] *= 1 + 1e3 * np.finfo(gram.dtype).eps  # regular, even where columns are copies
    inverse = None  # not needed where no weight reaches 0
    for _ in range(len(v)):
        downhill = Xy - l1 * sign - gram @ v - l2 * v
        step = np.linalg.solve(curvature, downhill) if inverse is None else inverse @ downhill
        crossing = np.flatnonzero((v + step) * sign < 0)
        if l1 == 0 or not len(crossing):  # without an l1 penalty 0 is no obstacle
            return v + step
        way = np.maximum(-v[crossing] / step[crossing], 0.0)  # how much of the step until a weight is 0
        v = v + way.min() * step
        first = crossing[way.argmin()]
        v[v * sign < 0] = v[first] = 0.0
        inverse = np.linalg.inv(curvature) if inverse is None else inverse
        inverse -= np.outer(inverse[:, first], inverse[first] / inverse[first, first])
        inverse[first] = inverse[:, first] = 0.0
    return v


def enet_coordinate_descent(
    gram: Array,
    Xy: Array,
    y_norm2: float,
    l1: float,
    l2: float,
    w: Array | None = None,
    tol: float = 1e-4,
    max_iter: int = 1000,
) -> tuple[Array, float, int]:
    r"""Minimize :math:`\tfrac12\|y - Xw\|^2 + l_1 \|w\|_1 + \tfrac12 l_2 \|w\|^2` until the duality gap is small.

    An iteration looks at all coordinates at once for those that can move, and passes over these alone. Every second one
    ends with a walk to the minimum that belongs to the signs found (:func:`face_minimum`): passes are good at finding
    zeros and signs, and slow at the rest, where features are correlated. Without an l1 penalty signs do not matter, and
    the first walk ends at the solution.

    Parameters
    ----------
    gram : ndarray of shape (n_features, n_features)
        :math:`X^\top X`.
    Xy : ndarray of shape (n_features,)
        :math:`X^\top y`.
    y_norm2 : float
        :math:`\|y\|^2`.
    l1, l2 : float, non-negative
        The penalties.
    w : ndarray of shape (n_features,), optional
        The start; zeros without. Not modified.
    tol : float
        Stop when the gap is at most ``tol * y_norm2``.
    max_iter : int
        The most iterations.

    Returns
    -------
    w : ndarray of shape (n_features,)
        The weights.
    gap : float
        The duality gap.
    n_iter : int
        How many iterations were made.

    Examples
    --------
    >>> gram, Xy = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 1.0])
    >>> w, gap, _ = enet_coordinate_descent(gram, Xy, 5.0, l1=1.0, l2=0.0)
    >>> w, gap
    (array([1., 0.]), 0.0)
    """
    gram, Xy = as_float(gram, "gram"), as_float(Xy, "Xy")
    w = np.zeros(len(Xy), gram.dtype) if w is None else np.array(as_float(w, "w"), dtype=gram.dtype)
    y_norm2, l1, l2, tol = float(y_norm2), float(l1), float(l2), float(tol)
    q = gram @ w
    gap, n_iter = enet_duality_gap(w, q, Xy, y_norm2, l1, l2), 0
    with np.errstate(under="ignore"):
        while not gap <= tol * y_norm2 and n_iter < max_iter:
            n_iter += 1
            coordinate_pass(w, q, gram, Xy, l1, l2, active_set(w, Xy - q, l1))
            if l1 == 0 or n_iter % 2 == 0:
                w = face_minimum(w, gram, Xy, l1, l2)
            q = gram @ w  # the updates' rounding errors do not pile up
            gap = enet_duality_gap(w, q, Xy, y_norm2, l1, l2)
    return w, gap, n_iter


def enet_block_descent(
    X: Array,
    y: Array,
    l1: float,
    l2: float,
    w: Array | None = None,
    tol: float = 1e-4,
    max_iter: int = 1000,
    block_size: int = 32,
) -> tuple[Array, float, int]:
    r"""The minimum of :func:`enet_coordinate_descent` without :math:`X^\top X`, which may be larger than X itself.

    The columns are taken in blocks. Two products with a block :math:`X_B` bring :math:`X_B^\top(y - Xw)` and then the
    residual up to date; in between, :func:`coordinate_pass` needs :math:`X_B^\top X_B` only. The steps are those of a
    pass over all coordinates, at the speed of matrix products.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.
    l1, l2 : float, non-negative
        The penalties.
    w : ndarray of shape (n_features,), optional
        The start; zeros without. Not modified.
    tol : float
        Stop when the gap is at most ``tol`` times :math:`\|y\|^2`.
    max_iter : int
        The most passes.
    block_size : int
        How many columns a block has.

    Returns
    -------
    w : ndarray of shape (n_features,)
        The weights.
    gap : float
        The duality gap.
    n_iter : int
        How many passes were made.

    Examples
    --------
    >>> w, gap, _ = enet_block_descent(np.eye(2), np.array([3.0, 0.5]), l1=1.0, l2=0.0)
    >>> w, gap
    (array([2., 0.]), 0.0)
    """
    X, y = np.asfortranarray(as_float(X, "X")), as_float(y, "y")  # a block of columns is one piece of memory
    w = np.zeros(X.shape[1], X.dtype) if w is None else np.array(as_float(w, "w"), dtype=X.dtype)
    blocks = [slice(start, start + block_size) for start in range(0, len(w), block_size)]
    with np.errstate(under="ignore"):
        return _descend(X, y, float(l1), float(l2), w, float(tol), max_iter, blocks)


def _descend(
    X: Array, y: Array, l1: float, l2: float, w: Array, tol: float, max_iter: int, blocks: list[slice]
) -> tuple[Array, float, int]:
    """The passes of :func:`enet_block_descent`, which change w."""
    grams = [X[:, block].T @ X[:, block] for block in blocks]
    Xy, y_norm2, residual = X.T @ y, float(y.astype(float) @ y), y - X @ w
    gap, n_iter = enet_duality_gap(w, Xy - X.T @ residual, Xy, y_norm2, l1, l2), 0
    value = np.inf
    while not gap <= tol * y_norm2 and n_iter < max_iter:
        n_iter += 1
        for block, gram in zip(blocks, grams):
            slope = X[:, block].T @ residual
            if coordinates := active_set(w[block], slope, l1):
                old, q = w[block].copy(), gram @ w[block]
                coordinate_pass(w[block], q, gram, slope + q, l1, l2, coordinates)
                residual -= X[:, block] @ (w[block] - old)
        before, value = value, 0.5 * (residual @ residual) + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)
        if before - value <= tol * y_norm2 or n_iter == max_iter:  # the gap costs a product: first let passes gain less
            gap = enet_duality_gap(w, Xy - X.T @ residual, Xy, y_norm2, l1, l2)
    return w, gap, n_iter
