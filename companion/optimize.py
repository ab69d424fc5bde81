r"""Minimize a smooth function of a vector: gradient descent, Newton's method, and L-BFGS (``scipy.optimize``).

A function to minimize returns its value and its gradient together, ``fun(x) -> (value, gradient)``, because the two
share most of their work. Evaluating it is what costs, so each method is written to do so as rarely as it can.
"""

import warnings
from collections import deque

import numpy as np
from sklearn.exceptions import ConvergenceWarning

__all__ = [
    "OptimizeResult",
    "Trace",
    "armijo_line_search",
    "gradient_step",
    "lbfgs_direction",
    "minimize",
    "newton_direction",
    "wolfe_line_search",
]

MAX_ITER = {"l-bfgs": 1000, "newton": 100, "gd": 1000}
ROUNDING = 10 * np.finfo(float).eps  # values of the function closer than this, relatively, cannot be told apart


class OptimizeResult(dict):
    """What :func:`minimize` found, under SciPy's names; entries can be read as attributes."""

    __setattr__ = dict.__setitem__

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the result has no {name!r}, only {list(self)}") from None

    def __dir__(self):
        return [*super().__dir__(), *self]

    def __repr__(self):
        return "\n".join(f"{name:>8}: {value!r}" for name, value in self.items())


class Trace:
    """The path of a minimization: one entry for the start and one for each iteration.

    Attributes
    ----------
    x : ndarray of shape (nit + 1, n_variables)
    fun : ndarray of shape (nit + 1,)
    grad_norm : ndarray of shape (nit + 1,)
        The largest absolute element of the gradient.
    """

    def __init__(self):
        self._rows = []

    def append(self, x, value, grad):
        self._rows.append((x.copy(), value, np.abs(grad).max(initial=0.0)))

    def __repr__(self):
        return f"<Trace of {len(self._rows)} points>"

    last_grad_norm = property(lambda self: self._rows[-1][2])
    x = property(lambda self: np.array([row[0] for row in self._rows]))
    fun = property(lambda self: np.array([row[1] for row in self._rows]))
    grad_norm = property(lambda self: np.array([row[2] for row in self._rows]))


def gradient_step(theta, grad, lr):
    r"""One step downhill, :math:`\theta - \eta g`.

    Examples
    --------
    >>> gradient_step(np.array([1.0]), np.array([4.0]), 0.25)
    array([0.])
    """
    return theta - lr * grad


def newton_direction(grad, hess):
    r"""The step :math:`p` to the bottom of the local quadratic: :math:`H p = -g`.

    Where H is not positive definite, that point is no bottom: each eigenvalue is replaced by its absolute value
    (at least :math:`10^{-8}` of the largest), and the step points downhill again.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    hess : ndarray of shape (n, n), symmetric

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


def lbfgs_direction(grad, s_history, y_history):
    r"""The step :math:`-H g` of L-BFGS by the two-loop recursion; H, an estimate of the inverse Hessian, is never
    formed.

    Parameters
    ----------
    grad : ndarray of shape (n,)
    s_history, y_history : sequences of ndarray of shape (n,)
        The latest moves :math:`s = x_{k+1} - x_k` and changes of the gradient :math:`y`, oldest first, with
        :math:`s^\top y > 0`. Without any, the result is :math:`-g`.

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


def armijo_line_search(fun, x, value, grad, direction, step=1.0, c1=1e-4, shrink=0.5, max_evaluations=60):
    r"""Shorten a step until it decreases the function enough: :math:`f(x + tp) \le f(x) + c_1 t\, g^\top p`.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    x, direction : ndarray of shape (n,)
    value, grad : float, ndarray of shape (n,)
        Of the function at ``x``.
    step : float
        The first step t to try.
    c1, shrink : float
    max_evaluations : int

    Returns
    -------
    step : float or None
        None where no step was good enough, or the direction does not point downhill.
    value, grad : float, ndarray
        Of the function at ``x + step * direction``.
    n_evaluations : int

    Examples
    --------
    >>> bowl = lambda x: (2 * x @ x, 4 * x)
    >>> step, value, _, n = armijo_line_search(bowl, np.array([1.0]), 2.0, np.array([4.0]), np.array([-4.0]))
    >>> step, value, n  # a step of 1 and of 1/2 do not decrease it
    (0.25, np.float64(0.0), 3)
    """
    slope = grad @ direction
    if not slope < 0:
        return None, value, grad, 0
    slack = ROUNDING * max(abs(value), 1e-300)
    for count in range(1, max_evaluations + 1):
        new_value, new_grad = fun(x + step * direction)
        if new_value <= value + c1 * step * slope + slack:  # False for nan
            return step, new_value, new_grad, count
        step *= shrink
    return None, value, grad, max_evaluations


