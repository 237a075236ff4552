"""Upright images turned, mirrored, inverted and cropped: what the gate is fitted and measured on."""

import numpy as np

from medimg_core.gate.posture import POSTURES
from medimg_core.perturb import Grey, affine, gamma, warp

__all__ = ["CROP", "crop", "postures", "vary"]

CROP = (0.35, 0.6)
"""Share of each side that a heavily cropped image keeps."""


def crop(image: Grey, rng: np.random.Generator, keep: tuple[float, float] = CROP) -> Grey:
    """Part of an image at a random place; each side keeps a share between ``keep``'s two."""
    share = rng.uniform(*keep)
    rows, columns = (max(8, round(side * share)) for side in image.shape)
    top, left = rng.integers(0, image.shape[0] - rows + 1), rng.integers(0, image.shape[1] - columns + 1)
    return np.ascontiguousarray(image[top : top + rows, left : left + columns])


def postures(image: Grey, rng: np.random.Generator) -> dict[str, Grey]:
    """One upright image in every posture of :data:`medimg_core.gate.posture.POSTURES`, in their order."""
    made = {
        "upright": image,
        "rotated_90": np.rot90(image),
        "rotated_180": np.rot90(image, 2),
        "rotated_270": np.rot90(image, 3),
        "mirrored": image[:, ::-1],
        "flipped": image[::-1],
        "inverted": 1 - image,
        "cropped": crop(image, rng),
    }
    return {name: np.ascontiguousarray(made[name], dtype=np.float32) for name in POSTURES}


def vary(image: Grey, rng: np.random.Generator) -> Grey:
    """The mild changes that an upright image may show: 7 degrees, 10 % of zoom, 5 % of shift, exposure."""
    matrix = affine(
        (image.shape[0], image.shape[1]),
        angle=float(rng.uniform(-7, 7)),
        zoom=(float(rng.uniform(0.92, 1.12)), float(rng.uniform(0.92, 1.12))),
        shift=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.05, 0.05))),
    )
    moved = warp(image, matrix, fill=float(np.percentile(image, 5)))
    return gamma(np.clip(moved, 0, 1), float(rng.uniform(0.75, 1.35)))
