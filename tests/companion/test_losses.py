"""Every loss and its gradient beside torch (autograd in float64), scikit-learn and finite differences."""

from fractions import Fraction

import numpy as np
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from companion import losses
from companion.losses import categorical, classification, penalties, regression
from companion.numerics import finite_difference_gradient, sigmoid, softmax

RNG = np.random.default_rng(0)
N, K = 11, 4
REAL, SCORE = RNG.normal(size=N), RNG.normal(size=N) * 3
BINARY = np.arange(N) % 2
CLASSES, LOGITS = np.arange(N) % K, RNG.normal(size=(N, K)) * 3
SOFT = softmax(RNG.normal(size=(N, K)))
WEIGHT = RNG.uniform(0, 2, N)
SIGNS = 2 * BINARY - 1


def t(value):
    return torch.tensor(value, dtype=torch.float64 if np.asarray(value).dtype.kind == "f" else None)


def torch_focal(y, z, gamma, alpha):
    bce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    p_t = torch.exp(-bce)
    a = 1.0 if alpha is None else torch.where(y == 1, alpha, 1 - alpha)
    return a * (1 - p_t) ** gamma * bce


# name, our function of (y, prediction) with its settings, torch's values of each sample, y, prediction
CASES = [
    ("squared_error", {}, lambda y, p: (p - y) ** 2, REAL, SCORE),
    ("absolute_error", {}, lambda y, p: F.l1_loss(p, y, reduction="none"), REAL, SCORE),
    *[
        ("huber", {"delta": d}, lambda y, p, d=d: F.huber_loss(p, y, delta=d, reduction="none"), REAL, SCORE)
        for d in (0.3, 2)
    ],
    *[
        ("pinball", {"alpha": a}, lambda y, p, a=a: torch.maximum(a * (y - p), (a - 1) * (y - p)), REAL, SCORE)
        for a in (0.1, 0.5, 0.9)
    ],
    *[
        (
            "binary_cross_entropy_with_logits",
            {"pos_weight": w},
            lambda y, p, w=w: F.binary_cross_entropy_with_logits(
                p, y.double(), pos_weight=None if w is None else torch.tensor(w), reduction="none"
            ),
            y,
            SCORE,
        )
        for w in (None, 3.0)
        for y in (BINARY, sigmoid(REAL))
    ],
    *[
        ("focal", {"gamma": g, "alpha": a}, lambda y, p, g=g, a=a: torch_focal(y.double(), p, g, a), BINARY, SCORE)
        for g in (0.0, 0.5, 2.0)
        for a in (None, 0.25)
    ],
    ("hinge", {}, lambda y, p: torch.clamp(1 - y * p, min=0), SIGNS, SCORE),
    ("squared_hinge", {}, lambda y, p: torch.clamp(1 - y * p, min=0) ** 2, SIGNS, SCORE),
    ("brier", {}, lambda y, p: (p - y) ** 2, BINARY, sigmoid(SCORE)),
    *[
        (
            "cross_entropy",
            {"label_smoothing": e},
            lambda y, p, e=e: F.cross_entropy(p, y, label_smoothing=e, reduction="none"),
            y,
            LOGITS,
        )
        for e in (0.0, 0.1)
        for y in (CLASSES, SOFT)
    ],
    ("kl_divergence", {}, lambda y, p: (y * (torch.log(y) - torch.log(p))).sum(dim=1), SOFT, softmax(LOGITS)),
]


