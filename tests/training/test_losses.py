"""Losses, by hand."""

import numpy as np
import pytest

from medimg_core.training.labels import EITHER
from medimg_core.training.losses import map_loss, mask_loss, reading_loss
from medimg_core.training.plan import UNKNOWN, MaskTarget
from tests.training.lesions import only_masks, plan
from tests.training.small import recipe


def test_reading_loss_by_hand():
    logits = np.log(np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]]))
    target = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    found = np.asarray(reading_loss(recipe(), 0.3)(target, logits))
    expected = [-np.log(0.8) - 0.3 * np.log(0.5 / 0.8), -np.log(0.7)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_pull_is_on_images_that_cannot_be_told_alone():
    target = np.array([[0.5, 0.3, 0.2], [0.975, 0.015, 0.01]])
    logits = np.array([[0.0, 1.0, -1.0], [2.0, 0.0, 0.0]])
    odds = np.log(np.exp(1.0) + np.exp(-1.0))
    plain, pulled = (np.asarray(reading_loss(recipe(), 0.3, pull)(target, logits)) for pull in (0.0, 2.0))
    assert pulled - plain == pytest.approx([2 * odds, 0.0], abs=1e-6)


def test_reading_loss_is_least_at_the_soft_target():
    target = np.array([[0.5, 0.3, 0.2]])
    loss = reading_loss(recipe(), 0.3)
    best = float(np.asarray(loss(target, np.log(target)))[0])
    rng = np.random.default_rng(0)
    others = [float(np.asarray(loss(target, np.log(target) + rng.normal(0, 0.3, (1, 3))))[0]) for _ in range(20)]
    assert best <= min(others) + 1e-6


# --- maps ---------------------------------------------------------------------------------------


def cells(odds):
    """Logits of cells whose reading, the last of three classes, has these log-odds; shape ``(1, 2, 2, 3)``."""
    half = np.log(0.5)
    return np.stack([np.full_like(odds, half), np.full_like(odds, half), odds], axis=-1)[None]


def drawn_at(*pixels, value=1):
    """A label map of 4 pixels a side, cells of 2; shape ``(1, 4, 4, 1)``."""
    mask = np.zeros((1, 4, 4, 1), np.float32)
    for row, column in pixels:
        mask[0, row, column] = value
    return mask


ODDS = np.array([[2.0, 0.0], [-1.0, 1.0]])
SUM = np.log(np.exp(ODDS).sum())


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (drawn_at((0, 0)), SUM - 2.0),
        (drawn_at((0, 1), (1, 1)), SUM - 2.0),  # how much of the cell does not matter where it is the only one
        (drawn_at((0, 0), (3, 2), (3, 3), (2, 2)), SUM - (0.25 * 2.0 + 0.75 * 1.0)),
        (drawn_at((2, 0), value=3), SUM + 1.0),
        (drawn_at(), 0.0),
        (drawn_at((0, 0), value=EITHER), 0.0),
        (drawn_at((0, 0), value=UNKNOWN), 0.0),
    ],
)
def test_map_loss_by_hand(mask, expected):
    found = map_loss(plan())(mask, cells(ODDS))
    assert np.asarray(found) == pytest.approx([expected], abs=1e-5)
    shifted = map_loss(plan())(mask, cells(ODDS + 7.0))
    assert np.asarray(shifted) == pytest.approx([expected], abs=1e-5)


# --- masks --------------------------------------------------------------------------------------

ONE = (MaskTarget("a"),)
TWO = (MaskTarget("a"), MaskTarget("b"))


def by_hand(labels, logits, chosen, entropy_weight=4.0):
    """Soft Dice over the batch and mean cross-entropy of the images with a drawn mask, in plain numpy."""
    known = [i for i in range(len(labels)) if labels[i, 0, 0] != UNKNOWN]
    classes, crosses, shares = len(chosen.masks), [], []
    for i in known:
        if classes == 1:
            score = 1 / (1 + np.exp(-logits[i, ..., 0]))
            crosses.append(-np.where(labels[i] == 1, np.log(score), np.log(1 - score)))
            shares.append(score[..., None])
        else:
            power = np.exp(logits[i] - logits[i].max(-1, keepdims=True))
            power /= power.sum(-1, keepdims=True)
            crosses.append(-np.log(np.take_along_axis(power, labels[i][..., None].astype(int), -1)[..., 0]))
            shares.append(power[..., 1:])
    truth = np.stack([labels[known] == k for k in range(1, classes + 1)], axis=-1)
    both = (np.stack(shares) * truth).sum((0, 1, 2))
    total = np.stack(shares).sum((0, 1, 2)) + truth.sum((0, 1, 2))
    dice = 1 - np.mean((2 * both + 1) / (total + 1))
    pixels = sum(cross.size for cross in crosses)
    entropy = sum(cross.sum() for cross in crosses) / (pixels + 1)
    return chosen.dice_share * dice + (1 - chosen.dice_share) * entropy_weight * entropy


