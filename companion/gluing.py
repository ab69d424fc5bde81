"""Results that a page glues into its sentences."""

import math
from importlib import import_module
from numbers import Integral, Real
from typing import Any

__all__ = ["DIGITS", "glue"]

DIGITS = 6  # more would depend on the machine; a sentence shows fewer
PREFIX = "application/papermill.record/"  # by which the book knows what is stored and not shown


def glue(name: str, value: Any) -> None:
    """Store a result under a name, for a sentence of the page: ``{glue:text}`name:.2f```.

    A number is stored as Python's own, rounded to six significant digits, so that it can be formatted and is the same
    on every machine. What is stored is what ``myst_nb.glue`` would store, whose import takes a second or more.

    Parameters
    ----------
    name : str
        The name by which the sentence calls it.
    value : int, float, str, NumPy number, or array or tensor of one number
        The result.

    Raises
    ------
    ImportError
        If IPython is not installed, which runs the pages.
    TypeError
        If the value is neither a number nor a text.
    ValueError
        If it is nan or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> glue("third", np.float64(1) / 3)  # outside of a notebook it is only printed
    {'application/papermill.record/text/plain': '0.333333'}
    """
    stored = {f"{PREFIX}text/plain": repr(_plain(name, value))}
    metadata = {"scrapbook": {"name": name, "mime_prefix": PREFIX}}
    import_module("IPython.display").display(stored, raw=True, metadata=metadata)


def _plain(name: str, value: Any) -> int | float | str:
    """A number of any kind as Python's own, rounded; a text as it is."""
    if hasattr(value, "item") and getattr(value, "size", 1) != 0:
        value = value.item()  # of NumPy, of a tensor; an array of several raises
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number or a text, got {type(value).__name__}")
    if isinstance(value, Integral):
        return int(value)
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}")
    return float(f"{value:.{DIGITS}g}")
