"""The steps that a card may name, each ``step(image, spec) -> image``.

Images are float32 arrays of shape ``(rows, columns)``, or ``(rows, columns, 3)`` for the red, green and blue of a
colour network.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InvalidCardError
from medimg_core.preprocess.placement import InputLike, letterboxed, resize

__all__ = [
    "CLIP_SD",
    "STEPS",
    "imagenet",
    "imagenet_bgr",
    "letterbox",
    "minus_one_to_one",
    "squash",
    "standardise",
    "to_255",
    "to_grey01",
    "window",
]

CLIP_SD = 3.0
"""Standardised values are cut at this many standard deviations on both sides."""

Step = Callable[[NDArray[np.float32], InputLike], NDArray[np.float32]]


def to_grey01(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Stretch the values to 0..1 by the image's own minimum and maximum; a flat image becomes 0."""
    low, high = float(image.min()), float(image.max())
    if high <= low:
        return np.zeros_like(image)
    return (image - np.float32(low)) / np.float32(high - low)


def squash(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Resample to the network's input size; the aspect ratio is not kept, as in training."""
    return image if image.shape[:2] == spec.size else resize(image, spec.size)


def letterbox(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Resample to the network's input size, aspect ratio kept; the margin gets the image's lowest value."""
    shape = (image.shape[0], image.shape[1])
    top, left, bottom, right = letterboxed(shape, spec.size).box
    inside = resize(image, (bottom - top, right - left)) if shape != (bottom - top, right - left) else image
    if inside.shape[:2] == spec.size:
        return inside
    result = np.full((*spec.size, *inside.shape[2:]), inside.min(), np.float32)
    result[top:bottom, left:right] = inside
    return result


def window(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Cut the values to the card's window and bring it to 0..1.

    Raises:
        InvalidCardError: The card gives no window.
    """
    if spec.window is None:
        raise InvalidCardError("the step window needs `window = [low, high]` in the card's input; it is missing")
    low, high = spec.window
    return np.asarray((np.clip(image, low, high) - np.float32(low)) / np.float32(high - low), dtype=np.float32)


def standardise(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Subtract the image's mean, divide by its standard deviation, cut at 3 SD; a flat image becomes 0.

    Mean and deviation are those of all channels together, so that a colour keeps its hue.

    Global brightness and contrast tell the hospital's habits rather than the disease, so the network
    never sees them.
    """
    centred = image - image.mean(dtype=np.float64).astype(np.float32)
    spread = float(np.sqrt(np.mean(np.square(centred, dtype=np.float64))))
    if spread < 1e-6:
        return np.zeros_like(centred)
    cut = np.clip(centred / np.float32(spread), -CLIP_SD, CLIP_SD)
    return np.asarray(cut, dtype=np.float32)


def minus_one_to_one(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Bring 0..1 to -1..1, as ``keras.applications`` has it for MobileNet, Inception and Xception."""
    return image * np.float32(2) - np.float32(1)


def to_255(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Bring 0..1 to 0..255, for networks that scale 8-bit values themselves, such as EfficientNet and ConvNeXt."""
    return image * np.float32(255)


def imagenet(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Subtract ImageNet's mean colour from 0..1 and divide by its deviation: DenseNet, and weights from PyTorch.

    Source: ``keras.applications.imagenet_utils.preprocess_input``, mode ``torch``.

    Raises:
        InvalidCardError: The network does not take colour.
    """
    return (_colour(image, spec, "imagenet") - _IMAGENET_MEAN) / _IMAGENET_SD


def imagenet_bgr(image: NDArray[np.float32], spec: InputLike) -> NDArray[np.float32]:
    """Bring 0..1 to 0..255, blue first, less ImageNet's mean colour: ResNet50, ResNet101, ResNet152 and VGG.

    Source: ``keras.applications.imagenet_utils.preprocess_input``, mode ``caffe``.

    Raises:
        InvalidCardError: The network does not take colour.
    """
    return _colour(image, spec, "imagenet_bgr")[..., ::-1] * np.float32(255) - _IMAGENET_BGR


_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_SD = np.array([0.229, 0.224, 0.225], np.float32)
_IMAGENET_BGR = np.array([103.939, 116.779, 123.68], np.float32)


def _colour(image: NDArray[np.float32], spec: InputLike, step: str) -> NDArray[np.float32]:
    if spec.channels != 3:
        raise InvalidCardError(f"the step {step} needs a network of 3 channels, got {spec.channels}")
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


STEPS: dict[str, Step] = {
    "to_grey01": to_grey01,
    "window": window,
    "squash": squash,
    "letterbox": letterbox,
    "standardise": standardise,
    "minus_one_to_one": minus_one_to_one,
    "to_255": to_255,
    "imagenet": imagenet,
    "imagenet_bgr": imagenet_bgr,
}
"""Every step a card may name."""
