"""From a prediction to a map that knows what it is of."""

import dataclasses

import numpy as np
import pytest

from medimg_core.engine import dense_head
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain import METHODS, explain
from medimg_core.inference import classify
from medimg_core.results import Activations
from medimg_core.study import Series, Volume


@pytest.fixture(scope="module")
def volume():
    values = np.add.outer(np.arange(90) ** 2 % 251, np.arange(130)) % 256
    return Volume(values[None].astype(np.uint8))


@pytest.fixture(scope="module")
def prediction(volume, tiny_model):
    return classify(volume, tiny_model)


def test_the_map_carries_the_identity_of_what_it_explains(prediction, tiny_model, volume):
    made = explain(prediction, tiny_model)
    assert (made.model_id, made.weights_sha256) == (tiny_model.id, tiny_model.sha256)
    assert (made.fingerprint, made.image_shape) == (volume.fingerprint, (90, 130))
    assert (made.method, made.layer, made.label, made.score) == ("grad_cam", "features", "pneumonia", prediction.score)
    assert made.native.shape == (12, 12)
    assert made.parameters["normalisation"] == "none"


@pytest.mark.parametrize("cell", [(0.0, 0.0), (2.0, 9.0), (11.0, 11.0), (3.5, 0.25)])
def test_a_native_cell_lands_where_it_should_once_the_squash_is_undone(prediction, tiny_model, cell):
    made = explain(prediction, tiny_model)
    row, column, one = made.to_image @ [*cell, 1.0]
    # 90 rows and 130 columns on 12 x 12 cells: outer edges agree
    assert row == pytest.approx((cell[0] + 0.5) * 90 / 12 - 0.5)
    assert column == pytest.approx((cell[1] + 0.5) * 130 / 12 - 0.5)
    assert one == 1


@pytest.mark.parametrize("label", [None, "pneumonia", "no pneumonia", "normal", "bacterial", "viral"])
def test_every_label_can_be_asked_for(prediction, tiny_model, label):
    made = explain(prediction, tiny_model, label=label)
    assert made.label == (label or "pneumonia")
    assert made.native.min() >= 0


def test_no_positive_evidence_is_said(prediction, tiny_model):
    kernel, bias = dense_head(tiny_model)
    empty = Activations(
        np.zeros((12, 12, kernel.shape[0]), np.float32),
        np.zeros(kernel.shape[0], np.float32),
        bias,
        np.empty((0, 3), np.float32),
    )
    made = explain(dataclasses.replace(prediction, activations=empty), tiny_model)
    assert not made.has_evidence
    assert made.peak == 0
    assert explain(prediction, tiny_model).has_evidence


def test_what_cannot_be_asked_says_what_can(prediction, tiny_model):
    with pytest.raises(IncompatibleInputError, match=r"method must be one of grad_cam, .*, got 'crystal_ball'"):
        explain(prediction, tiny_model, method="crystal_ball")
    with pytest.raises(IncompatibleInputError, match="label must be one of pneumonia, no pneumonia, normal"):
        explain(prediction, tiny_model, label="fracture")


def test_a_prediction_is_explained_by_the_model_that_made_it(prediction, tiny_model):
    with pytest.raises(IncompatibleInputError, match="must be explained with the model that made it"):
        explain(prediction, dataclasses.replace(tiny_model, sha256="1" * 64))


def test_a_refused_input_has_nothing_to_explain(volume, tiny_model):
    refused = classify(volume, tiny_model, series=Series("1", "CT", volume))
    with pytest.raises(NotApplicableError, match="gate refused"):
        explain(refused, tiny_model)


def test_every_method_names_its_source():
    assert all(method.name == key and "doi" in method.source for key, method in METHODS.items())


def test_a_method_that_needs_the_input_needs_the_volume(prediction, tiny_model, volume):
    with pytest.raises(IncompatibleInputError, match="occlusion needs the volume that the result is of"):
        explain(prediction, tiny_model, method="occlusion")
    with pytest.raises(IncompatibleInputError, match="must be explained with the volume it is of"):
        explain(prediction, tiny_model, method="occlusion", volume=Volume(np.zeros((1, 90, 130), np.uint8)))
    made = explain(prediction, tiny_model, method="occlusion", volume=volume, settings={"how": "blur"})
    assert (made.method, made.layer, made.signed) == ("occlusion", "", True)
    assert made.native.shape == (12, 12)
    assert made.native.min() < 0
    assert made.parameters["how"] == "blur"
    assert made.to_image.tolist() == explain(prediction, tiny_model).to_image.tolist()


def test_only_evidence_against_is_no_evidence(prediction, tiny_model):
    made = explain(prediction, tiny_model)
    against = dataclasses.replace(made, native=-made.native - 1, signed=True)
    assert not against.has_evidence
    assert against.peak > 1
