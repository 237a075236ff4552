"""Networks inside networks are laid flat, and each layer is found by its path."""

import pytest

from medimg_core.engine.network import near


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("a backbone", [2, 7, 5, 5]),
        ("a backbone's own output", [2, 7, 5, 5]),
        ("a layer two levels down, no map", [2, 7, 5, 5]),
        ("a name that only one layer has", [2, 7, 5, 5]),
        ("scaling before a backbone", [2, 7, 5, 5]),
        ("an open size", [2, 7, 5, 5]),
        ("a sequence", [2, 8, 6, 5]),
        ("two backbones, no map", [2, 7, 5, 5]),
    ],
)
def test_a_network_inside_gives_its_tensors_and_the_same_numbers(judged_networks, name, shape):
    found = judged_networks[name]
    assert "refused" not in found
    assert found["shape"] == shape
    assert found["spread"] > 0.01
    assert max(found["scores"], found["head"], found["mean"]) < 1e-4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("an unknown layer", "it has no layer 'back0/lst'; near: 'back0/last'"),
        ("a name that two layers have", "must say which layer 'last' it means: back0/last, back1/last"),
        ("a backbone used twice", "must be used once to be an output; the network uses it 2 times"),
        ("a layer with an activation behind it", "something else follows it here"),
        ("two images", "must take one image of (rows, columns, channels) (16, 12, 3)"),
        ("another input", "(16, 12, 1), as the card's input says; it takes (16, 12, 3)"),
        ("another size", "(32, 32, 3), as the card's input says; it takes (16, 12, 3)"),
    ],
)
def test_what_cannot_be_found_is_refused(judged_networks, name, message):
    assert message in judged_networks[name]["refused"]


@pytest.mark.parametrize(
    ("name", "paths", "wanted"),
    [
        ("feature", ["features", "logits"], "; near: 'features'"),
        ("out_relu", ["backbone/out_relu", "backbone/conv"], "; near: 'backbone/out_relu'"),
        ("backbone/out_rel", ["backbone/out_relu"], "; near: 'backbone/out_relu'"),
        ("zzz", ["features", "logits"], ""),
    ],
)
def test_near_names_are_told(name, paths, wanted):
    assert near(name, paths) == wanted
