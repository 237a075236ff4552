"""Figures as tables."""

from pages._ui.evaluation import figures
from tests.pages.ui.evaluation.made import curves, mask_evaluation, reading_evaluation


def test_each_figure_has_the_n_that_it_is_a_share_of():
    rows = figures.reading_table(reading_evaluation())
    told = {row["Figure"]: (row["Value [95 % interval]"], row["n"]) for row in rows}
    assert told["AUC"] == ("0.750 [0.600, 0.900]", 4)
    assert told["Sensitivity"][1] == told["Specificity"][1] == 2
    assert "Average precision" not in told


def test_average_precision_comes_with_the_curves():
    rows = figures.reading_table(reading_evaluation(curves=curves()))
    assert [row["Figure"] for row in rows[:2]] == ["AUC", "Average precision"]


def test_confusion_is_counted_from_the_rows():
    assert figures.confusion_table(reading_evaluation()) == {
        "Truth": ["pneumonia", "not pneumonia"],
        "At or above the threshold": [1, 1],
        "Below it": [1, 1],
    }


def test_classes_and_subgroups_leave_out_what_nobody_has():
    answer = reading_evaluation().answer
    assert figures.class_table(answer)[0]["F1"] == "0.750 [0.600, 0.900]"
    (table,) = figures.subgroup_tables(answer).values()
    assert [row["age"] for row in table] == ["0-17", "unknown"]
    assert "AUC" not in table[0]
    assert [row["n"] for row in table] == [3, 1]


def test_masks_have_a_column_a_target_and_their_mean():
    rows = {row["Figure"]: row for row in figures.mask_table(mask_evaluation().answer)}
    assert rows["Dice"]["Mean of the targets"] == "0.625 [0.600, 0.900]"
    assert rows["Dice"]["rim"] == "0.500 [0.600, 0.900]"
    assert rows["HD95, px"]["lesion"] == "0.8 [0.6, 0.9]"
    assert rows["n, target drawn"] == {
        "Figure": "n, target drawn",
        "Mean of the targets": "",
        "lesion": "3",
        "rim": "3",
    }
    assert rows["n, target empty"]["lesion"] == "1"
    assert rows["Share of empty targets with something found"]["rim"] == "–"
    assert "Dice by patient" not in rows


def test_one_target_is_its_own_mean():
    answer = {**mask_evaluation().answer}
    answer["targets"] = {"lesion": answer["targets"]["lesion"]}
    assert set(figures.mask_table(answer)[0]) == {"Figure", "lesion"}


def test_a_dice_of_fewer_rows_says_so():
    groups = {"label": {"p": {"n": 5, "dice": 0.7, "dice_ci": None, "dice_n": 3}}}
    (row,) = figures.subgroup_tables({"subgroups": groups})["label"]
    assert row == {"label": "p", "n": 5, "Dice": "0.700, n 3"}


def test_bins_that_are_empty_have_no_score():
    empty, full = figures.bins_table(curves()["reliability"])
    assert (empty["Mean score"], empty["Observed share"]) == ("–", "–")
    assert full == {"Scores": "0.1 to 0.2", "n": 4, "Mean score": "0.150", "Observed share": "0.500"}
