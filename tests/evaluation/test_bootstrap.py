"""Intervals by patient."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.evaluation.bootstrap import group_weights, interval, summary
from medimg_core.evaluation.metrics import WEIGHTED, Decision, metric


def sample(patients=80, each=1, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random(patients) < 0.5, each)
    score = np.repeat(rng.random(patients), each) * 0.6 + 0.4 * truth
    return Decision(truth, score, score >= 0.5), [f"p{i // each}" for i in range(patients * each)]


def test_whole_groups_are_drawn():
    weights = group_weights(["a", "b", "a", "c"], replicates=50, seed=1)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert (weights[:, 0] + weights[:, 1] + weights[:, 3] == 3).all()


def test_the_seed_is_fixed():
    assert np.array_equal(group_weights(["a", "b"]), group_weights(["a", "b"]))


def test_interval_holds_the_value_and_equals_a_plain_bootstrap():
    case, groups = sample()
    low, high = interval("accuracy", case, group_weights(groups))
    assert low < metric("accuracy", case) < high
    rng = np.random.default_rng(0)
    right = (case.truth == case.decided).astype(float)
    draws = [right[rng.integers(0, right.size, right.size)].mean() for _ in range(4000)]
    assert (low, high) == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.02)


def test_patients_with_many_images_widen_the_interval():
    few, groups = sample(patients=40, each=8)
    by_patient = interval("auc", few, group_weights(groups))
    by_image = interval("auc", few, group_weights([str(i) for i in range(len(groups))]))
    assert by_patient[1] - by_patient[0] > 1.5 * (by_image[1] - by_image[0])


def test_summary_names_every_metric_with_its_interval():
    result = summary(*sample())
    assert set(result) == set(WEIGHTED) | {f"{name}_ci" for name in WEIGHTED}
    for name in WEIGHTED:
        low, high = result[f"{name}_ci"]
        # ECE is biased upwards under resampling, so its interval may lie above it.
        assert low <= high
        assert name == "ece" or low <= result[name] <= high


def test_one_class_only_gives_none():
    case = Decision(np.ones(4, bool), np.linspace(0.1, 0.9, 4), np.ones(4, bool))
    result = summary(case, list("abcd"))
    assert result["auc"] is None
    assert result["auc_ci"] is None
    assert result["accuracy"] == 1.0


def test_no_rows():
    with pytest.raises(IncompatibleInputError, match="at least one row"):
        group_weights([])
