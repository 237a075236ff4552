"""A plan's network: built, started, validated."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import InputError, InvalidCardError, UnknownModelError
from medimg_core.registry import sha256_of
from medimg_core.training.cardtext import Measured, card_text
from medimg_core.training.network import (
    build,
    decided,
    dice_rows,
    heads_of,
    pointing_rows,
    small_mask,
    start,
    validator,
)
from medimg_core.training.plan import UNKNOWN, MaskTarget
from medimg_core.training.samples import Origin
from tests.training.lesions import SIDE, only_masks, plan, samples
from tests.training.test_package import ABOUT
from tests.training.volumes import whole


def model_folder(root, network):
    """A model folder with this network, as far as starting from it asks."""
    folder = root / "earlier"
    folder.mkdir()
    network.save(folder / "weights.keras")
    measured = Measured(plan().input, [{"name": "mask_logits", "kind": "segmentation", "classes": ["blob"]}])
    text = card_text("earlier", sha256_of(folder / "weights.keras"), {**ABOUT, "task": "segmentation"}, measured)
    (folder / "card.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """A model with one mask and no classes, its weights all 0.25, and the folder of models it lies in."""
    root = tmp_path_factory.mktemp("models")
    network = build(only_masks())
    network.set_weights([np.full(weight.shape, 0.25, np.float32) for weight in network.weights])
    model_folder(root, network)
    return root


def taken(network):
    """Names of the layers that have the earlier model's weights."""
    layers = [layer for layer in network.layers if layer.weights]
    return {layer.name for layer in layers if all((np.asarray(w.value) == 0.25).all() for w in layer.weights)}


@pytest.mark.parametrize(
    ("changes", "fresh"),
    [
        ({}, {"logits"}),
        ({"decoder": (8, 6)}, {"logits", "decoder2_first_conv", "decoder2_first_conv_bn", "mask_half"}),
        ({"masks": ()}, {"logits"}),
    ],
)
def test_a_model_is_gone_on_with_where_its_layers_are_alike(earlier, monkeypatch, changes, fresh):
    monkeypatch.setenv("MEDIMG_MODELS", str(earlier))
    chosen = plan(start="earlier", **changes)
    network = build(chosen)
    assert taken(network) == set()
    start(network, chosen)
    names = {layer.name for layer in network.layers if layer.weights}
    missing = names - taken(network)
    assert {name for name in missing if not name.startswith("decoder2_second")} == fresh
    assert {"residual0", "residual2_0_first", "features_conv"} <= taken(network)


def test_a_model_with_another_encoder_is_refused(earlier, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(earlier))
    chosen = plan(start="earlier", widths=(5, 9), head=7, decoder=(9, 5), masks=())
    with pytest.raises(InvalidCardError, match="model with this encoder; earlier has another"):
        start(build(chosen), chosen)
    with pytest.raises(UnknownModelError):
        start(build(chosen), plan(start="nonesuch"))


def test_imagenet_is_taken_over_and_fresh_weights_stay():
    import keras

    from medimg_core.training.architectures.lite import WEIGHTS

    made = {"encoder": "lite0", "decoder": (8, 4, 4)}
    network = build(plan(**made))
    before = [np.array(weight) for weight in network.get_weights()]
    start(network, plan(**made))
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    start(network, plan(start="imagenet", **made))
    known = keras.saving.load_model(WEIGHTS, compile=False)
    stem, expand = (known.get_layer(name).get_weights()[0] for name in ("stem", "stage2_0_expand"))
    assert network.get_layer("stem").get_weights()[0] == pytest.approx(stem.sum(axis=2, keepdims=True))
    assert np.array_equal(network.get_layer("stage2_0_expand").get_weights()[0], expand)


def test_the_trained_part_has_its_outputs_by_name():
    for chosen, names in ((plan(), {"logits", "mask_logits"}), (only_masks(), {"mask_logits"})):
        network = build(chosen)
        heads = heads_of(network, chosen)
        assert set(heads(np.zeros((1, SIDE, SIDE, 1), np.float32))) == names
        assert {w.path for w in heads.trainable_weights} == {w.path for w in network.trainable_weights}


def test_the_map_is_the_classification_of_each_cell():
    chosen = plan(map_weight=0.5)
    network = build(chosen)
    heads = heads_of(network, chosen)
    found = heads(np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 1)).astype(np.float32))
    assert set(found) == {"logits", "mask_logits", "map"}
    assert np.asarray(found["map"]).mean(axis=(1, 2)) == pytest.approx(np.asarray(found["logits"]), abs=1e-5)
    assert [w.path for w in heads.weights] == [w.path for w in heads_of(network, plan()).weights]


