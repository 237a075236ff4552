"""Blind reading first: nothing of a model leaks, on any page, until the reader has answered."""

import csv
import dataclasses
import io

import pytest
from streamlit.testing.v1 import AppTest

from medimg_core.blind import Answer, BlindReading, Said, to_csv
from medimg_core.results import GateReason
from pages._ui import viewport
from pages._ui.blind_log import BlindLog
from pages._ui.evaluation import bench, drawn
from pages._ui.state import KEY, Held
from pages._ui.view import tag_of
from pages._ui.viewer.component import FAILED
from tests.pages.conftest import (
    FRAME,
    case_of,
    case_with_result,
    make_case,
    make_ct,
    make_masks,
    make_study,
    put_card,
    told,
    words,
)
from tests.pages.ui.evaluation.made import reading_evaluation
from tests.pages.ui.test_nodule_panel import candidate, found_in
from tests.tiny_model import MASKS

SCORE = 0.8374
SECRETS = (
    "0.84",
    "0.74",  # lower end of its range
    "0.89",  # upper end
    "pneumonia label",
    "above threshold",
    "Score ",
    "grad_cam",
    "Grad-CAM",
    "outlines of",
    "Unusual thing",
    "Candidate",
    "243 mm",
    "Drawn mask",
    "analysed",
)
"""What the pages say of the results below, in words or figures, each tested to be there without the mode."""


def open_blind(case, page="worklist", *, on=True, still=False, log=None) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.session_state[KEY] = Held(case, log or BlindLog(on=on))
    if still:
        app.session_state[FAILED] = True
    app.run()
    if page != "worklist":
        app.switch_page(f"../{page}.py").run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def seen(app: AppTest) -> str:
    """All that is sent to the browser, in whatever element, and the tables as text."""
    tables = [frame.value.to_string() for frame in app.dataframe]
    return "\n".join([*(str(element.proto) for element in app if hasattr(element, "proto")), *tables])


def radiograph():
    """A radiograph of which a model has spoken, with a map on show, a mark of the gate and a truth drawn by hand."""
    reasons = (GateReason("age_unknown", "Unusual thing about it.", refuses=False),)
    study = make_study(1)
    case = case_with_result(study, score=SCORE, mapped=True, reasons=reasons)
    mask = make_masks(case.volume, (1, (0, 0), (2, 5), (3, 8))).mask
    drawn.keep(case.volume, (drawn.Drawn("truth", mask),))
    # of the same score as the prediction, or the map would be made anew
    explained = dataclasses.replace(case.explanation("tiny_model"), score=SCORE)
    return case.with_explanation(case.series_key, explained)


def chest():
    """A CT in which a search has found candidates and a model masks."""
    series = dataclasses.replace(make_ct(6), body_part="CHEST")
    case = make_case(make_study(2, series))
    found = found_in(case.volume, candidate(1, 0.8374, 3))
    case = dataclasses.replace(case, findings=case.findings.with_nodules(case.series_key, found))
    return case.with_segmentation(case.series_key, make_masks(case.volume, (1, (1, 3), (1, 4), (2, 5))))


CASES = {"radiograph": radiograph, "chest": chest}
PLACES = (
    ("worklist", False),
    ("read", False),
    ("read", True),
    ("analyse", False),
    ("analyse", True),
    ("explain", False),
)
"""Pages, and whether the picture is a still one."""


@pytest.fixture
def models(card):
    """One model that classifies radiographs, and one that outlines in chest CT."""
    return card, put_card(card.weights.parent.parent, MASKS, "tiny_masks")


def test_without_the_mode_the_secrets_are_on_show(models):
    shown = ""
    for made in CASES.values():
        for page, still in PLACES:
            shown += seen(open_blind(made(), page, on=False, still=still))
    assert [secret for secret in SECRETS if secret not in shown] == []


@pytest.mark.parametrize(("page", "still"), PLACES)
@pytest.mark.parametrize("name", CASES)
def test_with_the_mode_nothing_leaks(name, page, still, models):
    app = open_blind(CASES[name](), page, still=still)
    shown = seen(app)
    assert [secret for secret in SECRETS if secret in shown] == []
    if page in ("read", "analyse") and not still:
        assert told(app)["overlays"] == []


