"""The numbers behind a picture in one short word, so that a test that compares text sees a changed picture.

Bytes of pictures differ between machines, and so do the last digits of what they show. Two rules keep a digest still:

* Rounding each number would fail, since one of ten thousand always lies at a boundary. Coordinates are first reduced to
  a few means, which a difference of 1e-9 moves by 1e-9 however many numbers there are; only these are rounded, to a
  thousandth of the axis. One of them then changes with a probability of 2e-9 / 1e-3, or 2e-6.
* Numbers of pictures are not random: 0, 1/2 and 1 are frequent, and so are symmetric curves. The grid is shifted by an
  irrational fraction, so that such values lie inside of its cells.

Two of the means are weighted, by sequences that are evenly spread and sum to nothing, so that a point that moves alone,
or two that change places, are seen. They are divided by the root of the length only: one point of a hundred that moves
by a tenth of the axis moves them by up to a hundredth. Of level lines, whose points may be more or fewer after a change
of the last digit, the lengths and centers are taken.
"""

import hashlib
import sys
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryLocator
from matplotlib.collections import Collection, QuadMesh
from matplotlib.colors import to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.quiver import Quiver
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import Transform

from companion.annotations import Array, ArrayLike
from companion.validation import Integer, require

__all__ = ["coarse", "describe", "register"]

_DIGITS: WeakKeyDictionary[Figure, int] = WeakKeyDictionary()  # of the figures that are stable only coarsely
_SHIFT = np.sqrt(2) - 1
_STEPS = (np.sqrt(5) - 1) / 2, np.sqrt(3) - 1  # no multiple of either is near an integer
_NAMES = {"lines": ("line", "lines"), "collections": ("collection", "collections"), "patches": ("patch", "patches")}
_NAMES["images"] = ("image", "images")


def coarse(fig: Figure, digits: int) -> Figure:
    """Let the digest of a figure see little, because its numbers differ between machines (float32 training).

    It then depends on what is drawn, on the words, and on one mean for each pair of axes, rounded to ``digits``.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure, before it is shown.
    digits : int, non-negative
        The mean height of what is drawn is rounded to ``10**-digits`` of the axis; 0 leaves it out.

    Returns
    -------
    matplotlib.figure.Figure
        The same figure.

    Raises
    ------
    ValueError
        If ``digits`` is negative.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> _ = ax.set(ylim=(0, 1)), ax.plot([0.1, 0.2])
    >>> before = describe(coarse(fig, 1))
    >>> ax.lines[0].set_ydata([0.101, 0.202])
    >>> describe(fig) == before
    True
    >>> plt.close(fig)
    """
    require("digits", digits, Integer(0))
    _DIGITS[fig] = int(digits)
    return fig


def describe(fig: Figure, *, digits: int = 3) -> str:
    """Say what a figure shows, with a digest of its numbers and words.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    digits : int
        Coordinates are compared to ``10**-digits`` of their axis; `coarse` takes precedence.

    Returns
    -------
    str
        Such as ``<Figure: 2 axes, 3 lines, 1 image; 5f3a09c1>``.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> _ = ax.plot([0, 1, 4, 9])
    >>> describe(fig)[:-9]
    '<Figure: 1 axes, 1 line; '
    >>> plt.close(fig)
    """
    every = list(_axes(fig))
    counts = {name: sum(len(getattr(ax, name)) for ax in every) for name in _NAMES}
    parts = [f"{len(every)} axes", *(f"{n} {_NAMES[name][n > 1]}" for name, n in counts.items() if n)]
    facts: list[Any] = [parts, fig.get_suptitle(), [text.get_text() for text in fig.texts]]
    for ax in every:
        facts += _words(ax)
        if fig in _DIGITS:
            facts.append(_mean_height(ax, _DIGITS[fig]))
        else:
            for (low, high), axis in zip((ax.get_xlim(), ax.get_ylim()), (ax.xaxis, ax.yaxis)):
                facts.append(_interval(low, high, axis.get_transform(), digits))
            facts += [fact for artist in _artists(ax) for fact in _facts(ax, artist, digits)]
    return f"<Figure: {', '.join(parts)}; {hashlib.sha256(repr(facts).encode('utf-8')).hexdigest()[:8]}>"


