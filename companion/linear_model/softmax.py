r"""The objective of softmax regression, logistic regression for more than two classes, with its derivatives."""

import numpy as np

from companion.annotations import Array
from companion.numerics import softmax, softmax_cross_entropy

__all__ = ["pin_shift", "softmax_hessian", "softmax_value_grad"]


def _split(theta: Array, d: int, K: int) -> tuple[Array, Array]:
    """W of shape (K, d) and the intercepts, zeros where there are none."""
    table = theta.reshape(K, -1)
    return table[:, :d], table[:, d] if table.shape[1] > d else np.zeros(K)


def _count_classes(y: Array) -> int:
    """The number K of classes, from labels of which the largest is K - 1."""
    if y.min() < 0:
        raise ValueError(f"y contains the class {y.min()}, expected 0 to K - 1")
    return int(y.max()) + 1


def softmax_value_grad(
    theta: Array, X: Array, y: Array, l2: float = 0.0, weight: Array | None = None
) -> tuple[float, Array]:
    r"""The mean cross-entropy of softmax regression plus :math:`\tfrac12 l_2 \|W\|^2`, with its gradient.

    The gradient with respect to the scores :math:`Z = X W^\top + b` is :math:`s \odot (P - Y)`, Y the one-hot labels.

    Parameters
    ----------
    theta : ndarray of shape (K * n_features,) or (K * (n_features + 1),)
        W of shape (K, n_features) row by row, each row with its intercept at the end where there is one.
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : int ndarray of shape (n_samples,)
        Classes 0 to K - 1; all occur.
    l2 : float
        The penalty; it spares the intercepts.
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.

    Returns
    -------
    value : float
        The objective.
    grad : ndarray of the shape of ``theta``
        Its gradient.

    Raises
    ------
    ValueError
        If a label is negative.

    Examples
    --------
    >>> value, grad = softmax_value_grad(np.zeros(3), np.array([[1.0], [1.0], [1.0]]), np.array([0, 1, 2]))
    >>> float(value.round(4)), bool(abs(grad).max() < 1e-15)  # log 3; nothing to gain
    (1.0986, True)
    """
    n, d = X.shape
    W, b = _split(theta, d, _count_classes(y))
    loss, p = softmax_cross_entropy(X @ W.T + b, y)  # (n,), (n, K)
    by_score = p  # changed in place: p is not needed again
    by_score[np.arange(n), y] -= 1  # P - Y
    if weight is None:
        value = loss.mean()
        by_score /= n
    else:
        value = weight @ loss
        by_score *= weight[:, None]
    grad = by_score.T @ X + l2 * W
    if len(theta) > W.size:
        grad = np.column_stack([grad, by_score.sum(axis=0)])
    return value + 0.5 * l2 * np.vdot(W, W), grad.ravel()


def softmax_hessian(theta: Array, X: Array, y: Array, l2: float = 0.0, weight: Array | None = None) -> Array:
    r"""The Hessian of :func:`softmax_value_grad`, in blocks.

    The block of the classes k and l is :math:`X^\top \operatorname{diag}(s\, p_k (\delta_{kl} - p_l)) X`. The matrix
    is positive semidefinite, but without a penalty not definite: adding one vector to the rows of all classes changes
    no probability (see :func:`pin_shift`).

    Parameters
    ----------
    theta : ndarray of shape (K * n_features,) or (K * (n_features + 1),)
        The parameters, as in :func:`softmax_value_grad`.
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : int ndarray of shape (n_samples,)
        Classes 0 to K - 1; only their number matters.
    l2 : float
        The penalty; it spares the intercepts.
    weight : ndarray of shape (n_samples,), optional
        The weights s; 1 / n_samples each without.

    Returns
    -------
    ndarray of shape (len(theta), len(theta))
        The Hessian.

    Raises
    ------
    ValueError
        If a label is negative.

    Examples
    --------
    >>> softmax_hessian(np.zeros(2), np.array([[1.0], [1.0]]), np.array([0, 1]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    n, d = X.shape
    K = _count_classes(y)
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


def pin_shift(hess: Array, K: int) -> Array:
    r"""Curve the Hessian of softmax regression where it is flat: along a shift of the parameters of all classes alike.

    Where there is no penalty the objective does not depend on :math:`\bar\theta = \tfrac1K \sum_k \theta_k`, and where
    there is one it is smallest at :math:`\bar\theta = 0`. So :math:`\tfrac c2 K \|\bar\theta\|^2` may be added: from
    :math:`\bar\theta = 0` Newton's steps stay the same, and become unique. c is the mean of the diagonal of ``hess``.

    Parameters
    ----------
    hess : ndarray of shape (K * m, K * m)
        Of :func:`softmax_hessian`; not modified.
    K : int
        The number of classes.

    Returns
    -------
    ndarray of shape (K * m, K * m)
        With the curvature added.

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
