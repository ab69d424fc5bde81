"""Changes of a tensor's own memory: who may make them, who notices; and when nothing is recorded."""

import threading

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from companion import autograd as ag
from companion import nn, optim
from companion.autograd import Tensor, is_grad_enabled, no_grad

CHANGES = {
    "+=": lambda t, o: t.__iadd__(o), "-=": lambda t, o: t.__isub__(o), "*=": lambda t, o: t.__imul__(o),
    "/=": lambda t, o: t.__itruediv__(o), "**=": lambda t, o: t.__ipow__(o),
}  # fmt: skip


def pair(values, requires_grad=False):
    """A tensor of ours and one of torch's."""
    values = np.array(values)
    return Tensor(values.copy(), requires_grad), torch.tensor(values, requires_grad=requires_grad)


# ---- in place --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [2.0, [1.0, 2.0], np.float32([[1.0, 2.0]])])
@pytest.mark.parametrize("sign", CHANGES)
def test_a_leaf_changes_in_place_under_no_grad_as_in_torch(sign, values):
    ours, theirs = pair(values, requires_grad=True)
    memory = ours.data
    with no_grad(), torch.no_grad():
        assert CHANGES[sign](ours, 3.0) is ours
        CHANGES[sign](theirs, 3.0)
    assert ours.data is memory and ours.is_leaf and ours.requires_grad and ours._version == 1
    assert_allclose(ours.detach().numpy(), theirs.detach().numpy())


@pytest.mark.parametrize("sign", CHANGES)
def test_a_leaf_does_not_change_while_operations_are_recorded(sign):
    for leaf in pair([1.0, 2.0], requires_grad=True):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place"):
            CHANGES[sign](leaf, 3.0)
        assert_array_equal(leaf.detach().numpy(), [1.0, 2.0])


def test_gradient_descent_by_hand():
    ours, theirs = pair([1.0, 2.0], requires_grad=True)
    for _ in range(3):
        for w, off in ((ours, no_grad), (theirs, torch.no_grad)):
            w.grad = None
            (w * w).sum().backward()
            with off():
                w -= 0.1 * w.grad
    assert_allclose(ours.detach().numpy(), theirs.detach().numpy())
    assert_allclose(ours.detach().numpy(), np.array([1.0, 2.0]) * 0.8**3)


def test_what_is_recorded_is_a_new_tensor_and_has_the_gradient_of_torch():
    (x, t), (c, d) = pair([1.0, 2.0], requires_grad=True), pair([3.0, 4.0])
    y, u = x * 1, t * 1
    y *= c
    y += x
    u *= d
    u += t
    total, other = Tensor(0.5), torch.tensor(0.5, dtype=torch.double)
    total += y.sum()  # a constant takes part in the graph from here on
    other += u.sum()
    total.backward()
    other.backward()
    assert_allclose(x.grad.numpy(), t.grad.numpy())


@pytest.mark.parametrize(
    ("values", "other"),
    [([1.0, 2.0], [[1.0], [2.0]]), ([1, 2], 0.5), ([True, False], 2), (1.0, [1.0, 2.0]), (np.int8([1, 2]), [0.5, 0.5])],
)
def test_a_result_of_another_shape_or_kind_is_refused(values, other):
    ours, theirs = pair(values)
    before = ours.data.copy()
    with pytest.raises(RuntimeError):
        theirs += torch.tensor(other) if isinstance(other, list) else other
    with pytest.raises(RuntimeError, match="broadcast shape|can't be cast"):
        ours += np.array(other) if isinstance(other, list) else other
    assert_array_equal(ours.data, before)


def test_the_dtype_stays():
    ours, theirs = pair(np.float32([1.0, 2.0]))
    ours += np.array([1.0, 2.0])
    theirs += torch.tensor([1.0, 2.0], dtype=torch.double)
    assert ours.dtype == np.float32 and theirs.dtype == torch.float32
    assert_array_equal(ours.data, theirs.numpy())


def test_an_element_at_several_places_is_not_written_to():
    for one in pair([[1.0]]):
        wide = one.expand(1, 3)
        with pytest.raises(RuntimeError, match="clone"):
            wide += 1


