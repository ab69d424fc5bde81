"""The graph itself: what is recorded, the way back, hooks, and changes in between."""

import gc
import weakref

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import autograd as ag
from companion.autograd import Tensor, backward, no_grad


def test_by_hand():
    x, y = Tensor(3.0, requires_grad=True), Tensor(4.0, requires_grad=True)
    (x * x * y + y).backward()
    assert (x.grad.item(), y.grad.item()) == (24.0, 10.0)


def test_gradients_are_nobody_elses_arrays():
    x, y, g = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True), np.ones(2)
    (x + y).backward(g)
    arrays = [x.grad.data, y.grad.data, g]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


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


def test_the_graph_for_drawing():
    x = Tensor([1.0], requires_grad=True)
    nodes, edges = ag.graph(ag.tanh(x * 2).sum())
    assert [name for name, _ in nodes] == ["sum", "tanh", "mul", "leaf"]
    assert sorted(edges) == [(1, 0), (2, 1), (3, 2)]


def test_a_gradient_takes_the_dtype_of_its_tensor_on_the_way():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * np.array([0.1, 0.2])).sum().backward()
    assert y.grad.dtype == x.grad.dtype == np.float32


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


# ---- hooks that go back themselves -----------------------------------------------------------------------------------


def test_a_hook_may_go_back_through_another_graph_with_the_same_leaves():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: (x * 10).sum().backward())
    (y * y).sum().backward()
    assert_allclose(x.grad.data, [18 + 10, 36 + 10])


def test_a_hook_may_go_back_through_the_same_graph_if_it_is_retained():
    x, calls = Tensor([1.0, 2.0], requires_grad=True), []
    y = x * 3
    loss = (y * y).sum()

    def again(g):
        calls.append(g)
        if len(calls) == 1:
            loss.backward(retain_graph=True)

    y.register_hook(again)
    loss.backward(retain_graph=True)
    assert_allclose(x.grad.data, [36, 72])


def test_a_hook_that_frees_the_graph_it_runs_in_is_noticed():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    loss = (y * y).sum()
    first = y.register_hook(lambda g: (first.remove(), y.sum().backward())[1])
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_a_handle_ends_its_own_registration_once():
    x, calls = Tensor([1.0], requires_grad=True), []
    first, second = x.register_hook(calls.append), x.register_hook(calls.append)
    first.remove()
    first.remove()
    (x * 2).sum().backward()
    assert len(calls) == 1
    second.remove()
    (x * 2).sum().backward()
    assert len(calls) == 1
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        Tensor([1.0]).retain_grad()


def test_a_gradient_of_another_dtype_is_taken():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    (x * 2).backward([1, 2])
    (x * 2).backward(Tensor(np.float64([1.0, 2.0])))
    assert x.grad.dtype == np.float32
    assert_allclose(x.grad.data, [4, 8])


# ---- changes between forward and backward ----------------------------------------------------------------------------

# what reads what: the operation, and whether torch refuses after a change of the input, or of the result
CHANGED = {
    "neg": (lambda m, x, c: -x), "exp": (lambda m, x, c: m.exp(x)), "log": (lambda m, x, c: m.log(x)),
    "sqrt": (lambda m, x, c: m.sqrt(x)), "square": (lambda m, x, c: m.square(x)), "tanh": (lambda m, x, c: m.tanh(x)),
    "sigmoid": (lambda m, x, c: m.sigmoid(x)), "sin": (lambda m, x, c: m.sin(x)), "erf": (lambda m, x, c: m.erf(x)),
    "relu": (lambda m, x, c: m.relu(x)), "add": (lambda m, x, c: x + c), "sub": (lambda m, x, c: c - x),
    "mul by a constant": (lambda m, x, c: x * c), "mul by a number": (lambda m, x, c: x * 2.0),
    "mul by itself": (lambda m, x, c: x * x), "div by a constant": (lambda m, x, c: x / c),
    "div of a constant": (lambda m, x, c: c / x), "pow": (lambda m, x, c: x**2),
    "maximum": (lambda m, x, c: m.maximum(x, c)),
    "clamp": (lambda m, x, c: m.clamp(x, 0.0, 1.0)), "sum": (lambda m, x, c: x.sum()),
    "mean": (lambda m, x, c: x.mean()),
    "var": (lambda m, x, c: x.var()), "amax": (lambda m, x, c: x.amax()), "softmax": (lambda m, x, c: m.softmax(x, 0)),
    "log_softmax": (lambda m, x, c: m.log_softmax(x, 0)), "logsumexp": (lambda m, x, c: m.logsumexp(x, 0)),
    "matmul by a constant": (lambda m, x, c: x @ c), "matmul by itself": (lambda m, x, c: x @ x),
    "reshape": (lambda m, x, c: x.reshape(3, 1)), "getitem": (lambda m, x, c: x[1:]),
    "cat": (lambda m, x, c: m.cat([x, c])),
    "stack": (lambda m, x, c: m.stack([x, c])),
}  # fmt: skip
STRICTER = {("div of a constant", "result")}  # the companion's VJP reads the result, torch's divides again


