"""Stacks turned to one order of axes, and sampled in mm."""

import numpy as np
import pytest

from medimg_core.detection.grid import Grid, Stack, enlarged, stack_of
from medimg_core.geometry import Geometry
from medimg_core.study import Volume

SPACING = (3.0, 0.5, 0.8)


def stack(values: np.ndarray, spacing: tuple[float, float, float] = SPACING) -> Stack:
    return Stack(values, np.array(spacing), (0, 1, 2), (False, False, False))


@pytest.mark.parametrize(
    ("columns", "orientation"),
    [
        (((0, 0, 3.0), (0, 0.5, 0), (0.8, 0, 0)), "SPL"),
        (((0, 0, -3.0), (0, 0.5, 0), (-0.8, 0, 0)), "IPR"),
        (((3.0, 0, 0), (0, 0, -0.5), (0, 0.8, 0)), "LIP"),
        (((0, -3.0, 0), (0.5, 0, 0), (0, 0, 0.8)), "ALS"),
    ],
)
def test_a_stack_runs_up_back_left_and_finds_the_way_home(
    columns: tuple[tuple[float, float, float], ...], orientation: str
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.array(columns).T
    affine[:3, 3] = (7.0, -11.0, 13.0)
    geometry = Geometry(affine)
    assert geometry.orientation == orientation
    array = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    turned = stack_of(Volume(array, unit="HU", geometry=geometry))
    place = np.array([1, 2, 3])
    index = turned.to_volume(place * turned.spacing)
    assert array[tuple(np.rint(index).astype(int))] == turned.values[tuple(place)]
    steps = [
        geometry.to_world(turned.to_volume(np.eye(3)[axis])) - geometry.to_world(turned.to_volume(np.zeros(3)))
        for axis in range(3)
    ]
    assert np.array(steps) == pytest.approx(np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), abs=1e-9)
    assert np.shares_memory(turned.turned_view(array), array)


def test_a_linear_ramp_is_sampled_exactly_between_voxels() -> None:
    at = np.stack(np.meshgrid(*(np.arange(n) * s for n, s in zip((6, 20, 15), SPACING, strict=True)), indexing="ij"))
    ramp = stack((5 * at[0] - 7 * at[1] + 2 * at[2]).astype(np.float32))
    grid = Grid((2.2, 1.1, 1.3), 0.4, (9, 8, 7))
    z, y, x = np.meshgrid(*(grid.axis(axis) for axis in range(3)), indexing="ij")
    assert ramp.sample(grid, (-1e4, 1e4)) == pytest.approx(5 * z - 7 * y + 2 * x, abs=1e-3)


def test_a_coarse_grid_takes_means_and_keeps_a_constant_to_its_edge() -> None:
    values = np.full((5, 40, 40), 100, dtype=np.int16)
    values[:, ::2] = 300
    sampled = stack(values).sample(Grid.over((0, 0, 0), (12, 19.5, 31.2), 2.0), (-1000, 1000))
    assert sampled[:, 1:-1] == pytest.approx(np.full_like(sampled[:, 1:-1], 200), abs=15)
    assert stack(np.full((5, 9, 9), 70, np.int16)).sample(Grid((-9, -9, -9), 2.0, (20, 20, 20)), (0, 99)).min() == 70


def test_values_are_clipped_and_nan_becomes_the_lower_end() -> None:
    values = np.array([-3000, 0, np.nan, 5000], dtype=np.float32).reshape(1, 1, 4)
    sampled = stack(values, (1.0, 1.0, 1.0)).sample(Grid((0, 0, 0), 1.0, (1, 1, 4)), (-1000, 200))
    assert sampled.ravel().tolist() == [-1000, 0, -1000, 200]


def test_a_grid_covers_its_box() -> None:
    grid = Grid.over((1.0, 2.0, 3.0), (2.0, 4.5, 3.0), 0.8)
    assert grid.shape == (3, 5, 1)
    assert grid.to_mm((1, 2, 0)) == pytest.approx(np.array([1.8, 3.6, 3.0]))
    assert grid.nearest((1.9, 3.5, 3.1)).tolist() == [1, 2, 0]


@pytest.mark.parametrize(("share", "width"), [(0.5, 8), (0.1, 9)])
def test_a_mask_on_a_finer_grid_keeps_its_size(share: float, width: int) -> None:
    mask = np.zeros((7, 7, 7), dtype=np.bool_)
    mask[3, 3, 2:6] = True  # 8 mm wide between the middles of its edges
    fine = enlarged(mask, Grid((10, 10, 10), 2.0, (7, 7, 7)), Grid((16, 16, 10.5), 1.0, (1, 1, 13)), share)
    assert np.count_nonzero(fine) in {width, width + 1} if share < 0.5 else np.count_nonzero(fine) == width
