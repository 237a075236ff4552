"""Attacks on a linear reader, where the worst change is known."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.adversarial import (
    EPSILONS,
    STEPS,
    classification_curves,
    fgsm,
    inputs,
    pgd,
    segmentation_curves,
)
from medimg_core.registry import InputSpec

SIZE = (16, 20)
PLAIN = InputSpec(SIZE, 1, ("squash",), "any")
STANDARD = InputSpec(SIZE, 1, ("to_grey01", "squash", "standardise"), "any")
WEIGHTS = np.random.default_rng(0).standard_normal((*SIZE, 1)).astype(np.float32)


def images(n=3):
    rng = np.random.default_rng(1)
    return [rng.uniform(0.3, 0.7, SIZE).astype(np.float32) for _ in range(n)]


def logits(batch):
    return (batch * WEIGHTS).sum(axis=(1, 2, 3))


def gradient(batch, truth):
    """Of the cross-entropy of a linear reader: -y w sigmoid(-y z) with y of -1 or 1."""
    y = np.where(truth, 1.0, -1.0)
    slope = -y / (1 + np.exp(y * logits(batch)))
    return (slope[:, None, None, None] * WEIGHTS).astype(np.float32)


TRUTH = np.array([True, False, True])


@pytest.mark.parametrize("attack", [fgsm, pgd])
@pytest.mark.parametrize("epsilon", [0.5, 4.0])
def test_of_a_linear_reader_the_worst_change_is_the_sign_of_its_weights(attack, epsilon):
    given = inputs(images(), PLAIN)
    made = attack(given, TRUTH, gradient, epsilon)
    away = np.where(TRUTH, -1, 1)[:, None, None, None] * np.sign(WEIGHTS) * epsilon / 255
    np.testing.assert_allclose(made - given.batch, away, atol=1e-6)


@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_no_attack_leaves_the_inputs_as_they_are(attack):
    given = inputs(images(), PLAIN)
    assert attack(given, TRUTH, gradient, 0.0) is given.batch


def test_a_grey_level_of_a_standardised_input():
    image = images(1)[0]
    given = inputs([image], STANDARD)
    stretched = (image - image.min()) / (image.max() - image.min())
    assert given.level[0] == pytest.approx(1 / 255 / stretched.std(), rel=1e-4)
    assert given.low[0] == pytest.approx(-stretched.mean() / stretched.std(), rel=1e-4)
    assert given.high[0] == pytest.approx((1 - stretched.mean()) / stretched.std(), rel=1e-4)
    # The attacked input is the standardised image of which every grey changed by two levels, where there is room.
    made = fgsm(given, TRUTH[:1], gradient, 2.0)[0, :, :, 0] * stretched.std() + stretched.mean()
    expected = np.clip(stretched - np.sign(WEIGHTS[..., 0]) * 2 / 255, 0, 1)
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_values_stay_inside_what_an_image_can_be():
    black = [np.zeros(SIZE, np.float32), np.ones(SIZE, np.float32)]
    for attack in (fgsm, pgd):
        made = attack(inputs(black, PLAIN), TRUTH[:2], gradient, 4.0)
        assert made.min() == 0.0
        assert made.max() == 1.0
    flat = inputs(black, STANDARD)
    np.testing.assert_array_equal(fgsm(flat, TRUTH[:2], gradient, 4.0), 0)


def test_the_channels_of_a_grey_image_change_together():
    colour = InputSpec(SIZE, 3, ("squash",), "any")
    uneven = np.repeat(WEIGHTS, 3, axis=2) * np.array([1.0, -0.5, 0.2], np.float32)
    made = fgsm(inputs(images(), colour), TRUTH, lambda batch, truth: np.broadcast_to(uneven, batch.shape), 1.0)
    np.testing.assert_array_equal(made[..., 0], made[..., 1])
    np.testing.assert_array_equal(made[..., 0], made[..., 2])


def test_pgd_takes_its_steps_and_comes_back_to_the_radius():
    asked = []

    def turning(batch, truth):
        asked.append(batch)
        return gradient(batch, truth) * (-1) ** len(asked)

    given = inputs(images(), PLAIN)
    made = pgd(given, TRUTH, turning, 1.0)
    assert len(asked) == STEPS
    assert np.abs(asked[0] - given.batch).max() > 0.5 / 255  # a random start
    for batch in (*asked, made):
        assert np.abs(batch - given.batch).max() <= 1 / 255 + 1e-6


def test_curves_fall_with_epsilon_and_begin_with_the_plain_figure():
    rng = np.random.default_rng(3)
    truth = np.arange(24) % 2 == 0
    some = [np.clip(i + 0.004 * (1 if yes else -1) * np.sign(WEIGHTS[..., 0]), 0, 1).astype(np.float32)
            for i, yes in zip([rng.uniform(0.45, 0.55, SIZE) for _ in truth], truth, strict=True)]  # fmt: skip
    curves = classification_curves(
        inputs(some, PLAIN), truth, [str(i // 2) for i in range(24)], gradient, logits_as_scores, data="made"
    )
    assert [curve.change for curve in curves] == ["fgsm", "pgd"]
    for curve in curves:
        assert (curve.metric, curve.n, curve.strengths) == ("auc", 24, EPSILONS)
        assert list(curve.values) == sorted(curve.values, reverse=True)
        assert curve.values[0] > 0.9
        assert curve.values[-1] < 0.1
        assert all(low <= value <= high for low, value, high in zip(curve.low, curve.values, curve.high, strict=True))
    assert curves[0].values[0] == curves[1].values[0]


def logits_as_scores(batch):
    return 1 / (1 + np.exp(-logits(batch)))


def test_curves_of_masks():
    """Pixels above 0.5 are the mask: each can be turned by an attack that is larger than its distance from it."""
    mask = np.zeros((2, 1, *SIZE), bool)
    mask[:, :, 4:12, 5:15] = True
    some = [np.where(m[0], 0.5 + 1.2 / 255, 0.5 - 10 / 255).astype(np.float32) for m in mask]

    def slope(batch, truth):
        return np.where(truth[:, 0, :, :, None], -1.0, 1.0).astype(np.float32)

    drawn = list(mask.repeat(2, axis=3))  # on a grid of twice the columns

    def segment(batch):
        return list((batch[..., 0][:, None] > 0.5).repeat(2, axis=3))

    for curve in segmentation_curves(inputs(some, PLAIN), (mask, drawn), list("ab"), slope, segment, data="made"):
        assert curve.metric == "dice"
        assert curve.values == (1.0, 1.0, 1.0, 0.0, 0.0)  # 0, 0.5, 1 | 2, 4 grey levels


@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_the_margin_is_no_part_of_the_image(attack):
    narrow = [np.full((32, 20), 0.5, np.float32)]
    given = inputs(narrow, InputSpec(SIZE, 1, ("letterbox",), "any"))  # 10 of 20 columns
    made = attack(given, TRUTH[:1], gradient, 2.0)
    changed = (made != given.batch)[0, :, :, 0]
    assert changed[:, 5:15].all()
    assert not changed[:, :5].any()
    assert not changed[:, 15:].any()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (InputSpec(SIZE, 1, ("standardise", "squash"), "any"), "last step"),
        (InputSpec(SIZE, 1, ("squash",), "HU"), "brings the input to 0..1"),
    ],
)
def test_inputs_without_grey_levels(spec, message):
    with pytest.raises(NotApplicableError, match=message):
        inputs(images(1), spec)


def test_a_gradient_of_another_shape():
    with pytest.raises(IncompatibleInputError, match="batch's shape"):
        fgsm(inputs(images(), PLAIN), TRUTH, lambda batch, truth: batch[:1], 1.0)


# --- colour ---------------------------------------------------------------------------------------


def in_colour(batch, truth):
    """A reader of red against blue that does not see green."""
    slope = np.stack([np.ones(SIZE), np.zeros(SIZE), -np.ones(SIZE)], axis=-1)
    return np.asarray(np.where(truth, -1, 1)[:, None, None, None] * slope, dtype=np.float32)


@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_colours_are_attacked_each_their_own_way_and_a_grey_image_stays_grey(attack):
    spec = InputSpec(SIZE, 3, ("squash",), "any")
    colour = [np.stack([one, 0.5 * one, 1 - one], axis=-1) for one in images()]
    given = inputs(colour, spec)
    away = (attack(given, TRUTH, in_colour, 2.0) - given.batch) * 255 / 2
    sign = np.where(TRUTH, -1, 1)[:, None, None]
    assert away[..., 0] == pytest.approx(np.broadcast_to(sign, away.shape[:3]), abs=1e-3)
    assert away[..., 2] == pytest.approx(-np.broadcast_to(sign, away.shape[:3]), abs=1e-3)
    grey = inputs(images(), spec)
    made = attack(grey, TRUTH, in_colour, 2.0)
    assert np.array_equal(made[..., 0], made[..., 2])


def test_the_range_of_a_colour_image_is_that_of_all_its_colours():
    spec = InputSpec(SIZE, 3, ("squash", "standardise"), "any")
    colour = np.stack([images(1)[0], 0.2 * images(1)[0], 0.1 * images(1)[0]], axis=-1)
    given = inputs([colour], spec)
    assert given.level[0] == pytest.approx(1 / 255 / colour.std(), rel=1e-3)
    assert given.low[0] == pytest.approx(-colour.mean() / colour.std(), rel=1e-3)
