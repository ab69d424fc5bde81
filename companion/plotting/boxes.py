"""Boxes with arrows, and graphs of computations. One unit of the axes is one inch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from companion.annotations import Array
from companion.plotting._canvas import (
    FALL,
    GIVEN,
    MARK,
    PLAIN,
    SMALL,
    Point,
    arrow,
    circle,
    cubic,
    finish,
    measure,
    rectangle,
    widest,
    write,
)
from companion.validation import Boolean, require

__all__ = ["draw_boxes", "draw_graph"]

LETTER = (0.38, 0.38)  # a box of one letter is a circle


def draw_boxes(
    ax: Axes,
    boxes: Mapping[Any, tuple[Any, ...]],
    arrows: Sequence[tuple[Any, ...]] = (),
    *,
    given: Collection[Any] = (),
    mark: Collection[Any] = (),
) -> dict[Any, Bbox]:
    """Draw boxes with text on a grid, and arrows between them; an arrow that a box would hide curves around it.

    Columns are as wide as their widest text. A text of one letter gets a circle. A figure that holds nothing else
    takes the drawing's size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    boxes : mapping of name to (column, row) or (column, row, text)
        Rows count downward; halves are allowed. Without a text the name stands in the box.
    arrows : sequence of (start, end), (start, end, text) or (start, end, text, below)
        Names of boxes; a text stands above the arrow, or right of it if it runs down or up; ``below`` stands on the
        other side in vermillion, as a gradient does.
    given : collection of names
        Boxes in the color of data: what is given, not computed.
    mark : collection of names
        Boxes to show in another color.

    Returns
    -------
    dict of name to matplotlib.transforms.Bbox
        Where each box is.

    Raises
    ------
    ValueError
        If there are no boxes, if an arrow, ``given`` or ``mark`` has a name that no box has, or if boxes overlap.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> boxes = draw_boxes(ax, {"x": (0, 0), "w": (0, 1), "times": (1, 0.5, "wx")}, [("x", "times"), ("w", "times")])
    >>> list(boxes), [text.get_text() for text in ax.texts]
    (['x', 'w', 'times'], ['x', 'w', 'wx'])
    >>> plt.close(fig)
    """
    if not boxes:
        raise ValueError("no boxes, expected at least one")
    for name in [*(name for pair in arrows for name in pair[:2]), *given, *mark]:
        if name not in boxes:
            raise ValueError(f"no box has the name {name!r}")
    texts = {name: str(place[2]) if len(place) > 2 else str(name) for name, place in boxes.items()}
    extents = {name: _extent(*measure(ax, text)) for name, text in texts.items()}
    wide: dict[int, float] = {}  # an arrow to the next column has room for its text,
    tall: dict[int, float] = {}  # one to another row for those of others that slant beside it
    for start, end, *words in arrows:
        (left, right), (top, bottom) = (sorted([boxes[start][k], boxes[end][k]]) for k in (0, 1))
        if words and right - left <= 1:
            wide[int(left)] = max(wide.get(int(left), 0.0), widest(ax, words, SMALL) + 0.24)
        if words and top < bottom:
            tall[int(top)] = 0.6
    x = _axis({name: place[0] for name, place in boxes.items()}, {n: extents[n][0] for n in boxes}, 0.34, wide)
    y = _axis({name: place[1] for name, place in boxes.items()}, {n: extents[n][1] for n in boxes}, 0.34, tall)
    areas = {}
    for name, (width, height) in extents.items():
        areas[name] = Bbox.from_bounds(x[name] - width / 2, -y[name] - height / 2, width, height)
        for other, area in areas.items():
            if other != name and areas[name].overlaps(area):
                raise ValueError(f"the boxes {other!r} and {name!r} overlap")
    for name, area in areas.items():
        fill = MARK if name in mark else GIVEN if name in given else PLAIN
        if extents[name] == LETTER:
            circle(ax, (x[name], -y[name]), area.width / 2, fill)
        else:
            rectangle(ax, area, fill, round=True)
        write(ax, (x[name], -y[name]), texts[name])
    for start, end, *words in arrows:
        _connect(ax, areas, start, end, *words)
    finish(ax)
    return areas


def _extent(width: float, height: float) -> Point:
    """Width and height of a box around a text; square, for a circle, if it is a letter."""
    return LETTER if width < 0.24 and height < 0.24 else (max(width + 0.2, 0.42), max(height + 0.16, 0.38))


def _axis(places: dict[Any, float], sizes: dict[Any, float], gap: float, wider: dict[int, float]) -> dict[Any, float]:
    """Coordinates of places on a grid whose lines are as wide as the widest box on them, or half way from them."""
    first, last = int(np.floor(min(places.values()))), int(np.ceil(max(places.values())))
    lines = np.arange(first, last + 1)
    widths = [max((sizes[n] for n, place in places.items() if abs(place - at) < 1), default=0.0) for at in lines]
    gaps = [0.0, *(max(gap, wider.get(int(at), 0.0)) for at in lines[:-1])]
    ends = np.cumsum(widths) + np.cumsum(gaps)
    return {name: float(np.interp(place, lines, ends - np.array(widths) / 2)) for name, place in places.items()}


def _connect(ax: Axes, areas: dict[Any, Bbox], start: Any, end: Any, text: str = "", below: str = "") -> None:
    """An arrow from border to border, straight if nothing is in the way."""
    a, b = areas[start], areas[end]
    others = [area for name, area in areas.items() if name not in (start, end)]
    (from_x, from_y), (to_x, to_y) = _center(a), _center(b)
    width, height = abs(to_x - from_x), abs(to_y - from_y)
    points: Any = [_border(a, _center(b)), _border(b, _center(a))]
    way = np.linspace(np.array(points[0]), np.array(points[1]), 40)
    if hidden := [area for area in others if _hits(way, [area])]:
        curves = [_around(a, b, around, width >= height, side) for around in (hidden, others) for side in (1, -1)]
        points = next((curve for curve in curves if not _hits(cubic(curve), others)), curves[-2])
        way = cubic(points)
    arrow(ax, points)
    x, y = way[20]
    if height > 2 * width:
        write(ax, (x + 0.07, y), text, size=SMALL, ha="left")
        write(ax, (x - 0.07, y), below, size=SMALL, ha="right", color=FALL)
    else:
        gap = 0.05
        if not hidden and height:  # clear of the slanted line, and near its start, before it meets others
            x, y = way[14]
            gap += height / width * widest(ax, [text, below], SMALL) / 2
        write(ax, (x, y + gap), text, size=SMALL, va="bottom")
        write(ax, (x, y - gap), below, size=SMALL, va="top", color=FALL)


def _center(box: Bbox) -> Array:
    return np.asarray(box.p0 + box.p1) / 2


def _border(box: Bbox, target: Array) -> Point:
    """Where the way from a box's center to a target leaves the box, or the circle in it."""
    center = _center(box)
    way = target - center
    if np.allclose(box.size, LETTER):
        share = box.width / 2 / np.hypot(*way)
    else:
        share = min(box.width / 2 / max(abs(way[0]), 1e-9), box.height / 2 / max(abs(way[1]), 1e-9))
    return tuple(center + share * way)


