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
    active_set,
    coordinate_pass,
    enet_block_descent,
    enet_coordinate_descent,
    enet_duality_gap,
    enet_path,
    lasso_path,
    soft_threshold,
)
from companion.preprocessing import PolynomialFeatures, StandardScaler


def objective(X, y, w, b, alpha, rho, weight=None):
    s = np.ones(len(y)) if weight is None else weight
    fit = (s * (y - X @ w - b) ** 2).sum() / (2 * s.sum())
    return fit + alpha * rho * np.abs(w).sum() + 0.5 * alpha * (1 - rho) * (w @ w)


@parametrize_with_checks([Lasso(), ElasticNet(), ElasticNet(0.1, l1_ratio=0.9, fit_intercept=False, max_iter=10_000)])
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
    arguments = {"alpha": alpha, "l1_ratio": rho, "fit_intercept": fit_intercept, "tol": 1e-13, "max_iter": 100_000}
    ours, theirs = ElasticNet(**arguments), reference.ElasticNet(**arguments)
    ours.fit(X, y, sample_weight=weight)
    theirs.fit(X, y, sample_weight=weight)
    values = [objective(X, y, m.coef_, m.intercept_, alpha, rho, weight) for m in (ours, theirs)]
    assert_allclose(values[0], values[1], rtol=1e-6)
    s = np.ones(len(y)) if weight is None else weight
    y_mean = np.average(y, weights=weight) if fit_intercept else 0.0
    scale = (s @ (y - y_mean) ** 2) / s.sum()
    assert -1e-14 * scale <= ours.dual_gap_ <= 1e-13 * scale
    # KKT: the gradient of the smooth part is -l1 sign(w) where w != 0, and within [-l1, l1] elsewhere
    residual = y - X @ ours.coef_ - ours.intercept_
    gradient = -X.T @ (s * residual) / s.sum() + alpha * (1 - rho) * ours.coef_
    active = ours.coef_ != 0
    assert_allclose(gradient[active], -alpha * rho * np.sign(ours.coef_[active]), atol=1e-5)
    assert (np.abs(gradient[~active]) <= alpha * rho + 1e-5).all()
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


@pytest.mark.parametrize(("alpha", "rho"), [(0.2, 1.0), (0.2, 0.3), (0.2, 0.0), (0.0, 0.5)])
def test_our_gap_is_scikit_learns(alpha, rho):
    X, y, _ = make_sparse_regression(50, 8, 3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stopped early on purpose; no l1 penalty
        theirs = reference.ElasticNet(alpha=alpha, l1_ratio=rho, max_iter=1, tol=1e-12, fit_intercept=False).fit(X, y)
    w, l1, l2 = theirs.coef_, 50 * alpha * rho, 50 * alpha * (1 - rho)
    ours = enet_duality_gap(w, X.T @ (X @ w), X.T @ y, y @ y, l1, l2) / 50
    assert ours > 1e-6
    assert_allclose(ours, theirs.dual_gap_, rtol=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(1, 9),
    st.floats(0.01, 5.0),
    st.sampled_from([0.0, 0.7]),
    st.integers(0, 10**6),
)
def test_blocks_and_the_gram_matrix_find_the_same_minimum(n, d, block_size, l1, l2, seed):
    rng = np.random.default_rng(seed)
    X, y, start = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)
    primal = lambda v: 0.5 * ((y - X @ v) ** 2).sum() + l1 * np.abs(v).sum() + 0.5 * l2 * (v @ v)  # noqa: E731
    whole = enet_coordinate_descent(X.T @ X, X.T @ y, y @ y, l1, l2, start, 1e-9, 50_000)
    blocks = enet_block_descent(X, y, l1, l2, start, 1e-9, 50_000, block_size)
    for w, gap, _ in (whole, blocks):
        assert gap <= 1e-9 * (y @ y)
        assert_allclose(gap, enet_duality_gap(w, X.T @ (X @ w), X.T @ y, y @ y, l1, l2), atol=1e-12 * (y @ y))
    assert_allclose(primal(whole[0]), primal(blocks[0]), atol=2e-9 * (y @ y))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("block_size", [1, 3, 64])
def test_one_iteration_of_blocks_is_one_pass(order, block_size):
    X, y, _ = make_sparse_regression(30, 7, 7, noise=0.1, random_state=4)
    gram, w, q = X.T @ X, np.zeros(7), np.zeros(7)
    coordinate_pass(w, q, gram, X.T @ y, 0.01, 0.5, range(7))
    blocks, _, n_iter = enet_block_descent(np.asarray(X, order=order), y, 0.01, 0.5, None, 0.0, 1, block_size)
    assert n_iter == 1
    assert_allclose(blocks, w, rtol=1e-10)


