"""Where a model looked: maps on the network's own grid, and their way to the screen."""

from medimg_core.explain.explanation import explain
from medimg_core.explain.methods import (
    FAMILIES,
    METHODS,
    Method,
    Setting,
    identical,
    method_named,
    methods_for,
    needs_of,
)
from medimg_core.explain.native import Maps, native_maps
from medimg_core.explain.overlay import ALPHA_MODES, COLORMAPS, colour_bar, colour_table, overlay
from medimg_core.explain.query import Query, query
from medimg_core.explain.resample import on_image
from medimg_core.explain.writing import write_explanation

__all__ = [
    "ALPHA_MODES",
    "COLORMAPS",
    "FAMILIES",
    "METHODS",
    "Maps",
    "Method",
    "Query",
    "Setting",
    "colour_bar",
    "colour_table",
    "explain",
    "identical",
    "method_named",
    "methods_for",
    "native_maps",
    "needs_of",
    "on_image",
    "overlay",
    "query",
    "write_explanation",
]
