"""The classification's part of ``medimg evaluate --json``: a reading against the folder's labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.bootstrap import summary
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.judging import Judged, Scored
from medimg_core.evaluation.metrics import Bools, Decision
from medimg_core.registry import ModelCard, OutputSpec, Reading

SPELLINGS: Mapping[str, str] = {"bacteria": "bacterial", "virus": "viral"}
"""Values of ``subtype`` in public indexes, and the class of a card that they mean."""


def _asked(card: ModelCard) -> tuple[OutputSpec, Reading]:
    output = card.classification
    if output is None or output.reading is None:
        raise NotApplicableError(f"evaluation needs a reading on the card of {card.id}; it has none")
    return output, output.reading


def truth_of(card: ModelCard, rows: Sequence[Row]) -> Bools:
    """Whether the reading is true of each row, shape ``(n,)``.

    The reading's name is the positive value of the ``label`` column, as are its positive classes; its other classes
    are negative. Beside positives alone one other value may stand for no, whatever it is called; a misspelt label
    among known ones is no such value.

    Raises:
        NotApplicableError: The card has no reading, or the folder's labels do not ask for it.
    """
    output, reading = _asked(card)
    name = reading.name
    labels = {row.label for row in rows}
    if "" in labels:
        raise NotApplicableError("every row must have a label; an empty one is neither yes nor no")
    unknown = labels - {name, "no_" + name, *output.classes}
    known = labels - unknown
    means_no = len(unknown) == 1 and name in known and known <= {name, *reading.positive}
    if unknown and not means_no:
        told = ", ".join(repr(label[:30]) for label in sorted(unknown)[:5])
        raise NotApplicableError(
            f"the label column must hold {name!r} or one of {', '.join(output.classes)}, got {told}"
        )
    return positive(card, rows)


def positive(card: ModelCard, rows: Sequence[Row]) -> Bools:
    """:func:`truth_of` for some of the rows that it took as a whole: they need not hold both answers any more."""
    _output, reading = _asked(card)
    return np.array([row.label == reading.name or row.label in reading.positive for row in rows], dtype=bool)


def decided(card: ModelCard, truth: Bools, predictions: Sequence[Scored]) -> Decision:
    """Scores and decisions at the card's threshold.

    Args:
        card: The model.
        truth: Shape ``(n,)``.
        predictions: Of the same rows.
    """
    score = np.array([prediction.score for prediction in predictions], dtype=float)
    return Decision(truth, score, score >= card.threshold.value)


def _classes(judged: Judged, output: OutputSpec) -> dict[str, Any]:
    """One class against the rest, decided where it has the highest score; rows must name fine classes."""
    named = [SPELLINGS.get(row.subtype or row.label, row.subtype or row.label) for row in judged.rows]
    if not set(named) <= set(output.classes):
        return {}
    table = np.array([[p.class_scores[name] for name in output.classes] for p in judged.predictions])
    best = table.argmax(axis=1)
    result: dict[str, Any] = {}
    for index, name in enumerate(output.classes):
        truth = np.array([value == name for value in named])
        case = Decision(truth, np.clip(table[:, index], 0, 1), best == index)
        result[name] = {"n": int(truth.sum()), **summary(case, judged.groups)}
    return result


def measure(card: ModelCard, judged: Judged, case: Decision) -> dict[str, Any]:
    """Metrics over all rows, whatever the gate said of them.

    Args:
        card: The model; it has a classification.
        judged: Rows and predictions.
        case: Decisions of these rows.

    Returns:
        ``reading threshold``, then ``auc accuracy sensitivity specificity f1 ece brier``, each with ``<name>_ci``
        (95 %, bootstrapped by patient), and ``classes`` with the same for each finer class against the rest.

    Raises:
        NotApplicableError: The card has no reading.
    """
    output, reading = _asked(card)
    return {
        "reading": reading.name,
        "threshold": card.threshold.value,
        **summary(case, judged.groups),
        "classes": _classes(judged, output),
    }