def test_a_network_of_volumes_has_the_outputs_of_every_model_of_masks():
    chosen = whole(depth=8, size=16, cache_side=16)
    network = build(chosen)
    assert network.get_layer("image").output.shape[1:] == (8, 16, 16, 1)
    assert network.get_layer("mask_logits").output.shape[1:] == (8, 16, 16, 3)
    assert network.get_layer("embedding").output.shape[1:] == (8,)
    assert set(heads_of(network, chosen)(np.zeros((1, 8, 16, 16, 1), np.float32))) == {"mask_logits"}
    assert all(not layer.name.startswith(("conv3d", "batch_")) for layer in network.layers)


# --- masks on the network's grid ----------------------------------------------------------------


def test_a_cell_has_the_label_with_the_largest_share():
    chosen = only_masks(masks=(MaskTarget("a"), MaskTarget("b")), size=16, cache_side=64)
    mask = np.zeros((64, 64), np.uint8)
    mask[8:24, 4:20], mask[40:56, 30:60] = 1, 2
    small = small_mask(mask, chosen)
    assert small.shape == (16, 16)
    expected = np.zeros((16, 16), np.uint8)
    expected[2:6, 1:5], expected[10:14, 8:15] = 1, 2
    assert np.abs((small > 0).sum() - (expected > 0).sum()) <= 4
    assert np.array_equal(small[2:6, 1:5], expected[2:6, 1:5])
    assert np.array_equal(small[10:14, 8:15], expected[10:14, 8:15])
    assert (small_mask(np.full((64, 64), UNKNOWN, np.uint8), chosen) == UNKNOWN).all()


@pytest.mark.parametrize(
    ("logits", "threshold", "expected"),
    [
        ([[0.1], [-0.1], [0.0]], 0.5, [1, 0, 1]),
        ([[1.0], [1.2], [2.0]], 0.75, [0, 1, 1]),
        ([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, 3.0, 2.0]], 0.5, [0, 2, 1]),
    ],
)
def test_logits_become_labels(logits, threshold, expected):
    assert decided(np.array(logits, np.float32), threshold).tolist() == expected


def test_dice_counts_rows_with_a_drawn_mask_that_is_not_empty():
    true, found = np.zeros((2, 4, 4, 4), np.uint8)
    true[0, :2], found[0, 1:3] = 1, 1  # two of four rows each, one of them shared
    true[1, :2], found[1, :2] = 2, 1
    true[2] = UNKNOWN
    found[3] = 1
    assert dice_rows(found, true, 1) == pytest.approx([0.5, np.nan, np.nan, np.nan], nan_ok=True)
    assert dice_rows(found, true, 2) == pytest.approx([np.nan, 0.0, np.nan, np.nan], nan_ok=True)


def test_slices_of_one_volume_have_one_dice():
    true, found = np.zeros((2, 5, 4, 4), np.uint8)
    true[0, :2], found[0, :1] = 1, 1  # 8 and 4 pixels, 4 shared
    found[1, 0, :2] = 1  # an empty slice of the same volume: 2 too many
    true[3] = found[3] = 1
    true[4] = UNKNOWN
    stacks = np.array([1, 1, 0, 2, 3])
    assert dice_rows(found, true, 1, stacks) == pytest.approx([np.nan, 2 * 4 / (8 + 6), 1.0, np.nan], nan_ok=True)


def test_a_volume_lies_in_the_networks_order():
    chosen = whole(depth=4, size=16, cache_side=32)
    mask = np.zeros((32, 32, 4), np.uint8)
    mask[8:16, 4:20, 2] = 1
    small = small_mask(mask, chosen)
    assert small.shape == (4, 16, 16)
    expected = np.zeros((4, 16, 16), np.uint8)
    expected[2, 4:8, 2:10] = 1
    assert np.array_equal(small, expected)
    assert (small_mask(np.full((32, 32, 4), UNKNOWN, np.uint8), chosen) == UNKNOWN).all()


def test_a_whole_volume_has_one_dice():
    true, found = np.zeros((2, 2, 4, 4, 4), np.uint8)
    true[0, :2], found[0, 1:3] = 1, 1
    true[1] = UNKNOWN
    assert dice_rows(found, true, 1) == pytest.approx([0.5, np.nan], nan_ok=True)


