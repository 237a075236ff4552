"""A map that marks what the network uses does better than chance and guesses; wrong maps never pass."""

from dataclasses import fields

import numpy as np
import pytest

from medimg_core.errors import Cancelled
from medimg_core.explain.audit.faithfulness import CURVE, ORDERS, _Guess, _judged, _Way, faithfulness
from medimg_core.explain.query import Query
from tests.explain.audit.planted import Case, case, wrong_maps

pytestmark = pytest.mark.usefixtures("planted_models")

SEEDS = (0, 1, 2)


def one_mark(seed: int) -> Case:
    return case(seed, ("mark_a", "mark_b", "mark_c")[seed % 3 : seed % 3 + 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_true_map_is_shown(seed):
    item = faithfulness(one_mark(seed).asked())
    assert item.verdict == "shown", item.sentence
    for how in ("border", "blur"):
        way = item.figures[how]
        assert way["p"] <= 2 / 51
        assert way["percentile"] >= 98
        assert way["guesses"]["edges"]["worth"] < way["worth"]
        assert len(way["deletion"]) == len(way["insertion"]) == len(CURVE)
        assert way["deletion"][1] < 0 < way["insertion"][1]  # without the mark no, with it alone yes
    assert f"{ORDERS} of {ORDERS}" in item.sentence
    assert 0.05 <= item.figures["share"] <= 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_maps_are_not_shown(seed):
    own = one_mark(seed)
    said = {
        name: faithfulness(own.asked(native, remap=None)).verdict
        for name, native in wrong_maps(own, one_mark(seed + 3)).items()
    }
    assert set(said.values()) <= {"not_shown", "cannot_tell"}, said
    assert said["turned round"] == "not_shown"


def test_below_the_threshold_there_is_nothing_to_hide():
    item = faithfulness(case(0, ("mark_a",), "mark_b").asked())
    assert (item.verdict, item.reason) == ("not_applicable", "below the threshold")


class Stubborn(Query):
    """Says the same of everything."""

    def log_odds(self, batch):
        return np.full(len(batch), self.own - 0.01)


def with_query(own: Case, kind: type[Query]) -> Case:
    made = kind(**{one.name: getattr(own.query, one.name) for one in fields(own.query)})
    return Case(own.image, made, own.explanation)


def test_a_score_that_stays_whatever_is_hidden_is_saturated():
    item = faithfulness(with_query(one_mark(0), Stubborn).asked())
    assert (item.verdict, item.reason) == ("not_applicable", "the score is saturated")


def test_an_image_with_hardly_any_content_cannot_be_asked():
    own = one_mark(0)
    batch = np.zeros_like(own.query.batch)
    batch[0, 40:56, 40:56] = np.random.default_rng(0).random((16, 16, 1))
    changed = {one.name: getattr(own.query, one.name) for one in fields(own.query)} | {"batch": batch}
    item = faithfulness(Case(own.image, Query(**changed), own.explanation).asked())
    assert (item.verdict, item.reason) == ("cannot_tell", "too little in the image")


def way(beaten, **guesses):
    """A way of hiding in which the map does better than so many of 50 random choices; it is worth 1 and 0.5."""
    random = np.where(np.arange(ORDERS) < beaten, 0.0, 2.0)
    random[:1] -= random.sum()  # their mean is 0
    return _Way((1.0, 0.5), random, {n: _Guess(*g) for n, g in guesses.items()}, np.zeros(2), np.zeros(2), 0.0)


SAME = ((1.0, 0.5), 1.0)


@pytest.mark.parametrize(
    ("border", "blur", "verdict", "reason"),
    [
        (way(50), way(50), "shown", ""),
        (way(49), way(49), "shown", ""),
        (way(48), way(48), "not_shown", "hiding what it marks does no more than hiding at random"),
        (way(50), way(48), "cannot_tell", "it depends on how it is hidden"),
        (way(20), way(49), "cannot_tell", "it depends on how it is hidden"),
        (way(50, blob=SAME), way(50), "cannot_tell", "what a blob in the middle would mark, to the same effect"),
        (way(50, blob=((0.91, 0.41), 0.5)), way(50), "cannot_tell", "a blob in the middle would mark"),
        (way(50, blob=((3.0, 3.0), 0.49)), way(50), "shown", ""),  # it does as much, but elsewhere
        (way(50, blob=((0.89, 0.5), 1.0)), way(50), "shown", ""),
        (way(50, blob=((1.0, 0.39), 1.0)), way(50), "shown", ""),
        (way(50), way(50, edges=SAME), "cannot_tell", "what the image's edges would mark"),
        (way(50, edges=SAME), way(50, blob=SAME), "cannot_tell", "a blob in the middle and the image's edges would"),
    ],
)
def test_both_ways_of_hiding_must_agree_and_guesses_must_do_worse(border, blur, verdict, reason):
    item = _judged({"border": border, "blur": blur}, 0.2, {})
    assert item.verdict == verdict
    assert reason in item.reason
    assert bool(item.reason) == bool(reason)


def test_it_can_be_stopped():
    def stop(done, total, text):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        faithfulness(one_mark(0).asked(progress=stop))
