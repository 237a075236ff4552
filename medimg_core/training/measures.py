"""The figures on a plan's card, measured on ``val`` through the product's own doors."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.burnt_in import find_marks
from medimg_core.evaluation import evaluate
from medimg_core.evaluation.folder import INDEX
from medimg_core.evaluation.networks import classifier_of
from medimg_core.evaluation.shortcuts import (
    Cases,
    Finding,
    centre_only,
    frame_only,
    marks_only,
    marks_painted_out,
    region_filled,
    region_only,
)
from medimg_core.registry import Curve, Figure, ModelCard
from medimg_core.training.course import PlanData, Progress
from medimg_core.training.figures import uses_outside
from medimg_core.training.plan import UNKNOWN
from medimg_core.training.samples import Samples

TUNED = "epochs, threshold and temperature chosen on this split"
DRAWN = 200
"""Images of the robustness curves."""

SCORES = ("auc", "accuracy", "sensitivity", "specificity", "f1", "ece", "brier")
OVERLAPS = ("dice", "dice_by_patient", "iou", "hd95")
SUBGROUP = "subgroup "
"""How the note of a subgroup's figure begins."""


@dataclass(frozen=True)
class PlanFigures:
    """What was measured.

    Attributes:
        metrics: On whole ``val`` images.
        shortcuts: Without the region, with the frame or the marks alone.
        robustness: Under changes of rising strength.
        uses_outside: Whether a shortcut figure lies above the limit.
    """

    metrics: tuple[Figure, ...]
    shortcuts: tuple[Figure, ...]
    robustness: tuple[Curve, ...]
    uses_outside: bool


def figures_of(answer: Mapping[str, Any], data: str, note: str = TUNED) -> Iterator[Figure]:
    """Figures of what ``medimg evaluate --json`` prints: metrics, false positives, subgroups.

    Args:
        answer: Of :func:`medimg_core.evaluation.evaluate`. A figure without an interval, as of a subgroup of one
            image, is left out.
        data: Data set and split.
        note: Of the metrics.
    """
    yield from _figures(answer, SCORES, int(answer["n"]), data, note)
    drawn = sum(table["n"] - table["empty_n"] for table in answer.get("targets", {}).values())
    yield from _figures(answer, OVERLAPS, int(drawn), data, note)
    if answer.get("empty_n"):
        told = f"{note}; share of images with an empty target in which anything was found"
        yield from _figures(answer, ("false_positive",), int(answer["empty_n"]), data, told)
    for column, groups in answer.get("subgroups", {}).items():
        for value, table in groups.items():
            told = f"{SUBGROUP}{column} {value}; {note}"
            yield from _figures(table, ("auc", "sensitivity", "specificity"), int(table["n"]), data, told)
            yield from _figures(table, ("dice",), int(table.get("dice_n", table["n"])), data, told)


def _figures(table: Mapping[str, Any], names: Sequence[str], n: int, data: str, note: str) -> Iterator[Figure]:
    for name in names:
        value, ends = table.get(name), table.get(f"{name}_ci")
        if value is not None and ends is not None:
            unit = f" ({table['hd95_unit']})" if name == "hd95" and "hd95_unit" in table else ""
            yield Figure(name, float(value), (ends[0], ends[1]), n, data, note + unit)


def _cases(samples: Samples, truth: NDArray[np.bool_], chosen: NDArray[np.bool_], region: str) -> Cases:
    rows = np.flatnonzero(chosen)
    masks = [((samples.masks[i] > 0) & (samples.masks[i] < UNKNOWN)).astype(np.float32) for i in rows]
    images = [samples.image(int(i)) for i in rows]
    return Cases(images, truth[rows], [samples.groups[i] for i in rows], masks, region or "region")


def shortcuts(card: ModelCard, samples: Samples, truth: NDArray[np.bool_], name: str) -> tuple[Figure, ...]:
    """What is left without the region, with the frame alone, and without burnt-in marks."""
    score = classifier_of(card).score
    whole = _cases(samples, truth, np.ones(len(samples), bool), card.region)
    found: list[tuple[Finding, str]] = [(test(score, whole), name) for test in (frame_only, centre_only)]
    if any(find_marks(image if image.ndim == 2 else image.mean(axis=-1)).any() for image in whole.images):
        found += [(test(score, whole, find_marks), name) for test in (marks_painted_out, marks_only)]
    drawn = samples.drawn()
    if drawn.any() and len(set(truth[drawn].tolist())) == 2:
        masked = _cases(samples, truth, drawn, card.region)
        where = f"{name}, those with a drawn mask"
        found += [(region_filled(score, masked, how), where) for how in ("mean", "smooth", "black")]
        found += [(region_only(score, masked), where)]
    result = []
    for each, data in found:
        result.append(Figure(each.name, each.auc, each.ci, each.n, data, each.note))
        gap = "mean score of positives minus that of negatives: " + each.note
        result.append(Figure(each.name.removesuffix("_auc") + "_gap", each.gap, each.gap_ci, each.n, data, gap))
    return tuple(result)


class Kept:
    """Curves of weights that were measured before: they take longest, and packaging a model again changes none.

    Args:
        run: Run folder.
        weights: Of the network, in order.
    """

    def __init__(self, run: Path, weights: Sequence[NDArray[np.float32]]) -> None:
        digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in weights))
        self.path = run / f"robustness-{digest.hexdigest()[:16]}.json"

    def read(self) -> list[dict[str, Any]] | None:
        """The curves, or None where these weights were not measured."""
        if not self.path.is_file():
            return None
        rows: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
        return rows

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep curves."""
        self.path.write_text(json.dumps(rows), encoding="utf-8")


def curves_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Curve, ...]:
    """Curves from the tables that ``medimg evaluate --robustness`` prints."""
    return tuple(Curve(**{key: _fixed(value) for key, value in row.items()}) for row in rows)


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def measure_curves(card: ModelCard, folder: Path, progress: Progress, kept: Kept) -> tuple[Curve, ...]:
    """Robustness of a packaged model on ``val``, from an earlier run where its weights were measured.

    Args:
        card: The packaged model.
        folder: Data set.
        progress: Called with rows done, rows in all and a text.
        kept: Curves measured before.
    """
    rows = kept.read()
    if rows is None:
        rows = evaluate(card, folder, split="val", robustness_n=DRAWN, progress=progress)["robustness"]
        kept.write(rows)
    return curves_of(rows)


def measure_plan(card: ModelCard, data: PlanData, progress: Progress, kept: Kept) -> PlanFigures:
    """Everything that a card says of ``val``.

    Args:
        card: The packaged model, without figures yet.
        data: Of the training. Folders without an index cannot be evaluated; they add nothing.
        progress: Called with rows done, rows in all and a text.
        kept: Curves measured before.
    """
    metrics: list[Figure] = []
    known = kept.read()
    rows: list[dict[str, Any]] = known or []
    for folder in (folder for folder in data.folders if (folder / INDEX).is_file()):
        answer = evaluate(card, folder, split="val", robustness_n=0 if known else DRAWN, progress=progress)
        metrics += figures_of(answer, f"{folder.name} val")
        rows += [] if known else answer["robustness"]
    kept.write(rows)
    found: tuple[Figure, ...] = ()
    if card.classification is not None and card.classification.reading is not None:
        inside = [name in card.classification.reading.positive for name in card.classification.classes]
        truth = np.array(inside)[data.val.classes]
        found = shortcuts(card, data.val, truth, " and ".join(f"{folder.name} val" for folder in data.folders))
    return PlanFigures(tuple(metrics), found, curves_of(rows), uses_outside(found))
