"""Upright images turned, mirrored, inverted and cropped: what the gate is fitted and measured on.

Images are grey, shape ``(rows, columns)``, or have three colours or all slices of a volume last.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.gate.posture import POSTURES
from medimg_core.gate.thumbnail import SIDE, thumbnail
from medimg_core.perturb import Grey, affine, gamma, warp
from medimg_core.registry import InputSpec
from medimg_core.training.modality import each
from medimg_core.training.samples import prepared, shown

__all__ = ["CROP", "crop", "posed_thumbnails", "postures", "vary"]

Floats = NDArray[np.float64]

CROP = (0.35, 0.6)
"""Share of each side that a heavily cropped image keeps."""


def crop(image: Grey, rng: np.random.Generator, keep: tuple[float, float] = CROP) -> Grey:
    """Part of an image at a random place; each side keeps a share between ``keep``'s two."""
    share = rng.uniform(*keep)
    rows, columns = (max(8, round(side * share)) for side in image.shape[:2])
    top, left = rng.integers(0, image.shape[0] - rows + 1), rng.integers(0, image.shape[1] - columns + 1)
    return np.ascontiguousarray(image[top : top + rows, left : left + columns])


TURNS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "upright": lambda image: image,
    "rotated_90": np.rot90,
    "rotated_180": lambda image: np.rot90(image, 2),
    "rotated_270": lambda image: np.rot90(image, 3),
    "mirrored": lambda image: image[:, ::-1],
    "flipped": lambda image: image[::-1],
}
"""Postures that only move pixels."""


def postures(image: Grey, rng: np.random.Generator) -> dict[str, Grey]:
    """One upright image, 0 to 1, in every posture of :data:`medimg_core.gate.posture.POSTURES`, in their order."""
    made = {name: turn(image) for name, turn in TURNS.items()}
    made |= {"inverted": 1 - image, "cropped": crop(image, rng)}
    return {name: np.ascontiguousarray(made[name], dtype=np.float32) for name in POSTURES}


def posed_thumbnails(image: Grey, spec: InputSpec, rng: np.random.Generator) -> Floats:
    """Thumbnails of :func:`postures`, shape ``(postures, 1024)``.

    Turning and preparing a square input commute, and inverting changes the sign of what is standardised,
    so only the image and its crop are prepared.

    Args:
        image: Upright, 0 to 1, shape ``(rows, columns)`` or ``(rows, columns, 3)``.
        spec: The network's input.
        rng: Of the crop.
    """
    small = thumbnail(shown(prepared(image, spec))[0])
    square = small.reshape(SIDE, SIDE)
    made = {name: np.ravel(turn(square)) for name, turn in TURNS.items()}
    made |= {"inverted": -small, "cropped": thumbnail(shown(prepared(crop(image, rng), spec))[0])}
    return np.stack([made[name] for name in POSTURES])


def vary(image: Grey, rng: np.random.Generator) -> Grey:
    """The mild changes that an upright image may show: 7 degrees, 10 % of zoom, 5 % of shift, exposure."""
    matrix = affine(
        (image.shape[0], image.shape[1]),
        angle=float(rng.uniform(-7, 7)),
        zoom=(float(rng.uniform(0.92, 1.12)), float(rng.uniform(0.92, 1.12))),
        shift=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.05, 0.05))),
    )
    edge = float(np.percentile(image, 5))
    moved = each(image, lambda grey: warp(grey, matrix, fill=edge))
    return gamma(np.clip(moved, 0, 1), float(rng.uniform(0.75, 1.35)))
