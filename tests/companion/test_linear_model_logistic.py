"""Logistic regression beside scikit-learn and torch, with the gradient at its solution as certificate."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from companion.datasets import load_breast_cancer, load_digits, load_iris
from companion.linear_model import (
    LogisticRegression,
    irls,
    logistic_hessian,
    logistic_value_grad,
    odds_ratio,
    softmax_hessian,
    softmax_value_grad,
)
from companion.linear_model.logistic import separates
from companion.linear_model.softmax import pin_shift
from companion.numerics import finite_difference_gradient, finite_difference_jacobian
from companion.preprocessing import StandardScaler

SOLVERS = ["lbfgs", "newton-cholesky", "gd"]


def data(n=150, d=4, K=2, seed=0):
    """Noisy labels: the classes overlap, so that an optimum exists without a penalty."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + 0.3
    scores = X @ rng.normal(size=(d, K)) + rng.gumbel(size=(n, K)) + np.linspace(0, 0.5, K)
    y = scores.argmax(axis=1)
    y[: 2 * K] = np.tile(np.arange(K), 2)  # every class occurs
    return X, y, rng.uniform(0.2, 3.0, n)


def parameters(model):
    """theta as the functions take it."""
    table = np.column_stack([model.coef_, model.intercept_]) if model.get_params()["fit_intercept"] else model.coef_
    return table.ravel().astype(float)


def objective(model, X, y, weight=None):
    """The mean objective of a fitted model and the largest element of its gradient, whoever fitted it.

    ``weight`` includes the weights of the classes.
    """
    weight = np.ones(len(y)) if weight is None else weight
    fun = logistic_value_grad if len(model.classes_) == 2 else softmax_value_grad
    y = np.searchsorted(model.classes_, y)
    value, grad = fun(parameters(model), X, y, 1 / (model.C * weight.sum()), weight / weight.sum())
    return value, np.abs(grad).max()


def with_classes(weight, y, class_weight):
    weight = np.ones(len(y)) if weight is None else weight
    if class_weight == "balanced":
        return weight * (weight.sum() / (y.max() + 1) / np.bincount(y, weights=weight))[y]
    return weight * np.array([(class_weight or {}).get(k, 1.0) for k in range(y.max() + 1)])[y]


@parametrize_with_checks(
    [
        LogisticRegression(),
        LogisticRegression(solver="newton-cholesky", C=10.0, class_weight="balanced"),
        LogisticRegression(solver="gd"),
    ]
)
def test_scikit_learn_api(estimator, check):
    check(estimator)


def test_parameters_and_defaults_are_scikit_learns():
    theirs = inspect.signature(reference.LogisticRegression).parameters
    ours = inspect.signature(LogisticRegression).parameters
    shared = {name: parameter for name, parameter in theirs.items() if name in ours}
    assert list(ours) == list(shared)
    assert [(p.default, p.kind) for p in ours.values()] == [(p.default, p.kind) for p in shared.values()]


# by hand


def test_the_objective_by_hand():
    # theta = (log 3, 0), x = 1: p = 3/4; labels 1, 1, 0: -(2 log 3/4 + log 1/4) / 3, gradient 3/4 - 2/3
    X, y = np.ones((3, 1)), np.array([1.0, 1.0, 0.0])
    value, grad = logistic_value_grad(np.array([np.log(3.0)]), X, y)
    assert_allclose(value, -(2 * np.log(0.75) + np.log(0.25)) / 3)
    assert_allclose(grad, [0.75 - 2 / 3])
    assert_allclose(logistic_hessian(np.array([np.log(3.0)]), X, y), [[3 / 16]])
    value, grad = logistic_value_grad(np.array([np.log(3.0)]), X, y, l2=0.5)
    assert_allclose(grad, [0.75 - 2 / 3 + 0.5 * np.log(3.0)])


def test_the_table_of_four_by_hand():
    # in the group x = 0 one of four is positive, in x = 1 three of four: odds 1/3 and 3, ratio 9
    X, y = np.repeat([[0.0], [1.0]], 4, axis=0), np.array([1, 0, 0, 0, 1, 1, 1, 0])
    model = LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky").fit(X, y)
    assert_allclose(odds_ratio(model.coef_), [[9.0]], rtol=1e-8)
    assert_allclose(np.exp(model.intercept_), [1 / 3], rtol=1e-8)
    assert_allclose(model.predict_proba([[0.0], [1.0]])[:, 1], [0.25, 0.75], rtol=1e-8)
    assert_allclose(irls(X, y, tol=1e-10).x, [np.log(9), -np.log(3)], rtol=1e-8)


