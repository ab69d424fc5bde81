"""Substitution beside SciPy, Cholesky's verdict on singular systems, and columns without their means."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from companion.linalg import (
    center_columns,
    cholesky_solve,
    forward_substitution,
    moderate_units,
    scale_to_one,
    solve_triangular,
)

EPS = np.finfo(float).eps


def triangle(n, seed=0, dtype=float):
    """A well-conditioned full matrix, of which either triangle can be solved with."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, n)) / max(n, 1) + np.diag(rng.uniform(1, 2, n))).astype(dtype)


# Triangular systems


def test_substitution_by_hand():
    # 2 x = 2, x + 4 y = 9
    assert_array_equal(forward_substitution(np.array([[2.0, 7.0], [1.0, 4.0]]), np.array([2.0, 9.0])), [1, 2])
    assert_array_equal(solve_triangular([[4, 1], [0, 2]], [9, 2]), [2, 1])


@pytest.mark.parametrize("code", "bBiIlf")
def test_integers_are_neither_cut_off_nor_wrapped(code):
    lower, b = np.array([[4, 0], [1, 3]], code), np.array([2, 100], code)
    assert_allclose(forward_substitution(lower, b), [0.5, 99.5 / 3], rtol=1e-6)
    assert_allclose(forward_substitution(lower.astype(float), b), [0.5, 99.5 / 3])
    assert_allclose(cholesky_solve(np.array([[4, 2], [2, 3]], code), np.array([8, 8], code)), [1, 2], rtol=1e-6)
    deviations, mean = center_columns(np.array([[100], [103]], code))
    assert_array_equal(deviations, [[-1.5], [1.5]])
    assert_array_equal(mean, [101.5])
    scaled, exponent = scale_to_one(np.array([100, 50], code))
    assert scaled.dtype == (np.float32 if code == "f" else float) and scaled[0] == 100 / 128 and exponent == 7


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 200])
@pytest.mark.parametrize("targets", [None, 1, 3])
@pytest.mark.parametrize("trans", [0, 1, 2, "N", "T", "C"])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular_systems_against_scipy(n, targets, trans, lower):
    a = triangle(n)
    b = np.random.default_rng(1).normal(size=(n,) if targets is None else (n, targets))
    theirs = scipy.linalg.solve_triangular(a, b, trans=trans, lower=lower)
    assert_allclose(solve_triangular(a, b, trans, lower), theirs, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", [1, 64, 65, 150])
@pytest.mark.parametrize("targets", [None, 2])
def test_blocks_find_what_single_rows_find(n, targets):
    a = triangle(n)
    b = np.random.default_rng(1).normal(size=(n,) if targets is None else (n, targets))
    assert_allclose(solve_triangular(a, b, lower=True), forward_substitution(a, b), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [("f", "f", "f"), ("e", "e", "f"), ("f", "e", "f"), ("f", "d", "d"), ("i", "i", "d"), ("?", "f", "d")],
)
def test_dtypes(a, b, dtype):
    x = solve_triangular(np.eye(2).astype(a), np.ones(2).astype(b))
    assert x.dtype == np.dtype(dtype) and x.tolist() == [1, 1]


def test_substitution_has_a_small_error_in_every_row_of_any_size():
    # each computed solution solves a system whose entries differ by rounding errors: no row suffers from a larger one
    n = 30
    scale = 10.0 ** np.random.default_rng(0).integers(-150, 150, n)
    a = scale[:, None] * np.tril(np.random.default_rng(1).normal(size=(n, n)))
    b = scale * np.random.default_rng(2).normal(size=n)
    x = solve_triangular(a, b, lower=True)
    assert (np.abs(a @ x - b) <= 2 * n * EPS * (np.abs(a) @ np.abs(x))).all()


def test_arguments_of_triangular_systems_are_left_alone():
    a, b = triangle(5), np.ones(5)
    before = a.copy(), b.copy()
    solve_triangular(a, b, trans=1)
    assert_array_equal(a, before[0])
    assert_array_equal(b, before[1])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((np.eye(3)[:2], np.ones(2)), ValueError, "expected a square matrix"),
        ((np.ones(2), np.ones(2)), ValueError, "expected a square matrix"),
        ((np.ones((2, 1, 1)), np.ones(2)), ValueError, "expected a square matrix"),
        ((np.eye(2), np.ones(3)), ValueError, "incompatible"),
        ((np.eye(2), 1.0), ValueError, "incompatible"),
        ((np.eye(2), [1.0, np.nan]), ValueError, "infs or NaNs"),
        ((np.full((2, 2), np.inf), np.ones(2)), ValueError, "infs or NaNs"),
        ((np.diag([1.0, 0.0]), np.ones(2)), np.linalg.LinAlgError, "entry 1 of the diagonal is 0"),
        ((np.eye(2) + 0j, np.ones(2)), TypeError, "a has dtype complex128"),
        ((np.eye(2), ["1", "2"]), TypeError, "b has dtype"),
        ((np.eye(2), np.ones(2), 3), ValueError, "trans=3"),
        ((np.eye(2), np.ones(2), "x"), ValueError, "trans='x'"),
        ((np.eye(2), np.ones(2), True), ValueError, "trans=True"),
        ((np.eye(2), np.ones(2), 0, "no"), ValueError, "lower='no'"),
    ],
)
def test_triangular_systems_that_are_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        solve_triangular(*arguments)


