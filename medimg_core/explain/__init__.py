"""Where a model looked: maps on the network's own grid, and their way to the screen."""

from medimg_core.engine.apart import map_layers
from medimg_core.explain.compare import agreement, compare
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
from medimg_core.explain.neighbours import nearest
from medimg_core.explain.overlay import ALPHA_MODES, COLORMAPS, DIVERGING, colour_bar, colour_table, overlay
from medimg_core.explain.perturbing import PERTURBATIONS, perturbed
from medimg_core.explain.probes import hide_region, post_test
from medimg_core.explain.query import Query, query
from medimg_core.explain.resample import on_image
from medimg_core.explain.volume import explain_volume
from medimg_core.explain.writing import write_explanation

__all__ = [
    "ALPHA_MODES",
    "COLORMAPS",
    "DIVERGING",
    "FAMILIES",
    "METHODS",
    "PERTURBATIONS",
    "Maps",
    "Method",
    "Query",
    "Setting",
    "agreement",
    "colour_bar",
    "colour_table",
    "compare",
    "explain",
    "explain_volume",
    "hide_region",
    "identical",
    "map_layers",
    "method_named",
    "methods_for",
    "native_maps",
    "nearest",
    "needs_of",
    "on_image",
    "overlay",
    "perturbed",
    "post_test",
    "query",
    "write_explanation",
]
