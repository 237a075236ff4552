"""Pictures of 8 bits as training images, and masks in pictures."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import UnreadableFileError
from medimg_core.preprocess import letterboxed
from medimg_core.training.plan import Plan

__all__ = ["decode", "decode_mask", "placed"]


def decode(path: Path, plan: Plan) -> NDArray[np.uint8]:
    """Read one 8-bit raster onto the cached grid, squashed or with a margin as the plan's steps have it.

    Raises:
        UnreadableFileError: Pillow cannot decode it, or it has more than 8 bits.
    """
    try:
        with Image.open(path) as picture:
            if picture.mode[0] in "IF":  # 16 bits and more, which Pillow would cut off at 255
                raise UnreadableFileError(f"a training image must have 8 bits a channel, got mode {picture.mode}")
            plain = picture.convert("L" if plan.channels == 1 else "RGB")
    except OSError as error:
        raise UnreadableFileError("a training image must be a readable JPEG or PNG; one is not") from error
    return placed(plain, plan, int(np.asarray(plain).min()))


def decode_mask(path: Path, value: int, plan: Plan) -> NDArray[np.bool_]:
    """Read one mask, placed as its image is: where the file holds ``value``, or anything for 0.

    Raises:
        UnreadableFileError: Pillow cannot decode it.
    """
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    except OSError as error:
        raise UnreadableFileError("a training mask must be a readable PNG; one is not") from error
    inside = values[..., 0] if values.ndim == 3 else values
    inside = inside == value if value else inside > 0
    return placed(Image.fromarray(inside.astype(np.uint8) * 255), plan, 0) >= 128


def placed(picture: Image.Image, plan: Plan, margin: int) -> NDArray[np.uint8]:
    """A picture on the square grid of the cache.

    Args:
        picture: 8 bits a channel.
        plan: Side of the grid, and whether the aspect ratio is kept.
        margin: Value around a picture whose aspect ratio is kept.
    """
    side = plan.cache_side
    if picture.size == (side, side):
        return np.asarray(picture, dtype=np.uint8)
    if "letterbox" not in plan.steps:
        return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)
    top, left, bottom, right = letterboxed((picture.height, picture.width), (side, side)).box
    inside = np.asarray(picture.resize((right - left, bottom - top), Image.Resampling.BILINEAR), dtype=np.uint8)
    result = np.full((side, side, *inside.shape[2:]), margin, np.uint8)
    result[top:bottom, left:right] = inside
    return result
