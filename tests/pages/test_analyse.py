"""The analyse page: models that fit, the result card, the gate, the map, the reader's word."""

import numpy as np
import pytest

from medimg_core.results import GateReason
from medimg_core.study import Series, Volume
from tests.pages.conftest import (
    alts,
    case_of,
    case_with_result,
    make_case,
    make_ct,
    make_explanation,
    make_series,
    make_study,
    settled,
    told,
    words,
)


def test_without_a_study_it_says_where_to_go(open_app):
    assert "No study is open" in words(open_app(page="analyse"))


def test_models_that_do_not_fit_are_folded_with_the_reason(open_app):
    app = open_app(make_case(make_study(1, make_ct())), "analyse")
    assert "No model fits this series." in words(app)
    assert app.expander[0].label == "1 model does not fit"
    assert "CT" in app.expander[0].markdown[0].value


def test_a_result_says_what_was_asked_and_what_the_threshold_means(open_app):
    app = open_app(case_with_result(make_study(1), score=0.9), "analyse")
    text = words(app)
    assert "Asked: pneumonia" in text
    assert "**Score 0.90** - pneumonia label" in text
    assert "0.80 to 0.95" in text
    assert "not a confidence interval" in text
    assert "found 50 % of the images labelled pneumonia" in text
    assert "uses information outside the lungs" in text
    assert "Weights: Apache-2.0" in text
    assert sum("threshold 0.50" in alt for alt in alts(app)) == 1


def test_a_negative_is_never_called_normal(open_app):
    text = words(open_app(case_with_result(make_study(1), score=0.1), "analyse"))
    assert "no pneumonia label" in text
    assert "normal" not in text.lower()
    assert "healthy" not in text.lower()


def test_no_probability_until_a_prevalence_is_stated(open_app):
    app = open_app(case_with_result(make_study(1), score=0.91), "analyse")
    assert "Probability" not in words(app)
    app.number_input(key="prevalence-tiny_model").set_value(20.0).run()
    assert "**Probability 47 %** at a prevalence of 20 %" in words(app)
    assert "(PPV)" in words(app)
    assert case_of(app).prevalence["pneumonia"] == pytest.approx(0.2)
    app.switch_page("../read.py").run()
    app.switch_page("../analyse.py").run()
    assert app.number_input(key="prevalence-tiny_model").value == 20.0


def test_finer_classes_are_off_by_default(open_app):
    app = open_app(case_with_result(make_study(1)), "analyse")
    assert not app.table
    app.toggle(key="classes-tiny_model").set_value(True).run()
    assert "bacterial" in app.table[0].value.to_string()
    assert "never part of a report" in words(app)


def test_a_mark_stands_over_the_score(open_app):
    reasons = (GateReason("age_unknown", "The age is unknown.", refuses=False),)
    app = open_app(case_with_result(make_study(1), reasons=reasons), "analyse")
    assert "The age is unknown." in app.warning[0].value
    assert "**Score 0.90**" in words(app)


def test_a_refusal_takes_the_place_of_the_score(open_app):
    reasons = (GateReason("modality", "This is another modality.", refuses=True),)
    app = open_app(case_with_result(make_study(1), score=float("nan"), reasons=reasons), "analyse")
    assert "This is another modality." in app.error[0].value
    assert "Score" not in words(app).replace("No score", "")
    assert "nan" not in words(app).lower()
    assert not [button for button in app.button if button.key == "map-toggle-tiny_model"]


def test_run_on_a_blank_image_ends_in_a_refusal(open_app):
    app = open_app(make_case(make_study(1, make_series(1, blank=True))), "analyse")
    app = settled(app.button(key="run-tiny_model").click().run())
    assert case_of(app).prediction("tiny_model").refused
    assert "No score" in app.error[0].value


def test_missing_weights_are_told_calmly(open_app):
    app = open_app(make_case(make_study(1)), "analyse")
    app = settled(app.button(key="run-tiny_model").click().run())
    assert not app.exception
    assert "weights.keras" in app.error[0].value
    assert "the others still can" in app.error[0].value
    assert case_of(app).prediction("tiny_model") is None


