"""Products of matrices, and sums of products over any axes."""

import numpy as np

from companion.autograd.backward import unbroadcast
from companion.autograd.recording import as_tensor, record

__all__ = ["einsum", "inner", "matmul"]


def inner(a, b, axes):
    """The sum of a * b over axes that are kept with length 1; einsum never stores the products."""
    places = range(a.ndim)
    return np.expand_dims(np.einsum(a, places, b, places, [i for i in places if i not in axes]), axes)


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
        return unbroadcast(g @ columns.swapaxes(-1, -2), rows.shape).reshape(a.shape)

    def right(g):
        g = full(g) if a.ndim == 1 or b.ndim == 1 else g
        if b.ndim == 2 and g.ndim > 2:  # one product over all leading axes instead of a stack that is then summed
            return (rows.reshape(-1, rows.shape[-1]).T @ g.reshape(-1, g.shape[-1])).reshape(b.shape)
        return unbroadcast(rows.swapaxes(-1, -2) @ g, columns.shape).reshape(b.shape)

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
