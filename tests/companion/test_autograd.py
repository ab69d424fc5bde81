"""Every operation of the Tensor beside torch: values and gradients, broadcasts, ties, kinks, and the graph itself."""

import gc
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from numpy.testing import assert_allclose

from companion import autograd as ag
from companion.autograd import Tensor, no_grad
from companion.numerics import finite_difference_gradient

POSITIVE = {"log", "log1p", "sqrt", "pow"}


def compare(ours, theirs, *arrays, rtol=1e-10, atol=1e-12):
    """Values and gradients of one function on our tensors and on torch's, for a random weighting of its outputs."""
    x = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    t = [torch.tensor(a, requires_grad=True) for a in arrays]
    out, expected = ours(*x), theirs(*t)
    assert out.shape == tuple(expected.shape)
    assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=atol)
    weights = np.random.default_rng(0).normal(size=out.shape).astype(out.dtype)
    out.backward(weights)
    expected.backward(torch.tensor(weights))
    for a, b in zip(x, t):
        assert a.grad.shape == a.shape and a.grad.dtype == a.dtype
        assert_allclose(a.grad.data, b.grad.numpy(), rtol=rtol, atol=atol)


def test_by_hand():
    x, y = Tensor(3.0, requires_grad=True), Tensor(4.0, requires_grad=True)
    (x * x * y + y).backward()
    assert (x.grad.item(), y.grad.item()) == (24.0, 10.0)


UNARY = {
    "neg": torch.neg, "absolute": torch.abs, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log,
    "log1p": torch.log1p, "sqrt": torch.sqrt, "square": torch.square, "sin": torch.sin, "cos": torch.cos,
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "softplus": torch.nn.functional.softplus, "erf": torch.erf,
    "relu": torch.relu,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_unary(name, dtype):
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(dtype)
    x = np.abs(x) + dtype(0.1) if name in POSITIVE else x
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-5, "atol": 1e-6}
    compare(getattr(ag, name), UNARY[name], x, **tolerance)


@pytest.mark.parametrize("name", UNARY)
def test_unary_against_finite_differences(name):
    x = np.random.default_rng(2).uniform(0.2, 2.0, (2, 3))
    t = Tensor(x, requires_grad=True)
    getattr(ag, name)(t).sum().backward()
    numeric = finite_difference_gradient(lambda v: getattr(ag, name)(Tensor(v)).sum().item(), x)
    assert_allclose(t.grad.data, numeric, rtol=1e-6, atol=1e-8)


BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "power": torch.pow,
          "maximum": torch.maximum, "minimum": torch.minimum}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
@settings(max_examples=25, deadline=None)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), seed=st.integers(0, 1000))
def test_binary_with_every_broadcast(name, shapes, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(0.5, 2.0, shape) for shape in shapes.input_shapes)
    compare(getattr(ag, name), BINARY[name], x, y)


@pytest.mark.parametrize("name", ["absolute", "relu"])
def test_kinks_as_torch(name):
    compare(getattr(ag, name), UNARY[name], np.array([-1.0, 0.0, 2.0, np.nan]))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_are_split(name):
    compare(getattr(ag, name), BINARY[name], np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))


def test_powers_at_zero_as_torch():
    base = np.array([0.0, 0.0, 2.0, 3.0])
    compare(ag.power, torch.pow, base, np.array([0.0, 2.0, 3.0, 0.5]))
    compare(lambda x: x**2, lambda x: x**2, base)
    compare(lambda x: x**0, lambda x: x**0, base)
    compare(lambda x: 2.0**x, lambda x: 2.0**x, base)


def test_clamp_and_where():
    x = np.array([-2.0, -1.0, 0.3, 1.0, 4.0])
    compare(lambda a: ag.clamp(a, -1, 1), lambda a: torch.clamp(a, -1, 1), x)
    condition = np.array([True, False, True, False, True])
    theirs = torch.tensor(condition)
    compare(lambda a, b: ag.where(condition, a, b), lambda a, b: torch.where(theirs, a, b), x, x[::-1].copy())


@pytest.mark.parametrize(
    ("left", "right"),
    [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 1, 2, 3), (4, 3, 2)),
     ((3,), (5, 3, 2)), ((5, 2, 3), (3,))],
)  # fmt: skip
def test_matmul(left, right):
    rng = np.random.default_rng(3)
    compare(ag.matmul, torch.matmul, rng.normal(size=left), rng.normal(size=right))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("ij,jk->ik", [(2, 3), (3, 4)]), ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]), ("ij->j", [(2, 3)]),
     ("i,j->ij", [(2,), (3,)]), ("bhtd,bhsd->bhts", [(2, 2, 3, 4), (2, 2, 5, 4)]), ("ij,j->", [(2, 3), (3,)])],
)  # fmt: skip
def test_einsum(equation, shapes):
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=shape) for shape in shapes]
    compare(lambda *a: ag.einsum(equation, *a), lambda *a: torch.einsum(equation, *a), *arrays)


