r"""A :class:`Tensor` that records how it was computed, so that gradients follow by the chain rule (torch's ``Tensor``).

An operation is a function on arrays with one vector-Jacobian product (VJP) per argument: given
:math:`g = \partial L / \partial \mathrm{out}` it returns :math:`\partial L / \partial \mathrm{argument}`. The tables
``UNARY`` and ``BINARY`` can be read as calculus. :meth:`Tensor.backward` only calls the VJPs, latest operation first.
"""

import itertools
import math
from contextlib import contextmanager
from operator import attrgetter
from types import SimpleNamespace

import numpy as np

from companion import numerics

_recording = True
_clock = itertools.count()  # an operation never feeds an earlier one, so the order of creation is a topological order


def _share(g, loses, ties):
    """The part of a gradient that goes to one of two arguments: a tie is split in halves, nan lets all of it pass."""
    return np.where(loses, 0, np.where(ties, 0.5 * g, g))


def _power_base(g, x, y):
    """d x^y / dx = y x^(y-1), and 0 where y = 0, also at x = 0."""
    if isinstance(y, (int, float)):
        return g * (y * np.power(x, y - 1)) if y else np.zeros_like(g)
    return np.where(y == 0, 0.0, g * y * np.power(x, np.where(y == 0, 1.0, y - 1)))


def _power_exponent(g, out, x, y):
    """d x^y / dy = x^y log x, and 0 where x = 0 and y >= 0."""
    zero = (x == 0) & (y >= 0)
    return g * np.where(zero, 0.0, out * np.log(np.where(zero, 1.0, x)))


# name: (forward, VJP); g is the incoming gradient, out the result, x the argument
UNARY = {
    "neg": (np.negative, lambda g, out, x: -g),
    "abs": (np.abs, lambda g, out, x: g * np.where(np.isnan(x), 0, np.sign(x))),
    "exp": (np.exp, lambda g, out, x: g * out),
    "expm1": (np.expm1, lambda g, out, x: g * (out + 1)),
    "log": (np.log, lambda g, out, x: g / x),
    "log1p": (np.log1p, lambda g, out, x: g / (1 + x)),
    "sqrt": (np.sqrt, lambda g, out, x: g / (2 * out)),
    "square": (np.square, lambda g, out, x: g * (2 * x)),
    "sin": (np.sin, lambda g, out, x: g * np.cos(x)),
    "cos": (np.cos, lambda g, out, x: -g * np.sin(x)),
    "tanh": (np.tanh, lambda g, out, x: g * (1 - out * out)),
    "sigmoid": (numerics.sigmoid, lambda g, out, x: g * (out * (1 - out))),
    "softplus": (numerics.softplus, lambda g, out, x: g * numerics.sigmoid(x)),
    "erf": (numerics.erf, lambda g, out, x: g * (2 / math.sqrt(math.pi) * np.exp(-x * x))),
    "relu": (lambda x: np.maximum(x, 0), lambda g, out, x: g * ~(out <= 0)),  # nan lets the gradient pass
}

# name: (forward, VJP of the first argument, VJP of the second); sums over broadcast axes are taken by `_fit`
BINARY = {
    "add": (np.add, lambda g, out, x, y: g, lambda g, out, x, y: g),
    "sub": (np.subtract, lambda g, out, x, y: g, lambda g, out, x, y: -g),
    "mul": (np.multiply, lambda g, out, x, y: g * y, lambda g, out, x, y: g * x),
    "div": (np.true_divide, lambda g, out, x, y: g / y, lambda g, out, x, y: -g * out / y),
    "pow": (np.power, lambda g, out, x, y: _power_base(g, x, y), lambda g, out, x, y: _power_exponent(g, out, x, y)),
    "maximum": (
        np.maximum,
        lambda g, out, x, y: _share(g, x < y, x == y),
        lambda g, out, x, y: _share(g, y < x, x == y),
    ),
    "minimum": (
        np.minimum,
        lambda g, out, x, y: _share(g, x > y, x == y),
        lambda g, out, x, y: _share(g, y > x, x == y),
    ),
}


