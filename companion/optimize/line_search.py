r"""How far to go in a direction: steps that decrease a function enough, and that flatten its slope enough."""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from companion.annotations import Array
from companion.validation import as_float

__all__ = ["Point", "armijo_line_search", "wolfe_line_search"]

ROUNDING = 10 * np.finfo(float).eps  # values of the function closer than this, relatively, cannot be told apart

Objective: TypeAlias = Callable[[Array], tuple[float, Array]]  # x -> value, gradient
Step: TypeAlias = tuple[float | None, float, Array, int]  # step (None: none found), value, gradient, evaluations


class Point(NamedTuple):
    """A step along the line, with the value and the slope of the function there.

    Parameters
    ----------
    step : float
        How far, in lengths of the direction.
    value : float
        The function's value there.
    slope : float
        Its derivative along the line, gradient times direction.

    Examples
    --------
    >>> Point(0.5, 2.0, float("inf")).is_finite()
    False
    """

    step: float
    value: float
    slope: float

    def is_finite(self) -> bool:
        """Whether value and slope are finite; the slope is not where an element of the gradient is not.

        Returns
        -------
        bool
            False where one of them is nan or infinite.
        """
        return math.isfinite(self.value) and math.isfinite(self.slope)


@np.errstate(all="ignore")
def _ahead(x: Array, step: float, direction: Array) -> Array:
    """A point on the line, which may lie beyond the floats."""
    return x + step * direction


@np.errstate(all="ignore")
def _slope(grad: Array, direction: Array) -> float:
    """The derivative along the line."""
    return float(as_float(grad, "the gradient") @ direction)


def armijo_line_search(
    fun: Objective,
    x: Array,
    value: float,
    grad: Array,
    direction: Array,
    step: float = 1.0,
    c1: float = 1e-4,
    shrink: float = 0.5,
    max_evaluations: int = 60,
) -> Step:
    r"""Shorten a step until it decreases the function enough: :math:`f(x + tp) \le f(x) + c_1 t\, g^\top p`.

    Only ``fun`` runs as :func:`numpy.seterr` was told.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    x : ndarray of shape (n,)
        Where the search starts.
    value : float
        The function's value at ``x``.
    grad : ndarray of shape (n,)
        Its gradient g at ``x``.
    direction : ndarray of shape (n,)
        The direction p.
    step : float
        The first step t to try.
    c1 : float
        Which part of the decrease that the slope promises is enough.
    shrink : float
        By what a step that is too long is multiplied.
    max_evaluations : int
        How many steps to try.

    Returns
    -------
    step : float or None
        None where no step was good enough, or the direction does not point downhill.
    value : float
        The function's value at ``x + step * direction``.
    grad : ndarray of shape (n,)
        Its gradient there.
    n_evaluations : int
        How many steps were tried.

    Examples
    --------
    >>> bowl = lambda x: (2 * x @ x, 4 * x)
    >>> step, value, _, n = armijo_line_search(bowl, np.array([1.0]), 2.0, np.array([4.0]), np.array([-4.0]))
    >>> step, float(value), n  # a step of 1 and of 1/2 do not decrease it
    (0.25, 0.0, 3)
    """
    x, direction = as_float(x), as_float(direction, "direction")
    value, slope = float(value), _slope(grad, direction)
    if not slope < 0:
        return None, value, grad, 0
    slack = ROUNDING * max(abs(value), 1e-300)
    for count in range(1, max_evaluations + 1):
        new_value, new_grad = fun(_ahead(x, step, direction))
        new_value = float(new_value)
        enough = new_value <= value + c1 * step * slope + slack  # False for nan
        if enough and np.isfinite(new_grad).all():
            return step, new_value, new_grad, count
        step *= shrink
    return None, value, grad, max_evaluations