@pytest.mark.parametrize("dim", [None, 0, 1, -1, (0, 2)])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var"])
def test_reductions(name, dim, keepdim):
    x = np.random.default_rng(5).normal(size=(2, 3, 4))
    if dim is None:
        theirs = {"amax": torch.amax, "amin": torch.amin}.get(name, getattr(torch, name))
        compare(lambda a: getattr(a, name)(), lambda a: theirs(a), x)
    else:
        compare(
            lambda a: getattr(a, name)(dim, keepdim=keepdim), lambda a: getattr(a, name)(dim=dim, keepdim=keepdim), x
        )


@pytest.mark.parametrize("name", ["max", "min"])
def test_an_extreme_that_is_nan_sends_its_gradient_there(name):
    compare(lambda a: getattr(a, name)(), lambda a: getattr(a, name)(), np.array([[1.0, np.nan, 3.0], [np.nan, 2, 0]]))


def test_maxima_share_or_choose_as_torch():
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])
    compare(lambda a: a.amax(1), lambda a: a.amax(1), x)
    compare(lambda a: a.max(), lambda a: a.max(), x)
    compare(lambda a: a.max(1)[0], lambda a: a.max(1)[0], x)
    compare(lambda a: a.min(0, keepdim=True)[0], lambda a: a.min(0, keepdim=True)[0], x)
    assert_allclose(Tensor(x).max(1)[1].data, torch.tensor(x).max(1)[1])


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_softmax_family(name, dim):
    x = np.random.default_rng(6).normal(size=(3, 4)) * 30
    compare(lambda a: getattr(ag, name)(a, dim), lambda a: getattr(torch, name)(a, dim), x)
    if dim == -1 and name != "logsumexp":  # what they take unless told
        compare(lambda a: getattr(a, name)(), lambda a: getattr(a, name)(-1), x)


@pytest.mark.parametrize("correction", [0, 1, 2])
def test_variance_by_any_count(correction):
    x = np.random.default_rng(14).normal(size=(3, 4))
    compare(lambda a: a.var(1, correction), lambda a: a.var(dim=1, correction=correction), x)


def test_gradients_are_nobody_elses_arrays():
    x, y, g = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True), np.ones(2)
    (x + y).backward(g)
    arrays = [x.grad.data, y.grad.data, g]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


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
    compare(lambda a: a.transpose(), lambda a: a.transpose(-2, -1), x)
    compare(lambda a: a.T * 2, lambda a: a * 2, row)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_cat_and_stack(dim):
    rng = np.random.default_rng(10)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    compare(lambda *v: ag.cat(v, dim), lambda *v: torch.cat(v, dim), a, b)
    compare(lambda *v: ag.stack(v, dim), lambda *v: torch.stack(v, dim), a, b)


def test_python_numbers_do_not_widen_float32():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    y = (2.0 * x + 1 - x / 3.0) ** 2
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_gradients_add_up_over_uses_and_over_calls():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    (y + y * x).sum().backward()
    first = x.grad.data.copy()
    (x * 1.0).sum().backward()
    assert_allclose(first, [9.0, 15.0])
    assert_allclose(x.grad.data, first + 1)


def test_a_diamond_of_twenty_doublings_costs_twenty_steps():
    calls = []
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(20):
        y = y + y
        y.register_hook(lambda g: calls.append(g))
    y.backward()
    assert x.grad.item() == 2.0**20 and len(calls) == 20


def test_a_deep_graph_needs_no_recursion_and_leaves_no_memory():
    x = Tensor(1.0, requires_grad=True)
    y, kept = x, []
    for i in range(10_000):
        y = y * 1.0
        if i % 1000 == 0:
            kept.append(weakref.ref(y))
    y.backward()
    assert x.grad.item() == 1.0
    gc.collect()
    assert all(ref() is None for ref in kept)  # freed as backward proceeded, although y is still alive


def test_a_number_has_no_length():
    with pytest.raises(TypeError, match="0-d"):
        len(Tensor(1.0))
    assert len(Tensor(np.ones((2, 3)))) == 2


