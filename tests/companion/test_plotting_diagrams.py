"""Diagrams: numbers stand where they belong, texts do not overlap, arrows end at their boxes, nothing is cut off."""

from itertools import combinations

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle

from companion.autograd import Tensor, graph
from companion.models import ALEXNET, Conv, Dense, Pool, layer_table, receptive_field
from companion.plotting import (
    Cells,
    _canvas,
    draw_boxes,
    draw_cells,
    draw_cone,
    draw_graph,
    draw_network,
    draw_stack,
    use_style,
)


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots()[1]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def place(ax, text):
    """Where the only text with these words stands."""
    (found,) = (t for t in ax.texts if t.get_text() == text)
    return found.get_position()


def ways(ax):
    """The way of every arrow as points, without its head."""
    paths = [patch._path_original.vertices for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [np.linspace(*path, 50) if len(path) == 2 else _canvas.cubic(path) for path in paths]


def arrows(ax):
    """Start and end of every arrow."""
    return [(way[0], way[-1]) for way in ways(ax)]


def contrast(a, b):
    def luminance(color):
        channels = np.array(to_rgb(color))
        return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def check_legible(ax):
    """One unit is one inch, all lies inside of the figure, and no text covers another."""
    fig = ax.figure
    fig.canvas.draw()
    low, high = ax.transData.transform([(0, 0), (1, 1)])
    np.testing.assert_allclose(high - low, fig.dpi, rtol=1e-6)
    boxes = [text.get_window_extent() for text in ax.texts]
    for one, (a, b) in zip(combinations(texts(ax), 2), combinations(boxes, 2)):
        assert not a.overlaps(b), one
    corners = np.concatenate([box.corners() for box in boxes])
    corners = np.concatenate([corners, *(patch.get_window_extent().corners() for patch in ax.patches)])
    assert (corners >= -1).all() and (corners <= fig.bbox.size + 1).all()  # a pixel for the width of a line


W1, W2 = np.array([[0.15, 0.2], [0.25, 0.3]]), np.array([[0.4, -0.45], [0.5, 0.55]])


def test_a_network_with_its_numbers(ax):
    centers = draw_network(
        ax,
        (2, 2, 2),
        values=[[0.05, 0.1], [0.593, 0.597], [0.751, -0.773]],
        gradients=[None, [0.036, -0.041], [0.138, -0.218]],
        biases=[None, [0.35, -0.36], [0.6, 0.61]],
        labels=[["$x_1$", "$x_2$"], ["$h_1$", "$h_2$"], ["a", "b"]],
        weights=[W1, W2],
        names=["input", "hidden", "output"],
        digits=3,
    )
    check_legible(ax)
    assert place(ax, "0.593") == centers[1][0] and place(ax, "−0.773") == centers[2][1]
    assert place(ax, "−0.041")[0] == centers[1][1][0] and place(ax, "−0.041")[1] < centers[1][1][1]
    assert place(ax, "$h_2$  −0.360")[1] > centers[1][1][1] and place(ax, "+0.610")[0] == centers[2][1][0]
    assert place(ax, "$x_1$")[0] < centers[0][0][0] and place(ax, "b")[0] > centers[2][1][0]
    assert place(ax, "hidden")[0] == centers[1][0][0]
    for row, column in np.ndindex(2, 2):  # each weight lies on the edge that it belongs to
        start, end = np.array(centers[0][column]), np.array(centers[1][row])
        way = np.array(place(ax, f"{W1[row, column]:.3f}")) - start
        np.testing.assert_allclose(np.cross([*way, 0], [*(end - start), 0]), 0, atol=1e-12)
        assert 0 < way @ (end - start) < (end - start) @ (end - start)


@pytest.mark.parametrize("sizes", [(3, 1), (1, 3), (4, 4), (2, 4, 3, 1), (1, 1), (4, 2, 4)])
def test_numbers_have_room(ax, sizes):
    rng = np.random.default_rng(0)
    pairs = list(zip(sizes[1:], sizes))
    draw_network(
        ax,
        sizes,
        values=[rng.normal(size=size) for size in sizes],
        gradients=[rng.normal(size=size) for size in sizes],
        biases=[rng.normal(size=size) for size in sizes],
        weights=[-(rng.normal(size=pair) ** 2) for pair in pairs],
        names=["a layer"] * len(sizes),
    )
    check_legible(ax)
    assert len(texts(ax)) == 3 * sum(sizes) + sum(a * b for a, b in pairs) + len(sizes)


def test_neurons_do_not_overlap_and_have_room_for_their_numbers(ax):
    centers = draw_network(ax, (4, 3), values=[[1000.123, 1, 2, 3], None])
    radius = ax.patches[0].radius
    for layer in centers:
        for a, b in combinations(layer.values(), 2):
            assert np.hypot(*np.subtract(a, b)) > 2 * radius
    check_legible(ax)
    (text,) = (t for t in ax.texts if t.get_text() == "1000.12")
    assert text.get_window_extent().width / ax.figure.dpi < 2 * radius


def test_edges_show_sign_and_size(ax):
    draw_network(ax, (2, 2), weights=[[[1.0, -2.0], [0.0, 0.5]]], written=False)
    (up, down, zero, half) = ax.lines
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--", "-", "-"]
    assert up.get_color() != down.get_color()
    widths = [line.get_linewidth() for line in (zero, half, up, down)]
    np.testing.assert_allclose(widths, [0.5, 0.5 + 2.5 / 4, 0.5 + 2.5 / 2, 3.0])
    assert texts(ax) == []


def test_a_large_layer_is_abbreviated(ax):
    centers = draw_network(
        ax, (784, 128, 10), names=["pixels", "hidden", "digits"], labels=[None, None, list("0123456789")]
    )
    check_legible(ax)
    assert [list(layer) for layer in centers] == [
        [0, 1, 2, 3, 781, 782, 783],
        [0, 1, 2, 3, 125, 126, 127],
        [0, 1, 2, 3, 7, 8, 9],
    ]
    assert len(ax.lines) == 7 * 7 * 2
    assert texts(ax).count("⋮") == 3
    assert [text for text in texts(ax) if "\n" in text] == ["pixels\n784", "hidden\n128", "digits\n10"]
    np.testing.assert_allclose([y for _, y in centers[0].values()], [y for _, y in centers[1].values()])


def test_a_marked_neuron_has_its_own_color(ax):
    draw_network(ax, (2, 2), mark=[(1, 0)])
    colors = [to_hex(patch.get_facecolor()) for patch in ax.patches]
    assert (
        colors[0] == colors[1] and len({*colors}) == 3 and colors.count(_canvas.MARK) == 1 and colors[2] == _canvas.MARK
    )


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((3,), {}, r"1 layer\(s\), expected at least 2"),
        ((3, 0), {}, "size=0, expected an integer"),
        ((2, 1), {"values": [[1, 2]]}, "values for 1 layers, expected 2"),
        ((2, 1), {"gradients": [[1, 2], [1, 2]]}, "gradients of layer 1 are 2, expected 1"),
        ((2, 1), {"weights": [np.ones((2, 1))]}, r"weights of shape \(2, 1\), expected \(1, 2\)"),
        ((2, 1), {"weights": []}, "0 matrices of weights, expected 1"),
        ((2, 5), {"weights": [np.ones((5, 2))]}, "a layer of 5 neurons, expected at most 4"),
        ((2, 1), {"names": ["input"]}, "1 names for 2 layers"),
        ((2, 1), {"mark": [(1, 1)]}, r"mark has \(1, 1\)"),
        ((20, 1), {"mark": [(0, 10)]}, r"mark has \(0, 10\), which is not a neuron that is shown"),
        ((2, 1), {"digits": -1}, "digits=-1"),
        ((2, 1), {"most": 3}, "most=3"),
        ((2, 1), {"written": 1}, "written=1"),
    ],
)
def test_bad_networks(ax, sizes, options, message):
    with pytest.raises(ValueError, match=message):
        draw_network(ax, sizes, **options)


