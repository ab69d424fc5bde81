"""Lasso and elastic net where numbers are extreme or features degenerate; the working set and the walk along a face."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.exceptions import ConvergenceWarning

from companion.datasets import make_sparse_regression
from companion.linear_model import (
    ElasticNet,
    Lasso,
    WorkingSet,
    coordinate_pass,
    enet_block_descent,
    enet_coordinate_descent,
    enet_duality_gap,
    enet_path,
    enet_working_set,
    face_minimum,
    lasso_path,
)
from companion.validation import InvalidParameterError


def primal(X, y, w, l1, l2):
    return 0.5 * ((y - X @ w) ** 2).sum() + l1 * np.abs(w).sum() + 0.5 * l2 * (w @ w)


def passes_alone(gram, Xy, l1, l2, count):
    """The lasso of chapter 04: nothing but passes over all coordinates."""
    w, q = np.zeros(len(Xy)), np.zeros(len(Xy))
    for _ in range(count):
        coordinate_pass(w, q, gram, Xy, l1, l2, range(len(Xy)))
    return w


def optimality_violation(X, y, model):
    """How far the subgradient of the mean objective is from containing 0."""
    residual = y - X @ model.coef_ - model.intercept_
    gradient = -X.T @ residual / len(y) + model.alpha * (1 - model.l1_ratio) * model.coef_
    l1 = model.alpha * model.l1_ratio
    at_zero = np.maximum(np.abs(gradient) - l1, 0)
    return np.where(model.coef_ == 0, at_zero, np.abs(gradient + l1 * np.sign(model.coef_))).max()


def design(kind, n, d, rng):
    """Designs that make a solver stumble."""
    X = rng.normal(size=(n, d))
    if kind == "constant":
        X[:, rng.integers(d)] = 0.1
    elif kind == "copies":
        X[:, rng.integers(d)] = X[:, rng.integers(d)]
    elif kind == "almost constant":
        X[:, rng.integers(d)] = 1e6 + 1e-3 * rng.normal(size=n)
    elif kind == "opposite":
        X[:, 0] = -X[:, -1]
    elif kind == "correlated":
        X = rng.normal(size=(n, 1)) + 0.05 * X
    elif kind == "zeros":
        X[:, rng.integers(d)] = 0.0
    elif kind == "whole numbers":
        X = rng.integers(-1, 2, size=(n, d)).astype(float)
    return X


KINDS = ["plain", "constant", "copies", "almost constant", "opposite", "correlated", "zeros", "whole numbers"]


# The walk along a face


def test_a_walk_by_hand():
    gram, Xy = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([2.0, 1.0])
    # with both signs positive the bottom is (4/3, -2/3): the second weight crosses 0, then the first goes to 2 - 1
    assert_allclose(np.linalg.solve(gram, Xy - 1), [4 / 3, -2 / 3])
    assert_allclose(face_minimum(np.array([0.3, 0.3]), gram, Xy, 1.0, 0.0), [1.0, 0.0], rtol=1e-12)
    # without a penalty 0 is no obstacle; a weight that is 0 stays 0
    assert_allclose(face_minimum(np.array([0.3, 0.3]), gram, Xy, 0.0, 0.0), [2.0, 0.0], atol=1e-12)
    assert_allclose(face_minimum(np.array([0.0, 0.3]), gram, Xy, 0.5, 1.0), [0.0, 0.25], rtol=1e-12)
    assert_array_equal(face_minimum(np.zeros(2), gram, Xy, 1.0, 0.0), [0.0, 0.0])


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 15),
    st.integers(1, 15),
    st.floats(0.01, 3),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from(KINDS),
    st.integers(0, 10**6),
)
def test_a_walk_leads_downhill_and_keeps_zeros_and_signs(n, d, l1, l2, kind, seed):
    rng = np.random.default_rng(seed)
    X, y, w = design(kind, n, d, rng), rng.normal(size=n), rng.normal(size=d) * (rng.random(d) < 0.7)
    X -= X.mean(axis=0)
    start = w.copy()
    end = face_minimum(w, X.T @ X, X.T @ y, l1, l2)
    assert_array_equal(w, start)
    assert primal(X, y, end, l1, l2) <= primal(X, y, start, l1, l2) * (1 + 1e-9)
    assert (end * start >= 0).all() and (end[start == 0] == 0).all()
    if kind == "plain" and n > d:  # nothing can be gained by moving any weight that is left
        slope = X.T @ (y - X @ end) - l2 * end - l1 * np.sign(end)
        assert np.abs(slope[end != 0]).max(initial=0) <= 1e-8 * max(1.0, np.abs(X.T @ y).max())


# Three solvers, one minimum


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(1, 40),
    st.floats(0.05, 5.0),
    st.sampled_from([0.0, 0.7]),
    st.sampled_from(KINDS),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_the_working_set_finds_what_passes_find(n, d, l1, l2, kind, fortran, seed):
    rng = np.random.default_rng(seed)
    X = design(kind, n, d, rng)
    X, y = np.asarray(X - X.mean(axis=0), order="F" if fortran else "C"), rng.normal(size=n)
    start = rng.normal(size=d) * (rng.random(d) < 0.3)
    gram, Xy = X.T @ X, X.T @ y
    whole = enet_coordinate_descent(gram, Xy, y @ y, l1, l2, None, 1e-9, 5000)
    plain = passes_alone(gram, Xy, l1, l2, 300)
    assert primal(X, y, whole[0], l1, l2) <= primal(X, y, plain, l1, l2) + 2e-9 * (y @ y)
    for begin in (None, start):
        w, gap, _ = enet_working_set(X, y, l1, l2, begin, 1e-9, 5000)
        assert gap <= 1e-9 * (y @ y)
        assert_allclose(gap, enet_duality_gap(w, gram @ w, Xy, y @ y, l1, l2), atol=1e-11 * (y @ y))
        assert_allclose(primal(X, y, w, l1, l2), primal(X, y, whole[0], l1, l2), atol=2e-9 * (y @ y))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_working_set_of_several_rounds_and_its_parts(order):
    X, y, _ = make_sparse_regression(120, 900, 30, random_state=0)
    X = np.asarray(X, order=order)
    w, gap, _ = enet_working_set(X, y, 5.0, 0.0, tol=1e-12)
    assert 0 < np.count_nonzero(w) <= 120 and gap <= 1e-12 * (y @ y)
    slope = X.T @ (y - X @ w)
    assert_allclose(slope[w != 0], 5.0 * np.sign(w[w != 0]), rtol=1e-8)
    assert np.abs(slope).max() <= 5.0 * (1 + 1e-8)
    some, indices = WorkingSet(X, y), np.array([7, 3, 800, 4])
    for part in (indices[:1], indices[1:1], indices[1:]):
        some.add(part)
    chosen = X[:, indices]
    assert_array_equal(some.indices, indices)
    assert_allclose(some.gram, chosen.T @ chosen, rtol=1e-10)
    assert_allclose(some.Xy, chosen.T @ y, rtol=1e-10)
    weights = np.zeros(900)
    weights[indices] = 1.0, 2.0, 3.0, 4.0
    assert_allclose(some.slope(weights), X.T @ (y - X @ weights), rtol=1e-10)


def test_a_set_that_grows_too_large_gives_way_to_blocks():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2500)), rng.normal(size=20)
    w, gap, _ = enet_working_set(X, y, 1e-3, 400.0, tol=1e-6)
    assert np.count_nonzero(w) > 2000 and gap <= 1e-6 * (y @ y)
    blocks, _, _ = enet_block_descent(X, y, 1e-3, 400.0, tol=1e-6)
    assert_allclose(primal(X, y, w, 1e-3, 400.0), primal(X, y, blocks, 1e-3, 400.0), atol=2e-6 * (y @ y))


# Units


@settings(max_examples=60, deadline=None)
@given(st.integers(-500, 500), st.integers(-500, 500), st.sampled_from([1.0, 0.6]), st.booleans(), st.booleans())
def test_powers_of_two_change_units_and_nothing_else(u, v, rho, fit_intercept, weighted):
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    X, weight = X + 1, np.random.default_rng(1).uniform(size=30) if weighted else None
    a, b = (u - v, u + v) if rho == 1 else (u, u)  # alpha stands for two penalties: with both, w keeps its unit
    plain, scaled = (ElasticNet(l1_ratio=rho, fit_intercept=fit_intercept, tol=1e-8) for _ in range(2))
    plain.set_params(alpha=0.3).fit(X, y, sample_weight=weight)
    scaled.set_params(alpha=float(np.ldexp(0.3, a + b)))
    scaled.fit(np.ldexp(X, a), np.ldexp(y, b), sample_weight=weight)
    assert_array_equal(scaled.coef_, np.ldexp(plain.coef_, b - a))
    assert_array_equal(scaled.intercept_, np.ldexp(plain.intercept_, b))
    assert scaled.n_iter_ == plain.n_iter_ and not np.isnan(scaled.dual_gap_)


@pytest.mark.parametrize(("a", "b"), [(-110, -60), (-60, -110), (-60, 60), (0, 110), (60, -60), (110, 0), (110, 110)])
def test_the_same_in_single_precision(a, b):
    X, y, _ = (part.astype(np.float32) for part in make_sparse_regression(30, 5, 2, random_state=1))
    plain = Lasso(0.3, tol=1e-5).fit(X, y)
    scaled = Lasso(float(np.ldexp(0.3, a + b)), tol=1e-5).fit(np.ldexp(X, a), np.ldexp(y, b))
    assert scaled.coef_.dtype == np.float32 and (plain.coef_ != 0).any()
    assert_array_equal(scaled.coef_, np.ldexp(plain.coef_, b - a))
    assert_allclose(scaled.intercept_, np.ldexp(plain.intercept_, b), rtol=1e-5)


@pytest.mark.parametrize("power", [1e-200, 1e-120, 1e120, 1e160, 1e200])
def test_large_and_small_targets_beside_scikit_learn_in_moderate_units(power):
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    theirs = reference.Lasso(0.1, tol=1e-10).fit(X, y)
    for features, targets, alpha, unit in ((X, y * power, 0.1 * power, power), (X * power, y, 0.1 * power, 1 / power)):
        ours = Lasso(alpha, tol=1e-10).fit(features, targets)
        assert_allclose(ours.coef_ / unit, theirs.coef_, rtol=1e-5, atol=1e-8)
        scale = 1.0 if unit != power else power
        assert_allclose(ours.predict(features) / scale, theirs.predict(X), rtol=1e-6, atol=1e-6)


def test_a_penalty_too_small_to_certify_is_told():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    for features, targets in ((X, y * 1e160), (X * 1e160, y), (X.astype(np.float32), (y * 1e20).astype(np.float32))):
        with pytest.warns(ConvergenceWarning, match="duality gap"):
            model = Lasso(0.1).fit(features, targets)
        assert np.isfinite(model.coef_).all() and not np.isnan(model.dual_gap_)
        least = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0]
        unit = np.abs(targets).max() / np.abs(y).max() / (np.abs(features).max() / np.abs(X).max())
        assert_allclose(model.coef_ / unit, least, rtol=1e-3, atol=1e-4)


def test_what_no_float_can_hold_is_an_error():
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    with pytest.raises(ValueError, match="beyond the largest float"):
        Lasso(0.1).fit(X * 1e-200, y * 1e200)
    with pytest.raises(ValueError, match="beyond the largest float"):
        lasso_path(X * 1e-200, y * 1e200, alphas=[0.1])
    with pytest.raises(ValueError, match="infinity or a value too large"):
        Lasso(0.1).fit(X.astype(np.float32), y * 1e200)


@pytest.mark.parametrize("alpha", [1e300, 1e308])
@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_a_huge_penalty_leaves_nothing(alpha, rho):
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    model = ElasticNet(alpha, l1_ratio=rho).fit(X, y)
    assert (np.abs(model.coef_) < 1e-290).all()
    assert_allclose(model.intercept_, y.mean())


# Weights of samples


@pytest.mark.parametrize("unit", [1e-308, 1e-200, 1.0, 1e200, 1e308])
def test_only_ratios_of_weights_matter(unit):
    X, y, _ = make_sparse_regression(40, 6, 3, random_state=2)
    weight = np.r_[np.zeros(10), np.ones(20), np.full(10, 0.5)]
    ours = Lasso(0.1, tol=1e-10).fit(X, y, sample_weight=weight * unit)
    theirs = reference.Lasso(0.1, tol=1e-10).fit(X, y, sample_weight=weight)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    assert_allclose(ours.coef_, Lasso(0.1, tol=1e-10).fit(X[10:], y[10:], sample_weight=weight[10:]).coef_, atol=1e-6)
    with pytest.raises(ValueError, match="at least one non-zero number"):
        Lasso().fit(X, y, sample_weight=np.zeros(40))


# Degenerate designs


@settings(max_examples=80, deadline=None)
@given(
    st.integers(2, 25),
    st.integers(1, 25),
    st.sampled_from(KINDS),
    st.floats(-2.5, 0.5),
    st.sampled_from([0.2, 0.9, 1.0]),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_degenerate_designs_beside_scikit_learn(n, d, kind, log_alpha, rho, fit_intercept, seed):
    rng = np.random.default_rng(seed)
    X, y = design(kind, n, d, rng), rng.normal(size=n) * 3 + 1
    if kind == "almost constant" and not fit_intercept:
        X[np.abs(X) > 1e3] = 1.0  # a million without an intercept is another matter
    arguments = {"alpha": 10.0**log_alpha, "l1_ratio": rho, "fit_intercept": fit_intercept, "tol": 1e-9}
    ours = ElasticNet(**arguments, max_iter=5000).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = reference.ElasticNet(**arguments, max_iter=5000).fit(X, y)
    centered = y - y.mean() * fit_intercept
    assert ours.dual_gap_ <= 1e-9 * (centered @ centered) / n
    values = [
        primal(X, y - m.intercept_, m.coef_, n * ours.alpha * rho, n * ours.alpha * (1 - rho)) for m in (ours, theirs)
    ]
    assert values[0] <= values[1] + 2e-9 * (centered @ centered) + 1e-12
    assert optimality_violation(X - X.mean(axis=0) * fit_intercept, centered, _without_intercept(ours)) <= 1e-3
    if theirs.dual_gap_ <= 1e-9 * (centered @ centered) / n:
        assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-3 * np.abs(y).max())


def _without_intercept(model):
    plain = ElasticNet(model.alpha, l1_ratio=model.l1_ratio)
    plain.coef_, plain.intercept_ = model.coef_, 0.0
    return plain


def test_constant_columns_weigh_nothing_even_without_a_penalty():
    X = np.column_stack([np.full(20, 0.1), np.random.default_rng(0).normal(size=20), np.full(20, 1e-30)])
    for model in (Lasso(0.01), Lasso(0.0), ElasticNet(0.0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.fit(X, 3 * X[:, 1] + 5)
        assert model.coef_[0] == model.coef_[2] == 0
        assert_allclose(model.coef_[1], 3, rtol=0.02)


def test_a_constant_target_needs_no_features():
    model = Lasso(0.1).fit(np.random.default_rng(0).normal(size=(20, 3)), np.full(20, 0.3))
    assert_array_equal(model.coef_, 0)
    assert_allclose(model.intercept_, 0.3)
    assert model.dual_gap_ == 0 and model.n_iter_ == 0


# Paths


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, int])
def test_a_path_of_zeros_and_of_any_dtype_is_scikit_learns(dtype):
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    X = (4 * X).astype(dtype)
    for targets in (y, 0 * y):
        ours, theirs = (path(X, targets, alphas=5, eps=0.1) for path in (lasso_path, reference.lasso_path))
        assert [part.dtype for part in ours] == [part.dtype for part in theirs]
        assert_allclose(ours[0], theirs[0], rtol=1e-5)
        assert_allclose(ours[1], theirs[1], atol=0.02)


def test_a_path_in_other_units():
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    for shape in (slice(None), slice(0, 4)):
        plain = enet_path(X[shape], y[shape], l1_ratio=1.0, alphas=6, eps=0.1, tol=1e-8)
        scaled = lasso_path(np.ldexp(X[shape], 300), np.ldexp(y[shape], -200), alphas=6, eps=0.1, tol=1e-8)
        assert_allclose(scaled[0], np.ldexp(plain[0], 100), rtol=1e-12)
        assert_allclose(scaled[1], np.ldexp(plain[1], -500), rtol=1e-9)


def test_a_path_of_ridge_regressions_has_no_largest_penalty():
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    with pytest.raises(ValueError, match="alphas have to be given with l1_ratio=0.0"):
        enet_path(X, y, l1_ratio=0.0)
    ours = enet_path(X, y, l1_ratio=0.0, alphas=[0.1, 1.0], tol=1e-12)
    for alpha, w in zip(ours[0], ours[1].T):
        assert_allclose(w, np.linalg.solve(X.T @ X + 30 * alpha * np.eye(5), X.T @ y), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"alphas": []}, r"alphas of shape \(0,\)"),
        ({"alphas": [[1.0]]}, r"alphas of shape \(1, 1\)"),
        ({"alphas": 0}, "alphas=0, expected an integer"),
        ({"alphas": True}, "alphas=True"),
        ({"alphas": "many"}, "alphas='many'"),
        ({"alphas": ["1"]}, "alphas has dtype"),
        ({"alphas": [np.nan]}, "alpha=nan"),
        ({"alphas": [np.inf]}, "alpha=inf"),
        ({"eps": 0.0}, "eps=0.0"),
        ({"eps": np.nan}, "eps=nan"),
        ({"tol": np.inf}, "tol=inf"),
        ({"max_iter": 0}, "max_iter=0"),
    ],
)
def test_bad_arguments_of_a_path(arguments, words):
    with pytest.raises(InvalidParameterError, match=words):
        lasso_path(np.ones((2, 1)), np.ones(2), **arguments)


# Parameters


@pytest.mark.parametrize("wrong", ["no", 1, 0, None, 1.0])
def test_a_switch_is_true_or_false(wrong):
    with pytest.raises(InvalidParameterError, match="fit_intercept=.*, expected True or False"):
        Lasso(fit_intercept=wrong).fit([[1.0], [2.0]], [1.0, 2.0])


def test_no_penalty_is_warned_of_as_scikit_learn_does():
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    words = "With alpha=0, this algorithm does not converge well. You are advised to use the LinearRegression estimator"
    for module in (Lasso, reference.Lasso):
        with pytest.warns(UserWarning, match=words):
            module(0.0, tol=1e-3).fit(X, y)


def test_the_lasso_is_an_elastic_net_of_ratio_one():
    assert Lasso().l1_ratio == reference.Lasso().l1_ratio == 1.0 and "l1_ratio" not in Lasso().get_params()
