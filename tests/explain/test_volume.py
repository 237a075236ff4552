"""Maps of all slices: those of each slice alone, from one batch."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import Cancelled, IncompatibleInputError, NotApplicableError
from medimg_core.explain import explain, explain_volume
from medimg_core.inference import classify
from medimg_core.results import ExplanationStack
from medimg_core.study import Series, Volume


@pytest.fixture(scope="module")
def card(tiny_model):
    """The tiny model as one that reads stacks."""
    return dataclasses.replace(tiny_model, modality=("MR",))


@pytest.fixture(scope="module")
def volume():
    """Eleven slices, of which the fifth is blank and the eighth has a bright corner."""
    values = np.random.default_rng(3).integers(0, 200, (11, 60, 84)).astype(np.uint8)
    values[4] = 0
    values[7, :20, 60:] = 255
    return Volume(values)


@pytest.fixture(scope="module")
def each(volume, card):
    """What the model says of each slice that is not blank."""
    return tuple(classify(volume, card, slice_index=i, enforce_gate=False) for i in range(11) if i != 4)


@pytest.mark.parametrize("method", ["grad_cam", "layer_cam", "occlusion"])
def test_a_stack_is_its_slices_one_by_one(volume, card, each, method):
    chosen = [1, 4, 7, 8]
    steps = []
    stack = explain_volume(volume, card, slices=chosen, method=method, progress=lambda *step: steps.append(step))
    assert stack.slices == (1, 7, 8)  # nothing is said of a blank slice
    assert (stack.model_id, stack.weights_sha256, stack.fingerprint) == (
        card.id,
        card.sha256,
        volume.fingerprint,
    )
    assert steps[-1][:2] == (3, 3)
    for prediction in each:
        if prediction.slice_index in stack.slices:
            one = explain(prediction, card, method=method, volume=volume)
            mine = stack.at(prediction.slice_index)
            np.testing.assert_allclose(mine.native, one.native, atol=1e-4)
            assert mine.score == pytest.approx(one.score, abs=1e-5)
            np.testing.assert_array_equal(mine.to_image, one.to_image)
            for name in ("method", "layer", "label", "image_shape", "slice_index", "signed", "parameters"):
                assert getattr(mine, name) == getattr(one, name)


@pytest.mark.parametrize("label", [None, "no pneumonia", "viral"])
def test_what_was_said_before_is_used_again(volume, card, each, label):
    """More slices than a batch; without a forward pass the maps are the same."""
    anew = explain_volume(volume, card, label=label)
    again = explain_volume(volume, card, label=label, result=each)
    assert anew.slices == again.slices == tuple(i for i in range(11) if i != 4)
    np.testing.assert_allclose(anew.native, again.native, atol=1e-4)
    np.testing.assert_allclose(anew.scores, again.scores, atol=1e-5)
    np.testing.assert_allclose(again.scores, [one.score for one in each], atol=1e-6)
    assert again.label == (label or "pneumonia")


def test_peaks(volume, card):
    stack = explain_volume(volume, card)
    peaks = stack.native.max(axis=(1, 2))
    np.testing.assert_array_equal(stack.peaks, peaks)
    assert stack.peak_slice == stack.slices[int(peaks.argmax())]
    assert stack.peak == peaks.max()
    assert stack.has_evidence
    with pytest.raises(ValueError, match="read-only"):
        stack.native[...] = 0
    with pytest.raises(IncompatibleInputError, match="a map must be of a slice that was explained; 4 was not"):
        stack.at(4)


def test_nothing_positive_is_said(volume, card):
    stack = explain_volume(volume, card)
    negative = dataclasses.replace(stack, native=-stack.native - 1, signed=True)
    assert not negative.has_evidence
    assert not negative.peaks.any()
    assert negative.peak > 0


def test_it_can_be_stopped(volume, card):
    def stop(done, total, text):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        explain_volume(volume, card, progress=stop)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"slices": [3, 2]}, IncompatibleInputError, r"slices must rise within 0\.\.10"),
        ({"slices": [10, 11]}, IncompatibleInputError, "slices must rise"),
        ({"slices": []}, IncompatibleInputError, "slices must rise"),
        ({"slices": [4]}, NotApplicableError, "the gate must let a volume pass"),
        ({"method": "crystal_ball"}, IncompatibleInputError, "method must be one of"),
        ({"label": "fracture"}, IncompatibleInputError, "label must be one of"),
        ({"settings": {"samples": 2}}, IncompatibleInputError, "settings of grad_cam are none"),
    ],
)
def test_what_cannot_be_asked(volume, card, asked, error, message):
    with pytest.raises(error, match=message):
        explain_volume(volume, card, **asked)


def test_the_gate_stands_before_it(volume, card):
    with pytest.raises(NotApplicableError, match="the gate must let a volume pass"):
        explain_volume(volume, card, series=Series("1", "CT", volume))


def test_predictions_must_be_of_this_volume(volume, card, each):
    other = Volume(np.zeros((11, 60, 84), np.uint8))
    with pytest.raises(IncompatibleInputError, match="predictions must be of this volume"):
        explain_volume(other, card, result=each)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slices": (1, 2)}, "one map and one score a slice"),
        ({"native": np.zeros((3, 4), np.float32)}, "one map and one score a slice"),
        ({"slices": (3, 2, 1)}, "slices of a stack must rise"),
        ({"native": np.full((3, 4, 4), np.nan, np.float32)}, "maps of a stack must be finite"),
        ({"to_image": np.eye(2)}, r"to_image must have shape \(3, 3\)"),
    ],
)
def test_a_stack_is_whole(change, message):
    good = {
        "slices": (1, 2, 3),
        "native": np.zeros((3, 4, 4), np.float32),
        "to_image": np.eye(3),
        "scores": np.zeros(3),
        "image_shape": (8, 8),
    }
    names = ("model_id", "weights_sha256", "fingerprint", "method", "layer", "label")
    text = dict.fromkeys(names, "x")
    assert not ExplanationStack(frame=0, **text, **good).has_evidence
    with pytest.raises(IncompatibleInputError, match=message):
        ExplanationStack(frame=0, **text, **{**good, **change})
