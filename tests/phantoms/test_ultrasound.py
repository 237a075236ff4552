"""The ultrasound file: opened to scale, with its side, in grey of eight bits."""

import io

import numpy as np
import pydicom
import pytest

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.dicom import Identity, to_bytes
from medimg_core.phantoms.ultrasound import ultrasound


@pytest.mark.parametrize("spacing", [(0.09, 0.09), (0.05, 0.2)])
@pytest.mark.parametrize("side", ["L", "R"])
def test_the_region_gives_millimetres_and_the_tag_the_side(spacing: tuple[float, float], side: str) -> None:
    pixels = np.arange(60, dtype=np.uint8).reshape(6, 10)
    identity = Identity("us 1", "ADULT^BREAST", "045Y", "Breast", body_part="BREAST")
    file = to_bytes(ultrasound(identity, pixels, spacing=spacing, side=side))
    volume = open_study([("IM0001.dcm", file)]).studies[0].series[0].volume
    assert volume is not None
    assert volume.planar is not None
    assert (volume.planar.spacing, volume.planar.spacing_source) == (pytest.approx(spacing), "region")
    assert volume.planar.laterality == side
    np.testing.assert_array_equal(volume.array[0], pixels)


@pytest.mark.parametrize(
    ("phantom_id", "side"), [("breast_ultrasound_benign", "L"), ("breast_ultrasound_spiculated", "R")]
)
def test_the_tags_are_those_of_a_breast_ultrasound(phantom_id: str, side: str) -> None:
    phantom = make_phantom(phantom_id)
    ds = pydicom.dcmread(io.BytesIO(phantom.files[0][1]))
    assert (ds.Modality, ds.BodyPartExamined, ds.Laterality) == ("US", "BREAST", side)
    assert (ds.PhotometricInterpretation, ds.BitsAllocated, ds.BitsStored, ds.SamplesPerPixel) == (
        "MONOCHROME2",
        8,
        8,
        1,
    )
    region = ds.SequenceOfUltrasoundRegions[0]
    assert (region.PhysicalDeltaX, region.PhysicalDeltaY) == pytest.approx((0.009, 0.009))
    assert (region.RegionLocationMaxX1, region.RegionLocationMaxY1) == (ds.Columns - 1, ds.Rows - 1)
    assert phantom.truth["laterality"] == side
