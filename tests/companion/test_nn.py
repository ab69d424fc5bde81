"""The exchange test: weights copied from torch by ``state_dict``; outputs and all gradients must then be equal."""

import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import nn
from companion.autograd import Tensor

CONVOLUTIONS = [
    {"stride": 1}, {"stride": 2, "padding": 1}, {"padding": "same", "dilation": 2}, {"groups": 2, "padding": (1, 2)},
    {"stride": (2, 1), "dilation": (1, 2), "bias": False}, {"padding": "valid", "groups": 4},
]  # fmt: skip
MODULES = [
    ("Linear", (5, 3), {}, (4, 5)),
    ("Linear", (5, 3), {"bias": False}, (2, 4, 5)),
    *[("Conv2d", (4, 8, (3, 2)), k, (2, 4, 9, 8)) for k in CONVOLUTIONS],
    *[
        ("Conv1d", (4, 8, 3), k, (2, 4, 9))
        for k in ({}, {"stride": 2, "padding": 1}, {"padding": "same"}, {"groups": 2})
    ],
    *[
        ("ConvTranspose2d", (4, 6, 3), k, (2, 4, 5, 6))
        for k in ({}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2, "dilation": 2}, {"bias": False})
    ],
    *[
        ("MaxPool2d", (k,), {"stride": s, "padding": p}, (2, 3, 7, 8))
        for k, s, p in ((2, None, 0), (3, 2, 1), (3, 1, 0), ((2, 3), None, 0), ((3, 2), (2, 1), (1, 0)), (2, 2, 1))
    ],
    *[
        ("AvgPool2d", (3,), {"stride": 2, "padding": 1, "count_include_pad": include}, (2, 3, 7, 8))
        for include in (True, False)
    ],
    ("AvgPool2d", ((3, 2),), {"stride": (2, 1), "padding": (0, 1), "count_include_pad": False}, (2, 3, 7, 8)),
    *[
        ("MaxPool2d", ((3, 2), 2, 1), {"dilation": d, "ceil_mode": ceil}, (2, 3, 8, 9))
        for d in (1, 2, (1, 3))
        for ceil in (False, True)
    ],
    *[
        ("AvgPool2d", (3, 2, 1, ceil, include, divisor), {}, (2, 3, 8, 9))
        for ceil in (False, True)
        for include in (False, True)
        for divisor in (None, 4, -2)
    ],
    *[(f"Adaptive{kind}Pool2d", (size,), {}, (2, 3, 7, 8)) for kind in ("Avg", "Max") for size in (1, (3, 5))],
    ("BatchNorm1d", (5,), {"momentum": 0.3}, (6, 5)),
    ("BatchNorm1d", (5,), {"affine": False}, (6, 5, 4)),
    ("BatchNorm2d", (3,), {"eps": 1e-3}, (4, 3, 5, 6)),
    ("BatchNorm2d", (3,), {"track_running_stats": False}, (4, 3, 5, 6)),
    ("BatchNorm2d", (3,), {"momentum": None}, (4, 3, 5, 6)),
    ("BatchNorm2d", (3,), {}, (1, 3, 5, 6)),
    ("LayerNorm", ((3, 4),), {}, (5, 3, 4)),
    ("LayerNorm", (4,), {"elementwise_affine": False, "eps": 0.1}, (5, 3, 4)),
    ("LayerNorm", (4,), {"bias": False}, (5, 3, 4)),
    ("RMSNorm", (4,), {"eps": 1e-3}, (5, 3, 4)),
    ("GroupNorm", (2, 4), {}, (5, 4, 3, 2)),
    ("GroupNorm", (2, 4), {"eps": 0.1}, (5, 4, 3, 2)),
    ("Flatten", (), {"start_dim": 1}, (2, 3, 4)),
    ("Identity", (), {}, (2, 3)),
    ("ReLU", (), {}, (3, 4)),
    ("LeakyReLU", (0.3,), {}, (3, 4)),
    ("ELU", (0.7,), {}, (3, 4)),
    ("GELU", (), {}, (3, 4)),
    ("GELU", (), {"approximate": "tanh"}, (3, 4)),
    ("SiLU", (), {}, (3, 4)),
    ("Sigmoid", (), {}, (3, 4)),
    ("Tanh", (), {}, (3, 4)),
    ("Softmax", (), {"dim": 1}, (3, 4)),
    ("LogSoftmax", (), {"dim": 0}, (3, 4)),
    ("Softplus", (), {"beta": 2.0, "threshold": 3.0}, (3, 4)),
]


