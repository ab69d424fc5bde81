"""Arrays as cells, feature maps as stacks of sheets, and what a unit sees. One unit of the axes is one inch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from companion.annotations import Array, ArrayLike
from companion.models import Conv, Pool
from companion.models.tables import sliding
from companion.plotting._canvas import (
    BLANK,
    FALL,
    GIVEN,
    MARK,
    PLAIN,
    RISE,
    SMALL,
    arrow,
    finish,
    line,
    number,
    polygon,
    rectangle,
    widest,
    write,
)
from companion.validation import Integer, require

__all__ = ["Cells", "draw_cells", "draw_cone", "draw_stack"]

FILLS = [MARK, PLAIN, "#cdeadd", "#f0d9e8"]
OUTLINES = [FALL, RISE, "#00775a", "#a3497b"]  # of the windows in one array, in turn


@dataclass(frozen=True)
class Cells:
    """An array for :func:`draw_cells`, with its name and the cells to mark.

    Parameters
    ----------
    values : array_like of at most two dimensions
        Numbers or texts; a vector is a row, nan an empty cell.
    name : str
        Stands above.
    mark : index, or list of them
        What ``values[mark]`` would select, such as ``np.s_[0:2, 1:3]`` or a mask, gets color and an outline. Each of
        a list has its own.

    Examples
    --------
    >>> Cells([[1, 2], [3, 4]], "image", np.s_[0, :]).name
    'image'
    """

    values: ArrayLike
    name: str = ""
    mark: Any = None


Part: TypeAlias = Cells | Array | str | None


def draw_cells(
    ax: Axes, parts: Part | list[Part] | list[list[Part]], *, digits: int = 2
) -> dict[tuple[int, int], Bbox]:
    """Draw arrays as cells with their numbers, in a row as an equation, or in several rows.

    A figure that holds nothing else takes the drawing's size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    parts : Cells, ndarray, or (nested) list of Cells, ndarray, str and None
        One array; a list of arrays with texts such as ``"="`` between them, which is a row; or a list of rows, aligned
        in columns, where None is left empty.
    digits : int
        After the decimal point; whole numbers of an integer array have none.

    Returns
    -------
    dict of (row, column) to matplotlib.transforms.Bbox
        Where each array is.

    Raises
    ------
    ValueError
        If there is no array, one is empty or has more than two dimensions, or something else is among the parts.
    IndexError
        If ``mark`` does not fit its array.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> boxes = draw_cells(ax, [Cells(np.array([[1, 2]]), "x"), "=", np.array([[1.0, 2.0]])], digits=1)
    >>> list(boxes), [text.get_text() for text in ax.texts]
    ([(0, 0), (0, 2)], ['1', '2', 'x', '=', '1.0', '2.0'])
    >>> plt.close(fig)
    """
    require("digits", digits, Integer(0))
    grid = {
        (i, j): part if isinstance(part, str) else _as_cells(part)
        for i, row in enumerate(_rows(parts))
        for j, part in enumerate(row)
        if part is not None
    }
    tables = {place: part for place, part in grid.items() if isinstance(part, Cells)}
    if not tables:
        raise ValueError("no array, expected at least one")
    texts = {place: _written(part.values, digits) for place, part in tables.items()}
    side = max(0.3, widest(ax, [str(text) for table in texts.values() for text in table.flat]) + 0.1)
    sizes = {place: (table.shape[1] * side, table.shape[0] * 0.3) for place, table in texts.items()}
    outer = {place: (max(w, widest(ax, [tables[place].name])), h) for place, (w, h) in sizes.items()}
    outer |= {place: (widest(ax, [part]), 0.2) for place, part in grid.items() if isinstance(part, str)}
    named = {place[0] for place, part in tables.items() if part.name}
    x = _centers({(j, width) for (_, j), (width, _) in outer.items()}, {})
    y = _centers({(i, height) for (i, _), (_, height) in outer.items()}, {i: 0.24 for i in named})
    areas = {}
    for (i, j), part in grid.items():
        if isinstance(part, str):
            write(ax, (x[j], -y[i]), part)
            continue
        width, height = sizes[i, j]
        areas[i, j] = Bbox.from_bounds(x[j] - width / 2, -y[i] - height / 2, width, height)
        _table(ax, areas[i, j], texts[i, j], part.mark)
        write(ax, (x[j], areas[i, j].y1 + 0.05), part.name, va="bottom")
    finish(ax)
    return areas


def _rows(parts: Any) -> list[list[Part]]:
    """Parts as rows of parts: a list is a row, a list of lists several."""
    if not isinstance(parts, list):
        return [[parts]]
    return parts if all(isinstance(row, list) for row in parts) else [parts]


def _as_cells(part: Any) -> Cells:
    """An array with its mark; two-dimensional."""
    if not isinstance(part, (Cells, np.ndarray)):
        raise ValueError(f"{part!r} among the parts, expected Cells, numpy.ndarray, str or None")
    cells = part if isinstance(part, Cells) else Cells(part)
    values = np.asarray(cells.values)
    if values.ndim not in (1, 2) or not values.size:
        raise ValueError(f"an array of shape {values.shape}, expected one or two dimensions and at least one cell")
    return Cells(np.atleast_2d(values), cells.name, cells.mark)


def _written(values: Any, digits: int) -> Array:
    """The texts of an array's cells."""
    return np.array([[number(value, digits) for value in row] for row in values.tolist()], dtype=object)


