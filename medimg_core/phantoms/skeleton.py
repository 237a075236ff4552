"""Bones of the phantom as tubes and plates: ribs, spine, clavicles, scapulae, upper arms, jaw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.anatomy import Anatomy
from medimg_core.phantoms.projection import Beam, Pose, Tube
from medimg_core.phantoms.thorax import Field, cage_half_depth, cage_half_width

__all__ = ["Bones", "build_bones", "project_spine", "rib_curve", "vertebra_heights"]

SPINE_Y = 42.0  # depth of the vertebral bodies' middle, mm


@dataclass(frozen=True)
class Bones:
    """Tubes by the shape of their section.

    Attributes:
        ribs: Flattened rods: higher than wide.
        long: Round rods.
    """

    ribs: tuple[Tube, ...]
    long: tuple[Tube, ...]


def vertebra_heights(count: int = 24) -> FloatArray:
    """Height z of the vertebral bodies' middles from C4 down, mm, shape ``(count,)``; T1 is number 4."""
    gaps = np.interp(np.arange(count - 1), (0, 3, 6, 15, 23), (10.0, 10.5, 11.5, 14.0, 17.0))
    heights = np.concatenate([[0.0], -np.cumsum(gaps)])
    return np.asarray(heights - heights[4] + 67.0)


def rib_curve(anatomy: Anatomy, number: int, side: int, *, points: int = 420) -> FloatArray:
    """Centre line of a rib on the wall of the cage, from its head at the spine forward.

    Args:
        anatomy: The person.
        number: 0 for the first rib to 11 for the twelfth.
        side: 1 for the patient's left, -1 for the right.
        points: Along the curve.

    Returns:
        LPS mm before scale, shape ``(points, 3)``.
    """
    start = vertebra_heights()[4 + number] + 4.0
    end = (0.62, 0.68, 0.72, 0.74, 0.75, 0.75, 0.74, 0.72, 0.68, 0.64, 0.52, 0.40)[number] * np.pi
    phi = np.linspace(0.10, end, points)
    fall = anatomy.rib_drop * (0.72 + 0.06 * min(number, 6))
    part = phi / np.pi
    z = start + 6.0 * np.sin(np.clip(phi / 1.1, 0, np.pi)) * (number > 0) - fall * part**1.2 * 1.25
    width = np.asarray(cage_half_width(anatomy, np.minimum(z, 60.0)), dtype=np.float64) + 2.0
    depth = np.asarray(cage_half_depth(anatomy, np.minimum(z, 60.0)), dtype=np.float64) + 2.0
    if number == 0:
        width, depth = width * 0 + 0.46 * anatomy.half_width, depth * 0 + 0.62 * anatomy.half_depth
    power = 0.82
    x = np.sign(np.sin(phi)) * np.abs(np.sin(phi)) ** power * width
    y = 4.0 + np.sign(np.cos(phi)) * np.abs(np.cos(phi)) ** 0.9 * depth
    # near the spine a rib leaves the neck of the rib sideways, so it starts at the transverse process
    x = np.maximum(x, 11.0 + 14.0 * part)
    return np.stack([side * x, y, z], axis=1)


def _bend(knots: Sequence[Sequence[float]], points: int = 80) -> FloatArray:
    """Smooth curve through a few points, shape ``(points, 3)``."""
    from scipy.interpolate import CubicSpline

    corner = np.asarray(knots, dtype=np.float64)
    return np.asarray(CubicSpline(np.linspace(0, 1, len(corner)), corner)(np.linspace(0, 1, points)))


def _hollow(
    curve: FloatArray, radius: FloatArray, marrow: float = 0.82, weight: FloatArray | float = 1.0
) -> tuple[Tube, Tube]:
    """Compact bone around spongy bone, which attenuates less than half as much."""
    return Tube(curve, radius, weight), Tube(curve, radius * marrow, -0.76 * weight)


