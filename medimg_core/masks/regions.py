"""Parts with their sizes: what a reader would measure on each."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from medimg_core.masks.axes import axes
from medimg_core.masks.parts import Box, Parts
from medimg_core.masks.scale import Scale
from medimg_core.masks.sides import edge_sides, side
from medimg_core.results import MaskLabel, Point, Region
from medimg_core.study import Volume

__all__ = ["LISTED", "regions", "touches_edge", "volumes_ml"]

LISTED = 100
"""Most regions of one mask: a mask that falls apart into more is no list of findings."""


def regions(
    found: Sequence[Parts], labels: Sequence[MaskLabel], volume: Volume, *, sides: bool, whole: bool
) -> tuple[Region, ...]:
    """Measure the parts of a mask.

    Args:
        found: Parts of each label.
        labels: Names of the labels, in the same order.
        volume: What the mask lies on.
        sides: Whether names say on which side a part lies, e.g. ``"lungs, right"`` (:func:`edge_sides`).
        whole: Whether the slices hold all of what is measured, so that volumes are meant.

    Returns:
        The largest first, :data:`LISTED` at most.
    """
    scale, names = Scale.of(volume), edge_sides(volume) if sides else None
    listed = [
        (voxels, place, index) for place, one in enumerate(found) for index, voxels in enumerate(one.voxels[:LISTED])
    ]
    listed.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    result = []
    for number, (_, place, index) in enumerate(listed[:LISTED], start=1):
        box, inside = found[place].inside(index)
        name = labels[place].name
        where = side(inside, box[2].start, volume.shape[2], names) if names else ""
        named = MaskLabel(labels[place].value, f"{name}, {where}" if where else name)
        result.append(_region(number, named, box, inside, volume.shape, scale, whole=whole))
    return tuple(result)


def volumes_ml(
    found: Sequence[Parts], labels: Sequence[MaskLabel], volume: Volume, *, whole: bool
) -> dict[str, float | None]:
    """Volume of each label in mL, over all of its parts; None where spacing or extent are not known.

    Args:
        found: Parts of each label.
        labels: Names of the labels, in the same order.
        volume: What the mask lies on.
        whole: Whether the slices hold all of what is measured.
    """
    voxel = Scale.of(volume).voxel_ml
    return {
        label.name: sum(one.voxels) * voxel if whole and voxel is not None else None
        for label, one in zip(labels, found, strict=True)
    }


def _region(
    number: int,
    label: MaskLabel,
    box: Box,
    inside: npt.NDArray[np.bool_],
    shape: tuple[int, int, int],
    scale: Scale,
    *,
    whole: bool,
) -> Region:
    start = (box[0].start, box[1].start, box[2].start)
    areas = inside.sum(axis=(1, 2), dtype=np.int64)
    largest = int(np.argmax(areas))
    found = axes(inside[largest], scale.matrix)
    index = start[0] + largest

    def placed(ends: tuple[tuple[float, float], tuple[float, float]]) -> tuple[Point, Point]:
        one, other = ((float(index), start[1] + row, start[2] + column) for row, column in ends)
        return (one, other)

    return Region(
        number=number,
        label=label.value,
        name=label.name,
        voxels=int(areas.sum()),
        slices=(box[0].start, box[0].stop - 1),
        centroid=_centroid(inside, start),
        slice_index=index,
        area=float(areas[largest]) * scale.pixel_area,
        long_axis=found.long,
        short_axis=found.short,
        long_ends=placed(found.long_ends),
        short_ends=placed(found.short_ends),
        length_unit=scale.unit,
        length_note=scale.note,
        volume_ml=int(areas.sum()) * scale.voxel_ml if whole and scale.voxel_ml is not None else None,
        at_border=touches_edge(box, shape),
    )


def touches_edge(box: Box, shape: tuple[int, int, int]) -> bool:
    """Whether a box reaches an edge of its slices."""
    return any(box[axis].start == 0 or box[axis].stop == shape[axis] for axis in (1, 2))


def _centroid(inside: npt.NDArray[np.bool_], start: tuple[int, int, int]) -> Point:
    total = int(np.count_nonzero(inside))
    centre = []
    for axis, first in enumerate(start):
        along = inside.sum(axis=tuple(other for other in range(3) if other != axis), dtype=np.int64)
        centre.append(first + float(along @ np.arange(along.size)) / total)
    return (centre[0], centre[1], centre[2])
