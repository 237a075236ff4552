"""A CT stack turned to slices up, rows back, columns left, and sampled on grids of equal steps in mm."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.study import AnyArray, Volume

__all__ = ["Field", "Grid", "Mask", "Stack", "enlarged", "stack_of"]

Field = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
_CHUNK = 32  # slices that are turned to float32 at a time


@dataclass(frozen=True)
class Grid:
    """Points at equal steps along the three axes of a :class:`Stack`.

    Attributes:
        origin: Of the first point along each axis, mm from the first voxel of the stack.
        step: Between neighbours along all axes, mm.
        shape: Points along each axis.
    """

    origin: tuple[float, float, float]
    step: float
    shape: tuple[int, int, int]

    @classmethod
    def over(cls, low: Sequence[float] | FloatArray, high: Sequence[float] | FloatArray, step: float) -> "Grid":
        """Points from ``low`` to at least ``high``, both mm, shape ``(3,)``."""
        count = [int(np.ceil((b - a) / step)) + 1 for a, b in zip(low, high, strict=True)]
        return cls((float(low[0]), float(low[1]), float(low[2])), step, (count[0], count[1], count[2]))

    def axis(self, number: int) -> FloatArray:
        """Places along one axis, mm, shape ``(n,)``."""
        return np.asarray(self.origin[number] + self.step * np.arange(self.shape[number]))

    def to_mm(self, index: npt.ArrayLike) -> FloatArray:
        """Grid indices to mm of the stack, both of shape ``(..., 3)``."""
        return np.asarray(np.asarray(index, dtype=np.float64) * self.step + np.array(self.origin))

    def nearest(self, mm: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Index of the nearest point to a place in mm, both of shape ``(..., 3)``; may lie outside."""
        return np.asarray(np.rint((np.asarray(mm) - np.array(self.origin)) / self.step), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Stack:
    """A volume's values in the order slices to Superior, rows to Posterior, columns to Left (nearest axes).

    Attributes:
        values: View on the volume's array, shape ``(slices, rows, columns)``.
        spacing: Along its axes, mm, shape ``(3,)``.
        order: Axis of the volume behind each axis here.
        turned: Whether it runs the other way.
    """

    values: AnyArray = field(repr=False)
    spacing: FloatArray
    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]

    @property
    def extent(self) -> FloatArray:
        """Place of the last voxel, mm, shape ``(3,)``."""
        return np.asarray((np.array(self.values.shape) - 1) * self.spacing)

    def to_volume(self, mm: npt.ArrayLike) -> FloatArray:
        """Places in mm, shape ``(..., 3)``, to fractional indices of the volume, same shape."""
        index = np.asarray(mm, dtype=np.float64) / self.spacing
        found = np.empty_like(index)
        for axis, (source, turned) in enumerate(zip(self.order, self.turned, strict=True)):
            last = self.values.shape[axis] - 1
            found[..., source] = last - index[..., axis] if turned else index[..., axis]
        return found

    def turned_view(self, array: AnyArray) -> AnyArray:
        """View on an array of the volume's shape with the axes of this stack."""
        return array.transpose(self.order)[tuple(slice(None, None, -1 if turned else 1) for turned in self.turned)]

    def sample(self, grid: Grid, clip: tuple[float, float]) -> Field:
        """Values on a grid: linear between voxels, means with a triangle where the grid is coarser than they are.

        Args:
            grid: Where; beyond the stack its outermost voxels go on.
            clip: Values are cut to this range before, NaN to its lower end.

        Returns:
            ``float32``, shape ``grid.shape``.
        """
        taps = [self._taps(grid, axis) for axis in range(3)]
        rows, columns = taps[1], taps[2]
        window = [slice(first, first + count) for first, count, _, _ in taps]
        flat = np.empty((taps[0].voxels, *grid.shape[1:]), dtype=np.float32)
        for start in range(0, taps[0].voxels, _CHUNK):
            stop = min(start + _CHUNK, taps[0].voxels)
            part = self.values[window[0].start + start : window[0].start + stop, window[1], window[2]]
            part = np.clip(part.astype(np.float32), *clip)
            np.nan_to_num(part, copy=False, nan=clip[0])
            flat[start:stop] = _mixed(_mixed(part, rows, 1), columns, 2)
        return _mixed(flat, taps[0], 0)

    def _taps(self, grid: Grid, axis: int) -> "_Taps":
        """Which voxels along an axis make up each point of the grid."""
        spacing, last = float(self.spacing[axis]), self.values.shape[axis] - 1
        places = np.clip(grid.axis(axis) / spacing, 0, last)
        width = max(grid.step / spacing, 1.0)
        near = np.ceil(places - width)[:, None] + np.arange(int(np.floor(2 * width)) + 1)
        weights = np.clip(1 - np.abs(places[:, None] - near) / width, 0, None) * ((near >= 0) & (near <= last))
        near = np.clip(near, 0, last).astype(np.intp)
        first = int(near.min())
        weights = np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
        return _Taps(first, int(near.max()) + 1 - first, near - first, weights)


class _Taps(NamedTuple):
    """Weights of voxels for the points of one axis.

    Attributes:
        first: Voxel that is used first.
        voxels: Number from there to the last that is used.
        near: Of those, which make up each point, shape ``(points, taps)``.
        weights: Of each, sum 1 in a row.
    """

    first: int
    voxels: int
    near: npt.NDArray[np.intp]
    weights: Field


def _mixed(values: Field, taps: _Taps, axis: int) -> Field:
    """Weighted sums along an axis."""
    shape = [1, 1, 1]
    shape[axis] = -1
    total = np.take(values, taps.near[:, 0], axis=axis)
    total *= taps.weights[:, 0].reshape(shape)
    for near, weight in zip(taps.near.T[1:], taps.weights.T[1:], strict=True):
        part = np.take(values, near, axis=axis)
        part *= weight.reshape(shape)
        total += part
    return total


def stack_of(volume: Volume) -> Stack:
    """Turn a volume with geometry, without time or colour axis, to the order of a :class:`Stack`."""
    assert volume.geometry is not None
    letters = volume.geometry.orientation
    pairs = ("SI", "PA", "LR")
    order = [next(axis for axis in range(3) if letters[axis] in pair) for pair in pairs]
    turned = [letters[axis] != pair[0] for axis, pair in zip(order, pairs, strict=True)]
    spacing = np.array(volume.geometry.spacing)[order]
    whole = Stack(volume.array, spacing, (order[0], order[1], order[2]), (turned[0], turned[1], turned[2]))
    return replace(whole, values=whole.turned_view(volume.array))


def enlarged(mask: Mask, source: Grid, target: Grid, share: float = 0.5) -> Mask:
    """A mask of a grid on another one, its edge where the linear interpolation is ``share``."""
    whole = Stack(mask.view(np.uint8), np.full(3, source.step), (0, 1, 2), (False, False, False))
    shifted = Grid(
        (target.origin[0] - source.origin[0], target.origin[1] - source.origin[1], target.origin[2] - source.origin[2]),
        target.step,
        target.shape,
    )
    return np.asarray(whole.sample(shifted, (0.0, 1.0)) >= share)
