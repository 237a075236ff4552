"""From a press on Run to a prediction in the case."""

from functools import partial
from typing import Any

from medimg_core.errors import NotApplicableError
from medimg_core.inference import classify
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction
from pages._ui import jobs
from pages._ui.language import _
from pages._ui.state import Case
from pages._ui.view import SeriesKey

__all__ = ["run", "title"]


def title(card: ModelCard) -> str:
    """What the task is called while it runs."""
    return _("Running {model}").format(model=_(card.title))


def run(case: Case, card: ModelCard) -> None:
    """Start a model on the slice on show.

    Args:
        case: Its current series is the input.
        card: The model.

    Raises:
        NotApplicableError: The series holds no image.
    """
    series, volume, view = case.series, case.volume, case.view
    if series is None or volume is None:
        raise NotApplicableError("a model needs an image; this series holds none")
    work = partial(
        classify,
        volume,
        card,
        series=series,
        declared=case.declared.get(case.series_key),
        slice_index=view.slice_index,
        frame=view.frame,
    )

    def task(progress: jobs.Progress) -> Prediction:
        progress(0, 0, _("Running; the first run prepares the model and takes longer"))
        return work()

    jobs.start("onnx", title(card), task, _keep(case.series_key))


def _keep(key: SeriesKey) -> Any:
    def apply(case: Case, result: Prediction) -> Case:
        return case.with_prediction(key, result)

    return apply
