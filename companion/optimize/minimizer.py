"""The loop around the methods: check what comes in, advance until the gradient vanishes, say how it ended."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from companion.annotations import Array, ArrayLike
from companion.optimize.line_search import Objective
from companion.optimize.methods import Advance, gradient_descent, lbfgs, newton
from companion.optimize.result import OptimizeResult, Trace
from companion.validation import Integer, InvalidParameterError, Number, Option, as_float, require

__all__ = ["minimize", "run_method", "warn_unless_success"]

MAX_ITER = {"L-BFGS-B": 1000, "newton": 100, "gd": 1000}
SETTINGS = {"L-BFGS-B": "m", "newton": "hess", "gd": "lr"}  # what each method takes of its own


def minimize(
    fun: Callable[[Array], tuple[Any, ArrayLike]],
    x0: ArrayLike,
    *,
    method: str = "L-BFGS-B",
    hess: Callable[[Array], ArrayLike] | None = None,
    tol: float = 1e-6,
    max_iter: int | None = None,
    lr: float | None = None,
    m: int | None = None,
) -> OptimizeResult:
    r"""Minimize a smooth function until no element of its gradient exceeds ``tol``.

    SciPy's ``minimize`` with ``jac=True``. There a method says by itself when to stop, and other names stand in
    ``options``: ``gtol`` is ``tol`` here, ``maxiter`` is ``max_iter``, and ``maxcor`` is ``m``.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value, a number, and the gradient, of shape (n,). What it does to its argument, or later
        to the gradient that it returned, has no effect. It runs as :func:`numpy.seterr` was told; the methods
        themselves neither warn nor raise where a product overflows or underflows.
    x0 : array_like of shape (n,)
        The start; not modified. All is computed in float64.
    method : {"L-BFGS-B", "newton", "gd"}
        In letters of any case. ``"L-BFGS-B"`` is SciPy's name; without bounds, the B, it is L-BFGS. ``"newton"`` wants
        ``hess``; its direction is exact, not that of SciPy's ``"Newton-CG"``. ``"gd"``, gradient descent, takes steps
        of the fixed rate ``lr``, or searches for the step without it.
    hess : callable, optional
        ``hess(x)`` returns the Hessian, of shape (n, n).
    tol : float
        Stop when :math:`\|\nabla f\|_\infty \le` ``tol``.
    max_iter : int, optional
        1000 without, 100 for Newton's method.
    lr : float, optional
        The learning rate of gradient descent.
    m : int, optional
        How many moves L-BFGS remembers; 10 without.

    Returns
    -------
    OptimizeResult
        ``x``, ``fun``, ``jac``, ``nit``, ``nfev``, ``success``, ``message``, as SciPy has them, and ``trace`` (a
        :class:`Trace`).

    Raises
    ------
    ValueError
        For an unknown method, a parameter outside its range or of another method, a value or a gradient of a wrong
        shape, a Hessian that is not finite, or a function that is not finite at the start.
    TypeError
        For a function that does not return a pair, and for numbers that are not real.

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
    result = run_method(fun, x0, method=method, hess=hess, tol=tol, max_iter=max_iter, lr=lr, m=m)
    warn_unless_success(result, method, tol, stacklevel=2)
    return result


def run_method(
    fun: Callable[[Array], tuple[Any, ArrayLike]],
    x0: ArrayLike,
    *,
    method: str = "L-BFGS-B",
    tol: float = 1e-6,
    max_iter: int | None = None,
    **settings: Any,
) -> OptimizeResult:
    """:func:`minimize` without its warning, for an estimator that warns where its own method was called.

    Parameters
    ----------
    fun : callable
        ``fun(x)`` returns the value and the gradient.
    x0 : array_like of shape (n,)
        The start.
    method : {"L-BFGS-B", "newton", "gd"}
        As for :func:`minimize`.
    tol : float
        Stop when no element of the gradient exceeds it.
    max_iter : int, optional
        The largest number of iterations.
    **settings : object
        ``hess``, ``lr`` or ``m``, as for :func:`minimize`.

    Returns
    -------
    OptimizeResult
        As of :func:`minimize`.

    Raises
    ------
    ValueError
        As from :func:`minimize`.

    Examples
    --------
    >>> run_method(lambda x: (x @ x, 2 * x), [1.0, 1.0], max_iter=0).message
    'the iteration limit was reached'
    """
    tol = float(require("tol", tol, Number(0)))
    require("max_iter", max_iter, Integer(0), None)
    method = _full_name(method)
    _check_settings(method, **settings)
    checked, x = _checked(fun), _start(x0)
    if settings.get("hess") is not None:
        settings["hess"] = _as_numpy_was_told(settings["hess"])
    with np.errstate(all="ignore"):
        value, grad = checked(x)
        if not (np.isfinite(value) and np.isfinite(grad).all()):
            raise ValueError(f"fun is not finite at the start: value {value}, gradient {grad}")
        unit = _unit(value, grad)
        advance = _method(_in_units(checked, unit), method, unit, **settings)
        return _descend(advance, x, value, grad, unit, tol, MAX_ITER[method] if max_iter is None else max_iter)


def warn_unless_success(result: OptimizeResult, method: str, tol: float, stacklevel: int = 1) -> None:
    """Tell, as a ConvergenceWarning, which gradient was reached where that is above the tolerance.

    Parameters
    ----------
    result : OptimizeResult
        Of :func:`run_method`.
    method : str
        How to call the method.
    tol : float
        The tolerance.
    stacklevel : int
        1 blames the line that calls this function, 2 the caller of that, and so on.

    Examples
    --------
    >>> warn_unless_success(run_method(lambda x: (x @ x, 2 * x), [1.0, 1.0]), "L-BFGS-B", 1e-6)  # nothing to tell
    """
    if not result.success:
        warnings.warn(
            f"{method} stopped after {result.nit} iterations: {result.message}; "
            f"largest gradient element {result.trace.last_grad_norm:.1e}, tol={float(tol):.1e}",
            ConvergenceWarning,
            stacklevel=stacklevel + 1,
        )


