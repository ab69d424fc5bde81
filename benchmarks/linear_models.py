"""The linear models beside scikit-learn's: the same arguments, and the objective that both reach."""

import numpy as np
from sklearn import linear_model as reference
from sklearn.metrics import log_loss

from benchmarks.harness import Case
from companion import linear_model
from companion.datasets import load_digits, make_logistic, make_sparse_regression


def regression(correlation=0.0, n=5_000, d=500, seed=0):
    """20 of d features matter, anywhere among them; neighbors in a hidden order have the given correlation."""
    rng = np.random.default_rng(seed)
    X, _, coef = make_sparse_regression(n, d, 20, random_state=rng)
    for j in range(1, d if correlation else 0):
        X[:, j] = correlation * X[:, j - 1] + np.sqrt(1 - correlation**2) * X[:, j]
    hidden = rng.permutation(d)
    X, coef = np.ascontiguousarray(X[:, hidden]), rng.permutation(coef)
    return X, X @ coef + rng.standard_normal(n)


def wide(n=200, d=20_000):
    X, y, _ = make_sparse_regression(n, d, 20, random_state=0)
    return X, y


def binary():
    rng = np.random.default_rng(0)
    return make_logistic(20_000, rng.normal(size=50), 0.5, random_state=rng)


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16.0, y


def squares(model, X, y):
    return ((y - model.predict(X)) ** 2).sum()


def ridge(model, X, y):
    return squares(model, X, y) + model.alpha * (model.coef_**2).sum()


def lasso(model, X, y):
    return squares(model, X, y) / (2 * len(y)) + model.alpha * np.abs(model.coef_).sum()


def logistic(model, X, y):
    return model.C * log_loss(y, model.predict_proba(X), normalize=False) + 0.5 * (model.coef_**2).sum()


def pair(name, data, objective, target, estimator, **arguments):
    """A case in which both sides are estimators of one name and take the same arguments."""
    ours, theirs = (getattr(module, estimator) for module in (linear_model, reference))
    fits = (lambda X, y, make=make: make(**arguments).fit(X, y) for make in (ours, theirs))
    return Case(name, lambda: (data(),) * 2, *fits, objective, "objective", target)


CASES = [
    pair("least squares, n=20,000 d=200", lambda: regression(0.5, 20_000, 200), squares, 1.5, "LinearRegression"),
    pair("ridge, n=20,000 d=200", lambda: regression(0.5, 20_000, 200), ridge, 1.5, "Ridge", alpha=10.0),
    pair("lasso, n=5,000 d=500, alpha=0.1", regression, lasso, 1.0, "Lasso", alpha=0.1, tol=1e-8),
    pair("lasso, the same, alpha=0.01", regression, lasso, 1.5, "Lasso", alpha=0.01, tol=1e-8),
    pair("lasso, correlated 0.9, alpha=0.01", lambda: regression(0.9), lasso, 1.0, "Lasso", alpha=0.01, tol=1e-8),
    pair("lasso, n=200 d=20,000, alpha=0.5", wide, lasso, 1.0, "Lasso", alpha=0.5, tol=1e-8),
    pair("logistic, n=20,000 d=50", binary, logistic, 1.5, "LogisticRegression", tol=1e-6),
    pair("multinomial logistic, digits", digits, logistic, 1.5, "LogisticRegression", tol=1e-6, max_iter=1000),
]
