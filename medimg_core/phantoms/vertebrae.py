"""Vertebrae in a CT: bodies with discs between them, canal, arch and processes."""

from collections.abc import Mapping

import numpy as np

from medimg_core.geometry import Geometry
from medimg_core.phantoms.skeleton import SPINE_Y, vertebra_heights
from medimg_core.phantoms.thorax import Field, capsule

__all__ = ["draw_spine"]

_HALF_WIDTH, _FRONT, _BACK = 26.0, SPINE_Y - 16, SPINE_Y + 26  # box that holds a vertebra, mm before scale
_BODY, _CANAL = SPINE_Y - 5.0, SPINE_Y + 5.5  # depth of the middles of body and canal


def draw_spine(volume: Field, geometry: Geometry, scale: float, hu: Mapping[str, float]) -> None:
    """Draw the spine into a volume of HU.

    Args:
        volume: Changed in place, shape ``(slices, rows, columns)``.
        geometry: Axial grid of the volume.
        scale: Of the person.
        hu: Values of ``cortical_bone``, ``marrow`` and ``soft``.
    """
    low = geometry.to_index(np.array([-_HALF_WIDTH, _FRONT, 0.0]) * scale)
    high = geometry.to_index(np.array([_HALF_WIDTH, _BACK, 0.0]) * scale)
    rows, columns = (slice(max(int(low[axis]), 0), min(int(high[axis]) + 1, volume.shape[axis])) for axis in (1, 2))
    part = volume[:, rows, columns]
    axes = [
        np.arange(n, dtype=np.float64) + start
        for n, start in zip(part.shape, (0, rows.start, columns.start), strict=True)
    ]
    step, origin = np.diag(geometry.affine[:3, 2::-1]), geometry.affine[:3, 3]
    x, y, z = (
        np.asarray((axis * size + start) / scale, dtype=np.float32)
        for axis, size, start in zip(axes[::-1], step, origin, strict=True)
    )
    heights = vertebra_heights()
    nearest = np.abs(z[:, None] - heights).argmin(axis=1)
    tall = (-np.gradient(heights)[nearest] / 2 - 1.5).astype(np.float32)[:, None, None]
    rise = (z - heights[nearest]).astype(np.float32)[:, None, None]
    x, y = x[None, None, :], y[None, :, None]
    edge = scale  # mm of a unit before scale

    def occupied(distance: Field) -> Field:
        return np.asarray(np.clip(0.5 + distance * edge, 0, 1), dtype=np.float32)

    disc = _round(x, y - _BODY, 10.5, 8.5)
    body = np.minimum(disc + 0.6 * np.clip(np.abs(rise) / tall, 0, 1) - 0.6, tall - np.abs(rise))
    canal = _round(x, y - _CANAL, 6.0, 5.0)
    ring = np.minimum(np.minimum(_round(x, y - _CANAL, 9.5, 8.0), 4.5 - np.abs(rise - 0.5)), y - _CANAL + 7.0)
    point = (np.abs(x), y, rise)
    processes = np.maximum(
        capsule(point, (8.0, SPINE_Y + 6, 0.5), (21.0, SPINE_Y + 12, 1.5), 2.6),
        capsule(point, (0.0, SPINE_Y + 12, -0.5), (0.0, SPINE_Y + 17, -4.0), 1.9),
    )
    for share, value in (
        (occupied(disc), hu["soft"] + 50),
        (occupied(np.maximum(body, np.maximum(ring, processes))), hu["cortical_bone"]),
        (occupied(np.maximum(body - 1.1, processes - 1.2)), hu["marrow"]),
        (occupied(canal), hu["soft"] - 20),
    ):
        part += (np.float32(value) - part) * share


def _round(x: Field, y: Field, width: float, depth: float) -> Field:
    """About the distance to an ellipse, positive inside."""
    return np.asarray((1 - np.hypot(x / width, y / depth)) * min(width, depth), dtype=np.float32)
