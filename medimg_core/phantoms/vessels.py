"""Pulmonary vessels: trees that branch and taper from the hila into the lungs."""

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.anatomy import Anatomy
from medimg_core.phantoms.projection import Tube
from medimg_core.phantoms.thorax import lung, to_points

__all__ = ["grow_vessels"]

_HILA = {1: (20.0, 8.0, 10.0), -1: (-19.0, 8.0, 4.0)}  # the left hilum stands higher
_POINTS = 14


def grow_vessels(anatomy: Anatomy, rng: np.random.Generator, *, generations: int = 7) -> tuple[Tube, ...]:
    """Grow arteries and veins of both lungs.

    A branch splits in two; radii follow Murray's law (sum of cubes) with chance, branches outside the
    lung are dropped.

    Args:
        anatomy: The person.
        rng: Source of chance.
        generations: Number of splits.

    Returns:
        Tubes in LPS mm before scale.
    """
    tubes: list[Tube] = []
    for side, hilum in _HILA.items():
        start, heading, radius = _trunks(side, np.array(hilum), rng)
        for generation in range(generations):
            if len(start) == 0:
                break
            length = 17.0 * 0.80**generation * rng.uniform(0.7, 1.3, len(start))
            end = start + heading * length[:, None]
            sag = rng.normal(0, 0.07, start.shape) * length[:, None]
            t = np.linspace(0, 1, _POINTS)[None, :, None]
            curve = start[:, None] * (1 - t) + end[:, None] * t + sag[:, None] * (4 * t * (1 - t))
            taper = np.linspace(1, 0.84, _POINTS)
            tubes += [Tube(line, size * taper) for line, size in zip(curve, radius, strict=True)]
            alive = _in_lung(anatomy, end) | (generation < 1)
            start, heading, radius = _split(end[alive], heading[alive], radius[alive], rng)
    return tuple(tubes)


def _trunks(side: int, hilum: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Arteries and veins that leave one hilum."""
    up = np.radians(np.array([72, 48, 22, 0, -22, -42, -60, -75], dtype=np.float64) + rng.normal(0, 7, 8))
    fore = rng.uniform(-0.55, 0.55, len(up))
    heading = np.stack([side * np.cos(up), fore, np.sin(up)], axis=1)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    radius = np.array([1.7, 1.7, 1.6, 1.7, 2.0, 2.6, 2.8, 2.2]) * rng.uniform(0.85, 1.15, len(up))
    start = hilum + np.stack([0 * up, rng.normal(0, 3, len(up)), 7 * np.sin(up)], axis=1)
    return start, heading, radius


def _split(
    place: FloatArray, heading: FloatArray, radius: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two children for every end: one thicker and straighter, one thinner and more bent."""
    share = rng.uniform(0.5, 0.85, len(radius))
    children, ways, sizes = [], [], []
    side = rng.normal(size=heading.shape)
    side -= (side * heading).sum(axis=1, keepdims=True) * heading
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    for part, sign in ((share, 1.0), (1 - share, -1.0)):
        bend = np.radians(16 + 46 * (1 - part))[:, None] * sign
        children.append(place)
        ways.append(heading * np.cos(bend) + side * np.sin(bend))
        sizes.append(radius * part ** (1 / 3) * 0.96)
    return np.concatenate(children), np.concatenate(ways), np.concatenate(sizes)


def _in_lung(anatomy: Anatomy, points: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    x, y, z = to_points(points).T
    return np.asarray(lung(anatomy, x, y, z, softness=6.0) > 0.35)
