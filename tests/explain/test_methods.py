"""What methods say of themselves, and which are one and the same."""

import dataclasses

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain import FAMILIES, METHODS, identical, methods_for, native_maps, needs_of
from medimg_core.explain.gradients import BASELINES
from medimg_core.explain.hiding import WAYS
from tests.explain.map_models import batch_for

CAMS = ("grad_cam", "grad_cam_plus_plus", "layer_cam", "hires_cam")


def test_every_method_says_what_it_is():
    for name, method in METHODS.items():
        assert method.name == name
        assert "doi" in method.source
        assert method.family in FAMILIES
        assert method.needs <= {"features", "input", "tensorflow"}
        assert (method.cost == "none") == (method.needs == {"features"})
        for key, setting in method.settings.items():
            assert setting.checked(key, setting.default) == setting.default
            assert setting.text
    assert {method.family for method in METHODS.values()} == set(FAMILIES)


def test_choices_are_those_of_the_methods():
    assert METHODS["occlusion"].settings["how"].choices == WAYS
    assert METHODS["integrated_gradients"].settings["baseline"].choices == BASELINES


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("smooth_grad", {"samples": 2.5}, "samples must be a whole number, got '2.5'"),
        ("smooth_grad", {"samples": True}, "samples must be a whole number"),
        ("smooth_grad", {"samples": 0}, r"samples must lie in \[1, 200\], got 0"),
        ("smooth_grad", {"noise": "much"}, "noise must be a number"),
        ("smooth_grad", {"noise": float("nan")}, r"noise must lie in \[0, 1\], got nan"),
        ("occlusion", {"how": "black"}, "how must be one of border, blur, got 'black'"),
        ("grad_cam", {"samples": 3}, "settings of grad_cam are none"),
    ],
)
def test_settings_are_checked(name, settings, message):
    with pytest.raises(IncompatibleInputError, match=message):
        METHODS[name].checked(settings)


def test_a_whole_number_is_a_number():
    assert METHODS["smooth_grad"].checked({"noise": 1}) == {"samples": 20, "noise": 1.0, "seed": 0}


def test_methods_for_a_task(map_models, tiny_masks):
    every = tuple(METHODS)
    assert [one.name for one in methods_for(map_models["pooled"][0])] == list(every)
    assert [one.name for one in methods_for(map_models["dense"][0])] == [n for n in every if n != "seg_grad_cam"]
    assert [one.name for one in methods_for(tiny_masks)] == ["seg_grad_cam"]
    card = map_models["pooled"][0]
    deep = dataclasses.replace(card, input=dataclasses.replace(card.input, depth=24))
    assert methods_for(deep) == ()
    with pytest.raises(NotApplicableError, match="needs a network of images; pooled takes 24 slices at once"):
        native_maps(batch_for(card), deep, decision(card))
    without = dataclasses.replace(map_models["dense"][0], cam=None)
    assert {one.name for one in methods_for(without)}.isdisjoint({"score_cam", *CAMS})


def test_what_a_map_needs_depends_on_head_and_layer(map_models):
    pooled, dense = map_models["pooled"][0], map_models["dense"][0]
    for name in CAMS:
        assert needs_of(name, pooled) == needs_of(name, pooled, "features") == {"features"}
        assert needs_of(name, pooled, "middle") == needs_of(name, dense) == {"input", "tensorflow"}
    assert needs_of("score_cam", dense) == {"features", "input"}


def test_which_methods_are_one_under_pooling_and_a_dense_layer(map_models):
    card, _ = map_models["pooled"]
    batch, question = batch_for(card), decision(card)
    maps = {name: native_maps(batch, card, question, method=name).native for name in CAMS}
    groups = identical(card)
    assert sorted(map(sorted, groups)) == [["grad_cam", "hires_cam"], ["grad_cam_plus_plus", "layer_cam"]]
    for group in groups:
        first, *others = (maps[name] for name in group)
        for other in others:
            np.testing.assert_array_equal(first, other)
    assert np.abs(maps["grad_cam"] - maps["layer_cam"]).max() > 0.01 * maps["layer_cam"].max()


def test_elsewhere_none_are(map_models):
    assert identical(map_models["dense"][0]) == ()
    assert identical(map_models["pooled"][0], "middle") == ()
    assert identical(dataclasses.replace(map_models["pooled"][0], cam=None)) == ()


def test_features_of_the_shipped_models_are_not_below_zero(shipped_model):
    shape = (1, *shipped_model.input.size, shipped_model.input.channels)
    features = forward(shipped_model, np.random.default_rng(3).normal(size=shape)).features
    assert features.min() == 0
