"""The encoder that trainings may begin with."""

import numpy as np
import pytest

from medimg_core.training.architectures import multi_task
from medimg_core.training.architectures.lite import STAGES, WEIGHTS, lite0, load_imagenet
from tests.training.architectures.lying import even, offset


@pytest.fixture(scope="module")
def network():
    return multi_task(size=64, classes=2, encoder="lite0", head=16)


def test_the_grid_is_a_sixteenth_and_skips_are_finer_ones():
    import keras

    image = keras.Input((64, 96, 1))
    x, skips = lite0(image)
    assert x.shape[1:] == (4, 6, STAGES[-1][3])
    assert [tuple(skip.shape[1:3]) for skip in skips] == [(32, 48), (16, 24), (8, 12)]


def test_a_map_lies_where_its_evidence_is():
    """Each step down moves the grid by half a pixel of its own; turned round once, that adds up to half a pixel."""
    found = offset(even(multi_task(size=320, classes=1, encoder="lite0", head=1)), "features")
    assert found == pytest.approx([-0.5, -0.5], abs=0.3)


def test_every_layer_with_weights_is_in_the_encoders_file(network):
    import keras

    known = {layer.name: layer for layer in keras.saving.load_model(WEIGHTS, compile=False).layers if layer.weights}
    own = {layer.name: layer for layer in network.layers if layer.weights}
    assert set(own) - set(known) == {"features_conv", "features_conv_bn", "logits"}
    assert set(known) <= set(own)
    for name, layer in known.items():
        shapes = [tuple(weight.shape) for weight in own[name].weights]
        assert shapes[1:] == [tuple(weight.shape) for weight in layer.weights][1:]
        assert name == "stem" or shapes[0] == tuple(layer.weights[0].shape)


def test_a_grey_image_is_seen_as_one_of_equal_colours(network):
    import keras

    colour = multi_task(size=64, channels=3, classes=2, encoder="lite0", head=16)
    for one in (network, colour):
        load_imagenet(one)
    assert np.asarray(network.get_layer("stem").kernel)[..., 0, :] == pytest.approx(
        np.asarray(colour.get_layer("stem").kernel).sum(axis=2), abs=1e-6
    )
    rng = np.random.default_rng(0)
    grey = rng.normal(0, 1, (1, 64, 64, 1)).astype(np.float32)
    inner = [keras.Model(one.inputs[0], one.get_layer("stage5_2_add").output) for one in (network, colour)]
    first, second = np.asarray(inner[0](grey)), np.asarray(inner[1](np.repeat(grey, 3, axis=-1)))
    assert first == pytest.approx(second, abs=1e-3)
    assert first.std() > 0.1


def test_the_first_weights_have_no_say_in_the_head(network):
    before = np.asarray(network.get_layer("features_conv").kernel)
    load_imagenet(network)
    assert np.array_equal(before, np.asarray(network.get_layer("features_conv").kernel))
