"""An analytic thorax: which point in the patient is soft tissue, lung or gas.

All of it is closed-form in LPS millimetres around the middle of the chest, so a radiograph is a set
of line integrals through it and a CT is the same functions sampled on a grid. Sizes are of a child of
about three years; ``Anatomy.scale`` makes an adult of it. The shapes imitate, they measure nobody.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.anatomy import Anatomy

__all__ = [
    "Field",
    "Sphere",
    "cage",
    "cage_half_width",
    "capsule",
    "diaphragm_height",
    "ellipsoid",
    "trunk_depth",
    "trunk_width",
]

Field = npt.NDArray[np.float32]

_FAR = np.float32(-9.0).reshape(1)  # distance to a shape that no point of the plane is near
APEX, BASE = 66.0, -74.0  # z of the lungs' apex and of the costal margin, mm, before scale
# Profiles along the long axis: place, value; smooth in between.
_CAGE_WIDTH = (
    (-0.3, 0.0, 0.03, 0.08, 0.16, 0.28, 0.45, 0.70, 1.0, 1.6),
    (0.02, 0.2, 0.36, 0.47, 0.62, 0.76, 0.885, 0.97, 1.0, 1.0),
)
_CAGE_DEPTH = ((-0.2, 0.0, 0.2, 0.5, 1.0), (0.2, 0.45, 0.8, 1.0, 1.05))
_TRUNK_WIDTH = ((-140, -60, 20, 50, 70, 90, 106, 130), (0.98, 1.0, 0.95, 0.82, 0.62, 0.40, 0.28, 0.25))
_TRUNK_DEPTH = ((-140, -20, 40, 75, 100), (1.06, 1.0, 0.92, 0.66, 0.52))


@dataclass(frozen=True)
class Sphere:
    """A ball in the patient.

    Attributes:
        centre: LPS, mm.
        radius: In mm.
    """

    centre: tuple[float, float, float]
    radius: float


def _inside(distance: Field, softness: float) -> Field:
    """Occupancy, 0 to 1, from a signed distance in mm (positive inside)."""
    return np.asarray(np.clip(0.5 + distance / softness, 0.0, 1.0), dtype=np.float32)


def union(parts: list[Field]) -> Field:
    """Signed distance to the nearest of several shapes."""
    distance = parts[0]
    for part in parts[1:]:
        distance = distance if part is _FAR else np.maximum(distance, part)
    return distance


def _misses(y: Field, low: float, high: float) -> bool:
    """True when all points lie before or behind a shape, which saves most of the work of a projection."""
    return bool(y.min() > high + 3 or y.max() < low - 3)


def ellipsoid(point: tuple[Field, Field, Field], centre: tuple[float, ...], radii: tuple[float, ...]) -> Field:
    """Approximate signed distance to an ellipsoid, positive inside (first order in the gap)."""
    if _misses(point[1], centre[1] - radii[1], centre[1] + radii[1]):
        return _FAR
    scaled = [(value - middle) / radius for value, middle, radius in zip(point, centre, radii, strict=True)]
    squared = scaled[0] ** 2 + scaled[1] ** 2 + scaled[2] ** 2
    gradient = sum((value / radius) ** 2 for value, radius in zip(scaled, radii, strict=True))
    k0 = np.sqrt(squared)
    return np.asarray(k0 * (1 - k0) / np.sqrt(gradient + 1e-9), dtype=np.float32)


def capsule(
    point: tuple[Field, Field, Field], start: tuple[float, ...], end: tuple[float, ...], radius: float
) -> Field:
    """Signed distance to a round-ended cylinder, positive inside."""
    if _misses(point[1], min(start[1], end[1]) - radius, max(start[1], end[1]) + radius):
        return _FAR
    axis = [b - a for a, b in zip(start, end, strict=True)]
    length2 = sum(value * value for value in axis)
    offset = [value - a for value, a in zip(point, start, strict=True)]
    along = np.clip(sum(o * d for o, d in zip(offset, axis, strict=True)) / length2, 0, 1)
    gap2 = sum((o - along * d) ** 2 for o, d in zip(offset, axis, strict=True))
    return np.asarray(radius - np.sqrt(gap2), dtype=np.float32)


@cache
def _table(profile: tuple[tuple[float, ...], tuple[float, ...]]) -> tuple[Field, Field]:
    """A profile as a fine table: monotone cubic between its knots."""
    from scipy.interpolate import PchipInterpolator

    place = np.linspace(profile[0][0], profile[0][-1], 256)
    return place.astype(np.float32), np.asarray(PchipInterpolator(*profile)(place), dtype=np.float32)


def _along(profile: tuple[tuple[float, ...], tuple[float, ...]], place: npt.ArrayLike) -> Field:
    return np.asarray(np.interp(np.asarray(place), *_table(profile)), dtype=np.float32)


def cage_half_width(anatomy: Anatomy, z: npt.ArrayLike) -> Field:
    """Inner half-width of the rib cage at height z (before scale), mm, same shape as ``z``."""
    t = (APEX - np.asarray(z, dtype=np.float32)) / (APEX - BASE)
    return np.asarray(anatomy.half_width * _along(_CAGE_WIDTH, t), dtype=np.float32)


def cage_half_depth(anatomy: Anatomy, z: npt.ArrayLike) -> Field:
    """Inner half-depth of the rib cage at height z (before scale), mm, same shape as ``z``."""
    t = (APEX - np.asarray(z, dtype=np.float32)) / (APEX - BASE)
    return np.asarray(anatomy.half_depth * _along(_CAGE_DEPTH, t), dtype=np.float32)


def trunk_width(z: npt.ArrayLike) -> Field:
    """Factor on the half-width of the trunk at height z (before scale)."""
    return _along(_TRUNK_WIDTH, z)


def trunk_depth(z: npt.ArrayLike) -> Field:
    """Factor on the half-depth of the trunk at height z (before scale)."""
    return _along(_TRUNK_DEPTH, z)


def diaphragm_height(anatomy: Anatomy, x: Field, y: Field) -> Field:
    """Height z of the diaphragm (before scale) over points of the axial plane, mm.

    The right dome stands higher; both fall off steeply to the ribs and behind.
    """
    left = x > 0
    top = np.where(left, anatomy.dome - anatomy.dome_step, anatomy.dome)
    middle = np.where(left, 0.50, 0.47) * anatomy.half_width
    across = (np.abs(x) - middle) / (0.56 * anatomy.half_width)
    lateral = np.where(across > 0, 30.0 * np.abs(across) ** 2.6, 9.0 * across**2)
    along = (y + 8.0) / anatomy.half_depth
    sagittal = np.where(along > 0, 30.0 * along**2, 12.0 * along**2)
    return np.asarray(top - lateral - sagittal, dtype=np.float32)


def cage(anatomy: Anatomy, x: Field, y: Field, z: Field) -> Field:
    """Signed distance to a lung's outline without diaphragm and mediastinum, about mm before scale, positive inside."""
    side = np.abs(x)
    outer = cage_half_width(anatomy, z)
    depth = cage_half_depth(anatomy, z)
    medial = 9.0 + 0.10 * np.clip(-y, 0, 40)
    centre = np.clip(0.52 * outer, 22.0, 42.0)
    lateral = np.where(side > centre, (side - centre) / (outer - centre + 1e-3), (centre - side) / (centre - medial))
    power = np.where(side > centre, 2.2, 3.2)
    forward = np.abs(y - 2.0) / depth
    q = np.abs(lateral) ** power + forward**2.3
    wall = (1 - q) * 0.45 * np.clip(outer - centre, 8.0, 40.0)
    apex = APEX - z - 0.012 * (side - 27.0) ** 2 - 0.01 * (y - 10.0) ** 2
    return np.asarray(np.minimum(wall, apex * 0.9))