def refuses(module, make, change, name, place):
    """Whether backward refuses after a change of the input or of the result in place."""
    x, c = make([0.5, 0.25, 2.0]).requires_grad_(), make([1.0, 2.0, 3.0])
    before = x * 1.0  # not a leaf, which torch does not change in place
    out = CHANGED[name](module, before, c)
    change(before if place == "input" else out)
    try:
        out.sum().backward()
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error) and "is at version 1; expected version 0" in str(error)
        return True
    return False


def change_ours(tensor):
    if tensor.ndim:  # a single number is one of NumPy's, which nothing changes
        tensor.data[...] *= 2
    ag.increment_version(tensor)


@pytest.mark.parametrize("place", ["input", "result"])
@pytest.mark.parametrize("name", CHANGED)
def test_a_change_in_between_is_refused_where_torch_refuses_it(name, place):
    theirs = refuses(torch, lambda v: torch.tensor(v, dtype=torch.double), lambda t: t.detach().mul_(2), name, place)
    assert refuses(ag, Tensor, change_ours, name, place) == (theirs or (name, place) in STRICTER)


def test_the_versions_are_counted():
    x = Tensor([1.0, 2.0], requires_grad=True)
    ag.increment_version(x)
    y = ag.square(x)
    for _ in range(3):
        ag.increment_version([x])
    assert x._version == 4 and y._version == 0
    with pytest.raises(RuntimeError, match="is at version 4; expected version 1 instead"):
        y.sum().backward()
    y = ag.square(x)  # the values as they are now
    y.sum().backward()
    assert_allclose(x.grad.data, [2, 4])


def test_another_array_is_no_change_and_the_graph_goes_on_with_the_old_one():
    x = Tensor([1.0, 2.0], requires_grad=True)
    losses = [ag.square(x).sum(), ag.logsumexp(x, 0), x.amax(), x.var()]
    x.data = np.array([10.0, 20.0])
    for loss in losses:
        x.grad = None
        loss.backward()
        old = torch.tensor([1.0, 2.0], dtype=torch.double, requires_grad=True)
        {0: old.square().sum(), 1: old.logsumexp(0), 2: old.amax(), 3: old.var()}[losses.index(loss)].backward()
        assert_allclose(x.grad.data, old.grad)


def test_a_constant_that_was_changed_counts_and_a_constant_that_is_not_read_does_not():
    x, c = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    read, unread = x * c, x + c
    ag.increment_version(c)
    unread.sum().backward()
    with pytest.raises(RuntimeError, match="input 1 of mul"):
        read.sum().backward()


def test_a_hook_that_changes_what_is_still_to_be_read_is_noticed():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: change_ours(x))
    with pytest.raises(RuntimeError, match="inplace"):
        (y * 2).sum().backward()


def test_a_step_between_forward_and_backward_is_refused():
    from companion import nn, optim

    layer = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2))
    optimizer, x = optim.SGD(layer.parameters(), lr=0.1), np.ones((4, 3))
    layer(x).sum().backward()
    loss = layer(x).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"is at version \d; expected version \d instead"):
        loss.backward()
    loss = layer(x).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="inplace"):
        loss.backward()


# ---- whose memory a gradient is --------------------------------------------------------------------------------------


def test_leaf_takes_over_a_gradient_that_nobody_else_holds(monkeypatch):
    copied = []
    accumulate = backward.accumulate
    monkeypatch.setattr(
        backward, "accumulate", lambda leaf, grad, copy=True: copied.append(copy) or accumulate(leaf, grad, copy)
    )
    x = Tensor(np.ones((3, 4)), requires_grad=True)
    (x * 2).sum().backward()
    (x.reshape(12) * 2).sum().backward()
    assert copied == [False, False]
    x.sum().backward()  # one number, spread over the shape
    x.backward(np.ones((3, 4)))
    assert copied[2:] == [True, True]


@pytest.mark.parametrize("function", [lambda x, y: x + y, lambda x, y: x.reshape(12) + y.reshape(12), lambda x, y: x])
def test_gradients_share_no_memory(function):
    x, y = (Tensor(np.ones((3, 4)), requires_grad=True) for _ in range(2))
    out = function(x, y)
    g, seen = np.ones(out.shape), []
    x.register_hook(seen.append)
    out.backward(g)
    others = [g, seen[0].data, *([] if y.grad is None else [y.grad.data])]
    assert not any(np.shares_memory(x.grad.data, other) for other in others)
