"""Checkpoints: a run in one file of plain arrays, from which it goes on to the last bit.

The file is an ``.npz``: a zip of ``.npy`` members, not compressed, and no pickle in it. The member ``header`` is a text
in JSON that says what belongs where; the other members are the arrays. Whatever is wrong with a file, it is refused
before a model or an optimizer is changed.
"""

import json
import math
import os
import re
import secrets
import stat
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from companion.annotations import Array
from companion.nn import Module
from companion.nn.modules.state import fill, stored_keys
from companion.optim import Optimizer
from companion.training import History, generator_state, set_generator_state
from companion.validation import Instance, require

__all__ = ["CheckpointError", "load_checkpoint", "save_checkpoint"]

FORMAT = "companion checkpoint 2"
KINDS = "biufcU"  # of the dtypes that are saved: bools, numbers, texts
LEFT_BEHIND = 3600.0  # seconds after which a file that nothing writes to any more is what a killed process left


class CheckpointError(RuntimeError):
    """A file is no whole checkpoint, or not one of this model and its companions; nothing was changed.

    Examples
    --------
    >>> import tempfile
    >>> from companion import nn
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     load_checkpoint(file.name, nn.Linear(1, 1))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    companion.checkpoints.CheckpointError: ... is not a whole 'companion checkpoint 2' file: File is not a zip file
    """


# ---- values as JSON, and arrays beside it ----------------------------------------------------------------------------


def _encode(value: Any, place: str, arrays: dict[str, Array]) -> Any:
    """A value as JSON knows it; arrays are put aside under a name, tuples and other keys than texts are marked."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{place} is a masked array, whose mask a checkpoint does not keep; save .filled() or both parts"
        )
    if isinstance(value, np.ndarray):
        return {"$array": _put_aside(value, place, arrays)}
    if isinstance(value, (list, tuple)):
        items = [_encode(item, f"{place}/{i}", arrays) for i, item in enumerate(value)]
        return {"$tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, dict):
        items = [(key, _encode(item, f"{place}/{key}", arrays)) for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key in value):
            return dict(items)
        return {"$items": [[_encode(key, f"{place}/key", arrays), item] for key, item in items]}
    raise TypeError(
        f"{place} is a {type(value).__name__}; a checkpoint keeps numbers, texts, None, arrays, and lists, tuples and "
        "dicts of them"
    )


def _put_aside(array: Array, place: str, arrays: dict[str, Array]) -> str:
    if array.dtype.kind not in KINDS:
        raise TypeError(f"{place} is an array of dtype {array.dtype}; a checkpoint keeps bools, numbers and texts")
    name = stem = re.sub(r"[^\w./-]", "_", place, flags=re.ASCII)[:200]
    while name in arrays or name == "header":
        name = f"{stem}~{len(arrays)}"
    arrays[name] = array
    return name


def _decode(value: Any, arrays: Mapping[str, Any]) -> Any:
    """What :func:`_encode` was given."""
    if isinstance(value, list):
        return [_decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if not any(key.startswith("$") for key in value):
        return {key: _decode(item, arrays) for key, item in value.items()}
    ((mark, content),) = value.items()
    if mark == "$array":
        return arrays[content]
    if mark == "$tuple":
        return tuple(_decode(content, arrays))
    if mark == "$items":
        return {_decode(key, arrays): _decode(item, arrays) for key, item in content}
    raise ValueError(f"unknown mark {mark!r}")


# ---- files -----------------------------------------------------------------------------------------------------------


def _write(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """The members of an .npz, not compressed, without a copy in between."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                array = np.ascontiguousarray(array).reshape(array.shape)
                np.lib.format.write_array_header_1_0(member, np.lib.format.header_data_from_array_1_0(array))
                member.write(array.reshape(-1).view(np.uint8).data)


