"""Connected parts of one label."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["Box", "Mask", "Parts", "parts"]

Mask = npt.NDArray[np.uint8]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Parts:
    """Connected parts of one label, the largest first; of two of one size the one that comes first in the array.

    Attributes:
        value: The label's value.
        voxels: Number of voxels of each part, falling.
        box: Where ``numbered`` lies in the volume.
        numbered: Number of the part at each voxel, 0 outside of all; shape of ``box``.
        numbers: Numbers of the parts in ``numbered``, in the order of ``voxels``.
    """

    value: int
    voxels: tuple[int, ...]
    box: Box
    numbered: npt.NDArray[np.integer[Any]] = field(repr=False)
    numbers: tuple[int, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.voxels)

    def first(self, count: int) -> "Parts":
        """The ``count`` largest parts; all of them for 0."""
        return Parts(self.value, self.voxels[: count or None], self.box, self.numbered, self.numbers[: count or None])

    @cached_property
    def chosen(self) -> npt.NDArray[np.bool_]:
        """True where any of these parts is, shape of :attr:`box`."""
        if not self.voxels:
            return np.zeros(self.numbered.shape, np.bool_)
        most = int(self.numbered.max())
        if len(self.voxels) == most:
            return np.asarray(self.numbered != 0)
        wanted = np.zeros(most + 1, np.bool_)
        wanted[list(self.numbers)] = True
        return np.asarray(wanted[self.numbered])

    @cached_property
    def areas(self) -> npt.NDArray[np.int64]:
        """Voxels of these parts in each slice of :attr:`box`."""
        return np.asarray(self.chosen.sum(axis=(1, 2), dtype=np.int64))

    def inside(self, index: int) -> tuple[Box, npt.NDArray[np.bool_]]:
        """One part.

        Args:
            index: Place in the list, from 0.

        Returns:
            Its box in the volume, and True where it is, shape of that box.
        """
        found = self.numbered == self.numbers[index]
        inner = _box(found)
        return _within(self.box, inner), found[inner]

    def paint(self, mask: Mask) -> None:
        """Give these parts their value in ``mask``, which is changed in place."""
        mask[self.box][self.chosen] = self.value


def parts(mask: Mask, value: int) -> Parts:
    """Find the connected parts of a label.

    Voxels that share a face, an edge or a corner are connected: 26 neighbours in a volume, 8 in a single slice.

    Args:
        mask: Label mask, shape ``(slices, rows, columns)``.
        value: Label.

    Raises:
        IncompatibleInputError: The mask has another number of axes, or the value is the background's.

    Examples:
        >>> mask = np.zeros((1, 4, 6), np.uint8)
        >>> mask[0, 0, 0], mask[0, 1, 1], mask[0, 3, 4] = 1, 1, 1
        >>> parts(mask, 1).voxels
        (2, 1)
    """
    if mask.ndim != 3 or value < 1:
        raise IncompatibleInputError(
            f"parts need a mask of shape (slices, rows, columns) and a value above 0, got {mask.shape} and {value}"
        )
    outer = _box(mask)  # a volume is mostly background: what holds any label is looked at twice, the rest once
    inside = mask[outer] == value
    inner = _box(inside)
    box = _within(outer, inner)
    numbered, count = _numbered(inside[inner])
    if count == 1:
        sizes = np.array([np.count_nonzero(numbered)])
    else:
        sizes = np.zeros(count + 1, np.int64)
        for plane in numbered:  # one after the other: the whole volume as machine words would be a large copy
            sizes += np.bincount(plane.ravel(), minlength=count + 1)
        sizes = sizes[1:]
    order = np.argsort(-sizes, kind="stable")
    return Parts(value, tuple(sizes[order].tolist()), box, numbered, tuple((order + 1).tolist()))


def _numbered(inside: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.integer[Any]], int]:
    """A number from 1 for each part; of two bytes where they are enough, because fresh memory is what this costs."""
    from scipy.ndimage import label

    touching = np.ones((3, 3, 3), np.bool_)
    try:
        numbered, count = label(inside, structure=touching, output=np.uint16)
    except RuntimeError:  # more parts than two bytes can count
        numbered, count = label(inside, structure=touching, output=np.int32)
    return numbered, int(count)


def _within(outer: Box, inner: Box) -> Box:
    """A box that was found inside another one, in the volume."""
    rows = [slice(one.start + part.start, one.start + part.stop) for one, part in zip(outer, inner, strict=True)]
    return (rows[0], rows[1], rows[2])


def _box(values: npt.NDArray[Any]) -> Box:
    """The smallest box around what is not zero; an empty one where nothing is."""
    slices = np.flatnonzero([plane.any() for plane in values])
    if not slices.size:
        return (slice(0, 0), slice(0, 0), slice(0, 0))
    first, last = int(slices[0]), int(slices[-1]) + 1
    plane = np.bitwise_or.reduce(values[first:last], axis=0) != 0
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return (slice(first, last), slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
