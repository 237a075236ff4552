"""A saliency map."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError


@dataclass(frozen=True, eq=False)
class Explanation:
    """A saliency map on the grid the network made it on.

    Attributes:
        model_id: Model explained.
        weights_sha256: Its weights.
        fingerprint: Of the volume explained.
        slice_index: Slice of the volume, from 0.
        frame: Frame of the volume, from 0.
        method: ``"grad_cam"``, ...
        layer: Keras layer the map comes from.
        label: What is explained: the reading's log-odds or one class.
        native: Evidence for the label, raw magnitude, ``float32``, shape ``(rows, columns)`` of the
            feature map. Class activation maps are rectified: 0 and above.
        to_image: Maps homogeneous native pixel-centre coordinates ``(row, column, 1)`` to those of the
            source image, shape ``(3, 3)``.
        image_shape: Rows and columns of the source image.
        score: Score of the prediction explained.
        parameters: What the method was run with (samples, seed, normalisation).
    """

    model_id: str
    weights_sha256: str
    fingerprint: str
    slice_index: int
    frame: int
    method: str
    layer: str
    label: str
    native: npt.NDArray[np.float32] = field(repr=False)
    to_image: npt.NDArray[np.float64] = field(repr=False)
    image_shape: tuple[int, int]
    score: float
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.native.ndim != 2 or not np.isfinite(self.native).all():
            raise IncompatibleInputError(f"a map must be 2-D and finite, got shape {self.native.shape}")
        if self.to_image.shape != (3, 3):
            raise IncompatibleInputError(f"to_image must have shape (3, 3), got {self.to_image.shape}")
        self.native.setflags(write=False)
        self.to_image.setflags(write=False)

    @property
    def peak(self) -> float:
        """Largest absolute value of the native map."""
        return float(np.abs(self.native).max())

    @property
    def has_evidence(self) -> bool:
        """False when the map holds nothing at all: there is no positive evidence to show."""
        return self.peak > 0
