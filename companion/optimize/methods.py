r"""The methods: from a point, its value and its gradient to the next point.

Each method is a step or a direction that can be read by itself, and a function that makes an :data:`Advance` of it:
``advance(x, value, grad)`` returns the next point, with the value and the gradient there, and the number of
evaluations. The point is None where no step decreases the function.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from companion.annotations import Array
from companion.optimize.line_search import Objective, armijo_line_search, wolfe_line_search

__all__ = ["gradient_descent", "gradient_step", "lbfgs", "lbfgs_direction", "newton", "newton_direction"]

Advance: TypeAlias = Callable[[Array, float, Array], tuple[Array | None, float, Array, int]]


def gradient_step(theta: Array, grad: Array, lr: float) -> Array:
    r"""One step downhill, :math:`\theta - \eta g`.

    Parameters
    ----------
    theta : ndarray of shape (n,)
        The point.
    grad : ndarray of shape (n,)
        The gradient g there.
    lr : float
        The learning rate :math:`\eta`.

    Returns
    -------
    ndarray of shape (n,)
        The next point.

    Examples
    --------
    >>> gradient_step(np.array([1.0]), np.array([4.0]), 0.25)
    array([0.])
    """
    return theta - lr * grad


def newton_direction(grad: Array, hess: Array) -> Array:
    r"""The step :math:`p` to the bottom of the local quadratic: :math:`H p = -g`.

    Where H is not positive definite, that point is no bottom: each eigenvalue is replaced by its absolute value
    (at least :math:`10^{-8}` of the largest), and the step points downhill again.

    Parameters
    ----------
    grad : ndarray of shape (n,)
        The gradient g.
    hess : ndarray of shape (n, n), symmetric
        The Hessian H.

    Returns
    -------
    ndarray of shape (n,)
        The step p.

    Examples
    --------
    >>> newton_direction(np.array([2.0, 4.0]), np.diag([1.0, 2.0]))
    array([-2., -2.])
    >>> newton_direction(np.array([2.0, 4.0]), np.diag([1.0, -2.0]))  # a saddle: away from its ridge
    array([-2., -2.])
    """
    try:
        pivots = np.diag(np.linalg.cholesky(hess)) ** 2  # exists for positive definite matrices only
        if (pivots > len(hess) * np.finfo(float).eps * np.diag(hess)).all():  # more than rounding
            return np.linalg.solve(hess, -grad)
    except np.linalg.LinAlgError:
        pass
    values, vectors = np.linalg.eigh(hess)
    values = np.abs(values)
    values = np.maximum(values, 1e-8 * values.max()) if values.any() else np.ones_like(values)
    return -vectors @ ((vectors.T @ grad) / values)


def lbfgs_direction(grad: Array, s_history: Sequence[Array], y_history: Sequence[Array]) -> Array:
    r"""The step :math:`-H g` of L-BFGS by the two-loop recursion; H, an estimate of the inverse Hessian, is never
    formed.

    Parameters
    ----------
    grad : ndarray of shape (n,)
        The gradient g.
    s_history, y_history : sequences of ndarray of shape (n,)
        The latest moves :math:`s = x_{k+1} - x_k` and changes of the gradient :math:`y`, oldest first, with
        :math:`s^\top y > 0`. Without any, the result is :math:`-g`.

    Returns
    -------
    ndarray of shape (n,)
        The step.

    References
    ----------
    Liu and Nocedal (1989), On the limited memory BFGS method for large scale optimization.

    Examples
    --------
    >>> lbfgs_direction(np.array([2.0]), [np.array([1.0])], [np.array([4.0])])  # curvature 4: the step -2 / 4
    array([-0.5])
    """
    q, alphas = grad.copy(), []
    pairs = [(s, y, s @ y) for s, y in zip(s_history, y_history)]
    for s, y, sy in reversed(pairs):
        alphas.append((s @ q) / sy)
        q -= alphas[-1] * y
    if pairs:
        s, y, sy = pairs[-1]
        q *= sy / (y @ y)  # the scale of the inverse Hessian along the latest move
    for (s, y, sy), alpha in zip(pairs, reversed(alphas)):
        q += (alpha - (y @ q) / sy) * s
    return -q


def gradient_descent(fun: Objective, lr: float | None = None) -> Advance:
    """Steps of a fixed rate; without one, an Armijo search that starts from twice the last step.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    lr : float, optional
        The rate.

    Returns
    -------
    callable
        The method: from a point to the next.

    Examples
    --------
    >>> advance = gradient_descent(lambda x: (2 * x @ x, 4 * x), lr=0.25)
    >>> advance(np.array([1.0]), 2.0, np.array([4.0]))[0]
    array([0.])
    """
    last = 0.5

    def fixed(x, value, grad):
        x = gradient_step(x, grad, lr)
        return x, *fun(x), 1

    def searched(x, value, grad):
        nonlocal last
        step, value, new_grad, count = armijo_line_search(fun, x, value, grad, -grad, 2 * last)
        if step is None:
            return None, value, grad, count
        last = step
        return gradient_step(x, grad, step), value, new_grad, count

    return searched if lr is None else fixed


def newton(fun: Objective, hess: Callable[[Array], Array]) -> Advance:
    """Newton's direction with an Armijo search, which takes the full step near the solution.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    hess : callable
        ``hess(x)`` returns the Hessian, of shape (n, n).

    Returns
    -------
    callable
        The method: from a point to the next.

    Examples
    --------
    >>> advance = newton(lambda x: (2 * x @ x, 4 * x), lambda x: np.array([[4.0]]))
    >>> advance(np.array([1.0]), 2.0, np.array([4.0]))[0]
    array([0.])
    """

    def advance(x, value, grad):
        direction = newton_direction(grad, hess(x))
        if not -np.inf < grad @ direction < 0:  # from a hopelessly conditioned system: steepest descent instead
            direction = -grad
        step, value, grad, count = armijo_line_search(fun, x, value, grad, direction)
        return None if step is None else x + step * direction, value, grad, count

    return advance


def lbfgs(fun: Objective, m: int = 10) -> Advance:
    """The two-loop direction with a strong Wolfe search.

    The first trial step is 1 once a curvature is known, and of length 1 before.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    m : int
        How many moves to remember.

    Returns
    -------
    callable
        The method: from a point to the next.

    Examples
    --------
    >>> advance = lbfgs(lambda x: (2 * x @ x, 4 * x))
    >>> advance(np.array([1.0]), 2.0, np.array([4.0]))[0]
    array([0.])
    """
    moves: deque[Array] = deque(maxlen=m)
    changes: deque[Array] = deque(maxlen=m)

    def advance(x, value, grad):
        direction = lbfgs_direction(grad, moves, changes)
        first = 1.0 if moves else 1.0 / math.hypot(*grad)
        step, new_value, new_grad, count = wolfe_line_search(fun, x, value, grad, direction, first)
        if step is None and moves:  # a misleading history: forget it and follow the gradient
            moves.clear()
            changes.clear()
            new_x, new_value, new_grad, more = advance(x, value, grad)
            return new_x, new_value, new_grad, count + more
        if step is None:
            return None, value, grad, count
        s, y = step * direction, new_grad - grad
        if s @ y > np.finfo(float).eps * (y @ y) > 0:
            moves.append(s)
            changes.append(y)
        return x + s, new_value, new_grad, count

    return advance