def is_grad_enabled():
    """Whether operations are being recorded."""
    return _recording


@contextmanager
def no_grad():
    """Record nothing within this context: for evaluation, and for changing parameters."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def _fit(grad, shape):
    """Sum a gradient over the axes along which an argument of this shape was broadcast."""
    if grad.shape == shape:
        return grad
    extra = grad.ndim - len(shape)
    axes = (*range(extra), *(extra + axis for axis, size in enumerate(shape) if size == 1))
    return grad.sum(axis=axes, keepdims=True).reshape(shape) if axes else grad


def inner(a, b, axes):
    """The sum of a * b over axes that are kept with length 1; einsum never stores the products."""
    places = range(a.ndim)
    return np.expand_dims(np.einsum(a, places, b, places, [i for i in places if i not in axes]), axes)


def record(name, out, inputs, vjps, args=()):
    """A tensor made by an operation; remembers the operation if a gradient will be asked of one of its inputs.

    Parameters
    ----------
    name : str
        The operation, as :func:`graph` shows it.
    out : ndarray
        Its result.
    inputs : tuple of (Tensor or None)
        The arguments, None where one is a constant.
    vjps : tuple of callable
        For each input ``vjp(g, *args)``, with g of the shape of ``out``.
    args : tuple
        What the VJPs need from the forward pass; freed by :meth:`Tensor.backward`.
    """
    result = Tensor.__new__(Tensor)
    result.data, result.grad, result._hooks = out, None, None
    if _recording:
        for source in inputs:
            if source is not None and source.requires_grad:
                result.requires_grad, result._name, result._order = True, name, next(_clock)
                result._inputs, result._vjps, result._args = inputs, vjps, args
                return result
    result.requires_grad, result._name, result._inputs = False, None, None
    return result


def _unary(name):
    forward, vjp = UNARY[name]
    vjps, exact = (vjp,), name in ("neg", "abs", "square", "relu")

    def operation(x):
        x = as_tensor(x)
        a = x.data
        if not exact and a.dtype.kind != "f":
            a = a.astype(float)  # NumPy would compute small integers in half precision
        out = forward(a)
        return record(name, out, (x,), vjps, (out, a))

    operation.__name__ = name
    operation.__doc__ = f"``{name}`` of each element."
    return operation


def _binary(name):
    forward, *vjps = BINARY[name]
    vjps = tuple(vjps)

    def operation(x, y):
        left, a = (x, x.data) if isinstance(x, Tensor) else (None, _constant(x))
        right, b = (y, y.data) if isinstance(y, Tensor) else (None, _constant(y))
        if type(a) is type(b) is np.ndarray and a.dtype is not b.dtype:
            a, b = _meet(a, b)
        try:
            out = forward(a, b)
        except ValueError as error:
            raise RuntimeError(
                f"{name}: the shapes {np.shape(a)} and {np.shape(b)} cannot be broadcast together"
            ) from error
        return record(name, out, (left, right), vjps, (out, a, b))

    operation.__name__ = name
    operation.__doc__ = f"``{name}`` of two tensors, element by element, with broadcasting."
    return operation


def _constant(value):
    """A single number becomes a plain Python one, so that it does not widen float32; everything else an array."""
    if type(value) in (int, float):
        return value
    value = np.asarray(value)
    return value if value.ndim else value.item()


def _meet(a, b):
    """Integers take the dtype of the floating-point numbers that they meet, as in torch; NumPy would widen float32."""
    if a.dtype.kind == "f" and b.dtype.kind in "biu":
        return a, b.astype(a.dtype)
    if b.dtype.kind == "f" and a.dtype.kind in "biu":
        return a.astype(b.dtype), b
    return a, b


class Tensor:
    """An array that remembers the operation it came from.

    Parameters
    ----------
    data : array_like
        Kept without a copy where it is an ndarray of the wanted dtype. Python numbers become float64. Who changes it
        between an operation and :meth:`backward` changes the gradient; nothing notices.
    requires_grad : bool
        Whether :meth:`backward` leaves a gradient in ``grad``; floating-point data only.
    dtype : dtype, optional

    Attributes
    ----------
    data : ndarray
    grad : Tensor or None
        Of the shape and dtype of ``data``; gradients of several calls add up, as in torch.

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
        "_hooks",
        "_inputs",
        "_name",
        "_order",
        "_pending",
        "_vjps",
        "data",
        "grad",
        "requires_grad",
    )
    __array_priority__ = 1000  # an ndarray on the left leaves the operation to us

    def __init__(self, data, requires_grad=False, dtype=None):
        if isinstance(data, Tensor):
            data = data.data
        self.data = np.asarray(data, dtype=dtype)
        self.grad = self._inputs = self._name = self._hooks = None
        self.requires_grad = False
        self.requires_grad_(requires_grad)

    # ---- what it looks like -------------------------------------------------------------------------------------

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    dtype = property(lambda self: self.data.dtype)
    T = property(lambda self: self.transpose() if self.ndim < 3 else self.permute(*reversed(range(self.ndim))))
    is_leaf = property(lambda self: self._inputs is None)

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def numel(self):
        return self.data.size

    def item(self):
        return self.data.item()

    def numpy(self):
        """The data, not copied; an error while a gradient is wanted, as in torch."""
        if self.requires_grad:
            raise RuntimeError(
                "Can't call numpy() on a Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        return np.asarray(self.data)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __repr__(self):
        body = np.array2string(np.asarray(self.data), precision=4, separator=", ", prefix="tensor(")
        kind = "" if self.dtype in (np.float64, np.int64, np.bool_) else f", dtype={self.dtype}"
        origin = "requires_grad=True" if self.is_leaf else f"grad_fn=<{self._name}>"
        return f"tensor({body}{kind}{', ' + origin if self.requires_grad else ''})"

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        return bool(self.data)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __format__(self, spec):
        return repr(self) if self.ndim and not spec else format(self.item(), spec)

    __hash__ = object.__hash__

    # ---- recording ----------------------------------------------------------------------------------------------

    def requires_grad_(self, requires_grad=True):
        """Ask for a gradient, or no longer; returns the tensor itself."""
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(f"only Tensors of floating point dtype can require gradients, got {self.dtype}")
        if not requires_grad and self._inputs is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables; use detach()")
        self.requires_grad = bool(requires_grad)
        return self

    def detach(self):
        """The same data without history."""
        return Tensor(self.data)

    def clone(self):
        """A copy through which gradients flow."""
        return record("clone", np.array(self.data), (self,), (lambda g: g,))

    def zero_grad(self):
        self.grad = None

    def retain_grad(self):
        """Keep the gradient of a tensor that is not a leaf as a leaf keeps its own: after all hooks, and added up."""
        if self._keep not in (self._hooks or ()) and not (self.is_leaf and self.requires_grad):
            self.register_hook(self._keep)

    def register_hook(self, hook):
        """Call ``hook(grad)`` when the gradient of this tensor is complete; what it returns, if anything, replaces
        it. ``remove()`` of what is returned here ends that.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        self._hooks = sorted([*(self._hooks or ()), hook], key=lambda h: h == self._keep)  # keeping comes last
        return SimpleNamespace(remove=lambda: self._hooks.remove(hook))

    def _keep(self, grad):
        """Add to ``grad``."""
        grad = np.array(_data(grad), self.dtype)
        self.grad = Tensor(grad if self.grad is None else self.grad.data + grad)

    def backward(self, gradient=None, retain_graph=False):
        """Add the gradient of this tensor to ``grad`` of every leaf that it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The gradient with respect to this tensor; 1 for a scalar.
        retain_graph : bool
            Keep what the forward pass stored. Otherwise it is freed step by step, and a second call raises.
        """
        if not self.requires_grad:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        if gradient is None and self.numel() != 1:
            raise RuntimeError(f"grad can be implicitly created only for scalar outputs, not for shape {self.shape}")
        gradient = np.ones(self.shape, self.dtype) if gradient is None else np.asarray(_data(gradient), self.dtype)
        if gradient.shape != self.shape:
            raise RuntimeError(f"Mismatch in shape: gradient has a shape of {gradient.shape}, the output {self.shape}")
        order = history(self)
        self._pending = gradient
        for node in order:
            node._send(retain_graph)

    def _send(self, retain_graph):
        """Pass the gradient that has gathered here on to the inputs; a leaf keeps it."""
        grad, self._pending = self._pending, None
        for hook in self._hooks or ():
            replacement = hook(Tensor(grad))
            if replacement is not None:
                grad = np.asarray(_data(replacement), self.dtype)
                if grad.shape != self.shape:
                    raise RuntimeError(f"a hook changed the shape of the gradient from {self.shape} to {grad.shape}")
        if self._inputs is None:
            self._keep(grad)
            return
        args = self._args
        for source, vjp in zip(self._inputs, self._vjps):
            if source is not None and source.requires_grad:
                part = vjp(grad, *args)
                if part.shape != source.data.shape:
                    part = _fit(part, source.data.shape)
                if part.dtype is not source.data.dtype:
                    part = part.astype(source.data.dtype)
                source._pending = part if source._pending is None else source._pending + part
        if not retain_graph:
            self._inputs, self._vjps, self._args = _FREED, (), ()


_FREED = ()


def history(output):
    """The tensors that an output was computed from and that want a gradient, latest first, the leaves last."""
    nodes, leaves, seen, waiting = [], [], {id(output)}, [output]
    while waiting:
        node = waiting.pop()
        node._pending = None
        if node._inputs is None:
            leaves.append(node)
            continue
        if node._inputs is _FREED:
            raise RuntimeError(
                "Trying to backward through the graph a second time: what it had stored was freed. "
                "Specify retain_graph=True at the first call."
            )
        nodes.append(node)
        for source in node._inputs:
            if source is not None and source.requires_grad and id(source) not in seen:
                seen.add(id(source))
                waiting.append(source)
    nodes.sort(key=attrgetter("_order"), reverse=True)
    return nodes + leaves


def as_tensor(value):
    """A tensor as it is; anything else as a constant one."""
    return value if isinstance(value, Tensor) else Tensor(value)


def tensor(data, requires_grad=False, dtype=None):
    """A new tensor with a copy of the data."""
    return Tensor(np.array(_data(data)), requires_grad=requires_grad, dtype=dtype)


def _one_tuple(values):
    """``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], (tuple, list)) else values


