"""A valid DICOM file around a B-mode picture."""

from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.phantoms.dicom import Identity, base, set_pixels

__all__ = ["ultrasound"]

US_STORAGE = "1.2.840.10008.5.1.4.1.1.6.1"
_TISSUE, _CENTIMETRES, _TWO_D = 1, 3, 1  # RegionDataType, PhysicalUnits, RegionSpatialFormat (PS3.3 C.8.5.5.1)


def ultrasound(identity: Identity, pixels: npt.NDArray[np.uint8], *, spacing: tuple[float, float], side: str) -> Any:
    """Build an Ultrasound image (PS3.3 A.6) whose whole picture is one region to scale.

    Args:
        identity: Whom it shows.
        pixels: Grey, white high, shape ``(rows, columns)``.
        spacing: Between rows, between columns, mm; written in cm (PS3.3 C.8.5.5.1.16).
        side: Laterality of the body part, ``"L"`` or ``"R"``.

    Returns:
        A ``pydicom`` dataset with file meta.
    """
    from pydicom.dataset import Dataset

    ds = base(identity, US_STORAGE, "US", number=1)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "SMALL PARTS", "0001"]
    ds.PatientOrientation = ""
    ds.Laterality = side
    ds.BurnedInAnnotation = "YES"
    ds.UltrasoundColorDataPresent = 0
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = _TWO_D, _TISSUE, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = pixels.shape[1] - 1, pixels.shape[0] - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = _CENTIMETRES
    region.PhysicalDeltaY, region.PhysicalDeltaX = (float(value) / 10 for value in spacing)
    ds.SequenceOfUltrasoundRegions = [region]
    set_pixels(ds, pixels, bits=8, photometric="MONOCHROME2")
    return ds
