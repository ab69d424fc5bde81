"""One against the rest and one against one, beside scikit-learn with the same binary models."""

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import linear_model as reference
from sklearn import multiclass, preprocessing
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.multiclass import _ovr_decision_function

from companion.datasets import load_digits, load_iris
from companion.linear_model import LogisticRegression, Perceptron, Ridge
from companion.multiclass import LabelBinarizer, OneVsOneClassifier, OneVsRestClassifier, one_vs_one_scores
from companion.preprocessing import StandardScaler

PAIRS = [
    (OneVsRestClassifier, multiclass.OneVsRestClassifier),
    (OneVsOneClassifier, multiclass.OneVsOneClassifier),
]
BASES = [
    LogisticRegression(C=0.3),
    LogisticRegression(class_weight="balanced", fit_intercept=False),
    Perceptron(shuffle=False, max_iter=20),
    reference.LogisticRegression(C=5.0),
    reference.Perceptron(max_iter=20),
    SVC(kernel="rbf", C=2.0),
    LinearSVC(random_state=0),
    GaussianNB(),  # probabilities, no scores
    DecisionTreeClassifier(max_depth=2, random_state=0),
    make_pipeline(StandardScaler(), LogisticRegression()),
]


def data(n=90, d=4, K=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    y = (X @ rng.normal(size=(d, K)) + rng.normal(size=(n, K))).argmax(axis=1)
    y[: 2 * K] = np.tile(np.arange(K), 2)
    return X, y


def quietly(model, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(*arguments)


class Fixed(ClassifierMixin, BaseEstimator):
    """A binary model whose score is the first feature, times 1 or -1 by what it is asked; nothing is learned."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.sign_ = 1.0 if np.mean(X[y == 1, 0]) > np.mean(X[y == 0, 0]) else -1.0
        return self

    def decision_function(self, X):
        return self.sign_ * np.asarray(X)[:, 0]

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(int)


@parametrize_with_checks(
    [
        OneVsRestClassifier(LogisticRegression()),
        OneVsRestClassifier(Perceptron()),
        OneVsOneClassifier(LogisticRegression()),
        OneVsOneClassifier(SVC()),
    ]
)
def test_scikit_learn_api(estimator, check):
    check(estimator)


# by hand


def test_votes_by_hand():
    # pairs 01, 02, 12; a circle: every class has one vote, and the sums of confidences -1, -1.5, 2.5 decide
    votes, confidences = np.array([[1, 0, 0]]), np.array([[0.5, 0.5, 2.0]])
    sums = np.array([-1.0, 0.5 - 2.0, 0.5 + 2.0])
    expected = [1 - 1 / 6, 1 - 1.5 / 7.5, 1 + 2.5 / 10.5]
    votes_of_a_circle = np.array([[0, 1, 0]])  # 0 beats 1, 2 beats 0, 1 beats 2
    assert_allclose(one_vs_one_scores(votes_of_a_circle, confidences, 3)[0], expected)
    assert_allclose(sums / (3 * (1 + np.abs(sums))) + [1, 1, 1], expected)
    assert_allclose(np.floor(one_vs_one_scores(votes, 0 * confidences, 3)), [[1, 2, 0]])


def test_one_against_the_rest_by_hand():
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array(["low", "low", "high", "high"])
    model = OneVsRestClassifier(Fixed()).fit(X, y)
    assert len(model.estimators_) == 1  # two classes need one model only: of the second, "low"
    assert_allclose(model.decision_function([[3.0], [-4.0]]), [-3.0, 4.0])
    assert model.predict([[3.0], [-4.0]]).tolist() == ["high", "low"]


def test_the_models_see_the_binary_problems():
    X, y = np.arange(6.0)[:, None], np.array([5, 5, 3, 3, 9, 9])
    rest = OneVsRestClassifier(DecisionTreeClassifier()).fit(X, y)
    assert [model.predict(X).tolist() for model in rest.estimators_] == [
        [0, 0, 1, 1, 0, 0],  # 3
        [1, 1, 0, 0, 0, 0],  # 5
        [0, 0, 0, 0, 1, 1],  # 9
    ]
    one = OneVsOneClassifier(DecisionTreeClassifier()).fit(X, y)
    assert [model.predict(X[[0, 2, 4]]).tolist() for model in one.estimators_] == [
        [1, 0, one.estimators_[0].predict(X[[4]])[0]],  # 3 or 5
        [one.estimators_[1].predict(X[[0]])[0], 0, 1],  # 3 or 9
        [0, one.estimators_[2].predict(X[[2]])[0], 1],  # 5 or 9
    ]
    assert [len(model.classes_) for model in one.estimators_] == [2, 2, 2]


# invariants


@given(seed=st.integers(0, 10**6), K=st.integers(2, 6), scale=st.sampled_from([1e-3, 1.0, 1e6]))
@settings(max_examples=50, deadline=None)
def test_confidence_never_outweighs_a_vote(seed, K, scale):
    rng = np.random.default_rng(seed)
    confidences = scale * rng.normal(size=(20, K * (K - 1) // 2))
    votes = (rng.random(confidences.shape) < 0.5).astype(int)
    scores = one_vs_one_scores(votes, confidences, K)
    assert_allclose(scores, _ovr_decision_function(votes, confidences, K), atol=1e-12)
    assert_allclose(np.round(scores).sum(axis=1), K * (K - 1) / 2)  # every pair votes once
    assert np.abs(scores - np.round(scores)).max() < 1 / 3


def test_shares_sum_to_one_and_the_estimator_is_left_alone():
    X, y = data(K=4)
    base = LogisticRegression()
    model = OneVsRestClassifier(base).fit(X, y)
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)
    assert not hasattr(base, "coef_") and model.estimator is base
    odd = np.array([e.predict_proba(X)[:, 1] for e in model.estimators_]).T
    assert_array_equal(model.predict_proba(X).argmax(axis=1), odd.argmax(axis=1))


# the reference


@pytest.mark.parametrize("base", BASES, ids=str)
@pytest.mark.parametrize("K", [2, 3, 5])
@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_predictions_and_scores_are_scikit_learns(base, K, pair):
    X, y = data(K=K)
    labels = np.array(["e", "b", "d", "a", "c"])[:K]
    ours, theirs = (quietly(P(clone(base)), X, labels[y]) for P in pair)
    new = np.random.default_rng(1).normal(size=(50, 4))
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.n_classes_ == theirs.n_classes_ == K
    assert type(ours.estimators_) is type(theirs.estimators_) and len(ours.estimators_) == len(theirs.estimators_)
    assert_array_equal(ours.predict(new), theirs.predict(new))
    for method in ("decision_function", "predict_proba"):
        assert hasattr(ours, method) == hasattr(theirs, method)
        if hasattr(ours, method):
            scores = getattr(ours, method)(new)
            assert scores.shape == ((50,) if K == 2 and method == "decision_function" else (50, K))
            assert_allclose(scores, getattr(theirs, method)(new), rtol=1e-10, atol=1e-10)
    assert ours.n_features_in_ == theirs.n_features_in_ == 4


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("base", [Ridge(), reference.LinearRegression()], ids=str)
def test_a_regressor_against_the_rest(base, K):
    X, y = data(K=K)
    ours, theirs = OneVsRestClassifier(base).fit(X, y), multiclass.OneVsRestClassifier(base).fit(X, y)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert not hasattr(ours, "decision_function") and not hasattr(theirs, "decision_function")


@given(
    n=st.integers(2, 30),
    d=st.integers(1, 4),
    K=st.integers(2, 6),
    seed=st.integers(0, 10**6),
    base=st.sampled_from([GaussianNB(), reference.LogisticRegression(), Perceptron(max_iter=3, shuffle=False)]),
    pair=st.sampled_from(PAIRS),
)
@settings(max_examples=60, deadline=None)
def test_any_small_problem(n, d, K, seed, base, pair):
    X, y = data(max(n, 2 * K), d, K, seed)
    ours, theirs = (quietly(P(clone(base)), X, y) for P in pair)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    if hasattr(theirs, "decision_function"):
        assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
@pytest.mark.parametrize("load", [load_iris, load_digits])
def test_real_data(pair, load):
    X, y = load(return_X_y=True)
    X = X / X.max()
    ours, theirs = (P(LogisticRegression(C=10.0)).fit(X[::3], y[::3]) for P in pair)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-10, atol=1e-10)
    assert ours.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize("P", PAIRS[1])
def test_two_classes_from_probabilities_change_sides_at_one_half_here_and_there(P):
    X, y = data(K=2)  # the confidence is a probability, never negative: 0 is no threshold
    model = P(GaussianNB()).fit(X, y)
    scores = model.decision_function(X)
    assert scores.min() > 0
    assert_array_equal(scores > 0.5, model.predict(X) == 1)


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_the_companions_model_inside_is_as_good_as_scikit_learns(pair):
    X, y = data(K=4)
    ours = pair[0](LogisticRegression(tol=1e-10)).fit(X, y)
    theirs = pair[1](reference.LogisticRegression(tol=1e-12, solver="newton-cholesky")).fit(X, y)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-7)
    assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
@pytest.mark.parametrize("shape", [(6, 1), (3, 5), (12, 1)])
def test_awkward_shapes_and_ties(pair, shape):
    X = np.zeros(shape)  # nothing to learn: every score is a tie
    y = np.arange(len(X)) % 3
    ours, theirs = (P(reference.LogisticRegression()).fit(X, y) for P in pair)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-10)


def test_all_probabilities_zero_stay_zero():
    class Never(Fixed):
        def predict_proba(self, X):
            return np.tile([1.0, 0.0], (len(X), 1))

    X, y = data()
    for P in PAIRS[0]:
        assert_array_equal(P(Never()).fit(X, y).predict_proba(X), np.zeros((len(X), 3)))


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_missing_values_are_the_estimators_business(pair):
    X, y = data()
    X[::7, 0] = np.nan
    ours, theirs = (P(HistGradientBoostingClassifier(max_iter=5, random_state=0)).fit(X, y) for P in pair)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-10)
    with pytest.raises(ValueError, match="NaN"):
        pair[0](LogisticRegression()).fit(X, y)


def test_text_through_a_pipeline():
    texts, y = ["red apple", "green apple", "blue sky", "grey sky", "dark sea", "deep sea"], [0, 0, 1, 1, 2, 2]
    base = make_pipeline(CountVectorizer(), reference.LogisticRegression())
    ours, theirs = (P(base).fit(texts, y) for P in PAIRS[0])
    assert_array_equal(ours.predict(texts), y)
    assert_allclose(ours.decision_function(texts), theirs.decision_function(texts), atol=1e-10)


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_sparse_matrices_where_the_estimator_takes_them(pair):
    y = [0, 0, 1, 1, 2, 2]
    X = CountVectorizer().fit_transform(["a1 b1", "a1 c1", "d1 b1", "d1 e1", "f1 g1", "f1 h1"])
    ours, theirs = (P(reference.LogisticRegression()).fit(X, y) for P in pair)
    assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-10)
    with pytest.raises(TypeError, match="Sparse data"):
        pair[0](LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_constructors_are_scikit_learns(pair):
    ours, theirs = (inspect.signature(P).parameters for P in pair)
    assert list(ours) == [name for name in theirs if name in ours]
    assert [p.kind for p in ours.values()] == [theirs[name].kind for name in ours]


# one class only


@pytest.mark.parametrize("base", [LogisticRegression(), Perceptron(), GaussianNB(), Ridge()], ids=str)
@pytest.mark.parametrize("label", [3, "x", True, -1.0])
def test_one_class_against_no_rest(base, label):
    X, y = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [label] * 3
    models = []
    for P in PAIRS[0]:
        with pytest.warns(UserWarning, match=f"Label not {label} is present in all training examples") as caught:
            models.append(P(base).fit(X, y))
    assert caught.list and caught[0].category is UserWarning
    ours, theirs = models
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.n_classes_ == theirs.n_classes_ == 1 and len(ours.estimators_) == len(theirs.estimators_) == 1
    assert ours.n_features_in_ == theirs.n_features_in_ == 2
    for method in ("predict", "decision_function", "predict_proba"):
        assert_array_equal(getattr(ours, method)(X[:2]), getattr(theirs, method)(X[:2]))
    assert ours.score(X, y) == 1.0
    with pytest.raises(ValueError, match="X has 1 features, but .* is expecting 2 features"):
        ours.predict([[1.0]])


def test_a_warning_about_one_class_blames_the_caller():
    with pytest.warns(UserWarning) as caught:
        OneVsRestClassifier(LogisticRegression()).fit([[1.0], [2.0]], [3, 3])
    assert caught[0].filename == __file__ and len(caught) == 1


# labels as columns


@pytest.mark.parametrize(
    "y", [[1, 2, 1], ["b", "a", "c", "a"], [True, False], [4, 4], [2.0, 0.0, 1.0], np.array([3, 1, 2], np.int8)]
)
def test_columns_of_labels_are_scikit_learns(y):
    ours, theirs = LabelBinarizer().fit(y), preprocessing.LabelBinarizer().fit(y)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.y_type_ == theirs.y_type_
    assert_array_equal(ours.transform(y), theirs.transform(y))
    assert_array_equal(ours.fit_transform(y), theirs.fit_transform(y))
    assert_array_equal(ours.inverse_transform(ours.transform(y)), y)
    assert_array_equal(ours.transform(np.array(y)[:1]), theirs.transform(np.array(y)[:1]))


@pytest.mark.parametrize("threshold", [None, 0.0, 0.3])
@pytest.mark.parametrize("K", [2, 3])
def test_scores_become_labels_as_in_scikit_learn(threshold, K):
    y = np.arange(K)
    scores = np.random.default_rng(0).normal(size=(20, K if K > 2 else 1))
    ours, theirs = LabelBinarizer().fit(y), preprocessing.LabelBinarizer().fit(y)
    assert_array_equal(ours.inverse_transform(scores, threshold), theirs.inverse_transform(scores, threshold))


@pytest.mark.parametrize("y", [[], [0.5, 1.5], [[1, 2], [3, 1]], [1, np.nan], None])
def test_what_are_no_labels(y):
    for binarizer in (LabelBinarizer(), preprocessing.LabelBinarizer()):
        if y != [0.5, 1.5]:  # scikit-learn makes columns of them, and refuses them only in its classifiers
            with pytest.raises(ValueError):
                binarizer.fit(y).transform(y)
    with pytest.raises(ValueError):
        LabelBinarizer().fit(y)


@pytest.mark.parametrize("K", [2, 3])
def test_a_fit_keeps_what_made_its_columns(K):
    X, y = data(K=K)
    labels = np.array(["b", "a", "c"])[:K][y]
    ours, theirs = (P(LogisticRegression()).fit(X, labels) for P in PAIRS[0])
    assert_array_equal(ours.label_binarizer_.transform(labels), theirs.label_binarizer_.transform(labels).toarray())
    assert_array_equal(ours.label_binarizer_.classes_, theirs.label_binarizer_.classes_)
    assert ours.multilabel_ is theirs.multilabel_ is False


# kernels between samples


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
@pytest.mark.parametrize("K", [2, 3, 4])
def test_kernels_in_the_place_of_features(pair, K):
    X, y = data(K=K)
    gram, new = X @ X.T, np.random.default_rng(1).normal(size=(10, 4)) @ X.T
    ours, theirs = (P(SVC(kernel="precomputed")).fit(gram, y) for P in pair)
    assert_allclose(ours.decision_function(new), theirs.decision_function(new), rtol=1e-10, atol=1e-10)
    assert_array_equal(ours.predict(new), theirs.predict(new))
    if pair is PAIRS[1]:
        assert len(ours.pairwise_indices_) == K * (K - 1) // 2
        for rows, reference_rows in zip(ours.pairwise_indices_, theirs.pairwise_indices_, strict=True):
            assert_array_equal(rows, reference_rows)
        plain = OneVsOneClassifier(SVC()).fit(X, y)
        assert plain.pairwise_indices_ is None


# bad input: what scikit-learn raises


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[np.nan], [1.0], [2.0]], [0, 1, 2], "NaN"),
        ([[np.inf], [1.0], [2.0]], [0, 1, 2], "infinity"),
        (np.empty((0, 2)), [], "0 sample|got 0 class"),
        ([1.0, 2.0, 3.0], [0, 1, 2], "Expected 2D array"),
        ([[1.0], [2.0]], [0, 1, 2], "inconsistent numbers of samples"),
        ([[1.0], [2.0]], [0.1, 0.2], "Unknown label type"),
        (
            [["a"], ["b"], ["c"]],
            [0, 1, 2],
            "could not convert string to float|not compatible with arrays of bytes/strings",
        ),
    ],
)
def test_bad_data(pair, X, y, words):
    with pytest.raises(ValueError, match=words):
        pair[0](LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError):
        pair[1](reference.LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
@pytest.mark.parametrize("estimator", [None, 5, "SVC", np.array, SVC])
def test_no_estimator(pair, estimator):
    error = TypeError if estimator is SVC else ValueError  # as scikit-learn has it; ours is both
    with pytest.raises(error, match=r"estimator=.*, expected an object with a method fit"):
        pair[0](estimator).fit([[1.0], [2.0]], [0, 1])
    with pytest.raises(error, match="estimator"):
        pair[1](estimator).fit([[1.0], [2.0]], [0, 1])


def test_one_class_is_none_for_pairs():
    for P in PAIRS[1]:
        with pytest.raises(ValueError, match=r"can not be fit when only one class is present"):
            P(LogisticRegression()).fit([[1.0], [2.0]], [3, 3])


@pytest.mark.parametrize("P", [OneVsRestClassifier, OneVsOneClassifier])
def test_bad_data_to_predict(P):
    with pytest.raises(NotFittedError):
        P(LogisticRegression()).predict([[1.0]])
    X, y = data()
    model = P(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="X has 2 features, but .* is expecting 4 features"):
        model.predict([[1.0, 2.0]])


def test_a_method_that_the_estimator_lacks():
    model = quietly(OneVsRestClassifier(Perceptron()), *data())
    with pytest.raises(AttributeError, match="Perceptron has no predict_proba"):
        model.predict_proba(data()[0])
    assert "shares" in OneVsRestClassifier.predict_proba.__doc__


# among scikit-learn's tools


@pytest.mark.parametrize("pair", PAIRS, ids=["rest", "one"])
def test_pipeline_grid_search_clone_pickle_and_pandas(pair):
    X, y = data()
    grid = {"estimator__C": [1e-4, 1.0], "estimator__fit_intercept": [True, False]}
    results = [GridSearchCV(P(LogisticRegression()), grid, cv=3, scoring="accuracy").fit(X, y) for P in pair]
    assert_allclose(results[0].cv_results_["mean_test_score"], results[1].cv_results_["mean_test_score"])
    assert results[0].best_params_ == results[1].best_params_
    model = pair[0](LogisticRegression(C=2.0)).fit(X, y)
    assert clone(model).get_params()["estimator__C"] == 2.0
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.decision_function(X), model.decision_function(X))
    assert make_pipeline(StandardScaler(), clone(model)).fit(X, y).score(X, y) > 0.5
    frame = pd.DataFrame(X, columns=list("abcd"))
    named = clone(model).fit(frame, pd.Series(y).map({0: "x", 1: "y", 2: "z"}))
    assert named.feature_names_in_.tolist() == list("abcd")
    assert set(named.predict(frame)) == {"x", "y", "z"}
    named.fit(X[:, :2], y)  # again, without names and narrower
    assert named.n_features_in_ == 2 and not hasattr(named, "feature_names_in_")


# ---- what labels are, and what columns may stand for them ------------------------------------------------------------

KINDS = {
    "boolean": pd.Series([True, False, True], dtype="boolean"),
    "Int64": pd.Series([1, 2, 3], dtype="Int64"),
    "object": np.array(["a", "b", "c"], object),
    "list": ["a", "b", "a"],
    "int8": np.int8([1, 2, 3]),
    "uint8": np.uint8([4, 4, 4]),
    "float": np.array([1.0, 2.0, 1.0]),
    "bool": np.array([True, False, True]),
    "column": np.array([[1], [2], [3]]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_every_kind_as_scikit_learn_binarizes_them(kind):
    y = KINDS[kind]
    ours, theirs = LabelBinarizer().fit(y), preprocessing.LabelBinarizer().fit(y)
    assert ours.classes_.dtype == theirs.classes_.dtype and ours.y_type_ == theirs.y_type_
    columns = ours.transform(y)
    assert_array_equal(columns, theirs.transform(y))
    assert columns.dtype == theirs.transform(y).dtype
    assert_array_equal(ours.inverse_transform(columns), np.ravel(y))


@pytest.mark.parametrize("kind", ["boolean", "Int64", "object", "list", "int8", "bool"])
def test_the_classes_keep_the_kind_of_their_labels(kind):
    X, y = np.arange(3.0)[:, None], KINDS[kind]
    ours = OneVsRestClassifier(Perceptron()).fit(X, y).classes_
    theirs = multiclass.OneVsRestClassifier(reference.Perceptron()).fit(X, y).classes_
    assert ours.dtype == theirs.dtype and ours.tolist() == theirs.tolist()
    assert Perceptron().fit(X, y).classes_.dtype == reference.Perceptron().fit(X, y).classes_.dtype


@pytest.mark.parametrize(
    ("labels", "Y"),
    [
        ([0, 1], np.zeros((2, 3))),
        ([0, 1], np.zeros((2, 1, 1))),
        ([0, 1], 0.5),
        ([0], np.zeros((2, 2))),
        ([0, 1, 2], np.zeros((2, 4))),
        ([0, 1, 2], np.zeros((2, 2))),
        ([0, 1, 2], np.zeros(3)),
        ([0, 1], [[np.nan], [1.0]]),
        ([0, 1], [["a"], ["b"]]),
    ],
)
def test_columns_that_fit_no_classes(labels, Y):
    with pytest.raises(ValueError, match="Y "):
        LabelBinarizer().fit(labels).inverse_transform(Y)


def test_two_columns_of_two_classes():
    Y, theirs = np.array([[0.9, 0.1], [0.2, 0.8]]), preprocessing.LabelBinarizer().fit(["a", "b"])
    ours = LabelBinarizer().fit(["a", "b"])
    assert ours.inverse_transform(Y).tolist() == theirs.inverse_transform(Y).tolist() == ["a", "b"]
    assert ours.inverse_transform(Y, 0.9).tolist() == ["a", "a"]
    assert ours.inverse_transform([[0], [1]]).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="threshold="):
        ours.inverse_transform(Y, np.nan)


@pytest.mark.parametrize("bad", [[0.5, 1.5], [], [[0, 1], [1, 0]], None])
def test_what_are_no_labels_is_not_transformed(bad):
    for binarizer in (LabelBinarizer(), preprocessing.LabelBinarizer()):
        with pytest.raises(ValueError):
            binarizer.fit([0, 1]).transform(bad)
    with pytest.raises(ValueError):
        LabelBinarizer().fit(bad)


def test_a_refused_fit_leaves_the_earlier_one():
    X = [[0.0], [1.0], [2.0]]
    model = OneVsRestClassifier(Perceptron()).fit(X, ["a", "b", "c"])
    before = model.predict(X).tolist()
    with pytest.raises(ValueError):
        model.fit(X, [0.5, 1.5, 2.5])
    assert model.predict(X).tolist() == before
    single = Perceptron().fit(X, ["a", "b", "c"])
    before = single.predict(X).tolist()
    with pytest.raises(ValueError):
        single.fit(X, [7, 7, 7])
    assert single.predict(X).tolist() == before
