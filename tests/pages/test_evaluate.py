"""The evaluate page: what to evaluate on what, the figures, the misses."""

import json

import pytest

from pages._ui import jobs
from pages._ui.evaluation.bench import KEY, Bench, Shown
from tests.pages.conftest import case_of, settled, words
from tests.pages.ui.evaluation.made import curve, curves, mask_evaluation, reading_evaluation, write_folder


@pytest.fixture
def open_bench(open_app, monkeypatch):
    """The page, with what is on the bench; folders are typed unless MEDIMG_DATA is set."""
    monkeypatch.delenv("MEDIMG_DATA", raising=False)

    def run(evaluation=None, *, tab=0, **facts):
        app = open_app()
        shown = None if evaluation is None else Shown(evaluation, "images")
        app.session_state[KEY] = Bench(shown=shown, tab=tab, **facts)
        return app.switch_page("../evaluate.py").run()

    return run


def bench_of(app):
    return app.session_state[KEY]


def tables(app):
    return [table.value for table in app.dataframe]


def test_a_first_visit_says_what_to_do(open_bench):
    app = open_bench()
    assert "Nothing has been evaluated yet" in words(app)
    assert app.button(key="evaluate-run").disabled
    assert not app.error


def test_no_model_is_no_error(open_bench, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "none"))
    assert "No model is installed" in words(open_bench())


@pytest.mark.parametrize(
    ("typed", "said"), [("{root}/nowhere", "must hold index.csv"), ("a\0b", "given as a path")], ids=["none", "no path"]
)
def test_a_folder_that_cannot_be_used_is_told_calmly(open_bench, tmp_path, typed, said, caplog):
    app = open_bench()
    app.text_input(key="evaluate-typed").set_value(typed.format(root=tmp_path)).run()
    assert said in app.error[0].value
    assert app.button(key="evaluate-run").disabled
    assert str(tmp_path) not in caplog.text
    assert not app.exception


def test_a_folder_says_what_it_holds_and_val_comes_first(open_bench, tmp_path):
    folder = write_folder(tmp_path / "some", labels=("pneumonia", "normal"), split="train")
    with (folder / "index.csv").open("a") as file:
        file.write("image0.png,,pneumonia,p9,val\n")
    app = open_bench(typed=str(folder))
    (split,) = [box for box in app.selectbox if box.label == "Split"]
    assert split.options == ["train (n 6)", "val (n 1)"]
    assert split.value == "val"
    assert "1 image; labels: pneumonia 1." in words(app)
    split.set_value("train").run()
    assert "6 images; labels: normal 3, pneumonia 3; drawn masks: mask 6." in words(app)
    assert not app.button(key="evaluate-run").disabled


@pytest.mark.parametrize(("labels", "lone"), [(("normal", "normal"), True), (("pneumonia", "normal"), False)])
def test_curves_are_not_offered_where_there_is_one_label(open_bench, tmp_path, labels, lone):
    app = open_bench(typed=str(write_folder(tmp_path / "some", labels=labels)), robust=True)
    assert app.checkbox(key="evaluate-curves").disabled is lone
    assert app.checkbox(key="evaluate-robust").disabled is lone
    assert not app.button(key="evaluate-run").disabled
    assert ("have one label" in words(app)) is lone
    assert bench_of(app).curves  # as it was chosen, for another folder


def test_masks_have_robustness_where_there_is_one_label(open_bench, tmp_path, monkeypatch):
    monkeypatch.delenv("MEDIMG_MODELS")  # the shipped models: one of them classifies and segments
    folder = write_folder(tmp_path / "some", labels=("malignant", "malignant"))
    app = open_bench(typed=str(folder), robust=True, model="breast_ultrasound")
    assert app.checkbox(key="evaluate-curves").disabled
    assert not app.checkbox(key="evaluate-robust").disabled
    assert "have one label: there is no AUC and no curve." in words(app)


