"""What methods, audits and probes work on: one input of one model, and the decision that is asked about."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision, decision, sigmoid
from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.inference import model_input
from medimg_core.preprocess import Placement, placement, prepare
from medimg_core.registry import ModelCard
from medimg_core.results import Activations, Prediction
from medimg_core.study import Volume

__all__ = ["Query", "query"]

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Query:
    """One input of one model, and the decision that is asked about.

    Attributes:
        card: The model.
        question: The decision; its log-odds are taken before temperature.
        prediction: What the model said of the input.
        activations: What its forward pass left behind.
        batch: The input as the network takes it, ``float32``, shape ``(1, rows, columns, channels)``, read-only.
    """

    card: ModelCard
    question: Decision
    prediction: Prediction
    activations: Activations = field(repr=False)
    batch: Array = field(repr=False)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the last feature map: the native grid of class activation maps.

        Raises:
            NotApplicableError: The card names no feature map.
        """
        if self.activations.features is None:
            raise NotApplicableError(f"a native grid needs a last feature map; model {self.card.id} names none")
        rows, columns = self.activations.features.shape[:2]
        return rows, columns

    @property
    def placement(self) -> Placement:
        """Where the source image lies on the network's input."""
        return placement(self.prediction.input_shape, self.card.input)

    @property
    def own(self) -> float:
        """Log-odds of the unchanged input, before temperature."""
        return float(self.question.log_odds(self.activations.logits))

    def log_odds(self, batch: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Log-odds of the decision for changed inputs.

        Args:
            batch: Shape ``(n, rows, columns, channels)``, values as in :attr:`batch`.

        Returns:
            ``float64``, shape ``(n,)``, before temperature.

        Raises:
            IncompatibleInputError: The batch has another shape, or is not finite.
            ModelError: The network cannot be run.
        """
        logits = forward(self.card, batch, features=False, masks=False).logits
        assert logits is not None  # a query is of a model that classifies
        return self.question.log_odds(logits)

    def scores(self, log_odds: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Calibrated scores, 0 to 1, of log-odds before temperature; same shape."""
        return sigmoid(np.asarray(log_odds, dtype=np.float64) / self.card.temperature)


def query(prediction: Prediction, card: ModelCard, volume: Volume, *, label: str | None = None) -> Query:
    """Ask about a prediction.

    Args:
        prediction: What the model said.
        card: The model.
        volume: The volume that the prediction is of.
        label: One of :func:`medimg_core.decision.decision_labels`; None for the decision shown.

    Raises:
        IncompatibleInputError: The prediction is another model's or another volume's, or the label is unknown.
        NotApplicableError: The gate refused the input.
    """
    if prediction.weights_sha256 != card.sha256:
        raise IncompatibleInputError(
            f"a prediction must be explained with the model that made it, {prediction.model_id}; got {card.id}"
        )
    if prediction.fingerprint != volume.fingerprint:
        raise IncompatibleInputError("a prediction must be explained with the volume it is of; this is another one")
    if prediction.activations is None:
        raise NotApplicableError("an input that the gate refused has no prediction to explain")
    batch = prepare(model_input(volume, card, prediction.slice_index, prediction.frame), card.input)
    question = decision(card, prediction.activations.logits, label)
    return Query(card, question, prediction, prediction.activations, batch)
