"""Metrics with intervals, shortcut tests, and the evaluation of a model on a folder."""

from medimg_core.evaluation.evaluate import evaluate

__all__ = ["evaluate"]