def batch(classes, seed=0, unknown=()):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes + 1, (4, 6, 8)).astype(np.float32)
    labels[list(unknown)] = UNKNOWN
    logits = rng.normal(0, 2, (4, 6, 8, 1 if classes == 1 else classes + 1)).astype(np.float32)
    return labels, logits


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("masks", [ONE, TWO], ids=["one class", "two classes"])
@pytest.mark.parametrize("unknown", [(), (1, 3)], ids=["all drawn", "two not drawn"])
def test_mask_loss_by_hand(masks, share, unknown):
    chosen = only_masks(masks=masks, dice_share=share)
    labels, logits = batch(len(masks), unknown=unknown)
    found = np.asarray(mask_loss(chosen)(labels[..., None], logits))
    assert found.shape == (4,)
    assert found == pytest.approx([by_hand(labels, logits, chosen)] * 4, rel=1e-4)


@pytest.mark.parametrize("masks", [ONE, TWO], ids=["one class", "two classes"])
def test_a_volumes_loss_is_that_of_its_slices_beside_each_other(masks):
    loss = mask_loss(only_masks(masks=masks))
    labels, logits = batch(len(masks), unknown=(2,))
    flat = loss(labels[..., None], logits)
    deep = loss(labels.reshape(4, 2, 3, 8, 1), logits.reshape(4, 2, 3, 8, -1))
    assert np.asarray(deep) == pytest.approx(np.asarray(flat), rel=1e-6)


@pytest.mark.parametrize("masks", [ONE, TWO], ids=["one class", "two classes"])
def test_images_without_a_drawn_mask_count_for_nothing(masks):
    loss = mask_loss(only_masks(masks=masks))
    labels, logits = batch(len(masks), unknown=(1, 3))
    other = logits.copy()
    other[[1, 3]] = 7.0
    first, second = (float(np.asarray(loss(labels[..., None], given))[0]) for given in (logits, other))
    assert second == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("masks", [ONE, TWO], ids=["one class", "two classes"])
@pytest.mark.parametrize("unknown", [(), (0, 1, 2, 3)], ids=["all drawn", "none drawn"])
def test_gradients_are_finite(masks, unknown):
    import tensorflow as tf

    labels, logits = batch(len(masks), unknown=unknown)
    given = tf.Variable(50 * logits)  # far out, where a naive logarithm overflows
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(mask_loss(only_masks(masks=masks))(tf.constant(labels[..., None]), given))
    gradient = tape.gradient(value, given).numpy()
    assert np.isfinite(float(value))
    assert np.isfinite(gradient).all()
    assert (np.abs(gradient).max() == 0) == bool(unknown)


def test_a_pixel_that_may_be_of_an_undrawn_class_counts_by_the_sum_of_its_shares():
    """Image 1 lacks the first class: what is not the second one is background or the first."""
    labels, logits = batch(2)
    labels[1] = np.where(labels[1] == 1, 0, labels[1])
    coded = labels.copy()
    coded[1] = np.where(labels[1] == 0, EITHER | 0b01, labels[1])
    power = np.exp(logits - logits.max(-1, keepdims=True))
    share = power / power.sum(-1, keepdims=True)
    own = np.take_along_axis(share, labels[..., None].astype(int), -1)[..., 0]
    own[1] = np.where(labels[1] == 0, share[1, ..., 0] + share[1, ..., 1], share[1, ..., 2])
    entropy = -np.log(own).sum() / (own.size + 1)
    drawn = {1: [0, 2, 3], 2: [0, 1, 2, 3]}  # images whose Dice of a class counts
    dice = []
    for label, rows in drawn.items():
        true, found = labels[rows] == label, share[rows][..., label]
        dice.append((2 * (true * found).sum() + 1) / (true.sum() + found.sum() + 1))
    for weight, expected in ((1.0, 1 - np.mean(dice)), (0.0, 4.0 * entropy)):
        found = np.asarray(mask_loss(only_masks(masks=TWO, dice_share=weight))(coded[..., None], logits))
        assert found == pytest.approx([expected] * 4, rel=1e-4)


def test_either_of_two_possible_classes_costs_nothing():
    label = np.full((1, 4, 4, 1), EITHER | 0b10, np.float32)
    loss = mask_loss(only_masks(masks=TWO, dice_share=0.0))
    costs = []
    for sure in range(3):
        logits = np.zeros((1, 4, 4, 3), np.float32)
        logits[..., sure] = 30.0
        costs.append(float(np.asarray(loss(label, logits))[0]))
    assert costs[0] == costs[2] == pytest.approx(0, abs=1e-5)
    assert costs[1] > 50


def test_a_false_positive_on_an_empty_mask_costs_something():
    loss = mask_loss(only_masks(dice_share=1.0))
    labels = np.zeros((2, 6, 8, 1), np.float32)
    labels[0, 1:4, 2:5] = 1
    right = np.where(labels > 0, 9.0, -9.0).astype(np.float32)
    wrong = right.copy()
    wrong[1, :3] = 9.0
    first, second = (float(np.asarray(loss(labels, given))[0]) for given in (right, wrong))
    assert first == pytest.approx(0, abs=1e-2)
    assert second == pytest.approx(1 - (2 * 9 + 1) / (9 + 9 + 24 + 1), abs=1e-2)
