"""The guide beside the image: it tells the figures on show, does what a step needs, and never gets in the way."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.demo import Story
from medimg_core.results import Audit, AuditItem, GateReason
from pages._ui.evaluation import drawn
from pages._ui.explained import Asked
from pages._ui.explaining.kept import explained, keep
from pages._ui.guided import Guided
from tests.pages.conftest import (
    SHA,
    case_of,
    case_with_result,
    make_case,
    make_ct,
    make_explanation,
    make_study,
    settled,
    told,
    words,
)

HIT = ("image", "score", "map", "hide_map", "audit")


def guided(case, step, *, kind="hit", positive=True, steps=HIT, **facts):
    story = Story(kind, "tiny_model", steps, "a bright corner", positive, phantom="made up", **facts)
    return case.with_guided(Guided(story, case.study_uid, arrived=True, step=steps.index(step)))


def guide(app):
    """What the guide says."""
    text = words(app)
    return text[: text.find("Models that fit")]


def known(case):
    """The finding is known to lie in the lower right quarter."""
    mask = np.zeros((1, 12, 16), np.uint8)
    mask[0, 8:, 12:] = 1
    drawn.keep(case.volume, (drawn.Drawn("finding", mask, made=True),))
    return case


def mapped(case):
    asked = Asked((case.series_key, "tiny_model", 0, 0), "grad_cam", "pneumonia", "features")
    return asked, keep(case, explained(case).with_map(asked, make_explanation(case.volume)))


def test_without_a_guided_case_there_is_no_guide(open_app):
    app = open_app(make_case(make_study(1)), "analyse")
    assert not [button for button in app.button if str(button.key).startswith("guide-")]


def test_the_image_comes_first_and_nothing_is_run(open_app):
    app = open_app(guided(known(make_case(make_study(1))), "image"), "analyse")
    text = guide(app)
    assert "**A hit**" in text
    assert "1 of 5" in text
    assert "It shows a bright corner. Where it lies is outlined." in text
    assert told(app)["overlays"][0]["title"] == "Known: finding"
    assert app.button(key="guide-back").disabled
    assert not case_of(app).findings.predictions


@pytest.mark.parametrize(
    ("score", "positive", "words_of"),
    [
        (0.9, True, "**a hit**"),
        (0.9, False, "**a false alarm**"),
        (0.2, True, "**a miss**. A low score never means that nothing is there."),
        (0.2, False, "That is right."),
        (0.9, None, "nobody knows here"),
    ],
)
def test_the_score_is_held_to_what_is_true(open_app, score, positive, words_of):
    case = guided(case_with_result(make_study(1), score=score), "score", positive=positive)
    text = guide(open_app(case, "analyse"))
    assert f"The model gives **{score:.2f}**, the threshold is 0.50" in text
    assert words_of in text


def test_next_goes_to_the_page_of_the_next_step_and_lays_the_map(open_app):
    _asked, case = mapped(known(case_with_result(make_study(1))))
    app = open_app(guided(case, "score"), "analyse")
    app.button(key="guide-next").click().run()
    app.switch_page("../explain.py").run()  # what the browser is sent to
    assert not app.exception
    assert "covers **" in guide(app)
    case = case_of(app)
    assert case.overlay.shown
    assert explained(case).choices["tiny_model"].method == "grad_cam"
    assert [over["kind"] for over in told(app)["overlays"]].count("map") == 1


def test_the_audit_is_told_as_it_is(open_app):
    asked, case = mapped(case_with_result(make_study(1)))
    items = (AuditItem("faithfulness", "not_shown", "", "", "", reason="nothing happens"),)
    audit = Audit("tiny_model", SHA, case.volume.fingerprint, 0, 0, "grad_cam", "features", "pneumonia", items)
    case = keep(case, explained(case).with_audit(asked, audit))
    text = guide(open_app(guided(case, "audit"), "explain"))
    assert "Map follows the model: not shown (faithfulness: nothing happens" in text
    assert "The map is folded" in text


def test_a_refusal_takes_the_place_of_score_and_map(open_app):
    reasons = (GateReason("modality", "This is another modality.", refuses=True),)
    case = case_with_result(make_study(1), score=float("nan"), reasons=reasons)
    app = open_app(guided(case, "refusal", kind="refusal", steps=("image", "refusal", "others")), "analyse")
    assert "**no score, no map**. This is another modality. The network was not run." in guide(app)
    app.button(key="guide-next").click().run()
    assert "0 other models do not fit" in guide(app)
    assert app.button(key="guide-end").label == "Other cases"


def test_a_model_that_was_asked_all_the_same_says_why_it_refused(open_app):
    study = make_study(1, make_ct())
    steps = ("image", "refusal", "others")
    app = open_app(guided(make_case(study), "refusal", kind="refusal", steps=steps, slice_index=2), "analyse")
    app = settled(settled(app))
    assert case_of(app).findings.predictions
    assert "No score: the model does not apply here." in app.error[0].value


def test_a_step_that_fails_can_be_tried_again(open_app):
    app = open_app(guided(make_case(make_study(1)), "score"), "analyse")
    app = settled(settled(app))  # its card has no weights
    assert "This step did not come to its end." in guide(app)
    assert app.error
    tried = case_of(app).guided.tried
    assert tried == {"score"}
    app.run()
    assert case_of(app).guided.tried == tried  # it is not begun again by itself
    assert app.button(key="guide-again").label == "Try again"


def test_another_image_or_page_leaves_a_way_back(open_app):
    study = make_study(1, make_ct())
    case = guided(make_case(study), "score", slice_index=2)
    arranged = replace(case.guided, arranged=case.guided.step)
    app = open_app(case.with_view(slice_index=4).with_guided(arranged), "analyse")
    assert "Another image of the series is on show." in guide(app)
    app = open_app(case.with_guided(arranged), "explain")
    assert app.button(key="guide-return").label == "Back to this step"


def test_it_can_be_left(open_app):
    app = open_app(guided(make_case(make_study(1)), "image"), "analyse")
    app.button(key="guide-leave").click().run()
    assert case_of(app).guided is None
    assert case_of(app).study is not None
