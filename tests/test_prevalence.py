"""Scores at another prevalence, predictive values."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.prevalence import likelihood_ratio, predictive_values, shifted

INSIDE = st.floats(0.001, 0.999)


@pytest.mark.parametrize(("stated", "expected"), [(0.20, 0.47), (0.10, 0.28), (0.74, 0.91)])
def test_a_score_of_91_percent_at_a_training_prevalence_of_74(stated, expected):
    assert shifted(0.91, 0.74, stated) == pytest.approx(expected, abs=0.005)


@given(INSIDE, INSIDE, INSIDE)
def test_there_and_back(score, trained, stated):
    assert shifted(shifted(score, trained, stated), stated, trained) == pytest.approx(score, rel=1e-6)


@given(INSIDE, INSIDE, INSIDE)
def test_odds_after_are_odds_before_times_the_likelihood_ratio(score, trained, stated):
    after = shifted(score, trained, stated)
    assert after / (1 - after) == pytest.approx(likelihood_ratio(score, trained) * stated / (1 - stated), rel=1e-6)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_certainty_stays(score):
    assert shifted(score, 0.7, 0.1) == score


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "prevalence", "ppv", "npv"),
    [
        (0.9, 0.9, 0.5, 0.9, 0.9),
        (0.9, 0.9, 0.1, 0.5, 81 / 82),
        (1.0, 0.0, 0.3, 0.3, math.nan),
        (0, 1, 0.3, math.nan, 0.7),
    ],
)
def test_predictive_values(sensitivity, specificity, prevalence, ppv, npv):
    found = predictive_values(sensitivity, specificity, prevalence)
    assert found == pytest.approx((ppv, npv), nan_ok=True)


def test_predictive_values_are_shares_of_counts():
    """1,000 patients, 200 ill; 180 of them and 80 of the 800 others are called ill."""
    assert predictive_values(0.9, 0.9, 0.2) == pytest.approx((180 / 260, 720 / 740))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shifted(1.2, 0.5, 0.5), r"score must lie in \[0, 1\], got 1.2"),
        (lambda: shifted(0.5, 0, 0.5), "trained prevalence must lie between 0 and 1, ends excluded, got 0"),
        (lambda: shifted(0.5, 0.5, 1), "stated prevalence must lie between 0 and 1, ends excluded, got 1"),
        (lambda: shifted(float("nan"), 0.5, 0.5), "score must lie in"),
        (lambda: predictive_values(-0.1, 1, 0.5), "sensitivity must lie in"),
        (lambda: predictive_values(1, 1, 0), "prevalence must lie between 0 and 1"),
        (lambda: likelihood_ratio(0.5, 1), "trained prevalence must lie between"),
    ],
)
def test_figures_out_of_range_are_refused(call, message):
    with pytest.raises(IncompatibleInputError, match=message):
        call()


def test_the_likelihood_ratio_of_certainty_is_infinite():
    assert likelihood_ratio(1.0, 0.5) == math.inf
