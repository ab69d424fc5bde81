"""Shapes, joining, indices, gather and scatter, beside torch."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import autograd as ag
from companion.autograd import Tensor
from tests.companion.beside_torch import compare

INDICES = [
    0,
    -1,
    slice(None, None, 2),
    (slice(None), 1),
    (Ellipsis, 0),
    (None, 1),
    [0, 0, 2],
    np.array([[0, 1], [1, 1]]),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing(index):
    compare(lambda a: a[index], lambda a: a[index], np.random.default_rng(7).normal(size=(3, 4)))


def test_boolean_indexing_and_views():
    x = np.random.default_rng(8).normal(size=(2, 3, 4))
    compare(lambda a: a[x > 0], lambda a: a[torch.tensor(x > 0)], x)
    compare(lambda a: a.reshape(6, 4), lambda a: a.reshape(6, 4), x)
    compare(lambda a: a.permute(2, 0, 1), lambda a: a.permute(2, 0, 1), x)
    compare(lambda a: a.transpose(0, 2), lambda a: a.transpose(0, 2), x)
    compare(lambda a: a.expand(5, 2, 3, 4), lambda a: a.expand(5, 2, 3, 4), x)
    compare(lambda a: a[:, ::2].reshape(-1) ** 2, lambda a: a[:, ::2].reshape(-1) ** 2, x[:, :, ::2])


def test_gather_and_scatter():
    rng = np.random.default_rng(9)
    x, source, index = rng.normal(size=(3, 4)), rng.normal(size=(3, 2)), np.array([[0, 0], [3, 1], [2, 2]])
    t = torch.tensor(index)
    compare(lambda a: ag.gather(a, 1, index), lambda a: torch.gather(a, 1, t), x)
    compare(lambda a, b: ag.scatter_add(a, 1, index, b), lambda a, b: torch.scatter_add(a, 1, t, b), x, source)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_gather_and_scatter_along_every_axis_with_repetitions(dim):
    rng = np.random.default_rng(11)
    x, source, index = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 2, 2)), rng.integers(0, 2, (2, 2, 2))
    t, before = torch.tensor(index), x.copy()
    compare(lambda a: ag.gather(a, dim, Tensor(index)), lambda a: torch.gather(a, dim, t), x)
    compare(lambda a, b: ag.scatter_add(a, dim, index, b), lambda a, b: torch.scatter_add(a, dim, t, b), x, source)
    out = ag.scatter_add(Tensor(x), dim, index, source).data  # constants, too
    assert_allclose(out, torch.scatter_add(torch.tensor(x), dim, t, torch.tensor(source)))
    assert (x == before).all()


@pytest.mark.parametrize("index", [np.array([2, 0, 2]), np.array([True, False, True])], ids=str)
def test_indexing_by_tensors(index):
    x, ours, theirs = np.random.default_rng(12).normal(size=(3, 4)), Tensor(index), torch.tensor(index)
    compare(lambda a: a[ours], lambda a: a[theirs], x)
    compare(lambda a: a[ours, 1:], lambda a: a[theirs, 1:], x)
    compare(lambda a: a.T[:, ours], lambda a: a.T[:, theirs], x)


def test_shapes_as_tuples_negative_axes_and_defaults():
    x, row = np.random.default_rng(13).normal(size=(2, 3, 4)), np.arange(3.0)
    compare(lambda a: a.reshape((6, -1)), lambda a: a.reshape((6, -1)), x)
    compare(lambda a: a.permute((2, 0, 1)), lambda a: a.permute((2, 0, 1)), x)
    compare(lambda a: a.permute(-1, 0, -2), lambda a: a.permute(-1, 0, -2), x)
    compare(lambda a: a.expand((2, 3)), lambda a: a.expand((2, 3)), row)
    compare(lambda a: a.transpose(-2, -1), lambda a: a.transpose(-2, -1), x)
    compare(lambda a: a.T * 2, lambda a: a * 2, row)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_cat_and_stack(dim):
    rng = np.random.default_rng(10)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    compare(lambda *v: ag.cat(v, dim), lambda *v: torch.cat(v, dim), a, b)
    compare(lambda *v: ag.stack(v, dim), lambda *v: torch.stack(v, dim), a, b)


def test_shapes_in_a_tuple_kept_sizes_and_reversed_axes():
    x = np.random.default_rng(12).normal(size=(2, 3, 4))
    compare(lambda a: a.reshape([6, 4]), lambda a: a.reshape([6, 4]), x)
    compare(lambda a: a[:1].expand(5, -1, 4), lambda a: a[:1].expand(5, -1, 4), x)
    compare(lambda a: a.T, lambda a: a.permute(2, 1, 0), x)
    assert ag.zeros((2, 3)).shape == ag.ones(2, 3).shape == (2, 3)


@pytest.mark.parametrize("joined", ["cat", "stack"])
def test_joined_dtypes_are_torchs(joined):
    x, whole = np.ones((2, 3), np.float32), np.arange(6).reshape(2, 3)
    ours, theirs = getattr(ag, joined)([x, whole]), getattr(torch, joined)([torch.tensor(x), torch.tensor(whole)])
    assert ours.dtype == theirs.numpy().dtype
    assert_allclose(ours.data, theirs)


def test_nothing_joined_to_something_and_single_numbers():
    x = np.ones((2, 3))
    compare(lambda a: ag.cat([a, np.ones(0)]), lambda a: torch.cat([a, torch.ones(0)]), x)
    compare(lambda a: ag.stack([a, a * 2]), lambda a: torch.stack([a, a * 2]), np.array(3.0))
    assert ag.gather(np.array(5.0), 0, np.array(0)).item() == 5.0
    assert ag.transpose(np.array(5.0), 0, -1).shape == Tensor(5.0).T.shape == ()


def test_scatter_add_of_a_larger_source():
    x, index, source = np.zeros((3, 4)), np.array([[0, 1], [2, 3]]), np.arange(9.0).reshape(3, 3)
    ours = Tensor(source, requires_grad=True)
    out = ag.scatter_add(x, 1, index, ours)
    assert_allclose(out.data, torch.tensor(x).scatter_add(1, torch.tensor(index), torch.tensor(source)))
    out.sum().backward()  # which torch refuses
    assert_allclose(ours.grad.data, [[1, 1, 0], [1, 1, 0], [0, 0, 0]])


X = np.arange(6.0).reshape(2, 3)
REFUSED = {
    "cat dim": (lambda m, x, i: m.cat([x, x], 5)),
    "cat nothing": (lambda m, x, i: m.cat([])),
    "cat shapes": (lambda m, x, i: m.cat([x, x[:, :2]])),
    "cat ndim": (lambda m, x, i: m.cat([x, x[0]])),
    "cat 0-d": (lambda m, x, i: m.cat([x[0, 0], x[0, 0]])),
    "stack dim": (lambda m, x, i: m.stack([x, x], 5)),
    "stack nothing": (lambda m, x, i: m.stack([])),
    "gather dim": (lambda m, x, i: m.gather(x, 2, i([[0]]))),
    "gather out of range": (lambda m, x, i: m.gather(x, 1, i([[5]]))),
    "gather negative": (lambda m, x, i: m.gather(x, 1, i([[-1]]))),
    "gather axes": (lambda m, x, i: m.gather(x, 1, i([0]))),
    "gather size": (lambda m, x, i: m.gather(x, 1, i([[0], [0], [0]]))),
    "gather floats": (lambda m, x, i: m.gather(x, 1, i([[0.0]]))),
    "scatter out of range": (lambda m, x, i: m.scatter_add(x, 1, i([[5]]), i([[1.0]]))),
    "scatter negative": (lambda m, x, i: m.scatter_add(x, 1, i([[-1]]), i([[1.0]]))),
    "scatter size": (lambda m, x, i: m.scatter_add(x, 1, i([[0, 1]]), i([[1.0]]))),
    "scatter dtype": (lambda m, x, i: m.scatter_add(x, 1, i([[0]]), i([[1]]))),
    "expand size": (lambda m, x, i: x.expand(3, 3)),
    "expand too few": (lambda m, x, i: x.expand(2)),
    "expand leading": (lambda m, x, i: x.expand(-1, 2, 3)),
    "permute twice": (lambda m, x, i: x.permute(0, 0)),
    "permute too few": (lambda m, x, i: x.permute(0)),
    "permute dim": (lambda m, x, i: x.permute(0, 2)),
    "transpose dim": (lambda m, x, i: x.transpose(0, 5)),
    "transpose 1-d": (lambda m, x, i: x[0].transpose(0, 1)),
    "reshape": (lambda m, x, i: x.reshape(4, -1)),
    "reshape twice": (lambda m, x, i: x.reshape(-1, -1)),
    "index": (lambda m, x, i: x[5]),
    "indices": (lambda m, x, i: x[0, 0, 0]),
    "mask": (lambda m, x, i: x[i([True])]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_torchs_error(name):
    call = REFUSED[name]
    double = lambda v: torch.tensor(v, dtype=torch.double) if isinstance(np.ravel(v)[0], float) else torch.tensor(v)  # noqa: E731
    with pytest.raises((RuntimeError, IndexError, ValueError)) as caught:
        call(torch, torch.tensor(X), double)
    with pytest.raises(caught.type):
        call(ag, Tensor(X), Tensor)
