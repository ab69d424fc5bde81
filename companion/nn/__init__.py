"""A small torch.nn that one can read: modules, their functions, and first weights."""

from companion.nn import functional, init, modules, utils
from companion.nn.modules import *  # noqa: F403
from companion.nn.modules import __all__ as _modules

__all__ = ["functional", "init", "modules", "utils", *_modules]
