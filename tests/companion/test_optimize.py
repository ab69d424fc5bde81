"""The minimizers: known solutions, convergence rates, SciPy's evaluations, and what is refused."""

import copy
import inspect
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from companion import optimize
from companion.datasets import load_breast_cancer
from companion.numerics import finite_difference_gradient, sigmoid, softplus

Q = np.diag([1.0, 10.0, 100.0])


def quadratic(x):
    with np.errstate(over="ignore", invalid="ignore"):
        return 0.5 * x @ Q @ x, Q @ x


def rosenbrock(x):
    return scipy.optimize.rosen(x), scipy.optimize.rosen_der(x)


def logistic():
    X, y = load_breast_cancer(return_X_y=True)
    X, s = (X - X.mean(axis=0)) / X.std(axis=0), 2 * y - 1

    def fun(w):
        z = s * (X @ w)
        return softplus(-z).mean() + w @ w / len(y), X.T @ (-s * sigmoid(-z)) / len(y) + 2 * w / len(y)

    return fun


def test_gradient_step_and_newton_direction_by_hand():
    assert_allclose(optimize.gradient_step(np.array([1.0, 2.0]), np.array([2.0, -2.0]), 0.5), [0.0, 3.0])
    assert_allclose(optimize.newton_direction(np.array([1.0, 20.0, 50.0]), Q), [-1.0, -2.0, -0.5])


@pytest.mark.parametrize("seed", range(5))
def test_newton_direction_points_downhill_where_the_hessian_is_indefinite(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(4, 4))
    grad = rng.normal(size=4)
    assert grad @ optimize.newton_direction(grad, A + A.T) < 0


def test_lbfgs_direction_is_the_product_with_the_bfgs_matrix():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(5, 5))
    A = A @ A.T + np.eye(5)
    moves = [rng.normal(size=5) for _ in range(4)]
    changes = [A @ s for s in moves]
    s, y = moves[-1], changes[-1]
    H = np.eye(5) * (s @ y) / (y @ y)
    for s, y in zip(moves, changes):  # the update of the inverse, formed
        V = np.eye(5) - np.outer(y, s) / (s @ y)
        H = V.T @ H @ V + np.outer(s, s) / (s @ y)
    grad = rng.normal(size=5)
    assert_allclose(optimize.lbfgs_direction(grad, moves, changes), -H @ grad, rtol=1e-10)
    assert_allclose(optimize.lbfgs_direction(grad, [], []), -grad)


@pytest.mark.parametrize("method", ["gd", "newton", "L-BFGS-B"])
def test_a_quadratic(method):
    hess = (lambda x: Q) if method == "newton" else None
    start = np.array([1.0, 1.0, 1.0])
    result = optimize.minimize(quadratic, start, method=method, hess=hess, tol=1e-8, max_iter=5000)
    assert result.success and np.abs(result.x).max() < 1e-7 and (start == 1).all()
    assert_allclose(result.jac, quadratic(result.x)[1])
    if method == "newton":
        assert result.nit == 1


def test_gradient_descent_with_a_fixed_rate_contracts_as_the_theory_says():
    result = optimize.minimize(quadratic, [1.0, 1.0, 1.0], method="gd", lr=2 / 101, tol=1e-3, max_iter=2000)
    distance = np.linalg.norm(result.trace.x, axis=1)
    assert_allclose(distance[-1] / distance[-2], 99 / 101, rtol=1e-3)  # (kappa - 1) / (kappa + 1)


def test_too_large_a_rate_is_reported():
    with pytest.warns(ConvergenceWarning, match="largest gradient element"):
        result = optimize.minimize(quadratic, [1.0, 1.0, 1.0], method="gd", lr=0.1, max_iter=2000)
    assert not result.success and np.isfinite(result.x).all()


