"""The image viewer: a canvas component whose modules and voxels come over routes of our own."""

from pages._ui.viewer.component import Beside, failed, reopen, viewer
from pages._ui.viewer.overlays import Label, MapOverlay, MaskOverlay, Overlay, map_of, mask_of, thinned

__all__ = [
    "Beside",
    "Label",
    "MapOverlay",
    "MaskOverlay",
    "Overlay",
    "failed",
    "map_of",
    "mask_of",
    "reopen",
    "thinned",
    "viewer",
]
