"""The perceptron: its updates beside scikit-learn's, and the bound on their number."""

import inspect
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from companion.datasets import load_digits, load_iris
from companion.linear_model import Perceptron, perceptron_fit, perceptron_step
from companion.preprocessing import StandardScaler

CORNERS, AND, XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], [0, 1, 1, 0]


def data(n=60, d=3, K=2, seed=0, separable=False):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    scores = X @ rng.normal(size=(d, K)) + (0 if separable else rng.normal(size=(n, K)))
    y = scores.argmax(axis=1)
    if not separable:
        y[:K] = np.arange(K)
    return X, y


def quietly(model, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*arguments)


@parametrize_with_checks([Perceptron(), Perceptron(fit_intercept=False, shuffle=False, eta0=0.5)])
def test_scikit_learn_api(estimator, check):
    check(estimator)


def test_parameters_and_defaults_are_scikit_learns():
    theirs = inspect.signature(reference.Perceptron).parameters
    ours = inspect.signature(Perceptron).parameters
    shared = {name: parameter for name, parameter in theirs.items() if name in ours}
    assert list(ours) == list(shared)
    assert [(p.default, p.kind) for p in ours.values()] == [(p.default, p.kind) for p in shared.values()]


# by hand


def test_a_step_by_hand():
    w, x = np.array([1.0, -1.0]), np.array([2.0, 1.0])
    new, b, mistake = perceptron_step(w, 0.5, x, 1)  # the score 1.5 is right
    assert new is w and b == 0.5 and not mistake
    new, b, mistake = perceptron_step(w, 0.5, x, -1, eta0=0.1)
    assert_allclose(new, [0.8, -1.1])
    assert_allclose(b, 0.4)
    assert mistake
    assert_array_equal(w, [1.0, -1.0])  # the old weights are left alone
    assert perceptron_step(np.zeros(2), 0.0, x, 1)[2]  # a score of 0 decides nothing: a mistake


def test_an_epoch_by_hand():
    # (1, +): score 0, mistake, w = 1, b = 1. (2, -): score 3, mistake, w = -1, b = 0. Next epoch: (1, +): score -1, ...
    w, b, mistakes = perceptron_fit(np.array([[1.0], [2.0]]), np.array([1, -1]), max_iter=1)
    assert (w.tolist(), b, mistakes) == ([-1.0], 0.0, [2])
    w, b, mistakes = perceptron_fit(np.array([[1.0], [2.0]]), np.array([1, -1]))
    assert mistakes[-1] == 0 and w[0] + b > 0 > 2 * w[0] + b


def test_and_is_learned_and_xor_is_not():
    model = Perceptron(shuffle=False).fit(CORNERS, AND)
    assert_array_equal(model.predict(CORNERS), AND)
    with pytest.warns(ConvergenceWarning, match=r"not separated within 100 epochs; .* last epoch: \[[1-4]\]"):
        model.set_params(tol=None, max_iter=100).fit(CORNERS, XOR)
    assert len(model.mistakes_[0]) == 100 and min(model.mistakes_[0]) > 0


# invariants


@given(seed=st.integers(0, 10**6), n=st.integers(2, 40), d=st.integers(1, 5), shuffle=st.booleans())
@settings(max_examples=60, deadline=None)
def test_novikoffs_bound_on_the_mistakes(seed, n, d, shuffle):
    rng = np.random.default_rng(seed)
    u = rng.normal(size=d)
    u /= np.linalg.norm(u)
    X = rng.normal(size=(n, d))
    y = np.where(X @ u > 0, 1, -1)
    X += 0.2 * y[:, None] * u  # a margin
    w, b, mistakes = perceptron_fit(
        X, y, fit_intercept=False, max_iter=10_000, rng=np.random.RandomState(seed) if shuffle else None
    )
    margin, radius = (y * (X @ u)).min(), np.linalg.norm(X, axis=1).max()
    assert mistakes[-1] == 0 and sum(mistakes) <= (radius / margin) ** 2
    assert (y * (X @ w) > 0).all() and b == 0.0
    assert np.linalg.norm(w) <= radius * np.sqrt(sum(mistakes)) + 1e-9


def test_the_rate_only_scales_the_weights():
    X, y = data()
    small, large = (quietly(Perceptron(eta0=eta0, tol=None, max_iter=7), X, y) for eta0 in (0.25, 4.0))
    assert_array_equal(16 * small.coef_, large.coef_)
    assert_array_equal(small.predict(X), large.predict(X))


