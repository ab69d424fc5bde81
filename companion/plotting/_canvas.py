"""What all diagrams share: their colors, and axes on which one unit is one inch, so that words fit their shapes."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from companion.annotations import Array

Point: TypeAlias = tuple[float, float]
Points: TypeAlias = Sequence[Any] | Array  # each a point

INK, LINE, RISE, FALL = "#1a1a1a", "#555555", "#0072b2", "#b34700"  # FALL is vermillion, 5:1 on white as small text
PLAIN, GIVEN, MARK, BLANK = "#d6e6f5", "#f5e6c8", "#f7c4a0", "#ffffff"
SIZE, SMALL = 10.0, 9.0  # of letters, in points: nine pixels where a figure of 5.4 inches is shown on a phone
MARGIN = 0.06


def finish(ax: Axes) -> None:
    """Show all that was drawn, one unit an inch; a figure that holds nothing else takes the drawing's size."""
    x0, y0, x1, y1 = np.array(ax.dataLim.extents) + MARGIN * np.array([-1, -1, 1, 1])
    ax.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
    ax.axis("off")
    figure = ax.figure
    if figure.axes == [ax]:
        figure.set_size_inches(x1 - x0, y1 - y0)  # type: ignore[union-attr]  # a subfigure has more axes
        ax.set_position((0, 0, 1, 1))


def measure(ax: Axes, text: str, size: float = SIZE) -> Point:
    """Width and height of a text in inches; none is 0 wide."""
    if not text:
        return 0.0, 0.0
    probe = ax.text(0, 0, text, fontsize=size)
    box = probe.get_window_extent()
    probe.remove()
    dpi = ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    return box.width / dpi, box.height / dpi


def widest(ax: Axes, texts: Iterable[str], size: float = SIZE) -> float:
    """The width of the widest of the texts in inches, 0 if there are none."""
    return max((measure(ax, text, size)[0] for text in texts), default=0.0)


def write(ax: Axes, at: Point, text: str, *, size: float = SIZE, color: str = INK, **options: Any) -> Text | None:
    """Write at a point, and keep room for the text; ``ha`` and ``va`` are matplotlib's, "center" unless given."""
    if not text:
        return None
    look: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5, **options}
    width, height = measure(ax, text, size)
    left = at[0] - width * {"left": 0.0, "center": 0.5, "right": 1.0}[look["ha"]]
    bottom = at[1] - height * {"bottom": 0.0, "center": 0.5, "top": 1.0}[look["va"]]
    ax.update_datalim([(left, bottom), (left + width, bottom + height)])
    return ax.text(*at, text, fontsize=size, color=color, **look)


def rectangle(ax: Axes, box: Bbox, fill: str = PLAIN, *, round: bool = False, **options: Any) -> None:
    """Draw a box; its corners are cut round if wanted."""
    look: dict[str, Any] = {"facecolor": fill, "edgecolor": LINE, "linewidth": 1.0, "zorder": 3, **options}
    if round:
        style = "round,pad=0,rounding_size=0.07"
        ax.add_patch(FancyBboxPatch(box.p0, box.width, box.height, boxstyle=style, mutation_aspect=1, **look))
    else:
        ax.add_patch(Rectangle((box.x0, box.y0), box.width, box.height, **look))
    ax.update_datalim(box.corners())


def circle(ax: Axes, at: Point, radius: float, fill: str = PLAIN) -> None:
    """Draw a neuron, or a box of one letter."""
    ax.add_patch(Circle(at, radius, facecolor=fill, edgecolor=LINE, linewidth=1.0, zorder=3))


def polygon(ax: Axes, points: Points, fill: str) -> None:
    """Draw an area without an outline, below everything else."""
    ax.add_patch(Polygon(points, facecolor=fill, edgecolor="none", zorder=1))


def line(ax: Axes, points: Points, color: str = LINE, **options: Any) -> None:
    """Draw a line through points."""
    look: dict[str, Any] = {"color": color, "linestyle": "-", "linewidth": 1.0, "zorder": 2, **options}
    ax.plot(*np.transpose(points), **look)


def arrow(ax: Axes, points: Points, color: str = LINE) -> FancyArrowPatch:
    """Draw an arrow: straight through two points, or along the cubic curve that four control."""
    codes = [Path.MOVETO, Path.LINETO] if len(points) == 2 else [Path.MOVETO] + [Path.CURVE4] * 3
    path = Path(points, codes)
    style: dict[str, Any] = dict(
        arrowstyle="-|>", mutation_scale=11, color=color, linewidth=1.2, zorder=2, shrinkA=0, shrinkB=0
    )
    patch = FancyArrowPatch(path=path, **style)
    ax.add_patch(patch)
    ax.update_datalim(path.interpolated(20).vertices if len(points) == 2 else cubic(points))
    return patch


def cubic(points: Points) -> Any:
    """Points of the cubic curve with four control points; of shape (41, 2)."""
    t = np.linspace(0, 1, 41)[:, None]
    a, b, c, d = np.asarray(points, dtype=float)
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def number(value: Any, digits: int) -> str:
    """A number as it is written in a diagram: a true minus, no zero with a minus, nan as nothing; words as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        text = f"{int(value)}"
    elif np.isnan(value):
        return ""
    else:
        text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


__all__ = [
    "BLANK",
    "FALL",
    "GIVEN",
    "INK",
    "LINE",
    "MARK",
    "PLAIN",
    "RISE",
    "SIZE",
    "SMALL",
    "Point",
    "arrow",
    "circle",
    "cubic",
    "finish",
    "line",
    "measure",
    "number",
    "polygon",
    "rectangle",
    "widest",
    "write",
]
