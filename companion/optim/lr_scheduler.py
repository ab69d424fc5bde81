r"""Schedules of the learning rate (``torch.optim.lr_scheduler``): rates as functions of the step.

Each schedule sets the rate of the first step when it is made, and the next one at every :meth:`step`.
"""

import itertools
import math

# ---- factors: how the base rate is multiplied after so many steps ---------------------------------------------------


def step_factor(step, step_size, gamma=0.1):
    r""":math:`\gamma^{\lfloor t / s \rfloor}`: a drop after every ``step_size`` steps."""
    return gamma ** (step // step_size)


def cosine(step, start, end, length):
    r"""Half a cosine wave from ``start`` to ``end``: :math:`e + (s - e)(1 + \cos \pi t / T) / 2`; back up after T.

    Examples
    --------
    >>> [round(cosine(t, 1.0, 0.0, 4), 3) for t in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return end + (start - end) * (1 + math.cos(math.pi * step / length)) / 2


def linear(step, start, end, length):
    """A straight line from ``start`` to ``end`` within ``length`` steps."""
    return start + (end - start) * step / length


# ---- schedules ------------------------------------------------------------------------------------------------------


class LRScheduler:
    """Sets ``"lr"`` of every group of an optimizer; subclasses say which, in :meth:`get_lr`.

    The rate is a function of the step alone: what was set by hand, or by a second schedule of the same optimizer, is
    overwritten, whereas torch multiplies the rate that it finds. Join schedules by :class:`SequentialLR`.

    Attributes
    ----------
    last_epoch : int
        How often :meth:`step` was called.
    base_lrs : list of float
        The rates that the optimizer was made with.
    """

    def __init__(self, optimizer):
        self.optimizer, self.last_epoch = optimizer, 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._apply()

    def get_lr(self):
        """The rate of each group at step ``last_epoch``."""
        raise NotImplementedError

    def get_last_lr(self):
        """The rates that are set now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self):
        self.last_epoch += 1
        self._apply()

    def _apply(self):
        for group, lr in zip(self.optimizer.param_groups, self.get_lr()):
            group["lr"] = lr


class LambdaLR(LRScheduler):
    """The base rate times any function of the step."""

    def __init__(self, optimizer, lr_lambda):
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def get_lr(self):
        return [base * self.lr_lambda(self.last_epoch) for base in self.base_lrs]


