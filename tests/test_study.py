"""Study, series and volume: what they promise to those who read them."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.study import Opened, Patient, Refused, Series, Study, Volume
from medimg_core.voi import Lut, Window

VALUES = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
AFFINE = np.diag([3.0, 2.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("shape", "flags", "frames", "lengths"),
    [
        ((2, 3, 4), {}, 1, (2, 3, 4)),
        ((5, 2, 3, 4), {"frames_axis": True}, 5, (2, 3, 4)),
        ((2, 3, 4, 3), {"colour": True}, 1, (2, 3, 4)),
        ((5, 2, 3, 4, 3), {"frames_axis": True, "colour": True}, 5, (2, 3, 4)),
    ],
)
def test_axes(shape, flags, frames, lengths):
    values = np.arange(np.prod(shape), dtype=np.uint32).reshape(shape)
    volume = Volume(values, **flags)
    assert (volume.frames, volume.shape) == (frames, lengths)
    plane = volume.plane(1, frames - 1)
    assert plane.shape == shape[-2 - volume.colour :]
    assert np.array_equal(plane, values[-1, 1] if volume.frames_axis else values[1])
    assert not plane.flags.writeable


@pytest.mark.parametrize(
    ("shape", "flags", "reason"),
    [
        ((3, 4), {}, "must have 3 axes, got 2"),
        ((2, 3, 4), {"frames_axis": True}, "must have 4 axes, got 3"),
        ((2, 3, 4, 4), {"colour": True}, "must have 3 channels, got 4"),
        ((0, 3, 4), {}, "must not be empty"),
        ((2, 3, 4), {"unit": "mm"}, "unit must be one of HU, SUVbw, Bq/mL, unknown, got mm"),
    ],
)
def test_what_is_no_volume(shape, flags, reason):
    with pytest.raises(IncompatibleInputError, match=reason):
        Volume(np.zeros(shape), **flags)


@pytest.mark.parametrize(("index", "frame"), [(2, 0), (-1, 0), (0, 1), (0, -1)])
def test_planes_that_do_not_exist(index, frame):
    with pytest.raises(IncompatibleInputError, match=r"slice must lie in 0\.\.1 and frame in 0\.\.0"):
        Volume(VALUES.copy()).plane(index, frame)


@pytest.mark.parametrize(
    ("geometry", "planar", "spacing"),
    [
        (Geometry(AFFINE), None, (3, 2, 1)),
        (None, PlanarGeometry(spacing=(0.2, 0.1)), (None, 0.2, 0.1)),
        (None, PlanarGeometry("L", "F"), None),
        (None, None, None),
    ],
)
def test_spacing(geometry, planar, spacing):
    assert Volume(VALUES.copy(), geometry=geometry, planar=planar).spacing == spacing


@pytest.mark.parametrize(
    "change",
    [
        {"array": VALUES[::-1].copy()},
        {"array": VALUES.astype(np.int32)},
        {"array": VALUES.reshape(3, 2, 4).copy()},
        {"unit": "HU"},
        {"geometry": Geometry(np.diag([3.0, 2.0, 1.5, 1.0]))},
        {"geometry": None},
        {"photometric": "MONOCHROME1"},
        {"planar": PlanarGeometry("L", "F")},
    ],
)
def test_fingerprint_changes_with_what_a_model_sees(change):
    volume = Volume(VALUES.copy(), geometry=Geometry(AFFINE))
    assert volume.fingerprint == Volume(VALUES.copy(), geometry=Geometry(AFFINE)).fingerprint
    assert replace(volume, **change).fingerprint != volume.fingerprint


def test_fingerprint_of_a_view_is_that_of_its_copy():
    assert Volume(VALUES[:, ::-1]).fingerprint == Volume(VALUES[:, ::-1].copy()).fingerprint


GREY = np.array([[[0, 50, 100]]], np.int16)


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        ({"voi": (Window(50, 100, "LINEAR_EXACT"),)}, [0, 0.5, 1]),
        ({"voi": (Window(50, 100, "LINEAR_EXACT"),), "photometric": "MONOCHROME1"}, [1, 0.5, 0]),
        ({"voi": (Window(50, 100, "LINEAR_EXACT"),), "padding": 100.0}, [0, 0.5, 0]),
        ({"voi": (Window(50, 100, "LINEAR_EXACT"),), "padding": 100.0, "photometric": "MONOCHROME1"}, [1, 0.5, 0]),
        ({"voi": (Lut(0, np.array([1, 0], np.float32)),)}, [1, 0, 0]),
        ({}, [0, 0.5, 1]),
    ],
)
def test_presented(flags, shown):
    got = Volume(GREY.copy(), **flags).presented(0)
    assert got.dtype == np.float32
    assert got[0].tolist() == pytest.approx(shown, abs=1e-6)


def test_presented_with_another_window_and_in_colour():
    volume = Volume(GREY.copy(), voi=(Window(0, 1, "LINEAR_EXACT"),))
    assert volume.presented(0, voi=Window(100, 200, "LINEAR_EXACT"))[0].tolist() == [0, 0.25, 0.5]
    colour = Volume(np.array([[[[255, 0, 51]]]], np.uint8), colour=True)
    assert colour.presented(0)[0, 0].tolist() == pytest.approx([1, 0, 0.2])


def test_frozen_and_read_only():
    volume = Volume(VALUES.copy())
    with pytest.raises(FrozenInstanceError):
        volume.unit = "HU"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1


def test_no_patient_text_in_repr():
    header = {"PatientName": "SECRET"}
    series = Series("1.2", "CT", Volume(VALUES.copy()), description="SECRET", source=(header,))
    study = Study("1.2", Patient("P-1", 3.0, "F"), (series,), date="2023-01-01", description="SECRET")
    told = repr(Opened((study,), (Refused("SECRET.dcm", "damaged"),)))
    for word in ("SECRET", "2023", "3.0"):
        assert word not in told


def test_a_study_is_synthetic_when_a_series_is():
    plain, phantom = Series("1", "CT", None), Series("2", "CT", None, synthetic=True)
    assert Study("1", Patient("P-1"), (plain, phantom)).synthetic
    assert not Study("1", Patient("P-1"), (plain,)).synthetic
    opened = Opened((Study("1", Patient("P-1"), ()),))
    assert [study.uid for study in opened] == ["1"]
