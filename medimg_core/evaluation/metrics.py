"""Metrics of a two-way decision, each also under row weights, so that a bootstrap is one matrix product.

Scores are floats 0 to 1, truths are bool, both of shape ``(n,)``. Weights have shape
``(replicates, n)``: how often each row was drawn; a weighted metric has shape ``(replicates,)`` and is
NaN where a replicate leaves it undefined.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BINS = 10
"""Equal-width bins of the expected calibration error."""


@dataclass(frozen=True)
class Decision:
    """Scores, the truth, and what was decided.

    Attributes:
        truth: True where the answer is yes, shape ``(n,)``.
        score: Shape ``(n,)``, 0 to 1.
        decided: True where yes was said, shape ``(n,)``.
    """

    truth: Bools
    score: Floats
    decided: Bools

    def __post_init__(self) -> None:
        if self.truth.ndim != 1 or not self.truth.shape == self.score.shape == self.decided.shape:
            raise IncompatibleInputError(
                f"truth, score and decision must have one shape (n,), got {self.truth.shape}, "
                f"{self.score.shape}, {self.decided.shape}"
            )
        if self.truth.size == 0 or not np.isfinite(self.score).all():
            raise IncompatibleInputError("a metric needs at least one row and finite scores")


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def weighted_auc(case: Decision, weights: Floats) -> Floats:
    """Area under the ROC curve: P(score of a yes > score of a no), ties half (Hanley & McNeil 1982)."""
    order = np.argsort(case.score, kind="stable")
    _, start = np.unique(case.score[order], return_index=True)
    sorted_weights = weights[:, order]
    yes = np.add.reduceat(sorted_weights * case.truth[order], start, axis=1)
    no = np.add.reduceat(sorted_weights * ~case.truth[order], start, axis=1)
    below = np.cumsum(no, axis=1) - no
    return _ratio((yes * (below + 0.5 * no)).sum(axis=1), yes.sum(axis=1) * no.sum(axis=1))


def weighted_accuracy(case: Decision, weights: Floats) -> Floats:
    """Share of rows decided rightly."""
    return _ratio(weights @ (case.truth == case.decided).astype(float), weights.sum(axis=1))


def weighted_sensitivity(case: Decision, weights: Floats) -> Floats:
    """Share of the true ones decided yes."""
    return _ratio(weights @ (case.truth & case.decided).astype(float), weights @ case.truth.astype(float))


def weighted_specificity(case: Decision, weights: Floats) -> Floats:
    """Share of the others decided no."""
    return _ratio(weights @ (~case.truth & ~case.decided).astype(float), weights @ (~case.truth).astype(float))


def mean_gap(case: Decision, weights: Floats) -> Floats:
    """Mean score of the true rows minus that of the others; shape ``(replicates,)``."""
    yes = _ratio(weights @ (case.score * case.truth), weights @ case.truth.astype(float))
    no = _ratio(weights @ (case.score * ~case.truth), weights @ (~case.truth).astype(float))
    return np.asarray(yes - no)


def weighted_f1(case: Decision, weights: Floats) -> Floats:
    """Harmonic mean of precision and sensitivity."""
    both = weights @ (case.truth & case.decided).astype(float)
    return _ratio(2 * both, weights @ (case.truth.astype(float) + case.decided.astype(float)))


def weighted_brier(case: Decision, weights: Floats) -> Floats:
    """Mean squared difference of score and truth (Brier 1950)."""
    return _ratio(weights @ np.square(case.score - case.truth), weights.sum(axis=1))


def weighted_ece(case: Decision, weights: Floats) -> Floats:
    """Expected calibration error over ten equal-width bins of the score (Naeini et al., AAAI 2015)."""
    bins = np.minimum((case.score * BINS).astype(int), BINS - 1)
    gap = np.zeros(len(weights))
    for index in range(BINS):
        gap += np.abs(weights @ np.where(bins == index, case.score - case.truth, 0.0))
    return _ratio(gap, weights.sum(axis=1))


WEIGHTED: Mapping[str, Callable[[Decision, Floats], Floats]] = {
    "auc": weighted_auc,
    "accuracy": weighted_accuracy,
    "sensitivity": weighted_sensitivity,
    "specificity": weighted_specificity,
    "f1": weighted_f1,
    "ece": weighted_ece,
    "brier": weighted_brier,
}
"""Every metric by its name in ``medimg evaluate --json``."""


def metric(name: str, case: Decision) -> float | None:
    """One metric on all rows, each counted once; None where it is undefined (one class only).

    Raises:
        IncompatibleInputError: There is no metric of that name.

    Examples:
        >>> case = Decision(np.array([False, True]), np.array([0.2, 0.9]), np.array([False, True]))
        >>> metric("auc", case)
        1.0
    """
    if name not in WEIGHTED:
        raise IncompatibleInputError(f"metric must be one of {', '.join(WEIGHTED)}, got {name!r}")
    value = float(WEIGHTED[name](case, np.ones((1, case.truth.size)))[0])
    return None if np.isnan(value) else value
