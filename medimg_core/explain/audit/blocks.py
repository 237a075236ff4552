"""An image in blocks: the cells of the model's native grid, which are hidden and shown as a whole.

Finer than its native grid no class activation map says anything, so a map of pixels is asked the same question: its
mean in every block.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.hiding import MARGIN

__all__ = ["CONTENT", "LEAST", "Blocks", "blocks_of"]

Masks = npt.NDArray[np.bool_]

LEAST = 2 * MARGIN + 2
"""Smallest side of a block, in pixels: of a smaller one that is shown alone the margin would leave nothing."""
LARGEST_GRID = 24
"""Blocks along a side, at most: finer native grids, such as that of the pixels, are not the model's own."""
CELL = 16
"""Side of a block where the model has no native grid, in pixels."""
CONTENT = 0.05
"""Standard deviation within a block, as a share of the image's, from which on it holds something to hide. Random
orders that spend their blocks on air would make any map look good."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of an image.

    Attributes:
        grid: Blocks along rows and columns.
        of_pixel: Number of each pixel's block, counted row by row, shape ``(rows, columns)``.
        used: Numbers of the blocks that hold something, in rising order.
    """

    grid: tuple[int, int]
    of_pixel: npt.NDArray[np.intp] = field(repr=False)
    used: npt.NDArray[np.intp] = field(repr=False)

    def means(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Mean of each block, shape ``(blocks,)``, of values on the pixels' grid."""
        flat = self.of_pixel.ravel()
        count = self.grid[0] * self.grid[1]
        total = np.bincount(flat, np.asarray(values, np.float64).ravel(), minlength=count)
        return np.asarray(total / np.maximum(np.bincount(flat, minlength=count), 1))

    def order(self, values: npt.NDArray[np.floating], seed: int = 0) -> npt.NDArray[np.intp]:
        """The blocks that hold something, that of the largest mean first; equal ones in an order drawn at random.

        Args:
            values: On the pixels' grid, shape ``(rows, columns)``.
            seed: Of the order of equal ones: in the order of their numbers, an empty map would run from the top.
        """
        means = self.means(values)[self.used]
        chance = np.random.default_rng(seed).permutation(len(means))
        return self.used[np.lexsort((chance, -means))]

    def masks(self, chosen: Masks) -> Masks:
        """Pixels of chosen blocks.

        Args:
            chosen: Shape ``(n, blocks)``.

        Returns:
            Shape ``(n, rows, columns)``.
        """
        return np.asarray(chosen[:, self.of_pixel])


def blocks_of(asked: Asked) -> Blocks:
    """Blocks of the input of a map under audit: the model's native grid, merged where its cells are too small."""
    rows, columns = asked.shape
    features = asked.query.activations.features
    native = features.shape[:2] if features is not None else asked.evidence.shape
    if max(native) > LARGEST_GRID and features is None:
        native = (max(1, round(rows / CELL)), max(1, round(columns / CELL)))
    grid = (_merged(native[0], rows), _merged(native[1], columns))
    of_row = np.arange(rows) * grid[0] // rows
    of_column = np.arange(columns) * grid[1] // columns
    of_pixel = of_row[:, None] * grid[1] + of_column[None, :]
    plain = Blocks(grid, of_pixel, np.arange(grid[0] * grid[1]))
    image = asked.image.mean(axis=-1, dtype=np.float64)
    spread = np.sqrt(np.maximum(plain.means(image**2) - plain.means(image) ** 2, 0))
    return Blocks(grid, of_pixel, np.flatnonzero(spread > CONTENT * float(image.std())))


def _merged(cells: int, side: int) -> int:
    """Cells along a side, merged by a whole number until each has :data:`LEAST` pixels."""
    factor = 1
    while cells // factor > 1 and side / -(-cells // factor) < LEAST:
        factor += 1
    return max(1, -(-cells // factor))
