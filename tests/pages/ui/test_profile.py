"""The strip of scores: its words, its script, and that the browser's word is checked."""

import subprocess
from pathlib import Path

import pytest
import streamlit as st

from pages._ui import profile
from pages._ui.state import KEY, Held, load
from tests.pages.conftest import make_case, make_ct, make_study
from tests.pages.ui.test_mask_card import said
from tests.pages.ui.viewer.test_modules import node  # noqa: F401 - a fixture

VOLUME = make_ct(6).volume


def test_its_script(node):  # noqa: F811
    path = Path(__file__).with_name("profile.test.mjs")
    done = subprocess.run([node, "--test", str(path)], capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ((0.2, 0.7, 0.9, 0.1), "2 of 4 images reach the threshold: 2-3; highest 0.90 on image 3."),
        ((0.2, 0.1), "None of 2 images reaches the threshold; highest 0.20 on image 1."),
        ((0.5, 0.4, 0.6), "2 of 3 images reach the threshold: 1, 3; highest 0.60 on image 3."),
    ],
)
def test_its_words(scores, text):
    made = tuple(said(VOLUME, place, score) for place, score in enumerate(scores))
    assert profile._said(made, 0.5) == text


@pytest.mark.parametrize(("go", "place"), [(2, 4), (0, 2), (3, 5), (4, 3), (-1, 3), ("2", 3), (True, 3), (None, 3)])
def test_the_browser_is_not_trusted(monkeypatch, go, place):
    case = make_case(make_study(1, make_ct(6)))
    monkeypatch.setattr(st, "session_state", {KEY: Held(case), "profile-x": {"go": go}})
    profile._go("profile-x", 2, 5)
    assert load().view.slice_index == place
