"""How long a pixel is and how much a voxel holds, as far as the volume knows."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.study import Volume

__all__ = ["Scale"]


@dataclass(frozen=True, eq=False)
class Scale:
    """Lengths in the planes of a volume's slices.

    Attributes:
        matrix: From differences of ``(row, column)`` to lengths along two perpendicular directions, shape
            ``(2, 2)``; not diagonal where rows and columns are sheared against each other.
        unit: ``"mm"``, or ``"px"`` where the spacing is not known.
        note: What must be said beside a length: ``"at the detector"`` where it is magnified, or ``""``.
        voxel_ml: Volume of one voxel in mL, or None without affine geometry. Readers give geometry to evenly
            spaced stacks without missing slices only, so that slices stand for the space between them.
    """

    matrix: npt.NDArray[np.float64] = field(repr=False)
    unit: str
    note: str = ""
    voxel_ml: float | None = None

    @classmethod
    def of(cls, volume: Volume) -> "Scale":
        """Scale of a volume.

        Examples:
            >>> Scale.of(Volume(np.zeros((1, 4, 5)))).unit
            'px'
        """
        if volume.geometry is not None:
            steps = volume.geometry.affine[:3, :3]
            # Q R = the two in-plane steps: R keeps their lengths and the angle between them
            upper = np.asarray(np.linalg.qr(steps[:, 1:])[1])
            return cls(upper, "mm", voxel_ml=abs(float(np.linalg.det(steps))) / 1000)
        planar = volume.planar
        if planar is None or planar.spacing is None:
            return cls(np.eye(2), "px")
        return cls(np.diag(planar.spacing), "mm", "at the detector" if planar.spacing_source == "detector" else "")

    @property
    def pixel_area(self) -> float:
        """Area of one pixel, in the square of :attr:`unit`."""
        return abs(float(np.linalg.det(self.matrix)))

    @property
    def shortest(self) -> float:
        """Length of the shorter side of a pixel."""
        return float(min(math.hypot(*self.matrix[:, 0]), math.hypot(*self.matrix[:, 1])))
