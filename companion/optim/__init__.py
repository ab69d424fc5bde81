"""A small torch.optim that one can read: step functions, the optimizers that apply them, and schedules of the rate."""

from companion.optim import lr_scheduler, swa_utils
from companion.optim.optimizer import Optimizer
from companion.optim.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from companion.optim.steps import adagrad_step, adam_step, adamw_step, rmsprop_step, sgd_step

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "adagrad_step",
    "adam_step",
    "adamw_step",
    "lr_scheduler",
    "rmsprop_step",
    "sgd_step",
    "swa_utils",
]
