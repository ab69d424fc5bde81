"""What belongs to a module and to all modules below it, by name."""

import itertools
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from companion.annotations import Array
from companion.nn.modules.attributes import TABLES, Attributes
from companion.nn.parameter import Parameter

if TYPE_CHECKING:
    from companion.nn.modules.module import Module

__all__ = ["Members"]


def join(prefix: str, name: str) -> str:
    """The name of something within something."""
    return f"{prefix}.{name}" if prefix else name


def layers_within(value: Any, depth: int = 3) -> Iterator[Any]:
    """The modules and parameters in plain lists and dicts, nested to a depth; of long ones the beginning."""
    if isinstance(value, (Attributes, Parameter)):
        yield value
    elif depth and isinstance(value, (list, tuple, dict)):
        for item in itertools.islice(value.values() if isinstance(value, dict) else value, 100):
            yield from layers_within(item, depth - 1)


class Members(Attributes):
    """An object that finds its parameters, buffers and submodules, and those of its submodules.

    Examples
    --------
    >>> above, below = Members(), Members()
    >>> above.part, below.scale = below, Parameter([1.0])
    >>> [name for name, _ in above.named_parameters()]
    ['part.scale']
    """

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Go through the modules directly below, with their names; a shared one comes once.

        Yields
        ------
        (str, Module)
            Name and module.
        """
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """Go through the modules directly below; a shared one comes once.

        Yields
        ------
        Module
            A child.
        """
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set["Module"] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """Go through this module and all below it, with their names.

        Parameters
        ----------
        memo : set of Module, optional
            Modules that are passed over; those that were met are added.
        prefix : str
            The name of this module, before the names of those below.
        remove_duplicate : bool
            Whether a shared module comes once, or under each of its names.

        Yields
        ------
        (str, Module)
            Name and module.
        """
        memo = set() if memo is None else memo
        waiting: list[tuple[str, Module]] = [(prefix, cast("Module", self))]
        while waiting:
            place, module = waiting.pop()
            if remove_duplicate and module in memo:
                continue
            memo.add(module)
            yield place, module
            below = [(join(place, name), child) for name, child in module._modules.items() if child is not None]
            waiting.extend(reversed(below))

    def modules(self, remove_duplicate: bool = True) -> Iterator["Module"]:
        """Go through this module and all below it.

        Parameters
        ----------
        remove_duplicate : bool
            Whether a shared module comes once, or as often as it has names.

        Yields
        ------
        Module
            A module.
        """
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def _named_members(self, table: str, prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Any]]:
        """The entries of one table, here or everywhere below; a shared one once, if so wanted."""
        seen: set[int] = set()
        for place, module in self.named_modules(prefix=prefix, remove_duplicate=once) if recurse else [(prefix, self)]:
            module._warn_of_hidden_layers()
            for name, value in getattr(module, table).items():
                if value is not None and not (once and id(value) in seen):
                    seen.add(id(value))
                    yield join(place, name), value

    def _warn_of_hidden_layers(self) -> None:
        """Say that layers in a plain list or dict are not found; torch is silent and leaves them untrained."""
        for name, value in self.__dict__.items():
            if name not in TABLES and any(not self._has(layer) for layer in layers_within(value)):
                words = f"{type(self).__name__}.{name} is a {type(value).__name__}: the layers in it are not trained"
                warnings.warn(f"{words} and not stored. Put them into nn.ModuleList or nn.ModuleDict.", stacklevel=5)

    def _has(self, layer: Any) -> bool:
        return any(layer is own for table in TABLES for own in self.__dict__[table].values())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Go through all parameters, with their names.

        Parameters
        ----------
        prefix : str
            The name of this module, before their names.
        recurse : bool
            Whether those of the modules below come, too.
        remove_duplicate : bool
            Whether a shared parameter comes once, or under each of its names.

        Yields
        ------
        (str, Parameter)
            Name and parameter.

        Warns
        -----
        UserWarning
            If a module keeps layers in a plain list or dict, where nothing finds them (torch says nothing).
        """
        yield from self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Go through all parameters, for an optimizer.

        Parameters
        ----------
        recurse : bool
            Whether those of the modules below come, too.

        Yields
        ------
        Parameter
            A parameter; a shared one once.
        """
        for _, value in self.named_parameters(recurse=recurse):
            yield value

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Array]]:
        """Go through all buffers, with their names.

        Parameters
        ----------
        prefix : str
            The name of this module, before their names.
        recurse : bool
            Whether those of the modules below come, too.
        remove_duplicate : bool
            Whether a shared buffer comes once, or under each of its names.

        Yields
        ------
        (str, ndarray)
            Name and buffer.
        """
        yield from self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Array]:
        """Go through all buffers.

        Parameters
        ----------
        recurse : bool
            Whether those of the modules below come, too.

        Yields
        ------
        ndarray
            A buffer; a shared one once.
        """
        for _, value in self.named_buffers(recurse=recurse):
            yield value

    def get_submodule(self, target: str) -> "Module":
        """Find a module below by its name.

        Parameters
        ----------
        target : str
            Such as ``"body.0"``; an empty text means this module.

        Returns
        -------
        Module
            The one of that name.

        Raises
        ------
        AttributeError
            If there is none.
        """
        module = cast("Module", self)
        for name in filter(None, target.split(".")):
            if module._modules.get(name) is None:
                raise AttributeError(f"{type(module).__name__} has no submodule {name!r}")
            module = module._modules[name]  # type: ignore[assignment]  # not None, by the line above
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Find a parameter by its name.

        Parameters
        ----------
        target : str
            Such as ``"body.0.weight"``.

        Returns
        -------
        Parameter
            The one of that name.

        Raises
        ------
        AttributeError
            If there is none.
        """
        return self._get("_parameters", target)

    def get_buffer(self, target: str) -> Array:
        """Find a buffer by its name.

        Parameters
        ----------
        target : str
            Such as ``"body.1.running_mean"``.

        Returns
        -------
        ndarray
            The one of that name.

        Raises
        ------
        AttributeError
            If there is none.
        """
        return self._get("_buffers", target)

    def _get(self, table: str, target: str) -> Any:
        place, _, name = target.rpartition(".")
        module = self.get_submodule(place)
        if getattr(module, table).get(name) is None:
            raise AttributeError(f"{type(module).__name__} has no {table[1:-1]} {name!r}")
        return getattr(module, table)[name]
