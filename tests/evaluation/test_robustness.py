"""Curves of models that are known to mind one change and not another."""

import math

import numpy as np
import pytest

from medimg_core.errors import Cancelled, IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.robustness import (
    CHANGES,
    Change,
    Changed,
    auc_of,
    classification_curves,
    dice_of,
    segmentation_curves,
)

SHAPE = (40, 56)
BY_NAME = {change.name: change for change in CHANGES}


def image(seed=0):
    return np.random.default_rng(seed).uniform(0.2, 0.6, SHAPE).astype(np.float32)


def square(top=8, left=30, size=12):
    mask = np.zeros(SHAPE, bool)
    mask[top : top + size, left : left + size] = True
    return mask


def test_the_changes_asked_for():
    assert list(BY_NAME) == [
        "noise", "blur", "contrast", "exposure", "rotation", "jpeg", "resolution", "occlusion",
    ]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_strengths_rise_from_no_change_and_so_does_the_difference(change):
    assert 5 <= len(change.strengths) <= 6
    assert list(change.strengths) == sorted(set(change.strengths))
    rows, columns = np.mgrid[0:120, 0:160]
    given = (0.5 + 0.25 * np.sin(rows / 3) * np.cos(columns / 4)).astype(np.float32)
    before = given.copy()
    made = [change.image(given, strength, (1, 2)) for strength in change.strengths]
    assert made[0] is given
    np.testing.assert_array_equal(given, before)  # nothing is done in place
    away = [float(np.abs(m - given).mean()) for m in made]
    assert away[1] > 0
    assert away[-1] > 1.2 * away[1]
    for m in made:
        assert (m.dtype, m.shape) == (np.float32, given.shape)
        assert m.min() >= 0
        assert m.max() <= 1
    np.testing.assert_array_equal(made[-1], change.image(given, change.strengths[-1], (1, 2)))


@pytest.mark.parametrize(
    ("name", "strength", "expected"),
    [
        ("contrast", 2.0, {(0.3, 0.5), (0.0, 0.8)}),  # around the mean 0.4, of 0.2 and 0.6
        ("exposure", 2.0, {(0.04, 0.36), (math.sqrt(0.2), math.sqrt(0.6))}),
    ],
)
def test_changes_go_either_way(name, strength, expected):
    given = np.full(SHAPE, 0.2, np.float32)
    given[::2] = 0.6
    found = {
        tuple(round(float(v), 4) for v in (m.min(), m.max()))
        for m in (BY_NAME[name].image(given, strength, seed) for seed in range(12))
    }
    assert found == {tuple(round(v, 4) for v in pair) for pair in expected}


def test_an_occlusion_covers_its_share_with_the_mean_of_the_rest():
    given = np.zeros((100, 100), np.float32)
    given[:, ::2] = 1
    made = BY_NAME["occlusion"].image(given, 20.0, 3)
    covered = (made > 0.01) & (made < 0.99)
    assert covered.mean() == pytest.approx(0.2, abs=0.02)
    assert made[covered] == pytest.approx(0.5, abs=0.02)


def test_a_mask_turns_with_its_image_and_stays_otherwise():
    mask = square()
    bright = np.where(mask, 0.9, 0.1).astype(np.float32)
    for seed in range(4):
        turned = BY_NAME["rotation"].mask(mask, 15.0, seed)
        assert (turned != mask).any()
        assert ((BY_NAME["rotation"].image(bright, 15.0, seed) > 0.5) ^ turned).sum() <= 2
    both = BY_NAME["rotation"].mask(np.stack([mask, ~mask]), 15.0, 0)
    np.testing.assert_array_equal(both[0], BY_NAME["rotation"].mask(mask, 15.0, 0))
    assert BY_NAME["blur"].mask(mask, 2.0, 0) is mask
    assert BY_NAME["rotation"].mask(mask, 0.0, 0) is mask


def test_images_are_made_when_asked_for():
    images = Changed([image(0), image(1), image(2)], BY_NAME["noise"], 5.0)
    assert len(images) == 3
    np.testing.assert_array_equal(images[-1], images[2])
    np.testing.assert_array_equal(images[1:][0], images[1])
    assert [np.abs(a - b).max() for a, b in zip(images, images[:], strict=True)] == [0, 0, 0]
    assert np.abs((images[0] - image(0)) - (images[1] - image(1))).max() > 0.01  # other noise