def zeros(*shape, requires_grad=False, dtype=float):
    return Tensor(np.zeros(_one_tuple(shape), dtype), requires_grad=requires_grad)


def ones(*shape, requires_grad=False, dtype=float):
    return Tensor(np.ones(_one_tuple(shape), dtype), requires_grad=requires_grad)


def _data(value):
    return value.data if isinstance(value, Tensor) else value


# ---- elementwise operations, from the tables -------------------------------------------------------------------------

neg, absolute, exp, expm1, log, log1p, sqrt, square, sin, cos, tanh, sigmoid, softplus, erf, relu = map(_unary, UNARY)
add, sub, mul, div, power, maximum, minimum = map(_binary, BINARY)


def clamp(x, min=None, max=None):
    """Each element moved into [min, max]; the gradient passes where it was not moved, at the ends too, as in torch."""
    x = as_tensor(x)
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    min, max = (bound if bound is None else _constant(bound) for bound in (min, max))
    inside = (min is None or x.data >= min) & (max is None or x.data <= max)  # nan is outside
    return record("clamp", np.clip(x.data, min, max), (x,), (lambda g: g * inside,))


def where(condition, x, y):
    """x where the condition holds, y elsewhere; each gets the gradient of its own elements."""
    condition = np.asarray(_data(condition), bool)
    left, a = (x, x.data) if isinstance(x, Tensor) else (None, _constant(x))
    right, b = (y, y.data) if isinstance(y, Tensor) else (None, _constant(y))
    out = np.where(condition, a, b)
    vjps = (lambda g: np.where(condition, g, 0), lambda g: np.where(condition, 0, g))
    return record("where", out, (left, right), vjps)


