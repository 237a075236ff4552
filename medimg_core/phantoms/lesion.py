"""A lesion of known place: an ellipsoid with a rough outline and a soft edge."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import Geometry
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.waves import Waves, draw_waves

__all__ = ["Lesion", "Mask", "draw_lesion", "extent"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lesion:
    """Where a lesion lies and how rough it is.

    Attributes:
        centre: LPS mm, of the ellipsoid.
        radii: Along x, y, z, mm.
        roughness: Standard deviation of the outline around the ellipsoid, mm.
        softness: Width of its edge, mm.
        waves: That make it rough.
    """

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    roughness: float
    softness: float
    waves: Waves = field(repr=False)

    @property
    def side(self) -> str:
        """The patient's ``"left"`` or ``"right"``."""
        return "left" if self.centre[0] > 0 else "right"

    def share(self, x: Field, y: Field, z: float) -> Field:
        """How much of each point is lesion, 0 to 1; its outline is at a half.

        Args:
            x: Of the columns, mm, rising, shape ``(columns,)``.
            y: Of the rows, mm, rising, shape ``(rows,)``.
            z: Of the slice, mm.

        Returns:
            Shape ``(rows, columns)``.
        """
        shown = np.zeros((len(y), len(x)), dtype=np.float32)
        reach = 4 * self.roughness + self.softness  # no bump is higher
        if abs(z - self.centre[2]) > self.radii[2] + reach:
            return shown
        columns, rows = (
            slice(*np.searchsorted(axis, (middle - radius - reach, middle + radius + reach)))
            for axis, middle, radius in zip((x, y), self.centre[:2], self.radii[:2], strict=True)
        )
        x, y = x[columns], y[rows]
        height = np.full((1, 1), z - self.centre[2], dtype=np.float32)
        offsets = (x[None, :] - self.centre[0], y[:, None] - self.centre[1], height)
        rough = _depth(offsets, self.radii) + np.float32(self.roughness) * self.waves.values(x, y, z)
        shown[rows, columns] = np.clip(rough / np.float32(self.softness) + np.float32(0.5), 0, 1)
        return shown


def _depth(offsets: tuple[Field, Field, Field], radii: tuple[float, float, float]) -> Field:
    """About the distance to the surface of an ellipsoid, positive inside, mm; exact there and in the middle."""
    scaled2 = sum((offset / np.float32(radius)) ** 2 for offset, radius in zip(offsets, radii, strict=True))
    slope2 = sum((offset / np.float32(radius**2)) ** 2 for offset, radius in zip(offsets, radii, strict=True))
    level = np.sqrt(scaled2)
    reach = np.where(level > 1e-3, level / np.sqrt(slope2 + np.float32(1e-12)), min(radii))
    return np.asarray((1 - level) * reach, dtype=np.float32)


def draw_lesion(
    rng: np.random.Generator,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    *,
    roughness: float,
    softness: float,
) -> Lesion:
    """Draw a lesion's outline; its bumps are as long as its mean radius.

    Args:
        rng: Source of chance.
        centre: LPS mm.
        radii: Along x, y, z, mm.
        roughness: Standard deviation of the outline, mm.
        softness: Width of its edge, mm.

    Examples:
        >>> ball = draw_lesion(np.random.default_rng(1), (30.0, 0, 0), (9.0, 9, 9), roughness=0, softness=1)
        >>> axis = np.array([30, 38, 39, 40], dtype=np.float32)
        >>> ball.side, ball.share(axis, np.zeros(1, np.float32), 0.0).round(2).tolist()
        ('left', [[1.0, 1.0, 0.5, 0.0]])
    """
    return Lesion(centre, radii, roughness, softness, draw_waves(rng, float(np.mean(radii))))


def extent(mask: Mask, geometry: Geometry) -> dict[str, object]:
    """What the truth says of a mask, JSON-ready.

    Args:
        mask: Shape ``(slices, rows, columns)``.
        geometry: Of its grid.

    Returns:
        ``volume_ml``; ``voxels``; ``slices``, the first and the last that hold any of it (None where none does);
        ``centroid_voxel`` (slice, row, column) and ``centroid_lps_mm`` (None where it is empty).

    Examples:
        >>> mask = np.zeros((3, 10, 10), dtype=bool)
        >>> mask[1, 2:4, 5] = True
        >>> said = extent(mask, Geometry(np.diag([5.0, 1.0, 1.0, 1.0])))
        >>> said["volume_ml"], said["slices"], said["centroid_voxel"]
        (0.01, (1, 1), (1.0, 2.5, 5.0))
    """
    held = np.flatnonzero(mask.any(axis=(1, 2)))
    if not len(held):
        return {"volume_ml": 0.0, "voxels": 0, "slices": None, "centroid_voxel": None, "centroid_lps_mm": None}
    middle = np.array([float(places.mean()) for places in np.nonzero(mask)])
    count = int(mask.sum())
    return {
        "volume_ml": round(count * float(abs(np.linalg.det(geometry.affine[:3, :3]))) / 1000, 3),
        "voxels": count,
        "slices": (int(held[0]), int(held[-1])),
        "centroid_voxel": tuple(round(float(value), 3) for value in middle),
        "centroid_lps_mm": tuple(round(float(value), 3) for value in geometry.to_world(middle)),
    }
