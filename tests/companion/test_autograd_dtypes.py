"""Small dtypes and numbers beyond them, empty inputs and copies: beside torch."""

import copy
import operator

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from companion import autograd as ag
from companion import nn
from companion.autograd import Tensor

# ---- an infinite gradient behind a mask ------------------------------------------------------------------------------

MASKED = {
    "relu sqrt": lambda m, x: m.sqrt(m.relu(x)), "relu log": lambda m, x: m.log(m.relu(x)),
    "clamp sqrt": lambda m, x: m.sqrt(m.clamp(x, min=0.0)), "clamp log": lambda m, x: m.log(m.clamp(x, 0.0, 1.0)),
    "max sqrt": lambda m, x: m.sqrt(x.max()), "min sqrt": lambda m, x: m.sqrt(x.min()),
    "where sqrt": lambda m, x: m.sqrt(m.where(x > 0, x, 0.0)),
    "amax sqrt": lambda m, x: m.sqrt(x.amax()), "maximum log": lambda m, x: m.log(m.maximum(x, x * 0)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("values", [[-1.0, 2.0], [-1.0, 0.0], [-2.0, -1.0, 0.0, 0.0], [0.0, 0.0]])
@pytest.mark.parametrize("name", MASKED)
def test_an_infinite_gradient_does_not_pass_a_mask_where_torch_stops_it(name, values):
    x, t = Tensor(values, requires_grad=True), torch.tensor(values, dtype=torch.double, requires_grad=True)
    MASKED[name](ag, x).sum().backward()
    MASKED[name](torch, t).sum().backward()
    assert_array_equal(x.grad.numpy(), t.grad.numpy())


# ---- float16 ---------------------------------------------------------------------------------------------------------


def half(values, module):
    values = np.asarray(values, np.float16)
    return Tensor(values, requires_grad=True) if module is ag else torch.tensor(values, requires_grad=True)


@pytest.mark.parametrize("name", ["mean", "var", "amax"])
def test_the_gradient_of_many_float16_is_that_of_torch(name):
    grads = []
    for module in (ag, torch):
        x = half(np.arange(70_000) % 7, module)
        (getattr(x, name)() * 1000).backward()
        grads.append(x.grad.numpy())
    assert grads[0].any() and grads[0].dtype == np.float16
    assert_allclose(grads[0], grads[1], rtol=2e-3, atol=6e-8)


def test_many_float16_are_added_at_one_place():
    index, n = np.zeros(5000, int), 5000
    assert ag.scatter_add(half([0.0], ag), 0, index, half(np.ones(n), ag)).item() == 5000
    assert torch.scatter_add(half([0.0], torch), 0, torch.tensor(index), half(np.ones(n), torch)).item() == 5000
    for take in (lambda x: ag.gather(x, 0, index), lambda x: x[index], lambda x: x.expand(n)):
        x = half([1.0], ag)
        take(x).sum().backward()
        assert x.grad.item() == 5000 and x.grad.dtype == np.float16


# ---- comparisons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["eq", "ne", "lt", "le", "gt", "ge"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("other", [np.float64(0.1), np.array(0.1), 0.1, np.array([0.1, 0.1]), 1e300])
def test_tensors_compare_in_the_dtype_they_have_together(sign, dtype, other):
    compare, x = getattr(operator, sign), np.array([0.1, 0.3], dtype)
    beside = torch.tensor(other) if isinstance(other, np.ndarray) else float(other)
    expected = compare(torch.tensor(x), beside).numpy()
    assert_array_equal(compare(Tensor(x), Tensor(other) if isinstance(other, np.ndarray) else other).data, expected)


def test_integers_compare_as_they_are():
    assert not (Tensor(np.uint8([44])) == 300).item() and not (Tensor(np.uint8([44])) == Tensor(300)).item()
    big = np.array([2**63 - 1])
    assert (Tensor(big) == Tensor(big.astype(np.uint64))).item()


@pytest.mark.parametrize("element", [2, 2.0, True, 7, float("nan"), np.float64(2.0)])
def test_what_is_in_a_tensor(element):
    assert (element in Tensor([1.0, 2.0])) == (element in torch.tensor([1.0, 2.0]))
    for x in (Tensor([1.0]), torch.tensor([1.0])):
        assert x in x
        with pytest.raises(RuntimeError, match="Tensor or scalar"):
            assert [1.0] in x


# ---- integers that do not fit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int64])
@pytest.mark.parametrize("other", [300, 70_000, -3])
def test_integers_are_divided_as_they_are(dtype, other):
    x = np.array([1, 100], dtype)
    expected = x.astype(float) / other
    for divisor in (other, Tensor(other), np.array(other)):
        assert_allclose((Tensor(x) / divisor).data, expected)
        assert_allclose((divisor / Tensor(x)).data, 1 / expected)
    assert_allclose((torch.tensor(x) / torch.tensor(other)).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "number"),
    [(np.uint8([1, 2]), 300), (np.uint8([1, 2]), -1), (np.int8([1, 2]), 128), (np.float32([1, 2]), 1e300)],
)
def test_numbers_beyond_the_dtype_are_refused(values, number):
    cond = [True, False]
    for call in (lambda: ag.where(cond, Tensor(values), number), lambda: ag.where(cond, number, Tensor(values))):
        with pytest.raises(RuntimeError, match="without overflow"):
            call()
    with pytest.raises(RuntimeError, match="without overflow"):
        ag.clamp(Tensor(values), max=number)
    if number != -1:  # which torch wraps around
        with pytest.raises(RuntimeError):
            torch.where(torch.tensor(cond), torch.tensor(values), number)
    for operation in (ag.add, ag.mul, ag.maximum) if values.dtype.kind != "f" else ():
        with pytest.raises(RuntimeError, match="does not fit"):
            operation(Tensor(values), number)


def test_infinities_and_other_kinds_do_fit():
    assert_array_equal(ag.where([True, False], np.float32([1, 2]), float("inf")).data, [1.0, np.inf])
    assert_array_equal(ag.where([True, False], np.uint8([1, 2]), 0.5).data, [1.0, 0.5])
    assert_array_equal(ag.clamp(Tensor(np.float32([1, 2])), max=float("inf")).data, [1.0, 2.0])


# ---- shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(-2,), (-2, 2), (2, -3), (-1, -2)])
def test_only_minus_one_stands_for_what_is_left(shape):
    for x in (Tensor(np.ones(4)), torch.ones(4)):
        with pytest.raises(RuntimeError, match="invalid shape dimension|only one dimension"):
            x.reshape(*shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("shape", [(2,), (2, 3)])
def test_an_empty_input_of_cat_has_an_empty_gradient(order, shape, dtype):
    results = []
    for module, make in ((ag, Tensor), (torch, torch.tensor)):
        full, empty = make(np.ones(shape), requires_grad=True), make(np.ones(0, dtype), requires_grad=True)
        out = module.cat([full, empty][::order], 0)
        out.sum().backward()
        results.append((tuple(out.shape), str(out.dtype).split(".")[-1], tuple(full.grad.shape), empty.grad.shape))
    assert results[0] == results[1]


@pytest.mark.parametrize("make", [lambda x: x.sum(), lambda x: x.sum() * 2, lambda x: x[0], lambda x: x.max()])
def test_a_number_is_an_array_without_axes(make):
    out = make(Tensor([1.0, 2.0], requires_grad=True))
    assert type(out.data) is np.ndarray and out.shape == ()


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_a_deepcopy_has_no_hooks_and_no_graph():
    for x in (Tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 2.0], requires_grad=True)):
        calls = []
        (x * x).sum().backward()
        x.register_hook(calls.append)
        copied, again = copy.deepcopy([x, x])
        assert copied is again and copied.requires_grad and copied.is_leaf
        assert_array_equal(copied.grad.numpy(), [2.0, 4.0])
        (copied * 2).sum().backward()
        assert not calls
        assert_array_equal(x.grad.numpy(), [2.0, 4.0])
        with pytest.raises(RuntimeError, match="leaves"):
            copy.deepcopy(x * 2)


def test_a_deepcopy_of_a_layer_leaves_its_hooks_behind():
    layer, calls = nn.Linear(2, 1), []
    layer.weight.register_hook(calls.append)
    copied = copy.deepcopy(layer)
    copied(Tensor([[1.0, 2.0]])).sum().backward()
    assert not calls and type(copied.weight) is type(layer.weight)
