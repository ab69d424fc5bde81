"""Live figures of the chapter on losses, beside the companion's functions."""

import numpy as np
import pytest

from companion import losses
from companion.linear_model import LinearRegression
from companion.numerics import erf, logit, sigmoid, softmax
from companion.optimize import minimize
from tests.site.explorable_checks import N_CASES, close

pytestmark = pytest.mark.site


def certify_least_absolute(x, y, w, b):
    """Samples on the line can pull with any force from -1 to 1: such forces balance those of the others."""
    residual = w * x + b - y
    on = np.abs(residual) < 1e-9
    assert on.sum() == 2
    others = np.sign(residual[~on])
    lever = np.vstack([np.ones(len(x)), x])
    forces = np.linalg.solve(lever[:, on], -lever[:, ~on] @ others)
    assert np.abs(forces).max() <= 1 + 1e-9
    return dict(zip(np.flatnonzero(on), forces))


def test_outlier(compute):
    rng = np.random.default_rng(0)
    cases = [{"x": rng.uniform(0, 6), "y": rng.uniform(-1, 6), "delta": rng.uniform(0.1, 4)} for _ in range(N_CASES)]
    through = 0
    for case, found in zip(cases, compute("outlier", cases)):
        x, y = np.array(found["x"], float), np.array(found["y"], float)
        X, fits = np.column_stack([x, np.ones(8)]), found["fits"]
        assert [x[-1], y[-1]] == [case["x"], case["y"]]
        each = {"squared": losses.squared_error, "absolute": losses.absolute_error, "Huber": losses.huber}
        for name, loss in each.items():
            given = {"delta": case["delta"]} if name == "Huber" else {}
            fit, predicted = fits[name], X @ fits[name]["line"]
            value, pulls = loss(y, predicted, reduction="none", **given)
            close([fit["residual"]], [predicted[-1] - y[-1]])
            close([fit["loss"], fit["cost"]], [value[-1], value.sum()])
            if name == "absolute":
                pulls[-1] = certify_least_absolute(x, y, *fit["line"]).get(7, pulls[-1])
            else:  # the line is best: the pulls and their moments cancel
                close(X.T @ pulls, [0, 0])
            close([fit["pull"]], [pulls[-1]])
        model = LinearRegression().fit(x[:, None], y)
        close(fits["squared"]["line"], [model.coef_[0], model.intercept_])
        through += fits["absolute"]["residual"] == 0

        def huber(theta, X=X, y=y, delta=case["delta"]):
            value, pulls = losses.huber(y, X @ theta, delta=delta, reduction="sum")
            return value, X.T @ pulls

        close([fits["Huber"]["cost"]], [minimize(huber, np.zeros(2), tol=1e-9).fun])
        close([found["leverage"]], [(X @ np.linalg.solve(X.T @ X, X[-1]))[-1]])
    assert 0 < through < N_CASES / 2


def test_likelihood(compute):
    rng = np.random.default_rng(1)
    x = np.array([-2.0, -1, 0, 1, 2])
    cases = [
        {"w": rng.uniform(-1, 2), "sigma": rng.uniform(0.25, 1.5), **{f"y{i}": rng.uniform(-3, 3) for i in range(1, 6)}}
        for _ in range(N_CASES)
    ]
    for case, found in zip(cases, compute("likelihood", cases)):
        y, variance = np.array([case[f"y{i}"] for i in range(1, 6)]), np.full(5, case["sigma"] ** 2)

        def line(slope, y=y):
            return slope * x + y.mean()

        each, _ = losses.gaussian_nll(y, line(case["w"]), variance, reduction="none")
        each += np.log(2 * np.pi) / 2  # the constant that the loss leaves out
        close(found["densities"], np.exp(-each))
        close([found["likelihood"]], [np.exp(-each.sum())])
        close([found["negativeLog"]], [each.sum()])
        squares, _ = losses.squared_error(y, line(case["w"]), reduction="sum")
        close([found["fit"]], [squares / (2 * case["sigma"] ** 2)])
        close([found["fit"] + found["constant"]], [each.sum()])
        model = LinearRegression().fit(x[:, None], y)
        close([found["best"], found["b"]], [model.coef_[0], model.intercept_])
        value, (by_mean, _) = losses.gaussian_nll(y, line(found["best"]), variance, reduction="sum")
        close([by_mean @ x, by_mean.sum()], [0, 0])  # no slope and no intercept are likelier
        close([found["least"]], [value + 5 * np.log(2 * np.pi) / 2])
        curve = [losses.gaussian_nll(y, line(slope), variance, reduction="sum")[0] for slope in found["slopes"]]
        close(found["above"], np.append(curve, each.sum() - 5 * np.log(2 * np.pi) / 2) - value)