def test_a_residual_block(ax):
    boxes = {"x": (0, 0), "conv": (1, 0, "conv 3×3"), "relu": (2, 0, "ReLU"), "+": (3, 0), "out": (4, 0, "z")}
    pairs = [("x", "conv"), ("conv", "relu"), ("relu", "+"), ("x", "+", "identity"), ("+", "out")]
    areas = draw_boxes(ax, boxes, pairs, given=["x"], mark=["+"])
    check_legible(ax)
    for (start, end, *_), (tail, head) in zip(pairs, arrows(ax)):
        for point, name in ((tail, start), (head, end)):
            area = areas[name]
            on_side = np.isclose(point[0], [area.x0, area.x1]).any() or np.isclose(point[1], [area.y0, area.y1]).any()
            assert on_side and area.padded(1e-9).contains(*point), (name, point)
    skip = arrows(ax)[3]
    assert skip[0][1] == areas["x"].y1 and skip[1][1] == areas["+"].y1  # over the boxes, from top to top
    assert place(ax, "identity")[1] > max(area.y1 for area in areas.values())


@pytest.mark.parametrize("vertical", [False, True])
def test_no_arrow_runs_through_a_box(ax, vertical):
    grid = {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (3, 0), "e": (1.5, 1), "f": (1.5, -1)}
    boxes = {name: place[::-1] if vertical else place for name, place in grid.items()}
    pairs = [("a", "d", "over"), ("a", "b"), ("a", "c"), ("e", "d"), ("f", "a"), ("b", "d")]
    areas = draw_boxes(ax, boxes, pairs)
    for pair, way in zip(pairs, ways(ax)):
        others = [area for name, area in areas.items() if name not in pair]
        assert not any(area.contains(*point) for area in others for point in way), pair


