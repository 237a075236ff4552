"""The orientation phantom: a box in which no direction, side or corner can be mistaken for another.

It is defined in LPS millimetres once and sampled by every acquisition, so whatever a reader does with
axial, sagittal, coronal or oblique stacks, the same landmark must come out at the same place.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray, Geometry
from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.marks import glyph, word

__all__ = ["LANDMARKS", "SIDES", "STACKS", "Stack", "orientation_radiograph", "orientation_value", "sample"]

HALF = (20.0, 17.0, 27.0)  # of the box, mm: unequal on purpose
CENTRE = (6.0, -11.0, 23.0)  # of the box, LPS mm: away from the origin on purpose
SIDES = {"R": 700, "L": 1500, "A": 900, "P": 1700, "I": 1100, "S": 1900}  # value of the plate on each side
LANDMARKS = {  # LPS mm of small balls of value 3000 + 200 * number
    "one": (14.0, -17.0, 40.0),
    "two": (-4.0, -5.0, 12.0),
    "three": (16.0, -8.0, 8.0),
}
BALL_RADIUS = 3.0
_PLATE = 5.0  # thickness of a side's plate, mm


@dataclass(frozen=True)
class Stack:
    """How the phantom is acquired.

    Attributes:
        row: Direction in which the column index grows, LPS.
        column: Direction in which the row index grows, LPS.
        down: True when slices are stacked against the normal.
        shape: Slices, rows, columns.
        spacing: Between slices, rows, columns, mm.
    """

    row: tuple[float, float, float]
    column: tuple[float, float, float]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    down: bool = False

    def plane(self) -> Plane:
        """Plane tags of the stack, centred on the box."""
        row, column = np.array(self.row), np.array(self.column)
        normal = np.cross(row, column) * (-1 if self.down else 1)
        step = normal * self.spacing[0]
        origin = (
            np.array(CENTRE)
            - step * (self.shape[0] - 1) / 2
            - column * self.spacing[1] * (self.shape[1] - 1) / 2
            - row * self.spacing[2] * (self.shape[2] - 1) / 2
        )
        return Plane((*self.row, *self.column), origin, step, (self.spacing[1], self.spacing[2]))

    def geometry(self) -> Geometry:
        """Affine of the stack in the order the files are numbered."""
        plane = self.plane()
        return Geometry.from_dicom(
            orientation=plane.orientation,
            position=[float(value) for value in plane.origin],
            pixel_spacing=plane.pixel_spacing,
            slice_step=[float(value) for value in plane.step],
        )


def _oblique() -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Axial axes turned 25 degrees about z, then 17 degrees about x, then 10 about y."""
    a, b, c = np.radians([25.0, 17.0, 10.0])
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    matrix = about_y @ about_x @ about_z
    first, second = (tuple(float(value) for value in matrix[:, axis]) for axis in (0, 1))
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])


STACKS = {
    "axial": Stack((1, 0, 0), (0, 1, 0), (24, 56, 62), (2.5, 0.8, 0.7)),
    "sagittal": Stack((0, 1, 0), (0, 0, -1), (18, 84, 58), (2.5, 0.8, 0.7)),
    "coronal": Stack((1, 0, 0), (0, 0, -1), (16, 84, 62), (2.5, 0.8, 0.7), down=True),
    "oblique": Stack(*_oblique(), (34, 92, 84), (2.5, 0.8, 0.7)),
}