@pytest.mark.parametrize("index", [0, slice(1, None), (slice(None), 1), ..., [1, 0], np.array([[True, False]] * 2)])
def test_elements_are_assigned_as_in_torch(index):
    ours, theirs = pair([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        ours[index] = 5.0
    with no_grad(), torch.no_grad():
        ours[index] = 5.0
        theirs[torch.tensor(index) if isinstance(index, np.ndarray) else index] = 5.0
        ours[0] -= 0.5
        theirs[0] -= 0.5
    assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())


def test_an_assignment_that_would_have_to_be_recorded_is_refused():
    x, c = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    for target, value in ((x * 1, 5.0), (c, x), (c, x[0])):
        with pytest.raises(RuntimeError, match="not recorded"):
            target[0] = value
    for theirs in (torch.ones(2), c):
        with pytest.raises(RuntimeError):
            theirs[:] = type(theirs)([1.0, 2.0, 3.0])
    assert_array_equal(c.data, [3.0, 4.0])


# ---- noticed through a view ------------------------------------------------------------------------------------------

VIEWS = {
    "T": lambda w: w.T, "reshape": lambda w: w.reshape(3, 2), "permute": lambda w: w.permute(1, 0),
    "transpose": lambda w: w.transpose(0, 1), "expand": lambda w: w.expand(2, 2, 3), "detach": lambda w: w.detach(),
    "row": lambda w: w[0], "columns": lambda w: w[:, 1:], "of a view": lambda w: w.T.reshape(3, 2, 1)[1:],
    "copied": lambda w: w[[0, 1]], "clone": lambda w: w.clone(), "reshaped copy": lambda w: w.T.reshape(6),
}  # fmt: skip


@pytest.mark.parametrize("changed", ["base", "view"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_change_is_noticed_through_a_view_where_torch_notices_it(name, changed):
    refused = []
    for (w, x), off in zip(zip(pair(np.arange(6.0).reshape(2, 3)), pair(2.0, True)), (no_grad, torch.no_grad)):
        view = VIEWS[name](w)
        loss = (x * view).sum() if changed == "base" else (x * w).sum()
        with off():
            target = w if changed == "base" or name == "expand" else view
            target *= 3.0
        try:
            loss.backward()
            refused.append(False)
        except RuntimeError as error:
            assert "modified by an inplace operation" in str(error)
            refused.append(True)
    assert refused[0] == refused[1]


def test_a_step_of_an_optimizer_is_noticed_through_a_view_of_the_weight():
    w, x = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones((4, 3)), requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    (w * 1).sum().backward()
    y = x @ w.T
    optimizer.step()
    with pytest.raises(RuntimeError, match="inplace"):
        y.sum().backward()


@pytest.mark.parametrize("layer", [nn.GroupNorm(1, 2), nn.BatchNorm2d(2).eval()])
def test_a_step_is_noticed_by_layers_that_reshape_their_weight(layer):
    x = Tensor(np.random.default_rng(0).normal(size=(2, 2, 3, 3)), requires_grad=True)
    y = layer(x)
    with no_grad():
        layer.weight += 1
    with pytest.raises(RuntimeError, match="inplace"):
        y.sum().backward()


@pytest.mark.parametrize("name", [
    "embedding", "cross_entropy", "one row", "probabilities", "nll_loss", "gather", "getitem", "places", "mask",
    "where", "scatter_add",
])  # fmt: skip
def test_a_change_of_indices_is_noticed_as_in_torch(name):
    rows, one, where = [0, 2], [[0], [2]], [True, False]
    shares, log_p = np.full((2, 3), 1 / 3), np.log(np.full((2, 3), 1 / 3))
    cases = {
        "embedding": (np.ones((3, 2)), rows, lambda F, lib, x, i: F.embedding(i, x)),
        "cross_entropy": (np.ones((2, 3)), rows, lambda F, lib, x, i: F.cross_entropy(x, i)),
        "one row": (np.ones(3), 2, lambda F, lib, x, i: F.cross_entropy(x, i)),
        "probabilities": (np.ones((2, 3)), shares, lambda F, lib, x, i: F.cross_entropy(x, i)),
        "nll_loss": (log_p, rows, lambda F, lib, x, i: F.nll_loss(x, i)),
        "gather": (np.ones((2, 3)), one, lambda F, lib, x, i: x.gather(1, i)),
        "getitem": (np.ones((3, 2)), rows, lambda F, lib, x, i: x[i]),
        "places": (np.ones((3, 2)), rows, lambda F, lib, x, i: x[i, 1]),
        "mask": (np.ones(2), where, lambda F, lib, x, i: x[i]),
        "where": (np.ones(2), where, lambda F, lib, x, i: lib.where(i, x, 0.0)),
        "scatter_add": (np.ones(2), rows, lambda F, lib, x, i: lib.zeros(3, dtype=x.dtype).scatter_add(0, i, x)),
    }
    values, index, operation = cases[name]
    for F, lib, (x, i) in (
        (nn.functional, ag, (Tensor(values, requires_grad=True), Tensor(np.array(index)))),
        (torch.nn.functional, torch, (torch.tensor(values, requires_grad=True), torch.tensor(index))),
    ):
        out = operation(F, lib, x, i)
        out.sum().backward(retain_graph=True)  # nothing has changed yet
        i[...] = i.max() if name in ("mask", "where") else 0
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            out.sum().backward()


# ---- attributes that may be assigned ---------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[1, 2], [True, False], np.uint8([1])])
def test_integers_require_no_gradient_however_it_is_asked_for(values):
    for x in pair(values):
        with pytest.raises(RuntimeError, match="floating point"):
            x.requires_grad = True
        assert not x.requires_grad
        x.requires_grad = False


@pytest.mark.parametrize("value", [1, 0, None, "yes", 1.0])
def test_whether_a_gradient_is_wanted_is_said_by_a_bool_as_in_torch(value):
    for x in (Tensor([1.0]), torch.tensor([1.0])):
        with pytest.raises(TypeError, match="must be bool"):
            x.requires_grad_(value)
        with pytest.raises(RuntimeError, match="requires_grad must be a bool"):
            x.requires_grad = value
        assert x.requires_grad is False
    for tensor in (Tensor, ag.tensor, torch.tensor):
        with pytest.raises(TypeError, match="must be bool"):
            tensor([1.0], requires_grad=value)


def test_a_computed_tensor_is_not_cut_off_silently():
    for x in pair([1.0, 2.0], requires_grad=True):
        y = x * 2
        with pytest.raises(RuntimeError, match="leaf variables"):
            y.requires_grad = False
        y.sum().backward()
        assert_array_equal(x.grad.numpy(), [2.0, 2.0])
        x.requires_grad = False
        assert not (x * 2).requires_grad


@pytest.mark.parametrize("shape", [(1,), (), (3, 1), (2, 3)])
def test_a_gradient_of_another_shape_is_refused(shape):
    for x, wrong in zip(pair([1.0, 2.0, 3.0], requires_grad=True), pair(np.ones(shape))):
        with pytest.raises(RuntimeError, match="grad"):
            x.grad = wrong
        assert x.grad is None
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    x.grad = Tensor(np.ones(3))
    x.grad.data = np.ones(shape)  # behind the back of the attribute
    with pytest.raises(RuntimeError, match="grad has the shape"):
        (x * 2).sum().backward()


def test_a_gradient_of_another_dtype_or_class_is_refused():
    for x, wrong in zip(pair([1.0, 2.0], requires_grad=True), pair(np.float32([1.0, 2.0]))):
        with pytest.raises(RuntimeError, match="dtype"):
            x.grad = wrong
        with pytest.raises(TypeError, match="expected to be a Tensor or None"):
            x.grad = np.ones(2)


# ---- nothing recorded ------------------------------------------------------------------------------------------------


def test_each_thread_records_for_itself():
    seen, inside, done = [], threading.Event(), threading.Event()

    def evaluate():
        with no_grad():
            inside.set()
            done.wait(10)
            seen.append(is_grad_enabled())

    thread = threading.Thread(target=evaluate)
    thread.start()
    inside.wait(10)
    assert is_grad_enabled() and (Tensor(1.0, requires_grad=True) * 2).requires_grad
    done.set()
    thread.join()
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [False, True]


@pytest.mark.parametrize("off", [no_grad, torch.no_grad])
def test_a_context_is_used_again_and_within_itself(off):
    enabled = is_grad_enabled if off is no_grad else torch.is_grad_enabled
    context = off()
    for _ in range(2):
        with context:
            assert not enabled()
        assert enabled()
    context = no_grad()
    with context:
        with context:
            pass
        assert not is_grad_enabled()
    assert is_grad_enabled()


@pytest.mark.parametrize("off", [no_grad, torch.no_grad])
def test_functions_are_decorated_with_and_without_brackets(off):
    enabled = is_grad_enabled if off is no_grad else torch.is_grad_enabled

    @off
    def bare(x, y=1):
        """Documented."""
        return enabled(), x, y

    @off()
    def with_brackets(x):
        assert bare(0)[0] is False
        raise ZeroDivisionError

    assert bare(3, y=4) == (False, 3, 4) and (bare.__name__, bare.__doc__) == ("bare", "Documented.")
    with pytest.raises(ZeroDivisionError):
        with_brackets(1)
    assert enabled()


@pytest.mark.parametrize("off", [no_grad, torch.no_grad])
def test_a_generator_function_records_nothing_in_any_step(off):
    enabled = is_grad_enabled if off is no_grad else torch.is_grad_enabled
    closed = []

    @off()
    def steps():
        """Documented."""
        try:
            received = yield enabled()
            try:
                yield received, enabled()
            except KeyError:
                yield "caught", enabled()
            return "end"  # what it returns is tested too
        finally:
            closed.append(enabled())

    def outer():
        generator = steps()
        assert next(generator) is False and enabled()
        assert generator.send(7) == (7, False) and enabled()
        assert generator.throw(KeyError()) == ("caught", False) and enabled()
        with pytest.raises(StopIteration) as end:
            next(generator)
        return end.value.value

    assert outer() == "end" and steps.__doc__ == "Documented."
    generator = steps()
    next(generator)
    generator.close()
    assert closed == [False, False] and enabled()
