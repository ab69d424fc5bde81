"""Least squares and ridge regression where numbers are extreme: singular designs, units, weights, float32."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.base import clone

from companion.linear_model import LinearRegression, Ridge, lstsq_normal, lstsq_qr, lstsq_svd, ridge_svd

RIDGES = [Ridge(0.0), Ridge(0.0, solver="svd"), LinearRegression()]


# Constant and dependent columns


@pytest.mark.parametrize("model", RIDGES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_constant_column_gets_the_coefficient_0(model, dtype, weighted):
    for seed in range(200 if dtype == np.float64 and not weighted else 20):
        rng = np.random.default_rng(seed)
        X = np.column_stack([np.full(20, 0.1), rng.normal(size=20)]).astype(dtype)
        weight = rng.uniform(0, 1, 20) if weighted else None
        model.fit(X, 3 * X[:, 1] + 5, sample_weight=weight)
        assert model.coef_[0] == 0
        assert_allclose([model.coef_[1], model.intercept_], [3, 5], rtol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("solver", ["qr", "normal"])
@pytest.mark.parametrize("constant", [0.1, 1e-300, 1e10, 0.0])
def test_the_direct_solvers_know_a_constant_column(solver, constant):
    X = np.column_stack([np.full(30, constant), np.arange(30.0)])
    with pytest.raises(np.linalg.LinAlgError):
        LinearRegression(solver=solver).fit(X, 3 * X[:, 1])


@pytest.mark.parametrize("model", [LinearRegression(), Ridge(1e-3), Ridge(1.0)])
@pytest.mark.parametrize("spread", [1e-9, 1e-12, 1e-14])
def test_an_almost_constant_column_is_used_as_far_as_it_is_known(model, spread):
    rng = np.random.default_rng(0)
    X = np.column_stack([1 + spread * rng.normal(size=50), rng.normal(size=50)])
    y = X[:, 1] + 0.1 * rng.normal(size=50)
    theirs = getattr(reference, type(model).__name__)(**{"alpha": model.alpha} if hasattr(model, "alpha") else {})
    assert_allclose(model.fit(X, y).predict(X), theirs.fit(X, y).predict(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [50, 2_000, 200_000])
def test_dependent_columns_are_found_however_many_samples_there_are(n, dtype):
    B = np.random.default_rng(0).normal(size=(n, 3))
    X = np.column_stack([B, B[:, 0] - B[:, 1]]).astype(dtype)
    y = (B @ [1.0, 2.0, 3.0]).astype(dtype)
    w, rank, _ = lstsq_svd(X, y)
    assert rank == 3
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    assert_allclose(w, [4 / 3, 5 / 3, 3, -1 / 3], atol=tolerance)  # (1, 2, 3, 0), less its part along (1, -1, 0, -1)
    assert_allclose(ridge_svd(X, y, 0.0), w, atol=tolerance)
    with pytest.raises(np.linalg.LinAlgError):
        lstsq_qr(X, y)


@pytest.mark.parametrize("n", [200, 1_000_000])
def test_independent_columns_are_used_however_many_samples_there_are(n):
    X = (np.random.default_rng(0).normal(size=(n, 2)) * [1000, 1]).astype(np.float32)
    y = (X @ np.float32([1e-3, 2])).astype(np.float32)
    for solve in (lstsq_qr, lstsq_normal, lambda X, y: lstsq_svd(X, y)[0]):
        assert_allclose(solve(X, y), [1e-3, 2], rtol=1e-4)


@pytest.mark.parametrize("ratio", [1000, 30_000])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_float32_of_different_units(ratio, fit_intercept):
    X = (np.random.default_rng(0).normal(size=(20_000, 2)) * [ratio, 1]).astype(np.float32)
    y = (X @ np.float32([1 / ratio, 2])).astype(np.float32)
    for model in (LinearRegression(), LinearRegression(solver="qr"), *RIDGES, Ridge(1e-3)):
        model = clone(model).set_params(fit_intercept=fit_intercept).fit(X, y)
        assert_allclose(model.coef_, [1 / ratio, 2], rtol=1e-3)
        assert model.score(X, y) > 1 - 1e-6


def test_the_cut_off_is_the_parameter_tol():
    X = np.random.default_rng(0).normal(size=(30, 3)) * [1, 1e-4, 1e-8]
    y = X @ [1, 1e4, 1e8]
    for tol, rank in ((1e-2, 1), (1e-6, 2), (0.0, 3)):
        ours, theirs = LinearRegression(tol=tol).fit(X, y), reference.LinearRegression(tol=tol).fit(X, y)
        assert ours.rank_ == theirs.rank_ == rank
        assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("tol", [0.0, 1.0, 5.0])
def test_a_cut_off_outside_of_0_and_1_is_that_of_rounding_errors(tol):
    X = np.random.default_rng(0).normal(size=(30, 3))
    X[:, 2] = X[:, 0] - X[:, 1]
    for design, rank in ((X, 2), (X[:, :2], 2), (X[:2], 2)):
        ours = LinearRegression(tol=tol, fit_intercept=False).fit(design, design[:, 0])
        assert ours.rank_ == rank
        assert_allclose(ours.predict(design), design[:, 0], atol=1e-12)
        assert_allclose(lstsq_svd(design, design[:, 0], tol)[0], ours.coef_)


# Units of X and y


@settings(max_examples=50, deadline=None)
@given(st.integers(-990, 990), st.integers(-990, 990), st.sampled_from([(30, 4), (5, 12)]), st.integers(0, 10**6))
def test_predictions_follow_the_units(of_X, of_y, shape, seed):
    """Powers of two change no digit, only exponents; where the coefficients have no float, an error says so."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(1, 2, shape), rng.normal(1, 2, (shape[0], 2))
    solvers = ["svd", "qr", "normal"] if shape[0] > shape[1] else ["svd"]
    models = [LinearRegression(solver=solver) for solver in solvers] + RIDGES[:2]
    for model in models:
        before = model.fit(X, y).predict(X)
        unit_X, unit_y = 2.0**of_X * X, 2.0**of_y * y
        if of_y - of_X > 1000:
            with pytest.raises(ValueError, match="the coefficients overflow: scale X or y"):
                model.fit(unit_X, unit_y)
        elif of_y - of_X > -1000:
            after = model.fit(unit_X, unit_y).predict(unit_X)
            assert_allclose(after * 2.0**-of_y, before, rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(0, 10**6))
