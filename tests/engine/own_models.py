"""Models as somebody brings them: MobileNetV2 inside a network, of colour, masks of a sigmoid, images normalised."""

from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.registry import read_card, sha256_of
from tests.exports import fill_cache

SIDE = 64
BACK = "mobilenetv2_0.35_64"

_CARD = """\
schema = 1
id = "{id}"
title = "A network of one's own"
task = "{task}"
intended_use = "Tests only; its weights are random."
modality = ["ES", "XC"]
body_part = []
weights_licence = "Apache-2.0"
uses_outside = false
limits = ["Its weights are random: the score means nothing."]
sha256 = "{sha256}"
gate = {{}}

[population]
sites = "none: random weights"
never_measured = ["everything"]

[input]
size = [{side}, {side}]
channels = 3
steps = {steps}
unit = "any"

{outputs}
[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""

_NESTED = f"""\
[[outputs]]
name = "score"
kind = "classification"
classes = ["absent", "present"]

[outputs.reading]
name = "presence"
positive = ["present"]
positive_text = "present"
negative_text = "not present"

[cam]
layer = "{BACK}/out_relu"
head = "pooling_dense"

[calibration]
temperature = 1.0
prevalence = 0.5

[[thresholds]]
name = "balanced"
value = 0.5
sensitivity = 0.5
specificity = 0.5
source = "none: random weights"

"""

_MASKS = """\
[[outputs]]
name = "red"
kind = "segmentation"
classes = ["red"]

[outputs.mask]
extent = "image"

"""


def nested() -> Any:
    """A backbone of keras.applications as one layer, and one sigmoid: as transfer learning leaves it."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    back = keras.applications.MobileNetV2(
        weights=None, include_top=False, alpha=0.35, input_shape=(SIDE, SIDE, 3), name=BACK
    )
    for layer in back.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0  # one pass in training mode sets its statistics, else all features would be zero
    back(np.random.default_rng(6).uniform(-1, 1, (4, SIDE, SIDE, 3)).astype(np.float32), training=True)
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.RandomZoom(0.2)(layers.RandomRotation(0.1)(layers.RandomFlip()(image)))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(back(x, training=False)))
    bold = keras.initializers.RandomNormal(stddev=0.03, seed=5)
    return keras.Model(image, layers.Dense(1, activation="sigmoid", kernel_initializer=bold, name="score")(x))


def masks() -> Any:
    """Marks what is redder than green and blue together."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    layer = keras.layers.Conv2D(1, 1, activation="sigmoid", name="red")
    network = keras.Model(image, layer(image))
    layer.set_weights([np.array([20.0, -20.0, -20.0], np.float32).reshape(1, 1, 3, 1), np.full(1, -2, np.float32)])
    return network


def normalised() -> Any:
    """Normalises in every way there is, with given and with adapted numbers, and adds a tensor that is no weight."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(9)
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(2).normal((1, -1, 0), (2, 0.5, 1), (9, SIDE, SIDE, 3)).astype(np.float32))
    parts = [
        adapted,
        layers.Normalization(axis=None, mean=0.5, variance=4.0, invert=True),
        layers.Conv2D(6, 3, strides=8, activation="relu", name="features"),
    ]
    back = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *parts], name="back")
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Normalization(mean=[0.1, -0.2, 0.3], variance=[0.25, 0.04, 1.0])(image)
    x = keras.ops.add(x, keras.ops.convert_to_tensor(np.array([0.5, -0.5, 0.25], np.float32)))
    x = layers.GlobalAveragePooling2D()(back(x))
    return keras.Model(image, layers.Dense(1, activation="sigmoid", name="score")(x))


def grad_cam(model: Any, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features and Grad-CAM of the score's log-odds, by TensorFlow's own gradient on the nested network."""
    import tensorflow as tf

    features = model.get_layer(BACK)(batch, training=False)  # its output is out_relu's
    score = model.get_layer("score")
    with tf.GradientTape() as tape:
        tape.watch(features)
        log_odds = tf.reduce_mean(features, axis=(1, 2)) @ score.kernel + score.bias
        total = tf.reduce_sum(log_odds)
    weights = tf.reduce_mean(tape.gradient(total, features), axis=(1, 2), keepdims=True)
    return features.numpy(), tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)).numpy()


def write(work: Path) -> None:
    """Write the folders ``own_...``, their exports, and what Keras says of ``batch.npy``."""
    import keras

    keras.backend.clear_session()
    batch = np.load(work / "batch.npy")
    found: dict[str, np.ndarray] = {}
    for name, build, task, outputs, steps in (
        ("own_nested", nested, "classification", _NESTED, '["squash", "minus_one_to_one"]'),
        ("own_masks", masks, "segmentation", _MASKS, '["squash"]'),
        (
            "own_normalised",
            normalised,
            "classification",
            _NESTED.replace(f"{BACK}/out_relu", "back/features"),
            '["squash"]',
        ),
    ):
        folder = work / name
        folder.mkdir()
        model = build()
        model.save(folder / "weights.keras")
        text = _CARD.format(
            id=name,
            task=task,
            side=SIDE,
            steps=steps,
            outputs=outputs,
            sha256=sha256_of(folder / "weights.keras"),
        )
        (folder / "card.toml").write_text(text, encoding="utf-8")
        if build is nested:
            found["features"], found["map"] = grad_cam(model, batch)
            found["scores"] = model(batch, training=False).numpy()
        if build is normalised:
            found["normalised_scores"] = model(batch, training=False).numpy()
            found["normalised_kernel"] = model.get_layer("score").kernel.numpy()
    np.savez(work / "said.npz", **found)
    fill_cache(*(read_card(work / name) for name in ("own_nested", "own_masks", "own_normalised")))


def batch_of_two() -> np.ndarray:
    """A batch for the first of them."""
    batch = np.random.default_rng(8).uniform(-1, 1, (2, SIDE, SIDE, 3)).astype(np.float32)
    batch[1, :20] *= 0.1
    return batch
