"""A B-mode picture of a breast with one lesion: speckle of scatterers, layers, attenuation, shadow or enhancement."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medimg_core.phantoms.lesion import Mask
from medimg_core.phantoms.marks import word
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.waves import draw_waves

__all__ = ["ECHO_DB", "PIXEL", "POSTERIOR_DB", "SHAPE", "BreastScan", "breast_ultrasound", "speckle"]

SHAPE = (448, 512)
PIXEL = 0.09  # mm; 40 mm deep, 46 mm wide
ECHO_DB = {
    "skin": 2.0, "fat": -13.0, "septum": 1.0, "gland": -3.0, "fascia": 3.0, "muscle": -12.0, "fibre": -2.0,
    "benign": -20.0, "spiculated": -22.0, "capsule": 0.0, "halo": -1.0,
}  # fmt: skip
"""Mean echo of each tissue, dB."""
POSTERIOR_DB = {"benign": 6.0, "spiculated": -15.0}
"""What is added behind the lesion, dB: enhancement, shadow."""
_DYNAMIC_DB, _WHITE_DB = 48.0, 17.8  # from black to white; the echo that is white
_ATTENUATION, _FOCUS = 0.70, 12.0  # dB/mm that the receiver's gain leaves uncorrected behind the focus; its depth, mm
_LOOKS = 4  # pictures from as many angles, averaged as compounding does
_PULSE, _BEAM = 0.10, 0.24  # standard deviations of a speckle's cell along depth and across, mm


class BreastScan(NamedTuple):
    """A picture of one breast.

    Attributes:
        pixels: Grey, 0 to 255, shape ``(rows, columns)``.
        lesion: Truth, the same shape.
        truth: JSON-ready.
    """

    pixels: npt.NDArray[np.uint8]
    lesion: Mask
    truth: dict[str, object]


def breast_ultrasound(seed: int, *, kind: str = "benign") -> BreastScan:
    """Scan a breast with a lesion off the middle.

    Args:
        seed: Draws tissue, the lesion's outline and speckle.
        kind: ``"benign"``: oval, wider than tall, smooth, with enhancement behind it; ``"spiculated"``: taller than
            wide, with spikes, a bright halo and a shadow.

    Returns:
        Picture, truth and mask.
    """
    rng = np.random.default_rng([seed, 29, kind == "spiculated"])
    depth = (np.arange(SHAPE[0], dtype=np.float32) * np.float32(PIXEL))[:, None]
    across = (np.arange(SHAPE[1], dtype=np.float32) * np.float32(PIXEL))[None, :]
    outline, centre = _outline(depth, across, rng, kind)
    echo = _tissue(depth, across, rng)
    inside = np.clip(outline / np.float32(0.3 if kind == "benign" else 1.0) + np.float32(0.5), 0, 1)
    rim = ("capsule", 0.3) if kind == "benign" else ("halo", 2.4)
    around = np.clip(1 - np.abs(outline + rim[1] / 2) / rim[1], 0, 1) * np.float32(0.7)
    echo += (ECHO_DB[rim[0]] - echo) * around
    echo += (ECHO_DB[kind] + draw_waves(rng, 3.0).values(across[0], depth[:, 0], 0.0) * 1.5 - echo) * inside
    echo += POSTERIOR_DB[kind] * _behind(inside, depth) - np.float32(_ATTENUATION) * np.clip(depth - _FOCUS, 0, None)
    shown = speckle(echo, rng)
    pixels = np.rint(np.clip(1 + (shown - _WHITE_DB) / _DYNAMIC_DB, 0, 1) * 255).astype(np.uint8)
    ink = word("SYNTHETIC", 12) > 0.45
    pixels[-ink.shape[0] - 5 : -5, 6 : 6 + ink.shape[1]][ink] = 255
    mask = outline > 0
    for array in (pixels, mask):
        array.setflags(write=False)
    return BreastScan(pixels, mask, _truth(mask, kind, centre))


def _truth(mask: Mask, kind: str, centre: tuple[float, float]) -> dict[str, object]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1]))
    return {
        "lesion": {
            "kind": kind,
            "centroid_pixel": tuple(round(float(place.mean()), 3) for place in np.nonzero(mask)),
            "box_pixel": box,
            "area_mm2": round(int(mask.sum()) * PIXEL**2, 3),
            "pixels": int(mask.sum()),
            "width_mm": round(len(columns) * PIXEL, 3),
            "height_mm": round(len(rows) * PIXEL, 3),
            "depth_mm": round(centre[0], 3),
            "posterior": "enhancement" if POSTERIOR_DB[kind] > 0 else "shadow",
            "side_of_picture": "right" if centre[1] > SHAPE[1] * PIXEL / 2 else "left",
        },
        "echo_db": dict(ECHO_DB),
        "spacing_mm": (PIXEL, PIXEL),
        "shape": SHAPE,
    }


def _outline(depth: Field, across: Field, rng: np.random.Generator, kind: str) -> tuple[Field, tuple[float, float]]:
    """About the distance to the lesion's edge in mm, positive inside, and its middle in mm (depth, across)."""
    jitter = rng.uniform(-1, 1, 4)
    if kind == "benign":
        middle, half = (14.0 + 0.8 * jitter[0], 29.5 + 1.5 * jitter[1]), (3.9 + 0.3 * jitter[2], 6.9 + 0.5 * jitter[3])
    else:
        middle, half = (15.0 + 0.8 * jitter[0], 17.0 + 1.5 * jitter[1]), (6.0 + 0.4 * jitter[2], 4.2 + 0.3 * jitter[3])
    down, right = depth - middle[0], across - middle[1]
    angle = np.arctan2(down / half[0], right / half[1])
    radius = np.ones_like(angle)
    for order in range(2, 6 if kind == "benign" else 9):
        size = 0.10 if kind == "benign" else 0.32
        radius += np.float32(size / order * rng.normal()) * np.cos(
            order * angle + np.float32(rng.uniform(0, 2 * np.pi))
        )
    if kind == "spiculated":
        turns = (np.arange(9) + rng.uniform(-0.4, 0.4, 9)) * 2 * np.pi / 9
        for turn, size, wide in zip(turns, rng.uniform(0.1, 0.55, 9), rng.uniform(0.08, 0.2, 9), strict=True):
            away = np.abs((angle - np.float32(turn) + np.pi) % (2 * np.pi) - np.pi)
            radius += np.float32(size) * np.exp(-away / np.float32(wide))
    reach = np.hypot(down / half[0], right / half[1])
    return np.asarray((radius - reach) * min(half), dtype=np.float32), (float(middle[0]), float(middle[1]))


