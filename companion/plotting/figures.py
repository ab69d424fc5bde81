"""The style, decision regions and level lines."""

from collections.abc import Callable, Sequence
from importlib import resources
from numbers import Integral
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.contour import QuadContourSet

from companion.annotations import Array, ArrayLike
from companion.validation import Integer, require

__all__ = ["MARKERS", "contour", "plot_decision_regions", "use_style"]

MARKERS = ["o", "s", "^", "D", "v", "P"]


def use_style() -> None:
    """Give every figure drawn from now on the look of the book.

    Legible in print, on the white card that the dark theme lays under pictures, and to color-blind readers: the line
    style changes together with the color. The layout engine is matplotlib's constrained one; do not call
    ``tight_layout``.

    Examples
    --------
    >>> with plt.rc_context():
    ...     use_style()
    ...     plt.rcParams["figure.constrained_layout.use"]
    True
    """
    with resources.as_file(resources.files("companion") / "book.mplstyle") as path:
        plt.style.use(path)


def plot_decision_regions(
    ax: Axes, predict: Callable[[Array], ArrayLike], X: ArrayLike, y: ArrayLike, *, n: int = 200
) -> None:
    """Color the plane by the class predicted there, and scatter the samples over it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    predict : callable
        Maps an array of shape (m, 2) to m class labels, as an estimator's ``predict`` does.
    X : array_like of shape (n_samples, 2)
        The samples, by their two features.
    y : array_like of shape (n_samples,)
        The true labels, of at most six classes; each has its own marker, and its label in ``ax.legend()``.
    n : int, at least 2
        Grid points along each side.

    Raises
    ------
    ValueError
        If ``X`` does not have two columns, if ``y`` has another length, or if there are more than six classes.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> plot_decision_regions(ax, lambda points: points[:, 0] > 0, [[-1.0, 0.0], [1.0, 1.0]], [False, True], n=20)
    >>> [text.get_text() for text in ax.legend().get_texts()]
    ['False', 'True']
    >>> plt.close(fig)
    """
    require("n", n, Integer(2))
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X of shape {X.shape} and y of shape {y.shape}, expected (n_samples, 2) and (n_samples,)")
    low, high = X.min(axis=0), X.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    sides = np.linspace(low - margin, high + margin, n).T  # (2, n)
    points = np.stack(np.meshgrid(*sides), axis=-1)  # (n, n, 2)
    labels = np.asarray(predict(points.reshape(-1, 2)))
    classes = np.union1d(labels, y)
    if len(classes) > len(MARKERS):
        raise ValueError(f"{len(classes)} classes, expected at most {len(MARKERS)}")
    colors = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    regions = np.searchsorted(classes, labels).reshape(n, n)
    levels = np.arange(len(classes) + 1) - 0.5
    ax.contourf(*sides, regions, levels=levels, colors=colors[: len(classes)], alpha=0.18)
    ax.contour(*sides, regions, levels=levels[1:-1], colors="#333333", linewidths=1.2, linestyles="solid")
    for label, color, marker in zip(classes, colors, MARKERS):
        inside = X[y == label]
        ax.scatter(
            inside[:, 0],
            inside[:, 1],
            s=26,
            c=[color],
            marker=marker,
            edgecolors="white",
            linewidths=0.6,
            label=f"{label}",
        )
    ax.grid(False)


def contour(
    ax: Axes,
    fun: Callable[[Array], Any],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    *,
    levels: int | Sequence[float] = 12,
    n: int = 100,
) -> QuadContourSet:
    """Draw the level lines of a function of two parameters.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    fun : callable
        Maps a point, an array of shape (2,), to a number.
    xlim, ylim : (float, float)
        The window; its proportions are the caller's affair.
    levels : int or sequence of float
        If a number, as many levels, spaced as squares are: evenly so for a paraboloid's rings.
    n : int, at least 2
        Grid points along each side; ``fun`` is called ``n**2`` times.

    Returns
    -------
    matplotlib.contour.QuadContourSet
        The lines.

    Raises
    ------
    ValueError
        If a limit does not increase, or if ``fun`` is not finite somewhere in the window.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> contour(ax, lambda point: point @ point, (-1, 1), (-1, 1), levels=[0.5, 1.0], n=20).levels
    array([0.5, 1. ])
    >>> plt.close(fig)
    """
    require("n", n, Integer(2))
    for name, (low, high) in {"xlim": xlim, "ylim": ylim}.items():
        if not low < high:
            raise ValueError(f"{name}=({low}, {high}), expected an increasing pair")
    x, y = np.linspace(*xlim, n), np.linspace(*ylim, n)
    values = np.array([[float(fun(np.array([a, b]))) for a in x] for b in y])
    if not np.isfinite(values).all():
        raise ValueError(f"{np.sum(~np.isfinite(values))} values of fun are not finite in the window")
    if isinstance(levels, Integral):
        low, high = values.min(), values.max()
        heights = np.unique(low + (high - low) * np.linspace(0, 1, int(levels) + 2)[1:-1] ** 2)
    else:
        heights = np.asarray(levels)
    shades = ListedColormap(plt.get_cmap("cividis")(np.linspace(0, 0.6, 256)))  # the light end is lost on white
    lines = ax.contour(x, y, values, levels=heights, cmap=shades, linewidths=1.1, linestyles="solid")
    ax.grid(False)
    return lines
