"""A card's network as functions of grey images: the same answers as through the dashboard's door."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.adversarial import inputs
from medimg_core.evaluation.networks import classifier_of, on_network, segmenter_of, to_grey, to_unit
from medimg_core.inference import classify, model_input, segment
from medimg_core.registry import InputSpec
from medimg_core.study import Volume

HU = InputSpec((40, 56), 1, ("window", "squash"), "HU", (-100.0, 300.0))
ANY = InputSpec((40, 56), 1, ("to_grey01", "letterbox"), "any")


def volume(seed=0, shape=(60, 50), unit="unknown", top=255.0):
    """Smooth blobs from 0 to ``top``."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 5)
    grey = (field - field.min()) / (field.max() - field.min())
    values = np.round(grey * top) - (100 if unit == "HU" else 0)
    return Volume(values.astype(np.uint8 if unit == "unknown" else np.int16)[None], unit=unit)


def test_grey_and_back():
    values = np.array([[-200.0, -100.0, 100.0, 300.0]], np.float32)
    assert to_grey(values, HU).tolist() == [[0, 0, 0.5, 1]]
    np.testing.assert_allclose(to_unit(to_grey(values, HU), HU), [[-100, -100, 100, 300]])
    assert to_grey(values, ANY).tolist() == values.tolist()
    with pytest.raises(NotApplicableError, match="window of HU"):
        to_grey(values, dataclasses.replace(HU, window=None, steps=("squash",)))


def test_a_mask_goes_where_its_image_goes():
    mask = np.zeros((80, 56), bool)
    mask[:40] = True
    letterboxed = on_network(mask, ANY)  # 40 rows, 28 of 56 columns
    assert letterboxed.shape == (40, 56)
    assert letterboxed[:20, 14:42].all()
    assert letterboxed.sum() == 20 * 28
    assert on_network(np.ones((80, 56), bool), ANY).sum() == 40 * 28  # no margin, though the whole image is full
    assert on_network(mask, HU)[:20].all()


def test_scores_are_those_of_classify(tiny_multi):
    volumes = [volume(seed) for seed in range(3)]
    greys = [to_grey(model_input(one, tiny_multi), tiny_multi.input) for one in volumes]
    model = classifier_of(tiny_multi)
    expected = [classify(one, tiny_multi, enforce_gate=False).score for one in volumes]
    np.testing.assert_allclose(model.score(greys), expected, atol=1e-5)
    np.testing.assert_allclose(model.on_batch(inputs(greys, tiny_multi.input).batch), expected, atol=1e-5)


@pytest.mark.parametrize(("which", "unit", "top"), [("tiny_multi", "unknown", 255.0), ("tiny_masks", "HU", 400.0)])
def test_masks_are_those_of_segment(which, unit, top, request):
    card = request.getfixturevalue(which)
    volumes = [volume(seed, unit=unit, top=top) for seed in range(3)]
    greys = [to_grey(model_input(one, card), card.input) for one in volumes]
    model = segmenter_of(card)
    for one, masks in zip(volumes, model.segment(greys), strict=True):
        found = segment(one, card, enforce_gate=False, check_agreement=False)
        target = card.segmentation.mask.targets[0]
        expected = np.isin(found.mask[0], [found.label(name).value for name in target.classes])
        np.testing.assert_array_equal(masks[0], expected)
        assert expected.any()
    batch = inputs([to_unit(grey, card.input) for grey in greys], card.input).batch
    for one, other in zip(model.segment(greys), model.on_batch(batch, [(60, 50)] * 3), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_small_part_goes_where_the_card_keeps_one(tiny_masks):
    output = tiny_masks.segmentation
    one_part = dataclasses.replace(output, mask=dataclasses.replace(output.mask, components=1))
    image = np.zeros((80, 112), np.float32)
    image[10:60, 10:60] = image[20:30, 90:100] = 1
    (both,) = segmenter_of(tiny_masks).segment([image])
    (largest,) = segmenter_of(dataclasses.replace(tiny_masks, outputs=(one_part,))).segment([image])
    assert both[0, 25, 95]
    assert not largest[0, 25, 95]
    np.testing.assert_array_equal(both[0, :, :80], largest[0, :, :80])


def test_what_a_card_does_not_do(tiny_masks, shipped_model):
    with pytest.raises(NotApplicableError):
        classifier_of(tiny_masks)
    with pytest.raises(NotApplicableError, match="segments"):
        segmenter_of(shipped_model)
