"""Ensemble, calibration, operating points."""

import numpy as np
import pytest

from medimg_core.decision import Decision
from medimg_core.errors import InputError
from medimg_core.training.heads import (
    Head,
    balanced_point,
    blinded,
    calibrate,
    fit_ensemble,
    log_odds,
    sensitive_point,
    shifted,
    sigmoid,
)
from tests.training.small import recipe


def test_log_odds_are_those_of_the_decision_shown():
    logits = np.random.default_rng(0).normal(0, 3, (20, 3))
    assert log_odds(logits, recipe()) == pytest.approx(Decision("pneumonia", (1, 2), (0,)).log_odds(logits))


@pytest.mark.parametrize(("slope", "offset"), [(0.5, 1.0), (2.0, -1.5), (1.0, 0.0)])
def test_calibration_finds_what_was_put_in(slope, offset):
    rng = np.random.default_rng(1)
    true_odds = rng.normal(0.8, 2, 40000)
    truth = rng.random(true_odds.size) < sigmoid(true_odds)
    found = calibrate((true_odds - offset) / slope, truth, float(truth.mean()))
    assert found.temperature == pytest.approx(1 / slope, rel=0.06)
    assert found.shift / found.temperature == pytest.approx(offset, abs=0.08)


def test_calibration_aims_at_the_prevalence_asked_for():
    rng = np.random.default_rng(2)
    truth = np.arange(4000) % 4 == 0
    odds = rng.normal(0, 1, truth.size) + 2.0 * truth
    found = calibrate(odds, truth, 0.75)
    score = sigmoid((odds + found.shift) / found.temperature)
    weights = np.where(truth, 0.75 / truth.mean(), 0.25 / (1 - truth.mean()))
    assert float(np.average(score, weights=weights)) == pytest.approx(0.75, abs=0.01)


def test_calibration_needs_both_classes():
    with pytest.raises(InputError, match="both classes"):
        calibrate(np.arange(3.0), np.ones(3, bool), 0.5)


def test_a_shifted_head_gives_calibrated_log_odds():
    rng = np.random.default_rng(3)
    head = Head(rng.normal(size=(5, 3)), rng.normal(size=3))
    embedding = rng.normal(size=(400, 5))
    raw = log_odds(head(embedding), recipe())
    found = calibrate(raw, rng.random(400) < sigmoid(0.4 * raw + 1), 0.6)
    own = shifted(head, found, recipe(), found.temperature)
    wanted = (raw + found.shift) / found.temperature
    assert log_odds(own(embedding), recipe()) / found.temperature == pytest.approx(wanted)


def test_members_differ_a_little_and_separate():
    rng = np.random.default_rng(4)
    classes = rng.integers(0, 3, 300)
    embedding = rng.normal(0, 1, (300, 6))
    embedding[np.arange(300), classes] += 4
    heads = fit_ensemble(embedding, classes, [f"p{i // 2}" for i in range(300)], recipe(members=3))
    assert len(heads) == 3
    scores = np.stack([log_odds(head(embedding), recipe()) for head in heads])
    assert ((scores > 0).mean(axis=1) > 0.5).all()
    for values in scores:
        assert np.mean((values > 0) == (classes > 0)) > 0.9
    assert 0 < float(scores.std(axis=0).mean()) < float(scores.std(axis=1).mean())


def test_members_of_two_classes_have_a_logit_for_each():
    rng = np.random.default_rng(6)
    classes = rng.integers(0, 2, 200)
    embedding = rng.normal(0, 1, (200, 3))
    embedding[:, 1] += 3 * classes
    two = recipe(classes=("no", "yes"), labels=("no", "yes"), positive=("yes",), members=2)
    for head in fit_ensemble(embedding, classes, [str(i) for i in range(200)], two):
        logits = head(embedding)
        assert logits.shape == (200, 2)
        assert logits.sum(axis=1) == pytest.approx(0, abs=1e-9)
        assert np.mean((log_odds(logits, two) > 0) == classes) > 0.8


def test_the_ensemble_needs_every_class():
    with pytest.raises(InputError, match="every class"):
        fit_ensemble(np.zeros((4, 2)), np.array([0, 1, 1, 0]), list("abcd"), recipe())


def test_operating_points_by_hand():
    score = np.array([0.1, 0.2, 0.3, 0.6, 0.4, 0.7, 0.8, 0.9])
    truth = np.array([False] * 4 + [True] * 4)
    balanced = balanced_point(score, truth)
    assert 0.4 < balanced.value < 0.6 or 0.6 < balanced.value < 0.7
    assert balanced.sensitivity == pytest.approx(balanced.specificity)
    sensitive = sensitive_point(score, truth)
    assert (sensitive.sensitivity, sensitive.specificity) == (1.0, 0.75)
    assert 0.3 < sensitive.value < 0.4
    decided = score >= sensitive.value
    assert decided[truth].mean() == sensitive.sensitivity


def test_a_blinded_head_gives_nothing_along_the_hidden_directions_and_else_stays():
    rng = np.random.default_rng(5)
    embedding = rng.normal(1, 1, (2000, 6)) * (1, 1, 3, 1, 1, 1)
    head = Head(rng.normal(size=(6, 3)), rng.normal(size=3))
    hidden = np.array([[0, 0, 0, 0, 1.0, 0], [0.5, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 2.0, 0]])  # one twice
    blind = blinded(head, hidden, embedding)
    assert np.abs(hidden @ blind.kernel).max() < 1e-6
    assert blind(embedding).mean(axis=0) == pytest.approx(head(embedding).mean(axis=0), abs=1e-6)
    # Least change: simply dropping what lies along the directions changes the logits more.
    basis = np.linalg.svd(hidden)[2][:2]
    dropped = head.kernel - basis.T @ basis @ head.kernel
    ours = np.square((embedding - embedding.mean(axis=0)) @ (blind.kernel - head.kernel)).mean()
    plain = np.square((embedding - embedding.mean(axis=0)) @ (dropped - head.kernel)).mean()
    assert ours <= plain + 1e-9


def test_a_shortcut_in_the_hidden_images_is_gone_from_the_log_odds():
    rng = np.random.default_rng(6)
    truth = np.arange(3000) % 2 > 0
    plain = rng.normal(0, 1, (3000, 4)) + np.outer(truth, [3, 1, 0, 0])
    hidden = rng.normal(0, 1, (3000, 4)) + np.outer(truth, [0, 1, 0, 0])
    heads = fit_ensemble(
        plain, truth.astype(int) + (np.arange(3000) % 4 == 3), [str(i) for i in range(3000)], recipe(members=1)
    )
    direction = hidden[truth].mean(axis=0) - hidden[~truth].mean(axis=0)
    before, after = (log_odds(h(hidden), recipe()) for h in (heads[0], blinded(heads[0], direction[None], plain)))
    assert before[truth].mean() - before[~truth].mean() > 0.3
    assert abs(after[truth].mean() - after[~truth].mean()) < 0.1
