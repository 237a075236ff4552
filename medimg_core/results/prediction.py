"""A classification, and what its forward pass left behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.errors import NotApplicableError
from medimg_core.results.gate import GateOutcome


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