def _centers(sizes: set[tuple[int, float]], before: dict[int, float]) -> dict[int, float]:
    """Centers of columns, or rows, as large as their largest part, with more room before some."""
    centers, end = {}, 0.0
    for key in sorted({key for key, _ in sizes}):
        size = max(size for other, size in sizes if other == key)
        centers[key] = end + before.get(key, 0.0) + size / 2
        end = centers[key] + size / 2 + 0.14
    return centers


def _table(ax: Axes, area: Bbox, texts: Array, mark: Any) -> None:
    """One array: its cells, the marked ones in color and outlined."""
    rows, columns = texts.shape
    width, height = area.width / columns, area.height / rows
    marks = [] if mark is None else mark if isinstance(mark, list) else [mark]
    masks = np.zeros((len(marks), rows, columns), dtype=bool)
    for mask, index in zip(masks, marks):
        mask[index] = True
    for i in range(rows):
        for j in range(columns):
            cell = Bbox.from_bounds(area.x0 + j * width, area.y1 - (i + 1) * height, width, height)
            inside = np.flatnonzero(masks[:, i, j])
            fill = FILLS[inside[0] % len(FILLS)] if len(inside) else BLANK
            rectangle(ax, cell, fill, edgecolor="#9a9a9a", linewidth=0.8)
            write(ax, tuple((cell.p0 + cell.p1) / 2), texts[i, j])
    line(ax, [area.p0, (area.x1, area.y0), area.p1, (area.x0, area.y1), area.p0], zorder=3.5)
    for k, mask in enumerate(masks):
        inset = 0.025 * k  # windows that share a border are both seen
        _outline(ax, area, mask, OUTLINES[k % len(OUTLINES)], inset)


def _outline(ax: Axes, area: Bbox, mask: Array, color: str, inset: float) -> None:
    """A thick line around the marked cells."""
    rows, columns = mask.shape
    width, height = area.width / columns, area.height / rows
    padded = np.pad(mask, 1)
    for i, j in np.argwhere(mask):
        left, right = area.x0 + j * width + inset, area.x0 + (j + 1) * width - inset
        top, bottom = area.y1 - i * height - inset, area.y1 - (i + 1) * height + inset
        sides = {(-1, 0): [(left, top), (right, top)], (1, 0): [(left, bottom), (right, bottom)]}
        sides |= {(0, -1): [(left, bottom), (left, top)], (0, 1): [(right, bottom), (right, top)]}
        for (down, across), side in sides.items():
            if not padded[i + 1 + down, j + 1 + across]:
                line(ax, side, color, linewidth=2.4, zorder=4, solid_capstyle="projecting")