def _hits(points: Array, boxes: Sequence[Bbox]) -> bool:
    """Whether a point lies in one of the boxes."""
    return any(box.contains(*point) for box in boxes for point in points)


def _around(a: Bbox, b: Bbox, others: Sequence[Bbox], flat: bool, side: int) -> list[Point]:
    """Control points of a curve over (side 1) or under (-1) what lies between; right and left of it if not flat."""
    along, across = (0, 1) if flat else (1, 0)
    low, high = sorted([_center(a)[along], _center(b)[along]])
    between = [box for box in others if low < _center(box)[along] < high]
    pick = max if side > 0 else min
    edge = pick(pick(box.get_points()[:, across]) for box in [a, b, *between])
    points = np.full((4, 2), edge + side * 0.4)
    for k, box in ((0, a), (3, b)):
        points[k, across] = pick(box.get_points()[:, across])
    points[:2, along], points[2:, along] = _center(a)[along], _center(b)[along]
    return [tuple(point) for point in points]


def draw_graph(
    ax: Axes,
    nodes: Sequence[tuple[str, tuple[int, ...]]],
    edges: Sequence[tuple[int, int]],
    *,
    downward: bool = False,
) -> dict[int, Bbox]:
    """Draw a computational graph, from left to right or downward, as :func:`companion.autograd.graph` gives it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    nodes : list of (str, tuple)
        A name and a shape each, such that every input of a node stands after it in the list.
    edges : list of (int, int)
        From the place of an input to the place of what was made from it.
    downward : bool
        From the top down, for narrow pages.

    Returns
    -------
    dict of int to matplotlib.transforms.Bbox
        Where each node is, by its place in the list.

    Raises
    ------
    ValueError
        If there are no nodes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> boxes = draw_graph(ax, [("add", ()), ("leaf", ()), ("leaf", (2, 3))], [(1, 0), (2, 0)])
    >>> [text.get_text() for text in ax.texts]
    ['add\\nscalar', 'scalar', '2×3']
    >>> plt.close(fig)
    """
    require("downward", downward, Boolean())
    if not nodes:
        raise ValueError("no nodes, expected at least one")
    boxes = {}
    for i, (depth, row) in _places(nodes, edges).items():
        name, shape = nodes[i]
        size = "×".join(map(str, shape)) or "scalar"
        place = (row, depth) if downward else (depth, row)
        boxes[i] = (*place, size if name == "leaf" else f"{name}\n{size}")
    boxes = {i: boxes[i] for i in range(len(nodes))}
    return draw_boxes(ax, boxes, edges, given=[i for i, (name, _) in enumerate(nodes) if name == "leaf"])


def _places(nodes: Sequence[tuple[str, tuple[int, ...]]], edges: Sequence[tuple[int, int]]) -> dict[int, Point]:
    """Depth and row of each node: deeper than its inputs, what is computed in rows before what is given."""
    depth = [0] * len(nodes)
    for start, end in sorted(edges, key=lambda edge: -edge[1]):  # inputs stand later: their depth is settled first
        depth[end] = max(depth[end], depth[start] + 1)
    for leaf in {start for start, _ in edges if nodes[start][0] == "leaf"}:
        depth[leaf] = min(depth[end] for start, end in edges if start == leaf) - 1  # right before its first use
    places: dict[int, Point] = {}
    for level in sorted(set(depth)):
        column = [i for i in range(len(nodes)) if depth[i] == level]
        operations = [i for i in column if nodes[i][0] != "leaf"]
        leaves = [i for i in column if nodes[i][0] == "leaf"]
        top = (1 - len(operations)) / 2
        for row, i in enumerate(operations):
            places[i] = (level, top + row)
        for row, i in enumerate(leaves):  # after everything that is computed
            places[i] = (level, max(-top, 0.0) + 1 + row)
    return places
