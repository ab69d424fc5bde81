"""The class :class:`Tensor`: an array, what it remembers, and the operations as its methods."""

# The operations and the class know each other, so that mypy meets them here before it knows what they are:
# mypy: disable-error-code="has-type"

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from companion.annotations import Array, ArrayLike, DTypeLike
from companion.autograd import elementwise, indexing, inplace, products, reductions, shapes, softmaxes
from companion.autograd.backward import check_assigned, run_backward
from companion.autograd.hooks import Hooks, RemovableHandle
from companion.autograd.recording import Changes, record, share_changes, unwrap

__all__ = ["Tensor"]


class Tensor:
    """An array that remembers the operation it came from.

    Parameters
    ----------
    data : array_like
        Kept without a copy where it is an ndarray of the wanted dtype. Python numbers become float64. Operations refuse
        a Python integer that does not fit a tensor of smaller ones, which torch wraps around.
    requires_grad : bool
        Whether :meth:`backward` leaves a gradient in ``grad``; floating-point data only.
    dtype : dtype, optional
        What the elements are stored as; without, what they are already.

    Attributes
    ----------
    data : ndarray
        Who changes it in place between an operation and :meth:`backward` says so by
        :func:`~companion.autograd.increment_version`; otherwise the change goes unnoticed and the gradient is wrong,
        as with torch's ``data``. Another array may be assigned at any time: the graph goes on with the one it has seen.
    grad : Tensor or None
        Of the shape and dtype of ``data``; gradients of several calls add up, as in torch.
    requires_grad : bool

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_args",
        "_changes",
        "_grad",
        "_hooks",
        "_inputs",
        "_name",
        "_needs",
        "_order",
        "_requires_grad",
        "_vjps",
        "data",
    )
    data: Array
    _grad: "Tensor | None"
    _requires_grad: bool
    _inputs: Any  # a tuple of tensors and None; itself None for a leaf. From here to _needs: what record() was given
    _name: str | None
    _vjps: tuple[Callable[..., Array], ...]
    _args: tuple[Any, ...]
    _needs: tuple[tuple[int, ...], ...] | None
    _order: int  # when it was made, by the clock of all operations
    _hooks: Hooks | None
    _changes: Changes  # one object for all tensors that share memory; not there before the first change or view

    __array_priority__ = 1000  # an ndarray on the left leaves the operation to us

    def __init__(self, data: ArrayLike, requires_grad: bool = False, dtype: DTypeLike | None = None):
        self.data = np.asarray(unwrap(data), dtype=dtype)
        self._grad, self._inputs, self._name, self._hooks = None, None, None, None
        self._requires_grad = False
        self.requires_grad_(requires_grad)
        if isinstance(data, Tensor) and self.data is data.data:
            share_changes(data, self)

    # ---- what it looks like ------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def dtype(self) -> np.dtype:
        """NumPy's dtype of the data."""
        return self.data.dtype

    @property
    def T(self) -> "Tensor":
        """The axes in reverse order."""
        return shapes.permute(self, *reversed(range(self.ndim)))

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self._inputs is None

    @property
    def retains_grad(self) -> bool:
        """Whether :meth:`retain_grad` was asked for, of a tensor that is not a leaf."""
        return self._hooks is not None and self._hooks.retains_grad

    @property
    def _version(self) -> int:
        """How often the data was changed in place, as far as it was told."""
        return self._changes.count if hasattr(self, "_changes") else 0

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one axis.

        Parameters
        ----------
        dim : int, optional
            The axis; all without.

        Returns
        -------
        tuple of int, or int
            All lengths, or one.
        """
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """The number of elements.

        Returns
        -------
        int
            0 if an axis is empty.
        """
        return self.data.size

    def item(self) -> Any:
        """The only element as a Python number.

        Returns
        -------
        float, int or bool
            By its dtype.

        Raises
        ------
        RuntimeError
            If there are several, or none.
        """
        if self.data.size != 1:
            raise RuntimeError(f"a Tensor with {self.data.size} elements cannot be converted to Scalar")
        return self.data.item()

    def numpy(self) -> Array:
        """The data, not copied; an error while a gradient is wanted, as in torch.

        Returns
        -------
        ndarray
            It shares the tensor's memory.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient: :meth:`detach` it first.
        """
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return np.asarray(self.data)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        body = np.array2string(np.asarray(self.data), precision=4, separator=", ", prefix="tensor(")
        kind = "" if self.dtype in (np.float64, np.int64, np.bool_) else f", dtype={self.dtype}"
        origin = "requires_grad=True" if self.is_leaf else f"grad_fn=<{self._name}>"
        return f"tensor({body}{kind}{', ' + origin if self.requires_grad else ''})"

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator["Tensor"]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise RuntimeError(f"Boolean value of Tensor with {self.data.size} values is ambiguous")
        return bool(self.data)

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def _number(self) -> Any:
        if self.data.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.data.item()

    def __format__(self, spec: str) -> str:
        return repr(self) if self.ndim and not spec else format(self.item(), spec)

    __hash__ = object.__hash__

    # ---- recording ---------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether :meth:`backward` hands a gradient on to it; may be assigned, see :meth:`requires_grad_`."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        if type(requires_grad) is not bool:
            raise RuntimeError("requires_grad must be a bool")
        self.requires_grad_(requires_grad)

    @property
    def grad(self) -> "Tensor | None":
        """The gradient, of the shape and dtype of ``data``; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, grad: "Tensor | None") -> None:
        if grad is not None:
            check_assigned(self, grad)
        self._grad = grad

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Ask for a gradient, or no longer.

        Parameters
        ----------
        requires_grad : bool
            Whether a gradient will be asked of it.

        Returns
        -------
        Tensor
            The tensor itself.

        Raises
        ------
        RuntimeError
            If the data are no floating-point numbers, or if an operation made the tensor.
        TypeError
            If ``requires_grad`` is no bool.
        """
        if type(requires_grad) is not bool:
            raise TypeError(f"argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(f"only Tensors of floating point dtype can require gradients, got {self.dtype}")
        if not requires_grad and self._inputs is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables; use detach()")
        self._requires_grad = requires_grad
        return self

    def detach(self) -> "Tensor":
        """The same data without history.

        Returns
        -------
        Tensor
            It shares the tensor's memory.
        """
        return Tensor(self)

    def clone(self) -> "Tensor":
        """A copy through which gradients flow.

        Returns
        -------
        Tensor
            With memory of its own.
        """
        return record("clone", np.array(self.data), (self,), (lambda g: g,), needs=())

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        if not self.is_leaf:
            raise RuntimeError("only leaves, which no operation made, can be deepcopied; detach() the others")
        memo[id(self)] = copied = type(self)(copy.deepcopy(self.data, memo), self.requires_grad)
        copied.grad = copy.deepcopy(self.grad, memo)  # but no hooks, as in torch
        return copied

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that is not a leaf as a leaf keeps its own: after all hooks, and added up."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not self.is_leaf:
            self._own_hooks().retains_grad = True

    def register_hook(self, hook: Callable[["Tensor"], Any]) -> RemovableHandle:
        """Call a function with the gradient of this tensor, when that is complete.

        Parameters
        ----------
        hook : callable
            What ``hook(grad)`` returns, if anything, takes the place of the gradient.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` ends that.

        Raises
        ------
        RuntimeError
            If the tensor doesn't require a gradient.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        hooks = self._own_hooks()
        hooks.append(hook)
        return RemovableHandle(hooks, hook)

    def _own_hooks(self) -> Hooks:
        self._hooks = Hooks() if self._hooks is None else self._hooks
        return self._hooks

    def backward(self, gradient: ArrayLike | None = None, retain_graph: bool = False) -> None:
        """Add the gradient of this tensor to ``grad`` of every leaf that it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The gradient with respect to this tensor; 1 for a scalar.
        retain_graph : bool
            Keep what the forward pass stored. Otherwise it is freed step by step, and a second call raises.

        Raises
        ------
        RuntimeError
            If the tensor does not require a gradient, if the gradient is missing or has another shape, if the graph was
            freed, or if a value that is needed was changed in place (:func:`~companion.autograd.increment_version`).

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> (3 * x).backward([1.0, 10.0])
        >>> x.grad
        tensor([ 3., 30.])
        """
        if not self.requires_grad:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        if gradient is None and self.numel() != 1:
            raise RuntimeError(f"grad can be implicitly created only for scalar outputs, not for shape {self.shape}")
        start = np.ones(self.shape, self.dtype) if gradient is None else np.asarray(unwrap(gradient), self.dtype)
        if start.shape != self.shape:
            raise RuntimeError(f"Mismatch in shape: gradient has a shape of {start.shape}, the output {self.shape}")
        run_backward(self, start, retain_graph)

    # ---- operations --------------------------------------------------------------------------------------------------

    __neg__, __abs__ = elementwise.neg, elementwise.absolute
    __add__ = __radd__ = elementwise.add
    __mul__ = __rmul__ = elementwise.mul
    __sub__, __truediv__, __pow__ = elementwise.sub, elementwise.div, elementwise.power
    __contains__ = elementwise.contains
    __lt__, __le__, __gt__, __ge__ = elementwise.lt, elementwise.le, elementwise.gt, elementwise.ge
    __matmul__, __getitem__, __setitem__ = products.matmul, indexing.getitem, inplace.setitem
    __iadd__, __isub__, __imul__ = inplace.iadd, inplace.isub, inplace.imul
    __itruediv__, __ipow__ = inplace.idiv, inplace.ipow

    def __rsub__(self, other: Any) -> "Tensor":
        return elementwise.sub(other, self)

    def __rtruediv__(self, other: Any) -> "Tensor":
        return elementwise.div(other, self)

    def __rpow__(self, other: Any) -> "Tensor":
        return elementwise.power(other, self)

    def pow(self, exponent: Any) -> "Tensor":
        """Each element to a power.

        Parameters
        ----------
        exponent : Tensor or array_like
            Broadcast together with the tensor.

        Returns
        -------
        Tensor
        """
        return elementwise.power(self, exponent)

    def __rmatmul__(self, other: Any) -> "Tensor":
        return products.matmul(other, self)

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, (str, type(None))) else elementwise.eq(self, other)

    def __ne__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, (str, type(None))) else elementwise.ne(self, other)

    abs = absolute = elementwise.absolute
    exp = elementwise.exp
    expm1 = elementwise.expm1
    log = elementwise.log
    log1p = elementwise.log1p
    sqrt = elementwise.sqrt
    square = elementwise.square
    sin = elementwise.sin
    cos = elementwise.cos
    tanh = elementwise.tanh
    sigmoid = elementwise.sigmoid
    softplus = elementwise.softplus
    erf = elementwise.erf
    relu = elementwise.relu
    clamp = elementwise.clamp
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    matmul = products.matmul
    sum = reductions.total
    mean = reductions.mean
    var = reductions.var
    amax = reductions.amax
    amin = reductions.amin
    max = reductions.max_along
    min = reductions.min_along
    logsumexp = softmaxes.logsumexp
    softmax = softmaxes.softmax
    log_softmax = softmaxes.log_softmax
    reshape = view = shapes.reshape
    permute = shapes.permute
    transpose = shapes.transpose
    expand = shapes.expand
    gather = indexing.gather
    scatter_add = indexing.scatter_add
