"""Networks that give a mask, a class, or both."""

import numpy as np
import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.training.architectures import fcn, multi_task, unet, unet3d
from medimg_core.training.losses import mask_loss
from medimg_core.training.plan import MaskTarget
from tests.training.architectures.lying import alike, even, offset
from tests.training.lesions import only_masks

SMALL = {"encoder": "residual", "widths": (4, 8), "head": 6, "decoder": (8, 4)}


@pytest.mark.parametrize(
    ("classes", "masks", "shapes"),
    [
        (3, 0, {"logits": (3,), "embedding": (6,)}),
        (0, 1, {"mask_logits": (32, 32, 1), "embedding": (6,)}),
        (2, 4, {"logits": (2,), "mask_logits": (32, 32, 4), "embedding": (6,)}),
    ],
)
def test_heads_that_are_asked_for_are_there(classes, masks, shapes):
    network = multi_task(size=32, classes=classes, masks=masks, **SMALL)
    names = {layer.name for layer in network.layers}
    assert len(network.outputs) == len(shapes)
    assert {"logits", "mask_logits"} & names == {"logits", "mask_logits"} & set(shapes)
    for name, shape in shapes.items():
        assert network.get_layer(name).output.shape[1:] == shape
    assert network.get_layer("features").output.shape[1:] == (4, 4, 6)


@pytest.mark.parametrize("encoder", ["lite0", "residual"])
def test_the_graph_is_flat_and_layers_with_weights_have_names_of_their_own(encoder):
    """Built twice in one process, so that Keras' own numbering would give other names."""
    import keras

    made = {**SMALL, "encoder": encoder, "decoder": (8, 4, 4)[: 3 if encoder == "lite0" else 2]}
    first, second = (multi_task(size=32, classes=2, masks=1, **made) for _ in range(2))
    assert not [layer for layer in first.layers if isinstance(layer, keras.Model)]
    names = [[layer.name for layer in one.layers if layer.weights] for one in (first, second)]
    assert names[0] == names[1]


def test_dropout_is_there_only_while_training():
    kept = multi_task(size=32, classes=2, dropout=0.2, **SMALL)
    assert kept.get_layer("embedding_dropout").rate == 0.2
    plain = multi_task(size=32, classes=2, **SMALL)
    assert "embedding_dropout" not in {layer.name for layer in plain.layers}
    assert [w.shape for w in kept.weights] == [w.shape for w in plain.weights]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": "vgg"}, "lite0 or residual, got 'vgg'"),
        ({"size": 36}, r"multiple of 8 and `decoder` give 2 widths, got 36"),
        ({"decoder": (8, 4, 4)}, r"give 2 widths, got 32 and \[8, 4, 4\]"),
    ],
)
def test_what_cannot_be_built_is_said(changes, message):
    with pytest.raises(InvalidCardError, match=message):
        multi_task(**{"size": 32, "masks": 1, **SMALL, **changes})


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (lambda: unet(size=32, base=2, depth=2, masks=3), (32, 32, 3)),
        (lambda: unet(size=32, base=2, depth=3, channels=3), (32, 32, 1)),
        (lambda: fcn(size=32, widths=(4, 8), masks=2), (32, 32, 2)),
        (lambda: unet3d(shape=(8, 16, 24), widths=(2, 4, 8), masks=3), (8, 16, 24, 3)),
    ],
    ids=["unet", "unet of colours", "fcn", "unet3d"],
)
def test_masks_come_on_the_inputs_grid(network, shape):
    assert network().get_layer("mask_logits").output.shape[1:] == shape


@pytest.mark.parametrize(
    ("network", "axes"),
    [
        (lambda: unet(size=32, base=2, depth=2), (1, 2)),
        (lambda: unet3d(shape=(8, 16, 24), widths=(2, 4, 8)), (1, 2, 3)),
    ],
    ids=["unet", "unet3d"],
)
def test_a_mirrored_image_gives_the_mirrored_mask(network, axes):
    """Steps down and up are half-pixel centred: nothing is moved to one side."""
    assert alike(network(), axes)


def test_the_residual_encoders_grid_lies_beside_its_image():
    """Its 3 x 3 kernels of stride 2 are padded on one side: maps of ``features`` would have to take this off."""
    network = multi_task(size=128, classes=1, encoder="residual", widths=(4, 8), head=1)
    assert offset(even(network), "features") == pytest.approx([1.5, 1.5], abs=0.1)


def test_a_small_volume_is_learned():
    """A bright box in a volume is found by a few steps with the loss of masks."""
    import keras

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    volumes = rng.normal(0, 0.3, (6, 8, 16, 16, 1)).astype(np.float32)
    labels = np.zeros((6, 8, 16, 16, 1), np.float32)
    for i, start in enumerate(rng.integers(1, 8, 6)):
        labels[i, 2:6, start : start + 6, 4:10] = 1
        labels[i, 2:4, start : start + 6, 4:10] = 2
    volumes += labels
    network = unet3d(shape=(8, 16, 16), widths=(4, 8), masks=3)
    network.compile(keras.optimizers.Adam(0.02), mask_loss(only_masks(masks=(MaskTarget("a"), MaskTarget("b")))))
    losses = [float(network.train_on_batch(volumes, labels)) for _ in range(15)]
    assert losses[-1] < 0.6 * losses[0]
    found = np.asarray(network(volumes, training=True)).argmax(-1)
    assert np.mean(found == labels[..., 0]) > 0.9
