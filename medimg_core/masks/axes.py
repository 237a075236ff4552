"""Long and short axis of a part in one slice, as a reader would draw them.

The outline runs halfway between the centre of a pixel of the part and that of its neighbour outside: the level
0.5 of the bilinear interpolation of the mask. A single pixel is one pixel long and one wide; a row of n pixels is
n long. Along rows and columns lengths are those of the pixels' outer edges; the corners of a part lose up to half
a pixel's diagonal, which the corner points of pixels would add to everything that is round.

- Long axis: the greatest distance between two points of the outline (Feret's diameter, RECIST 1.1's longest
  diameter in the plane of measurement: Eisenhauer et al., Eur J Cancer 2009, 45:228-247). Its line may leave a
  part that is bent.
- Short axis: the longest unbroken line inside the outline perpendicular to the long axis (the perpendicular
  diameter of the bidimensional product: Macdonald et al., J Clin Oncol 1990, 8:1277-1280; RANO, Wen et al.,
  J Clin Oncol 2010, 28:1963-1972).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["Axes", "axes"]

Array = npt.NDArray[np.float64]
Ends = tuple[tuple[float, float], tuple[float, float]]

_FINEST = 0.25
"""Step of the search for the short axis, in pixels, for parts up to some hundred pixels long."""

_LINES = 512
"""Most steps along the long axis and across it."""


@dataclass(frozen=True)
class Axes:
    """Axes of one part.

    Attributes:
        long: Length of the long axis, in the scale's unit.
        short: Length of the short axis.
        long_ends: Ends of the long axis, ``(row, column)``, pixel centres at whole numbers.
        short_ends: Ends of the short axis.
    """

    long: float
    short: float
    long_ends: Ends
    short_ends: Ends


def axes(inside: npt.NDArray[np.bool_], matrix: Array) -> Axes:
    """Find both axes.

    Args:
        inside: True where the part is, shape ``(rows, columns)``.
        matrix: From differences of ``(row, column)`` to lengths, shape ``(2, 2)``
            (:attr:`medimg_core.masks.scale.Scale.matrix`).

    Raises:
        IncompatibleInputError: The part is not two-dimensional, or empty.

    Examples:
        >>> bar = np.zeros((5, 9), bool)
        >>> bar[2, 1:8] = True
        >>> found = axes(bar, np.diag([0.5, 2.0]))
        >>> found.long, found.short, found.long_ends
        (14.0, 0.5, ((2.0, 0.5), (2.0, 7.5)))
    """
    if inside.ndim != 2 or not inside.any():
        raise IncompatibleInputError("axes need a part of shape (rows, columns) with at least one pixel")
    points = _outline(inside)
    lengths = points @ matrix.T
    first, last = _farthest(lengths)
    if tuple(points[first]) > tuple(points[last]):
        first, last = last, first
    long = float(np.hypot(*(lengths[last] - lengths[first])))
    short, ends = _longest_across(inside, matrix, lengths, lengths[first], (lengths[last] - lengths[first]) / long)
    return Axes(long, short, (_pair(points[first]), _pair(points[last])), ends)


def _outline(inside: npt.NDArray[np.bool_]) -> Array:
    """Points halfway between a pixel inside and its neighbour outside, shape ``(n, 2)``."""
    padded = np.pad(inside, 1)
    found = []
    for row, column in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        beside = padded[1 + row : padded.shape[0] - 1 + row, 1 + column : padded.shape[1] - 1 + column]
        found.append(np.argwhere(inside & ~beside) + 0.5 * np.array([row, column]))
    return np.concatenate(found)


def _farthest(points: Array) -> tuple[int, int]:
    """Indices of the two points that are farthest apart: both are corners of the convex hull."""
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import cdist

    corners = ConvexHull(points).vertices
    distances = cdist(points[corners], points[corners])
    one, other = np.unravel_index(int(np.argmax(distances)), distances.shape)
    return int(corners[one]), int(corners[other])


def _longest_across(
    inside: npt.NDArray[np.bool_], matrix: Array, outline: Array, start: Array, along: Array
) -> tuple[float, Ends]:
    """Length and ends of the longest unbroken line inside, perpendicular to the unit vector ``along``."""
    from scipy.ndimage import map_coordinates

    across = np.array([-along[1], along[0]])
    s, t = (outline - start) @ along, (outline - start) @ across
    pixel = min(np.hypot(*matrix[:, 0]), np.hypot(*matrix[:, 1]))
    places = _steps(float(s.min()), float(s.max()), pixel)
    heights = _steps(float(t.min()) - pixel, float(t.max()) + pixel, pixel)  # every line begins and ends outside
    inverse = np.linalg.inv(matrix)
    grid = start + places[:, None, None] * along + heights[None, :, None] * across
    pixels = np.moveaxis(grid @ inverse.T, -1, 0)
    # a margin, so that beyond the edge of the box the mask falls to 0 as it does between pixels
    values = map_coordinates(np.pad(inside, 2).astype(np.float32), pixels + 2, order=1, mode="constant")
    lines, begins, ends = _runs(values)
    low, high = (_crossing(values, heights, lines, at) for at in (begins, ends))
    best = int(np.argmax(high - low))
    middle = start + places[lines[best]] * along
    corners = (_pair((middle + height * across) @ inverse.T) for height in (low[best], high[best]))
    one, other = sorted(corners)
    return float(high[best] - low[best]), (one, other)


def _steps(low: float, high: float, pixel: float) -> Array:
    """Places from ``low`` to ``high``, a quarter of a pixel apart where that is not too many."""
    count = int(np.clip(np.ceil((high - low) / (_FINEST * pixel)), 8, _LINES))
    return np.linspace(low, high, count + 1)


def _runs(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Lines, first indices inside and first indices behind, of all unbroken runs of at least 0.5."""
    level = values >= 0.5 - 1e-6
    edges = np.diff(np.pad(level, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lines, begins = np.nonzero(edges == 1)
    return lines, begins, np.nonzero(edges == -1)[1]


def _crossing(
    values: npt.NDArray[np.float32], heights: Array, lines: npt.NDArray[np.intp], at: npt.NDArray[np.intp]
) -> Array:
    """Where the level 0.5 is crossed between the samples ``at - 1`` and ``at``."""
    before, after = values[lines, at - 1].astype(np.float64), values[lines, at].astype(np.float64)
    share = np.clip((0.5 - before) / np.where(after == before, 1.0, after - before), 0, 1)
    return np.asarray(heights[at - 1] + share * (heights[at] - heights[at - 1]))


def _pair(point: Array) -> tuple[float, float]:
    return (float(point[0]), float(point[1]))