def outcome(t, rate, ratio):
    """Misses, false alarms and their cost in 1000 cases, with normal scores around -1 and 1."""
    below = (1 + erf((np.array([t - 1, t + 1])) / np.sqrt(2))) / 2
    missed, alarms = 1000 * rate * below[0], 1000 * (1 - rate) * (1 - below[1])
    return missed, alarms, alarms + ratio * missed


def test_threshold(compute):
    rng = np.random.default_rng(2)
    cases = [
        {
            "t": rng.uniform(-4, 4),
            "rate": rng.uniform(0.02, 0.5),
            "ratio": int(rng.integers(1, 31)),
            "weighted": bool(i % 2),
        }
        for i in range(N_CASES)
    ]
    for case, found in zip(cases, compute("threshold", cases)):
        rate, ratio = case["rate"], case["ratio"]
        missed, alarms, cost = outcome(case["t"], rate, ratio)
        close([found["missed"], found["alarms"], found["cost"]], [missed, alarms, cost])
        close([found["found"], found["right"]], [1000 * rate - missed, 1000 * (1 - rate) - alarms])
        close([found["honest"]], sigmoid([2 * case["t"] + logit(rate)]))
        close([found["best"]], [1 / (1 + ratio)])
        close([2 * found["bestScore"] + logit(rate)], [logit(found["best"])])
        # What is said at the threshold is best for the (weighted) cross-entropy of labels with that honest probability.
        weight = ratio if case["weighted"] else 1
        _, pull = losses.binary_cross_entropy_with_logits(
            [1, 0],
            np.full(2, logit(found["said"])),
            pos_weight=weight,
            sample_weight=[found["honest"], 1 - found["honest"]],
        )
        close([pull.sum()], [0])
        close([found["bestSaid"]], [0.5 if case["weighted"] else found["best"]])
        close([found["least"]], [outcome(found["bestScore"], rate, ratio)[2]])
        scores = np.linspace(-8, 8, 321)
        costs = np.array([outcome(t, rate, ratio)[2] for t in scores])
        assert found["least"] <= costs.min()
        assert found["idle"] == pytest.approx(min(costs[0], costs[-1]))
        close([p for p, _ in found["curve"]], sigmoid(2 * scores + logit(rate) + np.log(weight)))
        close([c for _, c in found["curve"]], costs)


def test_softmax(compute):
    rng = np.random.default_rng(3)
    names = ["mild", "middle", "severe"]
    cases = [
        {
            **{f"z{k}": rng.uniform(-5, 5) for k in (1, 2, 3)},
            "label": names[i % 3],
            "smoothing": 0.0 if i % 4 == 0 else rng.uniform(0, 0.5),
        }
        for i in range(N_CASES)
    ]
    for case, found in zip(cases, compute("softmax", cases)):
        z, label = np.array([[case["z1"], case["z2"], case["z3"]]]), names.index(case["label"])
        target = np.full(3, case["smoothing"] / 3) + (1 - case["smoothing"]) * np.eye(3)[label]
        value, grad = losses.cross_entropy([label], z, label_smoothing=case["smoothing"])
        close([found["cost"], *found["gradient"]], [value, *grad[0]])
        close(found["probabilities"], softmax(z)[0])
        close(found["target"], target)
        close([found["kl"]], [losses.kl_divergence(target, softmax(z)[0])[0]])
        close([found["cost"]], [found["entropy"] + found["kl"]])
        if case["smoothing"]:  # at the lead that is called best, the target is what softmax says
            best = found["gap"] * np.eye(3)[[label]]
            close(losses.cross_entropy([label], best, label_smoothing=case["smoothing"])[1][0], np.zeros(3))
        else:
            assert found["gap"] is None and found["entropy"] == 0
