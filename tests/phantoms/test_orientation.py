"""Landmarks are where the truth says, whatever the acquisition, after reading the files back."""

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.orientation import CENTRE, HALF, LANDMARKS, SIDES, STACKS, orientation_value
from medimg_core.study import Volume

DIRECTIONS = {"R": (-1, 0, 0), "L": (1, 0, 0), "A": (0, -1, 0), "P": (0, 1, 0), "I": (0, 0, -1), "S": (0, 0, 1)}


def volume_of(phantom_id: str) -> Volume:
    volume = open_study(make_phantom(phantom_id).files).studies[0].series[0].volume
    assert volume is not None
    return volume


def at(volume: Volume, point: np.ndarray) -> float:
    assert volume.geometry is not None
    index = tuple(int(value) for value in np.rint(volume.geometry.to_index(point)))
    return float(volume.array[index])


@pytest.mark.parametrize("stack", STACKS)
def test_balls_lie_at_their_places(stack: str) -> None:
    volume = volume_of(f"orientation_{stack}")
    assert volume.geometry is not None
    labels, count = ndimage.label(volume.array > 2650)
    assert count == len(LANDMARKS)
    centres = volume.geometry.to_world(ndimage.center_of_mass(volume.array > 2650, labels, range(1, count + 1)))
    for number, place in enumerate(LANDMARKS.values()):
        nearest = int(np.argmin(np.linalg.norm(centres - np.array(place), axis=1)))
        assert np.linalg.norm(centres[nearest] - np.array(place)) < 0.8  # a third of the slice spacing
        assert volume.array[labels == nearest + 1].max() == 3000 + 200 * number


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("letter", DIRECTIONS)
def test_the_plate_of_each_side_lies_on_that_side(stack: str, letter: str) -> None:
    volume = volume_of(f"orientation_{stack}")
    direction = np.array(DIRECTIONS[letter])
    face = np.array(CENTRE) + direction * (np.array(HALF) - 2.5) + (1 - np.abs(direction)) * np.array([5.0, 4.0, -6.0])
    others = [abs(SIDES[name] - at(volume, face)) for name in SIDES if name != letter]
    assert abs(at(volume, face) - SIDES[letter]) < min(others)


@pytest.mark.parametrize("stack", STACKS)
def test_spacing_and_shape_are_unequal_and_come_back(stack: str) -> None:
    volume = volume_of(f"orientation_{stack}")
    assert volume.shape == STACKS[stack].shape
    assert len(set(volume.shape)) == 3
    assert volume.spacing == pytest.approx(STACKS[stack].spacing, abs=1e-5)


def test_the_eight_corners_have_eight_values() -> None:
    corners = [[a, b, c] for a in (-9, 9) for b in (-3, 3) for c in (-12, 12)]
    values = orientation_value(np.array(CENTRE) + np.array(corners, dtype=float))
    assert sorted(values.tolist()) == [300, 310, 320, 330, 340, 350, 360, 370]


def test_the_oblique_stack_is_oblique() -> None:
    geometry = volume_of("orientation_oblique").geometry
    assert geometry is not None
    assert geometry.obliqueness > 15
    assert geometry.shear < 0.01


@pytest.mark.parametrize(
    ("phantom_id", "edges"),
    [("orientation_radiograph", ("R", "L", "H", "F")), ("orientation_radiograph_mirrored", ("L", "R", "H", "F"))],
)
def test_planar_edges_and_the_disc_agree_with_the_tags(phantom_id: str, edges: tuple[str, ...]) -> None:
    phantom = make_phantom(phantom_id)
    volume = volume_of(phantom_id)
    assert volume.planar is not None
    assert volume.planar.edge_letters() == edges
    assert volume.planar.spacing == (0.8, 0.5)
    assert volume.planar.spacing_source == "detector"
    centre = ndimage.center_of_mass(volume.array[0] == 3400)
    assert centre == pytest.approx(phantom.truth["disc_pixel"])
    corner = {edges[0]: volume.array[0, 2, 2], edges[1]: volume.array[0, 2, -3]}
    values = phantom.truth["corner_values"]
    assert isinstance(values, dict)
    assert (corner["R"], corner["L"]) == (values["RH"], values["LH"])
