"""Axes, as operations are given them."""

__all__ = ["normalize_dim", "normalize_dims", "one_tuple"]


def normalize_dim(dim, ndim):
    """An axis, counted from 0; a single number has one, as in torch."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def normalize_dims(dim, ndim):
    """A number or several as a tuple of axes; None, and none at all, for all of them."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    axes = tuple(normalize_dim(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    return axes if ndim else ()


def one_tuple(values):
    """``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    return tuple(values[0]) if len(values) == 1 and isinstance(values[0], (tuple, list)) else values
