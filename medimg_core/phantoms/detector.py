"""From path lengths to grey: attenuation, scatter, blur, quantum noise and the processed response.

Attenuation coefficients are effective ones for a child's chest at about 60 to 70 kVp (water near
0.021 per mm at 60 keV mean; NIST XCOM orders of magnitude), not a spectrum.
"""

from dataclasses import dataclass

import numpy as np

from medimg_core.phantoms.thorax import Field

__all__ = ["SOFT", "Exposure", "expose", "present"]

SOFT, BONE = 0.021, 0.085  # per mm


@dataclass(frozen=True)
class Exposure:
    """How the radiograph was taken and processed.

    Attributes:
        quanta: Per pixel in the open field.
        scatter: Scattered over primary radiation behind the thickest part.
        blur: Standard deviation of the detector's and the focal spot's blur, pixels.
        contrast: Slope of the response, 1 is usual.
        brightness: Shift of the response, grey 0 to 1.
        fog: Grey of the open field beside the patient.
        detail: Gain of fine structure over broad structure.
    """

    quanta: float = 9000.0
    scatter: float = 0.9
    blur: float = 0.9
    contrast: float = 1.0
    brightness: float = 0.0
    fog: float = 0.0
    detail: float = 2.1


def expose(attenuation: Field, exposure: Exposure, rng: np.random.Generator, *, pixel: float) -> Field:
    """Detected signal over the open field's.

    Args:
        attenuation: Line integral of the attenuation coefficient, shape ``(rows, columns)``.
        exposure: Dose and blur.
        rng: Source of the noise.
        pixel: Edge of a pixel, mm.

    Returns:
        Same shape, above zero.
    """
    from scipy.ndimage import gaussian_filter

    primary = np.exp(-attenuation)
    scattered = _wide_blur(primary * (1 - np.exp(-attenuation / 2.0)), 22.0 / pixel) * exposure.scatter * 0.55
    quanta = (primary + scattered) * exposure.quanta
    noise = rng.standard_normal(attenuation.shape, dtype=np.float32)
    counted = quanta + np.sqrt(quanta) * noise + 2.0 * rng.standard_normal(attenuation.shape, dtype=np.float32)
    signal = gaussian_filter(np.asarray(counted, dtype=np.float32), exposure.blur) / exposure.quanta
    return np.asarray(np.clip(signal, 1.0 / exposure.quanta, None), dtype=np.float32)


def present(signal: Field, exposure: Exposure, *, pixel: float) -> Field:
    """Grey as processed for presentation, 0 (black, open field) to 1 (white).

    Logarithm, then fine structure raised over broad structure, then a sigmoid-like response.

    Args:
        signal: From :func:`expose`.
        exposure: Response.
        pixel: Edge of a pixel, mm.
    """
    density = -np.log(signal)
    middle, broad = _wide_blur(density, 5.0 / pixel), _wide_blur(density, 28.0 / pixel)
    bands = 0.95 * (broad - 1.25) + 0.92 * (middle - broad) + exposure.detail * (density - middle)
    t = 0.48 + exposure.brightness + 0.36 * exposure.contrast * bands
    grey = np.where(t > 0.5, 0.5 + 0.42 * np.tanh((t - 0.5) / 0.42), t)
    grey = np.where(grey < 0.12, 0.12 * np.exp(np.clip((grey - 0.12) / 0.12, -20, 0)), grey)
    open_field = np.clip(density / 0.25, 0, 1)
    fog = exposure.fog * np.clip(2.0 * _wide_blur(open_field.astype(np.float32), 25.0 / pixel), 0, 1)
    return np.asarray(np.clip(fog + (1 - fog) * grey * open_field, 0, 1), dtype=np.float32)


def _wide_blur(image: Field, sigma: float) -> Field:
    """Gaussian blur on a coarser grid: exact enough for scatter, and cheap."""
    from scipy.ndimage import gaussian_filter

    from medimg_core.phantoms.marks import resize

    factor = max(1, int(sigma // 4))
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    small = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    return resize(gaussian_filter(small, sigma / factor, mode="nearest"), image.shape)