@pytest.mark.parametrize(("name", "arguments", "keywords", "shape"), MODULES, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_exchange(name, arguments, keywords, shape, dtype):
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*arguments, **keywords).to(torch.float64 if dtype == np.float64 else torch.float32)
    for parameter in theirs.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    ours = getattr(nn, name)(*arguments, **keywords).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    x = (2 * np.random.default_rng(0).normal(size=shape)).astype(dtype)
    tolerance = {"rtol": 1e-10, "atol": 1e-10} if dtype == np.float64 else {"rtol": 1e-4, "atol": 2e-5}
    for _ in range(2):  # the second time with moved running statistics
        a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        out, expected = ours(a), theirs(b)
        assert out.dtype == dtype
        assert_allclose(out.data, expected.detach(), **tolerance)
        weights = np.random.default_rng(1).normal(size=out.shape).astype(dtype)
        ours.zero_grad()
        theirs.zero_grad()
        out.backward(weights)
        expected.backward(torch.tensor(weights))
        assert_allclose(a.grad.data, b.grad, **tolerance)
        for (key, p), (their_key, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
            assert key == their_key
            assert_allclose(p.grad.data, q.grad, **tolerance)
    state = ours.state_dict()
    assert list(state) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        assert_allclose(state[key], value, **tolerance)
    ours.eval()
    theirs.eval()
    assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach(), **tolerance)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in state.items()})  # and back again


def test_embedding():
    theirs, ours = torch.nn.Embedding(5, 3).double(), nn.Embedding(5, 3)
    ours.load_state_dict(theirs.state_dict())
    index = np.array([[0, 2], [2, 4]])
    ours(index).sum().backward()
    theirs(torch.tensor(index)).sum().backward()
    assert_allclose(ours.weight.grad.data, theirs.weight.grad)


LOSSES = [
    ("MSELoss", {}, "real"), ("L1Loss", {}, "real"), ("HuberLoss", {"delta": 0.4}, "real"),
    ("BCEWithLogitsLoss", {}, "share"), ("CrossEntropyLoss", {}, "index"),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, "index"), ("CrossEntropyLoss", {"label_smoothing": 0.1}, "soft"),
    ("CrossEntropyLoss", {"ignore_index": 1}, "index"), ("NLLLoss", {}, "index"), ("KLDivLoss", {}, "soft"),
    ("KLDivLoss", {"log_target": True}, "real"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "keywords", "kind"), LOSSES, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses(name, keywords, kind, reduction):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(6, 4))
    soft = np.exp(rng.normal(size=(6, 4)))
    targets = {"real": rng.normal(size=(6, 4)), "share": rng.uniform(size=(6, 4)), "index": np.arange(6) % 4}
    target = {**targets, "soft": soft / soft.sum(axis=1, keepdims=True)}[kind]
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out = getattr(nn, name)(reduction=reduction, **keywords)(a, target)
    expected = getattr(torch.nn, name)(reduction=reduction, **keywords)(b, torch.tensor(target))
    assert_allclose(out.data, expected.detach(), rtol=1e-10, atol=1e-12)
    out.sum().backward()
    expected.sum().backward()
    assert_allclose(a.grad.data, b.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "arguments", "keywords", "shape"), MODULES, ids=str)
def test_text_and_keys_are_torchs(name, arguments, keywords, shape):
    ours, theirs = (getattr(library, name)(*arguments, **keywords) for library in (nn, torch.nn))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [key for key, _ in ours.named_buffers()] == [key for key, _ in theirs.named_buffers()]
    left_out = r"(, )?(inplace=False|dilation=1, ceil_mode=False)(?=\))"  # settings that only torch has
    assert repr(ours) == re.sub(left_out, "", str(theirs))


def test_every_layer_is_exchanged():
    tried = {name for name, *_ in [*MODULES, *LOSSES]} | {"Dropout", "Embedding"}
    assert tried | {"Module", "ModuleDict", "ModuleList", "Parameter", "Sequential"} == set(nn.modules.__all__)


CLASS_WEIGHT, POSITIVE = [1.0, 0.5, 2.0, 3.0], [1.0, 2.0, 3.0, 0.5]
WEIGHTED = [
    ("CrossEntropyLoss", {"weight": CLASS_WEIGHT}), ("NLLLoss", {"weight": CLASS_WEIGHT}),
    ("BCEWithLogitsLoss", {"weight": CLASS_WEIGHT, "pos_weight": POSITIVE}),
    ("BCEWithLogitsLoss", {"pos_weight": POSITIVE}), ("CrossEntropyLoss", {}), ("NLLLoss", {}),
    ("BCEWithLogitsLoss", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "weights"), WEIGHTED, ids=str)
def test_the_weights_of_a_loss_are_buffers(name, weights):
    theirs = getattr(torch.nn, name)(**{key: torch.tensor(w, dtype=torch.float64) for key, w in weights.items()})
    ours = getattr(nn, name)(**weights)
    assert list(ours.state_dict()) == list(theirs.state_dict()) == list(weights)
    x = np.log(np.random.default_rng(0).dirichlet(np.ones(4), size=3))
    target = np.full((3, 4), 0.3) if name == "BCEWithLogitsLoss" else np.array([0, 3, 2])
    assert_allclose(ours(x, target).data, theirs(torch.tensor(x), torch.tensor(target)), rtol=1e-12)
    ours.load_state_dict({key: 2 * value for key, value in ours.state_dict().items()})
    assert all((ours.get_buffer(key) == 2 * np.array(weight)).all() for key, weight in weights.items())
    assert all(value.dtype == np.float32 for value in ours.float().buffers())
    integers = getattr(nn, name)(**{key: [1, 2, 3, 4] for key in weights})
    assert all(value.dtype == np.float64 for value in integers.buffers())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, np.array([1.0, 0.5, 2.0, 3.0])], ids=["equal", "weighted"])
