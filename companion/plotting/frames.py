"""Pictures that a reader moves through: a slider, and a player of the steps of an algorithm."""

import base64
import hashlib
import html
import io
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from companion.plotting.digests import describe
from companion.validation import Integer, Number, require

__all__ = ["MAX_BYTES", "Player", "player", "slider"]

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
    interval : float, optional
        Milliseconds from frame to frame; without, there is no play button.
    digest : str
        A word for the numbers behind the frames, shown by ``repr``: the bytes differ between machines.

    Attributes
    ----------
    frames, names, size, label, alt, interval, digest
        The parameters.

    Raises
    ------
    ValueError
        If there are fewer than two frames, or not as many names, if ``label`` or ``alt`` is blank, if ``interval`` is
        not positive, or if the HTML exceeds ``MAX_BYTES``.

    Examples
    --------
    >>> Player([b"one picture", b"another"], ["before", "after"], (300, 200), label="Time", alt="A ball falls.")
    <slider of 2 frames: Time>
    """

    def __init__(
        self,
        frames: Sequence[bytes],
        names: Sequence[str],
        size: tuple[int, int],
        *,
        label: str,
        alt: str,
        interval: float | None = None,
        digest: str = "",
    ) -> None:
        require("interval", interval, Number(0, closed="neither"), None)
        if len(frames) < 2:
            raise ValueError(f"{len(frames)} frame(s), expected at least 2")
        if len(names) != len(frames):
            raise ValueError(f"{len(names)} names for {len(frames)} frames")
        for key, text in {"label": label, "alt": alt}.items():
            if not text.strip():
                raise ValueError(f"{key} is blank, expected words for readers who cannot see the picture")
        self.frames, self.names, self.size = list(frames), list(names), size
        self.label, self.alt, self.interval, self.digest = label, alt, interval, digest
        if len(self._repr_html_()) > MAX_BYTES:
            raise ValueError(
                f"{len(self._repr_html_())} bytes of HTML, expected at most {MAX_BYTES}: "
                "draw fewer frames or a smaller figure"
            )

    def __repr__(self) -> str:
        kind, digest = "slider" if self.interval is None else "player", f"; {self.digest}" if self.digest else ""
        return f"<{kind} of {len(self.frames)} frames: {self.label}{digest}>"

    def _repr_html_(self) -> str:
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


def _frames(
    fig: Figure, draw: Callable[[Any], object], arguments: Iterable[Any]
) -> tuple[list[bytes], tuple[int, int], str]:
    """Draw and encode one picture per argument, then close the figure, so that it is not shown a second time."""
    canvas, frames, size, total = FigureCanvasAgg(fig), [], (0, 0), hashlib.sha256()
    for argument in arguments:
        draw(argument)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]  # (height, width, 3)
        pixels = (np.round(pixels / 17) * 17).astype(np.uint8)  # 16 shades a channel: half the bytes
        buffer = io.BytesIO()
        plt.imsave(buffer, pixels, format="webp", pil_kwargs={"lossless": True, "method": 2})  # half of PNG's
        frames.append(buffer.getvalue())
        size = pixels.shape[1], pixels.shape[0]
        total.update(describe(fig, digits=2).encode("utf-8"))  # many frames: a coarser grid, seldom left
    plt.close(fig)
    return frames, size, total.hexdigest()[:8]


def player(
    fig: Figure,
    draw: Callable[[int], object],
    n_frames: int,
    *,
    label: str,
    alt: str,
    interval: float = 120,
) -> Player:
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
    interval : float, positive
        Milliseconds from frame to frame, 120 by default.

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
    >>> player(fig, lambda k: point.set_xdata([k / 100]), 5, label="Step", alt="A point moves to the right.").names
    ['0 of 4', '1 of 4', '2 of 4', '3 of 4', '4 of 4']
    """
    require("n_frames", n_frames, Integer(0))
    require("interval", interval, Number(0, closed="neither"))
    names = [f"{k} of {n_frames - 1}" for k in range(n_frames)]
    frames, size, digest = _frames(fig, draw, range(n_frames))
    return Player(frames, names, size, label=label, alt=alt, interval=interval, digest=digest)


def slider(fig: Figure, draw: Callable[[Any], object], values: Iterable[Any], *, label: str, alt: str) -> Player:
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

    Examples
    --------
    >>> fig, ax = plt.subplots(figsize=(3, 2))
    >>> (line,) = ax.plot([0, 1], [0, 1])
    >>> slider(fig, lambda rate: line.set_ydata([0, rate]), [0.1, 1.0], label="Rate", alt="A line that turns.").names
    ['0.1', '1']
    """
    values = list(values)
    names = [value if isinstance(value, str) else f"{value:.4g}" for value in values]
    frames, size, digest = _frames(fig, draw, values)
    return Player(frames, names, size, label=label, alt=alt, digest=digest)
