"""Where the lungs are in a CT: by threshold, closed over what touches the pleura.

Threshold: the iterative one of Hu, Hoffman and Reinhardt, "Automatic lung segmentation for accurate quantitation of
volumetric X-ray CT images", IEEE Trans Med Imaging 20 (2001) 490-498, which halves the way between the means of body
and air until it stands. Air of each slice that reaches its edge lies outside the body: the chest wall must be in the
field of view all around. Nodules that touch the pleura fall out of such a mask; Armato and Sensakovic, "Automated lung
segmentation for thoracic CT", Acad Radiol 11 (2004) 1011-1021, roll a ball along its border to bring them back, which
is a closing with that ball.
"""

from dataclasses import dataclass, field

import numpy as np

from medimg_core.detection.grid import Field, Grid, Mask, Stack
from medimg_core.detection.settings import NoduleSettings
from medimg_core.errors import NotApplicableError

__all__ = ["Lungs", "find_lungs"]

_STEP = 2.0  # mm; the border of the lungs needs no more
_PURE_AIR = -960.0  # HU; gut, airway and room are emptier than any lung: emphysema is counted below -950
_AIRWAY_MM2 = 1500.0  # in a slice; the trachea has up to 500 (25 mm wide), where it divides more
_RANGE = (-650.0, -350.0)  # HU; a threshold outside tells of something that is no chest


@dataclass(frozen=True, eq=False)
class Lungs:
    """Lungs on a grid.

    Attributes:
        grid: Where the masks are.
        air: Aerated lung, shape ``grid.shape``.
        region: The same closed over vessels, nodules and what touches the pleura.
        parenchyma: Median of the aerated lung, HU.
        threshold: Between lung and tissue, HU.
    """

    grid: Grid
    air: Mask = field(repr=False)
    region: Mask = field(repr=False)
    parenchyma: float
    threshold: float

    @property
    def volume_ml(self) -> float:
        """Of the closed lungs, ml."""
        return float(np.count_nonzero(self.region)) * self.grid.step**3 / 1000

    def box(self, margin: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
        """Lowest and highest corner of the region with a margin, all in mm of the stack."""
        sides = [np.flatnonzero(self.region.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
        low = self.grid.to_mm([side[0] for side in sides]) - margin
        high = self.grid.to_mm([side[-1] for side in sides]) + margin
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))


def find_lungs(stack: Stack, settings: NoduleSettings) -> Lungs:
    """Find the lungs.

    Args:
        stack: In HU.
        settings: ``closing`` and ``least_lung_ml`` are used.

    Raises:
        NotApplicableError: Nothing in the stack is as large and as aerated as a lung.
    """
    from scipy import ndimage

    grid = Grid.over((0, 0, 0), stack.extent, _STEP)
    values = stack.sample(grid, (-1024.0, 200.0))
    threshold = _threshold(values)
    air = values < threshold
    air &= ~_elsewhere(air, values)
    parts, count = ndimage.label(air)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    least = settings.least_lung_ml * 1000 / _STEP**3
    large = [number for number in range(1, count + 1) if sizes[number] >= least]
    body = _largest(values >= threshold)
    kept = [
        number
        for number in large
        if np.median(values[parts == number]) > _PURE_AIR and _lined(parts == number, values >= threshold, body)
    ]
    if not kept:
        raise NotApplicableError(
            f"lung nodules are looked for inside aerated lung of at least {settings.least_lung_ml:g} ml, found none"
        )
    region = np.zeros(grid.shape, dtype=np.bool_)
    for number in kept:
        region |= _closed(parts == number, settings.closing / _STEP)
    lung = np.isin(parts, kept)
    return Lungs(grid, lung, region, float(np.median(values[lung])), threshold)


def _threshold(values: Field) -> float:
    threshold = -500.0
    for _ in range(20):
        body = values >= threshold
        if not body.any() or body.all():
            break
        new = float(values[body].mean(dtype=np.float64) + values[~body].mean(dtype=np.float64)) / 2
        if abs(new - threshold) < 1:
            break
        threshold = new
    return float(np.clip(threshold, *_RANGE))


def _elsewhere(air: Mask, values: Field) -> Mask:
    """Air outside the body or in the airway, slice by slice, as both may leave the stack at its top.

    Of a slice's parts of air, those that reach its edge, and small ones as empty as only an airway is.
    """
    from scipy import ndimage

    in_plane = np.zeros((3, 3, 3), dtype=np.int8)
    in_plane[1] = ndimage.generate_binary_structure(2, 1)
    parts, count = ndimage.label(air, in_plane)
    dropped = np.zeros(count + 1, dtype=np.bool_)
    dropped[parts[:, [0, -1]]] = True
    dropped[parts[:, :, [0, -1]]] = True
    small = np.flatnonzero(np.bincount(parts.ravel()) < _AIRWAY_MM2 / _STEP**2)
    dropped[small] |= np.asarray(ndimage.median(values, parts, small)) < _PURE_AIR
    dropped[0] = False
    return np.asarray(dropped[parts])


def _largest(mask: Mask) -> Mask:
    """The largest connected part: of tissue, the body."""
    from scipy import ndimage

    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == np.argmax(sizes))


def _lined(part: Mask, tissue: Mask, body: Mask) -> bool:
    """Whether the tissue around a part is the body's, as the shell around the foam of a table is not."""
    from scipy import ndimage

    box = tuple(slice(max(side.start - 2, 0), side.stop + 2) for side in ndimage.find_objects(part.astype(np.uint8))[0])
    rim = ndimage.binary_dilation(part[box], iterations=2) & tissue[box]
    return bool(np.count_nonzero(rim & body[box]) > 0.5 * np.count_nonzero(rim))


def _closed(mask: Mask, radius: float) -> Mask:
    """Closing with a ball, radius in voxels, then the holes of each slice; the ends of the stack do not open it."""
    from scipy import ndimage

    pad = int(np.ceil(radius)) + 1
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    padded = np.pad(mask[box], pad, mode="constant")
    padded[:pad], padded[-pad:] = padded[pad], padded[-pad - 1]  # as if the lung went on
    near = ndimage.distance_transform_edt(~padded) <= radius
    closed = ndimage.distance_transform_edt(near) > radius
    inner = np.asarray(closed[pad:-pad, pad:-pad, pad:-pad] | mask[box])
    for number, plane in enumerate(inner):
        inner[number] = ndimage.binary_fill_holes(plane)
    whole = np.zeros_like(mask)
    whole[box] = inner
    return whole
