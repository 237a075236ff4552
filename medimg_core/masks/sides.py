"""Left and right: of the patient where the tags say so, else of the image."""

import numpy as np
import numpy.typing as npt

from medimg_core.study import Volume

__all__ = ["edge_sides", "side"]

HALF = 0.75
"""Share of a part that must lie in one half of the image for it to be named after that half; our choice. Lungs
that run together, or a part in the middle, are named after neither."""

_NAMES = {"L": "left", "R": "right"}


def edge_sides(volume: Volume) -> tuple[str, str]:
    """Names of the sides that the left and the right edge of a slice face.

    Returns:
        ``("right", "left")`` or ``("left", "right")`` of the patient, from geometry or PatientOrientation; without
        them, or where the columns do not run between left and right, ``("image left", "image right")``.

    Examples:
        >>> edge_sides(Volume(np.zeros((1, 4, 4))))
        ('image left', 'image right')
    """
    letters = None
    if volume.geometry is not None:
        letters = volume.geometry.edge_letters()
    elif volume.planar is not None:
        letters = volume.planar.edge_letters()
    if letters is None or letters[0][:1] not in _NAMES:
        return ("image left", "image right")
    return (_NAMES[letters[0][0]], _NAMES[letters[1][0]])


def side(inside: npt.NDArray[np.bool_], first_column: int, columns: int, names: tuple[str, str]) -> str:
    """Name of the side a part lies on, or ``""`` where less than three quarters of it lie on one.

    Args:
        inside: True where the part is, shape ``(slices, rows, columns of its box)``.
        first_column: Of its box.
        columns: Of the image.
        names: As :func:`edge_sides` gives them.
    """
    counts = inside.sum(axis=(0, 1), dtype=np.int64)
    centres = first_column + np.arange(counts.size) + 0.5
    left = float((counts * ((centres < columns / 2) + 0.5 * (centres == columns / 2))).sum() / counts.sum())
    if left >= HALF:
        return names[0]
    return names[1] if left <= 1 - HALF else ""
