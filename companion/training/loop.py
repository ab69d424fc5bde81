"""Steps, epochs, and whole runs."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from companion.annotations import ArrayLike
from companion.autograd import Tensor
from companion.nn import Module
from companion.nn.utils import clip_grad_norm_
from companion.optim import Optimizer
from companion.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from companion.optim.swa_utils import AveragedModel
from companion.training.evaluation import Loss, Metrics, check_not_empty, evaluate
from companion.training.history import EarlyStopping, History
from companion.validation import Boolean, Integer, Number, require

__all__ = ["fit", "train_epoch", "train_step"]


def train_step(
    model: Module, loss_fn: Loss, optimizer: Optimizer, X: ArrayLike, y: Any, max_grad_norm: float | None = None
) -> float:
    """One step on one batch.

    Parameters
    ----------
    model : Module
        In the mode that it is in.
    loss_fn : callable
        ``loss_fn(output, target)`` gives a scalar tensor.
    optimizer : Optimizer
        Of the model's parameters.
    X, y : array_like
        The batch.
    max_grad_norm : float, optional
        Clip the joint norm of the gradients.

    Returns
    -------
    float
        The loss before the step.

    Raises
    ------
    FloatingPointError
        If the loss is not finite; the parameters are left as they were.

    Examples
    --------
    >>> from companion import nn, optim
    >>> model = nn.Linear(1, 1, rng=0)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> losses = [train_step(model, nn.functional.mse_loss, optimizer, [[1.0]], [[2.0]]) for _ in range(9)]
    >>> losses[-1] < 0.01 * losses[0]
    True
    """
    optimizer.zero_grad()
    loss = loss_fn(model(Tensor(X)), y)
    value = loss.item()
    if not np.isfinite(value):
        raise FloatingPointError(f"the loss became {value}: a lower learning rate or clipped gradients may help")
    loss.backward()
    if max_grad_norm is not None:
        clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    return value


def train_epoch(
    model: Module,
    loss_fn: Loss,
    optimizer: Optimizer,
    loader: Any,
    *,
    max_grad_norm: float | None = None,
    batch_scheduler: LRScheduler | None = None,
    average: AveragedModel | None = None,
) -> float:
    """One pass over a loader in training mode, a step for each batch.

    Parameters
    ----------
    model : Module
        Set to training.
    loss_fn : callable
        ``loss_fn(output, target)`` gives a scalar tensor, the mean over a batch.
    optimizer : Optimizer
        Of the model's parameters.
    loader : DataLoader
        Gives pairs of inputs and targets.
    max_grad_norm : float, optional
        Clip the joint norm of the gradients.
    batch_scheduler : LRScheduler, optional
        Stepped after each batch.
    average : AveragedModel, optional
        Updated after each batch.

    Returns
    -------
    float
        The mean loss of the samples, each before the step on its batch.

    Examples
    --------
    >>> from companion import nn, optim, training
    >>> model = nn.Linear(1, 1, rng=0)
    >>> loader = training.DataLoader(training.TensorDataset([[1.0], [2.0]], [[2.0], [4.0]]))
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> first = train_epoch(model, nn.functional.mse_loss, optimizer, loader)
    >>> train_epoch(model, nn.functional.mse_loss, optimizer, loader) < first
    True
    """
    model.train()
    total, count = 0.0, 0
    for X, y in loader:
        total += len(y) * train_step(model, loss_fn, optimizer, X, y, max_grad_norm)
        count += len(y)
        if batch_scheduler is not None:
            batch_scheduler.step()
        if average is not None:
            average.update_parameters(model)
    return total / count


def fit(
    model: Module,
    loss_fn: Loss,
    optimizer: Optimizer,
    train_loader: Any,
    *,
    epochs: int,
    valid_loader: Any = None,
    metrics: Metrics | None = None,
    scheduler: LRScheduler | ReduceLROnPlateau | None = None,
    batch_scheduler: LRScheduler | None = None,
    max_grad_norm: float | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    average: AveragedModel | None = None,
    history: History | None = None,
    callback: Callable[[int, Module, History], object] | None = None,
    progress: bool = False,
) -> History:
    """Train a model for so many epochs, or until the validation loss no longer falls.

    Parameters
    ----------
    model : Module
        Trained in place.
    loss_fn : callable
        ``loss_fn(output, target)`` gives a scalar tensor, the mean over a batch.
    optimizer : Optimizer
        Of the model's parameters.
    train_loader : DataLoader
        Gives pairs of inputs and targets.
    epochs : int
        How many epochs the whole run has, with those of ``history``.
    valid_loader : DataLoader, optional
        The validation data.
    metrics : dict of callable, optional
        ``metric(output, target)`` of arrays, recorded for the validation data.
    scheduler : LRScheduler or ReduceLROnPlateau, optional
        A schedule that is stepped after each epoch; ``ReduceLROnPlateau`` is given the validation loss.
    batch_scheduler : LRScheduler, optional
        One that is stepped after each batch.
    max_grad_norm : float, optional
        Clip the joint norm of the gradients.
    patience : int, optional
        Stop when the validation loss has not fallen by more than ``min_delta`` for so many epochs, and go back to the
        best weights.
    min_delta : float
        See there.
    average : AveragedModel, optional
        Updated after each step.
    history : History, optional
        Go on with a run: what an earlier call returned, or a checkpoint gave. It is not changed. A run that goes on
        gives the same weights as one that was not interrupted, to the last bit, if model, optimizer, schedules, average
        and loaders are as they were then; see :func:`companion.checkpoints.load_checkpoint`.
    callback : callable, optional
        ``callback(epoch, model, history)`` after each epoch.
    progress : bool
        Show a bar.

    Returns
    -------
    History
        With ``"train_loss"``, ``"lr"``, and with validation data ``"valid_loss"`` and ``"valid_<metric>"``.

    Raises
    ------
    ValueError
        If a loader has no batch, or something needs the validation loss and there is none.
    FloatingPointError
        If a loss is not finite, as in `train_step`.

    Examples
    --------
    >>> from companion import nn, optim, training
    >>> model = nn.Linear(1, 1, rng=0)
    >>> loader = training.DataLoader(training.TensorDataset([[1.0], [2.0]], [[2.0], [4.0]]), batch_size=2)
    >>> history = fit(model, nn.functional.mse_loss, optim.SGD(model.parameters(), lr=0.1), loader, epochs=3)
    >>> history["lr"], history["train_loss"][2] < history["train_loss"][0]
    ([0.1, 0.1, 0.1], True)
    """
    require("epochs", epochs, Integer(0))
    require("progress", progress, Boolean())
    require("max_grad_norm", max_grad_norm, Number(0), None)
    _check_loaders(train_loader, valid_loader, patience, metrics, scheduler)
    by_batch: Any = {"max_grad_norm": max_grad_norm, "batch_scheduler": batch_scheduler, "average": average}
    stopping = EarlyStopping(patience, min_delta)
    history = _begin(model, history)
    history.stopped_early = stopping.is_over(history)
    with tqdm(initial=history.epochs, total=epochs, disable=not progress, desc="epochs") as bar:
        while history.epochs < epochs and not history.stopped_early:
            lr = optimizer.param_groups[0]["lr"]
            history.add(train_loss=train_epoch(model, loss_fn, optimizer, train_loader, **by_batch), lr=lr)
            if valid_loader is not None:
                _validate(model, loss_fn, valid_loader, metrics, stopping, history)
            _step_scheduler(scheduler, history)
            history.stopped_early = stopping.is_over(history)
            if callback is not None:
                callback(history.epochs - 1, model, history)
            bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in history.items() if name.endswith("loss")})
            bar.update()
    if patience is not None:
        _go_back_to_the_best(model, history)
    return history


def _check_loaders(train_loader: Any, valid_loader: Any, patience: Any, metrics: Any, scheduler: Any) -> None:
    check_not_empty(train_loader)
    if valid_loader is not None:
        check_not_empty(valid_loader)
    elif patience is not None or metrics or isinstance(scheduler, ReduceLROnPlateau):
        raise ValueError("patience, metrics and ReduceLROnPlateau look at the validation loss: give a valid_loader")


def _begin(model: Module, history: History | None) -> History:
    """A copy of the history, and the model where training stood, which need not be where it was best."""
    history = History() if history is None else deepcopy(history)
    if history.last_weights is not None:
        model.load_state_dict(history.last_weights)
        history.last_weights = None
    return history


def _validate(
    model: Module, loss_fn: Loss, loader: Any, metrics: Metrics | None, stopping: EarlyStopping, history: History
) -> None:
    values = evaluate(model, loss_fn, loader, metrics)
    history.add(**{f"valid_{name}": value for name, value in values.items()})
    stopping.look(values["loss"], model, history)


def _step_scheduler(scheduler: LRScheduler | ReduceLROnPlateau | None, history: History) -> None:
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(history["valid_loss"][-1])
    elif scheduler is not None:
        scheduler.step()


def _go_back_to_the_best(model: Module, history: History) -> None:
    if history.best_weights is not None:
        history.last_weights = model.state_dict()
        model.load_state_dict(history.best_weights)
