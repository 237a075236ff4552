"""A network that somebody brings runs as Keras runs it, with its map, and is refused where it cannot."""

import dataclasses

import numpy as np
import pytest
from onnx import TensorProto, helper

from medimg_core.engine import check, dense_head, forward, model_problems
from medimg_core.engine.cache import entry, entry_folder, is_whole
from medimg_core.engine.export import _rename
from medimg_core.errors import ModelError
from medimg_core.explain import explain
from medimg_core.inference import classify, segment
from medimg_core.study import Volume


def test_a_backbone_inside_gives_score_and_features(own_models):
    card, _, batch, said = own_models
    found = forward(card, batch)
    np.testing.assert_allclose(found.features, said["features"], atol=1e-3)
    assert found.logits.shape == (2, 2)
    assert not found.logits[:, 0].any()  # one sigmoid is the log-odds of the second class
    np.testing.assert_allclose(1 / (1 + np.exp(-found.logits[:, 1:].astype(float))), said["scores"], atol=1e-3)
    assert 0.01 < said["scores"].min() < said["scores"].max() < 0.99


def test_its_map_is_tensorflows(own_models):
    card, _, batch, said = own_models
    kernel, _ = dense_head(card)
    assert not kernel[:, 0].any()
    image = ((batch[1] + 1) / 2).astype(np.float32)  # the card's steps turn it back into the batch
    prediction = classify(Volume(image[None], colour=True), card, enforce_gate=False)
    np.testing.assert_allclose(prediction.score, said["scores"][1, 0], atol=1e-3)
    found = explain(prediction, card, label="present")
    assert found.native.shape == said["map"].shape[1:] == (2, 2)
    assert said["map"][1].max() > 0
    np.testing.assert_allclose(found.native, said["map"][1], atol=1e-3 * said["map"][1].max())


def test_a_network_that_normalises_its_image(normalised_model):
    """What Keras keeps as loose tensors, beside the weights, is a part of the export."""
    card, batch, scores, _ = normalised_model
    found = forward(card, batch)
    assert found.features.shape == (2, 8, 8, 6)
    np.testing.assert_allclose(1 / (1 + np.exp(-found.logits[:, 1:].astype(float))), scores, atol=1e-4)
    assert np.ptp(scores) > 0.01
    assert model_problems(card.folder) == ()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["picture"], None),
        (["picture", "norm/Sub/y:0"], "must take the image and nothing else; it takes picture, norm/Sub/y:0"),
        ([], "must take the image and nothing else; it takes nothing"),
    ],
)
def test_an_export_takes_the_image_alone(inputs, message):
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in (*inputs, "out")]
    graph = helper.make_graph([helper.make_node("Sum", inputs or ["x"], ["out"])], "net", values[:-1], values[-1:])
    if message is not None:
        with pytest.raises(ModelError, match=message):
            _rename(graph, ["logits"])
        return
    _rename(graph, ["logits"])
    assert graph.node[0] == helper.make_node("Sum", ["image"], ["logits"])


def test_masks_in_colour(own_models):
    _, card, _, _ = own_models
    image = np.zeros((80, 100, 3), np.uint8)
    image[:40, :50] = (200, 20, 20)
    image[40:, 50:] = (200, 200, 200)
    image[40:, :50] = (20, 20, 200)
    found = segment(Volume(image[None], colour=True), card, enforce_gate=False)
    assert found.mask[0, :38, :48].all()
    assert not found.mask[0, 42:].any()
    assert not found.mask[0, :, 52:].any()
    assert found.agreement["red"] > 0.9


def test_what_was_exported_is_what_the_engine_looks_for(own_models):
    for card in own_models[:2]:
        assert is_whole(entry(card), card.sha256)
        check(card)
        assert model_problems(card.folder) == ()


def test_other_classes_on_the_card_are_another_export(own_models):
    card = own_models[0]
    output = dataclasses.replace(card.outputs[0], classes=("a", "b", "c"))
    assert entry_folder(card) != entry_folder(dataclasses.replace(card, outputs=(output,)))


def test_a_network_of_both_tasks_scores_without_its_masks(tiny_masks, tiny_multi, tiny_model):
    """Nothing that only the masks need is computed, and the rest comes out as it does beside them."""
    import onnxruntime

    folder = entry(tiny_multi)
    whole, scores = (
        onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        for name in ("model", "scores")
    )
    names = [output.name for output in scores.get_outputs()]
    assert names == [output.name for output in whole.get_outputs() if output.name != "masks"]
    assert (folder / "scores.onnx").stat().st_size < (folder / "model.onnx").stat().st_size
    for card in (tiny_masks, tiny_model):
        assert not (entry(card) / "scores.onnx").exists()
    batch = np.random.default_rng(5).normal(size=(3, *tiny_multi.input.shape)).astype(np.float32)
    beside, alone = forward(tiny_multi, batch), forward(tiny_multi, batch, masks=False)
    assert alone.masks is None
    for name in ("features", "embedding", "logits", "ensemble"):
        np.testing.assert_allclose(getattr(alone, name), getattr(beside, name), atol=1e-5)
