"""The book's one style, and the figures that more than one chapter draws. Nothing else in the companion imports it."""

import base64
import html
import io
import json
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap

MARKERS = ["o", "s", "^", "D", "v", "P"]
MAX_BYTES = 1_500_000  # of one player's HTML: a page stays light

# One listener per widget; the guard lets several widgets, each with its own copy of the script, share a page.
_SCRIPT = """
for (const box of document.querySelectorAll(".mlc-player:not([data-ready])")) {
  box.dataset.ready = "yes";
  const [frames, names, interval] = JSON.parse(box.querySelector("script[type='application/json']").textContent);
  const [picture, range, text, button] = ["img", "input", "output", "button"].map((tag) => box.querySelector(tag));
  let timer = null;
  const show = (k) => {
    picture.src = "data:image/webp;base64," + frames[k];
    range.value = k;
    range.setAttribute("aria-valuetext", names[k]);
    text.textContent = names[k];
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    text.setAttribute("aria-live", "polite");
    if (button) button.textContent = "Play";
  };
  const play = () => {
    text.setAttribute("aria-live", "off");
    button.textContent = "Pause";
    if (+range.value === frames.length - 1) show(0);
    timer = setInterval(() => {
      show(+range.value + 1);
      if (+range.value === frames.length - 1) pause();
    }, interval);
  };
  range.addEventListener("input", () => { pause(); show(+range.value); });
  if (button) button.addEventListener("click", () => (timer === null ? play() : pause()));
  // JupyterLab would take the arrow keys for itself.
  box.addEventListener("keydown", (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); });
  show(0);
}
"""

_PAGE = """<div class="mlc-player" role="group" aria-label="{label}">
<img src="data:image/webp;base64,{first}" width="{width}" height="{height}" alt="{alt}" \
style="max-width: 100%; height: auto; background: white">
<div class="mlc-controls" style="display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center">
{button}<label style="display: flex; flex: 1 1 14rem; gap: 0.5rem; align-items: center"><span>{label}</span>
<input type="range" min="0" max="{last}" step="1" value="0" aria-valuetext="{name}" style="flex: 1; min-width: 6rem">\
</label>
<output aria-live="polite" style="min-width: 5rem">{name}</output>
</div>
<script type="application/json">{data}</script>
<script>{script}</script>
</div>"""


def use_style():
    """Give every figure drawn from now on the look of the book.

    Legible in print, on the white card that the dark theme lays under pictures, and to color-blind readers: the line
    style changes together with the color. The layout engine is matplotlib's constrained one; do not call
    ``tight_layout``.
    """
    with resources.as_file(resources.files("companion") / "book.mplstyle") as path:
        plt.style.use(path)


class Player:
    """Frames that a reader moves through by a slider, and by a play button if ``interval`` is given.

    Shown by its ``_repr_html_``: one self-contained piece of HTML that asks nothing of the network and draws no random
    numbers, so that the same frames give the same bytes. ``matplotlib.animation.FuncAnimation.to_jshtml`` does neither:
    it links an icon font from a server and names its elements at random.

    Parameters
    ----------
    frames : list of bytes
        Pictures in the WebP format, all of one size.
    names : list of str
        What to call each frame, shown and read aloud.
    size : (int, int)
        Width and height of the pictures in pixels.
    label : str
        What the slider moves.
    alt : str
        What the pictures show, in words.
    interval : int or None
        Milliseconds from frame to frame.

    Raises
    ------
    ValueError
        If there are fewer than two frames, if ``label`` or ``alt`` is blank, or if the HTML exceeds ``MAX_BYTES``.
    """

    def __init__(self, frames, names, size, *, label, alt, interval=None):
        if len(frames) < 2:
            raise ValueError(f"{len(frames)} frame(s), expected at least 2")
        for key, text in {"label": label, "alt": alt}.items():
            if not text.strip():
                raise ValueError(f"{key} is blank, expected words for readers who cannot see the picture")
        self.frames, self.names, self.size = frames, names, size
        self.label, self.alt, self.interval = label, alt, interval
        if len(self._repr_html_()) > MAX_BYTES:
            raise ValueError(
                f"{len(self._repr_html_())} bytes of HTML, expected at most {MAX_BYTES}: "
                "draw fewer frames or a smaller figure"
            )

    def __repr__(self):
        return f"<{'slider' if self.interval is None else 'player'} of {len(self.frames)} frames: {self.label}>"

    def _repr_html_(self):
        encoded = [base64.b64encode(frame).decode("ascii") for frame in self.frames]
        data = json.dumps([encoded, self.names, self.interval]).replace("<", "\\u003c")
        return _PAGE.format(
            label=html.escape(self.label),
            alt=html.escape(self.alt),
            name=html.escape(self.names[0]),
            button="" if self.interval is None else '<button type="button">Play</button>\n',
            first=encoded[0],
            width=self.size[0],
            height=self.size[1],
            last=len(encoded) - 1,
            data=data,
            script=_SCRIPT,
        )


