"""A reader's corrections between the browser and the case."""

import json

import numpy as np
import pytest

from medimg_core.correcting import Add, Drop, Stroke
from pages._ui.correcting import MOST_EDITS
from pages._ui.viewer import edits, events
from pages._ui.viewer.overlays import Label, mask_of
from pages._ui.viewer.shown import item_of
from pages._ui.viewer.vault import VAULT
from tests.pages.conftest import make_case, make_ct, make_study
from tests.pages.ui.test_findings import segmented


@pytest.fixture
def case(session):
    """A case with masks of its CT."""
    case = make_case(make_study(1, make_ct(6)))
    return case.with_segmentation(case.series_key, segmented(case.volume))


def result_of(case):
    return case.segmentation("tiny_masks")


def shown(case):
    """What the browser is told of the masks."""
    result = result_of(case)
    labels = [Label(each.value, each.name, (200, 0, 0)) for each in result.labels]
    over = mask_of(result, "Masks", labels, correction=case.findings.correction(result))
    return json.loads(json.dumps(over.describe()))


def stroke(name, *, label=1, place=0, runs=(0, 3), **more):
    return {"id": name, "kind": "stroke", "label": label, "slice": place, "frame": 0, "runs": list(runs), **more}


def part(kind, name, point):
    return {"id": name, "kind": kind, "point": list(point), "frame": 0}


def told(case, number, *made, ids=None):
    """The case after the browser told of edits."""
    names = [each["id"] for each in made] if ids is None else ids
    return edits.take(case, [{"mask": shown(case)["id"], "n": number, "ids": names, "made": list(made)}])


def kinds(case):
    return [type(edit).__name__ for edit in case.findings.correction(result_of(case)).corrected.edits]


def test_a_mask_that_nobody_corrected_is_the_models(case):
    said = shown(case)["edits"]
    assert said == {"n": 0, "ids": [], "slices": {}, "item": None, "said": ""}
    assert not case.findings.corrections


def test_what_the_browser_told_is_in_the_case_and_can_be_fetched(case, session):
    case = told(
        case, 3, stroke("a"), stroke("b", label=2, place=2, erase=True, runs=(32, 8)), part("drop", "c", (5, 1, 2))
    )
    corrected = case.corrected(result_of(case))
    assert corrected.edits == (
        Stroke(1, 0, (0, 3), id="a"),
        Stroke(2, 2, (32, 8), erase=True, id="b"),
        Drop((5, 1, 2), id="c"),
    )
    said = shown(case)["edits"]
    assert (said["n"], said["ids"], said["said"]) == (3, ["a", "b", "c"], "")
    assert said["slices"] == {str(place): "c" for place in range(6)}
    slab = VAULT.slab(VAULT.find(session, said["item"]), 0, 5, "raw")
    assert np.array_equal(np.frombuffer(slab, np.uint8).reshape(6, 6, 8), corrected.mask)
    assert shown(case)["edits"]["item"] == said["item"]  # the same as long as nothing changes


def test_the_models_mask_stays_the_same_item(case):
    before = shown(case)
    after = shown(told(case, 1, stroke("a")))
    assert {**before, "edits": None} == {**after, "edits": None}


def test_edits_are_taken_back_and_made_again_by_their_names(case):
    case = told(case, 1, stroke("a"), part("drop", "b", (1, 1, 2)))
    case = told(case, 2, ids=["a"])
    assert kinds(case) == ["Stroke"]
    case = told(case, 3, stroke("d"), ids=["a", "b", "d"])
    assert kinds(case) == ["Stroke", "Drop", "Stroke"]
    case = told(case, 4, ids=[])
    assert case.corrected(result_of(case)) is None
    assert shown(case)["edits"] == {"n": 4, "ids": [], "slices": {}, "item": None, "said": ""}
    assert kinds(told(case, 5, ids=["b"])) == ["Drop"]


def test_what_was_heard_is_not_taken_again(case):
    case = told(case, 2, stroke("a"))
    assert told(case, 2, stroke("b")) is case
    assert told(case, 1, ids=[]) is case
    emptied = case.with_edits(result_of(case), ())  # a page of the dashboard takes all of it back
    assert shown(told(emptied, 2, stroke("a")))["edits"]["ids"] == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (part("add", "x", (0, 0, 0)), "left out as too small"),
        (part("drop", "x", (0, 0, 7)), "No part of the mask"),
        (stroke("x", label=9), "does not fit"),
        (stroke("x", place=6), "does not fit"),
        (stroke("x", runs=(47, 2)), "does not fit"),
        (stroke("x", runs=(3, 1, 1, 1)), "does not fit"),
        ({**stroke("x"), "frame": 1}, "does not fit"),
    ],
)
def test_an_edit_that_cannot_be_made_is_left_out_and_it_is_said_why(case, made, words):
    case = told(case, 1, stroke("a"), made, stroke("b", place=3))
    said = shown(case)["edits"]
    assert (said["n"], said["ids"]) == (1, ["a", "b"])
    assert words in said["said"]
    assert shown(told(case, 2, ids=["a"]))["edits"]["said"] == ""


