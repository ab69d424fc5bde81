r"""Minimize a smooth function of a vector: gradient descent, Newton's method, and L-BFGS (``scipy.optimize``).

A function to minimize returns its value and its gradient together, ``fun(x) -> (value, gradient)``, because the two
share most of their work. Evaluating it is what costs, so each method is written to do so as rarely as it can.
"""

from companion.optimize.line_search import armijo_line_search, wolfe_line_search
from companion.optimize.methods import gradient_step, lbfgs_direction, newton_direction
from companion.optimize.minimizer import minimize
from companion.optimize.result import OptimizeResult, Trace

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