def test_the_weights_are_a_signed_sum_of_mistaken_samples():
    X, y = data()
    model = quietly(Perceptron(tol=None, max_iter=3, shuffle=False), X, y)
    w, b, sign = np.zeros(3), 0.0, np.where(y == 1, 1, -1)
    counts = np.zeros(len(X), int)
    for _ in range(3):
        for i in range(len(X)):
            if sign[i] * (w @ X[i] + b) <= 0:
                counts[i] += 1
                w, b = (counts * sign) @ X, counts @ sign
    assert_allclose(model.coef_[0], (counts * sign) @ X, rtol=1e-10)
    assert model.intercept_ == [counts @ sign]
    assert sum(model.mistakes_[0]) == counts.sum()


@pytest.mark.parametrize("K", [2, 4])
def test_visits_are_counted_as_scikit_learn_counts(K):
    X, y = data(K=K)
    arguments = dict(max_iter=7, tol=None, shuffle=False)
    ours, theirs = quietly(Perceptron(**arguments), X, y), quietly(reference.Perceptron(**arguments), X, y)
    assert ours.t_ == theirs.t_ == 1 + 7 * len(X) and type(ours.t_) is type(theirs.t_) is float


@pytest.mark.parametrize("kind", [np.random.default_rng, np.random.RandomState])
def test_a_generator_goes_on_where_it_stands(kind):
    X, y = data()
    generator = kind(3)
    first, second = (quietly(Perceptron(random_state=generator, max_iter=3, tol=None), X, y).coef_ for _ in range(2))
    again = quietly(Perceptron(random_state=kind(3), max_iter=3, tol=None), X, y).coef_
    assert_array_equal(first, again)
    assert (first != second).any()


def test_shuffling_follows_random_state():
    X, y = data()
    fits = [quietly(Perceptron(random_state=seed, max_iter=5, tol=None), X, y).coef_ for seed in (0, 0, 1)]
    assert_array_equal(fits[0], fits[1])
    assert (fits[0] != fits[2]).any()


# the reference, update by update


@pytest.mark.parametrize("max_iter", [1, 2, 3, 10])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("eta0", [1.0, 0.1])
@pytest.mark.parametrize("K", [2, 4])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_weights_after_the_same_epochs(max_iter, fit_intercept, eta0, K, dtype):
    X, y = data(K=K)
    X = X.astype(dtype)
    arguments = dict(max_iter=max_iter, fit_intercept=fit_intercept, eta0=eta0, shuffle=False, tol=None)
    theirs = reference.Perceptron(**arguments).fit(X, y)
    ours = quietly(Perceptron(**arguments), X, y)
    tolerance = dict(rtol=1e-10, atol=1e-12) if dtype == np.float64 else dict(rtol=1e-4, atol=1e-5)
    assert ours.coef_.dtype == theirs.coef_.dtype == dtype
    assert ours.coef_.shape == theirs.coef_.shape and ours.intercept_.shape == theirs.intercept_.shape
    assert_allclose(ours.coef_, theirs.coef_, **tolerance)
    assert_allclose(ours.intercept_, theirs.intercept_, **tolerance)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), **tolerance)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("tol", [0.0, 1e-3, 0.05, 1.0])
@pytest.mark.parametrize("n_iter_no_change", [1, 5])
@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_giving_up_at_the_same_epoch(tol, n_iter_no_change, K, seed):
    X, y = data(K=K, seed=seed)
    arguments = dict(tol=tol, n_iter_no_change=n_iter_no_change, shuffle=False, max_iter=200)
    theirs = quietly(reference.Perceptron(**arguments), X, y)
    ours = quietly(Perceptron(**arguments), X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-12)
    assert min(mistakes[-1] for mistakes in ours.mistakes_) > 0  # nothing separable here,
    assert ours.n_iter_ == theirs.n_iter_  # so that both gave up


@pytest.mark.parametrize("K", [2, 3])
def test_separated_samples_end_the_training_without_changing_its_result(K):
    X, y = data(K=K, seed=3, separable=True)
    X *= 10
    arguments = dict(shuffle=False, max_iter=5000, n_iter_no_change=500)
    ours, theirs = quietly(Perceptron(**arguments), X, y), quietly(reference.Perceptron(**arguments), X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)
    assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-9, atol=1e-9)
    if K == 2:
        assert ours.mistakes_[0][-1] == 0 and ours.score(X, y) == 1.0
        assert ours.n_iter_ < theirs.n_iter_  # epochs in which nothing happens


