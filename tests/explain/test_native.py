"""Every method against its reference implementation, or its formula, on the method's own grid."""

import dataclasses

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.errors import Cancelled, IncompatibleInputError, ModelError, NotApplicableError
from medimg_core.explain import METHODS, native_maps
from medimg_core.explain.cam import GENERAL
from tests.explain.map_models import LAYERS, MIDDLE, NOISE, SAMPLES, SEED, STEPS, batch_for

CAMS = tuple(GENERAL)


def scaled(method, reference, place=""):
    """What tf-keras-vis says; its Grad-CAM++ has the factor exp(log-odds), the same in every cell."""
    found = reference[place + method]
    if method == "grad_cam_plus_plus":
        return found / np.exp(reference[f"{place}values"])[:, None, None]
    return found


def agrees(found, wanted):
    assert found.shape == wanted.shape
    assert found.dtype == np.float32
    top = float(np.abs(wanted).max())
    assert top > 0  # equal, and not because both are empty
    np.testing.assert_allclose(found / top, wanted / top, atol=2e-5)


@pytest.mark.parametrize("method", CAMS)
@pytest.mark.parametrize("model", LAYERS)
def test_class_activation_maps(map_models, model, method):
    card, reference = map_models[model]
    found = native_maps(batch_for(card), card, decision(card), method=method)
    agrees(found.native, scaled(method, reference))
    assert found.layer == LAYERS[model]
    assert ("gradient" in found.parameters) == (model == "dense")  # the others have a closed form


@pytest.mark.parametrize("method", CAMS)
@pytest.mark.parametrize("model", LAYERS)
def test_class_activation_maps_of_another_layer(map_models, model, method):
    card, reference = map_models[model]
    found = native_maps(batch_for(card), card, decision(card), method=method, layer=MIDDLE[model])
    agrees(found.native, scaled(method, reference, "middle "))
    assert found.layer == MIDDLE[model]


@pytest.mark.parametrize("model", LAYERS)
def test_score_cam(map_models, model):
    card, reference = map_models[model]
    labels = ("presence", "no presence")  # a mask lets something through for one of them
    found = [
        native_maps(batch_for(card), card, decision(card, label=label), method="score_cam").native for label in labels
    ]
    agrees(np.stack(found), np.stack([reference[f"score_cam {label}"] for label in labels]))


@pytest.mark.parametrize("model", LAYERS)
def test_gradients_of_the_input(map_models, model):
    card, reference = map_models[model]
    batch, question = batch_for(card), decision(card)
    agrees(native_maps(batch, card, question, method="vanilla_gradients").native, reference["vanilla_gradients"])
    settings = {"samples": SAMPLES, "noise": NOISE, "seed": SEED}
    smooth = native_maps(batch[:1], card, question, method="smooth_grad", settings=settings)
    agrees(smooth.native, reference["smooth_grad"])
    assert {key: smooth.parameters[key] for key in settings} == settings
    other = native_maps(batch[:1], card, question, method="smooth_grad", settings={**settings, "seed": 8})
    assert np.abs(other.native - smooth.native).max() > 0


@pytest.mark.parametrize("model", LAYERS)
def test_integrated_gradients(map_models, model):
    card, reference = map_models[model]
    batch, question = batch_for(card), decision(card)
    found = native_maps(batch, card, question, method="integrated_gradients", settings={"steps": STEPS})
    agrees(found.native, reference["integrated_gradients"])


@pytest.mark.parametrize("baseline", ["mean", "blur"])
def test_integrated_gradients_add_up(map_models, baseline):
    """To the log-odds of the input less those of the baseline, the better the more steps there are."""
    card, _ = map_models["dense"]
    batch, question = batch_for(card)[:1], decision(card)
    said = []
    for steps in (4, 256):
        settings = {"steps": steps, "baseline": baseline}
        found = native_maps(batch, card, question, method="integrated_gradients", settings=settings)
        more = found.parameters
        total = float(found.native.sum(dtype=np.float64))
        assert more["completeness_error"] == pytest.approx(abs(total - more["log_odds_change"]), abs=1e-6)
        assert (more["steps"], more["baseline"]) == (steps, baseline)
        said.append(more)
    assert said[0]["log_odds_change"] == said[1]["log_odds_change"] != 0
    assert said[1]["completeness_error"] < 1e-2 * abs(said[1]["log_odds_change"])
    if baseline == "mean":
        blank = np.full_like(batch, batch.mean())
        ends = question.log_odds(forward(card, np.concatenate([batch, blank])).logits)
        assert said[0]["log_odds_change"] == pytest.approx(ends[0] - ends[1], abs=1e-5)


def test_a_batch_is_its_inputs_one_by_one(map_models):
    card, _ = map_models["nested"]
    batch, question = batch_for(card), decision(card)
    for method in ("grad_cam", "score_cam", "occlusion", "vanilla_gradients"):
        both = native_maps(batch, card, question, method=method).native
        each = [native_maps(one[None], card, question, method=method).native for one in batch]
        np.testing.assert_allclose(both, np.concatenate(each), atol=1e-5)


@pytest.mark.parametrize("method", [name for name, one in METHODS.items() if one.cost in ("gradients", "passes")])
def test_long_methods_report_and_stop(map_models, method):
    card, _ = map_models["dense"]
    batch, question, steps = batch_for(card)[:1], decision(card), []

    def stop(done, total, text):
        steps.append((done, total))
        if total:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        native_maps(batch, card, question, method=method, progress=stop)
    assert 0 < steps[-1][0] <= steps[-1][1]
    assert native_maps(batch, card, question, method="vanilla_gradients").native.max() > 0  # the process goes on


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"method": "crystal_ball"}, IncompatibleInputError, "method must be one of grad_cam"),
        ({"method": "seg_grad_cam"}, IncompatibleInputError, "explains a mask and not a decision"),
        ({"method": "score_cam", "layer": "middle"}, IncompatibleInputError, "a layer can be chosen for grad_cam"),
        ({"settings": {"steps": 3}}, IncompatibleInputError, "settings of grad_cam are none, got 'steps'"),
        ({"layer": "midle"}, ModelError, "no layer 'midle'; near: 'middle'"),
        ({"layer": "logits"}, NotApplicableError, r"a map needs a layer of \(batch, rows, columns, channels\)"),
        ({"layer": "mask_logits"}, NotApplicableError, "this one comes beside it"),
    ],
)
def test_what_cannot_be_asked(map_models, asked, error, message):
    card, _ = map_models["pooled"]
    with pytest.raises(error, match=message):
        native_maps(batch_for(card), card, decision(card), **asked)


@pytest.mark.parametrize("method", [*CAMS, "score_cam"])
def test_a_card_without_a_feature_map(map_models, method):
    card = dataclasses.replace(map_models["dense"][0], cam=None)
    with pytest.raises(NotApplicableError, match="needs a last feature map; model dense names none"):
        native_maps(batch_for(card), card, decision(card), method=method)


def test_blocks_without_a_feature_map(map_models):
    card = dataclasses.replace(map_models["dense"][0], cam=None)
    found = native_maps(batch_for(card), card, decision(card), method="occlusion")
    assert found.native.shape == (2, 2, 3)  # squares of 16 pixels
    assert found.parameters["blocks"] == [2, 3]
