"""Lasso and elastic net: the optimality conditions, the duality gap, and scikit-learn."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import linear_model as reference
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from companion.datasets import load_diabetes, make_sparse_regression
from companion.linear_model import (
    ElasticNet,
    Lasso,
    Ridge,
    coordinate_pass,
    enet_coordinate_descent,
    enet_duality_gap,
    enet_path,
    lasso_path,
    soft_threshold,
)
from companion.preprocessing import StandardScaler


def objective(X, y, w, b, alpha, rho, weight=None):
    s = np.ones(len(y)) if weight is None else weight
    fit = (s * (y - X @ w - b) ** 2).sum() / (2 * s.sum())
    return fit + alpha * rho * np.abs(w).sum() + 0.5 * alpha * (1 - rho) * (w @ w)


@parametrize_with_checks([Lasso(), ElasticNet(), ElasticNet(alpha=0.1, l1_ratio=0.9, fit_intercept=False)])
def test_scikit_learn_api(estimator, check):
    check(estimator)


def test_soft_threshold_minimizes_its_parabola():
    grid = np.linspace(-4, 4, 80001)
    for z in (-2.5, -0.3, 0.0, 0.7, 1.9):
        best = grid[np.argmin(0.5 * (grid - z) ** 2 + 0.7 * np.abs(grid))]
        assert abs(best - soft_threshold(z, 0.7)) < 1e-3


def test_orthonormal_columns_are_solved_by_soft_thresholding():
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 6)))[0]
    y = np.random.default_rng(1).normal(size=20) * 3
    w, gap, n_iter = enet_coordinate_descent(np.eye(6), Q.T @ y, y @ y, l1=1.0, l2=0.5, tol=1e-12)
    assert_allclose(w, soft_threshold(Q.T @ y, 1.0) / 1.5, rtol=1e-10)
    assert gap <= 1e-12 * (y @ y) and n_iter == 1


@pytest.mark.parametrize("alpha", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("rho", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shape", [(60, 10), (15, 40), (8, 1)])
def test_against_scikit_learn_with_certificates(alpha, rho, fit_intercept, weighted, shape):
    X, y, _ = make_sparse_regression(*shape, n_informative=1, random_state=3)
    X = X + 1.0
    weight = np.random.default_rng(1).uniform(0.2, 2, len(y)) if weighted else None
    arguments = {"alpha": alpha, "l1_ratio": rho, "fit_intercept": fit_intercept, "tol": 1e-9, "max_iter": 100_000}
    ours, theirs = ElasticNet(**arguments), reference.ElasticNet(**arguments)
    ours.fit(X, y, sample_weight=weight)
    theirs.fit(X, y, sample_weight=weight)
    values = [objective(X, y, m.coef_, m.intercept_, alpha, rho, weight) for m in (ours, theirs)]
    assert_allclose(values[0], values[1], rtol=1e-6)
    s = np.ones(len(y)) if weight is None else weight
    y_mean = np.average(y, weights=weight) if fit_intercept else 0.0
    assert -1e-12 <= ours.dual_gap_ <= 1e-9 * (s @ (y - y_mean) ** 2) / s.sum()
    # KKT: the gradient of the smooth part is -l1 sign(w) where w != 0, and within [-l1, l1] elsewhere
    residual = y - X @ ours.coef_ - ours.intercept_
    gradient = -X.T @ (s * residual) / s.sum() + alpha * (1 - rho) * ours.coef_
    active = ours.coef_ != 0
    assert_allclose(gradient[active], -alpha * rho * np.sign(ours.coef_[active]), atol=1e-3 * max(alpha, 1e-2))
    assert (np.abs(gradient[~active]) <= alpha * rho * (1 + 1e-6) + 1e-9).all()
    if fit_intercept:
        assert abs(s @ residual) < 1e-8 * s.sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 2.0), st.floats(0.0, 1.0), st.integers(0, 10**6))
def test_the_gap_bounds_the_distance_from_the_minimum(n, d, l1, l2, seed):
    rng = np.random.default_rng(seed)
    X, y, w = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)
    gram, Xy = X.T @ X, X.T @ y
    primal = lambda v: 0.5 * ((y - X @ v) ** 2).sum() + l1 * np.abs(v).sum() + 0.5 * l2 * (v @ v)  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        best, gap, _ = enet_coordinate_descent(gram, Xy, y @ y, l1, l2, tol=1e-10, max_iter=5000)
    assert enet_duality_gap(w, gram @ w, Xy, y @ y, l1, l2) >= primal(w) - primal(best) - 1e-8
    assert gap <= 1e-6 * max(y @ y, 1e-3)


def test_our_gap_is_scikit_learns():
    X, y, _ = make_sparse_regression(50, 8, 3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = reference.Lasso(alpha=0.2, max_iter=1, tol=1e-12, fit_intercept=False).fit(X, y)
    w = theirs.coef_
    ours = enet_duality_gap(w, X.T @ (X @ w), X.T @ y, y @ y, 50 * 0.2, 0.0) / 50
    assert_allclose(ours, theirs.dual_gap_, rtol=1e-8)


def test_the_objective_never_rises():
    X, y, _ = make_sparse_regression(30, 12, 4, random_state=1)
    gram, Xy, w = X.T @ X, X.T @ y, np.zeros(12)
    q, values = np.zeros(12), []
    for _ in range(15):
        values.append(objective(X, y, w, 0.0, 0.3, 1.0))
        coordinate_pass(w, q, gram, Xy, 30 * 0.3, 0.0, range(12))
        assert_allclose(q, gram @ w, atol=1e-10)
    assert (np.diff(values) <= 1e-12).all() and values[-1] < values[0]


def test_torch_agrees_on_the_gradient_of_the_smooth_part():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    model = ElasticNet(alpha=0.3, l1_ratio=0.4, tol=1e-12, max_iter=10_000).fit(X, y)
    w = torch.tensor(model.coef_, requires_grad=True)
    smooth = ((torch.tensor(y) - torch.tensor(X) @ w - model.intercept_) ** 2).sum() / 80 + 0.5 * 0.3 * 0.6 * (w @ w)
    smooth.backward()
    active = model.coef_ != 0
    assert_allclose(w.grad.numpy()[active], -0.3 * 0.4 * np.sign(model.coef_[active]), atol=1e-6)


def test_without_an_l1_term_it_is_ridge():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    net = ElasticNet(alpha=0.3, l1_ratio=0.0, tol=1e-14, max_iter=10_000)
    with warnings.catch_warnings():  # the dual point is 0 without an l1 term, so the gap cannot certify
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(X, y)
    assert_allclose(net.coef_, Ridge(alpha=0.3 * 40).fit(X, y).coef_, rtol=1e-6)


def test_constant_and_duplicate_columns():
    X, y, _ = make_sparse_regression(40, 4, 2, random_state=5)
    X = np.column_stack([X, X[:, 0], np.full(40, 7.0)])
    ours = Lasso(alpha=0.1, tol=1e-10, max_iter=10_000).fit(X, y)
    theirs = reference.Lasso(alpha=0.1, tol=1e-10, max_iter=10_000).fit(X, y)
    assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-4)
    assert ours.coef_[-1] == 0


def test_paths_against_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    X, y = X - X.mean(axis=0), y - y.mean()
    alphas, coefs, gaps = lasso_path(X, y, alphas=30, tol=1e-8, max_iter=10_000)
    theirs = reference.lasso_path(X, y, alphas=30, tol=1e-8, max_iter=10_000)
    assert_allclose(alphas, theirs[0], rtol=1e-10)
    assert_allclose(coefs, theirs[1], atol=1e-1 * 1e-2 * np.abs(coefs).max())
    assert (coefs[:, 0] == 0).all() and (gaps <= 1e-8 * (y @ y) / len(y)).all()
    mixed = enet_path(X, y, l1_ratio=0.5, alphas=[0.01, 0.1], tol=1e-8, max_iter=10_000)
    assert_allclose(
        mixed[1], reference.enet_path(X, y, l1_ratio=0.5, alphas=[0.01, 0.1], tol=1e-8)[1], rtol=1e-3, atol=0.1
    )
    assert list(mixed[0]) == [0.1, 0.01]


def test_pipeline_grid_search_clone_pickle_frames_and_float32():
    frame, y = load_diabetes(return_X_y=True, as_frame=True)
    grid = {"lasso__alpha": [0.1, 1.0, 10.0]}
    ours = GridSearchCV(make_pipeline(StandardScaler(), Lasso(tol=1e-6)), grid).fit(frame, y)
    theirs = GridSearchCV(make_pipeline(StandardScaler(), reference.Lasso(tol=1e-6)), grid).fit(frame, y)
    assert ours.best_params_ == theirs.best_params_
    model = Lasso(0.5).fit(frame, y)
    assert_allclose(pickle.loads(pickle.dumps(model)).predict(frame), model.predict(frame))
    assert clone(model).alpha == 0.5
    assert Lasso(0.5).fit(frame.to_numpy(np.float32), y).coef_.dtype == np.float32


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Lasso(-1.0), "alpha=-1.0, expected >= 0"),
        (ElasticNet(l1_ratio=1.5), r"l1_ratio=1.5, expected in \[0, 1\]"),
        (Lasso(tol=-1), "tol=-1"),
        (Lasso(max_iter=0), "max_iter=0"),
    ],
)
def test_bad_parameters(model, words):
    with pytest.raises(ValueError, match=words):
        model.fit([[1.0], [2.0]], [1.0, 2.0])


def test_bad_data_and_misuse():
    with pytest.raises(ValueError, match="NaN"):
        Lasso().fit([[np.nan]], [1.0])
    with pytest.raises(ValueError, match="infinity"):
        Lasso().fit([[1.0]], [np.inf])
    with pytest.raises(NotFittedError):
        Lasso().predict([[1.0]])
    with pytest.raises(ValueError, match="2 features"):
        Lasso().fit([[1.0], [2.0]], [1.0, 2.0]).predict([[1.0, 2.0]])
    with pytest.raises(ValueError, match="expected finite"):
        lasso_path(np.array([[np.nan]]), np.array([1.0]))
    with pytest.raises(ValueError, match="l1_ratio=0.0"):
        enet_path(np.ones((2, 1)), np.ones(2), l1_ratio=0.0)


def test_the_warning_tells_the_gap():
    X, y, _ = make_sparse_regression(60, 50, 30, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"duality gap \d\.\d+e[-+]\d+ after 1 iterations"):
        Lasso(0.001, max_iter=1, tol=1e-10).fit(X, y)
