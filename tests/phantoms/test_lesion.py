"""Lesions: place, size, edge and roughness, and what the truth says of a mask."""

import json

import numpy as np
import pytest

from medimg_core.geometry import Geometry
from medimg_core.phantoms.lesion import draw_lesion, extent

X = np.arange(-60, 61, dtype=np.float32)
Y = np.arange(-50, 51, dtype=np.float32)
RADII = (20.0, 14.0, 10.0)


def shares(
    roughness: float, softness: float = 1.0, centre: tuple[float, float, float] = (12.0, -8.0, 3.0)
) -> np.ndarray:
    lesion = draw_lesion(np.random.default_rng(6), centre, RADII, roughness=roughness, softness=softness)
    return np.stack([lesion.share(X, Y, float(z)) for z in range(-30, 40)])


@pytest.mark.parametrize("roughness", [0.0, 1.5])
def test_its_volume_is_about_that_of_the_ellipsoid(roughness: float) -> None:
    mask = shares(roughness) >= 0.5
    assert mask.sum() == pytest.approx(4 / 3 * np.pi * np.prod(RADII), rel=0.03 if roughness == 0 else 0.2)
    centre = [float(axis.mean()) for axis in np.nonzero(mask)]
    assert centre == pytest.approx([33, 42, 72], abs=0.2 if roughness == 0 else 2.5)


def test_a_rough_outline_has_more_edge_than_a_smooth_one() -> None:
    def edge(mask: np.ndarray) -> int:
        return int(sum(np.diff(mask, axis=axis).sum() for axis in range(3)))

    smooth, rough = (shares(roughness) >= 0.5 for roughness in (0.0, 3.0))
    assert edge(rough) / rough.sum() ** (2 / 3) > 1.05 * edge(smooth) / smooth.sum() ** (2 / 3)


def test_a_soft_edge_is_wider() -> None:
    hard, soft = (((share > 0.05) & (share < 0.95)).sum() for share in (shares(0.0, 1.0), shares(0.0, 6.0)))
    assert soft > 4 * hard


def test_nothing_is_cut_off_at_the_box_that_is_looked_at() -> None:
    lesion = draw_lesion(np.random.default_rng(8), (0.0, 0.0, 0.0), RADII, roughness=2.0, softness=4.0)
    reach = 12.0  # 4 times the roughness, and the softness
    share = np.stack([lesion.share(X, Y, float(z)) for z in range(-23, 24)])
    assert share[[0, -1]].max() == 0
    assert share[:, :, np.abs(X) > RADII[0] + reach - 1].max() == 0
    assert share[:, np.abs(Y) > RADII[1] + reach - 1].max() == 0


@pytest.mark.parametrize(("x", "side"), [(5.0, "left"), (-5.0, "right")])
def test_left_is_where_x_grows(x: float, side: str) -> None:
    assert draw_lesion(np.random.default_rng(1), (x, 0, 0), RADII, roughness=0, softness=1).side == side


def test_the_extent_is_json_and_follows_the_geometry() -> None:
    affine = np.array([[0, 0, 0.5, -10], [0, 0.4, 0, -20], [5.0, 0, 0, 7], [0, 0, 0, 1]])
    mask = np.zeros((6, 30, 40), dtype=bool)
    mask[2:4, 10:12, 30] = True
    said = extent(mask, Geometry(affine))
    assert said == json.loads(json.dumps(said)) | {
        "slices": (2, 3), "centroid_voxel": (2.5, 10.5, 30.0), "centroid_lps_mm": (5.0, -15.8, 19.5)
    }  # fmt: skip
    assert (said["voxels"], said["volume_ml"]) == (4, 0.004)
    assert extent(mask & False, Geometry(affine))["slices"] is None
