"""Augmented batches of a plan."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import InputError, InvalidCardError
from medimg_core.preprocess import prepare
from medimg_core.training.labels import EITHER
from medimg_core.training.loading import load
from medimg_core.training.network import small_mask
from medimg_core.training.pipeline import source_of, steps_of, stream
from medimg_core.training.plan import UNKNOWN, MaskTarget
from medimg_core.training.samples import Origin
from tests.training import volumes
from tests.training.lesions import SIDE, only_masks, plan, samples


def batches(chosen, data=None, epoch=0):
    return list(stream(source_of(samples() if data is None else data, chosen))(epoch))


def test_an_epoch_is_the_same_each_time_and_epochs_differ():
    made = stream(source_of(samples(), plan()))
    first, again, later = (list(made(epoch)) for epoch in (0, 0, 1))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one[0], other[0])
        for name in ("logits", "mask_logits"):
            assert np.array_equal(one[1][name], other[1][name])
    assert not np.array_equal(first[0][0], later[0][0])


def test_shapes_targets_and_weights():
    chosen = plan(label_smoothing=0.0, repeats=2)
    found = batches(chosen)
    assert len(found) == steps_of(samples(), chosen) == 9 * 2 // 4
    for images, wanted, weights in found:
        assert images.shape == (4, SIDE, SIDE, 1)
        assert images.dtype == np.float32
        assert wanted["logits"].shape == (4, 3)
        assert wanted["mask_logits"].shape == (4, SIDE, SIDE, 1)
        assert wanted["mask_logits"].dtype == np.float32
        assert weights["mask_logits"].tolist() == [1] * 4
        # Kinds 0 and 1 are the negatives, two thirds of the images: each side gets half of the weight.
        assert weights["logits"] == pytest.approx([0.5 / (1 / 3 if w[2] else 2 / 3) for w in wanted["logits"]])
    rows = np.concatenate([wanted["logits"] for _, wanted, _ in found])
    assert set(map(tuple, rows.tolist())) == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


def test_the_map_is_drawn_to_masks_of_positive_images():
    """Kind 2 is the reading; in kind 1 the mask is of something else."""
    for _, wanted, weights in batches(plan(map_weight=1.0, label_smoothing=0.0, repeats=2)):
        assert weights["map"].tolist() == [1] * 4
        for target, mask, map_target in zip(wanted["logits"], wanted["mask_logits"], wanted["map"], strict=True):
            assert np.array_equal(map_target, mask if target[2] else 0 * mask)


def test_every_image_comes_once_a_pass():
    """Without changes a batch is what inference prepares, and each image is there as often as it is repeated."""
    data, chosen = samples(8), plan(strength=0.0, repeats=2)
    given = np.concatenate([images for images, _, _ in batches(chosen, data)])
    expected = np.concatenate([prepare(data.image(i), chosen.input) for i in range(8)])
    nearest = [int(np.abs(expected - image).max(axis=(1, 2, 3)).argmin()) for image in given]
    assert sorted(nearest) == sorted(2 * list(range(8)))
    assert max(np.abs(image - expected[n]).max() for image, n in zip(given, nearest, strict=True)) < 1e-4


def test_the_mask_belongs_to_the_image():
    for images, wanted, _ in batches(plan(modality="radiograph")):
        for image, mask in zip(images[..., 0], wanted["mask_logits"][..., 0], strict=True):
            if 0 < mask.sum() < mask.size:
                assert image[mask == 1].mean() > image[mask == 0].mean() + 0.5


def test_unknown_masks_stay_unknown():
    data = samples()
    data.masks[4] = UNKNOWN
    values = [mask for _, wanted, _ in batches(plan(repeats=4), data) for mask in wanted["mask_logits"]]
    unknown = [(mask == UNKNOWN).all() for mask in values]
    assert 0 < sum(unknown) <= 4
    assert all((mask < 2).all() for mask, all_unknown in zip(values, unknown, strict=True) if not all_unknown)


def test_the_background_of_partly_drawn_images_is_coded():
    """Two classes, the second undrawn in every second image."""
    chosen = only_masks(masks=(MaskTarget("blob"), MaskTarget("core")))
    data = samples(12, classes=False)
    data.masks[4, :4] = 2
    partly = dataclasses.replace(data, origins=tuple(Origin(undrawn=0b10 * (i % 2)) for i in range(12)))
    source = source_of(partly, chosen)
    for index in range(12):
        for seed in range(3):
            mask = source.sample(index, np.random.default_rng(seed))[2]
            values = set(np.unique(mask).tolist())
            assert values <= ({EITHER | 0b10, 1} if index % 2 else {0, 1, 2})


def test_volumes_give_batches_of_slices(tmp_path):
    chosen = volumes.plan(bits=16, cache_side=48)
    data = load(volumes.write_volumes(tmp_path), "train", chosen)
    found = batches(chosen, data)
    assert len(found) == 20 // 4
    for images, wanted, _ in found:
        assert images.shape == (4, SIDE, SIDE, 1)
        assert set(np.unique(wanted["mask_logits"]).tolist()) <= {0, 1, 2}
        for image, mask in zip(images[..., 0], wanted["mask_logits"][..., 0], strict=True):
            if (mask == 2).sum() > 20:
                assert image[mask == 2].mean() > image[mask == 0].mean() + 0.5


def test_whole_volumes_give_batches_in_the_networks_order(tmp_path):
    chosen = volumes.whole(bits=16, cache_side=48, batch=2)
    data = load(volumes.write_volumes(tmp_path), "train", chosen)
    assert len(data) == 4
    assert data.cases[0] == "train0/image"
    found = batches(chosen, data)
    assert len(found) == 2
    for images, wanted, _ in found:
        assert images.shape == (2, 8, SIDE, SIDE, 1)
        assert wanted["mask_logits"].shape == (2, 8, SIDE, SIDE, 1)
        for image, mask in zip(images[..., 0], wanted["mask_logits"][..., 0], strict=True):
            assert image[mask == 2].mean() > image[mask == 0].mean() + 0.5
            assert not mask[0].any()  # slices come first: parts lie in the middle ones
            assert mask[3:5].any()


def test_hidden_regions_tell_no_class_and_no_mask():
    data = samples()
    source = source_of(data, plan(null_share=1.0, strength=0.0))
    shown = source_of(data, plan(strength=0.0))
    for index in range(6):
        image, row, mask = source.sample(index, np.random.default_rng(index))
        hidden = index % 3 > 0  # kind 0 has no region to hide
        assert row == (3 if hidden else 0)
        assert (mask == UNKNOWN).all() == hidden
        if hidden:
            inside = data.masks[index] == 1
            before = shown.sample(index, np.random.default_rng(index))[0]
            assert before[inside].mean() > 2
            assert image[inside].mean() < 1
    assert source.soft[3] == pytest.approx([0.25, 0.25, 0.5])  # the prior of the balanced reading


def test_marks_are_drawn_in():
    data = samples(side=96)
    plain, marked = (
        source_of(data, plan(cache_side=96, size=96, strength=0.0, marks=share)).variant(0, np.random.default_rng(1))
        for share in (0.0, 1.0)
    )
    changed = np.abs(marked - plain) > 0.1
    assert 0 < changed.mean() < 0.2


@pytest.mark.parametrize(("chosen", "names"), [(only_masks(), {"mask_logits"}), (plan(masks=()), {"logits"})])
def test_heads_that_are_not_there_get_no_targets(chosen, names):
    for _, wanted, weights in batches(chosen, samples(classes=bool(chosen.classes))):
        assert set(wanted) == set(weights) == names


def test_fewer_images_than_a_batch_fill_one():
    (found,) = batches(plan(batch=8), samples(3))
    assert found[0].shape == (8, SIDE, SIDE, 1)


def test_a_cached_image_may_be_larger_than_the_input():
    data = samples(side=64)
    images, wanted, _ = batches(plan(cache_side=64, strength=0.0), data)[0]
    assert images.shape == (4, SIDE, SIDE, 1)
    assert wanted["mask_logits"].shape == (4, SIDE, SIDE, 1)
    areas = [small_mask(mask, plan(cache_side=64)).sum() for mask in data.masks]
    assert set(wanted["mask_logits"].sum(axis=(1, 2, 3)).tolist()) <= {float(area) for area in areas}


@pytest.mark.parametrize(
    ("chosen", "data", "error", "message"),
    [
        (plan(modality="xray"), samples(), InvalidCardError, "one of radiograph, mr.*got 'xray'"),
        (plan(), samples(drawn=False), InputError, "named in the index, column mask; there are none"),
        (
            only_masks(masks=(MaskTarget("blob"), MaskTarget("core"))),
            samples(),
            InputError,
            "a drawn mask of core; there is none",
        ),
    ],
)
def test_what_cannot_be_trained_is_said(chosen, data, error, message):
    with pytest.raises(error, match=message):
        source_of(data, chosen)