def test_a_second_backward_is_refused_unless_the_graph_was_retained():
    x = Tensor([2.0], requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert_allclose(x.grad.data, [8.0])
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_no_grad_detach_hooks_and_retained_gradients():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with no_grad():
        assert not (x * 2).requires_grad
    assert not (x.detach() * 2).requires_grad
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert_allclose(y.grad.data, [10, 10])  # kept after the hooks, whichever was asked for first
    assert_allclose(x.grad.data, [20, 20])


def test_no_grad_ends_with_its_own_context_however_that_ends():
    with no_grad():
        with no_grad():
            pass
        assert not ag.is_grad_enabled()
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert not ag.is_grad_enabled()
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert ag.is_grad_enabled()


def test_a_clone_is_a_copy_that_passes_gradients_and_detached_data_is_not_one():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y, z = x.clone(), x.detach()
    (y * 3).sum().backward()
    assert_allclose(x.grad.data, [3, 3])
    x.data += 1
    assert_allclose(y.data, [1, 2])
    assert_allclose(z.data, [2, 3])


def test_nan_and_inf_propagate():
    x = Tensor([np.nan, np.inf, 1.0], requires_grad=True)
    y = ag.relu(x) * 2
    assert np.isnan(y.data[0]) and np.isinf(y.data[1])
    assert np.isnan(Tensor([np.nan, 1.0]).amax().item())


def test_the_graph_for_drawing():
    x = Tensor([1.0], requires_grad=True)
    nodes, edges = ag.graph(ag.tanh(x * 2).sum())
    assert [name for name, _ in nodes] == ["sum", "tanh", "mul", "leaf"]
    assert sorted(edges) == [(1, 0), (2, 1), (3, 2)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Tensor(np.ones((2, 3))) + np.ones((2, 4)), r"add: the shapes \(2, 3\) and \(2, 4\)"),
        (lambda: Tensor(np.ones((2, 3))) @ np.ones((2, 4)), r"matmul: the shapes \(2, 3\) and \(2, 4\)"),
        (lambda: Tensor(np.ones(3)).reshape(2), r"shape \[2\] is invalid for input of shape \(3,\)"),
        (lambda: ag.cat([Tensor(np.ones((2, 3))), Tensor(np.ones((3, 2)))]), "do not fit along dim 0"),
        (lambda: ag.stack([Tensor(np.ones(2)), Tensor(np.ones(3))]), "equal size"),
        (lambda: ag.einsum("ij,jk->ik", Tensor(np.ones((2, 3))), Tensor(np.ones((4, 2)))), "does not fit the shapes"),
        (lambda: Tensor([1, 2], requires_grad=True), "floating point"),
        (lambda: Tensor([1.0, 2.0], requires_grad=True).backward(), "only for scalar outputs"),
        (lambda: Tensor([1.0]).backward(), "does not require grad"),
        (lambda: Tensor([1.0], requires_grad=True).numpy(), "detach"),
        (lambda: np.asarray(Tensor([1.0], requires_grad=True)), "detach"),
        (lambda: (Tensor([1.0], requires_grad=True) * 2).requires_grad_(False), "leaf variables"),
        (lambda: Tensor([1.0]).register_hook(print), "doesn't require gradient"),
        (lambda: ag.einsum("ij->ij", Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))), "does not fit 2 operands"),
        (lambda: ag.einsum("ii->i", Tensor(np.ones((2, 2)))), "without repeated indices"),
        (lambda: Tensor([1.0, 2.0], requires_grad=True).backward([1.0]), "Mismatch in shape"),
    ],
)
def test_refused_as_torch_refuses(call, words):
    with pytest.raises(RuntimeError, match=words):
        call()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * np.float64(2),
        lambda x: np.float64(2) - x,
        lambda x: x + np.int64(1),
        lambda x: x / np.array(3.0),
        lambda x: x * np.arange(3),
        lambda x: np.array([True, False, True]) * x,
        lambda x: x - Tensor(np.arange(3)),
        lambda x: ag.where(x.data > 0, x, 0.0),
        lambda x: ag.clamp(x, np.float64(-1), np.float64(1)),
        lambda x: x.var(),
        lambda x: x**-1.0 + x**2,
        lambda x: ag.maximum(x, 0.5) + ag.erf(x),
    ],
)
def test_float32_stays_float32_forward_and_backward(function):
    seen = []
    x = Tensor(np.float32([1.0, 2.0, 3.0]), requires_grad=True) * 1
    x.register_hook(lambda g: seen.append(g.dtype))
    out = function(x)
    out.sum().backward()
    assert out.dtype == np.float32 and seen == [np.float32]


def test_a_gradient_takes_the_dtype_of_its_tensor_on_the_way():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * np.array([0.1, 0.2])).sum().backward()
    assert y.grad.dtype == x.grad.dtype == np.float32