def _tissue(depth: Field, across: Field, rng: np.random.Generator) -> Field:
    """Mean echo in dB of skin, fat lobules, gland, fat behind it and muscle; shape of the picture."""
    x, y = across[0], depth[:, 0]

    def waves(long: float, stretch: float) -> Field:
        return draw_waves(rng, long, count=16, stretch=(stretch, 1.0, 1e3)).values(x, y, 0.0)

    def level(at: float, swing: float) -> Field:
        """A wavy boundary: distance in mm below it."""
        wave = draw_waves(rng, 30.0, count=10).values(x, np.full(1, 0.0, dtype=np.float32), at)
        return np.asarray(depth - at - np.float32(swing) * wave, dtype=np.float32)

    def step(distance: Field, wide: float = 0.4) -> Field:
        return np.asarray(np.clip(distance / np.float32(wide) + np.float32(0.5), 0, 1), dtype=np.float32)

    def line(distance: Field, wide: float) -> Field:
        return np.asarray(np.exp(-((distance / np.float32(wide)) ** 2)), dtype=np.float32)

    def streaks(long: float, stretch: float, least: float) -> Field:
        """Short bright strokes along the layers."""
        return np.asarray(np.clip(waves(long, stretch) - np.float32(least), 0, 1.2), dtype=np.float32)

    gland, behind, muscle, rib = level(8.5, 1.2), level(23.0, 1.2), level(26.0, 0.9), level(35.0, 0.8)
    echo = ECHO_DB["fat"] + 1.5 * waves(4.0, 2.0) + 9.0 * streaks(1.1, 7.0, 1.2)
    septa = line(waves(8.0, 2.8), 0.09) * np.clip(0.45 + 0.5 * waves(9.0, 2.0), 0, 1)
    echo += (ECHO_DB["septum"] - echo) * septa
    tissue = ECHO_DB["gland"] + 1.5 * waves(2.0, 4.0) + 2.5 * waves(9.0, 2.0)
    tissue += (
        7.0 * streaks(1.3, 5.0, 0.7) + 6.0 * streaks(1.0, 4.0, 1.2) - 10.0 * step(waves(4.5, 2.4) - 1.1, 0.8)
    )  # fibres; ducts and lobules
    echo += (tissue - echo) * step(gland, 1.6) * (1 - step(behind, 1.5))
    fibres = ECHO_DB["muscle"] + 2.0 * waves(1.2, 10.0) + 12.0 * streaks(1.5, 12.0, 0.6)
    echo += (fibres - echo) * step(muscle, 0.6)
    for edge, strength in ((gland, 0.35), (muscle, 0.8), (rib, 0.7)):
        wave = np.clip(0.7 + 0.4 * waves(14.0, 1.5), 0, 1)
        echo += (ECHO_DB["fascia"] - echo) * line(edge, 0.28) * np.float32(strength) * wave
    echo -= np.float32(9.0) * step(rib - 0.6, 1.5)
    echo = _bent(echo, 1.1 * waves(34.0, 1.0) * np.clip((depth - 2.0) / 8.0, 0, 1))
    skin = level(1.7, 0.08)
    band = ECHO_DB["skin"] - 7.0 * line(depth - 0.9, 0.35)
    echo += (band - echo) * (1 - step(skin, 0.3))
    return np.asarray(echo, dtype=np.float32)