def test_folders_below_the_data_folder_are_offered(open_bench, tmp_path, monkeypatch):
    write_folder(tmp_path / "data" / "first")
    write_folder(tmp_path / "data" / "second", count=2)
    app = open_bench()
    monkeypatch.setenv("MEDIMG_DATA", str(tmp_path / "data"))
    app.run()
    assert app.selectbox(key="evaluate-offered").options == ["first", "second", "another folder of this machine"]
    app.selectbox(key="evaluate-offered").set_value("second").run()
    assert "2 images" in words(app)
    app.selectbox(key="evaluate-offered").set_value("").run()
    assert app.text_input(key="evaluate-typed").value == ""


def test_where_others_come_in_no_other_folder_is_read(open_bench, tmp_path, monkeypatch):
    write_folder(tmp_path / "data" / "first")
    outside = write_folder(tmp_path / "outside")
    app = open_bench(typed=str(outside))
    app.secrets["auth"] = {"client_id": "reading-room"}
    app.user["is_logged_in"] = True
    app.run()
    assert "MEDIMG_DATA alone" in app.error[0].value
    monkeypatch.setenv("MEDIMG_DATA", str(tmp_path / "data"))
    app.run()
    assert app.selectbox(key="evaluate-offered").options == ["first"]
    assert not app.text_input
    assert not app.error


def test_figures_with_intervals_counts_and_curves(open_bench):
    app = open_bench(reading_evaluation(curves=curves()))
    assert list(tables(app)[0]["n"]) == [4, 4, 4, 2, 2, 4, 4, 4]
    assert tables(app)[0]["Value [95 % interval]"][0] == "0.750 [0.600, 0.900]"
    assert "let 3 pass, marked 1 and would refuse 0; metrics are over all rows" in words(app)
    assert "at a score of 0.5 or above" in words(app)
    assert list(app.table[0].value.index) == ["pneumonia", "not pneumonia"]
    assert len(app.image) == 3
    assert not app.warning


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"seen": "tuned"}, "chosen on this split"),
        ({"seen": "trained"}, "fitted to rows of this set"),
        ({"weights_sha256": "cd" * 32}, "replaced since"),
        ({"model": "gone"}, "replaced since"),
    ],
)
def test_what_takes_away_from_the_figures_is_said(open_bench, facts, said):
    assert said in open_bench(reading_evaluation(**facts)).warning[0].value


def test_what_could_not_be_read_is_said_with_its_reason(open_bench):
    unread = [{"file": "images/a.png", "reason": "an image must be readable; this one is not: it ends early"}]
    app = open_bench(reading_evaluation(unreadable=unread, gate={"pass": 3, "mark": 1, "refuse": 1}))
    assert "1 image could not be read; no figure is over it" in app.warning[0].value
    assert tables(app)[0].to_dict("records") == [{"Image": "images/a.png", "Why": unread[0]["reason"]}]
    assert "let 3 pass, marked 1 and would refuse 0; metrics are over all rows" in words(app)
    assert "Both hold names of image files" in words(app)


def test_classes_and_subgroups(open_bench):
    app = open_bench(reading_evaluation(), tab=1)
    classes, ages = tables(app)
    assert list(classes["Class"]) == ["viral"]
    assert list(ages["age"]) == ["0-17", "unknown"]
    assert "no column of several values" in words(open_bench(mask_evaluation(), tab=1))


def test_robustness_as_plot_and_table(open_bench):
    assert "Not measured" in words(open_bench(reading_evaluation(), tab=2))
    app = open_bench(reading_evaluation(robustness=[curve(), curve("dice")]), tab=2)
    assert len(app.image) == 2
    assert list(tables(app)[0]["Value [95 % interval]"])[1] == "0.800 [0.700, 0.900]"


def test_masks_with_their_distribution(open_bench):
    app = open_bench(mask_evaluation())
    assert list(tables(app)[0].columns) == ["Figure", "Mean of the targets", "lesion", "rim"]
    assert "3 images with a drawn target." in words(app)
    assert "all rows" in app.subheader[0].value


