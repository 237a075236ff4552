"""A map that its audit folds is folded in every task of the Explain page, and each says so."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.explain.methods import METHODS
from medimg_core.results import Perturbed
from medimg_core.study import Series, Volume
from pages._ui.explained import Changed, Choice
from pages._ui.explaining.desk import seat
from pages._ui.explaining.export import about
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.pairing import SHOWN, pair_of, voters
from tests.pages.conftest import case_of, case_with_result, make_explanation, make_study, told, words
from tests.pages.test_explain import asked_of, audited, compared, labels, mapped
from tests.pages.test_explain_regions import variant_of

ANYWAY = "MAP NOT SHOWN TO FOLLOW THE MODEL"
LINE = "Map follows the model: not shown"
OTHER = "grad_cam_plus_plus"


def task(app, name):
    app.segmented_control(key="explain-task").set_value(name).run()
    return app


@pytest.mark.parametrize("name", ["map", "hide", "perturb", "compare"])
def test_every_task_says_why_a_map_is_folded_and_shows_it_anyway(open_app, name):
    app = task(open_app(audited(compared(mapped()), "not_shown"), "explain"), name)
    assert LINE in app.warning[0].value
    assert told(app)["overlays"] == []
    app.button(key="explain-anyway").click().run()
    (over,) = told(app)["overlays"]
    assert over["mark"] == ANYWAY
    assert app.button(key="explain-anyway").label == "Fold the map again"


def test_to_want_a_map_anyway_is_to_want_to_see_it(open_app):
    app = open_app(audited(mapped(shown=False), "not_shown"), "explain")
    app.button(key="explain-anyway").click().run()
    assert len(told(app)["overlays"]) == 1


@pytest.mark.parametrize(
    ("verdict", "shown", "label"),
    [
        ("shown", True, "Remove map"),
        ("not_shown", True, "Do without the map"),
        ("shown", False, "Show map"),
        ("not_shown", False, "Show map"),
    ],
)
def test_only_a_map_on_show_can_be_removed(open_app, verdict, shown, label):
    app = open_app(audited(mapped(shown=shown), verdict), "explain")
    assert app.button(key="explain-map").label == label


def test_an_empty_map_cannot_be_removed_either(open_app):
    case = case_with_result(make_study(1))
    empty = replace(make_explanation(case.volume), native=np.zeros((3, 4), np.float32))
    case = keep(case, explained(case).with_map(asked_of(case), empty)).with_overlay(shown=True)
    assert open_app(case, "explain").button(key="explain-map").label == "Do without the map"


def test_maps_of_all_images_say_that_they_are_folded_with_this_one(open_app):
    values = np.random.default_rng(0).integers(0, 4096, (3, 12, 16)).astype(np.int16)
    case = case_with_result(make_study(1, Series("1.6", "DX", Volume(values), body_part="CHEST")))
    app = open_app(audited(mapped(case.with_view(slice_index=0)), "not_shown"), "explain")
    assert "None of them is on show" not in words(app)
    app.toggle(key="explain-stack").set_value(True).run()
    assert "None of them is on show" in words(app)
    assert not explained(case_of(app)).tried  # and none is made for nothing


@pytest.mark.parametrize(
    ("which", "folded", "title"),
    [
        ("map", "grad_cam", "Grad-CAM++ - MAP NOT AUDITED"),
        ("map", OTHER, "Grad-CAM++ - FOLDED BY ITS AUDIT"),
        ("difference", "grad_cam", "NO DIFFERENCE TO SHOW: A MAP IS FOLDED"),
        ("difference", OTHER, "NO DIFFERENCE TO SHOW: A MAP IS FOLDED"),
    ],
)
def test_a_comparison_with_a_folded_map_shows_no_map_and_no_figures_of_it(open_app, which, folded, title):
    case = audited(compared(mapped()), "not_shown", method=folded)
    app = task(open_app(keep(case, explained(case).with_setting(SHOWN, which)), "explain"), "compare")
    assert told(app)["other"]["marks"]["banner"][-1] == title
    assert len(told(app)["overlaysBeside"]) == (1 if (which, folded) == ("map", "grad_cam") else 0)
    assert "Rank correlation" not in words(app)
    assert "Nothing is compared" in words(app)
    app.button(key="explain-anyway" if folded == "grad_cam" else "explain-anyway-2").click().run()
    assert "Rank correlation" in words(app)
    marks = [over["mark"] for over in (*told(app)["overlays"], *told(app)["overlaysBeside"])]
    assert ANYWAY in marks
    assert which == "map" or told(app)["overlaysBeside"][0]["mark"] == ANYWAY  # of a difference, whichever it is of


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        ({}, "neither of the two maps was audited."),
        ({"grad_cam": "shown"}, "the second map was not audited."),
        ({OTHER: "shown"}, "Second map: Map follows the model: shown"),
        ({OTHER: "not_shown"}, "Second map: Map follows the model: not shown"),
    ],
)
def test_the_second_map_says_what_it_is_worth(open_app, card, verdicts, text):
    case = compared(mapped())
    for method, verdict in verdicts.items():
        case = audited(case, verdict, verdict, method=method)
    app = task(open_app(case, "explain"), "compare")
    assert text in words(app)
    desk = seat(case_of(app), card)
    told_of = about(desk, pair_of(desk, [card]))["comparison"]["with"]["audit"]
    assert told_of is None if OTHER not in verdicts else told_of["verdict"] == verdicts[OTHER]


def test_a_folded_map_compared_with_itself_is_told_of_once(open_app):
    case = audited(mapped(), "not_shown")
    case = keep(case, explained(case).with_choice("tiny_model", Choice(method="grad_cam"), second=True))
    app = task(open_app(case, "explain"), "compare")
    assert len(app.warning) == 1
    assert labels(app.button).count("Show anyway") == 1


def of_every_family(case):
    """With a map of each family, all at the same place."""
    made, one = explained(case), make_explanation(case.volume)
    for number, method in enumerate(("grad_cam", "vanilla_gradients", "occlusion"), start=1):
        native = one.native.copy()
        native[0, number] = 0.01 * number
        asked = asked_of(case, method, "features" if method == "grad_cam" else "")
        made = made.with_map(asked, replace(one, method=method, native=native))
    return keep(case, made.with_setting(SHOWN, "agreement"))


def test_agreement_says_its_rule(open_app):
    case = of_every_family(compared(mapped()))
    app = task(open_app(case, "explain"), "compare")
    (over,) = told(app)["overlaysBeside"]
    assert over["title"] == "Agreement"
    assert "at least one map of each family (class activation, gradient, perturbation)" in words(app)
    assert "at least 3 of all 4 maps" in words(app)
    assert "Not audited: " in words(app)


def test_nothing_is_outlined_where_a_family_looks_elsewhere(open_app):
    case = of_every_family(compared(mapped()))
    asked = asked_of(case, "occlusion", "")
    native = np.zeros((3, 4), np.float32)
    native[0, 0] = 0.2
    elsewhere = replace(explained(case).maps[asked], native=native)
    app = task(open_app(keep(case, explained(case).with_map(asked, elsewhere)), "explain"), "compare")
    assert told(app)["overlaysBeside"] == []
    assert told(app)["other"]["marks"]["banner"][-1] == "NO AGREEMENT TO SHOW"
    assert "Nothing is outlined: no place is in the top 10 %" in words(app)


def test_a_folded_map_has_no_vote_nor_has_its_twin(open_app, card):
    case = audited(of_every_family(mapped()), "not_shown")
    twin = replace(explained(case).maps[asked_of(case)], method="hires_cam")
    case = keep(case, explained(case).with_map(asked_of(case, "hires_cam"), twin))
    voting, away = voters(seat(case, card))
    assert [METHODS[each.method].family for each in voting] == ["gradient", "perturbation"]
    assert {each.method for each in away} == {"grad_cam", "hires_cam"}
    app = task(open_app(compared(case), "explain"), "compare")
    assert "Without a vote, folded by its audit: Grad-CAM, HiResCAM." in words(app)


def test_figures_of_a_folded_map_are_not_given_for_a_changed_image(open_app):
    case = audited(mapped(), "not_shown")
    result = Perturbed("noise", 10.0, variant_of(case), np.eye(3), 0.7, 0.9, case.prediction("tiny_model"))
    changed = Changed(asked_of(case), result, make_explanation(case.volume))
    app = task(open_app(keep(case, replace(explained(case), changed=changed)), "explain"), "perturb")
    assert "Rank correlation" not in words(app)
    app.button(key="explain-anyway").click().run()
    assert "Rank correlation" in words(app)
