"""Lasso, elastic net and their parts given integers, columns of targets, and numbers at the ends of the floats."""

import inspect
import warnings
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.exceptions import ConvergenceWarning

from companion.datasets import make_sparse_regression
from companion.linear_model import (
    ElasticNet,
    Lasso,
    WorkingSet,
    active_set,
    coordinate_pass,
    enet_block_descent,
    enet_coordinate_descent,
    enet_duality_gap,
    enet_path,
    enet_working_set,
    face_minimum,
    lasso_path,
    soft_threshold,
)

INTEGERS = [np.int8, np.uint8, np.int16, np.int64, np.uint64]
X_WHOLE, Y_WHOLE = np.array([[100, 0, 3], [0, 90, 2], [60, 70, 1], [5, 120, 0]]), np.array([120, 30, 50, 90])
GRAM_WHOLE, XY_WHOLE = np.array([[120, 50], [50, 100]]), np.array([120, 90])


# Integers are numbers


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_solvers_compute_with_integers_as_with_floats(dtype):
    X, y, gram, Xy = (part.astype(dtype) for part in (X_WHOLE, Y_WHOLE, GRAM_WHOLE, XY_WHOLE))
    for solve, data in (
        (enet_working_set, (X, y)),
        (enet_block_descent, (X, y)),
        (enet_coordinate_descent, (gram, Xy, dtype(120))),
    ):
        for start in (None, np.ones(len(data[0].T), dtype)):
            floats = solve(*(np.asarray(part, float) for part in data), 7.0, 5.0, start, 1e-6)
            whole = solve(*data, dtype(7), dtype(5), start, 1e-6)
            assert_array_equal(whole[0], floats[0])
            assert whole[0].dtype == float and whole[1:] == floats[1:]
            assert start is None or (start == 1).all()
    assert (enet_working_set(X, y, 7.0, 5.0)[0] % 1).any()


def test_the_solvers_by_hand_on_integers():
    X, y = np.array([[1, 0], [0, 2]]), np.array([2, 3])  # (2 - 0.5) / (1 + 0.5) and (6 - 0.5) / (4 + 0.5)
    for w, _, _ in (enet_working_set(X, y, 0.5, 0.5), enet_block_descent(X, y, 0.5, 0.5)):
        assert_allclose(w, [1.0, 11 / 9], rtol=1e-12)
    w, _, _ = enet_coordinate_descent(X.T @ X, X.T @ y, 13, 0.5, 0.5)
    assert_allclose(w, [1.0, 11 / 9], rtol=1e-12)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_parts_compute_with_integers_as_with_floats(dtype):
    gram, Xy, w, q = (np.array(part, dtype) for part in ([[120, 50], [50, 100]], [120, 90], [3, 1], [100, 120]))
    floats = [part.astype(float) for part in (w, q, Xy)]
    for l1, l2 in ((100, 50), (0, 50), (0, 0)):
        ours = enet_duality_gap(w, q, Xy, dtype(120), dtype(l1), dtype(l2))
        assert ours == enet_duality_gap(*floats, 120.0, float(l1), float(l2))
        moved = face_minimum(w, gram, Xy, dtype(l1), dtype(l2))
        assert_array_equal(moved, face_minimum(floats[0], gram.astype(float), floats[2], l1, l2))
    assert_array_equal(soft_threshold(dtype([3, 100]), dtype(5)), [0.0, 95.0])
    some, other = (WorkingSet(*(part.astype(kind) for part in (X_WHOLE, Y_WHOLE))) for kind in (dtype, float))
    for part in (some, other):
        part.add(np.array([2, 0]))
    assert_array_equal(some.gram, other.gram)
    assert_array_equal(some.Xy, other.Xy)
    assert_array_equal(some.slope(dtype([1, 0, 2])), other.slope(np.array([1.0, 0.0, 2.0])))


