"""Losses of class labels: cross-entropy of logits, and of log-probabilities."""

import numpy as np

from companion import autograd as ag
from companion import numerics
from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, quiet, rounded
from companion.nn.functional.loss import check_reduction, reduce
from companion.validation import Integer, require

__all__ = ["cross_entropy", "nll_loss"]


@quiet
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
        What is checked.
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
    check_reduction(reduction)
    if type(ignore_index) is not int:
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
        return rounded(reduce(_of_probabilities(z, y, weights, smoothing), reduction), half)
    classes, counted = _classes(z, y.data, ignore_index)
    own = _own_weights(weights, classes, counted, z)
    if smoothing:
        values = _of_smoothed_classes(z, classes, own, counted, weights, smoothing)
    else:
        values = _of_classes(z, y, classes, own, counted)
    total = None if weights is None and counted is None else own.sum()
    return rounded(reduce(_where_counted(values, counted), reduction, total), half)


def _own_weights(weights: Array | None, classes: Array, counted: Array | None, z: Tensor) -> Array:
    """The weight of each sample: that of its class, and 0 where it does not count."""
    own = np.ones(len(classes), z.data.dtype) if weights is None else weights[classes]
    return own if counted is None else own * counted


def _class_weights(weight: TensorLike | None, z: Tensor) -> Array | None:
    if weight is None:
        return None
    weights = np.asarray(as_tensor(weight).data, z.dtype)
    if weights.shape != z.shape[1:2]:
        raise RuntimeError(f"expected a weight for each of {z.shape[1]} classes, got the shape {weights.shape}")
    return weights


def _classes(z: Tensor, target: Array, ignore_index: int) -> tuple[Array, Array | None]:
    """The target classes in one row, with 0 where they are ignored; and which of them count, None if all do."""
    if target.dtype.kind not in "iu":
        raise RuntimeError(f"expected class targets of an integer dtype, got {target.dtype}")
    if target.shape[:1] != z.shape[:1]:
        raise ValueError(f"Expected input batch_size ({z.shape[0]}) to match target batch_size, got {target.shape}")
    if target.shape[1:] != z.shape[2:]:
        raise RuntimeError(f"expected class targets of shape {(z.shape[0], *z.shape[2:])}, got {target.shape}")
    target, n_classes = target.reshape(-1), z.shape[1]
    counted = target != ignore_index
    everyone = bool(counted.all())
    classes = target if everyone else np.where(counted, target, 0)
    outside = (classes < 0) | (classes >= n_classes)
    if outside.any():
        raise IndexError(f"Target {classes[outside][0]} is out of bounds for {n_classes} classes")
    return classes, None if everyone else counted


def _where_counted(values: Tensor, counted: Array | None) -> Tensor:
    """The costs, without a gradient where they do not count, even if the mean divides by zero."""
    return values if counted is None else ag.where(counted.reshape(values.shape), values, 0.0)


def _rows(values: Array) -> Array:
    """(N, K, d1, ...) as (N d1 ..., K): one sample a row."""
    return values if values.ndim == 2 else np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])


def _unrows(rows: Array, shape: tuple[int, ...]) -> Array:
    """Undo :func:`_rows`."""
    n, k, *places = shape
    return rows if len(shape) == 2 else np.moveaxis(rows.reshape(n, *places, k), -1, 1)


def _scores(z: Tensor, counted: Array | None) -> Array:
    """The logits in rows, 0 in those that are ignored: they may hold anything."""
    rows = _rows(z.data)
    return rows if counted is None else np.where(counted[:, None], rows, z.dtype.type(0))


def _of_classes(z: Tensor, y: Tensor, classes: Array, own: Array, counted: Array | None) -> Tensor:
    """The weighted costs ``own`` (-log p_y); the gradient of -log p_y is p, less 1 at y, which ``classes`` may view."""
    costs, p = numerics.softmax_cross_entropy(_scores(z, counted), classes)
    places = np.arange(len(classes)), classes

    def by_logits(g: Array) -> Array:
        share = g.reshape(-1) * own
        grad = p * share[:, None]
        grad[places] -= share
        return _unrows(grad, z.shape)

    out = (own * costs).reshape(z.shape[0], *z.shape[2:])
    return record("cross_entropy", out, (z, y), (by_logits,), needs=((1,),))


def _of_smoothed_classes(
    z: Tensor, classes: Array, own: Array, counted: Array | None, weights: Array | None, smoothing: float
) -> Tensor:
    """The costs of 1 - ``smoothing`` at the class, and the rest spread evenly."""
    even = np.full(z.shape[1], smoothing / z.shape[1], z.dtype)
    q = np.tile(even if weights is None else even * weights, (len(classes), 1))
    if counted is not None:
        q *= counted[:, None]
    q[np.arange(len(classes)), classes] += (1 - smoothing) * own
    return _costs(z, _scores(z, counted), Tensor(_unrows(q, z.shape)))


def _of_probabilities(z: Tensor, target: Tensor, weights: Array | None, smoothing: float) -> Tensor:
    """The costs of probabilities as targets, which may be trained, too."""
    if target.shape != z.shape:
        raise RuntimeError(f"expected probabilities of shape {z.shape}, got {target.shape}")
    q = target if target.requires_grad or target.dtype == z.dtype else Tensor(target.data.astype(z.dtype))
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
    return record("cross_entropy", out, (z, q), (by_logits, by_q), needs=((1,), ()))


@quiet
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
    target : int array
        Of shape (), (N,) or (N, d1, ...).
    weight : array of shape (K,), optional
        Of the classes; the mean divides by the sum of the targets' weights.
    ignore_index : int
        A target that costs nothing and does not count.
    reduction : {"mean", "sum", "none"}
        What is checked.

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
    check_reduction(reduction)
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
    own = _own_weights(weights, classes, counted, log_p)
    place = np.arange(len(classes)), classes
    values = -own * _scores(log_p, counted)[place]

    def vjp(g: Array) -> Array:
        grad = np.zeros((len(classes), log_p.shape[1]), g.dtype)
        grad[place] = -own * g.reshape(-1)
        return _unrows(grad, log_p.shape)

    shape = log_p.shape[:1] + log_p.shape[2:]
    costs = _where_counted(record("nll_loss", values.reshape(shape), (log_p, y), (vjp,), needs=((1,),)), counted)
    return rounded(reduce(costs, reduction, total=own.sum()), half)
