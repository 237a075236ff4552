"""Whatever activation a network ends in, its logits come out; a closed form is used only where it is exact."""

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "logits",
        "softmax",
        "a softmax layer",
        "an activation layer",
        "one sigmoid",
        "one logit",
        "dropout",
        "pooling that keeps axes",
        "normalisation",
        "half precision",
        "a hidden layer, no map",
    ],
)
def test_logits_say_what_the_network_says(judged_networks, name):
    found = judged_networks[name]
    assert "refused" not in found
    assert found["spread"] > 0.05  # of logits that differ, else nothing would be shown
    assert found["scores"] < (1e-3 if name == "half precision" else 1e-5)
    assert found["head"] < 1e-4  # embedding @ kernel + bias are the logits
    assert found["mean"] < 1e-4  # the embedding is the mean of the features, where a map needs it
    assert found["shape"] == [2, 8, 6, 5]


POOLING = "needs global average pooling and one dense layer behind 'features'; something else follows it here"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sigmoids", "must exclude each other (softmax, or one sigmoid for two classes); it ends in 3 sigmoids"),
        ("another activation", "must give logits, a softmax or one sigmoid; it ends in relu of 3"),
        ("other classes", "must give 4 logits, one for each class of the card; it gives 3"),
        ("no dense layer", "layer 'features' must be a Dense layer on one vector an image; it is Conv2D"),
        ("a hidden layer", POOLING),
        ("flattened", POOLING),
        ("the maximum", POOLING),
        ("more than the features", POOLING),
    ],
)
def test_a_head_that_is_not_the_cards_is_refused(judged_networks, name, message):
    assert message in judged_networks[name]["refused"]


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("mask logits", 3),
        ("mask sigmoid", 1),
        ("mask softmax", 3),
        ("mask softmax of one class", 1),
        ("mask activation layer", 1),
        ("mask softmax layer", 3),
    ],
)
def test_masks_say_what_the_network_says(judged_networks, name, channels):
    found = judged_networks[name]
    assert found["shape"] == [2, 16, 12, channels]
    assert found["spread"] > 0.1
    assert found["scores"] < 1e-5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mask sigmoids", "or a softmax with the background first; it ends in sigmoid of 2"),
        ("mask activation", "it ends in relu of 1"),
        ("mask channels", "must give 4 channels for 3 classes (of several the first is the background's); it gives 3"),
        ("mask grid", "must give (batch, rows, columns, channels) with (16, 12), got (None, 8, 6, 1)"),
    ],
)
def test_masks_that_are_not_the_cards_are_refused(judged_networks, name, message):
    assert message in judged_networks[name]["refused"]
