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
    numbered: npt.NDArray[np.int32] = field(repr=False)
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
        wanted = np.zeros(int(self.numbered.max()) + 1, np.bool_)
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
        place = tuple(
            slice(outer.start + part.start, outer.start + part.stop)
            for outer, part in zip(self.box, inner, strict=True)
        )
        return (place[0], place[1], place[2]), found[inner]

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
    from scipy.ndimage import label

    if mask.ndim != 3 or value < 1:
        raise IncompatibleInputError(
            f"parts need a mask of shape (slices, rows, columns) and a value above 0, got {mask.shape} and {value}"
        )
    inside = mask == value
    box = _box(inside)
    numbered, count = label(inside[box], structure=np.ones((3, 3, 3), np.bool_), output=np.int32)
    if count == 1:
        sizes = np.array([np.count_nonzero(numbered)])
    else:
        sizes = np.zeros(count + 1, np.int64)
        for plane in numbered:  # one after the other: the whole volume as machine words would be a large copy
            sizes += np.bincount(plane.ravel(), minlength=count + 1)
        sizes = sizes[1:]
    order = np.argsort(-sizes, kind="stable")
    return Parts(value, tuple(sizes[order].tolist()), box, numbered, tuple((order + 1).tolist()))


def _box(inside: npt.NDArray[Any]) -> Box:
    """The smallest box around what is True; an empty one where nothing is."""
    slices = np.flatnonzero(inside.any(axis=(1, 2)))
    if not slices.size:
        return (slice(0, 0), slice(0, 0), slice(0, 0))
    first, last = int(slices[0]), int(slices[-1]) + 1
    plane = np.asarray(inside[first:last].any(axis=0))
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return (slice(first, last), slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
