"""Stored values -> modality values: RescaleSlope and RescaleIntercept of each slice, or a modality LUT."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medimg_core.errors import UnreadableFileError
from medimg_core.io.elements import integer, integers, item
from medimg_core.study import AnyArray

__all__ = ["check_rescale", "lookup_table", "modality_lut", "padding_of", "rescaled"]


_LARGEST = float(np.finfo(np.float32).max)


def check_rescale(largest: float, slope: float, intercept: float) -> None:
    """Check that modality values fit ``float32``, in which they are kept where they are not whole.

    Args:
        largest: No stored value is further from zero than this.
        slope: RescaleSlope.
        intercept: RescaleIntercept.

    Raises:
        UnreadableFileError: They would be infinite.

    Examples:
        >>> check_rescale(65536, 1.0, -1024.0)
    """
    if not largest * abs(slope) + abs(intercept) <= _LARGEST:
        raise UnreadableFileError(
            f"rescaled values must lie within {_LARGEST:.2g}, the largest 32-bit number; "
            f"slope {slope:g} and intercept {intercept:g} take them beyond"
        )


def rescaled(stored: AnyArray, slopes: Sequence[float], intercepts: Sequence[float]) -> AnyArray:
    """Apply one slope and intercept to each plane.

    Whole-number slopes and intercepts give exact integers of the smallest of int16, uint16 and int32
    that holds them; values that need no rescale keep their type; everything else is ``float32``.

    Args:
        stored: Stored values, shape ``(planes, rows, columns)``; may be changed.
        slopes: One a plane.
        intercepts: One a plane.

    Returns:
        Modality values, same shape.

    Examples:
        >>> rescaled(np.array([[[0, 24]]], dtype=np.uint16), [1.0], [-1024.0])
        array([[[-1024, -1000]]], dtype=int16)
    """
    if all(slope == 1 for slope in slopes) and not any(intercepts):
        return stored.astype(np.float32) if stored.dtype.kind == "f" else stored
    slope_array, intercept_array = np.asarray(slopes, np.float64), np.asarray(intercepts, np.float64)
    target = _integer_target(stored, slope_array, intercept_array)
    if target is None:
        return _as_float(stored, slope_array, intercept_array)
    return _as_integer(stored, slope_array.astype(np.int64), intercept_array.astype(np.int64), target)


def _integer_target(stored: AnyArray, slopes: np.ndarray, intercepts: np.ndarray) -> np.dtype[Any] | None:
    if stored.dtype.kind not in "iu" or not (np.all(slopes == np.rint(slopes)) and np.all(intercepts % 1 == 0)):
        return None
    flat = stored.reshape(len(stored), -1)
    low, high = flat.min(axis=1).astype(np.float64), flat.max(axis=1).astype(np.float64)
    ends = np.concatenate([slopes * low + intercepts, slopes * high + intercepts])
    for name in ("int16", "uint16", "int32"):
        bounds = np.iinfo(name)
        if bounds.min <= ends.min() and ends.max() <= bounds.max:
            return np.dtype(name)
    return None


def _as_integer(stored: AnyArray, slopes: np.ndarray, intercepts: np.ndarray, target: np.dtype[Any]) -> AnyArray:
    if stored.dtype.itemsize == target.itemsize and stored.flags.writeable:
        out = stored.view(target)  # in place: arithmetic modulo 2**n is exact where the result fits, as checked
    else:
        out = stored.astype(target)
    if np.all(slopes == slopes[0]) and np.all(intercepts == intercepts[0]):
        slopes, intercepts, planes = slopes[:1], intercepts[:1], [out]
    else:
        planes = list(out)
    unsigned = np.dtype(f"u{target.itemsize}")
    wrap = 2 ** (8 * target.itemsize)
    for plane, slope, intercept in zip(planes, slopes, intercepts, strict=True):
        view = plane.view(unsigned)
        if slope != 1:
            view *= unsigned.type(int(slope) % wrap)
        if intercept:
            view += unsigned.type(int(intercept) % wrap)
    return out


def _as_float(stored: AnyArray, slopes: np.ndarray, intercepts: np.ndarray) -> AnyArray:
    out = np.empty(stored.shape, dtype=np.float32)
    for plane, values, slope, intercept in zip(out, stored, slopes, intercepts, strict=True):
        # in double precision, so that the result is the nearest float32 to the exact value
        plane[...] = values * float(slope) + float(intercept)
    return out


def lookup_table(sequence_item: Any) -> tuple[int, np.ndarray, int] | None:
    """Read LUTDescriptor and LUTData of a modality or VOI LUT (PS3.3 C.11.1.1.1, C.11.2.1.1).

    Returns:
        First input value mapped, entries and bits per entry; None where the table is damaged.
    """
    descriptor = integers(sequence_item, "LUTDescriptor")
    if len(descriptor) != 3:
        return None
    count, first, bits = descriptor
    count = count % 65536 or 65536
    data = _entries(sequence_item, count)
    if data is None or not 1 <= bits <= 16:
        return None
    return first, data, bits


def _entries(sequence_item: Any, count: int) -> np.ndarray | None:
    element = sequence_item.get_item(0x00283006) if 0x00283006 in sequence_item else None
    if element is None or element.value is None:
        return None
    value = element.value
    if isinstance(value, bytes):
        order = "<" if getattr(element, "is_little_endian", sequence_item.original_encoding[1] is not False) else ">"
        if len(value) >= 2 * count:
            return np.frombuffer(value, f"{order}u2", count).astype(np.uint16)
        return np.frombuffer(value, "u1", count).astype(np.uint16) if len(value) >= count else None
    values = np.atleast_1d(np.asarray(value))
    if values.dtype.kind not in "iu" or values.size < count:
        return None
    return values[:count].astype(np.int64).astype(np.uint16)


def modality_lut(header: Any) -> tuple[int, np.ndarray] | None:
    """First input value and entries of the ModalityLUTSequence, or None."""
    entry = item(header, "ModalityLUTSequence")
    table = lookup_table(entry) if entry is not None else None
    if table is None:
        return None
    first = table[0]
    if integer(header, "PixelRepresentation") == 1 and first >= 32768:
        first -= 65536
    return first, table[1]


def padding_of(header: Any, slope: float, intercept: float) -> float | None:
    """PixelPaddingValue in modality values, or None (PS3.3 C.7.5.1.1.2)."""
    value = integer(header, "PixelPaddingValue")
    if value is None:
        return None
    bits = integer(header, "BitsAllocated") or 16
    signed = integer(header, "PixelRepresentation") == 1
    if signed and value >= 1 << (bits - 1):  # written as US in a file of signed pixels
        value -= 1 << bits
    elif not signed and value < 0:
        value += 1 << bits
    return value * slope + intercept
