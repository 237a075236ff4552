"""The form that asks what a file does not say."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from medimg_core.gate import Declared
from medimg_core.study import Series, Volume
from pages._ui.declaring import silent
from tests.pages.conftest import case_of, make_case, make_prediction, make_study, put_card, settled, words
from tests.tiny_model import CARD, SIZE

SHA = "ab" * 32
PICTURE = Volume(np.random.default_rng(3).integers(0, 256, (1, 20, 20), dtype=np.uint8))


def header(**tags):
    from pydicom import Dataset

    dataset = Dataset()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return dataset


def case(**tags):
    return make_case(make_study(1, Series("1.7", "", PICTURE, source=(header(**tags),) if tags else ())))


def asking(card, *, parts=("BRAIN",), **population):
    facts = {"views": (), "sequences": (), "age_years": None, **population}
    return dataclasses.replace(card, body_part=parts, population=dataclasses.replace(card.population, **facts))


@pytest.mark.parametrize(
    ("tags", "wanted", "expected"),
    [
        ({}, {}, ("modality", "body_part")),
        ({}, {"parts": ()}, ("modality",)),
        ({}, {"views": ("AP",)}, ("modality", "body_part", "view")),
        ({}, {"age_years": (1.0, 5.0)}, ("modality", "body_part", "age_years")),
        ({}, {"sequences": ("FLAIR",)}, ("modality", "body_part", "sequence")),
        ({"Modality": "MR", "BodyPartExamined": "HEAD"}, {"sequences": ("FLAIR",)}, ("sequence",)),
        (
            {"Modality": "MR", "BodyPartExamined": "HEAD", "SeriesDescription": "FLAIR"},
            {"sequences": ("FLAIR",), "views": ("AP",)},
            ("view",),
        ),
        ({"Modality": "MR", "BodyPartExamined": "HEAD", "SeriesDescription": "T1"}, {"sequences": ("FLAIR",)}, ()),
    ],
)
def test_only_what_the_model_asks_and_the_file_leaves_open(card, tags, wanted, expected):
    assert silent(case(**tags), asking(card, **wanted)) == expected


@pytest.fixture
def brain(card):
    """The installed model reads FLAIR of the brain, in any person."""
    text = CARD.format(id="tiny_model", sha256=SHA, size=SIZE)
    for old, new in (
        ('modality = ["CR", "DX"]', 'modality = ["MR"]'),
        ('body_part = ["CHEST"]', 'body_part = ["BRAIN"]'),
        ('age_years = [1, 5]\nviews = ["AP"]', 'sequences = ["FLAIR"]'),
    ):
        assert old in text
        text = text.replace(old, new)
    (card.folder / "card.toml").write_text(text, encoding="utf-8")


def test_the_sequence_is_asked_and_another_one_refuses(brain, open_app):
    app = open_app(case(), "analyse")
    (asked,) = (box for box in app.selectbox if box.label == "MR sequence")
    assert asked.options == ["FLAIR, fluid attenuated", "T1-weighted", "T2-weighted", "DWI, diffusion-weighted",
                             "another sequence"]  # fmt: skip
    assert not [box for box in app.selectbox if box.label == "View"]
    assert not [box for box in app.number_input if box.label == "Age, years"]
    asked.set_value("T1")
    app = settled(app.button(key="run-tiny_model").click().run())
    assert "The model reads FLAIR; this is T1." in app.error[0].value
    assert "On your word: sequence T1." in words(app)


def test_a_word_given_for_another_model_is_kept(brain, open_app):
    told = case()
    told = told.with_declared(Declared(view="AP", age_years=40.0))
    app = open_app(told, "analyse")
    next(box for box in app.selectbox if box.label == "MR sequence").set_value("T2")
    app = settled(app.button(key="run-tiny_model").click().run())
    said = case_of(app).declared[case_of(app).series_key]
    assert (said.sequence, said.view, said.age_years) == ("T2", "AP", 40.0)


def test_the_same_word_again_keeps_what_rests_on_it(brain, open_app):
    told = case().with_declared(Declared(sequence="FLAIR", modality="MR", body_part="BRAIN"))
    told = told.with_prediction(told.series_key, replace(make_prediction(told.volume), model_id="another_model"))
    app = open_app(told, "analyse")
    app = settled(app.button(key="run-tiny_model").click().run())
    assert case_of(app).prediction("another_model") is not None
    next(box for box in app.selectbox if box.label == "MR sequence").set_value("T2")
    app = settled(app.button(key="run-tiny_model").click().run())
    assert case_of(app).prediction("another_model") is None


def test_what_was_said_for_one_model_stands_in_the_form_of_another(card, open_app):
    put_card(card.folder.parent, CARD, "other_model")
    app = open_app(case(), "analyse")
    views = {box.key.split("-")[0]: box for box in app.selectbox if box.label == "View"}
    assert {name: box.value for name, box in views.items()} == {"tiny_model": None, "other_model": None}
    views["tiny_model"].set_value("AP")
    app = settled(app.button(key="run-tiny_model").click().run())
    other = next(box for box in app.selectbox if box.label == "View" and "other_model" in box.key)
    assert other.value == "AP"
    app = settled(app.button(key="run-other_model").click().run())
    known = case_of(app)
    assert known.declared[known.series_key].view == "AP"