@given(
    n=st.integers(2, 30),
    d=st.integers(1, 5),
    K=st.integers(2, 4),
    seed=st.integers(0, 10**6),
    eta0=st.sampled_from([0.25, 1.0, 8.0]),
    fit_intercept=st.booleans(),
    max_iter=st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_any_small_problem_of_whole_numbers(n, d, K, seed, eta0, fit_intercept, max_iter):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-8, 9, size=(max(n, K), d)).astype(float), rng.integers(0, K, max(n, K))
    y[:K] = np.arange(K)
    arguments = dict(eta0=eta0, fit_intercept=fit_intercept, max_iter=max_iter, shuffle=False, tol=None)
    theirs, ours = (quietly(P(**arguments), X, y) for P in (reference.Perceptron, Perceptron))
    assert_array_equal(ours.coef_, theirs.coef_)  # sums of such numbers are exact
    assert_array_equal(ours.intercept_, theirs.intercept_)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("load", [load_iris, load_digits])
def test_real_data_to_the_last_bit(load):
    X, y = load(return_X_y=True)
    X = np.round(10 * X) if load is load_iris else X  # sums of integers are exact in any order
    theirs = quietly(reference.Perceptron(shuffle=False, max_iter=20), X, y)
    ours = quietly(Perceptron(shuffle=False, max_iter=20), X, y)
    assert_array_equal(ours.coef_, theirs.coef_)
    assert_array_equal(ours.intercept_, theirs.intercept_)


@pytest.mark.parametrize("labels", [["b", "a"], [True, False], [7, -1], ["x", "z", "y"]])
def test_labels_of_any_kind(labels):
    X, y = data(K=len(labels))
    y = np.array(labels)[y]
    theirs, ours = (quietly(P(shuffle=False), X, y) for P in (reference.Perceptron, Perceptron))
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("shape", [(2, 1), (2, 5), (6, 1), (3, 40)])
@pytest.mark.parametrize("constant", [False, True])
def test_awkward_shapes(shape, constant):
    X, y = data(*shape)
    if constant:
        X[:, -1] = 2.0
    arguments = dict(shuffle=False, max_iter=30)
    theirs, ours = quietly(reference.Perceptron(**arguments), X, y), quietly(Perceptron(**arguments), X, y)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-12)
    assert_allclose(ours.intercept_, theirs.intercept_)


def test_a_warning_comes_with_the_last_epoch_only():
    X, y = data()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Perceptron().fit(X, y)  # gives up by tol, as scikit-learn's does silently
    for estimator in (Perceptron(max_iter=model.n_iter_ - 3), reference.Perceptron(max_iter=3)):
        with pytest.warns(ConvergenceWarning) as caught:
            estimator.fit(X, y)
        assert len(caught) == 1
    with pytest.warns(ConvergenceWarning) as caught:
        ours = Perceptron(max_iter=2).fit(X, y)
    assert str(ours.mistakes_[0][-1]) in str(caught[0].message) and caught[0].filename == __file__


# bad input: what scikit-learn raises


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[np.nan], [1.0]], [0, 1], "NaN"),
        ([[np.inf], [1.0]], [0, 1], "infinity"),
        (np.empty((0, 2)), [], "0 sample"),
        ([1.0, 2.0], [0, 1], "Expected 2D array"),
        (CORNERS, [0, 1], "inconsistent numbers of samples"),
        (CORNERS, [1, 1, 1, 1], "number of classes has to be greater than one; got 1 class"),
        (CORNERS, [0.1, 0.2, 0.3, 0.4], "Unknown label type"),
        ([["a"], ["b"]], [0, 1], "could not convert string to float|not compatible with arrays of .*strings"),
    ],
)
def test_bad_data(X, y, words):
    for model in (Perceptron(), reference.Perceptron()):
        with pytest.raises(ValueError, match=words):
            model.fit(X, y)