def orientation_value(points: FloatArray) -> npt.NDArray[np.int16]:
    """Value of the phantom at LPS points.

    Outside 0; inside 300 plus 10, 20, 40 for the left, posterior, superior half (eight corners, eight
    values); plates on the six sides as in ``SIDES``; letters of 2400 near the middle of each side; balls.

    Args:
        points: LPS mm, shape ``(..., 3)``.

    Returns:
        ``int16``, shape ``(...)``.
    """
    local = np.asarray(points, dtype=np.float64) - np.array(CENTRE)
    half = np.array(HALF)
    inside = np.all(np.abs(local) <= half, axis=-1)
    value = 300 + ((local > 0) * np.array([10, 20, 40])).sum(axis=-1)
    for axis, (low, high) in enumerate((("R", "L"), ("A", "P"), ("I", "S"))):
        value = np.where(local[..., axis] > half[axis] - _PLATE, SIDES[high], value)
        value = np.where(local[..., axis] < -half[axis] + _PLATE, SIDES[low], value)
    for letter, middle, (across, down, flip) in _LETTERS:
        bits = glyph(letter)
        column = np.floor((local[..., across] - middle[across]) / 1.1 + 2.5).astype(int)
        row = np.floor(flip * (local[..., down] - middle[down]) / 1.1 + 3.5).astype(int)
        through = 3 - across - down
        near = np.abs(local[..., through] - middle[through]) <= 4.0
        valid = near & (column >= 0) & (column < 5) & (row >= 0) & (row < 7)
        value = np.where(valid & bits[row.clip(0, 6), column.clip(0, 4)], 2400, value)
    value = np.where(inside, value, 0)
    for number, centre in enumerate(LANDMARKS.values()):
        ball = np.sum((points - np.array(centre)) ** 2, axis=-1) <= BALL_RADIUS**2
        value = np.where(ball, 3000 + 200 * number, value)
    return np.asarray(value, dtype=np.int16)


# letter, its middle from the box's centre in mm, and how it is drawn: axis of its columns, axis of its
# rows, sign (+1: rows grow with the axis). As read on an axial slice seen from the feet, and on a
# coronal slice seen from the front.
_LETTERS = (
    ("R", (-11.0, 0.0, 0.0), (0, 1, 1)),
    ("L", (11.0, 0.0, 0.0), (0, 1, 1)),
    ("A", (0.0, -7.0, 0.0), (0, 1, 1)),
    ("P", (0.0, 7.0, 0.0), (0, 1, 1)),
    ("S", (0.0, 0.0, 17.0), (0, 2, -1)),
    ("I", (0.0, 0.0, -17.0), (0, 2, -1)),
)


def sample(stack: Stack) -> npt.NDArray[np.int16]:
    """Acquire the phantom: mean of eight points inside each voxel, shape ``stack.shape``.

    The word SYNTHETIC stands in the bottom rows of every slice, beside the box.
    """
    geometry = stack.geometry()
    total = np.zeros(stack.shape)
    offsets = (-0.25, 0.25)
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in stack.shape), indexing="ij"), axis=-1).astype(np.float64)
    for ds in offsets:
        for dr in offsets:
            for dc in offsets:
                total += orientation_value(geometry.to_world(grid + np.array([ds, dr, dc])))
    volume = np.rint(total / 8).astype(np.int16)
    ink = word("SYNTHETIC", 6) > 0.45
    volume[:, -ink.shape[0] :, : ink.shape[1]][:, ink] = 1000
    volume.setflags(write=False)
    return volume


def orientation_radiograph(*, mirrored: bool = False) -> tuple[npt.NDArray[np.uint16], dict[str, object]]:
    """A planar test image: a letter at each edge, four unlike corners, one disc up and to the left.

    Args:
        mirrored: Store it with the patient's right at the image's right edge; letters stay readable.

    Returns:
        Twelve-bit pixels, shape ``(288, 224)``, white high, and the truth: place of the disc and the
        corners' values.
    """
    rows, columns = 288, 224
    image = np.full((rows, columns), 800, dtype=np.uint16)
    corners = {"RH": 1200, "LH": 1600, "RF": 2000, "LF": 2400}
    block = 34
    for name, value in corners.items():
        top = 0 if name[1] == "H" else rows - block
        left = 0 if (name[0] == "R") != mirrored else columns - block
        image[top : top + block, left : left + block] = value
    first, second = ("L", "R") if mirrored else ("R", "L")
    places = {first: (120, 6), second: (120, columns - 31), "H": (6, 98), "F": (rows - 41, 98)}
    for letter, (row, column) in places.items():
        ink = glyph(letter, 5)
        image[row : row + 35, column : column + 25][ink] = 4000
    down, across = np.mgrid[:rows, :columns]
    disc = (92.0, columns - 1 - 150.0 if mirrored else 150.0)
    image[np.hypot(down - disc[0], across - disc[1]) <= 14] = 3400
    ink = word("SYNTHETIC", 9) > 0.45
    image[rows - 60 : rows - 60 + ink.shape[0], 70 : 70 + ink.shape[1]][ink] = 3000
    image.setflags(write=False)
    return image, {"disc_pixel": disc, "disc_radius_pixels": 14.0, "corner_values": corners}
