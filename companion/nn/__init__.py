"""A small torch.nn that one can read: modules, their functions, and initial weights."""

from companion.nn import functional, init, utils
from companion.nn.modules import *  # noqa: F403
from companion.nn.modules import Module, Parameter

__all__ = ["Module", "Parameter", "functional", "init", "utils"]
