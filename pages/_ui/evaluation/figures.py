"""The figures of an evaluation as tables: each with its interval and the number of images it is of."""

from collections.abc import Mapping, Sequence
from typing import Any

from medimg_core.evaluation import Evaluation
from pages._ui.figure_names import figure_name
from pages._ui.language import _

__all__ = ["class_table", "confusion_table", "mask_table", "no_width", "reading_table", "subgroup_tables", "value_of"]

Answer = Mapping[str, Any]
Table = list[dict[str, Any]]
READING = ("auc", "accuracy", "sensitivity", "specificity", "f1", "brier", "ece")
MASKS = ("dice", "dice_by_patient", "iou", "hd95", "volume_error", "volume_bias", "false_positive")


def value_of(table: Answer, name: str) -> str:
    """A figure with its 95 % interval; a dash where it is not defined.

    Examples:
        >>> value_of({"auc": 0.91234, "auc_ci": [0.9, 0.92]}, "auc"), value_of({"auc": None}, "auc")
        ('0.912 [0.900, 0.920]', '–')
    """
    value, ends = table.get(name), table.get(f"{name}_ci")
    digits = 1 if name == "hd95" else 3
    if value is None:
        return "–"
    return f"{value:.{digits}f}" + (f" [{ends[0]:.{digits}f}, {ends[1]:.{digits}f}]" if ends else "")


def _head() -> tuple[str, str, str]:
    return _("Figure"), _("Value [95 % interval]"), _("n")


def reading_table(evaluation: Evaluation) -> Table:
    """Figures of the reading; each with the rows that it is a share of."""
    answer = evaluation.answer
    yes = sum(row.truth is True for row in evaluation.rows)
    no = sum(row.truth is False for row in evaluation.rows)
    counts = {"sensitivity": yes, "specificity": no}
    what, value, n = _head()
    rows = [{what: figure_name(name), value: value_of(answer, name), n: counts.get(name, yes + no)} for name in READING]
    if "curves" in answer:
        rows.insert(1, {what: figure_name("ap"), value: value_of(answer["curves"], "ap"), n: yes + no})
    return rows


def no_width(answer: Answer) -> bool:
    """Whether an interval of the reading is one point: what is drawn again from images without a miss has none.

    Examples:
        >>> no_width({"auc_ci": [1.0, 1.0]}), no_width({"auc_ci": [0.9, 1.0]}), no_width({})
        (True, False, False)
    """
    ends = (answer.get(f"{name}_ci") for name in READING)
    return any(low == high for low, high in filter(None, ends))


def confusion_table(evaluation: Evaluation) -> dict[str, list[Any]]:
    """Counts at the threshold: a row for what is true, a column for what was decided."""
    rows = evaluation.rows

    def count(truth: bool, decided: bool) -> int:
        return sum(row.truth is truth and row.decided is decided for row in rows)

    reading = str(evaluation.answer["reading"])
    return {
        _("Truth"): [reading, _("not {reading}").format(reading=reading)],
        _("At or above the threshold"): [count(True, True), count(False, True)],
        _("Below it"): [count(True, False), count(False, False)],
    }


def class_table(answer: Answer) -> Table:
    """One finer class against the rest, a row each; empty where the folder names none."""
    names = ("auc", "sensitivity", "specificity", "f1")
    return [
        {_("Class"): name, _("n"): table["n"], **{figure_name(key): value_of(table, key) for key in names}}
        for name, table in answer.get("classes", {}).items()
    ]


def mask_table(answer: Answer) -> Table:
    """Figures of the masks: a row a figure, a column a target, and their mean where there are several."""
    tables: dict[str, Answer] = dict(answer["targets"])
    columns = {**({_("Mean of the targets"): answer} if len(tables) > 1 else {}), **tables}
    what = _head()[0]
    rows: Table = []
    for name in MASKS:
        if all(table.get(name) is None for table in columns.values()):
            continue
        unit = str(answer["hd95_unit"])
        rows.append({what: figure_name(name, unit), **{key: value_of(table, name) for key, table in columns.items()}})
    for key, text in (
        ("full", _("n, target drawn")),
        ("missed_n", _("n, nothing of it found")),
        ("empty_n", _("n, target empty")),
    ):
        counted = {name: _count(table, key) for name, table in tables.items()}
        rows.append({what: text, **{name: counted.get(name, "") for name in columns}})
    return rows


def _count(table: Answer, key: str) -> str:
    return str(table["n"] - table["empty_n"] if key == "full" else table[key])


def subgroup_tables(answer: Answer) -> dict[str, Table]:
    """For each column of the index a table with one row a value; figures that no row has are left out."""
    result = {}
    for column, groups in answer.get("subgroups", {}).items():
        names = [
            key
            for key in ("auc", "accuracy", "sensitivity", "specificity", "dice")
            if any(table.get(key) is not None for table in groups.values())
        ]
        result[column] = [
            {column: value, _("n"): table["n"], **{figure_name(key): _of_group(table, key) for key in names}}
            for value, table in groups.items()
        ]
    return result


def _of_group(table: Answer, name: str) -> str:
    text = value_of(table, name)
    if name == "dice" and table.get("dice_n", table["n"]) != table["n"] and table.get("dice") is not None:
        return _("{value}, n {n}").format(value=text, n=table["dice_n"])
    return text


def bins_table(bins: Sequence[Answer]) -> Table:
    """The dots of the reliability plot."""
    return [
        {
            _("Scores"): f"{row['low']:.1f} to {row['high']:.1f}",
            _("n"): row["n"],
            _("Mean score"): "–" if row["score"] is None else f"{row['score']:.3f}",
            _("Observed share"): "–" if row["observed"] is None else f"{row['observed']:.3f}",
        }
        for row in bins
    ]
