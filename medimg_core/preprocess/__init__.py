"""Pure array steps between a volume's values and a network's input, named in model cards.

Training and inference both go through :func:`prepare`, so they cannot differ.
"""

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError, InvalidCardError
from medimg_core.preprocess.blocks import RESIZING, BlockLike, along, prepare_block
from medimg_core.preprocess.placement import InputLike, Placement, letterboxed, placement, resize, squashed
from medimg_core.preprocess.steps import CLIP_SD, STEPS

__all__ = [
    "CLIP_SD",
    "RESIZING",
    "STEPS",
    "BlockLike",
    "InputLike",
    "Placement",
    "along",
    "letterboxed",
    "placement",
    "prepare",
    "prepare_block",
    "resize",
    "squashed",
    "stepped",
]


def stepped(image: NDArray[np.generic], spec: InputLike) -> NDArray[np.float32]:
    """Run a card's steps on one image, whatever size they end at.

    Args:
        image: Shape ``(rows, columns)``, modality values of the card's unit; or ``(rows, columns, 3)`` for a network
            of three channels. Such a network sees grey as three equal channels.
        spec: The card's input.

    Returns:
        ``float32``, shape ``(rows, columns)`` or ``(rows, columns, 3)``: rows and columns of the network's input
        where a step resizes.

    Raises:
        IncompatibleInputError: The image has another shape, is empty, or holds values that are not finite.
        InvalidCardError: The card names a step that does not exist.
    """
    colour = spec.channels == 3
    if image.size == 0 or not (image.ndim == 2 or (colour and image.ndim == 3 and image.shape[2] == 3)):
        wanted = "(rows, columns)" + (" or (rows, columns, 3)" if colour else "")
        raise IncompatibleInputError(f"image must have shape {wanted}, got {image.shape}")
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
        image: Shape ``(rows, columns)``, modality values of the card's unit; or ``(rows, columns, 3)`` for a network
            of three channels. Such a network sees grey as three equal channels.
        spec: The card's input.

    Returns:
        Read-only float32 array of shape ``(1, rows, columns, channels)`` of the network's size.

    Raises:
        IncompatibleInputError: The image has another shape, is empty, or holds values that are not finite; or the
            steps do not end at the network's size.
        InvalidCardError: The card names a step that does not exist.

    Examples:
        >>> from types import SimpleNamespace
        >>> spec = SimpleNamespace(size=(16, 16), channels=1, steps=("to_grey01", "squash"))
        >>> prepare(np.eye(32), spec).shape
        (1, 16, 16, 1)
    """
    values = stepped(image, spec)
    if values.shape[:2] != spec.size:
        raise IncompatibleInputError(
            f"the steps must end at the network's size {spec.size}, got {values.shape[:2]}; add squash"
        )
    planes = values if values.ndim == 3 else np.repeat(values[:, :, None], spec.channels, axis=2)
    batch = planes[None].astype(np.float32, copy=False)
    batch.setflags(write=False)
    return batch
