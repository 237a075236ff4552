"""The Explain page: what may be asked, the map, its audit, its mark, regions, and what leaves the page."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from medimg_core.measuring import measure
from medimg_core.results import Audit, AuditItem, GateReason
from pages._ui.explained import Asked
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.pairing import HERE
from tests.pages.conftest import (
    SHA,
    alts,
    case_of,
    case_with_result,
    make_case,
    make_ct,
    make_explanation,
    make_study,
    told,
    words,
)

LABEL = "pneumonia"


def asked_of(case, method="grad_cam", layer="features"):
    return Asked((case.series_key, "tiny_model", 0, 0), method, LABEL, layer)


def mapped(case=None, *, shown=True):
    """A case with a result and its map."""
    case = case or case_with_result(make_study(1))
    made = explained(case).with_map(asked_of(case), make_explanation(case.volume))
    return keep(case, made).with_overlay(shown=shown)


def audited(case, *verdicts, method="grad_cam"):
    """The same with an audit: verdicts of faithfulness, sanity and so on."""
    names = ("faithfulness", "sanity", "stability")
    items = tuple(
        AuditItem(name, verdict, f"What {name} found is 3 of 4.", f"Rule of {name}.", f"Paper on {name}.")
        for name, verdict in zip(names, verdicts, strict=False)
    )
    audit = Audit("tiny_model", SHA, case.volume.fingerprint, 0, 0, method, "features", LABEL, items)
    return keep(case, explained(case).with_audit(asked_of(case, method), audit))


def drawn(case, points=((0, 2, 3), (0, 6, 9)), name="r-1"):
    """The same with a rectangle on the image."""
    region = measure(case.volume, id=name, kind="rectangle", points=[list(point) for point in points], axis=0)
    return case.with_measurements(case.series_key, (*case.measurements_of(), region), straight=False)


def labels(elements):
    return [each.label for each in elements]


def test_without_a_study_it_says_where_to_go(open_app):
    assert "No study is open" in words(open_app(page="explain"))


def test_models_that_do_not_fit_are_folded_with_the_reason(open_app):
    app = open_app(make_case(make_study(1, make_ct())), "explain")
    assert "No model that fits this series makes a map." in words(app)
    assert app.expander[0].label == "1 model does not fit"


def test_a_model_that_has_not_spoken_can_be_run(open_app):
    app = open_app(make_case(make_study(1)), "explain")
    assert app.button(key="run-tiny_model").label == "Run"
    assert "Show map" not in labels(app.button)


def test_a_refusal_takes_the_place_of_everything(open_app):
    reasons = (GateReason("modality", "This is another modality.", refuses=True),)
    app = open_app(case_with_result(make_study(1), score=float("nan"), reasons=reasons), "explain")
    assert "This is another modality." in app.error[0].value
    assert "Show map" not in labels(app.button)
    assert not app.get("download_button")


def test_the_score_and_its_cautions_stand_over_the_panels(open_app):
    reasons = (GateReason("age_unknown", "The age is unknown.", refuses=False),)
    text = words(open_app(case_with_result(make_study(1), reasons=reasons), "explain"))
    assert "**Score 0.90** - pneumonia label" in text
    assert "The age is unknown." in text
    assert "uses information outside the lungs" in text


def test_methods_that_are_one_for_the_network_stand_as_one(open_app):
    app = open_app(mapped(), "explain")
    method = next(box for box in app.selectbox if box.label == "Method")
    assert method.options[:2] == ["Grad-CAM = HiResCAM, class activation", "Grad-CAM++ = LayerCAM, class activation"]
    assert [box.label for box in app.selectbox][:3] == ["Method", "Class", "Layer"]


def test_the_map_is_off_until_asked_for(open_app):
    app = open_app(mapped(shown=False), "explain")
    assert told(app)["overlays"] == []
    app.button(key="explain-map").click().run()
    (over,) = told(app)["overlays"]
    assert (over["kind"], over["only"], over["mark"]) == ("map", [0, 0], "")
    assert "Not audited" in words(app)
    app.button(key="explain-map").click().run()
    assert told(app)["overlays"] == []


def test_another_class_has_another_map(open_app):
    app = open_app(mapped(), "explain")
    box = next(box for box in app.selectbox if box.label == "Class")
    assert box.value == LABEL
    box.set_value("bacterial").run()
    assert told(app)["overlays"] == []  # it has none yet, and the one of another class is not shown for it
    assert app.error  # the result of this test has no features to make one of


def test_the_audit_is_one_line_and_its_items_are_folded(open_app):
    app = open_app(audited(mapped(), "shown", "shown", "cannot_tell"), "explain")
    text = words(app)
    assert "It does not say that the model is right." in text
    assert app.expander[0].label == "Audit, item by item"
    inside = "\n".join(each.value for each in app.expander[0].markdown)
    assert inside.index("Stability") < inside.index("Faithfulness")  # the worst first
    assert "**Stability**: cannot tell" in inside
    assert ":green" not in text + inside
    assert "Rule of sanity." not in words(app)
    app.toggle(key="explain-rules").set_value(True).run()
    assert "Rule of sanity." in "\n".join(each.value for each in app.expander[0].caption)
    assert not app.warning


@pytest.mark.parametrize("verdicts", [("not_shown", "shown"), ("shown", "not_shown")])
def test_a_map_that_fails_its_audit_is_folded_until_it_is_wanted_anyway(open_app, verdicts):
    app = open_app(audited(mapped(), *verdicts), "explain")
    assert told(app)["overlays"] == []
    assert "Map follows the model: not shown" in app.warning[0].value
    app.button(key="explain-anyway").click().run()
    (over,) = told(app)["overlays"]
    assert over["mark"] == "MAP NOT SHOWN TO FOLLOW THE MODEL"
    app.button(key="explain-anyway").click().run()
    assert told(app)["overlays"] == []


def test_a_folded_map_is_folded_in_the_still_picture_too(open_app):
    app = open_app(audited(mapped(), "not_shown"), "explain", still=True)
    assert not any("grad_cam" in alt for alt in alts(app))
    app.button(key="explain-anyway").click().run()
    assert any("grad_cam" in alt for alt in alts(app))


def test_regions_count_as_drawn_before_until_a_map_is_shown(open_app):
    first = drawn(mapped(shown=False))
    app = open_app(first, "explain")
    assert not explained(case_of(app)).before
    app.button(key="explain-map").click().run()
    after = case_of(app)
    (known,) = explained(after).before[after.series_key]
    assert known.id == "r-1"


def test_hiding_asks_for_a_region_first(open_app):
    app = open_app(mapped(shown=False), "explain")
    app.segmented_control(key="explain-task").set_value("hide").run()
    assert app.selectbox(key="explain-region").options == ["Map's top 10 %", "A box by numbers"]
    assert "Or draw one on the image" in words(app)
    bare = open_app(case_with_result(make_study(1)), "explain")
    bare.segmented_control(key="explain-task").set_value("hide").run()
    assert "Draw a region on the image" in words(bare)


def test_the_region_drawn_last_is_chosen(open_app):
    case = drawn(drawn(mapped(shown=False)), ((0, 1, 1), (0, 4, 4)), "r-2")
    app = open_app(case, "explain")
    app.segmented_control(key="explain-task").set_value("hide").run()
    assert app.selectbox(key="explain-region").value == "r-2"
    assert "draw one on the image" not in words(app)
    assert labels(app.button)[-2:] == ["Hide this", "Keep only this"] or "Hide this" in labels(app.button)


def test_the_task_and_the_choices_survive_a_change_of_page(open_app):
    app = open_app(mapped(shown=False), "explain")
    app.segmented_control(key="explain-task").set_value("perturb").run()
    app.selectbox(key="explain-kind").set_value("rotation").run()
    app.switch_page("../read.py").run()
    app.switch_page("../explain.py").run()
    assert app.segmented_control(key="explain-task").value == "perturb"
    assert app.selectbox(key="explain-kind").value == "rotation"


def test_a_prevalence_moves_the_probability(open_app):
    app = open_app(case_with_result(make_study(1), score=0.91), "explain")
    app.segmented_control(key="explain-task").set_value("perturb").run()
    assert "Probability" not in words(app)
    assert "Move the slider" in words(app)
    app.number_input(key="prevalence-tiny_model").set_value(20.0).run()
    assert "**Probability 47 %** at a prevalence of 20 %" in words(app)


def compared(case):
    """With a second map, by another method."""
    other = replace(make_explanation(case.volume), method="layer_cam", native=np.eye(3, 4, dtype=np.float32))
    made = explained(case).with_map(asked_of(case, "grad_cam_plus_plus"), replace(other, method="grad_cam_plus_plus"))
    return keep(case, made)


def test_two_maps_stand_side_by_side_with_their_figures(open_app):
    app = open_app(compared(mapped()), "explain")
    app.segmented_control(key="explain-task").set_value("compare").run()
    data = told(app)
    assert data["linked"]
    assert data["other"]["marks"]["banner"][-1] == "Grad-CAM++ - MAP NOT AUDITED"
    assert "neither of the two maps was audited" in words(app)
    assert [over["kind"] for over in data["overlaysBeside"]] == ["map"]
    assert "Rank correlation" in words(app)
    app.segmented_control(key="explain-beside").set_value("difference").run()
    (over,) = told(app)["overlaysBeside"]
    assert over["signed"]
    assert told(app)["other"]["marks"]["banner"][-1] == "Grad-CAM LESS Grad-CAM++ - MAP NOT AUDITED"
    app.segmented_control(key="explain-beside").set_value("agreement").run()
    assert told(app)["overlaysBeside"] == []
    assert "missing: gradient, perturbation" in words(app)


def test_two_cases_stand_side_by_side(open_app):
    first, second = case_with_result(make_study(1)), make_study(2)
    case = mapped(make_case(make_study(1), second))
    case = case.with_prediction(case.series_key, first.prediction("tiny_model"))
    app = open_app(case, "explain")
    app.segmented_control(key="explain-task").set_value("compare").run()
    assert app.selectbox(key="explain-with").value == HERE  # in force, and said so
    app.selectbox(key="explain-with").set_value((second.uid, 0)).run()
    data = told(app)
    assert data["other"]["marks"]["banner"][-1] == "ANOTHER CASE"
    assert data["other"]["id"] != data["main"]["id"]
    assert "no answer there to explain" in words(app)
    app.selectbox(key="explain-with").set_value(HERE).run()
    assert app.selectbox(key="explain-with").value == HERE
    assert "With this second map:" in words(app)


def test_the_picture_leaves_without_a_word_of_the_patient(open_app):
    app = open_app(audited(mapped(), "shown", "shown"), "explain")
    assert app.get("download_button")
    from pages._ui.explaining.desk import seat
    from pages._ui.explaining.export import packed

    with zipfile.ZipFile(io.BytesIO(packed(seat(case_of(app), _card())))) as archive:
        assert set(archive.namelist()) == {"image.png", "map.png", "map.npz", "explanation.json"}
        text = archive.read("explanation.json").decode()
    said = json.loads(text)
    assert said["model"]["weights_sha256"] == SHA
    assert said["audit"]["verdict"] == "shown"
    assert said["map"]["peak"] == pytest.approx(0.2)
    for secret in ("P-000001", "1.9.1", "1.2.1", "2026-01-02", "Chest 1"):
        assert secret not in text


def _card():
    from medimg_core.registry import load_card

    return load_card("tiny_model")
