"""Measurements made by a reader: checked, then computed from the modality values.

The viewer draws them while the mouse moves, with the same formulas in JavaScript; what is kept, shown in
a report or exported comes from here. Both work in double precision, in this order of operations:

- A voxel centre lies at whole numbers of ``(slice, row, column)``. A plane is perpendicular to one of the
  three axes; ``u`` and ``v`` are its other two axes in that order (slice before row before column).
- ``M`` holds the step of each index axis in mm as its columns: the affine's where there is geometry,
  ``diag(0, row spacing, column spacing)`` of a planar image, else the unit matrix (pixels).
- The length of a difference ``d`` is ``sqrt(x*x + y*y + z*z)`` with ``x = M[0][0]*d[0] + M[0][1]*d[1] +
  M[0][2]*d[2]`` and so on: exact for sheared and oblique stacks, too.
- The angle between two differences is ``atan2(|a x b|, a . b)``, in degrees.
- The area of one pixel is ``|M[u] x M[v]|``. Ellipse: ``pi * a * b`` of its half axes in pixels; rectangle:
  the product of its sides; polygon: half the absolute value of the shoelace sum (a loop that crosses
  itself counts with its signs).
- A voxel belongs to a region when its centre does; only centres between the outermost points are asked.
  Ellipse: ``(du/a)^2 + (dv/b)^2 <= 1``, none where it has no width; rectangle: edges included; polygon:
  even-odd rule, half open, a centre is inside when the number of edges ``i, j`` with ``(ui > u) != (uj > u)
  and v < (vj-vi)*(u-ui)/(uj-ui)+vi`` is odd (W. R. Franklin, PNPOLY): regions that share an edge share no voxel.
- Mean and population standard deviation ``sqrt(sum((x - mean)^2) / n)`` are sums over the voxels of the
  region in order of growing ``u``, then ``v``. Voxels whose value is not finite are left out of all of
  them and of ``n``; padding is not.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.enclosed import box, inside
from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Measurement, Point
from medimg_core.study import AnyArray, Volume

__all__ = ["KINDS", "MOST_VERTICES", "measure"]

MOST_VERTICES = 2000
"""Of a freehand region; a hand draws some hundred."""

KINDS = {"length": (2, 2), "angle": (3, 3), "bidirectional": (4, 4), "ellipse": (2, 2), "rectangle": (2, 2)}
KINDS |= {"freehand": (3, MOST_VERTICES), "probe": (1, 1)}
"""Kinds, and the least and the most points of each."""

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]


@dataclass(frozen=True, eq=False)
class _Site:
    """Where a measurement lies: checked points, and what turns them into lengths and values."""

    volume: Volume
    points: tuple[Point, ...]
    axis: int
    frame: int
    matrix: Matrix

    @property
    def u(self) -> int:
        return 1 if self.axis == 0 else 0

    @property
    def v(self) -> int:
        return 1 if self.axis == 2 else 2

    def step(self, start: Point, end: Point) -> Vector:
        """From one point to another, mm or pixels."""
        d = (end[0] - start[0], end[1] - start[1], end[2] - start[2])
        x, y, z = (row[0] * d[0] + row[1] * d[1] + row[2] * d[2] for row in self.matrix)
        return (x, y, z)

    def pixel_area(self) -> float:
        u, v = (tuple(row[axis] for row in self.matrix) for axis in (self.u, self.v))
        return _norm(_cross((u[0], u[1], u[2]), (v[0], v[1], v[2])))

    @property
    def flat(self) -> list[tuple[float, float]]:
        return [(point[self.u], point[self.v]) for point in self.points]

    @property
    def box(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Whole numbers of the two axes that lie between the outermost points, as a column and a row."""
        return box(self.flat, (self.volume.shape[self.u], self.volume.shape[self.v]))

    def plane(self) -> AnyArray:
        """Values of the plane, shape ``(n_u, n_v)``."""
        volume = self.volume
        voxels = volume.array[self.frame] if volume.frames_axis else volume.array
        return np.asarray(np.take(voxels, int(self.points[0][self.axis]), axis=self.axis))