def test_a_part_that_was_left_out_comes_back(case):
    from dataclasses import replace

    result = result_of(case)
    raw = result.mask.copy()
    raw[4, 0, 6:8] = 2
    case = case.with_segmentation(case.series_key, replace(result, raw=raw))
    case = told(case, 1, part("add", "a", (4, 0, 7)))
    assert case.corrected(result_of(case)).edits == (Add((4, 0, 7), id="a"),)
    assert case.corrected(result_of(case)).mask[4, 0].tolist() == [0, 0, 0, 0, 0, 0, 2, 2]


NONSENSE = [
    None, 3, "edits", {}, [3], [None], [{}],
    [{"mask": "no such", "n": 1, "ids": [], "made": []}],
    [{"mask": ["a"], "n": 1, "ids": [], "made": []}],
]  # fmt: skip


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_changes_nothing(case, said):
    assert edits.take(case, said) is case


@pytest.mark.parametrize(
    "message",
    [
        {"n": "1"}, {"n": True}, {"n": 1.5}, {"ids": None}, {"ids": "ab"},
    ],
)  # fmt: skip
def test_a_message_without_a_number_or_a_list_changes_nothing(case, message):
    whole = {"mask": shown(case)["id"], "n": 1, "ids": ["a"], "made": [stroke("a")], **message}
    assert edits.take(case, [whole]) is case


@pytest.mark.parametrize(
    ("ids", "made"),
    [
        (["b"], []),  # not known
        (["a", "a"], [stroke("a")]),
        ([3], [stroke("a")]),
        ([""], [{**stroke("a"), "id": ""}]),
        (["a" * 41], [stroke("a" * 41)]),
        ([f"e{n}" for n in range(MOST_EDITS + 1)], [stroke(f"e{n}") for n in range(MOST_EDITS + 1)]),
        (["a"], None),
        (["a"], [3, None, "a", []]),
        (["a"], [{**stroke("a"), "kind": "fill"}]),
        (["a"], [{**stroke("a"), "frame": None}]),
        (["a"], [{**stroke("a"), "label": "1"}]),
        (["a"], [{**stroke("a"), "label": True}]),
        (["a"], [{**stroke("a"), "slice": 1.0}]),
        (["a"], [part("drop", "a", (1, 1))]),
        (["a"], [part("drop", "a", (1, 1, 0.5))]),
        (["a"], [{**part("add", "a", (1, 1, 1)), "point": None}]),
    ],
)
def test_a_list_that_python_cannot_follow_is_heard_and_leaves_all_as_it_was(case, ids, made):
    before = told(case, 1, stroke("first"))
    message = {"mask": shown(before)["id"], "n": 2, "ids": ids, "made": made}
    after = edits.take(before, [message])
    said = shown(after)["edits"]
    assert (said["n"], said["ids"]) == (2, ["first"])  # the browser goes back to this


@pytest.mark.parametrize("runs", [None, "0,3", [0, 3.0], [0, True], []])
def test_a_stroke_without_runs_is_left_out(case, runs):
    said = shown(told(case, 1, {**stroke("a"), "runs": runs}))["edits"]
    assert (said["n"], said["ids"]) == (1, [])


def test_masks_that_took_the_place_of_others_are_not_corrected_by_what_was_said_of_those(case):
    old = shown(case)["id"]
    newer = case.with_segmentation(case.series_key, segmented(case.volume))
    after = edits.take(newer, [{"mask": old, "n": 1, "ids": ["a"], "made": [stroke("a")]}])
    assert after.corrected(result_of(after)) is None


def test_another_sessions_masks_are_not_known(case, session, monkeypatch):
    mine = shown(case)["id"]
    other = VAULT.open()
    monkeypatch.setattr(edits, "session_token", lambda: other)
    assert edits.take(case, [{"mask": mine, "n": 1, "ids": ["a"], "made": [stroke("a")]}]) is case
    VAULT.close(other)


def test_corrections_come_with_the_view_and_without_it(case):
    message = [{"mask": shown(case)["id"], "n": 1, "ids": ["a"], "made": [stroke("a")]}]
    seen = {"of": item_of(case.volume).id, "view": {"index": [4, 0, 0]}, "measurements": [], "edits": message}
    after = events.take(case, seen)
    assert (kinds(after), after.view.slice_index) == (["Stroke"], 4)
    assert kinds(events.take(case, {"of": "gone", "edits": message})) == ["Stroke"]


def test_a_mask_reduced_for_display_shows_corrections_and_takes_none(case):
    result = result_of(case)
    case = told(case, 1, stroke("a", place=3, runs=(0, 48)))
    over = mask_of(result, "Masks", [], correction=case.findings.correction(result), factors=(4, 2, 3))
    assert not over.editable
    assert over.array.shape == (2, 3, 3)
    expected = case.corrected(result).mask[[2, 5]][:, [1, 3, 5]][:, :, [1, 4, 7]]
    assert np.array_equal(over.array, expected)
    again = mask_of(result, "Masks", [], correction=case.findings.correction(result), factors=(4, 2, 3))
    assert again.array is over.array
    plain = mask_of(result, "Masks", [], factors=(4, 2, 3))
    assert np.array_equal(plain.array, result.mask[[2, 5]][:, [1, 3, 5]][:, :, [1, 4, 7]])
    assert over.describe()["edits"] is None