def test_predictions_follow_the_units_in_float32(of_X, of_y, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(1, 2, (30, 3)).astype(np.float32), rng.normal(1, 2, 30).astype(np.float32)
    unit_X, unit_y = np.ldexp(X, of_X), np.ldexp(y, of_y)
    for model in (LinearRegression(), LinearRegression(solver="qr"), LinearRegression(solver="normal"), *RIDGES[:2]):
        before = model.fit(X, y).predict(X)
        if abs(of_y - of_X) < 110:
            after = model.fit(unit_X, unit_y).predict(unit_X)
            assert after.dtype == np.float32
            assert_allclose(np.ldexp(after, -of_y), before, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("exponent", [-480, -300, -60, 60, 300, 480])
@pytest.mark.parametrize("solver", ["cholesky", "svd"])
@pytest.mark.parametrize("shape", [(30, 4), (5, 12)])
def test_a_penalty_in_the_squared_unit_of_X_changes_nothing(exponent, solver, shape):
    rng = np.random.default_rng(0)
    X, y = rng.normal(1, 2, shape), rng.normal(1, 2, shape[0])
    before = Ridge(3.0, solver=solver).fit(X, y).predict(X)
    unit = 2.0**exponent
    after = Ridge(3.0 * unit**2, solver=solver).fit(unit * X, y).predict(unit * X)
    assert_allclose(after, before, rtol=1e-10)


@pytest.mark.parametrize("solver", ["cholesky", "svd"])
def test_a_fixed_penalty_beside_huge_or_tiny_features(solver):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    plain = Ridge(0.0).fit(X, y).predict(X)
    for huge in (1e20, 1e160, 1e200, 1e300):  # the penalty is nothing beside the data
        assert_allclose(Ridge(1.0, solver=solver).fit(huge * X, y).predict(huge * X), plain, rtol=1e-10)
    for tiny in (1e-20, 1e-170, 1e-200, 1e-300):  # the data are nothing beside the penalty
        model = Ridge(1.0, solver=solver).fit(tiny * X, y)
        assert_allclose(model.predict(tiny * X), y.mean(), rtol=1e-10)
        assert_allclose(model.coef_ / tiny, (X - X.mean(axis=0)).T @ (y - y.mean()), rtol=1e-10)
    for alpha in (1e-320, 1e-300):
        assert_allclose(Ridge(alpha, solver=solver).fit(X, y).predict(X), plain, rtol=1e-10)
    assert_allclose(Ridge(1e308, solver=solver).fit(X, y).predict(X), y.mean(), rtol=1e-10)


def test_a_target_of_any_size_beside_another():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    units = np.array([1e-300, 1.0, 1e300])
    for model in (*RIDGES, Ridge(1.0), LinearRegression(solver="qr"), LinearRegression(solver="normal")):
        before = model.fit(X, y).predict(X)
        assert_allclose(model.fit(X, y * units).predict(X) / units, before, rtol=1e-10)


@pytest.mark.parametrize("model", [*RIDGES, LinearRegression(solver="qr"), LinearRegression(solver="normal")])
@pytest.mark.parametrize(
    ("X", "y"), [([1.5e308, 1.6e308, 1.7e308], [0, 1, 2]), ([0, 1, 2], [1.5e308, 1.6e308, 1.7e308])]
)
def test_a_mean_that_overflows_is_refused(model, X, y):
    with pytest.raises(ValueError, match="a mean overflows"):
        model.fit(np.reshape(X, (3, 1)), y)


SOLVERS = [*RIDGES, LinearRegression(solver="qr"), LinearRegression(solver="normal")]


@pytest.mark.parametrize("model", [*SOLVERS, Ridge(), Ridge(solver="svd")])
@pytest.mark.parametrize(
    ("dtype", "size", "n"), [(np.float64, 1e308, 6), (np.float32, 2e37, 1000), (np.float32, 3e37, 400)]
)
@pytest.mark.parametrize("target", [1.0, 1e37])
def test_a_column_may_be_longer_than_the_largest_float(model, dtype, size, n, target):
    signs = np.tile([1.0, -1.0], n // 2)
    X, y = (size * signs[:, None]).astype(dtype), (target * signs).astype(dtype)
    model = clone(model).fit(X, y)
    assert_allclose(model.predict(X), y, rtol=1e-5)
    assert getattr(model, "rank_", 1) == 1


@pytest.mark.parametrize("model", SOLVERS)
def test_features_and_targets_up_to_the_largest_float(model):
    X, y = np.array([[1e308], [-1e308]] * 3), np.array([1e308, -1e308] * 3)
    assert_allclose(clone(model).fit(X, y).coef_, [1])
    assert_allclose(clone(model).set_params(fit_intercept=False).fit(X, y).coef_, [1])


@pytest.mark.parametrize("unit", [1e308, 1e200, 1e-200, 1e-307])
def test_the_functions_know_every_unit(unit):
    X, y = np.full((4, 1), unit), np.ones(4)
    assert_allclose(lstsq_qr(X, y) * unit, [1])
    assert_allclose(ridge_svd(X, y, 0.0) * unit, [1])
    w, rank, singular = lstsq_svd(X, y)
    assert_allclose(w * unit, [1])
    assert rank == 1 and singular[0] == (np.inf if unit == 1e308 else pytest.approx(2 * unit, rel=1e-9))
    assert_allclose(ridge_svd(X, unit * y, 0.0), [1], rtol=1e-9)


@pytest.mark.parametrize("model", SOLVERS)
@pytest.mark.parametrize("unit", [1e-310, 1e-160, 1e-30])
def test_denormal_features_have_coefficients(model, unit):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = X @ [1.0, 2.0, 3.0]
    assert_allclose(clone(model).fit(X * 1e-310, y * unit).coef_ / (unit / 1e-310), [1, 2, 3], rtol=1e-8)


@pytest.mark.parametrize("solve", [lstsq_qr, lstsq_svd, lambda X, y: ridge_svd(X, y, 0.0)])
def test_coefficients_beyond_the_floats_are_refused(solve):
    with pytest.raises(ValueError, match="the coefficients overflow"):
        solve(np.full((4, 1), 1e-200), np.full(4, 1e200))
    for bad in (np.nan, np.inf):
        for X, y in (([[1.0], [bad]], [1.0, 2.0]), ([[1.0], [2.0]], [1.0, bad])):
            with pytest.raises(ValueError, match="X and y must be finite"):
                solve(np.array(X), np.array(y))


@pytest.mark.parametrize("alpha", [1e-300, 1e-10, 1.0, 1e100, 1e300])
@pytest.mark.parametrize("unit", [1e-150, 1e-20, 1.0, 1e100, 1e150])
def test_the_factor_of_ridge_in_every_unit(alpha, unit):
    X, y = unit * np.array([[1.0], [1.0]]), np.array([3.0, 3.0])
    root = np.longdouble(unit)
    assert_allclose(ridge_svd(X, y, alpha), [float(6 * root / (2 * root**2 + alpha))], rtol=1e-12)


@pytest.mark.parametrize("model", [*SOLVERS, Ridge(solver="svd"), Ridge()])
@pytest.mark.parametrize("unit", [1e-310, 1e-160, 1.0, 1e160])
def test_underflow_is_no_error_whatever_the_user_set(model, unit):
    X = unit * np.random.default_rng(0).normal(1, 1, size=(20, 3))
    y, weight, tiny = X[:, 0] * 0.5, np.linspace(0, 1, 20), X * 1e-160
    with np.errstate(under="raise"):
        predicted = clone(model).fit(X, y, sample_weight=weight).predict(tiny)
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("model", [*SOLVERS, Ridge(1e-6)])
def test_three_neighboring_floats_vary(model):
    X, y = np.array([[1.7e9], [1.7e9 + 128], [1.7e9 + 256]], np.float32), np.arange(3, dtype=np.float32)
    assert_allclose(clone(model).fit(X, y).predict(X), [0, 1, 2], atol=1e-5)
    targets = np.array([2**24, 2**24 + 2, 2**24 + 4], np.float32)
    assert_allclose(clone(model).fit(y[:, None], targets).coef_, [2], rtol=1e-5)


# Weights


@pytest.mark.parametrize("weight", [1e308, 1e300, 1e-300, 1e-320])
@pytest.mark.parametrize("model", [*RIDGES, LinearRegression(solver="qr"), LinearRegression(solver="normal")])
@pytest.mark.parametrize("size", [1.0, 1e100, 1e-100])
def test_equal_weights_of_any_size_change_nothing_without_a_penalty(weight, model, size):
    rng = np.random.default_rng(0)
    X, y = rng.normal(1, 2, (20, 3)) * size, rng.normal(1, 2, 20)
    before = model.fit(X, y).predict(X)
    after = model.fit(X, y, sample_weight=np.full(20, weight)).predict(X)
    assert_allclose(after, before, rtol=1e-8)


def test_a_penalty_beside_huge_weights():
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(20, 3)), rng.normal(size=20), rng.uniform(0.1, 1, 20)
    by_weight = Ridge(1e300).fit(X, y, sample_weight=1e300 * weight)
    assert_allclose(by_weight.coef_, Ridge(1.0).fit(X, y, sample_weight=weight).coef_, rtol=1e-10)


@pytest.mark.parametrize("model", [*RIDGES, Ridge(1.0), LinearRegression(solver="qr")])
def test_a_sample_of_weight_0_is_not_there(model):
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(20, 3)), rng.normal(size=20), rng.uniform(0.1, 1, 20)
    weight[::3] = 0
    X[::3] *= 1e6
    counted = weight > 0
    one = model.fit(X[counted], y[counted], sample_weight=weight[counted]).coef_
    assert_allclose(model.fit(X, y, sample_weight=weight).coef_, one, rtol=1e-8)


# Everything together, beside scikit-learn


@st.composite
def problems(draw):
    """X, y and weights, with copied rows and columns, constant columns, columns and weights of other sizes."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, d, targets = draw(st.integers(2, 25)), draw(st.integers(1, 10)), draw(st.sampled_from([None, 1, 3]))
    X = rng.normal(draw(st.sampled_from([0, 3])), 1, (n, d))
    if draw(st.booleans()):
        X[:, rng.integers(d)] = X[:, 0]
    if draw(st.booleans()):
        X[:, rng.integers(d)] = draw(st.sampled_from([0.1, 7.0, 0.0]))
    if draw(st.booleans()):
        X[:, rng.integers(d)] *= draw(st.sampled_from([1e3, 1e-3]))
    if draw(st.booleans()):
        X[rng.integers(n)] = X[0]
    y = rng.normal(1, 1, n if targets is None else (n, targets))
    weight = None
    if draw(st.booleans()):
        weight = rng.uniform(0.1, 1, n) * (np.arange(n) != draw(st.integers(1, n)))
    return X, y, weight


@settings(max_examples=200, deadline=None)
@given(
    problems(),
    st.sampled_from([None, 0.0, 1e-2, 1.0]),
    st.sampled_from([np.float64, np.float32]),
    st.booleans(),
    st.sampled_from([1.0, 1e300, 1e-300]),
)
def test_all_of_it_together(problem, alpha, dtype, fit_intercept, size):
    """With weights times ``size``, a penalty times ``size`` is the same penalty."""
    X, y, weight = problem
    X, y = X.astype(dtype), y.astype(dtype)
    size = 1.0 if weight is None else float(np.sqrt(np.sqrt(size)) ** 0.4 if dtype == np.float32 else size)
    doubles = X.astype(float), y.astype(float), weight
    if alpha is None:
        ours = LinearRegression(fit_intercept=fit_intercept)
        theirs = reference.LinearRegression(fit_intercept=fit_intercept).fit(*doubles)
    else:
        ours = Ridge(alpha * size, fit_intercept=fit_intercept)
        theirs = reference.Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(*doubles)
        if alpha == 0:  # their cut-off of singular values does not know the largest one
            theirs = reference.LinearRegression(fit_intercept=fit_intercept).fit(*doubles)
    ours.fit(X, y, sample_weight=None if weight is None else weight * size)
    counted = slice(None) if weight is None else weight > 0
    predicted, expected = ours.predict(X)[counted].ravel(), theirs.predict(doubles[0])[counted].ravel()
    tolerance = 1e-6 if dtype == np.float64 else 2e-3
    assert_allclose(predicted, expected, atol=tolerance * (1 + np.abs(expected).max()))


def test_units_leave_the_inputs_alone():
    X, y = np.array([[1e200], [2e200], [4e200]]), np.array([1e-200, 2e-200, 3e-200])
    before = X.copy(), y.copy()
    for model in (*RIDGES, LinearRegression(solver="normal")):
        model.fit(X, y, sample_weight=[1e300, 0, 1.0])
        assert_array_equal(X, before[0])
        assert_array_equal(y, before[1])
