"""A made chest for the tests: a block of tissue in air with a block of lung in it, and shapes in the lung."""

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from medimg_core.geometry import Geometry
from medimg_core.study import Volume

EXTENT = (60.0, 84.0, 100.0)  # mm towards Superior, Posterior, Left
ORIGIN = (-40.0, -30.0, 200.0)  # LPS mm of the corner at right, front, bottom
LUNG, TISSUE, AIR = -850.0, 40.0, -1000.0
WALL = 12.0  # lung begins here in rows and columns, mm; tissue begins at 5
EDGE = 0.9  # blur of every surface, mm

Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
Shape = tuple[Callable[[Points], NDArray[np.float64]], float]
"""Signed distance in mm, negative inside, from places (up, back, left) in mm of the corner; and HU."""


def ball(centre: Sequence[float], diameter: float, hu: float = TISSUE) -> Shape:
    def distance(at: Points) -> NDArray[np.float64]:
        return np.sqrt(sum((axis - c) ** 2 for axis, c in zip(at, centre, strict=True))) - diameter / 2

    return distance, hu


def ellipsoid(centre: Sequence[float], axes: Sequence[float], hu: float = TISSUE) -> Shape:
    def distance(at: Points) -> NDArray[np.float64]:
        q = np.sqrt(sum(((axis - c) / (a / 2)) ** 2 for axis, c, a in zip(at, centre, axes, strict=True)))
        return (q - 1) * min(axes) / 2

    return distance, hu


def rod(through: Sequence[float], way: Sequence[float], diameter: float, hu: float = TISSUE) -> Shape:
    unit = np.array(way, float) / np.linalg.norm(way)

    def distance(at: Points) -> NDArray[np.float64]:
        from_it = [axis - c for axis, c in zip(at, through, strict=True)]
        along = sum(part * u for part, u in zip(from_it, unit, strict=True))
        return np.sqrt(np.maximum(sum(part**2 for part in from_it) - along**2, 0)) - diameter / 2

    return distance, hu


def lps(place: Sequence[float]) -> NDArray[np.float64]:
    """Of a place (up, back, left) in mm of the corner."""
    return np.array(ORIGIN) + np.array([place[2], place[1], place[0]])


def chest(
    shapes: Sequence[Shape] = (),
    *,
    spacing: Sequence[float] = (1.5, 0.8, 1.1),
    axes: str = "SPL",
    noise: float = 15.0,
    lung: float = LUNG,
) -> Volume:
    """A chest.

    Args:
        shapes: Drawn one over the other.
        spacing: In mm along slices, rows, columns of the volume that is made.
        axes: Where its slice, row and column index grow.
        noise: Standard deviation, HU.
        lung: HU.
    """
    step = dict(zip(axes, spacing, strict=True))
    steps = [next(s for letter, s in step.items() if letter in pair) for pair in ("SI", "PA", "LR")]
    up, back, left = (np.arange(int(e / s) + 1) * s for e, s in zip(EXTENT, steps, strict=True))
    at = np.meshgrid(up, back, left, indexing="ij")
    values = np.full(at[0].shape, AIR)
    for margin, hu in ((5.0, TISSUE), (WALL, lung)):
        inside = np.minimum.reduce(
            [m for axis in (1, 2) for m in (at[axis] - margin, EXTENT[axis] - margin - at[axis])]
        )
        values += (hu - values) * np.clip(0.5 + inside / EDGE, 0, 1)
    for distance, hu in shapes:
        values += (hu - values) * np.clip(0.5 - distance((at[0], at[1], at[2])) / EDGE, 0, 1)
    values += np.random.default_rng(3).normal(0, noise, values.shape)
    whole = np.eye(4)
    whole[:3, :3] = np.array([[0, 0, steps[2]], [0, steps[1], 0], [steps[0], 0, 0]])
    whole[:3, 3] = ORIGIN
    return _turned(np.rint(values).astype(np.int16), Geometry(whole), axes)


def _turned(values: NDArray[np.int16], geometry: Geometry, axes: str) -> Volume:
    for order in permutations(range(3)):
        turned = Geometry(geometry.affine[:, [*order, 3]])
        if all(a in b for a, b in zip(turned.orientation, _pairs(axes), strict=True)):
            break
    array = values.transpose(order)
    for axis, (now, wanted) in enumerate(zip(turned.orientation, axes, strict=True)):
        if now != wanted:
            array, turned = np.flip(array, axis), turned.flipped(axis, array.shape[axis])
    return Volume(np.ascontiguousarray(array), unit="HU", geometry=turned)


def _pairs(axes: str) -> list[str]:
    return [next(pair for pair in ("SI", "PA", "LR") if letter in pair) for letter in axes]
