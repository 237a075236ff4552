"""Where a guided case stands."""

from dataclasses import replace

import pytest

from medimg_core.demo import phantom_stories
from pages._ui.guided import Guided
from tests.pages.conftest import make_case, make_study

STORY = phantom_stories()[0]


@pytest.mark.parametrize(("start", "by", "there"), [(0, 1, 1), (0, -1, 0), (4, 1, 4), (4, -1, 3), (2, 0, 2)])
def test_it_moves_within_the_case(start, by, there):
    moved = Guided(STORY, "1.9.1", step=start, arranged=start, tried=frozenset({"map"})).moved(by)
    assert (moved.step, moved.arranged, moved.tried) == (there, -1, frozenset())
    assert moved.name == STORY.steps[there]
    assert moved.last == (there == 4)


def test_what_was_tried_is_noted_and_forgotten():
    tried = Guided(STORY, "1.9.1").with_trial("score").with_trial("map")
    assert tried.tried == {"score", "map"}
    assert tried.with_trial(None).tried == frozenset()


def test_it_goes_with_its_study_and_says_nothing_of_it():
    case = make_case(make_study(1), make_study(2))
    guided = Guided(replace(STORY, scene=None), "1.9.1")
    case = case.with_guided(guided)
    assert "1.9.1" not in repr(guided)
    assert case.without_studies({"1.9.2"}).guided is guided
    assert case.without_studies({"1.9.1"}).guided is None
    assert case.with_guided(None).guided is None
