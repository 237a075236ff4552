"""Candidate nodules on CT: offered where they can be looked for, listed with sizes, marked, never a verdict."""

import dataclasses

import numpy as np
import pytest

from medimg_core.detection import NoduleCandidate, NoduleList
from medimg_core.study import Volume
from pages._ui.nodule_panel import suits
from tests.pages.conftest import case_of, make_case, make_ct, make_series, make_study, settled, told, words

CHEST = dataclasses.replace(make_ct(6), body_part="CHEST")


def candidate(label, score, place, **changes):
    facts = {"voxel": (place, 2.2, 3.4), "lps_mm": (0.0, 0.0, 0.0), "long_mm": 8.4, "short_mm": 7.1}
    sizes = {"volume_mm3": 243.4, "mean_hu": 20.0, "density": "solid"}
    return NoduleCandidate(label, score=score, **{**facts, **sizes, **changes})


def found_in(volume: Volume, *candidates) -> NoduleList:
    labels = np.zeros(volume.shape, np.uint8)
    for each in candidates:
        labels[round(each.voxel[0]), 2, each.label % 8] = each.label
    return NoduleList(
        volume.fingerprint, "lung_nodules_dot_filter", ("A paper",), "Measured on phantoms only, on no patient.",
        {"least_score": 0.6}, candidates, labels, ("Slices lie 3.0 mm apart.",),
    )  # fmt: skip


def searched(*candidates):
    case = make_case(make_study(1, CHEST))
    findings = case.findings.with_nodules(case.series_key, found_in(case.volume, *candidates))
    return dataclasses.replace(case, findings=findings)


@pytest.mark.parametrize(
    ("series", "fits"),
    [
        (CHEST, True),
        (dataclasses.replace(CHEST, body_part="CHEST_ABDOMEN"), True),
        (dataclasses.replace(CHEST, body_part=""), True),
        (dataclasses.replace(CHEST, body_part="ABDOMEN"), False),
        (dataclasses.replace(CHEST, modality="MR"), False),
        (dataclasses.replace(CHEST, kind="localiser"), False),
        (dataclasses.replace(CHEST, volume=dataclasses.replace(CHEST.volume, unit="unknown")), False),
        (dataclasses.replace(CHEST, volume=dataclasses.replace(CHEST.volume, geometry=None)), False),
        (dataclasses.replace(CHEST, volume=None), False),
        (make_series(1), False),
    ],
)
def test_where_it_is_offered(series, fits):
    assert suits(series) is fits


def test_a_search_that_cannot_be_made_says_why(open_app):
    app = open_app(make_case(make_study(1, CHEST)), "analyse")
    assert "Nothing in it was learned from patients." in words(app)
    app = settled(app.button(key="run-nodules").click().run())
    assert not app.exception
    assert app.error  # 6 slices of 6 x 8: no lung in it
    assert case_of(app).findings.nodules == {}


def test_candidates_are_listed_and_marked_and_lead_to_their_slice(open_app):
    app = open_app(searched(candidate(1, 0.91, 4.0), candidate(2, 0.7, 1.0, touches=("pleura",))), "analyse")
    text = words(app)
    assert "Measured on phantoms only, on no patient." in text
    assert "Slices lie 3.0 mm apart." in text
    assert "**2 candidates** of 2" in text
    first, second = (button for button in app.button if (button.key or "").startswith("part-nodules-"))
    assert first.label == "**1, solid, image 5**\n8.4 x 7.1 mm, 243 mm³, score 0.91"
    assert second.label.endswith("score 0.70, at the pleura")
    (over,) = told(app)["overlays"]
    assert [each["name"] for each in over["labels"]] == ["Candidate 1", "Candidate 2"]
    assert over["edits"] is None
    first.click().run()
    assert case_of(app).view.slice_index == 4
    assert told(app)["view"]["goal"] == {"n": 1, "index": [4, 2, 3]}


def test_a_higher_score_shows_fewer_on_the_list_and_on_the_image(open_app):
    app = open_app(searched(candidate(1, 0.91, 4.0), candidate(2, 0.7, 1.0)), "analyse")
    app.slider(key="nodules-least").set_value(0.8).run()
    assert not app.slider(key="nodules-least").proto.set_value  # the browser keeps what it has
    assert "**1 candidate** of 2" in words(app)
    assert [each["name"] for each in told(app)["overlays"][0]["labels"]] == ["Candidate 1"]
    app.switch_page("../read.py").run()
    app.switch_page("../analyse.py").run()
    assert app.slider(key="nodules-least").value == 0.8


@pytest.mark.parametrize(("count", "folds"), [(9, []), (11, ["3 more candidates"])])
def test_a_long_list_is_folded(open_app, count, folds):
    app = open_app(searched(*(candidate(n, 0.9, 4.0) for n in range(1, count + 1))), "analyse")
    assert [fold.label for fold in app.expander if "candidate" in fold.label] == folds
    assert len([button for button in app.button if (button.key or "").startswith("part-nodules-")]) == count


def test_an_empty_list_is_no_all_clear(open_app):
    app = open_app(searched(), "analyse")
    assert "That does not say that there is none." in words(app)
    assert not app.slider


def test_what_was_found_goes_with_the_study():
    case = searched(candidate(1, 0.9, 4.0))
    volume = case.volume
    assert case.findings.nodules_of(case.series_key, volume) is not None
    assert case.findings.nodules_of(case.series_key, make_ct(5).volume) is None
    assert not case.without_studies({"1.9.1"}).findings.nodules
    assert not case.without_studies({"1.9.1"}).holds(case.series_key, volume.fingerprint)
