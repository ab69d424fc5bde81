"""Least squares and ridge regression beside NumPy, scikit-learn and torch."""

import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn import linear_model as reference
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from companion.datasets import load_diabetes
from companion.linear_model import (
    LinearRegression,
    Ridge,
    lstsq_normal,
    lstsq_qr,
    lstsq_svd,
    ridge_normal,
    ridge_svd,
    triangular,
)
from companion.preprocessing import PolynomialFeatures, StandardScaler
from companion.validation import InvalidParameterError


def data(n=40, d=5, targets=None, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    X = rng.normal(1.0, 2.0, (n, d))
    y = rng.normal(size=(n,) if targets is None else (n, targets)) + X.sum(axis=1).reshape(
        -1, *([1] if targets else [])
    )
    return X.astype(dtype), y.astype(dtype)


@parametrize_with_checks([LinearRegression(), LinearRegression(fit_intercept=False), Ridge(), Ridge(solver="svd")])
def test_scikit_learn_api(estimator, check):
    check(estimator)


def test_a_line_by_hand():
    # points (0, 1), (1, 3), (2, 4): slope 3/2, intercept 7/6
    model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 4.0])
    assert_allclose(model.coef_, [1.5])
    assert_allclose(model.intercept_, 7 / 6)


def test_ridge_by_hand():
    # minimize (3 - w)^2 + 2 w^2: w = 1
    assert_allclose(Ridge(alpha=2.0, fit_intercept=False).fit([[1.0]], [3.0]).coef_, [1.0])


@pytest.mark.parametrize("solve", [lstsq_normal, lstsq_qr, lambda X, y: lstsq_svd(X, y)[0]])
@pytest.mark.parametrize("targets", [None, 1, 3])
def test_solvers_against_numpy(solve, targets):
    X, y = data(targets=targets)
    assert_allclose(solve(X, y), np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 3), st.integers(0, 10**6))
def test_the_shortest_solution_for_every_shape_and_rank(n, d, lost, seed):
    rng = np.random.default_rng(seed)
    rank = max(min(n, d) - lost, 0)
    X, y = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)), rng.normal(size=n)
    w, found, singular = lstsq_svd(X, y, rcond=1e-10)
    theirs, _, their_rank, their_singular = np.linalg.lstsq(X, y, rcond=1e-10)
    assert found == their_rank
    assert_allclose(singular, their_singular, rtol=1e-10, atol=1e-12 * (1 + their_singular.max(initial=0)))
    assert_allclose(w, theirs, rtol=1e-6, atol=1e-8 * (1 + np.abs(theirs).max()))


def test_triangular_factor_is_that_of_numpy():
    X, y = data(targets=2)
    q, r = np.linalg.qr(X)
    ours, qty = triangular(X, y)
    signs = np.sign(np.diag(r)) * np.sign(np.diag(ours))
    assert_allclose(signs[:, None] * ours, r, rtol=1e-10, atol=1e-12)
    assert_allclose(signs[:, None] * qty, q.T @ y, rtol=1e-10)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("targets", [None, 2])
@pytest.mark.parametrize("solver", ["svd", "qr", "normal"])
def test_linear_regression_against_scikit_learn(fit_intercept, weighted, targets, solver):
    X, y = data(targets=targets)
    weight = np.random.default_rng(1).uniform(0, 2, len(X)) if weighted else None
    ours = LinearRegression(fit_intercept=fit_intercept, solver=solver).fit(X, y, sample_weight=weight)
    theirs = reference.LinearRegression(fit_intercept=fit_intercept).fit(X, y, sample_weight=weight)
    assert ours.coef_.shape == theirs.coef_.shape and np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-12)
    assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-10)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (5, 12), (12, 5), (6, 6)])