def _frames(fig, draw, arguments):
    """Draw and encode one picture per argument, then close the figure, so that it is not shown a second time."""
    canvas, frames = FigureCanvasAgg(fig), []
    for argument in arguments:
        draw(argument)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # (height, width, 3)
        pixels = (np.round(pixels / 17) * 17).astype(np.uint8)  # 16 shades a channel: half the bytes
        buffer = io.BytesIO()
        plt.imsave(buffer, pixels, format="webp", pil_kwargs={"lossless": True, "method": 2})  # half of PNG's
        frames.append(buffer.getvalue())
    plt.close(fig)
    return frames, pixels.shape[1::-1]


def player(fig, draw, n_frames, *, label, alt, interval=120):
    """Animate an algorithm: a slider over its steps, and a button that plays them.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Closed afterwards.
    draw : callable
        ``draw(k)`` changes ``fig`` into frame ``k``, for ``k = 0, ..., n_frames - 1`` in this order. Nothing is
        cleared in between: move the artists, or clear the axes in ``draw``.
    n_frames : int
        About 30 suffice.
    label : str
        What the slider moves, such as ``"Step"``.
    alt : str
        What the pictures show, in words.
    interval : int, default=120
        Milliseconds from frame to frame.

    Returns
    -------
    Player
        The last expression of a cell shows it.

    Raises
    ------
    ValueError
        As for `Player`; also if ``interval`` is not positive.

    Examples
    --------
    >>> fig, ax = plt.subplots(figsize=(3, 2))
    >>> (point,) = ax.plot([0.0], [0.0], "o")
    >>> player(fig, lambda k: point.set_xdata([k / 100]), 5, label="Step", alt="A point moves to the right.")
    <player of 5 frames: Step>
    """
    if interval <= 0:
        raise ValueError(f"interval={interval}, expected > 0")
    names = [f"{k} of {n_frames - 1}" for k in range(n_frames)]
    frames, size = _frames(fig, draw, range(n_frames))
    return Player(frames, names, size, label=label, alt=alt, interval=interval)


def slider(fig, draw, values, *, label, alt):
    """Let the reader choose a value and see its picture.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Closed afterwards.
    draw : callable
        ``draw(value)`` changes ``fig`` into the picture of ``value``. Nothing is cleared in between.
    values : sequence of numbers or str
        In the order of the slider; numbers are shown with four significant digits.
    label : str
        What the slider changes, such as ``"Learning rate"``.
    alt : str
        What the pictures show, in words.

    Returns
    -------
    Player
        The last expression of a cell shows it.

    Raises
    ------
    ValueError
        As for `Player`.
    """
    values = list(values)
    names = [value if isinstance(value, str) else f"{value:.4g}" for value in values]
    frames, size = _frames(fig, draw, values)
    return Player(frames, names, size, label=label, alt=alt)


def plot_decision_regions(ax, predict, X, y, *, n=200):
    """Color the plane by the class predicted there, and scatter the samples over it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    predict : callable
        Maps an array of shape (m, 2) to m class labels, as an estimator's ``predict`` does.
    X : ndarray of shape (n_samples, 2)
    y : ndarray of shape (n_samples,)
        The true labels, of at most six classes; each has its own marker, and its label in ``ax.legend()``.
    n : int, default=200
        Grid points along each side.

    Raises
    ------
    ValueError
        If ``X`` does not have two columns, if ``y`` has another length, or if there are more than six classes.
    """
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
        inside = y == label
        ax.scatter(*X[inside].T, s=26, c=color, marker=marker, edgecolors="white", linewidths=0.6, label=f"{label}")
    ax.grid(False)


