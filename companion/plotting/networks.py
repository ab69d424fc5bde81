"""Networks as neurons and edges. One unit of the axes is one inch."""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes

from companion.annotations import Array, ArrayLike
from companion.plotting._canvas import (
    FALL,
    GIVEN,
    MARK,
    PLAIN,
    RISE,
    SMALL,
    Point,
    arrow,
    circle,
    finish,
    line,
    number,
    widest,
    write,
)
from companion.validation import Boolean, Integer, require

__all__ = ["draw_network"]

PerLayer: TypeAlias = Sequence[ArrayLike | None] | None


def draw_network(
    ax: Axes,
    sizes: Sequence[int],
    *,
    values: PerLayer = None,
    gradients: PerLayer = None,
    biases: PerLayer = None,
    labels: PerLayer = None,
    weights: PerLayer = None,
    written: bool = True,
    names: Sequence[str] | None = None,
    mark: Collection[tuple[int, int]] = (),
    digits: int = 2,
    most: int = 8,
) -> list[dict[int, Point]]:
    """Draw a network as neurons and edges, from left to right; a single neuron is ``sizes=(3, 1)``.

    A weight is the wider the larger it is, blue if positive, vermillion and dashed if negative. A figure that holds
    nothing else takes the drawing's size.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    sizes : sequence of int
        Neurons of each layer, inputs first.
    values, gradients, biases, labels : sequence, optional
        For each layer its numbers, or texts, one a neuron; or None. Values stand in the neurons, gradients below them
        in vermillion, biases above them with their sign; labels beside inputs and outputs, above the others.
    weights : sequence of array_like of shape (n_out, n_in), optional
        Numbers or texts for the edges into each layer but the first; or None.
    written : bool
        Whether weights stand on their edges; there is room for it up to four neurons in the layer they lead to.
    names : sequence of str, optional
        For each layer what stands below it.
    mark : collection of (layer, neuron)
        Neurons to show in another color.
    digits : int
        After the decimal point.
    most : int, at least 4
        A larger layer is abbreviated by dots, and its size stands below it.

    Returns
    -------
    list of dict
        For each layer the center of each neuron that is shown, by its index.

    Raises
    ------
    ValueError
        If there are fewer than two layers, if something given does not fit ``sizes``, if ``mark`` has a neuron that
        is not shown, or if weights are to be written and a layer has more than four neurons.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> centers = draw_network(ax, (3, 1), values=[[1, 0.5, -2], None], weights=[[[0.1, 0.2, -0.3]]])
    >>> [text.get_text() for text in ax.texts]
    ['0.10', '0.20', '−0.30', '1', '0.50', '−2']
    >>> plt.close(fig)
    """
    require("digits", digits, Integer(0))
    require("most", most, Integer(4))
    require("written", written, Boolean())
    for size in sizes:
        require("size", size, Integer(1))
    if len(sizes) < 2:
        raise ValueError(f"{len(sizes)} layer(s), expected at least 2")
    if names is not None and len(names) != len(sizes):
        raise ValueError(f"{len(names)} names for {len(sizes)} layers")
    inside, below, beside, above = (
        _texts(key, given, sizes, digits)
        for key, given in {"values": values, "gradients": gradients, "labels": labels, "biases": biases}.items()
    )
    above = [[f"+{text}" if text[:1].isdigit() else text for text in layer] for layer in above]
    for k in range(1, len(sizes) - 1):  # a hidden label stands above, with the bias
        above[k] = ["  ".join(filter(None, pair)) for pair in zip(beside[k], above[k])]
    matrices = _matrices(weights, sizes)
    on_edges = _edge_texts(matrices, sizes, digits) if written else [[]] * len(matrices)

    radius = max(0.2, widest(ax, chain(*inside)) / 2 + 0.06) if any(chain(*inside)) else 0.13
    pitch = 2 * radius + 0.2 + sum(0.17 for texts in (above, below) if any(chain(*texts)))
    pitch = max([pitch, *(0.21 * (size + 1) for size, texts in zip(sizes[1:], on_edges) if texts)])
    across = [0.0]
    for k, size in enumerate(sizes[1:]):  # numbers on the edges stay clear of the neurons
        reach = max(radius, widest(ax, above[k], SMALL) / 2) + widest(ax, on_edges[k], SMALL) / 2 + 0.12
        gap = max(1.15, widest(ax, above[k + 1], SMALL) + 0.5, reach * (size + 1) if on_edges[k] else 0.0)
        across.append(across[-1] + gap)
    centers = [_column(ax, x, pitch, _shown(size, most)) for x, size in zip(across, sizes)]
    for place in mark:
        if not (0 <= place[0] < len(sizes) and place[1] in centers[place[0]]):
            raise ValueError(f"mark has {place}, which is not a neuron that is shown")

    for k, (matrix, texts) in enumerate(zip(matrices, on_edges)):
        _edges(ax, centers[k], centers[k + 1], matrix, texts)
    for k, layer in enumerate(centers):
        for unit, (x, y) in layer.items():
            circle(ax, (x, y), radius, MARK if (k, unit) in mark else PLAIN if k else GIVEN)
            write(ax, (x, y), inside[k][unit])
            write(ax, (x, y + radius + 0.02), above[k][unit], size=SMALL, va="bottom")
            write(ax, (x, y - radius - 0.03), below[k][unit], size=SMALL, va="top", color=FALL)
            if k in (0, len(sizes) - 1):
                _outside(ax, (x, y), radius, beside[k][unit], 1 if k else -1)
    _captions(ax, centers, names or [""] * len(sizes), [f"{size:,}" if size > most else "" for size in sizes])
    finish(ax)
    return centers


