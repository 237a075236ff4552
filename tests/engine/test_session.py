"""One forward pass: equal to Keras, shared by threads, without TensorFlow."""

import dataclasses
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from medimg_core.engine import check, dense_head, forward, threads, warm
from medimg_core.errors import Cancelled, IncompatibleInputError, ModelError, NotApplicableError, WeightsError
from medimg_core.explain import explain
from medimg_core.inference import classify
from medimg_core.registry import ModelCard
from medimg_core.study import Volume
from tests.engine.broken_exports import write_broken
from tests.keras_process import ROOT
from tests.tiny_model import without_map_and_ensemble


def batch_for(card: ModelCard, n: int = 3) -> np.ndarray:
    shape = (n, *card.input.size, card.input.channels)
    return np.random.default_rng(3).normal(size=shape).clip(-3, 3).astype(np.float32)


@pytest.mark.parametrize("which", ["tiny_model", "shipped_model"])
def test_outputs_equal_keras(which, request, keras_references):
    card = request.getfixturevalue(which)
    batch, keras = keras_references[card.id]
    onnx = forward(card, batch)
    np.testing.assert_allclose(onnx.logits, keras["logits"], atol=1e-4)
    np.testing.assert_allclose(onnx.features, keras["features"], atol=1e-4)
    members = onnx.ensemble.reshape(len(batch), -1)
    np.testing.assert_allclose(members, keras["ensemble"], atol=1e-4)


def test_the_parts_belong_together(tiny_model):
    result = forward(tiny_model, batch_for(tiny_model))
    kernel, bias = dense_head(tiny_model)
    assert result.features.shape == (3, 12, 12, 16)
    assert result.ensemble.shape == (3, 4, 3)
    np.testing.assert_allclose(result.features.mean(axis=(1, 2)), result.embedding, atol=1e-5)
    np.testing.assert_allclose(result.embedding @ kernel + bias, result.logits, atol=1e-5)


def test_a_large_batch_gives_what_single_images_give(tiny_model):
    batch = batch_for(tiny_model, 70)
    whole = forward(tiny_model, batch)
    for index in (0, 31, 32, 69):
        one = forward(tiny_model, batch[index : index + 1])
        np.testing.assert_allclose(whole.logits[index], one.logits[0], atol=1e-5)
        np.testing.assert_allclose(whole.features[index], one.features[0], atol=1e-5)
    assert forward(tiny_model, batch, features=False).features is None


def test_threads_share_one_session(tiny_model):
    batches = [batch_for(tiny_model) * scale for scale in np.linspace(0.2, 1, 8)]
    alone = [forward(tiny_model, batch).logits for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda batch: forward(tiny_model, batch).logits, batches * 4))
    for index, logits in enumerate(together):
        np.testing.assert_array_equal(logits, alone[index % 8])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b[0], r"batch must have shape \(n, 48, 48, 1\), got \(48, 48, 1\)"),
        (lambda b: b[:, :-1], "batch must have shape"),
        (lambda b: b[:0], "batch must have shape"),
        (lambda b: np.where(b == b.max(), np.nan, b), "batch must be finite"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(tiny_model, change, message):
    with pytest.raises(IncompatibleInputError, match=message):
        forward(tiny_model, change(batch_for(tiny_model)))


def test_outputs_that_are_not_finite_raise(tiny_model):
    with pytest.raises(ModelError, match="must be finite"):
        forward(tiny_model, np.full((1, 48, 48, 1), 1e38, np.float32))


@pytest.mark.parametrize("count", [1, 9])  # alone, and side by side
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("a second input", r"the network of own; ValueError came: Required inputs \(\['loose'\]\) are missing"),
        ("a shape that does not fit", "the network of own; Fail came: .*Reshape"),
    ],
)
def test_what_onnx_runtime_refuses_is_a_sentence(tmp_path, monkeypatch, kind, message, count):
    monkeypatch.setenv("MEDIMG_CACHE", str(tmp_path / "cache"))
    card = write_broken(tmp_path / "own", kind)
    with pytest.raises(ModelError, match=f"ONNX Runtime must run {message}"):
        forward(card, np.zeros((count, *card.input.shape), np.float32))


