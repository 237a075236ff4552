"""Line integrals against what geometry says in closed form."""

import numpy as np
import pytest

from medimg_core.phantoms.projection import Beam, Pose, Tube, integrate, project_tubes

BEAM = Beam((120, 160), 0.5, 1000.0, 80.0)
STILL = Pose.of(turn=0, tilt=0, shift=(0, 0, 0))


def test_a_ball_has_its_diameter_at_its_projected_centre() -> None:
    centre, radius = np.array([9.0, -20.0, 6.0]), 8.0

    def ball(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
        gap = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2)
        return [np.clip(0.5 + (radius - gap) / 0.5, 0, 1).astype(np.float32)]

    (path,) = integrate(BEAM, STILL, ball, np.arange(-40, 10, 0.5))
    row, column = BEAM.to_pixel(centre)
    assert path[round(row), round(column)] == pytest.approx(2 * radius, rel=0.03)
    weights = path / path.sum()
    down, across = np.mgrid[:120, :160]
    assert (weights * down).sum() == pytest.approx(row, abs=0.3)
    assert (weights * across).sum() == pytest.approx(column, abs=0.3)


@pytest.mark.parametrize(("turn", "tilt"), [(0, 0), (20, 0), (0, 15), (12, -9)])
def test_the_pose_moves_fields_and_tubes_alike(turn: float, tilt: float) -> None:
    pose = Pose.of(turn=turn, tilt=tilt, shift=(3.0, 0.0, -4.0))
    centre = np.array([10.0, 12.0, 8.0])

    def ball(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
        gap = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2)
        return [np.clip(0.5 + (4.0 - gap), 0, 1).astype(np.float32)]

    (path,) = integrate(BEAM, pose, ball, np.arange(-30, 40, 1.0))
    down, across = np.mgrid[:120, :160]
    found = [(path * axis).sum() / path.sum() for axis in (down, across)]
    assert found == pytest.approx(list(BEAM.to_pixel(pose.to_room(centre))), abs=0.4)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_a_rod_across_the_beam_has_its_chord(aspect: float) -> None:
    line = np.stack([np.linspace(-60, 60, 600), np.zeros(600), np.zeros(600)], axis=1)
    path = project_tubes(BEAM, STILL, [Tube(line, np.full(600, 4.0))], aspect=aspect, bins=1)
    middle = path[:, 80]
    assert middle.max() == pytest.approx(2 * 4.0 / np.sqrt(aspect), rel=0.04)
    wide = (middle > 0.5 * middle.max()).sum() * BEAM.pixel / float(BEAM.magnification(0.0))
    assert wide == pytest.approx(2 * 4.0 * np.sqrt(aspect) * np.sqrt(0.75), rel=0.1)


def test_a_rod_along_the_beam_shows_its_length() -> None:
    line = np.stack([np.zeros(200), np.linspace(-10, 10, 200), np.zeros(200)], axis=1)
    path = project_tubes(BEAM, STILL, [Tube(line, np.full(200, 5.0))], bins=1)
    assert path[59:61, 79:81].mean() == pytest.approx(20.0, rel=0.05)


def test_magnification_grows_toward_the_source() -> None:
    near, far = BEAM.magnification(-100.0), BEAM.magnification(70.0)
    assert near > far > 1
    assert float(BEAM.magnification(80.0)) == pytest.approx(1.0)