# Symmetric systems


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 5, 100])
@pytest.mark.parametrize("targets", [None, 3])
def test_cholesky_solve_against_scipy(dtype, n, targets):
    half = np.random.default_rng(0).normal(size=(3 * n, n)).astype(dtype)
    b = np.random.default_rng(1).normal(size=(n,) if targets is None else (n, targets)).astype(dtype)
    x = cholesky_solve(half.T @ half, b)
    theirs = scipy.linalg.solve(half.T.astype(float) @ half, b, assume_a="pos")
    assert x.dtype == dtype
    assert_allclose(x, theirs, rtol=1e-3, atol=100 * np.finfo(dtype).eps * np.abs(theirs).max())


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[1.0, 1.0], [1.0, 1.0 + EPS]]),
        np.zeros((2, 2)),
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        np.diag([1.0, 1e-300]),
        np.diag([1.0, np.inf]),
        np.diag([1.0, np.nan]),
    ],
)
def test_cholesky_solve_refuses_what_it_cannot_solve(matrix):
    with pytest.raises(np.linalg.LinAlgError):
        cholesky_solve(matrix, np.ones(2))


def test_cholesky_solve_does_not_care_for_units():
    unit = np.array([1e-100, 1.0, 1e100])
    A = unit[:, None] * (np.eye(3) + 0.5) * unit
    assert_allclose(cholesky_solve(A, unit * 2.5) * unit, 1.0)


# Powers of two


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scaling_by_powers_of_two_is_exact(dtype):
    largest, tiny = np.finfo(dtype).max, np.finfo(dtype).tiny
    columns = np.array([[largest, tiny, 0.0, 3.0], [-1.0, -tiny, 0.0, -5.0]], dtype)
    scaled, exponents = scale_to_one(columns)
    assert scaled.dtype == dtype
    assert ((np.abs(scaled).max(axis=0) >= 0.5) == [True, True, False, True]).all() and np.abs(scaled).max() <= 1
    assert_array_equal(np.ldexp(scaled, exponents)[:, 1:], columns[:, 1:])
    assert np.ldexp(scaled, exponents)[0, 0] == largest


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_moderate_numbers_stay_themselves_and_extreme_ones_become_moderate(dtype):
    X, y = np.array([[3.0, 1e-5]], dtype), np.array([[2.0, 3.0]], dtype)
    same_X, same_y, unit = moderate_units(X, y)
    assert same_X is X and same_y is y and unit.X == 0
    for exponent in (-120, -40, 40, 120) if dtype == np.float32 else (-1000, -300, 300, 1000):
        moderate, targets, unit = moderate_units(np.ldexp(X, exponent), np.ldexp(y, [0, exponent]))
        assert 0.5 <= np.abs(moderate).max() <= 1 and moderate.dtype == targets.dtype == dtype
        assert_array_equal(np.ldexp(moderate, unit.X), np.ldexp(X, exponent))
        assert targets[0, 0] == 2 and 0.5 <= targets[0, 1] <= 1
        assert_array_equal(unit.lengths(moderate), np.ldexp(X, exponent))
        assert_array_equal(unit.weights(np.ones((1, 2), dtype))[0, 1] > 0, True)
    X, _, unit = moderate_units(X, y, 1e300)
    assert np.abs(X).max() < 1e-100 or dtype == np.float32
    assert 0.25 <= unit.penalty(1e300) <= 1


