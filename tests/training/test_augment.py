"""Augmentation and targets."""

import numpy as np
import pytest

from medimg_core.evaluation.folder import read_folder
from medimg_core.preprocess import prepare
from medimg_core.training.augment import erase, exposure, framing, targets
from medimg_core.training.datasets import find_regions_folder, load_images, load_regions
from medimg_core.training.recipe import input_of
from medimg_core.training.regions import all_regions
from medimg_core.training.stages import augmenter, epoch_batches
from tests.training.small import SIDE, recipe, write_folders


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = write_folders(tmp_path_factory.mktemp("data"), (6, 1))
    images = load_images(read_folder(folder, "train"), recipe())
    regions = load_regions(find_regions_folder([folder]), SIDE)
    guess = np.zeros(images.images.shape, bool)
    guess[:, 10:38, 6:42] = True
    return augmenter(images, all_regions(images, guess, regions), recipe())


def test_targets_are_shares_and_weights_balance():
    classes = np.array([0] * 10 + [1] * 20 + [2] * 10)
    table, weights = targets(recipe(label_smoothing=0.1), classes)
    assert table.sum(axis=1) == pytest.approx(np.ones(4))
    assert table[:3, 0] == pytest.approx([0.95, 0.05, 0.05])
    assert table[3] == pytest.approx([0.5, 1 / 3, 1 / 6])  # the prior of balanced classes
    assert 10 * weights[0] == pytest.approx(20 * weights[1] + 10 * weights[2])


def test_without_smoothing_a_target_is_its_class():
    table, _ = targets(recipe(label_smoothing=0.0), np.array([0, 1, 2]))
    assert table[:3] == pytest.approx(np.eye(3))


def test_a_seed_gives_the_same_sample(source):
    first, again, other = (source.sample(3, np.random.default_rng(s))[0] for s in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (32, 32, 1)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((1, 0, 0, 0), False),
        ((0, 1, 0, 0), True),
        ((0, 0, 1, 0), True),
        ((0, 0, 0, 1), True),
        ((0, 0, 0, 0), True),
    ],
)
def test_each_kind_of_sample(source, shares, told):
    names = ("null_share", "exterior_share", "frame_share", "only_region_share")
    chosen = recipe(**dict(zip(names, map(float, shares), strict=True)))
    kind = type(source)(source.images, source.regions, source.hulls, source.boxes, chosen)
    for seed in range(12):
        grey, known = kind.compose(seed, np.random.default_rng(seed))
        assert known is told
        assert grey.shape == (SIDE, SIDE)
        assert np.isfinite(grey).all()


def test_hidden_lungs_tell_nothing_of_what_was_in_them(source):
    """Two images that differ in the lungs alone give the same sample where the lungs are hidden."""
    chosen = recipe(null_share=1.0, exterior_share=0.0, frame_share=0.0, only_region_share=0.0)
    images = source.images.images.copy()
    images[1] = images[0]
    images[1][source.regions[0]] = 250
    both = type(source.images)(images, source.images.classes, source.images.groups, source.images.cases)
    regions, hulls, boxes = (np.stack([a[0]] * len(both)) for a in (source.regions, source.hulls, source.boxes))
    kind = type(source)(both, regions, hulls, boxes, chosen)
    same = 0
    for seed in range(30):
        rng = [np.random.default_rng(seed) for _ in range(2)]
        first, second = kind.compose(0, rng[0])[0], kind.compose(1, rng[1])[0]
        same += np.abs(first - second).max() < 0.02
    # The rest shows the outer frame alone, whose width need not reach the lungs, or matches histograms.
    assert same >= 15


def test_plain_batches_equal_what_inference_prepares(source):
    plain = recipe(augment=False)
    inputs, wanted, weights = next(epoch_batches(source.images, plain, None)(0))
    order = np.random.default_rng((plain.seed, 0)).permutation(len(source.images))
    for row in range(3):
        image = source.images.images[order[row]]  # uint8, as a file gives it
        assert inputs[row] == pytest.approx(prepare(image, input_of(plain))[0], abs=2e-5)
    assert wanted.shape == (8, 3)
    assert (weights > 0).all()


def test_an_epoch_is_the_same_each_time_and_epochs_differ(source):
    batches = epoch_batches(source.images, recipe(), source)
    first, again, later = (next(batches(epoch))[0] for epoch in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)


@pytest.mark.parametrize("crop", [True, False])
def test_framing_and_exposure_stay_in_range(crop):
    rng = np.random.default_rng(0)
    image = rng.random((40, 56)).astype(np.float32)
    for _ in range(30):
        changed = exposure(framing(image, (5, 8, 30, 50), rng, crop=crop), rng, lambda: image)
        changed = erase(changed, rng) if changed.shape[0] > 36 else changed
        assert changed.shape == image.shape
        assert -1e-5 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-5
