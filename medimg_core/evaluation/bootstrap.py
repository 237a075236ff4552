"""95 % intervals by resampling whole patients."""

from collections.abc import Sequence

import numpy as np

from medimg_core.errors import IncompatibleInputError
from medimg_core.evaluation.metrics import WEIGHTED, Decision, Floats, metric

REPLICATES = 2000
SEED = 2026


def group_weights(groups: Sequence[str], replicates: int = REPLICATES, seed: int = SEED) -> Floats:
    """How often each row is drawn when whole groups are drawn with replacement.

    Args:
        groups: Group (patient) of each row, length ``n``.
        replicates: Number of draws.
        seed: Of the random generator.

    Returns:
        Shape ``(replicates, n)``.
    """
    if not groups:
        raise IncompatibleInputError("a bootstrap needs at least one row, got none")
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    count = int(index.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    return np.asarray(drawn[:, index], dtype=float)


def interval(name: str, case: Decision, weights: Floats) -> tuple[float, float] | None:
    """Percentile interval (2.5 to 97.5 %) of a metric; None where the metric is undefined.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; replicates that
    leave the metric undefined are left out.
    """
    return percentiles(WEIGHTED[name](case, weights))


def percentiles(replicates: Floats) -> tuple[float, float] | None:
    """The 2.5 and 97.5 % percentiles of replicates; None where most of them are undefined (NaN).

    Args:
        replicates: A figure in each replicate, shape ``(replicates,)``.

    Examples:
        >>> percentiles(np.arange(101.0))
        (2.5, 97.5)
    """
    values = replicates[~np.isnan(replicates)]
    if values.size < 0.5 * len(replicates):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return (float(low), float(high))


def summary(
    case: Decision, groups: Sequence[str], names: Sequence[str] = tuple(WEIGHTED)
) -> dict[str, float | list[float] | None]:
    """Each metric and, under ``<name>_ci``, its interval as ``[low, high]``.

    Args:
        case: Scores, truth and decision, ``n`` rows.
        groups: Patient of each row.
        names: Metrics wanted.
    """
    weights = group_weights(groups)
    result: dict[str, float | list[float] | None] = {}
    for name in names:
        ends = interval(name, case, weights)
        result[name] = metric(name, case)
        result[f"{name}_ci"] = None if ends is None or result[name] is None else list(ends)
    return result
