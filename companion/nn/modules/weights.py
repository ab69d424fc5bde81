"""The first weights of a layer, before it has seen anything."""

import math

import numpy as np

from companion.annotations import DTypeLike, Seed
from companion.nn import init
from companion.nn.checks import float_dtype
from companion.nn.parameter import Parameter
from companion.validation import check_random_state

__all__ = ["first_weights"]


def first_weights(
    shape: tuple[int, ...], fan_in: int, n_biases: int | None, rng: Seed, dtype: DTypeLike
) -> tuple[Parameter, Parameter | None]:
    """Draw torch's first weights and biases of a linear or convolutional layer, uniform within 1 / sqrt(fan_in).

    Parameters
    ----------
    shape : tuple of int
        Of the weights.
    fan_in : int
        How many inputs an output sums.
    n_biases : int or None
        How many biases; None for a layer without.
    rng : int, Generator, RandomState or None
        Draws them.
    dtype : dtype
        One of floating-point numbers.

    Returns
    -------
    weight : Parameter
        Of the wanted shape.
    bias : Parameter or None
        Of shape (n_biases,).

    Examples
    --------
    >>> weight, bias = first_weights((2, 4), 4, 2, rng=0, dtype=float)
    >>> bool((abs(weight.data) < 0.5).all()), bias.shape
    (True, (2,))
    """
    rng, dtype = check_random_state(rng), float_dtype(dtype)
    weight = Parameter(np.empty(shape, dtype))
    init.kaiming_uniform_(weight, a=math.sqrt(5), rng=rng)
    if n_biases is None:
        return weight, None
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return weight, Parameter(rng.uniform(-bound, bound, n_biases).astype(dtype))
