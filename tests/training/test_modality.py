"""Random changes of an image and its mask."""

import dataclasses

import numpy as np
import pytest

from medimg_core import perturb
from medimg_core.training.modality import MODALITIES, along_slices, augment, each, geometry, greys, move
from medimg_core.training.plan import UNKNOWN

SIDE = 48
MIRRORED = {"mr", "ultrasound", "endoscopy", "pet"}


def phantom():
    """An L, bright on dark: no turn and no zoom makes it its mirror image. Image and label map."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[12:34, 16:22] = mask[28:34, 16:36] = 1
    return np.where(mask == 1, 0.9, 0.1).astype(np.float32), mask


def turns(matrix):
    """1 where the map keeps the hand, -1 where it mirrors."""
    return int(np.sign(np.linalg.det(matrix[:, :2])))


@pytest.mark.parametrize("name", sorted(MODALITIES))
def test_the_mask_moves_with_the_image(name):
    image, mask = phantom()
    rng = np.random.default_rng(0)
    for _ in range(12):
        matrix = geometry(image.shape, MODALITIES[name], rng)
        moved, region = move(image, mask, matrix, fill=0.1)
        assert np.array_equal(moved > 0.5, region == 1)
        assert set(np.unique(region)) <= {0, 1}


def test_mask_classes_keep_their_values_and_outside_there_is_background():
    image, mask = phantom()
    mask[28:34, 16:36] = 2
    matrix = perturb.affine(image.shape, zoom=(0.5, 0.5), shift=(0.1, 0.0))
    _, region = move(image, mask, matrix)
    assert set(np.unique(region)) == {0, 1, 2}
    assert np.flatnonzero((region == 1).any(1)).max() < np.flatnonzero((region == 2).any(1)).max()
    assert region[:10].max() == region[-10:].max() == 0
    assert (region == 1).sum() == pytest.approx((mask == 1).sum() / 4, rel=0.2)


@pytest.mark.parametrize("name", sorted(MODALITIES))
def test_nothing_is_mirrored_where_left_and_right_differ(name):
    rng = np.random.default_rng(1)
    hands = {turns(geometry((SIDE, SIDE), MODALITIES[name], rng)) for _ in range(60)}
    assert hands == ({1, -1} if name in MIRRORED else {1})


def test_an_unmirrored_phantom_keeps_its_hand_in_the_pixels():
    """The L's foot stays on its right side however a radiograph is changed."""
    image, mask = phantom()
    rng = np.random.default_rng(2)
    for _ in range(20):
        _, region = augment(image, mask, "radiograph", rng)
        rows = np.flatnonzero(region.any(1))
        top, foot = region[rows[: len(rows) // 3]], region[rows[-len(rows) // 4 :]]
        assert np.flatnonzero(foot.any(0)).mean() > np.flatnonzero(top.any(0)).mean() + 1


def test_an_unknown_mask_stays_unknown():
    image, _ = phantom()
    unknown = np.full((SIDE, SIDE), UNKNOWN, np.uint8)
    for name in MODALITIES:
        assert (augment(image, unknown, name, np.random.default_rng(3))[1] == UNKNOWN).all()


@pytest.mark.parametrize("name", sorted(MODALITIES))
def test_changed_images_stay_in_range_and_a_seed_gives_the_same(name):
    image, mask = phantom()
    for seed in range(15):
        first, region = augment(image, mask, name, np.random.default_rng(seed))
        again, same = augment(image, mask, name, np.random.default_rng(seed))
        assert np.array_equal(first, again)
        assert np.array_equal(region, same)
        assert first.shape == image.shape
        assert first.dtype == np.float32
        assert -1e-5 <= float(first.min()) <= float(first.max()) <= 1 + 1e-5


def test_colours_move_together():
    image, mask = phantom()
    colour = np.stack([image, 0.5 * image, 1 - image], axis=-1)
    matrix = geometry(image.shape, MODALITIES["endoscopy"], np.random.default_rng(4))
    moved, region = move(colour, mask, matrix)
    inside = region == 1
    assert moved.shape == colour.shape
    assert moved[inside].mean(0) == pytest.approx([0.9, 0.45, 0.1], abs=0.1)
    for k in range(3):
        assert np.array_equal(moved[..., k], perturb.warp(np.ascontiguousarray(colour[..., k]), matrix))


def test_colours_are_exposed_alike():
    colour = np.repeat(phantom()[0][..., None], 3, axis=-1)
    limits = dataclasses.replace(MODALITIES["endoscopy"], noise=0.003, rate=1.0)
    changed = greys(colour, limits, np.random.default_rng(5))
    assert changed.shape == colour.shape
    assert np.abs(changed - colour).max() > 0.05
    assert np.abs(changed - changed.mean(-1, keepdims=True)).max() < 0.05


def test_each_leaves_a_grey_image_grey():
    image, _ = phantom()
    assert np.array_equal(each(image, lambda grey: grey * 2), image * 2)


def test_without_strength_nothing_changes():
    image, mask = phantom()
    for name in MODALITIES:
        changed, region = augment(image, mask, name, np.random.default_rng(6), strength=0.0)
        assert changed == pytest.approx(image, abs=1e-6)
        assert np.array_equal(region, mask)


@pytest.mark.parametrize("name", sorted(MODALITIES))
def test_strength_scales_how_far_changes_go(name):
    limits = MODALITIES[name]
    assert limits.scaled(1.0) == limits
    half, double = limits.scaled(0.5), limits.scaled(2.0)
    assert (half.angle, half.gain) == pytest.approx((limits.angle / 2, limits.gain / 2))
    assert double.zoom == pytest.approx((limits.zoom[0] ** 2, limits.zoom[1] ** 2))
    assert half.jpeg == pytest.approx(100 - (100 - limits.jpeg) / 2, abs=0.5)
    assert double.jpeg >= 10
    assert (half.rate, double.rate) == pytest.approx((limits.rate / 2, limits.rate))


# --- volumes --------------------------------------------------------------------------------------


def volume(slices=6):
    """The L on some slices only, growing brighter from slice to slice; image and label map, slices last."""
    image, mask = phantom()
    level = np.where(np.isin(np.arange(slices), (2, 3)), 1.0, 0.2).astype(np.float32)
    return image[..., None] * level, mask[..., None] * (level > 0.5).astype(np.uint8)


@pytest.mark.parametrize("name", ["mr", "ct", "pet"])
def test_slices_move_together_with_their_masks(name):
    image, mask = volume()
    for seed in range(6):
        moved, region = augment(image, mask, name, np.random.default_rng(seed))
        assert moved.shape == region.shape == image.shape
        held = np.flatnonzero(region.any(axis=(0, 1)))
        assert len(held) in (1, 2, 3, 4)
        assert (np.diff(held) == 1).all()
        for place in held:
            assert moved[..., place][region[..., place] == 1].mean() > moved[..., place][region[..., place] == 0].mean()
        outlines = [region[..., place] for place in held]
        assert all(np.array_equal(outlines[0], one) for one in outlines)  # one turn for all slices


def test_a_volume_is_stretched_along_its_slices():
    image = np.arange(24, dtype=np.float32)[None, None] * np.ones((4, 4, 24), np.float32) / 24
    mask = np.zeros(image.shape, np.uint8)
    mask[..., 8:18] = 1
    widths = set()
    for seed in range(20):
        moved, region = along_slices(image, mask, MODALITIES["mr"], np.random.default_rng(seed))
        assert (np.diff(moved[0, 0]) >= -1e-6).all()  # slices keep their order
        widths.add(int(region[0, 0].sum()))
        inside = moved[region == 1]
        assert ((inside > 7.4 / 24) & (inside < 17.6 / 24)).all()
    assert len(widths) > 1
    assert widths <= {9, 10, 11, 12}


def test_an_unknown_volume_stays_unknown():
    image, mask = volume()
    found = augment(image, np.full_like(mask, UNKNOWN), "mr", np.random.default_rng(0))[1]
    assert (found == UNKNOWN).all()


def test_without_strength_a_volume_stays_as_it_is():
    image, mask = volume()
    changed, region = augment(image, mask, "mr", np.random.default_rng(6), strength=0.0)
    assert changed == pytest.approx(image, abs=1e-6)
    assert np.array_equal(region, mask)