@pytest.mark.parametrize(
    "parameter",
    [
        dict(eta0=0.0),
        dict(eta0=-1.0),
        dict(eta0="1"),
        dict(eta0=np.inf),
        dict(eta0=np.nan),
        dict(tol=-1.0),
        dict(tol=np.nan),
        dict(tol=np.inf),
        dict(max_iter=0),
        dict(max_iter=1.5),
        dict(n_iter_no_change=0),
        dict(n_iter_no_change=2.0),
        dict(fit_intercept="no"),
        dict(fit_intercept=None),
        dict(shuffle="no"),
        dict(shuffle=0.0),
        dict(random_state=-1),
        dict(random_state="0"),
    ],
)
def test_bad_parameters(parameter):
    ((name, value),) = parameter.items()
    with pytest.raises(ValueError, match=re.escape(f"{name}={value!r}, expected")):
        Perceptron(**parameter).fit(CORNERS, AND)
    with pytest.raises(ValueError, match=name):
        reference.Perceptron(**parameter).fit(CORNERS, AND)


@pytest.mark.parametrize("name", ["eta0", "tol", "max_iter", "n_iter_no_change", "random_state"])
def test_a_bool_is_no_number(name):
    with pytest.raises(ValueError, match=f"{name}=True, expected"):
        Perceptron(**{name: True}).fit(CORNERS, AND)


def test_texts_and_dates_are_no_features():
    for X in ([["1"], ["2"]], np.array([["2020-01-01"], ["2021-01-01"]], "M8[D]")):
        quietly(reference.Perceptron(), X, [0, 1])
        with pytest.raises(ValueError, match="not compatible with arrays of .*strings|X has dtype datetime64"):
            Perceptron().fit(X, [0, 1])


def test_an_overflow_is_an_error_and_no_weight():
    X, y = [[1.0, -1.0], [1.0, 1.5], [-1.0, 0.0]], [1, 1, 0]  # the second adds 1.7e308 to 1.7e308
    for model in (Perceptron(shuffle=False, eta0=1.7e308), reference.Perceptron(shuffle=False, eta0=1.7e308)):
        with pytest.raises(ValueError, match=r"overflow .* epoch"):
            model.fit(X, y)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-20, 1e20, 1e150])
def test_features_of_any_size(scale, fit_intercept):
    X, y = data()
    arguments = dict(shuffle=False, max_iter=20, fit_intercept=fit_intercept)
    theirs, ours = (
        quietly(reference.Perceptron(**arguments), X * scale, y),
        quietly(Perceptron(**arguments), X * scale, y),
    )
    assert_allclose(ours.coef_ / scale, theirs.coef_ / scale, rtol=1e-9)
    assert_allclose(ours.intercept_, theirs.intercept_)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e160), (np.float64, 1e300), (np.float32, 1e30)])
def test_scores_that_overflow_are_an_error(dtype, scale):
    X, y = data()  # scikit-learn goes on with infinite scores, and gives up by its tolerance without a word
    with pytest.raises(ValueError, match="weights or scores overflow in epoch 1: scale the features"):
        Perceptron(shuffle=False).fit((X * scale).astype(dtype), y)


def test_bad_data_to_predict():
    with pytest.raises(NotFittedError):
        Perceptron().predict(CORNERS)
    model = Perceptron().fit(CORNERS, AND)
    with pytest.raises(ValueError, match="X has 3 features, but Perceptron is expecting 2 features"):
        model.predict([[1.0, 2.0, 3.0]])


# among scikit-learn's tools


def test_pipeline_grid_search_clone_pickle_and_pandas():
    X, y = data(K=3)
    grid = {"perceptron__eta0": [0.1, 1.0], "perceptron__max_iter": [2, 20]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        scores = [
            GridSearchCV(make_pipeline(StandardScaler(), P(shuffle=False)), grid, cv=3).fit(X, y).cv_results_
            for P in (Perceptron, reference.Perceptron)
        ]
    assert_allclose(scores[0]["mean_test_score"], scores[1]["mean_test_score"])
    model = quietly(Perceptron(eta0=0.5), X, y)
    assert clone(model).get_params() == model.get_params()
    assert_array_equal(pickle.loads(pickle.dumps(model)).coef_, model.coef_)
    frame = pd.DataFrame(X, columns=list("abc"))
    named = quietly(clone(model), frame, y)
    assert named.feature_names_in_.tolist() == list("abc")
    assert_array_equal(named.predict(frame), model.predict(X))
