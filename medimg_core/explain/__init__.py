"""Where a model looked: maps on the network's own grid, and their way to the screen."""

from medimg_core.explain.explanation import METHODS, Method, explain
from medimg_core.explain.overlay import ALPHA_MODES, COLORMAPS, colour_bar, colour_table, overlay
from medimg_core.explain.query import Query, query
from medimg_core.explain.resample import on_image
from medimg_core.explain.writing import write_explanation

__all__ = [
    "ALPHA_MODES",
    "COLORMAPS",
    "METHODS",
    "Method",
    "Query",
    "colour_bar",
    "colour_table",
    "explain",
    "on_image",
    "overlay",
    "query",
    "write_explanation",
]
