r"""Schedules of the learning rate (``torch.optim.lr_scheduler``): rates as functions of the step.

Each schedule sets the rate of the first step when it is made, and the next one at every :meth:`~LRScheduler.step`.
Settings are held to rules that are stricter than torch's: every number is finite and no bool, a number of steps is an
integer, and what would divide by zero at some later step is refused at once.
"""

from companion.optim.lr_scheduler.base import LRScheduler
from companion.optim.lr_scheduler.factors import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    StepLR,
    cosine,
    linear,
    step_factor,
)
from companion.optim.lr_scheduler.one_cycle import OneCycleLR
from companion.optim.lr_scheduler.plateau import ReduceLROnPlateau
from companion.optim.lr_scheduler.sequential import SequentialLR

__all__ = [
    "CosineAnnealingLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "cosine",
    "linear",
    "step_factor",
]
