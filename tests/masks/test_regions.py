"""What is measured on each part, from an asymmetric volume with oblique spacing."""

import numpy as np
import pytest

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.masks import LISTED, parts, regions, volumes_ml
from medimg_core.results import MaskLabel
from medimg_core.study import Volume

SPACING = (3.0, 0.5, 0.8)
LABELS = (MaskLabel(1, "cyst"), MaskLabel(2, "stone"))


def mask():
    """A cyst of 5 x 10 and 6 x 10 pixels in two slices, a small one; a stone at the left edge."""
    drawn = np.zeros((6, 40, 30), np.uint8)
    drawn[2, 10:15, 12:22] = 1
    drawn[3, 10:16, 12:22] = 1
    drawn[5, 30, 25] = 1
    drawn[4, 20:22, 0:3] = 2
    return drawn


def volume(**more):
    geometry = Geometry(np.diag([*SPACING, 1.0])[[2, 1, 0, 3]])  # slices along z, columns along x
    return Volume(np.zeros((6, 40, 30), np.int16), **(more or {"geometry": geometry}))


def found(**more):
    drawn = mask()
    given = [parts(drawn, label.value) for label in LABELS]
    return regions(given, LABELS, more.pop("on", volume()), **{"sides": False, "whole": True, **more})


def test_every_field_of_a_part():
    first, second, third = found()
    assert [region.name for region in (first, second, third)] == ["cyst", "stone", "cyst"]
    assert [region.number for region in (first, second, third)] == [1, 2, 3]
    assert (first.label, first.voxels, first.slices, first.slice_index) == (1, 110, (2, 3), 3)
    assert first.centroid == pytest.approx((2 + 60 / 110, (50 * 12 + 60 * 12.5) / 110, 16.5))
    assert first.area == pytest.approx(60 * 0.5 * 0.8)
    assert first.long_axis == pytest.approx(np.hypot(10 * 0.8, 5 * 0.5), abs=0.4)
    assert first.short_axis == pytest.approx(3 * np.hypot(8, 3) / 8, abs=0.4)
    assert {end[0] for end in (*first.long_ends, *first.short_ends)} == {3.0}
    assert first.volume_ml == pytest.approx(110 * 3 * 0.5 * 0.8 / 1000)
    assert (first.length_unit, first.length_note) == ("mm", "")
    assert [region.at_border for region in (first, second, third)] == [False, True, False]
    assert third.long_axis == pytest.approx(0.8)
    assert third.short_axis == pytest.approx(0.5)


def test_ends_lie_on_the_volume_s_grid():
    region = found()[0]
    for _, row, column in (*region.long_ends, *region.short_ends):
        assert 9.499 <= row <= 15.501
        assert 11.499 <= column <= 21.501


@pytest.mark.parametrize(
    ("more", "unit", "note", "area"),
    [
        ({}, "px", "", 60.0),
        ({"planar": PlanarGeometry(None, None, (0.5, 0.8), "detector")}, "mm", "at the detector", 24.0),
    ],
)
def test_without_an_affine_there_are_lengths_at_most(more, unit, note, area):
    plain = Volume(np.zeros((6, 40, 30), np.int16), **more)
    region = found(on=plain)[0]
    assert (region.length_unit, region.length_note, region.volume_ml) == (unit, note, None)
    assert region.area == pytest.approx(area)


def test_a_part_of_an_organ_has_no_volume():
    assert {region.volume_ml for region in found(whole=False)} == {None}


def test_names_say_the_side():
    # columns run to the patient's left: the image's left edge is right
    assert [region.name for region in found(sides=True)] == ["cyst", "stone, right", "cyst, left"]
    plain = Volume(np.zeros((6, 40, 30), np.int16))
    assert [region.name for region in found(sides=True, on=plain)] == ["cyst", "stone, image left", "cyst, image right"]


def test_no_more_parts_are_listed_than_anyone_reads():
    specks = np.zeros((1, 60, 60), np.uint8)
    specks[0, ::2, ::2] = 1
    given = [parts(specks, 1)]
    assert len(given[0]) > LISTED
    assert len(regions(given, LABELS[:1], Volume(np.zeros((1, 60, 60))), sides=False, whole=False)) == LISTED


@pytest.mark.parametrize(
    ("whole", "on", "expected"),
    [
        (True, volume(), {"cyst": 111 * 1.2 / 1000, "stone": 6 * 1.2 / 1000}),
        (False, volume(), {"cyst": None, "stone": None}),
        (True, Volume(np.zeros((6, 40, 30))), {"cyst": None, "stone": None}),
    ],
)
def test_volumes_are_of_all_parts_of_a_label(whole, on, expected):
    drawn = mask()
    given = [parts(drawn, label.value) for label in LABELS]
    result = volumes_ml(given, LABELS, on, whole=whole)
    assert result == {name: value if value is None else pytest.approx(value) for name, value in expected.items()}
