"""From logits to the decision shown: its log-odds, their gradient, and scores. Pure numpy.

With ``z`` the logits, the log-odds of a set of classes against the others is
``logsumexp(z[set]) - logsumexp(z[others])``: what a softmax over all classes says of that set. Its
gradient with respect to the logits is the softmax within the set, and minus the softmax within the
others. It does not change when one number is added to all logits, and neither does a map made from it.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.registry import ModelCard, OutputSpec

__all__ = ["Decision", "class_scores", "decision", "decision_labels", "sigmoid"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """A yes-or-no question on a set of classes.

    Attributes:
        label: Its name: the reading's, a class's, or ``"no "`` and the reading's.
        positive: Indices of the classes that mean yes.
        negative: Indices of all others.
    """

    label: str
    positive: tuple[int, ...]
    negative: tuple[int, ...]

    def log_odds(self, logits: npt.ArrayLike) -> Floats:
        """Log-odds of the decision, before temperature.

        Args:
            logits: Uncalibrated logits, shape ``(..., classes)``.

        Returns:
            ``float64``, shape ``(...)``.

        Examples:
            >>> question = Decision("pneumonia", (1, 2), (0,))
            >>> round(float(question.log_odds(np.log([0.2, 0.5, 0.3]))), 6)
            1.386294
        """
        return self._parts(logits)[0]

    def gradient(self, logits: npt.ArrayLike) -> Floats:
        """Gradient of :meth:`log_odds` with respect to the logits.

        Args:
            logits: Shape ``(..., classes)``.

        Returns:
            ``float64``, same shape; sums to zero over the classes.

        Examples:
            >>> Decision("pneumonia", (1, 2), (0,)).gradient([3.0, 1.0, 1.0]).tolist()
            [-1.0, 0.5, 0.5]
        """
        _, yes, no = self._parts(logits)
        return self._placed(yes, -no)

    def scores(self, logits: npt.ArrayLike, temperature: float) -> Floats:
        """Scores of the classes: the log-odds over the temperature, shared inside each side by the softmax.

        Args:
            logits: Shape ``(..., classes)``.
            temperature: Divisor of the log-odds, above zero.

        Returns:
            ``float64``, same shape, 0 to 1; those of the positive classes add up to the decision's score.
        """
        log_odds, yes, no = self._parts(logits)
        score = sigmoid(log_odds / temperature)[..., None]
        return self._placed(score * yes, (1 - score) * no)

    def _parts(self, logits: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Log-odds, and the softmax inside each side."""
        z = np.asarray(logits, dtype=np.float64)
        positive, negative = self._indices
        above, yes = _softmax(z[..., positive])
        below, no = _softmax(z[..., negative])
        return np.asarray(above - below), yes, no

    def _placed(self, yes: Floats, no: Floats) -> Floats:
        """Both sides back in the order of the classes."""
        result = np.empty((*yes.shape[:-1], len(self.positive) + len(self.negative)))
        positive, negative = self._indices
        result[..., positive] = yes
        result[..., negative] = no
        return result

    @cached_property
    def _indices(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Both sides as arrays: made of tuples at every call, a thousand classes take longer than the map."""
        return np.array(self.positive, dtype=np.intp), np.array(self.negative, dtype=np.intp)


def decision_labels(card: ModelCard) -> tuple[str, ...]:
    """What may be asked of a card's classification: the reading, its negative, then every class."""
    output = _output(card)
    reading = () if output.reading is None else (output.reading.name, f"no {output.reading.name}")
    return tuple(dict.fromkeys((*reading, *output.classes)))


def decision(card: ModelCard, logits: npt.ArrayLike | None = None, label: str | None = None) -> Decision:
    """The decision that a card shows, or the one asked for.

    Args:
        card: The model.
        logits: Shape ``(classes,)``; needed only where the card has no reading and no label is given:
            then the class with the largest logit is shown.
        label: One of :func:`decision_labels`; None for the decision shown.

    Raises:
        IncompatibleInputError: The label is none of the model's, or logits are missing.
        NotApplicableError: The model does not classify.
    """
    output = _output(card)
    if label is not None and label not in decision_labels(card):
        raise IncompatibleInputError(f"label must be one of {', '.join(decision_labels(card))}, got {label[:60]!r}")
    reading = output.reading
    if reading is not None and label in (None, reading.name, f"no {reading.name}"):
        chosen = tuple(i for i, name in enumerate(output.classes) if name in reading.positive)
        if label == f"no {reading.name}":
            return _against_rest(
                label, tuple(i for i in range(len(output.classes)) if i not in chosen), len(output.classes)
            )
        return _against_rest(reading.name, chosen, len(output.classes))
    if label is None:
        if logits is None:
            raise IncompatibleInputError("logits must be given where the card has no reading; got none")
        label = output.classes[int(np.argmax(np.asarray(logits)))]
    return _against_rest(label, (output.classes.index(label),), len(output.classes))


@lru_cache(maxsize=256)
def _against_rest(label: str, positive: tuple[int, ...], count: int) -> Decision:
    return Decision(label, positive, tuple(i for i in range(count) if i not in positive))


def class_scores(card: ModelCard, logits: npt.ArrayLike) -> Floats:
    """Calibrated scores of the finer classes; those of a reading's classes add up to its score.

    The reading's log-odds are divided by the card's temperature; inside each side the classes share as
    the softmax says. Without a reading it is the softmax of the logits divided by the temperature.

    Args:
        card: The model.
        logits: Shape ``(..., classes)``.

    Returns:
        ``float64``, same shape, 0 to 1, sums to 1 over the classes.
    """
    if _output(card).reading is None:
        return _softmax(np.asarray(logits, dtype=np.float64) / card.temperature)[1]
    return decision(card).scores(logits, card.temperature)


def sigmoid(log_odds: npt.ArrayLike) -> Floats:
    """``1 / (1 + exp(-x))`` without overflow, any shape.

    Examples:
        >>> sigmoid([-1000.0, 0.0, 1000.0]).tolist()
        [0.0, 0.5, 1.0]
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(log_odds, dtype=np.float64))))


def _output(card: ModelCard) -> OutputSpec:
    output = card.classification
    if output is None or len(output.classes) < 2:
        raise NotApplicableError(f"a decision needs a classification of two classes or more; {card.id} has none")
    return output


def _softmax(z: Floats) -> tuple[Floats, Floats]:
    """Logarithm of the sum of powers over the last axis, and each one's share of it."""
    top = z.max(axis=-1, keepdims=True)
    power = np.exp(z - top)
    total = power.sum(axis=-1, keepdims=True)
    return np.asarray((np.log(total) + top)[..., 0]), np.asarray(power / total)