@pytest.mark.parametrize("method", ["newton", "L-BFGS-B"])
@pytest.mark.parametrize("n", [2, 10])
def test_rosenbrock(method, n):
    hess = scipy.optimize.rosen_hess if method == "newton" else None
    result = optimize.minimize(rosenbrock, np.full(n, -0.5), method=method, hess=hess, tol=1e-8)
    assert_allclose(result.x, 1.0, atol=1e-6)
    assert_allclose(result.trace.fun[-1], result.fun)
    assert len(result.trace.x) == result.nit + 1


@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8])
def test_lbfgs_needs_no_more_evaluations_than_scipys(tol):
    fun = logistic()
    ours = optimize.minimize(fun, np.zeros(30), tol=tol)
    options = {"gtol": tol, "ftol": 0}
    theirs = scipy.optimize.minimize(fun, np.zeros(30), jac=True, method="L-BFGS-B", options=options)
    assert ours.nfev <= 1.1 * theirs.nfev + 2
    assert np.abs(ours.jac).max() <= tol
    if tol <= 1e-6:  # the gradient of 1e-4 leaves more of the objective open
        assert_allclose(ours.fun, theirs.fun, rtol=1e-6)


def test_newton_doubles_its_digits():
    fun = lambda x: (np.sqrt(1 + x @ x), x / np.sqrt(1 + x @ x))  # noqa: E731
    hess = lambda x: np.eye(1) / (1 + x @ x) ** 1.5  # noqa: E731
    result = optimize.minimize(fun, [0.5], method="newton", hess=hess, tol=1e-12)
    errors = np.abs(result.trace.x[:, 0])
    assert_allclose(errors[1:3], errors[:2] ** 3, rtol=1e-10)  # for this function it even triples them
    far = optimize.minimize(fun, [1.1], method="newton", hess=hess, tol=1e-12)  # the pure method diverges from here
    assert far.success and (np.diff(far.trace.fun) <= 0).all()


@pytest.mark.parametrize("search", [optimize.armijo_line_search, optimize.wolfe_line_search])
@pytest.mark.parametrize("step", [1e-3, 1.0, 1e3])
def test_line_searches_keep_their_promises(search, step):
    x = np.array([-1.2, 1.0])
    value, grad = rosenbrock(x)
    t, new_value, new_grad, count = search(rosenbrock, x, value, grad, -grad, step)
    assert new_value <= value - 1e-4 * t * grad @ grad and count >= 1
    assert_allclose(new_grad, finite_difference_gradient(scipy.optimize.rosen, x - t * grad), rtol=1e-4, atol=1e-4)
    if search is optimize.wolfe_line_search:
        assert abs(new_grad @ grad) <= 0.9 * grad @ grad


def test_a_line_search_uphill_gives_up():
    x = np.ones(3)
    value, grad = quadratic(x)
    assert optimize.armijo_line_search(quadratic, x, value, grad, grad)[0] is None
    assert optimize.wolfe_line_search(quadratic, x, value, grad, grad)[0] is None


@pytest.mark.parametrize("search", [optimize.armijo_line_search, optimize.wolfe_line_search])
def test_a_line_search_of_small_integers_and_one_whose_arithmetic_leaves_the_floats(search):
    def bowl(x):
        return np.float64(2 * x @ x), 4 * x

    x, direction = np.array([10, 10], np.int8), np.array([-40, -40], np.int8)  # 40 * 40 is no int8
    assert (
        search(bowl, x, 400, -direction, direction)[0] == search(bowl, x + 0.0, 400.0, -direction + 0.0, direction)[0]
    )
    with np.errstate(all="raise"):
        t, value, _, _ = search(
            lambda x: (x[0] ** 2, 2 * x), np.array([1.0, 0.0]), 1.0, np.array([2.0, 0]), -np.eye(2)[0]
        )
        assert t == 1 and value == 0
        tiny = np.array([-2.0, 1e-300])
        assert search(lambda x: (x[0] ** 2, np.array([2 * x[0], 1e-300])), np.ones(2), 1.0, -tiny, tiny, 1e-10)[0] > 0
        assert np.geterr()["under"] == "raise"
        with pytest.raises(FloatingPointError):  # the function is the caller's own
            search(lambda x: (np.square(x * 1e-200).sum(), x), np.ones(2), 1.0, np.ones(2), -np.ones(2) / 2)


