"""Windows of a network's size that cover an image larger than it, and the way back.

As nnU-Net does (Isensee et al., Nat Methods 2021, 18:203-211): windows step by half their size, evenly over the
image, and what they say of a pixel is averaged with Gaussian weights whose standard deviation is an eighth of the
window, so that a pixel is judged by the windows that see it in their middle.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["Tiles"]

Array = npt.NDArray[np.float32]

STEP = 0.5
SIGMA = 0.125


@dataclass(frozen=True)
class Tiles:
    """Windows over an image.

    Attributes:
        image: Rows and columns of the image.
        size: Rows and columns of a window. An image with fewer is padded at its end with its lowest value.

    Examples:
        >>> Tiles((10, 4), (4, 4)).starts
        ((0, 0), (2, 0), (4, 0), (6, 0))
    """

    image: tuple[int, int]
    size: tuple[int, int]

    def __post_init__(self) -> None:
        if min(*self.image, *self.size) < 1:
            raise IncompatibleInputError(f"image and window need a row and a column, got {self.image} and {self.size}")

    @cached_property
    def starts(self) -> tuple[tuple[int, int], ...]:
        """First row and column of each window."""
        rows, columns = (_starts(length, size) for length, size in zip(self.image, self.size, strict=True))
        return tuple((row, column) for row in rows for column in columns)

    def cut(self, values: Array) -> Array:
        """Windows of an image.

        Args:
            values: Shape :attr:`image`, with channels behind it where there are several.

        Returns:
            Shape ``(windows, rows, columns)`` or ``(windows, rows, columns, channels)``, in the order of
            :attr:`starts`.
        """
        if values.shape[:2] != self.image:
            raise IncompatibleInputError(f"these windows are of an image of {self.image}, got {values.shape}")
        missing = [(0, max(0, size - length)) for length, size in zip(self.image, self.size, strict=True)]
        padded = np.pad(values, [*missing, (0, 0)][: values.ndim], constant_values=values.min())
        rows, columns = self.size
        return np.stack([padded[row : row + rows, column : column + columns] for row, column in self.starts])

    def merge(self, values: Array) -> Array:
        """Weighted mean of what the windows say.

        Args:
            values: Shape ``(windows, rows, columns, channels)``, in the order of :attr:`starts`.

        Returns:
            Shape ``(rows, columns, channels)`` of the image.
        """
        rows, columns = self.size
        whole = [max(size, length) for length, size in zip(self.image, self.size, strict=True)]
        total = np.zeros((*whole, values.shape[-1]), np.float32)
        weights = np.zeros((*whole, 1), np.float32)
        weight = np.multiply.outer(_bell(rows), _bell(columns))[..., None]
        for (row, column), one in zip(self.starts, values, strict=True):
            place = (slice(row, row + rows), slice(column, column + columns))
            total[place] += weight * one
            weights[place] += weight
        return np.asarray((total / weights)[: self.image[0], : self.image[1]], dtype=np.float32)


def _starts(length: int, size: int) -> list[int]:
    count = int(np.ceil(max(0, length - size) / (STEP * size))) + 1
    return [int(start) for start in np.rint(np.linspace(0, max(0, length - size), count))]


def _bell(size: int) -> Array:
    offsets = np.arange(size) - (size - 1) / 2
    return np.asarray(np.exp(-0.5 * np.square(offsets / (SIGMA * size))), dtype=np.float32)
