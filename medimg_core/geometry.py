"""Where voxels lie in the patient: LPS millimetres inside, everything else is converted at the door.

LPS is DICOM's patient coordinate system (PS3.3 C.7.6.2.1.1): x grows toward the patient's Left, y
toward Posterior, z toward Superior (head). Index order is ``(slice, row, column)`` throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.errors import GeometryError

__all__ = ["FloatArray", "Geometry", "PlanarGeometry", "direction_letters", "opposite_letters"]

FloatArray = npt.NDArray[np.float64]

_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "S": "I", "I": "S", "H": "F", "F": "H"}
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_ORTHOGONAL_TOLERANCE = 1e-3  # cosine; DICOM asks for orthogonal unit vectors, files hold six digits


def direction_letters(vector: Sequence[float] | FloatArray, *, least_cosine: float = 0.26) -> str:
    """Name the anatomical direction of a vector, strongest component first.

    Args:
        vector: Direction in LPS, shape ``(3,)``, any length above zero.
        least_cosine: A further letter is given only for components of at least this cosine
            (0.26 is 15 degrees off the plane).

    Returns:
        One to three of the letters L R A P S I.

    Raises:
        GeometryError: The vector has no length or is not finite.

    Examples:
        >>> direction_letters([0, 0.8, -0.6])
        'PI'
    """
    unit = _unit(np.asarray(vector, dtype=np.float64))
    order = np.argsort(-np.abs(unit), kind="stable")
    letters = [
        _LETTERS[axis][int(unit[axis] > 0)]
        for position, axis in enumerate(order)
        if position == 0 or abs(unit[axis]) >= least_cosine
    ]
    return "".join(letters)


def opposite_letters(letters: str) -> str:
    """Name the opposite direction, letter by letter.

    Raises:
        GeometryError: A letter is not one of L R A P S I H F.

    Examples:
        >>> opposite_letters("PI")
        'AS'
    """
    unknown = set(letters) - set(_OPPOSITE)
    if unknown:
        raise GeometryError(f"direction letters must be of L R A P S I H F, got {len(unknown)} other character(s)")
    return "".join(_OPPOSITE[letter] for letter in letters)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Affine geometry of a volume.

    Attributes:
        affine: Maps homogeneous voxel indices ``(slice, row, column, 1)`` of voxel centres to LPS
            millimetres, shape ``(4, 4)``, ``float64``, read-only.
    """

    affine: FloatArray

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4):
            raise GeometryError(f"affine must have shape (4, 4), got {affine.shape}")
        if not np.isfinite(affine).all():
            raise GeometryError("affine must be finite, got NaN or infinity")
        if not np.array_equal(affine[3], [0, 0, 0, 1]):
            raise GeometryError(f"last row of an affine must be 0 0 0 1, got {affine[3].tolist()}")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            raise GeometryError("affine must be invertible: two axes are parallel or one has no length")
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Geometry) and np.array_equal(self.affine, other.affine)

    def __hash__(self) -> int:
        return hash(self.affine.tobytes())

    @classmethod
    def from_dicom(
        cls,
        *,
        orientation: Sequence[float],
        position: Sequence[float],
        pixel_spacing: Sequence[float],
        slice_step: Sequence[float],
    ) -> "Geometry":
        """Build the affine of a stack from DICOM's plane tags (PS3.3 C.7.6.2.1.1).

        Args:
            orientation: ImageOrientationPatient: cosines of the row direction (along which the
                column index grows), then of the column direction; six numbers.
            position: ImagePositionPatient of slice 0, in mm: centre of its first voxel.
            pixel_spacing: PixelSpacing in mm: between rows, then between columns.
            slice_step: From a voxel of slice 0 to the same voxel of slice 1, in mm, LPS, shape ``(3,)``.

        Raises:
            GeometryError: The cosines are not orthogonal unit vectors, or a spacing is not above zero.

        Examples:
            >>> g = Geometry.from_dicom(orientation=[1, 0, 0, 0, 1, 0], position=[-100, -80, 30],
            ...                         pixel_spacing=[0.5, 0.7], slice_step=[0, 0, 3])
            >>> g.spacing, g.orientation
            ((3.0, 0.5, 0.7), 'SPL')
        """
        row_direction, column_direction = _plane_cosines(orientation)
        between_rows, between_columns = (float(value) for value in pixel_spacing)
        if not (between_rows > 0 and between_columns > 0):
            raise GeometryError(f"PixelSpacing must be above zero, got {between_rows:g} and {between_columns:g}")
        affine = np.eye(4)
        affine[:3, 0] = slice_step
        affine[:3, 1] = column_direction * between_rows
        affine[:3, 2] = row_direction * between_columns
        affine[:3, 3] = position
        return cls(affine)

    @classmethod
    def from_ras(cls, affine: npt.ArrayLike) -> "Geometry":
        """Convert a NIfTI affine, for an array whose axes were reversed to ``(k, j, i)``.

        Args:
            affine: Maps ``(i, j, k, 1)`` to RAS millimetres, shape ``(4, 4)``.

        Examples:
            >>> Geometry.from_ras(np.diag([2.0, 3.0, 4.0, 1.0])).orientation
            'SAR'
        """
        matrix = np.asarray(affine, dtype=np.float64)
        if matrix.shape != (4, 4):
            raise GeometryError(f"affine must have shape (4, 4), got {matrix.shape}")
        return cls((_RAS_TO_LPS @ matrix)[:, [2, 1, 0, 3]])

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxel centres along ``(slice, row, column)``, in mm.

        Along a sheared (gantry-tilted) slice axis this is the length of the step, not the distance
        between the planes.
        """
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    @property
    def directions(self) -> FloatArray:
        """Unit vectors in LPS along which slice, row and column index grow; shape ``(3, 3)``, one a row."""
        matrix = self.affine[:3, :3]
        return np.asarray((matrix / np.linalg.norm(matrix, axis=0)).T)

    @property
    def orientation(self) -> str:
        """Nearest anatomical direction of growing slice, row and column index, e.g. ``"SPL"``.

        Axial head-first supine CT stacked upward is ``"SPL"``: slices go to Superior, rows to
        Posterior, columns to Left.
        """
        return "".join(direction_letters(direction)[0] for direction in self.directions)

    @property
    def plane(self) -> str:
        """``"axial"``, ``"coronal"`` or ``"sagittal"``: the nearest to the planes of the slices."""
        normal = np.cross(self.affine[:3, 1], self.affine[:3, 2])
        return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(normal)))]

    @property
    def obliqueness(self) -> float:
        """Largest angle between an axis and its nearest anatomical axis, in degrees."""
        cosines = np.abs(self.directions).max(axis=1)
        return float(np.degrees(np.arccos(np.clip(cosines.min(), -1, 1))))

    @property
    def shear(self) -> float:
        """Angle between the slice axis and the normal of the slices, in degrees; gantry tilt shows here."""
        normal = _unit(np.cross(self.affine[:3, 2], self.affine[:3, 1]))
        cosine = abs(float(normal @ self.directions[0]))
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

    def edge_letters(self) -> tuple[str, str, str, str]:
        """Letters for the left, right, top and bottom edge of a slice shown as stored."""
        _, down, across = self.directions
        right, bottom = direction_letters(across), direction_letters(down)
        return (opposite_letters(right), right, opposite_letters(bottom), bottom)

    def to_world(self, indices: npt.ArrayLike) -> FloatArray:
        """Map voxel indices to LPS.

        Args:
            indices: ``(slice, row, column)``, may be fractional, shape ``(..., 3)``.

        Returns:
            Points in mm, same shape.
        """
        points = np.asarray(indices, dtype=np.float64)
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_index(self, points: npt.ArrayLike) -> FloatArray:
        """Map LPS points in mm, shape ``(..., 3)``, to fractional ``(slice, row, column)``."""
        offset = np.asarray(points, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(offset @ np.linalg.inv(self.affine[:3, :3]).T)

    def flipped(self, axis: int, length: int) -> "Geometry":
        """Geometry after the array was reversed along one axis.

        Args:
            axis: 0 slice, 1 row, 2 column.
            length: Number of voxels along it.
        """
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, axis] * (length - 1)
        affine[:3, axis] *= -1
        return Geometry(affine)


@dataclass(frozen=True)
class PlanarGeometry:
    """What a projection or an ultrasound frame says of its plane; no affine, because there is none.

    Attributes:
        right: Letters of the direction that the image's right edge faces, from PatientOrientation
            (0020,0020), or None when the tag is absent.
        bottom: Likewise for the bottom edge.
        spacing: Distance between rows and between columns in mm, or None.
        spacing_source: ``"patient"`` (PixelSpacing), ``"detector"`` (ImagerPixelSpacing: sizes are
            magnified), ``"region"`` (SequenceOfUltrasoundRegions), or None.
        laterality: ``"L"``, ``"R"`` or ``"B"`` from ImageLaterality or Laterality, or None.
    """

    right: str | None = None
    bottom: str | None = None
    spacing: tuple[float, float] | None = None
    spacing_source: str | None = None
    laterality: str | None = None

    def edge_letters(self) -> tuple[str, str, str, str] | None:
        """Letters for the left, right, top and bottom edge as stored, or None without tags."""
        if self.right is None or self.bottom is None:
            return None
        return (opposite_letters(self.right), self.right, opposite_letters(self.bottom), self.bottom)


def _unit(vector: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise GeometryError("a direction must be finite and have a length above zero")
    return np.asarray(vector / length)


def _plane_cosines(orientation: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    cosines = np.asarray(orientation, dtype=np.float64)
    if cosines.shape != (6,) or not np.isfinite(cosines).all():
        raise GeometryError(f"ImageOrientationPatient must be six finite numbers, got {cosines.size}")
    row, column = cosines[:3], cosines[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 1 - 0.01 or max(lengths) > 1 + 0.01:
        raise GeometryError(
            f"ImageOrientationPatient must hold unit vectors, got lengths {lengths[0]:.3f} and {lengths[1]:.3f}"
        )
    row, column = _unit(row), _unit(column)
    if abs(float(row @ column)) > _ORTHOGONAL_TOLERANCE:
        raise GeometryError(f"ImageOrientationPatient must be orthogonal, got cosine {float(row @ column):.4f}")
    return row, column
