"""A native map on the grid of the image it explains."""

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Explanation

__all__ = ["on_image"]

INTERPOLATIONS = ("bilinear", "nearest")


def on_image(explanation: Explanation, *, interpolation: str = "bilinear") -> npt.NDArray[np.float32]:
    """Resample a map to the image, through its ``to_image`` matrix, half-pixel centred.

    Outer edges of both grids coincide, not the centres of their corner pixels; beyond the outermost
    cell centres the value of the nearest cell goes on. The magnitude stays as it is.

    Args:
        explanation: The map.
        interpolation: ``"bilinear"``, or ``"nearest"`` to see the network's own grid.

    Returns:
        ``float32``, shape ``explanation.image_shape``, unit of the native map.

    Raises:
        IncompatibleInputError: Unknown interpolation, or a matrix that is no map between two grids.
    """
    if interpolation not in INTERPOLATIONS:
        raise IncompatibleInputError(
            f"interpolation must be one of {', '.join(INTERPOLATIONS)}, got {interpolation[:60]!r}"
        )
    matrix = explanation.to_image
    if abs(np.linalg.det(matrix)) < 1e-12:
        raise IncompatibleInputError("to_image must be invertible; it is not")
    back = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    rows, columns = explanation.image_shape
    if back[0, 1] == 0 and back[1, 0] == 0:  # a squash: both axes apart, two small matrix products
        along_rows = _weights(back[0, 0] * np.arange(rows) + back[0, 2], explanation.native.shape[0], interpolation)
        along_columns = _weights(
            back[1, 1] * np.arange(columns) + back[1, 2], explanation.native.shape[1], interpolation
        )
        return np.asarray(along_rows @ explanation.native @ along_columns.T, dtype=np.float32)
    return _general(explanation, back, interpolation)


def _weights(positions: npt.NDArray[np.float64], cells: int, interpolation: str) -> npt.NDArray[np.float32]:
    """Weight of each native cell at each position along one axis; shape ``(positions, cells)``."""
    clipped = np.clip(positions, 0, cells - 1)
    result = np.zeros((len(positions), cells), np.float32)
    everyone = np.arange(len(positions))
    if interpolation == "nearest":
        result[everyone, _nearest(clipped)] = 1
        return result
    low = np.minimum(np.floor(clipped).astype(np.intp), max(cells - 2, 0))
    share = (clipped - low).astype(np.float32)
    result[everyone, low] = 1 - share
    result[everyone, np.minimum(low + 1, cells - 1)] += share
    return result


def _general(explanation: Explanation, back: npt.NDArray[np.float64], interpolation: str) -> npt.NDArray[np.float32]:
    """Any affine map (rotation, shear): four neighbours of every pixel."""
    native = explanation.native
    r, c = np.indices(explanation.image_shape, dtype=np.float64)
    row = np.clip(back[0, 0] * r + back[0, 1] * c + back[0, 2], 0, native.shape[0] - 1)
    column = np.clip(back[1, 0] * r + back[1, 1] * c + back[1, 2], 0, native.shape[1] - 1)
    if interpolation == "nearest":
        return np.asarray(native[_nearest(row), _nearest(column)], dtype=np.float32)
    top, left = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
    bottom, right = np.minimum(top + 1, native.shape[0] - 1), np.minimum(left + 1, native.shape[1] - 1)
    down, across = row - top, column - left
    upper = native[top, left] * (1 - across) + native[top, right] * across
    lower = native[bottom, left] * (1 - across) + native[bottom, right] * across
    return np.asarray(upper * (1 - down) + lower * down, dtype=np.float32)


def _nearest(positions: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Index of the nearest cell; halfway between two it is the second, whatever their parity."""
    return np.floor(positions + 0.5).astype(np.intp)
