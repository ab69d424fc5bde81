"""StandardScaler and PolynomialFeatures beside scikit-learn's."""

import math

import numpy as np
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


def test_scaler_gives_mean_zero_and_variance_one_and_goes_back():
    X = np.random.default_rng(1).gamma(2.0, 3.0, (200, 5))
    before = X.copy()
    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X)
    assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(Z.var(axis=0), 1)
    assert_allclose(scaler.inverse_transform(Z), X)
    assert_allclose(X, before, rtol=0)


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


@pytest.mark.parametrize(("p", "d"), [(1, 3), (2, 3), (10, 3), (4, 5)])
def test_the_number_of_monomials_is_a_binomial_coefficient(p, d):
    assert len(monomials(p, d)) == math.comb(p + d, d)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"degree": -1}, "degree=-1, expected a non-negative integer"),
        ({"degree": 1.5}, "degree=1.5"),
        ({"degree": 0, "include_bias": False}, "leave no feature"),
    ],
)
def test_polynomials_refuse_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        PolynomialFeatures(**arguments).fit([[1.0]])


@pytest.mark.parametrize("estimator", [StandardScaler(), PolynomialFeatures()])
@pytest.mark.parametrize(
    ("X", "words"), [([[np.nan]], "NaN"), ([[np.inf]], "infinity"), (np.empty((0, 2)), "0 sample")]
)
def test_bad_data(estimator, X, words):
    with pytest.raises(ValueError, match=words):
        estimator.fit(X)