def build_bones(anatomy: Anatomy, rng: np.random.Generator) -> Bones:
    """Lay out the skeleton, with a little chance in each bone.

    Args:
        anatomy: The person.
        rng: Source of chance.
    """
    ribs: list[Tube] = []
    for side in (1, -1):
        for number in range(12):
            curve = rib_curve(anatomy, number, side)
            curve[:, 2] += rng.normal(0, 0.9) + rng.normal(0, 1.8) * np.linspace(0, 1, len(curve))
            along = np.linspace(0, 1, len(curve))
            radius = np.interp(along, (0, 0.12, 0.5, 0.85, 1), (2.4, 2.1, 2.3, 2.7, 2.8)) * rng.normal(1, 0.04)
            radius *= 0.85 if number in (0, 11) else 1.0
            # the front of a child's ribs is cartilage in the making: wide, thin, faint
            weight = np.interp(along, (0, 0.45, 0.62, 0.8, 1), (1.3, 1.2, 0.85, 0.5, 0.3))
            ribs += _hollow(curve, radius, weight=weight)
    return Bones(tuple(ribs), tuple(_girdle(anatomy, rng)))


def _girdle(anatomy: Anatomy, rng: np.random.Generator) -> list[Tube]:
    """Clavicles, scapulae, upper arms and jaw."""
    tubes: list[Tube] = []
    angle = np.radians(anatomy.arm_angle)
    lift = 2.0 + 7.0 * float(np.sin(angle)) + rng.normal(0, 2.0)
    w = anatomy.half_width
    for side in (1, -1):
        clavicle = _bend(
            [(9, -30, 57), (0.32 * w, -30, 62 + 0.4 * lift), (0.62 * w, -12, 67 + lift), (0.92 * w, 2, 69 + 1.3 * lift)]
        )
        clavicle[:, 0] *= side
        tubes += _hollow(clavicle, np.interp(np.linspace(0, 1, 80), (0, 0.2, 0.7, 1), (3.4, 2.5, 2.3, 2.8)), 0.66)
        shoulder = np.array([side * (w + 8.0), 8.0, 82.0 + 0.3 * lift])
        out = np.array([side * np.cos(angle), 0.0, np.sin(angle)])
        shaft = shoulder + np.outer(np.linspace(7, 120, 120), out)
        tubes += _hollow(shaft, np.interp(np.linspace(0, 1, 120), (0, 0.12, 0.3, 1), (8.0, 6.0, 5.0, 5.0)), 0.7)
        head = shoulder + np.outer(np.linspace(-5, 5, 20), out)
        tubes.append(Tube(head, np.sqrt(np.clip(8.0**2 - np.linspace(-7.9, 7.9, 20) ** 2, 0.3, None)), 0.5))
        # scapula: thick lateral border and spine of the scapula; the blade is a fan of thin rods
        glenoid, tip, top = (0.96 * w, 22, 66 + 0.3 * lift), (0.80 * w, 44, 2 + lift), (0.52 * w, 40, 60 + 0.5 * lift)
        border = _bend([glenoid, (0.92 * w, 34, 34 + lift), tip])
        ridge = _bend(
            [(0.95 * w, 20, 74 + 0.4 * lift), (0.74 * w, 38, 60 + 0.5 * lift), (0.5 * w, 42, 48 + 0.5 * lift)]
        )
        for curve, radius, weight in ((border, 2.2, 0.4), (ridge, 3.4, 0.1)):
            curve[:, 0] *= side
            tubes.append(Tube(curve, np.full(len(curve), radius), weight))
        edge = _bend([top, (0.56 * w, 44, 30 + lift), tip], 14)
        for start, end in zip(edge, _bend([glenoid, (0.92 * w, 34, 34 + lift), tip], 14), strict=True):
            line = start + np.outer(np.linspace(0, 1, 30), end - start)
            line[:, 0] *= side
            tubes.append(Tube(line, np.full(30, 2.6), 0.10))
    jaw = np.linspace(-1.25, 1.25, 90)
    chin = anatomy.chin
    arc = np.stack([34 * np.sin(jaw), -62 + 56 * (1 - np.cos(jaw)), chin + 4 + 26 * np.abs(jaw / 1.25) ** 2.5], axis=1)
    tubes += [Tube(arc, np.full(90, 5.5), 0.8), Tube(arc + np.array([0, 4, 11]), np.full(90, 4.0), 1.0)]
    base = np.linspace(-1, 1, 40)
    tubes.append(Tube(np.stack([24 * base, 10 + 0 * base, chin + 30 + 0 * base], axis=1), np.full(40, 16.0), 0.35))
    return tubes