def test_boxes_stand_on_their_grid(ax):
    areas = draw_boxes(ax, {"one": (0, 0), "a long text": (0, 1), "c": (1, 0.5), "two\nlines": (2, 0)})
    center = {name: (area.p0 + area.p1) / 2 for name, area in areas.items()}
    assert center["one"][0] == center["a long text"][0] and center["one"][1] > center["a long text"][1]
    assert center["one"][1] == center["two\nlines"][1]
    np.testing.assert_allclose(center["c"][1], (center["one"][1] + center["a long text"][1]) / 2)
    assert areas["a long text"].x1 < areas["c"].x0 and areas["c"].x1 < areas["two\nlines"].x0
    check_legible(ax)


def test_what_flows_forward_and_back_stands_on_either_side_of_its_arrow(ax):
    boxes = {"x": (0, 0), "y": (0, 1), "×": (1, 0.5), "f": (2, 0.5), "g": (2, 1.5)}
    draw_boxes(ax, boxes, [("x", "×", "2", "−4.5"), ("y", "×", "3", "12"), ("×", "f", "6", "1"), ("f", "g", "7", "8")])
    check_legible(ax)
    assert place(ax, "6")[1] > place(ax, "1")[1] and place(ax, "6")[0] == place(ax, "1")[0]
    assert place(ax, "7")[0] > place(ax, "8")[0] and place(ax, "7")[1] == place(ax, "8")[1]
    colors = {text.get_text(): text.get_color() for text in ax.texts}
    assert colors["−4.5"] == colors["1"] == _canvas.FALL != colors["6"]


@pytest.mark.parametrize(
    ("boxes", "pairs", "options", "message"),
    [
        ({}, [], {}, "no boxes"),
        ({"a": (0, 0)}, [("a", "b")], {}, "no box has the name 'b'"),
        ({"a": (0, 0)}, [], {"mark": ["c"]}, "no box has the name 'c'"),
        ({"a": (0, 0)}, [], {"given": ["c"]}, "no box has the name 'c'"),
        ({"a": (0, 0), "b": (0, 0.2)}, [], {}, "the boxes 'a' and 'b' overlap"),
    ],
)
def test_bad_boxes(ax, boxes, pairs, options, message):
    with pytest.raises(ValueError, match=message):
        draw_boxes(ax, boxes, pairs, **options)


@pytest.mark.parametrize("downward", [False, True])
def test_a_graph_runs_from_inputs_to_results(ax, downward):
    x, w = Tensor(np.ones((2, 3)), requires_grad=True), Tensor(np.ones((3, 1)), requires_grad=True)
    nodes, edges = graph(((x @ w).relu() + (x @ w)).sum())
    areas = draw_graph(ax, nodes, edges, downward=downward)
    check_legible(ax)
    along, sign = (1, -1) if downward else (0, 1)
    for start, end in edges:
        assert sign * (areas[end].p0 - areas[start].p0)[along] > 0
    assert len(arrows(ax)) == len(edges)
    assert sorted(texts(ax)) == sorted(
        ["2×3", "3×1", "matmul\n2×1", "matmul\n2×1", "relu\n2×1", "add\n2×1", "sum\nscalar"]
    )
    assert not any(a.overlaps(b) for a, b in combinations(areas.values(), 2))
    with pytest.raises(ValueError, match="no nodes"):
        draw_graph(ax, [], [])


