"""A matrix product for every sample, and rows of a table."""

import math
from typing import Any

import numpy as np

from companion.annotations import Array
from companion.autograd import Tensor, as_tensor, record
from companion.nn.functional.arguments import TensorLike, as_floats, rounded

__all__ = ["embedding", "linear"]


def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    r"""The linear map :math:`x W^\top + b` of each sample.

    Parameters
    ----------
    input : Tensor
        Of shape (..., in_features).
    weight : Tensor
        Of shape (out_features, in_features).
    bias : Tensor, optional
        Of shape (out_features,).

    Returns
    -------
    Tensor
        Of shape (..., out_features).

    Raises
    ------
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> linear([[1.0, 2.0]], [[1.0, 1.0], [0.0, 3.0]], [0.0, 0.5])
    tensor([[3. , 6.5]])
    """
    half, x, w, b = as_floats(input, weight, bias)
    a, matrix = x.data, w.data
    if matrix.ndim != 2 or a.ndim == 0 or a.shape[-1] != matrix.shape[1]:
        raise RuntimeError(f"linear: the input of shape {a.shape} does not fit the weight of shape {matrix.shape}")
    if b is not None and b.shape != w.shape[:1]:
        raise RuntimeError(f"expected a bias of shape {w.shape[:1]}, got {b.shape}")
    out = a @ matrix.T
    if b is not None:
        out += b.data
    vjps = (lambda g: g @ matrix, lambda g: _rows(g).T @ _rows(a), lambda g: np.add.reduce(_rows(g)))
    return rounded(record("linear", out, (x, w, b), vjps, needs=((1,), (0,), ())), half)


def _rows(values: Array) -> Array:
    """One sample a row."""
    if values.ndim == 2:
        return values
    return values.reshape(math.prod(values.shape[:-1]), values.shape[-1])


def embedding(input: Any, weight: TensorLike) -> Tensor:
    """Rows of a table, one for each index.

    Parameters
    ----------
    input : int array of any shape
        Indices from 0 on, of any integer dtype.
    weight : Tensor
        Of shape (num_embeddings, embedding_dim).

    Returns
    -------
    Tensor
        Of the shape of ``input``, and a last axis of ``embedding_dim`` more.

    Raises
    ------
    RuntimeError
        If the indices are no integers, or the table has not two axes.
    IndexError
        If an index is negative or too large.

    Examples
    --------
    >>> embedding([[2, 0]], [[0.0, 0.1], [1.0, 1.1], [2.0, 2.1]])
    tensor([[[2. , 2.1],
             [0. , 0.1]]])
    """
    table, indices = as_tensor(weight), as_tensor(input)
    index = np.asarray(indices.data)
    if index.dtype.kind not in "iu" and index.size:
        raise RuntimeError(f"expected indices of an integer dtype, got {index.dtype}")
    if table.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, got the shape {table.shape}")
    outside = (index < 0) | (index >= len(table))
    if outside.any():
        raise IndexError(f"index {index[outside][0]} is out of range for {len(table)} rows")
    index = index.astype(np.intp, copy=False)

    def by_weight(g: Array) -> Array:
        return sum_of_rows(g.reshape(index.size, table.shape[1]), index.reshape(-1), len(table))

    return record("embedding", table.data[index], (table, indices), (by_weight,), needs=((1,),))


def sum_of_rows(rows: Array, places: Array, n: int) -> Array:
    """Add each row to one of n: sorted by place, neighbors are added in pairs until every place has one row.

    Parameters
    ----------
    rows : ndarray
        Of shape (n_rows, d).
    places : int array of shape (n_rows,)
        Where each row goes, from 0 to n - 1.
    n : int
        How many.

    Returns
    -------
    ndarray
        Of shape (n, d).

    Examples
    --------
    >>> sum_of_rows(np.array([[1.0], [2.0], [4.0]]), np.array([2, 0, 2]), 3)
    array([[2.],
           [0.],
           [5.]])
    """
    order = np.argsort(places, kind="stable")
    rows, places = rows.take(order, axis=0), places[order]
    left = np.arange(len(places))  # the rows that others were added to
    while True:
        begins = np.flatnonzero(np.diff(places[left], prepend=-1))  # where a new place begins
        rank = np.arange(len(left)) - np.repeat(begins, np.diff(begins, append=len(left)))
        second = np.flatnonzero(rank % 2)
        if not len(second):
            break
        rows[left[second - 1]] += rows[left[second]]
        left = np.delete(left, second)
    out = np.zeros((n, rows.shape[1]), rows.dtype)
    out[places[left]] = rows[left]
    return out
