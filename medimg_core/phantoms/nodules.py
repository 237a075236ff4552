"""Pulmonary nodules of known kind, place and size, drawn with exact partial volumes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import pi

import numpy as np

from medimg_core.geometry import FloatArray, Geometry
from medimg_core.phantoms.thorax import Field

__all__ = ["NODULES", "Nodule", "draw"]

_PARTS = 6  # points along each edge of a voxel


@dataclass(frozen=True)
class Nodule:
    """A ball in the lung, with a denser ball inside where it is part-solid.

    Attributes:
        kind: ``"solid"``, ``"ground_glass"``, ``"part_solid"``, ``"calcified"`` or ``"juxtapleural"``.
        centre: LPS mm.
        diameter: In mm.
        hu: Of the ball (of its ground-glass part).
        core: Diameter of the solid core in mm, 0 without one.
        core_hu: Of the core.
    """

    kind: str
    centre: tuple[float, float, float]
    diameter: float
    hu: float = 40.0
    core: float = 0.0
    core_hu: float = 40.0

    @property
    def side(self) -> str:
        """The lung it lies in, ``"left"`` or ``"right"`` of the patient."""
        return "left" if self.centre[0] > 0 else "right"

    @property
    def volume(self) -> float:
        """In mm3.

        Examples:
            >>> round(Nodule("solid", (-50.0, 0.0, 0.0), 10.0).volume, 1)
            523.6
        """
        return pi / 6 * self.diameter**3

    def truth(self, geometry: Geometry) -> dict[str, object]:
        """What the catalogue says of it; ``voxel`` is (slice, row, column) in the grid of ``geometry``."""
        said: dict[str, object] = {
            "kind": self.kind,
            "lps_mm": self.centre,
            "diameter_mm": self.diameter,
            "volume_mm3": round(self.volume, 2),
            "hu": self.hu,
            "side": self.side,
            "voxel": tuple(round(float(value), 3) for value in geometry.to_index(np.array(self.centre))),
        }
        return said | ({"core_diameter_mm": self.core, "core_hu": self.core_hu} if self.core else {})


NODULES = (
    Nodule("solid", (-51.5, 4.5, 62.5), 4.0),
    Nodule("solid", (57.0, 37.0, 37.0), 6.0),
    Nodule("solid", (-88.0, 24.0, 4.0), 8.0),
    Nodule("solid", (74.0, -34.0, 16.0), 10.0),
    Nodule("solid", (-57.0, 49.0, -42.0), 15.0),
    Nodule("ground_glass", (45.0, 39.0, 72.0), 10.0, hu=-600.0),
    Nodule("part_solid", (-67.0, -29.0, 27.0), 12.0, hu=-600.0, core=6.0),
    Nodule("calcified", (87.0, 29.0, -15.0), 6.0, hu=500.0),
    Nodule("juxtapleural", (-105.9, 0.0, 5.0), 8.0),
)
"""Where the chest CT has lung; the last one touches the chest wall."""


def draw(volume: Field, nodules: Iterable[Nodule], geometry: Geometry) -> None:
    """Draw nodules into a volume of HU, each voxel by the share of it that the ball fills.

    Args:
        volume: Changed in place, shape ``(slices, rows, columns)``.
        nodules: Those outside the volume are left out.
        geometry: Axial grid of the volume.
    """
    for nodule in nodules:
        balls = [(nodule.diameter, nodule.hu)] + ([(nodule.core, nodule.core_hu)] if nodule.core else [])
        for diameter, value in balls:
            place = geometry.to_index(np.array(nodule.centre))
            reach = np.ceil(diameter / 2 / np.array(geometry.spacing)).astype(int) + 1
            low = np.maximum(np.floor(place).astype(int) - reach, 0)
            high = np.minimum(np.ceil(place).astype(int) + reach + 1, volume.shape)
            if np.any(low >= high):
                continue
            part = volume[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
            part += (np.float32(value) - part) * _filled(
                low - place, high - place, np.array(geometry.spacing), diameter
            )


def _filled(low: FloatArray, high: FloatArray, spacing: FloatArray, diameter: float) -> Field:
    """Share of each voxel inside a ball around the origin, for the voxels from ``low`` to ``high``."""
    inner = (np.arange(_PARTS) + 0.5) / _PARTS - 0.5
    squares = [
        (((np.arange(round(b - a)) + a)[:, None] + inner).ravel() * size) ** 2
        for a, b, size in zip(low, high, spacing, strict=True)
    ]
    inside = squares[0][:, None, None] + squares[1][:, None] + squares[2] <= diameter**2 / 4
    shape = tuple(size for square in squares for size in (len(square) // _PARTS, _PARTS))
    return np.asarray(inside.reshape(shape).mean(axis=(1, 3, 5)), dtype=np.float32)
