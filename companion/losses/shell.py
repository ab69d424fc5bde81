"""What all losses share: checked input, double precision, weights, reductions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.validation import Option, as_float, require

__all__ = ["between_0_and_1", "distributions", "evaluate", "finite", "one_of", "pair", "weights"]

NARROW = np.float16, np.float32


def finite(name: str, values: ArrayLike) -> Array:
    """An array of finite floats.

    Parameters
    ----------
    name : str
        How it is called in an error.
    values : array_like
        Floats stay what they are, integers and bools become float64.

    Returns
    -------
    ndarray of floats
        Not a copy where ``values`` has floats.

    Raises
    ------
    ValueError
        For what is no real number, NaN and infinity.

    Examples
    --------
    >>> finite("y_pred", [1, 2])
    array([1., 2.])
    """
    values = as_float(values, name, error=ValueError)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} contains {'NaN' if np.isnan(values).any() else 'infinity'}")
    return values


def pair(y_true: ArrayLike, y_pred: ArrayLike, names: tuple[str, str] = ("y_true", "y_pred")) -> tuple[Array, Array]:
    """Two finite arrays of one shape that is not empty.

    Parameters
    ----------
    y_true, y_pred : array_like
        What came, and what was predicted.
    names : (str, str)
        How they are called in an error.

    Returns
    -------
    y_true, y_pred : ndarray of floats
        As from :func:`finite`.

    Raises
    ------
    ValueError
        If one is empty or not finite, or if the shapes differ.

    Examples
    --------
    >>> pair([1, 2], [0.5, 1.5])
    (array([1., 2.]), array([0.5, 1.5]))
    """
    y_true, y_pred = finite(names[0], y_true), finite(names[1], y_pred)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"{names[0]} has shape {y_true.shape}, {names[1]} has shape {y_pred.shape}; expected equal shapes"
        )
    if y_pred.size == 0:
        raise ValueError(f"{names[1]} is empty, expected at least one sample")
    return y_true, y_pred


def one_of(labels: tuple[int, int], y_true: Array) -> None:
    """Refuse labels other than two.

    Parameters
    ----------
    labels : (int, int)
        The two.
    y_true : ndarray
        What has to consist of them.

    Raises
    ------
    ValueError
        If another one is among them.

    Examples
    --------
    >>> one_of((-1, 1), np.array([1, 0]))
    Traceback (most recent call last):
    ValueError: y_true must be -1 or 1, got [0 1]
    """
    if not np.isin(y_true, labels).all():
        raise ValueError(f"y_true must be {labels[0]} or {labels[1]}, got {np.unique(y_true)[:5]}")


def between_0_and_1(name: str, p: Array) -> None:
    """Refuse numbers that are no probabilities.

    Parameters
    ----------
    name : str
        How they are called in an error.
    p : ndarray
        The numbers.

    Raises
    ------
    ValueError
        If one is not in [0, 1].

    Examples
    --------
    >>> between_0_and_1("p", np.array([0.5, 1.5]))
    Traceback (most recent call last):
    ValueError: p must be in [0, 1], got values between 0.5 and 1.5
    """
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{name} must be in [0, 1], got values between {p.min()} and {p.max()}")


def distributions(name: str, p: Array) -> None:
    """Refuse rows that are no distributions, to the precision of their dtype.

    Parameters
    ----------
    name : str
        How they are called in an error.
    p : ndarray of shape (..., K)
        The rows.

    Raises
    ------
    ValueError
        If a number is not in [0, 1], or a row does not sum to 1.

    Examples
    --------
    >>> distributions("q", np.array([[0.5, 0.5], [0.5, 0.6]]))
    Traceback (most recent call last):
    ValueError: q must sum to 1 along the last axis
    """
    between_0_and_1(name, p)
    gap = np.abs(p.sum(axis=-1, dtype=np.longdouble) - 1)
    if not (gap <= max(1e-5, 4 * float(np.finfo(p.dtype).eps))).all():
        raise ValueError(f"{name} must sum to 1 along the last axis")


def weights(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Finite weights that are not negative, one for each sample or class, in double precision.

    Parameters
    ----------
    name : str
        How they are called in an error.
    values : array_like
        The weights.
    shape : tuple of int
        The shape that they have to have.

    Returns
    -------
    ndarray
        The weights.

    Raises
    ------
    ValueError
        If they have another shape, or one is negative or not finite.

    Examples
    --------
    >>> weights("sample_weight", [1, 2], (2,))
    array([1., 2.])
    """
    values = finite(name, values)
    if values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, expected {shape}")
    if (values < 0).any():
        raise ValueError(f"{name} contains {values.min()}, expected >= 0")
    return _double(values)


