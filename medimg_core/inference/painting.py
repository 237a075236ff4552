"""Scores on a network's grid to labels on the image's.

The scores are resampled, not the logits, and not the labels. Between two pixel centres a score of 0.5 lies
halfway wherever the network is sure of both pixels, however sure: sub-pixel outlines come out where they were
drawn. Logits have no such bound: between +12 and -3 their zero lies a fifth of a pixel from the unsure side, so
that an over-confident network would make everything it marks larger, and one that is sure of the background small
lesions smaller. Scores on the network's grid also cost nothing: it is several times smaller than the image's.
"""

import numpy as np
import numpy.typing as npt

from medimg_core.preprocess import Placement

__all__ = ["labelled", "painted"]

Array = npt.NDArray[np.float32]
Plane = npt.NDArray[np.uint8]


def labelled(scores: Array, threshold: float) -> Plane:
    """Labels on the grid of the scores.

    Args:
        scores: 0 to 1, shape ``(rows, columns, channels)``: one channel for one class, else the background's first.
        threshold: Score from which a pixel is taken; only for one class, several compete with the background.

    Returns:
        Shape ``(rows, columns)``: 0, or the number of the class from 1.

    Examples:
        >>> labelled(np.array([[[0.4], [0.5]]], np.float32), 0.5).tolist()
        [[0, 1]]
    """
    if scores.shape[-1] == 1:
        return np.asarray(scores[..., 0] >= threshold, dtype=np.uint8)
    return np.asarray(scores.argmax(axis=-1), dtype=np.uint8)


def painted(scores: Array, threshold: float, place: Placement) -> Plane:
    """Labels on the grid of the image.

    Args:
        scores: As :func:`labelled` takes them.
        threshold: Likewise.
        place: Where the image lies on the grid of the scores.

    Returns:
        Shape ``(rows, columns)`` of the image.
    """
    top, left, bottom, right = place.box
    if not labelled(scores[top:bottom, left:right], threshold).any():
        return np.zeros(place.source, np.uint8)  # between pixels of the background there is no other label
    channels = range(min(1, scores.shape[-1] - 1), scores.shape[-1])
    restored = np.stack([place.restore(scores[..., channel]) for channel in channels], axis=-1)
    if scores.shape[-1] > 1:
        restored = np.concatenate([1 - restored.sum(axis=-1, keepdims=True), restored], axis=-1)
    return labelled(restored, threshold)
