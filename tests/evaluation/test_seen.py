# ruff: noqa: F811 - fixtures of another file go by their names
"""Whether a model knows a split from its training."""

from dataclasses import replace

import pytest

from medimg_core.evaluation import record
from medimg_core.evaluation.seen import CHOSEN, seen
from medimg_core.registry import DataSource, Figure, load_card
from medimg_core.training.figures import TUNED as TUNED_HEADS
from medimg_core.training.measures import TUNED as TUNED_PLAN
from tests.evaluation.test_evaluate import models, predict, rows, write  # noqa: F401 - fixtures

NOTED = Figure("auc", 0.9, None, 10, "images test", f"threshold {CHOSEN}")


def card_with(figures=(), **counts):
    card = load_card("chest_xray_pneumonia")
    return replace(card, data=(DataSource("images", "none", counts, "none"),), metrics=figures)


@pytest.mark.parametrize(
    ("counts", "figures", "split", "expected"),
    [
        ({"train": 9, "val": 3}, (), "train", "trained"),
        ({"train": 9, "val": 3}, (), "val", "tuned"),
        ({"train": 9, "val": 3}, (), "all", "trained"),
        ({"train": 9, "val": 3}, (), "", "trained"),
        ({"train": 9, "val": 3}, (), "test", None),
        ({"train": 9}, (), "val", None),
        ({"train": 0}, (), "train", None),
        ({"train": 9}, (NOTED,), "test", "tuned"),
        ({"train": 9}, (replace(NOTED, note="darker (gamma 1.7)"),), "test", None),
    ],
)
def test_what_the_card_says_of_a_split(counts, figures, split, expected):
    assert seen(card_with(figures, **counts), "images", split) == expected
    assert seen(card_with(figures, **counts), "other", split) is None


def test_the_note_is_the_one_that_training_writes():
    assert CHOSEN in TUNED_HEADS
    assert CHOSEN in TUNED_PLAN


def test_the_answer_says_so(models, tmp_path):
    folder = write(tmp_path, rows(split="val"))
    card = load_card("tiny")
    assert record(card, folder, split="val", predict=predict).answer["seen"] is None
    known = replace(card, data=(DataSource("images", "none", {"val": 12}, "none"),))
    assert record(known, folder, split="val", predict=predict).answer["seen"] == "tuned"