def evaluate(
    terms: Callable[..., tuple[Array, Array]],
    y_true: Array,
    y_pred: Array,
    sample_weight: ArrayLike | None,
    reduction: str,
    *,
    share: Array | None = None,
    **parameters: Any,
) -> tuple[Any, Array]:
    """Weigh and reduce the costs of samples, and their derivatives.

    Parameters
    ----------
    terms : callable
        ``terms(y_true, y_pred, **parameters)`` returns the cost of each sample and its derivative by ``y_pred``.
    y_true, y_pred : ndarray
        Checked. What ``terms`` gets is in double precision.
    sample_weight : array_like of shape (n_samples,) or None
        The weights.
    reduction : {"mean", "sum", "none"}
        What is made of the costs.
    share : ndarray of shape (n_samples,), optional
        What each sample counts for in the divisor of the mean, besides its weight.
    **parameters : float
        The settings of the loss.

    Returns
    -------
    value : float or ndarray
        Reduced, in the dtype of ``y_pred``.
    grad : ndarray
        Of the shape and dtype of ``y_pred``.

    Raises
    ------
    ValueError
        If the weights or the reduction are not what they should be.

    Examples
    --------
    >>> def half_square(y_true, y_pred):
    ...     return (y_pred - y_true) ** 2 / 2, y_pred - y_true
    >>> evaluate(half_square, np.zeros(2), np.array([1.0, 3.0]), [3, 1], "mean")
    (np.float64(1.5), array([0.75, 0.75]))
    """
    require("reduction", reduction, Option("mean", "sum", "none"))
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):  # too large is infinite
        values, grads = terms(_double(y_true), _double(y_pred), **parameters)
        weight = _sample_weights(sample_weight, share, values.shape, reduction)
        values, grads = _times(weight, values), _times(weight, grads)
        value = values if reduction == "none" else values.sum()
        return value.astype(y_pred.dtype), grads.astype(y_pred.dtype)


def _double(values: Array) -> Array:
    """Floats in double precision, or in their own if it is finer; labels as they are."""
    return values.astype(float) if values.dtype in NARROW else values


def _sample_weights(
    sample_weight: ArrayLike | None, share: Array | None, shape: tuple[int, ...], reduction: str
) -> Any:
    """The factor of each sample's cost: one number for all, or an array of shape (n_samples,)."""
    n_elements = math.prod(shape[1:])  # of each sample
    if sample_weight is None and share is None:
        return 1 / (math.prod(shape[:1]) * n_elements) if reduction == "mean" else 1.0
    weight = np.ones(shape[:1]) if sample_weight is None else weights("sample_weight", sample_weight, shape[:1])
    if reduction != "mean":
        return weight
    weight = weight / (weight.max() or 1.0)  # so that the sum cannot overflow
    total = (weight if share is None else weight * share).sum()
    if not total > 0:
        raise ValueError("the weights sum to 0, expected a positive sum")
    return weight / total / n_elements


def _times(weight: Any, values: Array) -> Array:
    """Each sample's values times its weight; a weight of 0 leaves out even an infinite one."""
    if isinstance(weight, float):
        return values * weight
    weight = np.reshape(weight, np.shape(weight) + (1,) * (values.ndim - np.ndim(weight)))
    return np.where(weight > 0, values * weight, 0.0)
