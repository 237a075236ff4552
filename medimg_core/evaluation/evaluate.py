"""A model on a labelled folder: what ``medimg evaluate --json`` prints."""

from pathlib import Path
from typing import Any

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.classification import decided, measure, truth_of
from medimg_core.evaluation.curves import curves as curves_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import Predict, Progress, Segment, judge, predictor, segmenter
from medimg_core.evaluation.overlap import summarise
from medimg_core.evaluation.subgroups import subgroups
from medimg_core.registry import ModelCard, load_card


def evaluate(
    model: str | ModelCard,
    folder: Path,
    *,
    split: str = "test",
    curves: bool = False,
    robustness_n: int = 0,
    progress: Progress | None = None,
    predict: Predict | None = None,
    segment: Segment | None = None,
) -> dict[str, Any]:
    """Evaluate a model on a folder with ``index.csv``.

    Args:
        model: Its id, or its card.
        folder: Folder of images with labels, drawn masks or both.
        split: Rows to use; all rows where the index has no ``split`` column.
        curves: Whether ``curves`` is wanted: see :func:`medimg_core.evaluation.curves.curves`.
        robustness_n: Number of rows, drawn with a fixed seed, for ``robustness``: see
            :func:`medimg_core.evaluation.trials.trials`. 0 leaves it out.
        progress: Called with rows done, rows in all and a text; may raise ``Cancelled``.
        predict: Gives a row's prediction; the dashboard's own door by default.
        segment: Gives a row's masks; likewise.

    Returns:
        ``model weights_sha256 split n gate``. Where the model classifies and the folder has labels, what
        :func:`medimg_core.evaluation.classification.measure` gives; where it segments and the folder has drawn
        masks, what :func:`medimg_core.evaluation.overlap.summarise` gives. ``subgroups``: see
        :func:`medimg_core.evaluation.subgroups.subgroups`.

    Raises:
        NotApplicableError: The folder holds neither labels nor masks that the model could be held to.
        MedImgError: The model or the folder cannot be used; see the errors of
            :func:`~medimg_core.evaluation.folder.read_folder`.
    """
    card = load_card(model) if isinstance(model, str) else model
    rows = read_folder(folder, split)
    targets = card.segmentation.mask.targets if card.segmentation is not None and card.segmentation.mask else ()
    has_masks = any(target.column in row.masks for target in targets for row in rows)
    has_labels = card.classification is not None and any(row.label for row in rows)
    if has_labels:
        truth_of(card, rows)  # labels that do not fit are better refused before an hour of reading
    if not has_masks and not has_labels:
        wanted = [*(["labels"] if card.classification else []), *(["drawn masks"] if targets else [])]
        raise NotApplicableError(f"evaluating {card.id} needs {' or '.join(wanted)} in the index; it has none")
    judged = judge(
        rows,
        predict=(predict or predictor(card)) if has_labels else None,
        segment=(segment or segmenter(card)) if has_masks else None,
        targets=targets,
        progress=progress,
    )
    answer: dict[str, Any] = {
        "model": card.id,
        "weights_sha256": card.sha256,
        "split": split,
        "n": len(judged.rows),
        "gate": judged.gate(),
    }
    case = decided(card, truth_of(card, judged.rows), judged.predictions) if has_labels else None
    if case is not None:
        answer |= measure(card, judged, case)
    if has_masks:
        patients = all("patient" in row.columns for row in judged.rows)
        answer |= summarise(judged.overlaps, judged.groups, patients=patients)
    answer["subgroups"] = subgroups(judged, case)
    if curves and case is not None:
        answer["curves"] = curves_of(case, judged.groups)
    if robustness_n:
        from medimg_core.evaluation.trials import trials

        name = f"{folder.resolve().name} {split}"
        answer["robustness"] = trials(card, judged, name=name, most=robustness_n, progress=progress)
    return answer
