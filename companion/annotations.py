"""The names of types in the companion's signatures, as few as its readers need."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["Array", "ArrayLike", "DTypeLike", "Seed"]

Array: TypeAlias = NDArray[Any]
Seed: TypeAlias = int | np.random.Generator | np.random.RandomState | None