def test_coordinates_left_out_of_a_pass_could_not_move():
    X, y, _ = make_sparse_regression(40, 15, 3, random_state=6)
    gram, Xy, w = X.T @ X, X.T @ y, np.zeros(15)
    w[[2, 9]] = 1.0, -0.1
    for l1 in (0.0, 1.0, 20.0, 1e4):
        moving = active_set(w, Xy - gram @ w, l1)
        for j in set(range(15)) - set(moving):
            assert coordinate_pass(w.copy(), gram @ w, gram, Xy, l1, 0.3, [j]) == 0.0
        assert {2, 9} <= set(moving)


def test_correlated_columns_change_over_to_the_gram_matrix():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 1)) + 0.2 * rng.normal(size=(80, 30))
    y = X[:, :5].sum(axis=1) + rng.normal(size=80)
    Xc, yc = X - X.mean(axis=0), y - y.mean()
    ours = Lasso(alpha=0.01, tol=1e-10, max_iter=100_000).fit(X, y)
    blocks, _, passes = enet_block_descent(Xc, yc, 80 * 0.01, 0.0, tol=1e-10, max_iter=100_000)
    assert 2 < ours.n_iter_ < passes / 2  # two block passes, and then fewer, cheaper iterations
    assert_allclose(*(objective(Xc, yc, w, 0.0, 0.01, 1.0) for w in (ours.coef_, blocks)), rtol=1e-8)
    assert ours.dual_gap_ <= 1e-10 * (yc @ yc) / 80


def test_the_objective_never_rises():
    X, y, _ = make_sparse_regression(30, 12, 4, random_state=1)
    gram, Xy, w = X.T @ X, X.T @ y, np.zeros(12)
    q, values = np.zeros(12), []
    for _ in range(15):
        values.append(objective(X, y, w, 0.0, 0.3, 1.0))
        coordinate_pass(w, q, gram, Xy, 30 * 0.3, 0.0, range(12))
        assert_allclose(q, gram @ w, atol=1e-10)
    assert (np.diff(values) <= 1e-12).all() and values[-1] < values[0]


def test_the_gradient_of_torch_vanishes_on_the_active_coordinates():
    X, y, _ = make_sparse_regression(40, 12, 3, random_state=2)
    model = ElasticNet(alpha=0.3, l1_ratio=0.4, tol=1e-14, max_iter=10_000).fit(X, y)
    w = torch.tensor(model.coef_, requires_grad=True)
    b = torch.tensor(float(model.intercept_), dtype=torch.float64, requires_grad=True)
    fit = ((torch.tensor(y) - torch.tensor(X) @ w - b) ** 2).sum() / 80
    (fit + 0.3 * 0.4 * w.abs().sum() + 0.5 * 0.3 * 0.6 * (w @ w)).backward()  # torch's subgradient of |w| at 0 is 0
    active = model.coef_ != 0
    assert 3 <= active.sum() < 12
    assert_allclose(w.grad.numpy()[active], 0, atol=1e-6)
    assert (w.grad.abs().numpy()[~active] <= 0.3 * 0.4).all() and abs(b.grad) < 1e-12


def test_without_an_l1_term_it_is_ridge():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the gap of ridge regression closes
        net = ElasticNet(alpha=0.3, l1_ratio=0.0, tol=1e-14, max_iter=10_000).fit(X, y)
    assert_allclose(net.coef_, Ridge(alpha=0.3 * 40).fit(X, y).coef_, rtol=1e-6)


def test_without_any_penalty_it_is_least_squares():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    with pytest.warns(UserWarning, match="With alpha=0, this algorithm does not converge well"):
        net = Lasso(alpha=0.0, tol=1e-14, max_iter=10_000).fit(X, y)
    assert_allclose(net.coef_, np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0], rtol=1e-6)


def test_constant_and_duplicate_columns():
    X, y, _ = make_sparse_regression(40, 4, 2, random_state=5)
    X = np.column_stack([X, X[:, 0], np.full(40, 7.0)])
    ours = Lasso(alpha=0.1, tol=1e-10, max_iter=10_000).fit(X, y)
    theirs = reference.Lasso(alpha=0.1, tol=1e-10, max_iter=10_000).fit(X, y)
    assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-4)
    assert_allclose(*(objective(X, y, m.coef_, m.intercept_, 0.1, 1.0) for m in (ours, theirs)), rtol=1e-8)
    assert ours.coef_[-1] == 0
    w = np.ones(2)  # a start that weighs a column of zeros: the weight goes, it would cost and explain nothing
    coordinate_pass(w, np.zeros(2), np.zeros((2, 2)), np.zeros(2), 1.0, 0.0, range(2))
    assert (w == 0).all()


