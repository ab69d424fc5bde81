"""Around a model: batches, a loop that fits, early stopping, a history, and checkpoints that need no pickle."""

import json
import os
import zipfile
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from companion.autograd import Tensor, no_grad
from companion.nn.utils import clip_grad_norm_

FORMAT = "companion checkpoint 1"


class TensorDataset:
    """Arrays of one length, indexed together (``torch.utils.data.TensorDataset``)."""

    def __init__(self, *arrays):
        self.arrays = tuple(np.asarray(array) for array in arrays)
        if not arrays or len({len(array) for array in self.arrays}) > 1:
            raise ValueError(f"Size mismatch between arrays, expected one length, got {[a.shape for a in self.arrays]}")

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)


class DataLoader:
    """Batches of a dataset, in a new random order at every pass if wanted (``torch.utils.data.DataLoader``).

    Parameters
    ----------
    dataset : TensorDataset
        Anything with a length that gives a tuple of arrays for an array of indices.
    batch_size : int
    shuffle : bool
    drop_last : bool
        Leave out the last batch if it is smaller.
    rng : int, Generator or None
        Draws the orders.
    transform : callable, optional
        ``transform(X, rng)`` of the first array of each batch, for augmentation.

    Examples
    --------
    >>> loader = DataLoader(TensorDataset(np.arange(5), np.arange(5) % 2), batch_size=2)
    >>> [X.tolist() for X, y in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False, *, rng=None, transform=None):
        if not (isinstance(batch_size, (int, np.integer)) and batch_size > 0):
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.rng, self.transform = np.random.default_rng(rng), transform

    def __len__(self):
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + bool(rest and not self.drop_last)

    def __iter__(self):
        order = self.rng.permutation(len(self.dataset)) if self.shuffle else np.arange(len(self.dataset))
        for i in range(len(self)):
            batch = self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]
            yield batch if self.transform is None else (self.transform(batch[0], self.rng), *batch[1:])


def accuracy(scores, target):
    """The share of rows whose largest score stands at the target."""
    return float(np.mean(np.argmax(scores, axis=1) == target))


class History(dict):
    """The name of a quantity -> its value after each epoch; as attributes, how the fit ended.

    Attributes
    ----------
    best_epoch : int or None
        Counted from 0, by the validation loss; None without validation data.
    stopped_early : bool
    """

    def __init__(self):
        super().__init__()
        self.best_epoch, self.stopped_early = None, False

    def add(self, **values):
        for name, value in values.items():
            self.setdefault(name, []).append(value)


@contextmanager
def _evaluation(model):
    """Evaluation mode, nothing recorded; every module is set back to its own mode, whatever happens."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in before:
            module.training = training


def predict(model, X, batch_size=1024):
    """The outputs of a model in evaluation mode, as an ndarray; nothing is recorded, the mode is set back."""
    with _evaluation(model):
        outputs = [model(Tensor(X[i : i + batch_size])).data for i in range(0, max(len(X), 1), batch_size)]
    return np.concatenate(outputs)


def _not_empty(loader):
    if len(loader) == 0:
        raise ValueError("the loader has no batch: its dataset is empty, or drop_last left nothing")


def evaluate(model, loss_fn, loader, metrics=None):
    """The mean loss and metrics over a loader, in evaluation mode.

    Parameters
    ----------
    loss_fn : callable
        ``loss_fn(output, target)``, a mean over the batch; batches are weighted by their lengths.
    metrics : dict of callable, optional
        Each ``metric(output, target)`` of arrays, a mean over the batch.

    Returns
    -------
    dict
        ``"loss"`` and the metrics by name.

    Raises
    ------
    ValueError
        If the loader has no batch.
    """
    _not_empty(loader)
    if "loss" in (metrics or {}):
        raise ValueError("'loss' is the name of the loss: give the metric another one")
    sums, count = {}, 0
    with _evaluation(model):
        for X, y in loader:
            output = model(Tensor(X))
            values = {"loss": loss_fn(output, y).item()}
            values.update({name: metric(output.data, y) for name, metric in (metrics or {}).items()})
            sums = {name: sums.get(name, 0.0) + len(y) * value for name, value in values.items()}
            count += len(y)
    return {name: value / count for name, value in sums.items()}


