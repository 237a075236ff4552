"""Whole volumes on the grid of a network that takes all slices at once.

In its own plane each slice lies as an image would (:func:`medimg_core.preprocess.placement`); then slices are
resampled to as many as the network takes, half-slice centred, however far apart they lie in the patient.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError, InvalidCardError
from medimg_core.preprocess.placement import InputLike, resize
from medimg_core.preprocess.steps import STEPS

__all__ = ["RESIZING", "BlockLike", "along", "prepare_block"]

RESIZING = ("squash", "letterbox")
"""Steps that bring slices to the network's size."""


class BlockLike(InputLike, Protocol):
    """What the steps need to know of such a network's input; a card's ``InputSpec`` has it."""

    @property
    def depth(self) -> int:
        """Slices, at least 1."""


def along(values: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    """Resample the first axis, half-slice centred, with a triangle filter that widens when there are to be fewer.

    Args:
        values: Shape ``(slices, ...)``, any unit.
        count: Slices wanted.

    Examples:
        >>> along(np.array([[0.0], [4.0]]), 4).ravel().tolist()
        [0.0, 1.0, 3.0, 4.0]
    """
    rest = values.shape[1:]
    if values.shape[0] == count:
        return np.asarray(values, dtype=np.float32)
    flat = np.asarray(values, dtype=np.float32).reshape(values.shape[0], -1)
    return resize(flat, (count, flat.shape[1])).reshape(count, *rest)


def prepare_block(volume: NDArray[np.generic], spec: BlockLike) -> NDArray[np.float32]:
    """Run a card's steps on a volume.

    Minimum, maximum, mean and deviation are those of the whole volume, so that slices keep their greys beside each
    other.

    Args:
        volume: Shape ``(slices, rows, columns)``, modality values of the card's unit.
        spec: The card's input.

    Returns:
        Read-only float32 array of shape ``(1, depth, rows, columns, 1)`` of the network's size.

    Raises:
        IncompatibleInputError: The volume has another shape, is empty, or holds values that are not finite; or the
            steps do not end at the network's size.
        InvalidCardError: The card names a step that does not exist.
    """
    if volume.ndim != 3 or volume.size == 0:
        raise IncompatibleInputError(f"a volume must have shape (slices, rows, columns), got {volume.shape}")
    values = volume.astype(np.float32)
    if not np.isfinite(values).all():
        raise IncompatibleInputError("a volume must hold finite numbers only, got NaN or infinity")
    for name in spec.steps:
        if name not in STEPS:
            raise InvalidCardError(f"input step must be one of {', '.join(STEPS)}, got {name!r}")
        if name in RESIZING:
            values = along(np.stack([STEPS[name](plane, spec) for plane in values]), spec.depth)
        else:
            values = STEPS[name](values, spec)
    if values.shape != (spec.depth, *spec.size):
        raise IncompatibleInputError(
            f"the steps must end at the network's size {(spec.depth, *spec.size)}, got {values.shape}; add squash"
        )
    batch = values[None, ..., None].astype(np.float32, copy=False)
    batch.setflags(write=False)
    return batch
