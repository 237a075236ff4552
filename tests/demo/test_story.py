"""Guided cases on phantoms: what they show, and that it is so."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.demo import KINDS, open_story, phantom_stories

STORIES = {story.kind: story for story in phantom_stories()}


def test_there_is_one_of_each_kind():
    assert tuple(STORIES) == KINDS
    assert all(story.steps[0] == "image" for story in STORIES.values())


@pytest.mark.parametrize(
    ("kind", "modality", "share"), [("hit", "US", (0.02, 0.2)), ("miss", "DX", (0.005, 0.1)), ("refusal", "CT", None)]
)
def test_a_scene_holds_the_image_and_where_the_finding_lies(kind, modality, share):
    scene = open_story(STORIES[kind])
    assert scene.series.modality == modality
    assert scene.opened.studies[0].synthetic
    assert (scene.truth is None) == (share is None)
    if share is not None:
        assert scene.truth.shape == scene.volume.shape
        assert share[0] < scene.truth.mean() < share[1]
        assert not scene.truth.flags.writeable


@pytest.mark.parametrize("kind", ["hit", "miss", "rejected_map"])
def test_the_slice_asked_about_holds_the_finding(kind):
    story = STORIES[kind]
    assert open_story(story).truth[story.slice_index].sum() > 500


def test_the_truth_of_a_radiograph_is_a_disc_where_the_phantom_says():
    scene = open_story(STORIES["miss"])
    rows, columns = np.nonzero(scene.truth[0])
    assert (rows.mean(), columns.mean()) == pytest.approx((600.63, 485.23), abs=0.6)  # as truth.consolidation says


def test_a_scene_that_is_given_is_kept():
    scene = open_story(STORIES["refusal"])
    assert open_story(replace(STORIES["refusal"], phantom="", scene=scene)) is scene
