"""Lengths of pixels and volumes of voxels."""

import numpy as np
import pytest

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.masks import Scale
from medimg_core.study import Volume


def volume(**more):
    return Volume(np.zeros((3, 4, 5), np.int16), **more)


def oblique(spacing=(3.0, 0.5, 0.8), tilt=0.0):
    """A stack turned about an oblique axis, its slices stepping aside by ``tilt`` mm along the rows."""
    axis = np.array([1.0, 2.0, -1.0]) / np.sqrt(6)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(0.6) * cross + (1 - np.cos(0.6)) * cross @ cross
    affine = np.eye(4)
    affine[:3, :3] = turn[:, ::-1] * spacing
    affine[:3, 0] += tilt * turn[:, 1]
    return Geometry(affine)


@pytest.mark.parametrize("tilt", [0.0, 1.2])
def test_an_affine_gives_millimetres_and_the_volume_of_a_voxel(tilt):
    """A tilted gantry moves slices aside and changes no volume: the distance between planes counts."""
    scale = Scale.of(volume(geometry=oblique(tilt=tilt)))
    assert (scale.unit, scale.note) == ("mm", "")
    assert np.linalg.norm(scale.matrix, axis=0) == pytest.approx([0.5, 0.8])
    assert scale.matrix[:, 0] @ scale.matrix[:, 1] == pytest.approx(0, abs=1e-12)
    assert scale.pixel_area == pytest.approx(0.4)
    assert scale.shortest == pytest.approx(0.5)
    assert scale.voxel_ml == pytest.approx(3.0 * 0.5 * 0.8 / 1000)


@pytest.mark.parametrize(
    ("planar", "unit", "note", "area"),
    [
        (None, "px", "", 1.0),
        (PlanarGeometry("L", "F"), "px", "", 1.0),
        (PlanarGeometry("L", "F", (0.2, 0.3), "patient"), "mm", "", 0.06),
        (PlanarGeometry("L", "F", (0.2, 0.3), "detector"), "mm", "at the detector", 0.06),
        (PlanarGeometry(None, None, (0.1, 0.1), "region"), "mm", "", 0.01),
    ],
)
def test_without_an_affine_there_is_no_volume(planar, unit, note, area):
    scale = Scale.of(volume(planar=planar))
    assert (scale.unit, scale.note, scale.voxel_ml) == (unit, note, None)
    assert scale.pixel_area == pytest.approx(area)
