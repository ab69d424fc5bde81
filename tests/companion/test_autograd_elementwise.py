"""Operations on each element beside torch: values and gradients, broadcasts, ties, kinks and dtypes."""

import doctest

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from numpy.testing import assert_allclose

from companion import autograd as ag
from companion.autograd import Tensor
from companion.numerics import finite_difference_gradient
from tests.companion.beside_torch import BINARY, UNARY, compare

POSITIVE = {"log", "log1p", "sqrt", "pow"}


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


def test_python_numbers_do_not_widen_float32():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    y = (2.0 * x + 1 - x / 3.0) ** 2
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


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


def test_nan_and_inf_propagate():
    x = Tensor([np.nan, np.inf, 1.0], requires_grad=True)
    y = ag.relu(x) * 2
    assert np.isnan(y.data[0]) and np.isinf(y.data[1])
    assert np.isnan(Tensor([np.nan, 1.0]).amax().item())


# ---- dtypes ----------------------------------------------------------------------------------------------------------

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int8", "uint8", "bool"]
SLACK = {"float64": 1e-12, "float32": 1e-5, "float16": 2e-3}


def same_as_torch(ours, theirs, arrays):
    """The same value in the same dtype, where torch's default float counts as ours; or the same class of error."""
    try:
        expected = theirs(*(torch.tensor(a) for a in arrays))
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        with pytest.raises(type(error)):
            ours(*(Tensor(a) for a in arrays))
        return
    out = ours(*(Tensor(a) for a in arrays))
    expected = expected.numpy()
    wanted = expected.dtype
    if not any(a.dtype.kind == "f" for a in arrays) and expected.dtype.kind == "f":
        wanted = np.dtype(float)  # torch's default is float32
    assert out.dtype == wanted
    tolerance = SLACK.get(str(expected.dtype), 0)
    assert_allclose(out.numpy().astype(float), expected.astype(float), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_every_function_in_every_dtype(name, dtype):
    x = np.array([0, 1, 2, 3]).astype(dtype)
    if name == "softplus" and x.dtype.kind != "f":
        pytest.skip("torch has none of integers; here they become floats, as for the sigmoid")
    same_as_torch(getattr(ag, name), UNARY[name], [x])


COMPARISONS = {name: getattr(torch, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}


@pytest.mark.parametrize("right", DTYPES)
@pytest.mark.parametrize("left", DTYPES)
@pytest.mark.parametrize("name", [*BINARY, *COMPARISONS])
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_every_pair_of_dtypes(name, left, right):
    x, y = np.array([3, 1, 2, 0]).astype(left), np.array([1, 1, 2, 3]).astype(right)
    if name == "sub" and (left == "bool") != (right == "bool"):
        pytest.skip("torch has no numbers less bools; here they count as 0 and 1")
    if name == "power" and left == right == "bool":
        pytest.skip("a bool to the power of a bool is int8 in NumPy")
    from companion.autograd import elementwise

    same_as_torch(getattr(elementwise, name), {**BINARY, **COMPARISONS}[name], [x, y])
    if left[0] == right[0] == "f":
        return
    if name in BINARY:
        same_as_torch(getattr(elementwise, name), BINARY[name], [x, y[2]])  # a single number


def test_a_single_number_gives_way_to_an_array_of_its_kind():
    x, one = np.float32([1.0, 2.0]), np.array(0.1)
    out = Tensor(x) * Tensor(one)
    expected = torch.tensor(x) * torch.tensor(one)
    assert out.dtype == np.float32
    assert_allclose(out.numpy(), expected, rtol=1e-7)


def test_clamp_and_where_of_floats_and_integers_stay_as_torch_has_them():
    x, whole, chosen = np.float32([0.5, 2.5]), np.array([1, 2]), np.array([True, False])
    same_as_torch(lambda a, b: ag.clamp(a, b), lambda a, b: torch.clamp(a, b), [x, whole])
    same_as_torch(lambda a, b: ag.clamp(a, None, b), lambda a, b: torch.clamp(a, None, b), [x, whole])
    same_as_torch(lambda a: ag.clamp(a, 3, 1), lambda a: torch.clamp(a, 3, 1), [x])
    same_as_torch(lambda c, a, b: ag.where(c, a, b), lambda c, a, b: torch.where(c, a, b), [chosen, x, whole])
    same_as_torch(lambda c, a: ag.where(c, a, 2.5), lambda c, a: torch.where(c, a, 2.5), [chosen, x])
    assert ag.clamp(np.array([1, 5]), max=2.5).dtype == ag.where(chosen, whole, 2.5).dtype == np.float64


def test_half_precision_is_rounded_once():
    x = np.linspace(-12, 12, 97).astype(np.float16)
    for name in ("sigmoid", "softplus", "erf", "tanh"):
        exact = UNARY[name](torch.tensor(x).double()).numpy().astype(np.float16)
        assert_allclose(getattr(ag, name)(x).numpy(), exact, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x < np.ones(3), RuntimeError, "lt: the shapes"),
        (lambda x: x == np.ones(3), RuntimeError, "eq: the shapes"),
        (lambda x: ag.where(np.ones(2, bool), np.ones(3), x), RuntimeError, "where: the shapes"),
        (lambda x: ag.where(np.ones(2), x, x), RuntimeError, "condition of bools"),
        (lambda x: Tensor([1, 2]) ** -1, RuntimeError, "negative integer powers"),
        (lambda x: x + "text", TypeError, "cannot compute"),
        (lambda x: x < None, TypeError, ""),
        (lambda x: -Tensor([True]), NotImplementedError, "bools"),
        (lambda x: Tensor([True]) - Tensor([True]), RuntimeError, "bools"),
    ],
)
def test_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(Tensor([1.0, 2.0]))


def test_nothing_is_equal_to_none_or_to_a_text():
    x = Tensor([1.0, 2.0])
    assert (x == None) is False and (x != None) is True  # noqa: E711
    assert (x == "text") is False and (x != "text") is True
    assert (x == [1.0, 3.0]).data.tolist() == [True, False]


def test_what_a_vjp_does_not_name_it_does_not_read():
    from companion.autograd.factories import uniform

    (first, second), needs = uniform(lambda g, y: g * y, lambda g, out, y: -g * out / y)
    assert needs == ((1,), (ag.recording.OUT, 1))
    assert (first(2.0, None, None, 3.0), second(2.0, 3.0, None, 4.0)) == (6.0, -1.5)


@pytest.mark.parametrize("name", [*UNARY, *BINARY, *COMPARISONS])
def test_the_example_of_every_operation(name):
    from companion.autograd import elementwise

    operation = getattr(elementwise, name)
    (example,) = doctest.DocTestFinder(recurse=False).find(operation, name, globs={name: operation})
    assert example.examples and doctest.DocTestRunner().run(example).failed == 0
