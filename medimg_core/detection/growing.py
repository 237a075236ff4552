"""From a peak to a body: grown at half contrast, cut off the vessels that enter it, widened over ground glass.

Half contrast is where the edge of an object lies that is larger than the blur. Vessels are cut off by opening with a
ball in proportion to the body (Kostis, Reeves, Yankelevitz and Henschke, "Three-dimensional segmentation and
growth-rate estimation of small pulmonary nodules in helical CT images", IEEE Trans Med Imaging 22 (2003) 1259-1274).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from medimg_core.detection.blobs import Peak
from medimg_core.detection.grid import Field, Grid, Mask, Stack, enlarged
from medimg_core.detection.lungs import Lungs
from medimg_core.detection.settings import NoduleSettings

__all__ = ["Body", "grow"]

_CUT = 0.55  # radius of the opening over that of the largest ball inside: thinner vessels fall off
_TAKEN = 0.1  # of a voxel of the lung mask: growth may go so far into its edge, as closing cuts the foot off a ball
_ROOM = (1.9, 3.0)  # half edge of the cube looked at: times the radius, and mm beside
_STEPS = (0.5, 1.0, 7.0)  # mm between points, least and most; points on a radius
_WIDER = 1.6  # factor on the radius where the body fills the cube
_SOLID = 450.0  # HU above the lung; ground glass lies below
_GLASS = 120.0  # HU above the lung from where ground glass counts: half of the faint 250
_SMOOTH = 0.7  # mm; noise would break the edge of ground glass


@dataclass(frozen=True, eq=False)
class Body:
    """A candidate's voxels on a fine grid of its own.

    Attributes:
        grid: Cube around the peak.
        values: HU, shape ``grid.shape``.
        mask: The body.
        lung: Inside the closed lungs.
        level: HU from which on a voxel is dense.
        density: ``"solid"``, ``"part_solid"`` or ``"ground_glass"``.
    """

    grid: Grid
    values: Field = field(repr=False)
    mask: Mask = field(repr=False)
    lung: Mask = field(repr=False)
    level: float
    density: str


class _Part(NamedTuple):
    """What is left of a dense part without its vessels.

    Attributes:
        mask: Its voxels.
        inner: Radius of the largest ball inside, mm.
        reaches: Whether it reaches the edge of the cube.
    """

    mask: Mask
    inner: float
    reaches: bool


def grow(stack: Stack, lungs: Lungs, peak: Peak, settings: NoduleSettings) -> Body | None:
    """Grow a peak to a body.

    Args:
        stack: In HU.
        lungs: Nothing outside is taken in, but for the edge of the mask.
        peak: Where to begin.
        settings: ``least_contrast`` and ``largest`` are used.

    Returns:
        None where nothing dense enough is there, or where it goes on and on as vessels do.
    """
    radius = 2 * peak.sigma
    while radius <= 0.75 * settings.largest:
        found = _grow(stack, lungs, peak, radius, settings)
        if found is None:
            return None
        body, part = found
        if not part.reaches:
            return body
        if part.inner < 0.8 * radius:  # long, not large
            return None
        radius *= _WIDER
    return None


def _grow(stack: Stack, lungs: Lungs, peak: Peak, radius: float, settings: NoduleSettings) -> tuple[Body, _Part] | None:
    reach = _ROOM[0] * radius + _ROOM[1]
    step = float(np.clip(radius / _STEPS[2], *_STEPS[:2]))
    place = np.array(peak.place)
    grid = Grid.over(place - reach, place + reach, step)
    values = stack.sample(grid, (-1024.0, 3071.0))
    lung = enlarged(lungs.region, lungs.grid, grid)
    open_to = enlarged(lungs.region, lungs.grid, grid, _TAKEN)
    away = _distance(grid, peak.place)
    aerated = values[lung & (values < lungs.threshold) & (away > 1.3 * radius)]
    background = float(np.median(aerated)) if aerated.size > 50 else lungs.parenchyma
    middle = values[away <= max(0.8 * peak.sigma, 1.01 * step)]
    contrast = float(np.median(middle)) - background
    if contrast < 0.6 * settings.least_contrast:
        return None
    level, density = background + contrast / 2, "solid"
    if contrast < _SOLID:
        density = "ground_glass"
        part = _without_vessels((_smooth(values, step) > level) & open_to, away, peak.sigma, step)
        return None if part is None else (Body(grid, values, part.mask, lung, level, density), part)
    part = _without_vessels((values > level) & open_to, away, peak.sigma, step)
    if part is None:
        return None
    wide = _with_glass(values, part.mask, open_to, away, background + _GLASS, peak.sigma, step)
    if wide is not None:
        part, level, density = wide, background + _GLASS, "part_solid"
    return Body(grid, values, part.mask, lung, level, density), part


def _with_glass(
    values: Field, mask: Mask, lung: Mask, away: Field, level: float, near: float, step: float
) -> _Part | None:
    """The body with ground glass around it, where there is a rim of at least 2 mm on most sides."""
    radius = (np.count_nonzero(mask) * 3 / 4 / np.pi) ** (1 / 3) * step
    rim = values[(away > radius + 1.0) & (away < radius + 1.7) & lung]
    if rim.size == 0 or np.median(rim) < level:
        return None
    part = _without_vessels((_smooth(values, step) > level) & lung, away, near, step)
    return None if part is None or part.reaches else part


def _without_vessels(dense: Mask, away: Field, near: float, step: float) -> _Part | None:
    from scipy import ndimage

    parts, _ = ndimage.label(dense)
    at = np.unravel_index(np.argmin(np.where(dense, away, np.inf)), dense.shape)
    if not dense[at] or away[at] > near:
        return None
    box = ndimage.find_objects(parts, parts[at])[-1]
    whole = parts[box] == parts[at]
    depth = _depth(whole, box, dense.shape)
    top = np.unravel_index(np.argmax(np.where(away[box] <= max(1.2 * near, 1.01 * step), depth, 0)), depth.shape)
    inner = float(depth[top])
    cores, _ = ndimage.label(depth > _CUT * inner)
    if inner == 0 or cores[top] == 0:
        return None
    mask = np.zeros_like(dense)
    mask[box] = whole & (ndimage.distance_transform_edt(cores != cores[top]) <= _CUT * inner + 1.0)
    sides = (mask[[0, -1]], mask[:, [0, -1]], mask[:, :, [0, -1]])
    return _Part(mask, inner * step, any(bool(side.any()) for side in sides))


def _depth(whole: Mask, box: tuple[slice, ...], shape: tuple[int, ...]) -> Field:
    """Distance to the surface in voxels; a part that the cube cuts goes on there."""
    from scipy import ndimage

    ends = [(int(side.start == 0), int(side.stop == size)) for side, size in zip(box, shape, strict=True)]
    padded = np.pad(np.pad(whole, ends, mode="edge"), [(1 - a, 1 - b) for a, b in ends])
    return np.asarray(ndimage.distance_transform_edt(padded)[1:-1, 1:-1, 1:-1], dtype=np.float32)


def _distance(grid: Grid, place: tuple[float, float, float]) -> Field:
    """Of every point of a grid to a place, mm."""
    z, y, x = (np.asarray((grid.axis(axis) - place[axis]) ** 2, dtype=np.float32) for axis in range(3))
    return np.asarray(np.sqrt(z[:, None, None] + y[:, None] + x), dtype=np.float32)


def _smooth(values: Field, step: float) -> Field:
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_filter(values, _SMOOTH / step, mode="nearest"), dtype=np.float32)
