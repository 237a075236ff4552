"""NIfTI to LPS at the door: the voxel at a point in RAS is the voxel at that point in LPS."""

import gzip
import itertools
import struct

import nibabel
import numpy as np
import pytest

from medimg_core.io import Limits, open_study
from medimg_core.study import Volume
from tests.io.test_opening import only, voxels

SHAPE = (3, 4, 5)
VALUES = np.arange(60, dtype=np.int16).reshape(SHAPE)


def image(values: np.ndarray = VALUES, affine: np.ndarray | None = None, kind=nibabel.Nifti1Image) -> bytes:
    made = kind(values, np.diag([2.0, 3.0, 4.0, 1.0]) if affine is None else affine)
    return made.to_bytes()


def volume_of(data: bytes) -> Volume:
    return voxels(only(open_study([("x", data)])))


def refusal(data: bytes, **limits: int) -> str:
    opened = open_study([("x", data)], limits=Limits(**limits))
    assert not opened.studies
    return opened.refused[0].reason


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("packed", [False, True])
def test_both_versions_packed_or_not(kind, packed):
    data = image(kind=kind)
    volume = volume_of(gzip.compress(data) if packed else data)
    assert volume.array.dtype == np.int16
    assert np.array_equal(volume.array, VALUES.T)
    assert volume.geometry is not None
    assert volume.geometry.orientation == "SAR"
    assert volume.unit == "unknown"


@pytest.mark.parametrize(
    ("order", "signs"), list(itertools.product(itertools.permutations(range(3)), itertools.product((1, -1), repeat=3)))
)
def test_every_orientation_keeps_every_voxel_in_its_place(order, signs):
    affine = np.zeros((4, 4))
    for axis, (row, sign) in enumerate(zip(order, signs, strict=True)):
        affine[row, axis] = sign * (1.5 + axis)
    affine[:, 3] = [-10, 20, 30, 1]
    volume = volume_of(image(affine=affine))
    assert volume.geometry is not None
    for index in ((0, 0, 0), (2, 3, 4), (1, 2, 0)):
        ras = affine @ [*index, 1]
        k, j, i = volume.geometry.to_index([-ras[0], -ras[1], ras[2]]).round(6)
        assert volume.array[int(k), int(j), int(i)] == VALUES[index]


def test_time_comes_first():
    values = np.arange(3 * 4 * 5 * 2, dtype=np.uint8).reshape(3, 4, 5, 2)
    volume = volume_of(image(values))
    assert volume.frames_axis
    assert (volume.frames, volume.shape) == (2, (5, 4, 3))
    assert volume.array[1, 4, 3, 2] == values[2, 3, 4, 1]


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5, 1), (3, 4, 5, 1, 1)])
def test_axes_of_one_are_dropped(shape):
    volume = volume_of(image(np.zeros(shape, np.uint8)))
    assert not volume.frames_axis
    assert volume.shape == (1 if len(shape) == 2 else 5, 4, 3)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype", "expected"),
    [
        (0, 7, np.int16, 59),
        (float("nan"), 7, np.int16, 59),
        (1, 0, np.int16, 59),
        (2, -1000, np.int16, -882),
        (1000, 0, np.uint16, 59000),
        (0.5, 1, np.float32, 30.5),
    ],
)
def test_slope(slope, intercept, dtype, expected):
    data = bytearray(image())
    struct.pack_into("<ff", data, 112, slope, intercept)
    volume = volume_of(bytes(data))
    assert volume.array.dtype == dtype
    assert volume.array[-1, -1, -1] == expected


@pytest.mark.parametrize(
    ("stored", "dtype"),
    [(np.float64, np.float32), (np.int64, np.int32), (np.uint64, np.int32), (np.uint8, np.uint8), (np.int32, np.int32)],
)
def test_types(stored, dtype):
    made = nibabel.Nifti1Image(VALUES.astype(stored), np.eye(4), dtype=stored)
    assert volume_of(made.to_bytes()).array.dtype == dtype


def test_big_endian():
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    made = nibabel.Nifti1Image(VALUES.astype(">i2"), np.eye(4), header)
    volume = volume_of(made.to_bytes())
    assert np.array_equal(volume.array, VALUES.T)
    assert volume.array.dtype.isnative


