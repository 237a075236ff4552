"""Layers by path, read from the config alone."""

import pytest

from medimg_core.engine.outline import outline
from medimg_core.errors import ModelError, WeightsError
from tests.engine.keras_files import dense, layer, network


def after(entry, *names):
    """A layer that takes the tensors of others."""
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}} for name in names]
    entry["inbound_nodes"] = [{"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {"mask": None}}]
    return entry


def sequence(*layers, name="seq"):
    first = layer("InputLayer", "image", batch_shape=[None, 64, 48, 3])
    return {"class_name": "Sequential", "config": {"name": name, "layers": [first, *layers]}, "name": name}


BACK = network(after(layer("Conv2D", "conv", filters=8), "image"), after(layer("ReLU", "out"), "conv"), name="back")
NESTED = network(
    after(BACK, "image"),
    after(layer("GlobalAveragePooling2D", "pool"), "back"),
    after(dense(activation="softmax"), "pool"),
)


def test_paths_go_from_the_outside_inwards():
    found = outline(NESTED)
    assert [entry.path for entry in found.entries] == [
        "image", "back/image", "back/conv", "back/out", "back", "pool", "logits",
    ]  # fmt: skip
    assert found.shape == (32, 32, 1)
    assert found.last == "logits"
    assert found.find("back").last == "back/out"
    assert found.find("back/conv").before == ("back/image",)
    assert found.find("pool").before == ("back",)
    logits = found.find("logits")
    assert (logits.kind, logits.units, logits.activation, logits.before) == ("Dense", 3, "softmax", ("pool",))
    assert found.find("conv").units == 8
    assert found.find("pool").units is None


def test_a_sequence_goes_in_order_and_ends_inside_its_last_part():
    found = outline(sequence(layer("Rescaling", "scale"), sequence(dense("first"), dense("second"), name="head")))
    assert [(entry.path, entry.before) for entry in found.entries[1:]] == [
        ("scale", ("image",)),
        ("head/image", ()),
        ("head/first", ("head/image",)),
        ("head/second", ("head/first",)),
        ("head", ("scale",)),
    ]
    assert found.last == "head/second"
    assert found.shape == (64, 48, 3)


def test_several_tensors_are_all_told():
    found = outline(network(layer("ReLU", "a"), layer("ReLU", "b"), after(layer("Add", "sum"), "a", "b")))
    assert found.find("sum").before == ("a", "b")


@pytest.mark.parametrize("places", [["logits", 0, 0], [["logits", 0, 0]], {"scores": ["logits", 0, 0]}])
def test_outputs_are_found_however_they_are_written(places):
    config = network(dense())
    config["config"]["output_layers"] = places
    assert outline(config).last == "logits"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lgits", "must be a layer of the network; near: 'logits'"),
        ("back/ot", "must be a layer of the network; near: 'back/out'"),
        ("image", None),
        ("xyz", "must be a layer of the network$"),
    ],
)
def test_a_layer_that_is_not_there(name, message):
    if message is None:
        assert outline(NESTED).find(name).path == "image"  # the whole path goes before a name inside
        return
    with pytest.raises(ModelError, match=message):
        outline(NESTED).find(name)


def test_a_name_in_two_parts_needs_its_path():
    found = outline(network(sequence(dense("x"), name="a"), sequence(dense("x"), name="b")))
    with pytest.raises(ModelError, match="must be one layer; a/x, b/x have that name"):
        found.find("x")
    assert found.find("b/x").kind == "Dense"


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Functional"},
        {"class_name": "Functional", "config": {"layers": [{}]}},
        {"class_name": "Functional", "config": {"layers": [dense()], "output_layers": []}},
        {"class_name": "Sequential", "config": {"layers": []}},
        {"class_name": "Dense", "config": {"units": 3}},
    ],
)
def test_what_is_no_network_of_layers_is_refused(config):
    with pytest.raises(WeightsError, match="must describe a network of layers"):
        outline(config)
