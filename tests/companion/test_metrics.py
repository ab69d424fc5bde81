"""companion.metrics beside scikit-learn and scipy."""

import math

import numpy as np
import pytest
import scipy.sparse
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from companion import metrics


@given(
    st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95, 0.99])
)
def test_the_interval_is_scipys(counts, level):
    k, n = counts
    z = scipy.stats.norm.ppf(0.5 + level / 2)
    expected = scipy.stats.binomtest(k, n).proportion_ci(level, method="wilson")
    np.testing.assert_allclose(metrics.wilson_interval(k, n, z), (expected.low, expected.high), atol=1e-12)


def test_the_interval_stays_within_zero_and_one_in_spite_of_rounding():
    ends = np.array([metrics.wilson_interval(k, n, z) for n in range(1, 200) for k in (0, n) for z in (0.7, 1.2, 1.96)])
    assert ends.min() >= 0 and ends.max() <= 1


def test_the_ends_of_z():
    assert metrics.wilson_interval(3, 10, 0) == (0.3, 0.3)
    assert metrics.wilson_interval(3, 10, 1e200) == (0.0, 1.0)  # the square of z alone would overflow
    assert metrics.wilson_interval(np.int8(100), np.uint8(200), np.float32(2)) == metrics.wilson_interval(100, 200, 2)


def test_the_interval_holds_what_it_promises():
    counts = np.arange(201)
    low, high = np.array([metrics.wilson_interval(int(k), 200) for k in counts]).T
    shares = np.linspace(0.02, 0.98, 193)
    held = [scipy.stats.binom.pmf(counts, 200, p)[(low <= p) & (p <= high)].sum() for p in shares]
    assert 0.948 < np.mean(held) < 0.953 and min(held) > 0.91  # 95 percent on average; counts are whole numbers


@pytest.mark.parametrize("seed", range(5))
def test_mcnemar_is_a_binomial_test_of_the_discordant_samples(seed):
    rng = np.random.default_rng(seed)
    y, a, b = rng.integers(0, 3, (3, 60))
    first, second, p = metrics.mcnemar_test(y, a, b)
    assert p == pytest.approx(scipy.stats.binomtest(first, first + second).pvalue, rel=1e-12)
    assert metrics.mcnemar_test(y, b, a) == (second, first, p)


def exact_p_value(few, n):
    """By whole numbers of any length, one multiplication and one division for each term."""
    term = total = math.comb(n, few)
    for k in range(few, 0, -1):
        term = term * k // (n - k + 1)
        total += term
    return min(2 * total / 2**n, 1.0)


