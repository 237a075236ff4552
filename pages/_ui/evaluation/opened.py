"""An image of an evaluated folder as a study of the session, with what the model says of it."""

from dataclasses import dataclass, field, replace
from functools import partial

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation import Verdict
from medimg_core.evaluation.judging import word_of
from medimg_core.gate import Declared
from medimg_core.inference import classify, segment
from medimg_core.io import open_study
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction, Segmentation
from medimg_core.study import Opened
from pages._ui import jobs, memory
from pages._ui.evaluation import drawn
from pages._ui.evaluation.drawn import Drawn
from pages._ui.language import _
from pages._ui.places import go
from pages._ui.state import Case

__all__ = ["open_row"]


@dataclass(frozen=True, eq=False)
class Read:
    """An image, and what the model says of it.

    Attributes:
        opened: The image's study.
        place: Of the series with the image in that study.
        declared: What the evaluation took for granted of images without tags, but for the age.
        prediction: Of a model that classifies single images, or None.
        segmentation: Of a model that segments, or None.
        masks: What was drawn of it.
    """

    opened: Opened = field(repr=False)
    place: int
    declared: Declared
    prediction: Prediction | None
    segmentation: Segmentation | None
    masks: tuple[Drawn, ...]


def open_row(card: ModelCard, row: Verdict) -> None:
    """Open a row's image, run the model on it, and go where both are shown.

    Args:
        card: The model that was evaluated.
        row: Its image becomes a study of the session, as if it had been dropped.
    """
    jobs.start("onnx", _("Opening an image of the folder"), partial(_read, row, card), _show)
    go("analyse")


def _read(row: Verdict, card: ModelCard, progress: jobs.Progress) -> Read:
    opened = open_study([row.image], progress=progress)
    series = opened.studies[0].series if opened.studies else ()
    place = next((place for place, one in enumerate(series) if one.volume is not None), None)
    volume = None if place is None else series[place].volume
    if place is None or volume is None:
        reason = opened.refused[0].reason if opened.refused else _("it holds no image")
        raise UnreadableFileError(f"an image of the folder must be readable; this one is not: {reason}")
    declared = replace(word_of(card), age_years=None)  # the folder is of the model's kind; nobody said an age
    said = found = None
    if card.classification is not None and volume.shape[0] * volume.frames == 1:
        said = classify(volume, card, series=series[place], declared=declared, slice_index=0)
    if card.segmentation is not None:
        found = segment(volume, card, series=series[place], declared=declared, progress=progress)
    return Read(opened, place, declared, said, found, drawn.read(card, row, volume))


def _show(case: Case, read: Read) -> Case:
    case = memory.settle(case.with_opened(read.opened)).with_series(read.place).with_declared(read.declared)
    if case.volume is not None:
        drawn.keep(case.volume, read.masks)
    if read.prediction is not None:
        case = case.with_prediction(case.series_key, read.prediction)
    if read.segmentation is not None:
        case = case.with_segmentation(case.series_key, read.segmentation)
    return case
