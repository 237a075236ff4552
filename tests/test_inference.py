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
from medimg_core.inference import classify, fits, model_input
from medimg_core.io.limits import Limits
from medimg_core.io.raster import read_raster
from medimg_core.preprocess import prepare
from medimg_core.study import Series, Volume
from medimg_core.voi import Window

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


class TestModelInput:
    def test_eight_bits_without_a_window_stay_as_they_are(self, volume, tiny_model):
        np.testing.assert_allclose(model_input(volume, tiny_model), PIXELS / 255.0, atol=1e-6)

    def test_a_window_of_the_file_is_kept(self, tiny_model):
        values = PIXELS.astype(np.int16) * 4
        window = Window(400, 400, "LINEAR_EXACT")
        found = model_input(Volume(values[None], voi=(window,)), tiny_model)
        np.testing.assert_allclose(found, np.clip((values - 200) / 400, 0, 1), atol=1e-6)

    def test_monochrome1_is_turned_over(self, tiny_model):
        plain = Volume(PIXELS[None])
        turned = Volume(255 - PIXELS[None], photometric="MONOCHROME1")
        np.testing.assert_allclose(model_input(plain, tiny_model), model_input(turned, tiny_model), atol=1e-6)
        assert classify(plain, tiny_model).score == pytest.approx(classify(turned, tiny_model).score, abs=1e-5)

    def test_grey_in_three_channels_is_grey(self, tiny_model):
        colour = Volume(np.repeat(PIXELS[None, ..., None], 3, axis=-1), colour=True, photometric="RGB")
        np.testing.assert_allclose(model_input(colour, tiny_model), PIXELS / 255.0, atol=1e-6)
        assert classify(colour, tiny_model).score == pytest.approx(classify(Volume(PIXELS[None]), tiny_model).score)

    def test_a_model_of_a_unit_gets_its_values(self, tiny_model):
        hounsfield = dataclasses.replace(tiny_model, input=dataclasses.replace(tiny_model.input, unit="HU"))
        values = PIXELS.astype(np.int16) - 100
        found = model_input(Volume(values[None], unit="HU"), hounsfield)
        np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (True, "")),
        ({"modality": ""}, (True, "")),
        ({"modality": "CT"}, (False, "The model reads CR or DX; this is CT.")),
        ({"body_part": "KNEE"}, (False, "The model reads CHEST; the file's body part is KNEE.")),
        ({"kind": "localiser"}, (False, "This is a localiser, made to plan a scan and not to be read by a model.")),
        ({"volume": None}, (False, "It holds no image.")),
        ({"volume": Volume(np.zeros((3, 9, 9)))}, (False, "The model reads single projection images; this has 3.")),
    ],
)
def test_whether_a_model_fits_a_series(volume, tiny_model, change, expected):
    fields = {"volume": volume, "modality": "DX", **change}
    assert fits(series(fields.pop("volume"), fields.pop("modality"), **fields), tiny_model) == expected


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