@pytest.mark.parametrize(("name", "settings_", "reference", "y", "prediction"), CASES, ids=lambda v: str(v)[:24])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_values_and_gradients_against_torch(name, settings_, reference, y, prediction, weighted, reduction):
    weight = WEIGHT if weighted else None
    value, grad = getattr(losses, name)(y, prediction, **settings_, sample_weight=weight, reduction=reduction)
    p = torch.tensor(prediction, requires_grad=True)
    w = torch.tensor(WEIGHT) if weighted else torch.ones(N, dtype=torch.float64)
    each = w * reference(t(y), p)
    total = each.sum() / w.sum() if reduction == "mean" else each.sum()
    total.backward()
    expected = each.detach() if reduction == "none" else total.detach()
    assert_allclose(value, expected, rtol=1e-10)
    assert_allclose(grad, p.grad, rtol=1e-10, atol=1e-14)
    assert grad.shape == prediction.shape


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("y", [CLASSES, SOFT], ids=["indices", "probabilities"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weights", [[1.0, 2.0, 0.5, 3.0], [0.0, 1.0, 1.0, 1.0]])
def test_class_weights_are_torchs(smoothing, y, reduction, weights):
    value, grad = losses.cross_entropy(y, LOGITS, label_smoothing=smoothing, class_weight=weights, reduction=reduction)
    z = torch.tensor(LOGITS, requires_grad=True)
    arguments = {"weight": torch.tensor(weights, dtype=torch.float64), "label_smoothing": smoothing}
    theirs = F.cross_entropy(z, t(y), reduction=reduction, **arguments)
    theirs.sum().backward()
    assert_allclose(value, theirs.detach(), rtol=1e-10, atol=1e-14)
    assert_allclose(grad, z.grad, rtol=1e-10, atol=1e-14)


def test_against_scikit_learn():
    p = sigmoid(SCORE)
    assert_allclose(losses.squared_error(REAL, SCORE)[0], sklearn.metrics.mean_squared_error(REAL, SCORE))
    assert_allclose(losses.absolute_error(REAL, SCORE)[0], sklearn.metrics.mean_absolute_error(REAL, SCORE))
    theirs = sklearn.metrics.mean_pinball_loss(REAL, SCORE, alpha=0.8, sample_weight=WEIGHT)
    assert_allclose(losses.pinball(REAL, SCORE, alpha=0.8, sample_weight=WEIGHT)[0], theirs)
    theirs = sklearn.metrics.log_loss(BINARY, p, sample_weight=WEIGHT)
    assert_allclose(losses.binary_cross_entropy_with_logits(BINARY, SCORE, sample_weight=WEIGHT)[0], theirs)
    assert_allclose(losses.cross_entropy(CLASSES, LOGITS)[0], sklearn.metrics.log_loss(CLASSES, softmax(LOGITS)))
    assert_allclose(losses.hinge(SIGNS, SCORE)[0], sklearn.metrics.hinge_loss(SIGNS, SCORE))
    assert_allclose(losses.brier(BINARY, p)[0], sklearn.metrics.brier_score_loss(BINARY, p))
    assert_allclose(losses.zero_one(SIGNS, SCORE), sklearn.metrics.zero_one_loss(SIGNS, np.sign(SCORE)))


def test_gaussian_nll_against_torch():
    var = RNG.uniform(0.5, 2, N)
    value, (by_mean, by_var) = losses.gaussian_nll(REAL, SCORE, var, sample_weight=None)
    mean, v = torch.tensor(SCORE, requires_grad=True), torch.tensor(var, requires_grad=True)
    theirs = F.gaussian_nll_loss(mean, torch.tensor(REAL), v, eps=0.0)
    theirs.backward()
    assert_allclose(value, theirs.detach(), rtol=1e-10)
    assert_allclose(by_mean, mean.grad, rtol=1e-10)
    assert_allclose(by_var, v.grad, rtol=1e-10)


@settings(max_examples=50, deadline=None)
@given(st.floats(-30, 30), st.sampled_from([0, 1]), st.floats(0.0, 4.0))
def test_binary_losses_agree_with_finite_differences(z, y, gamma):
    for loss in (losses.binary_cross_entropy_with_logits, lambda a, b: losses.focal(a, b, gamma=gamma)):
        _, grad = loss([y], [z])
        numeric = finite_difference_gradient(lambda v, loss=loss: loss([y], v)[0], np.array([z]))
        assert_allclose(grad, numeric, rtol=1e-5, atol=1e-7)


def test_by_hand():
    assert losses.squared_error([1.0], [3.0]) == (4.0, np.array([4.0]))
    assert_allclose(losses.binary_cross_entropy_with_logits([0.0], [np.log(99.0)])[0], -np.log(0.01))  # p = 0.99
    assert_allclose(losses.kl_divergence([0.9, 0.1], [0.5, 0.5])[0], 0.36806, rtol=1e-4)
    assert_allclose(losses.kl_divergence([0.5, 0.5], [0.9, 0.1])[0], 0.51083, rtol=1e-4)


@pytest.mark.parametrize("z", [1e4, -1e4])
def test_the_formulas_themselves_overflow_nowhere_on_the_way(z):
    score = np.array([z])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for y in (0.0, 1.0):
            label = np.array([y])
            classification.binary_cross_entropy_with_logits_terms(label, score, 2.0)
            classification.focal_terms(label, score, 2.0, 1.0, 1.0)
            classification.hinge_terms(2 * label - 1, score)
            categorical.label_terms(np.array([int(y)]), np.array([[0.0, z]]))
            categorical.cross_entropy_terms(np.array([[0.1, 0.9]]), np.array([[0.0, z]]))
            regression.squared_error_terms(label, score)
            regression.absolute_error_terms(label, score)
            regression.huber_terms(label, score, 1.0)
            regression.pinball_terms(label, score, 0.1)
            regression.gaussian_nll_terms(label, np.array([[z, 1e-4]]))
            penalties.l1_penalty_terms(label, score, 0.1)
            penalties.l2_penalty_terms(label, score, 0.1)


@pytest.mark.parametrize("z", [1e4, -1e4])
@pytest.mark.parametrize("y", [0, 1])
def test_nothing_overflows_far_out(z, y):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        wrong = (z > 0) != (y == 1)
        for loss in (losses.binary_cross_entropy_with_logits, losses.focal):
            value, grad = loss([y], [z])
            assert_allclose(value, 1e4 if wrong else 0.0, atol=1e-300)
            assert_allclose(grad, [np.sign(z) if wrong else 0.0], atol=1e-300)
        value, grad = losses.cross_entropy([y], [[0.0, z]], label_smoothing=0.1)
        assert np.isfinite(value) and np.isfinite(grad).all()
        sign = 2 * y - 1
        assert_allclose(losses.hinge([sign], [z])[0], max(0.0, 1 - sign * z))
        for loss in (losses.squared_error, losses.huber, losses.absolute_error, losses.pinball):
            assert np.isfinite(loss([0.0], [z])[0])


def test_the_minimizers():
    y = np.append(np.random.default_rng(4).normal(size=99), 1000.0)
    assert abs(losses.squared_error(y, np.full(100, y.mean()))[1].sum()) < 1e-12
    median, lower = np.median(y), np.quantile(y, 0.1)
    assert losses.absolute_error(y, np.full(100, median))[0] <= losses.absolute_error(y, np.full(100, median + 0.1))[0]
    best = losses.pinball(y, np.full(100, lower), alpha=0.1)[0]
    assert all(losses.pinball(y, np.full(100, lower + s), alpha=0.1)[0] >= best - 1e-12 for s in (-0.3, 0.3))


def test_zero_one_counts_a_score_of_zero_as_a_mistake():
    values = losses.zero_one([1, -1, 1, -1, 1, -1], [2.0, 2.0, -2.0, -2.0, 0.0, 0.0], reduction="none")
    assert_allclose(values, [0, 1, 1, 0, 1, 1])
    assert losses.zero_one([1, -1], [2.0, 2.0], sample_weight=[3.0, 1.0]) == 0.25


def test_kl_is_infinite_where_the_prediction_excludes_what_happens_and_zero_costs_nothing():
    assert losses.kl_divergence([0.5, 0.5], [1.0, 0.0])[0] == np.inf
    assert losses.kl_divergence([1.0, 0.0], [1.0, 0.0])[0] == 0.0


@pytest.mark.parametrize("alpha", [0.0, 0.3, 2.0])
def test_penalties(alpha):
    w = np.array([1.5, -2.0, 0.25])
    for penalty in (losses.l1_penalty, losses.l2_penalty):
        value, grad = penalty(w, alpha)
        assert_allclose(grad, finite_difference_gradient(lambda v, p=penalty: p(v, alpha)[0], w), rtol=1e-6, atol=1e-9)
    assert_allclose(losses.l1_penalty(w, alpha)[0], alpha * 3.75)
    assert_allclose(losses.l2_penalty(w, alpha)[0], alpha * 6.3125)
    with pytest.raises(ValueError, match=r"alpha=-1, expected a number in \[0, inf\)"):
        losses.l2_penalty(w, -1)


def test_float32_stays_float32_and_inputs_are_left_alone():
    y, p = REAL.astype(np.float32), SCORE.astype(np.float32)
    y0, p0 = y.copy(), p.copy()
    for loss in (losses.squared_error, losses.huber, losses.pinball, losses.absolute_error):
        assert loss(y, p)[1].dtype == np.float32
    assert losses.cross_entropy(CLASSES, LOGITS.astype(np.float32))[1].dtype == np.float32
    assert (y == y0).all() and (p == p0).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: losses.squared_error([1.0], [1.0, 2.0]), r"shape \(1,\), y_pred has shape \(2,\)"),
        (lambda: losses.squared_error([], []), "empty"),
        (lambda: losses.squared_error([np.nan], [1.0]), "y_true contains NaN"),
        (lambda: losses.squared_error([1.0], [np.inf]), "y_pred contains infinity"),
        (lambda: losses.squared_error(["a"], [1.0]), "expected real numbers"),
        (lambda: losses.squared_error([1.0], [1.0], reduction="average"), "reduction='average'"),
        (lambda: losses.squared_error([1.0], [1.0], sample_weight=[-1.0]), "sample_weight contains -1.0"),
        (lambda: losses.squared_error([1.0], [1.0], sample_weight=[0.0]), "sum to 0"),
        (lambda: losses.squared_error([1.0], [1.0], sample_weight=[1.0, 1.0]), r"sample_weight has shape \(2,\)"),
        (lambda: losses.huber([1.0], [1.0], delta=0.0), "delta=0.0"),
        (lambda: losses.pinball([1.0], [1.0], alpha=1.0), "alpha=1.0"),
        (lambda: losses.gaussian_nll([1.0], [1.0], [0.0]), "var contains 0.0"),
        (lambda: losses.hinge([0, 1], [1.0, 1.0]), "y_true must be -1 or 1"),
        (lambda: losses.focal([0.5], [1.0]), "y_true must be 0 or 1"),
        (lambda: losses.focal([1], [1.0], gamma=-1.0), "gamma=-1.0"),
        (lambda: losses.focal([1], [1.0], gamma=np.inf), "gamma=inf"),
        (lambda: losses.focal([1], [1.0], alpha=1.5), "alpha=1.5"),
        (lambda: losses.binary_cross_entropy_with_logits([1.0], [1.0], pos_weight=0.0), "pos_weight=0.0"),
        (lambda: losses.kl_divergence([1.5, -0.5], [0.5, 0.5]), r"p must be in \[0, 1\]"),
        (lambda: losses.kl_divergence([0.5, 0.5], [0.5, 0.6]), "q must sum to 1"),
        (lambda: losses.cross_entropy([-1], [[0.0, 1.0]]), "the class -1"),
        (lambda: losses.cross_entropy([0], [[0.0, 1.0]], class_weight=[1.0, -1.0]), "class_weight"),
        (lambda: losses.cross_entropy([0], [[0.0, np.nan]]), "y_pred contains NaN"),
        (lambda: losses.zero_one([2], [1.0]), "y_true must be -1 or 1"),
        (lambda: losses.l1_penalty([1.0], np.nan), "alpha=nan"),
        (lambda: losses.binary_cross_entropy_with_logits([2.0], [1.0]), r"y_true must be in \[0, 1\]"),
        (lambda: losses.brier([1], [1.5]), r"y_pred must be in \[0, 1\]"),
        (lambda: losses.cross_entropy([3], [[0.0, 1.0]]), "contains the class 3, expected 0 to 1"),
        (lambda: losses.cross_entropy([[0.5, 0.6]], [[0.0, 1.0]]), "must sum to 1"),
        (lambda: losses.cross_entropy([0, 1], [[0.0, 1.0]]), "expected class indices of shape"),
        (lambda: losses.cross_entropy([0], [[0.0, 1.0]], label_smoothing=2.0), "label_smoothing=2.0"),
        (lambda: losses.cross_entropy([0], [[0.0, 1.0]], class_weight=[1.0]), "class_weight"),
        (lambda: losses.cross_entropy([0], [0.0, 1.0]), r"expected \(n_samples, n_classes\)"),
        (lambda: losses.kl_divergence([0.5, 0.6], [0.5, 0.5]), "p must sum to 1"),
        (lambda: losses.kl_divergence([0.5, 0.5], [1.0]), r"p has shape \(2,\), q has shape \(1,\)"),
        (lambda: losses.gaussian_nll([1.0], [1.0], [1.0, 1.0]), r"var has shape \(2,\)"),
        (lambda: losses.cross_entropy([True], [[0.0, 1.0]]), "dtype bool, expected class indices"),
        (lambda: losses.cross_entropy([0], [[0.0, 1.0]], class_weight=[0.0, 1.0]), "sum to 0"),
        (lambda: losses.squared_error([1j], [1.0]), "y_true has dtype complex128, expected real numbers"),
        (lambda: losses.squared_error([1.0], [1.0], reduction=None), "reduction=None, expected 'mean' or 'sum'"),
        (lambda: losses.squared_error([1.0], [1.0], sample_weight=[np.nan]), "sample_weight contains NaN"),
        (lambda: losses.l1_penalty([np.nan], 1.0), "w contains NaN"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()


NAMES = sorted({case[0] for case in CASES})


def example(name, shape, rng, dtype=float):
    """Targets and predictions that a loss accepts, of a shape (n,) or (n, m); distributions along the last axis."""
    z = rng.normal(size=shape).astype(dtype) * 3
    if name == "cross_entropy":
        return rng.integers(shape[-1], size=shape[0]), z
    if name == "kl_divergence":
        return softmax(rng.normal(size=shape)).astype(dtype), softmax(z / 3)
    if name == "brier":
        return rng.integers(2, size=shape), sigmoid(z)
    if name in ("hinge", "squared_hinge"):
        return 2 * rng.integers(2, size=shape) - 1, z
    if name in ("focal", "binary_cross_entropy_with_logits"):
        return rng.integers(2, size=shape), z
    return rng.normal(size=shape).astype(dtype), z


SETTINGS = {
    "huber": {"delta": 0.7},
    "pinball": {"alpha": 0.2},
    "focal": {"gamma": 1.5, "alpha": 0.3},
    "binary_cross_entropy_with_logits": {"pos_weight": 2.5},
    "cross_entropy": {"label_smoothing": 0.1},
}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 5), m=st.integers(1, 4), reduction=st.sampled_from(["mean", "sum"]), seed=st.integers(0, 99))
def test_gradients_agree_with_finite_differences_in_every_shape(name, n, m, reduction, seed):
    rng = np.random.default_rng(seed)
    y, prediction = example(name, (n, m), rng)
    arguments = SETTINGS.get(name, {}) | {"sample_weight": rng.uniform(0.1, 2, n), "reduction": reduction}
    if name == "cross_entropy":
        arguments["class_weight"] = rng.uniform(0.1, 2, m)
    loss = getattr(losses, name)
    before = y.copy(), prediction.copy(), arguments["sample_weight"].copy()
    _, grad = loss(y, prediction, **arguments)
    for array, copy in zip((y, prediction, arguments["sample_weight"]), before):
        assert (array == copy).all()
    if name in ("kl_divergence", "brier"):  # a probability moved by eps is none: along directions, not elements
        eps = 1e-6
        inward = softmax(rng.normal(size=(n, m))) - prediction if name == "kl_divergence" else 0.5 - prediction
        ends = [loss(y, prediction + eps * t * inward, **arguments)[0] for t in (0.0, 1.0)]
        middle = loss(y, prediction + 0.5 * eps * inward, **arguments)[1]
        assert_allclose((ends[1] - ends[0]) / eps, (middle * inward).sum(), rtol=1e-5, atol=1e-7)
    else:
        numeric = finite_difference_gradient(lambda v: loss(y, v, **arguments)[0], prediction)
        assert_allclose(grad, numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (6, 1), (5, 3)])
