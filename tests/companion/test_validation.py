"""The rules for parameters: what each allows, in which words it refuses, and the one rule about dtypes."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from companion.linear_model import Ridge
from companion.preprocessing import PolynomialFeatures, StandardScaler
from companion.validation import (
    Boolean,
    Checked,
    Instance,
    Integer,
    InvalidParameterError,
    Number,
    Option,
    as_float,
    check_features,
    check_random_state,
    require,
)

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("rule", "allowed", "refused"),
    [
        (Number(), [0, -1.5, np.float32(2), np.int8(3)], [NAN, INF, -INF, True, np.True_, "1", None, [1], 1j]),
        (Number(0), [0, 0.0, 1e300], [-1e-300, NAN, INF, False]),
        (Number(0, closed="neither"), [1e-300], [0, 0.0, INF]),
        (Number(0, closed="right"), [1e-300, INF], [0.0, NAN]),
        (Number(0, 1, "both"), [0, 1, np.float64(0.5)], [-0.1, 1.1, NAN]),
        (Number(0, 1), [0, 0.999], [1]),
        (Number(-INF, INF, "both"), [-INF, INF, 0.0], [NAN, True]),
        (Integer(1), [1, np.int64(5), 10**30], [0, 1.0, True, "1", NAN, None]),
        (Boolean(), [True, False, np.True_], [0, 1, "no", None]),
        (Option("a", "b"), ["a", "b"], ["c", 1, None, ["a"], np.array(["a", "b"])]),
        (Instance(dict, list), [{}, []], [(), None]),
    ],
    ids=str,
)
def test_a_rule_allows_and_refuses(rule, allowed, refused):
    for value in allowed:
        assert require("p", value, rule) is value
    for value in refused:
        with pytest.raises(InvalidParameterError, match="^p=.*, expected "):
            require("p", value, rule)


def test_none_has_to_be_allowed():
    assert require("p", None, Number(0), None) is None
    with pytest.raises(InvalidParameterError, match=r"p=None, expected a number in \[0, inf\)$"):
        require("p", None, Number(0))


def test_the_error_is_both_of_scikit_learns_and_can_be_another():
    assert issubclass(InvalidParameterError, ValueError) and issubclass(InvalidParameterError, TypeError)
    with pytest.raises(RuntimeError, match="'svd' or 'qr' or True or False"):
        require("solver", "lu", Option("svd", "qr"), Boolean(), error=RuntimeError)


def test_checked_walks_the_whole_table():
    class Model(Checked):
        _parameter_rules = {"alpha": (Number(0),), "solver": (Option("svd"), None)}

        def __init__(self, alpha, solver):
            self.alpha, self.solver = alpha, solver

    Model(1.0, None)._check_parameters()
    for arguments, words in (((-1, None), "alpha=-1"), ((1, "qr"), "solver='qr'")):
        with pytest.raises(InvalidParameterError, match=words):
            Model(*arguments)._check_parameters()


@pytest.mark.parametrize("code", np.typecodes["AllInteger"] + "?")
def test_integers_and_bools_become_float64(code):
    values = np.array([0, 1, 1], np.dtype(code))
    assert as_float(values).dtype == np.float64 and as_float(values).tolist() == [0.0, 1.0, 1.0]
    assert values.dtype == np.dtype(code)


@pytest.mark.parametrize("code", np.typecodes["Float"])
def test_floats_stay_themselves(code):
    values = np.array([0.5], np.dtype(code))
    assert as_float(values) is values


@pytest.mark.parametrize(
    "values", [[1j], ["1"], [b"1"], np.array(["2020-01-01"], "M8[D]"), np.array([1], "m8[s]"), [object()], [None]]
)
def test_everything_else_is_refused(values):
    with pytest.raises(TypeError, match="weights has dtype .*, expected real numbers"):
        as_float(values, "weights")
    with pytest.raises(ValueError):
        as_float(values, error=ValueError)


def test_a_seed_means_the_same_everywhere():
    rng, old = np.random.default_rng(3), np.random.RandomState(3)
    assert check_random_state(rng) is rng and check_random_state(old) is old
    assert check_random_state(np.int64(3)).random() == np.random.default_rng(3).random()
    assert check_random_state(None).random() != check_random_state(None).random()
    for bad in (-1, 1.5, "0", True, [1]):
        with pytest.raises(InvalidParameterError, match="random_state="):
            check_random_state(bad)


@pytest.mark.parametrize("code", [*np.typecodes["AllInteger"], *np.typecodes["Float"], "?", "O"])
def test_features_become_one_of_two_floats(code):
    X = check_features(BaseEstimator(), np.ones((2, 1), code))
    assert X.dtype == (np.float32 if code == "f" else np.float64)


def test_features_of_the_right_kind_are_not_copied():
    X = np.ones((2, 1), np.float32)
    checked, y = check_features(BaseEstimator(), X, [0, 1])
    assert checked is X and y.tolist() == [0, 1]


@pytest.mark.parametrize(
    "column",
    [
        ["1", "2"],
        [b"1", b"2"],
        np.array(["2020-01-01", "NaT"], "M8[D]"),
        np.array([1, 2], "m8[D]"),
        [1j, 2],
        ["a", "b"],
    ],
)
def test_features_that_are_no_numbers_are_refused(column):
    with pytest.raises(ValueError, match=r"bytes/strings|expected real numbers|Complex data not supported"):
        check_features(BaseEstimator(), np.array(column)[:, None])


def test_features_are_those_that_the_estimator_was_fitted_to():
    estimator = BaseEstimator()
    check_features(estimator, [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="X has 1 features, but BaseEstimator is expecting 2"):
        check_features(estimator, [[1]], reset=False)


@pytest.mark.parametrize("value", ["1e400", "-1e400"])
def test_a_longdouble_beyond_float64_is_infinite(value):
    X = np.array([[1.0], [np.longdouble(value)]])
    with pytest.raises(ValueError, match="Input X contains infinity or a value too large for dtype"):
        check_features(BaseEstimator(), X)
    for model in (Ridge(fit_intercept=False), StandardScaler(), PolynomialFeatures()):
        with pytest.raises(ValueError, match="Input X contains infinity"):
            model.fit(X, [0.0, 1.0])
    assert check_features(BaseEstimator(), X[:1]).dtype == float


def test_a_check_raises_no_floating_point_error():
    X = np.tile(np.array([[3e37], [-3e37]], np.float32), (200, 1))
    with np.errstate(all="raise"):
        assert check_features(BaseEstimator(), X) is X


@pytest.mark.parametrize("value", [10**400, -(10**400), np.longdouble("1e400"), Fraction(10**400)])
def test_a_number_beyond_the_floats_is_no_finite_number(value):
    assert not Number().allows(value) and Integer().allows(10**400)
