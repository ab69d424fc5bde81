"""From the last tensor back to the first: the order, and the one function that hands gradients on."""

import sys
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.annotations import Array
from companion.autograd import recording, tensors
from companion.autograd.dims import add_up
from companion.autograd.hooks import Hooks
from companion.autograd.recording import unwrap

if TYPE_CHECKING:
    from companion.autograd.tensors import Tensor

__all__ = ["accumulate", "check_assigned", "graph", "pass_back", "run_backward", "toposort", "unbroadcast"]

FREED: tuple = ()  # the inputs of an operation that has handed on its gradient
FREED_WORDS = (
    "Trying to backward through the graph a second time: what it had stored was freed. "
    "Specify retain_graph=True at the first call."
)


def unbroadcast(grad: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an argument of this shape was broadcast.

    Parameters
    ----------
    grad : ndarray
        What to sum.
    shape : tuple of int
        That of the argument.

    Returns
    -------
    ndarray of this shape
        Of the argument's shape.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 2, 3)), (2, 1))
    array([[12.],
           [12.]])
    """
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    axes = (*range(extra), *(extra + axis for axis, size in enumerate(shape) if size == 1))
    return add_up(grad, axes, keepdim=True).reshape(shape) if axes else grad


def toposort(output: "Tensor") -> list["Tensor"]:
    """The tensors that an output was computed from and that want a gradient, latest first, the leaves last.

    Parameters
    ----------
    output : Tensor
        Where to start.

    Returns
    -------
    list of Tensor
        Each once.

    Raises
    ------
    RuntimeError
        If part of the graph was freed by an earlier backward pass.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = x * x
    >>> [t is u for t, u in zip(toposort(y + x), [None, y, x])]
    [False, True, True]
    """
    nodes, leaves, seen, waiting = [], [], {output}, [output]
    while waiting:
        node = waiting.pop()
        inputs = node._inputs
        if inputs is None:
            leaves.append(node)
            continue
        if inputs is FREED:
            raise RuntimeError(FREED_WORDS)
        nodes.append(node)
        for source in inputs:
            if source is not None and source._requires_grad and source not in seen:  # by identity, as all hashes
                seen.add(source)
                waiting.append(source)
    nodes.sort(key=attrgetter("_order"), reverse=True)
    return nodes + leaves


@np.errstate(under="ignore")  # what is too small is 0
def run_backward(output: "Tensor", gradient: Array, retain_graph: bool = False) -> None:
    """Add the gradient of an output to ``grad`` of every leaf; :meth:`Tensor.backward` without its checks.

    The gradients on their way are kept in a dict of this call, so that a hook may call it again.

    Parameters
    ----------
    output : Tensor
        Where to start.
    gradient : ndarray of its shape
        The one to start with.
    retain_graph : bool
        Keep what the forward pass stored.

    Raises
    ------
    RuntimeError
        If what the forward pass stored was freed, or was changed since.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> run_backward(x * x, np.ones(2))
    >>> x.grad
    tensor([2., 4.])
    """
    pending = {output: gradient}
    for node in toposort(output):
        grad = pending.pop(node)
        if node._hooks is not None:
            grad = _call_hooks(node, node._hooks, grad)
        if node._inputs is None:
            shared = _holders(grad) not in ALONE  # counted before the call below, which holds it, too
            accumulate(node, grad, copy=shared)
            continue
        if node._inputs is FREED:  # a hook ran backward through here
            raise RuntimeError(FREED_WORDS)
        if recording._last_change > node._order:
            recording.refuse_changed(node)
        pass_back(node, grad, pending)
        if not retain_graph:
            node._inputs, node._vjps, node._args = FREED, (), ()


def pass_back(node: "Tensor", grad: Array, pending: "dict[Tensor, Array]") -> None:
    """Hand on what each input of an operation is due; where an input already has something, the parts are added.

    Parameters
    ----------
    node : Tensor
        The result of the operation.
    grad : ndarray
        Its gradient, complete.
    pending : dict from Tensor to ndarray
        The gradients that have gathered so far. Changed.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x, pending = Tensor([1.0, 2.0], requires_grad=True), {}
    >>> pass_back(x + x, np.ones(2), pending)
    >>> pending[x]
    array([2., 2.])
    """
    args = node._args
    for source, vjp in zip(node._inputs, node._vjps):
        if source is not None and source._requires_grad:
            part, values = vjp(grad, *args), source.data
            if part.shape != values.shape:
                part = unbroadcast(part, values.shape)
            if part.dtype is not values.dtype:
                part = part.astype(values.dtype)
            before = pending.get(source)
            pending[source] = part if before is None else before + part


def _holders(grad: Array) -> tuple[int, ...]:
    """How many hold an array, and the array that it is a view of; nothing where it must not be written to."""
    if not (grad.flags.writeable and grad.flags.c_contiguous):
        return ()
    return sys.getrefcount(grad), 0 if grad.base is None else sys.getrefcount(grad.base)


def _held_alone() -> set[tuple[int, ...]]:
    """What :func:`_holders` counts where nobody holds the array but the caller: counted here as Python counts it."""
    new = np.empty(1)
    view = np.empty((1, 1)).reshape(1)
    return {_holders(new), _holders(view)}


ALONE = _held_alone()  # as in torch, a leaf takes over such a gradient instead of copying it


def _call_hooks(node: "Tensor", hooks: Hooks, grad: Array) -> Array:
    """The gradient after all hooks; the tensor keeps it if that was asked for."""
    for hook in tuple(hooks):
        replacement = hook(tensors.Tensor(grad))
        if replacement is not None:
            grad = np.asarray(unwrap(replacement), node.dtype)
            if grad.shape != node.shape:
                raise RuntimeError(f"a hook changed the shape of the gradient from {node.shape} to {grad.shape}")
    if hooks.retains_grad:
        accumulate(node, grad)
    return grad


def accumulate(tensor: "Tensor", grad: Array, copy: bool = True) -> None:
    """Add to ``tensor.grad``.

    Parameters
    ----------
    tensor : Tensor
        Whose gradient it is.
    grad : ndarray of its shape
        What to add.
    copy : bool
        False where nobody else holds this array.

    Raises
    ------
    RuntimeError
        If the gradient that is there has another shape.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> accumulate(x, np.ones(2))
    >>> accumulate(x, np.ones(2))
    >>> x.grad
    tensor([2., 2.])
    """
    before = tensor._grad
    if before is not None:
        if before.shape != grad.shape:
            raise RuntimeError(f"grad has the shape {before.shape}, but a gradient of {grad.shape} is to be added")
        grad = before.data + grad
    elif copy:
        grad = np.array(grad)
    tensor._grad = tensors.Tensor(grad, dtype=tensor.dtype)


def check_assigned(tensor: "Tensor", grad: Any) -> None:
    """Refuse what cannot be the gradient of a tensor.

    Parameters
    ----------
    tensor : Tensor
        Whose ``grad`` is assigned.
    grad : object
        What comes.

    Raises
    ------
    RuntimeError
        If the shape or the dtype is another one; a TypeError if it is no tensor.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> check_assigned(Tensor([1.0, 2.0]), Tensor([1.0]))
    Traceback (most recent call last):
    RuntimeError: assigned grad has the shape (1,), the tensor (2,)
    """
    if not isinstance(grad, tensors.Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(grad).__name__}")
    if grad.shape != tensor.shape:
        raise RuntimeError(f"assigned grad has the shape {grad.shape}, the tensor {tensor.shape}")
    if grad.dtype != tensor.dtype:
        raise RuntimeError(f"assigned grad has the dtype {grad.dtype}, the tensor {tensor.dtype}")


def graph(output: "Tensor") -> tuple[list[tuple[str, tuple[int, ...]]], list[tuple[int, int]]]:
    """The graph behind a tensor, for drawing.

    Parameters
    ----------
    output : Tensor
        Where to start.

    Returns
    -------
    nodes : list of (name, shape)
        The operations, ``"leaf"`` for a tensor that nothing made, latest first; constants are left out.
    edges : list of (int, int)
        From the place of an input to the place of what was made from it.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> graph((Tensor([1.0, 2.0], requires_grad=True) * 2).sum())
    ([('sum', ()), ('mul', (2,)), ('leaf', (2,))], [(1, 0), (2, 1)])
    """
    nodes = toposort(output)
    place = {node: i for i, node in enumerate(nodes)}
    edges = [
        (place[source], place[node])
        for node in nodes
        for source in node._inputs or ()
        if source is not None and source in place
    ]
    return [(node._name or "leaf", node.shape) for node in nodes], edges