def test_awkward_shapes_against_scikit_learn(fit_intercept, shape):
    X, y = data(*shape)
    ours = LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    theirs = reference.LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-10)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-10)
    assert ours.rank_ == theirs.rank_
    assert_allclose(ours.singular_, theirs.singular_, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("solver", ["cholesky", "svd"])
@pytest.mark.parametrize("shape", [(40, 5), (5, 12), (1, 3), (9, 1)])
@pytest.mark.parametrize("targets", [None, 2])
def test_ridge_against_scikit_learn(alpha, fit_intercept, weighted, solver, shape, targets):
    X, y = data(*shape, targets=targets)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X)) if weighted else None
    ours = Ridge(alpha, fit_intercept=fit_intercept, solver=solver).fit(X, y, sample_weight=weight)
    theirs = reference.Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(X, y, sample_weight=weight)
    assert ours.coef_.shape == theirs.coef_.shape and np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-10 * np.abs(theirs.coef_).max())
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.7, 30.0])
def test_the_gradient_of_torch_vanishes_at_the_solution(alpha):
    X, y = data()
    model = Ridge(alpha).fit(X, y)
    w = torch.tensor(model.coef_, requires_grad=True)
    b = torch.tensor(float(model.intercept_), dtype=torch.float64, requires_grad=True)
    objective = ((torch.tensor(y) - torch.tensor(X) @ w - b) ** 2).sum() + alpha * (w**2).sum()
    objective.backward()
    assert w.grad.abs().max() < 1e-9 and b.grad.abs() < 1e-9


def test_ridge_shrinks_each_direction_by_its_factor():
    X, y = data()
    X = X - X.mean(axis=0)
    u, s, vt = np.linalg.svd(X, full_matrices=False)
    plain, shrunk = lstsq_svd(X, y)[0], ridge_svd(X, y, 10.0)
    assert_allclose(vt @ shrunk, s**2 / (s**2 + 10.0) * (vt @ plain), rtol=1e-10)


def test_ridge_tends_to_the_pseudo_inverse():
    X, y = data(8, 20)
    gaps = [np.linalg.norm(ridge_normal(X, y, alpha) - lstsq_svd(X, y)[0]) for alpha in (1e-2, 1e-4, 1e-6)]
    assert gaps[0] > 50 * gaps[1] > 2500 * gaps[2]


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_degenerate_columns(alpha):
    X, y = data()
    X = np.column_stack([X, X[:, 0], np.full(len(X), 3.0), np.zeros(len(X))])
    ours = Ridge(alpha).fit(X, y) if alpha else LinearRegression().fit(X, y)
    theirs = reference.Ridge(alpha).fit(X, y) if alpha else reference.LinearRegression().fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("solver", ["cholesky", "svd"])
@pytest.mark.parametrize("shape", [(30, 4), (5, 12)])
def test_ridge_without_a_penalty_gives_the_shortest_solution(solver, shape):
    X, y = data(*shape)
    X = np.column_stack([X, X[:, 0] - X[:, 1], np.full(len(X), 0.1)])
    shortest = np.linalg.pinv(X - X.mean(axis=0)) @ (y - y.mean())
    assert_allclose(Ridge(0.0, solver=solver).fit(X, y).coef_, shortest, rtol=1e-8, atol=1e-10)
    # the shortest solution is continuous at alpha = 0: a small penalty moves it by about as much
    assert_allclose(Ridge(1e-6, solver=solver).fit(X, y).coef_, shortest, atol=1e-6)


