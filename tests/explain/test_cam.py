"""Grad-CAM in closed form: equal to tf-keras-vis, silent where nothing speaks for the label."""

import numpy as np
import pytest

from medimg_core.decision import decision, decision_labels
from medimg_core.engine import dense_head, forward
from medimg_core.errors import NotApplicableError
from medimg_core.explain.cam import CONSTANT, GENERAL, grad_cam, signed_cam
from medimg_core.results import Activations


def activations_of(card, batch, index=0):
    result = forward(card, batch)
    return Activations(result.features[index], result.embedding[index], result.logits[index], result.ensemble[index])


@pytest.mark.parametrize("which", ["tiny_model", "shipped_model"])
def test_equals_tf_keras_vis_on_the_native_grid(which, request, keras_references):
    card = request.getfixturevalue(which)
    batch, reference = keras_references[card.id]
    shown = 0
    for label in decision_labels(card):
        for index in range(len(batch)):
            ours = grad_cam(activations_of(card, batch, index), card, decision(card, label=label))
            np.testing.assert_allclose(ours, reference[f"map {label}"][index], atol=1e-5)
            shown += ours.max() > 1e-3
    assert shown > 0  # equal, and not because all maps are empty


def planted(card, where, sign):
    """Activations in which one cell alone speaks, for the reading (+1) or against it (-1)."""
    kernel, bias = dense_head(card)
    push = kernel @ decision(card).gradient(np.zeros(kernel.shape[1])).astype(np.float32)
    channel = int(np.argmax(sign * push))
    features = np.zeros((12, 12, kernel.shape[0]), np.float32)
    features[(*where, channel)] = 5
    embedding = features.mean(axis=(0, 1))
    return Activations(features, embedding, embedding @ kernel + bias, np.empty((0, kernel.shape[1]), np.float32))


def test_the_map_finds_planted_evidence(tiny_model):
    native = grad_cam(planted(tiny_model, (3, 8), +1), tiny_model, decision(tiny_model))
    assert np.unravel_index(native.argmax(), native.shape) == (3, 8)
    assert np.count_nonzero(native) == 1


def test_evidence_against_is_no_evidence_for(tiny_model):
    activations = planted(tiny_model, (3, 8), -1)
    assert grad_cam(activations, tiny_model, decision(tiny_model)).max() == 0
    opposite = grad_cam(activations, tiny_model, decision(tiny_model, label="no pneumonia"))
    assert opposite[3, 8] > 0


def test_the_negative_reading_is_the_reading_turned_over(tiny_model):
    batch = np.random.default_rng(5).normal(size=(1, 48, 48, 1)).astype(np.float32)
    activations = activations_of(tiny_model, batch)
    positive = signed_cam(activations, tiny_model, decision(tiny_model, label="pneumonia"))
    negative = signed_cam(activations, tiny_model, decision(tiny_model, label="no pneumonia"))
    np.testing.assert_allclose(positive, -negative, atol=1e-7)


def test_a_model_without_a_feature_map_has_no_map(tiny_model):
    import dataclasses

    activations = planted(tiny_model, (0, 0), 1)
    with pytest.raises(NotApplicableError, match="needs a last feature map"):
        grad_cam(activations, dataclasses.replace(tiny_model, cam=None), decision(tiny_model))
    other = dataclasses.replace(tiny_model.cam, head="attention")
    with pytest.raises(NotApplicableError, match="closed form needs a head of pooling"):
        grad_cam(activations, dataclasses.replace(tiny_model, cam=other), decision(tiny_model))


def test_a_gradient_that_is_the_same_in_every_cell_has_the_closed_form():
    """For features of any sign: HiResCAM is Grad-CAM then, and Grad-CAM++ is LayerCAM."""
    rng = np.random.default_rng(6)
    features = rng.normal(size=(3, 4, 5, 7)).astype(np.float32)
    weights = rng.normal(size=(3, 7)).astype(np.float32)
    weights[1, 2] = 0
    everywhere = np.broadcast_to(weights[:, None, None], features.shape)
    for method, constant in CONSTANT.items():
        np.testing.assert_allclose(constant(features, weights), GENERAL[method](features, everywhere), atol=1e-4)
    np.testing.assert_array_equal(CONSTANT["grad_cam"](features, weights), CONSTANT["hires_cam"](features, weights))
    once, twice = CONSTANT["layer_cam"], CONSTANT["grad_cam_plus_plus"]
    np.testing.assert_array_equal(once(features, weights), twice(features, weights))
    assert np.abs(once(features, weights) - CONSTANT["grad_cam"](features, weights)).max() > 0.1


def test_formulas_by_hand():
    """One channel, two cells: features 2 and 4, gradients 0.5 and -0.25."""
    features = np.array([2.0, 4.0], np.float32).reshape(1, 1, 2, 1)
    gradient = np.array([0.5, -0.25], np.float32).reshape(1, 1, 2, 1)
    alpha = np.array([1 / (2 + 0.5 * 6), 1 / (2 - 0.25 * 6)])
    alpha /= alpha.sum()
    for method, wanted in (
        ("grad_cam", [0.125 * 2, 0.125 * 4]),
        ("hires_cam", [0.5 * 2, 0]),
        ("layer_cam", [0.5 * 2, 0]),
        ("grad_cam_plus_plus", [0.5 * alpha[0] * 2, 0.5 * alpha[0] * 4]),
    ):
        np.testing.assert_allclose(GENERAL[method](features, gradient).ravel(), wanted, rtol=1e-6, err_msg=method)
    assert not any(GENERAL[method](features, -abs(gradient)).any() for method in GENERAL)
