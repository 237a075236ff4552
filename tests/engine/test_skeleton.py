"""A card to begin with: the network's part is right, the rest is asked for."""

import itertools
import tomllib

import pytest

from medimg_core.engine import model_problems, skeleton
from medimg_core.errors import ModelError, WeightsError
from medimg_core.registry import card_problems, sha256_of
from tests.engine.keras_files import dense, layer, network, write
from tests.engine.test_outline import after, sequence


def pooled(end, *between):
    """Features, pooling, what lies between, and an end."""
    parts = [
        after(layer("Conv2D", "features", filters=8), "image"),
        layer("GlobalAveragePooling2D", "pool"),
        *between,
        end,
    ]
    for one, other in itertools.pairwise(parts):
        after(other, one["name"])
    return network(*parts)


def made(tmp_path, config):
    path = write(tmp_path / "weights.keras", config)
    return tomllib.loads(skeleton("own", path)), path


def test_a_classifier(tmp_path):
    card, path = made(tmp_path, pooled(dense(units=3, activation="softmax"), layer("Dropout", "drop")))
    assert card["id"] == "own"
    assert card["task"] == "classification"
    assert card["sha256"] == sha256_of(path)
    assert (card["input"]["size"], card["input"]["channels"]) == ([32, 32], 1)
    (output,) = card["outputs"]
    assert (output["name"], output["kind"], len(output["classes"])) == ("logits", "classification", 3)
    assert card["cam"] == {"layer": "features", "head": "pooling_dense"}
    assert card["input"]["steps"] == ["squash", "TODO"]


def test_one_unit_means_two_classes(tmp_path):
    card, _ = made(tmp_path, pooled(dense(units=1, activation="sigmoid")))
    assert card["outputs"][0]["classes"] == ["TODO 0", "TODO 1"]
    assert card["outputs"][0]["reading"]["positive"] == ["TODO 1"]


def test_an_activation_behind_the_dense_layer_is_the_output(tmp_path):
    config = pooled(dense(units=4))
    config["config"]["layers"].append(after(layer("Softmax", "scores"), "logits"))
    config["config"]["output_layers"] = [["scores", 0, 0]]
    card, _ = made(tmp_path, config)
    assert (card["outputs"][0]["name"], len(card["outputs"][0]["classes"])) == ("scores", 4)
    assert card["cam"]["layer"] == "features"


def test_something_else_before_the_dense_layer_gives_no_map(tmp_path):
    card, _ = made(tmp_path, pooled(dense(units=2), dense("hidden", 16, "relu")))
    assert "cam" not in card


def chain(*parts, name="net", first="image"):
    """A functional network in which each layer takes the one before it."""
    for number, part in enumerate(parts):
        after(part, parts[number - 1]["name"] if number else first)
    return network(*parts, name=name)


def sequential(*parts, name="net"):
    """Layers in a row, as Keras writes them."""
    return sequence(*parts, name=name) | {"module": "keras", "registered_name": None}


def conv():
    return layer("Conv2D", "conv", filters=8)


def pool():
    return layer("GlobalAveragePooling2D", "pool")


NESTED = {
    "a sequence, pooled inside": lambda: sequential(chain(conv(), pool(), name="back"), dense()),
    "a graph, pooled inside": lambda: chain(chain(conv(), pool(), name="back"), layer("Dropout", "drop"), dense()),
    "pooled outside": lambda: chain(chain(conv(), name="back"), pool(), dense()),
    "pooled two levels down": lambda: chain(chain(sequential(conv(), pool(), name="in"), name="back"), dense()),
    "pooled behind the network inside": lambda: chain(
        chain(sequential(conv(), name="in"), pool(), name="back"), dense()
    ),
    "the head inside": lambda: chain(chain(conv(), name="back"), sequential(pool(), dense(), name="head")),
    "the activation inside": lambda: chain(
        chain(conv(), pool(), name="back"), dense(), sequential(layer("Softmax", "scores"), name="end")
    ),
    "the image pooled": lambda: chain(sequential(pool(), name="back"), dense()),
    "another layer inside": lambda: chain(chain(conv(), pool(), dense("hidden"), name="back"), dense()),
    "no pooling": lambda: chain(chain(conv(), name="back"), layer("Flatten", "flat"), dense()),
}


@pytest.mark.parametrize(
    ("name", "output", "cam"),
    [
        ("a sequence, pooled inside", "logits", "back/conv"),
        ("a graph, pooled inside", "logits", "back/conv"),
        ("pooled outside", "logits", "back/conv"),
        ("pooled two levels down", "logits", "back/in/conv"),
        ("pooled behind the network inside", "logits", "back/in/conv"),
        ("the head inside", "head/logits", "back/conv"),
        ("the activation inside", "end/scores", "back/conv"),
        ("the image pooled", "logits", None),
        ("another layer inside", "logits", None),
        ("no pooling", "logits", None),
    ],
)
def test_networks_inside_are_gone_through(tmp_path, name, output, cam):
    card, _ = made(tmp_path, NESTED[name]())
    assert card["outputs"][0]["name"] == output
    assert card.get("cam") == (None if cam is None else {"layer": cam, "head": "pooling_dense"})


def test_masks(tmp_path):
    card, _ = made(tmp_path, network(after(layer("Conv2D", "masks", filters=3, activation="softmax"), "image")))
    assert card["task"] == "segmentation"
    assert card["outputs"] == [
        {"name": "masks", "kind": "segmentation", "classes": ["TODO 1", "TODO 2"], "mask": {"extent": "image"}}
    ]


def test_a_network_that_scales_eight_bits_gets_them(tmp_path):
    config = network(
        after(layer("Rescaling", "scale", scale=1 / 127.5), "image"),
        after(layer("Conv2D", "masks", filters=1), "scale"),
    )
    assert made(tmp_path, config)[0]["input"]["steps"] == ["squash", "to_255"]


@pytest.mark.parametrize("config", [pooled(dense(units=2)), network(after(layer("Conv2D", "m", filters=1), "image"))])
def test_with_its_texts_written_it_is_a_good_card(tmp_path, config):
    folder = tmp_path / "own"
    folder.mkdir()
    path = write(folder / "weights.keras", config)
    text = skeleton("own", path)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    assert all("TODO" in problem for problem in model_problems(folder, run=False))
    (folder / "card.toml").write_text(
        text.replace('"TODO"]  # scaling', '"to_255"]  # scaling').replace("TODO", "written")
    )
    assert card_problems(folder) == ()
    assert model_problems(folder, run=False) == ()


def test_what_cannot_be_a_model(tmp_path):
    with pytest.raises(ModelError, match="must end in a dense layer or a convolution; it ends in 'sum', of class Add"):
        made(tmp_path, network(layer("ReLU", "a"), layer("ReLU", "b"), after(layer("Add", "sum"), "a", "b")))
    with pytest.raises(WeightsError, match="is a Lambda"):
        made(tmp_path, network(layer("Lambda", "evil")))
