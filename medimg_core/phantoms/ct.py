"""A small CT of the analytic thorax: the radiograph's functions sampled on a grid, in HU."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray, Geometry
from medimg_core.phantoms import thorax
from medimg_core.phantoms.anatomy import draw_anatomy
from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.marks import word
from medimg_core.phantoms.projection import Tube
from medimg_core.phantoms.rods import stamp
from medimg_core.phantoms.skeleton import SPINE_Y, build_bones, vertebra_heights
from medimg_core.phantoms.thorax import Field, Sphere
from medimg_core.phantoms.vessels import grow_vessels

__all__ = ["HU", "PRIOR_SHIFT", "ct_thorax", "thick_slices"]

HU = {"air": -1000, "lung": -850, "fat": -100, "soft": 40, "bone": 700, "nodule": 60}
SHAPE, SPACING = (36, 160, 192), (4.0, 2.0, 2.0)
PRIOR_SHIFT = (4.0, -3.0, 6.0)  # of the patient in the earlier scan, LPS mm
_NODULE = Sphere((-74.0, 24.0, 12.0), 5.0)  # patient mm


@lru_cache(maxsize=4)
def ct_thorax(seed: int, *, prior: bool = False) -> tuple[npt.NDArray[np.int16], Plane, dict[str, object]]:
    """Scan an adult phantom with a 10 mm nodule in the right lung.

    Args:
        seed: Draws habitus and noise.
        prior: The same person a year before: the nodule measures 7 mm, the noise is another, and the person lies
            ``PRIOR_SHIFT`` away from the later place, as nobody lies down twice in the same frame of reference.

    Returns:
        HU, shape ``(slices, rows, columns)``; its plane; the truth.
    """
    rng = np.random.default_rng([seed, 5])
    anatomy = replace(draw_anatomy(rng, adult=True), arm_angle=80.0)  # arms beside the head, as for a CT
    origin = np.array([-(SHAPE[2] - 1) / 2 * SPACING[2], -(SHAPE[1] - 1) / 2 * SPACING[1] + 6.0, -95.0])
    plane = Plane((1, 0, 0, 0, 1, 0), origin, np.array([0.0, 0.0, SPACING[0]]), SPACING[1:])
    shift = np.array(PRIOR_SHIFT if prior else (0.0, 0.0, 0.0))
    geometry = replace(plane, origin=origin - shift).geometry()  # to the place that the later scan would find
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    x, y, z = (
        np.asarray(part, dtype=np.float32) for part in np.moveaxis(geometry.to_world(index), -1, 0) / anatomy.scale
    )
    body = thorax.body(anatomy, x, y, z, softness=1.2)
    deep = thorax.body(anatomy, x * 1.05, (y - 2) * 1.07 + 2, z, softness=1.2)
    air = np.maximum(thorax.lung(anatomy, x, y, z, softness=1.2), 0)
    hollow = thorax.gas(anatomy, x, y, z, softness=1.2)
    volume = HU["air"] + (HU["fat"] - HU["air"]) * body + (HU["soft"] - HU["fat"]) * deep
    volume += (HU["lung"] - HU["soft"]) * air
    _fill(volume, geometry, grow_vessels(anatomy, rng, generations=5), HU["soft"], anatomy.scale)
    volume += (HU["air"] - volume) * hollow
    bones = build_bones(anatomy, rng)
    solid = [tube for tube in (*bones.ribs, *bones.long) if np.mean(tube.weight) >= 0.4]
    _fill(volume, geometry, solid, HU["bone"], anatomy.scale)
    _spine(volume, x, y, z)
    nodule = replace(_NODULE, radius=3.5) if prior else _NODULE
    gap = np.linalg.norm(geometry.to_world(index) - np.array(nodule.centre), axis=-1)
    inside = np.clip(0.5 + (nodule.radius - gap) / 1.8, 0, 1)
    volume += (HU["nodule"] - volume) * inside
    chance = np.random.default_rng([seed, 5, 1]) if prior else rng
    volume += chance.normal(0, 12, SHAPE) * (0.4 + 0.6 * body)
    ink = word("SYNTHETIC", 9) > 0.45
    values = np.rint(volume).clip(-1024, 3071).astype(np.int16)
    values[:, -ink.shape[0] - 2 : -2, 3 : 3 + ink.shape[1]][:, ink] = 400
    values.setflags(write=False)
    truth: dict[str, object] = {
        "nodule": {
            "lps_mm": tuple(float(value) for value in np.array(nodule.centre) + shift),
            "diameter_mm": 2 * nodule.radius,
            "voxel": tuple(round(float(value), 3) for value in geometry.to_index(np.array(nodule.centre))),
            "side": "right",
        },
        "hu": dict(HU),
        "spacing_mm": SPACING,
    }
    if prior:
        truth["later"] = {"id": "ct_thorax", "diameter_mm": 2 * _NODULE.radius, "lps_mm": _NODULE.centre}
        truth["shift_to_later_mm"] = tuple(float(value) for value in -shift)
    return values, plane, truth


def thick_slices(values: npt.NDArray[np.int16], plane: Plane, count: int = 2) -> tuple[npt.NDArray[np.int16], Plane]:
    """Reconstruct the same anatomy in thicker slices: means of neighbours, each centred between them.

    Args:
        values: Shape ``(slices, rows, columns)``.
        plane: Where they lie.
        count: Slices in one thick slice; what is left over at the end is dropped.

    Returns:
        Rounded means, shape ``(slices // count, rows, columns)``, and their plane.

    Examples:
        >>> stack = np.arange(5, dtype=np.int16).reshape(5, 1, 1) * 10
        >>> thick, where = thick_slices(stack, Plane((1, 0, 0, 0, 1, 0), np.zeros(3), np.array([0.0, 0, 4]), (1, 1)))
        >>> thick.ravel().tolist(), where.origin.tolist(), where.step.tolist()
        ([5, 25], [0.0, 0.0, 2.0], [0.0, 0.0, 8.0])
    """
    whole = values.shape[0] // count
    means = values[: whole * count].reshape(whole, count, *values.shape[1:]).mean(axis=1)
    thick = np.rint(means).astype(np.int16)
    thick.setflags(write=False)
    return thick, replace(plane, origin=plane.origin + plane.step * (count - 1) / 2, step=plane.step * count)


def _fill(volume: FloatArray | Field, geometry: Geometry, tubes: Sequence[Tube], value: float, scale: float) -> None:
    """Draw tubes into the volume, each voxel by the share of the thickest rod through it."""
    share = np.zeros(volume.shape, dtype=np.float32)
    places, radii = [], []
    for tube in tubes:
        step = float(np.linalg.norm(tube.points[1] - tube.points[0])) * scale
        thin = slice(None, None, max(1, int(1.2 / step)))  # a point a millimetre is enough for these voxels
        places.append(tube.points[thin] * scale)
        radii.append(tube.radius[thin] * scale)
    place, radius = geometry.to_index(np.concatenate(places)), np.concatenate(radii)
    stamp(share, place, radius, geometry.spacing, softness=2.0, thin=1.2)
    volume += (value - volume) * share


def _spine(volume: FloatArray | Field, x: Field, y: Field, z: Field) -> None:
    """Vertebral bodies with discs between them, arch and spinous process behind."""
    heights = vertebra_heights()
    nearest = np.abs(z[..., None] - heights.astype(np.float32)).min(axis=-1)
    disc = np.clip((nearest - 5.6) / 0.8, 0, 1)
    body = np.clip(0.5 + (1 - np.hypot(x / 9.0, (y - SPINE_Y + 6) / 7.0)) * 8 / 1.2, 0, 1)
    process = np.clip(0.5 + (1.6 - np.abs(x)) / 1.0, 0, 1) * ((y > SPINE_Y + 4) & (y < SPINE_Y + 14))
    canal = np.clip(0.5 + (1 - np.hypot(x / 5.0, (y - SPINE_Y - 4) / 4.0)) * 5 / 1.2, 0, 1)
    volume += (HU["bone"] * (1 - disc) * 0.6 + 80 - volume) * body
    volume += (HU["bone"] - volume) * process * (1 - disc)
    volume += (HU["soft"] - volume) * canal
