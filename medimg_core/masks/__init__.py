"""Label masks on a volume's grid: their parts, sizes and axes, how two agree, and signs that one failed.

A label mask is ``uint8``, shape ``(slices, rows, columns)``, 0 for the background.
"""

from medimg_core.masks.axes import Axes, axes
from medimg_core.masks.corrected import Remeasured, corrected_summary, remeasured
from medimg_core.masks.overlap import dice
from medimg_core.masks.parts import Parts, parts
from medimg_core.masks.regions import LISTED, regions, volumes_ml
from medimg_core.masks.scale import Scale
from medimg_core.masks.sides import edge_sides, side
from medimg_core.masks.signs import ORDER, flags, in_order
from medimg_core.masks.summary import summary
from medimg_core.masks.writing import COLOURS, masks_json, masks_nifti, masks_png, regions_csv, write_masks

__all__ = [
    "COLOURS",
    "LISTED",
    "ORDER",
    "Axes",
    "Parts",
    "Remeasured",
    "Scale",
    "axes",
    "corrected_summary",
    "dice",
    "edge_sides",
    "flags",
    "in_order",
    "masks_json",
    "masks_nifti",
    "masks_png",
    "parts",
    "regions",
    "regions_csv",
    "remeasured",
    "side",
    "summary",
    "volumes_ml",
    "write_masks",
]