def test_moderate_units_refuse_what_is_not_finite():
    for bad in (np.nan, np.inf, -np.inf):
        for X, y in (([[bad, 1.0]], [1.0]), ([[1.0, 1.0]], [bad])):
            with pytest.raises(ValueError, match="X and y must be finite"):
                moderate_units(np.array(X), np.array(y))
    with pytest.raises(ValueError, match="alpha=-1"):
        moderate_units(np.ones((1, 1)), np.ones(1), -1)


# Means


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_deviations_and_means(dtype, weighted):
    columns = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(dtype)
    weight = np.random.default_rng(1).uniform(0, 2, 50) if weighted else None
    deviations, mean = center_columns(columns, weight)
    assert deviations.dtype == mean.dtype == dtype
    tolerance = 10 * np.finfo(dtype).eps
    assert_allclose(mean, np.average(columns.astype(float), axis=0, weights=weight), rtol=tolerance)
    assert_allclose(deviations, columns - mean, rtol=tolerance)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(min_value=-1e300, max_value=1e300),
    st.integers(1, 200),
    st.integers(0, 10**6),
    st.sampled_from([np.float64, np.float32]),
)
def test_a_constant_column_is_known_as_such(value, n, seed, dtype):
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        constant = np.clip(np.full(n, value).astype(dtype), -1e38, 1e38).astype(dtype)
    columns = np.column_stack([constant, rng.normal(size=n)]).astype(dtype)
    weight = rng.uniform(0, 1, n) * (rng.random(n) < 0.7)
    for w in (None, weight) if weight.any() else (None,):
        deviations, mean = center_columns(columns, w)
        assert (deviations[:, 0] == 0).all() and mean[0] == constant[0]


def test_a_sample_without_weight_does_not_make_a_column_vary():
    columns = np.array([[9e9], [0.1], [0.1], [0.1]])
    deviations, mean = center_columns(columns, np.array([0.0, 1.0, 2.0, 3.0]))
    assert_array_equal(mean, [0.1])
    assert_array_equal(deviations[1:], 0)


def test_one_rounding_error_is_no_variation_and_a_hundred_are():
    sum_of_floats = np.array([[0.1 + 0.2], [0.3], [0.3]])
    assert (center_columns(sum_of_floats)[0] == 0).all()
    steps = np.arange(-50.0, 51.0)[:, None]
    deviations, _ = center_columns(1.0 + steps * EPS * 2)
    assert_array_equal(deviations, steps * EPS * 2)  # to the last bit


@pytest.mark.parametrize(
    ("dtype", "first"), [(np.float64, 2.0**53), (np.float32, 2.0**24), (np.float64, -(2.0**53) - 4)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_three_neighboring_floats_are_not_constant_and_two_are(dtype, first, weighted):
    weight = np.array([1.0, 2.0, 1.0]) if weighted else None
    deviations, mean = center_columns((first + np.array([[0.0], [2.0], [4.0]])).astype(dtype), weight)
    assert_array_equal(deviations[:, 0], [-2, 0, 2])
    assert_array_equal(mean, [first + 2])
    deviations, mean = center_columns((first + np.array([[0.0], [2.0], [0.0]])).astype(dtype), weight)
    assert_array_equal(deviations, 0)
    assert mean[0] in (first, first + 2)


def test_deviations_of_some_neighboring_floats_are_as_exact_as_those_of_many():
    steps = np.array([0.0, 0, 0, 0, 0, 0, 0, 20])  # their mean is no float beside 2**24
    for size in (1, 5, 100):
        columns = (2.0**24 + 2 * size * steps[:, None]).astype(np.float32)
        assert_array_equal(center_columns(columns)[0][:, 0], 2 * size * (steps - 2.5))


def test_a_deviation_that_overflows_is_refused():
    with pytest.raises(ValueError, match="a deviation from the mean overflows"):
        center_columns(np.array([[1.7e308], [-1.7e308], [-1.7e308]]))


@pytest.mark.parametrize("columns", [np.full((4, 1), 1e308), np.array([[1e308], [1.5e308]])])
def test_a_mean_that_overflows_is_refused(columns):
    with pytest.raises(ValueError, match="a mean overflows"):
        center_columns(columns)
