"""The losses of companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from companion.autograd import Tensor
from companion.nn import functional as F
from companion.numerics import finite_difference_gradient


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


# ---- every setting together ------------------------------------------------------------------------------------------

theirs = torch.nn.functional
reductions = st.sampled_from(["mean", "sum", "none"])
places = st.sampled_from([(), (3,), (2, 2)])


def both(name, x, target, **keywords):
    """Values and gradients by the scores, ours and torch's."""
    ours, reference = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out = getattr(F, name)(ours, target, **keywords)
    others = {key: torch.tensor(value) if isinstance(value, np.ndarray) else value for key, value in keywords.items()}
    expected = getattr(theirs, name)(reference, torch.tensor(target), **others)
    g = np.random.default_rng(1).normal(size=out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    return (out.data, ours.grad.data), (expected.detach().numpy(), reference.grad.numpy())


@given(st.integers(1, 5), st.integers(1, 5), places, st.booleans(), st.floats(0, 1), reductions, st.integers(0, 9999))
@settings(max_examples=80, deadline=None)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_cross_entropy_is_torchs_with_every_setting(n, k, shape, weighted, smoothing, reduction, seed):
    rng = np.random.default_rng(seed)
    x, target = 5 * rng.normal(size=(n, k, *shape)), rng.integers(0, k, (n, *shape))
    keywords = {"weight": rng.uniform(0.1, 2, k)} if weighted else {}
    keywords |= {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": int(rng.integers(-1, k))}
    for mine, expected in zip(*both("cross_entropy", x, target, **keywords)):
        assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)
    keywords.pop("ignore_index")
    soft = np.moveaxis(rng.dirichlet(np.ones(k), (n, *shape)), -1, 1).copy()
    for mine, expected in zip(*both("cross_entropy", x, soft, **keywords)):
        assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)
    keywords.pop("label_smoothing")
    for mine, expected in zip(*both("nll_loss", x, target, **keywords)):
        assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans(), reductions, st.integers(0, 9999))
@settings(max_examples=50, deadline=None)
def test_binary_cross_entropy_is_torchs_with_every_setting(n, k, weighted, positive, reduction, seed):
    rng = np.random.default_rng(seed)
    x, target = 5 * rng.normal(size=(n, k)), rng.uniform(size=(n, k))
    keywords = {"weight": rng.uniform(0.1, 2, k)} if weighted else {}
    keywords |= {"pos_weight": rng.uniform(0.1, 5, (n, 1))} if positive else {}
    for mine, expected in zip(*both("binary_cross_entropy_with_logits", x, target, reduction=reduction, **keywords)):
        assert_allclose(mine, expected, rtol=1e-12, atol=1e-12)


def test_binary_cross_entropy_keeps_its_digits_far_out():
    z = np.array([-800.0, -40.0, 40.0, 800.0])
    for y, sign in ((0.0, 1), (1.0, -1)):
        x = Tensor(z, requires_grad=True)
        out = F.binary_cross_entropy_with_logits(x, np.full(4, y), reduction="none")
        exact = np.maximum(sign * z, 0) + np.log1p(np.exp(-np.abs(z)))
        assert_allclose(out.data, exact, rtol=1e-15)
        out.sum().backward()
        assert_allclose(x.grad.data, sign / (1 + np.exp(-np.clip(sign * z, -700, 700))), rtol=1e-12, atol=1e-300)


def test_targets_and_their_weights_get_their_gradient_from_a_binary_cross_entropy():
    rng = np.random.default_rng(0)
    x, target, positive = rng.normal(size=(2, 3)), rng.uniform(size=(2, 3)), rng.uniform(1, 3, 3)
    y, p = Tensor(target, requires_grad=True), Tensor(positive, requires_grad=True)
    F.binary_cross_entropy_with_logits(x, y, pos_weight=p).backward()
    cost = lambda y, p: F.binary_cross_entropy_with_logits(x, y, pos_weight=p).item()  # noqa: E731
    assert_allclose(y.grad.data, finite_difference_gradient(lambda v: cost(v, positive), target), rtol=1e-7)
    assert_allclose(p.grad.data, finite_difference_gradient(lambda v: cost(target, v), positive), rtol=1e-7)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_other_shapes_are_broadcast_with_torchs_warning(name):
    x, target = np.arange(6.0).reshape(3, 2), np.array([1.0, -2.0])
    with pytest.warns(UserWarning, match="Using a target size"):
        out = getattr(F, name)(x, target)
    with pytest.warns(UserWarning, match="Using a target size"):
        expected = getattr(theirs, name)(torch.tensor(x), torch.tensor(target))
    assert_allclose(out.data, expected, rtol=1e-14)


def test_divergences_are_broadcast_as_torchs():
    x, target = np.log(np.random.default_rng(0).dirichlet(np.ones(4), 3)), np.full(4, 0.25)
    expected = theirs.kl_div(torch.tensor(x), torch.tensor(target), reduction="batchmean")
    assert_allclose(F.kl_div(x, target, reduction="batchmean").data, expected, rtol=1e-14)


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_single_sample_needs_no_batch(name, reduction):
    x = np.log([0.2, 0.5, 0.3])
    weight = np.array([1.0, 2.0, 3.0])
    for mine, expected in zip(*both(name, x, np.array(1), weight=weight, reduction=reduction)):
        assert_allclose(mine, expected, rtol=1e-14)
        assert mine.shape == expected.shape


def test_classes_may_have_any_integer_dtype():
    x, target = np.random.default_rng(0).normal(size=(3, 4)), [3, 0, 2]
    expected = F.cross_entropy(x, target).item()
    for dtype in (np.int8, np.uint8, np.int32, np.uint64):
        assert F.cross_entropy(x, np.array(target, dtype)).item() == expected
