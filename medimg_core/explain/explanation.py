"""From a prediction to a map of where its evidence lies."""

from collections.abc import Callable, Mapping
from typing import Any

from medimg_core.decision import decision
from medimg_core.engine import Forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.methods import METHODS, closed_form, method_named
from medimg_core.explain.native import Maps, closed_maps, native_maps
from medimg_core.explain.query import query
from medimg_core.preprocess import placement
from medimg_core.registry import ModelCard
from medimg_core.results import Activations, Explanation, Prediction
from medimg_core.study import Volume

__all__ = ["METHODS", "explain"]

Progress = Callable[[int, int, str], None]


def explain(
    prediction: Prediction,
    card: ModelCard,
    *,
    method: str = "grad_cam",
    label: str | None = None,
    volume: Volume | None = None,
    layer: str | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Show where the evidence for a decision lies.

    Where the map has a closed form no further forward pass is made, and neither the volume nor TensorFlow is needed
    (:func:`~medimg_core.explain.needs_of`).

    Args:
        prediction: What is explained; carries the activations of its forward pass.
        card: The model that made it.
        method: One of :data:`~medimg_core.explain.METHODS`.
        label: One of :func:`medimg_core.decision.decision_labels`: the reading, ``"no "`` and the
            reading, or a class (its log-odds against all others); None for the decision shown.
        volume: What the prediction is of; for methods that need the input.
        layer: Layer of a class activation map; None for that of the card.
        settings: Of the method, by name; the defaults where None.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The map on the method's own grid, raw magnitude kept, with its way back to the image.
        :attr:`~medimg_core.results.Explanation.has_evidence` is False where nothing speaks for the label.

    Raises:
        IncompatibleInputError: Unknown method, setting or label; the prediction is another model's or another
            volume's; or the method needs the volume and there is none.
        NotApplicableError: The gate refused the input, or the model makes no such map.
        ModelError: The network cannot be run.
    """
    chosen = method_named(method)
    if prediction.weights_sha256 != card.sha256:
        raise IncompatibleInputError(
            f"a prediction must be explained with the model that made it, {prediction.model_id}; got {card.id}"
        )
    if prediction.activations is None:
        raise NotApplicableError("an input that the gate refused has no prediction to explain")
    question = decision(card, prediction.activations.logits, label)
    if closed_form(method, card, layer):
        chosen.checked(settings)
        maps = closed_maps(_passed(prediction.activations), card, question, chosen)
    elif volume is None:
        raise IncompatibleInputError(f"{method} needs the volume that the prediction is of; none was given")
    else:
        batch = query(prediction, card, volume, label=label).batch
        maps = native_maps(batch, card, question, method=method, layer=layer, settings=settings, progress=progress)
    return _explanation(maps, prediction, card, method, question.label)


def _passed(activations: Activations) -> Forward:
    """The forward pass that a prediction remembers, as a batch of one."""
    features = None if activations.features is None else activations.features[None]
    return Forward(features, activations.embedding[None], activations.logits[None], activations.ensemble[None])


def _explanation(maps: Maps, prediction: Prediction, card: ModelCard, method: str, label: str) -> Explanation:
    native = maps.native[0]
    return Explanation(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=prediction.fingerprint,
        slice_index=prediction.slice_index,
        frame=prediction.frame,
        method=method,
        layer=maps.layer,
        label=label,
        native=native,
        to_image=placement(prediction.input_shape, card.input).matrix((native.shape[0], native.shape[1])),
        image_shape=prediction.input_shape,
        score=prediction.score,
        parameters=maps.parameters,
        signed=method_named(method).signed,
    )