def test_an_equation_of_cells(ax):
    x, k = np.arange(1, 10).reshape(3, 3), np.array([[1.0, 0.5], [-0.25, np.nan]])
    areas = draw_cells(ax, [Cells(x, "image", np.s_[0:2, 1:3]), "∗", Cells(k, "filter"), "=", np.array([["a", "b"]])])
    check_legible(ax)
    assert texts(ax) == [*"123456789", "image", "∗", "1.00", "0.50", "−0.25", "filter", "=", "a", "b"]
    assert areas[0, 0].x1 < place(ax, "∗")[0] < areas[0, 2].x0 and areas[0, 2].x1 < place(ax, "=")[0] < areas[0, 4].x0
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    marked = [i for i, cell in enumerate(cells) if to_hex(cell.get_facecolor()) == _canvas.MARK]
    assert marked == [1, 2, 4, 5]
    thick = [line.get_xydata() for line in ax.lines if line.get_linewidth() > 2]
    assert len(thick) == 8  # around four cells
    np.testing.assert_allclose(
        np.ptp(np.concatenate(thick), axis=0), [areas[0, 0].width * 2 / 3, areas[0, 0].height * 2 / 3]
    )
    for value, cell in zip("123456789", cells):  # reading order
        np.testing.assert_allclose(place(ax, value) if value != "1" else cell.get_center(), cell.get_center())


def test_rows_of_cells_are_aligned_and_windows_told_apart(ax):
    a = np.arange(4).reshape(2, 2)
    areas = draw_cells(ax, [[a, "+", Cells(a, "b")], [None, "sum", Cells(2 * a, "c", [np.s_[0, 0], a > 1])]])
    check_legible(ax)
    assert list(areas) == [(0, 0), (0, 2), (1, 2)]
    np.testing.assert_allclose(areas[0, 2].x0, areas[1, 2].x0)
    assert areas[1, 2].y1 < areas[0, 2].y0
    outlines = {line.get_color() for line in ax.lines if line.get_linewidth() > 2}
    assert len(outlines) == 2
    fills = [to_hex(patch.get_facecolor()) for patch in ax.patches[-4:]]
    assert fills[0] == _canvas.MARK and fills[1] == _canvas.BLANK and fills[2] == fills[3] not in fills[:2]


def test_a_vector_is_a_row(ax):
    area = draw_cells(ax, np.arange(3))[0, 0]
    np.testing.assert_allclose(area.width / area.height, 3.0)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\), expected one or two"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        (["="], "no array"),
        ([[1, 2], [3, 4]], "1 among the parts, expected Cells, numpy.ndarray"),
    ],
)
def test_bad_cells(ax, parts, message):
    with pytest.raises(ValueError, match=message):
        draw_cells(ax, parts)


def test_a_mark_outside_of_its_array(ax):
    with pytest.raises(IndexError):
        draw_cells(ax, Cells(np.eye(2), mark=np.s_[2, 0]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (np.int64(-3), "−3"),
        (0.126, "0.13"),
        (-0.001, "0.00"),
        (np.nan, ""),
        ("w", "w"),
        (True, "1"),
        (np.float32(2), "2.00"),
    ],
)
def test_how_numbers_are_written(value, text):
    assert _canvas.number(value, 2) == text


@pytest.mark.parametrize("columns", [None, 4])
def test_alexnet_as_stacks(ax, columns):
    shapes = [(3, 227, 227), *(row.shape for row in layer_table(ALEXNET, (3, 227, 227)))]
    steps = [f"step {k}\ntwo lines" for k in range(len(shapes) - 1)]
    areas = draw_stack(ax, shapes, steps=steps, columns=columns)
    check_legible(ax)
    assert not any(a.overlaps(b) for a, b in combinations(areas, 2))
    assert sum(text in ("96×55×55", "256×6×6", "4096", "1000") for text in texts(ax)) == 5
    assert len(arrows(ax)) == len(steps)
    for area, (tail, head) in zip(areas[1:], arrows(ax)):
        assert tail[0] < head[0] < area.x0 and area.y0 < head[1] < area.y1
    rows = len({round((area.y0 + area.y1) / 2, 6) for area in areas})
    assert rows == (1 if columns is None else 3)


