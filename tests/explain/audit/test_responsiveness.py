"""Where the score changes, a map must change."""

from dataclasses import fields

import numpy as np
import pytest

from medimg_core.explain.audit.responsiveness import TILES, _p, _tiles, responsiveness
from medimg_core.explain.query import Query
from tests.explain.audit.planted import Case, case, edges

pytestmark = pytest.mark.usefixtures("planted_models")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_true_map_responds(seed):
    item = responsiveness(case(seed, ("mark_a", "mark_b", "mark_c")[seed : seed + 1]).asked())
    assert item.verdict == "shown", item.sentence
    assert item.figures["rank_correlation"] > 0.5


def test_maps_that_do_not_look_at_the_network_do_not_respond():
    own = case(0, ("mark_a",))
    still = responsiveness(own.asked(remap=lambda batch: np.repeat(own.explanation.native[None], len(batch), axis=0)))
    assert (still.verdict, still.reason) == ("not_shown", "it does not change where the score does")
    assert responsiveness(own.asked(edges(own.query.batch)[0], remap=edges)).verdict != "shown"


def test_a_method_that_is_too_slow_is_not_repeated():
    item = responsiveness(case(0, ("mark_a",)).asked(remap=None))
    assert (item.verdict, item.reason) == ("cannot_tell", "too slow to be repeated")


class Stubborn(Query):
    """Says the same of everything."""

    def log_odds(self, batch):
        return np.full(len(batch), self.own)


def test_where_no_tile_changes_the_score_nothing_can_be_told():
    own = case(0, ("mark_a",))
    stubborn = Stubborn(**{one.name: getattr(own.query, one.name) for one in fields(own.query)})
    item = responsiveness(Case(own.image, stubborn, own.explanation).asked())
    assert (item.verdict, item.reason) == ("cannot_tell", "no hidden tile changes the score")


def test_tiles_are_equal_and_apart():
    tiles = _tiles(case(0, ("mark_a",)).asked())
    assert 6 <= len(tiles) <= TILES**2
    assert set(tiles.sum(axis=(1, 2))) == {(96 // TILES) ** 2}
    assert tiles.sum(axis=0).max() == 1


@pytest.mark.parametrize(
    ("scores", "maps", "low", "high"),
    [
        (np.arange(20.0), np.arange(20.0) ** 2, 0.0, 0.001),
        (np.arange(20.0), -np.arange(20.0), 0.99, 1.0),
        (np.eye(1, 30, 4)[0], np.eye(1, 30, 4)[0], 0.02, 0.05),  # one of thirty by chance
    ],
)
def test_the_permutation_test(scores, maps, low, high):
    from medimg_core.explain.audit.similarity import rank_correlation

    assert low <= _p(scores, maps, rank_correlation(scores, maps)) <= high