def lung(anatomy: Anatomy, x: Field, y: Field, z: Field, softness: float = 1.2) -> Field:
    """Share of aerated lung at points before scale, 0 to 1: cage, less mediastinum, less what is below."""
    inside = np.minimum(cage(anatomy, x, y, z), z - diaphragm_height(anatomy, x, y))
    return np.asarray(_inside(inside, softness) * (1 - mediastinum(anatomy, x, y, z, softness)), dtype=np.float32)


def heart_height(anatomy: Anatomy) -> float:
    """Height z of the heart's middle before scale: it rests on the diaphragm."""
    return 0.6 * anatomy.dome + 1.0


def mediastinum(anatomy: Anatomy, x: Field, y: Field, z: Field, softness: float = 1.2) -> Field:
    """Share of heart, great vessels and thymus at points before scale, 0 to 1. The heart lies to the left."""
    k, point = anatomy.heart, (x, y, z)
    middle = heart_height(anatomy)
    turn = np.float32(np.radians(33))
    u = (x - 15 * k) * np.cos(turn) - (z - middle) * np.sin(turn)
    w = (x - 15 * k) * np.sin(turn) + (z - middle) * np.cos(turn)
    parts = [
        ellipsoid((u, y, w), (0.0, -12.0, 0.0), (40 * k, 30 * k, 28 * k)),  # ventricles, apex down and left
        ellipsoid(point, (-7.0, -6.0, middle + 4.0), (19 * k, 25 * k, 27 * k)),  # right atrium
        capsule(point, (12.0, 0.0, 32.0), (24.0 * k, -8.0, -6.0), 14.0 * k),  # pulmonary trunk, left auricle
        capsule(point, (-7.0, -6.0, 50.0), (-12.0, -6.0, -10.0), 12.0),  # superior vena cava
        ellipsoid(point, (10.0, 6.0, 34.0), (10.5, 14.0, 14.0)),  # aortic arch
        ellipsoid(point, (2.0, -14.0, 36.0), (23 * anatomy.thymus, 19.0, 42.0)),  # thymus
        ellipsoid(point, (16.0 * k, -14.0, anatomy.dome - 4.0), (32 * k, 24.0, 13.0)),  # its base on the diaphragm
        capsule(point, (9.0, 30.0, 34.0), (6.0, 30.0, -70.0), 7.0),  # descending aorta
    ]
    return _inside(union(parts), softness)


