"""Plane waves: statistics, scale, stretch, and gradients that are those of the values."""

import numpy as np
import pytest

from medimg_core.phantoms.waves import draw_waves

AXIS = np.arange(0, 300, 1, dtype=np.float32)


@pytest.mark.parametrize("wavelength", [8.0, 20.0])
def test_the_field_crosses_zero_about_every_half_wavelength(wavelength: float) -> None:
    """A random direction in space gives a wave whose length in a plane is somewhat longer."""
    values = draw_waves(np.random.default_rng(3), wavelength, count=60).values(AXIS, AXIS, 0.0)
    crossings = (np.diff(np.sign(values), axis=1) != 0).sum(axis=1).mean()
    assert 2 * len(AXIS) / wavelength * 0.4 < crossings < 2 * len(AXIS) / wavelength


def test_stretch_makes_it_longer_along_its_axis() -> None:
    values = draw_waves(np.random.default_rng(3), 8.0, count=60, stretch=(6.0, 1.0, 1.0)).values(AXIS, AXIS, 0.0)
    across, down = ((np.diff(np.sign(values), axis=axis) != 0).sum() for axis in (1, 0))
    assert down > 3 * across


def test_gradients_are_the_slopes_of_the_values() -> None:
    waves = draw_waves(np.random.default_rng(4), 20.0)
    step = np.float32(0.05)
    x, y, z = AXIS[:40], AXIS[:30], 7.0
    wanted = (
        (waves.values(x + step, y, z) - waves.values(x - step, y, z)) / (2 * step),
        (waves.values(x, y + step, z) - waves.values(x, y - step, z)) / (2 * step),
        (waves.values(x, y, z + float(step)) - waves.values(x, y, z - float(step))) / (2 * step),
    )
    for found, slope in zip(waves.gradient(x, y, z), wanted, strict=True):
        assert found.shape == (30, 40)
        np.testing.assert_allclose(found, slope, atol=2e-3)


def test_a_part_of_a_plane_has_the_values_of_the_whole() -> None:
    waves = draw_waves(np.random.default_rng(5), 15.0)
    whole = waves.values(AXIS, AXIS, 3.0)
    np.testing.assert_allclose(waves.values(AXIS[50:90], AXIS[7:20], 3.0), whole[7:20, 50:90], atol=1e-5)
