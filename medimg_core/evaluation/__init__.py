"""Metrics with intervals, shortcut tests, and the evaluation of a model on a folder."""

from medimg_core.evaluation.evaluate import evaluate
from medimg_core.evaluation.record import Evaluation, Miss, Verdict, record

__all__ = ["Evaluation", "Miss", "Verdict", "evaluate", "record"]