def cases(n=20):
    """Positives are brighter: a reader of brightness minds exposure, and not rotation."""
    truth = np.arange(n) % 2 == 0
    return [image(i) * np.float32(0.4) + np.float32(0.3 * yes) for i, yes in enumerate(truth)], truth


def test_curves_of_a_reader_of_brightness():
    images, truth = cases()
    groups = [str(i // 2) for i in range(20)]
    said = []
    curves = {
        curve.change: curve
        for curve in classification_curves(
            images,
            truth,
            groups,
            lambda given: np.array([float(i[8:32, 10:46].mean()) for i in given]),
            data="made",
            progress=lambda *args: said.append(args),
        )
    }
    assert list(curves) == list(BY_NAME)
    for curve in curves.values():
        assert (curve.metric, curve.n, curve.data) == ("auc", 20, "made")
        assert curve.values[0] == 1.0
        assert len(curve.strengths) == len(curve.values) == len(curve.low) == len(curve.high)
        for low, value, high in zip(curve.low, curve.values, curve.high, strict=True):
            assert 0 <= low <= value <= high <= 1
    assert curves["rotation"].values == (1.0,) * 5
    assert curves["exposure"].values[-1] < 0.95
    assert said[0] == (0, 8, "robustness: noise")


def test_a_curve_may_be_stopped():
    def stop(done, total, text):
        raise Cancelled("stopped by the user")

    images, truth = cases(4)
    with pytest.raises(Cancelled):
        classification_curves(images, truth, list("abcd"), lambda i: np.ones(len(i)), data="", progress=stop)


def segmenter(given):
    return [i > 0.5 for i in given]


def test_curves_of_a_segmenter_of_brightness():
    masks = [square(8, 10 + i) for i in range(8)]
    images = [np.where(mask, 0.8, 0.2).astype(np.float32) for mask in masks]
    only = [BY_NAME["rotation"], BY_NAME["noise"], BY_NAME["occlusion"]]
    turned, noisy, hidden = segmentation_curves(images, masks, list("aabbccdd"), segmenter, data="made", changes=only)
    assert turned.metric == "dice"
    assert turned.values[0] == noisy.values[0] == 1.0
    assert min(turned.values) > 0.97  # the masks turn with the images
    assert noisy.values[-1] < 0.9
    assert noisy.low[-1] < noisy.values[-1] < noisy.high[-1]
    assert hidden.values[-1] < 1.0


def test_targets_count_alike_and_empty_ones_not():
    first, second, none = square(0, 0), square(20, 20), np.zeros(SHAPE, bool)
    true = [np.stack([first, second]), np.stack([first, none])]
    found = [np.stack([first, none]), np.stack([none, second])]
    # One target: found in one image of two; the other: missed in the only image that has it.
    assert dice_of(list("ab"))(found, true)[0] == pytest.approx((0.5 + 0) / 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: auc_of(np.ones(3, bool), list("abc")), NotApplicableError, "both classes"),
        (
            lambda: dice_of(list("a"))([np.ones((2, 2), bool)], [np.zeros((2, 2), bool)]),
            NotApplicableError,
            "all masks are empty",
        ),
        (
            lambda: dice_of(list("a"))([np.ones((2, 3), bool)], [np.ones((2, 2), bool)]),
            IncompatibleInputError,
            "target's shape",
        ),
    ],
)
def test_what_has_no_curve(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_own_change():
    dark = Change("dark", "share", (0, 1), lambda image, strength, rng: image * np.float32(1 - strength))
    images, truth = cases(6)
    (curve,) = classification_curves(
        images, truth, list("abcdef"), lambda given: np.array([float(i.mean()) for i in given]), data="", changes=[dark]
    )
    assert curve.values == (1.0, 0.5)


# --- colour ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_every_colour_goes_through_the_same_change(change):
    grey, other = image(), image(3)
    colour = np.stack([grey, other, grey], axis=-1)
    for strength in change.strengths:
        changed = change.image(colour, strength, (1, 2))
        assert changed.shape == colour.shape
        for k, one in enumerate((grey, other, grey)):
            assert np.array_equal(changed[..., k], change.image(one, strength, (1, 2)))
