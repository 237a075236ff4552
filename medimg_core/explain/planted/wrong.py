"""Maps that are wrong, and look like maps: what an audit must not let pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.native import native_maps
from medimg_core.explain.planted.network import CHANNELS, GRID, features, filters
from medimg_core.explain.query import Query
from medimg_core.results import Explanation

__all__ = ["WRONG", "WrongMap", "wrong_map"]

Array = npt.NDArray[np.float32]

WRONG = {
    "shuffled": "the true map, its cells in random order",
    "blob": "a blob in the middle",
    "another": "the true map of another image",
    "edges": "the image's edges, which strike the eye",
    "bright": "the image's brightness",
    "forgotten": "Grad-CAM of a network with random weights",
}
"""Kinds of wrong map, and what each is. One of the same value everywhere is no kind: it is announced, not judged."""


@dataclass(frozen=True, eq=False)
class WrongMap:
    """A wrong map in the place of a true one.

    Attributes:
        explanation: The true map's, with other values of the same total.
        remap: Makes the same kind of wrong map of changed inputs, as the true method would: ``float32``, shape
            ``(n, rows, columns, channels)`` to ``(n, cell rows, cell columns)``.
    """

    explanation: Explanation
    remap: Callable[[Array], Array]


def wrong_map(kind: str, asked: Query, true: Explanation, other: Explanation, *, seed: int = 0) -> WrongMap:
    """Make a wrong map.

    Args:
        kind: One of :data:`WRONG`.
        asked: The question.
        true: Its true map, on the native grid.
        other: The true map of another image, whose mark lies elsewhere.
        seed: Of what is random.

    Raises:
        IncompatibleInputError: There is no such kind, or a map is on another grid.
    """
    if kind not in WRONG:
        raise IncompatibleInputError(f"a wrong map must be one of {', '.join(WRONG)}, got {kind[:40]!r}")
    rows, columns = true.native.shape
    if other.native.shape != true.native.shape or asked.card.input.size[0] % rows or asked.card.input.size[1] % columns:
        raise IncompatibleInputError(
            f"wrong maps need two maps on one grid whose cells hold whole pixels of the input, got {true.native.shape} "
            f"and {other.native.shape}"
        )
    if kind == "forgotten" and (rows, columns) != (GRID, GRID):
        raise IncompatibleInputError(
            f"the network that forgot has {GRID} x {GRID} cells, the true map has {rows} x {columns}"
        )
    maker = _maker(kind, asked, true, other, np.random.default_rng(seed))
    first = maker(asked.batch)[0]
    total = float(first.sum())
    scale = np.float32(float(true.native.sum()) / total if total > 0 else 0.0)

    def remap(batch: Array) -> Array:
        return np.asarray(maker(batch) * scale, dtype=np.float32)

    return WrongMap(replace(true, native=np.asarray(first * scale, dtype=np.float32)), remap)


def _maker(
    kind: str, asked: Query, true: Explanation, other: Explanation, rng: np.random.Generator
) -> Callable[[Array], Array]:
    """From inputs to maps of one kind."""
    if kind in ("blob", "another"):
        still = _blob(true.native.shape) if kind == "blob" else other.native
        return lambda batch: np.repeat(still[None], len(batch), axis=0)
    if kind == "edges":
        return lambda batch: _each(batch, lambda image: _cells(_sobel(image), true.native.shape))
    if kind == "bright":  # inputs may be standardised, and a map is of values from zero on
        return lambda batch: _each(batch, lambda image: _cells(image - image.min(), true.native.shape))
    if kind == "forgotten":
        kernel, bias = filters()
        drawn = (rng.normal(0, kernel[..., 0].std(), kernel.shape)).astype(np.float32), np.zeros_like(bias)
        weights = rng.permutation(np.linspace(-1, 1, len(CHANNELS))).astype(np.float32)
        return lambda batch: _each(batch, lambda image: np.maximum(features(image, drawn) @ weights, 0))
    order = rng.permutation(true.native.size)

    def shuffled(batch: Array) -> Array:
        native = native_maps(batch, asked.card, asked.question, method=true.method).native
        return np.asarray(native.reshape(len(batch), -1)[:, order].reshape(native.shape))

    return shuffled


def _each(batch: Array, made: Callable[[Array], npt.NDArray[np.floating]]) -> Array:
    return np.stack([made(image[..., 0]) for image in batch]).astype(np.float32)


def _blob(grid: tuple[int, ...]) -> Array:
    down, across = ((np.arange(cells) + 0.5) / cells - 0.5 for cells in grid)
    return np.exp(-8 * (down[:, None] ** 2 + across[None, :] ** 2)).astype(np.float32)


def _cells(values: npt.NDArray[np.floating], grid: tuple[int, ...]) -> npt.NDArray[np.floating]:
    """Mean of each cell of the native grid."""
    rows, columns = grid
    tall, wide = values.shape[0] // rows, values.shape[1] // columns
    return np.asarray(values.reshape(rows, tall, columns, wide).mean(axis=(1, 3)))


def _sobel(image: Array) -> npt.NDArray[np.float64]:
    from scipy.ndimage import sobel

    grey = image.astype(np.float64)
    return np.asarray(np.hypot(sobel(grey, axis=0), sobel(grey, axis=1)))
