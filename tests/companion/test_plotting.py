"""The book's figures: deterministic, self-contained, and worded for readers who cannot see them."""

import json
import re
import subprocess
import sys

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import plotting


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        plotting.use_style()
        yield
    plt.close("all")


def luminance(color):
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def walk(**options):
    """A player of a point that walks to the right."""
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.set(xlim=(0, 1), ylim=(-1, 1))
    (point,) = ax.plot([0.0], [0.0], "o")
    options = {"label": "Step", "alt": "A point walks to the right."} | options
    return plotting.player(fig, lambda k: point.set_xdata([k / 10]), options.pop("n_frames", 10), **options)


def test_every_curve_stands_out_from_white_and_has_its_own_line():
    cycle = plt.rcParams["axes.prop_cycle"].by_key()
    assert all(1.05 / (luminance(color) + 0.05) >= 3 for color in cycle["color"])
    assert len(set(cycle["color"])) == len(set(map(str, cycle["linestyle"]))) == len(plotting.MARKERS) == 6


def test_the_same_frames_give_the_same_bytes():
    assert walk()._repr_html_() == walk()._repr_html_()


def test_the_same_bytes_in_another_process():
    program = (
        "import matplotlib; matplotlib.use('agg')\n"
        "import matplotlib.pyplot as plt\nfrom companion import plotting\nplotting.use_style()\n"
        "fig, ax = plt.subplots()\n(point,) = ax.plot([0.0], [0.0], 'o')\n"
        "shown = plotting.slider(fig, lambda r: point.set_ydata([r / 9]), [1, 2], label='Rate', alt='A point.')\n"
        "print(shown._repr_html_())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


def test_a_player_stands_alone():
    shown = walk()._repr_html_()
    assert not re.search(r"https?:|//\w+\.|\bid=", shown)
    assert len(shown) < plotting.MAX_BYTES


def test_a_player_can_be_read_aloud_and_operated():
    shown = walk(label="Step <of> descent", alt='A "point" walks.')._repr_html_()
    assert re.search(r"<label[^>]*><span>Step &lt;of&gt; descent</span>\s*<input type=\"range\"", shown)
    assert 'alt="A &quot;point&quot; walks."' in shown
    assert '<output aria-live="polite"' in shown and ">0 of 9</output>" in shown
    assert '<button type="button">Play</button>' in shown


def test_every_frame_is_a_picture_of_its_own():
    frames, names, interval = json.loads(re.search(r'json">(.*?)</script>', walk()._repr_html_(), re.DOTALL)[1])
    assert len(set(frames)) == len(set(names)) == 10
    assert interval == 120


def test_a_slider_names_its_values_and_has_no_button():
    fig, ax = plt.subplots(figsize=(3, 2))
    (line,) = ax.plot([0, 1], [0, 1])
    seen = []

    def draw(rate):
        seen.append(rate)
        line.set_ydata([0, rate])

    shown = plotting.slider(fig, draw, [0.1, 1 / 3], label="Rate", alt="A line, steeper with the rate.")
    assert seen == [0.1, 1 / 3]
    assert shown.names == ["0.1", "0.3333"]
    assert "<button" not in shown._repr_html_()
    assert re.fullmatch("<slider of 2 frames: Rate; [0-9a-f]{8}>", repr(shown))


def test_a_name_cannot_end_the_script():
    frame = b"picture"
    shown = plotting.Player([frame, frame], ["</script><b>", "two"], (3, 2), label="a", alt="b")._repr_html_()
    assert shown.count("</script>") == 2


def test_the_figure_is_closed():
    before = plt.get_fignums()
    walk()
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_frames": 1}, r"1 frame\(s\), expected at least 2"),
        ({"label": " "}, "label is blank"),
        ({"alt": ""}, "alt is blank"),
        ({"interval": 0}, r"interval=0, expected a number in \(0, inf\)"),
        ({"interval": np.nan}, "interval=nan"),
        ({"interval": None}, "interval=None"),
        ({"n_frames": 2.0}, "n_frames=2.0, expected an integer"),
        ({"n_frames": True}, "n_frames=True"),
    ],
)
def test_bad_players(options, message):
    with pytest.raises(ValueError, match=message):
        walk(**options)