@pytest.mark.parametrize(
    ("few", "n"),
    [*((few, n) for n in range(12) for few in range(n // 2 + 1)), (7900, 16_000), (6000, 16_000), (8000, 16_001)],
)
def test_mcnemar_is_exact_to_rounding_for_few_and_for_many(few, n):
    assert metrics.fair_coin_p_value(few, n - few) == pytest.approx(exact_p_value(few, n), rel=1e-13)
    assert metrics.fair_coin_p_value(n - few, few) == metrics.fair_coin_p_value(few, n - few)


def test_mcnemar_of_a_million_takes_no_time_and_a_hopeless_case_no_warning():
    z = 2000 / math.sqrt(1e6)  # half a million heads, 1000 fewer and 1000 more: far in the middle of the bell
    assert metrics.fair_coin_p_value(499_000, 501_000) == pytest.approx(2 * scipy.stats.norm.sf(z - 1e-3), rel=1e-3)
    with np.errstate(all="raise"):
        assert metrics.fair_coin_p_value(0, 5000) == 0.0  # 2 to the power of -4999


def test_equal_classifiers_do_not_differ():
    rng = np.random.default_rng(0)
    y, a = rng.integers(0, 3, (2, 60))
    assert metrics.mcnemar_test(y, a, a) == (0, 0, 1.0)
    words = np.array(["cat", "dog", "hen"])
    assert metrics.mcnemar_test(words[y], words[a], words[y]) == metrics.mcnemar_test(y, a, y)


# ---- accuracy --------------------------------------------------------------------------------------------------------

LABELS = [
    ([0, 1, 2, 1], [0, 2, 2, 1]),
    ([0.0, 1.0, 2.0], [0, 1, 1]),
    ([True, False], [1, 1]),
    (["a", "b", "c"], ["a", "c", "c"]),
    (["a", "b"], np.array(["a", "c"], dtype=object)),
    ([[0], [1]], [0, 0]),
    ([[0, 1], [1, 1]], np.ones((2, 2))),
    ([5], [5]),
    (np.array([1, 200], np.uint8), np.array([1, -56])),
]


@pytest.mark.parametrize(("y", "p"), LABELS)
@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 1.0, 0.25], [1e308] * 4, [-1.0, 3.0, 0.0, 0.0]])
def test_accuracy_is_scikit_learns(y, p, normalize, weights):
    arguments = {"normalize": normalize, "sample_weight": None if weights is None else weights[: len(y)]}
    ours = metrics.accuracy_score(y, p, **arguments)
    with np.errstate(all="ignore"):
        theirs = accuracy_score(y, p, **arguments)
    if weights is not None and weights[0] == 1e308 and normalize:
        theirs = accuracy_score(y, p)  # scikit-learn's sum of such weights overflows
    assert ours == pytest.approx(theirs, rel=1e-15) and type(ours) is float


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # scikit-learn's, of nan
@pytest.mark.parametrize(
    ("y", "p"),
    [
        (["1", "0"], [1, 0]),
        ([0.9, 0.1], [1, 0]),
        ([1, 0], [0.9, 0.1]),
        ([0, 1], [0, np.nan]),
        ([], []),
        ([0, 1], [0]),
        ([[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ([[0, 1], [1, 0]], [1, 0]),
        ([[0, 1], [1, 0]], [[0, 1, 0], [1, 0, 0]]),
        ([1j], [1j]),
        ([None], [None]),
        (np.zeros((2, 2, 2)), np.zeros((2, 2, 2))),
        (scipy.sparse.csr_array([[0, 1]]), [[0, 1]]),
        ([b"0"], [b"0"]),
        (3, 3),
    ],
)
def test_what_are_no_labels_is_refused_as_by_scikit_learn(y, p):
    with pytest.raises((ValueError, TypeError)) as ours:
        metrics.accuracy_score(y, p)
    if not scipy.sparse.issparse(y):
        with pytest.raises(ours.type):
            accuracy_score(y, p)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"normalize": 1}, ValueError),
        ({"normalize": "no"}, ValueError),
        ({"sample_weight": [1.0]}, ValueError),
        ({"sample_weight": 2.0}, ValueError),
        ({"sample_weight": [1.0, np.nan]}, ValueError),
        ({"sample_weight": [0.0, 0.0]}, ValueError),
        ({"sample_weight": [-1.0, 1.0]}, ZeroDivisionError),
        ({"sample_weight": ["a", "b"]}, TypeError),
    ],
)
def test_settings_of_the_accuracy_are_refused_as_by_scikit_learn(arguments, error):
    for function in (metrics.accuracy_score, accuracy_score):
        with pytest.raises(error):
            function([0, 1], [0, 0], **arguments)


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "z", "words"),
    [
        (-1, 3, 1.96, "n_correct=-1, expected an integer in"),
        (4, 3, 1.96, "n_correct=4, expected an integer in"),
        (0, 0, 1.96, "n_samples=0, expected an integer in"),
        (2.0, 3, 1.96, "n_correct=2.0"),
        (2, 3.0, 1.96, "n_samples=3.0"),
        (True, 3, 1.96, "n_correct=True"),
        (np.nan, 3, 1.96, "n_correct=nan"),
        (1, np.nan, 1.96, "n_samples=nan"),
        (1, 3, -1.0, "z=-1.0, expected a number in"),
        (1, 3, np.nan, "z=nan"),
        (1, 3, np.inf, "z=inf"),
        (1, 3, True, "z=True"),
        (1, 3, "1.96", "z='1.96'"),
    ],
)
def test_impossible_counts_are_refused(k, n, z, words):
    with pytest.raises(ValueError, match=words):
        metrics.wilson_interval(k, n, z)


def test_lengths_that_differ_are_refused():
    for arguments in (([0], [0, 1], [0]), ([0], [0], [0, 1]), ([[0]], [[0]], [[0]])):
        with pytest.raises(ValueError, match="expected equal lengths"):
            metrics.mcnemar_test(*arguments)


@pytest.mark.parametrize(
    "arguments", [(["1"], [1], [1]), ([1], ["1"], ["1"]), ([0.5], [1], [0]), ([1], [0.5], [1]), ([], [], [])]
)
def test_mcnemar_wants_the_same_kind_of_labels_everywhere(arguments):
    with pytest.raises(ValueError, match=r"string and number|not supported|empty"):
        metrics.mcnemar_test(*arguments)


@pytest.mark.parametrize("weight", [[[1.0], [2.0]], np.ones((1, 2)), [1j, 2.0], ["a", "b"], [None, 1.0]])
def test_weights_that_are_none(weight):
    with pytest.raises((ValueError, TypeError)) as theirs:
        accuracy_score([0, 1], [0, 0], sample_weight=weight)
    with pytest.raises((ValueError, TypeError)) as ours:
        metrics.accuracy_score([0, 1], [0, 0], sample_weight=weight)
    assert ours.type is theirs.type or weight == [None, 1.0]


def test_weights_of_objects_and_of_any_size():
    weight = np.array([3.0, 1.0], object)
    assert metrics.accuracy_score([0, 1], [0, 0], sample_weight=weight) == 0.75
    with np.errstate(all="raise"):
        assert metrics.accuracy_score([0, 1], [0, 0], sample_weight=[1e-320, 1e308]) == 0
        assert metrics.accuracy_score([0, 1], [0, 0], sample_weight=[1e308, 1e-320]) == 1
        assert metrics.accuracy_score([0, 1], [0, 1], sample_weight=[1e308, 1e308], normalize=False) == np.inf