def test_colour():
    values = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    values["G"][1, 2, 3] = 9
    volume = volume_of(image(values))
    assert volume.colour
    assert volume.array[3, 2, 1].tolist() == [0, 9, 0]


@pytest.mark.parametrize(
    ("codes", "spacing", "warning"),
    [
        ((1, 0), (4, 3, 2), ""),
        ((0, 1), (6, 6, 6), ""),
        ((1, 1), (4, 3, 2), "sform and qform place the image differently: sform is used"),
        ((0, 0), None, "neither sform nor qform is set: no orientation and no distances are shown"),
    ],
)
def test_sform_and_qform(codes, spacing, warning):
    made = nibabel.Nifti1Image(VALUES, None)
    made.header.set_sform(np.diag([2.0, 3.0, 4.0, 1.0]), codes[0])
    made.header.set_qform(np.diag([6.0, 6.0, 6.0, 1.0]), codes[1])
    data = bytearray(made.to_bytes())
    struct.pack_into("<hh", data, 252, codes[1], codes[0])
    series = only(open_study([("x", bytes(data))]))
    geometry = voxels(series).geometry
    assert (None if geometry is None else geometry.spacing) == (None if spacing is None else pytest.approx(spacing))
    assert "".join(series.warnings) == warning


def test_a_damaged_qform_is_left_out_and_said():
    data = bytearray(image())
    struct.pack_into("<hh", data, 252, 1, 0)  # qform only
    struct.pack_into("<f", data, 76, 5.0)  # qfac must be 1 or -1
    series = only(open_study([("x", bytes(data))]))
    assert voxels(series).geometry is None
    assert series.warnings[0] == "the NIfTI qform is damaged and was not used"


def test_units_other_than_millimetres():
    made = nibabel.Nifti1Image(VALUES, np.diag([2.0, 3.0, 4.0, 1.0]))
    made.header.set_xyzt_units("micron")
    geometry = volume_of(made.to_bytes()).geometry
    assert geometry is not None
    assert geometry.spacing == pytest.approx((0.004, 0.003, 0.002))


def test_singular_affine_gives_no_geometry():
    series = only(open_study([("x", patched(296, "4f", 0, 0, 0, 0))]))  # srow_y
    assert voxels(series).geometry is None
    assert series.warnings[-1].startswith("no geometry: affine must be invertible")


def patched(offset: int, code: str, *values) -> bytes:
    data = bytearray(image())
    struct.pack_into("<" + code, data, offset, *values)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (image()[:-7], "voxel data must hold 120 bytes, got 113"),
        (image()[:200], "half of"),
        (patched(40, "h", 0), "NIfTI dim[0] must lie in 1..7, got 0"),
        (patched(42, "h", -3), "NIfTI axes must be at least 1 long, got -3"),
        (patched(70, "h", 32), "NIfTI voxels must be whole or real numbers or RGB, got complex64"),
        *((patched(70, "h", code), "whole or real numbers or RGB, got void") for code in (0, 1, 255)),
        (patched(70, "h", 999), "the NIfTI data type is not one that MedImg reads"),
        (patched(344, "4s", b"ni1\0"), "half of a NIfTI .hdr/.img pair"),
        (image(np.zeros((2, 2, 2, 2, 3), np.uint8)), "NIfTI images of 3 or 4 dimensions are read, got 5"),
        (image(np.full(SHAPE, np.nan, np.float32)), "voxels must be finite numbers, got 60 that are NaN or infinite"),
        (image(np.full(SHAPE, 1e300)), "voxels must be finite numbers, got 60 that are NaN or infinite"),
        (gzip.compress(image(), mtime=0)[:60], "the gzip file ends too early"),
    ],
)
def test_refusals(data, reason):
    if reason == "half of":
        reason = "the file is of a kind MedImg does not know"
    assert reason in refusal(data)


def test_size_is_asked_before_voxels_are_read():
    data = patched(42, "hhh", 32000, 32000, 32000)
    assert refusal(data).startswith("an image may have at most 400,000,000 voxels, this header announces 32,768,000")
    assert refusal(image(), memory_bytes=100).startswith("the voxels of one drop may take 0 MiB")
