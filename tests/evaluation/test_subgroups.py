"""Figures of parts of a folder."""

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.judging import Judged
from medimg_core.evaluation.metrics import Decision
from medimg_core.evaluation.overlap import Overlap
from medimg_core.evaluation.subgroups import MOST, age_band, subgroups


def row(number, **columns):
    columns = {name: value for name, value in columns.items() if value}
    return Row(Path(f"{number}.png"), "", "", f"p{number}", "", {}, MappingProxyType(columns))


@pytest.mark.parametrize(
    ("value", "band"),
    [
        ("0", "0-17"), ("17.9", "0-17"), ("18", "18-39"), ("40", "40-59"), ("79", "60-79"), ("80", "80 and over"),
        ("101", "80 and over"), ("", "unknown"), ("-3", "unknown"), ("nan", "unknown"), ("054Y", "unknown"),
    ],
)  # fmt: skip
def test_age_bands(value, band):
    assert age_band(value) == band


def case(truth, score):
    score = np.array(score)
    return Decision(np.array(truth), score, score >= 0.5)


def test_classification_by_group():
    rows = tuple(row(i, gender="F" if i < 4 else "M", age=("30", "")[i % 2]) for i in range(8))
    truth = [True, True, False, False] * 2
    judged = Judged(rows, ("pass",) * 8, ("said",) * 8)
    answer = subgroups(judged, case(truth, [0.9, 0.8, 0.2, 0.1, 0.9, 0.1, 0.8, 0.2]))
    assert set(answer) == {"gender", "age"}
    assert {name: table["n"] for name, table in answer["age"].items()} == {"18-39": 4, "unknown": 4}
    women, men = answer["gender"]["F"], answer["gender"]["M"]
    assert (women["auc"], women["sensitivity"], women["specificity"], women["accuracy"]) == (1, 1, 1, 1)
    assert (men["sensitivity"], men["specificity"], men["auc"]) == (0.5, 0.5, 0.5)
    assert women["accuracy_ci"] == [1.0, 1.0]
    assert "dice" not in women


def test_masks_by_group():
    rows = tuple(row(i, grade=str(1 + i // 3), label="x") for i in range(6))
    overlaps = (
        Overlap(10, 10, 10, 0.0, "px"),
        Overlap(5, 10, 10, 1.0, "px"),
        Overlap(0, 0, 0, np.nan, "px"),
        Overlap(0, 0, 10, 9.0, "px"),
        None,
        None,
    )
    answer = subgroups(Judged(rows, ("pass",) * 6, (), {"lesion": overlaps}), None)
    assert set(answer) == {"grade"}  # one label only makes no subgroups
    low, high = answer["grade"]["1"], answer["grade"]["2"]
    assert (low["n"], low["dice_n"], low["dice"]) == (3, 2, 0.75)
    assert (high["n"], high["dice_n"], high["dice"]) == (3, 1, 0.0)
    assert low["dice_ci"] == [0.5, 1.0]
    assert "auc" not in low


def test_a_group_without_a_drawn_mask_has_no_dice():
    rows = (row(0, sex="F"), row(1, sex="M"))
    answer = subgroups(Judged(rows, ("pass",) * 2, (), {"lesion": (Overlap(1, 1, 1, 0.0, "px"), None)}), None)
    assert "dice" in answer["sex"]["F"]
    assert answer["sex"]["M"] == {"n": 1}


def test_free_text_is_no_grouping():
    rows = tuple(row(i, pathology=f"finding {i}") for i in range(MOST + 1))
    assert subgroups(Judged(rows, ("pass",) * len(rows)), None) == {}
