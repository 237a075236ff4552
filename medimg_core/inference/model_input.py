"""Values of a slice as a card's preprocessing steps expect them."""

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate import is_grey
from medimg_core.registry import InputSpec, ModelCard
from medimg_core.study import Volume
from medimg_core.voi import EIGHT_BIT, auto_window

__all__ = ["model_input", "slice_values", "volume_values"]


def model_input(volume: Volume, card: ModelCard, slice_index: int = 0, frame: int = 0) -> npt.NDArray[np.float32]:
    """Values of one slice as the card's preprocessing steps expect them.

    A model whose card names a unit gets the values in that unit. All others get the grey that a reader
    sees at the file's own window, white 1 (MONOCHROME1 turned over); 8-bit images without a window of
    their own are taken as they are, 0 to 255, as they were in training.

    Args:
        volume: The input.
        card: The model.
        slice_index: Slice, from 0.
        frame: Frame, from 0.

    Returns:
        ``float32``, shape ``(rows, columns)``, or ``(rows, columns, 3)`` where the image has colour and the network
        takes it. For a network of grey, colour becomes the mean of its channels.
    """
    return slice_values(volume, card.input, slice_index, frame)


def slice_values(volume: Volume, spec: InputSpec, slice_index: int = 0, frame: int = 0) -> npt.NDArray[np.float32]:
    """:func:`model_input` for a network that has no card yet: what a training reads.

    Args:
        volume: The input.
        spec: What the network takes.
        slice_index: Slice, from 0.
        frame: Frame, from 0.
    """
    plane = volume.plane(slice_index, frame)
    if spec.unit != "any":
        return np.asarray(plane, dtype=np.float32)
    if plane.ndim == 3:
        shown = volume.presented(slice_index, frame=frame)
        if is_grey(plane):
            return np.asarray(shown[..., 0], dtype=np.float32)
        return shown if spec.channels == 3 else np.asarray(shown.mean(axis=-1), dtype=np.float32)
    plain = plane.dtype == np.uint8 and not volume.voi
    return volume.presented(slice_index, voi=EIGHT_BIT if plain else None, frame=frame)


def volume_values(volume: Volume, spec: InputSpec, frame: int = 0) -> npt.NDArray[np.float32]:
    """Values of all slices as the steps of a network that takes whole volumes expect them.

    As :func:`model_input` has them; but where the file has no window of its own, the grey is that of one window for
    the whole volume, from 1 to 99 % of its values, and not of one for each slice.

    Args:
        volume: The input, without colour.
        spec: What the network takes.
        frame: Frame, from 0.

    Returns:
        ``float32``, shape ``(slices, rows, columns)``.

    Raises:
        IncompatibleInputError: The volume has colour.
    """
    if volume.colour:
        raise IncompatibleInputError("a network that takes volumes reads grey ones; this has colour")
    values = volume.array[frame] if volume.frames_axis else volume.array
    if spec.unit != "any":
        return np.asarray(values, dtype=np.float32)
    plain = values.dtype == np.uint8
    voi = volume.voi[0] if volume.voi else EIGHT_BIT if plain else auto_window(values, padding=volume.padding)
    return np.stack([volume.presented(index, voi=voi, frame=frame) for index in range(volume.shape[0])])
