"""What all optimizers share: groups of parameters with settings, a state for each parameter, and how it is saved."""

from collections.abc import Callable, Iterable, Mapping
from inspect import unwrap
from typing import Any, ClassVar

import numpy as np

from companion.annotations import Array
from companion.autograd import Tensor, increment_version
from companion.autograd.grad_mode import mode
from companion.validation import Instance, Number, Rule, require

__all__ = ["Optimizer"]

# What torch's state has besides, about how it computes and not what.
TORCHS_OWN = {"foreach", "fused", "capturable", "differentiable"}
# What schedules keep in a group besides.
SCHEDULES_OWN = {"initial_lr"}


def _plain(value: Any) -> Any:
    """A number of NumPy's as Python's, which does not widen float32 and is the same from a file; lists as tuples."""
    if type(value) is float or type(value) is bool:
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


def _recorded(closure: Callable[[], Any]) -> Any:
    """What a closure returns, with recording on whatever the caller does."""
    before, mode.recording = mode.recording, True
    try:
        return closure()
    finally:
        mode.recording = before


class Optimizer:
    """What all optimizers share: groups of parameters with their settings, and a state for each parameter.

    A subclass names its step function, the rules of its settings, and the names in its state.

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        With dicts, each has its ``"params"`` and settings that differ from the defaults, such as ``"lr"``.
    defaults : dict
        The settings.

    Attributes
    ----------
    param_groups : list of dict
        May be changed between steps, which is what the schedules do.
    state : dict
        From a parameter to its state.

    Raises
    ------
    InvalidParameterError
        A ValueError and TypeError, if a setting is not what its rule allows.
    TypeError
        If something else than a parameter is given.
    ValueError
        If there is no parameter, or one of them twice.

    Examples
    --------
    >>> from companion.optim import SGD
    >>> w, b = Tensor([1.0]), Tensor([2.0])
    >>> optimizer = SGD([{"params": [w], "lr": 0.5}, {"params": [b]}], lr=0.1)
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.5, 0.1]
    """

    _step: ClassVar[Callable[..., tuple[Array, dict[str, Any]]]]
    _rules: ClassVar[dict[str, tuple[Rule, ...]]] = {}
    _optional: ClassVar[set[str]] = set()  # what a state holds after some steps besides: settings change in between
    _marks: ClassVar[dict[str, bool]] = {}  # what tells apart two optimizers with the same settings

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors, got one Tensor")
        params = list(params)
        if not params:
            raise ValueError("optimizer got an empty parameter list")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Any, dict[str, Any]] = {}
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train more parameters, with settings of their own where the dict has them.

        Parameters
        ----------
        param_group : dict
            ``"params"``, a parameter or some in an order, and settings.

        Raises
        ------
        TypeError
            If it is no dict, or ``"params"`` is a set or holds anything but tensors.
        ValueError
            If a parameter is trained already, or was computed, or a setting is unknown.
        """
        require("param_group", param_group, Instance(dict), error=TypeError)
        params = self._new_parameters(param_group["params"])
        unknown = set(param_group) - set(self.defaults) - {"params"}
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}, expected some of {sorted(self.defaults)}")
        settings = {name: _plain(param_group.get(name, default)) for name, default in self.defaults.items()}
        self._check_settings(settings)
        self.param_groups.append({**settings, **self._marks, "params": params})

    def _new_parameters(self, params: Any) -> list[Any]:
        if isinstance(params, (set, frozenset)):
            raise TypeError("optimizer parameters need an order, which a set does not have: give a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        places = [id(p) for group in self.param_groups for p in group["params"]] + [id(p) for p in params]
        if len(set(places)) < len(places):
            raise ValueError("some parameters appear in more than one parameter group")
        return params

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        for name, rules in self._rules.items():
            require(name, settings[name], *rules)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether they become None; else those that there are become 0, and a step still moves by momentum.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none or parameter.grad is None:
                    parameter.grad = None
                else:
                    parameter.grad = Tensor(np.zeros_like(parameter.grad.data))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Called first, with recording on: it clears the gradients, computes the loss and goes backward.

        Returns
        -------
        object
            What the closure returned, the loss; None without one.

        Raises
        ------
        RuntimeError
            If a gradient has not the shape of its parameter.
        """
        loss = None if closure is None else _recorded(closure)
        formula = unwrap(type(self)._step)  # without its own errstate: one serves all parameters
        with np.errstate(under="ignore"):
            for group in self.param_groups:
                settings = {name: _plain(group[name]) for name in self.defaults if name != "maximize"}
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self._move(parameter, formula, settings, group["maximize"])
        return loss

    def _move(self, parameter: Any, formula: Callable[..., Any], settings: dict[str, Any], maximize: bool) -> None:
        values, grad = parameter.data, parameter.grad.data
        if grad.shape != values.shape:
            raise RuntimeError(f"a gradient of shape {grad.shape} for shape {values.shape}")
        state = self.state.get(parameter, {})
        values[...], state = formula(values, -grad if maximize else grad, state, **settings)
        increment_version(parameter)
        if state:
            self.state[parameter] = state

    def state_dict(self) -> dict[str, Any]:
        """Copies of the states and settings, with parameters by their number, as torch's.

        Returns
        -------
        dict
            ``"state"``, from the number of a parameter to its arrays, and ``"param_groups"``.
        """
        number = {id(p): i for i, p in enumerate(self._parameters())}
        return {
            "state": {number[id(p)]: {key: np.array(value) for key, value in s.items()} for p, s in self.state.items()},
            "param_groups": [{**g, "params": [number[id(p)] for p in g["params"]]} for g in self.param_groups],
        }

    def _parameters(self) -> list[Any]:
        return [p for group in self.param_groups for p in group["params"]]

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave, or an equal optimizer of torch's with its tensors as arrays.

        Everything is checked before anything is changed: the settings by their rules, and that the state is this
        optimizer's, complete, and of the shapes of its parameters. torch takes over what comes.

        Parameters
        ----------
        state_dict : dict
            Copied.

        Raises
        ------
        ValueError
            If it is not a state of this optimizer.
        """
        groups = self._checked_groups(state_dict)
        state = self._checked_state(state_dict, groups)
        for group, settings in zip(self.param_groups, groups):
            params = group["params"]
            group.clear()
            group.update({**settings, "params": params})
        self.state = state

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        self._checked_state(state_dict, self._checked_groups(state_dict))

    def _checked_groups(self, state_dict: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The settings of each group, by the rules."""
        require("state_dict", state_dict, Instance(Mapping))
        saved = require("param_groups", state_dict.get("param_groups"), Instance(list))
        for entry in saved:
            require("a parameter group", entry, Instance(dict))
            require("params", entry.get("params"), Instance(list))
        if [len(group["params"]) for group in self.param_groups] != [len(entry["params"]) for entry in saved]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        if [i for entry in saved for i in entry["params"]] != list(range(len(self._parameters()))):
            raise ValueError("the parameters of the groups should be numbered from 0 on")
        return [self._checked_settings(entry) for entry in saved]

    def _checked_settings(self, entry: dict[str, Any]) -> dict[str, Any]:
        settings = {name: _plain(value) for name, value in entry.items() if name not in TORCHS_OWN | {"params"}}
        missing = sorted({*self.defaults, *self._marks} - set(settings))
        unknown = sorted(set(settings) - {*self.defaults, *self._marks, *SCHEDULES_OWN}, key=str)
        if missing or unknown:
            raise ValueError(f"the state is another optimizer's: it has no {missing}, and has {unknown}")
        for name, mark in self._marks.items():
            if settings[name] is not mark:
                raise ValueError(f"the state is another optimizer's: its {name} is {settings[name]!r}")
        self._check_settings(self._unscheduled(settings) if "initial_lr" in settings else settings)
        return settings

    def _unscheduled(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings without what a schedule moved: the step after its last leaves it a little beyond the bounds."""
        require("lr", settings["lr"], Number())
        return {**settings, "lr": settings["initial_lr"]}

    def _checked_state(self, state_dict: Mapping[str, Any], groups: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
        """The state of each parameter, with its dtype; one that had no gradient yet has none."""
        saved = require("state", state_dict.get("state"), Instance(Mapping))
        places = [(p, settings) for group, settings in zip(self.param_groups, groups) for p in group["params"]]
        unknown = sorted(set(saved) - set(range(len(places))), key=str)
        if unknown:
            raise ValueError(f"the state has the parameters {unknown}, expected numbers below {len(places)}")
        state = {}
        for i, (p, settings) in enumerate(places):
            if saved.get(i):
                require(f"state of parameter {i}", saved[i], Instance(Mapping))
                state[p] = self._checked_entry(i, p, saved[i], self._names(settings))
        return state

    def _checked_entry(self, i: int, p: Any, entry: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
        if not names <= set(entry) <= names | self._optional:
            words = f"expected {sorted(names)}, and perhaps {sorted(self._optional - names)}"
            raise ValueError(f"the state of parameter {i} has {sorted(entry, key=str)}, {words}")
        return {key: _checked_value(f"{key} of parameter {i}", key, value, p) for key, value in entry.items()}

    def _names(self, settings: Mapping[str, Any]) -> set[str]:
        """What the state of a parameter holds after a step with these settings, whatever they were before."""
        return set()


def _checked_value(words: str, key: str, value: Any, p: Any) -> int | Array:
    """A copy of what belongs to a parameter, in its shape and dtype; the step as an integer."""
    values = np.asarray(value)
    if key == "step":
        if values.shape != () or values.dtype.kind not in "iuf" or not (values >= 0 and values % 1 == 0):
            raise ValueError(f"{words} is {value!r}, expected one integer from 0 on")
        return int(values)
    if values.shape != p.shape:
        raise ValueError(f"{words} has shape {values.shape}, expected {p.shape}")
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{words} has dtype {values.dtype}, expected real numbers")
    return np.array(values, p.dtype)