def test_results_are_read_only(tiny_model):
    result = forward(tiny_model, batch_for(tiny_model))
    for array in (result.features, result.embedding, result.logits, *dense_head(tiny_model)):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_weights_that_are_not_the_cards_are_refused(tiny_model):
    other = dataclasses.replace(tiny_model, sha256="0" * 64)
    with pytest.raises(WeightsError, match="must have SHA-256 000000000000"):
        warm(other)
    with pytest.raises(WeightsError, match="there is none"):
        check(dataclasses.replace(tiny_model, folder=Path("/nowhere")))


def test_a_model_without_map_and_ensemble_still_classifies(tiny_model):
    card = without_map_and_ensemble(tiny_model)
    result = forward(card, batch_for(card))
    assert result.features is None
    assert result.ensemble.shape == (3, 0, 3)
    np.testing.assert_allclose(result.logits, forward(tiny_model, batch_for(card)).logits, atol=1e-5)
    found = classify(Volume(np.random.default_rng(0).integers(0, 255, (1, 60, 60)).astype(np.uint8)), card)
    assert found.score_range == (found.score, found.score)
    with pytest.raises(NotApplicableError, match="needs a last feature map"):
        explain(found, card)


def test_warming_reports_and_can_be_cancelled(tiny_model):
    said: list[tuple[int, int, str]] = []
    warm(tiny_model, lambda *step: said.append(step))
    assert [step[:2] for step in said] == [(0, 1), (1, 1)]

    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        warm(tiny_model, stop)


def blurred(batch: np.ndarray) -> np.ndarray:
    return uniform_filter(batch, (0, 3, 3, 0), mode="constant")


def test_masks_of_a_model_that_only_segments(tiny_masks):
    check(tiny_masks)
    batch = batch_for(tiny_masks)
    result = forward(tiny_masks, batch)
    np.testing.assert_allclose(result.masks, 40 * (blurred(batch) - 0.5), atol=1e-4)
    assert (result.features, result.logits) == (None, None)
    assert result.embedding.shape == (3, 8)
    assert result.ensemble.size == 0
    assert forward(tiny_masks, batch, masks=False).masks is None
    with pytest.raises(NotApplicableError, match="need a model that classifies"):
        result.activations()
    with pytest.raises(NotApplicableError, match="tiny_masks does segmentation"):
        dense_head(tiny_masks)


def test_a_model_of_both_tasks_gives_both_from_one_pass(tiny_multi):
    check(tiny_multi)
    batch = batch_for(tiny_multi, 33)  # more than one chunk
    result = forward(tiny_multi, batch)
    soft = blurred(batch)
    np.testing.assert_allclose(
        result.masks, np.concatenate([0 * soft, -40 * (soft - 0.25), 40 * (soft - 0.75)], -1), atol=1e-4
    )
    kernel, bias = dense_head(tiny_multi)
    np.testing.assert_allclose(result.embedding @ kernel + bias, result.logits, atol=1e-5)
    np.testing.assert_allclose(result.features.mean(axis=(1, 2)), result.embedding, atol=1e-5)
    assert result.ensemble.shape == (33, 4, 2)
    np.testing.assert_array_equal(result.activations(2).logits, result.logits[2])
    with pytest.raises(ValueError, match="read-only"):
        result.masks[...] = 0


@pytest.mark.parametrize("value", ["0", "-1", "two", "65", ""])
def test_the_thread_setting_is_checked(monkeypatch, value):
    monkeypatch.setenv("MEDIMG_THREADS", value)
    with pytest.raises(IncompatibleInputError, match="MEDIMG_THREADS must be a whole number of 1 to 64"):
        threads()


def test_predicting_with_a_warm_cache_imports_no_tensorflow(tiny_model):
    warm(tiny_model)
    program = f"""
import sys
from pathlib import Path
import numpy as np
from medimg_core.explain import explain, on_image
from medimg_core.inference import classify
from medimg_core.registry import read_card
from medimg_core.study import Volume
card = read_card(Path({str(tiny_model.folder)!r}))
image = np.random.default_rng(0).integers(0, 255, (1, 60, 70)).astype(np.uint8)
prediction = classify(Volume(image), card)
assert on_image(explain(prediction, card)).shape == (60, 70)
loaded = sorted({{"tensorflow", "keras", "tf2onnx", "onnx"}} & set(sys.modules))
print(loaded)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
