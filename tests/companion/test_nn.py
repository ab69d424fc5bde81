"""The exchange test: weights copied from torch by ``state_dict``; outputs and all gradients must then be equal."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import nn
from companion.autograd import Tensor
from companion.nn import init

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


def test_dropout_keeps_the_mean_and_rests_in_evaluation():
    layer, x = nn.Dropout(0.3, rng=0), np.ones((400, 400))
    out = layer(x).data
    assert set(np.unique(out.round(6))) == {0.0, round(1 / 0.7, 6)} and abs(out.mean() - 1) < 0.01
    assert (layer.eval()(x).data == 1).all()
    t = Tensor(x, requires_grad=True)
    y = nn.Dropout(0.5, rng=1)(t)
    y.sum().backward()
    assert_allclose(t.grad.data, y.data)


def test_initial_weights_have_the_stated_moments():
    shape = (200, 100, 3, 3)
    for fill, std in (
        (init.xavier_normal_, np.sqrt(2 / (300 * 9))),
        (init.xavier_uniform_, np.sqrt(2 / (300 * 9))),
        (lambda t, rng: init.kaiming_normal_(t, nonlinearity="relu", rng=rng), np.sqrt(2 / 900)),
        (lambda t, rng: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="linear", rng=rng), np.sqrt(1 / 1800)),
    ):
        t = Tensor(np.empty(shape))
        fill(t, rng=0)
        assert_allclose(t.data.std(), std, rtol=0.01)
    q = init.orthogonal_(Tensor(np.empty((4, 9))), rng=0).data
    assert_allclose(q @ q.T, np.eye(4), atol=1e-12)
    cut = init.trunc_normal_(Tensor(np.empty(5000)), std=2.0, a=-1.0, b=1.5, rng=0).data
    assert cut.min() >= -1 and cut.max() <= 1.5
    for name in ("relu", "tanh", "sigmoid", "linear"):
        assert_allclose(init.calculate_gain(name), torch.nn.init.calculate_gain(name))


def test_state_that_does_not_fit_changes_nothing():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    before = model.state_dict()
    wrong = {**before, "0.weight": np.zeros((5, 5)), "extra": np.zeros(1)}
    del wrong["2.bias"]
    with pytest.raises(RuntimeError, match=r"Missing key.*2\.bias.*Unexpected key.*extra.*size mismatch for 0\.weight"):
        model.load_state_dict(wrong)
    assert all((model.state_dict()[key] == before[key]).all() for key in before)


def test_apply_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2)))
    seen = []
    model.eval().apply(lambda module: seen.append((type(module).__name__, module.training)))
    assert seen[-1] == ("Sequential", False) and len(seen) == 5 and not any(training for _, training in seen)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3)(np.ones((1, 2, 5, 5))), RuntimeError, "expected input of shape"),
        (lambda: nn.Conv2d(3, 4, 7)(np.ones((1, 3, 5, 5))), RuntimeError, "larger than the padded input"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "divisible by groups=2"),
        (lambda: nn.Conv2d(1, 1, 3, stride=2, padding="same")(np.ones((1, 1, 5, 5))), RuntimeError, "not supported"),
        (lambda: nn.MaxPool2d(2, padding=2)(np.ones((1, 1, 5, 5))), RuntimeError, "half of the kernel"),
        (lambda: nn.MaxPool2d(3, padding=(1, 2))(np.ones((1, 1, 5, 5))), RuntimeError, "half of the kernel"),
        (lambda: nn.MaxPool2d(2)(np.ones((1, 4, 4))), RuntimeError, r"expected an input of shape \(N, C, H, W\)"),
        (lambda: nn.MaxPool2d(3)(np.ones((1, 1, 5, 2))), RuntimeError, "larger than the padded input"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), ValueError, "more than 1 value per channel"),
        (lambda: nn.BatchNorm2d(3)(np.ones((2, 4, 5, 5))), ValueError, "3 channels"),
        (lambda: nn.LayerNorm(3)(np.ones((2, 4))), RuntimeError, "expected such last axes"),
        (lambda: nn.LayerNorm((2, 3))(np.ones((4, 5, 3))), RuntimeError, "expected such last axes"),
        (lambda: nn.GroupNorm(2, 3), ValueError, "divisible by num_groups=2"),
        (lambda: nn.Dropout(1.5), ValueError, "between 0 and 1"),
        (lambda: nn.ELU(beta=2.0), TypeError, "takes the arguments"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_name_stands_for_one_thing():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    model.head = nn.Linear(2, 1, rng=0)
    model.head = None
    assert len(list(model.parameters())) == 2 and model.head is None
    first = model[0]
    first.weight = nn.Parameter(np.ones((2, 2)))
    assert list(first.state_dict()) == ["weight", "bias"] and (first(np.eye(2)).data - first.bias.data == 1).all()
    first.bias = None
    assert list(first.state_dict()) == ["weight"]


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


@pytest.mark.parametrize("size", [(None, 2), (3, None)])
@pytest.mark.parametrize("kind", ["Avg", "Max"])
def test_adaptive_pooling_keeps_a_size_that_is_none(kind, size):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 6))
    ours, theirs = (getattr(lib, f"Adaptive{kind}Pool2d")(size) for lib in (nn, torch.nn))
    assert_allclose(ours(x).data, theirs(torch.tensor(x)), rtol=1e-12)


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


def test_a_shared_module_is_visited_once_but_stored_under_all_its_names():
    layer = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    calls = []
    model.apply(calls.append)
    assert calls.count(layer) == 1 and len(list(model.modules())) == 3
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert_allclose(model(np.eye(2)).data, layer(np.maximum(layer(np.eye(2)).data, 0)).data)


def test_a_state_with_a_value_of_another_kind_changes_nothing():
    model = nn.Linear(2, 1, rng=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match="convert"):
        model.load_state_dict({"weight": before["weight"] + 1, "bias": np.array(["x"])})
    assert (model.weight.data == before["weight"]).all()


def test_parameters_are_replaced_by_parameters_and_gone_when_deleted():
    layer = nn.Linear(2, 2, rng=0)
    with pytest.raises(TypeError, match="Parameter or None"):
        layer.weight = Tensor(np.ones((2, 2)))
    with pytest.raises(TypeError, match="Parameter or None"):
        layer.register_parameter("scale", np.ones(2))
    del layer.bias
    assert list(layer.state_dict()) == ["weight"] and not hasattr(layer, "bias")
    layer.register_buffer("later", None)
    assert list(layer.state_dict()) == ["weight"]
    layer.later = np.ones(3)
    assert list(layer.state_dict()) == ["weight", "later"]


def test_another_dtype_takes_the_gradients_along_and_must_be_floating():
    layer = nn.Linear(2, 2, rng=0)
    layer(np.eye(2)).sum().backward()
    assert layer.to(np.float32).weight.grad.dtype == np.float32
    with pytest.raises(TypeError, match="floating-point dtype"):
        layer.to(int)


def test_clipping_by_a_numpy_number_leaves_float32():
    layer = nn.Linear(2, 2, dtype=np.float32)
    layer(np.ones((1, 2), np.float32)).sum().backward()
    nn.utils.clip_grad_norm_(layer.parameters(), np.float64(0.1))
    nn.utils.clip_grad_value_(layer.parameters(), np.float64(0.1))
    assert layer.weight.grad.dtype == np.float32


def test_modules_say_their_settings():
    assert repr(nn.Dropout(0.3)) == "Dropout(p=0.3)"
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert repr(nn.MaxPool2d(2, padding=1)) == "MaxPool2d(kernel_size=2, stride=None, padding=1)"
    conv = nn.Conv2d(2, 4, 3, padding=1, groups=2, bias=False)
    assert repr(conv) == str(torch.nn.Conv2d(2, 4, 3, padding=1, groups=2, bias=False))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Flatten(2, 1)(np.ones((2, 3, 4))), RuntimeError, "start_dim cannot come after"),
        (lambda: nn.Flatten(5)(np.ones((2, 3, 4))), IndexError, "out of range"),
        (lambda: nn.Sequential(nn.Linear(1, 1), np.tanh), TypeError, "not a Module"),
    ],
)
def test_refused_instead_of_guessed(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_module_needs_its_constructor():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__"):
        Forgetful()