def test_the_map_is_off_until_asked_for_and_gone_by_the_same_key(open_app):
    app = open_app(case_with_result(make_study(1), mapped=True), "analyse", still=True)
    assert sum("grad_cam map over it" in alt for alt in alts(app)) == 1
    app.button(key="map-toggle-tiny_model").click().run()
    assert not any("grad_cam" in alt for alt in alts(app))
    assert not app.slider


def test_the_viewer_gets_the_map_of_the_slice_on_show_and_of_no_other(open_app):
    app = open_app(case_with_result(make_study(1), mapped=True), "analyse")
    (over,) = told(app)["overlays"]
    assert (over["kind"], over["model"], over["shape"], over["only"]) == ("map", True, [1, 1, 3, 4], [0, 0])
    app.button(key="map-toggle-tiny_model").click().run()
    assert told(app)["overlays"] == []


def test_a_map_that_cannot_be_made_leaves_the_result(open_app):
    app = open_app(case_with_result(make_study(1)), "analyse")
    app.button(key="map-toggle-tiny_model").click().run()
    assert not app.exception
    assert app.error
    assert "**Score 0.90**" in words(app)


@pytest.mark.parametrize(("peak", "said"), [(0.02, True), (0.9, False)])
def test_a_map_too_faint_to_be_seen_is_said_to_be_so(open_app, card, peak, said):
    np.savez(card.reference, sha256=card.sha256, cam_max=np.array([1.0, 1.0]), outcome=np.array([1, 1]))
    case = case_with_result(make_study(1))
    case = case.with_explanation(case.series_key, make_explanation(case.volume, peak=peak)).with_overlay(shown=True)
    text = words(open_app(case, "analyse"))
    assert f"Peak of this map: {peak * 100:.0f} % of the usual peak" in text
    assert ("too faint for the contour" in text) is said


def test_map_settings_survive_a_change_of_page(open_app):
    app = open_app(case_with_result(make_study(1), mapped=True), "analyse", still=True)
    app.slider(key="overlay-opacity").set_value(0.75).run()
    app.toggle(key="overlay-native").set_value(True).run()
    app.switch_page("../worklist.py").run()
    app.switch_page("../analyse.py").run()
    assert app.slider(key="overlay-opacity").value == 0.75
    assert app.toggle(key="overlay-native").value is True


def test_a_result_is_never_shown_with_another_study(open_app):
    first, second = make_study(1), make_study(2)
    case = make_case(first, second)
    case = case.with_prediction(case.series_key, case_with_result(first).prediction("tiny_model"))
    app = open_app(case, "analyse")
    assert "**Score 0.90**" in words(app)
    app.selectbox(key="panel-study").set_value(second.uid).run()
    assert "Score" not in words(app)
    assert app.button(key="run-tiny_model")


def test_the_reader_is_asked_what_a_picture_does_not_say(open_app):
    values = np.random.default_rng(3).integers(0, 256, (1, 20, 20), dtype=np.uint8)
    study = make_study(1, Series("1.7", "", Volume(values)))
    app = open_app(make_case(study), "analyse")
    assert [box.label for box in app.selectbox][-3:] == ["Modality", "Body part", "View"]
    app.selectbox[-3].set_value("OT")
    next(n for n in app.number_input if n.label == "Age, years").set_value(4.0)
    app = settled(app.button(key="run-tiny_model").click().run())
    said = case_of(app).declared[case_of(app).series_key]
    assert (said.modality, said.body_part, said.age_years) == ("OT", None, 4.0)
    assert "this is OT" in app.error[0].value
    assert "On your word" in words(app)
    assert next(n for n in app.number_input if n.label == "Age, years").value == 4.0


def test_answers_of_one_series_are_not_put_to_another(open_app):
    rng = np.random.default_rng(3)
    pictures = [Volume(rng.integers(0, 256, (1, 20, 20), dtype=np.uint8)) for _ in range(2)]
    studies = [make_study(n, Series(f"1.7.{n}", "", picture)) for n, picture in enumerate(pictures)]
    app = open_app(make_case(*studies), "analyse")
    next(n for n in app.number_input if n.label == "Age, years").set_value(4.0).run()
    app.selectbox(key="panel-study").set_value(studies[1].uid).run()
    assert next(n for n in app.number_input if n.label == "Age, years").value is None
