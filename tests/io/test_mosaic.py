"""Siemens mosaics: taken apart into slices that lie where nibabel says they lie."""

import struct
import warnings
from typing import Any

import numpy as np
import pytest

from medimg_core.io import frame_times, open_study
from tests.io import made
from tests.io.test_grouping import series_of
from tests.io.test_opening import only, voxels

ROWS, COLUMNS, COUNT = 4, 6, 5
OBLIQUE = [0.96, 0.28, 0.0, -0.28 * 0.8, 0.96 * 0.8, -0.6]
NORMAL = np.cross(OBLIQUE[:3], OBLIQUE[3:])


def csa(**tags: list[str]) -> bytes:
    """A CSA header of the second kind, as nibabel documents it."""
    packed = b"SV10\x04\x03\x02\x01" + struct.pack("<2I", len(tags), 77)
    for name, values in tags.items():
        kind = b"FD\0\0" if "Vector" in name else b"US\0\0"
        packed += struct.pack("<64si4s3i", name.encode(), len(values), kind, 4, len(values), 77)
        for value in values:
            text = value.encode() + b"\0"
            packed += struct.pack("<4i", len(text), len(text), 77, len(text)) + text + b"\0" * (-len(text) % 4)
    return packed


def mosaic(time: int = 0, *, normal: Any = NORMAL, count: int | None = None, in_csa: int | None = COUNT, **tags: Any):
    """A mosaic of 3 x 3 tiles whose first five hold slices."""
    slices = 1000 * time + 100 * np.arange(COUNT)[:, None, None] + 10 * np.arange(ROWS)[:, None] + np.arange(COLUMNS)
    tiles = np.zeros((9, ROWS, COLUMNS), np.uint16)
    tiles[:COUNT] = slices
    picture = tiles.reshape(3, 3, ROWS, COLUMNS).swapaxes(1, 2).reshape(3 * ROWS, 3 * COLUMNS)
    chosen = {
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"],
        "Manufacturer": "SIEMENS",
        "FrameOfReferenceUID": made.FRAME,
        "ImageOrientationPatient": OBLIQUE,
        "ImagePositionPatient": [-100.5, -90.25, 20],
        "PixelSpacing": [3.5, 2.5],
        "SliceThickness": 4,
        "SpacingBetweenSlices": 5,
        "InstanceNumber": time + 1,
    }
    data = made.image(picture, made.MR, "MR", **(chosen | tags))
    data.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    data.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    if count is not None:
        data.add_new(0x0019100A, "US", count)
    held = {} if in_csa is None else {"NumberOfImagesInMosaic": [str(in_csa)]}
    if normal is not None:
        held["SliceNormalVector"] = [f"{value:.8f}" for value in normal]
    data.add_new(0x00291010, "OB", csa(Unused=["1"], **held))
    return data


@pytest.mark.parametrize("turn", [1, -1])
def test_slices_lie_where_nibabel_puts_them(turn):
    data = mosaic(normal=turn * NORMAL)
    series = only(open_study(made.named(data)))
    volume = voxels(series)
    assert (series.kind, volume.array.shape, series.warnings) == ("image", (COUNT, ROWS, COLUMNS), ())
    assert volume.history == ("mosaic taken apart into 5 slices",)
    assert volume.instances == ((data.SOPInstanceUID, 1),) * COUNT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nibabel.nicom.csareader import get_csa_header
        from nibabel.nicom.dicomwrappers import MosaicWrapper

    reference = MosaicWrapper(data, get_csa_header(data))
    values = reference.get_data()
    assert values.shape == (ROWS, COLUMNS, COUNT)
    assert volume.geometry is not None
    for row, column, place in np.ndindex(values.shape):
        where = (reference.affine @ [row, column, place, 1])[:3]
        index = np.rint(volume.geometry.to_index(where)).astype(int)
        assert volume.geometry.to_world(index.tolist()) == pytest.approx(where, abs=1e-3)
        assert volume.array[tuple(index)] == values[row, column, place] == 100 * place + 10 * row + column


def test_the_first_voxel_by_hand():
    """An axial mosaic: its corner moves by half of what the picture is larger than a slice."""
    axial = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "normal": [0, 0, 1]}
    volume = voxels(only(open_study(made.named(mosaic(**axial)))))
    assert volume.geometry is not None
    expected = [-100.5 + 2.5 * (18 - 6) / 2, -90.25 + 3.5 * (12 - 4) / 2, 20]
    assert volume.geometry.to_world([0, 0, 0]).tolist() == pytest.approx(expected)
    assert volume.geometry.spacing == (5, 3.5, 2.5)
    assert volume.geometry.orientation == "SPL"
    assert volume.array[:, 1, 2].tolist() == [12, 112, 212, 312, 412]


def test_the_private_count_goes_first_and_thickness_stands_in_for_spacing():
    data = mosaic(count=COUNT, in_csa=None)
    del data.SpacingBetweenSlices
    volume = voxels(only(open_study(made.named(data))))
    assert volume.geometry is not None
    assert (volume.array.shape[0], volume.geometry.spacing[0]) == (COUNT, pytest.approx(4))


@pytest.mark.parametrize("step", ["AcquisitionNumber", "AcquisitionTime", "InstanceNumber"])
@pytest.mark.parametrize("times", [2, 6])
def test_mosaics_of_a_run_are_time(step, times):
    def stamp(time: int) -> dict[str, Any]:
        number = {"AcquisitionNumber": time + 1, "AcquisitionTime": f"1200{2 * time:02d}.5"}
        return {step: number[step]} if step in number else {}

    files = [mosaic(time, **stamp(time)) for time in range(times)]
    series = only(open_study(made.named(*files[::-1])))
    volume = voxels(series)
    assert volume.array.shape == (times, COUNT, ROWS, COLUMNS)
    assert volume.array[:, 0, 0, 0].tolist() == [1000 * time for time in range(times)]
    assert volume.instances[COUNT] == (files[1].SOPInstanceUID, 1)
    assert (series.files, series.warnings) == (times, ())
    expected = tuple(2000.0 * time for time in range(times)) if step == "AcquisitionTime" else None
    assert frame_times(series) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"normal": None},
        {"in_csa": None},
        {"in_csa": 1},
        {"in_csa": 17},  # 5 x 5 tiles, which do not divide 12 x 18 pixels
        {"normal": [1, 0, 0]},
        {"normal": [float("nan")] * 3},
        {"SpacingBetweenSlices": None, "SliceThickness": None},
        {"ImagePositionPatient": None},
    ],
)
def test_what_cannot_be_taken_apart_is_shown_as_stored(change):
    series = only(open_study(made.named(mosaic(**change))))
    assert (series.kind, voxels(series).array.shape, voxels(series).geometry) == ("derived", (1, 12, 18), None)
    assert "shown as stored and not as anatomy" in series.warnings[0]


@pytest.mark.parametrize("cut", [3, 20, 100, 170])
def test_a_damaged_vendor_header_is_no_header(cut):
    data = mosaic()
    data[0x00291010].value = data[0x00291010].value[:cut]
    assert voxels(only(open_study(made.named(data)))).geometry is None


def test_mosaics_of_another_grid_are_parted():
    found = series_of(mosaic(0), mosaic(1, in_csa=9))
    assert sorted(voxels(series).array.shape[0] for series in found) == [5, 9]