def _replace(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write a file beside its place, and move it there when it is whole and on the disk."""
    target = Path(os.path.realpath(path))  # a link stays a link
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is no regular file")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{path} is write-protected")
    _clear_left_behind(target)
    temporary = target.with_name(f"{_stem(target)}{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            _write(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
    except BaseException:  # an interruption, too
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def _stem(target: Path) -> str:
    """How the names of the files that are written first begin: hidden, and not too long, which is counted in bytes."""
    return f".{os.fsencode(target.name)[:100].decode(errors='ignore')}."


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk, where folders can be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _clear_left_behind(target: Path) -> None:
    """Remove what killed processes left beside a file; what another process is writing now is younger."""
    own = re.compile(re.escape(_stem(target)) + r"[0-9a-f]{16}\.part")
    for path in target.parent.iterdir() if target.parent.is_dir() else ():
        if own.fullmatch(path.name):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > LEFT_BEHIND:
                    path.unlink()


class _Member:
    """An array in a file: its shape and dtype are known, its values not read yet."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self.archive, self.info = archive, info
        with archive.open(info) as member:
            version = np.lib.format.read_magic(member)
            if version != (1, 0):
                raise ValueError(f"{info.filename} has the version {version}, expected (1, 0)")
            self.shape, self.fortran, self.dtype = np.lib.format.read_array_header_1_0(member)
            self.offset = member.tell()
        if self.dtype.kind not in KINDS:
            raise ValueError(f"{info.filename} has dtype {self.dtype}")
        if info.file_size != self.offset + math.prod(self.shape) * self.dtype.itemsize:
            raise ValueError(f"{info.filename} has {info.file_size} bytes, which is not its shape {self.shape}")

    def read(self) -> Array:
        """The values, not to be changed; zipfile compares their checksum."""
        values = np.frombuffer(self.archive.read(self.info), self.dtype, offset=self.offset)
        return values.reshape(self.shape, order="F" if self.fortran else "C")


def _open_members(file: BinaryIO) -> dict[str, _Member]:
    """The arrays of a file by name; together they are no larger than the file."""
    archive = zipfile.ZipFile(file)
    infos = archive.infolist()
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{info.filename} is compressed")
    if sum(info.file_size for info in infos) > os.fstat(file.fileno()).st_size:
        raise ValueError("the members are larger than the file")
    members = {info.filename.removesuffix(".npy"): _Member(archive, info) for info in infos}
    if len(members) < len(infos):
        raise ValueError("two members have one name")
    return members


def _read_header(members: Mapping[str, _Member]) -> dict[str, Any]:
    header = json.loads(members["header"].read().tobytes().decode())
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']!r}")
    for name in ("model", "generators", "parts", "extra"):
        require(name, header[name], Instance(dict))
    for name in ("optimizer", "history"):
        require(name, header[name], Instance(dict), None)
    return header


def _packed(tree: Mapping[str, Any]) -> dict[str, Array]:
    """The arrays of a file, the header among them."""
    arrays: dict[str, Array] = {}
    try:
        header = {"format": FORMAT, **{name: _encode(value, name, arrays) for name, value in tree.items()}}
        text = json.dumps(header)
    except RecursionError as error:
        raise ValueError("what is to be saved is nested too deeply, or contains itself") from error
    return {"header": np.frombuffer(text.encode(), np.uint8), **arrays}


@contextmanager
def _refusing(path: Any, words: str) -> Iterator[None]:
    """Turn whatever a damaged file makes of its readers into one exception that says where and why."""
    try:
        yield
    except Exception as error:
        raise CheckpointError(f"{path} {words}: {error or type(error).__name__}") from error


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def _generators(model: Module) -> dict[str, Any]:
    """The generators of random numbers that modules hold, as dropout does, by name."""
    return {
        f"{prefix}.{name}": value
        for prefix, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, (np.random.Generator, np.random.RandomState))
    }


def _weights(model: Module) -> dict[str, Array]:
    """What ``model.state_dict()`` copies."""
    return {name: array for name, array, _ in stored_keys(model)}


def _check_weights(model: Module, saved: Any) -> None:
    """Refuse what a model's state would not take: other names, shapes, or kinds of numbers."""
    own = _weights(model)
    missing, unknown = sorted(set(own) - set(saved)), sorted(set(saved) - set(own))
    if missing or unknown:
        raise ValueError(f"of the names of {type(model).__name__}, {missing} are missing, and {unknown} unknown")
    for name, value in own.items():
        if saved[name].shape != value.shape:
            raise ValueError(f"size mismatch for {name}: got {saved[name].shape}, expected {value.shape}")
        if not np.can_cast(saved[name].dtype, value.dtype, "same_kind") or not value.flags.writeable:
            raise ValueError(f"{name} has dtype {saved[name].dtype}, expected {value.dtype}, not read-only")


def _fill_weights(model: Module, saved: Mapping[str, Array]) -> None:
    """``model.load_state_dict`` for values that are checked already."""
    for name, array, parameter in stored_keys(model):
        fill(array, saved[name], parameter)


def _checked_history(state: Any, model: Module) -> History | None:
    if state is None:
        return None
    history = History()
    history.load_state_dict(state)
    for weights in (history.best_weights, history.last_weights):
        if weights is not None:
            _check_weights(model, weights)
    return history


def _checked_loads(
    tree: Mapping[str, Any], model: Module, optimizer: Optimizer | None, parts: Mapping[str, Any]
) -> list[tuple[Callable[[Any], object], Any]]:
    """What is to be loaded by what, each known to be taken; the small before the large."""
    loads: list[tuple[Callable[[Any], object], Any]] = []
    for name, part in parts.items():
        if name not in tree["parts"]:
            raise ValueError(f"there is no {name!r} in it, only {sorted(tree['parts'])}")
        state = tree["parts"][name]
        if isinstance(part, Module):
            _check_weights(part, state)
            loads.append((partial(_fill_weights, part), state))
        else:
            part.check_state_dict(state)
            loads.append((part.load_state_dict, state))
    if optimizer is not None:
        if tree["optimizer"] is None:
            raise ValueError("it was saved without an optimizer")
        optimizer.check_state_dict(tree["optimizer"])
        loads += _checked_generators(tree["generators"], _generators(model))
        loads.append((optimizer.load_state_dict, tree["optimizer"]))
    return [*loads, (partial(_fill_weights, model), tree["model"])]