def test_a_function_that_turns_nan_far_away_is_still_minimized():
    def fun(x):
        with np.errstate(invalid="ignore"):
            root = np.sqrt(4 - x @ x)
        return -root, x / root

    result = optimize.minimize(fun, [1.9], tol=1e-8)
    assert result.success and abs(result.x[0]) < 1e-7


def test_a_wrong_gradient_ends_with_a_warning_not_forever():
    with pytest.warns(ConvergenceWarning, match="no step decreases the function further"):
        optimize.minimize(lambda x: (x @ x, -2 * x), [1.0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "magic"}, "method='magic', expected 'L-BFGS-B' or"),
        ({"method": "newton"}, "needs hess"),
        ({"hess": lambda x: Q}, "does not take hess"),
        ({"method": None}, "method=None, expected 'L-BFGS-B' or 'newton' or 'gd'"),
        ({"method": "newton", "hess": lambda x: Q, "m": 5}, "m=5, but method='newton' does not take m"),
        ({"lr": 0.1}, "lr=0.1, but method='L-BFGS-B' does not take lr"),
        ({"method": "gd", "lr": -1.0}, "lr=-1.0, expected a number"),
        ({"method": "gd", "lr": True}, "lr=True, expected a number"),
        ({"tol": -1.0}, "tol=-1.0, expected a number"),
        ({"tol": np.nan}, "tol=nan"),
        ({"tol": np.inf}, "tol=inf"),
        ({"tol": "1"}, "tol='1'"),
        ({"max_iter": -1}, "max_iter=-1"),
        ({"max_iter": 1.5}, "max_iter=1.5, expected an integer"),
        ({"max_iter": True}, "max_iter=True"),
        ({"m": 0}, "m=0"),
        ({"m": 2.0}, "m=2.0"),
        ({"x0": np.ones((1, 3))}, r"x0 has shape \(1, 3\)"),
        ({"x0": [np.nan, 0, 0]}, "not finite at the start"),
        ({"fun": lambda x: (x, x)}, "must return a number"),
        ({"fun": lambda x: (0.0, x[:1])}, r"the gradient has shape \(1,\), expected \(3,\)"),
        ({"fun": lambda x: (0.0, x[None])}, r"the gradient has shape \(1, 3\)"),
        ({"fun": lambda x: (0.0, 0.0)}, r"the gradient has shape \(\)"),
        ({"fun": lambda x: (0.0, x * np.nan)}, r"not finite at the start: value 0.0, gradient \[nan nan nan\]"),
        ({"fun": lambda x: (np.inf, x)}, "not finite at the start: value inf"),
    ],
)
def test_refused(arguments, words):
    arguments = {"fun": quadratic, "x0": np.ones(3)} | arguments
    with pytest.raises(ValueError, match=words):
        optimize.minimize(**arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"x0": ["1", "2", "3"]}, "x0 has dtype <U1, expected real numbers"),
        ({"x0": [1j, 2, 3]}, "x0 has dtype complex128"),
        ({"x0": [None, 2, 3]}, "x0 has dtype object"),
        ({"fun": lambda x: 0.0}, "fun must return its value and its gradient, got 0.0"),
        ({"fun": lambda x: None}, "got None"),
        ({"fun": lambda x: x}, r"got array\(\[1., 1., 1.\]\)"),
        ({"fun": lambda x: ("1.0", x)}, "the value of fun has dtype <U3"),
        ({"fun": lambda x: (1j, x)}, "the value of fun has dtype complex128"),
        ({"fun": lambda x: (1.0, x + 0j)}, "the gradient has dtype complex128"),
        ({"fun": None}, "not callable"),
        ({"method": "newton", "hess": lambda x: 1j * Q}, "the Hessian has dtype complex128"),
    ],
)
def test_no_real_numbers(arguments, words):
    arguments = {"fun": quadratic, "x0": np.ones(3)} | arguments
    with pytest.raises(TypeError, match=words):
        optimize.minimize(**arguments)


