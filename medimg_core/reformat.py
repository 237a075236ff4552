"""A volume on another grid: straightened to the patient's axes, or reduced to fewer voxels."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import GeometryError, IncompatibleInputError, LimitError
from medimg_core.geometry import Geometry
from medimg_core.study import AnyArray, Volume

__all__ = ["MOST_BYTES", "reduced", "straightened"]

MOST_BYTES = 512 * 2**20
"""What a straightened volume may take: half of the voxels that one session may hold."""

Progress = Callable[[int, int, str], None]
Floats = npt.NDArray[np.float64]

_SLAB = 8  # output slices made at a time
_ALIGNED = 1e-6  # mm over the whole volume: no resampling changes anything


def straightened(volume: Volume, *, progress: Progress | None = None, most_bytes: int = MOST_BYTES) -> Volume:
    """Resample an oblique or sheared (gantry-tilted) volume onto axes of the patient.

    Slices go to superior, rows to posterior, columns to left. Each of these axes has the spacing of the source
    axis that lies nearest to it. Values are trilinear between voxel centres, constant from the outer centres to
    the volume's edge half a voxel beyond, and padding outside: the file's PixelPaddingValue, else -1024 HU, else
    the smallest value. Padding of the source takes no part in the interpolation. Integers are rounded.

    Args:
        volume: With geometry and at least two slices; every frame of a time series is resampled alike.
        progress: Called as ``progress(done, total, text)`` in output slices; may raise to stop.
        most_bytes: What the result may take.

    Returns:
        The new volume, with geometry, without ``instances`` (its slices are no longer those of the files); the
        same object where it lies straight already.

    Raises:
        GeometryError: It has no geometry, or one slice only.
        LimitError: The result would take more than ``most_bytes``.

    Examples:
        >>> turned = Geometry([[0, 1.0, 0, 0], [0, 0, 1.0, 0], [2.0, 0, 0, 0], [0, 0, 0, 1]])  # rows go to the left
        >>> volume = Volume(np.arange(6).reshape(2, 1, 3), geometry=turned)
        >>> straightened(volume).array.tolist()
        [[[0], [1], [2]], [[3], [4], [5]]]
    """
    if volume.geometry is None:
        raise GeometryError("only a volume with geometry can be straightened, got one without")
    if volume.shape[0] < 2:
        raise GeometryError("a volume to be straightened must have at least 2 slices, got 1")
    target, shape = _straight_grid(volume.geometry, volume.shape)
    if shape == volume.shape and np.allclose(target.affine, volume.geometry.affine, rtol=0, atol=_ALIGNED):
        return volume
    full = (*volume.array.shape[: int(volume.frames_axis)], *shape, *((3,) if volume.colour else ()))
    need = int(np.prod(full, dtype=np.float64) * volume.array.itemsize)
    if need > most_bytes:
        raise LimitError(
            f"a straightened volume may take {most_bytes / 2**20:,.0f} MiB; "
            f"this one would have {shape[0]} x {shape[1]} x {shape[2]} voxels and take {need / 2**20:,.0f} MiB"
        )
    fill = _fill(volume)
    out = np.empty(full, dtype=volume.array.dtype)
    to_source = np.linalg.inv(volume.geometry.affine) @ target.affine
    parts = list(_parts(volume, out))
    total = len(parts) * shape[0]
    for number, (source, result) in enumerate(parts):
        hidden = (source == volume.padding).astype(np.float32) if volume.padding is not None else None
        for first in range(0, shape[0], _SLAB):
            if progress is not None:
                progress(number * shape[0] + first, total, "straightening")
            slab = result[first : first + _SLAB]
            values = _resampled(source, hidden, to_source, first, slab.shape, fill)
            slab[...] = np.rint(values) if np.issubdtype(out.dtype, np.integer) else values
    if progress is not None:
        progress(total, total, "straightening")
    step = " x ".join(f"{value:.4g}" for value in target.spacing)
    text = (
        f"straightened: trilinear, {step} mm along superior, posterior, left; "
        f"was {volume.geometry.obliqueness:.1f} degrees oblique, {volume.geometry.shear:.1f} degrees sheared"
    )
    history = (*volume.history, text)
    # without a value that stands for no measurement, the lowest one fills what lies outside, and stays a value
    padding = fill if fill in (volume.padding, -1024.0 if volume.unit == "HU" else None) else None
    return replace(volume, array=out, geometry=target, planar=None, padding=padding, history=history, instances=())


def _straight_grid(geometry: Geometry, shape: tuple[int, int, int]) -> tuple[Geometry, tuple[int, int, int]]:
    """Grid along superior, posterior, left that holds the centres of all voxels, and its size."""
    cosines = np.abs(geometry.directions[:, ::-1])  # one row an index axis; z, y, x
    nearest = max(permutations(range(3)), key=lambda axes: sum(cosines[axis, place] for place, axis in enumerate(axes)))
    step = np.array([geometry.spacing[axis] for axis in nearest])
    corners = geometry.to_world(list(product(*((0, length - 1) for length in shape))))[:, ::-1]
    low, extent = corners.min(axis=0), np.ptp(corners, axis=0)
    counts = np.floor(extent / step + 1e-6).astype(int) + 1
    low = low + (extent - (counts - 1) * step) / 2  # what is left over is shared by both ends
    affine = np.eye(4)
    affine[:3, :3] = np.diag(step)[::-1]
    affine[:3, 3] = low[::-1]
    return Geometry(affine), (int(counts[0]), int(counts[1]), int(counts[2]))


def _fill(volume: Volume) -> float:
    """Value outside the volume, one that its dtype can hold."""
    dtype = volume.array.dtype
    wanted = volume.padding if volume.padding is not None else -1024.0 if volume.unit == "HU" else None
    if wanted is not None and (not np.issubdtype(dtype, np.integer) or _holds(dtype, wanted)):
        return float(wanted)
    return float(np.nanmin(volume.array))


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    info = np.iinfo(dtype)
    return float(value).is_integer() and info.min <= value <= info.max


def _parts(volume: Volume, out: AnyArray) -> list[tuple[AnyArray, AnyArray]]:
    """Source and result of each frame and channel, both of three axes; views."""
    frames = range(volume.frames)
    pairs = [(volume.array[f], out[f]) for f in frames] if volume.frames_axis else [(volume.array, out)]
    return [(a[..., c], b[..., c]) for a, b in pairs for c in range(3)] if volume.colour else pairs


def _resampled(
    source: AnyArray,
    hidden: npt.NDArray[np.float32] | None,
    to_source: Floats,
    first: int,
    shape: tuple[int, ...],
    fill: float,
) -> Floats:
    """Values of output slices from ``first`` on, shape as asked for, ``float64``."""
    from scipy.ndimage import affine_transform

    matrix, offset = to_source[:3, :3], to_source[:3, 3] + to_source[:3, 0] * first
    grid = {"matrix": matrix, "offset": offset, "output_shape": shape, "order": 1, "mode": "nearest"}
    values = np.asarray(affine_transform(source, output=np.float64, **grid))
    outside = np.zeros(shape, np.bool_)
    for row, start, length in zip(matrix, offset, source.shape, strict=True):
        place = start + sum(
            (step * np.arange(n)).reshape([-1 if axis == own else 1 for axis in range(3)])
            for own, (step, n) in enumerate(zip(row, shape, strict=True))
        )
        outside |= (place < -0.5 - 1e-6) | (place > length - 0.5 + 1e-6)
    if hidden is not None:
        share = np.asarray(affine_transform(hidden, output=np.float64, **grid))
        mixed = (share > 0) & (share <= 0.5)
        values[mixed] = (values[mixed] - share[mixed] * fill) / (1 - share[mixed])
        outside |= share > 0.5
    values[outside] = fill
    return values


def reduced(volume: Volume, most: int) -> tuple[Volume, tuple[int, int, int]]:
    """Average blocks of voxels until at most ``most`` are left, for a preview.

    The smallest factors that do: in plane 2 x 2, then slices by 2, in plane 3 x 3, slices by 3 and so on.
    Padding takes no part in a mean; the last block of an axis may be smaller than the others. Integers are rounded.

    Args:
        volume: Of any kind.
        most: Voxels that may be left, all frames together; a pixel of a colour volume counts once.

    Returns:
        The volume, and the factors of slices, rows and columns; the same object and ``(1, 1, 1)`` where it fits.
        ``instances`` stay where slices were not averaged.

    Raises:
        IncompatibleInputError: ``most`` is below 1.
        LimitError: One voxel a frame is still too much.

    Examples:
        >>> small, factors = reduced(Volume(np.arange(16).reshape(1, 4, 4)), 4)
        >>> small.array.tolist(), factors
        ([[[2, 4], [10, 12]]], (1, 2, 2))
    """
    if most < 1:
        raise IncompatibleInputError(f"the number of voxels to keep must be at least 1, got {most}")
    factors = _factors(volume.shape, volume.frames, most)
    if factors == (1, 1, 1):
        return volume, factors
    start = int(volume.frames_axis)
    shape = tuple(-(-length // factor) for length, factor in zip(volume.shape, factors, strict=True))
    out = np.empty((*volume.array.shape[:start], *shape, *volume.array.shape[start + 3 :]), volume.array.dtype)
    frames = zip(volume.array, out, strict=True) if volume.frames_axis else [(volume.array, out)]
    for source, result in frames:
        for place in range(shape[0]):
            values = _block_means(source[place * factors[0] : (place + 1) * factors[0]], factors, volume.padding)
            result[place] = np.rint(values) if np.issubdtype(out.dtype, np.integer) else values
    text = f"reduced: means of {factors[0]} x {factors[1]} x {factors[2]} voxels (slices, rows, columns)"
    geometry, planar = volume.geometry, volume.planar
    if geometry is not None:
        affine = geometry.affine.copy()
        affine[:3, 3] = geometry.to_world([(factor - 1) / 2 for factor in factors])  # centre of the first block
        affine[:3, :3] *= factors
        geometry = Geometry(affine)
    if planar is not None and planar.spacing is not None:
        planar = replace(planar, spacing=(planar.spacing[0] * factors[1], planar.spacing[1] * factors[2]))
    instances = volume.instances if factors[0] == 1 else ()
    history = (*volume.history, text)
    small = replace(volume, array=out, geometry=geometry, planar=planar, history=history, instances=instances)
    return small, factors


def _factors(shape: tuple[int, int, int], frames: int, most: int) -> tuple[int, int, int]:
    for step in range(2 * max(shape)):
        through, across = 1 + step // 2, 1 + (step + 1) // 2
        factors = (min(through, shape[0]), min(across, shape[1]), min(across, shape[2]))
        left = frames * int(np.prod([-(-length // factor) for length, factor in zip(shape, factors, strict=True)]))
        if left <= most:
            return factors
    raise LimitError(f"{frames} frames cannot be reduced to {most} voxels: each keeps at least one")


def _block_means(slices: AnyArray, factors: tuple[int, int, int], padding: float | None) -> Floats:
    """Means of blocks of some slices of one output slice, shape ``(rows, columns[, 3])``, ``float64``."""
    seen = np.ones(slices.shape, np.bool_) if padding is None else slices != padding
    sums, counts = (
        np.add.reduceat(
            np.add.reduceat(part.sum(axis=0, dtype=np.float64), range(0, part.shape[1], factors[1]), axis=0),
            range(0, part.shape[2], factors[2]),
            axis=1,
        )
        for part in (np.where(seen, slices, 0), seen)
    )
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), 0 if padding is None else padding))