@pytest.mark.parametrize("solver", ["qr", "normal"])
def test_units_do_not_decide_what_is_singular(solver):
    X, y = data(60, 3)
    scale = np.array([1e10, 1.0, 1e-6])  # of the singular values, the smallest counts as 0 beside the largest
    assert LinearRegression(tol=1e-14).fit(X * scale, y).rank_ == 2
    assert LinearRegression().fit(X * scale, y).rank_ == reference.LinearRegression().fit(X * scale, y).rank_ == 1
    plain = LinearRegression(solver=solver).fit(X, y).coef_
    assert_allclose(LinearRegression(solver=solver).fit(X * scale, y).coef_ * scale, plain, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:An ill-conditioned matrix")
@pytest.mark.parametrize("solver", ["auto", "cholesky", "svd"])
def test_ridge_names_the_solver_as_scikit_learn_does(solver):
    X, y = data()
    copied = np.column_stack([X, X[:, 0]])
    for features, alpha in ((X, 1.0), (copied, 1.0), (copied, 0.0)):
        ours = Ridge(alpha, solver=solver).fit(features, y)
        theirs = reference.Ridge(alpha, solver=solver).fit(features, y)
        assert ours.n_iter_ is theirs.n_iter_ is None
        assert ours.solver_ == ("svd" if alpha == 0 else theirs.solver_)  # theirs may miss a singular system, and warn


@pytest.mark.parametrize("targets", [None, 1, 2])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", ["LinearRegression", "Ridge"])
def test_shapes_are_those_of_scikit_learn(targets, fit_intercept, name):
    X, y = data(targets=targets)
    ours = {"LinearRegression": LinearRegression, "Ridge": Ridge}[name](fit_intercept=fit_intercept).fit(X, y)
    theirs = getattr(reference, name)(fit_intercept=fit_intercept).fit(X, y)
    assert ours.coef_.shape == theirs.coef_.shape
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert ours.predict(X).shape == theirs.predict(X).shape


@pytest.mark.parametrize("solver", ["cholesky", "svd"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("shape", [(40, 5), (5, 12)])
@pytest.mark.parametrize("alpha", [[0.1, 1.0, 10.0], (1, 2, 3), np.array([5.0]), np.array([[0.5], [1.5], [2.5]]), [2]])
def test_a_penalty_for_each_target(solver, fit_intercept, shape, alpha):
    X, y = data(*shape, targets=3)
    ours = Ridge(alpha, solver=solver, fit_intercept=fit_intercept).fit(X, y)
    theirs = reference.Ridge(alpha, solver=solver, fit_intercept=fit_intercept).fit(X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8, atol=1e-10)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-8, atol=1e-10)


def test_float32_stays_float32():
    X, y = data(dtype=np.float32)
    for model, theirs in ((LinearRegression(), reference.LinearRegression()), (Ridge(), reference.Ridge())):
        assert model.fit(X, y).coef_.dtype == np.float32 and model.predict(X).dtype == np.float32
        assert_allclose(model.coef_, theirs.fit(X.astype(float), y.astype(float)).coef_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("solve", [lstsq_normal, lstsq_qr])
@pytest.mark.parametrize("X", [np.ones((3, 2)), np.random.default_rng(0).normal(size=(3, 5))])
def test_the_direct_solvers_refuse_singular_problems(solve, X):
    with pytest.raises(np.linalg.LinAlgError, match=r"singular|dependent|definite"):
        solve(X, np.ones(3))


@pytest.mark.parametrize("code", [*np.typecodes["AllInteger"], "?"])
@pytest.mark.parametrize("shape", [(30, 4), (5, 12)])
def test_integers_do_not_wrap(code, shape):
    X = np.random.default_rng(0).integers(0, 100, shape).astype(code)
    y = np.random.default_rng(1).integers(0, 100, shape[0]).astype(code)
    floats = X.astype(float), y.astype(float)
    shortest = np.linalg.lstsq(*floats, rcond=None)[0]
    assert_allclose(lstsq_svd(X, y)[0], shortest, rtol=1e-8, atol=1e-10)
    assert_allclose(ridge_svd(X, y, 0.5), reference.Ridge(0.5, fit_intercept=False).fit(*floats).coef_, rtol=1e-8)
    assert_allclose(ridge_normal(X, y, 0.5), reference.Ridge(0.5, fit_intercept=False).fit(*floats).coef_, rtol=1e-8)
    if shape[0] > shape[1]:
        assert_allclose(lstsq_normal(X, y), shortest, rtol=1e-8, atol=1e-10)
        assert_allclose(lstsq_qr(X, y), shortest, rtol=1e-8, atol=1e-10)


def test_inputs_are_left_alone():
    X, y = data()
    X0, y0 = X.copy(), y.copy()
    for model in (LinearRegression(), LinearRegression(solver="qr"), Ridge(), Ridge(solver="svd")):
        model.fit(X, y)
        assert (X == X0).all() and (y == y0).all()


def test_a_new_solver_leaves_nothing_of_the_old_one():
    X, y = data()
    model = LinearRegression().fit(X, y)
    assert model.rank_ == 5 and len(model.singular_) == 5
    model.set_params(solver="qr").fit(X[:, :2], y)
    assert not hasattr(model, "rank_") and not hasattr(model, "singular_")


@pytest.mark.parametrize("model", [LinearRegression(), LinearRegression(solver="normal"), Ridge(0.0)])
@pytest.mark.parametrize(("unit_X", "unit_y"), [(1e-200, 1e200), (1.0, np.nan)])
def test_a_refused_fit_leaves_the_model_as_it_was(model, unit_X, unit_y):
    X, y = data()
    model = clone(model).fit(X, y)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="overflow|NaN"):
        model.fit(unit_X * X, unit_y * y)
    assert vars(model) == before  # the very same arrays


@pytest.mark.parametrize("alpha", [Fraction(1, 2), pd.Series([0.5]), (0.5,), np.float32(0.5), np.array(0.5)])
def test_a_penalty_may_be_any_number_or_series(alpha):
    X, y = data()
    for solver in ("cholesky", "svd"):
        ours, plain = Ridge(alpha, solver=solver).fit(X, y), Ridge(0.5, solver=solver).fit(X, y)
        assert_allclose(ours.coef_, plain.coef_, rtol=1e-12)
    assert_allclose(LinearRegression(tol=Fraction(1, 2)).fit(X, y).coef_, LinearRegression(tol=0.5).fit(X, y).coef_)


@pytest.mark.parametrize("alpha", [10**400, np.longdouble("1e400"), {1.0}, {1.0: 1}, [True], pd.Series(["1"])])
def test_a_penalty_that_is_no_finite_number_is_refused(alpha):
    with pytest.raises(InvalidParameterError, match="alpha="):
        Ridge(alpha).fit(*data())


def test_pipeline_grid_search_clone_pickle_and_frames():
    frame, y = load_diabetes(return_X_y=True, as_frame=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge()), {"ridge__alpha": [1.0, 100.0, 1e4]}
    ).fit(frame, y)
    theirs = GridSearchCV(
        make_pipeline(StandardScaler(), PolynomialFeatures(2), reference.Ridge()), {"ridge__alpha": [1.0, 100.0, 1e4]}
    ).fit(frame, y)
    assert search.best_params_ == theirs.best_params_
    assert_allclose(search.best_score_, theirs.best_score_, rtol=1e-8)
    model = Ridge(3.0).fit(frame, y)
    assert list(model.feature_names_in_) == list(frame.columns)
    assert_allclose(pickle.loads(pickle.dumps(model)).predict(frame), model.predict(frame))
    assert clone(model).get_params() == {"alpha": 3.0, "fit_intercept": True, "solver": "auto"}


@pytest.mark.parametrize("model", [LinearRegression(), Ridge()])
@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[np.nan], [1.0]], [0.0, 1.0], "NaN"),
        ([[np.inf], [1.0]], [0.0, 1.0], "infinity"),
        ([[1.0], [1.0]], [0.0, np.nan], "NaN"),
        (np.empty((0, 2)), [], "0 sample"),
        ([["a"], ["b"]], [0.0, 1.0], "not compatible with arrays of bytes/strings"),
        ([[1.0], [2.0]], [0.0], "inconsistent numbers of samples"),
    ],
)
def test_bad_data(model, X, y, words):
    with pytest.raises(ValueError, match=words):
        clone(model).fit(X, y)


