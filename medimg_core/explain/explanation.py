"""From a prediction to a map of where its evidence lies."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision, decision
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.cam import grad_cam
from medimg_core.preprocess import placement
from medimg_core.registry import ModelCard
from medimg_core.results import Activations, Explanation, Prediction

__all__ = ["METHODS", "Method", "explain"]


@dataclass(frozen=True)
class Method:
    """A way to make a map.

    Attributes:
        name: Key, e.g. ``"grad_cam"``.
        title: Shown to the reader.
        run: From activations, card and decision to the native map, shape ``(rows, columns)``.
        source: Paper.
    """

    name: str
    title: str
    run: Callable[[Activations, ModelCard, Decision], npt.NDArray[np.float32]]
    source: str


METHODS = {
    method.name: method
    for method in (Method("grad_cam", "Grad-CAM", grad_cam, "Selvaraju et al., ICCV 2017, doi:10.1109/ICCV.2017.74"),)
}
"""Methods on offer, by name."""


def explain(
    prediction: Prediction, card: ModelCard, *, method: str = "grad_cam", label: str | None = None
) -> Explanation:
    """Show where the evidence for a decision lies. No further forward pass is made.

    Args:
        prediction: What is explained; carries the activations of its forward pass.
        card: The model that made it.
        method: One of :data:`METHODS`.
        label: One of :func:`medimg_core.decision.decision_labels`: the reading, ``"no "`` and the
            reading, or a class (its log-odds against all others); None for the decision shown.

    Returns:
        The map on the network's own grid, raw magnitude kept, with its way back to the image.
        :attr:`~medimg_core.results.Explanation.has_evidence` is False where nothing speaks for the label.

    Raises:
        IncompatibleInputError: Unknown method or label, or the prediction is another model's.
        NotApplicableError: The gate refused the input, or the model makes no such map.
    """
    if method not in METHODS:
        raise IncompatibleInputError(f"method must be one of {', '.join(METHODS)}, got {method[:60]!r}")
    if prediction.weights_sha256 != card.sha256:
        raise IncompatibleInputError(
            f"a prediction must be explained with the model that made it, {prediction.model_id}; got {card.id}"
        )
    if prediction.activations is None:
        raise NotApplicableError("an input that the gate refused has no prediction to explain")
    question = decision(card, prediction.activations.logits, label)
    native = METHODS[method].run(prediction.activations, card, question)
    rows, columns = native.shape
    return Explanation(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=prediction.fingerprint,
        slice_index=prediction.slice_index,
        frame=prediction.frame,
        method=method,
        layer=card.cam.layer if card.cam else "",
        label=question.label,
        native=native,
        to_image=placement(prediction.input_shape, card.input).matrix((rows, columns)),
        image_shape=prediction.input_shape,
        score=prediction.score,
        parameters={"quantity": "log-odds before temperature", "normalisation": "none"},
    )