def _cubic_minimizer(a, fa, ga, b, fb, gb):
    """Where the cubic with these values and slopes at a and b is smallest; the middle where it is no cubic."""
    d1 = ga + gb - 3 * (fa - fb) / (a - b)
    inside = d1 * d1 - ga * gb
    if not inside >= 0:
        return 0.5 * (a + b)
    d2 = np.copysign(np.sqrt(inside), b - a)
    below = gb - ga + 2 * d2
    t = b - (b - a) * (gb + d2 - d1) / below if below != 0 else 0.5 * (a + b)
    low, high = min(a, b), max(a, b)
    margin = 0.1 * (high - low)
    return min(max(t, low + margin), high - margin) if np.isfinite(t) else 0.5 * (a + b)


def wolfe_line_search(fun, x, value, grad, direction, step=1.0, c1=1e-4, c2=0.9, max_evaluations=30):
    r"""A step with enough decrease and enough flattening (the strong Wolfe conditions).

    The step t satisfies :math:`f(x + tp) \le f(x) + c_1 t\, g^\top p` and
    :math:`|\nabla f(x + tp)^\top p| \le c_2 |g^\top p|`. The second condition guarantees :math:`s^\top y > 0`, which
    L-BFGS needs. First the step grows until an interval holds such a point, then cubic interpolation narrows it.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    x, direction : ndarray of shape (n,)
    value, grad : float, ndarray of shape (n,)
        Of the function at ``x``.
    step : float
        The first step t to try.
    c1, c2 : float
    max_evaluations : int

    Returns
    -------
    step : float or None
        After ``max_evaluations`` the best step with enough decrease (at a kink the slope never flattens); None
        where there was none, or the direction does not point downhill.
    value, grad : float, ndarray
        Of the function at ``x + step * direction``.
    n_evaluations : int

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
    slope = grad @ direction
    if not slope < 0:
        return None, value, grad, 0
    slack = ROUNDING * max(abs(value), 1e-300)
    low, best = (0.0, value, slope), (None, value, grad)  # the best end so far: step, value, slope
    high = None  # the other end, once the interval is closed
    for count in range(1, max_evaluations + 1):
        new_value, new_grad = fun(x + step * direction)
        new_slope = new_grad @ direction
        here = (step, new_value, new_slope)
        if not new_value <= value + c1 * step * slope + slack or new_value > low[1] + slack:
            high = here
        elif abs(new_slope) <= -c2 * slope:
            return step, new_value, new_grad, count
        else:
            if new_slope * (1.0 if high is None else high[0] - low[0]) >= 0:
                high = low
            low = here
            if new_value < value:
                best = (step, new_value, new_grad)
        if high is None:
            step *= 2.0
        elif np.isfinite(high[1]) and np.isfinite(high[2]):
            step = _cubic_minimizer(*low, *high)
        else:
            step = 0.5 * (low[0] + high[0])
    return *best, max_evaluations


# A method is a function advance(x, value, grad) -> (new x or None, value, gradient, evaluations).


def _gradient_descent(fun, lr):
    """Steps of a fixed rate; without one, an Armijo search that starts from twice the last step."""
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


def _newton(fun, hess):
    """Newton's direction with an Armijo search, which takes the full step near the solution."""

    def advance(x, value, grad):
        curvature = hess(x)
        if np.shape(curvature) != (len(x), len(x)) or not np.isfinite(curvature).all():
            raise ValueError(f"hess must return finite numbers of shape {(len(x), len(x))}, got {curvature}")
        direction = newton_direction(grad, curvature)
        if not grad @ direction < 0:  # the solution of a hopelessly conditioned system: steepest descent instead
            direction = -grad
        step, value, grad, count = armijo_line_search(fun, x, value, grad, direction)
        return None if step is None else x + step * direction, value, grad, count

    return advance


def _lbfgs(fun, m):
    """The two-loop direction with a strong Wolfe search; the first trial step is 1 once a curvature is known, and of
    length 1 before."""
    moves, changes = deque(maxlen=m), deque(maxlen=m)

    def advance(x, value, grad):
        direction = lbfgs_direction(grad, moves, changes)
        first = 1.0 if moves else 1.0 / np.sqrt(grad @ grad)
        step, new_value, new_grad, count = wolfe_line_search(fun, x, value, grad, direction, first)
        if step is None and moves:  # a misleading history: forget it and follow the gradient
            moves.clear()
            changes.clear()
            new_x, new_value, new_grad, more = advance(x, value, grad)
            return new_x, new_value, new_grad, count + more
        if step is None:
            return None, value, grad, count
        s, y = step * direction, new_grad - grad
        if s @ y > np.finfo(float).eps * (y @ y):
            moves.append(s)
            changes.append(y)
        return x + s, new_value, new_grad, count

    return advance