def test_a_map_points_where_its_largest_cell_touches_a_mask():
    odds = np.zeros((4, 2, 2))
    odds[:, 0, 1] = 1
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[0, 3, 4], masks[1, 4, 4], masks[3] = 2, 1, UNKNOWN
    assert pointing_rows(odds, masks) == pytest.approx([1.0, 0.0, np.nan, np.nan], nan_ok=True)


# --- validation ---------------------------------------------------------------------------------


def brighter(images, training=False):
    """Stands in for a network: a pixel 1.5 deviations above the mean is a blob, and the more there are the larger."""
    import tensorflow as tf

    assert training is False
    masks = 10 * (images - 1.5)
    size = tf.reduce_mean(tf.cast(masks > 0, tf.float32), axis=(1, 2, 3))
    zero = tf.zeros_like(size)
    return {"logits": tf.stack([zero, zero - 9, 100 * (size - 0.08)], axis=1), "mask_logits": masks}


def test_what_is_logged_is_measured():
    found = validator(samples(), plan())(brighter)
    assert set(found) == {"val_auc", "val_accuracy", "val_dice_blob", "val_false_positive", "val_score"}
    assert found["val_auc"] == 1
    assert found["val_accuracy"] == 1
    assert found["val_dice_blob"] > 0.98
    assert found["val_false_positive"] == 1  # noise reaches 1.5 deviations somewhere
    assert found["val_score"] == pytest.approx((found["val_auc"] + found["val_dice_blob"]) / 2)


def test_the_map_is_measured_where_it_is_drawn_to_masks():
    import tensorflow as tf

    def pointing(images, training=False):
        made = brighter(images, training=training)
        cells = images[:, 4::8, 4::8, 0]  # bright in the blob
        return {**made, "map": tf.stack([0 * cells, 0 * cells, cells], axis=-1)}

    found = validator(samples(), plan(map_weight=1.0))(pointing)
    assert found["val_pointing"] == 1
    assert found["val_score"] == pytest.approx((found["val_auc"] + found["val_dice_blob"]) / 2)


def test_only_heads_that_are_there_are_measured():
    assert set(validator(samples(), plan(masks=()))(brighter)) == {"val_auc", "val_accuracy", "val_score"}
    data = samples(classes=False)
    data.masks[::3] = UNKNOWN  # no empty masks are left
    assert set(validator(data, only_masks())(brighter)) == {"val_dice_blob", "val_score"}


def test_volumes_are_validated_as_they_are_evaluated():
    data = samples(6, classes=False)
    one = dataclasses.replace(data, origins=tuple(Origin("a", inside=0.5) for _ in range(6)))
    apart, together = (validator(given, only_masks())(brighter) for given in (data, one))
    assert apart["val_dice_blob"] > 0.98
    assert together["val_dice_blob"] < apart["val_dice_blob"]  # noise on its empty slices counts
    assert together["val_false_positive"] == apart["val_false_positive"] == 1


def test_undrawn_classes_are_no_false_positives():
    data = samples(6, classes=False)
    data.masks[:] = np.where(data.masks == 1, 2, 0)
    masks = (MaskTarget("rim"), MaskTarget("blob"))
    data.masks[1, :4] = 1
    partly = dataclasses.replace(data, origins=tuple(Origin(undrawn=0b01 * (i != 1)) for i in range(6)))

    def three(images, training=False):
        import tensorflow as tf

        found = 10 * (images - 1.5)
        return {"mask_logits": tf.concat([tf.zeros_like(found), tf.zeros_like(found) - 9, found], axis=-1)}

    assert "val_false_positive" in validator(data, only_masks(masks=masks))(three)
    found = validator(partly, only_masks(masks=masks))(three)
    assert "val_false_positive" not in found
    assert found["val_dice_rim"] == 0
    assert found["val_dice_blob"] > 0.9


@pytest.mark.parametrize(
    ("data", "chosen", "message"),
    [
        (samples().take(np.array([0, 1, 3])), plan(), "both readings"),
        (samples(drawn=False), plan(), "drawn mask of blob"),
        (samples().take(np.array([0, 3])), only_masks(), "drawn mask of blob"),
    ],
)
def test_validation_images_that_measure_nothing_are_refused(data, chosen, message):
    with pytest.raises(InputError, match=message):
        validator(data, chosen)