def measure(
    volume: Volume,
    *,
    id: str,  # noqa: A002 - the field's name
    kind: str,
    points: Sequence[Sequence[float]],
    axis: int,
    frame: int = 0,
    series_uid: str = "",
) -> Measurement:
    """Compute a measurement; nothing of what the browser sent is trusted.

    Args:
        volume: What was measured.
        id: The viewer's name for it, 1 to 40 of ``a-z 0-9 -``.
        kind: One of :data:`KINDS`. ``length``: two ends. ``angle``: end, vertex, end. ``bidirectional``: two
            ends of one axis, two of the other. ``ellipse``, ``rectangle``: two opposite corners of the box
            around it, along the grid. ``freehand``: vertices of a closed polygon. ``probe``: one point.
        points: ``(slice, row, column)`` each, voxel centres at whole numbers, all in one plane of the grid.
        axis: Index axis that the plane is perpendicular to: 0 slice (the acquired plane), 1 row, 2 column.
        frame: Position on the time axis, from 0.
        series_uid: Of the series; kept as it is.

    Returns:
        The measurement with its ``values``: ``length``; ``angle``; ``long`` and ``short``; ``area`` and ``n``, for
        grey volumes with at least one voxel inside also ``mean sd min max``; for a probe ``value`` of the
        nearest voxel (grey, finite) and ``lps_x lps_y lps_z`` of the point in mm (with geometry).

    Raises:
        IncompatibleInputError: Anything of it breaks these rules, or a point lies outside the volume.

    Examples:
        >>> volume = Volume(np.arange(12).reshape(1, 3, 4))
        >>> found = measure(volume, id="a-1", kind="rectangle", points=[(0, 0, 1), (0, 1, 2)], axis=0)
        >>> found.values["mean"], found.values["n"], found.values["area"], found.length_unit
        (3.5, 4.0, 1.0, 'px')
    """
    if not isinstance(id, str) or not re.fullmatch(r"[a-z0-9-]{1,40}", id):
        raise IncompatibleInputError("a measurement's id must be 1 to 40 of a-z, 0-9 and -, got something else")
    if not isinstance(kind, str) or kind not in KINDS:
        raise IncompatibleInputError(f"a measurement must be one of {', '.join(KINDS)}, got something else")
    if type(axis) is not int or axis not in (0, 1, 2):
        raise IncompatibleInputError("a measurement's axis must be 0 (slice), 1 (row) or 2 (column), got another")
    if type(frame) is not int or not 0 <= frame < volume.frames:
        raise IncompatibleInputError(f"a measurement's frame must lie in 0..{volume.frames - 1}, got another")
    checked = _checked(points, kind, axis, volume.shape)
    matrix, unit, note = _scale(volume, axis)
    values = _COMPUTE[kind](_Site(volume, checked, axis, frame, matrix))
    return Measurement(
        id=id,
        kind=kind,
        points=checked,
        axis=axis,
        frame=frame,
        values=values,
        length_unit=unit,
        value_unit="" if volume.unit == "unknown" or volume.colour else volume.unit,
        length_note=note,
        series_uid=series_uid,
    )


def _checked(points: Any, kind: str, axis: int, shape: tuple[int, int, int]) -> tuple[Point, ...]:
    least, most = KINDS[kind]
    if not isinstance(points, list | tuple) or not least <= len(points) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        came = len(points) if isinstance(points, list | tuple) else "no list"
        raise IncompatibleInputError(f"a measurement of kind {kind} must have {wanted} point(s), got {came}")
    checked = tuple(_point(point, shape) for point in points)
    places = {point[axis] for point in checked}
    if len(places) > 1 or not all(place.is_integer() for place in places):
        raise IncompatibleInputError(
            f"points of a measurement must lie in one plane of the grid, at one whole number along axis {axis}; "
            f"got {len(places)} different place(s)"
        )
    return checked


def _point(point: Any, shape: tuple[int, int, int]) -> Point:
    if not isinstance(point, list | tuple) or len(point) != 3:
        raise IncompatibleInputError("a point must be three numbers: slice, row, column; got something else")
    for value, length in zip(point, shape, strict=True):
        # comparing says no to NaN, and to whole numbers too large for a float
        if isinstance(value, bool) or not isinstance(value, int | float) or not -0.5 <= value <= length - 0.5:
            raise IncompatibleInputError(
                f"points must be numbers inside the volume, half a voxel beyond the outer centres at most "
                f"(-0.5 to {length - 0.5:g}), got one that is not"
            )
    return (float(point[0]), float(point[1]), float(point[2]))


