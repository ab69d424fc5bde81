"""companion.nn.utils beside torch: clipping, and parameters as one vector."""

import numpy as np
import pytest
import torch

from companion import nn
from companion.nn import Parameter
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
            p.grad, q.grad = nn.modules.Tensor(g), torch.tensor(g)
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
        p.grad, q.grad = nn.modules.Tensor(g), torch.tensor(g)
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
