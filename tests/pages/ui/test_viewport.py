"""From a case to a picture."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from medimg_core.study import Series, Volume
from pages._ui.view import Laid, View
from pages._ui.viewport import chosen_voi, draw, voi_choices, voi_key
from tests.pages.conftest import case_with_result, make_case, make_ct, make_explanation, make_series, make_study

SIZE = (320, 240)


def seen(case, laid=None):
    return np.asarray(Image.open(io.BytesIO(draw(case, SIZE, laid).png))).astype(int)


def quarters(values):
    """A series whose four quarters differ: it shows every flip."""
    pixels = np.zeros((1, 24, 32), np.uint8)
    pixels[0, :12, :16], pixels[0, :12, 16:], pixels[0, 12:, :16], pixels[0, 12:, 16:] = values
    return make_case(make_study(1, Series("1.4", "", Volume(pixels))))


def test_pixels_are_shown_as_stored():
    picture = seen(quarters((10, 60, 110, 210)))
    centres = [picture[r, c].tolist() for r, c in ((90, 110), (90, 210), (150, 110), (150, 210))]
    assert centres == [[10] * 3, [60] * 3, [110] * 3, [210] * 3]


def test_inverted():
    picture = seen(quarters((10, 60, 110, 210)).with_view(inverted=True))
    assert picture[90, 110].tolist() == [245] * 3


def test_aspect_follows_the_spacing():
    case = make_case(make_study(1, make_ct(3)))  # 6 x 8 pixels of 2 x 1 mm: 12 x 8 mm
    picture = seen(case.with_view(voi="auto", inverted=True)).max(axis=-1)
    columns = np.flatnonzero(picture[60] > 0)
    assert np.ptp(columns) + 1 == pytest.approx(160, abs=2)


def test_eight_bit_pictures_are_shown_as_the_model_sees_them():
    case = quarters((0, 1, 2, 3))
    assert voi_key(case.series, View()) == "stored"
    assert seen(case).max(axis=-1)[150, 210] == 3


def test_a_choice_the_series_does_not_have_falls_back():
    series = make_ct()
    assert voi_key(series, View(voi="file:3")) == "preset:soft"
    assert chosen_voi(series, View(voi="file:3")).name == "Soft tissue"


def test_colour_is_never_windowed():
    series = Series("1", "", Volume(np.zeros((1, 4, 4, 3), np.uint8), colour=True, photometric="RGB"))
    assert voi_choices(series) == {}
    assert chosen_voi(series, View()) is None
    assert seen(make_case(make_study(1, series))).shape == (240, 320, 3)


def test_the_map_colours_its_place_and_leaves_the_rest_grey():
    case = case_with_result(make_study(1, make_series(1, blank=True)), mapped=True)
    plain = seen(case)
    shown = seen(case, Laid(make_explanation(case.volume), 0.2))
    colourful = np.ptp(shown, axis=-1) > 40
    picture = colourful[60:200, 30:240]  # away from letters, marks and the colour bar
    rows, columns = np.nonzero(picture)
    assert rows.mean() + 60 > 150
    assert columns.mean() + 30 > 180
    assert np.array_equal(plain[100:140, 40:120], shown[100:140, 40:120])


def test_a_map_lies_over_a_colour_picture_reduced_to_grey_as_over_the_same_grey():
    values = np.zeros((1, 24, 32, 3), np.uint8)
    values[..., :12, :, :], values[..., 12:, :, :] = (30, 60, 90), (120, 150, 180)
    coloured = Volume(values, colour=True, photometric="RGB")
    grey = Volume(values.mean(axis=-1).astype(np.uint8))
    seen_of = {}
    for name, volume in (("colour", coloured), ("grey", grey)):
        case = case_with_result(make_study(1, Series("1.5", "DX", volume)), mapped=True)
        laid = Laid(make_explanation(volume), 0.2)
        seen_of[name] = seen(case, laid)
        assert "grad_cam map over it" in draw(case, SIZE, laid).alt
    marked = (slice(None), slice(110, None))  # all but the lower left, which names the window
    assert np.abs(seen_of["colour"] - seen_of["grey"])[marked].max() <= 1  # with bar and "AI - not reviewed"
    assert (np.ptp(seen_of["colour"], axis=-1)[marked] > 100).any()
    far = seen_of["colour"][100, 100]
    assert np.ptp(far) == 0
    assert far[0] == pytest.approx(60, abs=1)  # the mean of 30, 60 and 90


def test_an_empty_map_leaves_a_colour_picture_in_colour():
    values = np.full((1, 24, 32, 3), (30, 60, 90), np.uint8)
    case = case_with_result(make_study(1, Series("1.5", "DX", Volume(values, colour=True, photometric="RGB"))))
    assert seen(case, Laid(make_explanation(case.volume, peak=0.0), 0.0))[100, 100].tolist() == [30, 60, 90]


def test_a_faint_map_looks_faint():
    case = case_with_result(make_study(1, make_series(1, blank=True)), mapped=True)
    faint = make_explanation(case.volume, peak=0.002)
    strong = np.ptp(seen(case, Laid(faint, faint.peak)), axis=-1)[60:200, 30:240]
    usual = np.ptp(seen(case, Laid(faint, 0.2, 0.2)), axis=-1)[60:200, 30:240]
    assert strong.max() > 100
    assert usual.max() < 25  # the grey of the marks differs by 19 between its channels


def test_an_empty_map_leaves_the_plain_image():
    case = case_with_result(make_study(1), mapped=True)
    empty = make_explanation(case.volume, peak=0.0)
    assert np.array_equal(seen(case), seen(case, Laid(empty, 0.0)))
    assert "no overlay" in draw(case, SIZE, Laid(empty, 0.0)).alt


def test_padding_and_unknown_orientation():
    series = make_series(1)
    bare = replace(series, volume=replace(series.volume, planar=None, padding=5.0))
    assert "orientation unknown" in draw(make_case(make_study(1, bare)), SIZE).alt


def test_nothing_to_draw_is_a_fault_of_the_page():
    with pytest.raises(ValueError, match="current series"):
        draw(make_case(), SIZE)
