"""The book's one style, its diagrams, and figures of several chapters. Nothing else in the companion imports it."""

from companion.plotting.boxes import draw_boxes, draw_graph
from companion.plotting.digests import coarse, describe
from companion.plotting.figures import MARKERS, contour, plot_decision_regions, use_style
from companion.plotting.frames import MAX_BYTES, Player, player, slider
from companion.plotting.networks import draw_network
from companion.plotting.tensors import Cells, draw_cells, draw_cone, draw_stack

__all__ = [
    "MARKERS",
    "MAX_BYTES",
    "Cells",
    "Player",
    "coarse",
    "contour",
    "describe",
    "draw_boxes",
    "draw_cells",
    "draw_cone",
    "draw_graph",
    "draw_network",
    "draw_stack",
    "player",
    "plot_decision_regions",
    "slider",
    "use_style",
]
