"""Modules made of modules (``torch.nn.modules.container``)."""

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain
from typing import Any, Self

from companion.nn.modules.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Numbered(Module):
    """What a list and a chain of modules share: places, counted from 0, or from the end."""

    _modules: dict[str, Module]  # type: ignore[assignment]  # no place stays empty

    def _name_at(self, index: int) -> str:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range")
        return list(self._modules)[index]

    def _renumber(self, modules: Iterable[Module]) -> None:
        modules = [self._a_module(module) for module in modules]
        self._modules.clear()
        for place, module in enumerate(modules):
            self._modules[str(place)] = module

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return self._part(idx)
        return self._modules[self._name_at(idx)]

    def _part(self, idx: slice) -> "Module":
        raise NotImplementedError

    def __setitem__(self, idx: int, module: Module) -> None:
        self._modules[self._name_at(idx)] = self._a_module(module)

    def __delitem__(self, idx: int | slice) -> None:
        names = list(self._modules)[idx] if isinstance(idx, slice) else [self._name_at(idx)]
        self._renumber([module for name, module in self._modules.items() if name not in names])

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Parameters
        ----------
        module : Module
            The new last one; its name is its place, or the next number that is free (torch overwrites one of the same
            name, as there may be after slicing).

        Returns
        -------
        Module
            The container itself.

        Raises
        ------
        TypeError
            If it is no module.
        """
        number = len(self)
        while str(number) in self._modules:
            number += 1
        self.register_module(str(number), self._a_module(module))
        return self

    @staticmethod
    def _a_module(module: Any) -> Module:
        if not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module")
        return module

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; all or none.

        Parameters
        ----------
        modules : iterable of Module
            The new last ones.

        Returns
        -------
        Module
            The container itself.

        Raises
        ------
        TypeError
            If they cannot be gone through, or one is no module.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"extend should be called with an iterable, but got {type(modules).__name__}")
        for module in [self._a_module(module) for module in modules]:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before a place; those after it get new names.

        Parameters
        ----------
        index : int
            The place.
        module : Module
            The new one.

        Returns
        -------
        Module
            The container itself.

        Raises
        ------
        IndexError
            If there is no such place; TypeError, if it is no module.
        """
        index, modules = operator.index(index), list(self)
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"Index out of range: {index}")
        modules.insert(index, self._a_module(module))
        self._renumber(modules)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module out; those after it get new names.

        Parameters
        ----------
        key : int or slice
            Its place, or several.

        Returns
        -------
        Module
            What was taken out.
        """
        taken = self[key]
        del self[key]
        return taken


class Sequential(_Numbered):
    """Modules one after the other: each gets what the one before it gave.

    Parameters
    ----------
    *args : Module, or one OrderedDict of Modules
        Names are their places, or the keys.

    Raises
    ------
    TypeError
        If something is no module. A plain dict is welcome, too (torch wants an OrderedDict).

    Examples
    --------
    >>> from companion.nn import Linear, ReLU
    >>> model = Sequential(Linear(3, 4, rng=0), ReLU(), Linear(4, 2, rng=1))
    >>> model[-1]
    Linear(in_features=4, out_features=2, bias=True)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = args[0] if len(args) == 1 and isinstance(args[0], Mapping) else {str(i): m for i, m in enumerate(args)}
        for name, module in named.items():
            self.register_module(name, self._a_module(module))

    def _part(self, idx: slice) -> "Sequential":
        names = list(self._modules)[idx]
        return Sequential({name: self._modules[name] for name in names})

    def __add__(self, other: "Sequential") -> "Sequential":
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return Sequential(*self, *other)

    def forward(self, input: Any) -> Any:
        """Go through all modules.

        Parameters
        ----------
        input : Tensor or array_like
            What the first one gets.

        Returns
        -------
        Tensor
            What the last one gave.
        """
        for module in self:
            input = module(input)
        return input


class ModuleList(_Numbered):
    """Modules in a list that the module around it knows, unlike those in a list of Python.

    Parameters
    ----------
    modules : iterable of Module, optional
        The first ones.

    Raises
    ------
    TypeError
        If one is no module.

    Examples
    --------
    >>> from companion.nn import Linear
    >>> layers = ModuleList([Linear(3, 3, rng=0)]).append(Linear(3, 1, rng=1))
    >>> len(layers), list(layers.state_dict())
    (2, ['0.weight', '0.bias', '1.weight', '1.bias'])
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(() if modules is None else modules)

    def _part(self, idx: slice) -> "ModuleList":
        return ModuleList(list(self)[idx])

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList(chain(self, other))


class ModuleDict(Module):
    """Modules under keys, in a dict that the module around it knows, unlike those in a dict of Python.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional
        The first ones.

    Raises
    ------
    KeyError
        If a key cannot be a name, or is that of an attribute; TypeError, if something is no module.

    Examples
    --------
    >>> from companion.nn import ReLU, Tanh
    >>> choices = ModuleDict({"relu": ReLU(), "tanh": Tanh()})
    >>> list(choices), choices["tanh"]
    (['relu', 'tanh'], Tanh())
    """

    _modules: dict[str, Module]  # type: ignore[assignment]  # no key stays empty

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update({} if modules is None else modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.update({key: module})

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out.

        Parameters
        ----------
        key : str
            Its key.

        Returns
        -------
        Module
            What was taken out.
        """
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """Look at the keys.

        Returns
        -------
        KeysView
            In the order in which they came.
        """
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """Look at the keys with their modules.

        Returns
        -------
        ItemsView
            Pairs.
        """
        return self._modules.items()

    def values(self) -> ValuesView[Module]:
        """Look at the modules.

        Returns
        -------
        ValuesView
            In the order of the keys.
        """
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, or put them in place of those with the same keys.

        Parameters
        ----------
        modules : mapping of str to Module, or iterable of pairs
            The new ones.

        Raises
        ------
        KeyError
            If a key cannot be a name, or is that of an attribute; TypeError, if something is no module.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(f"update should be called with a mapping or pairs, but got {type(modules).__name__}")
        pairs = modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules
        for key, module in pairs:
            if not isinstance(module, Module):
                raise TypeError(f"{type(module).__name__} is not a Module")
            self.register_module(key, module)