def test_small_integers_that_wrap():
    assert soft_threshold(np.uint8([3]), 5) == 0
    assert soft_threshold(np.int8([-128]), 28) == -100
    assert soft_threshold(3, 1) == 2.0 and soft_threshold([True, False], 0.25).tolist() == [0.75, 0.0]
    assert active_set(np.int8([0, 0]), np.int8([-128, 3]), 100.0) == [0]
    assert soft_threshold(np.float32([3]), 1.0).dtype == np.float32


def test_a_pass_has_no_place_for_new_weights_in_integers():
    w = np.zeros(2, int)
    with pytest.raises(TypeError, match="it is changed in place"):
        coordinate_pass(w, np.zeros(2, int), np.eye(2), np.array([3.0, 0.5]), 1.25, 0.0, range(2))
    assert (w == 0).all()
    w, q = np.zeros(2), np.zeros(2)
    assert coordinate_pass(w, q, GRAM_WHOLE, np.int8(XY_WHOLE), 60, 0, [0]) == w[0] == 0.5


@pytest.mark.parametrize("wrong", [np.array([1j, 2]), np.array(["1", "2"]), np.array([1, None])])
def test_what_is_no_real_number_is_refused(wrong):
    square = np.eye(2)
    for call in (
        lambda: soft_threshold(wrong, 1.0),
        lambda: active_set(np.zeros(2), wrong, 1.0),
        lambda: enet_duality_gap(wrong, np.zeros(2), np.zeros(2), 1.0, 1.0, 0.0),
        lambda: face_minimum(np.ones(2), square, wrong, 1.0, 0.0),
        lambda: enet_coordinate_descent(square, wrong, 1.0, 1.0, 0.0),
        lambda: enet_block_descent(square, wrong, 1.0, 0.0),
        lambda: enet_working_set(square, np.ones(2), 1.0, 0.0, wrong),
        lambda: WorkingSet(square, wrong),
    ):
        with pytest.raises(TypeError, match="expected real numbers"):
            call()


# Parameters of any real type


def test_penalties_and_tolerances_of_any_real_type():
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    X = X * 1e6
    for alpha, rho, tol in (
        (np.float16(50000), np.float16(0.5), np.float16(1e-4)),
        (Fraction(50000), Fraction(1, 2), Fraction(1, 10_000)),
        (2**80, 1, np.float32(1e-4)),
        (np.uint8(200), np.int8(1), np.float16(1e-4)),
    ):
        exact = ElasticNet(float(alpha), l1_ratio=float(rho), tol=float(tol)).fit(X, y)
        model = ElasticNet(alpha, l1_ratio=rho, tol=tol).fit(X, y)
        assert_array_equal(model.coef_, exact.coef_)
        assert model.dual_gap_ == exact.dual_gap_
        path = enet_path(X, y, l1_ratio=rho, eps=np.float16(0.5), tol=tol, alphas=3)
        assert_array_equal(path[1], enet_path(X, y, l1_ratio=float(rho), eps=0.5, tol=float(tol), alphas=3)[1])


# Targets in columns


@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", ["Lasso", "ElasticNet"])
@pytest.mark.parametrize("weighted", [True, False])
def test_columns_of_targets_beside_scikit_learn(columns, fit_intercept, name, weighted):
    X, y, _ = make_sparse_regression(40, 5, 3, random_state=2)
    y = y if columns is None else np.column_stack([y, 1e-3 * y + X[:, 0], 0 * y])[:, :columns]
    weight = np.random.default_rng(0).uniform(size=40) if weighted else None
    arguments = {"alpha": 0.01, "fit_intercept": fit_intercept, "tol": 1e-12}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours, theirs = (
            cls(**arguments).fit(X, y, sample_weight=weight)
            for cls in ({"Lasso": Lasso, "ElasticNet": ElasticNet}[name], getattr(reference, name))
        )
    for attribute in ("coef_", "intercept_", "dual_gap_", "n_iter_"):
        assert np.shape(getattr(ours, attribute)) == np.shape(getattr(theirs, attribute)), attribute
    assert type(ours.n_iter_) is type(theirs.n_iter_)
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)
    assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-4)
    assert ours.predict(X).shape == theirs.predict(X).shape
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_target_is_solved_in_its_own_units(dtype):
    X, y, _ = make_sparse_regression(40, 5, 3, random_state=2)
    X = X.astype(dtype)
    Y = np.column_stack([y, np.ldexp(y, -100)]).astype(dtype)
    both = ElasticNet(1e-4).fit(X, Y)
    for k in range(2):
        alone = ElasticNet(1e-4).fit(X, Y[:, k])
        assert_array_equal(both.coef_[k], alone.coef_)
        assert both.intercept_[k] == alone.intercept_ and both.n_iter_[k] == alone.n_iter_
    assert both.coef_.dtype == both.intercept_.dtype == dtype


