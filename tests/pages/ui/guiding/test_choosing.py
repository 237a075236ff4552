"""Guided cases on the Worklist."""

from pathlib import Path

import pytest

from medimg_core.demo import Found, Story, open_story
from pages._ui.evaluation import drawn
from pages._ui.guiding import choosing, found
from tests.pages.conftest import case_of, settled, words

STORY = Story("hit", "tiny_model", ("image", "score"), "a lesion", True, phantom="breast_ultrasound_benign", seed=1)


@pytest.fixture
def one_story(monkeypatch):
    monkeypatch.setattr(choosing, "phantom_stories", lambda: (STORY,))


def test_cases_of_models_that_are_not_installed_are_not_offered(open_app):
    assert "Guided cases" not in words(open_app())


def test_one_click_opens_the_image_and_goes_to_its_page(open_app, one_story):
    app = open_app()
    assert app.button(key="guided-phantom-hit").label == "A hit (US)"
    app.button(key="guided-phantom-hit").click().run()
    app = settled(app)
    case = case_of(app)
    assert case.guided.story is STORY
    assert case.guided.study_uid == case.study_uid
    assert case.study.synthetic
    assert [each.title for each in drawn.kept(case.volume)] == ["Known: finding"]
    assert not app.exception


@pytest.fixture
def folder(monkeypatch, tmp_path, one_story):
    monkeypatch.setenv("MEDIMG_DEMO_DATA", str(tmp_path / "secret"))
    monkeypatch.setattr(found, "_found", {})
    monkeypatch.setattr(found, "_begun", set())
    return tmp_path / "secret"


def test_cases_of_the_demo_folder_stand_there_once_they_were_found(open_app, folder: Path):
    scene = open_story(STORY)
    story = Story("miss", "tiny_model", ("image", "score"), "pneumonia", True, scene=scene)
    found._found[folder] = Found((story,), {"hit": "none", "refusal": "none", "rejected_map": "no_truth"}, 7)
    found._begun.add(folder)
    app = open_app()
    text = words(app)
    assert "A hit: none among 7 images." in text
    assert "nobody can tell" in text
    assert "secret" not in text
    app.button(key="guided-folder-miss").click().run()
    assert case_of(settled(app)).guided.story is story


def test_a_search_that_failed_is_told_and_can_be_begun_again(open_app, folder: Path):
    app = settled(open_app())  # there is no such folder
    assert "must name a folder" in "\n".join(each.value for each in app.error)
    assert app.button(key="guided-look").label == "Look for cases"
