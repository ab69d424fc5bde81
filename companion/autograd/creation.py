"""New tensors."""

from typing import Any

import numpy as np

from companion.annotations import ArrayLike, DTypeLike
from companion.autograd.dims import one_tuple
from companion.autograd.recording import unwrap
from companion.autograd.tensors import Tensor

__all__ = ["ones", "tensor", "zeros"]


def tensor(data: ArrayLike, *, requires_grad: bool = False, dtype: DTypeLike | None = None) -> Tensor:
    """A new tensor with a copy of the data.

    Parameters
    ----------
    data : array_like
        What to make a tensor of.
    requires_grad : bool
        Whether a gradient will be asked of it.
    dtype : dtype, optional
        What the elements are stored as; without, what they are already.

    Returns
    -------
    Tensor
        A leaf.

    Examples
    --------
    >>> tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    return Tensor(np.array(unwrap(data)), requires_grad=requires_grad, dtype=dtype)


def zeros(*size: Any, requires_grad: bool = False, dtype: DTypeLike = float) -> Tensor:
    """A new tensor of zeros.

    Parameters
    ----------
    *size : int, or one tuple of int
        The shape.
    requires_grad : bool
        Whether a gradient will be asked of it.
    dtype : dtype
        That of the elements.

    Returns
    -------
    Tensor
        A leaf.

    Examples
    --------
    >>> zeros(2, 3).shape, zeros((2, 3)).shape
    ((2, 3), (2, 3))
    """
    return Tensor(np.zeros(one_tuple(size), dtype), requires_grad=requires_grad)


def ones(*size: Any, requires_grad: bool = False, dtype: DTypeLike = float) -> Tensor:
    """A new tensor of ones.

    Parameters
    ----------
    *size : int, or one tuple of int
        The shape.
    requires_grad : bool
        Whether a gradient will be asked of it.
    dtype : dtype
        That of the elements.

    Returns
    -------
    Tensor
        A leaf.

    Examples
    --------
    >>> ones(2)
    tensor([1., 1.])
    """
    return Tensor(np.ones(one_tuple(size), dtype), requires_grad=requires_grad)