@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
@pytest.mark.parametrize("target", [[0, -100, 3], [-100, -100, -100]], ids=["some", "all"])
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_ignored_targets_cost_nothing_and_get_no_gradient(name, weight, reduction, target):
    x = np.log(np.random.default_rng(0).dirichlet(np.ones(4), size=3))
    x[1, 0] = -np.inf  # an ignored row may hold anything
    theirs = torch.tensor(x, requires_grad=True)
    class_weight = None if weight is None else torch.tensor(weight)
    expected = getattr(torch.nn, name)(class_weight, reduction=reduction)(theirs, torch.tensor(target))
    ours = Tensor(x, requires_grad=True)
    out = getattr(nn, name)(weight, reduction=reduction)(ours, target)
    assert_allclose(out.data, expected.detach())
    out.sum().backward()
    expected.sum().backward()
    assert_allclose(ours.grad.data, theirs.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("size", [1, 2, (2, 3), (3, 5), (5, 6), (7, 8)])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_stays_in_its_windows(size, value):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6))
    x[0, 0, 0, 0] = x[1, 2, 3, 1] = value
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = nn.AdaptiveAvgPool2d(size)(ours), torch.nn.AdaptiveAvgPool2d(size)(theirs)
    assert_allclose(out.data, expected.detach(), rtol=1e-12)
    g = np.random.default_rng(1).normal(size=out.shape)
    g[0, 1, 0, 0] = g[1, 0, -1, -1] = value
    out.backward(g)
    expected.backward(torch.tensor(g))
    assert_allclose(ours.grad.data, theirs.grad, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [(None, 2), (3, None)])
@pytest.mark.parametrize("kind", ["Avg", "Max"])
def test_adaptive_pooling_keeps_a_size_that_is_none(kind, size):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6))
    ours, theirs = (getattr(lib, f"Adaptive{kind}Pool2d")(size) for lib in (nn, torch.nn))
    assert_allclose(ours(x).data, theirs(torch.tensor(x)), rtol=1e-12)


EMPTY = [
    ("Linear", (3, 2), (0, 3)), ("Conv2d", (3, 2, 3), (0, 3, 5, 5)), ("Conv1d", (3, 2, 3), (0, 3, 5)),
    ("ConvTranspose2d", (3, 2, 3), (0, 3, 5, 5)), ("MaxPool2d", (2,), (0, 3, 4, 4)), ("AvgPool2d", (2,), (0, 3, 4, 4)),
    ("AdaptiveAvgPool2d", (2,), (0, 3, 5, 5)), ("AdaptiveMaxPool2d", (2,), (0, 3, 5, 5)),
    ("GroupNorm", (1, 3), (0, 3, 4)), ("LayerNorm", (4,), (0, 4)), ("BatchNorm1d", (3,), (0, 3)),
    ("Flatten", (), (0, 3, 4)), ("Flatten", (0, 1), (2, 0, 4)), ("Flatten", (0,), ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shape"), EMPTY, ids=str)
def test_no_samples_at_all(name, arguments, shape):
    module, x = getattr(nn, name)(*arguments), Tensor(np.ones(shape), requires_grad=True)
    out = module(x)
    assert out.shape == tuple(getattr(torch.nn, name)(*arguments)(torch.ones(shape)).shape)
    out.sum().backward()
    assert x.grad.shape == shape
    assert all((p.grad.data == 0).all() for p in module.parameters())


def test_dropout_keeps_the_mean_and_rests_in_evaluation():
    layer, x = nn.Dropout(0.3, rng=0), np.ones((400, 400))
    out = layer(x).data
    assert set(np.unique(out.round(6))) == {0.0, round(1 / 0.7, 6)} and abs(out.mean() - 1) < 0.01
    assert (layer.eval()(x).data == 1).all()
    t = Tensor(x, requires_grad=True)
    y = nn.Dropout(0.5, rng=1)(t)
    y.sum().backward()
    assert_allclose(t.grad.data, y.data)


@pytest.mark.parametrize(("arguments", "shape"), [((0, 2), (3, 0)), ((2, 0), (3, 2))], ids=str)
def test_a_layer_of_no_features(arguments, shape):
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        ours = nn.Linear(*arguments)
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        theirs = torch.nn.Linear(*arguments)
    ours.load_state_dict(theirs.state_dict())
    x = Tensor(np.ones(shape), requires_grad=True)
    out = ours(x)
    assert_allclose(out.data, theirs(torch.ones(shape)).detach(), rtol=1e-6)
    out.sum().backward()
    assert x.grad.shape == shape and ours.weight.grad.shape == ours.weight.shape
