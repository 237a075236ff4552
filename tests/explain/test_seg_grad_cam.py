"""Seg-Grad-CAM: its map is tf-keras-vis', its region the reader's or the model's own."""

import dataclasses
import math

import numpy as np
import pytest

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain import explain, explain_volume
from medimg_core.explain.seg_grad_cam import asked_region, on_input, region_map
from medimg_core.inference import classify, segment
from medimg_core.preprocess import letterboxed
from medimg_core.study import Volume
from tests.explain.map_models import SIZE, batch_for, region_for


@pytest.fixture
def said(map_models):
    """The U-Net's card, a volume of the reference's inputs at their own size, and its masks."""
    card, reference = map_models["pooled"]
    volume = Volume(batch_for(card)[..., 0])
    return card, reference, volume, segment(volume, card, enforce_gate=False, check_agreement=False)


def test_the_map_is_that_of_tf_keras_vis(said):
    card, reference, volume, _ = said
    for index in range(2):
        prediction = classify(volume, card, slice_index=index, enforce_gate=False)
        asked = asked_region(prediction, card, volume, label="rim", region=region_for())
        asked = dataclasses.replace(asked, batch=batch_for(card)[index : index + 1])
        native, layer, total = region_map(asked, card)
        wanted = reference["seg_grad_cam"][index]
        assert (layer, native.dtype) == ("features", np.float32)
        assert wanted.max() > 0
        np.testing.assert_allclose(native / wanted.max(), wanted / wanted.max(), atol=2e-5)
        masks = forward(card, asked.batch).masks[0].astype(float)
        odds = masks[..., 2] - np.logaddexp(masks[..., 0], masks[..., 1])
        assert total == pytest.approx(odds[region_for()].sum(), rel=1e-4)


def test_an_explanation_says_what_was_asked(said):
    card, _, volume, masks = said
    mine = explain(masks, card, method="seg_grad_cam", volume=volume, label="rim", region=region_for(), slice_index=1)
    assert (mine.method, mine.layer, mine.label, mine.slice_index) == ("seg_grad_cam", "features", "rim", 1)
    assert mine.native.shape == (4, 6)
    assert math.isnan(mine.score)
    assert not mine.signed
    more = mine.parameters
    assert (more["region"], more["region_px"]) == ("reader", int(region_for().sum()))
    assert more["quantity"] == "sum over the region of the log-odds of its pixels"
    assert (mine.to_image @ [0, 0, 1]).tolist() == [3.5, 3.5, 1]


@pytest.mark.parametrize("name", ["core", "rim"])
def test_the_model_s_own_mask(said, name):
    """That of the segmentation, and of a prediction the one the network gives: they are the same here."""
    card, _, volume, masks = said
    value = masks.label(name).value
    index = int((masks.mask == value).sum(axis=(1, 2)).argmax())
    asked = asked_region(masks, card, volume, label=name)
    assert (asked.slice_index, asked.whose) == (index, "own mask")
    np.testing.assert_array_equal(asked.inside, masks.mask[index] == value)
    prediction = classify(volume, card, slice_index=index, enforce_gate=False)
    np.testing.assert_array_equal(asked_region(prediction, card, volume, label=name).inside, asked.inside)
    assert asked.channels.tolist() == [float(channel == value) for channel in range(3)]


def test_a_stack_of_masks(said):
    card, _, volume, masks = said
    stack = explain_volume(volume, card, method="seg_grad_cam", label="rim", result=masks)
    held = [index for index in range(2) if (masks.mask[index] == masks.label("rim").value).any()]
    assert list(stack.slices) == held
    assert stack.native.shape == (len(held), 4, 6)
    one = explain(masks, card, method="seg_grad_cam", volume=volume, label="rim", slice_index=held[-1])
    np.testing.assert_allclose(stack.at(held[-1]).native, one.native, atol=1e-6)
    assert len(stack.parameters["value"]) == len(held)
    with pytest.raises(IncompatibleInputError, match="needs the segmentation whose masks it explains"):
        explain_volume(volume, card, method="seg_grad_cam")


def test_a_region_goes_where_the_image_goes(map_models):
    spec = dataclasses.replace(map_models["pooled"][0].input, steps=("letterbox",))
    region = np.zeros((60, 30), bool)
    region[40:, :15] = True
    found = on_input(region, spec)
    top, left, bottom, right = letterboxed((60, 30), SIZE).box
    assert found.shape == SIZE
    rows, columns = np.nonzero(found)
    assert (rows.max(), columns.min()) == (bottom - 1, left)
    assert columns.max() < (left + right) / 2
    assert rows.min() == pytest.approx(top + (bottom - top) * 2 / 3, abs=1)
    point = np.zeros((600, 300), bool)
    point[500, 200] = True
    assert on_input(point, spec).sum() > 0  # smaller than a pixel of the network's, and still there


def test_what_cannot_be_asked(said, map_models, tiny_masks):
    card, _, volume, masks = said
    prediction = classify(volume, card, slice_index=1, enforce_gate=False)
    region = region_for()
    for result, asked, error, message in (
        (masks, {"label": "shell"}, IncompatibleInputError, "label must be one of core, rim, got 'shell'"),
        (masks, {"region": region[:-1]}, IncompatibleInputError, r"must have the image's shape \(32, 48\)"),
        (masks, {"region": region & False}, NotApplicableError, "needs a region of core; it is empty"),
        (masks, {"slice_index": 2}, IncompatibleInputError, r"slice must lie in 0\.\.1, got 2"),
        (prediction, {"slice_index": 0}, IncompatibleInputError, "the slice must be the prediction's, 1, got 0"),
    ):
        with pytest.raises(error, match=message):
            explain(result, card, method="seg_grad_cam", volume=volume, **asked)
    with pytest.raises(IncompatibleInputError, match="needs the volume"):
        explain(masks, card, method="seg_grad_cam")
    with pytest.raises(NotApplicableError, match="explains a prediction"):
        explain(masks, card, volume=volume)
    with pytest.raises(NotApplicableError, match="needs a model that segments"):
        asked_region(prediction, map_models["dense"][0], volume)


def test_a_model_that_only_segments(tiny_masks):
    """Its masks come straight from the pixels, beside its features: said, and no empty map shown."""
    volume = Volume(np.full((1, 40, 56), 200, np.int16), unit="HU")
    masks = segment(volume, tiny_masks, enforce_gate=False, check_agreement=False)
    with pytest.raises(NotApplicableError, match="this one comes beside it"):
        explain(masks, tiny_masks, method="seg_grad_cam", volume=volume)