def _unit(value: float, grad: Array) -> float:
    """What to measure the function in: 1, or a power of two where the square of the gradient is out of range."""
    exponent = math.frexp(float(np.abs(grad).max(initial=0.0)))[1]
    unit = math.ldexp(1.0, max(exponent, -1000)) if abs(exponent) > 400 and exponent < 1024 else 1.0
    return unit if math.isfinite(value / unit) else 1.0


def _in_units(fun: Objective, unit: float) -> Objective:
    """The function divided by the unit, which changes no digit."""

    def scaled(x: Array) -> tuple[float, Array]:
        value, grad = fun(x)
        return value / unit, grad / unit

    return fun if unit == 1.0 else scaled


def _descend(
    advance: Advance, x: Array, value: float, grad: Array, unit: float, tol: float, max_iter: int
) -> OptimizeResult:
    """Advance until no element of the gradient exceeds ``tol``, or until that is out of reach."""
    trace, nit, nfev, message = Trace(), 0, 1, "the gradient is below tol"
    trace.append(x, value, grad)
    while not trace.last_grad_norm <= tol:
        if nit == max_iter:
            message = "the iteration limit was reached"
            break
        new_x, new_value, new_grad, count = advance(x, value / unit, grad / unit)
        nfev += count
        if new_x is None or np.array_equal(new_x, x):
            message = "no step decreases the function further"
            break
        new_value, new_grad = new_value * unit, new_grad * unit
        if not (np.isfinite(new_value) and np.isfinite(new_grad).all()):
            message = "the iterates diverge"
            break
        x, value, grad, nit = new_x, new_value, new_grad, nit + 1
        trace.append(x, value, grad)
    success = trace.last_grad_norm <= tol
    return OptimizeResult(x=x, fun=value, jac=grad, nit=nit, nfev=nfev, success=success, message=message, trace=trace)


def _full_name(method: str) -> str:
    """The method as it is spelled here, from a name in letters of any case."""
    for name in MAX_ITER:
        if isinstance(method, str) and method.lower() == name.lower():
            return name
    raise InvalidParameterError(f"method={method!r}, expected {Option(*MAX_ITER)}")


def _check_settings(
    method: str,
    hess: Callable[[Array], ArrayLike] | None = None,
    lr: float | None = None,
    m: int | None = None,
) -> None:
    """Hold the settings to their rules; one of another method is an error, not ignored."""
    for name, value in {"hess": hess, "lr": lr, "m": m}.items():
        if value is not None and name != SETTINGS[method]:
            raise ValueError(f"{name}={value!r}, but method={method!r} does not take {name}")
    if method == "newton" and hess is None:
        raise ValueError("method='newton' needs hess")
    require("lr", lr, Number(0, closed="neither"), None)
    require("m", m, Integer(1), None)


def _method(
    fun: Objective,
    method: str,
    unit: float,
    hess: Callable[[Array], ArrayLike] | None = None,
    lr: float | None = None,
    m: int | None = None,
) -> Advance:
    """The method by its name, for a function that is measured in a unit."""
    if hess is not None:
        return newton(fun, _checked_hess(hess, unit))
    if method == "gd":
        return gradient_descent(fun, None if lr is None else float(lr) * unit)
    return lbfgs(fun, 10 if m is None else m)


def _start(x0: ArrayLike) -> Array:
    """The start, an array of float64 of its own."""
    x = np.atleast_1d(as_float(x0, "x0")).astype(float)
    if x.ndim != 1:
        raise ValueError(f"x0 has shape {x.shape}, expected one dimension")
    return x


def _as_numpy_was_told(function: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """The function under the floating-point rules of now, whatever they are where it is called."""
    told = np.geterr()

    def obedient(x: Array) -> Any:
        with np.errstate(**told):
            return function(x)

    return obedient


def _checked(fun: Callable[[Array], tuple[Any, ArrayLike]]) -> Objective:
    """The function as the methods use it: it gets a copy, and what it returns is checked and copied to float64."""
    fun = _as_numpy_was_told(fun)

    def checked(x: Array) -> tuple[float, Array]:
        answer = fun(x.copy())
        try:
            value, grad = answer
        except (TypeError, ValueError):
            raise TypeError(f"fun must return its value and its gradient, got {answer!r}") from None
        value, grad = as_float(value, "the value of fun"), as_float(grad, "the gradient")
        if value.size != 1:
            raise ValueError(f"fun must return a number and a gradient, got a value of shape {value.shape}")
        if grad.shape != x.shape:
            raise ValueError(f"the gradient has shape {grad.shape}, expected {x.shape}")
        return float(value.item()), grad.astype(float)

    return checked


def _checked_hess(hess: Callable[[Array], ArrayLike], unit: float) -> Callable[[Array], Array]:
    """The Hessian as Newton's method uses it, divided by the unit."""

    def checked(x: Array) -> Array:
        curvature = as_float(hess(x.copy()), "the Hessian").astype(float)
        if curvature.shape != (len(x), len(x)) or not np.isfinite(curvature).all():
            raise ValueError(f"hess must return finite numbers of shape {(len(x), len(x))}, got {curvature}")
        return curvature / unit

    return checked
