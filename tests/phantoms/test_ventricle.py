"""The ventricle: its volumes against sums over thin discs, its muscle kept."""

import numpy as np
import pytest

from medimg_core.phantoms.ventricle import ES_PHASE, PHASES, ventricle


@pytest.mark.parametrize("phase", [0, 3, ES_PHASE, 12])
def test_its_volume_is_the_sum_of_its_discs(phase: int) -> None:
    shape = ventricle(phase)
    w = np.linspace(-shape.depth, shape.base, 20001)
    area = np.pi * shape.radius**2 * (1 - (w / shape.depth) ** 2)
    assert shape.volume == pytest.approx(np.trapezoid(area, w) / 1000, rel=1e-5)


def test_muscle_keeps_its_volume_and_thickens() -> None:
    shapes = [ventricle(phase) for phase in range(PHASES)]
    np.testing.assert_allclose([shape.muscle for shape in shapes], shapes[0].muscle, rtol=1e-9)
    walls = [shape.wall for shape in shapes]
    assert np.argmin(walls) == 0
    assert np.argmax(walls) == ES_PHASE
    assert 1.3 < max(walls) / min(walls) < 1.7
    assert all(shape.outer_depth > shape.depth for shape in shapes)


def test_it_empties_once_and_fills() -> None:
    volumes = np.array([ventricle(phase).volume for phase in range(PHASES)])
    assert np.argmax(volumes) == 0
    assert np.argmin(volumes) == ES_PHASE
    assert np.all(np.diff(volumes[: ES_PHASE + 1]) < 0)
    assert np.all(np.diff(volumes[ES_PHASE:]) > 0)
    assert 0.55 < 1 - volumes.min() / volumes.max() < 0.70
