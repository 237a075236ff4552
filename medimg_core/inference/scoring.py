"""A prediction before and after its logits: what :func:`classify` and :func:`segment` share."""

import math
from dataclasses import replace

from medimg_core.decision import class_scores, decision, sigmoid
from medimg_core.errors import NotApplicableError
from medimg_core.registry import ModelCard, OutputSpec
from medimg_core.results import Activations, GateOutcome, Prediction
from medimg_core.study import Volume

__all__ = ["classes_of", "scored", "unscored"]


def classes_of(card: ModelCard) -> OutputSpec:
    """The output that classifies.

    Raises:
        NotApplicableError: There is none.
    """
    if card.classification is None:
        raise NotApplicableError(f"classification needs a model that classifies; {card.id} does {card.task}")
    return card.classification


def unscored(
    volume: Volume, card: ModelCard, gate: GateOutcome, *, slice_index: int, frame: int, threshold: float
) -> Prediction:
    """A prediction without a score, as an input that the gate refuses gets.

    Args:
        volume: The input.
        card: The model.
        gate: The gate's outcome.
        slice_index: Slice, from 0.
        frame: Frame, from 0.
        threshold: Operating point, 0 to 1.
    """
    output = classes_of(card)
    return Prediction(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=volume.fingerprint,
        slice_index=slice_index,
        frame=frame,
        reading=output.reading.name if output.reading else "",
        score=math.nan,
        log_odds=math.nan,
        score_range=(math.nan, math.nan),
        threshold=threshold,
        class_scores={},
        gate=gate,
        uses_outside=card.uses_outside,
        activations=None,
        input_shape=volume.shape[1:],
    )


def scored(blank: Prediction, activations: Activations, card: ModelCard, gate: GateOutcome) -> Prediction:
    """The prediction that logits give.

    Args:
        blank: The same without them (:func:`unscored`).
        activations: What the forward pass left behind.
        card: The model.
        gate: The gate's outcome, with what the pass added to it.
    """
    question = decision(card, activations.logits)
    log_odds = float(question.log_odds(activations.logits)) / card.temperature
    score = float(sigmoid(log_odds))
    heads = sigmoid(question.log_odds(activations.ensemble) / card.temperature)
    every = [score, *heads.tolist()]
    scores = class_scores(card, activations.logits).tolist()
    return replace(
        blank,
        gate=gate,
        activations=activations,
        reading=question.label,
        score=score,
        log_odds=log_odds,
        score_range=(min(every), max(every)),
        class_scores=dict(zip(classes_of(card).classes, scores, strict=True)),
    )
