"""What a person takes home."""

import csv
import io
import json

from pages._ui.evaluation.export import figures_file, rows_file
from tests.pages.ui.evaluation.made import mask_evaluation, reading_evaluation


def test_the_figures_are_those_of_the_command_line():
    found = reading_evaluation()
    assert json.loads(figures_file(found)) == found.answer


def test_the_figures_name_no_image():
    assert "right" not in figures_file(reading_evaluation())
    assert "/folder" not in figures_file(reading_evaluation())


def lines(evaluation):
    return list(csv.DictReader(io.StringIO(rows_file(evaluation))))


def test_one_line_an_image():
    rows = lines(reading_evaluation())
    assert rows[1] == {
        "case": "low", "label": "p", "truth": "1", "score": "0.1", "decided": "0", "gate": "mark",
    }  # fmt: skip
    assert len(rows) == 4
    assert "/folder" not in rows_file(reading_evaluation())


def test_dice_of_each_target_and_nothing_where_it_is_undefined():
    rows = lines(mask_evaluation())
    assert [row["dice_lesion"] for row in rows] == ["0.6", "0.9", "0.2", ""]
    assert [row["dice_rim"] for row in rows] == ["0.8", "0.9", "0.4", ""]
    assert {row["score"] for row in rows} == {""}


def test_a_name_with_a_comma_stays_one_field():
    found = reading_evaluation()
    object.__setattr__(found.rows[0], "case", 'a,"b"')
    assert lines(found)[0]["case"] == 'a,"b"'
