"""Whether an image lies as the training images lay: turned, mirrored, inverted or cropped, or not.

A network of one hidden layer on the principal components of the 32 x 32 thumbnail, fitted by
:mod:`medimg_core.training.gatefit` on training images and on the same images turned, mirrored and so
on. Here it is only run, in numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["POSTURES", "PostureFit"]

Array = npt.NDArray[np.float64]

POSTURES = {
    "upright": "The image lies as the training images do.",
    "rotated_90": "The image looks turned by a quarter to the left.",
    "rotated_180": "The image looks turned upside down.",
    "rotated_270": "The image looks turned by a quarter to the right.",
    "mirrored": "The image looks mirrored, left for right.",
    "flipped": "The image looks mirrored, top for bottom.",
    "inverted": "The image looks inverted, black for white.",
    "cropped": "The image looks cropped: parts that the model expects to see seem cut off.",
}
"""Postures in the order of the fit, and what is said of each."""


@dataclass(frozen=True, eq=False)
class PostureFit:
    """Weights of the posture network.

    Attributes:
        mean: Of the thumbnails, shape ``(1024,)``.
        basis: Components divided by their spread, shape ``(1024, p)``.
        hidden: Kernel ``(p, h)``.
        hidden_bias: Shape ``(h,)``.
        output: Kernel ``(h, postures)``.
        output_bias: Shape ``(postures,)``.
    """

    mean: Array
    basis: Array
    hidden: Array
    hidden_bias: Array
    output: Array
    output_bias: Array

    def logits(self, rows: Array) -> Array:
        """Logit of each posture for thumbnails ``(n, 1024)``, shape ``(n, postures)``."""
        inside = (np.atleast_2d(rows) - self.mean) @ self.basis
        return np.asarray(np.maximum(inside @ self.hidden + self.hidden_bias, 0) @ self.output + self.output_bias)

    def not_upright(self, rows: Array) -> Array:
        """Log-odds of any other posture against upright, for thumbnails ``(n, 1024)``; shape ``(n,)``."""
        logits = self.logits(rows)
        top = logits[:, 1:].max(axis=1, keepdims=True)
        others = np.log(np.exp(logits[:, 1:] - top).sum(axis=1)) + top[:, 0]
        return np.asarray(others - logits[:, 0])

    def most_likely_other(self, row: Array) -> str:
        """Name of the likeliest posture that is not upright, for one thumbnail ``(1024,)``."""
        return list(POSTURES)[1 + int(np.argmax(self.logits(row)[0, 1:]))]

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As written to ``reference.npz``."""
        return {f"posture_{name}": getattr(self, name).astype(np.float32) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "PostureFit":
        """From ``reference.npz``; raises KeyError for one that lacks the fit."""
        return cls(**{name: arrays[f"posture_{name}"].astype(np.float64) for name in cls.__dataclass_fields__})
