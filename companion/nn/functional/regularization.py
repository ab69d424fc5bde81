"""Noise that is only there in training."""

from typing import Any

import numpy as np

from companion.autograd import Tensor
from companion.nn.functional.arguments import TensorLike, as_floats, as_number, rounded
from companion.validation import Boolean, check_random_state, require

__all__ = ["dropout", "inverted_dropout"]


def inverted_dropout(x: Tensor, p: float, training: bool, rng: Any) -> Tensor:
    """Zero elements with probability p, divide the others by 1 - p: the mean stays.

    Parameters
    ----------
    x : Tensor of floats
        The values.
    p : float, in [0, 1]
        The probability.
    training : bool
        In evaluation nothing is done.
    rng : Generator or RandomState
        Draws what is zeroed.

    Returns
    -------
    Tensor
        Of the shape of ``x``.

    Examples
    --------
    >>> inverted_dropout(Tensor([1.0, 2.0]), 0.5, training=False, rng=np.random.default_rng(0))
    tensor([1., 2.])
    """
    if not training or p == 0:
        return x
    if p == 1:
        return x * np.zeros(x.shape, x.dtype)
    keep = rng.random(x.shape) >= p
    return x * (keep / (1 - p)).astype(x.dtype)


def dropout(input: TensorLike, p: float = 0.5, training: bool = True, *, rng: Any = None) -> Tensor:
    """Zero each element with probability p and divide the others by 1 - p, so that the mean stays.

    The arguments are checked here; :func:`inverted_dropout` computes.

    Parameters
    ----------
    input : Tensor
        The values.
    p : float, in [0, 1]
        The probability.
    training : bool
        In evaluation nothing is done.
    rng : int, Generator, RandomState or None
        Draws what is zeroed; None asks the operating system for a seed.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        If ``p`` is no probability.
    TypeError
        If ``p`` is no number, or ``training`` no bool.

    Examples
    --------
    >>> dropout([1.0, 2.0, 3.0, 4.0], 0.5, rng=0)
    tensor([2., 0., 0., 0.])
    """
    half, x = as_floats(input)
    p = as_number("p", p)
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    require("training", training, Boolean(), error=TypeError)
    return rounded(inverted_dropout(x, p, training, check_random_state(rng)), half)
