"""A model on a labelled folder: what ``medimg evaluate --json`` prints."""

from pathlib import Path
from typing import Any

from medimg_core.evaluation.judging import Predict, Progress, Segment
from medimg_core.evaluation.record import record
from medimg_core.registry import ModelCard


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
        ``model weights_sha256 split n gate``: figures are over the ``n`` rows that could be read, whatever the gate
        said of them. ``unreadable``: the others, each with ``file`` (as the index names it) and ``reason``; the
        gate's count of refused rows holds them, too. ``seen``: what :func:`medimg_core.evaluation.seen.seen`
        gives. Where the model classifies and the folder has labels, what
        :func:`medimg_core.evaluation.classification.measure` gives; where it segments and the folder has drawn
        masks, what :func:`medimg_core.evaluation.overlap.summarise` gives. ``subgroups``: see
        :func:`medimg_core.evaluation.subgroups.subgroups`.

    Raises:
        NotApplicableError: The folder holds neither labels nor masks that the model could be held to, or curves
            are wanted of rows of one class.
        UnreadableFileError: No image can be read.
        MedImgError: The model or the folder cannot be used; see the errors of
            :func:`~medimg_core.evaluation.folder.read_folder`.
    """
    found = record(
        model,
        folder,
        split=split,
        curves=curves,
        robustness_n=robustness_n,
        progress=progress,
        predict=predict,
        segment=segment,
    )
    return dict(found.answer)