# ---- products --------------------------------------------------------------------------------------------------------


def matmul(x, y):
    r"""The matrix product XY, stacked over leading axes: VJPs :math:`G Y^\top` and :math:`X^\top G`."""
    x, y = as_tensor(x), as_tensor(y)
    a, b = x.data, y.data
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError(
            f"matmul: both arguments need at least one dimension, got the shapes {a.shape} and {b.shape}"
        )
    if a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise RuntimeError(f"matmul: the shapes {a.shape} and {b.shape} cannot be multiplied")
    rows, columns = (a if a.ndim > 1 else a[None]), (b if b.ndim > 1 else b[:, None])

    def full(g):  # g as a stack of matrices, with the axes that a vector argument had lost
        g = g if a.ndim > 1 else np.expand_dims(g, -2 if b.ndim > 1 else -1)
        return g if b.ndim > 1 else np.expand_dims(g, -1)

    def left(g):
        g = full(g) if a.ndim == 1 or b.ndim == 1 else g
        return _fit(g @ columns.swapaxes(-1, -2), rows.shape).reshape(a.shape)

    def right(g):
        g = full(g) if a.ndim == 1 or b.ndim == 1 else g
        if b.ndim == 2 and g.ndim > 2:  # one product over all leading axes instead of a stack that is then summed
            return (rows.reshape(-1, rows.shape[-1]).T @ g.reshape(-1, g.shape[-1])).reshape(b.shape)
        return _fit(rows.swapaxes(-1, -2) @ g, columns.shape).reshape(b.shape)

    return record("matmul", a @ b, (x, y), (left, right))


