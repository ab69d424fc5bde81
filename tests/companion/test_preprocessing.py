"""StandardScaler and PolynomialFeatures beside scikit-learn's."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn import preprocessing as reference
from sklearn.utils.estimator_checks import parametrize_with_checks

from companion.preprocessing import PolynomialFeatures, StandardScaler, monomials


@parametrize_with_checks([StandardScaler(), PolynomialFeatures(), PolynomialFeatures(3, interaction_only=True)])
def test_scikit_learn_api(estimator, check):
    check(estimator)


def test_scaler_by_hand():
    scaler = StandardScaler().fit([[0.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    assert_allclose(scaler.mean_, [2, 5])
    assert_allclose(scaler.var_, [8 / 3, 0])
    assert_allclose(scaler.transform([[4.0, 6.0]]), [[math.sqrt(1.5), 1.0]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("with_mean", "with_std"), [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("shape", [(50, 4), (1, 3), (7, 1)])
def test_scaler_against_scikit_learn(dtype, with_mean, with_std, shape):
    X = (np.random.default_rng(0).normal(3, 2, shape)).astype(dtype)
    X[:, -1] = 0.1  # a constant feature whose mean is not exact
    ours = StandardScaler(with_mean=with_mean, with_std=with_std).fit(X)
    theirs = reference.StandardScaler(with_mean=with_mean, with_std=with_std).fit(X)
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    assert_allclose(ours.transform(X), theirs.transform(X), rtol=tolerance, atol=tolerance)
    assert ours.transform(X).dtype == dtype
    for name in ("mean_", "var_", "scale_"):
        if getattr(theirs, name) is None:
            assert getattr(ours, name) is None
        else:
            assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-10)


def test_the_scaler_keeps_float16_and_computes_in_float64():
    X = np.array([[1e4], [2e4], [6e4]], np.float16)  # the squares overflow float16
    ours, theirs = StandardScaler().fit(X), reference.StandardScaler().fit(X)
    assert_allclose(ours.var_, theirs.var_)
    Z = ours.transform(X)
    assert Z.dtype == theirs.transform(X).dtype == np.float16
    assert_allclose(Z, theirs.transform(X), rtol=2e-3)
    assert ours.inverse_transform(Z).dtype == np.float16
    assert_allclose(ours.inverse_transform(Z), X, rtol=2e-3)


@pytest.mark.parametrize("n", [1, 7, 1000])
@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        *[(np.float64, value) for value in (1e-10, 0.1, -7.3, 0.0, 1e200, 1e-200, 5e-324)],
        *[(np.float32, value) for value in (1e-10, 0.1, -7.3, 0.0, 1e30, 1e-30)],
    ],
)
def test_a_constant_feature_has_the_variance_0(dtype, value, n):
    X = np.full((n, 1), value).astype(dtype)
    scaler = StandardScaler().fit(X)
    assert scaler.var_[0] == 0 and scaler.scale_[0] == 1 and scaler.mean_[0] == X[0, 0]
    assert (scaler.transform(X) == 0).all()


@pytest.mark.parametrize("exponent", [-1000, -600, -500, 500, 600, 1000])
def test_units_change_the_scale_alone(exponent):
    X = np.random.default_rng(0).normal(3, 2, (20, 3))
    plain, unit = StandardScaler().fit(X), StandardScaler().fit(2.0**exponent * X)
    assert_allclose(unit.scale_, 2.0**exponent * plain.scale_, rtol=1e-14)
    assert_allclose(unit.transform(2.0**exponent * X), plain.transform(X), rtol=1e-12, atol=1e-14)


def test_scaler_gives_mean_zero_and_variance_one_and_goes_back():
    X = np.random.default_rng(1).gamma(2.0, 3.0, (200, 5))
    before = X.copy()
    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(Z.var(axis=0), 1)
    assert_allclose(scaler.inverse_transform(Z), X)
    assert_allclose(X, before, rtol=0)


def test_three_neighboring_floats_have_their_mean_and_variance():
    X = np.array([[2.0**53], [2.0**53 + 2], [2.0**53 + 4]])
    ours, theirs = StandardScaler().fit(X), reference.StandardScaler().fit(X)
    assert ours.mean_[0] == theirs.mean_[0] == 2**53 + 2
    assert_allclose(ours.var_, theirs.var_)
    assert_allclose(ours.transform(X), theirs.transform(X))


def test_going_back_asks_for_no_names():
    frame = pd.DataFrame({"a": [0.0, 2.0], "b": [1.0, 5.0]})
    scaler = StandardScaler().fit(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_allclose(scaler.inverse_transform([[-1.0, 1.0]]), [[0, 5]])
        assert_allclose(scaler.inverse_transform(frame.rename(columns={"a": "z"})), [[1, 5], [3, 13]])
    for X, words in (([[1.0]], "X has 1 features, expected 2"), ([["a", "b"]], "bytes/strings|expected real numbers")):
        with pytest.raises(ValueError, match=words):
            scaler.inverse_transform(X)


def test_underflow_is_no_error():
    X = np.array([[1e-200, 1.0], [3e-200, 2.0], [1e-320, 2.0]])
    with np.errstate(under="raise"):
        scaler = StandardScaler().fit(X)
        back = scaler.inverse_transform(scaler.transform(X))
        assert PolynomialFeatures(3).fit_transform(X).shape == (3, 10)
    assert_allclose(back, X, atol=1e-215)


def test_polynomials_by_hand():
    assert_allclose(PolynomialFeatures(2).fit_transform([[2.0, 3.0]]), [[1, 2, 3, 4, 6, 9]])


@pytest.mark.parametrize(
    ("degree", "include_bias"), [(0, True), *[(d, bias) for d in (1, 2, 3, 5) for bias in (False, True)]]
)
@pytest.mark.parametrize("interaction_only", [False, True])
@pytest.mark.parametrize("n_features", [1, 2, 4])
def test_polynomials_against_scikit_learn(degree, interaction_only, include_bias, n_features):
    X = np.random.default_rng(2).normal(size=(6, n_features))
    arguments = {"degree": degree, "interaction_only": interaction_only, "include_bias": include_bias}
    ours, theirs = PolynomialFeatures(**arguments).fit(X), reference.PolynomialFeatures(**arguments).fit(X)
    assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-10)
    assert_allclose(ours.powers_, theirs.powers_)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())


@pytest.mark.parametrize("degree", [(2, 2), (0, 2), (1, 3), [3, 4], np.array([2, 4]), (0, 1), (3, 3), np.int64(2)])
@pytest.mark.parametrize("interaction_only", [False, True])
@pytest.mark.parametrize("include_bias", [False, True])
def test_lowest_and_highest_degree_against_scikit_learn(degree, interaction_only, include_bias):
    X = np.random.default_rng(2).normal(size=(6, 4))
    arguments = {"degree": degree, "interaction_only": interaction_only, "include_bias": include_bias}
    ours, theirs = PolynomialFeatures(**arguments).fit(X), reference.PolynomialFeatures(**arguments).fit(X)
    assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-10)
    assert_allclose(ours.powers_, theirs.powers_)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, int, bool, np.longdouble])
@pytest.mark.parametrize("order", ["C", "F"])
def test_polynomials_keep_the_dtype_and_give_the_order_that_scikit_learn_gives(dtype, order):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    ours, theirs = (cls(2, order=order).fit_transform(X) for cls in (PolynomialFeatures, reference.PolynomialFeatures))
    assert ours.dtype == (theirs.dtype if np.issubdtype(dtype, np.floating) and dtype != np.longdouble else np.float64)
    assert ours.flags.f_contiguous == (order == "F")
    assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize(("p", "d"), [(1, 3), (2, 3), (10, 3), (4, 5)])
def test_the_number_of_monomials_is_a_binomial_coefficient(p, d):
    assert len(monomials(p, d)) == math.comb(p + d, d)


def test_fit_counts_without_making_a_list():
    X = np.zeros((1, 60))
    assert PolynomialFeatures(8).fit(X).n_output_features_ == math.comb(68, 8)
    chosen = PolynomialFeatures((20, 30), interaction_only=True, include_bias=False).fit(X)
    assert chosen.n_output_features_ == sum(math.comb(60, d) for d in range(20, 31))


def test_what_was_fitted_is_what_is_transformed():
    model = PolynomialFeatures(2).fit([[1.0, 2.0]])
    model.set_params(degree=3, include_bias=False)
    assert model.transform([[1.0, 2.0]]).shape == (1, 6) and len(model.powers_) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"degree": -1}, "degree=-1, expected an integer in"),
        ({"degree": 1.5}, "degree=1.5"),
        ({"degree": True}, "degree=True"),
        ({"degree": "2"}, "degree='2'"),
        ({"degree": (3, 1)}, "expected the lowest and the highest degree"),
        ({"degree": (1, 2, 3)}, "expected the lowest and the highest degree"),
        ({"degree": (-1, 2)}, "degree=-1"),
        ({"degree": (1, 2.5)}, "degree=2.5"),
        ({"degree": 0, "include_bias": False}, "leave no feature"),
        ({"degree": (0, 0), "include_bias": False}, "leave no feature"),
        ({"interaction_only": "no"}, "interaction_only='no', expected True or False"),
        ({"include_bias": 1}, "include_bias=1, expected True or False"),
        ({"order": "K"}, "order='K', expected 'C' or 'F'"),
    ],
)
def test_polynomials_refuse_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        PolynomialFeatures(**arguments).fit([[1.0]])


@pytest.mark.parametrize("estimator", [StandardScaler(), PolynomialFeatures()])
@pytest.mark.parametrize(
    ("X", "words"),
    [
        ([[np.nan]], "NaN"),
        ([[np.inf]], "infinity"),
        (np.empty((0, 2)), "0 sample"),
        ([["1"]], "bytes/strings"),
        (np.array([["2020-01-01"]], "M8[D]"), "expected real numbers"),
        ([[1j]], "Complex data not supported"),
    ],
)
def test_bad_data(estimator, X, words):
    with pytest.raises(ValueError, match=words):
        estimator.fit(X)


@pytest.mark.parametrize("parameter", ["with_mean", "with_std"])
@pytest.mark.parametrize("value", ["no", 1, None])
def test_switches_of_the_scaler_are_true_or_false(parameter, value):
    with pytest.raises(ValueError, match=f"{parameter}={value!r}, expected True or False"):
        StandardScaler(**{parameter: value}).fit([[1.0]])


def test_a_mean_that_overflows_is_refused():
    with pytest.raises(ValueError, match="a mean overflows"):
        StandardScaler().fit([[1.5e308], [1.6e308]])


def test_a_deviation_that_overflows_is_refused():
    with pytest.raises(ValueError, match="a deviation from the mean overflows"):
        StandardScaler().fit([[1.7e308], [-1.7e308], [-1.7e308]])