def test_every_frame_has_a_name():
    with pytest.raises(ValueError, match="1 names for 2 frames"):
        plotting.Player([b"one", b"two"], ["a"], (3, 2), label="a", alt="b")


def test_too_many_bytes():
    with pytest.raises(ValueError, match="draw fewer frames or a smaller figure"):
        plotting.Player([bytes(600_000)] * 2, ["a", "b"], (3, 2), label="a", alt="b")


def test_decision_regions_show_every_class_by_name():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "right", "left")
    _, ax = plt.subplots()
    asked = []

    def predict(points):
        asked.append(points)
        return np.where(points[:, 0] > 0.5, "right", "left")

    plotting.plot_decision_regions(ax, predict, X, y)
    points = np.concatenate(asked)
    assert (points.min(axis=0) < X.min(axis=0)).all() and (points.max(axis=0) > X.max(axis=0)).all()
    assert [text.get_text() for text in ax.legend().get_texts()] == ["left", "right"]
    boundary = np.concatenate([path.vertices for path in ax.collections[1].get_paths()])
    step = (points[:, 0].max() - points[:, 0].min()) / 199
    np.testing.assert_allclose(boundary[:, 0], 0.5, atol=step)  # where predict changes its mind


def test_decision_regions_with_one_class_and_one_sample():
    _, ax = plt.subplots()
    plotting.plot_decision_regions(ax, lambda points: np.zeros(len(points)), [[1.0, 2.0]], [0])
    assert ax.get_xlim()[0] < 1 < ax.get_xlim()[1]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((5, 3)), np.zeros(5), r"\(5, 3\)"),
        (np.zeros((5, 2)), np.zeros(4), r"\(4,\)"),
        (np.zeros((7, 2)), np.arange(7), "7 classes, expected at most 6"),
    ],
)
def test_bad_decision_regions(X, y, message):
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=message):
        plotting.plot_decision_regions(ax, lambda points: np.zeros(len(points)), X, y)


def test_level_lines_lie_where_the_function_has_their_level():
    _, ax = plt.subplots()
    lines = plotting.contour(ax, lambda point: point @ point, (-2, 2), (-2, 2), levels=[1.0])
    points = np.concatenate([path.vertices for path in lines.get_paths()])
    np.testing.assert_allclose(np.sum(points**2, axis=1), 1.0, atol=1e-3)  # linear between grid points 0.04 apart


def test_level_lines_of_a_bowl_are_evenly_spaced():
    _, ax = plt.subplots()
    lines = plotting.contour(ax, lambda point: point @ point, (-2, 2), (-2, 2), n=101)  # the bottom is a grid point
    assert len(lines.levels) == 12
    np.testing.assert_allclose(np.diff(np.sqrt(lines.levels)), np.sqrt(8) / 13, rtol=1e-12)


@pytest.mark.parametrize(
    ("fun", "xlim", "message"),
    [
        (lambda point: point[0], (1, 1), r"xlim=\(1, 1\), expected an increasing pair"),
        (lambda point: np.nan, (0, 1), "10000 values of fun are not finite"),
    ],
)
def test_bad_contours(fun, xlim, message):
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=message):
        plotting.contour(ax, fun, xlim, (0, 1))


@pytest.mark.parametrize("n", [1, 2.5, True])
def test_a_grid_has_two_points_a_side_at_least(n):
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=f"n={n}, expected an integer in"):
        plotting.contour(ax, lambda point: point[0], (0, 1), (0, 1), n=n)
    with pytest.raises(ValueError, match=f"n={n}, expected an integer in"):
        plotting.plot_decision_regions(ax, lambda points: points[:, 0], np.eye(2), [0, 1], n=n)


def test_levels_may_be_counted_or_given():
    _, ax = plt.subplots()
    for levels, count in ((3, 3), (np.int64(3), 3), ([0.2, 0.5], 2), (np.array([0.3]), 1)):
        assert len(plotting.contour(ax, lambda point: point[0] ** 2, (0, 1), (0, 1), levels=levels).levels) == count
