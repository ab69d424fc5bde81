"""Penalties: what large coefficients cost. They know no samples, and are sums."""

from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.losses.shell import evaluate, finite
from companion.validation import Number, require

__all__ = ["l1_penalty", "l2_penalty"]


def l1_penalty_terms(_, w, alpha):
    """The cost of each coefficient, and its derivative."""
    return alpha * np.abs(w), alpha * np.sign(w)


def l1_penalty(w: ArrayLike, alpha: float) -> tuple[Any, Array]:
    r""":math:`\alpha \|w\|_1` with its subgradient :math:`\alpha \operatorname{sign}(w)`, 0 at 0.

    Parameters
    ----------
    w : array_like
        The coefficients.
    alpha : float, not negative
        The strength :math:`\alpha`.

    Returns
    -------
    value : float
        The penalty.
    grad : ndarray of the shape of ``w``
        Its derivatives.

    Raises
    ------
    ValueError
        If ``alpha`` is negative, or a coefficient is not finite.

    Examples
    --------
    >>> l1_penalty(np.array([2.0, -1.0]), 0.5)
    (np.float64(1.5), array([ 0.5, -0.5]))
    """
    alpha, w = float(require("alpha", alpha, Number(0))), finite("w", w)
    return evaluate(l1_penalty_terms, w, w, None, "sum", alpha=alpha)


def l2_penalty_terms(_, w, alpha):
    """The cost of each coefficient, and its derivative."""
    return alpha * w * w, 2 * alpha * w


def l2_penalty(w: ArrayLike, alpha: float) -> tuple[Any, Array]:
    r""":math:`\alpha \|w\|_2^2`, without the factor 1/2, with its gradient :math:`2 \alpha w`.

    Parameters
    ----------
    w : array_like
        The coefficients.
    alpha : float, not negative
        The strength :math:`\alpha`.

    Returns
    -------
    value : float
        The penalty.
    grad : ndarray of the shape of ``w``
        Its derivatives.

    Raises
    ------
    ValueError
        If ``alpha`` is negative, or a coefficient is not finite.

    Examples
    --------
    >>> l2_penalty(np.array([2.0, -1.0]), 0.5)
    (np.float64(2.5), array([ 2., -1.]))
    """
    alpha, w = float(require("alpha", alpha, Number(0))), finite("w", w)
    return evaluate(l2_penalty_terms, w, w, None, "sum", alpha=alpha)