def test_functions_of_small_integers_are_not_computed_in_half_precision():
    small = np.array([0, 1, 2], np.uint8)
    for name in ("exp", "sqrt", "sigmoid", "erf"):
        assert_allclose(getattr(ag, name)(small).data, UNARY[name](torch.tensor(small).double()), rtol=1e-12)
    assert_allclose(ag.sigmoid(np.array([True, False])).data, [1 / (1 + np.exp(-1)), 0.5])


def test_nan_passes_the_gradient_where_torch_passes_it():
    nan = np.nan
    a, b = np.array([nan, 1.0, nan, 2.0]), np.array([1.0, nan, nan, 2.0])
    compare(ag.maximum, torch.maximum, a, b)
    compare(ag.minimum, torch.minimum, a, b)
    compare(lambda x: ag.clamp(x, -1, 1), lambda x: torch.clamp(x, -1, 1), a)
    compare(lambda x: ag.clamp(x, max=1.5), lambda x: torch.clamp(x, max=1.5), a)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "logsumexp"])
@pytest.mark.parametrize(("shape", "dim"), [((2, 3, 4), [0, -1]), ((), 0), ((), -1), ((0, 3), 1)])
def test_dims_as_lists_of_single_numbers_and_of_empty_arrays(name, shape, dim):
    x = np.random.default_rng(11).normal(size=shape)
    with np.errstate(all="ignore"):
        compare(lambda a: getattr(a, name)(dim), lambda a: getattr(torch, name)(a, dim=dim), x)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin"])
def test_no_dims_are_all_of_them(name):
    x = np.random.default_rng(11).normal(size=(2, 3))
    compare(lambda a: getattr(a, name)(()), lambda a: getattr(torch, name)(a, dim=()), x)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value", "ignore:var..:UserWarning")
def test_the_variance_of_too_few_is_nan_or_infinite():
    assert np.isnan(Tensor(np.zeros((0, 3))).var(0).data).all()
    x = np.array([[1.0, 2.0, 4.0]])
    assert_allclose(Tensor(x).var(1, correction=5).data, torch.tensor(x).var(1, correction=5))


def test_a_dimension_that_is_not_there():
    x = Tensor(np.ones((2, 3)))
    calls = [
        lambda: x.sum(2),
        lambda: x.mean(-3),
        lambda: x.softmax(2),
        lambda: ag.gather(x, 2, np.zeros((2, 3), int)),
    ]
    for call in calls:
        with pytest.raises(IndexError, match="out of range"):
            call()


def test_shapes_in_a_tuple_kept_sizes_and_reversed_axes():
    x = np.random.default_rng(12).normal(size=(2, 3, 4))
    compare(lambda a: a.reshape([6, 4]), lambda a: a.reshape([6, 4]), x)
    compare(lambda a: a[:1].expand(5, -1, 4), lambda a: a[:1].expand(5, -1, 4), x)
    compare(lambda a: a.T, lambda a: a.permute(2, 1, 0), x)
    assert ag.zeros((2, 3)).shape == ag.ones(2, 3).shape == (2, 3)


def test_kept_gradients_add_up_and_share_no_memory():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = y + 0
    for t in (x, y, y, z):  # nothing happens for a leaf, and nothing more the second time
        t.retain_grad()
    z.sum().backward(retain_graph=True)
    z.grad.data[0] = 7
    assert_allclose(y.grad.data, [1, 1])
    z.sum().backward()
    assert_allclose(y.grad.data, [2, 2])
    assert_allclose(x.grad.data, [2, 2])


def test_hooks_end_and_must_keep_the_shape():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.register_hook(lambda g: g * 10).remove()
    x.sum().backward()
    assert_allclose(x.grad.data, [1, 1])
    y = x * 1
    y.register_hook(lambda g: np.ones(3))
    with pytest.raises(RuntimeError, match=r"shape of the gradient from \(2,\) to \(3,\)"):
        y.sum().backward()


def test_a_tensor_as_a_number_as_text_and_as_a_sequence():
    loss = Tensor([[2.5]], requires_grad=True)
    assert (float(loss), int(loss), f"{loss.sum():.2f}") == (2.5, 2, "2.50")
    y = loss * 2
    y.sum().backward()
    assert repr(y) == "tensor([[5.]], grad_fn=<mul>)" and repr(loss) == "tensor([[2.5]], requires_grad=True)"
    assert [row.shape for row in Tensor(np.ones((2, 3)))] == [(3,), (3,)]
    with pytest.raises(TypeError, match="0-d"):
        list(Tensor(1.0))


def test_refused_instead_of_guessed():
    with pytest.raises(RuntimeError, match="at least one of"):
        ag.clamp(Tensor([1.0]))
    with pytest.raises(RuntimeError, match="its output"):
        ag.einsum("ij,jk", np.ones((2, 2)), np.ones((2, 2)))
