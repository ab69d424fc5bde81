"""The live figures about deep networks and their training compute what the companion computes."""

import functools

import numpy as np
import pytest
from scipy.integrate import quad

from companion import neural_network as net
from companion.autograd import Tensor
from companion.nn import functional as F
from companion.numerics import finite_difference_jacobian
from companion.optim import SGD
from companion.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LinearLR, SequentialLR, StepLR
from tests.site.explorable_checks import N_CASES, close

pytestmark = pytest.mark.site

DEPTH, SAMPLES = 50, 16
ACTIVATIONS = {"tanh": F.tanh, "ReLU": F.relu, "sigmoid": F.sigmoid}


def uniforms(seed, count):
    """Mulberry32, by the place of each number, as the scripts of the figures have it."""
    t = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
    t = (t ^ (t >> np.uint32(15))) * (t | np.uint32(1))
    t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
    return (t ^ (t >> np.uint32(14))) / 2.0**32


def normals(seed, count):
    u = uniforms(seed, 2 * count).reshape(count, 2)
    return np.sqrt(-2 * np.log(1 - u[:, 0])) * np.cos(2 * np.pi * u[:, 1])


@functools.cache
def draws(width, seed):
    """The inputs, the error signals at the end, and the weights of all layers."""
    many = SAMPLES * width
    x, delta, weights = np.split(normals(seed, 2 * many + DEPTH * width**2), [many, 2 * many])
    return x.reshape(-1, width), delta.reshape(-1, width), weights.reshape(DEPTH, width, width)


def scales(case):
    """The root mean squares of the values of each layer, and of their gradients."""
    start, end, weights = draws(int(case["width"]), case["seed"])
    layers = [Tensor(start, requires_grad=True)]
    for W in weights * case["gain"] / np.sqrt(start.shape[1]):
        x = layers[-1]
        s = F.layer_norm(x, x.shape[1]) if case["norm"] else x
        out = F.linear(ACTIVATIONS[case["activation"]](s), W)
        layers.append(x + out if case["residual"] else out)
        layers[-1].retain_grad()
    layers[-1].backward(end)
    root_mean_square = lambda x: np.sqrt(np.mean(x**2))  # noqa: E731
    values = np.array([root_mean_square(x.data) for x in layers])
    signals = np.array([root_mean_square(x.grad.data) for x in layers])
    return values / values[0], signals / signals[-1]


def test_signals(compute):
    """All combinations of activation, residual connection and normalization; each layer to 1e-9 of its own scale."""
    rng = np.random.default_rng(0)
    cases = [
        {
            "activation": ["tanh", "ReLU", "sigmoid"][n % 3],
            "gain": rng.uniform(0.1, 3),
            "width": str(rng.choice([8, 16, 32, 64])),
            "residual": bool(n // 3 % 2),
            "norm": bool(n // 6 % 2),
            "seed": int(rng.integers(1, 6)),
        }
        for n in range(N_CASES + 10)
    ]
    for case, found in zip(cases, compute("signals", cases)):
        values, signals = scales(case)
        np.testing.assert_allclose(np.array(found["values"], float), values, rtol=1e-9)
        np.testing.assert_allclose(np.array(found["signals"], float), signals, rtol=1e-9)
        assert found["forward"] == pytest.approx(values[-1], rel=1e-9)
        assert found["backward"] == pytest.approx(signals[0], rel=1e-9)


def mean_square(fun, root):
    """The mean of fun(root z)² over normal numbers z; ReLU bends at 0."""
    weighed = lambda z: float(fun(np.float64(root * z))) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)  # noqa: E731
    return sum(quad(weighed, *ends, epsabs=1e-12)[0] for ends in ((-8, 0), (0, 8)))


def slope_of(activation):
    value, slope = net.ACTIVATIONS[activation]
    return lambda z: slope(z, value(z))


def test_the_law_of_infinitely_many_units(compute):
    """Mean squares go from layer to layer as the text derives, and networks of 64 units do so on average."""
    rng = np.random.default_rng(2)
    kinds = [(a, r, n) for a in ACTIVATIONS for r in (False, True) for n in (False, True)]
    cases = [
        {"activation": a, "residual": r, "norm": n, "gain": rng.uniform(0.5, 2), "width": "64"} for a, r, n in kinds
    ]
    for case, found in zip(cases, compute("signals", cases)):
        activation = case["activation"].lower()
        forward, backward = np.array(found["law"], float) ** 2
        gain, skip = case["gain"] ** 2, float(case["residual"])
        for layer in (0, 1, 7, 49):
            q = forward[layer]
            root = 1.0 if case["norm"] else np.sqrt(q)
            grown = skip * q + gain * mean_square(net.ACTIVATIONS[activation][0], root)
            factor = skip + gain * mean_square(slope_of(activation), root) / (q if case["norm"] else 1)
            np.testing.assert_allclose(forward[layer + 1], grown, rtol=1e-9)
            np.testing.assert_allclose(backward[layer] / backward[layer + 1], factor, rtol=1e-9)
    many = [{**case, "seed": seed} for seed in range(1, 21) for case in cases]
    runs = compute("signals", many)
    for place in range(len(cases)):
        found = runs[place :: len(cases)]
        for name, layer, law in (("values", 3, found[0]["law"][0]), ("signals", 47, found[0]["law"][1])):
            squares = np.array([run[name][layer] for run in found], float) ** 2
            error = squares.std(ddof=1) / np.sqrt(len(squares))
            assert abs(squares.mean() - law[layer] ** 2) < 5 * error < law[layer] ** 2


def warm_up(optimizer):
    return LinearLR(optimizer, start_factor=0.05, total_iters=20)


SCHEDULES = {
    "constant": lambda optimizer: LambdaLR(optimizer, lambda step: 1.0),
    "steps": lambda optimizer: StepLR(optimizer, step_size=40),
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=120),
    "warm-up": warm_up,
    "warm-up, cosine": lambda optimizer: SequentialLR(
        optimizer, [warm_up(optimizer), CosineAnnealingLR(optimizer, T_max=100)], milestones=[20]
    ),
}


