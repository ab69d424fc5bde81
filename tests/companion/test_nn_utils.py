"""companion.nn.utils beside torch: clipping, and parameters as one vector."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import nn
from companion.autograd import Tensor
from companion.nn import Parameter, utils
from tests.companion.optim_pairs import apart, both, send


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("max_norm", [0.1, 2.0, 1e3])
def test_clipping_by_norm(norm_type, max_norm):
    ours, theirs, *_ = both("SGD", {})
    send(ours, theirs, np.random.default_rng(0))
    ours[1].grad = theirs[1].grad = None
    before = nn.utils.clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert before == pytest.approx(float(expected), rel=1e-13)
    for p, q in zip(ours, theirs):
        assert p.grad is q.grad is None or np.allclose(p.grad.data, q.grad.numpy(), rtol=1e-13, atol=0)


def test_clipping_by_value_and_a_norm_that_is_not_finite():
    ours, theirs, *_ = both("SGD", {})
    send(ours, theirs, np.random.default_rng(0))
    nn.utils.clip_grad_value_(ours, 0.3)
    torch.nn.utils.clip_grad_value_(theirs, 0.3)
    assert all(np.array_equal(p.grad.data, q.grad.numpy()) for p, q in zip(ours, theirs))
    for bad, others in ((np.nan, np.nan), (np.inf, np.inf), (np.nan, 3.0), (np.inf, 3.0)):
        for i, (p, q) in enumerate(zip(ours, theirs)):
            g = np.full(p.shape, others if i else bad)
            p.grad, q.grad = Tensor(g), torch.tensor(g)
        with pytest.raises(RuntimeError, match="non-finite"):
            nn.utils.clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
        nn.utils.clip_grad_norm_(ours, 1.0)
        torch.nn.utils.clip_grad_norm_(theirs, 1.0)
        assert all(np.array_equal(p.grad.data, q.grad.numpy(), equal_nan=True) for p, q in zip(ours, theirs))


def test_clipping_one_parameter_or_nothing_and_by_default():
    p, q = Parameter(np.ones(2)), torch.nn.Parameter(torch.ones(2, dtype=float))
    assert nn.utils.clip_grad_norm_(p, 1.0) == nn.utils.clip_grad_norm_([], 1.0, np.inf) == 0.0
    for scale in (3.0, 1e-9, 0.0):
        g = scale * np.array([3.0, -4.0])
        p.grad, q.grad = Tensor(g), torch.tensor(g)
        norm = nn.utils.clip_grad_norm_(p, scale)
        assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(q, scale).item()) and (g[0] == 3 * scale)
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-13)


def test_parameters_as_one_vector_and_back():
    ours, theirs, *_ = both("SGD", {})
    aliases = [p.data for p in ours]
    vector = nn.utils.parameters_to_vector(ours)
    np.testing.assert_array_equal(vector, torch.nn.utils.parameters_to_vector(theirs).detach().numpy())
    nn.utils.vector_to_parameters(2 * vector, ours)
    for p, alias, q in zip(ours, aliases, theirs):
        np.testing.assert_array_equal(p.data, 2 * q.detach().numpy())
        assert p.data is alias  # written in place
    nn.utils.vector_to_parameters(list(vector), iter(ours))
    assert apart(ours, theirs) == 0
    for bad in (vector[1:], np.append(vector, 0.0), vector[None]):
        with pytest.raises(ValueError, match="expected"):
            nn.utils.vector_to_parameters(bad, ours)


def test_clipping_by_a_numpy_number_leaves_float32():
    layer = nn.Linear(2, 2, dtype=np.float32)
    layer(np.ones((1, 2), np.float32)).sum().backward()
    nn.utils.clip_grad_norm_(layer.parameters(), np.float64(0.1))
    nn.utils.clip_grad_value_(layer.parameters(), np.float64(0.1))
    assert layer.weight.grad.dtype == np.float32


def one(values, dtype=np.float64):
    p = nn.Parameter(np.zeros(len(values), dtype))
    p.grad = Tensor(np.array(values, dtype))
    return p


def test_the_norm_of_half_precision_does_not_overflow():
    p = one([300.0, 400.0], np.float16)
    theirs = torch.nn.Parameter(torch.zeros(2, dtype=torch.float16))
    theirs.grad = torch.tensor([300.0, 400.0], dtype=torch.float16)
    assert utils.clip_grad_norm_([p], 1.0) == torch.nn.utils.clip_grad_norm_([theirs], 1.0).item() == 500
    assert p.grad.dtype == np.float16
    assert_allclose(p.grad.data, theirs.grad.numpy(), rtol=1e-3)


@pytest.mark.parametrize("norm_type", [1, 2.0, 3, float("inf"), -float("inf"), 0, -1])
@pytest.mark.parametrize("max_norm", [0, 0.5, float("inf")])
def test_orders_and_bounds_of_clipping_are_torchs(norm_type, max_norm):
    ours, theirs = one([3.0, 4.0]), torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
    theirs.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    norm = utils.clip_grad_norm_(ours, max_norm, norm_type)
    assert_allclose(norm, torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type), rtol=1e-12)
    assert_allclose(ours.grad.data, theirs.grad, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm_type", [1, 2.0, 0, -1])
@pytest.mark.parametrize("values", [[0.0, 0.0], [1e-30, 1e-200], [0.0, 3.0]])
def test_small_gradients_are_clipped_without_an_error(dtype, norm_type, values):
    p, theirs = one(values, dtype), torch.nn.Parameter(torch.zeros(2, dtype=getattr(torch, dtype)))
    theirs.grad = torch.tensor(values, dtype=theirs.dtype)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 0.5, norm_type).item()
    with np.errstate(all="raise"):
        assert_allclose(utils.clip_grad_norm_(p, 0.5, norm_type), expected, rtol=1e-6)
    assert_allclose(p.grad.data, theirs.grad, rtol=1e-6)


NAN = float("nan")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda p: utils.clip_grad_norm_([p], -1), ValueError),  # torch turns the gradient around
        (lambda p: utils.clip_grad_norm_([p], NAN), ValueError),
        (lambda p: utils.clip_grad_norm_([p], "a"), ValueError),
        (lambda p: utils.clip_grad_norm_([p], None), TypeError),
        (lambda p: utils.clip_grad_norm_([p], 1, "a"), ValueError),
        (lambda p: utils.clip_grad_norm_([p], 1, 2.0, "no"), TypeError),
        (lambda p: utils.clip_grad_norm_([p, 3], 1), AttributeError),
        (lambda p: utils.clip_grad_norm_(3, 1), TypeError),
        (lambda p: utils.clip_grad_value_([p], -1), ValueError),
        (lambda p: utils.clip_grad_value_([p], NAN), ValueError),
        (lambda p: utils.clip_grad_value_([p], "a"), ValueError),
        (lambda p: utils.parameters_to_vector([]), ValueError),
        (lambda p: utils.parameters_to_vector([np.ones(3)]), AttributeError),
        (lambda p: utils.vector_to_parameters([1.0, 2.0, 3.0], [p]), ValueError),  # torch drops the rest
        (lambda p: utils.vector_to_parameters(["a", "b"], [p]), TypeError),
        (lambda p: utils.vector_to_parameters([1j, 2.0], [p]), TypeError),
    ],
)
def test_bad_bounds_and_vectors_change_nothing(call, error):
    p = one([3.0, 4.0])
    with pytest.raises(error):
        call(p)
    assert (p.grad.data == [3.0, 4.0]).all() and (p.data == 0).all()
