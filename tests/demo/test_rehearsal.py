"""Guided cases run through: the shipped models give what the cases tell."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.demo import Scene, covered, open_story, phantom_stories, rehearse
from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Explanation
from medimg_core.study import Opened

STORIES = {story.kind: story for story in phantom_stories()}


@pytest.mark.parametrize("kind", STORIES)
def test_what_a_case_on_a_phantom_tells_is_so(kind, shipped_models):
    story = STORIES[kind]
    made = rehearse(story)
    assert made.holds, made.broken  # a model trained anew needs another phantom, or another seed
    assert made.prediction.refused == (kind == "refusal")
    if kind != "refusal":
        assert made.prediction.positive == (kind != "miss")
        assert [reason.code for reason in made.prediction.gate.reasons] == ["synthetic"]
        assert (made.audit is not None) == ("audit" in story.steps)
        assert (made.hidden_truth is not None) == ("hide_truth" in story.steps)


@pytest.mark.parametrize(
    ("kind", "changes", "broken"),
    [
        ("refusal", {"kind": "hit"}, "the gate lets the image pass"),
        ("miss", {"positive": False}, "the decision is wrong"),
        ("miss", {"positive": None}, "what is true is known"),
        ("miss", {"kind": "refusal"}, "the gate refuses"),
        ("miss", {"kind": "rejected_map"}, "the score reaches the threshold"),
    ],
)
def test_what_is_not_so_is_named(kind, changes, broken, shipped_models):
    made = rehearse(replace(STORIES[kind], **changes))
    assert not made.holds
    assert broken in made.broken


def test_without_truth_there_is_no_place_to_hide(shipped_models):
    story = STORIES["miss"]
    scene = open_story(story)
    made = rehearse(story, scene=Scene(Opened(scene.opened.studies)))
    assert (made.covered, made.hidden_truth) == (None, None)
    assert made.explanation is not None


def a_map(peak):
    native = np.zeros((4, 8), np.float32)
    native[peak] = 1.0
    to_image = np.array([[10.0, 0, 4.5], [0, 10.0, 4.5], [0, 0, 1]])
    return Explanation("tiny_model", "0", "1", 0, 0, "grad_cam", "features", "x", native, to_image, (40, 80), 0.9)


@pytest.mark.parametrize(
    ("place", "share"), [((slice(2, 8), slice(12, 18)), 1.0), ((slice(30, 40), slice(60, 80)), 0.0)]
)
def test_the_share_of_the_finding_under_the_top_of_the_map(place, share):
    truth = np.zeros((40, 80), bool)
    truth[place] = True
    assert covered(a_map((0, 1)), truth) == share


@pytest.mark.parametrize("truth", [np.zeros((40, 80), bool), np.ones((80, 40), bool)])
def test_a_finding_must_lie_on_the_image(truth):
    with pytest.raises(IncompatibleInputError, match="must lie on the image"):
        covered(a_map((0, 1)), truth)
