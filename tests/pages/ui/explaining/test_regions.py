"""Regions of the image on show, and which of them were drawn before any map was seen."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.measuring import measure
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.regions import (
    CHOSEN,
    chosen_region,
    drawn_before,
    mask_of_region,
    region_title,
    regions,
    regions_of_series,
)
from tests.pages.conftest import make_case, make_ct, make_study

BOX = [(2, 1, 2), (2, 3, 5)]


@pytest.fixture
def case():
    return make_case(make_study(1, make_ct()))  # slice 2 of 5 is on show, 6 x 8 pixels


def drawn(case, name, kind="rectangle", points=BOX, axis=0):
    made = measure(case.volume, id=name, kind=kind, points=[list(point) for point in points], axis=axis)
    return case.with_measurements(case.series_key, (*case.measurements_of(), made), straight=False)


def test_only_what_encloses_pixels_of_this_image_is_a_region(case):
    case = drawn(case, "length", "length")
    case = drawn(case, "below", points=[(1, 1, 2), (1, 3, 5)])
    case = drawn(case, "across", points=[(1, 3, 2), (3, 3, 5)], axis=1)
    case = drawn(case, "here")
    assert [each.id for each in regions(case)] == ["here"]
    assert [each.id for each in regions_of_series(case)] == ["below", "here"]


def test_the_last_is_chosen_until_another_is(case):
    assert chosen_region(case) is None
    case = drawn(drawn(case, "one"), "two")
    assert chosen_region(case).id == "two"
    case = keep(case, explained(case).with_setting(CHOSEN, "one"))
    assert chosen_region(case).id == "one"
    assert region_title(case, chosen_region(case)) == "Rectangle 1, 12 mm²"


def test_its_pixels(case):
    case = drawn(case, "one")
    expected = np.zeros((6, 8), bool)
    expected[1:4, 2:6] = True
    np.testing.assert_array_equal(mask_of_region(case, chosen_region(case)), expected)


def test_before_the_first_map_all_that_is_drawn_counts(case):
    assert drawn_before(case) is None
    case = drawn(drawn(case, "one"), "two", points=[(2, 0, 0), (2, 0, 1)])
    assert drawn_before(case).sum() == 12 + 2


def test_after_it_only_what_was_there_and_was_not_moved(case):
    first = drawn(case, "one")
    shown = keep(first, explained(first).with_reveal(first.series_key, regions_of_series(first)))
    assert drawn_before(drawn(shown, "late")).sum() == 12
    (one,) = shown.measurements_of()
    moved = replace(one, points=((2.0, 2.0, 2.0), (2.0, 4.0, 5.0)))
    after = shown.with_measurements(shown.series_key, (moved,), straight=False)
    assert drawn_before(after) is None
