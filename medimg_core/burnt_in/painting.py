"""Takes marks out of an image: their surroundings, and the surroundings' speckle, go on over them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg_core.burnt_in.finding import grey01
from medimg_core.errors import IncompatibleInputError
from medimg_core.perturb import interpolate

__all__ = ["paint_out"]

Grey = NDArray[np.float32]

SMOOTH = 1.5
"""Standard deviation in pixels of the blur that parts an image into ground and speckle."""
TRIES = 8
"""Places that are tried to take speckle from."""
MARGIN = 40
"""Pixels around the masks that are looked at."""
REACH = (6, 28)
"""How far away speckle is taken from, in pixels: above the width of most marks, yet of the same tissue."""


def paint_out(image: NDArray[Any], mask: NDArray[np.bool_], rng: np.random.Generator | None = None) -> Grey:
    """Paint over what a mask marks.

    The ground is a smooth surface from the pixels around the mask (:func:`~medimg_core.perturb.interpolate`);
    the speckle is copied from nearby and scaled to the deviation around the mask. Where something was painted
    over can still be told by looking closely, so a training must paint at random places as well.

    Args:
        image: Shape ``(rows, columns)`` or ``(rows, columns, 3)``; unsigned 8-bit, or floating from 0 to 1.
        mask: Shape ``(rows, columns)``, True where the image is to go.
        rng: Chooses where speckle is taken from; without one the choice is always the same.

    Returns:
        Shape of the image, 0 to 1; a copy that is equal outside the mask.

    Raises:
        IncompatibleInputError: Shapes differ, or the image is neither unsigned 8-bit nor floating.

    Examples:
        >>> image = np.full((32, 32), 0.5, np.float32)
        >>> image[16, 10:20] = 1
        >>> painted = paint_out(image, image == 1)
        >>> float(painted.max().round(3))
        0.5
    """
    if mask.shape != image.shape[:2]:
        raise IncompatibleInputError(f"a mask must have the image's shape {image.shape[:2]}, got {mask.shape}")
    grey01(image)  # refuses what is no image
    values = image.astype(np.float32) / np.float32(255 if image.dtype == np.uint8 else 1)
    if not mask.any() or mask.all():
        return values
    part = _around(mask)
    inside = np.asarray(mask[part], bool)
    move = _move(inside, rng or np.random.default_rng(0))
    painted = values.copy()
    for plane in [painted] if values.ndim == 2 else np.moveaxis(painted, -1, 0):
        plane[part] = _painted(plane[part], inside, move)
    return painted


def _around(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The part of the image that holds the mask and all that is needed to paint it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, left = max(0, int(rows[0]) - MARGIN), max(0, int(columns[0]) - MARGIN)
    return slice(top, int(rows[-1]) + MARGIN + 1), slice(left, int(columns[-1]) + MARGIN + 1)


def _move(mask: NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, int]:
    """How far down and right speckle is taken from: the try that meets the fewest marks."""
    best, move = mask.size + 1, (0, 0)
    for _ in range(TRIES):
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(*REACH)
        step = (round(reach * np.sin(angle)), round(reach * np.cos(angle)))
        met = int((mask & _shifted(mask, step)).sum())
        if met < best:
            best, move = met, step
    return move


def _shifted(image: NDArray[Any], step: tuple[int, int]) -> NDArray[Any]:
    """What lies ``step`` rows down and columns right, mirrored at the border."""
    picked = []
    for size, move in zip(image.shape, step, strict=True):
        index = np.abs(np.arange(size) + move) % max(1, 2 * size - 2)
        picked.append(np.where(index >= size, 2 * size - 2 - index, index))
    return image[np.ix_(*picked)]


def _painted(plane: Grey, mask: NDArray[np.bool_], move: tuple[int, int]) -> Grey:
    known = (~mask).astype(np.float32)
    ground = interpolate(plane, known)
    filled = np.where(mask, ground, plane)
    blurred = ndimage.gaussian_filter(filled, SMOOTH, mode="nearest", truncate=3.0)
    speckle = (filled - blurred) * known
    there = _shifted(speckle, move)
    # Deviation of the speckle around here and around there, so that a dark lesion gets no bright tissue's speckle.
    power = interpolate(ndimage.uniform_filter(speckle**2, 9), ndimage.minimum_filter(known, 5))
    weight = np.maximum(ndimage.uniform_filter(known, 9), 1e-3)
    here = np.sqrt(np.maximum(np.where(mask, power, 0) / weight, 0))
    source = np.sqrt(np.maximum(_shifted(ndimage.uniform_filter(speckle**2, 9) / weight, move), 1e-10))
    smooth = np.where(mask, blurred, 0)
    painted = np.clip(smooth + there * np.clip(here / source, 0, 2), 0, 1)
    return np.where(mask, painted, plane).astype(np.float32)
