"""One input, one result: score, range, gate, and what the gate keeps back."""

import csv
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain import explain
from medimg_core.gate import Declared
from medimg_core.inference import classify
from medimg_core.io.limits import Limits
from medimg_core.io.raster import read_raster
from medimg_core.preprocess import prepare
from medimg_core.study import Series, Volume

PIXELS = (np.add.outer(np.arange(90) ** 2 % 251, np.arange(130)) % 256).astype(np.uint8)


def series(volume, modality="DX", **more):
    return Series("1.2.3", modality, volume, **{"body_part": "CHEST", **more})


@pytest.fixture(scope="module")
def volume():
    return Volume(PIXELS[None])


def test_the_score_is_what_the_logits_say(volume, tiny_model):
    found = classify(volume, tiny_model)
    logits = forward(tiny_model, prepare(PIXELS, tiny_model.input)).logits[0].astype(float)
    log_odds = (np.logaddexp(logits[1], logits[2]) - logits[0]) / tiny_model.temperature
    assert found.log_odds == pytest.approx(log_odds, abs=1e-5)
    assert found.score == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-6)
    assert found.class_scores["bacterial"] + found.class_scores["viral"] == pytest.approx(found.score)
    assert (found.reading, found.model_id, found.input_shape) == ("pneumonia", "tiny_model", (90, 130))
    assert found.fingerprint == volume.fingerprint
    assert found.uses_outside


def test_the_range_is_that_of_the_ensemble_and_holds_the_score(volume, tiny_model):
    found = classify(volume, tiny_model)
    heads = found.activations.ensemble.astype(float)
    odds = (np.logaddexp(heads[:, 1], heads[:, 2]) - heads[:, 0]) / tiny_model.temperature
    scores = [*(1 / (1 + np.exp(-odds))), found.score]
    assert found.score_range == pytest.approx((min(scores), max(scores)), abs=1e-6)


def test_the_threshold_decides(volume, tiny_model):
    score = classify(volume, tiny_model).score
    assert classify(volume, tiny_model).threshold == tiny_model.threshold.value
    assert classify(volume, tiny_model, threshold=score - 1e-9).positive
    assert not classify(volume, tiny_model, threshold=min(1.0, score + 1e-6)).positive
    with pytest.raises(IncompatibleInputError, match=r"threshold must lie in \[0, 1\], got 2"):
        classify(volume, tiny_model, threshold=2)


def test_a_refused_input_has_no_score_and_runs_no_network(volume, tiny_model):
    gone = dataclasses.replace(tiny_model, sha256="0" * 64)  # a forward pass would raise
    found = classify(volume, gone, series=series(volume, "CT"))
    assert found.refused
    assert found.gate.status == "refuse"
    assert math.isnan(found.score)
    assert math.isnan(found.log_odds)
    with pytest.raises(NotApplicableError, match="neither positive nor not"):
        assert found.positive


def test_a_measurement_may_look_behind_the_gate(volume, tiny_model):
    found = classify(volume, tiny_model, series=series(volume, "CT"), enforce_gate=False)
    assert found.gate.status == "refuse"
    assert not found.refused
    assert found.score == classify(volume, tiny_model).score


def test_the_reader_s_word_fills_gaps_and_is_noted(volume, tiny_model):
    declared = Declared(modality="dx", body_part="chest", view="AP", age_years=3)
    found = classify(volume, tiny_model, series=series(volume, "", body_part=""), declared=declared)
    assert found.gate.declared == ("modality DX", "body part CHEST", "view AP", "age 3 years")
    assert [reason.code for reason in found.gate.reasons] == ["unchecked"]


def test_slices_and_frames_are_chosen(tiny_model):
    stack = np.stack([PIXELS, PIXELS[::-1]])
    film = Volume(stack[:, None], frames_axis=True)
    assert classify(film, tiny_model, frame=1).refused  # a radiograph has one frame
    second = classify(film, tiny_model, frame=1, enforce_gate=False)
    assert second.frame == 1
    assert second.score == classify(Volume(PIXELS[::-1][None]), tiny_model).score
    with pytest.raises(IncompatibleInputError, match=r"frame in 0\.\.1, got 0 and 2"):
        classify(film, tiny_model, frame=2)


def test_a_model_of_another_task_does_not_classify(volume, tiny_model):
    masks = dataclasses.replace(tiny_model.outputs[0], kind="segmentation", reading=None)
    with pytest.raises(NotApplicableError, match="needs a model that classifies"):
        classify(volume, dataclasses.replace(tiny_model, outputs=(masks,)))


def test_without_a_reading_the_likeliest_class_is_shown(volume, tiny_model):
    card = dataclasses.replace(tiny_model, outputs=(dataclasses.replace(tiny_model.outputs[0], reading=None),))
    found = classify(volume, card)
    assert found.reading == tiny_model.outputs[0].classes[int(found.activations.logits.argmax())]
    assert found.score > 1 / 3


def test_a_model_of_both_tasks_classifies(tiny_multi):
    found = classify(Volume(PIXELS[None]), tiny_multi, series=series(Volume(PIXELS[None]), "US", body_part=""))
    logits = forward(tiny_multi, prepare(PIXELS / np.float32(255), tiny_multi.input)).logits[0].astype(float)
    assert found.log_odds == pytest.approx((logits[1] - logits[0]) / tiny_multi.temperature, abs=1e-4)
    assert found.reading == "malignant"
    assert set(found.class_scores) == {"benign", "malignant"}
    assert explain(found, tiny_multi).native.shape == (10, 14)


def test_a_model_that_only_segments_does_not_classify(volume, tiny_masks):
    with pytest.raises(NotApplicableError, match="tiny_masks does segmentation"):
        classify(volume, tiny_masks)


@pytest.mark.real_data
def test_the_shipped_model_says_here_what_it_said_in_training(shipped_model, data_dir):
    """Preparation and network agree with the trainer's, from the file on disk to score and map."""
    folder = data_dir / "chest_xray"
    with (folder / "index.csv").open(newline="") as file:
        paths = {Path(row["image"]).stem: folder / row["image"] for row in csv.DictReader(file)}
    with np.load(shipped_model.reference, allow_pickle=False) as file:
        cases, scores, peaks = file["case"], file["score"], file["cam_max"]
    for index in range(0, len(cases), len(cases) // 12):
        volume, _ = read_raster(paths[str(cases[index])].read_bytes(), Limits())
        found = classify(volume, shipped_model)
        assert found.score == pytest.approx(float(scores[index]), abs=2e-3)
        assert explain(found, shipped_model).peak == pytest.approx(float(peaks[index]), rel=0.02, abs=1e-5)