def test_a_picture_asked_to_carry_a_map_carries_none(monkeypatch, card):
    """Even a page that forgets to ask whether it may."""
    given = []
    monkeypatch.setattr(viewport, "show", lambda _case, _size, laid, masks: given.append((laid, tuple(masks))))
    open_blind(radiograph(), "analyse", still=True)
    assert given == [(None, ())]


def test_the_analyse_page_asks_instead(card):
    app = open_blind(radiograph(), "analyse")
    assert "stays hidden until you record" in words(app)
    assert [radio.label for radio in app.radio] == ["pneumonia: what do you find?"]
    assert app.radio[0].value is None
    assert app.number_input[0].value is None  # no confidence is put into the reader's mouth
    assert not [button for button in app.button if button.key.startswith(("map-toggle", "run-"))]


def test_the_read_page_leads_to_the_question(card):
    app = open_blind(radiograph(), "read")
    assert "Record your finding" in seen(app)


def fill(app: AppTest, finding: str | None, sure: int | None, when: str = "before") -> AppTest:
    tag = tag_of(case_of(app).series_key)
    if finding is not None:
        app.radio(key=f"blind-{when}-{tag}-0-finding").set_value(finding)
    if sure is not None:
        app.number_input(key=f"blind-{when}-{tag}-0-sure").set_value(sure)
    name = f"blind-record-{tag}" if when == "before" else f"blind-answer-{tag}-0"
    return app.button(key=name).click().run()


@pytest.mark.parametrize(("finding", "sure"), [(None, None), ("present", None), (None, 70)])
def test_half_an_answer_reveals_nothing(finding, sure, card):
    app = fill(open_blind(radiograph(), "analyse"), finding, sure)
    assert "Answer each question" in app.warning[0].value
    assert [secret for secret in SECRETS if secret in seen(app)] == []
    assert not app.session_state[KEY].blind.readings


def test_an_answer_reveals_and_the_record_tells_both(card):
    app = fill(open_blind(radiograph(), "analyse"), "absent", 70)
    text = words(app)
    assert "**Score 0.84** - pneumonia label" in text
    assert "Before: absent, 70 % sure" in text
    assert "grad_cam" not in seen(app)  # the image first: the map stays off until asked for
    app = fill(app, "present", 85, "after")
    assert "After: present, 85 % sure (changed)." in words(app)
    (found,) = app.session_state[KEY].blind.readings.values()
    assert (found.case, found.model, found.question) == ("P-000001", "tiny_model", "pneumonia")
    assert found.said == Said(SCORE, 0.5)
    assert found.before.seconds > 0
    assert found.after.seconds > 0
    app.selectbox(key=f"blind-truth-{found.series}-0").set_value("absent").run()
    (found,) = app.session_state[KEY].blind.readings.values()
    assert (found.truth, found.changed) == ("absent", True)


def test_after_the_reveal_the_first_answer_is_offered_again(card):
    app = fill(open_blind(radiograph(), "analyse"), "unsure", 35)
    tag = tag_of(case_of(app).series_key)
    assert app.radio(key=f"blind-after-{tag}-0-finding").value == "unsure"
    assert app.number_input(key=f"blind-after-{tag}-0-sure").value == 35


def test_a_case_that_no_model_asks_about_is_read_as_well(card):
    app = open_blind(chest(), "analyse")
    assert [radio.label for radio in app.radio] == ["abnormal: what do you find?"]
    app = fill(app, "present", 50)
    assert "Candidate" in seen(app)
    assert fill(app, "absent", 50, "after").session_state[KEY].blind.readings


def test_only_what_was_read_is_revealed(card):
    first, second = make_study(1), make_study(2)
    case = make_case(first, second)
    for study in (first, second):
        one = case_with_result(study, score=SCORE)
        case = case.with_prediction(one.series_key, one.prediction("tiny_model"))
    app = fill(open_blind(case, "analyse"), "absent", 70)
    assert "**Score 0.84**" in words(app)
    app.selectbox(key="panel-study").set_value(second.uid).run()
    assert "Score " not in words(app)
    assert app.radio[0].value is None
    app.switch_page("../worklist.py").run()
    said = app.dataframe[0].value.set_index("Patient")["Models say"]
    assert said["P-000001"] == "pneumonia: above threshold"
    assert said["P-000002"] == ""


