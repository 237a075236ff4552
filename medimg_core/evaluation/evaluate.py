"""A model on a labelled folder: what ``medimg evaluate --json`` prints."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from medimg_core.errors import NotApplicableError, UnreadableFileError
from medimg_core.evaluation.bootstrap import summary
from medimg_core.evaluation.folder import Row, read_folder
from medimg_core.evaluation.metrics import Decision
from medimg_core.registry import ModelCard, OutputSpec, load_card

Progress = Callable[[int, int, str], None]

SPELLINGS: Mapping[str, str] = {"bacteria": "bacterial", "virus": "viral"}
"""Values of ``subtype`` in public indexes, and the class of a card that they mean."""


class Gated(Protocol):
    """A gate outcome."""

    @property
    def status(self) -> str:
        """``"pass"``, ``"mark"`` or ``"refuse"``."""


class Scored(Protocol):
    """What is needed of a prediction."""

    @property
    def score(self) -> float:
        """Calibrated score of the reading, 0 to 1."""

    @property
    def class_scores(self) -> Mapping[str, float]:
        """Scores of the finer classes."""

    @property
    def gate(self) -> Gated:
        """The gate's outcome."""


Predict = Callable[[Row], Scored]
"""One image of a folder to its prediction, whatever the gate says of it."""


@dataclass(frozen=True)
class Judged:
    """Rows with what was predicted for them."""

    rows: tuple[Row, ...]
    predictions: tuple[Scored, ...]

    def gate(self) -> dict[str, int]:
        """How many rows passed, were marked, were refused."""
        counts = Counter(prediction.gate.status for prediction in self.predictions)
        return {status: counts.get(status, 0) for status in ("pass", "mark", "refuse")}


def predictor(card: ModelCard) -> Predict:
    """Classify through the same door as the dashboard, the gate kept but not enforced.

    Who evaluates a model on a folder says by that that the folder is of the model's kind. So what the
    files' tags leave open is declared as the card has it, and the gate's counts speak of the images.
    """
    from medimg_core.gate import Declared
    from medimg_core.inference import classify
    from medimg_core.io import open_study

    ages = card.population.age_years
    word = Declared(
        modality=next(iter(card.modality), None),
        body_part=next(iter(card.body_part), None),
        view=next(iter(card.population.views), None),
        age_years=sum(ages) / 2 if ages else None,
    )

    def predict(row: Row) -> Scored:
        opened = open_study([row.image])
        for study in opened.studies:
            for series in study.series:
                if series.volume is not None:
                    return classify(series.volume, card, series=series, declared=word, enforce_gate=False)
        reason = opened.refused[0].reason if opened.refused else "it holds no image"
        raise UnreadableFileError(f"every image of the folder must be readable; one is not: {reason}")

    return predict


def judge(rows: Sequence[Row], predict: Predict, progress: Progress | None = None) -> Judged:
    """Predict every row.

    Args:
        rows: Of a folder.
        predict: Gives a prediction for one.
        progress: Called with rows done, rows in all and a text; may raise ``Cancelled``.
    """
    predictions = []
    for index, row in enumerate(rows):
        if progress is not None:
            progress(index, len(rows), "evaluating")
        predictions.append(predict(row))
    return Judged(tuple(rows), tuple(predictions))


def _classes(judged: Judged, output: OutputSpec) -> dict[str, Any]:
    """One class against the rest, decided where it has the highest score; rows must name fine classes."""
    named = [SPELLINGS.get(row.subtype or row.label, row.subtype or row.label) for row in judged.rows]
    if not set(named) <= set(output.classes):
        return {}
    groups = [row.group for row in judged.rows]
    table = np.array([[p.class_scores[name] for name in output.classes] for p in judged.predictions])
    best = table.argmax(axis=1)
    result: dict[str, Any] = {}
    for index, name in enumerate(output.classes):
        truth = np.array([value == name for value in named])
        case = Decision(truth, np.clip(table[:, index], 0, 1), best == index)
        result[name] = {"n": int(truth.sum()), **summary(case, groups)}
    return result


def measure(card: ModelCard, judged: Judged, split: str) -> dict[str, Any]:
    """Metrics over all rows, the gate's counts beside them.

    The reading's name is the positive value of the ``label`` column; every other value is negative.

    Args:
        card: The model.
        judged: Rows and predictions.
        split: Name of the split, for the record.

    Raises:
        NotApplicableError: The card has no reading, or the folder's labels do not ask for it.
    """
    output = card.outputs[0]
    if output.reading is None:
        raise NotApplicableError(f"evaluation needs a reading on the card of {card.id}; it has none")
    name = output.reading.name
    labels = sorted({row.label for row in judged.rows})
    if "" in labels:
        raise NotApplicableError("every row must have a label; an empty one is neither yes nor no")
    if name not in labels and not set(labels) <= {*output.classes, "no_" + name}:
        raise NotApplicableError(
            f"the label column must hold {name!r} or one of {', '.join(output.classes)}, got "
            f"{', '.join(label[:30] or '(empty)' for label in labels[:5])}"
        )
    truth = np.array([row.label == name or row.label in output.reading.positive for row in judged.rows])
    score = np.array([prediction.score for prediction in judged.predictions], dtype=float)
    case = Decision(truth, score, score >= card.threshold.value)
    return {
        "model": card.id,
        "weights_sha256": card.sha256,
        "split": split,
        "n": len(judged.rows),
        "gate": judged.gate(),
        "reading": name,
        "threshold": card.threshold.value,
        **summary(case, [row.group for row in judged.rows]),
        "classes": _classes(judged, output),
    }


def evaluate(
    model_id: str,
    folder: Path,
    *,
    split: str = "test",
    progress: Progress | None = None,
    predict: Predict | None = None,
) -> dict[str, Any]:
    """Evaluate a classification model on a folder with ``index.csv``.

    Args:
        model_id: The model.
        folder: Folder of labelled images.
        split: Rows to use; all rows where the index has no ``split`` column.
        progress: Called with rows done, rows in all and a text; may raise ``Cancelled``.
        predict: Gives a row's prediction; the dashboard's own door by default.

    Returns:
        ``model weights_sha256 split n gate reading threshold``, then ``auc accuracy sensitivity
        specificity f1 ece brier``, each with ``<name>_ci`` (95 %, bootstrapped by patient), and
        ``classes`` with the same for each finer class against the rest.

    Raises:
        MedImgError: The model or the folder cannot be used; see the errors of
            :func:`~medimg_core.evaluation.folder.read_folder`.
    """
    card = load_card(model_id)
    if card.outputs[0].kind != "classification":
        raise NotApplicableError(f"evaluation takes classification models; {card.id} is one for {card.task}")
    rows = read_folder(folder, split)
    return measure(card, judge(rows, predict or predictor(card), progress), split)
