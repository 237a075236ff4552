"""Nearest validation cases."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError, NotApplicableError, WeightsError
from medimg_core.explain.neighbours import nearest
from medimg_core.registry import ModelCard, read_card
from tests.tiny_model import CARD, SIZE

SHA = "cd" * 32
HELD = {
    "sha256": np.array(SHA),
    "embedding": np.array([[1, 0, 0], [0, 2, 0], [3, 3, 0], [0, 0, -1]], np.float16),
    "case": np.array(["first", "second", "both", "below"]),
    "outcome": np.array([1, 0, 1, 0], np.uint8),
    "score": np.array([0.9, 0.2, 0.6, 0.1], np.float32),
}


@pytest.fixture
def card(tmp_path) -> ModelCard:
    (tmp_path / "tiny_model").mkdir()
    text = CARD.format(id="tiny_model", sha256=SHA, size=SIZE)
    (tmp_path / "tiny_model" / "card.toml").write_text(text, encoding="utf-8")
    return read_card(tmp_path / "tiny_model")


def keep(card: ModelCard, **changes) -> None:
    arrays = {name: value for name, value in {**HELD, **changes}.items() if value is not None}
    np.savez(card.reference, **arrays)


def test_the_nearest_come_first_whatever_their_length(card):
    keep(card)
    found = nearest([5, 0.1, 0], card, 3)
    assert [each.case for each in found] == ["first", "both", "second"]
    assert [each.positive for each in found] == [True, True, False]
    assert [each.score for each in found] == pytest.approx([0.9, 0.6, 0.2])
    own = np.array([5, 0.1, 0]) / np.hypot(5, 0.1)
    assert found[1].distance == pytest.approx(np.linalg.norm(own - np.array([1, 1, 0]) / np.sqrt(2)), abs=1e-3)
    assert [each.very_image for each in found] == [False, False, False]
    assert all(each.picture is None for each in found)


def test_the_very_image_is_told(card):
    keep(card)
    assert nearest([2.999, 3.001, 0], card, 1)[0].very_image


def test_opposite_embeddings_are_two_apart(card):
    keep(card)
    assert nearest([0, 0, 1], card, 99)[-1].distance == pytest.approx(2)


def test_pictures_are_those_that_the_caller_has(card):
    keep(card)
    found = nearest([1, 0, 0], card, 2, pictures={"first": Path("somewhere.png")})
    assert [each.picture for each in found] == [Path("somewhere.png"), None]


def test_a_model_without_scores_has_cases_without_scores(card):
    keep(card, score=None)
    assert [each.score for each in nearest([1, 0, 0], card, 2)] == [None, None]


@pytest.mark.parametrize("embedding", [[1, 0], [[1, 0, 0]], [0, 0, 0], [np.nan, 0, 0]])
def test_an_embedding_must_be_one_of_the_model(card, embedding):
    keep(card)
    with pytest.raises(IncompatibleInputError, match="the embedding must be finite"):
        nearest(embedding, card)


def test_count_is_one_or_more(card):
    keep(card)
    with pytest.raises(IncompatibleInputError, match="1 or more, got 0"):
        nearest([1, 0, 0], card, 0)


@pytest.mark.parametrize("missing", [{"embedding": None}, {"case": None}, {"outcome": None}])
def test_a_model_that_keeps_no_cases_has_no_nearest(card, missing):
    with pytest.raises(NotApplicableError, match="keeps none"):
        nearest([1, 0, 0], card)
    keep(card, **missing)
    with pytest.raises(NotApplicableError, match="keeps none"):
        nearest([1, 0, 0], card)


def test_cases_of_other_weights_are_refused(card):
    keep(card)
    with pytest.raises(WeightsError, match="belongs to others"):
        nearest([1, 0, 0], dataclasses.replace(card, sha256="ef" * 32))
    card.reference.write_bytes(b"no archive")
    with pytest.raises(WeightsError, match="readable archive"):
        nearest([1, 0, 0], card)


def test_names_of_cases_stay_out_of_repr(card):
    keep(card)
    assert "first" not in repr(nearest([1, 0, 0], card, 1))


def test_the_shipped_model_keeps_its_validation_cases(shipped_model):
    with np.load(shipped_model.reference) as file:
        own, case = file["embedding"][7].astype(np.float32), str(file["case"][7])
    found = nearest(own, shipped_model)
    assert (found[0].case, found[0].very_image, len(found)) == (case, True, 5)
    assert all(0 < each.score < 1 for each in found)
    assert sorted(each.distance for each in found) == [each.distance for each in found]
