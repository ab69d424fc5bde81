"""The digest of a figure: blind to the last digits, not to a line that moves by a hundredth."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection

from companion import plotting

X = np.linspace(0, 3, 50)
GRID = np.add.outer(np.linspace(-1, 1, 20) ** 2, np.linspace(-1, 1, 30))


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def line(ax, noise=0.0, shift=0.0):
    ax.set(ylim=(-1, 1))
    ax.plot(X, np.sin(X) * (1 + noise) + shift)


def logarithmic(ax, noise=0.0, shift=0.0):
    ax.set(yscale="log", ylim=(1e-3, 1e3))
    ax.plot(X, np.exp(X) * (1 + noise) * 10 ** (3 * shift))


def bars(ax, noise=0.0, shift=0.0):
    ax.set(ylim=(-2, 2))
    ax.bar([0, 1, 2], np.array([1.0, -1.0, 0.5]) * (1 + noise) + 2 * shift)


def points(ax, noise=0.0, shift=0.0):
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.scatter(X / 3 + shift, (X / 3) ** 2 * (1 + noise), c=X)


def picture(ax, noise=0.0, shift=0.0):
    ax.imshow(GRID * (1 + noise) + 2 * shift, vmin=-1, vmax=1)


def levels(ax, noise=0.0, shift=0.0):
    ax.contour(GRID * (1 + noise) + 5 * shift, levels=[0.0, 0.53, 1.1])


def band(ax, noise=0.0, shift=0.0):
    ax.set(ylim=(0, 2))
    ax.fill_between(X, np.cos(X) ** 2 * (1 + noise), 1.5 + 2 * shift)


def segments(ax, noise=0.0, shift=0.0):
    ax.set(xlim=(0, 3), ylim=(0, 1))
    ax.add_collection(LineCollection([[(x, 0), (x, 0.5 * (1 + noise) + 2 * shift)] for x in X]))


def mesh(ax, noise=0.0, shift=0.0):
    ax.pcolormesh(GRID * (1 + noise) + 2 * shift, vmin=-1, vmax=1)


def horizontal(ax, noise=0.0, shift=0.0):
    ax.set(ylim=(0, 1))
    ax.axhline(0.4 * (1 + noise) + shift)


def remark(ax, noise=0.0, shift=0.0):
    ax.text(0.5 * (1 + noise), 0.5 + shift, "here")


KINDS = [line, logarithmic, bars, points, picture, levels, band, segments, mesh, horizontal, remark]


def shown(draw, **changes):
    fig, ax = plt.subplots()
    draw(ax, **changes)
    return plotting.describe(fig)


@pytest.mark.parametrize("draw", KINDS)
def test_blind_to_the_last_digits(draw):
    rng = np.random.default_rng(0)
    assert {shown(draw, noise=rng.uniform(-1e-9, 1e-9)) for _ in range(5)} == {shown(draw)}


@pytest.mark.parametrize("draw", KINDS)
@pytest.mark.parametrize("shift", [0.01, -0.02])
def test_sees_a_shift_by_a_hundredth_of_the_axis(draw, shift):
    assert shown(draw) != shown(draw, shift=shift)


def test_independent_last_digits_hardly_ever_change_a_digest():
    """A thousand noisy curves, of a thousand numbers each: rounding each number would change most of them."""
    rng, changed = np.random.default_rng(1), 0
    fig, ax = plt.subplots()
    (curve,) = ax.plot(np.zeros(1000))
    ax.set(ylim=(-3, 3))
    for _ in range(300):
        values = rng.normal(size=1000)
        curve.set_ydata(values)
        before = plotting.describe(fig)
        curve.set_ydata(values + rng.uniform(-6e-9, 6e-9, size=1000))
        changed += plotting.describe(fig) != before
    assert changed == 0


def test_sees_one_point_that_moves_and_two_that_change_places():
    fig, ax = plt.subplots()
    (curve,) = ax.plot(X, np.sin(X))
    ax.set(ylim=(-1, 1))
    found = {plotting.describe(fig)}
    for change in (
        lambda y: y[[*range(20), 30, *range(21, 30), 20, *range(31, 50)]],
        lambda y: y + (X == X[25]) * -0.2,
    ):
        curve.set_ydata(change(np.sin(X)))
        found.add(plotting.describe(fig))
    assert len(found) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set(title="Another"),
        lambda ax: ax.set(xlabel="x"),
        lambda ax: ax.set(xscale="symlog"),
        lambda ax: ax.set(ylim=(-1, 1.02)),
        lambda ax: ax.lines[0].set(color="red"),
        lambda ax: ax.lines[0].set(linestyle=":"),
        lambda ax: ax.lines[0].set(visible=False),
        lambda ax: ax.set_xticks([0, 1], ["no", "yes"]),
        lambda ax: ax.axvline(0.5),
        lambda ax: ax.annotate("here", (1, 0.2)),
        lambda ax: ax.legend(["a sine"]),
    ],
)
def test_sees_what_else_is_drawn(change):
    fig, ax = plt.subplots()
    line(ax)
    before = plotting.describe(fig)
    change(ax)
    assert plotting.describe(fig) != before


def test_says_what_is_there():
    fig, (left, right) = plt.subplots(1, 2)
    line(left), line(left), picture(right)
    assert plotting.describe(fig).startswith("<Figure: 2 axes, 2 lines, 1 image; ")


def test_what_was_drawn_before_or_after_the_layout_is_the_same():
    fig, ax = plt.subplots(layout="constrained")
    bars(ax)
    before = plotting.describe(fig)
    fig.draw_without_rendering()
    assert plotting.describe(fig) == before


def test_a_coarse_digest_sees_words_and_a_large_change_only():
    fig, ax = plt.subplots()
    line(plotting.coarse(fig, 1).axes[0])
    before = plotting.describe(fig)
    ax.lines[0].set_ydata(np.sin(X) + 0.001)
    assert plotting.describe(fig) == before
    ax.lines[0].set_ydata(np.sin(X) - 0.9)
    assert plotting.describe(fig) != before
    before = plotting.describe(plotting.coarse(fig, 0))
    ax.lines[0].set_ydata(-np.sin(X))
    assert plotting.describe(fig) == before
    ax.set(title="Another")
    assert plotting.describe(fig) != before
    with pytest.raises(ValueError, match="digits"):
        plotting.coarse(fig, -1)


def test_players_of_different_numbers_differ():
    def walk(step):
        fig, ax = plt.subplots(figsize=(2, 1))
        ax.set(xlim=(0, 1))
        (point,) = ax.plot([0.0], [0.0], "o")
        return repr(plotting.player(fig, lambda k: point.set_xdata([step * k]), 4, label="Step", alt="A point."))

    assert walk(0.1) == walk(0.1 + 1e-10) != walk(0.13)
