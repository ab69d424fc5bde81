r"""The lasso at the price of the few features that matter.

Coordinate descent on :math:`X^\top X` is cheap, :math:`X^\top X` is not. A working set holds the columns that seem to
matter, and their products; the duality gap over all columns says when it has grown enough.
"""

import numpy as np

from companion.annotations import Array
from companion.linear_model.coordinate_descent import enet_block_descent, enet_coordinate_descent, enet_duality_gap
from companion.validation import as_float

__all__ = ["WorkingSet", "enet_working_set"]


class WorkingSet:
    """Some columns of X, and their products with each other and with y. It grows, and computes every product once.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        All features.
    y : ndarray of shape (n_samples,)
        The targets.

    Attributes
    ----------
    indices : ndarray of shape (n_columns,)
        Which columns of X.
    gram : ndarray of shape (n_columns, n_columns)
        Their products with each other, in double precision.
    Xy : ndarray of shape (n_columns,)
        Their products with y.

    Examples
    --------
    >>> some = WorkingSet(np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]), np.array([5.0, 7.0]))
    >>> some.add(np.array([2]))
    >>> some.add(np.array([0]))
    >>> some.indices, some.gram, some.Xy
    (array([2, 0]), array([[5., 2.],
           [2., 1.]]), array([17.,  5.]))
    """

    def __init__(self, X: Array, y: Array):
        self.X, self.y = as_float(X, "X"), as_float(y, "y")
        self.indices = np.empty(0, dtype=int)
        self.gram, self.Xy = np.empty((0, 0)), np.empty(0)
        self.parts: list[Array] = []  # the columns, as they came

    def add(self, indices: Array) -> None:
        """Add columns.

        Parameters
        ----------
        indices : ndarray of int
            Which columns of X; none that is there already.
        """
        if not len(indices):
            return
        rowwise = self.X.flags.c_contiguous
        new = self.X.take(indices, axis=1) if rowwise else self.X.T[indices].T  # the fast way for either layout
        new = new.astype(float, copy=False)
        with np.errstate(under="ignore"):
            across = np.concatenate([new.T @ part for part in self.parts] or [np.empty((len(indices), 0))], axis=1)
            self.gram = np.block([[self.gram, across.T], [across, new.T @ new]])
            self.Xy = np.append(self.Xy, new.T @ self.y)
        self.indices = np.append(self.indices, indices)
        self.parts.append(new)

    def slope(self, w: Array) -> Array:
        r"""The slopes of all columns, :math:`X^\top(y - Xw)`, for weights that are 0 outside of the set.

        Parameters
        ----------
        w : ndarray of shape (n_features,)
            The weights.

        Returns
        -------
        ndarray of shape (n_features,)
            Minus the gradient of half the sum of squares.
        """
        w, residual, start = as_float(w, "w"), self.y.astype(float), 0
        with np.errstate(under="ignore"):
            for part in self.parts:
                stop = start + part.shape[1]
                residual -= part @ w[self.indices[start:stop]]
                start = stop
            return (self.X.T @ residual.astype(self.X.dtype)).astype(float)


def enet_working_set(
    X: Array, y: Array, l1: float, l2: float, w: Array | None = None, tol: float = 1e-4, max_iter: int = 1000
) -> tuple[Array, float, int]:
    r"""The minimum of :func:`enet_coordinate_descent`, at the price of the few columns of X that matter.

    Most weights of a lasso are 0, and a feature whose weight is 0 takes no part: it may as well not be there. So solve
    the small problem of the features that seem to matter most, the *working set*. Then look once at all the others: at
    the solution, :math:`|X_j^\top(y - Xw)| \le l_1` wherever the weight is 0. The offenders join the set: all of them
    where they are at most four times as many as the set has, to spare a round; else the worst, four for each weight
    that is not 0. The next small problem begins where the last one ended. When the duality gap over *all* features is
    small, this proves that those left out are rightly 0. Only the products :math:`X_A^\top X_A` of the set are ever
    computed; the rest of X is read once a round. Where the set outgrows both the samples and 2,000,
    :func:`enet_block_descent` takes over.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.
    l1, l2 : float, non-negative
        The penalties. Without an l1 penalty every feature matters, and there is but one round.
    w : ndarray of shape (n_features,), optional
        The start; zeros without. Not modified.
    tol : float
        Stop when the gap is at most ``tol`` times :math:`\|y\|^2`.
    max_iter : int
        The most iterations of :func:`enet_coordinate_descent` over all rounds.

    Returns
    -------
    w : ndarray of shape (n_features,)
        The weights.
    gap : float
        The duality gap, over all features.
    n_iter : int
        How many iterations were made.

    Examples
    --------
    >>> w, gap, _ = enet_working_set(np.eye(2), np.array([3.0, 0.5]), l1=1.0, l2=0.0)
    >>> w, gap
    (array([2., 0.]), 0.0)
    """
    X, y = as_float(X, "X"), as_float(y, "y")
    w = np.zeros(X.shape[1]) if w is None else np.array(as_float(w, "w"), dtype=float)
    with np.errstate(under="ignore"):
        w, gap, n_iter = _rounds(X, y, float(l1), float(l2), w, float(tol), max_iter)
        return w.astype(X.dtype), gap, n_iter


def _rounds(X: Array, y: Array, l1: float, l2: float, w: Array, tol: float, max_iter: int) -> tuple[Array, float, int]:
    """The rounds of :func:`enet_working_set`, which change w."""
    Xy, y_norm2, n_iter = (X.T @ y).astype(float), float(y.astype(float) @ y), 0
    working, slope = WorkingSet(X, y), Xy
    if w.any():
        working.add(np.flatnonzero(w))
        slope = working.slope(w)
    while True:
        gap = enet_duality_gap(w, Xy - slope, Xy, y_norm2, l1, l2)
        if gap <= tol * y_norm2 or n_iter >= max_iter:
            break
        joining = _offenders(slope, working.indices, l1, max(64, 4 * int(np.count_nonzero(w))))
        if len(working.indices) + len(joining) > max(len(y), 2000):  # their products would be larger than X
            w, gap, more = enet_block_descent(X, y, l1, l2, w, tol, max_iter - n_iter)
            return w, gap, n_iter + more
        working.add(joining)
        # more precision than this would be lost on the next round
        enough = max(tol / 2, 0.01 * gap / y_norm2) if y_norm2 > 0 else 0.0
        small = working.gram, working.Xy, y_norm2, l1, l2, w[working.indices], enough
        w[working.indices], _, more = enet_coordinate_descent(*small, max_iter - n_iter)
        if more == 0 and not len(joining):  # nothing left to gain in this arithmetic
            break
        n_iter += more
        slope = working.slope(w)
    return w, gap, n_iter


def _offenders(slope: Array, present: Array, l1: float, few: int) -> Array:
    """The features outside of the set whose slope exceeds l1; where they are very many, a few with the largest."""
    size = np.abs(slope)
    size[present] = 0.0
    offenders = np.flatnonzero(size > l1)
    if l1 > 0 and len(offenders) > max(few, 4 * len(present)):
        offenders = np.sort(offenders[np.argpartition(size[offenders], -few)[-few:]])
    return offenders
