"""What a module stores, and how values are checked before a module takes them over."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from companion.annotations import Array
from companion.autograd import increment_version, unwrap
from companion.nn.parameter import Parameter

if TYPE_CHECKING:
    from companion.nn.modules.module import Module

__all__ = ["IncompatibleKeys", "fill", "stored_keys", "values_to_load"]


class IncompatibleKeys(NamedTuple):
    """What :meth:`Module.load_state_dict` found about the names.

    Parameters
    ----------
    missing_keys : list of str
        Names of the module that the state does not have.
    unexpected_keys : list of str
        Names of the state that the module does not have.

    Examples
    --------
    >>> IncompatibleKeys([], [])
    <All keys matched successfully>
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def stored_keys(module: "Module") -> Iterator[tuple[str, Array, Parameter | None]]:
    """Go through what a module stores, a shared part under each of its names.

    Parameters
    ----------
    module : Module
        With all that is below it.

    Yields
    ------
    (str, ndarray, Parameter or None)
        The key, the array behind it, and the parameter that it belongs to, None for a buffer.

    Examples
    --------
    >>> from companion.nn import BatchNorm1d
    >>> [(key, parameter is None) for key, _, parameter in stored_keys(BatchNorm1d(2))][1:3]
    [('bias', False), ('running_mean', True)]
    """
    for prefix, part in module.named_modules(remove_duplicate=False):
        start = f"{prefix}." if prefix else ""
        for name, parameter in part._parameters.items():
            if parameter is not None:
                yield start + name, parameter.data, parameter
        for name, buffer in part._buffers.items():
            if buffer is not None and name not in part._not_stored:
                yield start + name, buffer, None


def values_to_load(
    module: "Module", state_dict: Mapping[str, Any], strict: bool
) -> tuple[dict[str, Array], IncompatibleKeys]:
    """Check a state from end to end.

    Parameters
    ----------
    module : Module
        That will take it over.
    state_dict : mapping of str to array_like
        The state.
    strict : bool
        Whether the names have to be exactly the module's.

    Returns
    -------
    values : dict of ndarray
        Copies in the dtypes of the module.
    keys : IncompatibleKeys
        The names that are missing or were not expected.

    Raises
    ------
    RuntimeError
        If something does not fit; it names everything that does not. TypeError, if ``state_dict`` is no mapping.

    Examples
    --------
    >>> from companion.nn import LayerNorm
    >>> values_to_load(LayerNorm(1, dtype="f4"), {"weight": [2], "bias": [1]}, strict=True)
    ({'weight': array([2.], dtype=float32), 'bias': array([1.], dtype=float32)}, <All keys matched successfully>)
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    own = {key: target for key, target, _ in stored_keys(module)}
    keys = IncompatibleKeys(
        [key for key in own if key not in state_dict], [key for key in state_dict if key not in own]
    )
    problems = []
    if strict and keys.missing_keys:
        problems.append(f"Missing key(s) in state_dict: {keys.missing_keys}")
    if strict and keys.unexpected_keys:
        problems.append(f"Unexpected key(s) in state_dict: {keys.unexpected_keys}")
    values = {}
    for key, target in own.items():
        if key in state_dict:
            value = as_array(state_dict[key])
            problem = why_not(key, value, target)
            if problem is None:
                values[key] = value.astype(target.dtype)
            else:
                problems.append(problem)
    if problems:
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}: " + "; ".join(problems))
    return values, keys


def as_array(value: Any) -> Array:
    """An ndarray of a value of a state; one of objects where it is no array."""
    try:
        return np.asarray(unwrap(value))
    except (TypeError, ValueError, RuntimeError):  # a ragged list, or a tensor of torch that needs detach()
        return np.asarray(None)


def why_not(key: str, value: Array, target: Array) -> str | None:
    """Why a value cannot be copied into an array of the module, or None."""
    if value.dtype.kind not in "fiub":
        return f"{key} holds values of dtype {value.dtype}, expected real numbers"
    if value.dtype.kind == "f" and target.dtype.kind != "f" and not np.array_equal(value, np.trunc(value)):
        return f"{key} holds fractions or nan, expected integers"
    if value.shape != target.shape:
        return f"size mismatch for {key}: got {value.shape}, expected {target.shape}"
    return None if target.flags.writeable else f"{key} is read-only"


def fill(target: Array, values: Array, parameter: Parameter | None) -> None:
    """Write values into an array of a module.

    Parameters
    ----------
    target : ndarray
        Changed in place.
    values : ndarray
        Of the same shape.
    parameter : Parameter or None
        To which the array belongs.

    Examples
    --------
    >>> p = Parameter([1.0, 2.0])
    >>> fill(p.data, np.zeros(2), p)
    >>> p
    tensor([0., 0.], requires_grad=True)
    """
    target[...] = values
    if parameter is not None:
        increment_version(parameter)
