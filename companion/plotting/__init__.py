"""The book's one style, and the figures that more than one chapter draws. Nothing else in the companion imports it."""

from companion.plotting.figures import MARKERS, contour, draw_graph, plot_decision_regions, use_style
from companion.plotting.frames import MAX_BYTES, Player, player, slider

__all__ = [
    "MARKERS",
    "MAX_BYTES",
    "Player",
    "contour",
    "draw_graph",
    "player",
    "plot_decision_regions",
    "slider",
    "use_style",
]
