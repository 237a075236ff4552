"""Classification of one slice or image."""

from dataclasses import replace

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError
from medimg_core.gate import Declared, assess_input, assess_network, joined
from medimg_core.inference.model_input import model_input
from medimg_core.inference.scoring import classes_of, scored, unscored
from medimg_core.preprocess import prepare
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction
from medimg_core.study import Series, Volume

__all__ = ["classify"]


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
    classes_of(card)
    cut = card.threshold.value if threshold is None else threshold
    if not 0 <= cut <= 1:
        raise IncompatibleInputError(f"threshold must lie in [0, 1], got {cut:g}")
    index = slice_index or 0
    gate = assess_input(volume, card, series=series, declared=declared, slice_index=slice_index, frame=frame)
    blank = unscored(volume, card, gate, slice_index=index, frame=frame, threshold=cut)
    if enforce_gate and gate.status == "refuse":
        return blank
    batch = prepare(model_input(volume, card, index, frame), card.input)
    activations = forward(card, batch, masks=False).activations()
    gate = joined(gate, assess_network(batch[0, :, :, 0], activations.embedding, card))
    if enforce_gate and gate.status == "refuse":
        return replace(blank, gate=gate)
    return scored(blank, activations, card, gate)
