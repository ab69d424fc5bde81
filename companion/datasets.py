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

from companion.annotations import Array, ArrayLike, Seed
from companion.numerics import sigmoid
from companion.validation import Integer, Number, as_float, check_random_state, require

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


def make_line(
    n_samples: int = 50,
    coef: float = 2.0,
    intercept: float = 1.0,
    noise: float = 0.3,
    n_outliers: int = 0,
    random_state: Seed = None,
) -> tuple[Array, Array]:
    r"""Points on a line with Gaussian noise: :math:`y = b + wx + \varepsilon`, x uniform on (-1, 1).

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    coef, intercept : float
        The slope w, and b, the height at x = 0.
    noise : float, non-negative
        The standard deviation of the noise.
    n_outliers : int, at most n_samples
        So many of the points with the largest x are lifted by ten times the absolute slope.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y = make_line(3, noise=0.0, random_state=0)
    >>> bool(np.allclose(y, 1 + 2 * X[:, 0]))
    True
    """
    require("n_samples", n_samples, Integer(1))
    require("coef", coef, Number())
    require("intercept", intercept, Number())
    require("noise", noise, Number(0))
    require("n_outliers", n_outliers, Integer(0, n_samples, "both"))
    rng = check_random_state(random_state)
    x = rng.uniform(-1, 1, n_samples)
    y = intercept + coef * x + noise * rng.standard_normal(n_samples)
    y[np.argsort(x)[n_samples - n_outliers :]] += 10 * abs(coef)
    return x[:, None], y


def make_sine(
    n_samples: int = 25, frequency: float = 3.0, noise: float = 0.3, random_state: Seed = None
) -> tuple[Array, Array]:
    r"""A sine with Gaussian noise: :math:`y = \sin(\omega x) + \varepsilon`, x uniform on (-1, 1).

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    frequency : float
        :math:`\omega`, in radians for each unit of x.
    noise : float, non-negative
        The standard deviation of the noise.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y = make_sine(4, noise=0.0, random_state=0)
    >>> bool(np.allclose(y, np.sin(3 * X[:, 0])))
    True
    """
    require("n_samples", n_samples, Integer(1))
    require("frequency", frequency, Number())
    require("noise", noise, Number(0))
    rng = check_random_state(random_state)
    x = rng.uniform(-1, 1, n_samples)
    return x[:, None], np.sin(frequency * x) + noise * rng.standard_normal(n_samples)


def make_blobs(
    n_samples: int = 100, *, centers: ArrayLike, cluster_std: float = 1.0, random_state: Seed = None
) -> tuple[Array, Array]:
    """Round Gaussian clouds of as equal size as possible, in random order.

    The numbers drawn are others than scikit-learn's, which may also choose the centers.

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    centers : array_like of shape (n_classes, n_features)
        The middle of each cloud.
    cluster_std : float, non-negative
        The standard deviation of each cloud, in every direction.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The points.
    y : ndarray of shape (n_samples,)
        The number of the center.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y = make_blobs(10, centers=[[0, 0], [5, 5]], random_state=0)
    >>> X.shape, np.bincount(y)
    ((10, 2), array([5, 5]))
    """
    require("n_samples", n_samples, Integer(1))
    require("cluster_std", cluster_std, Number(0))
    centers = as_float(centers, "centers", ValueError)
    if centers.ndim != 2 or not len(centers):
        raise ValueError(f"centers has shape {centers.shape}, expected (n_classes, n_features)")
    if not np.isfinite(centers).all():
        raise ValueError("centers holds NaN or infinity")
    rng = check_random_state(random_state)
    y = rng.permutation(np.arange(n_samples) % len(centers))
    return centers[y] + cluster_std * rng.standard_normal((n_samples, centers.shape[1])), y


