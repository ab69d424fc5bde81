"""companion.models: tables beside torch's own counts, receptive fields beside gradients, blocks beside torch's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from companion import models, nn
from companion.autograd import Tensor
from companion.models import ALEXNET, Conv, Dense, Pool

kernels = st.integers(1, 4)
layer = st.one_of(
    st.builds(Conv, st.just(2), kernels, st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.integers(1, 2)),
    kernels.flatmap(lambda k: st.builds(Pool, st.just(k), st.integers(1, 2), st.integers(0, k // 2))),
)


def as_torch(layers, channels):
    modules, shape = [], channels
    for place, entry in enumerate(layers):
        if isinstance(entry, Conv):
            modules.append(torch.nn.Conv2d(shape, *entry[:5], groups=entry.groups, device="meta"))
            shape = entry.out_channels
        elif isinstance(entry, Pool):
            modules.append(torch.nn.MaxPool2d(*entry))
        else:
            if not isinstance(layers[place - 1], Dense):
                modules.append(torch.nn.Flatten())
            modules.append(torch.nn.LazyLinear(entry.out_features, device="meta"))
    return torch.nn.Sequential(*modules)


def test_alexnet_has_the_papers_sixty_million():
    rows = models.layer_table(ALEXNET, (3, 227, 227))
    assert sum(row.n_parameters for row in rows) == 60_965_224
    assert [row.shape for row in rows[:8:2]] == [(96, 55, 55), (256, 27, 27), (384, 13, 13), (256, 13, 13)]
    twin = as_torch(ALEXNET, 3)
    x = torch.empty(1, 3, 227, 227, device="meta")
    assert twin(x).shape == (1, 1000) and sum(p.numel() for p in twin.parameters()) == 60_965_224
    shapes = []
    for module in twin:
        x = module(x)
        shapes.append(tuple(x.shape[1:]))
    assert [s for s in shapes if len(s) == 3] == [row.shape for row in rows if len(row.shape) == 3]


@given(st.lists(layer, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_shapes_counts_and_multiplications_are_torchs(layers):
    twin = as_torch([*layers, Dense(3)], 2)
    try:
        rows = models.layer_table([*layers, Dense(3)], (2, 12, 13))
    except ValueError as error:
        assert "does not fit" in str(error)
        return
    with FlopCounterMode(display=False) as counter:
        twin(torch.empty(1, 2, 12, 13, device="meta"))
    assert sum(row.n_parameters for row in rows) == sum(p.numel() for p in twin.parameters())
    assert 2 * sum(row.multiplications for row in rows) == counter.get_total_flops()


@given(st.lists(layer.map(lambda e: e._replace(padding=0)), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_receptive_field_is_where_a_gradient_arrives(layers):
    size, jump = models.receptive_field(layers)
    channels, modules = 1, []
    for entry in layers:
        if isinstance(entry, Conv):
            module = nn.Conv2d(channels, *entry[:5], rng=0)
            module.weight.data[...] = 1.0
            channels = entry.out_channels
        else:
            module = nn.AvgPool2d(entry.kernel_size, entry.stride)
        modules.append(module)
    x = Tensor(np.zeros((1, 1, size + jump, size)), requires_grad=True)
    out = nn.Sequential(*modules)(x)
    out[0, 0, 1, 0].backward()
    rows = np.flatnonzero(x.grad.data.sum(axis=(0, 1, 3)))
    assert rows[0] == jump and rows[-1] <= jump + size - 1
    if all(e.kernel_size >= getattr(e, "stride", 1) and getattr(e, "dilation", 1) == 1 for e in layers):
        assert len(rows) == size  # no gaps


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit into an input of shape"):
        models.layer_table([Conv(4, 9)], (1, 8, 8))
    with pytest.raises(ValueError, match="do not divide into 2 groups"):
        models.layer_table([Conv(4, 3, groups=2)], (3, 8, 8))
    with pytest.raises(ValueError, match="4 channels in and 3 out do not divide into 2 groups"):
        models.layer_table([Conv(3, 3, groups=2)], (4, 8, 8))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: models.layer_table([Conv(4, 0)], (1, 8, 8)), ValueError, "kernel_size=0, expected an integer in"),
        (lambda: models.layer_table([Pool(2, 0)], (1, 8, 8)), ValueError, "stride=0"),
        (lambda: models.layer_table([Conv(4, 3, groups=0)], (1, 8, 8)), ValueError, "groups=0"),
        (lambda: models.layer_table([Conv(4, 3, padding=-1)], (1, 8, 8)), ValueError, "padding=-1"),
        (lambda: models.layer_table([Conv(4, 2.5)], (1, 8, 8)), TypeError, "kernel_size=2.5"),
        (lambda: models.layer_table([nn.ReLU()], (1, 8, 8)), TypeError, r"ReLU\(\) is no Conv, Pool or Dense"),
        (lambda: models.layer_table([Dense(4), Conv(4, 3)], (1, 8, 8)), ValueError, r"expected \(channels, height"),
        (lambda: models.layer_table([Dense(4)], (1, 8.0)), TypeError, "input_shape=8.0"),
        (lambda: models.receptive_field([Conv(4, 3), Dense(2)]), ValueError, "has no receptive field"),
        (lambda: models.receptive_field([Conv(4, 3, stride=0)]), ValueError, "stride=0"),
        (lambda: models.mlp([4]), ValueError, "expected at least the numbers"),
        (lambda: models.mlp([4, 0]), ValueError, "sizes=0, expected an integer in"),
        (lambda: models.mlp([4, 2.5]), TypeError, "sizes=2.5"),
        (lambda: models.mlp([4, 2], dropout=1.5), ValueError, "dropout=1.5"),
        (lambda: models.convnet(channels=()), ValueError, "expected at least one convolution"),
        (lambda: models.lenet(rng="seed"), ValueError, "random_state='seed'"),
    ],
)
def test_bad_architectures_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_mlp_has_its_layers_in_order():
    model = models.mlp([4, 8, 6, 3], nn.Tanh, norm=nn.LayerNorm, dropout=0.2, rng=0)
    names = [type(module).__name__ for module in model]
    assert names == ["Linear", "LayerNorm", "Tanh", "Dropout"] * 2 + ["Linear"]
    assert model(np.ones((5, 4))).shape == (5, 3)
    one, two = (models.mlp([4, 3, 2], rng=7).state_dict() for _ in range(2))
    assert all((one[k] == two[k]).all() for k in one)
    assert [type(m).__name__ for m in models.mlp([4, 3], rng=0)] == ["Linear"]
    assert [type(m).__name__ for m in models.mlp([4, 3, 2], rng=0)] == ["Linear", "ReLU", "Linear"]


def test_an_mlps_dropout_is_the_one_asked_for_and_drawn_by_the_seed():
    one, two, other = (models.mlp([4, 2000, 3], dropout=0.1, rng=seed) for seed in (0, 0, 1))
    x = np.random.default_rng(0).normal(size=(2, 4))
    assert (one(x).data == two(x).data).all() and not (one(x).data == other(x).data).any()
    dropped = nn.Sequential(one[2])(np.ones((50, 2000))).data
    assert (dropped == 0).mean() == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize("dtype", [None, np.float32])
@pytest.mark.parametrize(
    "build",
    [lambda **k: models.mlp([4, 3, 2], **k), models.lenet, models.convnet, lambda **k: models.BasicBlock(2, 3, **k)],
    ids=["mlp", "lenet", "convnet", "block"],
)
def test_networks_are_made_by_the_seed_and_in_the_dtype(build, dtype):
    keywords = {} if dtype is None else {"dtype": dtype}
    one, two, other = (build(rng=seed, **keywords).state_dict() for seed in (3, 3, 4))
    weights = [k for k in one if one[k].ndim > 1]
    assert all((one[k] == two[k]).all() for k in one) and all((one[k] != other[k]).any() for k in weights)
    assert {v.dtype for v in one.values() if v.dtype.kind == "f"} == {np.dtype(dtype or float)}


def test_lenets_shapes():
    model = models.lenet(rng=0, channels=(3, 5), dtype=np.float32)
    assert model(np.ones((2, 1, 8, 8), np.float32)).shape == (2, 10)
    assert sum(p.numel() for p in model.parameters()) == (9 + 1) * 3 + (27 + 1) * 5 + (20 + 1) * 10
    names = [type(module).__name__ for module in model]
    assert names == ["Conv2d", "ReLU", "MaxPool2d"] * 2 + ["Flatten", "Linear"]
    assert [p.shape[0] for p in models.lenet().parameters()][::2] == [8, 16, 10]
    assert models.lenet(7)(np.ones((2, 1, 8, 8))).shape == (2, 7)


@pytest.mark.parametrize("size", [(2, 2), (8, 8), (14, 9)])
def test_a_convnet_takes_any_size_and_knows_no_place(size):
    model = models.convnet(rng=0, channels=(3, 4))
    x = np.zeros((1, 1, *size))
    assert model(x).shape == (1, 10) and [type(m).__name__ for m in model][:3] == ["Conv2d", "ReLU", "MaxPool2d"]
    rng = np.random.default_rng(0)
    canvas, moved = np.zeros((2, 1, 1, 24, 24))
    canvas[0, 0, 6:12, 6:12] = rng.random((6, 6))
    moved[0, 0, 8:14, 10:16] = canvas[0, 0, 6:12, 6:12]
    np.testing.assert_allclose(model(canvas).data, model(moved).data, atol=1e-14)


def test_a_convnets_layers():
    model, block = models.convnet(7), ["Conv2d", "ReLU"]
    names = [type(module).__name__ for module in model]
    assert names == [*block, "MaxPool2d", *block, *block, "AdaptiveMaxPool2d", "Flatten", "Linear"]
    assert [p.shape[0] for p in model.parameters()][::2] == [8, 16, 32, 7]


class TorchBlock(torch.nn.Module):
    def __init__(self, inplanes, planes, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(planes)
        self.conv2 = torch.nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(planes)
        if stride != 1 or inplanes != planes:
            self.downsample = torch.nn.Sequential(
                torch.nn.Conv2d(inplanes, planes, 1, stride, bias=False), torch.nn.BatchNorm2d(planes)
            )

    def forward(self, x):
        skip = self.downsample(x) if hasattr(self, "downsample") else x
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + skip)


@pytest.mark.parametrize(("inplanes", "planes", "stride"), [(4, 4, 1), (4, 6, 1), (3, 6, 2), (4, 4, 2)])
def test_a_residual_block_is_torchs(inplanes, planes, stride):
    ours, theirs = models.BasicBlock(inplanes, planes, stride, rng=0), TorchBlock(inplanes, planes, stride).double()
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).normal(size=(5, inplanes, 6, 6))
    a, t = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    out, expected = ours(a), theirs(t)
    np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=1e-12)
    (out * out).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(a.grad.data, t.grad.numpy(), atol=1e-10)
    named = dict(theirs.named_parameters())
    for name, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad.data, named[name].grad.numpy(), atol=1e-10)


def test_a_residual_block_keeps_the_size_unless_told():
    assert models.BasicBlock(2, 2, rng=0)(np.ones((1, 2, 5, 6))).shape == (1, 2, 5, 6)


def test_a_residual_module_adds_its_input():
    block = models.Residual(nn.Linear(3, 3, rng=0))
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(block(x).data - x, block.module(x).data, atol=1e-14)