def draw_stack(
    ax: Axes, shapes: Sequence[tuple[int, ...]], *, steps: Sequence[str] | None = None, columns: int | None = None
) -> list[Bbox]:
    """Draw feature maps as stacks of sheets and vectors as bars, with their sizes below.

    Sides go with the square root of the size, so that 227 and 6 fit into one picture; more channels are more sheets,
    but not as many. A figure that holds nothing else takes the drawing's size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    shapes : sequence of (channels, height, width) or (features,)
        In their order.
    steps : sequence of str, optional
        What leads from each shape to the next, one fewer than shapes; may have two lines.
    columns : int, optional
        How many stand in a row, all unless given.

    Returns
    -------
    list of matplotlib.transforms.Bbox
        Where each stack is.

    Raises
    ------
    ValueError
        If there are no shapes, one has neither one nor three numbers, or there are not as many steps as needed.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> areas = draw_stack(ax, [(1, 28, 28), (6, 24, 24), (10,)], steps=["conv 5×5", "dense"])
    >>> [text.get_text() for text in ax.texts]
    ['1×28×28', '6×24×24', 'conv 5×5', '10', 'dense']
    >>> plt.close(fig)
    """
    require("columns", columns, Integer(1), None)
    if not shapes:
        raise ValueError("no shapes, expected at least one")
    for shape in shapes:
        if len(shape) not in (1, 3) or min(shape) < 1:
            raise ValueError(f"shape {tuple(shape)}, expected (channels, height, width) or (features,), all positive")
    if steps is not None and len(steps) != len(shapes) - 1:
        raise ValueError(f"{len(steps)} steps, expected {len(shapes) - 1}: one between any two shapes")
    columns = columns or len(shapes)
    sizes = ["×".join(map(str, shape)) for shape in shapes]
    extents = _sheets(shapes)
    sheets = max(width + offset for width, _, offset in extents)
    pitch = max(sheets + 0.3, widest(ax, [*sizes, *(steps or [])], SMALL) + 0.12)
    lines = max((step.count("\n") + 1 for step in steps or []), default=0)
    areas: list[Bbox] = []
    y = top = 0.0
    for k, (width, height, offset) in enumerate(extents):
        column = k % columns
        if not column:  # the row below all that the last one has
            tall = max(height + offset for _, height, offset in extents[k : k + columns])
            y = top - 0.17 * lines - 0.1 - tall / 2
            top = y - tall / 2 - 0.42
        x = column * pitch
        area = Bbox.from_bounds(x - (width + offset) / 2, y - (height + offset) / 2, width + offset, height + offset)
        for shift in np.linspace(offset, 0, round(offset / 0.03) + 1):  # the sheet in front comes last
            sheet = Bbox.from_bounds(area.x0 + shift, area.y0 + shift, width, height)
            rectangle(ax, sheet, GIVEN if k == 0 else PLAIN, linewidth=0.8)
        write(ax, (x, y - tall / 2 - 0.05), sizes[k], size=SMALL, va="top")
        if k:
            start = areas[-1].x1 if column else area.x0 - 0.35
            arrow(ax, [(start + 0.04, y), (area.x0 - 0.03, y)])
            middle = x - pitch / 2 if column else area.x0 - 0.2
            if steps:
                write(ax, (middle, y + tall / 2 + 0.06), steps[k - 1], size=SMALL, va="bottom")
        areas.append(area)
    finish(ax)
    return areas


