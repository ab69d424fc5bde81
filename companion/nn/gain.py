"""How large initial weights should be: gains of nonlinearities, and how many inputs and outputs a unit has."""

import math

from companion.autograd import Tensor
from companion.validation import Number, require

__all__ = ["calculate_gain", "fans"]

CONVOLUTIONS = [f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)]
GAINS = {"linear": 1.0, **dict.fromkeys(CONVOLUTIONS, 1.0), "sigmoid": 1.0, "tanh": 5 / 3}
GAINS |= {"relu": math.sqrt(2), "selu": 0.75}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Look up torch's recommended factor on the standard deviation after a nonlinearity.

    Parameters
    ----------
    nonlinearity : str
        Its name, such as "relu".
    param : float, optional
        The negative slope of "leaky_relu", 0.01 without; others have none.

    Returns
    -------
    float
        The factor.

    Raises
    ------
    ValueError
        If the name is unknown, or the slope no number.

    Examples
    --------
    >>> calculate_gain("tanh") == 5 / 3, calculate_gain("leaky_relu", 1.0)
    (True, 1.0)
    """
    if nonlinearity == "leaky_relu":
        slope = require("param", 0.01 if param is None else param, Number(), error=ValueError)
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Count how many inputs an output sums, and how many outputs an input reaches.

    Parameters
    ----------
    tensor : Tensor of shape (n_out, n_in, ...)
        Weights; what follows the first two axes is a kernel.

    Returns
    -------
    fan_in, fan_out : int
        The two numbers.

    Raises
    ------
    ValueError
        If there are fewer than two axes.

    Examples
    --------
    >>> from companion.autograd import zeros
    >>> fans(zeros(8, 3, 5, 5))
    (75, 200)
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"Fan in and fan out can not be computed for a tensor of {tensor.ndim} dimensions, expected at least 2"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field
