"""How good is a model: its outputs, its loss, and the share that it has right."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from companion.annotations import Array, ArrayLike
from companion.autograd import Tensor, no_grad
from companion.metrics import accuracy_score
from companion.nn import Module
from companion.validation import Integer, as_float, require

__all__ = ["Loss", "Metrics", "accuracy", "check_not_empty", "evaluate", "predict"]

Loss: TypeAlias = Callable[[Any, Any], Tensor]
Metrics: TypeAlias = Mapping[str, Callable[[Any, Any], float]]


def accuracy(scores: ArrayLike, target: ArrayLike) -> float:
    """The share of rows whose largest score stands at the target.

    Parameters
    ----------
    scores : array_like of shape (n_samples, n_classes, ...)
        Real numbers, none of them nan.
    target : array_like of shape (n_samples, ...)
        The numbers of the classes.

    Returns
    -------
    float
        By :func:`companion.metrics.accuracy_score`.

    Raises
    ------
    ValueError
        If the shapes do not fit, a score is nan, or there is no sample.

    Examples
    --------
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    scores, target = as_float(scores, "scores", ValueError), np.asarray(target)
    if scores.ndim < 2 or target.shape != scores.shape[:1] + scores.shape[2:]:
        raise ValueError(
            f"scores of shape {scores.shape} and target of shape {target.shape}, expected (n, classes, ...), (n, ...)"
        )
    if np.isnan(scores).any():
        raise ValueError("NaN in scores")
    if not scores.size:
        raise ValueError(f"scores of shape {scores.shape}, expected at least one sample and class")
    return accuracy_score(target.ravel(), np.argmax(scores, axis=1).ravel())


@contextmanager
def _evaluation(model: Module) -> Iterator[None]:
    """Evaluation mode, nothing recorded; every module is set back to its own mode, whatever happens."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in before:
            module.training = training


def predict(model: Module, X: ArrayLike, batch_size: int = 1024) -> Array:
    """The outputs of a model in evaluation mode; nothing is recorded, and the mode is set back.

    Parameters
    ----------
    model : Module
        Called on tensors.
    X : array_like
        The inputs, along the first axis.
    batch_size : int
        How many at a time.

    Returns
    -------
    ndarray
        The outputs, along the first axis.

    Examples
    --------
    >>> from companion import nn
    >>> predict(nn.ReLU(), [[-1.0], [2.0]])
    array([[0.],
           [2.]])
    """
    require("batch_size", batch_size, Integer(1))
    inputs = np.asarray(X.data if isinstance(X, Tensor) else X)
    with _evaluation(model):
        starts = range(0, max(len(inputs), 1), batch_size)
        outputs = [model(Tensor(inputs[i : i + batch_size])).data for i in starts]
    return np.concatenate(outputs)


def check_not_empty(loader: Any) -> None:
    """Refuse a loader that has nothing to give.

    Parameters
    ----------
    loader : DataLoader
        Or anything with a length.

    Raises
    ------
    ValueError
        If its length is 0.

    Examples
    --------
    >>> check_not_empty([])
    Traceback (most recent call last):
    ValueError: the loader has no batch: its dataset is empty, or drop_last left nothing
    """
    if len(loader) == 0:
        raise ValueError("the loader has no batch: its dataset is empty, or drop_last left nothing")


def evaluate(model: Module, loss_fn: Loss, loader: Any, metrics: Metrics | None = None) -> dict[str, float]:
    """The mean loss and metrics over a loader, in evaluation mode.

    Parameters
    ----------
    model : Module
        Left in the mode that it had.
    loss_fn : callable
        ``loss_fn(output, target)``, a mean over the batch; batches are weighted by their lengths.
    loader : DataLoader
        Gives pairs of inputs and targets.
    metrics : dict of callable, optional
        Each ``metric(output, target)`` of arrays, a mean over the batch.

    Returns
    -------
    dict
        ``"loss"`` and the metrics by name.

    Raises
    ------
    ValueError
        If the loader has no batch, or a metric is called "loss".

    Examples
    --------
    >>> from companion import nn, training
    >>> loader = training.DataLoader(training.TensorDataset([[1.0], [2.0]], [[1.0], [4.0]]))
    >>> evaluate(nn.ReLU(), nn.functional.mse_loss, loader)
    {'loss': 2.0}
    """
    check_not_empty(loader)
    metrics = metrics or {}
    if "loss" in metrics:
        raise ValueError("'loss' is the name of the loss: give the metric another one")
    sums: dict[str, float] = {}
    count = 0
    with _evaluation(model):
        for X, y in loader:
            output = model(Tensor(X))
            values = {"loss": loss_fn(output, y).item()}
            values.update({name: metric(output.data, y) for name, metric in metrics.items()})
            sums = {name: sums.get(name, 0.0) + len(y) * value for name, value in values.items()}
            count += len(y)
    return {name: value / count for name, value in sums.items()}
