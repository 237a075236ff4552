"""A network whose evidence is known, written down in NumPy: weights by hand, nothing trained.

It has four filters, each matched to one mark of :data:`MARKS`: their answer is the correlation of a square of the
image with the mark, 1 for the mark in black and white and 0 for whatever is flat. Only what lies above :data:`LIMIT`
counts, and no edge, bar, disc or letter comes near it. Four more channels, of brightness and edges, answer to all
that strikes the eye; their weights in every head are zero. So a map of what the network uses lies on marks.

The answers are gathered on a grid of 12 x 12 cells by a quadratic spline, whose weights add up to one wherever a mark
lies, so that the logits do not depend on the place. Three heads follow: pooling and a dense layer; a dense layer on
every cell, for which the same mark speaks for its class above and against it below; and a mask.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = [
    "CELL",
    "CHANNELS",
    "CLASSES",
    "GRID",
    "LIMIT",
    "MARKS",
    "MASK_SCALE",
    "SIDE",
    "SIZE",
    "features",
    "filters",
    "flat_kernel",
    "logits",
    "mark",
    "mask_kernel",
    "pooled_kernel",
    "spline",
]

Array = npt.NDArray[np.float32]

SIZE = 96
"""Rows and columns of an image, in pixels."""
CELL = 8
"""Rows and columns of a cell of the native grid, in pixels."""
GRID = SIZE // CELL
"""Rows and columns of the native grid, in cells."""
SIDE = 6
"""Rows and columns of a mark, in pixels."""
LIMIT = 0.45
"""Correlation above which a filter answers. Half planes, bars, discs and stripes of full contrast reach 0.39, other
marks and this mark turned, mirrored or moved 0.37: the patterns were chosen for it among many drawn at random. The
rest is room for what lies beside them."""

MARKS = {
    "mark_a": ("##.##.", ".##.#.", "....##", "###..#", "#.#.#.", ".#.#.."),
    "mark_b": ("..#..#", ".##.##", "#.#.#.", ".#..#.", "###...", "#..###"),
    "mark_c": ("#..#..", "..####", ".#..#.", "##.#.#", "#..##.", ".#..##"),
    "against": ("..##.#", "###.#.", "#..#..", "#...##", "####.#", ".....#"),
}
"""Marks by name, a sign a pixel, ``#`` white and ``.`` black. The first three are the classes' own; the last
speaks against ``mark_a``."""
CLASSES = ("mark_a", "mark_b", "mark_c")
CHANNELS = (*MARKS, "bright", "dark", "edge_down", "edge_right")
"""Channels of the last feature map. Those that are no marks weigh nothing."""

_FOR = 7.0
_AGAINST = -5.0
_LOWER = -0.5
_ASIDE = 4e-4
"""Weights of a pooled answer of 1: of a class's own mark, of the mark against, and below, as a share of above; and what
makes the other channels a tenth as large as those of marks. Score-CAM also credits channels that weigh nothing, where
their mask lets a mark through; as large as they come, blobs of brightness would outshine it."""
MASK_SCALE = (160.0, -6.0)
"""Weight of a cell's answer and bias of the mask's logit."""


@cache
def mark(name: str) -> Array:
    """A mark, 1 where it is white and 0 where it is black, shape ``(SIDE, SIDE)``, read-only.

    Examples:
        >>> mark("mark_a")[0].tolist()
        [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    """
    bits = np.array([[sign == "#" for sign in row] for row in MARKS[name]], np.float32)
    bits.setflags(write=False)
    return bits


@cache
def filters() -> tuple[Array, Array]:
    """Kernel ``(SIDE, SIDE, 1, channels)`` and bias ``(channels,)`` of the convolution; read-only."""
    kernel = np.zeros((SIDE, SIDE, 1, len(CHANNELS)), np.float32)
    bias = np.zeros(len(CHANNELS), np.float32)
    for index, name in enumerate(MARKS):
        kernel[:, :, 0, index] = (2 * mark(name) - 1) / (SIDE * SIDE / 2)
        bias[index] = -LIMIT
    middle = slice(SIDE // 2 - 3, SIDE // 2 + 3)
    step = np.repeat(np.array([-1, -1, -1, 1, 1, 1], np.float32) * (_ASIDE / 18), 6).reshape(6, 6)
    flat = np.full((6, 6), _ASIDE / 36, np.float32)
    for name, values in (("bright", flat), ("dark", -flat), ("edge_down", step), ("edge_right", step.T)):
        kernel[middle, middle, 0, CHANNELS.index(name)] = values
    bias[CHANNELS.index("dark")] = 0.5 * _ASIDE
    for array in (kernel, bias):
        array.setflags(write=False)
    return kernel, bias


@cache
def spline() -> Array:
    """Weights by which a cell gathers answers, shape ``(3 * CELL, 3 * CELL)``: a quadratic spline, read-only.

    Shifted by whole cells they add up to one at every pixel that is a cell or more from the border.

    Examples:
        >>> weights = spline().reshape(3, CELL, 3, CELL).sum(axis=(0, 2))
        >>> bool(np.allclose(weights, 1))
        True
    """
    x = (np.arange(3 * CELL) + 0.5) / CELL - 1.5
    line = np.where(np.abs(x) < 0.5, 0.75 - x**2, (1.5 - np.abs(x)) ** 2 / 2)
    result = np.outer(line, line).astype(np.float32)
    result.setflags(write=False)
    return result


def pooled_kernel() -> Array:
    """Of the dense layer behind the mean over the cells, shape ``(channels, classes)``; its bias is zero."""
    kernel = np.zeros((len(CHANNELS), len(CLASSES)), np.float32)
    for index, name in enumerate(CLASSES):
        kernel[CHANNELS.index(name), index] = _FOR * GRID * GRID
    kernel[CHANNELS.index("against"), 0] = _AGAINST * GRID * GRID
    return kernel


def flat_kernel() -> Array:
    """Of the dense layer on every cell, shape ``(GRID * GRID * channels, classes)``; its bias is zero.

    In the upper half the weights are those of pooling; in the lower half they have the other sign and half the size.
    Grad-CAM, which takes the mean of a channel's weights, cannot tell the halves apart (Draelos & Carin 2020,
    arXiv:2011.08891); methods that keep each cell's own weight can.
    """
    halves = np.repeat(np.array([1, _LOWER], np.float32), GRID // 2)
    cells = np.broadcast_to(halves[:, None, None, None], (GRID, GRID, 1, 1))
    kernel = cells * pooled_kernel() / np.float32(GRID * GRID)
    return kernel.reshape(-1, len(CLASSES)).astype(np.float32)


def mask_kernel() -> Array:
    """Of the mask's 1 x 1 convolution, shape ``(1, 1, channels, 1)``: marks of all classes count alike."""
    kernel = np.zeros((1, 1, len(CHANNELS), 1), np.float32)
    kernel[0, 0, : len(CLASSES)] = MASK_SCALE[0]
    return kernel


