"""Siemens mosaics: the slices of a volume tiled in one picture, and where each of them lies.

The layout is private to the vendor. What is done here is what nibabel documents ("Siemens mosaic format",
https://nipy.org/nibabel/dicom/dicom_mosaic.html; ``nibabel.nicom.dicomwrappers.MosaicWrapper``) and dcm2niix does.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.io.elements import decode_errors, number, numbers

__all__ = ["Mosaic", "mosaic_of"]

_ALIGNED = 0.99  # least cosine between the vendor's slice normal and that of ImageOrientationPatient
_MOST_TILES = 1024


@dataclass(frozen=True, eq=False)
class Mosaic:
    """How a mosaic is taken apart.

    Attributes:
        count: Slices in it.
        side: Tiles along each side of the picture.
        shape: Rows and columns of one slice.
        first: Position of the first slice's first voxel in mm, shape ``(3,)``, LPS.
        step: From one slice to the next in mm, shape ``(3,)``, LPS.
    """

    count: int
    side: int
    shape: tuple[int, int]
    first: FloatArray
    step: FloatArray

    def corner(self, index: int) -> tuple[int, int]:
        """Row and column in the picture where a slice begins; slices follow each other row by row."""
        return (index // self.side * self.shape[0], index % self.side * self.shape[1])

    def position(self, index: int) -> FloatArray:
        """ImagePositionPatient of a slice, in mm, shape ``(3,)``."""
        return np.asarray(self.first + index * self.step)


def mosaic_of(header: Any, shape: tuple[int, int]) -> Mosaic | None:
    """Find the slices of a mosaic; None where their number, their direction or their distance is not to be found.

    Args:
        header: A data set whose ImageType holds MOSAIC.
        shape: Rows and columns of the picture.
    """
    orientation, position = numbers(header, "ImageOrientationPatient"), numbers(header, "ImagePositionPatient")
    spacing = numbers(header, "PixelSpacing")
    distance = number(header, "SpacingBetweenSlices") or number(header, "SliceThickness")
    vendor = _vendor_tags(header)
    count = _count(header, vendor)
    if len(orientation) != 6 or len(position) != 3 or len(spacing) != 2 or count is None or not distance:
        return None
    side = math.isqrt(count - 1) + 1
    normal = _normal(np.asarray(orientation), vendor)
    if normal is None or distance < 0 or min(spacing) <= 0 or shape[0] % side or shape[1] % side:
        return None
    rows, columns = shape[0] // side, shape[1] // side
    across, down = np.asarray(orientation[:3]), np.asarray(orientation[3:])
    # the file's position is that of a slice as large as the mosaic about the same centre: it is moved to the tile's
    # own corner (MosaicWrapper.image_position: ipp + Q * PixelSpacing * (mosaic size - slice size) / 2)
    moved = across * spacing[1] * (shape[1] - columns) / 2 + down * spacing[0] * (shape[0] - rows) / 2
    return Mosaic(count, side, (rows, columns), np.asarray(position) + moved, normal * distance)


def _count(header: Any, vendor: dict[str, Any]) -> int | None:
    """NumberOfImagesInMosaic: (0019,xx0A) of the MR header, else of the CSA header."""
    element = _private(header, 0x0019, "SIEMENS MR HEADER", 0x0A)
    value = None if element is None else element.value
    if element is not None and isinstance(value, bytes):
        value = int.from_bytes(value[:2], "little" if element.is_little_endian else "big")
    found = value if isinstance(value, int) else None
    if found is None and len(listed := _figures(vendor, "NumberOfImagesInMosaic")) == 1:
        found = int(listed[0])
    return found if found is not None and 2 <= found <= _MOST_TILES else None


def _normal(orientation: FloatArray, vendor: dict[str, Any]) -> FloatArray | None:
    """Unit direction in which the slices follow each other: that of the tags, turned as SliceNormalVector says."""
    own = np.cross(orientation[:3], orientation[3:])
    told = np.asarray(_figures(vendor, "SliceNormalVector"))
    length = float(np.linalg.norm(own))
    if told.shape != (3,) or length < 0.5 or not np.isfinite(told).all():
        return None
    own = own / length
    cosine = float(own @ told)
    return None if abs(cosine) < _ALIGNED else np.asarray(math.copysign(1.0, cosine) * own)


def _figures(vendor: dict[str, Any], name: str) -> tuple[float, ...]:
    try:
        return tuple(float(value) for value in vendor[name]["items"])
    except (KeyError, TypeError, ValueError):
        return ()


def _vendor_tags(header: Any) -> dict[str, Any]:
    """Tags of the CSA image header (0029,xx10), or none."""
    element = _private(header, 0x0029, "SIEMENS CSA HEADER", 0x10)
    if element is None or not isinstance(element.value, bytes):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nibabel calls its DICOM readers experimental when they are imported
        from nibabel.nicom import csareader
    try:
        tags: dict[str, Any] = csareader.read(element.value)["tags"]
    except (csareader.CSAReadError, *decode_errors()):
        return {}
    return tags


def _private(header: Any, group: int, creator: str, element: int) -> Any | None:
    """An element of a private block, found by its creator (PS3.5 7.8.1)."""
    for block in range(0x10, 0x20):
        try:
            owner = header.get_item(group << 16 | block)
            value = None if owner is None else owner.value
            name = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            if name.strip(" \0") == creator:
                return header.get_item(group << 16 | block << 8 | element)
        except decode_errors():
            continue
    return None
