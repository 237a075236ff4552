"""Log-odds of a decision, their gradient, and scores."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core.decision import Decision, class_scores, decision, decision_labels, sigmoid
from medimg_core.errors import IncompatibleInputError, NotApplicableError

LOGITS = st.lists(st.floats(-30, 30), min_size=3, max_size=3).map(np.array)
READING = Decision("pneumonia", (1, 2), (0,))


@given(LOGITS)
def test_log_odds_are_those_of_the_softmax(logits):
    power = np.exp(logits - logits.max())
    share = power / power.sum()
    expected = np.log(share[1] + share[2]) - np.log(share[0])
    assert READING.log_odds(logits) == pytest.approx(expected, abs=1e-9)


@given(LOGITS, st.floats(-50, 50))
def test_a_common_offset_changes_nothing(logits, offset):
    assert READING.log_odds(logits + offset) == pytest.approx(float(READING.log_odds(logits)), abs=1e-9)
    np.testing.assert_allclose(READING.gradient(logits + offset), READING.gradient(logits), atol=1e-9)


@given(LOGITS)
def test_the_gradient_is_the_slope(logits):
    step = 1e-5
    slope = [
        float(READING.log_odds(logits + step * unit) - READING.log_odds(logits - step * unit)) / (2 * step)
        for unit in np.eye(3)
    ]
    np.testing.assert_allclose(READING.gradient(logits), slope, atol=1e-6)
    assert READING.gradient(logits).sum() == pytest.approx(0, abs=1e-12)


def test_batches_go_row_by_row():
    logits = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(READING.log_odds(logits)[1, 3], READING.log_odds(logits[1, 3]))
    np.testing.assert_allclose(READING.gradient(logits)[0, 4], READING.gradient(logits[0, 4]))


@pytest.mark.parametrize(
    ("label", "positive", "negative"),
    [
        (None, (1, 2), (0,)),
        ("pneumonia", (1, 2), (0,)),
        ("no pneumonia", (0,), (1, 2)),
        ("viral", (2,), (0, 1)),
    ],
)
def test_decisions_of_a_card(tiny_model, label, positive, negative):
    found = decision(tiny_model, label=label)
    assert (found.positive, found.negative) == (positive, negative)
    assert found.label == (label or "pneumonia")


def without_reading(card):
    return dataclasses.replace(card, outputs=(dataclasses.replace(card.outputs[0], reading=None),))


def test_without_a_reading_the_largest_class_is_decided(tiny_model):
    card = without_reading(tiny_model)
    assert decision_labels(card) == ("normal", "bacterial", "viral")
    assert decision(card, [0.0, 2.0, 1.0]) == Decision("bacterial", (1,), (0, 2))
    with pytest.raises(IncompatibleInputError, match="logits must be given"):
        decision(card)
    np.testing.assert_allclose(class_scores(card, [1.0, 1.0, 1.0]), 1 / 3)


def test_unknown_labels_and_other_tasks_are_refused(tiny_model):
    with pytest.raises(IncompatibleInputError, match="label must be one of pneumonia, no pneumonia, normal"):
        decision(tiny_model, label="fracture")
    masks = dataclasses.replace(tiny_model.outputs[0], kind="segmentation", reading=None)
    with pytest.raises(NotApplicableError, match="needs a classification"):
        decision(dataclasses.replace(tiny_model, outputs=(masks,)), [0, 0, 0])


@given(logits=LOGITS)
def test_class_scores_add_up_to_the_reading_s_score(tiny_model, logits):
    scores = class_scores(tiny_model, logits)
    score = float(sigmoid(READING.log_odds(logits) / tiny_model.temperature))
    assert scores[1] + scores[2] == pytest.approx(score, abs=1e-12)
    assert scores.sum() == pytest.approx(1)
    assert scores.min() >= 0
