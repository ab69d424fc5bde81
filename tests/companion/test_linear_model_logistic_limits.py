"""Logistic regression at its limits: no optimum, no iterations, numbers of any size, and what is refused."""

import re
import warnings
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from companion.datasets import make_logistic
from companion.linear_model import LogisticRegression, irls, odds_ratio, softmax_hessian, softmax_value_grad
from tests.companion.test_linear_model_logistic import SOLVERS, data, objective

# where no optimum exists, or is not reached


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("tol", [1e-4, 1e-13])
def test_separable_data_without_a_penalty(solver, K, tol):
    X = np.repeat(np.eye(K), 5, axis=0) + 0.01 * np.random.default_rng(0).normal(size=(5 * K, K))
    y = np.repeat(np.arange(K), 5)
    model = LogisticRegression(C=np.inf, tol=tol, solver=solver, max_iter=1000)
    with pytest.warns(ConvergenceWarning, match=r"separable: .* largest gradient element \d"):
        model.fit(X, y)
    assert np.isfinite(model.coef_).all() and np.isfinite(model.intercept_).all()
    assert model.score(X, y) == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(C=1.0, tol=1e-4).fit(X, y)  # with a penalty there is an optimum


def test_separated_but_for_a_sample_without_weight():
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1, 0])
    model = LogisticRegression(C=np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    with pytest.warns(ConvergenceWarning, match="separable"):
        model.fit(X, y, sample_weight=[1, 1, 1, 1, 0])


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("max_iter", [0, 2])
def test_a_fit_that_stops_early_tells_the_residual(solver, K, max_iter):
    X, y, _ = data(K=K)
    model = LogisticRegression(solver=solver, max_iter=max_iter, tol=1e-12)
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(X, y)
    (told,) = re.findall(r"largest gradient element (\S+),", str(caught[0].message))
    assert_allclose(float(told), objective(model, X, y)[1], rtol=0.06)  # it is told to two digits
    assert f"{max_iter} iterations" in str(caught[0].message)
    assert caught[0].filename == __file__ and str(caught[0].message).startswith(f"{solver} stopped")
    assert model.n_iter_ == [max_iter]


def test_warnings_blame_the_line_that_called():
    X, y, _ = data()
    with pytest.warns(ConvergenceWarning, match="irls stopped after 1 iterations") as caught:
        irls(X, y, max_iter=1)
    assert caught[0].filename == __file__ and len(caught) == 1
    with pytest.warns(ConvergenceWarning) as caught:
        LogisticRegression(C=np.inf, max_iter=1, solver="newton-cholesky").fit([[-1.0], [1.0]], [0, 1])
    assert [warning.filename for warning in caught] == [__file__] * 2  # not converged; separable
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning, match="lbfgs stopped"):
            LogisticRegression(max_iter=0).fit(X, y)


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
def test_without_iterations_the_start_is_the_fit(solver):
    X, y, _ = data()
    with pytest.warns(ConvergenceWarning, match="after 0 iterations"):
        ours = LogisticRegression(max_iter=0, solver=solver).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="after 0 iteration"):
        theirs = reference.LogisticRegression(max_iter=0, solver=solver).fit(X, y)
    assert_array_equal(ours.coef_, np.zeros((1, 4)))
    assert_array_equal(ours.n_iter_, theirs.n_iter_)
    if solver == "newton-cholesky":  # L-BFGS of SciPy returns the first step that it tried
        assert_array_equal(ours.coef_, theirs.coef_)


def test_a_tolerance_of_zero_is_as_good_as_the_numbers_are():
    X, y, _ = data()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours = LogisticRegression(tol=0, max_iter=300).fit(X, y)
    theirs = reference.LogisticRegression(tol=0, max_iter=300).fit(X, y)
    assert objective(ours, X, y)[1] < 1e-9
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-4)


