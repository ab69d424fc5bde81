"""Live figures of the chapter on linear models, beside the companion's functions."""

import itertools

import numpy as np
import pytest

from companion.linear_model import (
    Lasso,
    LinearRegression,
    Ridge,
    enet_coordinate_descent,
    irls,
    logistic_hessian,
    logistic_value_grad,
    lstsq_svd,
    ridge_normal,
    ridge_svd,
)
from companion.numerics import sigmoid
from companion.optimize.methods import gradient_descent, newton
from companion.preprocessing import PolynomialFeatures
from tests.site.explorable_checks import N_CASES, close

pytestmark = pytest.mark.site


def test_projection(compute):
    rng = np.random.default_rng(1)
    names = ("y1", "y2", "y3", "slope", "intercept")
    cases = [dict(zip(names, rng.uniform(-2, 2, 5))) for _ in range(N_CASES)]
    x = np.array([-1.0, 0.0, 2.0])
    X = np.column_stack([x, np.ones(3)])
    for case, found in zip(cases, compute("projection", cases)):
        y = np.array([case["y1"], case["y2"], case["y3"]])
        theta, _, _ = lstsq_svd(X, y)
        model = LinearRegression().fit(x[:, None], y)
        close([found["w"], found["b"]], theta)
        close([found["w"], found["b"]], [model.coef_[0], model.intercept_])
        moved = theta + [case["slope"], case["intercept"]]
        for line, parameters in (("best", theta), ("moved", moved)):
            fitted = X @ parameters
            close(found[line]["fitted"], fitted)
            close([found[line]["rss"]], [(y - fitted) @ (y - fitted)])
            close(found[line]["products"], [(y - fitted).sum(), x @ (y - fitted)])
        close(found["best"]["products"], [0, 0])
        close([found["apart"] + found["best"]["rss"]], [found["moved"]["rss"]])  # Pythagoras
        close([found["height"] ** 2], [found["best"]["rss"]])  # how high y is drawn above the plane


def test_corner(compute):
    rng = np.random.default_rng(2)
    cases = [
        {
            "v1": rng.uniform(-2.5, 2.5),
            "v2": rng.uniform(-2, 2),
            "alpha": rng.uniform(0.01, 3),
            "correlation": rng.uniform(-0.9, 0.9),
            "penalty": ["lasso", "ridge"][i % 2],
        }
        for i in range(2 * N_CASES)
    ]
    corners = 0
    for case, found in zip(cases, compute("corner", cases)):
        gram = np.array([[1.0, case["correlation"]], [case["correlation"], 1.0]])
        v = np.array([case["v1"], case["v2"]])
        X = np.linalg.cholesky(gram).T  # two samples with the products of the figure
        y = X @ v
        alphas = [case["alpha"], *np.linspace(0, 3, 121)[::8]]
        close([found["loss"]], [0.5 * (y - X @ found["w"]) @ (y - X @ found["w"])])
        if case["penalty"] == "ridge":
            path = [ridge_svd(X, y, alpha) for alpha in alphas]
            close(found["w"], ridge_normal(X, y, case["alpha"]))
            close([found["size"]], [np.linalg.norm(found["w"])])
        else:
            path = [enet_coordinate_descent(gram, X.T @ y, y @ y, alpha, 0.0, tol=1e-25)[0] for alpha in alphas]
            model = Lasso(case["alpha"] / 2, fit_intercept=False, tol=1e-15).fit(X, y)  # a mean over two samples
            np.testing.assert_array_equal(np.array(found["w"]) == 0, model.coef_ == 0)
            close(found["w"], model.coef_, 1e-7)
            close([found["size"]], [np.abs(found["w"]).sum()])
            corners += 0 in found["w"]
        close([found["w"], *found["path"][::8]], path)
    assert 10 < corners < N_CASES


def test_logistic(compute):
    x = np.array([-1.6, -1.1, -0.7, -0.2, 0.2, 0.9, 1.5, 0.6, 1.2, 1.9, 2.3, 2.8, 3.2, 3.7])
    overlap = np.repeat([0.0, 1.0], 7)
    rng = np.random.default_rng(3)
    cases = [
        {
            "w": rng.uniform(-1, 5),
            "b": rng.uniform(-6, 2),
            "rate": rng.uniform(0.25, 12),
            "separate": bool(i % 2),
        }
        for i in range(2 * N_CASES)
    ]
    for case, found in zip(cases, compute("logistic", cases)):
        y = (x > 1).astype(float) if case["separate"] else overlap
        np.testing.assert_array_equal(found["y"], y)
        theta = np.array([case["w"], case["b"]])
        value, gradient = logistic_value_grad(theta, x[:, None], y)
        hessian = logistic_hessian(theta, x[:, None], y)
        close([found["value"]], [value])
        close(found["gradient"], gradient)
        close(found["hessian"], hessian)
        close(found["downhill"], theta - case["rate"] * gradient)
        step = np.linalg.solve(hessian, gradient)
        close(found["newton"]["step"], step)
        halvings = found["newton"]["halvings"]
        close(found["newton"]["next"], theta - step / 2**halvings)
        losses = [logistic_value_grad(theta - step / 2**k, x[:, None], y)[0] for k in range(halvings + 1)]
        assert losses[-1] <= value
        assert all(loss > value for loss in losses[:-1])


