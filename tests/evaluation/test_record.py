# ruff: noqa: F811 - fixtures of another file go by their names
"""What an evaluation keeps of every row."""

import json
import pickle
from pathlib import Path

import pytest

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation import Evaluation, Verdict, evaluate, record
from medimg_core.evaluation.overlap import Overlap
from medimg_core.registry import load_card
from tests.evaluation.test_evaluate import (  # noqa: F401 - fixtures
    finds,
    mask_folder,
    mask_models,
    models,
    predict,
    rows,
    write,
)


def test_one_road_for_the_figures_and_the_rows(models, tmp_path):
    folder = write(tmp_path, rows())
    found = record("tiny", folder, predict=predict)
    assert found.answer == evaluate("tiny", folder, predict=predict)
    assert len(found.rows) == found.answer["n"] == 12
    by_id = record(load_card("tiny"), folder, predict=predict)
    assert by_id == found


def test_rows_of_a_classification(models, tmp_path):
    found = record("tiny", write(tmp_path, rows()), predict=predict)
    normal, bacteria, virus = found.rows[:3]
    assert (normal.case, normal.truth, normal.score, normal.decided, normal.gate) == ("0", False, 0.1, False, "refuse")
    assert (bacteria.case, bacteria.truth, bacteria.score, bacteria.decided) == ("1", True, 0.9, True)
    assert virus.image == tmp_path / "images" / "2.png"
    assert virus.dice == {}
    assert virus.mean_dice is None
    assert found.misses() == ()


def test_rows_of_masks(mask_models, tmp_path):
    found = record("both", mask_folder(tmp_path), segment=finds, predict=lambda row: finds(row).prediction)
    first, empty, third, undrawn = found.rows
    assert first.dice == {"lesion": 1.0, "whole": 1.0}
    assert first.masks["whole_mask"].name == "w.png"
    assert empty.dice == {"lesion": None, "whole": None}
    assert third.dice == {"lesion": 0.75, "whole": None}
    assert undrawn.overlaps == {"lesion": None, "whole": None}
    assert undrawn.truth is False
    assert [row.case for row in found.by_dice()] == ["2", "0"]
    assert found.strays() == ()
    json.dumps(found.answer, allow_nan=False)


def test_masks_alone_have_no_score(mask_models, tmp_path):
    found = record("masks", mask_folder(tmp_path), segment=finds)
    assert [(row.score, row.decided, row.truth) for row in found.rows] == [(None, None, None)] * 3
    assert found.misses() == ()


def verdict(case, truth, score, **more):
    return Verdict(case, Path(f"{case}.png"), "", "pass", truth, score, score >= 0.2, **more)


def test_misses_are_sorted_by_how_wrong_they_are():
    said = (verdict("far", True, 0.0), verdict("right", True, 0.9), verdict("near", True, 0.15),
            verdict("high", False, 0.6), verdict("at", False, 0.2))  # fmt: skip
    misses = Evaluation({"threshold": 0.2}, said).misses()
    assert [(miss.verdict.case, round(miss.wrong, 3)) for miss in misses] == [
        ("far", 1.0),
        ("high", 0.5),
        ("near", 0.25),
        ("at", 0.0),
    ]


@pytest.mark.parametrize(("cut", "score", "truth"), [(1.0, 1.0, False), (0.0, 0.0, False)])
def test_a_threshold_at_the_end_divides_by_nothing(cut, score, truth):
    row = Verdict("a", Path("a.png"), "", "pass", truth, score, decided=True)
    (miss,) = Evaluation({"threshold": cut}, (row,)).misses()
    assert miss.wrong == 0.0


def test_what_was_found_where_nothing_was_drawn():
    nothing = Overlap(0, 40, 0, float("nan"), "px")
    drawn = Overlap(30, 40, 40, 2.0, "px")
    said = (verdict("a", False, 0.1, overlaps={"lesion": nothing}), verdict("b", True, 0.9, overlaps={"lesion": drawn}),
            verdict("c", False, 0.1, overlaps={"lesion": Overlap(0, 90, 0, float("nan"), "px")}))  # fmt: skip
    found = Evaluation({"threshold": 0.2}, said)
    assert [(row.case, row.stray) for row in found.strays()] == [("c", 90), ("a", 40)]
    assert [(row.case, row.mean_dice) for row in found.by_dice()] == [("b", 0.75)]


def test_it_goes_to_another_process_and_back(mask_models, tmp_path):
    found = record("both", mask_folder(tmp_path), segment=finds, predict=lambda row: finds(row).prediction)
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own bytes
    assert again.answer == found.answer
    assert [(row.case, row.masks, row.dice) for row in again.rows] == [
        (row.case, row.masks, row.dice) for row in found.rows
    ]


def test_names_of_images_stay_out_of_repr(models, tmp_path):
    found = record("tiny", write(tmp_path, [["DOE_JOHN.png", *rows()[0][1:]], *rows()[1:]]), predict=predict)
    assert "DOE" not in repr(found)


def test_robustness_of_two_classes_needs_two_images(models, tmp_path):
    with pytest.raises(NotApplicableError, match="an image of each class, 2 or more, got 1"):
        record("tiny", write(tmp_path, rows()), predict=predict, robustness_n=1)


@pytest.mark.parametrize("wish", [{"curves": True}, {"robustness_n": 5}])
def test_curves_of_one_class_are_refused_before_reading(models, tmp_path, wish):
    def never(row):
        raise AssertionError("an image was read")

    folder = write(tmp_path, [[f"{i}.png", "pneumonia", "virus", f"p{i}", "test"] for i in range(5)])
    with pytest.raises(NotApplicableError, match="both classes"):
        record("tiny", folder, predict=never, **wish)
