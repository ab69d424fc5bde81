"""One cycle: a rate that rises and falls once, and a momentum that does the opposite."""

from collections.abc import Mapping, Sequence
from typing import Any

from companion.optim.lr_scheduler.base import LRScheduler
from companion.optim.lr_scheduler.factors import cosine, linear
from companion.optim.optimizer import Optimizer
from companion.validation import Boolean, Integer, Number, Option, require

__all__ = ["OneCycleLR", "one_cycle_ends"]


def one_cycle_ends(total_steps: int, pct_start: float, three_phase: bool) -> list[float]:
    """The steps at which the phases of :class:`OneCycleLR` end.

    Parameters
    ----------
    total_steps : int
        How many steps there are.
    pct_start : float
        The share of the way up.
    three_phase : bool
        Whether the way down has two parts.

    Returns
    -------
    list of float
        The last is ``total_steps - 1``; the first may lie before 0, and its phase is then left out.

    Raises
    ------
    ValueError
        If the first phase has no length.

    Examples
    --------
    >>> one_cycle_ends(11, 0.5, False), one_cycle_ends(11, 0.4, True)
    ([4.5, 10], [3.4000000000000004, 6.800000000000001, 10])
    """
    peak = pct_start * total_steps - 1
    ends = [peak, 2 * peak, total_steps - 1] if three_phase else [peak, total_steps - 1]
    if peak == 0:
        raise ValueError(f"total_steps={total_steps} and pct_start={pct_start} leave no step for the way up")
    return ends


def _total_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> Any:
    if total_steps is not None:
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    return require("epochs", epochs, Integer(1)) * require("steps_per_epoch", steps_per_epoch, Integer(1))


class OneCycleLR(LRScheduler):
    r"""Up from ``max_lr / div_factor`` to ``max_lr``, then down to ``max_lr / (div_factor * final_div_factor)``.

    Call :meth:`step` after every batch; ``total_steps`` counts batches. What the step after the last one sets lies
    beyond the end of the last curve, as in torch; nothing uses it.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    max_lr : float
        The highest rate, of all groups.
    total_steps : int, optional
        How many steps; or else
    epochs, steps_per_epoch : int, optional
        two numbers whose product it is.
    pct_start : float
        The share of the way up.
    anneal_strategy : {"cos", "linear"}
        The form of the curves.
    cycle_momentum : bool
        Move the momentum, or the first beta of Adam, the other way: down to ``base_momentum`` and up to
        ``max_momentum``.
    base_momentum, max_momentum : float
        The ends of its way.
    div_factor, final_div_factor : float
        What the first and the last rate are divided by.
    three_phase : bool
        Down to the initial rate as slowly as up, then to the final rate.

    Raises
    ------
    ValueError
        Besides settings, if ``pct_start * total_steps`` is 1, which leaves the way up without length (torch divides by
        zero); if a step is tried after the last; or a group was added to the optimizer (a KeyError in torch).

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = OneCycleLR(SGD([Tensor([1.0])], momentum=0.9), max_lr=1.0, total_steps=5, pct_start=0.6)
    >>> for _ in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    _rules = {
        "total_steps": (Integer(1),),
        "max_lr": (Number(0),),
        "pct_start": (Number(0, 1, "both"),),
        "anneal_strategy": (Option("cos", "linear"),),
        "cycle_momentum": (Boolean(),),
        "base_momentum": (Number(0),),
        "max_momentum": (Number(0),),
        "div_factor": (Number(0, closed="neither"),),
        "final_div_factor": (Number(0, closed="neither"),),
        "three_phase": (Boolean(),),
    }

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        self.optimizer = optimizer
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        self.max_lr = max_lr
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self.base_momentum = base_momentum
        self.max_momentum = max_momentum
        self.div_factor = div_factor
        self.final_div_factor = final_div_factor
        self.three_phase = three_phase
        self._check_settings()
        one_cycle_ends(self.total_steps, pct_start, three_phase)
        for group in optimizer.param_groups:
            if cycle_momentum and "momentum" not in group and "betas" not in group:
                raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        for group in optimizer.param_groups:
            group["initial_lr"] = max_lr / div_factor
        super().__init__(optimizer)

    def _move_to(self, step: int) -> None:
        if step > self.total_steps:
            raise ValueError(f"Tried to step {step} times. The specified number of total steps is {self.total_steps}")
        super()._move_to(step)

    def _curve(self, values: Sequence[float]) -> float:
        """Where the curve through the values at the ends of the phases stands now."""
        ends = one_cycle_ends(self.total_steps, self.pct_start, self.three_phase)
        phase = next((i for i, end in enumerate(ends) if self.last_epoch <= end), len(ends) - 1)
        begin = ends[phase - 1] if phase else 0.0
        if begin == ends[phase]:  # at the step after the last, beyond a last phase without length
            return values[-1]
        anneal = cosine if self.anneal_strategy == "cos" else linear
        return anneal(self.last_epoch - begin, values[phase], values[phase + 1], ends[phase] - begin)

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``.

        Returns
        -------
        list of float
            One for each group.
        """
        low = self.max_lr / self.div_factor
        middle = [self.max_lr, low] if self.three_phase else [self.max_lr]
        return [self._curve([low, *middle, low / self.final_div_factor])] * len(self.base_lrs)

    def get_momentum(self) -> float:
        """The momentum, or first beta, at step ``last_epoch``.

        Returns
        -------
        float
            Of all groups.
        """
        return self._curve([self.max_momentum, self.base_momentum, self.max_momentum, self.max_momentum])

    def _apply(self) -> None:
        super()._apply()
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (self.get_momentum(), group["betas"][1])
                else:
                    group["momentum"] = self.get_momentum()

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        super().check_state_dict(state_dict)
        one_cycle_ends(state_dict["total_steps"], state_dict["pct_start"], state_dict["three_phase"])
