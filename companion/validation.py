r"""What a parameter may be, said once.

A rule says which values are allowed, and in which words: ``Number(0)`` is a finite number from 0 on, ``Integer(1)`` a
whole one from 1 on. :func:`require` holds one value to its rules; :class:`Checked` holds all parameters of an estimator
to a table of rules, as scikit-learn's ``_parameter_constraints`` does. :func:`as_float` is the one rule about dtypes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, TypeAlias

import numpy as np
from sklearn.utils.validation import validate_data

from companion.annotations import Array, ArrayLike, Seed

__all__ = [
    "FLOATS",
    "Boolean",
    "Checked",
    "Instance",
    "Integer",
    "InvalidParameterError",
    "Number",
    "Option",
    "as_float",
    "as_table",
    "check_features",
    "check_random_state",
    "require",
]

FLOATS = (
    np.float64,
    np.float32,
)  # what estimators compute in; scikit-learn's validate_data turns the rest into float64


class InvalidParameterError(ValueError, TypeError):
    """A parameter is outside of what its rule allows; caught as ValueError and as TypeError, like scikit-learn's."""


@dataclass(frozen=True)
class Number:
    """A real number between two bounds; never nan, never a bool.

    Parameters
    ----------
    low, high : float
        The bounds.
    closed : {"left", "right", "both", "neither"}
        Which of them are allowed themselves. By default ``low`` is and ``high`` is not, so that ``Number(0)`` is any
        finite number from 0 on.

    Examples
    --------
    >>> Number(0).allows(0.0), Number(0).allows(float("nan")), Number(0).allows(True), str(Number(0, 1, "both"))
    (True, False, False, 'a number in [0, 1]')
    """

    low: float = -np.inf
    high: float = np.inf
    closed: str = "left"

    kind: ClassVar[Any] = Real
    words: ClassVar[str] = "a number"

    def allows(self, value: Any) -> bool:
        """Whether the value has the kind, and lies within the bounds."""
        if not isinstance(value, self.kind) or isinstance(value, (bool, np.bool_)):
            return False
        if self.kind is Real:
            value = _nearest_float(value)
        above = self.low <= value if self._closed_left() else self.low < value
        below = value <= self.high if self.closed in ("right", "both") else value < self.high
        return bool(above and below)

    def _closed_left(self) -> bool:
        """Whether ``low`` is allowed; minus infinity only where "both" says so, "left" being the default."""
        return self.closed == "both" or (self.closed == "left" and bool(np.isfinite(self.low)))

    def __str__(self) -> str:
        left = "[" if self._closed_left() else "("
        right = "]" if self.closed in ("right", "both") else ")"
        return f"{self.words} in {left}{self.low}, {self.high}{right}"


def _nearest_float(value: Any) -> float:
    """A number as computations see it: infinite where it is an integer, fraction or longdouble beyond the floats."""
    try:
        with np.errstate(all="ignore"):
            return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


@dataclass(frozen=True)
class Integer(Number):
    """A whole number, of Python or NumPy, between two bounds; 3.0 is none.

    Parameters
    ----------
    low, high : float
        The bounds.
    closed : {"left", "right", "both", "neither"}
        Which of them are allowed themselves.

    Examples
    --------
    >>> Integer(1).allows(3), Integer(1).allows(np.int8(3)), Integer(1).allows(3.0), Integer(1).allows(True)
    (True, True, False, False)
    """

    kind: ClassVar[Any] = Integral
    words: ClassVar[str] = "an integer"


@dataclass(frozen=True)
class Boolean:
    """True or False, of Python or NumPy; no other value that Python takes for one.

    Examples
    --------
    >>> Boolean().allows(np.True_), Boolean().allows(1), Boolean().allows("no")
    (True, False, False)
    """

    def allows(self, value: Any) -> bool:
        """Whether the value is a bool."""
        return isinstance(value, (bool, np.bool_))

    def __str__(self) -> str:
        return "True or False"


class Option:
    """One of several words.

    Parameters
    ----------
    *names : str
        The words that are allowed.

    Examples
    --------
    >>> Option("svd", "qr").allows("svd"), Option("svd", "qr").allows(["svd"]), str(Option("svd", "qr"))
    (True, False, "'svd' or 'qr'")
    """

    def __init__(self, *names: str):
        self.names = names

    def allows(self, value: Any) -> bool:
        """Whether the value is one of the words."""
        return isinstance(value, str) and value in self.names

    def __str__(self) -> str:
        return " or ".join(map(repr, self.names))


class Instance:
    """An object of one of some classes.

    Parameters
    ----------
    *classes : type
        An instance of any of them is allowed.

    Examples
    --------
    >>> Instance(dict).allows({}), Instance(dict).allows([]), str(Instance(dict, list))
    (True, False, 'a dict or list')
    """

    def __init__(self, *classes: type):
        self.classes = classes

    def allows(self, value: Any) -> bool:
        """Whether the value is an instance of one of the classes."""
        return isinstance(value, self.classes)

    def __str__(self) -> str:
        return "a " + " or ".join(cls.__name__ for cls in self.classes)


Rule: TypeAlias = Number | Boolean | Option | Instance | None


