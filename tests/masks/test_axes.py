"""Axes of shapes whose axes are known, turned and on grids with other rows than columns."""

import math

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.masks import axes


def turned(angle: float, spacing: tuple[float, float], size: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of pixel centres in mm, along and across a line that climbs by ``angle`` degrees."""
    rows, columns = np.mgrid[:size, :size]
    y, x = (rows - size / 2 + 0.3) * spacing[0], (columns - size / 2 - 0.2) * spacing[1]
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cosine + y * sine, -x * sine + y * cosine


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.9), (2.0, 0.7)])
@pytest.mark.parametrize("angle", [0, 20, 45, 70, 90, 135])
@pytest.mark.parametrize(("long", "short"), [(60, 20), (40, 38), (12, 6)])
def test_ellipses(spacing, angle, long, short):
    along, across = turned(angle, spacing)
    found = axes((along / (long / 2)) ** 2 + (across / (short / 2)) ** 2 <= 1, np.diag(spacing))
    pixel = max(spacing)
    assert found.long == pytest.approx(long, abs=pixel)
    assert found.short == pytest.approx(short, abs=pixel)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.9)])
@pytest.mark.parametrize("angle", [0, 20, 45, 70])
@pytest.mark.parametrize(("length", "width"), [(60, 20), (30, 29)])
def test_rectangles(spacing, angle, length, width):
    """The long axis is a diagonal; the longest line across it ends on both long sides."""
    along, across = turned(angle, spacing)
    found = axes((np.abs(along) <= length / 2) & (np.abs(across) <= width / 2), np.diag(spacing))
    diagonal = math.hypot(length, width)
    assert found.long == pytest.approx(diagonal, abs=max(spacing))
    assert found.short == pytest.approx(width * diagonal / length, abs=max(spacing))


@pytest.mark.parametrize(
    ("drawn", "long", "short"),
    [
        (["#"], 1.0, 1.0),
        (["#####"], 5.0, 1.0),
        (["#", "#", "#"], 3.0, 1.0),
        (["##", "##"], math.hypot(2, 1), math.hypot(2, 1)),
        (["#.", ".#"], math.hypot(2, 1), None),  # corner to corner is one part
    ],
)
def test_a_few_pixels(drawn, long, short):
    """Outlines run through the middles of pixel edges, so that one pixel is one long and one wide."""
    inside = np.array([[sign == "#" for sign in row] for row in drawn])
    found = axes(inside, np.eye(2))
    assert found.long == pytest.approx(long)
    if short is not None:
        assert found.short == pytest.approx(short, abs=0.3)


def test_ends_lie_where_the_lengths_say():
    spacing = np.diag([0.5, 0.9])
    along, across = turned(30, (0.5, 0.9))
    inside = (along / 25) ** 2 + (across / 12) ** 2 <= 1
    found = axes(inside, spacing)
    (one, other), (left, right) = (np.array(ends) @ spacing.T for ends in (found.long_ends, found.short_ends))
    assert np.hypot(*(other - one)) == pytest.approx(found.long)
    assert np.hypot(*(right - left)) == pytest.approx(found.short)
    assert (other - one) @ (right - left) / (found.long * found.short) == pytest.approx(0, abs=1e-6)
    for row, column in (*found.long_ends, *found.short_ends):
        near = inside[math.floor(row) : math.floor(row) + 2, math.floor(column) : math.floor(column) + 2]
        assert near.any()
        assert not near.all()


def test_the_short_axis_stays_inside_a_bent_part():
    """The arms of a V are as thick as they are; the V's hull is as thick as it is high."""
    rows, columns = np.mgrid[:60, :121]
    found = axes(np.abs(rows - 50 + 0.5 * np.abs(columns - 60)) <= 3, np.eye(2))
    assert found.long == pytest.approx(121, abs=1.5)
    assert found.short == pytest.approx(7, abs=1)


def test_a_sheared_grid_is_measured_in_its_plane():
    """Rows that lean by 45 degrees: one row down is also one column to the right."""
    inside = np.ones((21, 1), bool)
    found = axes(inside, np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert found.long == pytest.approx(21 * math.sqrt(2), abs=0.8)


@pytest.mark.parametrize("inside", [np.zeros((4, 4), bool), np.ones((2, 2, 2), bool)])
def test_what_has_no_axes_is_refused(inside):
    with pytest.raises(IncompatibleInputError, match="axes need a part of shape"):
        axes(inside, np.eye(2))
