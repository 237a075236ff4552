"""Line integrals from a point source through the phantom to a flat detector.

The detector lies behind the patient, parallel to the coronal plane of the room: its column index grows
to +x (patient's left for an unrotated patient), its row index to -z. Tubes are projected exactly up to
the grid: a tube of cross-section disc D swept along c(s) projects to the integral over s of D - c(s),
because the line integral through a uniform disc is its chord (the Abel transform of a disc).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.thorax import Field

__all__ = ["Beam", "Pose", "Tube", "integrate", "project_tubes"]


@dataclass(frozen=True)
class Pose:
    """Rigid place of the patient in the room: ``room = matrix @ patient + shift``.

    Attributes:
        matrix: Rotation, shape ``(3, 3)``.
        shift: Translation in mm, shape ``(3,)``.
    """

    matrix: FloatArray = field(repr=False)
    shift: FloatArray = field(repr=False)

    @classmethod
    def of(cls, *, turn: float, tilt: float, shift: Sequence[float]) -> "Pose":
        """Build from a turn about the long axis and a tilt in the plane of the detector, both in degrees."""
        a, b = np.radians([turn, tilt])
        about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        return cls(about_y @ about_z, np.asarray(shift, dtype=np.float64))

    def to_room(self, points: FloatArray) -> FloatArray:
        """Patient to room, shape ``(..., 3)``, mm."""
        return np.asarray(points @ self.matrix.T + self.shift)


@dataclass(frozen=True)
class Beam:
    """Source, detector and their grid.

    Attributes:
        shape: Rows and columns.
        pixel: Edge of a detector pixel, mm.
        source_distance: Source to detector, mm.
        detector_y: Where the detector lies on the room's y axis, mm; the patient's middle is 0.
    """

    shape: tuple[int, int]
    pixel: float
    source_distance: float
    detector_y: float

    def binned(self, factor: int) -> "Beam":
        """Same detector with pixels ``factor`` times as large."""
        return Beam(
            (self.shape[0] // factor, self.shape[1] // factor),
            self.pixel * factor,
            self.source_distance,
            self.detector_y,
        )

    @property
    def source_y(self) -> float:
        """Where the source lies on the room's y axis, mm."""
        return self.detector_y - self.source_distance

    def axes(self) -> tuple[Field, Field]:
        """Pixel centres on the detector, mm: z of the rows ``(rows, 1)`` and x of the columns ``(1, columns)``."""
        rows, columns = self.shape
        v = (rows / 2 - 0.5 - np.arange(rows, dtype=np.float32)) * self.pixel
        u = (np.arange(columns, dtype=np.float32) + 0.5 - columns / 2) * self.pixel
        return v[:, None], u[None, :]

    def magnification(self, y: FloatArray | float) -> FloatArray:
        """How much larger an object at room depth y appears on the detector."""
        return np.asarray(self.source_distance / (np.asarray(y, dtype=np.float64) - self.source_y))

    def to_pixel(self, points: FloatArray) -> FloatArray:
        """Room points ``(..., 3)`` in mm to fractional ``(row, column)`` of pixel centres, ``(..., 2)``."""
        scale = self.magnification(points[..., 1])
        row = self.shape[0] / 2 - 0.5 - points[..., 2] * scale / self.pixel
        column = points[..., 0] * scale / self.pixel + self.shape[1] / 2 - 0.5
        return np.stack([row, column], axis=-1)


@dataclass(frozen=True, eq=False)
class Tube:
    """A round rod along a curve, of patient points.

    Attributes:
        points: Centre line, LPS mm, shape ``(n, 3)``, closely spaced.
        radius: Of the rod at each point, mm, shape ``(n,)``.
        weight: Factor on the material's path length at each point, shape ``(n,)`` or one number
            (negative takes material away).
    """

    points: FloatArray = field(repr=False)
    radius: FloatArray = field(repr=False)
    weight: FloatArray | float = 1.0


