"""The neural engine beside torch on the processor: both sides run the same lines, with the modules exchanged."""

import tempfile
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from benchmarks.harness import Case
from companion import nn, optim
from companion.autograd import Tensor
from companion.checkpoints import load_checkpoint, save_checkpoint
from companion.datasets import load_digits

OURS = SimpleNamespace(nn=nn, optim=optim, tensor=Tensor)
THEIRS = SimpleNamespace(nn=torch.nn, optim=torch.optim, tensor=torch.from_numpy)
DTYPES = {"float32": (np.float32, torch.float32, 5e-5), "float64": (np.float64, torch.float64, 1e-12)}


def model_of(side, make, dtype):
    """``make(side.nn)`` with torch's initial weights, on both sides."""
    torch.manual_seed(0)
    start = make(torch.nn).state_dict()
    model = make(side.nn).to(DTYPES[dtype][side is THEIRS])
    model.load_state_dict({name: value if side is THEIRS else value.numpy() for name, value in start.items()})
    return model


def arrays(tensors, *arguments):
    return [tensor.detach().numpy() for tensor in tensors]


# ---- one layer -------------------------------------------------------------------------------------------------------


def forward_backward(layer, x, g):
    """The output, and the gradients of its inner product with g by the input and the parameters."""
    x.grad = None
    layer.zero_grad()
    out = layer(x)
    out.backward(g)
    return [out, x.grad, *(parameter.grad for parameter in layer.parameters())]


def layer(name, make, shape, target, dtype="float32"):
    """A case of one layer, forward and backward."""
    numbers, agreement = DTYPES[dtype][0], DTYPES[dtype][2]

    def setup():
        rng = np.random.default_rng(0)
        x = rng.standard_normal(shape).astype(numbers)
        g = rng.standard_normal(make(nn)(Tensor(x)).shape).astype(numbers)
        for side in (OURS, THEIRS):
            yield model_of(side, make, dtype), side.tensor(x).requires_grad_(), side.tensor(g)

    sides = (forward_backward, forward_backward)
    return Case(f"{name}, {dtype}", setup, *sides, arrays, "output, gradients", target, agreement)


def lookup(model, index, g):
    """Rows of a table, and the gradient of the table."""
    model.zero_grad()
    out = model(index)
    out.backward(g)
    return [out, model.weight.grad]


def embedding(target=4.0):
    """A case of 8,192 rows of a table of 10,000, some of them taken several times."""

    def setup():
        rng = np.random.default_rng(0)
        index, g = rng.integers(0, 10_000, (64, 128)), rng.standard_normal((64, 128, 128)).astype(np.float32)
        for side in (OURS, THEIRS):
            model = model_of(side, lambda nn: nn.Embedding(10_000, 128), "float32")
            yield model, side.tensor(index), side.tensor(g)

    name = "embedding, 64x128 of 10,000 rows of 128, float32"
    return Case(name, setup, lookup, lookup, arrays, "output, gradient", target, 5e-5)


def loss_backward(loss, x, target):
    """A loss, and its gradient by the scores."""
    x.grad = None
    out = loss(x, target)
    out.backward()
    return [out, x.grad]


def loss(name, function, labels, shape, target, dtype="float32"):
    """A case of a loss of random scores with ``labels(rng)``."""
    numbers, agreement = DTYPES[dtype][0], DTYPES[dtype][2]

    def setup():
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal(shape).astype(numbers), labels(rng)
        for side in (OURS, THEIRS):
            yield getattr(side.nn.functional, function), side.tensor(x).requires_grad_(), side.tensor(y)

    sides = (loss_backward, loss_backward)
    return Case(f"{name}, {dtype}", setup, *sides, arrays, "loss, gradient", target, agreement)


def convolution(nn):
    return nn.Conv2d(16, 32, 3, padding=1)


# ---- many small operations -------------------------------------------------------------------------------------------


def chain(x, a, b, length=500):
    """2,000 operations on single numbers, forward and backward."""
    x.grad = None
    out = x
    for _ in range(length):
        out = (out * a + b - x) / b
    out.backward()
    return [out, x.grad]


def scalars():
    for side in (OURS, THEIRS):
        x, a, b = (side.tensor(np.array(value)) for value in (0.3, 0.9, 1.1))
        yield x.requires_grad_(), a, b


# ---- training --------------------------------------------------------------------------------------------------------


def train(side, model, start, batches, epochs):
    """So many epochs of Adam from given weights; the loss of each batch of the last epoch."""
    model.load_state_dict(start)
    optimizer = side.optim.Adam(model.parameters(), lr=1e-3)
    loss_fn = side.nn.functional.cross_entropy
    for _ in range(epochs):
        losses = []
        for X, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(X), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def mlp(nn):
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn(nn):
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(128, 10)),
    )