def test_softmax_by_hand():
    # one constant feature: the probabilities are the shares 1/2, 1/3, 1/6, and the intercepts sum to 0
    y = np.array(["a", "a", "a", "b", "b", "c"])
    model = LogisticRegression(C=np.inf, tol=1e-10).fit(np.zeros((6, 1)), y)
    logs = np.log([1 / 2, 1 / 3, 1 / 6])
    assert_allclose(model.predict_proba([[0.0]]), [[1 / 2, 1 / 3, 1 / 6]], atol=1e-9)
    assert_allclose(model.intercept_, logs - logs.mean(), atol=1e-8)
    assert_array_equal(model.coef_, np.zeros((3, 1)))


def test_pin_shift_by_hand():
    # a shift (1, 1) had curvature 0 and gets 2 * 1/4 / 2 = 1/4; along (1, -1) nothing changes
    hess = np.array([[0.25, -0.25], [-0.25, 0.25]])
    assert_allclose(pin_shift(hess, 2) @ [1, 1], [0.25, 0.25])
    assert_allclose(pin_shift(hess, 2) @ [1, -1], hess @ [1, -1])


def test_separates_by_hand():
    scores = np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert separates(scores, np.array([0, 2]))
    assert not separates(scores, np.array([1, 2]))
    assert not separates(np.zeros((2, 3)), np.array([0, 2]))  # a tie is no separation


# invariants


@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("with_intercept", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.7])
@pytest.mark.parametrize("weighted", [True, False])
def test_gradient_and_hessian_are_the_derivatives(K, with_intercept, l2, weighted):
    X, y, weight = data(30, 3, K)
    fun, hess = (logistic_value_grad, logistic_hessian) if K == 2 else (softmax_value_grad, softmax_hessian)
    theta = np.random.default_rng(1).normal(size=(1 if K == 2 else K) * (3 + with_intercept))
    arguments = (X, y, l2, weight if weighted else None)
    grad, curvature = fun(theta, *arguments)[1], hess(theta, *arguments)
    assert_allclose(grad, finite_difference_gradient(lambda t: fun(t, *arguments)[0], theta), rtol=1e-6, atol=1e-7)
    differences = finite_difference_jacobian(lambda t: fun(t, *arguments)[1], theta)
    assert_allclose(curvature, differences, rtol=1e-6, atol=1e-7)
    assert np.linalg.eigvalsh(curvature).min() > -1e-12


@pytest.mark.parametrize("K", [2, 4])
@pytest.mark.parametrize("with_intercept", [True, False])
def test_value_gradient_and_hessian_are_torchs(K, with_intercept):
    X, y, weight = data(40, 3, K, seed=2)
    l2, rows = 0.3, 1 if K == 2 else K
    theta = np.random.default_rng(3).normal(size=rows * (3 + with_intercept))
    tX, ty, tw = torch.tensor(X), torch.tensor(y), torch.tensor(weight)

    def fun(t):
        table = t.reshape(rows, -1)
        Z = tX @ table[:, :3].T + (table[:, 3] if with_intercept else 0.0)
        if K == 2:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(Z[:, 0], ty.double(), reduction="none")
        else:
            loss = torch.nn.functional.cross_entropy(Z, ty, reduction="none")
        return (tw * loss).sum() + 0.5 * l2 * (table[:, :3] ** 2).sum()

    t = torch.tensor(theta, requires_grad=True)
    expected = fun(t)
    (expected_grad,) = torch.autograd.grad(expected, t)
    value, grad = (logistic_value_grad if K == 2 else softmax_value_grad)(theta, X, y, l2, weight)
    hess = (logistic_hessian if K == 2 else softmax_hessian)(theta, X, y, l2, weight)
    assert_allclose(value, expected.item(), rtol=1e-13)
    assert_allclose(grad, expected_grad, rtol=1e-11, atol=1e-12)
    assert_allclose(hess, torch.autograd.functional.hessian(fun, torch.tensor(theta)), rtol=1e-11, atol=1e-12)