def train_step(model, loss_fn, optimizer, X, y, max_grad_norm=None):
    """One step on one batch; the loss before it.

    Raises
    ------
    FloatingPointError
        If the loss is not finite; the parameters are left as they were.
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


def fit(
    model,
    loss_fn,
    optimizer,
    train_loader,
    *,
    epochs,
    valid_loader=None,
    metrics=None,
    scheduler=None,
    batch_scheduler=None,
    max_grad_norm=None,
    patience=None,
    min_delta=0.0,
    average=None,
    callback=None,
    progress=False,
):
    """Train a model for so many epochs, or until the validation loss no longer falls.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        ``loss_fn(output, target)`` gives a scalar tensor, the mean over a batch.
    optimizer : Optimizer
    train_loader, valid_loader : DataLoader
    metrics : dict of callable, optional
        ``metric(output, target)`` of arrays, recorded for the validation data.
    scheduler : optional
        A schedule that is stepped after each epoch; ``ReduceLROnPlateau`` is given the validation loss.
    batch_scheduler : optional
        One that is stepped after each batch.
    max_grad_norm : float, optional
        Clip the joint norm of the gradients.
    patience : int, optional
        Stop when the validation loss has not fallen by more than ``min_delta`` for so many epochs, and go back to the
        best weights.
    average : AveragedModel, optional
        Updated after each step.
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
    """
    _not_empty(train_loader)
    if valid_loader is not None:
        _not_empty(valid_loader)
    if valid_loader is None and (patience is not None or metrics or hasattr(scheduler, "is_better")):
        raise ValueError("patience, metrics and ReduceLROnPlateau look at the validation loss: give a valid_loader")
    history, best, best_state = History(), np.inf, None
    for epoch in (bar := tqdm(range(epochs), disable=not progress, desc="epochs")):
        model.train()
        total = count = 0
        lr = optimizer.param_groups[0]["lr"]
        for X, y in train_loader:
            total += len(y) * train_step(model, loss_fn, optimizer, X, y, max_grad_norm)
            count += len(y)
            if batch_scheduler is not None:
                batch_scheduler.step()
            if average is not None:
                average.update_parameters(model)
        history.add(train_loss=total / count, lr=lr)
        if valid_loader is not None:
            values = evaluate(model, loss_fn, valid_loader, metrics)
            history.add(**{f"valid_{name}": value for name, value in values.items()})
            if values["loss"] < best - min_delta:
                best, history.best_epoch = values["loss"], epoch
                best_state = deepcopy(model.state_dict()) if patience is not None else None
        if scheduler is not None:
            scheduler.step(*([history["valid_loss"][-1]] if hasattr(scheduler, "is_better") else []))
        if callback is not None:
            callback(epoch, model, history)
        bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in history.items() if name.endswith("loss")})
        if patience is not None and epoch - (-1 if history.best_epoch is None else history.best_epoch) >= patience:
            history.stopped_early = True
            break
    if best_state is not None:
        model.load_state_dict(best_state)
    return history


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def save_checkpoint(path, model, optimizer=None, **extra):
    """Write a model's state, and an optimizer's, to an ``.npz`` file of plain arrays.

    The file is written beside its place and then moved there, so that an interruption leaves the old one whole.

    Parameters
    ----------
    path : str or Path
    extra : numbers, texts, lists or dicts of them
        Kept as JSON: the epoch, the settings, a history.
    """
    arrays = {f"model/{name}": value for name, value in model.state_dict().items()}
    header = {"format": FORMAT, "extra": extra}
    if optimizer is not None:
        state = optimizer.state_dict()
        header["param_groups"] = state["param_groups"]
        arrays |= {f"optimizer/{i}/{key}": value for i, s in state["state"].items() for key, value in s.items()}
    path, header = Path(path), np.array(json.dumps(header))
    temporary = path.with_name(path.name + ".part")
    with open(temporary, "wb") as file:
        np.savez(file, header=header, **arrays)
    os.replace(temporary, path)


def _read_checkpoint(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").item())
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']!r}")
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RuntimeError(f"{path} is not a whole {FORMAT!r} file: {error}") from error
    return header, arrays


def load_checkpoint(path, model, optimizer=None):
    """Read what :func:`save_checkpoint` wrote into a model, and an optimizer.

    Returns
    -------
    dict
        ``extra``.

    Raises
    ------
    RuntimeError
        If the file is truncated or something else, or if its names and shapes are not the model's. Model and optimizer
        are then as they were.
    """
    header, arrays = _read_checkpoint(path)
    before = model.state_dict()
    model.load_state_dict({name[6:]: value for name, value in arrays.items() if name.startswith("model/")})
    if optimizer is not None:
        try:
            optimizer.load_state_dict(_optimizer_state(header, arrays))
        except (KeyError, ValueError) as error:
            model.load_state_dict(before)
            raise RuntimeError(f"{path} holds no state of this optimizer: {error}") from error
    return header["extra"]


def _optimizer_state(header, arrays):
    state = {}
    for name, value in arrays.items():
        if name.startswith("optimizer/"):
            _, number, key = name.split("/")
            state.setdefault(int(number), {})[key] = value
    groups = [{k: tuple(v) if k == "betas" else v for k, v in group.items()} for group in header["param_groups"]]
    return {"state": state, "param_groups": groups}
