"""What the browser is told of a series."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.study import Series, Volume
from medimg_core.voi import Lut, Window
from pages._ui.viewer.describe import describe, interval_words, windows_of
from pages._ui.viewer.shown import Shown
from tests.pages.conftest import make_ct, make_series, make_study

PET = Volume(np.linspace(0, 900, 2000, dtype=np.float32).reshape(2, 25, 40), unit="SUVbw", voi=(Window(300, 600),))


def told(series: Series, **changes):
    return describe(Shown(make_study(1, series), series, series.volume, **changes))


def test_geometry_goes_as_an_affine_and_planar_tags_as_letters():
    ct, radiograph = told(make_ct()), told(make_series())
    assert (ct["letters"], ct["spacing"], ct["unit"]) == (None, [3.0, 2.0, 1.0], "HU")
    assert ct["affine"] == make_ct().volume.geometry.affine.ravel().tolist()
    assert (radiograph["affine"], radiograph["letters"]) == (None, ["L", "F"])
    assert (radiograph["spacing"], radiograph["spacingNote"]) == ([None, 0.5, 0.5], "at the detector")


def test_without_tags_there_is_nothing_to_show():
    bare = Series("1.2", "", Volume(np.zeros((1, 4, 5), np.uint8)))
    data = told(bare)
    assert (data["affine"], data["letters"], data["spacing"], data["unit"], data["thickness"]) == (
        None,
        None,
        None,
        "",
        None,
    )


@pytest.mark.parametrize(("instances", "stored"), [((("1.2.3", 1),) * 5, True), ((), False)], ids=["dicom", "nifti"])
def test_dicom_hangs_as_it_was_made(instances, stored):
    series = make_ct()
    assert told(replace(series, volume=replace(series.volume, instances=instances)))["asStored"] is stored


@pytest.mark.parametrize(
    ("series", "keys"),
    [
        (make_series(), ["file:0", "auto"]),
        (make_ct(), ["preset:soft", "preset:lung", "preset:bone", "preset:brain"]),
        (Series("1", "", Volume(np.zeros((1, 3, 3), np.uint8))), ["stored", "auto"]),
        (Series("1", "MR", Volume(np.zeros((1, 3, 3), np.int16))), ["auto"]),
        (Series("1", "PT", replace(PET, unit="Bq/mL")), ["auto", "file:0"]),
    ],
    ids=["radiograph", "ct", "stored 8-bit", "mr", "pet without SUV"],
)
def test_windows_on_offer_the_first_shown_first(series, keys):
    found = [window["key"] for window in windows_of(series, series.volume)]
    assert found[: len(keys)] == keys


def test_every_preset_names_its_source():
    offered = windows_of(make_ct(), make_ct().volume)
    presets = [window for window in offered if window["key"].startswith("preset:")]
    assert len(presets) >= 6
    assert all(window["source"] for window in presets)


def test_pet_is_inverse_and_begins_at_zero():
    series = Series("1", "PT", PET)
    data = told(series)
    assert data["inverse"]
    assert data["palettes"]
    assert data["windows"][0]["key"].startswith("preset:")
    auto = next(window for window in data["windows"] if window["key"] == "auto")
    assert auto["centre"] == auto["width"] / 2
    assert auto["width"] == pytest.approx(899, abs=2)


def test_a_table_is_fetched_by_name():
    lut = Lut(-5, np.linspace(0, 1, 300, dtype=np.float32), "Curve")
    series = Series("1", "MR", Volume(np.zeros((1, 3, 3), np.int16), voi=(lut,)))
    window = windows_of(series, series.volume)[0]
    assert (window["first"], window["table"]["shape"], window["table"]["dtype"]) == (-5, [1, 1, 1, 300], "float32")


def test_colour_is_never_windowed():
    colour = Series("1", "ES", Volume(np.zeros((1, 3, 3, 3), np.uint8), colour=True, photometric="RGB"))
    assert told(colour)["windows"] == []


def test_marks_name_the_pseudonym_and_what_the_image_is():
    series = make_series(synthetic=True)
    study = make_study(1, series)
    data = describe(Shown(study, series, series.volume, factors=(1, 2, 2)), prior="PRIOR, 60 days before")
    assert data["marks"]["left"] == ["P-000001", "3 y  F"]
    assert data["marks"]["right"] == ["2026-01-02", "DX Chest 0"]
    assert data["marks"]["banner"] == [
        "SYNTHETIC",
        "PRIOR, 60 days before",
        "Reduced for display: each value is the mean of 1 x 2 x 2 voxels",
    ]


@pytest.mark.parametrize("side", ["L", "R", "B"])
def test_the_side_stands_on_the_image(side):
    planar = PlanarGeometry(laterality=side)
    series = make_series(volume=Volume(np.zeros((1, 4, 5), np.int16), planar=planar))
    assert told(series)["marks"]["right"][-1] == {"L": "Left side", "R": "Right side", "B": "Both sides"}[side]


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (59, "59 days"), (60, "2 months"), (366, "12 months"), (729, "24 months"), (730, "2.0 years")],
)
def test_intervals_in_words(days, words):
    assert interval_words(days) == words


def test_slabs_are_about_four_megabytes():
    tall = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, 1, 0], position=[0, 0, 0], pixel_spacing=[1, 1], slice_step=[0, 0, 1]
    )
    series = Series("1", "CT", Volume(np.zeros((20, 512, 512), np.int16), geometry=tall))
    assert told(series)["slab"] == 8