def test_scores_of_any_size_overflow_nowhere():
    X = np.array([[1e5], [-1e5], [1e5]])
    value, grad = logistic_value_grad(np.array([1.0]), X, np.array([1.0, 0.0, 0.0]))
    assert_allclose([value, grad[0]], [1e5 / 3, 1e5 / 3])
    value, grad = softmax_value_grad(np.array([1.0, -1.0, 0.0]), X, np.array([0, 1, 2]))
    assert_allclose(value, 1e5 / 3)
    assert np.isfinite(grad).all()


@given(seed=st.integers(0, 10**6), K=st.integers(2, 4), l2=st.floats(0.0, 2.0))
@settings(max_examples=30, deadline=None)
def test_the_objective_is_convex(seed, K, l2):
    X, y, weight = data(20, 3, K, seed)
    fun = logistic_value_grad if K == 2 else softmax_value_grad
    a, b = 3 * np.random.default_rng(seed).normal(size=(2, 4 * (1 if K == 2 else K)))
    (fa, ga), (fb, _) = fun(a, X, y, l2, weight), fun(b, X, y, l2, weight)
    assert fb >= fa + ga @ (b - a) - 1e-10 * (1 + abs(fa) + abs(fb))  # above its tangent


def test_a_shift_of_all_classes_changes_nothing():
    X, y, weight = data(40, 3, 3)
    theta = np.random.default_rng(0).normal(size=(3, 4))
    shift = np.array([1.0, -2.0, 0.5, 3.0])
    value, grad = softmax_value_grad(theta.ravel(), X, y, 0.0, weight)
    value_shifted, grad_shifted = softmax_value_grad((theta + shift).ravel(), X, y, 0.0, weight)
    assert_allclose(value_shifted, value, rtol=1e-12)
    assert_allclose(grad_shifted, grad, atol=1e-11)
    assert_allclose(softmax_hessian(theta.ravel(), X, y, 0.0, weight) @ np.tile(shift, 3), 0.0, atol=1e-11)
    assert_allclose(grad.reshape(3, 4).sum(axis=0), 0.0, atol=1e-11)


def test_softmax_of_two_classes_is_the_logistic_model():
    # scores -z/2 and z/2 have the penalty (|w/2|^2 + |w/2|^2) l2 = |w|^2 l2 / 2
    X, y, weight = data(40, 3)
    theta = np.random.default_rng(0).normal(size=4)
    value, grad = logistic_value_grad(theta, X, y, 0.4, weight)
    both, both_grad = softmax_value_grad(np.concatenate([-theta / 2, theta / 2]), X, y, 0.8, weight)
    assert_allclose(both, value, rtol=1e-12)
    assert_allclose((both_grad[4:] - both_grad[:4]) / 2, grad, rtol=1e-10)


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_weight_of_two_is_a_sample_twice_and_zero_is_none(K, solver):
    X, y, _ = data(60, 3, K)
    weight = np.resize([2, 1, 0], 60)
    weighted = LogisticRegression(C=0.5, tol=1e-8, max_iter=5000, solver=solver).fit(X, y, sample_weight=weight)
    repeated = clone(weighted).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.coef_, repeated.coef_, atol=1e-6)
    assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-6)
    scaled = clone(weighted).set_params(C=0.05).fit(X, y, sample_weight=10 * weight)  # only C s_i matters
    assert_allclose(weighted.coef_, scaled.coef_, atol=1e-6)


def test_no_iteration_of_irls_raises_the_objective():
    X, y, weight = data()
    result = irls(X, y, 0.01, weight / weight.sum(), tol=1e-10)
    assert (np.diff(result.trace.fun) <= 1e-15).all()
    assert result.trace.grad_norm[-1] <= 1e-10
    assert result.nit < 10


