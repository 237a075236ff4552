"""Where a source image lies on the network's grid, and the resampling between them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import IncompatibleInputError

__all__ = ["InputLike", "Placement", "letterboxed", "placement", "resize", "squashed"]


class InputLike(Protocol):
    """What the steps need to know of a network's input; a card's ``InputSpec`` has it."""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns, in pixels."""

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps, in order."""

    @property
    def window(self) -> tuple[float, float] | None:
        """Lowest and highest value of the step ``window``."""


@dataclass(frozen=True)
class Placement:
    """Where a source image lies on the network's grid: a box of it, around which there may be a margin.

    Points are ``(row, column)`` in pixels, 0 at the centre of the first pixel (half-pixel centred): the outer
    edges of image and box coincide, not the centres of their corner pixels.

    Attributes:
        source: Rows and columns of the source image.
        target: Rows and columns of the network's input.
        box: ``(top, left, bottom, right)`` edges of the image on that input, in pixels.

    Examples:
        >>> letterboxed((300, 150), (32, 32)).box
        (0, 8, 32, 24)
    """

    source: tuple[int, int]
    target: tuple[int, int]
    box: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        if min(*self.source, *self.target) < 1:
            raise IncompatibleInputError(
                f"both grids need at least one row and column, got {self.source} and {self.target}"
            )

    @property
    def scale(self) -> NDArray[np.float64]:
        """Source pixels per target pixel, along rows and along columns; shape ``(2,)``."""
        top, left, bottom, right = self.box
        return np.array([self.source[0] / (bottom - top), self.source[1] / (right - left)])

    def to_source(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the target grid on the source image; both of shape ``(..., 2)``, in pixels."""
        return np.asarray((np.asarray(points, float) + 0.5 - self.box[:2]) * self.scale - 0.5)

    def to_target(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points of the source image on the target grid; both of shape ``(..., 2)``, in pixels."""
        return np.asarray((np.asarray(points, float) + 0.5) / self.scale - 0.5 + self.box[:2])

    def matrix(self, grid: tuple[int, int] | None = None) -> NDArray[np.float64]:
        """Homogeneous matrix from pixel centres ``(row, column, 1)`` of a grid to those of the source image.

        Args:
            grid: Rows and columns of a grid that covers the network's input, e.g. a feature map; the input's own
                by default.

        Returns:
            Shape ``(3, 3)``.
        """
        grid = grid or self.target
        cell = np.array([self.target[0] / grid[0], self.target[1] / grid[1]])
        matrix = np.diag([*(cell * self.scale), 1.0])
        matrix[:2, 2] = (0.5 * cell - self.box[:2]) * self.scale - 0.5
        return matrix

    def restore(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values on the network's grid, shape ``target``, resampled to the source image's; the margin goes."""
        top, left, bottom, right = self.box
        return resize(values[top:bottom, left:right], self.source)


def squashed(source: tuple[int, int], target: tuple[int, int]) -> Placement:
    """The whole target, aspect ratio not kept.

    Args:
        source: Rows and columns of the image.
        target: Rows and columns of the network's input.

    Examples:
        >>> squashed((300, 200), (10, 10)).to_source(np.array([[0.0, 0.0]]))
        array([[14.5,  9.5]])
    """
    return Placement(source, target, (0, 0, *target))


def letterboxed(source: tuple[int, int], target: tuple[int, int]) -> Placement:
    """The largest centred box of the target in which an image keeps its aspect ratio, to whole pixels.

    Args:
        source: Rows and columns of the image.
        target: Rows and columns of the network's input.
    """
    share = min(target[0] / source[0], target[1] / source[1])
    rows, columns = (max(1, min(t, round(s * share))) for s, t in zip(source, target, strict=True))
    top, left = (target[0] - rows) // 2, (target[1] - columns) // 2
    return Placement(source, target, (top, left, top + rows, left + columns))


def placement(source: tuple[int, int], spec: InputLike) -> Placement:
    """Where a card's steps put an image of ``source`` rows and columns."""
    if "letterbox" in spec.steps:
        return letterboxed(source, spec.size)
    return squashed(source, spec.size)


def resize(image: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Resample to ``shape`` (rows, columns), half-pixel centred, with a triangle filter.

    The filter widens when the image shrinks, so that fine structure is averaged and not aliased.

    Args:
        image: Shape ``(rows, columns)`` or ``(rows, columns, channels)``, any unit.
        shape: Rows and columns wanted.

    Examples:
        >>> resize(np.full((4, 6), 7.0), (2, 3)).tolist()
        [[7.0, 7.0, 7.0], [7.0, 7.0, 7.0]]
    """
    if image.ndim == 3:
        return np.stack([resize(image[..., channel], shape) for channel in range(image.shape[2])], axis=2)
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), dtype=np.float32)
