"""Curves against scikit-learn and by hand."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.curves import confusion, curves, reliability, weighted_ap
from medimg_core.evaluation.metrics import Decision, metric


def sample(n=150, ties=False):
    rng = np.random.default_rng(2)
    truth = rng.random(n) < 0.4
    score = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    score = np.round(score, 1) if ties else score
    return Decision(truth, score, score >= 0.5)


@pytest.mark.parametrize("ties", [False, True])
def test_average_precision_equals_scikit_learn(ties):
    case = sample(ties=ties)
    weights = np.random.default_rng(1).integers(0, 4, (4, 150)).astype(float)
    expected = [average_precision_score(case.truth, case.score, sample_weight=row) for row in weights]
    assert weighted_ap(case, weights) == pytest.approx(expected, abs=1e-12)


def test_undefined_replicates_are_nan():
    case = Decision(np.array([True, False]), np.array([0.9, 0.1]), np.array([True, False]))
    assert np.isnan(weighted_ap(case, np.array([[0.0, 2.0]]))).all()


def test_counts_by_hand():
    truth = np.array([True, True, True, False, False])
    score = np.array([0.9, 0.8, 0.3, 0.7, 0.05])
    case = Decision(truth, score, score >= 0.5)
    assert confusion(case) == {"tp": 2, "fp": 1, "fn": 1, "tn": 1}
    rows = reliability(case)
    assert [row["n"] for row in rows] == [1, 0, 0, 1, 0, 0, 0, 1, 1, 1]
    assert rows[9] == {"low": 0.9, "high": 1.0, "n": 1, "score": pytest.approx(0.9), "observed": 1.0}
    assert rows[7]["observed"] == 0.0
    assert (rows[1]["score"], rows[1]["observed"]) == (None, None)


def test_the_reliability_table_holds_the_calibration_error():
    case = sample()
    gaps = [row["n"] * abs(row["score"] - row["observed"]) for row in reliability(case) if row["n"]]
    assert sum(gaps) / 150 == pytest.approx(metric("ece", case))


def test_everything_is_plain_and_agrees_with_the_figures():
    case = sample()
    answer = curves(case, [str(i // 2) for i in range(150)])
    json.dumps(answer, allow_nan=False)
    low, high = answer["ap_ci"]
    assert low < answer["ap"] < high
    roc = answer["roc"]
    assert np.trapezoid(roc["tpr"], roc["fpr"]) == pytest.approx(metric("auc", case))
    assert (roc["thresholds"][0], answer["pr"]["thresholds"][-1]) == (None, None)
    assert len({len(values) for values in answer["pr"].values()}) == 1
    assert sum(answer["confusion"].values()) == 150


def test_one_class_has_no_curves():
    with pytest.raises(NotApplicableError, match="both classes"):
        curves(Decision(np.ones(3, bool), np.ones(3), np.ones(3, bool)), list("abc"))
