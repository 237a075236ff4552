"""Metrics against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn import metrics as sk

from medimg_core.errors import IncompatibleInputError
from medimg_core.evaluation.metrics import WEIGHTED, Decision, metric


def sample(n=200, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.6
    score = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    score = np.round(score, 1) if ties else score
    return Decision(truth, score, score >= 0.5)


REFERENCE = {
    "auc": lambda c, w: sk.roc_auc_score(c.truth, c.score, sample_weight=w),
    "accuracy": lambda c, w: sk.accuracy_score(c.truth, c.decided, sample_weight=w),
    "sensitivity": lambda c, w: sk.recall_score(c.truth, c.decided, sample_weight=w),
    "specificity": lambda c, w: sk.recall_score(~c.truth, ~c.decided, sample_weight=w),
    "f1": lambda c, w: sk.f1_score(c.truth, c.decided, sample_weight=w),
    "brier": lambda c, w: sk.brier_score_loss(c.truth, c.score, sample_weight=w),
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("ties", [False, True])
def test_metrics_equal_scikit_learn(name, ties):
    case = sample(ties=ties)
    assert metric(name, case) == pytest.approx(REFERENCE[name](case, None), abs=1e-12)


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("ties", [False, True])
def test_weighted_metrics_equal_scikit_learn(name, ties):
    case = sample(ties=ties)
    weights = np.random.default_rng(1).integers(0, 4, (3, 200)).astype(float)
    expected = [REFERENCE[name](case, row) for row in weights]
    assert WEIGHTED[name](case, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("score", "truth", "expected"),
    [
        ([0.95, 0.95, 0.95, 0.95], [True, True, True, True], 0.05),
        ([0.2, 0.2, 0.8, 0.8], [False, False, True, True], 0.2),
        ([0.25, 0.25, 0.25, 0.25], [True, False, False, False], 0.0),
        ([1.0, 0.0], [False, True], 1.0),
    ],
)
def test_calibration_error_by_hand(score, truth, expected):
    case = Decision(np.array(truth), np.array(score), np.array(score) >= 0.5)
    assert metric("ece", case) == pytest.approx(expected)


def test_undefined_is_none_not_a_number():
    case = Decision(np.ones(3, bool), np.array([0.1, 0.5, 0.9]), np.ones(3, bool))
    assert metric("auc", case) is None
    assert metric("specificity", case) is None
    assert metric("sensitivity", case) == 1.0


def test_what_is_refused():
    with pytest.raises(IncompatibleInputError, match="one shape"):
        Decision(np.ones(2, bool), np.ones(3), np.ones(3, bool))
    with pytest.raises(IncompatibleInputError, match="finite"):
        Decision(np.ones(1, bool), np.array([np.nan]), np.ones(1, bool))
    with pytest.raises(IncompatibleInputError, match="got 'roc'"):
        metric("roc", sample())
