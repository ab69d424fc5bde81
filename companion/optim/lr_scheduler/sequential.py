"""Schedules one after another."""

from collections.abc import Mapping
from typing import Any

from companion.optim.lr_scheduler.base import LRScheduler
from companion.optim.lr_scheduler.plateau import ReduceLROnPlateau
from companion.optim.optimizer import Optimizer
from companion.validation import Instance, Integer, require

__all__ = ["SequentialLR"]


class SequentialLR(LRScheduler):
    """One schedule after another, the next from its own beginning at each milestone: a warm-up and then a cosine.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    schedulers : list of LRScheduler
        Of this optimizer.
    milestones : list of int
        One fewer than schedulers: the steps at which the next one begins. They must not decrease, which torch leaves
        unchecked.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> from companion.optim.lr_scheduler import LinearLR, StepLR
    >>> optimizer = SGD([Tensor([1.0])], lr=2.0)
    >>> warm_up, drop = LinearLR(optimizer, 0.5, total_iters=2), StepLR(optimizer, 1)
    >>> schedule, rates = SequentialLR(optimizer, [warm_up, drop], [2]), []
    >>> for _ in range(4):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [1.0, 1.5, 2.0, 0.2]
    """

    def __init__(self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int]) -> None:
        self._schedulers = list(require("schedulers", schedulers, Instance(list, tuple)))
        self._milestones = self._checked_milestones(milestones)
        for scheduler in self._schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError("SequentialLR does not support ReduceLROnPlateau, which looks at a quantity")
            require("scheduler", scheduler, Instance(LRScheduler), error=TypeError)
            if scheduler.optimizer is not optimizer:
                raise ValueError("SequentialLR expects all schedulers to belong to its own optimizer")
        super().__init__(optimizer)

    def _checked_milestones(self, milestones: Any) -> list[int]:
        n = len(self._schedulers)
        require("milestones", milestones, Instance(list, tuple))
        if n == 0 or len(milestones) != n - 1:
            raise ValueError(f"{n} schedulers need {n - 1} milestones, got {len(milestones)}")
        for milestone in milestones:
            require("a milestone", milestone, Integer(0))
        if list(milestones) != sorted(milestones):
            raise ValueError(f"milestones must increase, got {milestones}")
        return list(milestones)

    def _place(self) -> int:
        """The number of the schedule that sets the rate now."""
        return sum(self.last_epoch >= milestone for milestone in self._milestones)

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``.

        Returns
        -------
        list of float
            One for each group.
        """
        return self._schedulers[self._place()].get_lr()

    def _apply(self) -> None:
        self._schedulers[self._place()].begin()
        self._last_lr = self._schedulers[self._place()].get_last_lr()

    def step(self) -> None:
        """Go on to the next step, or to the beginning of the next schedule, and set its rates.

        Raises
        ------
        ValueError
            If a group was added to the optimizer that a schedule cannot take in, as in torch.
        """
        self.last_epoch += 1
        self._step_count += 1
        scheduler = self._schedulers[self._place()]
        if self.last_epoch in self._milestones:
            scheduler.begin()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """The state of all its schedules, and where it stands.

        Returns
        -------
        dict
            As of every schedule, with ``"_milestones"`` and ``"_schedulers"``.
        """
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_milestones": list(self._milestones), "_schedulers": states}

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        super().check_state_dict(state_dict)
        self._checked_milestones(state_dict["_milestones"])
        states = require("_schedulers", state_dict["_schedulers"], Instance(list))
        if len(states) != len(self._schedulers):
            raise ValueError(f"the state has {len(states)} schedules, expected {len(self._schedulers)}")
        for scheduler, state in zip(self._schedulers, states):
            scheduler.check_state_dict(state)

    def _take(self, state_dict: Mapping[str, Any]) -> None:
        super()._take({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"]):
            scheduler._take(state)
