"""From a press on Evaluate to an evaluation on the bench, by way of the worker process."""

from functools import partial
from pathlib import Path
from typing import Any

from medimg_core.evaluation import Evaluation, record
from medimg_core.registry import ModelCard
from pages._ui import jobs
from pages._ui.evaluation import bench
from pages._ui.evaluation.bench import Shown
from pages._ui.language import _
from pages._ui.state import Case

__all__ = ["run"]


def run(card: ModelCard, folder: Path, split: str, *, lone: bool = False, bare: bool = False) -> None:
    """Start an evaluation; what was shown before stays until it is finished.

    It runs in the worker process: attacks load TensorFlow, and the queue of ONNX Runtime stays free for readers.

    Args:
        card: The model.
        folder: That may be read.
        split: Of its index; ``""`` for all rows of an index without splits.
        lone: Whether its rows are of one class alone, and curves are left out.
        bare: Whether they have no drawn masks either, and robustness is left out.
    """
    now = bench.load()
    work = partial(
        record,
        split=split,
        curves=now.curves and card.classification is not None and not lone,
        robustness_n=now.drawn if now.robust and not bare else 0,
    )
    title = _("Evaluating {model}").format(model=_(card.title))
    job = jobs.start_process(title, work, (card.id, folder), _keep(folder.name))
    bench.change(job=job)


def _keep(name: str) -> Any:
    def apply(case: Case, result: Evaluation) -> Case:
        bench.change(shown=Shown(result, name))
        return case

    return apply
