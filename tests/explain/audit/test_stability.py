"""Small changes that leave the score alone leave a good map alone, moved with the picture."""

from dataclasses import fields

import numpy as np
import pytest

from medimg_core.explain.audit.stability import _kept, _moved, changes, stability
from medimg_core.explain.query import Query
from tests.explain.audit.planted import GRID, Case, case

pytestmark = pytest.mark.usefixtures("planted_models")


@pytest.mark.parametrize("way", [(2, 0), (-3, 0), (0, 4), (0, -1), (2, -3)])
def test_moved_and_moved_back_is_the_same_where_both_know(way):
    image = np.random.default_rng(0).random((9, 13, 1)).astype(np.float32)
    moved = _moved(image, way)
    assert moved[4, 6, 0] == image[4 - way[0], 6 - way[1], 0]
    back = _moved(moved, (-way[0], -way[1]))
    kept = _kept((9, 13), way)
    np.testing.assert_array_equal(back[kept], image[kept])
    assert back[kept].shape == (9 - abs(way[0]), 13 - abs(way[1]), 1)


def test_changes_are_small_and_keep_the_range():
    asked = case(0, ("mark_a",)).asked()
    found = changes(asked)
    assert [change.moved for change in found[:4]] == [(-2, 0), (2, 0), (0, -2), (0, 2)]  # a quarter of 8 pixels
    for change in found:
        assert change.image.dtype == np.float32
        assert asked.image.min() <= change.image.min() <= change.image.max() <= asked.image.max()
        assert 0 < np.abs(change.image - asked.image).mean() < 0.25
    assert all((one.image == other.image).all() for one, other in zip(found, changes(asked), strict=True))


def test_the_true_map_is_stable():
    item = stability(case(0, ("mark_a",)).asked())
    assert item.verdict == "shown", item.sentence
    assert item.figures["median"] > 0.95
    assert item.figures["left_alone"] >= 4


@pytest.mark.parametrize(
    ("remap", "verdict"),
    [
        (lambda batch: np.random.default_rng(1).random((len(batch), *GRID)), "not_shown"),
        (None, "cannot_tell"),
    ],
)
def test_other_maps(remap, verdict):
    assert stability(case(0, ("mark_a",)).asked(remap=remap)).verdict == verdict


class Nervous(Query):
    """Says something else of every input."""

    def log_odds(self, batch):
        return self.own + np.linspace(5, 9, len(batch))


def test_a_score_that_never_stays_leaves_nothing_to_compare():
    own = case(0, ("mark_a",))
    nervous = Nervous(**{one.name: getattr(own.query, one.name) for one in fields(own.query)})
    item = stability(Case(own.image, nervous, own.explanation).asked())
    assert (item.verdict, item.reason) == ("cannot_tell", "the score itself is not stable")


def test_a_map_that_stays_behind_when_the_picture_moves_loses():
    own = case(0, ("mark_a",))
    true = stability(own.asked()).figures["median"]
    still = stability(own.asked(remap=lambda batch: np.repeat(own.explanation.native[None], len(batch), axis=0)))
    moves = [value for name, value in still.figures["correlation"].items() if "moved" in name]
    assert max(moves) < true
