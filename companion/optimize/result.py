"""What a minimization hands back: its result under SciPy's names, and the path it took."""

from typing import Any

import numpy as np

from companion.annotations import Array

__all__ = ["OptimizeResult", "Trace"]


class OptimizeResult(dict[str, Any]):
    """What :func:`companion.optimize.minimize` found; its entries can be read as attributes, as SciPy's can.

    Attributes
    ----------
    x : ndarray of shape (n_variables,)
        The last point.
    fun : float
        The value there.
    jac : ndarray of shape (n_variables,)
        The gradient there.
    nit : int
        The number of iterations.
    nfev : int
        How often the function was evaluated.
    success : bool
        Whether no element of the gradient exceeds the tolerance.
    message : str
        Why the minimization ended.
    trace : Trace
        The path to the last point.

    Examples
    --------
    >>> result = OptimizeResult(x=np.zeros(2), nit=3)
    >>> result.nit, result["nit"]
    (3, 3)
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the result has no {name!r}, only {list(self)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"the result has no {name!r}, only {list(self)}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def __repr__(self) -> str:
        return "\n".join(f"{name:>8}: {value!r}" for name, value in self.items())


class Trace:
    """The path of a minimization: one entry for the start and one for each iteration.

    Attributes
    ----------
    x : ndarray of shape (nit + 1, n_variables)
        The points.
    fun : ndarray of shape (nit + 1,)
        The values there.
    grad_norm : ndarray of shape (nit + 1,)
        The largest absolute element of the gradient there.
    last_grad_norm : float
        That of the last entry.

    Examples
    --------
    >>> trace = Trace()
    >>> trace.append(np.array([3.0, 1.0]), 5.0, np.array([3.0, -4.0]))
    >>> trace.x, trace.fun, trace.grad_norm
    (array([[3., 1.]]), array([5.]), array([4.]))
    """

    def __init__(self) -> None:
        self._points: list[Array] = []
        self._values: list[float] = []
        self._grad_norms: list[float] = []

    def append(self, x: Array, value: float, grad: Array) -> None:
        """Add a point.

        Parameters
        ----------
        x : ndarray of shape (n_variables,)
            The point; a copy is kept.
        value : float
            The function's value there.
        grad : ndarray of shape (n_variables,)
            Its gradient there.
        """
        self._points.append(x.copy())
        self._values.append(value)
        self._grad_norms.append(float(np.abs(grad).max(initial=0.0)))

    @property
    def x(self) -> Array:
        """The points, of shape (nit + 1, n_variables)."""
        return np.array(self._points)

    @property
    def fun(self) -> Array:
        """The values, of shape (nit + 1,)."""
        return np.array(self._values)

    @property
    def grad_norm(self) -> Array:
        """The largest absolute elements of the gradients, of shape (nit + 1,)."""
        return np.array(self._grad_norms)

    @property
    def last_grad_norm(self) -> float:
        """The largest absolute element of the last gradient."""
        return self._grad_norms[-1]

    def __repr__(self) -> str:
        return f"<Trace of {len(self._points)} points>"
