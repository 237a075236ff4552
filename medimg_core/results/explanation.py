"""A saliency map, and a stack of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError


@dataclass(frozen=True, eq=False)
class Explanation:
    """A saliency map on the grid the method made it on.

    Attributes:
        model_id: Model explained.
        weights_sha256: Its weights.
        fingerprint: Of the volume explained.
        slice_index: Slice of the volume, from 0.
        frame: Frame of the volume, from 0.
        method: ``"grad_cam"``, ...
        layer: Keras layer the map comes from; empty where a method looks at the input itself.
        label: What is explained: the reading's log-odds, those of one class, or one class of a mask.
        native: Evidence for the label, raw magnitude, ``float32``, shape ``(rows, columns)`` of the method's own
            grid. Below zero, in a signed map, is evidence against it; all others are 0 and above.
        to_image: Maps homogeneous native pixel-centre coordinates ``(row, column, 1)`` to those of the
            source image, shape ``(3, 3)``.
        image_shape: Rows and columns of the source image.
        score: Score of the prediction explained; NaN where a mask is explained, which has none.
        parameters: What the method was run with (samples, seed, normalisation), JSON-ready.
        signed: Whether the map also holds evidence against the label.
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
    signed: bool = False

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
        """False when nothing in the map speaks for the label: there is no positive evidence to show."""
        return float(self.native.max()) > 0


@dataclass(frozen=True, eq=False)
class ExplanationStack:
    """Maps of several slices of one volume, made by one method for one label.

    Attributes:
        model_id: Model explained.
        weights_sha256: Its weights.
        fingerprint: Of the volume explained.
        frame: Frame of the volume, from 0.
        method: As of :class:`Explanation`.
        layer: As of :class:`Explanation`.
        label: As of :class:`Explanation`.
        slices: Slices of the volume that have a map, from 0, in rising order; blank ones are left out.
        native: ``float32``, shape ``(slices, rows, columns)``, as of :class:`Explanation`.
        to_image: From the native grid to that of a slice, shape ``(3, 3)``: one for all.
        image_shape: Rows and columns of a slice.
        scores: Score of each slice's prediction, ``float64``, shape ``(slices,)``.
        parameters: What the method was run with, JSON-ready.
        signed: Whether the maps also hold evidence against the label.
    """

    model_id: str
    weights_sha256: str
    fingerprint: str
    frame: int
    method: str
    layer: str
    label: str
    slices: tuple[int, ...]
    native: npt.NDArray[np.float32] = field(repr=False)
    to_image: npt.NDArray[np.float64] = field(repr=False)
    image_shape: tuple[int, int]
    scores: npt.NDArray[np.float64] = field(repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    signed: bool = False

    def __post_init__(self) -> None:
        count = len(self.slices)
        if self.native.ndim != 3 or not count == len(self.native) == len(self.scores) > 0:
            raise IncompatibleInputError(
                f"a stack must have one map and one score a slice, got {count} slices, maps of shape "
                f"{self.native.shape} and {len(self.scores)} scores"
            )
        if not np.isfinite(self.native).all():
            raise IncompatibleInputError("maps of a stack must be finite, got NaN or infinity")
        if list(self.slices) != sorted(set(self.slices)):
            raise IncompatibleInputError(f"slices of a stack must rise, got {self.slices[:5]}")
        if self.to_image.shape != (3, 3):
            raise IncompatibleInputError(f"to_image must have shape (3, 3), got {self.to_image.shape}")
        for array in (self.native, self.to_image, self.scores):
            array.setflags(write=False)

    @property
    def peaks(self) -> npt.NDArray[np.float32]:
        """Largest value of each map, shape ``(slices,)``; 0 where nothing speaks for the label."""
        return np.asarray(np.maximum(self.native.max(axis=(1, 2)), 0), dtype=np.float32)

    @property
    def peak(self) -> float:
        """Largest absolute value of all maps."""
        return float(np.abs(self.native).max())

    @property
    def peak_slice(self) -> int:
        """Slice of the volume in which the largest value lies; the first where several have it."""
        return self.slices[int(self.peaks.argmax())]

    @property
    def has_evidence(self) -> bool:
        """False when nothing in any slice speaks for the label."""
        return float(self.native.max()) > 0

    def at(self, slice_index: int) -> Explanation:
        """The map of one slice.

        Args:
            slice_index: Slice of the volume, from 0.

        Raises:
            IncompatibleInputError: There is none of this slice.
        """
        if slice_index not in self.slices:
            raise IncompatibleInputError(f"a map must be of a slice that was explained; {slice_index} was not")
        place = self.slices.index(slice_index)
        return Explanation(
            model_id=self.model_id,
            weights_sha256=self.weights_sha256,
            fingerprint=self.fingerprint,
            slice_index=slice_index,
            frame=self.frame,
            method=self.method,
            layer=self.layer,
            label=self.label,
            native=self.native[place],
            to_image=self.to_image,
            image_shape=self.image_shape,
            score=float(self.scores[place]),
            parameters=self.parameters,
            signed=self.signed,
        )
