"""Checks that say in one line what held, as the pages of the book show them.

:func:`agree` compares numbers, :func:`holds` looks at a condition, :func:`verdict` decides a claim. Each raises where
the check fails and prints its line only where it passes, so that a line on a page is evidence.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from companion.annotations import Array

__all__ = ["MARKS", "agree", "holds", "verdict"]

MARKS = {"true": "✓", "true with a condition": "✓", "imprecise": "≈", "wrong": "✗"}


def agree(what: str, ours: Any, theirs: Any, *, rtol: float = 1e-7, atol: float = 0.0) -> None:
    """Check that two results are equal to a tolerance, and print one line that says so.

    Every number must satisfy ``|ours - theirs| <= atol + rtol * |theirs|``, as in ``np.testing.assert_allclose``; nan
    agrees with nothing, not even with nan. Nothing is broadcast: the shapes must be the same.

    Parameters
    ----------
    what : str
        What is equal to what, such as "coefficients, ours and scikit-learn's".
    ours, theirs : scalar, array_like, tensor, dict, or list of them
        The two results. Tensors are those of the companion and of torch, with or without history. Dictionaries must
        have the same keys, lists of arrays the same length.
    rtol, atol : float
        The relative and the absolute tolerance; the printed line shows them, and no digit that was computed.

    Raises
    ------
    AssertionError
        If a number differs by more than the tolerance, is nan, or stands at a place that the other result lacks.
    TypeError
        If one of the results is not made of numbers.
    ValueError
        If the check could not fail: there is nothing to compare, an array is compared with itself, or the tolerance is
        so large that zeros would pass for ``theirs``, too.

    Examples
    --------
    >>> agree("a third, computed twice", 1 / 3, 1 - 2 / 3, rtol=1e-12)
    ✓ a third, computed twice: equal to 1e-12 (1 number)
    >>> agree("weights", {"w": [1.0, 2.0], "b": 0.5}, {"w": [1.0, 2.0], "b": 0.5}, rtol=0)
    ✓ weights: exactly equal (3 numbers)
    """
    words = _one_line(what)
    if not (0 <= rtol < 1 and 0 <= atol < np.inf):
        raise ValueError(f"rtol={rtol}, atol={atol}: expected 0 <= rtol < 1 and a finite atol >= 0")
    pairs = list(_pairs(words, ours, theirs))
    for name, a, b in pairs:
        if a.shape != b.shape:
            raise AssertionError(f"{name}: the shapes {a.shape} and {b.shape} differ")
        if not a.size:
            raise ValueError(f"{name}: there is nothing to compare")
        if a.__array_interface__ == b.__array_interface__:
            raise ValueError(f"{name}: an array is compared with itself")
        if np.isnan(a).any() or np.isnan(b).any():
            raise AssertionError(f"{name}: nan in {'ours' if np.isnan(a).any() else 'theirs'}")
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=name)
    if not pairs:
        raise ValueError(f"{words}: there is nothing to compare")
    largest = max(float(np.abs(b).max()) for _, _, b in pairs)
    if 0 < largest < np.inf and largest <= atol + rtol * largest:
        raise ValueError(f"{words}: with atol={atol} zeros would pass, too; the largest number is {largest:.1e}")
    count = sum(a.size for _, a, _ in pairs)
    print(f"✓ {words}: {_tolerance(rtol, atol)} ({count:,} number{'s' * (count != 1)})")


def holds(what: str, condition: Any) -> None:
    """Check that a computed condition is true, everywhere if it is an array, and print one line that says so.

    Parameters
    ----------
    what : str
        What is true, as a statement: "the loss falls in every step".
    condition : bool or array_like of bool
        The result of a comparison; a tensor of truth values, too.

    Raises
    ------
    AssertionError
        If the condition is false, or false somewhere.
    TypeError
        If it is not made of truth values. Numbers are not: 0.3 and nan would pass for true.
    ValueError
        If it is an array without elements, which would be true of anything.

    Examples
    --------
    >>> losses = np.array([3.0, 2.0, 1.5])
    >>> holds("the loss falls in every step", np.diff(losses) < 0)
    ✓ the loss falls in every step
    """
    words = _one_line(what)
    values = _truths(words, condition)
    if not values.all():
        wrong = np.argwhere(~values)
        where = f" at {len(wrong)} of {values.size} places, first at {wrong[0].tolist()}" if values.ndim else ""
        raise AssertionError(f"{words}: this is false{where}")
    print(f"✓ {words}")


def verdict(claim: str, finding: str, *, holds: Any, with_condition: Any = None, core: Any = None) -> None:
    """Decide a claim of the notes from conditions that were computed, and print the verdict.

    A claim that holds as stated is "true"; one that holds once a condition is added, "true with a condition"; one with
    a correct core in words that would teach something false, "imprecise"; any other is "wrong".

    Parameters
    ----------
    claim : str
        The id of the claim in the ledger. It is not printed.
    finding : str
        What the computation found, in a few words: "with a plus sign the loss rises at every rate".
    holds : bool or array_like of bool
        Whether the claim holds as it is stated; an array must be true everywhere.
    with_condition, core : bool or array_like of bool, optional
        Whether it holds with its condition, and whether its core is right, each asked where the former are false.

    Raises
    ------
    TypeError
        If a condition is not made of truth values.
    ValueError
        If the id is not K and three digits, or a condition is an array without elements.

    Examples
    --------
    >>> theta, losses = 1.0, []
    >>> for step in range(5):
    ...     theta = theta + 0.1 * theta
    ...     losses.append(theta**2 / 2)
    >>> verdict("K084", "with a plus sign the loss rises", holds=losses[-1] < losses[0])
    ✗ wrong: with a plus sign the loss rises
    """
    if not re.fullmatch(r"K\d{3}", claim):
        raise ValueError(f"claim={claim!r}, expected K and three digits")
    words = _one_line(finding)
    asked = {"true": holds, "true with a condition": with_condition, "imprecise": core}
    answers = {word: _truths(claim, asked[word]).all() for word in asked if asked[word] is not None or word == "true"}
    found = next((word for word, answer in answers.items() if answer), "wrong")
    print(f"{MARKS[found]} {found}: {words}")


def _one_line(words: str) -> str:
    """The words of a check, which make one line of a page."""
    if not isinstance(words, str) or not words.strip() or len(words.splitlines()) != 1:
        raise ValueError(f"{words!r}: expected words in one line")
    return words.strip()


def _plain(value: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return value.detach().numpy() if hasattr(value, "detach") else value


def _holds_arrays(value: Any) -> bool:
    """Whether a list contains something that NumPy does not read as one array: arrays of their own, tensors, dicts."""
    if isinstance(value, (list, tuple)):
        return any(_holds_arrays(each) for each in value)
    return isinstance(value, Mapping) or hasattr(value, "detach") or np.ndim(value) > 0


def _numbers(name: str, value: Any) -> Array:
    """A leaf as an array of numbers."""
    if isinstance(value, (list, tuple)):
        value = [_numbers(name, each) if _holds_arrays(each) else each for each in value]
    try:
        array = np.asarray(_plain(value))
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{name}: cannot be read as an array of numbers: {problem}") from problem
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: expected numbers, got {type(value).__name__} of dtype {array.dtype}")
    return array


def _pairs(name: str, ours: Any, theirs: Any) -> Iterator[tuple[str, Array, Array]]:
    """The arrays to compare, each with its place in what was given."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        if different := set(ours) ^ set(theirs):
            raise AssertionError(f"{name}: only one side has the keys {sorted(map(str, different))}")
        for key in ours:
            yield from _pairs(f"{name}[{key!r}]", ours[key], theirs[key])
    elif all(isinstance(side, (list, tuple)) for side in (ours, theirs)) and any(map(_holds_arrays, (ours, theirs))):
        if len(ours) != len(theirs):
            raise AssertionError(f"{name}: {len(ours)} against {len(theirs)} arrays")
        for place, (a, b) in enumerate(zip(ours, theirs)):
            yield from _pairs(f"{name}[{place}]", a, b)
    else:
        yield name, _numbers(name, ours), _numbers(name, theirs)


def _truths(name: str, condition: Any) -> Array:
    """A condition as an array of truth values."""
    values = np.asarray(_plain(condition))
    if values.dtype.kind != "b":
        raise TypeError(f"{name}: expected truth values, got {type(condition).__name__} of dtype {values.dtype}")
    if not values.size:
        raise ValueError(f"{name}: a condition on nothing is true of anything")
    return values


def _short(number: float) -> str:
    """``1e-12`` and ``1e-7``, the latter without its zero."""
    return re.sub(r"e-0", "e-", f"{number:g}")


def _tolerance(rtol: float, atol: float) -> str:
    """The tolerance in words."""
    if rtol and atol:
        return f"equal to {_short(rtol)}, or to {_short(atol)} near 0"
    if rtol:
        return f"equal to {_short(rtol)}"
    return f"equal to {_short(atol)} in absolute terms" if atol else "exactly equal"
