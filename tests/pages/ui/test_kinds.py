"""The kind of an image that its file does not say."""

import numpy as np
import pytest

from medimg_core.gate import Declared
from medimg_core.study import Series, Volume
from pages._ui.kinds import kinds
from tests.pages.conftest import case_of, make_case, make_series, make_study, put_card, words
from tests.tiny_model import MASKS

QUESTION = "What does this image show?"
PICTURE = Volume(np.random.default_rng(3).integers(0, 256, (1, 20, 20), dtype=np.uint8))
RADIOGRAPH, CT, NEITHER = "Chest, radiograph", "Chest, CT", "None of these"


@pytest.fixture
def cards(card):
    """A model of chest radiographs, and one that segments chest CT."""
    return card, put_card(card.folder.parent, MASKS, "tiny_masks")


def silent_case(word=None):
    case = make_case(make_study(1, Series("1.7", "", PICTURE)))
    return case if word is None else case.with_declared(word)


def offered(app):
    return [button.label for button in app.button if (button.key or "").startswith("kind-")]


def test_kinds_are_those_that_models_read_each_once(cards):
    found = kinds([*cards, cards[0]])
    assert found == {RADIOGRAPH: Declared("CR", "CHEST"), CT: Declared("CT", "CHEST")}


@pytest.mark.parametrize("page", ["analyse", "explain"])
def test_the_kind_is_asked_once_before_any_model(cards, open_app, page):
    app = open_app(silent_case(), page)
    assert QUESTION in words(app)
    assert offered(app) == [RADIOGRAPH, CT, NEITHER]
    assert not [button for button in app.button if (button.key or "").startswith("run-")]
    next(button for button in app.button if button.label == RADIOGRAPH).click().run()
    assert QUESTION not in words(app)
    assert "You said of this image: modality CR, body part CHEST." in words(app)
    assert app.button(key="run-tiny_model")
    assert [box.label for box in app.selectbox if box.label in ("Modality", "Body part", "View")] == ["View"]
    app.button(key="unsay").click().run()
    assert offered(app) == [RADIOGRAPH, CT, NEITHER]


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (make_case(make_study(1, make_series())), False),
        (make_case(make_study(1, Series("1.7", "DX", PICTURE))), False),
        (silent_case(Declared(body_part="CHEST")), False),
        (silent_case(Declared(age_years=3.0)), True),
    ],
)
def test_it_is_asked_only_where_nothing_of_it_is_known(cards, open_app, case, asked):
    assert (QUESTION in words(open_app(case, "analyse"))) is asked


def test_no_question_where_models_read_one_kind(open_app):
    assert QUESTION not in words(open_app(silent_case(), "analyse"))


def test_no_model_is_offered_for_another_kind_and_the_way_back_is_there(cards, open_app):
    app = open_app(silent_case(Declared(age_years=3.0)), "analyse")
    next(button for button in app.button if button.label == NEITHER).click().run()
    assert "No model fits this series." in words(app)
    case = case_of(app)
    assert case.declared[case.series_key] == Declared("OT", "OTHER", age_years=3.0)
    assert app.button(key="unsay")