def test_the_function_and_the_start_are_all_that_has_a_position():
    theirs = inspect.signature(scipy.optimize.minimize).parameters
    ours = inspect.signature(optimize.minimize).parameters
    assert [name for name, p in ours.items() if p.kind is not p.KEYWORD_ONLY] == list(theirs)[:2]
    shared = [name for name in ours if name in theirs]
    assert shared == [name for name in theirs if name in ours] == ["fun", "x0", "method", "hess", "tol"]


@pytest.mark.parametrize("name", ["l-bfgs-b", "L-BFGS-B", "L-bfgs-b"])
def test_scipys_name_in_letters_of_any_case(name):
    ours = optimize.minimize(quadratic, np.ones(3), method=name, tol=1e-8)
    theirs = scipy.optimize.minimize(quadratic, np.ones(3), jac=True, method=name, options={"gtol": 1e-8, "ftol": 0})
    assert ours.success and theirs.success
    assert_array_equal(ours.x, optimize.minimize(quadratic, np.ones(3), tol=1e-8).x)


# a function that misbehaves, in every method


def minimized(fun, x0, method, hess=Q, **arguments):
    """By any of the methods; ``hess`` is for Newton's, a matrix or a function."""
    if method == "newton":
        arguments["hess"] = hess if callable(hess) else lambda x: hess
    return optimize.minimize(fun, x0, method=method, **{"max_iter": 5000} | arguments)


METHODS = ["gd", "newton", "L-BFGS-B"]


@pytest.mark.parametrize("method", METHODS)
def test_what_the_function_does_to_its_argument_has_no_effect(method):
    def spoils(x):
        answer = quadratic(x)
        x[:] = np.nan
        return answer

    def spoils_hess(x):
        x[:] = np.nan
        return Q

    start = np.ones(3)
    ours = minimized(spoils, start, method, hess=spoils_hess)
    plain = minimized(quadratic, start, method)
    assert_array_equal(start, np.ones(3))
    assert_array_equal(ours.trace.x, plain.trace.x)


@pytest.mark.parametrize("method", METHODS)
def test_a_gradient_may_be_returned_in_one_array_again_and_again(method):
    memory = np.empty(3)

    def reuses(x):
        value, memory[:] = quadratic(x)
        return value, memory

    ours, plain = minimized(reuses, np.ones(3), method), minimized(quadratic, np.ones(3), method)
    assert_array_equal(ours.trace.x, plain.trace.x)
    memory[:] = 7.0
    assert_array_equal(ours.jac, plain.jac)
    same = minimized(lambda x: (0.5 * x @ x, x), np.ones(3), method, hess=np.eye(3))  # the argument as its gradient
    assert same.success and np.abs(same.x).max() < 1e-6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "convert",
    [
        lambda value, grad: (np.array([value]), grad),
        lambda value, grad: (np.array(value), grad.tolist()),
        lambda value, grad: [value, tuple(grad)],
        lambda value, grad: (np.longdouble(value), grad.astype(np.longdouble)),
    ],
    ids=["value of shape (1,)", "lists", "a list of both", "long doubles"],
)
def test_numbers_in_other_containers(method, convert):
    ours = minimized(lambda x: convert(*quadratic(x)), np.ones(3), method)
    plain = minimized(quadratic, np.ones(3), method)
    assert_allclose(ours.x, plain.x, atol=1e-8)
    assert type(ours.fun) is float and ours.jac.dtype == np.float64


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "x0", [[3, -4, 1], np.array([3, -4, 1], np.int8), np.array([3, -4, 1], np.float16), [True] * 3]
)
def test_a_start_of_any_real_dtype(method, x0):
    ours = minimized(quadratic, x0, method)
    assert ours.success and ours.x.dtype == np.float64
    assert_array_equal(ours.trace.x[0], np.asarray(x0, dtype=float))