def digits_batches(side, shape, dtype, batch_size):
    """The digits in one random order, cut into batches."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).reshape(-1, *shape).astype(dtype)
    order = np.random.default_rng(0).permutation(len(X))
    parts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    return [(side.tensor(X[part]), side.tensor(y[part])) for part in parts]


def training(name, make, shape, epochs, target, agreement, dtype="float32", batch_size=32):
    """A case of training on the digits."""

    def setup():
        for side in (OURS, THEIRS):
            model = model_of(side, make, dtype)
            start = deepcopy(model.state_dict())
            yield side, model, start, digits_batches(side, shape, dtype, batch_size), epochs

    def answer(losses, *arguments):
        return np.mean(losses)

    name = f"{name}, {epochs} epochs of Adam, {dtype}"
    return Case(name, setup, train, train, answer, "loss of the last epoch", target, agreement)


# ---- optimizers ------------------------------------------------------------------------------------------------------


def steps(optimizer, parameters, count=5):
    for _ in range(count):
        optimizer.step()
    return parameters


def million(optimizer, arguments):
    """A million parameters in 50 tensors, with gradients."""
    for side in (OURS, THEIRS):
        rng = np.random.default_rng(0)
        parameters = []
        for _ in range(50):
            values, gradient = rng.standard_normal((2, 100, 200)).astype(np.float32)
            parameters.append(side.nn.Parameter(side.tensor(values)))
            parameters[-1].grad = side.tensor(gradient)
        yield getattr(side.optim, optimizer)(parameters, **arguments), parameters


def clip(side, parameters, start):
    """Gradients of 50 tensors scaled to a joint norm of 1."""
    for parameter, gradient in zip(parameters, start):
        parameter.grad = side.tensor(gradient.copy())
    side.nn.utils.clip_grad_norm_(parameters, 1.0)
    return [parameter.grad for parameter in parameters]


def clipping():
    rng = np.random.default_rng(0)
    start = rng.standard_normal((50, 100, 200)).astype(np.float32)
    for side in (OURS, THEIRS):
        yield side, [side.nn.Parameter(side.tensor(values.copy())) for values in start], start


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def save_and_load(path, model):
    """Written to a file and read back into the model; the files differ, what they hold does not."""
    save_checkpoint(path, model)
    load_checkpoint(path, model)
    return list(model.parameters())


def save_and_load_by_torch(path, model):
    torch.save(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))
    return list(model.parameters())


def ten_million():
    """Ten layers of a million weights, and a folder that goes with the last case that uses it."""
    folder = tempfile.TemporaryDirectory()
    for side in (OURS, THEIRS):
        model = model_of(side, lambda nn: nn.Sequential(*(nn.Linear(1000, 1000) for _ in range(10))), "float32")
        model.folder = folder
        yield Path(folder.name, "model"), model


def optimizer(name, **arguments):
    """A case of five steps from given gradients."""
    settings = ", ".join(f"{key}={value}" for key, value in arguments.items() if key != "lr")
    name_of_case = f"{name}{f' ({settings})' if settings else ''}, 5 steps, 50 tensors of 20,000, float32"
    return Case(name_of_case, lambda: million(name, arguments), steps, steps, arrays, "parameters", 2.0, 1e-5)


CASES = [
    layer("convolution 3x3, 64x16x28x28 to 32 channels", convolution, (64, 16, 28, 28), 4.0),
    layer("convolution, the same", convolution, (64, 16, 28, 28), 1.2, "float64"),
    layer("batch norm, 64x32x28x28", lambda nn: nn.BatchNorm2d(32), (64, 32, 28, 28), 1.5),
    layer("batch norm, the same", lambda nn: nn.BatchNorm2d(32), (64, 32, 28, 28), 2.0, "float64"),
    layer("layer norm, 32x128x256", lambda nn: nn.LayerNorm(256), (32, 128, 256), 2.6),
    layer("layer norm, 1024x512", lambda nn: nn.LayerNorm(512), (1024, 512), 2.6),
    layer("softmax, 16x8x128x128", lambda nn: nn.Softmax(-1), (16, 8, 128, 128), 4.0),
    layer("softmax of attention, 8x8x256x256", lambda nn: nn.Softmax(-1), (8, 8, 256, 256), 4.0),
    layer("GELU, 32x128x256", lambda nn: nn.GELU(), (32, 128, 256), 4.0),
    embedding(),
    loss("cross-entropy, 512x1,000", "cross_entropy", lambda rng: rng.integers(0, 1000, 512), (512, 1000), 2.0),
    loss(
        "binary cross-entropy, 512x1,000",
        "binary_cross_entropy_with_logits",
        lambda rng: rng.uniform(size=(512, 1000)).astype(np.float32),
        (512, 1000),
        4.0,
    ),
    layer("max pooling 2x2, 64x32x28x28", lambda nn: nn.MaxPool2d(2), (64, 32, 28, 28), 4.0),
    Case("2,000 operations on numbers, float64", scalars, chain, chain, arrays, "output, gradient", 1.5, 1e-12),
    training("MLP 64-64-10, digits", mlp, (64,), 20, 0.7, 1e-5),
    training("MLP, the same", mlp, (64,), 20, 0.7, 1e-10, "float64"),
    training("CNN of 2 convolutions, digits", cnn, (1, 8, 8), 2, 2.0, 1e-4),
    optimizer("SGD", lr=0.01, momentum=0.9),
    optimizer("Adam", lr=0.01),
    optimizer("AdamW", lr=0.01),
    optimizer("RMSprop", lr=0.01),
    Case("clipping the norm of 50 gradients, float32", clipping, clip, clip, arrays, "gradients", 2.0, 1e-5),
    Case(
        "checkpoint of 10,000,000 parameters, saved and loaded, float32",
        ten_million,
        save_and_load,
        save_and_load_by_torch,
        arrays,
        "parameters",
        4.0,
        1e-7,
    ),
]
