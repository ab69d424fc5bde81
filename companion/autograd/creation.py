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
    requires_grad : bool
    dtype : dtype, optional

    Returns
    -------
    Tensor

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
    dtype : dtype

    Returns
    -------
    Tensor

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
    dtype : dtype

    Returns
    -------
    Tensor

    Examples
    --------
    >>> ones(2)
    tensor([1., 1.])
    """
    return Tensor(np.ones(one_tuple(size), dtype), requires_grad=requires_grad)