def test_a_number_as_start_is_a_vector_of_one_as_in_scipy():
    ours = optimize.minimize(lambda x: (x @ x, 2 * x), 3.0)
    theirs = scipy.optimize.minimize(lambda x: (x @ x, 2 * x), 3.0, jac=True)
    assert ours.x.shape == theirs.x.shape == (1,)


@pytest.mark.parametrize("method", METHODS)
def test_integers_and_float32_from_the_function(method):
    # f(x) = 2|x|^2 at whole points: values and gradients come as integers, the steps are fractions nevertheless
    integers = minimized(lambda x: (int(2 * x @ x) if x[0] == 3 else 2 * x @ x, 4 * x), [3, 1], method, 4 * np.eye(2))
    assert integers.success
    single = minimized(
        lambda x: (np.float32(2 * x @ x), (4 * x).astype(np.float32)),
        [3.0, 1.0],
        method,
        4 * np.eye(2, dtype=np.float32),
        tol=1e-5,
    )
    assert single.success and single.x.dtype == np.float64 and np.abs(single.x).max() < 1e-5


@pytest.mark.parametrize("method", METHODS)
def test_an_error_in_the_function_comes_through(method):
    calls = []

    def fails(x):
        calls.append(1)
        if len(calls) == 3:
            raise KeyError("in the middle")
        return rosenbrock(x)

    with pytest.raises(KeyError, match="in the middle"):
        minimized(fails, [-1.2, 1.0], method, hess=scipy.optimize.rosen_hess)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("part", ["value", "gradient", "both"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_function_that_is_not_finite_midway_ends_with_a_warning(method, part, bad):
    """Beyond the first point nothing is finite: the start is all there is."""

    def fun(x):
        value, grad = quadratic(x)
        if (x == 1).all():
            return value, grad
        return bad if part != "gradient" else value, grad * bad if part != "value" else grad

    with pytest.warns(ConvergenceWarning, match=r"largest gradient element 1.0e\+02"), np.errstate(invalid="ignore"):
        result = minimized(fun, np.ones(3), method, hess=2 * Q)
    assert not result.success and np.isfinite(result.fun) and np.isfinite(result.jac).all()
    assert_array_equal(result.x, np.ones(3))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_fixed_rate_into_what_is_not_finite(bad):
    fun = lambda x: (0.5 * x @ x, x if x[0] == 1 else x * bad)  # noqa: E731
    with pytest.warns(ConvergenceWarning, match="the iterates diverge; largest gradient element 1.0e"):
        result = optimize.minimize(fun, np.ones(2), method="gd", lr=0.1)
    assert not result.success and np.isfinite(result.jac).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_wall_of_nan_before_the_minimum_is_stepped_back_from(method):
    """log x is nan for x < 0, so that the first steps of x - log x from 1e-2 fail; the minimum is at 1."""

    def fun(x):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (x - np.log(x)).sum(), 1 - 1 / x

    result = minimized(fun, [1e-2, 40.0], method, hess=lambda x: np.diag(1 / x**2), tol=1e-5)
    assert result.success
    assert_allclose(result.x, 1.0, atol=1.1e-5)


def test_a_tolerance_of_zero_goes_as_far_as_the_numbers_do():
    assert optimize.minimize(lambda x: (x @ x, 2 * x), [1.0, 3.0], tol=0).success  # the minimum is a number itself
    with pytest.warns(ConvergenceWarning, match="no step decreases the function further|limit was reached"):
        result = optimize.minimize(logistic(), np.zeros(30), tol=0.0)
    assert np.abs(result.jac).max() < 1e-7


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-100, 1e100, 1e200, 1e300])
def test_gradients_of_any_size_at_the_first_step(scale):
    fun = lambda x: (scale * np.sqrt(1 + x @ x), scale * x / np.sqrt(1 + x @ x))  # noqa: E731
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        result = optimize.minimize(fun, [3.0], tol=0.0)
    if 1e-150 < scale < 1e150:  # the square of the gradient is a number
        assert abs(result.x[0]) < 1e-6
    assert np.isfinite(result.fun) and np.isfinite(result.x).all()