def test_the_reductions_and_the_weights_belong_together(name, shape):
    y, prediction = example(name, shape, np.random.default_rng(1))
    loss, weight = getattr(losses, name), np.arange(1.0, shape[0] + 1)
    values, grads = loss(y, prediction, sample_weight=weight, reduction="none")
    total, total_grad = loss(y, prediction, sample_weight=weight, reduction="sum")
    mean, mean_grad = loss(y, prediction, sample_weight=weight)
    copies = np.repeat(np.arange(shape[0]), weight.astype(int))  # a weight of 3 is the sample three times
    divisor = weight.sum() * (values.size / shape[0])
    assert_allclose([total, mean * divisor, loss(y[copies], prediction[copies])[0]], [values.sum(), values.sum(), mean])
    assert_allclose(total_grad, grads)
    assert_allclose(mean_grad * divisor, grads)


@pytest.mark.parametrize("name", NAMES)
def test_integer_labels_and_weights_leave_float32_alone(name):
    y, prediction = example(name, (5, 3), np.random.default_rng(2), np.float32)
    arguments = SETTINGS.get(name, {}) | ({"class_weight": [1, 2, 3]} if name == "cross_entropy" else {})
    value, grad = getattr(losses, name)(y, prediction, **arguments, sample_weight=np.ones(5))
    assert value.dtype == grad.dtype == np.float32
    exact = getattr(losses, name)(y.astype(float) if y.dtype.kind == "f" else y, prediction.astype(float), **arguments)
    assert_allclose(value, exact[0], rtol=1e-5)
    assert_allclose(grad, exact[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("y", [CLASSES, SOFT], ids=["indices", "probabilities"])
def test_class_weights_and_sample_weights_multiply(y):
    c = np.array([1.0, 2.0, 0.5, 3.0])
    value, grad = losses.cross_entropy(y, LOGITS, class_weight=c, sample_weight=WEIGHT)
    z = torch.tensor(LOGITS, requires_grad=True)
    each = torch.tensor(WEIGHT) * F.cross_entropy(z, t(y), weight=torch.tensor(c), reduction="none")
    share = WEIGHT * (c[y] if y.ndim == 1 else 1.0)
    theirs = each.sum() / share.sum()
    theirs.backward()
    assert_allclose(value, theirs.detach(), rtol=1e-10)
    assert_allclose(grad, z.grad, rtol=1e-10, atol=1e-14)


def test_a_weight_of_zero_leaves_out_even_an_infinite_loss():
    with np.errstate(all="raise"):
        value, grad = losses.kl_divergence([[0.5, 0.5]] * 2, [[1.0, 0.0], [0.5, 0.5]], sample_weight=[0.0, 1.0])
    assert value == 0
    assert_allclose(grad, [[0, 0], [-1, -1]])


@pytest.mark.parametrize(("name", "settings_", "reference", "y", "prediction"), CASES, ids=lambda v: str(v)[:24])
def test_values_and_gradients_far_out_are_torchs(name, settings_, reference, y, prediction):
    if name in ("brier", "kl_divergence"):  # of probabilities: as far out as they go
        prediction = np.clip(prediction, 1e-300, None)
    else:
        prediction = 1e4 * np.sign(prediction)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, grad = getattr(losses, name)(y, prediction, **settings_)
    p = torch.tensor(prediction, requires_grad=True)
    theirs = reference(t(y), p).mean()
    theirs.backward()
    assert np.isfinite(value) and np.isfinite(grad).all()
    assert_allclose(value, theirs.detach(), rtol=1e-10)
    if not torch.isnan(p.grad).any():  # the plain formula of the focal loss has no gradient there
        assert_allclose(grad, p.grad, rtol=1e-10, atol=1e-14)


# ---- the ends of the floats ------------------------------------------------------------------------------------------

FAR = 1e308  # the difference of two such scores overflows


def test_scores_whose_difference_overflows():
    for y in ([0], [[1.0, 0.0]]):  # a label, and its distribution
        value, grad = losses.cross_entropy(y, [[FAR, -FAR]])
        assert value == 0 and grad.tolist() == [[0, 0]]
    for y in ([1], [[0.0, 1.0]]):
        value, grad = losses.cross_entropy(y, [[FAR, -FAR]])
        assert value == np.inf and grad.tolist() == [[1, -1]]
    value, grad = losses.cross_entropy([0], [[FAR, -FAR]], label_smoothing=0.1)
    assert value == np.inf  # as torch has it
    assert_allclose(grad, [[0.05, -0.05]])


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_residuals_at_the_ends(scale, reduction):
    y, p = np.zeros(4), scale * np.array([-1.0, 1.0, 2.0, -3.0])
    size, sign, n = np.abs(p), np.sign(p), 4 if reduction == "mean" else 1

    def agrees(result, values, grads):
        expected = {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](values)
        assert_allclose(result[0], expected, rtol=1e-14)
        assert_allclose(result[1], grads / n, rtol=1e-14)

    far = scale > 1
    agrees(losses.squared_error(y, p, reduction=reduction), np.full(4, np.inf if far else 0.0), 2 * p)
    agrees(losses.absolute_error(y, p, reduction=reduction), size, sign)
    cost = size - 0.5 if far else np.zeros(4)
    agrees(losses.huber(y, p, reduction=reduction), cost, sign if far else p)
    slope = np.where(p < 0, -0.2, 0.8)
    agrees(losses.pinball(y, p, alpha=0.2, reduction=reduction), slope * p, slope)
    label = np.ones(4)
    wrong = np.where(p < 0, size, 0.0) if far else np.full(4, np.log(2))
    slope = np.where(p < 0, -1.0, 0.0) if far else np.full(4, -0.5)
    agrees(losses.binary_cross_entropy_with_logits(label, p, reduction=reduction), wrong, slope)
    agrees(losses.focal(label, p, gamma=0, reduction=reduction), wrong, slope)
    slack = np.maximum(1 - p, 0)
    agrees(losses.hinge(label, p, reduction=reduction), slack, np.where(slack > 0, -1.0, 0.0))
    agrees(losses.squared_hinge(label, p, reduction=reduction), np.where(slack > 1, np.inf, slack), -2 * slack)


def test_small_and_large_variances():
    value, (by_mean, by_var) = losses.gaussian_nll([0.0], [1e200], [1e300])
    assert_allclose([value, by_mean[0]], [0.5e100, 1e-100])  # the square of the residual alone would overflow
    assert_allclose(by_var, [-0.5e-200])
    value, (by_mean, _) = losses.gaussian_nll([0.0], [1e-200], [1e-300])
    assert_allclose([value, by_mean[0]], [0.5 * np.log(1e-300), 1e100])


def test_a_penalty_of_strength_0_is_0_and_a_small_one_finite():
    w = np.full(3, 1e200)
    for penalty in (losses.l1_penalty, losses.l2_penalty):
        value, grad = penalty(1e108 * w, 0)
        assert value == 0 and not grad.any()
    assert_allclose(losses.l2_penalty(w, 1e-300)[0], 3e100)
    assert_allclose(losses.l1_penalty(np.full(3, FAR), 0.1)[0], 3e307)


@pytest.mark.parametrize("size", [1e308, 1e-308, 5e-324])
def test_only_the_proportions_of_the_weights_count_in_a_mean(size):
    weight = [size, size, 0.0]
    value, grad = losses.squared_error([0.0, 0.0, 0.0], [1.0, 3.0, 9.0], sample_weight=weight)
    assert value == 5 and grad.tolist() == [1, 3, 0]
    for smoothing in (0.0, 0.1):
        z = [[0.0, 1.0], [2.0, 0.0]]
        for arguments in ({"class_weight": [size, size]}, {"class_weight": [1, 1], "sample_weight": [size, size]}):
            ours = losses.cross_entropy([0, 1], z, label_smoothing=smoothing, **arguments)
            plain = losses.cross_entropy([0, 1], z, label_smoothing=smoothing)
            assert_allclose(ours[0], plain[0], rtol=1e-15)
            assert_allclose(ours[1], plain[1], rtol=1e-14, atol=1e-16)


# ---- dtypes ----------------------------------------------------------------------------------------------------------


def test_many_small_floats():
    n = 70_000  # more than the largest number of float16, which is 65,504
    y, p = np.zeros(n, np.float16), np.ones(n, np.float16)
    value, grad = losses.squared_error(y, p)
    theirs = torch.tensor(p, requires_grad=True)
    loss = F.mse_loss(theirs, torch.tensor(y))
    loss.backward()
    assert value == loss.detach() == 1
    assert (grad == theirs.grad.numpy()).all() and grad[0] > 0
    assert losses.squared_error(y, p, sample_weight=p)[0] == 1
    assert losses.squared_error(y, p, reduction="sum")[0] == np.inf  # beyond the largest float16
    assert losses.l2_penalty(p, 1 / n)[0] == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("name", NAMES)
def test_small_floats_are_computed_in_double_and_rounded_once(name, dtype):
    y, prediction = example(name, (40, 3), np.random.default_rng(3), dtype)
    prediction = prediction.astype(dtype)
    if name == "kl_divergence":  # distributions that every dtype holds exactly
        y, prediction = np.array([[0.25, 0.5, 0.25], [0.0, 1.0, 0.0]], dtype), np.array([[0.5, 0.25, 0.25]] * 2, dtype)
    arguments = SETTINGS.get(name, {})
    for reduction in ("mean", "sum", "none"):
        value, grad = getattr(losses, name)(y, prediction, **arguments, reduction=reduction)
        double = getattr(losses, name)(y, prediction.astype(float), **arguments, reduction=reduction)
        assert value.dtype == grad.dtype == dtype
        rounding = {"rtol": 1e-12, "atol": 1e-15} if dtype == np.longdouble else {"rtol": 0}
        assert_allclose(value, double[0].astype(dtype), **rounding)
        assert_allclose(grad, double[1].astype(dtype), **rounding)


@pytest.mark.parametrize("name", NAMES)
def test_integers_are_numbers_like_any_other(name):
    y, prediction = np.array([0, 1, 1]), np.array([1, 0, 1])
    if name in ("hinge", "squared_hinge"):
        y = 2 * y - 1
    if name == "cross_entropy":
        prediction = np.array([[3, 0], [5, 1], [0, 2]])
    if name == "kl_divergence":
        y, prediction = np.eye(3, dtype=int), np.eye(3, dtype=int)
    expected = getattr(losses, name)(y, prediction.astype(float))
    kinds = [np.int8, np.int64, np.uint8, np.uint64] + [bool] * (name != "cross_entropy")
    for kind in kinds:
        value, grad = getattr(losses, name)(y, prediction.astype(kind))
        assert value == expected[0] and value.dtype == np.float64
        assert (grad == expected[1]).all()


def test_parameters_of_every_kind_of_number():
    for delta in (np.uint8(2), np.float32(2), Fraction(2)):  # minus an unsigned two is 254
        value, grad = losses.huber([0.0, 0.0], [-3.0, 300.0], delta=delta, reduction="none")
        assert value.tolist() == [4, 598] and grad.tolist() == [-2, 2]
    value, grad = losses.l2_penalty([1.0], np.uint8(200))
    assert value == 200 and grad == 400


@pytest.mark.parametrize("value", [True, "1", np.nan, np.inf, -np.inf, 1j, [0.5]])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("huber", "delta"),
        ("pinball", "alpha"),
        ("focal", "gamma"),
        ("focal", "alpha"),
        ("binary_cross_entropy_with_logits", "pos_weight"),
        ("cross_entropy", "label_smoothing"),
    ],
)
def test_settings_that_are_no_numbers(name, parameter, value):
    y, prediction = example(name, (3, 2), np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"{parameter}=.*, expected a number in"):
        getattr(losses, name)(y, prediction, **{parameter: value})
