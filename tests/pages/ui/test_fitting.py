"""Models that fit, and those that do not."""

import dataclasses

import pytest

from medimg_core.gate import Declared
from medimg_core.results import GateReason
from medimg_core.study import Series, Volume
from pages._ui.fitting import Misfit, fitting
from tests.pages.conftest import case_of, make_case, make_ct, make_prediction, make_series, make_study, put_card, words
from tests.tiny_model import MASKS

PART = "The model reads CHEST; the file's body part is KNEE."


@pytest.fixture
def cards(card, monkeypatch):
    """A model of chest radiographs, and one that segments chest CT."""
    return card, put_card(card.folder.parent, MASKS, "tiny_masks")


@pytest.mark.parametrize(
    ("series", "word", "good", "rest"),
    [
        (make_series(), None, ["tiny_model"], {"tiny_masks": ("The model reads CT; this is DX.", False)}),
        (make_ct(), None, [], {"tiny_model": ("The model reads CR or DX; this is CT.", False)}),
        (dataclasses.replace(make_ct(), body_part=""), None, ["tiny_masks"], {}),
        (dataclasses.replace(make_ct(), body_part=""), Declared(body_part="CHEST"), ["tiny_masks"], {}),
        (dataclasses.replace(make_ct(), body_part=""), Declared(body_part="KNEE"), [], {"tiny_masks": (PART, True)}),
        (Series("1.7", "DX", None), None, [], {"tiny_model": ("It holds no image.", False)}),
    ],
)
def test_which_models_fit_and_why_others_do_not(cards, series, word, good, rest):
    case = make_case(make_study(1, series))
    found, others = fitting(case if word is None else case.with_declared(word))
    assert [card.id for card in found] == good
    said = {each.card.id: (each.reason, each.spoken) for each in others}
    assert len(found) + len(said) == 2
    assert rest.items() <= said.items()


def test_no_series_fits_nothing(cards):
    assert fitting(make_case()) == ([], [])


def test_a_model_that_refused_on_the_readers_word_stays_and_says_so(cards):
    case = make_case(make_study(1, Series("1.7", "DX", make_series().volume))).with_declared(Declared(body_part="KNEE"))
    card, masks = cards
    assert fitting(case)[1] == [Misfit(masks, "The model reads CT; this is DX.", False), Misfit(card, PART, True)]
    refused = make_prediction(case.volume, reasons=(GateReason("body_part", PART, refuses=True),))
    assert fitting(case.with_prediction(case.series_key, refused))[0] == [card]


def test_a_word_that_rules_a_model_out_can_be_taken_back(open_app):
    volume = Volume(make_series().volume.array)
    case = make_case(make_study(1, Series("1.7", "", volume))).with_declared(Declared(body_part="KNEE"))
    app = open_app(case, "analyse")
    assert f"{PART} That stands on your word." in words(app)
    app.button(key="unsay").click().run()
    assert case_of(app).declared[case_of(app).series_key] == Declared()
    assert app.button(key="run-tiny_model")