def test_an_irls_step_is_weighted_least_squares():
    X, y, _ = data()
    result = irls(X, y, fit_intercept=False, tol=1e-10)
    w = result.trace.x[0]
    for following in result.trace.x[1:3]:  # full steps
        p = 1 / (1 + np.exp(-X @ w))
        D = p * (1 - p)
        root = np.sqrt(D)[:, None]
        w = np.linalg.lstsq(root * X, root[:, 0] * (X @ w + (y - p) / D), rcond=None)[0]
        assert_allclose(following, w, rtol=1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
def test_rows_of_all_classes_sum_to_zero(solver):
    X, y, weight = data(K=4)
    for C in (0.3, np.inf):
        model = LogisticRegression(C=C, solver=solver, tol=1e-6, max_iter=5000).fit(X, y, weight)
        assert_allclose(model.coef_.sum(axis=0), 0.0, atol=1e-7)
        assert_allclose(model.intercept_.sum(), 0.0, atol=1e-7)


# the reference


@pytest.mark.parametrize("C", [0.01, 1.0, 30.0, np.inf])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 1: 0.5}])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("K", [2, 3])
def test_every_solver_finds_scikit_learns_optimum(C, fit_intercept, class_weight, weighted, K):
    X, y, weight = data(K=K)
    weight = weight if weighted else None
    if K == 3 and class_weight is not None and class_weight != "balanced":
        class_weight = {**class_weight, 2: 2.0}
    arguments = dict(C=C, fit_intercept=fit_intercept, class_weight=class_weight)
    theirs = reference.LogisticRegression(**arguments, solver="newton-cholesky", tol=1e-12)
    theirs.fit(X, y, sample_weight=weight)
    total = with_classes(weight, y, class_weight)
    best, residual = objective(theirs, X, y, total)
    assert residual < 1e-9
    for solver in SOLVERS:
        tol = 1e-7 if solver == "gd" else 1e-9
        ours = LogisticRegression(**arguments, solver=solver, tol=tol, max_iter=10_000)
        ours.fit(X, y, sample_weight=weight)
        value, residual = objective(ours, X, y, total)
        assert residual <= tol  # the certificate: the objective is convex
        assert abs(value - best) < 1e-10
        assert ours.coef_.shape == theirs.coef_.shape and ours.intercept_.shape == theirs.intercept_.shape
        assert_allclose(ours.coef_, theirs.coef_, atol=1e-5 if solver == "gd" else 1e-7)
        assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5 if solver == "gd" else 1e-7)
        assert ours.n_iter_.shape == (1,) and ours.n_iter_.dtype == theirs.n_iter_.dtype
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5 if solver == "gd" else 1e-7)


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_digits])
@pytest.mark.parametrize("C", [0.1, 10.0])
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_real_data(load, C, solver):
    X, y = load(return_X_y=True)
    if load is load_digits:
        X, y = X[:600, ::2] / 16, y[:600]
    else:
        X = StandardScaler().fit_transform(X)
    theirs = reference.LogisticRegression(C=C, tol=1e-8, max_iter=5000).fit(X, y)
    ours = LogisticRegression(C=C, tol=1e-7, max_iter=5000, solver=solver).fit(X, y)
    value, residual = objective(ours, X, y)
    assert residual <= 1e-7
    assert abs(value - objective(theirs, X, y)[0]) < 1e-6
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=3e-3)
    assert_array_equal(ours.predict(X), theirs.predict(X))


AWKWARD = {
    "one feature": lambda X: X[:, :1],
    "a constant column": lambda X: np.column_stack([X, np.full(len(X), 7.0)]),
    "a column of zeros": lambda X: np.column_stack([X, np.zeros(len(X))]),
    "a column twice": lambda X: np.column_stack([X, X[:, 0]]),
    "rows twice": lambda X: np.repeat(X[: len(X) // 2], 2, axis=0),
    "more features than samples": lambda X: np.random.default_rng(5).normal(size=(len(X), 2 * len(X))),
    "Fortran order": np.asfortranarray,
    "integers": lambda X: (3 * X).astype(int),
    "a view": lambda X: np.column_stack([X, X])[::-1, ::2],
}


@pytest.mark.parametrize("shape", AWKWARD)
@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
@pytest.mark.parametrize("K", [2, 3])
def test_awkward_shapes(shape, solver, K):
    X, y, weight = data(40, 3, K)
    X = AWKWARD[shape](X)
    arguments = dict(C=2.0, tol=1e-9, max_iter=2000)
    theirs = reference.LogisticRegression(C=2.0, tol=1e-12, solver="newton-cholesky").fit(X, y, weight)
    ours = LogisticRegression(**arguments, solver=solver).fit(X, y, weight)
    assert objective(ours, X, y, weight)[1] <= 1e-9
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("shape", ["a constant column", "a column twice", "a column of zeros"])
def test_a_singular_hessian_without_a_penalty(shape, solver, K):
    X, y, _ = data(80, 3, K)
    best, _ = objective(LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y), X, y)
    X = AWKWARD[shape](X)
    model = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1000, solver=solver).fit(X, y)
    value, residual = objective(model, X, y)
    assert residual <= 1e-9 and abs(value - best) < 1e-12
    assert np.abs(model.coef_).max() < 20


