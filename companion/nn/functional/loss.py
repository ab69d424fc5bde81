"""Losses of predictions and targets, with torch's names and scalings."""

import warnings
from typing import Any

import numpy as np

from companion import autograd as ag
from companion import numerics
from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, by_blocks, quiet, rounded
from companion.validation import Boolean, require

__all__ = [
    "binary_cross_entropy_with_logits",
    "check_reduction",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "reduce",
]


def reduce(values: Tensor, reduction: str, total: Any = None) -> Tensor:
    """The mean, the sum, or the values themselves.

    Parameters
    ----------
    values : Tensor
        The costs.
    reduction : {"mean", "sum", "none"}
        What is checked.
    total : float, optional
        What the mean divides by instead of the count.

    Returns
    -------
    Tensor
        A single number, unless the reduction is "none".

    Examples
    --------
    >>> reduce(Tensor([1.0, 3.0]), "mean"), reduce(Tensor([1.0, 3.0]), "mean", total=8)
    (tensor(2.), tensor(0.5))
    """
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    return values.mean() if total is None else values.sum() / total


def check_reduction(reduction: str, *more: str) -> None:
    """Raise unless the word is one of torch's three, or of those given.

    Parameters
    ----------
    reduction : str
        What is checked.
    *more : str
        Other words that are allowed.

    Raises
    ------
    ValueError
        If it is another word.

    Examples
    --------
    >>> check_reduction("average")
    Traceback (most recent call last):
    ValueError: average is not a valid value for reduction
    """
    if reduction not in ("mean", "sum", "none", *more):
        raise ValueError(f"{reduction} is not a valid value for reduction")


# ---- of numbers ------------------------------------------------------------------------------------------------------


@quiet
def mse_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Squared differences.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        What is checked.

    Returns
    -------
    Tensor
        Of the shape of the input with "none", else a single number.

    Raises
    ------
    RuntimeError
        If the shapes cannot be broadcast.
    ValueError
        If ``reduction`` is another word.

    Examples
    --------
    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    tensor(2.)
    """
    check_reduction(reduction)
    half, residual = _residual(input, target)
    return rounded(reduce(ag.square(residual), reduction), half)


@quiet
def l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Absolute differences.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        What is checked.

    Returns
    -------
    Tensor
        Of the shape of the input with "none", else a single number.

    Raises
    ------
    RuntimeError
        If the shapes cannot be broadcast.
    ValueError
        If ``reduction`` is another word.

    Examples
    --------
    >>> l1_loss([1.0, 2.0], [1.0, 4.0])
    tensor(1.)
    """
    check_reduction(reduction)
    half, residual = _residual(input, target)
    return rounded(reduce(ag.absolute(residual), reduction), half)


@quiet
def huber_loss(input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    r"""Half the squared difference up to :math:`\delta`, beyond it linear with slope :math:`\delta`.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        What is checked.
    delta : float, positive
        Where the parabola ends.

    Returns
    -------
    Tensor
        Of the shape of the input with "none", else a single number.

    Raises
    ------
    RuntimeError
        If the shapes cannot be broadcast, or ``delta`` is not positive.
    ValueError
        If ``reduction`` is another word.
    TypeError
        If ``delta`` is no number.

    Examples
    --------
    >>> huber_loss([1.0, 2.0], [1.0, 4.0], reduction="none")
    tensor([0. , 1.5])
    """
    check_reduction(reduction)
    if not as_number("delta", delta) > 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}")
    half, residual = _residual(input, target)
    clipped = ag.clamp(residual, -float(delta), float(delta))
    return rounded(reduce(clipped * (residual - 0.5 * clipped), reduction), half)


def _residual(input: TensorLike, target: TensorLike) -> tuple[bool, Tensor]:
    half, x, y = as_floats(input, target)
    if x.shape != y.shape:
        words = (
            f"Using a target size ({y.shape}) that is different to the input size ({x.shape}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
        )
        warnings.warn(words, UserWarning, stacklevel=4)  # _residual, the loss, quiet, the caller
    return half, x - y


# ---- of probabilities of one class -----------------------------------------------------------------------------------


