"""The generators: reproducible, and true to the model that they state."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from companion import datasets
from companion.numerics import sigmoid
from companion.validation import InvalidParameterError

GENERATORS = [
    lambda seed: datasets.make_line(30, n_outliers=2, random_state=seed),
    lambda seed: datasets.make_sine(30, random_state=seed),
    lambda seed: datasets.make_blobs(30, centers=[[0, 0], [3, 3]], random_state=seed),
    lambda seed: datasets.make_logistic(30, [1.0, -1.0], random_state=seed),
    lambda seed: datasets.make_separable(30, random_state=seed),
    lambda seed: datasets.make_sparse_regression(30, 5, 2, random_state=seed),
    lambda seed: datasets.make_heteroscedastic(30, random_state=seed),
]


@pytest.mark.parametrize("make", GENERATORS)
def test_the_same_seed_gives_the_same_data_and_another_other_data(make):
    for first, again in zip(make(7), make(7)):
        assert_array_equal(first, again)
    assert not np.array_equal(make(7)[0], make(8)[0])


def test_line_and_outliers():
    X, y = datasets.make_line(200, coef=3.0, intercept=-1.0, noise=0.0, n_outliers=5, random_state=0)
    far = np.abs(y - (3 * X[:, 0] - 1)) > 1e-9
    assert far.sum() == 5 and X[far].min() > X[~far].max()
    assert_allclose(y[far] - (3 * X[far, 0] - 1), 30)


def test_blobs_have_their_centers_and_spread():
    X, y = datasets.make_blobs(4000, centers=[[0, 0], [10, 5]], cluster_std=2.0, random_state=0)
    assert_allclose(X[y == 1].mean(axis=0), [10, 5], atol=0.2)
    assert_allclose(X[y == 0].std(axis=0), 2.0, atol=0.1)


def test_logistic_labels_follow_the_model():
    X, y = datasets.make_logistic(20_000, [1.5], intercept=-0.5, random_state=0)
    p = sigmoid(1.5 * X[:, 0] - 0.5)
    for low in (0.1, 0.4, 0.7):
        inside = (p > low) & (p < low + 0.2)
        assert_allclose(y[inside].mean(), p[inside].mean(), atol=0.03)


def test_sine_and_its_noise():
    X, y = datasets.make_sine(4000, frequency=5.0, noise=0.2, random_state=0)
    assert X.shape == (4000, 1) and np.abs(X).max() <= 1
    assert_allclose((y - np.sin(5 * X[:, 0])).std(), 0.2, rtol=0.05)


@pytest.mark.parametrize("margin", [0.0, 0.5, 2.0])
def test_separable_points_keep_their_distance_from_the_line(margin):
    X, y = datasets.make_separable(500, margin=margin, random_state=0)
    distance = y * X.sum(axis=1) / np.sqrt(2)
    assert_allclose(distance.min(), margin, atol=0.05)
    assert distance.min() >= margin - 1e-12 and y.sum() == 0


def test_heteroscedastic_noise_grows_as_stated():
    X, y, scale = datasets.make_heteroscedastic(20_000, random_state=0)
    assert_allclose(scale, 0.1 + X[:, 0])
    standard = (y - 1 - 2 * X[:, 0]) / scale
    for part in np.array_split(standard[np.argsort(X[:, 0])], 4):
        assert_allclose([part.mean(), part.std()], [0, 1], atol=0.05)


def test_sparse_regression_has_the_stated_truth():
    X, y, coef = datasets.make_sparse_regression(5000, 8, 3, noise=0.5, random_state=0)
    assert (coef[3:] == 0).all() and (np.abs(coef[:3]) >= 1).all()
    assert_allclose((y - X @ coef).std(), 0.5, rtol=0.05)


def test_the_bundled_sets_are_there():
    shapes = {
        "digits": (1797, 64),
        "breast_cancer": (569, 30),
        "wine": (178, 13),
        "iris": (150, 4),
        "diabetes": (442, 10),
    }
    for name, shape in shapes.items():
        assert getattr(datasets, f"load_{name}")(return_X_y=True)[0].shape == shape


def test_the_numbers_of_a_seed_stay_what_they_are():
    sums = [
        [float((part * np.arange(1, part.size + 1).reshape(part.shape)).sum()) for part in make(7)]
        for make in GENERATORS
    ]
    expected = [
        [6.383799848547644, 1240.6143095379846],
        [6.383799848547644, 32.85465631563785],
        [3133.012370427295, 268.0],
        [-172.28319305327278, 222.0],
        [210.22697673606942, 71.0],
        [-1466.2042220059034, 124.48519657297074, -3.3386642706689678],
        [471.3837998485477, 1570.2378092930715, 517.8837998485477],
    ]
    for ours, theirs in zip(sums, expected):
        assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("make", GENERATORS)
def test_a_seed_may_be_a_generator_of_either_kind(make):
    assert_array_equal(make(np.random.default_rng(7))[0], make(7)[0])
    old = np.random.RandomState(7)
    first, second = make(old)[0], make(old)[0]
    assert not np.array_equal(first, second)
    assert_array_equal(first, make(np.random.RandomState(7))[0])
    with pytest.raises(InvalidParameterError, match="random_state='7'"):
        make("7")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: datasets.make_line(0), "n_samples=0"),
        (lambda: datasets.make_line(5, n_outliers=6), "n_outliers=6"),
        (lambda: datasets.make_sine(5, noise=-1.0), "noise=-1.0"),
        (lambda: datasets.make_blobs(5, centers=[0, 1]), "centers has shape"),
        (lambda: datasets.make_sparse_regression(5, 2, 3), "n_informative=3"),
        (lambda: datasets.make_separable(margin=-1), "margin=-1"),
        (lambda: datasets.make_line(2.5), "n_samples=2.5"),
        (lambda: datasets.make_line(noise=np.nan), "noise=nan"),
        (lambda: datasets.make_line(coef=np.inf), "coef=inf"),
        (lambda: datasets.make_sine(frequency="3"), "frequency='3'"),
        (lambda: datasets.make_blobs(5, centers=[["a", "b"]]), "centers has dtype"),
        (lambda: datasets.make_blobs(5, centers=np.empty((0, 2))), "centers has shape"),
        (lambda: datasets.make_blobs(5, centers=[[0, 1]], cluster_std=True), "cluster_std=True"),
        (lambda: datasets.make_logistic(5, 1.0), "coef has shape"),
        *[(lambda bad=bad: datasets.make_logistic(5, [bad]), "coef holds NaN") for bad in (np.nan, np.inf, -np.inf)],
        (lambda: datasets.make_logistic(50, [1e308, 1e308]), "products overflow"),
        *[(lambda bad=bad: datasets.make_blobs(5, centers=[[bad]]), "centers holds NaN") for bad in (np.nan, np.inf)],
        (lambda: datasets.make_heteroscedastic(True), "n_samples=True"),
    ],
)
def test_bad_arguments(call, words):
    with pytest.raises(ValueError, match=words):
        call()
