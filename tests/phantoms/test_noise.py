"""The noise has the strength, the correlation and the spectrum that are stated, and depends on the slice alone."""

from itertools import pairwise

import numpy as np
import pytest

from medimg_core.phantoms.noise import ACROSS, CUTOFF, ct_noise

SIZE, PIXEL = 256, 0.75


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return ct_noise(3, 0, 12, SIZE, PIXEL)


def test_it_has_unit_strength(noise: np.ndarray) -> None:
    assert abs(noise.mean()) < 1e-3
    np.testing.assert_allclose(noise.std(axis=(1, 2)), 1, atol=0.03)


@pytest.mark.parametrize(("millimetres", "expected"), [(0.75, 0.49), (1.5, -0.03), (2.25, -0.06), (6.0, 0.0)])
def test_it_is_correlated_in_the_plane(noise: np.ndarray, millimetres: float, expected: float) -> None:
    lag = round(millimetres / PIXEL)
    for axis in (1, 2):
        ahead = np.roll(noise, lag, axis=axis)
        assert (noise * ahead).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_it_is_correlated_across_neighbouring_slices(noise: np.ndarray, lag: int) -> None:
    expected = {1: 2 * ACROSS, 2: ACROSS**2, 3: 0.0}[lag] / (1 + 2 * ACROSS**2)
    assert (noise[lag:] * noise[:-lag]).mean() == pytest.approx(expected, abs=0.02)


def test_its_spectrum_peaks_where_stated(noise: np.ndarray) -> None:
    power = (np.abs(np.fft.fft2(noise, axes=(1, 2))) ** 2).mean(axis=0)
    axis = np.fft.fftfreq(SIZE, PIXEL)
    frequency = np.hypot(axis[:, None], axis[None, :])
    bands = np.linspace(0, 0.6, 25)
    mean = [power[(frequency >= a) & (frequency < b)].mean() for a, b in pairwise(bands)]
    assert bands[int(np.argmax(mean))] == pytest.approx(CUTOFF / np.sqrt(2), abs=0.04)
    assert mean[0] < 0.5 * max(mean)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (5, 9), (6, 12)])
def test_a_slice_does_not_depend_on_the_range(noise: np.ndarray, first: int, last: int) -> None:
    np.testing.assert_array_equal(ct_noise(3, first, last, SIZE, PIXEL), noise[first:last])


def test_no_pattern_repeats(noise: np.ndarray) -> None:
    """No two slices beyond the next but one have anything in common, at any shift."""
    spectra = np.fft.fft2(noise, axes=(1, 2))
    for other in range(3, 12):
        assert np.abs(np.fft.ifft2(spectra[0] * spectra[other].conj())).max() / SIZE**2 < 0.05


def test_the_seed_decides(noise: np.ndarray) -> None:
    assert not np.array_equal(ct_noise(4, 0, 1, SIZE, PIXEL), noise[:1])
