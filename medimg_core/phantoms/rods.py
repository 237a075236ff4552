"""Rods drawn into voxels: ribs and vessels of a CT."""

from collections.abc import Sequence

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.thorax import Field

__all__ = ["along", "stamp"]


def along(points: FloatArray, radius: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Walk a curve in steps of equal length.

    Args:
        points: Corners of the curve, mm, shape ``(n, 3)``.
        radius: Of the rod at each corner, mm, shape ``(n,)``.
        step: Longest distance between two places of the answer, mm.

    Returns:
        Places, shape ``(m, 3)``, and radii, shape ``(m,)``.

    Examples:
        >>> along(np.array([[0.0, 0, 0], [0, 0, 3]]), np.array([2.0, 1.0]), 1.0)[1].round(2).tolist()
        [2.0, 1.67, 1.33, 1.0]
    """
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    place = np.linspace(0, way[-1], int(np.ceil(way[-1] / step)) + 1)
    walked = np.stack([np.interp(place, way, points[:, axis]) for axis in range(3)], axis=1)
    return walked, np.asarray(np.interp(place, way, radius))


def stamp(
    share: Field, places: FloatArray, radius: FloatArray, spacing: Sequence[float], *, softness: float, thin: float
) -> None:
    """Draw balls into a volume, each voxel by the share of the ball that fills it most.

    Args:
        share: Changed in place, 0 to 1, C-contiguous, shape ``(slices, rows, columns)``.
        places: Middles as voxel indices, shape ``(n, 3)``; balls may reach beyond the volume.
        radius: In mm, shape ``(n,)``.
        spacing: Between slices, rows, columns, mm.
        softness: Width of the edge, mm.
        thin: Balls of a smaller radius than this (mm) are drawn fainter in proportion: they fill no voxel.

    Raises:
        ValueError: The volume is not C-contiguous.

    Examples:
        >>> share = np.zeros((3, 3, 3), dtype=np.float32)
        >>> stamp(share, np.ones((1, 3)), np.array([0.6]), (1, 1, 1), softness=0.5, thin=0.5)
        >>> share[1].round(2).tolist()
        [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if not share.flags.c_contiguous:
        raise ValueError("a volume to draw in must be C-contiguous")
    size = np.asarray(spacing, dtype=np.float64)
    reach = np.ceil((radius[:, None] + softness / 2) / size).astype(int)
    limit = np.array(share.shape)
    near = np.all((places > -reach - 1) & (places < limit + reach), axis=1)
    places, radius, reach = places[near], radius[near], reach[near]
    flat = share.reshape(-1)
    boxes, which = np.unique(reach, axis=0, return_inverse=True)
    for number, box in enumerate(boxes):
        chosen = np.flatnonzero(which.ravel() == number)
        for part in np.array_split(chosen, max(1, len(chosen) * int(np.prod(2 * box + 1)) // 1_000_000)):
            gap2, index = np.zeros(()), np.zeros((), dtype=np.int64)
            for axis, n in enumerate(box):
                voxel = np.rint(places[part, axis]).astype(np.int64)[:, None] + np.arange(-n, n + 1)
                away2 = ((voxel - places[part, axis][:, None]) * size[axis]) ** 2
                away2[(voxel < 0) | (voxel >= limit[axis])] = np.inf
                gap2 = gap2[..., None] + away2.reshape(len(part), *[1] * axis, -1)
                index = index[..., None] * limit[axis] + voxel.reshape(len(part), *[1] * axis, -1)
            ball = radius[part].reshape(-1, 1, 1, 1)
            fill = np.clip(0.5 + (ball - np.sqrt(gap2)) / softness, 0, 1) * np.minimum(1.0, ball / thin)
            inside = fill > 0
            np.maximum.at(flat, index[inside], fill[inside].astype(np.float32))
