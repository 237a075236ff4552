"""Distances to the surfaces inside an adult chest: what a CT tells apart and a radiograph does not."""

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms import thorax
from medimg_core.phantoms.anatomy import Anatomy
from medimg_core.phantoms.thorax import Field, cage_half_depth, cage_half_width, capsule, ellipsoid

__all__ = ["distances", "outside_lungs"]

_FAR = 120.0  # width of the soft edge from which a distance is read back, mm: true up to half of it


def distances(anatomy: Anatomy, x: Field, y: Field, z: Field) -> dict[str, Field]:
    """Signed distances, positive inside, in mm before scale.

    Args:
        anatomy: The person.
        x: Shape ``(1, 1, columns)``.
        y: Shape ``(1, rows, 1)``.
        z: Shape ``(slices, 1, 1)``.

    Returns:
        For each surface an array ``(slices, rows, columns)``: ``body`` (skin), ``planes`` (fat
        between muscles, and in the armpit), ``inner`` (inside of the chest wall),
        ``cage`` (lungs without diaphragm and mediastinum), ``above`` (the diaphragm), ``fissure`` (zero on the oblique
        fissures), ``mediastinum``, ``organs`` (heart, vessels and gullet in it), ``gas`` (airway, stomach),
        ``sternum``.
    """
    shape = np.broadcast_shapes(x.shape, y.shape, z.shape)
    organs = _organs(anatomy, x, y, z)
    fat = ellipsoid((x, y, z), (2.0, -18.0, 30.0), (17.0, 21.0, 40.0))  # where the thymus was
    skin = _skin(anatomy, x, y, z)
    found = {
        "body": skin,
        "planes": np.maximum(0.6 - np.abs(skin - 17.0), np.minimum(skin - 17.0, 50.0 - z)),
        "inner": _inner(anatomy, x, y, z),
        "cage": np.minimum(thorax.cage(anatomy, x, y, z), _cupola(x, y, z)),
        "above": z - _diaphragm(anatomy, x, y),
        "fissure": (z - 0.86 * y + 12.0) * 0.76 + 0.002 * x**2,
        "mediastinum": np.maximum(organs + 1.6, fat),
        "organs": organs,
        "gas": (thorax.gas(anatomy, x, y, z, softness=_FAR) - 0.5) * _FAR,
        "sternum": _sternum(anatomy, x, y, z),
    }
    return {name: np.broadcast_to(np.asarray(field, dtype=np.float32), shape) for name, field in found.items()}


def _skin(anatomy: Anatomy, x: Field, y: Field, z: Field) -> Field:
    """Trunk, neck, shoulders and raised arms, blended where they meet."""
    wide = anatomy.half_width * thorax.trunk_width(z) + anatomy.wall
    deep = anatomy.half_depth * thorax.trunk_depth(z) + 17.0
    q = np.abs(x / wide) ** 2.1 + np.abs((y - 3) / deep) ** 2.3
    side, w = np.abs(x), anatomy.half_width
    angle = np.radians(anatomy.arm_angle)
    shoulder = (w + 8.0, 8.0, 84.0)
    hand = (shoulder[0] + 130 * float(np.cos(angle)), 6.0, shoulder[2] + 130 * float(np.sin(angle)))
    total = np.asarray((1 - q) * 0.4 * np.minimum(wide, deep))
    for part in (
        capsule((x, y, z), (0.0, 12.0, 60.0), (0.0, 8.0, 130.0), 30.0),
        ellipsoid((x, y, z), (0.0, 16.0, 66.0), (w + 24.0, 30.0, 46.0)),
        ellipsoid((side, y, z), (w - 8.0, 20.0, 44.0), (26.0, 24.0, 70.0)),  # muscles that bound the armpit
        capsule((side, y, z), shoulder, hand, 24.0),
    ):
        total = _blend(total, part, 12.0)
    return np.asarray(total, dtype=np.float32)


def _blend(first: Field, second: Field, width: float) -> Field:
    """Union of two shapes with a rounded seam (polynomial smooth maximum)."""
    mix = np.clip(0.5 + 0.5 * (first - second) / width, 0, 1)
    return np.asarray(second + (first - second) * mix + width * mix * (1 - mix), dtype=np.float32)


def _cupola(x: Field, y: Field, z: Field) -> Field:
    """Round top of each lung; below it a wide tube that leaves the shape to the cage."""
    top = ellipsoid((np.abs(x), y, np.maximum(z, 24.0)), (33.0, 4.0, 24.0), (38.0, 56.0, 42.0))
    return np.asarray(top + np.clip(24.0 - z, 0, 60), dtype=np.float32)


def _diaphragm(anatomy: Anatomy, x: Field, y: Field) -> Field:
    """Height of the diaphragm, its two domes joined by a slope behind the heart."""
    share = np.clip((x + 14.0) / 28.0, 0, 1)
    right = thorax.diaphragm_height(anatomy, np.minimum(x, -14.0), y)
    return np.asarray(right + (thorax.diaphragm_height(anatomy, np.maximum(x, 14.0), y) - right) * share)