def require(name: str, value: Any, *rules: Rule, error: type[Exception] = InvalidParameterError) -> Any:
    """The value, or an error that says what was expected and what came.

    Parameters
    ----------
    name : str
        How the parameter is called.
    value : object
        What came.
    *rules : Number, Integer, Boolean, Option, Instance or None
        One of them has to allow the value; None allows None.
    error : type of exception
        What is raised: the class that the counterpart in scikit-learn or torch raises.

    Returns
    -------
    object
        The value, unchanged.

    Raises
    ------
    InvalidParameterError
        Or ``error``, if no rule allows the value.

    Examples
    --------
    >>> require("alpha", 0.5, Number(0))
    0.5
    >>> require("alpha", -1.0, Number(0), None)
    Traceback (most recent call last):
    companion.validation.InvalidParameterError: alpha=-1.0, expected a number in [0, inf) or None
    """
    if not any(value is None if rule is None else rule.allows(value) for rule in rules):
        raise error(f"{name}={value!r}, expected {' or '.join(map(str, rules))}")
    return value


class Checked:
    """A mixin for estimators: a table of rules, and a method that holds the parameters to them.

    Examples
    --------
    >>> class Shrink(Checked):
    ...     _parameter_rules = {"alpha": (Number(0),)}
    ...     alpha = "much"
    >>> Shrink()._check_parameters()
    Traceback (most recent call last):
    companion.validation.InvalidParameterError: alpha='much', expected a number in [0, inf)
    """

    _parameter_rules: ClassVar[Mapping[str, tuple[Rule, ...]]] = {}

    def _check_parameters(self) -> None:
        for name, rules in self._parameter_rules.items():
            require(name, getattr(self, name), *rules)


def as_float(values: ArrayLike, name: str = "x", error: type[Exception] = TypeError) -> Array:
    """The companion's one rule about dtypes: floats stay what they are, integers and bools become float64.

    Parameters
    ----------
    values : array_like
        Not modified, and not copied where it holds floats.
    name : str
        How to call it in the error.
    error : type of exception
        What is raised for everything that is no real number.

    Returns
    -------
    ndarray of floats
        The values themselves where they were floats.

    Raises
    ------
    TypeError
        Or ``error``, for complex numbers, texts, dates and objects.

    Examples
    --------
    >>> as_float(np.array([1, 2], np.uint8)).dtype, as_float(np.array([1.5], np.float32)).dtype
    (dtype('float64'), dtype('float32'))
    """
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return values
    if values.dtype.kind in "iub":
        return values.astype(float)
    raise error(f"{name} has dtype {values.dtype}, expected real numbers")


def check_random_state(random_state: Seed) -> np.random.Generator | np.random.RandomState:
    """What ``random_state`` means everywhere: a seed for a new generator, a generator to go on with, or None.

    Parameters
    ----------
    random_state : int, Generator, RandomState or None
        None asks the operating system for a seed.

    Returns
    -------
    Generator or RandomState
        A generator that was given is returned itself.

    Raises
    ------
    InvalidParameterError
        For anything else.

    Examples
    --------
    >>> float(check_random_state(0).random()) == float(check_random_state(0).random())
    True
    """
    rules = Integer(0), Instance(np.random.Generator, np.random.RandomState), None
    require("random_state", random_state, *rules)
    if isinstance(random_state, (np.random.Generator, np.random.RandomState)):
        return random_state
    return np.random.default_rng(random_state)


def check_features(
    estimator: Any, X: ArrayLike, y: Any = "no_validation", *, floats: tuple[Any, ...] = FLOATS, **checks: Any
) -> Any:
    """The features as an estimator computes with them: float64 or float32, finite, of the number that it was fitted to.

    Parameters
    ----------
    estimator : estimator
        Learns how many features there are, and their names; with ``reset=False`` it compares them.
    X : array_like of shape (n_samples, n_features)
        Numbers; integers and bools become float64.
    y : array_like, optional
        Targets or labels, checked together with X.
    floats : tuple of dtypes
        What X may stay; everything else becomes float64.
    **checks
        Passed on to scikit-learn's ``validate_data``.

    Returns
    -------
    X : ndarray, or (X, y) where y is given
        X in float64 or float32.

    Raises
    ------
    ValueError
        For texts and dates, too, even where they could be read as numbers; for NaN and infinity; for another number
        of features.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> check_features(BaseEstimator(), [[1], [2]])
    array([[1.],
           [2.]])
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # it sums, to find infinities fast
        checked = validate_data(estimator, X, y, **checks)  # numbers of any kind; dates still pass
    X, *rest = checked if isinstance(checked, tuple) else (checked,)
    X = as_table(X, floats)
    return (X, *rest) if rest else X


def as_table(X: ArrayLike, floats: tuple[Any, ...] = FLOATS) -> Array:
    """Finite numbers in one of some dtypes.

    Parameters
    ----------
    X : array_like of finite numbers
        Not modified.
    floats : tuple of dtypes
        What X may stay; everything else becomes float64.

    Returns
    -------
    ndarray of the shape of X
        X itself where nothing had to be done.

    Raises
    ------
    ValueError
        For everything that is no real number, and for a longdouble that float64 does not hold.

    Examples
    --------
    >>> as_table(np.array([[1, 2]]))
    array([[1., 2.]])
    """
    X = as_float(X, "X", ValueError)
    if X.dtype in floats:
        return X
    with np.errstate(over="ignore", under="ignore"):
        X = X.astype(float)
    if not np.isfinite(X).all():
        raise ValueError(f"Input X contains infinity or a value too large for {X.dtype!r}.")
    return X
