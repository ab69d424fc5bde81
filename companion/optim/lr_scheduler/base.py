"""What all schedules of the learning rate share: a state that can be saved, and rates that are set at each step."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from companion.optim.optimizer import Optimizer
from companion.validation import Instance, Integer, Number, Rule, require

__all__ = ["LRScheduler", "Stateful"]


class Stateful:
    """A state that is kept by name, and held to rules before it is taken over.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> from companion.optim.lr_scheduler import StepLR
    >>> schedule = StepLR(SGD([Tensor([1.0])], lr=2.0), step_size=3)
    >>> schedule.state_dict()["step_size"], isinstance(schedule, Stateful)
    (3, True)
    """

    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {}  # of the settings, which are attributes
    _counters: ClassVar[dict[str, tuple[Rule, ...]]] = {}  # of what changes along the way

    optimizer: Optimizer
    _last_lr: list[float]

    def _check_settings(self) -> None:
        require("optimizer", self.optimizer, Instance(Optimizer), error=TypeError)
        for name, rules in self._rules.items():
            require(name, getattr(self, name), *rules)

    def get_last_lr(self) -> list[float]:
        """The rates that were set last.

        Returns
        -------
        list of float
            One for each group.
        """
        return list(self._last_lr)

    def _set_rates(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates):
            group["lr"] = lr
        self._last_lr = list(rates)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, by torch's names.

        Returns
        -------
        dict
            Numbers, words and lists. The rates that are set stand in the optimizer's state.
        """
        state = {name: getattr(self, name) for name in [*self._rules, *self._counters]}
        return {**state, "_last_lr": list(self._last_lr)}

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        require("state_dict", state_dict, Instance(Mapping))
        own = set(self.state_dict())
        if set(state_dict) != own:
            raise ValueError(
                f"the state is another schedule's: it has {sorted(state_dict, key=str)}, not {sorted(own)}"
            )
        for name, rules in {**self._rules, **self._counters}.items():
            require(name, state_dict[name], *rules)
        for name in own & {"base_lrs", "_last_lr"}:
            self._check_rates(name, state_dict[name])

    def _check_rates(self, name: str, rates: Any) -> None:
        for rate in require(name, rates, Instance(list)):
            require(name, rate, Number())
        if len(rates) > len(self.optimizer.param_groups):
            raise ValueError(f"{name}={rates}, expected one for each of {len(self.optimizer.param_groups)} groups")

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; everything is checked before anything is changed.

        Parameters
        ----------
        state_dict : dict
            Copied. The optimizer's own state, which has the rates, is to be loaded into the optimizer.

        Raises
        ------
        ValueError
            If it is not a state of this kind of schedule.
        """
        self.check_state_dict(state_dict)
        self._take(state_dict)

    def _take(self, state_dict: Mapping[str, Any]) -> None:
        self.__dict__.update({name: list(v) if isinstance(v, list) else v for name, v in state_dict.items()})


class LRScheduler(Stateful):
    """Sets ``"lr"`` of every group of an optimizer; subclasses say which, in :meth:`get_lr`.

    The rate is a function of the step alone: what was set by hand, or by a second schedule of the same optimizer, is
    overwritten, whereas torch multiplies the rate that it finds. Join schedules by :class:`SequentialLR`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.

    Attributes
    ----------
    last_epoch : int
        How often :meth:`step` was called.
    base_lrs : list of float
        The rates that the optimizer was made with.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> class Halved(LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> schedule = Halved(SGD([Tensor([1.0])], lr=2.0))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    _counters = {"last_epoch": (Integer(0),), "_step_count": (Integer(1),)}

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self._check_settings()
        self.last_epoch = 0
        self._step_count = 1
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._apply()

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``.

        Returns
        -------
        list of float
            One for each group.
        """
        raise NotImplementedError

    def step(self) -> None:
        """Go on to the next step and set its rates.

        Raises
        ------
        ValueError
            If a group was added to the optimizer that this schedule cannot take in.
        """
        for group in self.optimizer.param_groups[len(self.base_lrs) :]:
            self.base_lrs.append(self._late_base(group["lr"]))
        self._move_to(self.last_epoch + 1)

    def begin(self) -> None:
        """Go back to the first step and set its rates.

        Raises
        ------
        ValueError
            If a group was added to the optimizer in the meantime.
        """
        for group in self.optimizer.param_groups[len(self.base_lrs) :]:
            LRScheduler._late_base(self, group["lr"])
        self._move_to(0)

    def _move_to(self, step: int) -> None:
        self.last_epoch = step
        self._step_count += 1
        self._apply()

    def _apply(self) -> None:
        self._set_rates(self.get_lr())

    def _late_base(self, lr: float) -> float:
        """The base rate of a group that was added after this schedule was made, from its present rate."""
        raise ValueError(f"a parameter group was added after {type(self).__name__} was made: make a new schedule")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, by torch's names.

        Returns
        -------
        dict
            Numbers, words and lists. The rates that are set stand in the optimizer's state.
        """
        return {**super().state_dict(), "base_lrs": list(self.base_lrs)}
