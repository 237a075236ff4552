"""Units that are earned, and windows as the file has them."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medimg_core.io import open_study
from medimg_core.io.windows import unit_of
from medimg_core.voi import Lut, Window
from tests.io import made
from tests.io.test_opening import only, voxels


def body(air: float, *, padding: float | None = None, shift: float = 0) -> np.ndarray:
    """A disc of tissue in air, with or without corners outside the field of view; shape (1, 64, 64), int16."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    radius = np.hypot(x, y)
    noise = np.random.default_rng(1).normal(0, 8, (64, 64))
    values = np.where(radius < 0.6, 40, air) + noise + shift
    if padding is not None:
        values[radius > 1] = padding
    return np.rint(values).astype(np.int16)[None]


@pytest.mark.parametrize(
    ("values", "padding", "unit"),
    [
        pytest.param(body(-1000), None, "HU", id="air"),
        pytest.param(body(-1000, padding=-3024), -3024.0, "HU", id="declared padding"),
        pytest.param(body(-1000, padding=-2000), None, "HU", id="undeclared padding of one value"),
        pytest.param(body(-1000, shift=1024), None, "unknown", id="intercept lost"),
        pytest.param(body(-1000, shift=-1024), None, "unknown", id="intercept twice"),
        pytest.param(body(40), None, "unknown", id="no air in the picture"),
        pytest.param(np.full((1, 4, 4), -2000, np.int16), -2000.0, "unknown", id="padding only"),
    ],
)
def test_ct_is_in_hu_when_its_air_is(values, padding, unit):
    header = made.header(made.CT, "CT")
    got, notes = unit_of(header, values, "image", padding)
    assert got == unit
    assert bool(notes) == (unit == "unknown")
    assert all("no air near -1000 HU" in note for note in notes)


@pytest.mark.parametrize(
    ("modality", "tags", "kind", "unit", "note"),
    [
        ("CT", {"RescaleType": "HU"}, "image", "HU", ""),
        ("CT", {"RescaleType": "US"}, "image", "unknown", "not in HU"),
        ("CT", {}, "localiser", "unknown", ""),
        ("PT", {"Units": "BQML"}, "image", "Bq/mL", ""),
        ("PT", {"Units": "CNTS"}, "image", "unknown", "not in Bq/mL"),
        ("PT", {}, "image", "unknown", "not in Bq/mL"),
        ("MR", {"RescaleType": "HU"}, "image", "unknown", ""),
    ],
)
def test_units_by_tag(modality, tags, kind, unit, note):
    got, notes = unit_of(made.header(made.CT, modality, **tags), body(-1000), kind, None)
    assert got == unit
    assert note in "".join(notes)
    assert bool(notes) == bool(note)


def voi(**tags) -> tuple[Window | Lut, ...]:
    return voxels(only(open_study(made.named(made.ct_slice(**tags))))).voi


@pytest.mark.parametrize(
    ("tags", "windows"),
    [
        ({}, ()),
        ({"WindowCenter": 40, "WindowWidth": 400}, (Window(40, 400),)),
        (
            {"WindowCenter": [40, -600], "WindowWidth": [400, 1500], "WindowCenterWidthExplanation": ["SOFT", "LUNG"]},
            (Window(40, 400, name="SOFT"), Window(-600, 1500, name="LUNG")),
        ),
        ({"WindowCenter": 4, "WindowWidth": 0.5, "VOILUTFunction": "SIGMOID"}, (Window(4, 0.5, "SIGMOID"),)),
        ({"WindowCenter": 4, "WindowWidth": 0.5}, ()),
        ({"WindowCenter": [4, 5], "WindowWidth": [0, 10]}, (Window(5, 10),)),
        ({"WindowCenter": 4}, ()),
        ({"WindowCenter": 4, "WindowWidth": 10, "VOILUTFunction": "CURIOUS"}, (Window(4, 10),)),
    ],
)
def test_windows(tags, windows):
    assert voi(**tags) == windows


@pytest.mark.parametrize(
    ("descriptor", "first"), [([3, 5, 12], 5), ([3, 65526, 12], 65526 - 65536), ([3, 5, 40], None), ([9, 5, 12], None)]
)
def test_voi_lut_goes_before_windows(descriptor, first):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "US", [0, 2048, 4095])
    item.LUTExplanation = "BONE"
    found = voi(VOILUTSequence=[item], WindowCenter=40, WindowWidth=400)
    assert found[-1] == Window(40, 400)
    if first is None:
        assert len(found) == 1
        return
    lut = found[0]
    assert isinstance(lut, Lut)
    assert (lut.first, lut.name) == (first, "BONE")
    assert lut.entries.tolist() == pytest.approx([0, 2048 / 4095, 1])
    assert not lut.entries.flags.writeable
