r"""Data: the small real sets that scikit-learn ships, and seeded generators whose truth is known."""

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_sample_image,
    load_wine,
    make_moons,
)

from companion.numerics import sigmoid

__all__ = [
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_sample_image",
    "load_wine",
    "make_blobs",
    "make_heteroscedastic",
    "make_line",
    "make_logistic",
    "make_moons",
    "make_separable",
    "make_sine",
    "make_sparse_regression",
]


def _check(**least):
    for name, (value, low) in least.items():
        if not value >= low:
            raise ValueError(f"{name}={value}, expected >= {low}")


def make_line(n_samples=50, coef=2.0, intercept=1.0, noise=0.3, n_outliers=0, random_state=None):
    r"""Points on a line with Gaussian noise: :math:`y = b + wx + \varepsilon`, x uniform on (-1, 1).

    Parameters
    ----------
    n_samples : int
    coef, intercept : float
    noise : float
        The standard deviation of the noise.
    n_outliers : int
        So many of the points with the largest x are lifted by ten times the absolute slope.
    random_state : int, Generator or None

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
    y : ndarray of shape (n_samples,)

    Examples
    --------
    >>> X, y = make_line(3, noise=0.0, random_state=0)
    >>> bool(np.allclose(y, 1 + 2 * X[:, 0]))
    True
    """
    _check(n_samples=(n_samples, 1), noise=(noise, 0), n_outliers=(n_outliers, 0))
    if n_outliers > n_samples:
        raise ValueError(f"n_outliers={n_outliers}, expected <= n_samples={n_samples}")
    rng = np.random.default_rng(random_state)
    x = rng.uniform(-1, 1, n_samples)
    y = intercept + coef * x + noise * rng.standard_normal(n_samples)
    y[np.argsort(x)[n_samples - n_outliers :]] += 10 * abs(coef)
    return x[:, None], y


def make_sine(n_samples=25, frequency=3.0, noise=0.3, random_state=None):
    r"""A sine with Gaussian noise: :math:`y = \sin(\omega x) + \varepsilon`, x uniform on (-1, 1).

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
    y : ndarray of shape (n_samples,)

    Examples
    --------
    >>> X, y = make_sine(4, noise=0.0, random_state=0)
    >>> bool(np.allclose(y, np.sin(3 * X[:, 0])))
    True
    """
    _check(n_samples=(n_samples, 1), noise=(noise, 0))
    rng = np.random.default_rng(random_state)
    x = rng.uniform(-1, 1, n_samples)
    return x[:, None], np.sin(frequency * x) + noise * rng.standard_normal(n_samples)


def make_blobs(n_samples, centers, std=1.0, random_state=None):
    """Round Gaussian clouds of as equal size as possible, in random order.

    Parameters
    ----------
    n_samples : int
    centers : array_like of shape (n_classes, n_features)
    std : float

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
        The number of the center.

    Examples
    --------
    >>> X, y = make_blobs(10, [[0, 0], [5, 5]], random_state=0)
    >>> X.shape, np.bincount(y)
    ((10, 2), array([5, 5]))
    """
    _check(n_samples=(n_samples, 1), std=(std, 0))
    centers = np.asarray(centers, dtype=float)
    if centers.ndim != 2:
        raise ValueError(f"centers has shape {centers.shape}, expected (n_classes, n_features)")
    rng = np.random.default_rng(random_state)
    y = rng.permutation(np.arange(n_samples) % len(centers))
    return centers[y] + std * rng.standard_normal((n_samples, centers.shape[1])), y


def make_logistic(n_samples, coef, intercept=0.0, random_state=None):
    r"""Labels drawn from the logistic model: x standard normal, :math:`P(y = 1) = \sigma(w^\top x + b)`.

    Parameters
    ----------
    n_samples : int
    coef : array_like of shape (n_features,)
    intercept : float

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), 0 or 1

    Examples
    --------
    >>> X, y = make_logistic(1000, [0.0], intercept=2.0, random_state=0)
    >>> bool(abs(y.mean() - sigmoid(2.0)) < 0.03)
    True
    """
    _check(n_samples=(n_samples, 1))
    coef, rng = np.asarray(coef, dtype=float), np.random.default_rng(random_state)
    X = rng.standard_normal((n_samples, len(coef)))
    return X, (rng.random(n_samples) < sigmoid(X @ coef + intercept)).astype(int)


def make_separable(n_samples=40, margin=0.5, random_state=None):
    r"""Points of the plane with labels -1 and 1, on the two sides of the line :math:`x_1 + x_2 = 0`.

    Parameters
    ----------
    n_samples : int
    margin : float
        The least distance of a point from the line.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples,), -1 or 1

    Examples
    --------
    >>> X, y = make_separable(random_state=0)
    >>> bool((y * X.sum(axis=1) / np.sqrt(2) >= 0.5).all())
    True
    """
    _check(n_samples=(n_samples, 1), margin=(margin, 0))
    rng = np.random.default_rng(random_state)
    y = rng.permutation(np.where(np.arange(n_samples) % 2, 1, -1))
    across, along = y * (margin + rng.exponential(1.0, n_samples)), 1.5 * rng.standard_normal(n_samples)
    return np.column_stack([across - along, across + along]) / np.sqrt(2), y


def make_sparse_regression(n_samples, n_features, n_informative, noise=1.0, random_state=None):
    r"""A linear model in which most features do not matter: :math:`y = Xw + \varepsilon`, X standard normal.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    coef : ndarray of shape (n_features,)
        The first ``n_informative`` are between 1 and 3 in absolute value, with alternating signs; the others 0.

    Examples
    --------
    >>> X, y, coef = make_sparse_regression(20, 10, 3, random_state=0)
    >>> int((coef != 0).sum())
    3
    """
    _check(n_samples=(n_samples, 1), n_features=(n_features, 1), n_informative=(n_informative, 0), noise=(noise, 0))
    if n_informative > n_features:
        raise ValueError(f"n_informative={n_informative}, expected <= n_features={n_features}")
    rng = np.random.default_rng(random_state)
    coef = np.zeros(n_features)
    coef[:n_informative] = rng.uniform(1, 3, n_informative) * (-1.0) ** np.arange(n_informative)
    X = rng.standard_normal((n_samples, n_features))
    return X, X @ coef + noise * rng.standard_normal(n_samples), coef


def make_heteroscedastic(n_samples=200, random_state=None):
    r"""A line whose noise grows: :math:`y = 1 + 2x + \sigma(x) \varepsilon` with :math:`\sigma(x) = 0.1 + x`, x
    uniform on (0, 2).

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
    y : ndarray of shape (n_samples,)
    scale : ndarray of shape (n_samples,)
        The standard deviation of the noise at each point.

    Examples
    --------
    >>> X, y, scale = make_heteroscedastic(5, random_state=0)
    >>> bool(np.allclose(scale, 0.1 + X[:, 0]))
    True
    """
    _check(n_samples=(n_samples, 1))
    rng = np.random.default_rng(random_state)
    x = rng.uniform(0, 2, n_samples)
    scale = 0.1 + x
    return x[:, None], 1 + 2 * x + scale * rng.standard_normal(n_samples), scale
