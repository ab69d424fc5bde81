"""Schedules that multiply the base rate by a factor of the step."""

import math
from collections.abc import Callable

from companion.optim.lr_scheduler.base import LRScheduler
from companion.optim.optimizer import Optimizer
from companion.validation import Integer, Number

__all__ = ["CosineAnnealingLR", "LambdaLR", "LinearLR", "StepLR", "cosine", "linear", "step_factor"]

# ---- factors --------------------------------------------------------------------------------------------------------


def step_factor(step: int, step_size: int, gamma: float = 0.1) -> float:
    r""":math:`\gamma^{\lfloor t / s \rfloor}`: a drop after every ``step_size`` steps.

    Parameters
    ----------
    step : int
        t, from 0 on.
    step_size : int
        s.
    gamma : float
        What each drop multiplies by.

    Returns
    -------
    float
        The factor.

    Examples
    --------
    >>> [step_factor(t, 2, 0.5) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return gamma ** (step // step_size)


def cosine(step: float, start: float, end: float, length: float) -> float:
    r"""Half a cosine wave from ``start`` to ``end``: :math:`e + (s - e)(1 + \cos \pi t / T) / 2`; back up after T.

    Parameters
    ----------
    step : float
        t.
    start, end : float
        s and e, the values at t = 0 and t = T.
    length : float
        T.

    Returns
    -------
    float
        The value at t.

    Examples
    --------
    >>> [round(cosine(t, 1.0, 0.0, 4), 3) for t in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return end + (start - end) * (1 + math.cos(math.pi * step / length)) / 2


def linear(step: float, start: float, end: float, length: float) -> float:
    """A straight line from ``start`` to ``end`` within ``length`` steps.

    Parameters
    ----------
    step : float
        The place on the line.
    start, end : float
        The values at the steps 0 and ``length``.
    length : float
        How many steps.

    Returns
    -------
    float
        The value at the step.

    Examples
    --------
    >>> [linear(t, 0.0, 1.0, 4) for t in range(5)]
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return start + (end - start) * step / length


# ---- schedules ------------------------------------------------------------------------------------------------------


class LambdaLR(LRScheduler):
    """The base rate times any function of the step.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    lr_lambda : callable
        ``lr_lambda(step)``, from 0 on. Not a part of the state.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = LambdaLR(SGD([Tensor([1.0])], lr=2.0), lambda step: 1 / (1 + step))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        if not callable(lr_lambda):
            raise TypeError(f"lr_lambda={lr_lambda!r} is not callable")
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``.

        Returns
        -------
        list of float
            One for each group.
        """
        return [base * self.lr_lambda(self.last_epoch) for base in self.base_lrs]


class _FactorLR(LRScheduler):
    """A floor, and the part of the base rate above it times a factor that depends on the step.

    A group that is added later is taken in at its present rate, as in torch.
    """

    def _floor(self) -> float:
        return 0.0

    def _factor(self) -> float:
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``.

        Returns
        -------
        list of float
            One for each group.
        """
        return [self._floor() + (base - self._floor()) * self._factor() for base in self.base_lrs]

    def _late_base(self, lr: float) -> float:
        if self._factor() == 0:
            return super()._late_base(lr)
        return self._floor() + (lr - self._floor()) / self._factor()


class StepLR(_FactorLR):
    """A drop after every ``step_size`` steps, by :func:`step_factor`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    step_size : int
        From 1 on; torch takes 0, and fails at the first step.
    gamma : float
        What each drop multiplies by.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = StepLR(SGD([Tensor([1.0])], lr=2.0), step_size=1, gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    _rules = {"step_size": (Integer(1),), "gamma": (Number(),)}

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def _factor(self) -> float:
        return step_factor(self.last_epoch, self.step_size, self.gamma)


class LinearLR(_FactorLR):
    """A warm-up: the factor goes from ``start_factor`` to ``end_factor`` within ``total_iters`` steps, and stays.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    start_factor : float
        In (0, 1].
    end_factor : float
        In [0, 1].
    total_iters : int
        How many steps; with 0 the factor stays at ``start_factor``, as in torch.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = LinearLR(SGD([Tensor([1.0])], lr=2.0), start_factor=0.5, total_iters=2)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.5]
    """

    _rules = {
        "start_factor": (Number(0, 1, "right"),),
        "end_factor": (Number(0, 1, "both"),),
        "total_iters": (Integer(0),),
    }

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def _factor(self) -> float:
        if self.total_iters == 0:
            return self.start_factor
        return linear(min(self.last_epoch, self.total_iters), self.start_factor, self.end_factor, self.total_iters)


class CosineAnnealingLR(_FactorLR):
    """Along a :func:`cosine` from the base rate to ``eta_min`` within ``T_max`` steps, and up again after them.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    T_max : int
        From 1 on; torch fails with a ZeroDivisionError at 0.
    eta_min : float
        The lowest rate.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> from companion.optim import SGD
    >>> schedule = CosineAnnealingLR(SGD([Tensor([1.0])], lr=2.0), T_max=2)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    _rules = {"T_max": (Integer(1),), "eta_min": (Number(),)}

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def _floor(self) -> float:
        return self.eta_min

    def _factor(self) -> float:
        return cosine(self.last_epoch, 1.0, 0.0, self.T_max)
