"""Score-CAM: each channel is worth what its own mask lets the network see.

Source: Wang et al., CVPR Workshops 2020, doi:10.1109/CVPRW50498.2020.00020. Every channel of the last feature map,
brought to the input's size and to 0..1, multiplies the input; the channel's weight is what the network then says. The
map is the weighted sum, cut at zero. What is said here is the log-odds of the decision, as for every other method; like
tf-keras-vis, whose map this is, we leave out the paper's baseline and its softmax over the channels.

Masks are those of tf-keras-vis to rounding: interpolated with the corner cells' centres on the corner pixels, as
SciPy's ``zoom`` does it.
"""

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.explain.odds import log_odds
from medimg_core.registry import ModelCard

__all__ = ["channel_masks", "score_cam"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

CHUNK = 32
_EPSILON = np.float32(1e-7)
"""Added to the range of a mask, as Keras' ``epsilon`` is in tf-keras-vis."""


def score_cam(
    image: Array, features: Array, card: ModelCard, question: Decision, progress: Progress | None = None
) -> Array:
    """Map of one input.

    Channels that are zero everywhere add nothing, whatever their weight, and need no pass.

    Args:
        image: As the network takes it, shape ``(rows, columns, channels)``.
        features: Its last feature map, shape ``(cell rows, cell columns, k)``.
        card: The model.
        question: The decision.
        progress: Called after each batch of masks; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        ``float32``, shape ``(cell rows, cell columns)``, log-odds times activation, 0 and above.
    """
    alive = np.flatnonzero(features.any(axis=(0, 1)))
    weights = np.zeros(features.shape[2], np.float32)
    size = (image.shape[0], image.shape[1])
    for at in range(0, len(alive), CHUNK):
        chosen = alive[at : at + CHUNK]
        masked = channel_masks(features[..., chosen], size)[..., None] * image
        weights[chosen] = log_odds(masked, card, question)
        if progress is not None:
            progress(min(at + CHUNK, len(alive)), len(alive), "Score-CAM")
    return np.asarray(np.maximum(np.einsum("rck,k->rc", features, weights), 0), dtype=np.float32)


def channel_masks(features: Array, size: tuple[int, int]) -> Array:
    """Channels of a feature map as masks.

    Args:
        features: Shape ``(cell rows, cell columns, k)``.
        size: Rows and columns of the masks.

    Returns:
        ``float32``, shape ``(k, rows, columns)``, 0 to 1.

    Examples:
        >>> channel_masks(np.array([[[0.0], [2.0]]], np.float32), (1, 5))[0].round(2).tolist()
        [[0.0, 0.25, 0.5, 0.75, 1.0]]
    """
    down, across = (_corners(cells, pixels) for cells, pixels in zip(features.shape[:2], size, strict=True))
    values = np.matmul(np.matmul(down, features.transpose(2, 0, 1)), across.T)
    low = values.min(axis=(1, 2), keepdims=True)
    values -= low
    values /= values.max(axis=(1, 2), keepdims=True) + _EPSILON
    values[np.ptp(features, axis=(0, 1)) == 0] = 0  # else rounding is all that is left, stretched to 0..1
    return cast(Array, values)


def _corners(cells: int, pixels: int) -> Array:
    """Weight of each cell at each pixel along one axis, corners on corners; shape ``(pixels, cells)``."""
    place = np.arange(pixels) * ((cells - 1) / max(pixels - 1, 1))
    low = np.minimum(place.astype(np.intp), max(cells - 2, 0))
    result = np.zeros((pixels, cells))
    result[np.arange(pixels), low] = 1 - (place - low)
    result[np.arange(pixels), np.minimum(low + 1, cells - 1)] += place - low
    return result.astype(np.float32)