@given(
    n=st.integers(4, 30),
    d=st.integers(1, 6),
    K=st.integers(2, 4),
    log_C=st.floats(-3, 2),
    fit_intercept=st.booleans(),
    solver=st.sampled_from(["lbfgs", "newton-cholesky"]),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_any_small_problem(n, d, K, log_C, fit_intercept, solver, seed):
    X, y, weight = data(max(n, 2 * K), d, K, seed)
    arguments = dict(C=10.0**log_C, fit_intercept=fit_intercept, tol=1e-9, max_iter=2000)
    theirs = reference.LogisticRegression(**arguments).fit(X, y, weight)
    ours = LogisticRegression(**arguments, solver=solver).fit(X, y, weight)
    value, residual = objective(ours, X, y, weight)
    assert residual <= 1e-9
    assert value <= objective(theirs, X, y, weight)[0] + 1e-12
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)


@pytest.mark.parametrize("K", [2, 3])
def test_float32_stays_float32(K):
    X, y, weight = data(K=K)
    X = X.astype(np.float32)
    theirs = reference.LogisticRegression(tol=1e-6).fit(X, y, weight)
    ours = LogisticRegression(tol=1e-6).fit(X, y, weight)
    exact = LogisticRegression(tol=1e-6).fit(X.astype(float), y, weight)
    for name in ("coef_", "intercept_"):
        assert getattr(ours, name).dtype == getattr(theirs, name).dtype == np.float32
        assert_allclose(getattr(ours, name), getattr(exact, name), rtol=1e-6)  # the fit itself is in float64
        assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-3)
    assert ours.predict_proba(X).dtype == theirs.predict_proba(X).dtype == np.float32


@pytest.mark.parametrize("labels", [["b", "a"], [True, False], [7, -1], [0.0, 2.0], ["x", "z", "y"]])
def test_predictions_are_scikit_learns_for_labels_of_any_kind(labels):
    X, y, _ = data(K=len(labels))
    y = np.array(labels)[y]
    arguments = dict(tol=1e-9, class_weight={labels[0]: 2.0})
    theirs = reference.LogisticRegression(**arguments).fit(X, y)
    ours = LogisticRegression(**arguments).fit(X, y)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    for method in ("decision_function", "predict_proba", "predict_log_proba"):
        assert_allclose(getattr(ours, method)(X), getattr(theirs, method)(X), atol=1e-6)
    assert ours.score(X, y) == theirs.score(X, y)


def test_log_probabilities_do_not_underflow():
    X, y, _ = data()
    model = LogisticRegression().fit(X, y)
    far = 1e4 * np.sign(model.coef_)
    assert_allclose(model.predict_log_proba(far)[0, 0], -model.decision_function(far)[0])
    assert model.predict_proba(far)[0, 0] == 0.0


# among scikit-learn's tools


def test_pipeline_grid_search_clone_pickle_and_pandas():
    X, y, _ = data()
    grid = {"logisticregression__C": [1e-4, 1.0], "logisticregression__class_weight": [None, "balanced"]}
    results = [
        GridSearchCV(make_pipeline(StandardScaler(), model), grid, cv=4).fit(X, y)
        for model in (LogisticRegression(tol=1e-9), reference.LogisticRegression(tol=1e-9))
    ]
    assert results[0].best_params_ == results[1].best_params_
    assert_allclose(results[0].cv_results_["mean_test_score"], results[1].cv_results_["mean_test_score"])
    model = LogisticRegression(C=3.0, solver="newton-cholesky").fit(X, y)
    assert clone(model).get_params() == model.get_params()
    assert_array_equal(pickle.loads(pickle.dumps(model)).coef_, model.coef_)
    frame = pd.DataFrame(X, columns=list("abcd"))
    named = clone(model).fit(frame, pd.Series(y).map({0: "no", 1: "yes"}))
    assert named.feature_names_in_.tolist() == list("abcd")
    assert_allclose(named.coef_, model.coef_, rtol=1e-12)
    with pytest.raises(ValueError, match="feature names"):
        named.predict(frame.rename(columns={"a": "z"}))
    assert set(named.predict(frame)) == {"no", "yes"}
