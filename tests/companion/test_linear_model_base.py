"""What the linear models share, tried on the smallest models that use it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from companion.linear_model.base import LinearClassifierMixin, LinearRegressorMixin, center, scale_rows
from companion.validation import check_features


class Fixed(LinearRegressorMixin, BaseEstimator):
    """Predicts with coefficients of one for every target."""

    fit_intercept = True

    def fit(self, X, y, sample_weight=None):
        X, y, sample_weight = self._validated(X, y, sample_weight, multi_output=True)
        _, _, X_mean, y_mean = center(X, y, sample_weight, self.fit_intercept)
        self._set_solution(np.ones((X.shape[1], *y.shape[1:]), X.dtype), X_mean, y_mean)
        return self


class Scores(LinearClassifierMixin, BaseEstimator):
    """A classifier of which the coefficients are given."""

    def __init__(self, classes=(), coef=(), intercept=()):
        self.classes, self.coef, self.intercept = classes, coef, intercept

    def fit(self, X, y):
        check_features(self, X, y)
        self.classes_, self.coef_, self.intercept_ = map(np.array, (self.classes, self.coef, self.intercept))
        return self


# Rows, means and weights


def test_rows_are_scaled_for_vectors_and_matrices():
    factor = np.array([1.0, 2.0])
    assert_array_equal(scale_rows(factor, np.array([3.0, 4.0])), [3, 8])
    assert_array_equal(scale_rows(factor, np.array([[3.0, 0.0], [4.0, 1.0]])), [[3, 0], [8, 2]])


def test_centering_by_hand():
    X, y, X_mean, y_mean = center(np.array([[1.0], [3.0]]), np.array([2.0, 6.0]), np.array([3.0, 1.0]))
    assert_array_equal(X_mean, [1.5])
    assert y_mean == 3.0
    assert_allclose(X[:, 0], np.sqrt([3, 1]) * [-0.5, 1.5])
    assert_allclose(y, np.sqrt([3, 1]) * [-1, 3])


def test_without_an_intercept_nothing_is_subtracted():
    X, y = np.array([[1.0], [3.0]]), np.array([[2.0], [6.0]])
    Xc, yc, X_mean, y_mean = center(X, y, fit_intercept=False)
    assert Xc is X and yc is y
    assert_array_equal(X_mean, [0])
    assert_array_equal(y_mean, [0])


def test_integers_do_not_wrap():
    assert_array_equal(scale_rows(np.array([100], np.int8), np.array([100], np.int8)), [10_000])
    X, y, X_mean, y_mean = center(np.array([[1], [2]], np.int8), np.array([100, 101], np.int8))
    assert_array_equal(X, [[-0.5], [0.5]])
    assert_array_equal(y, [-0.5, 0.5])
    assert X_mean[0] == 1.5 and y_mean == 100.5


# Targets


@pytest.mark.parametrize("column", [np.array(["1", "2"], object), np.array([1, 2], "m8[D]"), np.array([1j, 2])])
def test_targets_are_numbers(column):
    model = Fixed()
    assert_array_equal(model.fit([[0], [1]], np.array([1, 2], object)).predict([[0]]), [1])
    if column.dtype != object:
        with pytest.raises(ValueError, match=r"expected real numbers|Complex data not supported"):
            model.fit([[0], [1]], column)


# Prediction


def test_a_regressor_by_hand():
    model = Fixed().fit([[0, 0], [2, 4]], [1, 3])
    assert_array_equal(model.coef_, [1, 1])
    assert model.intercept_ == 2 - 3
    assert_array_equal(model.predict([[1, 1]]), [1])


def test_a_regressor_of_several_targets():
    model = Fixed().fit([[0, 0], [2, 4]], [[1, 0], [3, 0]])
    assert model.coef_.shape == (2, 2)
    assert_array_equal(model.predict([[1, 1]]), [[1, -1]])


def test_scores_and_classes_by_hand():
    two = Scores(["no", "yes"], [[1.0]], [-2.0]).fit([[0.0]], [0])
    assert_array_equal(two.decision_function([[1.0], [3.0]]), [-1, 1])
    assert_array_equal(two.predict([[1.0], [3.0]]), ["no", "yes"])
    three = Scores([5, 6, 7], [[1.0], [0.0], [-1.0]], [0.0, 0.5, 0.0]).fit([[0.0]], [0])
    assert_array_equal(three.decision_function([[2.0]]), [[2, 0.5, -2]])
    assert_array_equal(three.predict([[2.0], [0.0], [-1.0]]), [5, 6, 7])


def test_underflow_is_no_error_in_predictions():
    tiny = np.full((1, 1), 1e-200)
    with np.errstate(under="raise"):
        model = Fixed().fit([[0.0], [1.0]], [0.0, 1.0])
        model.coef_ = np.array([1e-200])
        assert model.predict(tiny).shape == (1,)
        assert Scores([0, 1], [[1e-200]], [0.0]).fit([[0.0]], [0]).decision_function(tiny) == [0]


def test_a_solution_that_overflows_is_not_stored():
    model = Fixed().fit([[0.0], [1.0]], [0.0, 1.0])
    before = dict(vars(model))
    for w, mean in ((np.array([np.nan]), 0.0), (np.array([1e308]), 1e308)):
        with pytest.raises(ValueError, match="the coefficients overflow"):
            model._set_solution(w, np.array([mean]), np.array(0.0))
    assert vars(model) == before


@pytest.mark.parametrize("model", [Fixed(), Scores()])
def test_prediction_comes_after_fitting(model):
    with pytest.raises(NotFittedError):
        model.predict([[1.0]])