def _inner(anatomy: Anatomy, x: Field, y: Field, z: Field) -> Field:
    """Inside of the chest wall; it closes above the lungs."""
    width, depth = cage_half_width(anatomy, z), cage_half_depth(anatomy, z)
    q = np.abs(x / width) ** 2.2 + np.abs((y - 2) / depth) ** 2.3
    return np.asarray((1 - q) * 0.45 * np.minimum(width, depth), dtype=np.float32)


def _organs(anatomy: Anatomy, x: Field, y: Field, z: Field) -> Field:
    """Heart (to the left), great vessels, gullet."""
    k, point, middle = anatomy.heart, (x, y, z), thorax.heart_height(anatomy)
    turn = np.float32(np.radians(33))
    u = (x - 15 * k) * np.cos(turn) - (z - middle) * np.sin(turn)
    w = (x - 15 * k) * np.sin(turn) + (z - middle) * np.cos(turn)
    parts = [
        ellipsoid((u, y, w), (2.0, -14.0, 0.0), (40 * k, 30 * k, 27 * k)),  # ventricles, apex down and left
        ellipsoid(point, (-8.0, -9.0, middle + 4.0), (18 * k, 23 * k, 26 * k)),  # right atrium
        ellipsoid(point, (5.0, 8.0, middle + 14.0), (24 * k, 14 * k, 17 * k)),  # left atrium
        ellipsoid(
            point, (16.0 * k, -16.0, anatomy.dome - 4.0), (32 * k, 24.0, 13.0)
        ),  # the heart's base on the diaphragm
        capsule(point, (8.0, -19.0, -4.0), (15.0, -1.0, 20.0), 8.0),  # pulmonary trunk
        capsule(point, (15.0, -1.0, 20.0), (24.0, 8.0, 14.0), 6.0),
        capsule(point, (12.0, -4.0, 12.0), (-20.0, 4.0, 8.0), 5.5),
        capsule(point, (-1.0, -10.0, -6.0), (-5.0, -12.0, 22.0), 9.0),  # ascending aorta
        capsule(point, (-5.0, -12.0, 22.0), (3.0, -2.0, 34.0), 8.0),
        capsule(point, (3.0, -2.0, 34.0), (12.0, 22.0, 32.0), 7.5),  # arch
        capsule(point, (12.0, 24.0, 30.0), (9.0, 26.0, -75.0), 7.0),  # descending aorta
        capsule(point, (-15.0, -6.0, 46.0), (-15.0, -7.0, -10.0), 5.5),  # superior vena cava
        capsule(point, (13.0, -10.0, 56.0), (-14.0, -7.0, 45.0), 4.0),  # brachiocephalic veins and arteries
        capsule(point, (-14.0, -7.0, 45.0), (-17.0, -4.0, 66.0), 4.5),
        capsule(point, (-4.0, -6.0, 36.0), (-11.0, 4.0, 68.0), 4.0),
        capsule(point, (5.0, 2.0, 36.0), (9.0, 5.0, 68.0), 3.0),
        capsule(point, (11.0, 16.0, 36.0), (14.0, 12.0, 68.0), 3.6),
        capsule(point, (1.5, 17.0, 75.0), (3.0, 20.0, -75.0), 4.2),  # gullet
        capsule(point, (-10.0, 2.0, -20.0), (-13.0, 4.0, -75.0), 7.0),  # inferior vena cava
    ]
    total = parts[0]
    for part in parts[1:]:
        total = np.maximum(total, part)
    return np.asarray(total, dtype=np.float32)


def _sternum(anatomy: Anatomy, x: Field, y: Field, z: Field) -> Field:
    """Breastbone: a plate before the heart, wider above, in the wall in front of ``_inner``."""
    front = 2.0 - cage_half_depth(anatomy, np.clip(z, -30.0, 40.0)) - 3.0
    half = np.where(z > 34, 15.0, 10.0) - 0.08 * np.clip(-z, 0, 60)
    flat = np.minimum(3.6 - np.abs(y - front - 0.012 * x**2), half - np.abs(x))
    return np.asarray(np.minimum(flat, np.minimum(48.0 - z, z + 42.0)), dtype=np.float32)


def outside_lungs(anatomy: Anatomy, points: FloatArray, margin: FloatArray) -> FloatArray:
    """Move points that lie in a lung, or too near to it, outward into the chest wall.

    Args:
        anatomy: The person.
        points: LPS mm before scale, shape ``(n, 3)``.
        margin: Least distance to the lung, mm before scale, shape ``(n,)``.

    Returns:
        New points at the same heights, shape ``(n, 3)``.
    """
    moved = np.array(points, dtype=np.float64)
    middle = np.clip(0.52 * cage_half_width(anatomy, moved[:, 2]), 22.0, 42.0)  # of each lung
    for _ in range(12):
        x, y, z = moved.astype(np.float32).T
        lack = np.clip(thorax.cage(anatomy, x, y, z) + margin, 0, 4.0)
        way = np.stack([np.sign(x) * np.clip(np.abs(x) - middle, 0, None), y - 2.0], axis=1)
        moved[:, :2] += lack[:, None] * way / (np.linalg.norm(way, axis=1, keepdims=True) + 1e-6)
    return moved