# numbers of any size


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e-20, 1e10, 1e20, 1e100, 1e154, 1e200, 1e300])
@pytest.mark.parametrize("C", [1.0, np.inf])
def test_features_of_any_size_give_a_certificate_or_a_warning(solver, K, scale, C):
    X, y, _ = data(40, 3, K)
    model = LogisticRegression(solver=solver, C=C)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X * scale, y)
    assert np.isfinite(model.coef_).all() and np.isfinite(model.intercept_).all()
    assert {warning.category for warning in caught} <= {ConvergenceWarning}
    told = [float(r) for w in caught for r in re.findall(r"largest gradient element (\S+),", str(w.message))]
    with np.errstate(all="ignore"):
        residual = objective(model, X * scale, y)[1]
    if told:
        assert_allclose(told, residual, rtol=0.06)
    else:
        assert residual <= 1e-4


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_features_near_the_largest_of_their_dtype(dtype):
    X, y, _ = data(40, 3)
    X = (X / np.abs(X).max() * np.finfo(dtype).max / 2).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression().fit(X, y)
        theirs = reference.LogisticRegression().fit(X, y)
    assert np.isfinite(model.coef_).all() and model.coef_.dtype == theirs.coef_.dtype


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize(("C", "limit"), [(1e300, np.inf), (1e-300, 0.0), (1e-30, 0.0)])
def test_penalties_of_any_size(solver, K, C, limit):
    X, y, _ = data(60, 3, K)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=C, solver=solver, tol=1e-6, max_iter=1000).fit(X, y)
    if limit == 0.0:
        assert_allclose(model.coef_, 0.0, atol=1e-25)
    else:
        plain = LogisticRegression(C=np.inf, solver=solver, tol=1e-6, max_iter=1000).fit(X, y)
        assert_allclose(model.coef_, plain.coef_, atol=1e-10)


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("scale", [1e-290, 1e300, 1e308])
def test_weights_of_any_size_only_change_the_penalty(K, scale):
    X, y, weight = data(60, 3, K)
    weight = weight / weight.max()
    ours = LogisticRegression(C=2.0 / scale, tol=1e-9).fit(X, y, sample_weight=weight * scale)
    plain = LogisticRegression(C=2.0, tol=1e-9).fit(X, y, sample_weight=weight)
    assert_allclose(ours.coef_, plain.coef_, atol=1e-10)
    balanced = LogisticRegression(C=2.0 / scale, tol=1e-9, class_weight="balanced")
    assert np.isfinite(balanced.fit(X, y, sample_weight=weight * scale).coef_).all()


@pytest.mark.parametrize(("C", "scale"), [(1e-320, 1.0), (1.0, 1e-320), (1e-200, 1e-200)])
def test_a_penalty_that_overflows_is_refused(C, scale):
    with pytest.raises(ValueError, match="the penalty, their inverse, overflows"):
        LogisticRegression(C=C).fit(X_GOOD, Y_GOOD, sample_weight=np.full(4, scale))


# bad input: what scikit-learn raises

X_GOOD, Y_GOOD = [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]], [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[np.nan, 1.0], [1.0, 0.0]], [0, 1], "NaN"),
        ([[np.inf, 1.0], [1.0, 0.0]], [0, 1], "infinity"),
        (np.empty((0, 2)), [], "0 sample"),
        (np.empty((2, 0)), [0, 1], "0 feature"),
        ([1.0, 2.0], [0, 1], "Expected 2D array"),
        (X_GOOD, [0, 1], "inconsistent numbers of samples"),
        (X_GOOD, [1, 1, 1, 1], "at least 2 classes"),
        (X_GOOD, [0.1, 0.2, 0.3, 0.4], "Unknown label type"),
        (X_GOOD, [0, 1, np.nan, 1], "NaN"),
        ([["a", "b"], ["c", "d"]], [0, 1], "could not convert string to float|not compatible with arrays of .*strings"),
        (np.array([[1j, 2.0], [1.0, 3.0]]), [0, 1], "Complex data not supported"),
    ],
)
def test_bad_data(X, y, words):
    for model in (LogisticRegression(), reference.LogisticRegression()):
        with pytest.raises(ValueError, match=words):
            model.fit(X, y)


@pytest.mark.parametrize(
    "parameter",
    [
        dict(C=-1.0),
        dict(C=0.0),
        dict(C=np.nan),
        dict(C="1"),
        dict(C=None),
        dict(tol=-1e-4),
        dict(tol=None),
        dict(tol=np.inf),
        dict(tol=np.nan),
        dict(fit_intercept="no"),
        dict(fit_intercept=None),
        dict(solver=["lbfgs"]),
        dict(solver="L-BFGS-B"),
        dict(max_iter=-1),
        dict(max_iter=1.5),
        dict(solver="adam"),
        dict(class_weight="auto"),
        dict(class_weight=[1, 2]),
    ],
)
def test_bad_parameters(parameter):
    ((name, value),) = parameter.items()
    with pytest.raises(ValueError, match=re.escape(f"{name}={value!r}, expected")):
        LogisticRegression(**parameter).fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match=name):
        reference.LogisticRegression(**parameter).fit(X_GOOD, Y_GOOD)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([["1", "2"], ["3", "4"]], "not compatible with arrays of .*strings"),
        (np.array([["2020-01-01"], ["2021-01-01"]], "M8[D]"), "X has dtype datetime64"),
        (np.array([[1], [2]], "m8[D]"), "X has dtype timedelta64"),
    ],
)
def test_texts_and_dates_are_no_features(X, words):
    reference.LogisticRegression().fit(X, [0, 1])  # takes the text "1" for 1, a date for its days since 1970
    with pytest.raises(ValueError, match=words):
        LogisticRegression().fit(X, [0, 1])


@pytest.mark.parametrize(("name", "value"), [("C", True), ("tol", True), ("max_iter", True), ("fit_intercept", 1)])
def test_a_bool_is_no_number_and_a_number_no_bool(name, value):
    with pytest.raises(ValueError, match=f"{name}={value}, expected"):
        LogisticRegression(**{name: value}).fit(X_GOOD, Y_GOOD)


