"""FROC: who hits what, what counts as false, and the readings of the curve."""

import numpy as np
import pytest

from medimg_core.detection import NoduleCandidate, NoduleList
from medimg_core.errors import IncompatibleInputError
from medimg_core.evaluation.froc import RATES, Scan, TrueNodule, froc, judge

BIG = TrueNodule((0.0, 0.0, 0.0), 10.0)
SMALL = TrueNodule((20.0, 0.0, 0.0), 4.0)


def found(*places: tuple[tuple[float, float, float], float]) -> NoduleList:
    """Candidates of 9 x 7 mm at places with scores, highest first."""
    candidates = tuple(
        NoduleCandidate(number, (0.0, 0.0, 0.0), place, 9.0, 7.0, 300.0, 0.0, score, "solid")
        for number, (place, score) in enumerate(places, start=1)
    )
    return NoduleList("print", "test", (), "", {}, candidates, np.zeros((2, 3, 4), np.uint8))


@pytest.mark.parametrize(
    ("places", "hits", "false"),
    [
        ([], (None, None), ()),
        ([((5.0, 0.0, 0.0), 0.9)], (0.9, None), ()),  # on the radius
        ([((5.01, 0.0, 0.0), 0.9)], (None, None), (0.9,)),
        ([((0.0, 4.0, 0.0), 0.9), ((0.0, 0.0, 1.0), 0.8)], (0.9, None), ()),  # the second is neither hit nor false
        ([((0.0, 0.0, 9.0), 0.9), ((20.0, 1.0, 1.0), 0.8), ((1.0, 1.0, 1.0), 0.7)], (0.7, 0.8), (0.9,)),
    ],
    ids=["nothing", "on the radius", "just outside", "twice", "all"],
)
def test_a_candidate_hits_within_the_radius(
    places: list[tuple[tuple[float, float, float], float]], hits: tuple[float | None, ...], false: tuple[float, ...]
) -> None:
    scan = judge(found(*places), [BIG, SMALL])
    assert scan.hit_scores == hits
    assert scan.false_scores == false
    assert [error is None for error in scan.size_errors] == [hit is None for hit in hits]


def test_where_nodules_overlap_the_nearer_in_radii_is_hit() -> None:
    near = TrueNodule((6.0, 0.0, 0.0), 4.0)
    assert judge(found(((4.5, 0.0, 0.0), 0.9)), [BIG, near]).hit_scores == (None, 0.9)


def test_the_error_of_size_is_the_mean_axis_less_the_truth() -> None:
    assert judge(found(((0.0, 0.0, 0.0), 0.9)), [BIG]).size_errors == (-2.0,)


def test_all_is_false_where_there_is_no_nodule() -> None:
    assert judge(found(((0.0, 0.0, 0.0), 0.9)), []) == Scan((), (), (0.9,), ())


def curve_scans() -> list[Scan]:
    """Four nodules in two scans; falling scores: hit, hit, false, hit, false, false; one missed."""
    first = Scan((BIG, SMALL), (0.9, 0.6), (0.7,), (0.0, 0.0))
    return [first, Scan((BIG, SMALL), (0.8, None), (0.5, 0.4), (0.0, None))]


def test_the_curve_counts_at_each_score() -> None:
    curve = froc(curve_scans())
    assert (curve.scans, curve.nodules) == (2, 4)
    assert curve.thresholds == (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
    assert curve.sensitivity == (0.25, 0.5, 0.5, 0.75, 0.75, 0.75)
    assert curve.false_positives == (0.0, 0.0, 0.5, 0.5, 1.0, 1.5)


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0.5), (0.125, 0.5), (0.5, 0.75), (8.0, 0.75)])
def test_sensitivity_at_a_rate(rate: float, expected: float) -> None:
    assert froc(curve_scans()).at_rate(rate) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [(0.95, (0.0, 0.0)), (0.8, (0.5, 0.0)), (0.55, (0.75, 0.5)), (0.0, (0.75, 1.5))]
)
def test_sensitivity_and_false_positives_at_a_score(score: float, expected: tuple[float, float]) -> None:
    assert froc(curve_scans()).at_score(score) == expected


def test_the_performance_is_the_mean_at_the_seven_rates() -> None:
    assert len(RATES) == 7
    assert froc(curve_scans()).performance == pytest.approx((2 * 0.5 + 5 * 0.75) / 7)


@pytest.mark.parametrize("scans", [[], [Scan((), (), (0.9,), ())]], ids=["no scan", "no nodule"])
def test_a_curve_needs_a_nodule(scans: list[Scan]) -> None:
    with pytest.raises(IncompatibleInputError, match="at least one nodule"):
        froc(scans)


def test_a_nodule_needs_a_diameter() -> None:
    with pytest.raises(IncompatibleInputError, match="above zero, got 0 mm"):
        TrueNodule((0.0, 0.0, 0.0), 0.0)