@given(
    n=st.integers(1, 6),
    seed=st.integers(0, 10**6),
    log_condition=st.floats(0, 4),
    log_scale=st.floats(-3, 3),
    method=st.sampled_from(METHODS),
)
@settings(max_examples=60, deadline=None)
def test_any_quadratic(n, seed, log_condition, log_scale, method):
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(n, n)))[0]
    A = 10.0**log_scale * rotation @ np.diag(np.geomspace(1, 10**log_condition, n)) @ rotation.T
    A, solution = (A + A.T) / 2, rng.normal(size=n)
    fun = lambda x: (0.5 * (x - solution) @ A @ (x - solution), A @ (x - solution))  # noqa: E731
    tol = 1e-5 * 10.0**log_scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if method == "gd" else "error", ConvergenceWarning)  # a valley takes it long
        result = minimized(fun, rng.normal(size=n), method, hess=A, tol=tol)
    assert result.success == (np.abs(result.jac).max() <= tol)
    assert result.success or method == "gd"
    if result.success:
        assert np.linalg.norm(result.x - solution) <= tol * np.sqrt(n) / np.linalg.eigvalsh(A).min() * (1 + 1e-6)
    assert (np.diff(result.trace.fun) <= 1e-14 * (1 + result.trace.fun[0])).all()


@given(start=st.lists(st.floats(-3, 3), min_size=2, max_size=5), tol=st.sampled_from([1e-3, 1e-6, 1e-8]))
@settings(max_examples=40, deadline=None)
def test_rosenbrock_from_anywhere_beside_scipy(start, tol):
    theirs = scipy.optimize.minimize(rosenbrock, start, jac=True, method="L-BFGS-B", options={"gtol": tol, "ftol": 0})
    ours = optimize.minimize(rosenbrock, start, tol=tol)
    newton = optimize.minimize(rosenbrock, start, method="newton", hess=scipy.optimize.rosen_hess, tol=tol)
    assert ours.success and newton.success
    assert max(np.abs(ours.jac).max(), np.abs(newton.jac).max()) <= tol
    if len(start) < 4 and theirs.success:  # from four variables on there is a second minimum
        assert_allclose(ours.fun, theirs.fun, atol=tol)
        assert_allclose(newton.fun, theirs.fun, atol=tol)


@given(
    seed=st.integers(0, 10**6),
    log_step=st.floats(-4, 4),
    search=st.sampled_from([optimize.armijo_line_search, optimize.wolfe_line_search]),
    hole=st.floats(0.05, 20.0),
)
@settings(max_examples=100, deadline=None)
def test_line_searches_keep_their_promises_beside_a_hole(search, log_step, seed, hole):
    """Farther than ``hole`` from the start the gradient is nan: no such step may be taken."""
    x = np.random.default_rng(seed).normal(size=3)

    def fun(z):
        value, grad = rosenbrock(z)
        return value, grad if np.linalg.norm(z - x) < hole else grad * np.nan

    value, grad = rosenbrock(x)
    direction = -grad / np.linalg.norm(grad)
    step, new_value, new_grad, _ = search(fun, x, value, grad, direction, 10.0**log_step)
    if step is not None:
        assert np.isfinite(new_grad).all() and np.linalg.norm((x + step * direction) - x) < hole
        assert new_value <= value + 1e-4 * step * grad @ direction + 1e-12 * abs(value)