def test_a_pass_over_integers_and_over_tiny_numbers():
    gram, Xy = np.array([[2, 1], [1, 2]]), np.array([5, 1])
    w, q = np.zeros(2), np.zeros(2)
    assert coordinate_pass(w, q, gram, Xy, 1, 0, range(2)) == 2.0
    assert_allclose(w, [2.0, 0.0])
    for w, q in ((np.zeros(2, int), np.zeros(2)), (np.zeros(2), np.zeros(2, int)), ([0.0, 0.0], np.zeros(2))):
        with pytest.raises(TypeError, match=r"expected floats|expected a ndarray"):
            coordinate_pass(w, q, gram, Xy, 1, 0, range(2))
    w, q = np.zeros(2), np.zeros(2)
    with np.errstate(all="raise"):
        coordinate_pass(w, q, np.array([[1e-200, 1e-200], [1e-200, 2.0]]), np.array([1e-310, 1.0]), 0.0, 0.0, range(2))
    assert_allclose(w, [1e-110, 0.5])


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (2, 90), (120, 90)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_awkward_shapes_and_dtypes_against_scikit_learn(shape, dtype):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[0]).astype(dtype)
    ours, theirs = (m(alpha=0.05, tol=1e-5, max_iter=10_000).fit(X, y) for m in (Lasso, reference.Lasso))
    assert ours.coef_.dtype == theirs.coef_.dtype == dtype
    assert ours.dual_gap_ <= 1e-5 * np.var(y)
    values = [objective(X.astype(float), y, m.coef_, m.intercept_, 0.05, 1.0) for m in (ours, theirs)]
    assert_allclose(*values, rtol=1e-6, atol=1e-5 * np.var(y))


@pytest.mark.parametrize("wide", [False, True])
def test_paths_against_scikit_learn(wide):
    X, y = load_diabetes(return_X_y=True)
    X = PolynomialFeatures(2, include_bias=False).fit_transform(X)[:50] if wide else X
    y = y[: len(X)]
    X, y = X - X.mean(axis=0), y - y.mean()
    stop = {"tol": 1e-11, "max_iter": 200_000}
    alphas, coefs, gaps = lasso_path(X, y, alphas=30, eps=0.05, **stop)
    theirs = reference.lasso_path(X, y, alphas=30, eps=0.05, **stop)
    assert_allclose(alphas, theirs[0], rtol=1e-10)
    for alpha, ours, other in zip(alphas, coefs.T, theirs[1].T):
        assert_allclose(*(objective(X, y, w, 0.0, alpha, 1.0) for w in (ours, other)), rtol=1e-8)
    if not wide:  # more features than samples leave the coefficients ill-conditioned
        assert_allclose(coefs, theirs[1], atol=1e-5 * np.abs(coefs).max())
    assert (coefs[:, 0] == 0).all() and (gaps <= 1e-11 * (y @ y) / len(y)).all()
    mixed, other = (path(X, y, l1_ratio=0.5, alphas=[0.01, 0.1], **stop) for path in (enet_path, reference.enet_path))
    assert list(mixed[0]) == [0.1, 0.01]
    assert_allclose(mixed[1], other[1], atol=1e-4 * np.abs(other[1]).max())


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
        (Lasso(-1.0), "alpha=-1.0, expected a number in"),
        (ElasticNet(l1_ratio=1.5), r"l1_ratio=1.5, expected a number in \[0, 1\]"),
        (Lasso("1"), "alpha='1', expected a number in"),
        (Lasso(np.nan), "alpha=nan"),
        (ElasticNet(l1_ratio="half"), r"l1_ratio='half', expected a number in \[0, 1\]"),
        (Lasso(tol=-1), "tol=-1, expected a number in"),
        (Lasso(max_iter=0), r"max_iter=0, expected an integer in \[1, inf\)"),
        (Lasso(max_iter=1.5), "max_iter=1.5, expected an integer"),
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
    with pytest.raises(ValueError, match="NaN"):
        lasso_path(np.array([[np.nan]]), np.array([1.0]))
    with pytest.raises(ValueError, match="l1_ratio=0.0"):
        enet_path(np.ones((2, 1)), np.ones(2), l1_ratio=0.0)
    with pytest.raises(ValueError, match="alpha=-1.0"):
        lasso_path(np.ones((2, 1)), np.ones(2), alphas=[1.0, -1.0])
    for X, y, words in (
        (np.empty((0, 2)), [], "0 sample"),
        ([["a"], ["b"]], [0.0, 1.0], "arrays of bytes/strings"),
        ([[1.0], [2.0]], [0.0], "inconsistent numbers of samples"),
    ):
        with pytest.raises(ValueError, match=words):
            ElasticNet().fit(X, y)
    with pytest.raises(ValueError, match="Negative values"):
        Lasso().fit([[1.0], [2.0]], [1.0, 2.0], sample_weight=[1.0, -1.0])


def test_the_warning_tells_the_gap():
    X, y, _ = make_sparse_regression(60, 50, 30, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"duality gap \d\.\d+e[-+]\d+ after 1 iterations") as record:
        model = Lasso(0.001, max_iter=1, tol=1e-10).fit(X, y)
    assert f"{model.dual_gap_:.3e}" in str(record[0].message) and model.n_iter_ == 1
    with pytest.warns(ConvergenceWarning, match="after 1 iterations"):
        lasso_path(X, y, alphas=[0.001], max_iter=1, tol=1e-10)