def register(fig: Figure) -> None:
    """Let IPython, if this is IPython, say of every figure what `describe` says.

    The style calls it for each new figure (``figure.hooks``), since the inline backend, which starts with the first
    one, forgets all earlier arrangements.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Not used.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig = plt.figure()
    >>> register(fig)
    >>> plt.close(fig)
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/plain"]
        formatter.for_type(Figure, lambda figure, printer, cycle: printer.text(describe(figure)))


def _axes(fig: Figure) -> Iterator[Any]:
    for ax in fig.axes:
        yield ax
        yield from (child for child in ax.child_axes if child not in fig.axes)


def _artists(ax: Axes) -> list[Artist]:
    every = [*ax.lines, *ax.collections, *ax.patches, *ax.images, *ax.texts]
    return [artist for artist in every if artist.get_visible()]


def _words(ax: Axes) -> list[Any]:
    """Titles, labels, legend, and the labels of ticks that were written by hand: others follow from the limits."""
    words: list[Any] = [ax.get_xscale(), ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel(), ax.axison]
    words += [ax.get_title(loc=place) for place in ("left", "center", "right")]
    words += [text.get_text() for text in ax.texts]
    legend = ax.get_legend()
    words += [text.get_text() for text in legend.get_texts()] if legend else []
    for axis in (ax.xaxis, ax.yaxis):
        if isinstance(axis.get_major_locator(), (FixedLocator, StrCategoryLocator)):
            words += [text.get_text() for text in axis.get_ticklabels()]
    return words


def _rounded(values: ArrayLike, digits: int) -> Any:
    """Numbers on the shifted grid."""
    return np.floor(np.asarray(values) * 10.0**digits + _SHIFT).astype(int).tolist()


def _reduced(values: ArrayLike, digits: int) -> list[Any]:
    """How many rows there are, and for each column a few means and the extremes, rounded."""
    rows = np.clip(np.nan_to_num(np.asarray(values, dtype=float), nan=-0.4), -0.5, 1.5)  # beyond, nothing is seen
    n = len(rows)
    if n == 0:
        return [0]
    places = np.arange(1, n + 1)
    weights = [np.full(n, 1 / n), *((2 * (step * places % 1) - 1) / np.sqrt(n) for step in _STEPS)]
    means = np.stack(weights) @ rows.reshape(n, -1)  # (3, n_columns)
    extremes = [rows.reshape(n, -1).min(axis=0), rows.reshape(n, -1).max(axis=0)]
    return [n, _rounded(np.vstack([means, extremes]), digits)]


def _interval(low: float, high: float, transform: Transform | None, digits: int) -> list[Any]:
    """Two limits, relative to their distance; the logarithms are those of the axis."""
    if transform is not None:
        low, high = transform.transform(np.array([low, high], dtype=float))
    span = high - low
    if not np.isfinite(span) or span == 0:
        return [str(span)]
    return [bool(span > 0), _rounded([np.log10(abs(span)), np.arcsinh(low / span)], digits)]


def _within(ax: Axes, points: ArrayLike, transform: Transform) -> Array:
    """Points as fractions of the axes, whatever their scale and wherever the axes stand."""
    with np.errstate(all="ignore"):
        return np.asarray(
            (transform - ax.transAxes).transform(np.ma.filled(np.ma.asarray(points, dtype=float), np.nan))
        )


def _positions(ax: Axes, artist: Any) -> Array:
    """The points that an artist consists of, of shape (n, 2), as fractions of the axes."""
    if isinstance(artist, Line2D):
        return _within(ax, artist.get_xydata(), artist.get_transform())
    if isinstance(artist, Collection):
        if artist.get_offset_transform().contains_branch(ax.transData):
            return _within(ax, artist.get_offsets(), artist.get_offset_transform())
        if isinstance(artist, QuadMesh):
            return _within(ax, np.reshape(artist.get_coordinates(), (-1, 2)), artist.get_transform())
        paths = artist.get_paths()
    elif isinstance(artist, Patch):
        paths = [artist.get_path()]
    elif isinstance(artist, AxesImage):
        left, right, bottom, top = artist.get_extent()
        return _within(ax, [[left, bottom], [right, top]], artist.get_transform())
    elif isinstance(artist, Annotation):
        return _within(ax, [artist.xy], ax.transData) if artist.xycoords == "data" else np.zeros((0, 2))
    else:
        return _within(ax, [artist.get_position()], artist.get_transform())
    vertices = [path.vertices for path in paths]
    return _within(ax, np.concatenate(vertices), artist.get_transform()) if vertices else np.zeros((0, 2))


def _colors(artist: Any, digits: int) -> list[Any]:
    """The numbers that a color map colors, or else the colors."""
    shades = artist.get_array() if isinstance(artist, (Collection, AxesImage)) else None
    if shades is None:
        colors = [artist.get_color()] if isinstance(artist, (Line2D, Text)) else artist.get_facecolor()
        return _reduced(to_rgba_array(colors), digits)
    shades = np.ma.filled(np.ma.asarray(shades, dtype=float), np.nan)
    if shades.ndim == 3:  # red, green and blue
        return [
            shades.shape,
            *_reduced((shades / (255 if shades.max() > 1 else 1)).reshape(-1, shades.shape[-1]), digits),
        ]
    low, high = artist.get_clim()
    if low is None:
        low, high = np.nanmin(shades), np.nanmax(shades)
    scaled = (shades - low) / ((high - low) or 1)
    return [shades.shape, *_interval(low, high, None, digits), *_reduced(scaled.ravel(), digits)]


def _facts(ax: Axes, artist: Any, digits: int) -> list[Any]:
    """What makes an artist this one and no other, rounded."""
    if isinstance(artist, ContourSet):
        courses = [
            _course(_within(ax, path.vertices, artist.get_transform()), path.codes) for path in artist.get_paths()
        ]
        return ["contour", _rounded(courses, digits), _reduced(_scaled(list(artist.levels)), digits)]
    facts = [type(artist).__name__, _reduced(_positions(ax, artist), digits), _colors(artist, digits)]
    if isinstance(artist, Line2D):
        facts += [str(artist.get_linestyle()), str(artist.get_marker())]
    if isinstance(artist, Quiver):
        facts.append(_reduced(_scaled(np.stack([artist.U, artist.V], axis=1)), digits))
    return facts


def _course(points: Array, codes: Any) -> list[float]:
    """The length of a line that may have gaps, and the center of its mass, wherever on it the points are."""
    if codes is None or len(points) < 2:
        return [0.0, 0.0, 0.0]
    drawn = np.asarray(codes)[1:] != Path.MOVETO
    starts, steps = points[:-1][drawn], np.diff(points, axis=0)[drawn]
    lengths = np.hypot(*steps.T)
    total = lengths.sum()
    center = lengths @ (starts + steps / 2) / (total or 1.0)
    return [float(total), *center.tolist()]


def _scaled(values: ArrayLike) -> Array:
    """Numbers without an axis of their own: relative to the largest."""
    values = np.asarray(values, dtype=float)
    return values / (np.abs(values).max(initial=0.0) or 1.0)


def _mean_height(ax: Axes, digits: int) -> Any:
    """One number for a pair of axes: how high its artists stand on the average."""
    heights = [_positions(ax, artist)[:, 1] for artist in _artists(ax)]
    means = [np.nanmean(np.clip(height, -0.5, 1.5)) for height in heights if np.isfinite(height).any()]
    return _rounded(np.mean(means), digits) if means and digits else None
