"""From a press on Run to a prediction or masks in the case."""

from functools import partial
from typing import Any

from medimg_core.errors import NotApplicableError
from medimg_core.inference import classify, segment
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction, Segmentation
from pages._ui import jobs, memory, slice_range
from pages._ui.language import _
from pages._ui.state import Case
from pages._ui.view import SeriesKey

__all__ = ["run", "title"]


def title(card: ModelCard) -> str:
    """What the task is called while it runs."""
    return _("Running {model}").format(model=_(card.title))


def run(case: Case, card: ModelCard) -> None:
    """Start a model: one that classifies on the slice on show, one that segments on the slices that it is to read.

    Args:
        case: Its current series is the input.
        card: The model.

    Raises:
        NotApplicableError: The series holds no image.
    """
    series, volume, view = case.series, case.volume, case.view
    if series is None or volume is None:
        raise NotApplicableError("a model needs an image; this series holds none")
    facts: dict[str, Any] = {"series": series, "declared": case.declared.get(case.series_key), "frame": view.frame}
    first = _("Running; the first run prepares the model and takes longer")
    if card.segmentation is not None:
        outline = partial(segment, volume, card, slices=slice_range.wanted(case, card), **facts)

        def masks(progress: jobs.Progress) -> Segmentation:
            progress(0, 0, first)
            return outline(progress=progress)

        jobs.start("onnx", title(card), masks, _keep_masks(case.series_key))
        return
    score = partial(classify, volume, card, slice_index=view.slice_index, **facts)

    def task(progress: jobs.Progress) -> Prediction:
        progress(0, 0, first)
        return score()

    jobs.start("onnx", title(card), task, _keep(case.series_key))


def _keep(key: SeriesKey) -> Any:
    def apply(case: Case, result: Prediction) -> Case:
        return case.with_prediction(key, result)

    return apply


def _keep_masks(key: SeriesKey) -> Any:
    def apply(case: Case, result: Segmentation) -> Case:
        return memory.settle(case.with_segmentation(key, result))

    return apply
