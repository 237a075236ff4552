"""Curves and tables behind the figures of a reading: ROC, precision and recall, confusion, reliability."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.evaluation.metrics import BINS, Decision, Floats


def weighted_ap(case: Decision, weights: Floats) -> Floats:
    """Average precision: the sum of precision times the step in recall, over falling thresholds, without interpolation.

    Source: the definition of ``sklearn.metrics.average_precision_score``, whose value it equals; here for all
    replicates at once.

    Args:
        case: Scores and truth, ``n`` rows.
        weights: Shape ``(replicates, n)``.

    Returns:
        Shape ``(replicates,)``; NaN where no row is true.
    """
    order = np.argsort(-case.score, kind="stable")
    _, start = np.unique(-case.score[order], return_index=True)
    drawn = weights[:, order]
    yes = np.add.reduceat(drawn * case.truth[order], start, axis=1)
    every = np.cumsum(np.add.reduceat(drawn, start, axis=1), axis=1)
    found = np.cumsum(yes, axis=1)
    precision = np.divide(found, every, out=np.zeros_like(found), where=every > 0)
    total = found[:, -1]
    return np.asarray(
        np.divide((precision * yes).sum(axis=1), total, out=np.full(len(weights), np.nan), where=total > 0)
    )


def reliability(case: Decision) -> list[dict[str, Any]]:
    """Mean score and share of the true in ten equal-width bins of the score; the bins of the calibration error.

    Returns:
        One table a bin: ``low high n score observed``, the last two None in an empty bin.
    """
    bins = np.minimum((case.score * BINS).astype(int), BINS - 1)
    rows = []
    for index in range(BINS):
        inside = bins == index
        count = int(inside.sum())
        rows.append(
            {
                "low": index / BINS,
                "high": (index + 1) / BINS,
                "n": count,
                "score": float(case.score[inside].mean()) if count else None,
                "observed": float(case.truth[inside].mean()) if count else None,
            }
        )
    return rows


def confusion(case: Decision) -> dict[str, int]:
    """Counts at the threshold: true and false positives, false and true negatives."""
    from sklearn.metrics import confusion_matrix

    tn, fp, fn, tp = confusion_matrix(case.truth, case.decided, labels=[False, True]).ravel().tolist()
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def curves(case: Decision, groups: Sequence[str]) -> dict[str, Any]:
    """Everything to draw, as plain lists.

    Args:
        case: Scores, truth and decision, ``n`` rows.
        groups: Patient of each row.

    Returns:
        ``ap`` with ``ap_ci``; ``roc`` (``fpr tpr thresholds``) and ``pr`` (``precision recall thresholds``), points
        by falling and by rising threshold, a threshold above every score as None; ``confusion`` at the card's
        threshold; ``reliability``.

    Raises:
        NotApplicableError: All rows are of one class.
    """
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

    if case.truth.all() or not case.truth.any():
        raise NotApplicableError("curves need rows of both classes, got one class")
    fpr, tpr, cuts = roc_curve(case.truth, case.score)
    precision, recall, levels = precision_recall_curve(case.truth, case.score)
    ends = percentiles(weighted_ap(case, group_weights(groups)))
    return {
        "ap": float(average_precision_score(case.truth, case.score)),
        "ap_ci": None if ends is None else list(ends),
        "roc": {
            "fpr": fpr.tolist(),
            "tpr": tpr.tolist(),
            "thresholds": [float(cut) if np.isfinite(cut) else None for cut in cuts],
        },
        "pr": {
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "thresholds": [*levels.tolist(), None],
        },
        "confusion": confusion(case),
        "reliability": reliability(case),
    }