def test_weights_that_cannot_be():
    for model in (LogisticRegression(class_weight={0: 1.0, 5: 2.0}), reference.LogisticRegression(class_weight={5: 2})):
        with pytest.raises(ValueError, match="are not in class_weight"):
            model.fit(X_GOOD, Y_GOOD)
    # a key too many is allowed where every class has one, as in scikit-learn
    LogisticRegression(class_weight={0: 1.0, 1: 2.0, 5: 2.0}).fit(X_GOOD, Y_GOOD)
    for bad in (-1.0, np.nan, np.inf, 1e308):
        with pytest.raises(ValueError, match="expected weights >= 0 with a positive, finite sum"):
            LogisticRegression(class_weight={0: bad}).fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match="class_weight has dtype <U"):
        LogisticRegression(class_weight={0: "2"}).fit(X_GOOD, Y_GOOD)
    with pytest.raises(ValueError, match="of weight 0 only"):
        LogisticRegression(class_weight="balanced").fit(X_GOOD, Y_GOOD, sample_weight=[1, 0, 1, 0])
    for weight, words in [
        ([1, 1, 1, -1], "Negative"),
        ([0, 0, 0, 0], "zero"),
        ([1, 1], "shape"),
        ([1, 1, 1, np.nan], "NaN"),
    ]:
        with pytest.raises(ValueError, match=words):
            LogisticRegression().fit(X_GOOD, Y_GOOD, sample_weight=weight)


def test_bad_data_to_predict():
    with pytest.raises(NotFittedError):
        LogisticRegression().predict(X_GOOD)
    model = LogisticRegression().fit(X_GOOD, Y_GOOD)
    for method in (model.predict, model.decision_function, model.predict_proba, model.predict_log_proba):
        with pytest.raises(ValueError, match="X has 3 features, but LogisticRegression is expecting 2 features"):
            method([[1.0, 2.0, 3.0]])
        with pytest.raises(ValueError, match="NaN"):
            method([[np.nan, 2.0]])


# ---- whatever NumPy was told, whatever kind of number, and after a refusal -------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e100])
def test_no_floating_point_error(scale, K, solver):
    X, y = scale * np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % K
    with np.errstate(all="raise"):
        for weight in (None, np.where(np.arange(50) % 5, 1e-320, 1e300)):
            model = LogisticRegression(solver=solver, max_iter=5).fit(X, y, weight)
            assert np.isfinite(model.predict_proba(X)).all() and np.isfinite(model.predict_log_proba(X)).all()


def test_no_floating_point_error_far_out():
    with np.errstate(all="raise"):
        model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
        assert model.predict_proba([[1e5], [-1e5], [1e-320]])[:, 1].round(1).tolist() == [1, 0, 0.4]
        assert odds_ratio([-800.0, 0.0, 800.0]).tolist() == [0, 1, np.inf]
        assert irls(np.array([[1e5], [1.0], [2.0], [-1e5]]), np.array([1.0, 0, 1, 0]), 1e-3).success
        make_logistic(100, [900.0], random_state=0)


def test_odds_ratios_of_integers_and_of_what_is_no_number():
    assert_allclose(odds_ratio(np.int8([12])), np.exp([12.0]))
    assert odds_ratio(np.float32([1])).dtype == np.float32 and isinstance(odds_ratio(1), np.float64)
    with pytest.raises(TypeError, match="expected real numbers"):
        odds_ratio(["1"])


@pytest.mark.parametrize("C", [2**70, Fraction(1, 2), np.float32(0.5), np.int64(3)])
def test_numbers_of_any_kind(C):
    X, y, _ = data(K=2)
    model = LogisticRegression(C=C, tol=Fraction(1, 10**6)).fit(X, y)
    assert_allclose(model.coef_, LogisticRegression(C=float(C), tol=1e-6).fit(X, y).coef_)
    with pytest.warns(ConvergenceWarning, match=r"tol=1.0e-06"):
        LogisticRegression(C=C, tol=Fraction(1, 10**6), max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    ("settings", "y"),
    [({}, np.full(6, 7)), ({"class_weight": {5: -1.0}}, np.arange(6) % 3), ({"C": 1e-320}, np.arange(6) % 3 + 4)],
)
def test_a_refused_fit_leaves_the_earlier_one(settings, y):
    X = np.random.default_rng(0).normal(size=(6, 2))
    model = LogisticRegression().fit(X, ["a", "b"] * 3)
    before = model.predict_proba(X)
    with pytest.raises(ValueError):
        model.set_params(**settings).fit(X, y)
    assert model.classes_.tolist() == ["a", "b"]
    assert_array_equal(model.predict_proba(X), before)


def test_a_negative_class_is_not_taken_for_the_last():
    for function in (softmax_value_grad, softmax_hessian):
        with pytest.raises(ValueError, match="y contains the class -1"):
            function(np.zeros(2), np.ones((2, 1)), np.array([1, -1]))