def test_degree(compute):
    x = np.arange(13) / 6 - 1
    new_x = np.array([-0.93, -0.75, -0.6, -0.42, -0.25, -0.1, 0.07, 0.27, 0.42, 0.58, 0.76, 0.91])
    new_y = np.array([-0.73, -0.9, -0.96, -0.74, -1.03, -0.19, 0.41, 1.01, 0.46, 1.35, 1.33, 0.56])
    rng = np.random.default_rng(4)
    cases = [
        {
            "degree": 1 + i % 12,
            "alpha": 0 if i % 3 == 0 else 10 ** rng.uniform(-6.25, 1.5),
            **{f"y{k}": rng.uniform(-2.4, 2.4) for k in range(1, 14)},
        }
        for i in range(N_CASES)
    ]
    for case, found in zip(cases, compute("degree", cases)):
        y, alpha = np.array([case[f"y{k}"] for k in range(1, 14)]), case["alpha"]
        errors = []
        for degree in range(1, 13):
            features = PolynomialFeatures(degree, include_bias=False)
            X = features.fit_transform(x[:, None])
            centered, means, height = X - X.mean(axis=0), X.mean(axis=0), y.mean()
            w = ridge_svd(centered, y - height, alpha) if alpha else lstsq_svd(centered, y - height)[0]

            def at(places, w=w, means=means, height=height, features=features):
                return height + (features.transform(np.array(places, float)[:, None]) - means) @ w

            errors.append([np.sqrt(np.mean((at(x) - y) ** 2)), np.sqrt(np.mean((at(new_x) - new_y) ** 2))])
            if degree == case["degree"]:
                places, heights = zip(*found["curve"])
                close(heights, at(places))
                if alpha:
                    model = Ridge(alpha=alpha, solver="svd").fit(X, y)
                    close(heights, model.predict(features.transform(np.array(places)[:, None])))
        close(found["training"], [training for training, _ in errors])
        close(found["validation"], [validation for _, validation in errors])
        assert found["best"] == 1 + np.argmin([validation for _, validation in errors])
        if not alpha:
            assert found["training"][-1] < 1e-9


def test_newton(compute):
    x = np.array([-2.8, -2.1, -1.5, -0.9, -0.4, 0.3, 0.8, 1.4, 2.2, 2.7])
    y = np.array([0.0, 0, 0, 1, 0, 1, 0, 1, 1, 1])
    X, ones = x[:, None], np.column_stack([x, np.ones(10)])

    def fun(theta):
        return logistic_value_grad(theta, X, y)

    def hess(theta):
        return logistic_hessian(theta, X, y)

    best = irls(X, y, tol=1e-13)
    rate = 4 * 10 / np.linalg.eigvalsh(ones.T @ ones).max()
    rng = np.random.default_rng(5)
    cases = [
        {
            "left": rng.uniform(-7, 7),
            "right": rng.uniform(-7, 7),
            "step": int(rng.integers(0, 8)),
            "careful": bool(i % 2),
        }
        for i in range(N_CASES)
    ]
    diverged = held = 0
    for case, found in zip(cases, compute("newton", cases)):
        close([found["least"], found["rate"]], [best.fun, rate])
        paths = {name: np.array(path, float) for name, path in found["paths"].items()}
        moves = {"careful": newton(fun, hess), "descent": gradient_descent(fun, lr=rate)}
        moves["full"] = lambda theta, _, grad: (theta - np.linalg.solve(hess(theta), grad),)
        for name, path in paths.items():
            close(path[0], [(case["right"] - case["left"]) / 6, (case["right"] + case["left"]) / 2])
            for here, there in itertools.pairwise(path):  # one step from each point that the figure reached
                close([there], [moves[name](here, *fun(here))[0]])
            close(found["above"][name], [fun(theta)[0] - best.fun for theta in path])
        close(paths["careful"][-1], best.x)
        diverged += np.abs(paths["full"][-1] - best.x).max() > 1
        path = paths["careful" if case["careful"] else "full"]
        assert found["k"] == min(case["step"], len(path) - 2)
        present = path[found["k"]]
        np.testing.assert_array_equal(found["present"], present)
        np.testing.assert_array_equal(found["after"], path[found["k"] + 1])
        z = ones @ present
        weights, targets = sigmoid(z) * sigmoid(-z), z + np.where(y == 1, 1 / sigmoid(z), -1 / sigmoid(-z))
        close(weights * (targets - z), y - sigmoid(z))
        close(found["weights"], weights)
        close(found["targets"], targets)
        root = np.sqrt(weights)
        if np.abs(root * targets).max() < 1e3:  # beyond, the rounding errors of the reference are larger than 1e-9
            held += 1  # Newton's step is weighted least squares
            close(found["next"], lstsq_svd(root[:, None] * ones, root * targets)[0])
            model = LinearRegression().fit(X, targets, sample_weight=weights)
            close(found["next"], [model.coef_[0], model.intercept_])
    assert 5 < diverged < N_CASES
    assert held > N_CASES / 2
