"""The live figures about networks compute what the companion computes."""

import itertools

import numpy as np
import pytest

from companion import neural_network as net
from companion import optim
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
