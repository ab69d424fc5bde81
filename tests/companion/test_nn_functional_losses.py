"""The losses of companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion.autograd import Tensor
from companion.nn import functional as F


def test_weights_of_samples_and_of_the_positives():
    rng = np.random.default_rng(6)
    x, y, w, pos = rng.normal(size=(5, 3)), rng.uniform(size=(5, 3)), rng.uniform(size=(5, 3)), rng.uniform(1, 3, 3)
    for keywords in ({"weight": w}, {"pos_weight": pos}, {"weight": w, "pos_weight": pos}):
        a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        out = F.binary_cross_entropy_with_logits(a, y, **keywords)
        expected = torch.nn.functional.binary_cross_entropy_with_logits(
            b, torch.tensor(y), **{k: torch.tensor(v) for k, v in keywords.items()}
        )
        assert_allclose(out.data, expected.detach(), rtol=1e-10)
        out.backward()
        expected.backward()
        assert_allclose(a.grad.data, b.grad, rtol=1e-10)
    target, log_p = np.array([0, 2, 2, 1, 0]), torch.log_softmax(torch.tensor(x), 1)
    for reduction in ("mean", "sum", "none"):
        expected = torch.nn.functional.nll_loss(log_p, torch.tensor(target), torch.tensor(pos), reduction=reduction)
        assert_allclose(F.nll_loss(log_p.numpy(), target, pos, reduction=reduction).data, expected, rtol=1e-10)


def test_divergence_from_targets_with_zeros_and_by_the_batch():
    rng = np.random.default_rng(7)
    target, log_q = np.array([[0.0, 0.3, 0.7], [1.0, 0.0, 0.0]]), np.log(rng.dirichlet(np.ones(3), 2))
    for reduction in ("batchmean", "sum"):
        expected = torch.nn.functional.kl_div(torch.tensor(log_q), torch.tensor(target), reduction=reduction)
        assert_allclose(F.kl_div(log_q, target, reduction=reduction).data, expected, rtol=1e-12)


def test_class_weights():
    x, y, w = np.random.default_rng(3).normal(size=(6, 4)), np.arange(6) % 4, np.array([1.0, 0.5, 2.0, 3.0])
    for smoothing in (0.0, 0.3):
        ours = F.cross_entropy(Tensor(x), y, weight=w, label_smoothing=smoothing)
        theirs = torch.nn.functional.cross_entropy(
            torch.tensor(x), torch.tensor(y), weight=torch.tensor(w), label_smoothing=smoothing
        )
        assert_allclose(ours.data, theirs, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("shape", [(6, 4), (5, 4, 3), (3, 4, 2, 5)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("smoothing", [None, 0.3])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_of_rows_and_of_maps(dtype, shape, weighted, soft, smoothing, reduction):
    rng = np.random.default_rng(4)
    x = rng.normal(size=shape).astype(dtype)
    target = rng.integers(0, 4, (shape[0], *shape[2:]))
    target[0], target[-1] = 3, -100  # the default of ignore_index
    if soft:
        target = rng.dirichlet(np.ones(4), target.shape).astype(dtype)
        target = np.ascontiguousarray(np.moveaxis(target, -1, 1))
    weight = np.array([1.0, 0.5, 2.0, 3.0], dtype) if weighted else None
    keywords = {"reduction": reduction} | ({} if smoothing is None else {"label_smoothing": smoothing})
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    w = None if weight is None else torch.tensor(weight)
    out = F.cross_entropy(a, Tensor(target), None if weight is None else Tensor(weight), **keywords)
    expected = torch.nn.functional.cross_entropy(b, torch.tensor(target), w, **keywords)
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-5}
    assert out.dtype == dtype
    assert_allclose(out.data, expected.detach(), **tolerance)
    weights = rng.normal(size=out.shape).astype(dtype)
    out.backward(weights)
    expected.backward(torch.tensor(weights))
    assert_allclose(a.grad.data, b.grad, **tolerance)


def test_targets_and_weights_do_not_widen_float32():
    x, soft = np.zeros((2, 3), np.float32), np.full((2, 3), 1 / 3)
    for target in (soft, np.array([0, 2])):
        for weight in (None, np.ones(3)):
            assert F.cross_entropy(x, target, weight, label_smoothing=0.1).dtype == np.float32


@pytest.mark.parametrize("name", ["kl_div", "cross_entropy"])
def test_probabilities_that_are_trained_too_get_their_gradient(name):
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), size=3)
    ours, theirs = Tensor(target, requires_grad=True), torch.tensor(target, requires_grad=True)
    getattr(F, name)(logits, ours).backward()
    getattr(torch.nn.functional, name)(torch.tensor(logits), theirs).backward()
    assert_allclose(ours.grad.data, theirs.grad, rtol=1e-10)