def gas(anatomy: Anatomy, x: Field, y: Field, z: Field, softness: float = 1.2) -> Field:
    """Share of air outside the lungs at points before scale: trachea, main bronchi, gastric bubble (left)."""
    r, point = anatomy.gas, (x, y, z)
    top = anatomy.dome - anatomy.dome_step - 9.0
    parts = [
        capsule(point, (-1.0, 10.0, 20.0), (0.0, 2.0, 120.0), 4.2),
        capsule(point, (-1.0, 10.0, 20.0), (-15.0, 12.0, 9.0), 3.3),
        capsule(point, (-1.0, 10.0, 20.0), (18.0, 13.0, 8.0), 3.0),
    ]
    if r > 3.0:
        parts += [
            ellipsoid(point, (36.0, -12.0, top - 0.75 * r), (1.45 * r, 1.1 * r, 0.75 * r)),
            ellipsoid(point, (22.0, -18.0, top - 1.35 * r), (0.8 * r, 0.8 * r, 0.5 * r)),
        ]
    return _inside(union(parts), softness)


def body(anatomy: Anatomy, x: Field, y: Field, z: Field, softness: float = 2.0) -> Field:
    """Share of the body at points before scale, 0 to 1: trunk, neck, head, shoulders and arms."""
    point = (x, y, z)
    wide = anatomy.half_width * trunk_width(z) + anatomy.wall
    deep = anatomy.half_depth * trunk_depth(z) + 12.0
    q = np.abs(x / wide) ** 2.1 + np.abs((y - 2) / deep) ** 2.3
    parts = [
        np.asarray((1 - q) * 0.4 * np.minimum(wide, deep), dtype=np.float32),
        capsule(point, (0.0, 8.0, 60.0), (0.0, 2.0, 130.0), 27.0),
        ellipsoid(point, (0.0, 13.0, 58.0), (anatomy.half_width + 26.0, 23.0, 46.0)),  # shoulder girdle
        ellipsoid(point, (0.0, -4.0, anatomy.chin + 62.0), (58.0, 70.0, 66.0)),
    ]
    angle = np.radians(anatomy.arm_angle)
    for side in (-1.0, 1.0):
        shoulder = (side * (anatomy.half_width + 8.0), 8.0, 84.0)
        hand = (shoulder[0] + side * 130 * float(np.cos(angle)), 6.0, shoulder[2] + 130 * float(np.sin(angle)))
        parts += [
            capsule(point, (side * 24.0, 12.0, 72.0), shoulder, 23.0),
            capsule(point, shoulder, hand, 24.0),
            ellipsoid(point, (side * (anatomy.half_width + 4.0), 16.0, 34.0), (22.0, 13.0, 66.0)),  # axillary folds
        ]
    return _inside(union(parts), softness)


def to_points(values: FloatArray | Field) -> Field:
    """Single precision copy for the functions of this module."""
    return np.asarray(values, dtype=np.float32)
