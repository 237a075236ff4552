"""Sizes in words."""

import pytest

from pages._ui import quantities


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0184, "0.018 mL"),
        (0.31, "0.31 mL"),
        (0.996, "1.0 mL"),
        (9.94, "9.9 mL"),
        (9.97, "10 mL"),
        (1234.6, "1235 mL"),
    ],
)
def test_millilitres(value, text):
    assert quantities.millilitres(value) == text


@pytest.mark.parametrize(("value", "text"), [(2.04, "+2.0 mL"), (-0.3, "-0.30 mL"), (0.0, "0.00 mL")])
def test_a_change_has_a_sign(value, text):
    assert quantities.millilitres(value, signed=True) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(4.0, "mm", "4.0 mm²"), (999.0, "mm", "999 mm²"), (1000.0, "mm", "10 cm²"), (20368.0, "mm", "204 cm²"),
     (20.0, "px", "20 pixels")],
)  # fmt: skip
def test_areas(value, unit, text):
    assert quantities.area(value, unit) == text


@pytest.mark.parametrize(("places", "text"), [([], ""), ([0], "1"), ([0, 1], "1-2"), ([0, 2, 3, 4, 8], "1, 3-5, 9")])
def test_slices_by_their_numbers(places, text):
    assert quantities.images(places) == text