def _sheets(shapes: Sequence[tuple[int, ...]]) -> list[tuple[float, float, float]]:
    """Width and height of the front sheet, and how far the last one is shifted, in inches."""
    side = max((max(shape[1:]) for shape in shapes if len(shape) == 3), default=1)
    length = max((shape[0] for shape in shapes if len(shape) == 1), default=1)
    extents = []
    for shape in shapes:
        if len(shape) == 1:
            extents.append((0.1, max(0.12, 0.9 * (shape[0] / length) ** 0.5), 0.0))
        else:
            height, width = (max(0.08, 0.8 * (size / side) ** 0.5) for size in shape[1:])
            extents.append((width, height, 0.03 * round(1.2 * np.log2(shape[0]))))
    return extents


def draw_cone(ax: Axes, layers: Sequence[Conv | Pool], *, names: Sequence[str] | None = None) -> list[list[int]]:
    """Draw what one unit of the last layer sees in each layer below, along one axis, without padding.

    A unit stands over the middle of what it sees. A figure that holds nothing else takes the drawing's size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    layers : sequence of Conv and Pool
        From the first to the last, as :func:`companion.models.receptive_field` takes them.
    names : sequence of str, optional
        One for the input and for each layer, at the left; "input", "layer 1", ... unless given.

    Returns
    -------
    list of list of int
        For the input and each layer the units that are seen; counted from where the cone begins.

    Raises
    ------
    ValueError
        If there are no layers, one is fully connected, or there are not as many names as rows.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> draw_cone(ax, [Conv(8, 3), Pool(2, 2)])
    [[0, 1, 2, 3], [0, 1], [0]]
    >>> [text.get_text() for text in ax.texts]
    ['input', '4 wide', 'layer 1', '2 wide', 'layer 2', '1 wide']
    >>> plt.close(fig)
    """
    windows = sliding(layers)
    if not windows:
        raise ValueError("no layers, expected at least one")
    names = names or ["input", *(f"layer {k}" for k in range(1, len(windows) + 1))]
    if len(names) != len(windows) + 1:
        raise ValueError(f"{len(names)} names, expected {len(windows) + 1}: one for the input and for each layer")
    seen = [[0]]
    for layer in reversed(windows):
        steps = getattr(layer, "dilation", 1) * np.arange(layer.kernel_size)  # pooling has no dilation
        seen.insert(0, sorted({int(i * layer.stride + step) for i in seen[0] for step in steps}))
    jumps, middles = [1], [0.5]  # in input pixels: how far units stand apart, and where unit 0 stands
    for layer in windows:
        middles.append(middles[-1] + jumps[-1] * getattr(layer, "dilation", 1) * (layer.kernel_size - 1) / 2)
        jumps.append(jumps[-1] * layer.stride)
    low, high = -1.0, seen[0][-1] + 2.0  # one pixel more than is seen on either side
    pixel = min(0.3, 4.2 / (high - low))
    spans = []
    for k, (jump, middle) in enumerate(zip(jumps, middles)):
        y, half = 0.62 * k, jump / 2
        first, last = int(np.ceil((low + half - middle) / jump)), int(np.floor((high - half - middle) / jump))
        for unit in range(min(first, seen[k][0]), max(last, seen[k][-1]) + 1):
            left = middle + jump * unit - half
            cell = Bbox.from_bounds(left * pixel, y, jump * pixel, 0.24)
            rectangle(ax, cell, (GIVEN if k == 0 else MARK) if unit in seen[k] else BLANK, linewidth=0.8)
        spans.append(tuple((middle + jump * end) * pixel for end in (seen[k][0] - 0.5, seen[k][-1] + 0.5)))
        write(ax, (low * pixel - 0.12, y + 0.12), names[k], ha="right")
        write(ax, (high * pixel + 0.12, y + 0.12), f"{seen[k][-1] - seen[k][0] + 1} wide", ha="left")
        if k:
            ends = [(spans[k - 1][0], y - 0.38), (spans[k - 1][1], y - 0.38), (spans[k][1], y), (spans[k][0], y)]
            polygon(ax, ends, "#fbe3d2")
    finish(ax)
    return seen
