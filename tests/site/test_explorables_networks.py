"""The live figures about networks compute what the companion computes."""

import itertools

import numpy as np
import pytest

from companion import neural_network as net
from companion import optim
from companion.losses import binary_cross_entropy_with_logits
from companion.numerics import sigmoid
from tests.site.explorable_checks import N_CASES, close

pytestmark = pytest.mark.site


def flat(layers):
    """All parameters of a network or their gradients: of each layer the weights row by row, then the biases."""
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def layers_of(weights, sizes):
    """The layers of a network of these sizes from its parameters in a row."""
    layers, place = [], 0
    for m, n in itertools.pairwise(sizes):
        W, b = np.split(np.asarray(weights[place : place + m * n + n], float), [m * n])
        layers.append((W.reshape(n, m), b))
        place += m * n + n
    return layers


def squared_error(weights, x, goal):
    """The loss of one sample in the 2-2-2 network of sigmoid units."""
    return float(((net.mlp_forward(layers_of(weights, (2, 2, 2)), x, "sigmoid")[0] - goal) ** 2).sum())


def test_backprop(compute, blank):
    rng = np.random.default_rng(0)
    names = blank.evaluate("window.explorables.backprop.controls.chosen.options")
    assert len(names) == len(set(names)) == 12
    cases = [
        {
            "x1": rng.uniform(-2, 2),
            "x2": rng.uniform(-2, 2),
            "weights": rng.normal(0, 1.5, 12).tolist(),
            "chosen": names[n % 12],
            "rate": rng.uniform(0.02, 1.5),
        }
        for n in range(N_CASES + 10)
    ]
    goal = np.array([[1.0, 0.0]])
    for n, (case, found) in enumerate(zip(cases, compute("backprop", cases))):
        layers, x = layers_of(case["weights"], (2, 2, 2)), np.array([[case["x1"], case["x2"]]])
        scores, ((_, z1), (a1, _)) = cache = net.mlp_forward(layers, x, "sigmoid")
        close([found["x"], found["z1"], found["a1"], found["z2"]], [x[0], z1[0], a1[0], scores[0]])
        delta = 2 * (scores - goal)
        gradients, _ = net.mlp_backward(layers, cache[1], delta, "sigmoid")
        close(found["gradients"], flat(gradients))
        close([found["delta1"], found["delta2"]], [db for _, db in gradients])  # of one sample, δ is that of the bias
        close(found["slopes"], net.ACTIVATIONS["sigmoid"][1](z1, a1)[0])
        after, _ = optim.sgd_step(np.array(case["weights"]), flat(gradients), {}, lr=case["rate"])
        close(found["after"], after)
        close([found["loss"], found["lossAfter"]], [squared_error(w, x, goal) for w in (case["weights"], after)])
        moved = np.array(case["weights"])
        moved[n % 12] += 1e-4
        assert found["k"] == n % 12
        assert found["change"] == pytest.approx(squared_error(moved, x, goal) - found["loss"], abs=1e-12)
        assert found["change"] / 1e-4 == pytest.approx(found["gradients"][n % 12], abs=0.05)


# A run in the page from given weights: what compute says, and the weights after each step.
RUNS = """([cases, steps]) => cases.map((given) => {
  const { compute, start, actions } = window.explorables.playground, p = { ...start, ...given };
  actions.Step.change(p);  // begins a run of these settings
  p.run.weights = given.weights ?? p.run.weights;
  const found = compute(p), path = [p.run.weights];
  for (let t = 0; t < steps; t++) { actions.Step.change(p); path.push(p.run.weights); }
  return { ...found, path };
})"""


def playground_case(rng, **given):
    width = int(rng.choice([1, 2, 4, 8]))
    return {
        "data": str(rng.choice(["two moons", "spiral", "XOR"])),
        "width": str(width),
        "activation": str(rng.choice(["tanh", "ReLU"])),
        "rate": rng.uniform(0.05, 5),
        "seed": int(rng.integers(1, 1000)),
        **given,
    }


def test_playground(compute, blank):
    """A step from 60 random states and 40 steps from 12 initial ones, beside backpropagation and descent by hand."""
    rng = np.random.default_rng(1)
    cases = [playground_case(rng) for _ in range(N_CASES + 10)]
    for case in cases:
        case["weights"] = rng.normal(0, 1, 4 * int(case["width"]) + 1).tolist()
    longer = [playground_case(rng, rate=rng.uniform(0.05, 0.5)) for _ in range(12)]
    runs = [(c, f, 1) for c, f in zip(cases, blank.evaluate(RUNS, [cases, 1]))]
    runs += [(c, f, 40) for c, f in zip(longer, blank.evaluate(RUNS, [longer, 40]))]
    for case, found, steps in runs:
        sizes, activation = (2, int(case["width"]), 1), case["activation"].lower()
        X, y = np.array([x for x, _ in found["data"]], float), np.array([[label] for _, label in found["data"]], float)
        weights, path = np.array(found["path"][0], float), []
        for _ in range(steps + 1):
            path.append(weights)
            layers = layers_of(weights, sizes)
            scores, cache = net.mlp_forward(layers, X, activation)
            loss, delta = binary_cross_entropy_with_logits(y, scores)
            gradient = flat(net.mlp_backward(layers, cache, delta, activation)[0])
            if len(path) == 1:
                close([found["loss"]], [loss])
                close(found["gradient"], gradient)
                assert found["correct"] == ((scores > 0) == (y == 1)).sum()
            weights, _ = optim.sgd_step(weights, gradient, {}, lr=case["rate"])
        close(found["path"], path)


def test_the_plane_of_the_playground(compute, blank):
    """Shades are the network's probabilities in the middles of the cells; the dashed lines, where z of a unit is 0."""
    rng = np.random.default_rng(2)
    cases = [playground_case(rng) for _ in range(12)]
    for case, found in zip(cases, blank.evaluate(RUNS, [cases, 0])):
        layers = layers_of(found["weights"], (2, int(case["width"]), 1))
        x1, x2 = np.meshgrid(*((np.arange(n) + 0.5) / n * 2 * high - high for n, high in ((54, 1.514), (43, 1.2))))
        scores, _ = net.mlp_forward(layers, np.column_stack([x1.ravel(), x2.ravel()]), case["activation"].lower())
        close(found["probabilities"], sigmoid(scores).reshape(x1.shape))
        for (w, b), fold in zip(zip(*layers[0]), np.array(found["folds"], float)):
            assert np.abs(fold @ w + b).max() < 1e-9
            assert np.linalg.norm(fold[1] - fold[0]) == pytest.approx(8)