def _checked_generators(states: Any, own: Mapping[str, Any]) -> list[tuple[Callable[[Any], object], Any]]:
    if set(states) != set(own):
        raise ValueError(f"it has the random numbers of {sorted(states)}, the model has {sorted(own)}")
    for name, rng in own.items():
        set_generator_state(deepcopy(rng), states[name])
    return [(partial(set_generator_state, rng), states[name]) for name, rng in own.items()]


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer | None = None,
    *,
    history: History | None = None,
    **others: Any,
) -> None:
    """Write the state of a run to a file.

    The file is written beside its place under a name of its own and then moved there, so that an interruption leaves
    the old one whole, and several processes do not disturb each other. A symbolic link stays one. A process that is
    killed leaves a hidden ``.part`` file, which a later save to the same place removes after an hour.

    Parameters
    ----------
    path : str or Path
        Where to.
    model : Module
        Its parameters, buffers, and the random numbers of its modules.
    optimizer : Optimizer, optional
        Its settings and state.
    history : History, optional
        What :func:`~companion.training.fit` gives to its callback and returns.
    **others : objects with a state, or values
        What has a ``state_dict`` is kept by it: schedules, loaders, an ``AveragedModel``. Everything else is kept as it
        is: numbers, texts, None, arrays, and lists, tuples and dicts of them. NumPy's numbers return as Python's.

    Raises
    ------
    TypeError
        If a value is something else; nothing is written.
    ValueError
        If the optimizer's state could not be loaded again, such as a rate of nan; nothing is written.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from companion import nn, optim
    >>> from companion.optim.lr_scheduler import StepLR
    >>> model = nn.Linear(2, 1, rng=0)
    >>> optimizer = optim.Adam(model.parameters())
    >>> schedule = StepLR(optimizer, 10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/run.npz", model, optimizer, scheduler=schedule, epoch=3)
    ...     load_checkpoint(f"{folder}/run.npz", model, optimizer, scheduler=schedule)
    {'epoch': 3}
    """
    parts = {
        name: _weights(other) if isinstance(other, Module) else other.state_dict()
        for name, other in others.items()
        if hasattr(other, "state_dict")
    }
    tree: dict[str, Any] = {
        "model": _weights(model),
        "generators": {name: generator_state(rng) for name, rng in _generators(model).items()},
        "optimizer": None if optimizer is None else optimizer.state_dict(),
        "history": None if history is None else history.state_dict(),
        "parts": {name: dict(state) for name, state in parts.items()},
        "extra": {name: value for name, value in others.items() if name not in parts},
    }
    if optimizer is not None:
        optimizer.check_state_dict(tree["optimizer"])
    _replace(Path(path), _packed(tree))


def load_checkpoint(
    path: str | os.PathLike[str], model: Module, optimizer: Optimizer | None = None, **parts: Any
) -> dict[str, Any]:
    """Read what :func:`save_checkpoint` wrote into a model, an optimizer, and what else has a state.

    Everything is checked before anything is changed: the shapes before the values are read, the checksums, and whether
    the states belong to these objects.

    Parameters
    ----------
    path : str or Path
        The file.
    model : Module
        Built as the one that was saved. With an optimizer, the random numbers of its modules go on, too.
    optimizer : Optimizer, optional
        Built as the one that was saved; its settings are overwritten.
    **parts : objects with a state that they can check
        By the names under which they were saved: schedules, loaders, an ``AveragedModel``.

    Returns
    -------
    dict
        The values that were saved, and the :class:`~companion.training.History` as ``"history"``, if there was one.

    Raises
    ------
    CheckpointError
        A RuntimeError, if the file is damaged or something else, or is not of these objects. All are then as they were.
    OSError
        If the file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from companion import nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/model.npz", nn.Linear(2, 1, rng=0), epoch=3)
    ...     load_checkpoint(f"{folder}/model.npz", nn.Linear(2, 1, rng=1))
    {'epoch': 3}
    """
    with open(path, "rb") as file:
        with _refusing(path, f"is not a whole {FORMAT!r} file"):
            members = _open_members(file)
            header = _read_header(members)
            shapes = _decode(header, members)
        with _refusing(path, "is of something else"):
            _check_weights(model, shapes["model"])
        with _refusing(path, f"is not a whole {FORMAT!r} file"):
            tree = _decode(header, {name: member.read() for name, member in members.items()})
    with _refusing(path, "holds no state of this optimizer, or of the rest"):
        history = _checked_history(tree["history"], model)
        loads = _checked_loads(tree, model, optimizer, parts)
    for load, state in loads:
        load(state)
    extra = deepcopy(tree["extra"])  # arrays that may be changed
    return extra if history is None else {**extra, "history": history}
