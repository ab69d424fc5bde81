"""What a run leaves behind, and when it is over."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from companion.annotations import Array
from companion.nn import Module
from companion.validation import Boolean, Instance, Integer, Number, require

__all__ = ["EarlyStopping", "History"]


class History(dict[str, list[float]]):
    """The name of a quantity -> its value after each epoch; as attributes, what else a run needs to go on.

    Attributes
    ----------
    best_epoch : int or None
        Counted from 0, by the validation loss; None without validation data.
    best_loss : float
        The validation loss that is to be undercut.
    stopped_early : bool
        Whether patience ended the run.
    best_weights : dict or None
        The state of the model after ``best_epoch``, where patience asks for it.
    last_weights : dict or None
        The state after the last epoch, where the best weights took its place.

    Examples
    --------
    >>> history = History()
    >>> history.add(train_loss=0.5)
    >>> history, history.epochs
    ({'train_loss': [0.5]}, 1)
    """

    _attributes = ("best_epoch", "best_loss", "stopped_early", "best_weights", "last_weights")

    def __init__(self) -> None:
        super().__init__()
        self.best_epoch: int | None = None
        self.best_loss = np.inf
        self.stopped_early = False
        self.best_weights: dict[str, Array] | None = None
        self.last_weights: dict[str, Array] | None = None

    def add(self, **values: float) -> None:
        """Note what an epoch gave.

        Parameters
        ----------
        **values : float
            By name.
        """
        for name, value in values.items():
            self.setdefault(name, []).append(value)

    @property
    def epochs(self) -> int:
        """How many epochs there were."""
        return len(self.get("train_loss", ()))

    def state_dict(self) -> dict[str, Any]:
        """Everything, for a file.

        Returns
        -------
        dict
            ``"values"`` and the attributes.
        """
        values = {name: list(numbers) for name, numbers in self.items()}
        return {"values": values, **{name: getattr(self, name) for name in self._attributes}}

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        require("state_dict", state_dict, Instance(Mapping))
        if set(state_dict) != {"values", *self._attributes}:
            raise ValueError(
                f"a history has 'values' and {sorted(self._attributes)}, got {sorted(state_dict, key=str)}"
            )
        for name, numbers in require("values", state_dict["values"], Instance(dict)).items():
            require("the name of a quantity", name, Instance(str))
            require(name, numbers, Instance(list))
        epochs = len(state_dict["values"].get("train_loss", ()))
        require("best_epoch", state_dict["best_epoch"], Integer(0, max(epochs, 1)), None)
        require("best_loss", state_dict["best_loss"], Number(high=np.inf, closed="right"))
        require("stopped_early", state_dict["stopped_early"], Boolean())
        for name in ("best_weights", "last_weights"):
            require(name, state_dict[name], Instance(dict), None)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; everything is checked before anything is changed.

        Parameters
        ----------
        state_dict : dict
            Copied.

        Raises
        ------
        ValueError
            If it is no history.
        """
        self.check_state_dict(state_dict)
        self.clear()
        self.update(deepcopy(state_dict["values"]))
        self.best_epoch = state_dict["best_epoch"]
        self.best_loss = state_dict["best_loss"]
        self.stopped_early = state_dict["stopped_early"]
        self.best_weights = deepcopy(state_dict["best_weights"])
        self.last_weights = deepcopy(state_dict["last_weights"])


class EarlyStopping:
    """Stop when the validation loss has not fallen for a while, and go back to the best weights.

    Parameters
    ----------
    patience : int or None
        For how many epochs the loss may fail to fall; None never stops and keeps no weights.
    min_delta : float
        A loss falls if it is lower than the best one by more than this.

    Examples
    --------
    >>> from companion import nn
    >>> stopping, history = EarlyStopping(patience=2), History()
    >>> for loss in (3.0, 1.0, 2.0, 1.0):
    ...     history.add(train_loss=loss)
    ...     stopping.look(loss, nn.Linear(1, 1), history)
    >>> history.best_epoch, stopping.is_over(history)
    (1, True)
    """

    def __init__(self, patience: int | None = None, min_delta: float = 0.0) -> None:
        self.patience = require("patience", patience, Integer(0), None)
        self.min_delta = require("min_delta", min_delta, Number(0))

    def look(self, loss: float, model: Module, history: History) -> None:
        """Note a validation loss, and with patience the weights, if it is the best.

        Parameters
        ----------
        loss : float
            After the last epoch of the history; a nan is no improvement.
        model : Module
            As it is now.
        history : History
            Where it is noted.
        """
        if loss < history.best_loss - self.min_delta:
            history.best_loss = loss
            history.best_epoch = history.epochs - 1
            history.best_weights = None if self.patience is None else model.state_dict()

    def is_over(self, history: History) -> bool:
        """Whether patience has run out.

        Parameters
        ----------
        history : History
            Of the run so far.

        Returns
        -------
        bool
            The answer.
        """
        waited = history.epochs if history.best_epoch is None else history.epochs - 1 - history.best_epoch
        return self.patience is not None and history.epochs > 0 and waited >= self.patience
