"""Occlusion: by how much the log-odds fall when a block of the image is hidden.

Source: Zeiler & Fergus, ECCV 2014, doi:10.1007/978-3-319-10590-1_53, whose grey square is here filled from the
pixels around it (:func:`medimg_core.explain.hiding.hide`): a square of one grey is a sign of its own. Blocks are the
cells of the last feature map, so that maps of both can be compared cell by cell.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.explain.hiding import hide
from medimg_core.explain.odds import log_odds
from medimg_core.registry import ModelCard

__all__ = ["CELL", "blocks", "occlusion"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

CHUNK = 32
CELL = 16
"""Side of a block in pixels, about, where a model names no feature map."""


def occlusion(
    image: Array,
    grid: tuple[int, int],
    card: ModelCard,
    question: Decision,
    *,
    how: str = "border",
    progress: Progress | None = None,
) -> Array:
    """Map of one input.

    Args:
        image: As the network takes it, shape ``(rows, columns, channels)``.
        grid: Rows and columns of blocks.
        card: The model.
        question: The decision.
        how: Way of hiding, one of :data:`medimg_core.explain.hiding.WAYS`.
        progress: Called after each batch of blocks; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        ``float32``, shape ``grid``: log-odds of the input less those without the block. Above zero the block speaks
        for the decision, below zero against it.
    """
    masks = blocks(grid, (image.shape[0], image.shape[1]))
    own = log_odds(image[None], card, question)[0]
    drops = np.empty(len(masks), np.float32)
    for at in range(0, len(masks), CHUNK):
        hidden = hide(image, masks[at : at + CHUNK], how)
        drops[at : at + CHUNK] = own - log_odds(hidden, card, question)
        if progress is not None:
            progress(min(at + CHUNK, len(masks)), len(masks), "Occlusion")
    return drops.reshape(grid)


def blocks(grid: tuple[int, int], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Cells of a grid that covers an image, each as a mask.

    Args:
        grid: Rows and columns of cells.
        size: Rows and columns of the image.

    Returns:
        Shape ``(cells, rows, columns)``, row by row; each pixel belongs to the cell that holds its centre.

    Examples:
        >>> blocks((1, 2), (1, 5)).astype(int).tolist()
        [[[1, 1, 0, 0, 0]], [[0, 0, 1, 1, 1]]]
    """
    row, column = (
        ((np.arange(pixels) + 0.5) * cells / pixels).astype(np.intp) for cells, pixels in zip(grid, size, strict=True)
    )
    number = row[:, None] * grid[1] + column
    return np.asarray(number == np.arange(grid[0] * grid[1])[:, None, None])
