"""TensorFlow in a process of its own: gradients of nested networks, errors, threads; and none of it here."""

import dataclasses
import sys
import threading

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.engine import apart, forward
from medimg_core.errors import ModelError, NotApplicableError, WeightsError
from tests.engine.own_models import BACK


def test_a_layer_inside_a_backbone(own_models):
    """Grad-CAM from these gradients is that of TensorFlow's own tape on the nested network."""
    card, _, batch, said = own_models
    question = decision(card)
    found = apart.layer_gradient(card, f"{BACK}/out_relu", batch, question)
    np.testing.assert_allclose(found.features, said["features"], atol=1e-3)
    assert found.gradient.shape == found.features.shape
    np.testing.assert_allclose(found.values, question.log_odds(forward(card, batch).logits), atol=1e-3)
    weights = found.gradient.mean(axis=(1, 2), keepdims=True)
    native = np.maximum((weights * found.features).sum(axis=-1), 0)
    assert said["map"].max() > 0
    np.testing.assert_allclose(native, said["map"], atol=1e-3 * said["map"].max())


def test_behind_layers_that_normalise(normalised_model):
    """The layer's mean goes into the score: each of its 64 cells has a 64th of the kernel as gradient."""
    card, batch, scores, kernel = normalised_model
    found = apart.layer_gradient(card, "back/features", batch, decision(card))
    np.testing.assert_allclose(1 / (1 + np.exp(-found.values.astype(float))), scores[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.gradient, np.broadcast_to(kernel[:, 0] / 64, (2, 8, 8, 6)), atol=1e-6)


def test_layers_to_choose_from(own_models):
    card = own_models[0]
    found = apart.map_layers(card)
    assert found[-1][:3] == (f"{BACK}/out_relu", 2, 2)
    sizes = [one[1:3] for one in found]
    assert len(set(sizes)) == len(sizes) > 3
    assert sizes == sorted(sizes, reverse=True)


def test_the_gradient_of_an_input(own_models):
    """Against a step along it: the log-odds rise as the gradient says."""
    card, _, batch, _ = own_models
    question = decision(card)
    found = apart.input_gradient(card, batch, question)
    np.testing.assert_array_equal(found.features, batch)
    step = 1e-3 / np.sqrt(np.square(found.gradient).sum(axis=(1, 2, 3), keepdims=True))
    ends = [question.log_odds(forward(card, batch + sign * step * found.gradient).logits) for sign in (1, -1)]
    wanted = np.square(found.gradient).sum(axis=(1, 2, 3)) * step.ravel()
    np.testing.assert_allclose((ends[0] - ends[1]) / 2, wanted, rtol=0.1)


def test_errors_are_ours(own_models):
    card, masks, batch, _ = own_models
    question = decision(card)
    with pytest.raises(ModelError, match=f"no layer 'out_relo'; near: '{BACK}/out_relu'"):
        apart.layer_gradient(card, "out_relo", batch, question)
    with pytest.raises(ModelError, match="TensorFlow must run the network of own_nested"):
        apart.layer_gradient(card, f"{BACK}/out_relu", batch[:, :-1], question)
    with pytest.raises(WeightsError, match="SHA-256"):
        apart.layer_gradient(dataclasses.replace(card, sha256="0" * 64), "out_relu", batch, question)
    with pytest.raises(NotApplicableError, match="needs a model that classifies"):
        apart.layer_gradient(masks, "red", batch, question)
    with pytest.raises(NotApplicableError, match="needs a model that segments"):
        apart.region_gradient(card, "out_relu", batch, batch[..., 0] > 0, np.ones(1, np.float32))


def test_threads_share_it(own_models):
    card, _, batch, _ = own_models
    question, found = decision(card), {}
    wanted = apart.input_gradient(card, batch, question).gradient

    def ask(number):
        found[number] = apart.input_gradient(card, batch[number : number + 1], question).gradient

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(np.concatenate([found[0], found[1]]), wanted, atol=1e-5)


def test_nothing_of_it_comes_here(own_models):
    """Neither with answers nor with errors."""
    card, _, batch, _ = own_models
    before = set(sys.modules)
    apart.saliency(card, batch[:1], decision(card))
    with pytest.raises(ModelError):
        apart.input_gradient(card, batch[:, :-1], decision(card))
    assert not {"tensorflow", "keras", "tf_keras_vis"} & (set(sys.modules) - before)
