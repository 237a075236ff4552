"""One input, one forward pass, one result that carries the identity of what it came from."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import class_scores, decision, sigmoid
from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.gate import Declared, assess_input, assess_network, check_kind, check_tags, is_grey, joined
from medimg_core.preprocess import prepare
from medimg_core.registry import ModelCard
from medimg_core.results import Activations, Prediction
from medimg_core.study import Series, Volume
from medimg_core.voi import EIGHT_BIT

__all__ = ["classify", "fits", "model_input"]


def classify(
    volume: Volume,
    card: ModelCard,
    *,
    series: Series | None = None,
    declared: Declared | None = None,
    slice_index: int | None = None,
    frame: int = 0,
    threshold: float | None = None,
    enforce_gate: bool = True,
) -> Prediction:
    """Classify one slice or image.

    Args:
        volume: The input.
        card: The model.
        series: Its series, for the gate's tags; without one everything in them counts as unknown.
        declared: The reader's word for what the tags do not say.
        slice_index: Slice, from 0; None takes the only one, and the gate refuses where there are more.
        frame: Frame of the volume, from 0.
        threshold: Operating point, 0 to 1; the card's first by default.
        enforce_gate: False computes a score for refused input too, for measurements; the outcome
            still says refuse.

    Returns:
        The prediction, with the activations for a map. Where the gate refused it has no score:
        :attr:`~medimg_core.results.Prediction.refused` is True, its numbers are NaN.

    Raises:
        IncompatibleInputError: The slice or frame does not exist, the threshold lies outside 0 to 1,
            or (with ``enforce_gate=False``) the pixels cannot be given to the network.
        NotApplicableError: The model does not classify.
        ModelError: The weights or the export cannot be used.
    """
    output = card.classification
    if output is None:
        raise NotApplicableError(f"classification needs a model that classifies; {card.id} does {card.task}")
    cut = card.threshold.value if threshold is None else threshold
    if not 0 <= cut <= 1:
        raise IncompatibleInputError(f"threshold must lie in [0, 1], got {cut:g}")
    index = slice_index or 0
    gate = assess_input(volume, card, series=series, declared=declared, slice_index=slice_index, frame=frame)
    blank = Prediction(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=volume.fingerprint,
        slice_index=index,
        frame=frame,
        reading=output.reading.name if output.reading else "",
        score=math.nan,
        log_odds=math.nan,
        score_range=(math.nan, math.nan),
        threshold=cut,
        class_scores={},
        gate=gate,
        uses_outside=card.uses_outside,
        activations=None,
        input_shape=volume.shape[1:],
    )
    if enforce_gate and gate.status == "refuse":
        return blank
    batch = prepare(model_input(volume, card, index, frame), card.input)
    activations = forward(card, batch, masks=False).activations()
    gate = joined(gate, assess_network(batch[0, :, :, 0], activations.embedding, card))
    if enforce_gate and gate.status == "refuse":
        return replace(blank, gate=gate)
    return replace(blank, gate=gate, activations=activations, **_scores(activations, card, output.classes))


def _scores(activations: Activations, card: ModelCard, classes: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a prediction that the logits give."""
    question = decision(card, activations.logits)
    log_odds = float(question.log_odds(activations.logits)) / card.temperature
    score = float(sigmoid(log_odds))
    heads = sigmoid(question.log_odds(activations.ensemble) / card.temperature)
    every = [score, *heads.tolist()]
    return {
        "reading": question.label,
        "score": score,
        "log_odds": log_odds,
        "score_range": (min(every), max(every)),
        "class_scores": dict(zip(classes, class_scores(card, activations.logits).tolist(), strict=True)),
    }


def fits(series: Series, card: ModelCard) -> tuple[bool, str]:
    """Whether a model can be offered for a series.

    Args:
        series: As read.
        card: The model.

    Returns:
        True and an empty text, or False and the reason in a sentence. What only the pixels tell (blank,
        grey or not) is left to :func:`classify`, as is everything that is marked and not refused.
    """
    if series.volume is None:
        return False, "It holds no image."
    reasons, _ = check_tags(series, card)
    reasons += check_kind(series.volume, card, slice_index=0)
    refusals = [reason.text for reason in reasons if reason.refuses]
    return (False, refusals[0]) if refusals else (True, "")


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
        ``float32``, shape ``(rows, columns)``. Colour becomes the mean of its channels.
    """
    plane = volume.plane(slice_index, frame)
    if card.input.unit != "any":
        return np.asarray(plane, dtype=np.float32)
    if plane.ndim == 3:
        shown = volume.presented(slice_index, frame=frame)
        return np.asarray(shown[..., 0] if is_grey(plane) else shown.mean(axis=-1), dtype=np.float32)
    plain = plane.dtype == np.uint8 and not volume.voi
    return volume.presented(slice_index, voi=EIGHT_BIT if plain else None, frame=frame)