def _texts(key: str, given: PerLayer, sizes: Sequence[int], digits: int) -> list[list[str]]:
    """For each layer the texts of its neurons, empty where nothing is given."""
    if given is None:
        return [[""] * size for size in sizes]
    if len(given) != len(sizes):
        raise ValueError(f"{key} for {len(given)} layers, expected {len(sizes)}: None where a layer has none")
    texts = []
    for k, (layer, size) in enumerate(zip(given, sizes)):
        entries = [""] * size if layer is None else [number(entry, digits) for entry in list(layer)]  # type: ignore[arg-type]
        if len(entries) != size:
            raise ValueError(f"{key} of layer {k} are {len(entries)}, expected {size}")
        texts.append(entries)
    return texts


def _matrices(weights: PerLayer, sizes: Sequence[int]) -> list[Array | None]:
    """The weights into each layer but the first."""
    if weights is None:
        return [None] * (len(sizes) - 1)
    if len(weights) != len(sizes) - 1:
        raise ValueError(f"{len(weights)} matrices of weights, expected {len(sizes) - 1}")
    matrices = [None if matrix is None else np.asarray(matrix) for matrix in weights]
    for matrix, shape in zip(matrices, zip(sizes[1:], sizes)):
        if matrix is not None and matrix.shape != shape:
            raise ValueError(f"weights of shape {matrix.shape}, expected {shape}: one row for each neuron they lead to")
    return matrices


def _edge_texts(matrices: Sequence[Array | None], sizes: Sequence[int], digits: int) -> list[list[str]]:
    """The weights as texts, row by row, where there are any."""
    texts = []
    for matrix, size in zip(matrices, sizes[1:]):
        if matrix is not None and size > 4:
            raise ValueError(
                f"weights written into a layer of {size} neurons, expected at most 4; written=False leaves them out"
            )
        texts.append([] if matrix is None else [number(value, digits) for value in matrix.ravel().tolist()])
    return texts


def _shown(size: int, most: int) -> list[int | None]:
    """The neurons that are drawn, from the top; None stands for dots."""
    if size <= most:
        return list(range(size))
    last = (most - 1) // 2
    return [*range(most - 1 - last), None, *range(size - last, size)]


def _column(ax: Axes, x: float, pitch: float, slots: Sequence[int | None]) -> dict[int, Point]:
    """The centers of a layer's neurons by index; where there are dots, they are drawn."""
    centers = {}
    for slot, unit in enumerate(slots):
        y = pitch * ((len(slots) - 1) / 2 - slot)
        if unit is None:
            write(ax, (x, y), "⋮", size=16)
        else:
            centers[unit] = (x, y)
    return centers


def _edges(
    ax: Axes, starts: dict[int, Point], ends: dict[int, Point], matrix: Array | None, texts: Sequence[str]
) -> None:
    """All edges between two layers; numbers stand a share t along each, where their heights are evenly spaced."""
    numeric = matrix is not None and matrix.dtype.kind in "iuf"
    scale = (np.abs(matrix).max() or 1.0) if numeric else 1.0  # type: ignore[arg-type]
    t, crowded = 1 / (len(ends) + 1), len(starts) * len(ends) > 16
    for j, end in ends.items():
        for i, start in starts.items():
            look: dict[str, Any] = {"linewidth": 0.5, "color": "#8a8a8a"} if crowded else {}
            if numeric:
                weight = matrix[j, i]  # type: ignore[index]
                look = {"color": FALL, "linestyle": "--"} if weight < 0 else {"color": RISE}
                look["linewidth"] = 0.5 + 2.5 * abs(weight) / scale
            line(ax, [start, end], **look)
            if texts:
                at = (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
                paper = dict(facecolor="white", edgecolor="none", pad=1.0)
                write(ax, at, texts[j * len(starts) + i], size=SMALL, bbox=paper, zorder=2.5)


def _outside(ax: Axes, center: Point, radius: float, text: str, side: int) -> None:
    """A label left of an input (side -1) or right of an output (side 1), with an arrow in the direction of the flow."""
    if text:
        near, far = (center[0] + side * (radius + gap) for gap in (0.0, 0.3))
        arrow(ax, [(min(near, far), center[1]), (max(near, far), center[1])])
        write(ax, (far + side * 0.05, center[1]), text, ha="left" if side > 0 else "right")


def _captions(ax: Axes, centers: Sequence[dict[int, Point]], *texts: Sequence[str]) -> None:
    """What stands below each layer."""
    bottom = ax.dataLim.y0 - 0.1
    for layer, words in zip(centers, zip(*texts)):
        (x, _), *_ = layer.values()
        write(ax, (x, bottom), "\n".join(filter(None, words)), size=SMALL, va="top")