def einsum(equation, *operands):
    """``numpy.einsum`` with an explicit output and no index repeated within an operand; VJPs are einsums again."""
    operands = tuple(map(as_tensor, operands))
    if equation.count("->") != 1:
        raise RuntimeError(f"einsum: {equation!r} does not say its output after '->'")
    terms, output = equation.replace(" ", "").split("->")
    terms = terms.split(",")
    if len(terms) != len(operands) or any(len(set(term)) != len(term) for term in [*terms, output]):
        raise RuntimeError(f"einsum: {equation!r} does not fit {len(operands)} operands without repeated indices")
    arrays = [operand.data for operand in operands]
    sizes = {}
    for term, array in zip(terms, arrays):
        if len(term) != array.ndim or any(sizes.setdefault(i, n) != n for i, n in zip(term, array.shape)):
            raise RuntimeError(f"einsum: {equation!r} does not fit the shapes {[array.shape for array in arrays]}")

    def vjp(place):
        others = [term for i, term in enumerate(terms) if i != place]
        known = set("".join(others) + output)
        inner = "".join(
            i for i in terms[place] if i in known
        )  # an index of this operand alone was summed: broadcast it

        def pull(g):
            rest = [array for i, array in enumerate(arrays) if i != place]
            part = np.einsum(f"{','.join([output, *others])}->{inner}", g, *rest, optimize=True)
            index = tuple(slice(None) if i in known else None for i in terms[place])
            return np.broadcast_to(part[index], arrays[place].shape)

        return pull

    out = np.einsum(equation, *arrays, optimize=True)
    return record("einsum", out, operands, tuple(vjp(place) for place in range(len(operands))))


# ---- reductions ------------------------------------------------------------------------------------------------------


