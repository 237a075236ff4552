"""Noise of a CT: correlated in the plane as filtered back projection leaves it, and a little across slices."""

from functools import lru_cache

import numpy as np

from medimg_core.phantoms.thorax import Field

__all__ = ["ACROSS", "CUTOFF", "ct_noise"]

CUTOFF = 0.28
"""Where the spectrum falls off, cycles/mm."""
ACROSS = 0.25
"""Weight of either neighbour in the mean over three slices."""
_PAIR = 11  # tells the seeds of noise from those of shapes


def ct_noise(seed: int, first: int, last: int, size: int, pixel: float) -> Field:
    """Draw unit noise for some slices of a stack; each slice is the same whatever range it is drawn in.

    The noise power spectrum is ``f * exp(-(f / CUTOFF)**2)`` plus a small floor: it rises with the frequency as the
    ramp filter leaves it and falls as a smooth kernel cuts it, with its peak at ``CUTOFF / sqrt(2)``
    (0.20 cycles/mm). Its autocorrelation in the plane is 0.5 at 0.75 mm, falls to 1/e at 0.9 mm (the correlation
    length) and is weakly negative from 1.5 to 3.5 mm.
    Neighbouring slices correlate by ``2 w / (1 + 2 w**2)`` = 0.44 (``w`` is ``ACROSS``).

    Args:
        seed: 0 or above.
        first: First slice.
        last: One past the last slice.
        size: Rows, and columns.
        pixel: Edge of a pixel, mm.

    Returns:
        Mean 0, standard deviation 1, shape ``(last - first, size, size)``.

    Examples:
        >>> float(np.round(ct_noise(1, 0, 4, 64, 0.75).std(), 1))
        1.0
    """
    from scipy.fft import ifft2

    gain = _gain(size, pixel)
    pairs = range((first - 1) // 2, last // 2 + 1)
    plain = np.empty((2 * len(pairs), size, size), dtype=np.float32)
    for number, pair in enumerate(pairs):
        rng = np.random.default_rng([seed, _PAIR, pair + 1])
        # A complex field without symmetry: its real and imaginary part are two independent slices.
        white = rng.standard_normal((size, 2 * size), dtype=np.float32).view(np.complex64)
        both = ifft2(white * gain, overwrite_x=True)
        plain[2 * number], plain[2 * number + 1] = both.real, both.imag
    start = first - 2 * pairs[0]
    middle, before, after = (plain[start + shift : start + shift + last - first] for shift in (0, -1, 1))
    mixed = middle + np.float32(ACROSS) * (before + after)
    return np.asarray(mixed / np.float32(np.sqrt(1 + 2 * ACROSS**2)), dtype=np.float32)


@lru_cache(maxsize=4)
def _gain(size: int, pixel: float) -> Field:
    """Factor on white noise in the frequency plane that leaves a standard deviation of 1."""
    axis = np.fft.fftfreq(size, pixel)
    frequency = np.hypot(axis[:, None], axis[None, :])
    power = frequency * np.exp(-((frequency / CUTOFF) ** 2)) + 0.004 * np.exp(-((frequency / 0.5) ** 2))
    power[0, 0] = 0.0
    gain = np.sqrt(power) * size**2 / np.sqrt(power.sum())
    gain.setflags(write=False)
    return np.asarray(gain, dtype=np.float32)
