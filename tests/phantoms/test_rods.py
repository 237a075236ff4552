"""Rods in voxels: as thick, as long and as tapered as they were asked to be."""

import numpy as np
import pytest

from medimg_core.phantoms.rods import along, stamp

SPACING = (1.0, 0.7, 0.5)


def test_a_walk_keeps_the_ends_and_the_taper() -> None:
    corners = np.array([[0.0, 0, 0], [3, 4, 0], [3, 4, 10]])
    places, radius = along(corners, np.array([3.0, 2.0, 1.0]), 0.4)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps.max() <= 0.4
    np.testing.assert_allclose(places[[0, -1]], corners[[0, -1]])
    assert radius[0] == 3.0
    assert radius[-1] == 1.0
    assert np.all(np.diff(radius) < 0)


def test_a_rod_has_its_volume() -> None:
    share = np.zeros((40, 50, 70), dtype=np.float32)
    places, radius = along(np.array([[5.0, 17.0, 18.0], [32.0, 17.0, 18.0]]), np.full(2, 4.0), 0.25)
    stamp(share, places / np.array(SPACING), radius, SPACING, softness=1.0, thin=0.5)
    volume = share.sum() * np.prod(SPACING)
    assert volume == pytest.approx(np.pi * 16 * 27 + 4 / 3 * np.pi * 64, rel=0.03)  # round ends


@pytest.mark.parametrize("start", [0, 7, 13])
def test_part_of_a_volume_is_drawn_like_the_whole(start: int) -> None:
    rng = np.random.default_rng(4)
    places = rng.uniform(-4, 34, (60, 3))
    radius = rng.uniform(0.3, 4.0, 60)
    whole, part = np.zeros((30, 30, 30), dtype=np.float32), np.zeros((9, 30, 30), dtype=np.float32)
    stamp(whole, places, radius, SPACING, softness=1.0, thin=0.6)
    stamp(part, places - np.array([start, 0, 0]), radius, SPACING, softness=1.0, thin=0.6)
    np.testing.assert_array_equal(part, whole[start : start + 9])


def test_a_thin_rod_is_faint() -> None:
    share = np.zeros((3, 3, 3), dtype=np.float32)
    stamp(share, np.ones((1, 3)), np.array([0.3]), (1, 1, 1), softness=0.2, thin=0.6)
    assert share.max() == pytest.approx(0.5)


def test_a_strided_volume_is_refused() -> None:
    with pytest.raises(ValueError, match="contiguous"):
        stamp(np.zeros((4, 4, 4), dtype=np.float32)[::2], np.ones((1, 3)), np.ones(1), SPACING, softness=1, thin=1)