def project_spine(beam: Beam, pose: Pose, rng: np.random.Generator) -> Field:
    """Path length through vertebral bodies, pedicles and spinous processes, mm, shape of the detector.

    Each body is a rounded block seen from the front; arch and processes are added as thickness.
    """
    v, u = beam.axes()
    total = np.zeros(beam.shape, dtype=np.float32)
    heights = vertebra_heights()
    gaps = -np.gradient(heights)
    up = pose.matrix @ np.array([0.0, 0.0, 1.0])
    lean = float(np.arctan2(up[0], up[2]))
    for z, gap in zip(heights, gaps, strict=True):
        grow = float(gap / 14.0)
        room = pose.to_room(np.array([0.0, SPINE_Y, z]))
        arch = pose.to_room(np.array([0.0, SPINE_Y + 20.0, z - 3.0]))
        scale = float(beam.magnification(float(room[1])))
        rows = np.abs(v[:, 0] - room[2] * scale) < 1.6 * gap * scale + 2
        if not rows.any():
            continue
        columns = np.abs(u[0] - room[0] * scale) < 26 * scale
        dv, du = v[rows] - room[2] * scale, u[:, columns] - room[0] * scale
        across = (du * np.cos(lean) - dv * np.sin(lean)) / scale
        height = (du * np.sin(lean) + dv * np.cos(lean)) / scale
        shift = float(arch[0] - room[0])
        half, tall = 9.3 * grow**0.5, gap / 2 - 1.3
        waist = half - 0.9 * (1 - (height / tall) ** 2).clip(0, 1)
        block = _edge(waist - np.abs(across), 2.2) * _edge(tall - np.abs(height), 0.9)
        rim = np.exp(-(((np.abs(height) - tall + 0.9) / 0.7) ** 2)) * _edge(waist - np.abs(across), 1.0)
        part = 1.7 * block + 1.2 * rim
        for side in (-1, 1):
            pedicle = np.hypot((across - shift * 0.5 - side * 6.3) / 2.4, (height - 1.5) / 3.4)
            part = part + 1.0 * np.exp(-((pedicle - 0.8) ** 2) / 0.12) + 0.8 * _edge(1 - pedicle, 0.4)
            lamina = np.hypot((across - shift - side * 4.5) / 5.0, (height + 3.0) / 5.5)
            part = part + 0.9 * _edge(1 - lamina, 0.5)
            process = _edge(1.0 - np.abs((height - 2.5 - 0.12 * np.abs(across)) / 2.4), 0.6)
            part = part + 1.0 * process * _edge(15.0 - side * (across - shift), 2) * _edge(
                side * (across - shift) - 7.5, 2
            )
        spinous = np.hypot((across - shift) / 1.9, (height + 6.5) / 4.2)
        part = part + 2.0 * _edge(1 - spinous, 0.5) * rng.uniform(0.8, 1.2)
        total[np.ix_(rows, columns)] += part
    return total


def _edge(distance: Field, softness: float) -> Field:
    """Smooth step from 0 to 1 over ``softness`` either side of zero."""
    return np.asarray(1 / (1 + np.exp(-np.clip(4 * distance / softness, -30, 30))), dtype=np.float32)
