"""Losses of predictions and targets, with torch's names and scalings."""

import warnings
from typing import Any

import numpy as np

from companion import autograd as ag
from companion import numerics
from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, rounded
from companion.validation import Boolean, Integer, require

__all__ = [
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "nll_loss",
]


def _reduce(values: Tensor, reduction: str, total: Any = None) -> Tensor:
    """The mean, the sum, or the values themselves; ``total`` replaces the count that the mean divides by."""
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    return values.mean() if total is None else values.sum() / total


def _check_reduction(reduction: str, *more: str) -> None:
    if reduction not in ("mean", "sum", "none", *more):
        raise ValueError(f"{reduction} is not a valid value for reduction")


# ---- of numbers ------------------------------------------------------------------------------------------------------


def mse_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Squared differences.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}

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
    _check_reduction(reduction)
    half, residual = _residual(input, target)
    return rounded(_reduce(ag.square(residual), reduction), half)


def l1_loss(input: TensorLike, target: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Absolute differences.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}

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
    _check_reduction(reduction)
    half, residual = _residual(input, target)
    return rounded(_reduce(ag.absolute(residual), reduction), half)


def huber_loss(input: TensorLike, target: TensorLike, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    r"""Half the squared difference up to :math:`\delta`, beyond it linear with slope :math:`\delta`.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; other shapes are broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
    delta : float, positive

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
    _check_reduction(reduction)
    if not as_number("delta", delta) > 0:
        raise RuntimeError(f"huber_loss does not support non-positive values for delta, got {delta}")
    half, residual = _residual(input, target)
    clipped = ag.clamp(residual, -float(delta), float(delta))
    return rounded(_reduce(clipped * (residual - 0.5 * clipped), reduction), half)


def _residual(input: TensorLike, target: TensorLike) -> tuple[bool, Tensor]:
    half, x, y = as_floats(input, target)
    if x.shape != y.shape:
        words = (
            f"Using a target size ({y.shape}) that is different to the input size ({x.shape}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size."
        )
        warnings.warn(words, UserWarning, stacklevel=3)
    return half, x - y


# ---- of probabilities of one class -----------------------------------------------------------------------------------


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
    _check_reduction(reduction)
    half, z, y, w, positive = as_floats(input, target, weight, pos_weight)
    if z.shape != y.shape:
        raise ValueError(f"Target size ({y.shape}) must be the same as input size ({z.shape})")
    costs = _binary_costs(z, y, as_tensor(np.ones((), z.dtype)) if positive is None else positive)
    return rounded(_reduce(costs if w is None else costs * w, reduction), half)


def _binary_costs(z: Tensor, y: Tensor, positive: Tensor) -> Tensor:
    """One exponential, of -abs(z), serves both logarithms and the gradient; nothing overflows or cancels."""
    try:
        np.broadcast_shapes(z.shape, positive.shape)
    except ValueError as error:
        raise RuntimeError(f"pos_weight of shape {positive.shape} does not fit the input {z.shape}") from error
    log_term, small = numerics.softplus_sigmoid(-np.abs(z.data))  # log(1 + e^-|z|), and sigma(-|z|)
    of_one = log_term + np.maximum(-z.data, 0)  # -log sigma(z)
    of_zero = log_term + np.maximum(z.data, 0)  # -log(1 - sigma(z))
    yes, no = positive.data * y.data, 1 - y.data

    def by_logits(g: Array) -> Array:
        above = (z.data >= 0).astype(small.dtype)  # arithmetic is several times faster than a choice
        sigma, rest = small + above * (1 - 2 * small), small + (1 - above) * (1 - 2 * small)
        return g * (no * sigma - yes * rest)

    vjps = (by_logits, lambda g: g * (positive.data * of_one - of_zero), lambda g: g * (y.data * of_one))
    return record("binary_cross_entropy", yes * of_one + no * of_zero, (z, y, positive), vjps)


# ---- of probabilities of several classes -----------------------------------------------------------------------------


def cross_entropy(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""The costs :math:`-\log p_y` of the target class, with the softmax p of the logits.

    Parameters
    ----------
    input : Tensor of shape (K,), (N, K) or (N, K, d1, ...)
        The logits of K classes.
    target : int array of shape (), (N,) or (N, d1, ...), or probabilities of the logits' shape
        Classes may have any integer dtype.
    weight : array of shape (K,), optional
        Of the classes; with class targets the mean divides by the sum of the targets' weights.
    ignore_index : int
        A class target that costs nothing and does not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float, in [0, 1]
        The share of the target that is spread evenly over all classes.

    Returns
    -------
    Tensor
        Of the shape of class targets with "none", else a single number.

    Raises
    ------
    ValueError
        If there are not as many targets as samples, or ``reduction`` is another word.
    RuntimeError
        If the shapes do not fit otherwise, or a setting does not.
    IndexError
        If a target is no class.

    Examples
    --------
    >>> cross_entropy([[0.0, 0.0], [0.0, 1000.0]], [0, 0], reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    _check_reduction(reduction)
    require("ignore_index", ignore_index, Integer(), error=TypeError)
    smoothing = as_number("label_smoothing", label_smoothing)
    if not 0 <= smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    half, z = as_floats(input)
    y = as_tensor(target)
    if z.ndim == 0:
        raise RuntimeError(f"expected logits of shape (K,), (N, K) or (N, K, ...), got {z.shape}")
    if z.ndim == 1:
        z, y = z.reshape(1, -1), y.reshape(1, *y.shape)
        reduction = "sum" if reduction == "none" else reduction
    weights = _class_weights(weight, z)
    if y.dtype.kind == "f":
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return rounded(_reduce(_of_probabilities(z, y, weights, smoothing), reduction), half)
    classes, counted = _classes(z, y.data, ignore_index)
    own = (np.ones(len(classes), z.dtype) if weights is None else weights[classes]) * counted
    if smoothing:
        values = _of_smoothed_classes(z, classes, own, counted, weights, smoothing)
    else:
        values = _of_classes(z, classes, own, counted)
    return rounded(_reduce(_where_counted(values, counted), reduction, total=own.sum()), half)


def _class_weights(weight: TensorLike | None, z: Tensor) -> Array | None:
    if weight is None:
        return None
    weights = np.asarray(as_tensor(weight).data, z.dtype)
    if weights.shape != z.shape[1:2]:
        raise RuntimeError(f"expected a weight for each of {z.shape[1]} classes, got the shape {weights.shape}")
    return weights


def _classes(z: Tensor, target: Array, ignore_index: int) -> tuple[Array, Array]:
    """The target classes in one row, with 0 where they are ignored, and which of them count."""
    if target.dtype.kind not in "iu":
        raise RuntimeError(f"expected class targets of an integer dtype, got {target.dtype}")
    if target.shape[:1] != z.shape[:1]:
        raise ValueError(f"Expected input batch_size ({z.shape[0]}) to match target batch_size, got {target.shape}")
    if target.shape[1:] != z.shape[2:]:
        raise RuntimeError(f"expected class targets of shape {(z.shape[0], *z.shape[2:])}, got {target.shape}")
    target = target.reshape(-1)
    counted = target != ignore_index
    outside = counted & ((target < 0) | (target >= z.shape[1]))
    if outside.any():
        raise IndexError(f"Target {target[outside][0]} is out of bounds for {z.shape[1]} classes")
    return np.where(counted, target, 0), counted


def _where_counted(values: Tensor, counted: Array) -> Tensor:
    """The costs, without a gradient where they do not count, even if the mean divides by zero."""
    return values if counted.all() else ag.where(counted.reshape(values.shape), values, 0.0)


def _rows(values: Array) -> Array:
    """(N, K, d1, ...) as (N d1 ..., K): one sample a row."""
    return values if values.ndim == 2 else np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])


def _unrows(rows: Array, shape: tuple[int, ...]) -> Array:
    """Undo :func:`_rows`."""
    n, k, *places = shape
    return rows if len(shape) == 2 else np.moveaxis(rows.reshape(n, *places, k), -1, 1)


def _scores(z: Tensor, counted: Array) -> Array:
    """The logits in rows, 0 in those that are ignored: they may hold anything."""
    rows = _rows(z.data)
    return rows if counted.all() else np.where(counted[:, None], rows, z.dtype.type(0))


def _of_classes(z: Tensor, classes: Array, own: Array, counted: Array) -> Tensor:
    """The weighted costs ``own`` (-log p_y); the gradient of -log p_y is p, less 1 at y."""
    costs, p = numerics.softmax_cross_entropy(_scores(z, counted), classes)

    def by_logits(g: Array) -> Array:
        share = g.reshape(-1) * own
        grad = p * share[:, None]
        grad[np.arange(len(classes)), classes] -= share
        return _unrows(grad, z.shape)

    return record("cross_entropy", (own * costs).reshape(z.shape[0], *z.shape[2:]), (z,), (by_logits,))


def _of_smoothed_classes(
    z: Tensor, classes: Array, own: Array, counted: Array, weights: Array | None, smoothing: float
) -> Tensor:
    """The costs of 1 - ``smoothing`` at the class, and the rest spread evenly."""
    even = np.full(z.shape[1], smoothing / z.shape[1], z.dtype)
    q = counted[:, None] * (even if weights is None else even * weights)
    q[np.arange(len(classes)), classes] += (1 - smoothing) * own
    return _costs(z, _scores(z, counted), Tensor(_unrows(q, z.shape)))


def _of_probabilities(z: Tensor, target: Tensor, weights: Array | None, smoothing: float) -> Tensor:
    """The costs of probabilities as targets, which may be trained, too."""
    if target.shape != z.shape:
        raise RuntimeError(f"expected probabilities of shape {z.shape}, got {target.shape}")
    q = target if target.requires_grad else Tensor(target.data.astype(z.dtype, copy=False))
    if smoothing:
        q = q * (1 - smoothing) + smoothing / z.shape[1]
    if weights is not None:
        q = q * weights.reshape(-1, *(1,) * (z.ndim - 2))
    return _costs(z, _rows(z.data), q)


def _costs(z: Tensor, scores: Array, q: Tensor) -> Tensor:
    """The costs, minus the sum of q_k log p_k, with the gradients (p times the sum of q) - q and -log p."""
    every, top, shares = np.arange(len(scores)), scores.argmax(axis=1), _rows(q.data)
    costs, p = numerics.softmax_cross_entropy(scores, top)
    minus_log_p = scores[every, top][:, None] - scores + costs[:, None]

    def by_logits(g: Array) -> Array:
        return _unrows((p * shares.sum(axis=1, keepdims=True) - shares) * g.reshape(-1, 1), z.shape)

    def by_q(g: Array) -> Array:
        return _unrows(minus_log_p * g.reshape(-1, 1), z.shape)

    out = np.einsum("nk,nk->n", shares, minus_log_p).reshape(z.shape[0], *z.shape[2:])
    return record("cross_entropy", out, (z, q), (by_logits, by_q))


def nll_loss(
    input: TensorLike,
    target: TensorLike,
    weight: TensorLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability of the target class; :func:`cross_entropy` of log-probabilities instead of logits.

    Parameters
    ----------
    input : Tensor of shape (K,), (N, K) or (N, K, d1, ...)
        Log-probabilities of K classes.
    target : int array of shape (), (N,) or (N, d1, ...)
    weight : array of shape (K,), optional
        Of the classes; the mean divides by the sum of the targets' weights.
    ignore_index : int
        A target that costs nothing and does not count.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor
        Of the shape of the targets with "none", else a single number.

    Raises
    ------
    ValueError
        If there are not as many targets as samples, or ``reduction`` is another word.
    RuntimeError
        If the shapes do not fit otherwise.
    IndexError
        If a target is no class.

    Examples
    --------
    >>> nll_loss([[-0.5, -1.0], [-2.0, -0.1]], [0, 1])
    tensor(0.3)
    """
    _check_reduction(reduction)
    require("ignore_index", ignore_index, Integer(), error=TypeError)
    half, log_p = as_floats(input)
    y = as_tensor(target)
    if log_p.ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if log_p.ndim == 1:
        log_p, y = log_p.reshape(1, -1), y.reshape(1, *y.shape)
        reduction = "sum" if reduction == "none" else reduction
    weights = _class_weights(weight, log_p)
    classes, counted = _classes(log_p, y.data, ignore_index)
    own = (np.ones(len(classes), log_p.dtype) if weights is None else weights[classes]) * counted
    place = np.arange(len(classes)), classes
    values = -own * _scores(log_p, counted)[place]

    def vjp(g: Array) -> Array:
        grad = np.zeros((len(classes), log_p.shape[1]), g.dtype)
        grad[place] = -own * g.reshape(-1)
        return _unrows(grad, log_p.shape)

    shape = log_p.shape[:1] + log_p.shape[2:]
    costs = _where_counted(record("nll_loss", values.reshape(shape), (log_p,), (vjp,)), counted)
    return rounded(_reduce(costs, reduction, total=own.sum()), half)


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
    _check_reduction(reduction, "batchmean")
    require("log_target", log_target, Boolean(), error=TypeError)
    half, log_q, p = as_floats(input, target)
    if log_target:
        values = ag.exp(p) * (p - log_q)
    else:
        values = p * (ag.log(ag.where(p.data == 0, 1.0, p)) - log_q)
    if reduction == "batchmean":
        return rounded(values.sum() / (log_q.shape[0] if log_q.ndim else 1), half)
    return rounded(_reduce(values, reduction), half)
