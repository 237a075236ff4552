"""An affine only where the tags agree on one; what is wrong is said in words."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medimg_core.geometry import PlanarGeometry
from medimg_core.io import open_study
from tests.io import made
from tests.io.test_opening import only, voxels


def stack(positions, **tags):
    slices = [made.ct_slice(index, ImagePositionPatient=position, **tags) for index, position in enumerate(positions)]
    return only(open_study(made.named(*slices)))


def along_z(*heights: float):
    return [[0, 0, height] for height in heights]


@pytest.mark.parametrize(
    ("heights", "step", "warning"),
    [
        ((0, 2, 4, 6), 2, None),
        ((0, 2.005, 4, 6), 2, None),
        ((0, 3.27, 6.46, 9.73), 9.73 / 3, "slice spacing varies from 3.19 to 3.27 mm; the mean of 3.243 mm is used"),
        ((0, 2, 6, 8), None, "1 slice seems to be missing (after slice 2): no 3-D geometry"),
        ((0, 2, 8, 10, 14), None, "3 slices seem to be missing (after slice 2, after slice 4): no 3-D geometry"),
        ((0, 4.22, 5.36, 12.74), None, "uneven slice spacing, from 1.14 to 7.38 mm: no 3-D geometry"),
    ],
)
def test_spacing(heights, step, warning):
    series = stack(along_z(*heights))
    volume = voxels(series)
    if step is None:
        assert volume.geometry is None
        assert volume.planar == PlanarGeometry("L", "P", (0.5, 0.7), "patient")
    else:
        assert volume.geometry is not None
        assert volume.geometry.spacing == pytest.approx((step, 0.5, 0.7))
    assert ("".join(series.warnings)).startswith(warning or "")
    assert bool(series.warnings) == (warning is not None)


def test_gantry_tilt_is_kept_as_acquired_and_said():
    angle = np.radians(18.5)
    normal = np.array([0, -np.sin(angle), np.cos(angle)])
    turn = [1, 0, 0, 0, round(np.cos(angle), 6), round(np.sin(angle), 6)]
    series = stack([[0, 0, 4 * k] for k in range(4)], ImageOrientationPatient=turn)
    geometry = voxels(series).geometry
    assert geometry is not None
    assert geometry.affine[:3, 0] == pytest.approx([0, 0, 4])
    assert geometry.shear == pytest.approx(18.5, abs=0.01)
    assert series.warnings == ("gantry tilt of 18.5 degrees: shown as acquired, not straightened",)
    straight = stack([(4 * k * normal).round(5).tolist() for k in range(4)], ImageOrientationPatient=turn)
    assert straight.warnings == ()


def test_sideways_shifts_have_no_affine():
    series = stack([[0, 0, 0], [0, 5, 2], [0, 0, 4], [0, 5, 6]])
    assert voxels(series).geometry is None
    assert "shifted sideways" in series.warnings[0]


@pytest.mark.parametrize(
    ("tags", "geometry", "warning"),
    [
        ({"PixelSpacing": None}, False, "no PixelSpacing: distances cannot be measured"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, False, "no two directions"),
        ({"ImageOrientationPatient": [1, 0, 0, 0.2, 0.97, 0]}, False, "no geometry: ImageOrientationPatient must be"),
        ({"SliceThickness": None}, False, "a single slice without SliceThickness"),
        ({"SliceThickness": None, "SpacingBetweenSlices": 3}, True, ""),
    ],
)
def test_single_slice(tags, geometry, warning):
    series = only(open_study(made.named(made.ct_slice(**tags))))
    assert (voxels(series).geometry is not None) == geometry
    assert warning in "".join(series.warnings)


def test_pixel_spacing_that_changes_is_not_averaged():
    slices = [made.ct_slice(0), made.ct_slice(1), made.ct_slice(2, PixelSpacing=[0.6, 0.7])]
    series = only(open_study(made.named(*slices)))
    assert voxels(series).geometry is None
    assert "pixel spacing changes" in series.warnings[0]


def region(units=(3, 3), across=0.02, down=0.03) -> Dataset:
    item = Dataset()
    item.PhysicalUnitsXDirection, item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaX, item.PhysicalDeltaY = across, down
    return item


@pytest.mark.parametrize(
    ("modality", "tags", "planar"),
    [
        ("DX", {}, None),
        ("DX", {"PatientOrientation": ["L", "F"]}, PlanarGeometry("L", "F")),
        ("DX", {"PatientOrientation": ["A", "F"], "ImageLaterality": "R"}, PlanarGeometry("A", "F", laterality="R")),
        ("DX", {"PatientOrientation": ["nonsense", "F"]}, None),
        ("DX", {"PatientOrientation": ""}, None),
        ("CR", {"Laterality": "L"}, PlanarGeometry(laterality="L")),
        ("CR", {"Laterality": "X"}, None),
        ("DX", {"PixelSpacing": [0.1, 0.2]}, PlanarGeometry(spacing=(0.1, 0.2), spacing_source="patient")),
        ("DX", {"ImagerPixelSpacing": [0.1, 0.2]}, PlanarGeometry(spacing=(0.1, 0.2), spacing_source="detector")),
        (
            "DX",
            {"PixelSpacing": [0.09, 0.18], "ImagerPixelSpacing": [0.1, 0.2]},
            PlanarGeometry(spacing=(0.09, 0.18), spacing_source="patient"),
        ),
        (
            "DX",
            {"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.1, 0.2]},
            PlanarGeometry(spacing=(0.1, 0.2), spacing_source="detector"),
        ),
        (
            "DX",
            {"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.1, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"},
            PlanarGeometry(spacing=(0.1, 0.2), spacing_source="patient"),
        ),
        ("DX", {"PixelSpacing": [0.1, -0.2]}, None),
        ("US", {"PixelSpacing": [0.1, 0.2]}, None),
        (
            "US",
            {"SequenceOfUltrasoundRegions": [region()]},
            PlanarGeometry(spacing=(0.3, 0.2), spacing_source="region"),
        ),
        (
            "US",
            {"SequenceOfUltrasoundRegions": [region(), region()]},
            PlanarGeometry(spacing=(0.3, 0.2), spacing_source="region"),
        ),
        ("US", {"SequenceOfUltrasoundRegions": [region(), region(across=0.04)]}, None),
        ("US", {"SequenceOfUltrasoundRegions": [region(), region(units=(4, 3))]}, None),
        ("US", {"SequenceOfUltrasoundRegions": [region(units=(0, 0))]}, None),
    ],
)
def test_projections_and_ultrasound(modality, tags, planar):
    data = made.image(np.zeros((3, 4), np.uint8), made.DX, modality, **tags)
    volume = voxels(only(open_study(made.named(data))))
    assert volume.geometry is None
    assert volume.planar == planar


@pytest.mark.parametrize(
    ("letters", "trusted"),
    [
        (["L", "F"], True),
        (["A", "FR"], True),  # a slanted view of a breast
        (["L", "FL"], True),  # the first direction's own lean to the feet is left out
        (["LA", "PL"], True),
        (["LP", "RP"], True),
        (["LPF", "LAF"], True),
        (["L", "R"], False),
        (["L", "L"], False),
        (["LR", "F"], False),
        (["L", "HF"], False),
        (["L", "SI"], False),
        (["LL", "F"], False),
        (["H", "S"], False),
        (["LA", "LA"], False),
        (["LA", "RP"], False),
        (["AL", "LA"], False),
    ],
)
def test_letters_that_contradict_each_other_are_not_shown(letters, trusted):
    data = made.image(np.zeros((3, 4), np.uint8), made.DX, "DX", PatientOrientation=letters, ImageLaterality="L")
    series = only(open_study(made.named(data)))
    assert voxels(series).planar == PlanarGeometry(*(letters if trusted else (None, None)), laterality="L")
    warning = "PatientOrientation contradicts itself: no direction letters are shown"
    assert (warning in series.warnings) == (not trusted)