def test_turning_to_another_series_in_the_viewer_loses_no_result(card):
    first, second = make_study(1), make_study(2)
    case = make_case(first, second)
    one = case_with_result(first, score=SCORE)
    case = case.with_prediction(one.series_key, one.prediction("tiny_model"))

    def script():
        import streamlit as st

        from pages._ui import state
        from pages._ui.viewer import component

        if "turned" not in st.session_state:
            st.session_state["turned"] = True
            before = state.load()
            component._turn_to(before, before.with_study("1.9.2"))

    app = AppTest.from_function(script)
    app.session_state[KEY] = Held(case, BlindLog(on=True))
    app.run()
    assert not app.exception
    held = app.session_state[KEY]
    assert held.case.study_uid == "1.9.2"
    assert held.case.findings.predictions
    assert not held.blind.veiled(held.case).findings.predictions


def test_the_worklist_turns_it_on_and_off(card):
    app = open_blind(radiograph(), on=False)
    assert app.dataframe[0].value["Models say"][0] == "pneumonia: above threshold"
    app.toggle(key="blind-on").set_value(True).run()
    assert app.dataframe[0].value["Models say"][0] == ""
    assert app.dataframe[0].value["Status"][0] == "new"
    app.switch_page("../analyse.py").run()
    app = fill(app, "present", 90)
    assert "Not blind: results of this series had been on show before." in words(app)
    app.switch_page("../worklist.py").run()
    assert app.toggle(key="blind-on").value is True
    app.toggle(key="blind-on").set_value(False).run()
    assert app.dataframe[0].value["Models say"][0] == "pneumonia: above threshold"


def test_the_summary_says_that_agreement_is_not_accuracy(card):
    key = make_case(make_study(1)).series_key
    made = BlindReading("P-000001", "5f", "pneumonia", Answer("absent", 60, 12.0), "tiny_model")
    log = BlindLog(on=True).with_reading(key, made, 1.0).with_said(key, Said(0.9, 0.5), "tiny_model", 2.0)
    log = log.with_answer(key, "tiny_model", "present", 80, 6.0)
    app = open_blind(make_case(make_study(1)), log=log)
    text = words(app)
    assert "Agreed with the model: 0 of 1 before it was shown, 1 of 1 after." in text
    assert "Changed after it was shown: 1 of 1; 1 to the model's answer, 0 away from it." in text
    assert "Agreement with a model is not accuracy" in text
    assert "No truth is stated" in text
    assert "Right where" not in text
    log = log.with_truth(key, "tiny_model", "absent")
    text = words(open_blind(make_case(make_study(1)), log=log))
    assert "Right where the truth is stated: 1 of 1 before, 0 of 1 after, the model 0 of 1." in text
    assert "No truth" not in text


def test_clearing_the_record(card):
    key = make_case(make_study(1)).series_key
    made = BlindReading("P-000001", "5f", "pneumonia", Answer("absent", 60, 12.0), "tiny_model")
    app = open_blind(make_case(make_study(1)), log=BlindLog(on=True).with_reading(key, made, 1.0))
    app.button(key="blind-clear").click().run()
    assert not app.session_state[KEY].blind.readings
    assert "Agreement" not in words(app)


@pytest.mark.parametrize("on", [True, False])
def test_evaluate_keeps_single_images_to_itself(on, card):
    """The misses and the rows of an evaluation name what the model said of each image."""
    app = open_blind(make_case(), on=on)
    app.session_state[bench.KEY] = bench.Bench(shown=bench.Shown(reading_evaluation(), "images"), tab=3)
    app.switch_page("../evaluate.py").run()
    assert not app.exception
    assert ("Hidden while blind reading is on" in words(app)) is on
    assert ("false negative" in seen(app)) is (not on)
    keys = {button.proto.id.split("-")[-1] for button in app.get("download_button")}
    assert keys == ({"figures"} if on else {"figures", "rows"})


def test_no_name_of_a_patient_in_the_record(card):
    app = fill(open_blind(radiograph(), "analyse"), "absent", 70)
    (row,) = csv.DictReader(io.StringIO(to_csv(app.session_state[KEY].blind.readings.values())))
    assert row["case"] == "P-000001"
    assert "1.9.1" not in str(row)
    assert "1.2.1" not in str(row)