@pytest.mark.parametrize("method", ["gd", "newton", "L-BFGS-B"])
@pytest.mark.parametrize("alpha", [1.0, 30.0])
def test_every_method_reaches_scipys_solution_with_its_certificate(method, alpha):
    X, y = load_breast_cancer(return_X_y=True)
    X, s = (X - X.mean(axis=0)) / X.std(axis=0), 2 * y - 1

    def fun(w):
        z = s * (X @ w)
        return softplus(-z).mean() + alpha / 2 * w @ w / len(y), (X.T @ (-s * sigmoid(-z)) + alpha * w) / len(y)

    def hess(w):
        p = sigmoid(X @ w)
        return (X.T * (p * (1 - p)) @ X + alpha * np.eye(30)) / len(y)

    tol = 1e-6
    ours = optimize.minimize(
        fun, np.zeros(30), method=method, hess=hess if method == "newton" else None, tol=tol, max_iter=20_000
    )
    theirs = scipy.optimize.minimize(fun, np.zeros(30), jac=True, hess=hess, method="trust-exact", tol=1e-12)
    assert ours.success and np.abs(fun(ours.x)[1]).max() <= tol
    assert_allclose(ours.fun, theirs.fun, rtol=1e-6)
    assert_allclose(ours.x, theirs.x, atol=2 * tol * np.sqrt(30) * len(y) / alpha)  # the curvature is >= alpha / n
    assert (np.diff(ours.trace.fun) <= 1e-15).all()
    assert_allclose(ours.trace.grad_norm, [np.abs(fun(x)[1]).max() for x in ours.trace.x])


@pytest.mark.parametrize("method", ["gd", "newton", "L-BFGS-B"])
def test_every_evaluation_is_counted(method):
    calls = []
    hess = scipy.optimize.rosen_hess if method == "newton" else None
    fun = lambda x: calls.append(1) or rosenbrock(x)  # noqa: E731
    result = optimize.minimize(fun, [-1.2, 1.0], method=method, hess=hess, tol=1e-3, max_iter=20_000)
    assert result.success and result.nfev == len(calls)


def test_evaluations_are_not_wasted():
    result = optimize.minimize(logistic(), np.zeros(30), tol=1e-8)
    assert result.nfev <= 1.2 * result.nit + 2  # near the solution the first trial step is good
    result = optimize.minimize(quadratic, np.ones(3), tol=1e-10)
    assert result.nfev <= 20  # and it is the full one: half of it needs 50
    result = optimize.minimize(quadratic, np.ones(3), method="gd", tol=1e-6, max_iter=5000)
    assert result.nfev <= 3 * result.nit  # each search starts from where the last one ended


def test_newton_steps_away_from_a_saddle_with_the_sizes_of_the_curvatures():
    assert_allclose(optimize.newton_direction(np.array([2.0, 4.0]), np.diag([1.0, -2.0])), [-2.0, -2.0])
    assert_allclose(optimize.newton_direction(np.array([2.0, 4.0]), np.zeros((2, 2))), [-2.0, -4.0])
    saddle = lambda x: (x[0] ** 2 - x[1] ** 2 + x[1] ** 4, np.array([2 * x[0], -2 * x[1] + 4 * x[1] ** 3]))  # noqa: E731
    hess = lambda x: np.diag([2.0, -2.0 + 12 * x[1] ** 2])  # noqa: E731
    result = optimize.minimize(saddle, [1.0, 1e-3], method="newton", hess=hess)
    assert_allclose(result.x, [0.0, np.sqrt(0.5)], atol=1e-6)


@pytest.mark.parametrize("bad", [np.full((3, 3), np.nan), np.eye(2)])
def test_a_bad_hessian_is_refused(bad):
    with pytest.raises(ValueError, match=r"hess must return finite numbers of shape \(3, 3\)"):
        optimize.minimize(quadratic, np.ones(3), method="newton", hess=lambda x: bad)