def make_logistic(
    n_samples: int, coef: ArrayLike, intercept: float = 0.0, random_state: Seed = None
) -> tuple[Array, Array]:
    r"""Labels drawn from the logistic model: x standard normal, :math:`P(y = 1) = \sigma(w^\top x + b)`.

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    coef : array_like of shape (n_features,)
        The coefficients w.
    intercept : float
        The log-odds b where x = 0.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,), 0 or 1
        The labels.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y = make_logistic(1000, [0.0], intercept=2.0, random_state=0)
    >>> bool(abs(y.mean() - sigmoid(2.0)) < 0.03)
    True
    """
    require("n_samples", n_samples, Integer(1))
    require("intercept", intercept, Number())
    w = as_float(coef, "coef", ValueError)
    if w.ndim != 1:
        raise ValueError(f"coef has shape {w.shape}, expected (n_features,)")
    rng = check_random_state(random_state)
    X = rng.standard_normal((n_samples, len(w)))
    with np.errstate(all="ignore"):
        scores = X @ w + intercept
    if not np.isfinite(scores).all():
        raise ValueError("coef holds NaN, infinity or numbers whose products overflow")
    return X, (rng.random(n_samples) < sigmoid(scores)).astype(int)


def make_separable(n_samples: int = 40, margin: float = 0.5, random_state: Seed = None) -> tuple[Array, Array]:
    r"""Points of the plane with labels -1 and 1, on the two sides of the line :math:`x_1 + x_2 = 0`.

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    margin : float, non-negative
        The least distance of a point from the line.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        The points.
    y : ndarray of shape (n_samples,), -1 or 1
        The labels.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y = make_separable(random_state=0)
    >>> bool((y * X.sum(axis=1) / np.sqrt(2) >= 0.5).all())
    True
    """
    require("n_samples", n_samples, Integer(1))
    require("margin", margin, Number(0))
    rng = check_random_state(random_state)
    y = rng.permutation(np.where(np.arange(n_samples) % 2, 1, -1))
    across = y * (margin + rng.exponential(1.0, n_samples))
    along = 1.5 * rng.standard_normal(n_samples)
    return np.column_stack([across - along, across + along]) / np.sqrt(2), y


def make_sparse_regression(
    n_samples: int, n_features: int, n_informative: int, noise: float = 1.0, random_state: Seed = None
) -> tuple[Array, Array, Array]:
    r"""A linear model in which most features do not matter: :math:`y = Xw + \varepsilon`, X standard normal.

    Parameters
    ----------
    n_samples, n_features : int, positive
        How many samples, and of how many features.
    n_informative : int, at most n_features
        How many features matter: the first ones.
    noise : float, non-negative
        The standard deviation of the noise.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.
    coef : ndarray of shape (n_features,)
        The first ``n_informative`` are between 1 and 3 in absolute value, with alternating signs; the others 0.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y, coef = make_sparse_regression(20, 10, 3, random_state=0)
    >>> int((coef != 0).sum())
    3
    """
    require("n_samples", n_samples, Integer(1))
    require("n_features", n_features, Integer(1))
    require("n_informative", n_informative, Integer(0, n_features, "both"))
    require("noise", noise, Number(0))
    rng = check_random_state(random_state)
    coef = np.zeros(n_features)
    coef[:n_informative] = rng.uniform(1, 3, n_informative) * (-1.0) ** np.arange(n_informative)
    X = rng.standard_normal((n_samples, n_features))
    return X, X @ coef + noise * rng.standard_normal(n_samples), coef


def make_heteroscedastic(n_samples: int = 200, random_state: Seed = None) -> tuple[Array, Array, Array]:
    r"""A line whose noise grows: :math:`y = 1 + 2x + \sigma(x) \varepsilon` with :math:`\sigma(x) = 0.1 + x`, x
    uniform on (0, 2).

    Parameters
    ----------
    n_samples : int, positive
        How many samples.
    random_state : int, Generator, RandomState or None
        A seed, or a generator to go on with.

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
        The features.
    y : ndarray of shape (n_samples,)
        The targets.
    scale : ndarray of shape (n_samples,)
        The standard deviation of the noise at each point.

    Raises
    ------
    ValueError
        For a parameter outside of its range.

    Examples
    --------
    >>> X, y, scale = make_heteroscedastic(5, random_state=0)
    >>> bool(np.allclose(scale, 0.1 + X[:, 0]))
    True
    """
    require("n_samples", n_samples, Integer(1))
    rng = check_random_state(random_state)
    x = rng.uniform(0, 2, n_samples)
    scale = 0.1 + x
    return x[:, None], 1 + 2 * x + scale * rng.standard_normal(n_samples), scale