def test_bad_parameters_and_misuse():
    X, y = data()
    with pytest.raises(ValueError, match="alpha=-1.0, expected a number in"):
        Ridge(-1.0).fit(X, y)
    with pytest.raises(ValueError, match="alpha='1', expected a number in"):
        Ridge("1").fit(X, y)
    with pytest.raises(ValueError, match="alpha=nan"):
        Ridge(np.nan).fit(X, y)
    with pytest.raises(ValueError, match="at least one non-zero"):
        Ridge().fit(X, y, sample_weight=np.zeros(len(X)))
    with pytest.raises(ValueError, match="solver='magic'"):
        Ridge(solver="magic").fit(X, y)
    with pytest.raises(ValueError, match="solver='magic'"):
        LinearRegression(solver="magic").fit(X, y)
    for alpha, words in (([1.0, 2.0], "2 penalties alpha for 1 target"), ([-1.0], "alpha=-1.0"), (["1"], "alpha='1'")):
        with pytest.raises(ValueError, match=words):
            Ridge(alpha).fit(X, y)
    for model in (Ridge(fit_intercept="no"), LinearRegression(fit_intercept=1), Ridge(True), LinearRegression(tol=-1)):
        with pytest.raises(InvalidParameterError, match="expected"):
            model.fit(X, y)
    with pytest.raises(NotFittedError):
        Ridge().predict(X)
    with pytest.raises(ValueError, match="4 features, but Ridge is expecting 5"):
        Ridge().fit(X, y).predict(X[:, :4])
    with pytest.raises(ValueError, match="Negative values"):
        Ridge().fit(X, y, sample_weight=-np.ones(len(X)))
