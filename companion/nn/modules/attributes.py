"""Where the attributes of a module are kept: parameters, buffers and submodules apart from the rest."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import Tensor
from companion.nn.checks import flag
from companion.nn.parameter import Parameter

if TYPE_CHECKING:
    from companion.nn.modules.module import Module

__all__ = ["TABLES", "Attributes"]

TABLES = ("_parameters", "_buffers", "_modules")


def as_buffer(name: str, value: Any) -> Array | None:
    """The array of a buffer, which is kept without a copy."""
    if isinstance(value, Tensor):
        return value.data
    if value is None or isinstance(value, np.ndarray):
        return value
    raise TypeError(f"cannot assign {type(value).__name__} as buffer {name!r} (ndarray, Tensor or None expected)")


class Attributes:
    """An object that sorts its attributes: each name stands in one table, or among the plain attributes.

    Attributes
    ----------
    training : bool
        Whether the module is in training.

    Examples
    --------
    >>> thing = Attributes()
    >>> thing.scale, thing.name = Parameter([1.0]), "a thing"
    >>> list(thing._parameters), thing.scale
    (['scale'], tensor([1.], requires_grad=True))
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Array | None]
    _modules: dict[str, "Module | None"]
    _not_stored: set[str]

    def __init__(self) -> None:
        self._parameters, self._buffers, self._modules = OrderedDict(), OrderedDict(), OrderedDict()
        self._not_stored = set()  # names of buffers that state_dict leaves out
        self.training = True

    def __setattr__(self, name: str, value: Any) -> None:
        place = self._place(name, value)
        if place != "attributes" and (not name or "." in name or hasattr(type(self), name)):
            raise KeyError(f"{name!r} cannot name a part: it is empty, or has a dot, or is an attribute of the class")
        if place == "_buffers":
            value = as_buffer(name, value)
        for table in TABLES:  # a name stands for one thing
            if table != place:
                self.__dict__.get(table, {}).pop(name, None)
        if place == "attributes":
            object.__setattr__(self, name, value)
        else:
            self.__dict__.pop(name, None)
            self.__dict__[place][name] = value

    def _place(self, name: str, value: Any) -> str:
        """Where a value belongs: into one of the tables, or among the plain attributes."""
        if isinstance(value, (Parameter, Attributes)) and "_modules" not in self.__dict__:
            raise AttributeError(f"cannot assign {name!r} before Module.__init__() call")
        if isinstance(value, Parameter):
            return "_parameters"
        if name in self.__dict__.get("_parameters", ()):
            self._expect(value is None, name, value, "parameter", "Parameter")
            return "_parameters"
        if isinstance(value, Attributes):
            return "_modules"
        if name in self.__dict__.get("_modules", ()):
            self._expect(value is None, name, value, "submodule", "Module")
            return "_modules"
        return "_buffers" if name in self.__dict__.get("_buffers", ()) else "attributes"

    @staticmethod
    def _expect(right: bool, name: str, value: Any, place: str, kind: str) -> None:
        if not right:
            raise TypeError(f"cannot assign {type(value).__name__} as {place} {name!r} ({kind} or None expected)")

    def __getattr__(self, name: str) -> Any:
        attributes = self.__dict__  # asked for only where there is no plain attribute of this name
        for table in TABLES:
            if table in attributes and name in attributes[table]:
                return attributes[table][name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for table in TABLES:
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._not_stored.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def _check_name(self, kind: str, name: str, table: Mapping[str, Any]) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(f"{kind} name can't be empty or contain a dot, got {name!r}")
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute {name!r} already exists")

    def register_buffer(self, name: str, tensor: Array | Tensor | None, persistent: bool = True) -> None:
        """Add an array that belongs to the module but is not trained.

        Parameters
        ----------
        name : str
            The attribute's name.
        tensor : ndarray, Tensor or None
            Not copied. None holds the place of one that comes later.
        persistent : bool
            Whether :meth:`state_dict` has it.

        Raises
        ------
        KeyError
            If the name cannot be one, or is taken; TypeError, if ``tensor`` is neither an array nor None.
        """
        self._check_name("buffer", name, self._buffers)
        self._buffers[name] = as_buffer(name, tensor)
        self._not_stored.discard(name)
        if not flag("persistent", persistent):
            self._not_stored.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None for one that is absent.

        Parameters
        ----------
        name : str
            The attribute's name.
        param : Parameter or None
            The parameter.

        Raises
        ------
        KeyError
            If the name cannot be one, or is taken; TypeError, if ``param`` is no parameter.
        """
        self._check_name("parameter", name, self._parameters)
        self._expect(param is None or isinstance(param, Parameter), name, param, "parameter", "Parameter")
        self._parameters[name] = param

    def register_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule, or None for one that is absent.

        Parameters
        ----------
        name : str
            The attribute's name.
        module : Module or None
            The submodule.

        Raises
        ------
        KeyError
            If the name cannot be one, or is taken; TypeError, if ``module`` is none.
        """
        if not (module is None or isinstance(module, Attributes)):
            raise TypeError(f"{type(module).__name__} is not a Module")
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    add_module = register_module
