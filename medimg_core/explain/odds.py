"""Log-odds of a decision for changed inputs."""

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import forward
from medimg_core.errors import NotApplicableError
from medimg_core.registry import ModelCard

__all__ = ["log_odds"]


def log_odds(batch: npt.NDArray[np.floating], card: ModelCard, question: Decision) -> npt.NDArray[np.float64]:
    """Log-odds of a decision, before temperature, for each input of a batch.

    Args:
        batch: As the network takes it, shape ``(n, rows, columns, channels)``.
        card: The model.
        question: The decision.

    Returns:
        ``float64``, shape ``(n,)``.

    Raises:
        IncompatibleInputError: The batch has another shape, or is not finite.
        NotApplicableError: The model does not classify.
        ModelError: The network cannot be run.
    """
    logits = forward(card, batch, features=False, masks=False).logits
    if logits is None:
        raise NotApplicableError(f"log-odds of a decision need a model that classifies; {card.id} does {card.task}")
    return question.log_odds(logits)