def _bent(echo: Field, shift: Field) -> Field:
    """The same tissue with its layers bent: each place shows what lay ``shift`` mm deeper."""
    from scipy.ndimage import map_coordinates

    rows, columns = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in SHAPE), indexing="ij")
    moved = map_coordinates(echo, [rows + shift / np.float32(PIXEL), columns], order=1, mode="nearest")
    return np.asarray(moved, dtype=np.float32)


def _behind(inside: Field, depth: Field) -> Field:
    """How much of the lesion every point has above it, 0 to 1, blurred as the beam widens with depth."""
    from scipy.ndimage import gaussian_filter1d

    through = np.cumsum(inside, axis=0, dtype=np.float32) * np.float32(PIXEL)
    full = np.clip(through / max(float(through.max()) * 0.6, 1e-3), 0, 1) * (1 - inside)
    return np.asarray(gaussian_filter1d(full, 0.9 / PIXEL, axis=1), dtype=np.float32)


def speckle(echo: Field, rng: np.random.Generator) -> Field:
    """Envelope in dB of scatterers of the given mean echo, several looks averaged.

    Many scatterers in one resolution cell add to a complex normal signal, whose magnitude is Rayleigh distributed
    (Burckhardt, IEEE Trans. Sonics Ultrason. 25:1, 1978).
    """
    from scipy.ndimage import gaussian_filter

    strength = np.float32(10) ** (echo / np.float32(20))
    total = np.zeros(SHAPE, dtype=np.float32)
    size = (_PULSE / PIXEL, _BEAM / PIXEL)
    gain = np.float32(np.sqrt(4 * np.pi * size[0] * size[1]))  # leaves the filtered noise a standard deviation of 1
    for _ in range(_LOOKS):
        real, other = (
            gaussian_filter(strength * rng.standard_normal(SHAPE, dtype=np.float32), size, mode="reflect") * gain
            for _ in range(2)
        )
        total += np.hypot(real, other)
    mean = total / np.float32(_LOOKS * np.sqrt(np.pi / 2))
    shown = gaussian_filter(20 * np.log10(mean + np.float32(1e-3)), (0.4, 0.9))  # the scanner's smoothing
    return np.asarray(shown, dtype=np.float32)
