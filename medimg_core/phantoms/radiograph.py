"""Chest radiographs whose truth is known: anatomy, beam, detector and marks put together."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import FloatArray
from medimg_core.phantoms import thorax
from medimg_core.phantoms.anatomy import Anatomy, draw_anatomy
from medimg_core.phantoms.detector import BONE, SOFT, Exposure, expose, present
from medimg_core.phantoms.marks import resize, word
from medimg_core.phantoms.projection import Beam, Pose, Tube, integrate, project_tubes
from medimg_core.phantoms.skeleton import SPINE_Y, build_bones, project_spine
from medimg_core.phantoms.thorax import Field, Sphere, heart_height
from medimg_core.phantoms.vessels import grow_vessels

__all__ = ["Radiograph", "chest_radiograph"]

TOP = 4095  # twelve bits stored
ROWS, COLUMNS = 1024, 1280
_LESIONS = {  # side -> places of a round consolidation in LPS mm before scale, with the lobe they lie in
    "right": (((-44.0, 22.0, 0.0), "right lower lobe, superior segment"), ((-39.0, -12.0, 20.0), "right upper lobe")),
    "left": (((46.0, 24.0, 8.0), "left lower lobe, superior segment"), ((41.0, -10.0, 22.0), "left upper lobe")),
}


@dataclass(frozen=True, eq=False)
class Radiograph:
    """A radiograph and what is true of it.

    Attributes:
        pixels: Stored values 0..4095, white high, ``uint16``, shape ``(rows, columns)``, read-only.
        pixel: Edge of a detector pixel, mm.
        truth: Places and sizes; JSON-ready.
    """

    pixels: npt.NDArray[np.uint16] = field(repr=False)
    pixel: float
    truth: dict[str, object] = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Scene:
    """Everything that does not depend on the consolidation."""

    anatomy: Anatomy
    pose: Pose
    beam: Beam
    exposure: Exposure
    attenuation: Field = field(repr=False)


@lru_cache(maxsize=4)
def chest_radiograph(seed: int, *, adult: bool = False, lesion: str = "", bronchogram: bool = True) -> Radiograph:
    """Take a frontal chest radiograph of a phantom.

    Args:
        seed: Draws habitus, inspiration, position, rotation, exposure and noise.
        adult: An adult, upright (PA), in place of the small child (AP).
        lesion: ``""``, ``"left"`` or ``"right"``: side of the patient with a round consolidation. The
            rest of the image, noise included, is that of the same seed without it.
        bronchogram: Leave air in the bronchi that cross the consolidation.

    Raises:
        IncompatibleInputError: ``lesion`` is something else.
    """
    if lesion not in ("", *_LESIONS):
        raise IncompatibleInputError("lesion must be empty, 'left' or 'right', got another word")
    scene = _scene(seed, adult)
    attenuation = scene.attenuation
    truth: dict[str, object] = {
        "finding": "round consolidation" if lesion else "none",
        "heart": _place(scene, np.array([15.0, -12.0, heart_height(scene.anatomy)])),
        "spine": _place(scene, np.array([0.0, SPINE_Y, heart_height(scene.anatomy)])),
        "marker": "L",
        "marker_side": "left",
    }
    if lesion:
        rng = np.random.default_rng([seed, 77, len(lesion)])
        ball, lobe = _draw_lesion(lesion, rng)
        extra = _consolidate(scene, ball, rng, bronchogram=bronchogram)
        attenuation = attenuation + extra
        truth |= {
            "consolidation": _place(scene, np.array(ball.centre)) | _size(scene, ball) | {"side": lesion, "lobe": lobe}
        }
    rng = np.random.default_rng([seed, 99])
    signal = expose(attenuation, scene.exposure, rng, pixel=scene.beam.pixel)
    grey = present(signal, scene.exposure, pixel=scene.beam.pixel)
    grey, extent = _collimate(grey, rng)
    truth["collimation"] = extent
    pixels = np.rint(_burn(grey, rng, truth) * TOP).astype(np.uint16)
    pixels.setflags(write=False)
    return Radiograph(pixels, round(scene.beam.pixel * scene.anatomy.scale, 4), truth)


@lru_cache(maxsize=4)
def _scene(seed: int, adult: bool) -> _Scene:
    rng = np.random.default_rng([seed, int(adult)])
    anatomy = draw_anatomy(rng, adult=adult)
    zoom = float(rng.normal(0.87, 0.05))
    columns = COLUMNS if adult else 32 * int(rng.integers(36, 47))
    beam = Beam((ROWS, columns), 0.205 * zoom, 1100.0, 84.0)
    if adult:
        beam = Beam((ROWS, COLUMNS), 0.205 * zoom, 1050.0, 90.0)
    draw = rng.normal(size=8).clip(-2, 2)
    pose = Pose.of(turn=4.0 * draw[0], tilt=2.6 * draw[1], shift=(6.0 * draw[2], 0.0, 6.0 * draw[3]))
    exposure = Exposure(
        quanta=9000.0 * float(np.exp(0.35 * draw[4])),
        scatter=0.9 * float(np.exp(0.25 * draw[5])),
        contrast=float(np.exp(0.20 * draw[6])),
        brightness=0.055 * draw[7] - 0.03 * draw[6],
        fog=float(rng.uniform(0.0, 0.10)),
    )
    coarse, middle, fine = beam.binned(8), beam.binned(4), beam.binned(2)
    depths = np.arange(-96.0, 84.0, 3.0)

    def soft(x: Field, y: Field, z: Field) -> list[Field]:
        return [thorax.body(anatomy, x, y, z)]

    def airy(x: Field, y: Field, z: Field) -> list[Field]:
        return [thorax.lung(anatomy, x, y, z), thorax.gas(anatomy, x, y, z)]

    (body,) = integrate(coarse, pose, soft, depths)
    lungs, air = integrate(middle, pose, airy, np.arange(-60.0, 62.0, 2.0))
    bones = build_bones(anatomy, rng)
    hard = project_tubes(fine, pose, bones.ribs, aspect=2.2, bins=5) + project_tubes(fine, pose, bones.long)
    hard += project_spine(fine, pose, rng)
    vessels = project_tubes(fine, pose, grow_vessels(anatomy, rng), bins=9)

    body = resize(body, fine.shape)
    lungs = resize(lungs, fine.shape)
    aerated = np.clip(lungs / 25.0, 0, 1)
    lungs = lungs - np.minimum(vessels * 1.3 * aerated, lungs)
    mottle = _texture(fine.shape, rng, slope=1.7)
    tissue = _texture(fine.shape, rng, slope=2.2)
    lungs = lungs * (1 + 0.04 * mottle)
    soft_path = body * (1 + 0.012 * tissue) - resize(air, fine.shape)
    total = SOFT * (soft_path - (1 - anatomy.lung_density) * lungs) + (BONE - SOFT) * np.clip(hard, 0, None)
    attenuation = np.clip(resize(total.astype(np.float32), beam.shape), 0, None)
    attenuation.setflags(write=False)
    return _Scene(anatomy, pose, beam, exposure, attenuation)


def _texture(shape: tuple[int, int], rng: np.random.Generator, *, slope: float) -> Field:
    """Noise of unit variance whose amplitude falls with frequency to the power ``slope`` (anatomical clutter)."""
    from scipy.fft import irfft2, rfft2

    white = rng.standard_normal(shape, dtype=np.float32)
    f = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :])
    shaped = irfft2(rfft2(white) / np.maximum(f, 1 / 60.0).astype(np.float32) ** slope, s=shape)
    return np.asarray((shaped - shaped.mean()) / shaped.std(), dtype=np.float32)


def _draw_lesion(side: str, rng: np.random.Generator) -> tuple[Sphere, str]:
    centre, lobe = _LESIONS[side][int(rng.integers(2))]
    x, y, z = (float(value + shift) for value, shift in zip(centre, rng.uniform(-3, 3, 3), strict=True))
    return Sphere((x, y, z), float(rng.uniform(17.0, 21.0))), lobe


def _consolidate(scene: _Scene, ball: Sphere, rng: np.random.Generator, *, bronchogram: bool) -> Field:
    """Attenuation that a ball of airless lung adds."""

    def filled(x: Field, y: Field, z: Field) -> list[Field]:
        gap = np.sqrt(sum((v - c) ** 2 for v, c in zip((x, y, z), ball.centre, strict=True)))
        inside = np.clip(0.5 + (ball.radius - gap) / 5.0, 0, 1)
        return [np.asarray(inside * thorax.lung(scene.anatomy, x, y, z), dtype=np.float32)]

    middle, fine = scene.beam.binned(4), scene.beam.binned(2)
    reach = ball.radius + 4.0
    (path,) = integrate(
        middle, scene.pose, filled, np.arange(ball.centre[1] - reach - 3, ball.centre[1] + reach + 3, 2.0)
    )
    path = resize(path, fine.shape)
    path *= 1 + 0.10 * _texture(fine.shape, rng, slope=1.8)
    if bronchogram:
        path = path - np.minimum(0.7 * project_tubes(fine, scene.pose, _bronchi(ball, rng)), 0.8 * path)
    extra = SOFT * (1 - scene.anatomy.lung_density) * np.clip(path, 0, None)
    return np.clip(resize(extra.astype(np.float32), scene.beam.shape), 0, None)


def _bronchi(ball: Sphere, rng: np.random.Generator) -> list[Tube]:
    """A few air-filled branches from the hilar side of the ball outward."""
    centre = np.array(ball.centre)
    entry = centre + np.array([-np.sign(centre[0]) * ball.radius, 0, 0])
    tubes = []
    for _ in range(4):
        goal = centre + np.array([np.sign(centre[0]) * 0.5, rng.normal(0, 0.3), rng.normal(0, 0.7)]) * ball.radius
        line = entry + np.linspace(0, 1, 30)[:, None] * (goal - entry)
        tubes.append(Tube(line, np.linspace(1.5, 0.8, 30)))
    return tubes


def _place(scene: _Scene, point: FloatArray) -> dict[str, object]:
    """Where a patient point falls: pixel (row, column from 0), its share of the image, and LPS mm."""
    row, column = (float(value) for value in scene.beam.to_pixel(scene.pose.to_room(point)))
    return {
        "pixel": (round(row, 2), round(column, 2)),
        "lps_mm": tuple(round(float(value) * scene.anatomy.scale, 2) for value in point),
    }


def _size(scene: _Scene, ball: Sphere) -> dict[str, object]:
    scale = float(scene.beam.magnification(float(scene.pose.to_room(np.array(ball.centre))[1])))
    return {
        "radius_mm": round(ball.radius * scene.anatomy.scale, 2),
        "radius_pixels": round(ball.radius * scale / scene.beam.pixel, 2),
    }


def _collimate(grey: Field, rng: np.random.Generator) -> tuple[Field, tuple[int, int, int, int]]:
    """Dark border where the collimator's leaves stood: top, bottom, left and right edge of the open part, pixels."""
    rows, columns = grey.shape
    leaf = np.where(rng.random(4) < 0.35, rng.uniform(0.0, 0.025, 4), 0.0)
    top, left = int(leaf[0] * rows), int(leaf[2] * columns)
    bottom, right = rows - int(leaf[1] * rows), columns - int(leaf[3] * columns)
    shut = np.full_like(grey, 0.015)
    shut[top:bottom, left:right] = grey[top:bottom, left:right]
    return shut, (top, bottom, left, right)


def _burn(grey: Field, rng: np.random.Generator, truth: dict[str, object]) -> Field:
    """Side marker on the patient's left (image right) and the word SYNTHETIC in the lower right corner."""
    rows, columns = grey.shape
    out = grey.copy()
    letter = word("L", int(rng.integers(34, 66)))
    row = int(rng.uniform(0.02, 0.40) * rows)
    column = min(int(rng.uniform(0.90, 0.96) * columns), columns - letter.shape[1] - 8)
    _stamp(out, letter, row, column, 0.92)
    truth["marker_pixel"] = (row + letter.shape[0] / 2, column + letter.shape[1] / 2)
    text = word("SYNTHETIC", 16)
    row, column = rows - text.shape[0] - 14, columns - text.shape[1] - 16
    out[row - 6 : row + text.shape[0] + 6, column - 8 : column + text.shape[1] + 8] *= 0.35  # readable on any ground
    _stamp(out, text, row, column, 0.75)
    return out


def _stamp(image: Field, ink: Field, row: int, column: int, grey: float) -> None:
    part = image[row : row + ink.shape[0], column : column + ink.shape[1]]
    part += ink * (grey - part)
