"""Which pixels lie inside a region that a reader drew: their centres decide (see :mod:`medimg_core.measuring`)."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Measurement

__all__ = ["ENCLOSING", "box", "enclosed", "inside"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Flat = Sequence[tuple[float, float]]
"""Points by the two axes of their plane."""


def enclosed(measurement: Measurement, shape: tuple[int, int, int]) -> Mask:
    """The pixels whose centres lie in a region that a reader drew.

    Args:
        measurement: Of a kind of :data:`ENCLOSING`.
        shape: Of the volume it was measured on: slices, rows, columns.

    Returns:
        True inside, shape of the plane that it lies in.

    Raises:
        IncompatibleInputError: It encloses nothing.

    Examples:
        >>> points = ((0.0, 0.0, 1.0), (0.0, 1.0, 2.0))
        >>> drawn = Measurement("a", "rectangle", points, 0, 0, {}, "px", "")
        >>> enclosed(drawn, (1, 3, 4)).astype(int).tolist()
        [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    if measurement.kind not in ENCLOSING:
        raise IncompatibleInputError(f"a region must be one of {', '.join(ENCLOSING)}, got a {measurement.kind}")
    first, second = (axis for axis in (0, 1, 2) if axis != measurement.axis)
    flat = [(point[first], point[second]) for point in measurement.points]
    found = np.zeros((shape[first], shape[second]), np.bool_)
    u, v = box(flat, (shape[first], shape[second]))
    if u.size and v.size:
        place = slice(int(u[0, 0]), int(u[-1, 0]) + 1), slice(int(v[0, 0]), int(v[0, -1]) + 1)
        found[place] = inside(measurement.kind, flat, u, v)
    return found


def box(flat: Flat, lengths: tuple[int, int]) -> tuple[Floats, Floats]:
    """Pixels between the outermost points.

    Args:
        flat: Points, by the two axes of their plane.
        lengths: Of these axes, in pixels.

    Returns:
        Whole numbers along both axes, as a column and a row; none where no centre lies between.
    """
    ranges = []
    for length, values in zip(lengths, zip(*flat, strict=True), strict=True):
        last = min(math.floor(max(values)), length - 1)
        ranges.append(np.arange(max(math.ceil(min(values)), 0), last + 1, dtype=np.float64))
    return ranges[0][:, None], ranges[1][None, :]


def inside(kind: str, flat: Flat, u: Floats, v: Floats) -> Mask:
    """Which pixels of a box lie in a region.

    Args:
        kind: One of :data:`ENCLOSING`.
        flat: Its points.
        u: Places along the first axis, shape ``(n, 1)``.
        v: Along the second, shape ``(1, m)``; all between the outermost points.

    Returns:
        Shape ``(n, m)``.
    """
    return _INSIDE[kind](flat, u, v)


def _ellipse(flat: Flat, u: Floats, v: Floats) -> Mask:
    (u0, v0), (u1, v1) = flat
    a, b = abs(u1 - u0) / 2, abs(v1 - v0) / 2
    if not (a > 0 and b > 0):
        return np.zeros((u.size, v.size), np.bool_)
    with np.errstate(over="ignore"):  # an ellipse narrower than any number squares to infinity: outside
        return np.asarray(((u - (u0 + u1) / 2) / a) ** 2 + ((v - (v0 + v1) / 2) / b) ** 2 <= 1)


def _rectangle(_flat: Flat, u: Floats, v: Floats) -> Mask:
    return np.ones((u.size, v.size), np.bool_)


def _freehand(flat: Flat, u: Floats, v: Floats) -> Mask:
    ui, vi = np.array(flat).T
    uj, vj = np.roll(ui, 1), np.roll(vi, 1)
    found = np.zeros((u.size, v.size), np.bool_)
    for row, place in enumerate(u[:, 0]):
        cut = (ui > place) != (uj > place)
        at = np.sort((vj[cut] - vi[cut]) * (place - ui[cut]) / (uj[cut] - ui[cut]) + vi[cut])
        found[row] = (at.size - np.searchsorted(at, v[0], side="right")) % 2 == 1  # edges with v < at
    return found


_INSIDE: dict[str, Callable[[Flat, Floats, Floats], Mask]] = {
    "ellipse": _ellipse,
    "rectangle": _rectangle,
    "freehand": _freehand,
}
ENCLOSING = tuple(_INSIDE)
"""Kinds of measurements that enclose pixels."""
