"""Round dense spots at all sizes: the dot filter on the second derivatives of the smoothed lung.

Filter and scales: Li, Sone and Doi, "Selective enhancement filters for nodules, vessels, and airway walls in two- and
three-dimensional CT scans", Med Phys 30 (2003) 2040-2051. With eigenvalues ``|l1| >= |l2| >= |l3|`` of the Hessian, all
below zero, the dot is ``l3**2 / |l1|``: |l| for a ball, nothing for a rod or a sheet. A ball of diameter d answers
strongest near the Gaussian of d / 4; responses are multiplied by its variance, so that scales compare (Lindeberg,
Int J Comput Vis 30 (1998) 79-116).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from medimg_core.detection.grid import Field, Grid, Mask, Stack, enlarged
from medimg_core.detection.lungs import Lungs
from medimg_core.detection.settings import NoduleSettings
from medimg_core.geometry import FloatArray

__all__ = ["BALL_RESPONSE", "Peak", "peaks", "scales"]

BALL_RESPONSE = 0.288
"""Dot in the middle of a ball of contrast 1 at the Gaussian of d / 4, ``sqrt(2 / pi) / 3 * u**3 * exp(-u**2 / 2)`` for
``u = 2``, the radius over the Gaussian."""

_RATIO = 2**0.5  # from scale to scale, as in the paper
_STEPS = (1.0, 2.0)  # mm of the two grids
_COARSE = 2.5  # Gaussian in mm from which on the coarse grid is enough
_SLAB = 48  # slices of the grid at a time
_REACH = 3.0  # of the Gaussians, standard deviations


@dataclass(frozen=True)
class Peak:
    """A place where the dot filter is highest around.

    Attributes:
        place: mm of the stack.
        sigma: Gaussian of the scale that answered strongest, mm.
        dot: Response, in HU of contrast of a ball.
        roundness: ``l3 / l1``, 0 (rod, sheet) to 1 (ball).
    """

    place: tuple[float, float, float]
    sigma: float
    dot: float
    roundness: float


def scales(settings: NoduleSettings) -> tuple[float, ...]:
    """Gaussians in mm, from ``smallest / 4`` (a grid step at least) to ``largest / 4``.

    Examples:
        >>> [round(4 * sigma, 1) for sigma in scales(NoduleSettings())]
        [4.0, 5.7, 8.0, 11.3, 16.0, 22.6]
    """
    sigma, found = max(settings.smallest / 4, _STEPS[0]), []
    while sigma <= settings.largest / 4:
        found.append(sigma)
        sigma *= _RATIO
    return tuple(found)


def peaks(stack: Stack, lungs: Lungs, settings: NoduleSettings) -> Iterator[tuple[float, list[Peak]]]:
    """Peaks of the dot filter in the lungs, grid by grid and slab by slab.

    Args:
        stack: In HU.
        lungs: Values outside are those of parenchyma, so that the chest wall does not answer.
        settings: ``clip``, ``least_contrast``, ``least_dot`` and the diameters are used.

    Yields:
        The share of the work that is done, and the peaks found meanwhile.
    """
    low, high = lungs.box(0.0)
    least = settings.least_dot * settings.least_contrast
    sigmas = scales(settings)
    groups = [[s for s in sigmas if s < _COARSE], [s for s in sigmas if s >= _COARSE]]
    for step, group, start, share in zip(_STEPS, groups, (0.0, 0.85), (0.85, 0.15), strict=True):
        grid = Grid.over(low, high, step)
        halo = int(np.ceil(_REACH * max(group, default=0.0) / step)) + 2
        for first in range(0, grid.shape[0], _SLAB):
            last = min(first + _SLAB, grid.shape[0])
            above, below = max(first - halo, 0), min(last + halo, grid.shape[0])
            origin = (grid.origin[0] + above * step, *grid.origin[1:])
            slab = Grid(origin, step, (below - above, *grid.shape[1:]))
            inside = enlarged(lungs.region, lungs.grid, slab)
            values = stack.sample(slab, settings.clip)
            values[~inside] = lungs.parenchyma
            inside[: first - above] = False
            inside[last - above :] = False
            yield start + share * last / grid.shape[0], _of_slab(values, inside, slab, group, least)


def _of_slab(values: Field, inside: Mask, grid: Grid, sigmas: list[float], least: float) -> list[Peak]:
    from scipy import ndimage

    found, done = [], 0.0
    for sigma in sigmas:
        width = float(np.sqrt(sigma**2 - done**2)) / grid.step
        values = ndimage.gaussian_filter(values, width, mode="nearest", truncate=_REACH)
        done = sigma
        at, dot, roundness = _dots(values, inside)
        dot *= np.float32((sigma / grid.step) ** 2 / BALL_RESPONSE)
        whole = np.zeros(values.shape, dtype=np.float32)
        whole[at] = dot
        strong = dot >= least
        at, dot, roundness = tuple(axis[strong] for axis in at), dot[strong], roundness[strong]
        highest = _highest_around(whole, at, dot)
        for index in np.flatnonzero(highest):
            place = grid.to_mm([axis[index] for axis in at])
            found.append(
                Peak(
                    (float(place[0]), float(place[1]), float(place[2])),
                    sigma,
                    float(dot[index]),
                    float(roundness[index]),
                )
            )
    return found


def _highest_around(whole: Field, at: tuple[np.ndarray, ...], dot: Field) -> Mask:
    """Which of some voxels none of their 26 neighbours exceeds."""
    highest = np.ones(len(dot), dtype=np.bool_)
    last = [n - 1 for n in whole.shape]
    for shift in np.ndindex(3, 3, 3):
        near = tuple(np.clip(axis + s - 1, 0, n) for axis, s, n in zip(at, shift, last, strict=True))
        highest &= whole[near] <= dot
    return highest


def _dots(smooth: Field, inside: Mask) -> tuple[tuple[np.ndarray, ...], Field, Field]:
    """Voxels whose Hessian has three eigenvalues below zero, and there ``l3**2 / |l1|``, per voxel squared."""
    zz, yy, xx = (_second(smooth, axis) for axis in range(3))
    # All three below zero: Sylvester's criterion on the leading minors, so that few eigenvalues are needed.
    chosen = inside & (zz < 0) & (yy < 0) & (xx < 0)
    chosen[[0, -1]] = chosen[:, [0, -1]] = chosen[:, :, [0, -1]] = False
    at = np.nonzero(chosen)
    a, b, c = zz[at], yy[at], xx[at]
    d, e, f = (_mixed(smooth, at, *pair) for pair in ((0, 1), (0, 2), (1, 2)))
    minor = a * b - d * d
    determinant = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)
    negative = (minor > 0) & (determinant < 0)
    at = tuple(axis[negative] for axis in at)
    low, high = _extremes(*(part[negative].astype(np.float64) for part in (a, b, c, d, e, f)))
    return at, np.asarray(high**2 / -low, dtype=np.float32), np.asarray(high / low, dtype=np.float32)


def _second(values: Field, axis: int) -> Field:
    """Second difference along an axis; the outermost voxels are 0."""
    found = np.zeros_like(values)
    middle, before, after = ([slice(None)] * 3 for _ in range(3))
    middle[axis], before[axis], after[axis] = slice(1, -1), slice(None, -2), slice(2, None)
    part = found[tuple(middle)]
    np.add(values[tuple(before)], values[tuple(after)], out=part)
    part -= 2 * values[tuple(middle)]
    return found


def _mixed(values: Field, at: tuple[np.ndarray, ...], first: int, second: int) -> Field:
    """Mixed difference at some voxels, none of them outermost."""
    total = np.zeros(len(at[0]), dtype=np.float32)
    for one, other in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        near = list(at)
        near[first], near[second] = at[first] + one, at[second] + other
        total += np.float32(one * other / 4) * values[tuple(near)]
    return total


def _extremes(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, e: FloatArray, f: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest eigenvalue of symmetric matrices (trigonometric form; Smith, Commun ACM 4 (1961) 168)."""
    mean = (a + b + c) / 3
    spread = np.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2 + 2 * (d**2 + e**2 + f**2)) / 6) + 1e-12
    a, b, c, d, e, f = (
        (part - shift) / spread for part, shift in ((a, mean), (b, mean), (c, mean), (d, 0), (e, 0), (f, 0))
    )
    half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2
    angle = np.arccos(np.clip(half, -1, 1)) / 3
    return mean + 2 * spread * np.cos(angle + 2 * np.pi / 3), mean + 2 * spread * np.cos(angle)
