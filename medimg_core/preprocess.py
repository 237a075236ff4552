"""Pure array steps between a volume's values and a network's input, named in model cards.

Every step has the signature ``step(image, spec) -> image`` with float32 arrays of shape
``(rows, columns)``. Training and inference both go through :func:`prepare`, so they cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import IncompatibleInputError, InvalidCardError

CLIP_SD = 3.0
"""Standardised values are cut at this many standard deviations on both sides."""


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


Step = Callable[[NDArray[np.float32], InputLike], NDArray[np.float32]]


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
        image: Shape ``(rows, columns)``, any unit.
        shape: Rows and columns wanted.

    Examples:
        >>> resize(np.full((4, 6), 7.0), (2, 3)).tolist()
        [[7.0, 7.0, 7.0], [7.0, 7.0, 7.0]]
    """
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), dtype=np.float32)


def to_grey01(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Stretch the values to 0..1 by the image's own minimum and maximum; a flat image becomes 0."""
    low, high = float(image.min()), float(image.max())
    if high <= low:
        return np.zeros_like(image)
    return (image - np.float32(low)) / np.float32(high - low)


def squash(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Resample to the network's input size; the aspect ratio is not kept, as in training."""
    return image if image.shape == spec.size else resize(image, spec.size)


def letterbox(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Resample to the network's input size, aspect ratio kept; the margin gets the image's lowest value."""
    shape = (image.shape[0], image.shape[1])
    top, left, bottom, right = letterboxed(shape, spec.size).box
    inside = resize(image, (bottom - top, right - left)) if shape != (bottom - top, right - left) else image
    if inside.shape == spec.size:
        return inside
    result = np.full(spec.size, inside.min(), np.float32)
    result[top:bottom, left:right] = inside
    return result


def window(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Cut the values to the card's window and bring it to 0..1.

    Raises:
        InvalidCardError: The card gives no window.
    """
    if spec.window is None:
        raise InvalidCardError("the step window needs `window = [low, high]` in the card's input; it is missing")
    low, high = spec.window
    return np.asarray((np.clip(image, low, high) - np.float32(low)) / np.float32(high - low), dtype=np.float32)


def standardise(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Subtract the image's mean, divide by its standard deviation, cut at 3 SD; a flat image becomes 0.

    Global brightness and contrast tell the hospital's habits rather than the disease, so the network
    never sees them.
    """
    centred = image - image.mean(dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(np.mean(np.square(centred, dtype=np.float64))))
    if spread < 1e-6:
        return np.zeros_like(centred)
    cut = np.clip(centred / np.float32(spread), -CLIP_SD, CLIP_SD)
    return np.asarray(cut, dtype=np.float32)


STEPS: dict[str, Step] = {
    "to_grey01": to_grey01,
    "window": window,
    "squash": squash,
    "letterbox": letterbox,
    "standardise": standardise,
}
"""Every step a card may name."""


def stepped(image: NDArray[np.generic], spec: InputLike) -> NDArray[np.float32]:
    """Run a card's steps on one image, whatever size they end at.

    Args:
        image: Shape ``(rows, columns)``, modality values of the card's unit.
        spec: The card's input.

    Returns:
        ``float32``, shape ``(rows, columns)``: those of the network's input where a step resizes.

    Raises:
        IncompatibleInputError: The image is not two-dimensional, is empty, or holds values that are
            not finite.
        InvalidCardError: The card names a step that does not exist.
    """
    if image.ndim != 2 or image.size == 0:
        raise IncompatibleInputError(f"image must have shape (rows, columns), got {image.shape}")
    if np.iscomplexobj(image):
        raise IncompatibleInputError("image must hold real numbers, got complex ones")
    values: NDArray[np.float32] = image.astype(np.float32)
    if not np.isfinite(values).all():
        raise IncompatibleInputError("image must hold finite numbers only, got NaN or infinity")
    for name in spec.steps:
        if name not in STEPS:
            raise InvalidCardError(f"input step must be one of {', '.join(STEPS)}, got {name!r}")
        values = STEPS[name](values, spec)
    return values


def prepare(image: NDArray[np.generic], spec: InputLike) -> NDArray[np.float32]:
    """Run a card's steps on one image.

    Args:
        image: Shape ``(rows, columns)``, modality values of the card's unit.
        spec: The card's input.

    Returns:
        Read-only float32 array of shape ``(1, rows, columns, channels)`` of the network's size.

    Raises:
        IncompatibleInputError: The image is not two-dimensional, is empty, or holds values that are
            not finite; or the steps do not end at the network's size.
        InvalidCardError: The card names a step that does not exist.

    Examples:
        >>> from types import SimpleNamespace
        >>> spec = SimpleNamespace(size=(16, 16), channels=1, steps=("to_grey01", "squash"))
        >>> prepare(np.eye(32), spec).shape
        (1, 16, 16, 1)
    """
    values = stepped(image, spec)
    if values.shape != spec.size:
        raise IncompatibleInputError(
            f"the steps must end at the network's size {spec.size}, got {values.shape}; add squash"
        )
    batch = np.repeat(values[None, :, :, None], spec.channels, axis=3).astype(np.float32, copy=False)
    batch.setflags(write=False)
    return batch