def features(image: npt.NDArray[np.floating], weights: tuple[Array, Array] | None = None) -> Array:
    """The last feature map of an image.

    Args:
        image: Grey, 0 to 1, shape ``(SIZE, SIZE)``.
        weights: Kernel and bias of the convolution, in place of :func:`filters`.

    Returns:
        ``float32``, 0 and above, shape ``(GRID, GRID, channels)``.

    Raises:
        IncompatibleInputError: The image has another shape.
    """
    from scipy.signal import correlate

    if image.shape != (SIZE, SIZE):
        raise IncompatibleInputError(f"a planted image must have the shape {(SIZE, SIZE)}, got {image.shape}")
    before = (SIDE - 1) // 2  # what "same" means for an even kernel in Keras
    padded = np.pad(np.asarray(image, np.float64), (before, SIDE - 1 - before))
    kernel, bias = filters() if weights is None else weights
    result = np.zeros((GRID, GRID, len(CHANNELS)), np.float32)
    for index in range(len(CHANNELS)):
        answers = correlate(padded, kernel[:, :, 0, index].astype(np.float64), "valid", method="fft")
        gathered = np.pad(np.maximum(answers + bias[index], 0), CELL)
        windows = np.lib.stride_tricks.sliding_window_view(gathered, spline().shape)[::CELL, ::CELL]
        result[..., index] = np.einsum("rcij,ij->rc", windows, spline())
    return result


def logits(image: npt.NDArray[np.floating], *, flat: bool = False) -> npt.NDArray[np.float64]:
    """Logits of the classes for an image, by this file alone.

    Args:
        image: Grey, 0 to 1, shape ``(SIZE, SIZE)``.
        flat: Of the head that weighs every cell, instead of pooling.

    Returns:
        ``float64``, shape ``(classes,)``.
    """
    found = features(image).astype(np.float64)
    if flat:
        return np.asarray(found.ravel() @ flat_kernel(), np.float64)
    return np.asarray(found.mean(axis=(0, 1)) @ pooled_kernel(), np.float64)
