"""``w -= 0.1 * w.grad``, ``w[0] = 1``: changes of a tensor's own memory, which the graph does not remember."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import elementwise
from companion.autograd.dims import CATEGORIES
from companion.autograd.grad_mode import is_grad_enabled
from companion.autograd.recording import increment_version, unwrap

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["iadd", "idiv", "imul", "ipow", "isub", "setitem"]


def iadd(tensor: "Tensor", other: Any) -> "Tensor":
    """``tensor += other``: in the tensor's own memory, unless the sum is recorded; then it is a new tensor.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    other : Tensor or array_like
        What to add.

    Returns
    -------
    Tensor
        The tensor itself, or the recorded result.

    Raises
    ------
    RuntimeError
        If the tensor is a leaf that requires a gradient and operations are being recorded, or if the result has another
        shape or kind of numbers.

    Examples
    --------
    >>> from companion.autograd import Tensor, no_grad
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     w += 10.0
    >>> w
    tensor([11., 12.], requires_grad=True)
    """
    return _change(tensor, elementwise.add, other)


def isub(tensor: "Tensor", other: Any) -> "Tensor":
    """``tensor -= other``; see :func:`iadd`.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    other : Tensor or array_like
        What to subtract.

    Returns
    -------
    Tensor
        The tensor itself, or the recorded result.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> isub(Tensor([1.0, 2.0]), 1.0)
    tensor([0., 1.])
    """
    return _change(tensor, elementwise.sub, other)


def imul(tensor: "Tensor", other: Any) -> "Tensor":
    """``tensor *= other``; see :func:`iadd`.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    other : Tensor or array_like
        What to multiply by.

    Returns
    -------
    Tensor
        The tensor itself, or the recorded result.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> imul(Tensor([1.0, 2.0]), 3.0)
    tensor([3., 6.])
    """
    return _change(tensor, elementwise.mul, other)


def idiv(tensor: "Tensor", other: Any) -> "Tensor":
    """``tensor /= other``; see :func:`iadd`.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    other : Tensor or array_like
        What to divide by.

    Returns
    -------
    Tensor
        The tensor itself, or the recorded result.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> idiv(Tensor([1.0, 2.0]), 2.0)
    tensor([0.5, 1. ])
    """
    return _change(tensor, elementwise.div, other)


def ipow(tensor: "Tensor", other: Any) -> "Tensor":
    """``tensor **= other``; see :func:`iadd`.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    other : Tensor or array_like
        The exponent.

    Returns
    -------
    Tensor
        The tensor itself, or the recorded result.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> ipow(Tensor([1.0, 2.0]), 2)
    tensor([1., 4.])
    """
    return _change(tensor, elementwise.power, other)


def setitem(tensor: "Tensor", index: Any, value: Any) -> None:
    """``tensor[index] = value`` in the tensor's own memory; refused where torch would record it.

    Parameters
    ----------
    tensor : Tensor
        What to change.
    index : int, slice, None, Ellipsis, list, array or Tensor of int or bool, or a tuple of these
        Where to write.
    value : Tensor or array_like
        Broadcast to the shape of what is there.

    Raises
    ------
    RuntimeError
        If the change would have to be recorded, or if the value has another shape.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor([1.0, 2.0])
    >>> x[0] = 5.0
    >>> x
    tensor([5., 2.])
    """
    _refuse_leaf(tensor)
    if is_grad_enabled() and (tensor.requires_grad or getattr(value, "requires_grad", False)):
        raise RuntimeError("an assignment to elements is not recorded; write within no_grad(), or use where()")
    places = tuple(map(unwrap, index)) if isinstance(index, tuple) else unwrap(index)
    _write(tensor, places, np.asarray(unwrap(value)))


def _change(tensor: "Tensor", operation: Callable[[Any, Any], "Tensor"], other: Any) -> "Tensor":
    """The result of an operation, in the tensor's memory where it is not recorded."""
    _refuse_leaf(tensor)
    result = operation(tensor, other)
    if result.requires_grad:  # the graph goes on with a new tensor, and the old one keeps its values for it
        return result
    if result.shape != tensor.shape:
        raise RuntimeError(f"output with shape {tensor.shape} doesn't match the broadcast shape {result.shape}")
    if CATEGORIES[result.dtype.kind] > CATEGORIES[tensor.dtype.kind]:
        raise RuntimeError(f"result type {result.dtype} can't be cast to the desired output type {tensor.dtype}")
    _write(tensor, ..., result.data)
    return tensor


def _refuse_leaf(tensor: "Tensor") -> None:
    if tensor.requires_grad and tensor.is_leaf and is_grad_enabled():
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation")


def _write(tensor: "Tensor", index: Any, values: Array) -> None:
    """Change the memory, and tell the graph."""
    tensor.data = np.asarray(tensor.data)
    if not tensor.data.flags.writeable:  # of expand(), where one element stands at several places
        raise RuntimeError("the memory of this tensor must not be written to: clone() it first")
    try:
        tensor.data[index] = values
    except ValueError as error:
        raise RuntimeError(f"values of shape {values.shape} do not fit the place they are assigned to") from error
    increment_version(tensor)