def test_sheets_go_with_the_root_of_the_size(ax):
    draw_stack(ax, [(1, 64, 64), (1, 16, 16), (4, 16, 32), (100,), (25,)])
    sheets = [(patch.get_width(), patch.get_height()) for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(sheets) == 1 + 1 + 3 + 1 + 1
    np.testing.assert_allclose(sheets[0], 2 * np.array(sheets[1]))
    np.testing.assert_allclose(np.array(sheets[2]) / sheets[1], [2**0.5, 1.0])
    np.testing.assert_allclose(sheets[-2][1], 2 * sheets[-1][1])


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        ([], {}, "no shapes"),
        ([(3, 4)], {}, r"shape \(3, 4\), expected"),
        ([(3, 0, 4)], {}, r"shape \(3, 0, 4\)"),
        ([(3,), (4,)], {"steps": []}, "0 steps, expected 1"),
        ([(3,)], {"columns": 0}, "columns=0"),
    ],
)
def test_bad_stacks(ax, shapes, options, message):
    with pytest.raises(ValueError, match=message):
        draw_stack(ax, shapes, **options)


@pytest.mark.parametrize(
    "layers",
    [
        [Conv(8, 3)],
        [Conv(8, 3), Conv(8, 3), Pool(2, 2), Conv(8, 3)],
        [Conv(8, 3, stride=2), Conv(8, 3, dilation=2), Conv(1, 3)],
        [Pool(3, 2), Pool(3, 2), Conv(1, 5)],
        [Conv(1, 1), Conv(1, 2)],
    ],
)
def test_a_cone_is_as_wide_as_the_receptive_field(ax, layers):
    seen = draw_cone(ax, layers)
    check_legible(ax)
    for k in range(len(layers)):
        size, _ = receptive_field(layers[k:])
        assert seen[k][0] == 0 and seen[k][-1] == size - 1
        assert texts(ax)[2 * k + 1] == f"{size} wide"
    colored = [
        patch for patch in ax.patches if isinstance(patch, Rectangle) and to_hex(patch.get_facecolor()) != "#ffffff"
    ]
    assert len(colored) == sum(map(len, seen))
    unit, pixels = colored[-1].get_bbox(), [cell.get_bbox() for cell in colored[: len(seen[0])]]
    np.testing.assert_allclose(unit.x0 + unit.x1, pixels[0].x0 + pixels[-1].x1)  # over the middle of what it sees
    assert sum(isinstance(patch, Polygon) for patch in ax.patches) == len(layers)


def test_a_dilated_window_has_holes(ax):
    assert draw_cone(ax, [Conv(1, 3, dilation=2)]) == [[0, 2, 4], [0]]


@pytest.mark.parametrize(
    ("layers", "names", "message"),
    [
        ([], None, "no layers"),
        ([Dense(3)], None, "no receptive field"),
        ([Conv(1, 3)], ["input"], "1 names, expected 2"),
    ],
)
def test_bad_cones(ax, layers, names, message):
    with pytest.raises(ValueError, match=message):
        draw_cone(ax, layers, names=names)


def test_beside_other_axes_the_figure_keeps_its_size():
    fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
    draw_network(left, (2, 1))
    draw_cells(right, np.eye(2))
    assert tuple(fig.get_size_inches()) == (6, 3)
    assert left.get_aspect() == right.get_aspect() == 1


def test_letters_and_lines_stand_out():
    for fill in (_canvas.PLAIN, _canvas.GIVEN, _canvas.MARK, _canvas.BLANK):
        assert contrast(_canvas.INK, fill) >= 7
        assert contrast(_canvas.LINE, fill) >= 3
    assert contrast(_canvas.FALL, "white") >= 4.5  # gradients are small letters
    assert contrast(_canvas.RISE, "white") >= 4.5