def test_a_kink_ends_with_a_warning_close_to_the_minimum():
    with np.errstate(all="raise"), pytest.warns(ConvergenceWarning, match="L-BFGS-B stopped after"):
        result = optimize.minimize(lambda x: (np.abs(x).sum(), np.sign(x)), [1.3, -0.4], max_iter=200)
    assert result.fun < 0.2 and not result.success


def test_the_iteration_limit_is_reported_with_the_residual():
    with pytest.warns(ConvergenceWarning, match=r"after 3 iterations: the iteration limit was reached; largest"):
        result = optimize.minimize(rosenbrock, [-1.2, 1.0], max_iter=3)
    assert result.nit == 3 and len(result.trace.fun) == 4


def test_the_result_behaves_like_scipys():
    result = optimize.minimize(quadratic, [0.0, 0.0, 0.0])
    assert result.success and result.nit == 0 and result["nit"] == result.nit
    assert not hasattr(result, "nope") and copy.deepcopy(result).nfev == 1
    assert {"x", "fun", "jac", "nit", "nfev", "success", "message"} <= set(dir(result))
    assert repr(result.trace) == "<Trace of 1 points>" and "nfev: 1" in repr(result)


# ---- functions of any size -------------------------------------------------------------------------------------------

CURVED = np.diag([1.0, 3.0, 10.0]) + 0.3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e-200, 1e-170, 1e130, 1e160, 1e250, 1e306])
@pytest.mark.parametrize("method", ["L-BFGS-B", "newton", "gd"])
def test_a_bowl_of_any_height_has_its_bottom_found(method, size):
    hess = {"hess": lambda x: 2 * size * CURVED} if method == "newton" else {}

    def bowl(x):
        with np.errstate(all="ignore"):
            return size * (x @ CURVED @ x), 2 * size * (CURVED @ x)

    with np.errstate(all="raise"):
        result = optimize.minimize(bowl, [3.0, -4.0, 1.0], method=method, tol=1e-8 * size, **hess)
    assert_allclose(result.x, 0, atol=1e-8)
    value, grad = bowl(result.x)
    assert result.fun == value and (result.jac == grad).all()  # in their own units
    assert result.trace.fun[-1] == value and result.trace.grad_norm[-1] == np.abs(grad).max()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e160, 1e200, 1e300])
def test_a_steep_bowl_to_the_last_digit(size):
    result = optimize.minimize(lambda x: (size * (x @ x), 2 * size * x), [3.0, -4.0])
    assert result.success and not result.x.any()


def test_a_fixed_rate_is_that_of_the_function_itself():
    result = optimize.minimize(lambda x: (1e200 * (x @ x), 2e200 * x), [1.0], method="gd", lr=2.5e-201, tol=1e195)
    assert_allclose(result.trace.x[:3, 0], [1, 0.5, 0.25])


def test_the_function_runs_as_numpy_was_told():
    def careless(x):
        np.exp(np.array(-1000.0))
        return x @ x, 2 * x

    with np.errstate(under="raise"):
        with pytest.raises(FloatingPointError):
            optimize.minimize(careless, [1.0])
        with pytest.raises(FloatingPointError):
            optimize.minimize(lambda x: (x @ x, 2 * x), [1.0], method="newton", hess=lambda x: careless(x)[1][:, None])


def test_numbers_of_any_kind_for_the_settings():
    def bowl(x):
        return x @ x, 2 * x

    result = optimize.minimize(bowl, [1.0], method="gd", lr=Fraction(1, 4), tol=Fraction(1, 1000))
    assert result.success and result.x.dtype == np.float64
    with pytest.warns(ConvergenceWarning, match="tol=1.0e-03"):
        optimize.minimize(bowl, [1.0], method="gd", lr=Fraction(1, 4), tol=Fraction(1, 1000), max_iter=1)
