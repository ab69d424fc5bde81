"""How an operation is remembered: :func:`record` keeps its inputs and its vector-Jacobian products in its result."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import tensors  # the class, which is there once this is called: it is made of the operations
from companion.autograd.grad_mode import mode

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["OUT", "as_tensor", "increment_version", "record", "record_view", "share_changes", "unwrap"]

OUT = -1  # in ``needs``: the result itself
REMEMBERED = 16  # changes of a tensor whose times are kept, to say how many happened since an operation

_clock = itertools.count(1)  # an operation never feeds an earlier one, so the order of creation is a topological order
_last_change = 0  # by the clock, of any tensor


def record(
    name: str,
    out: Array,
    inputs: tuple["Tensor | None", ...],
    vjps: tuple[Callable[..., Array], ...],
    args: tuple[Any, ...] = (),
    needs: tuple[tuple[int, ...], ...] | None = None,
) -> "Tensor":
    """A tensor made by an operation; remembers the operation if a gradient will be asked of one of its inputs.

    Parameters
    ----------
    name : str
        The operation, as :func:`graph` shows it.
    out : ndarray
        Its result.
    inputs : tuple of (Tensor or None)
        The arguments, None where one is a constant. Behind them may stand tensors without a gradient whose values a VJP
        reads, such as indices.
    vjps : tuple of callable
        For each argument ``vjp(g, *args)``, with g of the shape of ``out``. It may return the gradient before the sum
        over broadcast axes.
    args : tuple
        What the VJPs need from the forward pass; freed by :meth:`Tensor.backward`.
    needs : tuple of tuple of int, optional
        For each VJP the places among ``inputs`` of the tensors whose values it reads, :data:`OUT` for the result. If
        one of them was changed in the meantime (:func:`increment_version`), :meth:`Tensor.backward` refuses. Without,
        every VJP reads all inputs; ``()`` is for operations whose VJPs read none.

    Returns
    -------
    Tensor
        The result as a tensor.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> double = record("double", 2 * x.data, (x,), (lambda g: 2 * g,), needs=())
    >>> double.sum().backward()
    >>> x.grad
    tensor([2., 2.])
    """
    result = _new(tensors.Tensor)
    result.data = out if type(out) is np.ndarray else np.asarray(out)  # NumPy makes numbers of arrays without axes
    result._grad, result._hooks = None, None
    if mode.recording:
        for source in inputs:
            if source is not None and source._requires_grad:
                result._requires_grad, result._name, result._order = True, name, next(_clock)
                result._inputs, result._vjps, result._args, result._needs = inputs, vjps, args, needs
                return result
    result._requires_grad, result._name, result._inputs = False, None, None
    return result


def record_view(
    name: str, out: Array, source: "Tensor", vjp: Callable[[Array], Array], reads: tuple["Tensor", ...] = ()
) -> "Tensor":
    """:func:`record` for an operation that may return a view: a change of the one counts for the other, too.

    Parameters
    ----------
    name : str
        The operation.
    out : ndarray
        Its result.
    source : Tensor
        What it may share memory with.
    vjp : callable
        ``vjp(g)``, which reads no values of the source.
    reads : tuple of Tensor
        What it reads instead, such as indices.

    Returns
    -------
    Tensor
        The result as a tensor.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor([1.0, 2.0])
    >>> first = record_view("first", x.data[:1], x, lambda g: np.append(g, 0.0))
    >>> increment_version(x)
    >>> first._version
    1
    """
    result = record(name, out, (source, *reads), (vjp,), needs=(tuple(range(1, 1 + len(reads))),))
    if np.may_share_memory(out, source.data):
        share_changes(source, result)
    return result


def share_changes(source: "Tensor", view: "Tensor") -> None:
    """Count the changes of two tensors together, because they share memory.

    Parameters
    ----------
    source, view : Tensor
        The second is new.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x, y = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    >>> share_changes(x, y)
    >>> increment_version(y)
    >>> x._version
    1
    """
    if not hasattr(source, "_changes"):
        source._changes = Changes()
    view._changes = source._changes


_new: Any = object.__new__  # a tensor without the checks of its constructor


class Changes:
    """How often a memory was changed in place, and when lately; all tensors that share the memory have one of these."""

    def __init__(self) -> None:
        self.count = 0
        self.times: deque[int] = deque(maxlen=REMEMBERED)


def increment_version(tensor: "Tensor | Iterable[Tensor]") -> None:
    """Tell the graph that the data of a tensor was changed in place (``torch.autograd.graph.increment_version``).

    Whoever writes into ``tensor.data[...]`` calls this afterwards: optimizers, initializations, the loading of a
    state. Then :meth:`Tensor.backward` refuses where an operation needs the values as they were, instead of computing
    a wrong gradient. A new array, ``tensor.data = ...``, needs no such call: the graph goes on with the old one.

    Parameters
    ----------
    tensor : Tensor or iterable of Tensor
        Those whose data changed.

    Examples
    --------
    >>> from companion.autograd import Tensor, increment_version
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = (w * w).sum()
    >>> w.data[...] -= 0.1
    >>> increment_version(w)
    >>> loss.backward()
    Traceback (most recent call last):
    RuntimeError: one of the variables needed for gradient computation has been modified by an inplace operation: ...
    """
    global _last_change
    _last_change = next(_clock)
    for changed in (tensor,) if isinstance(tensor, tensors.Tensor) else tensor:
        if not hasattr(changed, "_changes"):  # most tensors are never changed
            changed._changes = Changes()
        changed._changes.count += 1
        changed._changes.times.append(_last_change)


def refuse_changed(node: "Tensor") -> None:
    """Raise if a value that the VJPs of an operation read was changed after the operation.

    Parameters
    ----------
    node : Tensor
        The result of the operation.

    Raises
    ------
    RuntimeError
        With the words of torch.
    """
    if node._needs == ():
        return
    everything = range(len(node._inputs))
    for i, source in enumerate(node._inputs):
        if source is None or not source._requires_grad:
            continue  # its VJP is not called
        for place in everything if node._needs is None else node._needs[i]:
            value = node if place == OUT else node._inputs[place]
            if isinstance(value, tensors.Tensor) and hasattr(value, "_changes"):
                _refuse_later(node, value, f"input {place}" if place >= 0 else "the result")


def _refuse_later(node: "Tensor", value: "Tensor", role: str) -> None:
    """Raise if a tensor was changed after an operation."""
    version = value._changes.count
    later = sum(time > node._order for time in value._changes.times)
    if later:
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{value.dtype} {list(value.shape)}], {role} of {node._name}, is at version {version}; "
            f"expected version {version - later} instead"
        )


def as_tensor(data: Any) -> "Tensor":
    """A tensor as it is; anything else as a constant one.

    Parameters
    ----------
    data : Tensor or array_like
        What to make a tensor of.

    Returns
    -------
    Tensor
        The tensor itself, or a new constant.

    Examples
    --------
    >>> as_tensor([1.0, 2.0])
    tensor([1., 2.])
    """
    return data if isinstance(data, tensors.Tensor) else tensors.Tensor(data)


def unwrap(value: Any) -> Any:
    """The data of a tensor; anything else as it is.

    Parameters
    ----------
    value : object
        A tensor, or anything else.

    Returns
    -------
    object
        An array, or the value itself.

    Examples
    --------
    >>> unwrap(as_tensor([1.0, 2.0])), unwrap("text")
    (array([1., 2.]), 'text')
    """
    return value.data if isinstance(value, tensors.Tensor) else value