def integrate(
    beam: Beam, pose: Pose, fields: Callable[[Field, Field, Field], Sequence[Field]], depths: FloatArray
) -> list[Field]:
    """Integrate fields along every ray.

    Args:
        beam: Source and detector.
        pose: Where the patient is.
        fields: Maps patient coordinates x, y, z (each of the detector's shape) to occupancies.
        depths: Evenly spaced room y at which the rays are sampled, mm.

    Returns:
        Path lengths in mm, one array of the detector's shape for each field.
    """
    v, u = beam.axes()
    step = float(depths[1] - depths[0]) * np.sqrt(1 + (u**2 + v**2) / beam.source_distance**2)
    inverse = pose.matrix.T.astype(np.float32)
    totals: list[Field] = []
    for y in depths:
        shrink = np.float32(1 / beam.magnification(float(y)))
        x0, y0, z0 = u * shrink - pose.shift[0], np.float32(y - pose.shift[1]), v * shrink - pose.shift[2]
        x, yy, z = (np.asarray(row[0] * x0 + row[1] * y0 + row[2] * z0, dtype=np.float32) for row in inverse)
        values = fields(x, yy, z)
        if not totals:
            totals = [np.zeros(beam.shape, dtype=np.float32) for _ in values]
        for number, value in enumerate(values):
            totals[number] += value
    return [np.asarray(total * step, dtype=np.float32) for total in totals]


def project_tubes(beam: Beam, pose: Pose, tubes: Sequence[Tube], *, aspect: float = 1.0, bins: int = 14) -> Field:
    """Path length through many tubes.

    Args:
        beam: Source and detector.
        pose: Where the patient is.
        tubes: Rods; overlapping ones add up.
        aspect: Height of the cross-section over its width on the detector; its area is kept.
        bins: Number of radii that are told apart (logarithmic).

    Returns:
        Millimetres, shape of the detector.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2
    from scipy.special import j1

    places, radii, lengths = [], [], []
    for tube in tubes:
        room = pose.to_room(tube.points)
        pieces = np.linalg.norm(np.diff(room, axis=0), axis=1)
        steps = (np.append(pieces, 0.0) + np.append(0.0, pieces)) / 2
        scale = beam.magnification(room[:, 1])
        places.append(beam.to_pixel(room))
        radii.append(tube.radius * scale / beam.pixel)
        lengths.append(tube.weight * steps)
    place, radius, length = np.concatenate(places), np.concatenate(radii), np.concatenate(lengths)

    pad = int(np.ceil(radius.max() * 2 * max(aspect, 1 / aspect))) + 4
    shape = tuple(next_fast_len(n + 2 * pad, real=True) for n in beam.shape)
    keep = np.all((place > -pad) & (place < np.array(beam.shape) + pad - 2), axis=1)
    place, radius, length = place[keep] + pad, radius[keep], length[keep]
    levels = np.geomspace(max(radius.min(), 0.2), radius.max() * 1.0001 + 1e-6, bins + 1)
    which = np.clip(np.searchsorted(levels, radius) - 1, 0, bins - 1)

    stretch = np.sqrt(aspect)
    kz = 2 * np.pi * np.fft.fftfreq(shape[0])[:, None] * stretch
    kx = 2 * np.pi * np.fft.rfftfreq(shape[1])[None, :] / stretch
    k = np.hypot(kz, kx)
    table = np.linspace(1e-6, float(k.max()) * float(levels[-1]), 8192)
    jinc = 2 * np.pi * j1(table) / table  # Fourier transform of a disc of radius and height one
    spectrum = np.zeros(k.shape, dtype=np.complex64)
    for level in np.unique(which):
        chosen = which == level
        size = float(np.sqrt(np.mean(radius[chosen] ** 2)))
        grid = _splat(place[chosen], length[chosen], shape)
        spectrum += rfft2(grid) * (size**2 * np.interp(k * size, table, jinc)).astype(np.float32)
    full = irfft2(spectrum * np.exp(-0.5 * (k * 0.45) ** 2).astype(np.float32), s=shape)
    window = full[pad : pad + beam.shape[0], pad : pad + beam.shape[1]]
    return np.asarray(window, dtype=np.float32)


def _splat(place: FloatArray, weight: FloatArray, shape: tuple[int, ...]) -> Field:
    """Spread weights over the four pixels around each place; per mm of swept length and pixel area."""
    base = np.floor(place).astype(np.int64)
    part = place - base
    grid = np.zeros(int(np.prod(shape)))
    for down in (0, 1):
        for across in (0, 1):
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - across - part[:, 1])
            index = (base[:, 0] + down) * shape[1] + base[:, 1] + across
            grid += np.bincount(index, weights=weight * share, minlength=grid.size)
    return grid.reshape(shape).astype(np.float32)