def rows_of(batch, seed, steps):
    """The rows of each batch, drawn with replacement unless they are all."""
    size = 64 if batch == "all" else int(batch)
    if size == 64:
        return np.tile(np.arange(64), (steps, 1))
    return (64 * uniforms(1000 * seed, 120 * size)).astype(int).reshape(size, 120).T[:steps]


def half_squared_error(a, b, x, y):
    return 0.5 * F.mse_loss(a * b * Tensor(x), Tensor(y))


def test_schedule(compute):
    """Each step of a run, from where the figure stands; and, where nothing diverges, forty steps in a row."""
    rng = np.random.default_rng(1)
    cases = [
        {
            "rate": rng.choice([rng.uniform(0.005, 0.1), rng.uniform(0.1, 1.2)]),
            "batch": str(rng.choice(["1", "4", "16", "all"])),
            "schedule": list(SCHEDULES)[n % 5],
            "seed": int(rng.integers(1, 100)),
        }
        for n in range(N_CASES + 10)
    ]
    noise = normals(1, 128).reshape(64, 2)
    x, y = noise[:, 0], noise @ [1, 0.3]
    best = x @ y / (x @ x)
    diverged = 0
    for case, found in zip(cases, compute("schedule", cases)):
        close(found["data"], np.column_stack([x, y]))
        close([found["floor"]], [0.5 * np.mean((best * x - y) ** 2)])
        path, steps = np.array(found["path"], float), min(len(found["path"]) - 1, 40)
        batches = rows_of(case["batch"], case["seed"], steps)
        np.testing.assert_array_equal(found["batches"][:steps], batches)
        gentle = case["rate"] < 0.1
        a, b = (Tensor(value, requires_grad=True) for value in (3.0, 2.5))
        optimizer = SGD([a, b], lr=case["rate"])
        scheduler = SCHEDULES[case["schedule"]](optimizer)
        after, losses, rates = [path[0]], [], []
        for t in range(120):
            rates.append(scheduler.get_last_lr()[0])
            if t < steps:
                if not gentle:
                    a.data[...], b.data[...] = path[t]
                losses.append(half_squared_error(a, b, x, y).item())
                optimizer.zero_grad()
                half_squared_error(a, b, x[batches[t]], y[batches[t]]).backward()
            optimizer.step()
            optimizer.zero_grad()
            scheduler.step()
            if t < steps:
                after.append([a.item(), b.item()])
        np.testing.assert_allclose(np.array(found["rates"], float), rates, rtol=1e-9, atol=1e-12)
        close(path[: steps + 1], after)
        close(found["losses"][:steps], losses)
        diverged += len(path) < 121
    assert 5 < diverged < 30


def test_the_bound_of_the_schedule(compute):
    """Two over the largest eigenvalue of the Hessian, by finite differences of the gradient."""
    found = compute("schedule", [{"rate": 0.05, "batch": "all", "schedule": "constant"}])[0]
    x, y = np.array(found["data"], float).T

    def gradient(point):
        a, b = (Tensor(value, requires_grad=True) for value in point)
        half_squared_error(a, b, x, y).backward()
        return np.array([a.grad.item(), b.grad.item()])

    for place in (0, 3, 20, 120):
        point = np.array(found["path"][place], float)
        hessian = finite_difference_jacobian(gradient, point)
        assert found["bounds"][place] == pytest.approx(2 / np.linalg.eigvalsh(hessian)[-1], rel=1e-6)
