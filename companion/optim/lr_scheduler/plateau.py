"""A rate that is reduced when a quantity stops improving."""

import math
from collections.abc import Mapping
from typing import Any

from companion.optim.lr_scheduler.base import Stateful
from companion.optim.optimizer import Optimizer
from companion.validation import Instance, Integer, Number, Option

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(Stateful):
    """Multiply the rate by ``factor`` when a quantity has not improved for more than ``patience`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    mode : {"min", "max"}
        Which direction is an improvement.
    factor : float
        In [0, 1).
    patience : int
        How many epochs in a row may pass without improvement.
    threshold : float
        What counts as an improvement.
    threshold_mode : {"rel", "abs"}
        An improvement is one by more than the threshold, as a share of the best value or as such.
    cooldown : int
        Epochs after a reduction that are not counted.
    min_lr, eps : float
        The rate stays above ``min_lr``, and is not changed by less than ``eps``.

    Attributes
    ----------
    best : float
        The best value so far.
    num_bad_epochs : int
        How many epochs in a row were no improvement.
    cooldown_counter : int
        How many more are not counted.
    last_epoch : int
        How often :meth:`step` was called.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = ReduceLROnPlateau(SGD([Tensor([1.0])], lr=2.0), factor=0.5, patience=0)
    >>> for loss in (1.0, 0.5, 0.5):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [1.0]
    """

    _rules = {
        "mode": (Option("min", "max"),),
        "factor": (Number(0, 1),),
        "patience": (Integer(0),),
        "threshold": (Number(),),
        "threshold_mode": (Option("rel", "abs"),),
        "cooldown": (Integer(0),),
        "min_lr": (Number(0),),
        "eps": (Number(0),),
    }
    _counters = {
        "best": (Instance(float, int),),
        "num_bad_epochs": (Integer(0),),
        "cooldown_counter": (Integer(0),),
        "last_epoch": (Integer(0),),
    }

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.eps = eps
        self._check_settings()
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def is_better(self, value: float) -> bool:
        """Whether a value improves on the best one by more than the threshold.

        Parameters
        ----------
        value : float
            A nan never does.

        Returns
        -------
        bool
            The answer.
        """
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            return sign * value > sign * self.best + self.threshold
        return sign * value > sign * (self.best * (1 + sign * self.threshold))

    def step(self, metrics: float) -> None:
        """Look at the quantity after an epoch, and reduce the rates if it is time.

        Parameters
        ----------
        metrics : float
            The quantity, such as a validation loss.
        """
        self.last_epoch += 1
        if self.is_better(float(metrics)):
            self.best = float(metrics)
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _reduce(self) -> None:
        for group in self.optimizer.param_groups:
            lr = max(group["lr"] * self.factor, self.min_lr)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        super().check_state_dict(state_dict)
        if math.isnan(state_dict["best"]):
            raise ValueError("best=nan, expected a number")
