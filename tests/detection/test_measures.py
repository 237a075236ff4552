"""Sizes and shapes of bodies drawn voxel by voxel."""

import numpy as np
import pytest

from medimg_core.detection.grid import Grid
from medimg_core.detection.growing import Body
from medimg_core.detection.measures import measure

STEP = 0.5
MIDDLE = (10.0, 11.0, 12.0)


def body(axes: tuple[float, float, float], turn: float = 0.0, **more: np.ndarray) -> Body:
    """An ellipsoid with these diameters in mm along up, back, left, turned about the first by degrees."""
    grid = Grid.over((0, 0, 0), (20, 22, 24), STEP)
    z, y, x = np.meshgrid(*(grid.axis(axis) - at for axis, at in enumerate(MIDDLE)), indexing="ij")
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    y, x = cosine * y - sine * x, sine * y + cosine * x
    mask = sum((2 * part / axis) ** 2 for part, axis in zip((z, y, x), axes, strict=True)) <= 1
    values = np.where(mask, 40, -850).astype(np.float32)
    given = {"values": values, "lung": np.ones_like(mask)} | more
    return Body(grid, given["values"], mask, given["lung"], -400.0, "solid")


@pytest.mark.parametrize(
    ("axes", "turn", "long", "short", "elongation"),
    [
        ((6.0, 6.0, 6.0), 0.0, 6.0, 6.0, 1.0),
        ((6.0, 8.0, 14.0), 0.0, 14.0, 8.0, 14 / 6),
        ((6.0, 8.0, 14.0), 35.0, 14.0, 8.0, 14 / 6),
        ((16.0, 8.0, 6.0), 0.0, 8.0, 6.0, 16 / 6),
    ],
    ids=["ball", "long", "long and turned", "upright"],
)
def test_an_ellipsoid_is_measured(
    axes: tuple[float, float, float], turn: float, long: float, short: float, elongation: float
) -> None:
    found = measure(body(axes, turn))
    assert found.centre == pytest.approx(np.array(MIDDLE), abs=0.1)
    assert found.long == pytest.approx(long, abs=0.4)
    assert found.short == pytest.approx(short, abs=0.4)
    assert found.volume == pytest.approx(np.pi / 6 * np.prod(axes), rel=0.04)
    assert found.diameter == pytest.approx(np.prod(axes) ** (1 / 3), rel=0.02)
    assert found.elongation == pytest.approx(elongation, rel=0.06)
    assert found.solidity > 0.98
    assert (found.attached, found.outside, found.mean) == (0.0, 0.0, 40.0)


def test_a_vessel_and_a_wall_are_seen_in_the_shell() -> None:
    whole = body((8.0, 8.0, 8.0))
    values, lung = whole.values.copy(), whole.lung.copy()
    values[20:25, 22:27, 24:] = 40  # a rod of 2.5 mm leaves to the left
    lung[:, :10] = False  # a wall at 5 mm, that the shell of 2 mm does not reach
    free = measure(body((8.0, 8.0, 8.0), values=values, lung=lung))
    assert 0.01 < free.attached < 0.06
    assert free.outside == 0.0
    lung[:, :22] = False  # the wall goes through the middle
    assert measure(body((8.0, 8.0, 8.0), lung=lung)).outside == pytest.approx(0.5, abs=0.05)


def test_bone_counts_where_it_is_outside_the_lungs() -> None:
    values, lung = body((8.0, 8.0, 8.0)).values.copy(), np.ones((41, 45, 49), np.bool_)
    values[:, :22] = 300
    assert measure(body((8.0, 8.0, 8.0), values=values, lung=lung)).bone == 0.0
    lung[:, :22] = False
    assert measure(body((8.0, 8.0, 8.0), values=values, lung=lung)).bone == pytest.approx(0.5, abs=0.05)


def test_a_hollow_costs_solidity() -> None:
    whole = body((12.0, 12.0, 12.0))
    whole.mask[:, 22:, 24:] = False  # a quarter is missing
    assert measure(whole).solidity == pytest.approx(0.84, abs=0.05)
    flat = body((12.0, 12.0, 12.0))
    flat.mask[:20] = flat.mask[21:] = False
    assert measure(flat).solidity == 1.0
