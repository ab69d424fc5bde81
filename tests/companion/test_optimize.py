"""The minimizers: known solutions, convergence rates, SciPy's evaluations, and what is refused."""

import copy

import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose
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


@pytest.mark.parametrize("method", ["gd", "newton", "l-bfgs"])
def test_a_quadratic(method):
    hess = (lambda x: Q) if method == "newton" else None
    start = np.array([1.0, 1.0, 1.0])
    result = optimize.minimize(quadratic, start, method, hess=hess, tol=1e-8, max_iter=5000)
    assert result.success and np.abs(result.x).max() < 1e-7 and (start == 1).all()
    assert_allclose(result.jac, quadratic(result.x)[1])
    if method == "newton":
        assert result.nit == 1


def test_gradient_descent_with_a_fixed_rate_contracts_as_the_theory_says():
    result = optimize.minimize(quadratic, [1.0, 1.0, 1.0], "gd", lr=2 / 101, tol=1e-3, max_iter=2000)
    distance = np.linalg.norm(result.trace.x, axis=1)
    assert_allclose(distance[-1] / distance[-2], 99 / 101, rtol=1e-3)  # (kappa - 1) / (kappa + 1)


def test_too_large_a_rate_is_reported():
    with pytest.warns(ConvergenceWarning, match="largest gradient element"):
        result = optimize.minimize(quadratic, [1.0, 1.0, 1.0], "gd", lr=0.1, max_iter=2000)
    assert not result.success and np.isfinite(result.x).all()


@pytest.mark.parametrize("method", ["newton", "l-bfgs"])
@pytest.mark.parametrize("n", [2, 10])
def test_rosenbrock(method, n):
    hess = scipy.optimize.rosen_hess if method == "newton" else None
    result = optimize.minimize(rosenbrock, np.full(n, -0.5), method, hess=hess, tol=1e-8)
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
    result = optimize.minimize(fun, [0.5], "newton", hess=hess, tol=1e-12)
    errors = np.abs(result.trace.x[:, 0])
    assert_allclose(errors[1:3], errors[:2] ** 3, rtol=1e-10)  # for this function it even triples them
    far = optimize.minimize(fun, [1.1], "newton", hess=hess, tol=1e-12)  # the pure method diverges from here
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
        ({"method": "magic"}, "method='magic', expected one of"),
        ({"method": "newton"}, "needs hess"),
        ({"hess": lambda x: Q}, "does not take hess"),
        ({"lr": 0.1}, "lr=0.1 with method='l-bfgs'"),
        ({"method": "gd", "lr": -1.0}, "lr=-1.0"),
        ({"tol": 0.0}, "tol=0.0"),
        ({"max_iter": -1}, "max_iter=-1"),
        ({"m": 0}, "m=0"),
        ({"x0": np.ones((1, 3))}, r"x0 has shape \(1, 3\)"),
        ({"x0": [np.nan, 0, 0]}, "not finite at the start"),
        ({"fun": lambda x: (x, x)}, "must return a number"),
        ({"fun": lambda x: (0.0, x[:1])}, r"the gradient has shape \(1,\)"),
    ],
)
def test_refused(arguments, words):
    arguments = {"fun": quadratic, "x0": np.ones(3)} | arguments
    with pytest.raises(ValueError, match=words):
        optimize.minimize(**arguments)


@pytest.mark.parametrize("method", ["gd", "newton", "l-bfgs"])
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
        fun, np.zeros(30), method, hess=hess if method == "newton" else None, tol=tol, max_iter=20_000
    )
    theirs = scipy.optimize.minimize(fun, np.zeros(30), jac=True, hess=hess, method="trust-exact", tol=1e-12)
    assert ours.success and np.abs(fun(ours.x)[1]).max() <= tol
    assert_allclose(ours.fun, theirs.fun, rtol=1e-6)
    assert_allclose(ours.x, theirs.x, atol=2 * tol * np.sqrt(30) * len(y) / alpha)  # the curvature is >= alpha / n
    assert (np.diff(ours.trace.fun) <= 1e-15).all()
    assert_allclose(ours.trace.grad_norm, [np.abs(fun(x)[1]).max() for x in ours.trace.x])


@pytest.mark.parametrize("method", ["gd", "newton", "l-bfgs"])
def test_every_evaluation_is_counted(method):
    calls = []
    hess = scipy.optimize.rosen_hess if method == "newton" else None
    fun = lambda x: calls.append(1) or rosenbrock(x)  # noqa: E731
    result = optimize.minimize(fun, [-1.2, 1.0], method, hess=hess, tol=1e-3, max_iter=20_000)
    assert result.success and result.nfev == len(calls)


def test_evaluations_are_not_wasted():
    result = optimize.minimize(logistic(), np.zeros(30), tol=1e-8)
    assert result.nfev <= 1.2 * result.nit + 2  # near the solution the first trial step is good
    result = optimize.minimize(quadratic, np.ones(3), tol=1e-10)
    assert result.nfev <= 20  # and it is the full one: half of it needs 50
    result = optimize.minimize(quadratic, np.ones(3), "gd", tol=1e-6, max_iter=5000)
    assert result.nfev <= 3 * result.nit  # each search starts from where the last one ended


def test_newton_steps_away_from_a_saddle_with_the_sizes_of_the_curvatures():
    assert_allclose(optimize.newton_direction(np.array([2.0, 4.0]), np.diag([1.0, -2.0])), [-2.0, -2.0])
    assert_allclose(optimize.newton_direction(np.array([2.0, 4.0]), np.zeros((2, 2))), [-2.0, -4.0])
    saddle = lambda x: (x[0] ** 2 - x[1] ** 2 + x[1] ** 4, np.array([2 * x[0], -2 * x[1] + 4 * x[1] ** 3]))  # noqa: E731
    hess = lambda x: np.diag([2.0, -2.0 + 12 * x[1] ** 2])  # noqa: E731
    result = optimize.minimize(saddle, [1.0, 1e-3], "newton", hess=hess)
    assert_allclose(result.x, [0.0, np.sqrt(0.5)], atol=1e-6)


@pytest.mark.parametrize("bad", [np.full((3, 3), np.nan), np.eye(2)])
def test_a_bad_hessian_is_refused(bad):
    with pytest.raises(ValueError, match=r"hess must return finite numbers of shape \(3, 3\)"):
        optimize.minimize(quadratic, np.ones(3), "newton", hess=lambda x: bad)


def test_a_kink_ends_with_a_warning_close_to_the_minimum():
    with np.errstate(all="raise"), pytest.warns(ConvergenceWarning, match="l-bfgs stopped after"):
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