def _axis(dim, ndim):
    """An axis, counted from 0; a single number has one, as in torch."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def _dims(dim, ndim):
    """A number or several as a tuple of axes; None, and none at all, for all of them."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    axes = tuple(_axis(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    return axes if ndim else ()


def _count(shape, dim):
    """How many elements a reduction takes together."""
    return math.prod(shape if dim is None else (shape[d] for d in dim))


def _spread(g, shape, dim, keepdim):
    """A reduced gradient, with its axes back so that it broadcasts to the shape before the reduction."""
    return g if keepdim or dim is None else np.expand_dims(g, dim)


def total(x, dim=None, keepdim=False):
    """The sum along ``dim``; every summand gets the whole gradient."""
    x = as_tensor(x)
    dim = _dims(dim, x.ndim)
    out = x.data.sum(axis=dim, keepdims=keepdim)
    return record("sum", out, (x,), (lambda g: np.broadcast_to(_spread(g, x.shape, dim, keepdim), x.shape),))


def mean(x, dim=None, keepdim=False):
    """The mean along ``dim``."""
    x = as_tensor(x)
    dim = _dims(dim, x.ndim)
    count = _count(x.shape, dim)
    out = x.data.mean(axis=dim, keepdims=keepdim)
    return record("mean", out, (x,), (lambda g: np.broadcast_to(_spread(g / count, x.shape, dim, keepdim), x.shape),))