def contour(ax, fun, xlim, ylim, *, levels=12, n=100):
    """Draw the level lines of a function of two parameters.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    fun : callable
        Maps a point, an array of shape (2,), to a number.
    xlim, ylim : (float, float)
        The window; its proportions are the caller's affair.
    levels : int or sequence of float, default=12
        If a number, as many levels, spaced as squares are: evenly so for a paraboloid's rings.
    n : int, default=100
        Grid points along each side; ``fun`` is called ``n**2`` times.

    Returns
    -------
    matplotlib.contour.QuadContourSet

    Raises
    ------
    ValueError
        If a limit does not increase, or if ``fun`` is not finite somewhere in the window.
    """
    for name, (low, high) in {"xlim": xlim, "ylim": ylim}.items():
        if not low < high:
            raise ValueError(f"{name}=({low}, {high}), expected an increasing pair")
    x, y = np.linspace(*xlim, n), np.linspace(*ylim, n)
    values = np.array([[float(fun(np.array([a, b]))) for a in x] for b in y])
    if not np.isfinite(values).all():
        raise ValueError(f"{np.sum(~np.isfinite(values))} values of fun are not finite in the window")
    if np.ndim(levels) == 0:
        low, high = values.min(), values.max()
        levels = np.unique(low + (high - low) * np.linspace(0, 1, levels + 2)[1:-1] ** 2)
    shades = ListedColormap(plt.get_cmap("cividis")(np.linspace(0, 0.6, 256)))  # the light end is lost on white
    lines = ax.contour(x, y, values, levels=levels, cmap=shades, linewidths=1.1, linestyles="solid")
    ax.grid(False)
    return lines


def draw_graph(ax, nodes, edges, *, downward=False):
    """Draw a computational graph, from left to right or downward, as :func:`companion.autograd.graph` gives it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    nodes : list of (str, tuple)
        A name and a shape each, such that every input of a node stands after it in the list.
    edges : list of (int, int)
        From the place of an input to the place of what was made from it.
    downward : bool, default=False
        For narrow pages.

    Raises
    ------
    ValueError
        If there are no nodes.
    """
    if not nodes:
        raise ValueError("no nodes, expected at least one")
    depth = [0] * len(nodes)
    for start, end in sorted(edges, key=lambda edge: -edge[1]):  # inputs stand later: their depth is settled first
        depth[end] = max(depth[end], depth[start] + 1)
    for leaf in {start for start, _ in edges if nodes[start][0] == "leaf"}:
        depth[leaf] = min(depth[end] for start, end in edges if start == leaf) - 1  # right before its first use
    places = {}
    for level in sorted(set(depth)):
        column = [i for i in range(len(nodes)) if depth[i] == level]
        operations = [i for i in column if nodes[i][0] != "leaf"]
        leaves = [i for i in column if nodes[i][0] == "leaf"]
        top = (len(operations) - 1) / 2
        for row, i in enumerate(operations):
            places[i] = (level, top - row)
        for row, i in enumerate(leaves):  # below everything that is computed
            places[i] = (level, min(-top, 0.0) - 1 - row)
    if downward:
        places = {i: (-y, -x) for i, (x, y) in places.items()}
    for start, end in edges:
        arrow = dict(arrowstyle="->", color="#555555", shrinkA=16, shrinkB=18)
        ax.annotate("", xy=places[end], xytext=places[start], arrowprops=arrow)
    for i, (name, shape) in enumerate(nodes):
        style = dict(
            boxstyle="round,pad=0.35", facecolor="#f5e6c8" if name == "leaf" else "#d6e6f5", edgecolor="#555555"
        )
        label = "×".join(map(str, shape)) or "scalar"
        text = label if name == "leaf" else f"{name}\n{label}"
        ax.text(*places[i], text, ha="center", va="center", fontsize=8, color="black", bbox=style)
    xs, ys = zip(*places.values())
    ax.set(xlim=(min(xs) - 0.7, max(xs) + 0.7), ylim=(min(ys) - 0.7, max(ys) + 0.7))
    ax.axis("off")
