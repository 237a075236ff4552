"""What the core says about a volume. A result carries the identity of what it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError

__all__ = ["Activations", "Explanation", "GateOutcome", "GateReason", "Measurement", "Point", "Prediction"]

Point = tuple[float, float, float]
"""Voxel indices ``(slice, row, column)``; centres of voxels lie at whole numbers."""

GATE_STATUSES = ("pass", "mark", "refuse")


@dataclass(frozen=True)
class GateReason:
    """Why the gate did not simply pass.

    Attributes:
        code: Stable key, e.g. ``"modality"``, ``"age_unknown"``, ``"out_of_distribution"``.
        text: A sentence for the page.
        refuses: True when this reason alone refuses.
    """

    code: str
    text: str
    refuses: bool


@dataclass(frozen=True)
class GateOutcome:
    """The gate's answer.

    Attributes:
        reasons: All that was found, refusals first; empty for a pass.
        distance: Out-of-distribution score of the embedding (larger is stranger), or None.
        limit: The card's limit for it, or None.
        declared: What stands on the reader's word alone because the file does not say it, each as a
            phrase, e.g. ``"modality DX"``; shown as such.
    """

    reasons: tuple[GateReason, ...] = ()
    distance: float | None = None
    limit: float | None = None
    declared: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``"pass"``, ``"mark"`` (the score stands under a banner) or ``"refuse"`` (no score)."""
        if any(reason.refuses for reason in self.reasons):
            return "refuse"
        return "mark" if self.reasons else "pass"


@dataclass(frozen=True, eq=False)
class Activations:
    """What one forward pass left behind: enough for the score, the gate and the map.

    Attributes:
        features: Last feature map, ``float32``, shape ``(rows, columns, channels)``, or None for a
            model without a map.
        embedding: Pooled features, ``float32``, shape ``(channels,)``.
        logits: Uncalibrated, ``float32``, shape ``(classes,)``.
        ensemble: Logits of each head of the ensemble, ``float32``, shape ``(members, classes)``; may
            have no members.
    """

    features: npt.NDArray[np.float32] | None = field(repr=False)
    embedding: npt.NDArray[np.float32] = field(repr=False)
    logits: npt.NDArray[np.float32] = field(repr=False)
    ensemble: npt.NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Prediction:
    """A classification of one slice or image.

    Attributes:
        model_id: Model that said it.
        weights_sha256: Its weights.
        fingerprint: :attr:`medimg_core.study.Volume.fingerprint` of the input.
        slice_index: Slice of the volume, from 0.
        frame: Frame of the volume, from 0.
        reading: Name of the question, e.g. ``"pneumonia"``.
        score: Calibrated at the training prevalence, 0 to 1; not a probability for any other. NaN
            where the gate refused.
        log_odds: Of the decision shown, after temperature; NaN where the gate refused.
        score_range: Lowest and highest score under small changes (the ensemble's heads); not a
            confidence interval. NaN where the gate refused.
        threshold: Operating point used, 0 to 1.
        class_scores: Of the finer classes, a research output.
        gate: The gate's outcome; see :attr:`refused`.
        uses_outside: True when the card says that the model uses information outside its region.
        activations: For the map; hidden from repr. None where the gate refused.
        input_shape: Rows and columns of the source image.
    """

    model_id: str
    weights_sha256: str
    fingerprint: str
    slice_index: int
    frame: int
    reading: str
    score: float
    log_odds: float
    score_range: tuple[float, float]
    threshold: float
    class_scores: Mapping[str, float]
    gate: GateOutcome
    uses_outside: bool
    activations: Activations | None = field(repr=False)
    input_shape: tuple[int, int] = (0, 0)

    @property
    def refused(self) -> bool:
        """True when there is no score: the gate refused the input, and its reasons stand in its place."""
        return self.activations is None

    @property
    def positive(self) -> bool:
        """Whether the score reaches the threshold.

        Raises:
            NotApplicableError: The gate refused the input, so that there is neither yes nor no.
        """
        if self.refused:
            raise NotApplicableError("an input that the gate refused has no score, so it is neither positive nor not")
        return self.score >= self.threshold


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


@dataclass(frozen=True)
class Measurement:
    """What a reader measured on a volume; made by :func:`medimg_core.measuring.measure`.

    It carries the series, not the fingerprint of the voxels, which would be computed at every click: whoever
    keeps measurements keeps them under the key of the volume they were made on.

    Attributes:
        id: The viewer's name for it, 1 to 40 of ``a-z 0-9 -``.
        kind: ``"length" "angle" "bidirectional" "ellipse" "rectangle" "freehand"`` or ``"probe"``.
        points: All in one plane of the volume's grid.
        axis: Index axis that the plane is perpendicular to: 0 slice (the acquired plane), 1 row, 2 column.
        frame: Position on the time axis, from 0.
        values: By name: lengths and ``lps_*`` in ``length_unit``, ``area`` in its square, ``angle`` in degrees,
            ``mean sd min max value`` in ``value_unit``, ``n`` in voxels.
        length_unit: ``"mm"``, or ``"px"`` where the spacing is not known.
        value_unit: Unit of the volume's values, ``""`` where unknown.
        length_note: What must be said beside a length: ``"at the detector"`` where it is magnified, or ``""``.
        series_uid: SeriesInstanceUID.
    """

    id: str
    kind: str
    points: tuple[Point, ...]
    axis: int
    frame: int
    values: Mapping[str, float] = field(hash=False)
    length_unit: str
    value_unit: str
    length_note: str = ""
    series_uid: str = ""

    @property
    def plane_index(self) -> int:
        """Place of the plane along ``axis``, from 0."""
        return int(self.points[0][self.axis])
