"""An evaluation with what was said of every image: the figures, and the rows behind them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.classification import decided, measure, positive, truth_of
from medimg_core.evaluation.curves import curves as curves_of
from medimg_core.evaluation.folder import Row, read_folder
from medimg_core.evaluation.judging import Judged, Predict, Progress, Segment, judge, predictor, segmenter
from medimg_core.evaluation.metrics import Decision
from medimg_core.evaluation.overlap import Overlap, summarise
from medimg_core.evaluation.seen import seen
from medimg_core.evaluation.subgroups import subgroups
from medimg_core.registry import ModelCard, Target, load_card


@dataclass(frozen=True)
class Verdict:
    """What was said of one row, and what is true of it.

    Attributes:
        case: Name of the image's file without its suffix; may be a patient's id, so hidden from repr.
        image: Path of the image.
        label: Value of the ``label`` column, or empty.
        gate: The gate's status, ``"pass"``, ``"mark"`` or ``"refuse"``.
        truth: Whether the reading is true of it; None where nothing was classified, as are the next two.
        score: Calibrated score of the reading, 0 to 1.
        decided: Whether the score reached the card's threshold.
        overlaps: For each target the predicted mask against the drawn one, None where nobody drew it; empty where
            nothing was segmented.
        masks: Paths of drawn masks by column.

    Examples:
        >>> drawn = Overlap(both=6, predicted=8, true=12, hd95=1.0, unit="px")
        >>> Verdict("a", Path("a.png"), "", "pass", overlaps={"lesion": drawn, "rim": None}).dice
        {'lesion': 0.6, 'rim': None}
    """

    case: str = field(repr=False)
    image: Path = field(repr=False)
    label: str = field(repr=False)
    gate: str
    truth: bool | None = None
    score: float | None = None
    decided: bool | None = None
    overlaps: Mapping[str, Overlap | None] = field(default_factory=dict)
    masks: Mapping[str, Path] = field(default_factory=dict, repr=False)

    @property
    def dice(self) -> dict[str, float | None]:
        """Dice of each target; None where nobody drew it, and where the drawn mask is empty."""
        return {name: _number(found) for name, found in self.overlaps.items()}

    @property
    def mean_dice(self) -> float | None:
        """Mean over the targets that have a Dice, or None."""
        known = [value for value in self.dice.values() if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def stray(self) -> int:
        """Voxels found of targets whose drawn mask is empty."""
        return sum(found.predicted for found in self.overlaps.values() if found is not None and not found.true)


def _number(found: Overlap | None) -> float | None:
    return None if found is None or math.isnan(found.dice) else found.dice


@dataclass(frozen=True)
class Miss:
    """A row that was decided wrongly.

    Attributes:
        verdict: What was said of it.
        wrong: How far the score lies beyond the threshold, as a share of the way to the wrong end (0 for a
            positive, 1 for a negative): 0 at the threshold, 1 where it could not be worse.
    """

    verdict: Verdict
    wrong: float


@dataclass(frozen=True)
class Evaluation:
    """The figures of ``medimg evaluate --json``, and the rows that they are of.

    Attributes:
        answer: See :func:`medimg_core.evaluation.evaluate`.
        rows: One entry a row that was read, in the index's order; the others stand in the answer's ``unreadable``.
    """

    answer: Mapping[str, Any]
    rows: tuple[Verdict, ...]

    def misses(self) -> tuple[Miss, ...]:
        """Rows that were decided wrongly, the worst first.

        Examples:
            >>> said = [(True, 0.4), (False, 0.9), (True, 0.1), (True, 0.8)]
            >>> rows = [Verdict(str(score), Path("x"), "", "pass", yes, score, score >= 0.5) for yes, score in said]
            >>> [(miss.verdict.case, round(miss.wrong, 2)) for miss in Evaluation({"threshold": 0.5}, rows).misses()]
            [('0.9', 0.8), ('0.1', 0.8), ('0.4', 0.2)]
        """
        found = []
        for row in self.rows:
            if row.score is not None and row.decided != row.truth:
                cut = float(self.answer["threshold"])
                way = (row.score - cut, 1 - cut) if row.decided else (cut - row.score, cut)
                found.append(Miss(row, way[0] / way[1] if way[1] else 0.0))
        return tuple(sorted(found, key=lambda miss: -miss.wrong))

    def by_dice(self) -> tuple[Verdict, ...]:
        """Rows with a drawn target, the lowest Dice first."""
        known = [row for row in self.rows if row.mean_dice is not None]
        return tuple(sorted(known, key=lambda row: row.mean_dice or 0.0))

    def strays(self) -> tuple[Verdict, ...]:
        """Rows in which something was found of a target that is empty, the most voxels first."""
        return tuple(sorted((row for row in self.rows if row.stray), key=lambda row: -row.stray))


def record(
    model: str | ModelCard,
    folder: Path,
    *,
    split: str = "test",
    curves: bool = False,
    robustness_n: int = 0,
    progress: Progress | None = None,
    predict: Predict | None = None,
    segment: Segment | None = None,
) -> Evaluation:
    """Evaluate a model on a folder with ``index.csv`` and keep what was said of every row.

    Args:
        model: Its id, or its card.
        folder: Folder of images with labels, drawn masks or both.
        split: Rows to use; all rows where the index has no ``split`` column, and the answer then says ``"all"``.
        curves: Whether ``curves`` is wanted: see :func:`medimg_core.evaluation.curves.curves`.
        robustness_n: Number of rows, drawn with a fixed seed, for ``robustness``: see
            :func:`medimg_core.evaluation.trials.trials`. 0 leaves it out.
        progress: Called with rows done, rows in all and a text; may raise ``Cancelled``.
        predict: Gives a row's prediction; the dashboard's own door by default.
        segment: Gives a row's masks; likewise.

    Returns:
        The answer of :func:`medimg_core.evaluation.evaluate`, and the rows.

    Raises:
        NotApplicableError: The folder holds neither labels nor masks that the model could be held to; or curves, or
            robustness without masks, are wanted of rows of one class.
        MedImgError: The model or the folder cannot be used; see the errors of
            :func:`~medimg_core.evaluation.folder.read_folder`.
    """
    card = load_card(model) if isinstance(model, str) else model
    rows = read_folder(folder, split)
    targets = card.segmentation.mask.targets if card.segmentation is not None and card.segmentation.mask else ()
    has_labels, has_masks = _held_to(card, rows, targets)
    if has_labels:  # what does not fit is better refused before an hour of reading
        truth = truth_of(card, rows)
        lone = bool(truth.all() or not truth.any())
        if lone and (curves or (robustness_n and not has_masks)):
            raise NotApplicableError("curves and robustness need rows of both classes, got one class")
        if robustness_n == 1 and not lone:
            raise NotApplicableError("robustness needs an image of each class, 2 or more, got 1")
    judged = judge(
        rows,
        predict=(predict or predictor(card)) if has_labels else None,
        segment=(segment or segmenter(card)) if has_masks else None,
        targets=targets,
        progress=progress,
    )
    name = folder.resolve().name
    split = split if any(row.split for row in rows) else "all"
    answer: dict[str, Any] = {
        "model": card.id,
        "weights_sha256": card.sha256,
        "split": split,
        "seen": seen(card, name, split),
        "n": len(judged.rows),
        "gate": judged.gate(),
        "unreadable": [{"file": row.file, "reason": row.reason} for row in judged.unreadable],
    }
    case = decided(card, positive(card, judged.rows), judged.predictions) if has_labels else None
    if case is not None:
        answer |= measure(card, judged, case)
    if any(overlap is not None for column in judged.overlaps.values() for overlap in column):
        patients = all("patient" in row.columns for row in judged.rows)
        answer |= summarise(judged.overlaps, judged.groups, patients=patients)
    answer["subgroups"] = subgroups(judged, case)
    # of both classes one may be left, where the other's images cannot be read
    both = case is None or 0 < case.truth.sum() < len(case.truth)
    if curves and case is not None and both:
        answer["curves"] = curves_of(case, judged.groups)
    if robustness_n and (both or has_masks):
        from medimg_core.evaluation.trials import trials

        tried = judged if both else replace(judged, predictions=())
        answer["robustness"] = trials(card, tried, name=f"{name} {split}", most=robustness_n, progress=progress)
    return Evaluation(answer, _verdicts(judged, case))


def _held_to(card: ModelCard, rows: Sequence[Row], targets: Sequence[Target]) -> tuple[bool, bool]:
    """Whether the rows have labels and drawn masks that the model answers to."""
    has_masks = any(target.column in row.masks for target in targets for row in rows)
    has_labels = card.classification is not None and any(row.label for row in rows)
    if not has_masks and not has_labels:
        wanted = [*(["labels"] if card.classification else []), *(["drawn masks"] if targets else [])]
        raise NotApplicableError(f"evaluating {card.id} needs {' or '.join(wanted)} in the index; it has none")
    return has_labels, has_masks


def _verdicts(judged: Judged, case: Decision | None) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            case=row.case,
            image=row.image,
            label=row.label,
            gate=judged.gates[place],
            truth=None if case is None else bool(case.truth[place]),
            score=None if case is None else float(case.score[place]),
            decided=None if case is None else bool(case.decided[place]),
            overlaps={name: column[place] for name, column in judged.overlaps.items()},
            masks=dict(row.masks),
        )
        for place, row in enumerate(judged.rows)
    )
