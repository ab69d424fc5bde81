"""What the settings of a layer may be: the class of each error is torch's.

torch raises TypeError for a setting of another kind (a text, 2.5 channels), and mostly RuntimeError for one outside of
its bounds (-1 channels). Here both are raised when the layer is made, not when it is first used: on purpose stricter.
"""

from typing import Any

import numpy as np

from companion.annotations import DTypeLike
from companion.validation import Boolean, Integer, Number, require

__all__ = ["amount", "flag", "float_dtype", "whole"]

NUMBER = Number(-np.inf, np.inf, "right")


def amount(name: str, value: Any, rule: Number = NUMBER, error: type[Exception] = RuntimeError) -> Any:
    """A number within the bounds of a rule.

    Parameters
    ----------
    name : str
        How the setting is called.
    value : object
        What came.
    rule : Number or Integer
        Which numbers are allowed; any, without.
    error : type of exception
        What is raised for a number outside.

    Returns
    -------
    int or float
        The value, unchanged.

    Raises
    ------
    TypeError
        If it is no number of that kind, a bool included; ``error``, if it is one outside of the bounds.

    Examples
    --------
    >>> amount("delta", 0.5, Number(0))
    0.5
    >>> amount("delta", -1, Number(0))
    Traceback (most recent call last):
    RuntimeError: delta=-1, expected a number in [0, inf)
    """
    of_the_kind = isinstance(value, rule.kind) and not isinstance(value, (bool, np.bool_))
    return require(name, value, rule, error=error if of_the_kind else TypeError)


def whole(name: str, value: Any, low: float = 0) -> int:
    """A whole number from ``low`` on, as a Python number.

    Parameters
    ----------
    name : str
        How the setting is called.
    value : object
        What came.
    low : float
        The smallest number allowed.

    Returns
    -------
    int
        The value.

    Raises
    ------
    TypeError
        If it is no whole number; RuntimeError, if it is too small.

    Examples
    --------
    >>> whole("in_features", np.int64(3))
    3
    """
    return int(amount(name, value, Integer(low)))


def flag(name: str, value: Any) -> bool:
    """True or False, as Python's; torch takes everything that Python can ask for its truth, such as ``"no"``.

    Parameters
    ----------
    name : str
        How the setting is called.
    value : object
        What came.

    Returns
    -------
    bool
        The value.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> flag("bias", "no")
    Traceback (most recent call last):
    TypeError: bias='no', expected True or False
    """
    return bool(require(name, value, Boolean(), error=TypeError))


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """The dtype of parameters, which have to be floating-point numbers.

    Parameters
    ----------
    dtype : dtype
        What came; None is float64.

    Returns
    -------
    dtype
        NumPy's object for it.

    Raises
    ------
    RuntimeError
        If it is none of floating-point numbers, as in torch.

    Examples
    --------
    >>> float_dtype("f4"), float_dtype(None)
    (dtype('float32'), dtype('float64'))
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise RuntimeError(f"dtype={dtype}, expected one of floating-point numbers: only these can require gradients")
    return dtype