def var(x, dim=None, correction=1, keepdim=False):
    r"""The variance along ``dim``, divided by n - ``correction``; VJP :math:`2 g (x - \bar x) / (n - c)`."""
    x = as_tensor(x)
    dim = _dims(dim, x.ndim)
    count = max(_count(x.shape, dim) - correction, 0)
    centered = x.data - x.data.mean(axis=dim, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.square(centered).sum(axis=dim, keepdims=keepdim) / count
    return record("var", out, (x,), (lambda g: _spread(g, x.shape, dim, keepdim) * (2 * centered / count),))


def _extreme(name, choose):
    def operation(x, dim=None, keepdim=False):
        x = as_tensor(x)
        dim = _dims(dim, x.ndim)
        out = choose(x.data, axis=dim, keepdims=True)

        def vjp(g):
            ties = (x.data == out) | (np.isnan(x.data) & np.isnan(out))
            return _spread(g, x.shape, dim, keepdim) * (ties / ties.sum(axis=dim, keepdims=True)).astype(x.dtype)

        result = out if keepdim else out.squeeze(axis=dim) if dim is not None else out.reshape(())
        return record(name, result, (x,), (vjp,))

    operation.__name__ = name
    operation.__doc__ = f"torch's ``{name}``: ties share the gradient equally; where it is nan, the nans do."
    return operation


amax, amin = _extreme("amax", np.max), _extreme("amin", np.min)


def logsumexp(x, dim, keepdim=False):
    """log of the sum of exponentials along ``dim``; its gradient is the softmax."""
    x = as_tensor(x)
    dim = _dims(dim, x.ndim)
    out = numerics.logsumexp(x.data, axis=dim, keepdims=True)
    result = out if keepdim else out.squeeze(axis=dim)
    with_axes = lambda g: _spread(g, x.shape, dim, keepdim)  # noqa: E731
    return record("logsumexp", result, (x,), (lambda g: with_axes(g) * np.exp(x.data - out),))


def softmax(x, dim=-1):
    r"""Positive shares that sum to 1 along ``dim``; VJP :math:`p \odot (g - \langle g, p\rangle)`."""
    x = as_tensor(x)
    axes = tuple(range(x.ndim)) if dim is None else _dims(dim, x.ndim)
    p = numerics.softmax(x.data, axis=dim)

    def vjp(g):
        out = g - inner(g, p, axes)
        out *= p
        return out

    return record("softmax", p, (x,), (vjp,))


def log_softmax(x, dim=-1):
    r"""The logarithm of :func:`softmax`; VJP :math:`g - p \sum g`."""
    x = as_tensor(x)
    out = numerics.log_softmax(x.data, axis=dim)
    return record("log_softmax", out, (x,), (lambda g: g - np.exp(out) * g.sum(axis=dim, keepdims=True),))


# ---- moving elements about -------------------------------------------------------------------------------------------


def reshape(x, *shape):
    x = as_tensor(x)
    shape = _one_tuple(shape)
    try:
        out = x.data.reshape(shape)
    except ValueError as error:
        raise RuntimeError(f"shape {list(shape)} is invalid for input of shape {x.shape}") from error
    return record("reshape", out, (x,), (lambda g: g.reshape(x.shape),))


def permute(x, *dims):
    x = as_tensor(x)
    dims = _one_tuple(dims)
    return record(
        "permute", x.data.transpose(dims), (x,), (lambda g: g.transpose(np.argsort([d % x.ndim for d in dims])),)
    )


def transpose(x, dim0=-2, dim1=-1):
    x = as_tensor(x)
    if x.ndim < 2:
        return record("transpose", x.data, (x,), (lambda g: g,))
    return record("transpose", x.data.swapaxes(dim0, dim1), (x,), (lambda g: g.swapaxes(dim0, dim1),))


def expand(x, *shape):
    x, shape = as_tensor(x), _one_tuple(shape)
    shape = tuple(x.shape[i - len(shape)] if n == -1 else n for i, n in enumerate(shape))  # -1 keeps a size
    return record("expand", np.broadcast_to(x.data, shape), (x,), (lambda g: _fit(g, x.shape),))


def getitem(x, index):
    """Elements by NumPy's rules; the gradient is added where they came from, twice for an element taken twice."""
    x, index = as_tensor(x), tuple(_data(i) for i in index) if isinstance(index, tuple) else _data(index)
    basic = all(
        isinstance(i, (int, slice, type(None), type(Ellipsis)))
        for i in (index if isinstance(index, tuple) else (index,))
    )

    def vjp(g):
        grad = np.zeros(x.shape, g.dtype)
        if basic:
            grad[index] = g
        else:
            np.add.at(grad, index, g)
        return grad

    return record("getitem", x.data[index], (x,), (vjp,))


def _places(index, dim):
    """The indices of all axes: i, j, ... themselves, except along ``dim``, where they are those given."""
    axes = [np.arange(n).reshape(-1, *(1,) * (index.ndim - axis - 1)) for axis, n in enumerate(index.shape)]
    return (*axes[:dim], index, *axes[dim + 1 :])


def gather(x, dim, index):
    """``out[i][j] = x[i][index[i][j]]`` for ``dim=1``, and so on, as torch's; a negative index counts from the end."""
    x, index = as_tensor(x), np.asarray(_data(index))
    places = _places(index, _axis(dim, x.ndim))

    def vjp(g):
        grad = np.zeros(x.shape, g.dtype)
        np.add.at(grad, places, g)
        return grad

    return record("gather", x.data[places], (x,), (vjp,))


def scatter_add(x, dim, index, source):
    """``out = x`` with ``out[i][index[i][j]] += source[i][j]`` for ``dim=1``, and so on, as torch's."""
    x, source, index = as_tensor(x), as_tensor(source), np.asarray(_data(index))
    places = _places(index, _axis(dim, x.ndim))
    out = x.data.copy()
    np.add.at(out, places, source.data)
    return record("scatter_add", out, (x, source), (lambda g: g, lambda g: g[places]))


def cat(tensors, dim=0):
    """Tensors joined along an existing axis; each gets its slice of the gradient."""
    tensors = tuple(map(as_tensor, tensors))
    try:
        out = np.concatenate([t.data for t in tensors], axis=dim)
    except ValueError as error:
        raise RuntimeError(f"cat: the shapes {[t.shape for t in tensors]} do not fit along dim {dim}") from error
    ends = np.cumsum([t.shape[dim] for t in tensors])

    def vjp(start, end):
        cut = (slice(None),) * (dim % out.ndim) + (slice(start, end),)
        return lambda g: g[cut]

    return record("cat", out, tensors, tuple(vjp(end - t.shape[dim], end) for t, end in zip(tensors, ends)))


def stack(tensors, dim=0):
    """Tensors of one shape joined along a new axis."""
    tensors = tuple(map(as_tensor, tensors))
    if len({t.shape for t in tensors}) != 1:
        raise RuntimeError(f"stack expects each tensor to be equal size, but got {[t.shape for t in tensors]}")
    out = np.stack([t.data for t in tensors], axis=dim)
    return record("stack", out, tensors, tuple((lambda g, i=i: g.take(i, axis=dim)) for i in range(len(tensors))))


# ---- methods and operators -------------------------------------------------------------------------------------------


def _reflected(operation):
    return lambda self, other: operation(other, self)


def _compare(compare):
    return lambda self, other: Tensor(compare(self.data, _data(other)))


def _max(self, dim=None, keepdim=False):
    """The maximum; along ``dim`` with its indices, and then only the first of several equal ones gets the gradient."""
    return _select(self, dim, keepdim, np.argmax, amax)


def _min(self, dim=None, keepdim=False):
    """The minimum; see :meth:`Tensor.max`."""
    return _select(self, dim, keepdim, np.argmin, amin)


def _select(x, dim, keepdim, choose, extreme):
    if dim is None:
        return extreme(x)
    index = choose(x.data, axis=dim, keepdims=True)
    values = gather(x, dim, index)
    return (
        (values, Tensor(index))
        if keepdim
        else (values.reshape(*np.squeeze(index, dim).shape), Tensor(index.squeeze(dim)))
    )


_METHODS = {
    **dict(__add__=add, __radd__=add, __mul__=mul, __rmul__=mul, __sub__=sub, __rsub__=_reflected(sub)),
    **dict(__truediv__=div, __rtruediv__=_reflected(div), __pow__=power, __rpow__=_reflected(power)),
    **dict(__matmul__=matmul, __rmatmul__=_reflected(matmul), __neg__=neg, __abs__=absolute, __getitem__=getitem),
    **dict(__lt__=_compare(np.less), __le__=_compare(np.less_equal), __gt__=_compare(np.greater)),
    **dict(__ge__=_compare(np.greater_equal), __eq__=_compare(np.equal), __ne__=_compare(np.not_equal)),
    **dict(
        abs=absolute, exp=exp, expm1=expm1, log=log, log1p=log1p, sqrt=sqrt, square=square, sin=sin, cos=cos, tanh=tanh
    ),
    **dict(
        sigmoid=sigmoid, softplus=softplus, erf=erf, relu=relu, clamp=clamp, pow=power, maximum=maximum, minimum=minimum
    ),
    **dict(matmul=matmul, sum=total, mean=mean, var=var, amax=amax, amin=amin, max=_max, min=_min, logsumexp=logsumexp),
    **dict(
        softmax=softmax, log_softmax=log_softmax, reshape=reshape, view=reshape, permute=permute, transpose=transpose
    ),
    **dict(expand=expand, gather=gather, scatter_add=scatter_add),
}
for _name, _function in _METHODS.items():
    setattr(Tensor, _name, _function)


def graph(output):
    """The graph behind a tensor, for drawing.

    Returns
    -------
    nodes : list of (name, shape)
        The operations, ``"leaf"`` for a tensor that nothing made, latest first; constants are left out.
    edges : list of (int, int)
        From the place of an input to the place of what was made from it.
    """
    tensors = history(output)
    place = {id(t): i for i, t in enumerate(tensors)}
    edges = [
        (place[id(s)], i) for i, t in enumerate(tensors) for s in t._inputs or () if s is not None and id(s) in place
    ]
    return [(t._name or "leaf", t.shape) for t in tensors], edges