def _cubic_minimizer(a: Point, b: Point) -> float:
    """Where the cubic with these two values and slopes is smallest; the middle where it is no cubic."""
    middle = 0.5 * (a.step + b.step)
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    inside = d1 * d1 - a.slope * b.slope
    if not inside >= 0:
        return middle
    d2 = math.copysign(math.sqrt(inside), b.step - a.step)
    below = b.slope - a.slope + 2 * d2
    step = b.step - (b.step - a.step) * (b.slope + d2 - d1) / below if below != 0 else middle
    if not math.isfinite(step):
        return middle
    low, high = min(a.step, b.step), max(a.step, b.step)
    margin = 0.1 * (high - low)
    return float(min(max(step, low + margin), high - margin))


def _next_step(step: float, low: Point, high: Point | None) -> float:
    """The step to try next: twice as long until the interval is closed, then one inside of it."""
    if high is None:
        return 2.0 * step
    if high.is_finite() and high.step != low.step:
        return _cubic_minimizer(low, high)
    return 0.5 * (low.step + high.step)


def wolfe_line_search(
    fun: Objective,
    x: Array,
    value: float,
    grad: Array,
    direction: Array,
    step: float = 1.0,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_evaluations: int = 30,
) -> Step:
    r"""A step with enough decrease and enough flattening (the strong Wolfe conditions).

    The step t satisfies :math:`f(x + tp) \le f(x) + c_1 t\, g^\top p` and
    :math:`|\nabla f(x + tp)^\top p| \le c_2 |g^\top p|`. The second condition guarantees :math:`s^\top y > 0`, which
    L-BFGS needs. First the step grows until an interval holds such a point, then cubic interpolation narrows it. Only
    ``fun`` runs as :func:`numpy.seterr` was told.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    x : ndarray of shape (n,)
        Where the search starts.
    value : float
        The function's value at ``x``.
    grad : ndarray of shape (n,)
        Its gradient g at ``x``.
    direction : ndarray of shape (n,)
        The direction p.
    step : float
        The first step t to try.
    c1 : float
        Which part of the decrease that the slope promises is enough.
    c2 : float
        Which part of the slope may be left.
    max_evaluations : int
        How many steps to try.

    Returns
    -------
    step : float or None
        After ``max_evaluations`` the best step with enough decrease (at a kink the slope never flattens); None
        where there was none, or the direction does not point downhill.
    value : float
        The function's value at ``x + step * direction``.
    grad : ndarray of shape (n,)
        Its gradient there.
    n_evaluations : int
        How many steps were tried.

    References
    ----------
    Nocedal and Wright (2006), Numerical Optimization, algorithms 3.5 and 3.6.

    Examples
    --------
    >>> bowl = lambda x: (2 * x @ x, 4 * x)
    >>> step, value, _, n = wolfe_line_search(bowl, np.array([1.0]), 2.0, np.array([4.0]), np.array([-4.0]))
    >>> round(float(step), 6), n  # the cubic through the two ends has its minimum at the bottom
    (0.25, 2)
    """
    x, direction = as_float(x), as_float(direction, "direction")
    value, slope = float(value), _slope(grad, direction)
    if not slope < 0:
        return None, value, grad, 0
    slack = ROUNDING * max(abs(value), 1e-300)
    low, high = Point(0.0, value, slope), None  # the best end, and the other, once the interval is closed
    best: tuple[float | None, float, Array] = None, value, grad
    for count in range(1, max_evaluations + 1):
        new_value, new_grad = fun(_ahead(x, step, direction))
        new_value = float(new_value)
        here = Point(step, new_value, _slope(new_grad, direction))
        decreases = here.is_finite() and new_value <= value + c1 * step * slope + slack
        if not decreases or new_value > low.value + slack:
            high = here
        elif abs(here.slope) <= -c2 * slope:
            return step, new_value, new_grad, count
        else:
            ahead = 1.0 if high is None else high.step - low.step  # its sign: where the other end lies
            rises_ahead = here.slope * ahead >= 0
            if rises_ahead:  # so the minimum lies behind, between here and the end that was best
                high = low
            low = here
            if new_value < value:
                best = step, new_value, new_grad
        step = _next_step(step, low, high)
    return *best, max_evaluations