class StepLR(LRScheduler):
    """:func:`step_factor`."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def get_lr(self):
        return [base * step_factor(self.last_epoch, self.step_size, self.gamma) for base in self.base_lrs]


class LinearLR(LRScheduler):
    """A warm-up: the factor goes from ``start_factor`` to ``end_factor`` within ``total_iters`` steps, and stays."""

    def __init__(self, optimizer, start_factor=1 / 3, end_factor=1.0, total_iters=5):
        if not 0 < start_factor <= 1:
            raise ValueError(f"Starting multiplicative factor expected to be in (0, 1], got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"Ending multiplicative factor expected to be in [0, 1], got {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer)

    def get_lr(self):
        factor = linear(min(self.last_epoch, self.total_iters), self.start_factor, self.end_factor, self.total_iters)
        return [base * factor for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """:func:`cosine` from the base rate to ``eta_min`` within ``T_max`` steps, and up again after them."""

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def get_lr(self):
        return [cosine(self.last_epoch, base, self.eta_min, self.T_max) for base in self.base_lrs]


class SequentialLR(LRScheduler):
    """One schedule after another, the next from its own beginning at each milestone: a warm-up and then a cosine.

    Parameters
    ----------
    schedulers : list of LRScheduler
        Of this optimizer.
    milestones : list of int
        One fewer than schedulers: the steps at which the next one begins.
    """

    def __init__(self, optimizer, schedulers, milestones):
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(schedulers)} schedulers need {len(schedulers) - 1} milestones, got {len(milestones)}"
            )
        if list(milestones) != sorted(milestones):
            raise ValueError(f"milestones must increase, got {milestones}")
        self.schedulers, self.milestones = schedulers, milestones
        super().__init__(optimizer)

    def get_lr(self):
        place = sum(self.last_epoch >= milestone for milestone in self.milestones)
        scheduler = self.schedulers[place]
        scheduler.last_epoch = self.last_epoch - (self.milestones[place - 1] if place else 0)
        return scheduler.get_lr()


class OneCycleLR(LRScheduler):
    r"""Up from ``max_lr / div_factor`` to ``max_lr``, then down to ``max_lr / (div_factor * final_div_factor)``.

    Call :meth:`step` after every batch; ``total_steps`` counts batches. What the step after the last one sets lies
    beyond the end of the last curve, as in torch; nothing uses it.

    Parameters
    ----------
    max_lr : float
    total_steps : int
    pct_start : float
        The share of the way up.
    anneal_strategy : {"cos", "linear"}
    cycle_momentum : bool
        Move the momentum, or the first beta of Adam, the other way: down to ``base_momentum`` and up to
        ``max_momentum``.
    three_phase : bool
        Down to the initial rate as slowly as up, then to the final rate.
    """

    def __init__(
        self,
        optimizer,
        max_lr,
        total_steps,
        pct_start=0.3,
        anneal_strategy="cos",
        cycle_momentum=True,
        base_momentum=0.85,
        max_momentum=0.95,
        div_factor=25.0,
        final_div_factor=1e4,
        three_phase=False,
    ):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if not (isinstance(total_steps, int) and total_steps > 0):
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        self.total_steps, self.cycle_momentum = total_steps, cycle_momentum
        self._anneal = cosine if anneal_strategy == "cos" else linear
        low, end = max_lr / div_factor, max_lr / div_factor / final_div_factor
        peak = pct_start * total_steps - 1
        ends = [peak, 2 * peak, total_steps - 1] if three_phase else [peak, total_steps - 1]
        rates = [low, max_lr, low, end] if three_phase else [low, max_lr, end]
        momenta = [max_momentum, base_momentum, max_momentum, max_momentum][: len(rates)]
        self._phases = list(zip([0.0, *ends[:-1]], ends, itertools.pairwise(rates), itertools.pairwise(momenta)))
        for group in optimizer.param_groups:
            group["initial_lr"] = low
            if cycle_momentum and "momentum" not in group and "betas" not in group:
                raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        super().__init__(optimizer)

    def _apply(self):
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        super()._apply()

    def get_lr(self):
        start, end, rates, momenta = next(p for p in self._phases if self.last_epoch <= p[1] or p is self._phases[-1])
        place, length = self.last_epoch - start, end - start
        if self.cycle_momentum:
            momentum = self._anneal(place, *momenta, length)
            for group in self.optimizer.param_groups:
                group.update({"betas": (momentum, group["betas"][1])} if "betas" in group else {"momentum": momentum})
        return [self._anneal(place, *rates, length)] * len(self.base_lrs)


class ReduceLROnPlateau:
    """Multiply the rate by ``factor`` when a quantity has not improved for more than ``patience`` epochs.

    Parameters
    ----------
    mode : {"min", "max"}
        Which direction is an improvement.
    threshold : float
    threshold_mode : {"rel", "abs"}
        An improvement is one by more than the threshold, as a share of the best value or as such.
    cooldown : int
        Epochs after a reduction that are not counted.
    min_lr, eps : float
        The rate stays above ``min_lr``, and is not changed by less than ``eps``.
    """

    def __init__(
        self,
        optimizer,
        mode="min",
        factor=0.1,
        patience=10,
        threshold=1e-4,
        threshold_mode="rel",
        cooldown=0,
        min_lr=0.0,
        eps=1e-8,
    ):
        if factor >= 1:
            raise ValueError("Factor should be < 1.0.")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown = threshold, threshold_mode, cooldown
        self.min_lr, self.eps = min_lr, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0

    def is_better(self, value):
        """Whether a value improves on the best one by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            return sign * value > sign * self.best + self.threshold
        return sign * value > sign * (self.best * (1 + sign * self.threshold))

    def get_last_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self, metrics):
        self.last_epoch += 1
        if self.is_better(float(metrics)):
            self.best, self.num_bad_epochs = float(metrics), 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _reduce(self):
        for group in self.optimizer.param_groups:
            lr = max(group["lr"] * self.factor, self.min_lr)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr
