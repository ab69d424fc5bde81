"""The stable functions beside SciPy's and torch's, far out where the plain formulas fail."""

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from companion import numerics

Z = np.concatenate([np.linspace(-40, 40, 1601), [-1e4, -745.2, 709.8, 1e4, 0.0, -0.0]])
TINY = np.finfo(float).tiny


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (numerics.sigmoid, scipy.special.expit),
        (numerics.log_sigmoid, scipy.special.log_expit),
        (numerics.softplus, lambda z: np.logaddexp(0, z)),
    ],
)
def test_elementwise_against_scipy(ours, theirs):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert_allclose(ours(Z), theirs(Z), rtol=1e-13, atol=TINY)
    assert ours(np.float32([0.5])).dtype == np.float32
    assert np.isnan(ours(np.nan))


def test_by_hand():
    assert_allclose(numerics.sigmoid(np.log(3.0)), 0.75)
    assert_allclose(numerics.logit(0.75), np.log(3.0))
    assert_allclose(numerics.softmax([0.0, np.log(3.0)]), [0.25, 0.75])
    assert_allclose(numerics.logsumexp([0.0, np.log(3.0)]), np.log(4.0))


def test_softmax_where_the_plain_formula_gives_nan():
    z = np.array([1000.0, 1001.0])
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(np.exp(z) / np.exp(z).sum()).all()
    assert_allclose(numerics.softmax(z), [0.26894142, 0.73105858], rtol=1e-7)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_family_against_scipy_and_torch(axis):
    z = np.random.default_rng(0).normal(size=(5, 7)) * 50
    assert_allclose(numerics.softmax(z, axis), scipy.special.softmax(z, axis), rtol=1e-13)
    assert_allclose(numerics.log_softmax(z, axis), torch.log_softmax(torch.tensor(z), axis), rtol=1e-12)
    assert_allclose(numerics.logsumexp(z, axis), scipy.special.logsumexp(z, axis), rtol=1e-14)
    assert numerics.logsumexp(z, axis, keepdims=True).ndim == 2


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_nan_takes_its_own_row_and_no_other(axis):
    z = np.random.default_rng(3).normal(size=(4, 5)) * 20
    z[1, 2] = np.nan
    z[3] = np.nan
    z = z if axis else np.ascontiguousarray(z.T)
    for ours, theirs in ((numerics.softmax, torch.softmax), (numerics.log_softmax, torch.log_softmax)):
        out = ours(z, axis)
        assert_allclose(out, theirs(torch.tensor(z), axis), rtol=1e-12)  # nan where torch has nan
        np.testing.assert_array_equal(np.isnan(out), np.isnan(z).any(axis, keepdims=True) | np.zeros_like(z, bool))


def test_softmax_takes_the_last_axis_and_leaves_its_argument():
    z = np.random.default_rng(4).normal(size=(2, 3, 4))
    before = z.copy()
    assert_allclose(numerics.softmax(z), torch.softmax(torch.tensor(z), -1), rtol=1e-13)
    assert_allclose(numerics.log_softmax(z), torch.log_softmax(torch.tensor(z), -1), rtol=1e-12)
    assert (z == before).all()


def test_logsumexp_of_nothing_and_of_too_much():
    assert numerics.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert numerics.logsumexp(np.array([np.inf, 1e4])) == np.inf
    assert_allclose(numerics.logsumexp(np.full((2, 3), 1e4)), 1e4 + np.log(6))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8), st.floats(-1e4, 1e4))
def test_softmax_ignores_a_common_shift(z, c):
    z = np.array(z)
    p = numerics.softmax(z)
    assert_allclose(p.sum(), 1.0)
    assert_allclose(numerics.softmax(z + c), p, atol=1e-10)


@given(st.floats(1e-12, 1 - 1e-12))
def test_logit_inverts_the_sigmoid(p):
    assert_allclose(numerics.sigmoid(numerics.logit(p)), p, rtol=1e-10)


def test_logit_against_scipy():
    p = np.concatenate([10.0 ** -np.arange(1, 300, 7), 0.5 + 10.0 ** -np.arange(1, 16), np.linspace(0.01, 0.99, 99)])
    assert_allclose(numerics.logit(p), scipy.special.logit(p), rtol=1e-13)
    assert numerics.logit(np.float32([0.3, 0.9])).dtype == np.float32


def test_logit_at_the_ends_and_outside():
    assert_allclose(numerics.logit([0.0, 1.0]), [-np.inf, np.inf])
    for bad in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match=r"p must be in \[0, 1\]"):
            numerics.logit(bad)


def test_finite_differences_of_a_quadratic_and_of_a_map():
    A = np.random.default_rng(1).normal(size=(3, 4))
    x = np.random.default_rng(2).normal(size=4)
    before = x.copy()
    assert_allclose(numerics.finite_difference_jacobian(lambda v: A @ v, x), A, rtol=1e-8)
    assert_allclose(numerics.finite_difference_gradient(lambda v: ((A @ v) ** 2).sum(), x), 2 * A.T @ A @ x, rtol=1e-7)
    assert (x == before).all()
    W = np.ones((2, 3))
    assert numerics.finite_difference_gradient(lambda v: (v**3).sum(), W).shape == (2, 3)
    assert numerics.finite_difference_jacobian(lambda v: v.sum(axis=0), W).shape == (3, 2, 3)


def test_erf_near_zero_far_out_and_between():
    x = np.concatenate([np.linspace(-8, 8, 4001), np.geomspace(1e-12, 1e-2, 50), [1.0, -1.0, 6.0, 1e4]])
    assert_allclose(numerics.erf(x), scipy.special.erf(x), rtol=1e-13)
    assert np.isnan(numerics.erf(np.nan)) and numerics.erf(np.float32([0.5])).dtype == np.float32


# ---- dtypes, nothing, nan and infinities -----------------------------------------------------------------------------

PAIRS = {
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "softplus": lambda z: np.logaddexp(0.0, z),
    "erf": scipy.special.erf,
    "softmax": lambda z: scipy.special.softmax(z, axis=-1),
    "log_softmax": lambda z: scipy.special.log_softmax(z, axis=-1),
    "logsumexp": scipy.special.logsumexp,
}


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, bool])
@pytest.mark.parametrize("name", PAIRS)
def test_integers_and_bools_are_computed_in_double_precision(name, dtype):
    z = np.array([np.iinfo(dtype).min, 5, np.iinfo(dtype).max] if dtype in (np.uint8, np.int8) else [0, 1, 5]).astype(
        dtype
    )
    out = getattr(numerics, name)(z)
    assert out.dtype == np.float64
    assert_allclose(out, PAIRS[name](z.astype(float)), rtol=1e-12, atol=TINY)
    assert (
        numerics.logit(np.array([0, 1], np.uint8)).tolist()
        == numerics.logit([False, True]).tolist()
        == [-np.inf, np.inf]
    )


@pytest.mark.parametrize("name", PAIRS)
def test_half_precision_is_computed_in_single_and_rounded_once(name):
    z = np.linspace(-20, 12, 65).astype(np.float16)
    exact = PAIRS[name](z.astype(float))
    out = getattr(numerics, name)(z)
    assert out.dtype == np.float16
    assert_allclose(out, exact, rtol=6e-4, atol=6e-8)
    many = np.zeros(10_000, np.float16)  # whose exponentials add up to more than float16 can count
    assert_allclose(numerics.logsumexp(many), np.log(10_000), rtol=6e-4)
    assert_allclose(numerics.softmax(many), 1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", ["sigmoid", "log_sigmoid", "softplus", "erf"])
def test_the_ends_of_the_line_and_nan(name):
    z = np.array([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, -0.0])
    assert_allclose(getattr(numerics, name)(z), PAIRS[name](z))
    assert getattr(numerics, name)(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("z", [[-np.inf, -np.inf], [np.inf, 1.0], [np.nan, 1.0], [-np.inf, 1.0], [1e308, -1e308]])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_infinite_scores_as_torch(name, z):
    z = np.array(z)
    assert_allclose(getattr(numerics, name)(z), getattr(torch, name)(torch.tensor(z), -1))


@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
def test_of_nothing_as_torch(axis):
    z = np.zeros((3, 0))
    assert numerics.softmax(z, axis).shape == numerics.log_softmax(z, axis).shape == (3, 0)
    assert_allclose(numerics.logsumexp(z, axis), np.full(z.sum(axis).shape, -np.inf))


def test_several_axes_together():
    z = np.random.default_rng(5).normal(size=(2, 3, 4))
    for axis in ((0, 2), (1, -1), None):
        assert_allclose(numerics.softmax(z, axis), scipy.special.softmax(z, axis), rtol=1e-13)
        assert_allclose(numerics.log_softmax(z, axis), scipy.special.log_softmax(z, axis), rtol=1e-12)
        assert_allclose(numerics.logsumexp(z, axis), scipy.special.logsumexp(z, axis), rtol=1e-13)
    assert numerics.softmax(5.0) == 1.0 and numerics.log_softmax(5.0) == 0.0


@pytest.mark.parametrize("name", [*PAIRS, "logit", "softplus_sigmoid"])
@pytest.mark.parametrize("bad", [["a", "b"], [1j, 2.0], np.array(["2020"], "datetime64"), [None, 1.0]])
def test_what_is_no_real_number_is_refused(name, bad):
    with pytest.raises(TypeError, match="expected real numbers"):
        getattr(numerics, name)(bad)


def test_the_shared_arithmetic_of_cross_entropies():
    z, y = np.array([[1e308, -1e308], [0.0, 0.0]]), np.array([0, 1])
    costs, p = numerics.softmax_cross_entropy(z, y)
    assert_allclose(costs, [0, np.log(2)])
    assert_allclose(p, [[1, 0], [0.5, 0.5]])
    costs, p = numerics.softmax_cross_entropy(np.zeros((2, 3), np.float16), y)
    assert costs.dtype == p.dtype == np.float16
    costs, slope = numerics.softplus_sigmoid(np.array([-128, 127], np.int8))
    assert_allclose(costs, np.logaddexp(0, [-128.0, 127.0]))
    assert_allclose(slope, scipy.special.expit([-128.0, 127.0]))


def test_finite_differences_far_out_of_nothing_and_with_a_bad_step():
    assert_allclose(numerics.finite_difference_gradient(lambda v: 3 * v.sum(), np.array([1e20])), 3, rtol=1e-8)
    assert numerics.finite_difference_gradient(lambda v: v.sum(), np.zeros((0, 2))).shape == (0, 2)
    assert numerics.finite_difference_jacobian(lambda v: np.ones(3), np.zeros(0)).shape == (3, 0)
    for eps in (0.0, -1e-6, np.nan, "small"):
        with pytest.raises(ValueError, match="eps="):
            numerics.finite_difference_gradient(lambda v: v.sum(), np.ones(2), eps)


# ---- nothing warns or raises, whatever NumPy was told ----------------------------------------------------------------

FAR = [1000.0, -1000.0, 800.0, 1e-320, -1e-320, 1e308, -1e308, np.inf, -np.inf, np.nan, 0.0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.longdouble])
@pytest.mark.parametrize("name", [*PAIRS, "softplus_sigmoid"])
def test_no_floating_point_error_in_any_function(name, dtype):
    function = getattr(numerics, name)
    with np.errstate(all="ignore"):
        z = np.array(FAR).astype(dtype)
        expected = function(z)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(function(z), expected)
        for value in z:  # one by one, and in rows of two
            function(value)
            function(np.array([value, z[0]]))
            function(np.array([value, z[1]]))
        function(z[:0])


def test_no_floating_point_error_in_the_others():
    with np.errstate(all="raise"):
        for dtype in (np.float64, np.float32, np.float16):
            numerics.logit(np.array([0.0, 6e-8, 0.5, 1.0], dtype))
            for row in ([1000.0, -1000.0], [6e4, -6e4], [6e-8, 0.0], [np.inf, 1.0], [np.nan, 1.0]):
                costs, _ = numerics.softmax_cross_entropy(np.array([row], dtype), np.array([1]))
                assert costs.dtype == dtype
        assert numerics.logit(1e-320) == scipy.special.logit(1e-320)
        assert numerics.logsumexp([1000.0, -1000.0, 1e-320], b=[1e-320, 1.0, 0.0]) < 1000
        assert numerics.finite_difference_gradient(lambda v: 1.0, [1e-320, 0.0, 1e308]).tolist() == [0, 0, 0]
        tiny = numerics.finite_difference_gradient(lambda v: 1e-310 * float(v[0]), [0.0], 0.5)
    assert_allclose(tiny, 1e-310)


def test_every_public_function_has_been_tried_so():
    tried = {*PAIRS, "softplus_sigmoid", "softmax_cross_entropy", "logit"}
    assert tried | {"finite_difference_gradient", "finite_difference_jacobian"} == set(numerics.__all__)


def test_half_precision_that_overflows_in_the_last_rounding():
    np.testing.assert_array_equal(numerics.log_softmax(np.float16([-60000, 60000])), np.float16([-np.inf, 0]))


@pytest.mark.parametrize("name", [*PAIRS, "logit"])
def test_a_number_gives_a_number(name):
    assert isinstance(getattr(numerics, name)(0.5), np.float64)
    assert isinstance(getattr(numerics, name)(np.float16(0.5)), np.float16)


# ---- the factors of logsumexp, in SciPy's place ----------------------------------------------------------------------


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_logsumexp_with_factors_against_scipy(axis, keepdims):
    rng = np.random.default_rng(6)
    a = rng.normal(size=(3, 4)) * 300
    for b in (3.0, rng.random((3, 4)), rng.random(4), rng.normal(size=(3, 1)), np.array([0, 1, 2, 3])):
        with np.errstate(invalid="ignore"):
            expected = scipy.special.logsumexp(a, axis, b, keepdims)
        assert_allclose(numerics.logsumexp(a, axis, b, keepdims), expected, rtol=1e-13)


def test_logsumexp_with_factors_of_other_shapes_dtypes_and_signs():
    assert_allclose(numerics.logsumexp(1.0, None, [1.0, 2.0]), 1 + np.log(3))
    assert numerics.logsumexp([np.inf, 1.0], b=[0, 1]) == 1.0  # a factor of 0 leaves out even an infinite term
    assert np.isnan(numerics.logsumexp([1.0, 2.0], b=[1, -1]))
    assert numerics.logsumexp(np.float32([1]), b=np.float32([2])).dtype == np.float32
    assert numerics.logsumexp(np.float16([1]), b=np.float16([2])).dtype == np.float16
    assert numerics.logsumexp(np.float32([1]), b=[2]).dtype == np.float64
    with pytest.raises(TypeError, match="expected real numbers"):
        numerics.logsumexp([1.0], b=["a"])
    for bad in (3.0, 1, None, "no"):
        with pytest.raises(TypeError, match="keepdims="):
            numerics.logsumexp([1.0], keepdims=bad)


# ---- finite differences: what fun does to its argument, and x that has none ------------------------------------------


def test_finite_differences_of_functions_that_change_what_they_get_or_gave():
    def changes(v):
        value = (v**2).sum()
        v[...] = 7.0
        return value

    kept = np.zeros(2)

    def reuses(v):
        kept[:] = v**2
        return kept

    assert_allclose(numerics.finite_difference_gradient(changes, [1.0, 2.0]), [2, 4], rtol=1e-8)
    assert_allclose(numerics.finite_difference_jacobian(changes, [1.0, 2.0]), [2, 4], rtol=1e-8)
    assert_allclose(numerics.finite_difference_jacobian(reuses, [1.0, 2.0]), [[2, 0], [0, 4]], rtol=1e-8)
    assert_allclose(numerics.finite_difference_jacobian(lambda v: v, [1.0, 2.0]), np.eye(2), rtol=1e-8)


def test_finite_differences_of_a_number():
    assert_allclose(numerics.finite_difference_gradient(lambda x: x**2, 3.0), 6, rtol=1e-8)
    assert numerics.finite_difference_gradient(lambda x: x**2, 3.0).shape == ()
    assert_allclose(numerics.finite_difference_jacobian(lambda x: np.array([x, 2 * x]), 3), [1, 2], rtol=1e-8)


@pytest.mark.parametrize("x", [np.nan, [1.0, np.inf], [[-np.inf]]])
def test_finite_differences_at_no_number(x):
    for differences in (numerics.finite_difference_gradient, numerics.finite_difference_jacobian):
        with pytest.raises(ValueError, match="x has nan or infinity"):
            differences(lambda v: np.sum(v), x)


def test_the_gradient_of_an_array_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\), expected a number"):
        numerics.finite_difference_gradient(lambda v: v, np.ones(3))
