"""Arrays in batches, in orders that random numbers draw, and where those random numbers stand."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike, Seed
from companion.autograd import Tensor
from companion.validation import Boolean, Instance, Integer, check_random_state, require

__all__ = ["DataLoader", "TensorDataset", "generator_state", "set_generator_state"]


class TensorDataset:
    """Arrays of one length, indexed together (``torch.utils.data.TensorDataset``).

    Parameters
    ----------
    *tensors : array_like
        One at least, all of one length; their dtypes are kept.

    Attributes
    ----------
    arrays : tuple of ndarray
        The same.

    Raises
    ------
    ValueError
        If there is none, or their lengths differ (an AssertionError in torch).

    Examples
    --------
    >>> data = TensorDataset(np.arange(4.0), [0, 1, 1, 0])
    >>> data[1:3]
    (array([1., 2.]), array([1, 1]))
    """

    def __init__(self, *tensors: ArrayLike) -> None:
        self.arrays = tuple(np.asarray(values.data if isinstance(values, Tensor) else values) for values in tensors)
        lengths = {array.shape[:1] for array in self.arrays}
        if len(lengths) != 1 or () in lengths:
            raise ValueError(f"Size mismatch between arrays, expected one length, got {[a.shape for a in self.arrays]}")

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: Any) -> tuple[Array, ...]:
        return tuple(array[index] for array in self.arrays)


class DataLoader:
    """Batches of a dataset, in a new random order at every pass if wanted (``torch.utils.data.DataLoader``).

    Parameters
    ----------
    dataset : TensorDataset
        Anything with a length that gives a tuple of arrays for an array of indices.
    batch_size : int
        From 1 on. What is no whole number is refused, and so is None, by which torch turns batches off.
    shuffle : bool
        Whether every pass has a new order.
    drop_last : bool
        Leave out the last batch if it is smaller.
    rng : int, Generator, RandomState or None
        Draws the orders.
    transform : callable, optional
        ``transform(X, rng)`` of the first array of each batch, for augmentation.

    Examples
    --------
    >>> loader = DataLoader(TensorDataset(np.arange(5), np.arange(5) % 2), batch_size=2)
    >>> [X.tolist() for X, y in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        rng: Seed = None,
        transform: Callable[[Array, Any], Array] | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = require("batch_size", batch_size, Integer(1))
        self.shuffle = require("shuffle", shuffle, Boolean())
        self.drop_last = require("drop_last", drop_last, Boolean())
        self.rng = check_random_state(rng)
        self.transform = transform

    def __len__(self) -> int:
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Array, ...]]:
        order = self.rng.permutation(len(self.dataset)) if self.shuffle else np.arange(len(self.dataset))
        for i in range(len(self)):
            batch = self.dataset[order[i * self.batch_size : (i + 1) * self.batch_size]]
            yield batch if self.transform is None else (self.transform(batch[0], self.rng), *batch[1:])

    def state_dict(self) -> dict[str, Any]:
        """Where the random numbers stand, so that a run goes on with the orders that it would have had.

        Returns
        -------
        dict
            ``"rng"``.
        """
        return {"rng": generator_state(self.rng)}

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise what :meth:`load_state_dict` would raise, and change nothing.

        Parameters
        ----------
        state_dict : dict
            What would be loaded.
        """
        require("state_dict", state_dict, Instance(Mapping))
        set_generator_state(deepcopy(self.rng), state_dict.get("rng"))

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave.

        Parameters
        ----------
        state_dict : dict
            Copied.

        Raises
        ------
        ValueError
            If it is no state of a loader with this kind of generator.
        """
        self.check_state_dict(state_dict)
        set_generator_state(self.rng, state_dict["rng"])


def generator_state(rng: np.random.Generator | np.random.RandomState) -> dict[str, Any]:
    """Where a generator of random numbers stands.

    Parameters
    ----------
    rng : Generator or RandomState
        Not changed.

    Returns
    -------
    dict
        For :func:`set_generator_state`.

    Examples
    --------
    >>> generator_state(np.random.default_rng(0))["bit_generator"]
    'PCG64'
    """
    if isinstance(rng, np.random.RandomState):
        return deepcopy(dict(rng.get_state(legacy=False)))
    return deepcopy(dict(rng.bit_generator.state))


def set_generator_state(rng: np.random.Generator | np.random.RandomState, state: Any) -> None:
    """Let a generator go on from where another stood.

    Parameters
    ----------
    rng : Generator or RandomState
        Changed.
    state : dict
        From :func:`generator_state`.

    Raises
    ------
    ValueError
        If it is no state of this kind of generator; the generator is then as it was.

    Examples
    --------
    >>> one, other = np.random.default_rng(0), np.random.default_rng(1)
    >>> set_generator_state(other, generator_state(one))
    >>> one.random() == other.random()
    True
    """
    require("state of a generator", state, Instance(dict))
    before = generator_state(rng)
    position = state["state"].get("pos", 0) if isinstance(state.get("state"), dict) else 0
    require("pos", position, Integer(0, 624, "both"))  # NumPy would read beyond the end of the Mersenne twister's key,
    require("buffer_pos", state.get("buffer_pos", 0), Integer(0, 4, "both"))  # or of Philox's buffer
    try:
        _set_state(rng, state)
    except Exception as error:
        _set_state(rng, before)
        raise ValueError(f"no state of a {before['bit_generator']} generator: {error}") from error


def _set_state(rng: Any, state: dict[str, Any]) -> None:
    if isinstance(rng, np.random.RandomState):
        rng.set_state(state)
    else:
        rng.bit_generator.state = state
