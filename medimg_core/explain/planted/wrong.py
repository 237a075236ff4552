"""Maps that are wrong, and look like maps: what an audit must not let pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.native import native_maps
from medimg_core.explain.planted.network import CELL, CHANNELS, GRID, features, filters
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
            ``(n, rows, columns, channels)`` to ``(n, GRID, GRID)``.
    """

    explanation: Explanation
    remap: Callable[[Array], Array]


def wrong_map(kind: str, asked: Query, true: Explanation, other: Explanation, *, seed: int = 0) -> WrongMap:
    """Make a wrong map.

    Args:
        kind: One of :data:`WRONG`.
        asked: The question, of a planted image.
        true: Its true map, on the native grid.
        other: The true map of another image, whose mark lies elsewhere.
        seed: Of what is random.

    Raises:
        IncompatibleInputError: There is no such kind, or a map is on another grid.
    """
    if kind not in WRONG:
        raise IncompatibleInputError(f"a wrong map must be one of {', '.join(WRONG)}, got {kind[:40]!r}")
    if not true.native.shape == other.native.shape == (GRID, GRID):
        raise IncompatibleInputError(f"wrong maps are made on a grid of {GRID} x {GRID} cells, got {true.native.shape}")
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
        return lambda batch: np.repeat((_blob() if kind == "blob" else other.native)[None], len(batch), axis=0)
    if kind == "edges":
        return lambda batch: _each(batch, lambda image: _cells(_sobel(image)))
    if kind == "bright":
        return lambda batch: _each(batch, _cells)
    if kind == "forgotten":
        kernel, bias = filters()
        drawn = (rng.normal(0, kernel[..., 0].std(), kernel.shape)).astype(np.float32), np.zeros_like(bias)
        weights = rng.permutation(np.linspace(-1, 1, len(CHANNELS))).astype(np.float32)
        return lambda batch: _each(batch, lambda image: np.maximum(features(image, drawn) @ weights, 0))
    order = rng.permutation(GRID * GRID)

    def shuffled(batch: Array) -> Array:
        native = native_maps(batch, asked.card, asked.question, method=true.method).native
        return np.asarray(native.reshape(len(batch), -1)[:, order].reshape(native.shape))

    return shuffled


def _each(batch: Array, made: Callable[[Array], npt.NDArray[np.floating]]) -> Array:
    return np.stack([made(image[..., 0]) for image in batch]).astype(np.float32)


def _blob() -> Array:
    far = (np.arange(GRID) + 0.5) / GRID - 0.5
    return np.exp(-8 * (far[:, None] ** 2 + far[None, :] ** 2)).astype(np.float32)


def _cells(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Mean of each cell of the native grid."""
    return np.asarray(values.reshape(GRID, CELL, GRID, CELL).mean(axis=(1, 3)))


def _sobel(image: Array) -> npt.NDArray[np.float64]:
    from scipy.ndimage import sobel

    grey = image.astype(np.float64)
    return np.asarray(np.hypot(sobel(grey, axis=0), sobel(grey, axis=1)))
