"""companion.metrics beside scikit-learn and scipy."""

import numpy as np
import pytest
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


def test_accuracy_is_scikit_learns_and_equal_classifiers_do_not_differ():
    rng = np.random.default_rng(0)
    y, a = rng.integers(0, 3, (2, 60))
    assert metrics.accuracy_score(y, a) == accuracy_score(y, a)
    assert metrics.mcnemar_test(y, a, a) == (0, 0, 1.0)


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="expected 0 <= n_correct"):
        metrics.wilson_interval(k, n)


def test_lengths_that_differ_are_refused():
    for arguments in (([0], [0, 1], [0]), ([0], [0], [0, 1]), ([[0]], [[0]], [[0]])):
        with pytest.raises(ValueError, match="expected equal lengths"):
            metrics.mcnemar_test(*arguments)
    for y, p in (([], []), ([0, 1], [0]), ([[0, 1]], [[0, 1]])):
        with pytest.raises(ValueError, match="expected equal lengths > 0"):
            metrics.accuracy_score(y, p)