def test_misses_the_worst_first(open_bench):
    app = open_bench(reading_evaluation(), tab=3)
    (wrong,) = tables(app)
    assert list(wrong["Image"]) == ["low", "high"]
    assert list(wrong["Decided"]) == ["false negative", "false positive"]
    assert list(wrong["Beyond the threshold"]) == ["80 %", "60 %"]
    assert "2 images decided wrongly" in words(app)


def test_low_dice_and_what_was_found_where_nothing_was_drawn(open_bench):
    low, stray = tables(open_bench(mask_evaluation(), tab=3))
    assert list(low["Image"]) == ["poor", "fair", "good"]
    assert list(low["Mean Dice"]) == ["0.300", "0.700", "0.900"]
    assert list(stray["Voxels"]) == [20]


def test_both_files_are_offered_under_names_without_a_case(open_bench):
    app = open_bench(reading_evaluation())
    names = [button.label for button in app.get("download_button")]
    assert names == ["Figures (JSON)", "Rows (CSV)"]
    assert "may be identifiers" in words(app)


def test_everything_stays_when_the_person_comes_back(open_bench, tmp_path):
    app = open_bench(reading_evaluation(), typed=str(write_folder(tmp_path / "some")), tab=3)
    app.checkbox(key="evaluate-curves").uncheck().run()
    app.checkbox(key="evaluate-robust").check().run()
    app.number_input(key="evaluate-drawn").set_value(50).run()
    for page in ("models", "evaluate"):
        app.switch_page(f"../{page}.py").run()
    assert not app.checkbox(key="evaluate-curves").value
    assert app.number_input(key="evaluate-drawn").value == 50
    assert app.text_input(key="evaluate-typed").value == str(tmp_path / "some")
    assert "images decided wrongly" in words(app)


def test_from_a_folder_to_a_miss_in_the_viewer(tiny_multi, tmp_path, monkeypatch, open_bench, caplog):
    """The whole way once, through the worker process, with a model of both tasks."""
    monkeypatch.setenv("MEDIMG_MODELS", str(tiny_multi.folder.parent))
    folder = write_folder(tmp_path / "secret-place")
    app = settled(open_bench(typed=str(folder), model="tiny_multi").button(key="evaluate-run").click().run())
    assert not app.error, [error.value for error in app.error]
    done = bench_of(app).shown
    assert (done.folder, done.evaluation.answer["n"], len(done.evaluation.rows)) == ("secret-place", 6, 6)
    assert sum(done.evaluation.answer["gate"].values()) == 6
    assert "curves" in done.evaluation.answer
    json.dumps(done.evaluation.answer, allow_nan=False)

    # a second one that is stopped leaves the first on show
    app.button(key="evaluate-run").click().run()
    (job,) = app.session_state[jobs.KEY]
    assert app.button(key="evaluate-run").disabled
    job.cancel()
    app = settled(app)
    assert bench_of(app).shown is done
    assert "Stopped. Nothing was changed." in words(app)

    app.session_state["evaluate-tab"] = "Misses"
    app.run()
    key = next(table.key for table in app.dataframe if "Mean Dice" in table.value or "Dice" in table.value)
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app = settled(app.run())
    case, worst = case_of(app), done.evaluation.by_dice()[0]
    assert case.prediction("tiny_multi").score == pytest.approx(worst.score, abs=1e-6)
    assert case.segmentation("tiny_multi").mask.shape == (1, 24, 32)
    assert case.declared[case.series_key].age_years is None
    assert "secret-place" not in caplog.text
    assert not app.query_params


@pytest.mark.parametrize(("ends", "said"), [([1.0, 1.0], True), ([0.8, 1.0], False)])
def test_an_interval_of_one_point_is_called_no_certainty(open_bench, ends, said):
    app = open_bench(reading_evaluation(auc=1.0, auc_ci=ends))
    assert ("An interval of one point is no certainty" in words(app)) is said
