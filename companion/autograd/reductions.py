"""Sums, means, extremes and softmax along axes."""

import math

import numpy as np

from companion import numerics
from companion.autograd.dims import normalize_dims
from companion.autograd.products import inner
from companion.autograd.recording import as_tensor, record
from companion.autograd.shapes import gather

__all__ = ["amax", "amin", "log_softmax", "logsumexp", "mean", "softmax", "total", "var"]


def count_of(shape, dim):
    """How many elements a reduction takes together."""
    return math.prod(shape if dim is None else (shape[d] for d in dim))


def spread(g, shape, dim, keepdim):
    """A reduced gradient, with its axes back so that it broadcasts to the shape before the reduction."""
    return g if keepdim or dim is None else np.expand_dims(g, dim)


def total(x, dim=None, keepdim=False):
    """The sum along ``dim``; every summand gets the whole gradient."""
    x = as_tensor(x)
    dim = normalize_dims(dim, x.ndim)
    out = x.data.sum(axis=dim, keepdims=keepdim)
    return record("sum", out, (x,), (lambda g: np.broadcast_to(spread(g, x.shape, dim, keepdim), x.shape),))


def mean(x, dim=None, keepdim=False):
    """The mean along ``dim``."""
    x = as_tensor(x)
    dim = normalize_dims(dim, x.ndim)
    count = count_of(x.shape, dim)
    out = x.data.mean(axis=dim, keepdims=keepdim)
    return record("mean", out, (x,), (lambda g: np.broadcast_to(spread(g / count, x.shape, dim, keepdim), x.shape),))


def var(x, dim=None, correction=1, keepdim=False):
    r"""The variance along ``dim``, divided by n - ``correction``; VJP :math:`2 g (x - \bar x) / (n - c)`."""
    x = as_tensor(x)
    dim = normalize_dims(dim, x.ndim)
    count = max(count_of(x.shape, dim) - correction, 0)
    centered = x.data - x.data.mean(axis=dim, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.square(centered).sum(axis=dim, keepdims=keepdim) / count
    return record("var", out, (x,), (lambda g: spread(g, x.shape, dim, keepdim) * (2 * centered / count),))


def _extreme(name, choose):
    def operation(x, dim=None, keepdim=False):
        x = as_tensor(x)
        dim = normalize_dims(dim, x.ndim)
        out = choose(x.data, axis=dim, keepdims=True)

        def vjp(g):
            ties = (x.data == out) | (np.isnan(x.data) & np.isnan(out))
            return spread(g, x.shape, dim, keepdim) * (ties / ties.sum(axis=dim, keepdims=True)).astype(x.dtype)

        result = out if keepdim else out.squeeze(axis=dim) if dim is not None else out.reshape(())
        return record(name, result, (x,), (vjp,))

    operation.__name__ = name
    operation.__doc__ = f"torch's ``{name}``: ties share the gradient equally; where it is nan, the nans do."
    return operation


amax, amin = _extreme("amax", np.max), _extreme("amin", np.min)


def logsumexp(x, dim, keepdim=False):
    """log of the sum of exponentials along ``dim``; its gradient is the softmax."""
    x = as_tensor(x)
    dim = normalize_dims(dim, x.ndim)
    out = numerics.logsumexp(x.data, axis=dim, keepdims=True)
    result = out if keepdim else out.squeeze(axis=dim)
    with_axes = lambda g: spread(g, x.shape, dim, keepdim)  # noqa: E731
    return record("logsumexp", result, (x,), (lambda g: with_axes(g) * np.exp(x.data - out),))


def softmax(x, dim=-1):
    r"""Positive shares that sum to 1 along ``dim``; VJP :math:`p \odot (g - \langle g, p\rangle)`."""
    x = as_tensor(x)
    axes = tuple(range(x.ndim)) if dim is None else normalize_dims(dim, x.ndim)
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


def max_along(input, dim=None, keepdim=False):
    """The maximum; along ``dim`` with its indices, and then only the first of several equal ones gets the gradient."""
    return _select(input, dim, keepdim, np.argmax, amax)


def min_along(input, dim=None, keepdim=False):
    """The minimum; see :func:`max_along`."""
    return _select(input, dim, keepdim, np.argmin, amin)


def _select(x, dim, keepdim, choose, extreme):
    if dim is None:
        return extreme(x)
    index = choose(x.data, axis=dim, keepdims=True)
    values = gather(x, dim, index)
    return (
        (values, as_tensor(index))
        if keepdim
        else (values.reshape(*np.squeeze(index, dim).shape), as_tensor(index.squeeze(dim)))
    )
