"""The same figures for parts of a folder: by age, sex, subtype, grade and whatever else its index says."""

import math
from collections.abc import Sequence
from typing import Any

from medimg_core.evaluation.bootstrap import summary
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.judging import Judged
from medimg_core.evaluation.metrics import Decision
from medimg_core.evaluation.overlap import summarise

COLUMNS = ("age", "gender", "sex", "label", "subtype", "grade", "pathology")
"""Columns of an index whose values make subgroups, where it has them."""

UNKNOWN = "unknown"
MOST = 20
"""A column of more values than this is no grouping; ages are put into bands."""

AGES = ((0, 18), (18, 40), (40, 60), (60, 80), (80, math.inf))
"""Ages in years, lower end inside, upper outside: adults begin at 18; the rest is by twenty years."""

METRICS = ("auc", "accuracy", "sensitivity", "specificity")


def age_band(value: str) -> str:
    """The band of an age in years, or ``"unknown"``.

    Examples:
        >>> age_band("39.5"), age_band("80"), age_band("n/a")
        ('18-39', '80 and over', 'unknown')
    """
    try:
        age = float(value)
    except ValueError:
        return UNKNOWN
    for low, high in AGES:
        if low <= age < high:
            return f"{low} and over" if high == math.inf else f"{low}-{high - 1}"
    return UNKNOWN


def value_of(row: Row, column: str) -> str:
    """What a row says in a column; ages as their band, nothing as ``"unknown"``."""
    value = row.columns.get(column, "")
    return age_band(value) if column == "age" else value or UNKNOWN


def _masks(judged: Judged, chosen: Sequence[int]) -> dict[str, Any]:
    """Dice of some rows; nothing where none of them has a drawn mask."""
    overlaps = {name: [column[i] for i in chosen] for name, column in judged.overlaps.items()}
    rows = list(zip(*overlaps.values(), strict=True))
    if not any(overlap is not None for row in rows for overlap in row):
        return {}
    figures = summarise(overlaps, [judged.rows[i].group for i in chosen])
    full = sum(any(overlap is not None and overlap.true for overlap in row) for row in rows)
    return {"dice_n": full, "dice": figures["dice"], "dice_ci": figures["dice_ci"]}


def subgroups(judged: Judged, case: Decision | None) -> dict[str, dict[str, dict[str, Any]]]:
    """Figures of every subgroup that the index names.

    Args:
        judged: Rows with what was said of them.
        case: Decisions of the same rows, or None where nothing was classified.

    Returns:
        For each column and value ``n``; where rows were classified ``auc accuracy sensitivity specificity``, where
        masks were compared ``dice`` with ``dice_n``, the rows it is the mean of; each with ``<name>_ci``, which is
        None for one patient or group alone. Rows that say nothing stand under ``"unknown"``. A column of one value
        only makes no subgroups.
    """
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for column in COLUMNS:
        values = [value_of(row, column) for row in judged.rows]
        names = sorted(set(values))
        if not 2 <= len(names) <= MOST:
            continue
        result[column] = {}
        for name in names:
            chosen = [index for index, value in enumerate(values) if value == name]
            table: dict[str, Any] = {"n": len(chosen)}
            if case is not None:
                part = Decision(case.truth[chosen], case.score[chosen], case.decided[chosen])
                table |= summary(part, [judged.rows[i].group for i in chosen], METRICS)
            table |= _masks(judged, chosen)
            if len({judged.rows[i].group for i in chosen}) < 2:  # one patient drawn again and again is no interval
                table = {key: None if key.endswith("_ci") else value for key, value in table.items()}
            result[column][name] = table
    return result