def _scale(volume: Volume, axis: int) -> tuple[Matrix, str, str]:
    """Steps of the index axes, their unit, and what must be said beside a length."""
    if volume.geometry is not None:
        rows = volume.geometry.affine[:3, :3].tolist()
        return ((*rows[0],), (*rows[1],), (*rows[2],)), "mm", ""
    planar = volume.planar
    if planar is None or planar.spacing is None or axis != 0:  # between planar images there is no distance
        return ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), "px", ""
    note = "at the detector" if planar.spacing_source == "detector" else ""
    return ((0.0, 0.0, 0.0), (0.0, planar.spacing[0], 0.0), (0.0, 0.0, planar.spacing[1])), "mm", note


def _norm(vector: Vector) -> float:
    x, y, z = vector
    return math.sqrt(x * x + y * y + z * z)


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _length(site: _Site) -> dict[str, float]:
    return {"length": _norm(site.step(*site.points))}


def _angle(site: _Site) -> dict[str, float]:
    end, vertex, other = site.points
    a, b = site.step(vertex, end), site.step(vertex, other)
    if _norm(a) == 0 or _norm(b) == 0:
        raise IncompatibleInputError("an angle must have two arms longer than zero, got one of length zero")
    dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return {"angle": math.atan2(_norm(_cross(a, b)), dot) * 180 / math.pi}


def _bidirectional(site: _Site) -> dict[str, float]:
    a, b, c, d = site.points
    short, long = sorted((_norm(site.step(a, b)), _norm(site.step(c, d))))
    return {"long": long, "short": short}


def _ellipse(site: _Site) -> dict[str, float]:
    (u0, v0), (u1, v1) = site.flat
    a, b = abs(u1 - u0) / 2, abs(v1 - v0) / 2
    return _region(site, math.pi * a * b, "ellipse")


def _rectangle(site: _Site) -> dict[str, float]:
    (u0, v0), (u1, v1) = site.flat
    return _region(site, abs(u1 - u0) * abs(v1 - v0), "rectangle")


def _freehand(site: _Site) -> dict[str, float]:
    corners = site.flat
    twice = sum(u0 * v1 - u1 * v0 for (u0, v0), (u1, v1) in zip(corners, (*corners[1:], corners[0]), strict=True))
    return _region(site, abs(twice) / 2, "freehand")


def _region(site: _Site, area: float, kind: str) -> dict[str, float]:
    """Area in pixels to that of the unit, and statistics over the voxels inside."""
    found = {"area": area * site.pixel_area()}
    if site.volume.colour:
        return found
    x = np.empty(0)
    u, v = site.box
    within = inside(kind, site.flat, u, v)
    if within.any():
        first = (int(u[0, 0]), int(v[0, 0]))
        part = site.plane()[first[0] : first[0] + within.shape[0], first[1] : first[1] + within.shape[1]]
        x = part[within].astype(np.float64)
        x = x[np.isfinite(x)]
    found["n"] = float(x.size)
    if x.size:
        # cumsum adds one after the other, as a loop does; numpy.sum adds in pairs and rounds elsewhere
        mean = float(np.cumsum(x)[-1]) / x.size
        sd = math.sqrt(float(np.cumsum((x - mean) * (x - mean))[-1]) / x.size)
        found |= {"mean": mean, "sd": sd, "min": float(x.min()), "max": float(x.max())}
    return found


def _probe(site: _Site) -> dict[str, float]:
    point, volume = site.points[0], site.volume
    near = [min(max(math.floor(p + 0.5), 0), length - 1) for p, length in zip(point, volume.shape, strict=True)]
    found: dict[str, float] = {}
    if not volume.colour:
        value = float(site.plane()[near[site.u], near[site.v]])
        found |= {"value": value} if math.isfinite(value) else {}
    if volume.geometry is not None:
        found |= dict(zip(("lps_x", "lps_y", "lps_z"), volume.geometry.to_world(point).tolist(), strict=True))
    return found


_COMPUTE: dict[str, Callable[[_Site], dict[str, float]]] = {
    "length": _length,
    "angle": _angle,
    "bidirectional": _bidirectional,
    "ellipse": _ellipse,
    "rectangle": _rectangle,
    "freehand": _freehand,
    "probe": _probe,
}