@quiet
def binary_cross_entropy_with_logits(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: TensorLike | None = None,
) -> Tensor:
    r"""The costs :math:`-w\, [\, p\, y \log \sigma(z) + (1 - y) \log(1 - \sigma(z))\, ]` of logits z.

    Parameters
    ----------
    input : Tensor
        The logits z.
    target : Tensor of the shape of ``input``
        y, the probabilities that the label is 1.
    weight : Tensor, optional
        w, of any shape that broadcasts to the input's.
    reduction : {"mean", "sum", "none"}
        What is checked.
    pos_weight : Tensor, optional
        p, of any shape that broadcasts to the input's.

    Returns
    -------
    Tensor
        Of the shape of the input with "none", else a single number.

    Raises
    ------
    ValueError
        If input and target have different shapes, or ``reduction`` is another word.
    RuntimeError
        If a weight does not fit.

    Examples
    --------
    >>> binary_cross_entropy_with_logits([0.0, 1000.0], [1.0, 0.0], reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    check_reduction(reduction)
    half, z, y, w, positive = as_floats(input, target, weight, pos_weight)
    if z.shape != y.shape:
        raise ValueError(f"Target size ({y.shape}) must be the same as input size ({z.shape})")
    costs = _binary_costs(z, y, as_tensor(np.ones((), z.dtype)) if positive is None else positive)
    return rounded(reduce(costs if w is None else costs * w, reduction), half)


def _binary_costs(z: Tensor, y: Tensor, positive: Tensor) -> Tensor:
    """The costs, and with them their slopes, for the way back."""
    try:
        shape = np.broadcast_shapes(z.shape, positive.shape)
    except ValueError as error:
        raise RuntimeError(f"pos_weight of shape {positive.shape} does not fit the input {z.shape}") from error
    costs, slopes = by_blocks(_costs_and_slopes, *(np.broadcast_to(t.data, shape) for t in (z, y, positive)))

    def by_target(g: Array) -> Array:
        return g * (positive.data * numerics.softplus(-z.data) - numerics.softplus(z.data))

    def by_positive(g: Array) -> Array:
        return g * (y.data * numerics.softplus(-z.data))

    vjps = (lambda g: g * slopes, by_target, by_positive)
    return record("binary_cross_entropy", costs, (z, y, positive), vjps)


def _costs_and_slopes(z: Array, y: Array, positive: Array) -> tuple[Array, Array]:
    """One exponential, of -abs(z), serves both logarithms and the gradient; nothing overflows or cancels."""
    log_term, small = numerics.softplus_sigmoid(-np.abs(z))  # log(1 + e^-|z|), and sigma(-|z|)
    of_one = log_term + np.maximum(-z, 0)  # -log sigma(z)
    of_zero = log_term + np.maximum(z, 0)  # -log(1 - sigma(z))
    above = (z >= 0).astype(small.dtype)  # arithmetic is several times faster than a choice
    sigma, rest = small + above * (1 - 2 * small), small + (1 - above) * (1 - 2 * small)
    yes, no = positive * y, 1 - y
    return yes * of_one + no * of_zero, no * sigma - yes * rest


# ---- of distributions ------------------------------------------------------------------------------------------------


@quiet
def kl_div(input: TensorLike, target: TensorLike, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    r"""The divergence of q from p, :math:`p (\log p - \log q)` with :math:`0 \log 0 = 0`, of each element.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, :math:`\log q`.
    target : Tensor
        Probabilities p; other shapes are broadcast.
    reduction : {"mean", "batchmean", "sum", "none"}
        "batchmean" divides by the number of samples, which is the divergence; "mean" by that of all elements.
    log_target : bool
        Whether the target holds log-probabilities, too.

    Returns
    -------
    Tensor
        Of the shape of the input with "none", else a single number.

    Raises
    ------
    RuntimeError
        If the shapes cannot be broadcast.
    ValueError
        If ``reduction`` is another word.
    TypeError
        If ``log_target`` is no bool.

    Examples
    --------
    >>> kl_div([[-1.0, -2.0]], [[0.0, 1.0]], reduction="batchmean")
    tensor(2.)
    """
    check_reduction(reduction, "batchmean")
    require("log_target", log_target, Boolean(), error=TypeError)
    half, log_q, p = as_floats(input, target)
    if log_target:
        values = ag.exp(p) * (p - log_q)
    else:
        values = p * (ag.log(ag.where(p.data == 0, 1.0, p)) - log_q)
    if reduction == "batchmean":
        return rounded(values.sum() / (log_q.shape[0] if log_q.ndim else 1), half)
    return rounded(reduce(values, reduction), half)