@pytest.mark.parametrize("name", ["lasso_path", "enet_path"])
@pytest.mark.parametrize("n", [4, 30])
def test_a_path_of_a_column_beside_scikit_learn(name, n):
    X, y, _ = make_sparse_regression(n, 5, 2, random_state=1)
    function, other = {"lasso_path": lasso_path, "enet_path": enet_path}[name], getattr(reference, name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours, theirs = (path(X, y[:, None], alphas=4, eps=0.1, tol=1e-10) for path in (function, other))
        flat = function(X, y, alphas=4, eps=0.1, tol=1e-10)
    assert [part.shape for part in ours] == [part.shape for part in theirs] == [(4,), (1, 5, 4), (4,)]
    assert_allclose(ours[1], theirs[1], atol=1e-4)
    assert_array_equal(ours[1][0], flat[1])
    with pytest.raises(ValueError, match=rf"y of shape \({n}, 2\), expected"):
        function(X, np.column_stack([y, y]))


# The ends of the floats


@pytest.mark.parametrize("path", [lasso_path, enet_path])
def test_penalties_that_no_float_can_hold(path):
    X, y, _ = make_sparse_regression(30, 5, 2, random_state=1)
    for a, b, eps in ((1e170, 1e170, 1e-3), (1e5, 1.0, 1e308), (1e-160, 1e-162, 1e-3)):
        with warnings.catch_warnings(), pytest.raises(ValueError, match="The penalties run from .*: scale X or y"):
            warnings.simplefilter("error")
            path(X * a, y * b, alphas=2, eps=eps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a gap beyond the largest float is infinite
        given = path(X * 1e170, y * 1e170, alphas=[1e308], max_iter=10)
    assert np.isfinite(given[1]).all() and not np.isnan(given[2]).any()


@pytest.mark.parametrize("fit", [lambda X, y: lasso_path(X, y, alphas=[1e-12]), lambda X, y: Lasso(1e-12).fit(X, y)])
def test_coefficients_beyond_single_precision_are_refused(fit):
    X, y, _ = (part.astype(np.float32) for part in make_sparse_regression(30, 5, 2, random_state=1))
    with warnings.catch_warnings(), pytest.raises(ValueError, match="beyond the largest float"):
        warnings.simplefilter("error")
        fit(X * np.float32(1e-25), y * np.float32(1e15))


def test_an_intercept_beyond_the_largest_float_is_refused_and_leaves_the_model_alone():
    model = Lasso(0.1).fit([[0.0], [1.0]], [0.0, 1.0])
    before = dict(vars(model))
    with pytest.raises(ValueError, match="beyond the largest float"):
        model.fit([[1000.0], [1001.0]], [0.0, 1e306])
    assert vars(model) == before


@pytest.mark.parametrize("place", ["X", "y"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_extended_precision_beyond_float64_is_infinite(place, fit_intercept):
    X, y = np.array([[1.0], [2.0]], np.longdouble), np.array([1.0, 2.0], np.longdouble)
    (X if place == "X" else y)[0] = np.longdouble("1e400")
    for call in (
        lambda: Lasso(fit_intercept=fit_intercept).fit(X, y),
        lambda: ElasticNet(fit_intercept=fit_intercept).fit(X, y),
        lambda: lasso_path(X, y),
        lambda: reference.Lasso(fit_intercept=fit_intercept).fit(X, y),
    ):
        with warnings.catch_warnings(), pytest.raises(ValueError, match="infinity"):
            warnings.simplefilter("ignore", RuntimeWarning)  # scikit-learn's, of the cast
            call()


UNITS = [(1e-160, 1.0), (1.0, 1e-160), (1e-160, 1e-160), (1e-310, 1e-5), (1e150, 1e-300)]


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("shape", [(40, 6), (6, 40)])
def test_nothing_is_raised_where_a_number_vanishes(units, shape):
    X, y, _ = make_sparse_regression(*shape, 3, random_state=2)
    X, y = np.where(np.abs(X) < 0.1, X * 1e-300, X), y.copy()  # some numbers vanish beside the others
    y[0] *= 1e-300
    X, y = X * units[0], y * units[1]
    top = max(np.abs(X / units[0]).max() * np.abs(y / units[1]).max(), 1.0)
    alpha = 0.01 * top * units[0] * units[1]
    weight = np.r_[1e-320, np.ones(len(y) - 1)]
    calls = (
        lambda: Lasso(alpha).fit(X, y).coef_,
        lambda: ElasticNet(alpha, fit_intercept=False).fit(X, y).coef_,
        lambda: Lasso(alpha).fit(X, y, sample_weight=weight).coef_,
        lambda: lasso_path(X, y, alphas=[alpha])[1],
        lambda: enet_path(X, y, alphas=[alpha])[1],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for call in calls:
            before = call()
            with np.errstate(all="raise"):
                assert_array_equal(call(), before)


def test_the_parts_raise_nothing_where_a_number_vanishes():
    X, y = np.array([[1.0, 1e-200], [1e-200, 1.0]]), np.array([1e-200, 1.0])
    tiny, one = np.full(2, 1e-200), np.array([1e-200, 1.0])
    with np.errstate(all="raise"):
        assert soft_threshold(1e-308, 0.999e-308) >= 0
        enet_duality_gap(tiny, tiny, tiny, 1.0, 1e-200, 1e-200)
        face_minimum(one, np.eye(2) + 1e-200, one, 1e-200, 1e-200)
        for w, gap, _ in (
            enet_working_set(X, y, 1e-200, 1e-200, tiny),
            enet_block_descent(X, y, 1e-200, 1e-200, tiny),
            enet_coordinate_descent(np.eye(2), y, 1.0, 1e-200, 1e-200, tiny),
        ):
            assert_allclose(w, [0.0, 1.0], atol=1e-150)
            assert gap <= 1e-4
        some = WorkingSet(X, y)
        some.add(np.array([0]))
        some.add(np.array([1]))
        assert_allclose(some.gram, [[1.0, 2e-200], [2e-200, 1.0]], rtol=1e-14)
        assert_allclose(some.slope(tiny), [1e-200, 1.0], rtol=1e-14)


# Whom a warning blames


@pytest.mark.parametrize(
    "fit",
    [
        lambda X, y: lasso_path(X, y, alphas=[0.001], max_iter=1, tol=1e-300),
        lambda X, y: enet_path(X, y, alphas=[0.001], max_iter=1, tol=1e-300),
        lambda X, y: Lasso(0.001, max_iter=1, tol=1e-300).fit(X, y),
        lambda X, y: ElasticNet(0.001, max_iter=1, tol=1e-300).fit(X, np.column_stack([y, y])),
        lambda X, y: Lasso(0.0).fit(X, y),
    ],
)
def test_a_warning_blames_the_line_that_called(fit):
    X, y, _ = make_sparse_regression(30, 5, 5, noise=1.0, random_state=1)
    with pytest.warns(UserWarning) as record:  # a ConvergenceWarning is one
        fit(X, y)
    for warning in record:
        assert warning.filename == __file__ and warning.lineno == inspect.getsourcelines(fit)[1]