def _method(fun, method, hess, lr, m):
    """The method by its name; arguments of another method are an error, not ignored."""
    if method not in MAX_ITER:
        raise ValueError(f"method={method!r}, expected one of {sorted(MAX_ITER)}")
    if (hess is not None) != (method == "newton"):
        raise ValueError(f"method={method!r} {'needs' if method == 'newton' else 'does not take'} hess")
    if lr is not None and (method != "gd" or not lr > 0):
        raise ValueError(f"lr={lr} with method={method!r}, expected a positive rate, with 'gd' only")
    if m < 1:
        raise ValueError(f"m={m}, expected >= 1")
    return {
        "gd": lambda: _gradient_descent(fun, lr),
        "newton": lambda: _newton(fun, hess),
        "l-bfgs": lambda: _lbfgs(fun, m),
    }[method]()


def _start(fun, x0):
    """The start as an array of its own, with the value and the gradient there."""
    x = np.array(x0, dtype=float)
    if x.ndim != 1:
        raise ValueError(f"x0 has shape {x.shape}, expected one dimension")
    value, grad = fun(x)
    if np.ndim(value) != 0:
        raise ValueError(f"fun must return a number and a gradient, got a value of shape {np.shape(value)}")
    if np.shape(grad) != x.shape:
        raise ValueError(f"the gradient has shape {np.shape(grad)}, expected {x.shape}")
    if not (np.isfinite(value) and np.isfinite(grad).all()):
        raise ValueError(f"fun is not finite at the start: value {value}")
    return x, value, grad


def minimize(fun, x0, method="l-bfgs", *, hess=None, lr=None, tol=1e-6, max_iter=None, m=10):
    r"""Minimize a smooth function until no element of its gradient exceeds ``tol``.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value, a float, and the gradient, an ndarray of shape (n,).
    x0 : array_like of shape (n,)
        The start; not modified.
    method : {"l-bfgs", "newton", "gd"}
        ``"newton"`` wants ``hess``. ``"gd"`` takes steps of the fixed rate ``lr``, or searches for the step without it.
    hess : callable, optional
        ``hess(x)`` returns the Hessian, of shape (n, n).
    lr : float, optional
        The learning rate of gradient descent.
    tol : float
        Stop when :math:`\|\nabla f\|_\infty \le` ``tol``.
    max_iter : int, optional
        1000 without, 100 for Newton's method.
    m : int
        How many moves L-BFGS remembers.

    Returns
    -------
    OptimizeResult
        ``x``, ``fun``, ``jac``, ``nit``, ``nfev``, ``success``, ``message``, as SciPy has them, and ``trace`` (a
        :class:`Trace`).

    Raises
    ------
    ValueError
        For an unknown method, a parameter of another method, a tolerance or rate that is not positive, or a function
        that is not finite at the start.

    Warns
    -----
    ConvergenceWarning
        With the gradient that was reached, where it stays above ``tol``.

    Examples
    --------
    >>> result = minimize(lambda x: (x @ x / 2, x), [3.0, -4.0])
    >>> result.success, result.nit, bool(np.abs(result.x).max() < 1e-6)
    (True, 2, True)
    """
    advance = _method(fun, method, hess, lr, m)
    max_iter = MAX_ITER[method] if max_iter is None else max_iter
    if not (tol > 0 and max_iter >= 0):
        raise ValueError(f"tol={tol}, max_iter={max_iter}, expected tol > 0 and max_iter >= 0")
    x, value, grad = _start(fun, x0)
    trace, nit, nfev, message = Trace(), 0, 1, "the gradient is below tol"
    trace.append(x, value, grad)
    while trace.last_grad_norm > tol:
        if nit == max_iter:
            message = "the iteration limit was reached"
            break
        new_x, new_value, new_grad, count = advance(x, value, grad)
        nfev += count
        stuck = new_x is None or np.array_equal(new_x, x)
        if stuck or not np.isfinite(new_value):
            message = "no step decreases the function further" if stuck else "the iterates diverge"
            break
        x, value, grad, nit = new_x, new_value, new_grad, nit + 1
        trace.append(x, value, grad)
    success = bool(trace.last_grad_norm <= tol)
    if not success:
        warnings.warn(
            f"{method} stopped after {nit} iterations: {message}; "
            f"largest gradient element {trace.last_grad_norm:.1e}, tol={tol:.1e}",
            ConvergenceWarning,
            stacklevel=2,
        )
    return OptimizeResult(x=x, fun=value, jac=grad, nit=nit, nfev=nfev, success=success, message=message, trace=trace)
