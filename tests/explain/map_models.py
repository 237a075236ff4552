"""Small networks of three kinds, and what tf-keras-vis and formulas say of them: the reference of every method.

``python -m tests.explain.map_models FOLDER`` writes model folders, their exports and, for each, ``ID.npz``: one
process, since starting Keras takes longer than the rest.

- ``pooled``: a U-Net of both tasks, pooling and one dense layer behind its bottleneck; two classes of masks.
- ``dense``: its features are flattened before a softmax, so that each cell has a gradient of its own.
- ``nested``: of colour, a backbone as one layer, one sigmoid.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.decision import Decision, decision
from medimg_core.registry import ModelCard, read_card, sha256_of
from tests.exports import fill_cache

SIZE = (32, 48)
SAMPLES, NOISE, SEED = 3, 0.1, 7
STEPS = 8
LAYERS = {"pooled": "features", "dense": "features", "nested": "back/last"}
MIDDLE = {"pooled": "middle", "dense": "middle", "nested": "back/first"}
"""A layer further in front, from which gradients differ from cell to cell in all of them."""

_CARD = """\
schema = 1
id = "{id}"
title = "A network for maps"
task = "{task}"
intended_use = "Tests only; its weights are random."
modality = ["US"]
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
size = [{rows}, {columns}]
channels = {channels}
steps = ["squash"]
unit = "any"

{masks}
[[outputs]]
name = "logits"
kind = "classification"
classes = {classes}

[outputs.reading]
name = "presence"
positive = {positive}
positive_text = "present"
negative_text = "not present"

[cam]
layer = "{layer}"
head = "{head}"

[calibration]
temperature = 1.5
prevalence = 0.5

[[thresholds]]
name = "balanced"
value = 0.5
sensitivity = 0.5
specificity = 0.5
source = "none: random weights"

[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""

_MASKS = """\
[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["core", "rim"]

[outputs.mask]
extent = "image"

"""


def _pooled() -> Any:
    import keras
    from keras import layers

    image = keras.Input((*SIZE, 1))
    skip = layers.Conv2D(6, 3, padding="same", activation="relu")(image)
    x = layers.Conv2D(8, 3, strides=4, padding="same", activation="relu", name="middle")(skip)
    x = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu", name="features")(x)
    pooled = layers.GlobalAveragePooling2D(name="embedding")(x)
    bold = keras.initializers.RandomNormal(stddev=3.0, seed=11)
    logits = layers.Dense(3, kernel_initializer=bold, name="logits")(pooled)
    up = layers.Concatenate()([layers.UpSampling2D(8, interpolation="bilinear")(x), skip])
    up = layers.Conv2D(8, 3, padding="same", activation="relu")(up)
    return keras.Model(image, [logits, layers.Conv2D(3, 1, name="mask_logits")(up)])


def _dense() -> Any:
    import keras
    from keras import layers

    image = keras.Input((*SIZE, 1))
    x = layers.Conv2D(6, 5, strides=4, padding="same", activation="relu", name="middle")(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="tanh", name="features")(x)
    return keras.Model(image, layers.Dense(3, activation="softmax", name="logits")(layers.Flatten()(x)))


def _nested() -> Any:
    import keras
    from keras import layers

    first = layers.Conv2D(6, 5, strides=4, padding="same", activation="relu", name="first")
    last = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="last")
    back = keras.Sequential([keras.Input((*SIZE, 3)), first, last], name="back")
    image = keras.Input((*SIZE, 3))
    bold = keras.initializers.RandomNormal(stddev=3.0, seed=11)
    pooled = layers.GlobalAveragePooling2D()(back(image))
    return keras.Model(image, layers.Dense(1, activation="sigmoid", kernel_initializer=bold, name="logits")(pooled))


def _flat(model: Any, card: ModelCard) -> Any:
    """The same layers as one flat network that gives logits, as tf-keras-vis needs it."""
    import keras

    image = keras.Input((*SIZE, card.input.channels))
    if card.id == "pooled":
        return keras.Model(model.inputs, model.get_layer("logits").output)
    x = image
    for layer in model.layers[1:]:
        for inner in layer.layers if isinstance(layer, keras.Sequential) else [layer]:
            config = inner.get_config() | ({"activation": "linear"} if inner.name == "logits" else {})
            copy = type(inner).from_config(
                config
            )  # a layer used twice has two outputs, and the library takes the first
            x = copy(x)
            copy.set_weights(inner.get_weights())
    if x.shape[-1] == 1:
        x = keras.layers.Concatenate()([keras.ops.zeros_like(x), x])
    return keras.Model(image, x)


def batch_for(card: ModelCard) -> np.ndarray:
    """Two inputs, neither symmetric nor centred."""
    rows, columns = np.indices(SIZE)
    blob = np.exp(-((rows - 9) ** 2 + (columns - 35) ** 2) / 60)
    noise = np.random.default_rng(4).normal(size=(2, *SIZE, card.input.channels))
    return (np.stack([blob, np.sin(rows / 6) * blob])[..., None] + 0.3 * noise).astype(np.float32)


def region_for() -> np.ndarray:
    """A region that lies to one side, shape ``SIZE``."""
    rows, columns = np.indices(SIZE)
    return (rows - 12) ** 2 + (columns - 31) ** 2 < 60


def _score(question: Decision) -> Any:
    import tensorflow as tf

    def score(logits: Any) -> Any:
        yes, no = (tf.gather(logits, side, axis=-1) for side in (question.positive, question.negative))
        return tf.reduce_logsumexp(yes, axis=-1) - tf.reduce_logsumexp(no, axis=-1)

    return score


def _cams(model: Any, score: Any, batch: np.ndarray, layer: str) -> dict[str, np.ndarray]:
    """By tf-keras-vis, and HiResCAM by its formula."""
    import keras
    import tensorflow as tf
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam

    plain = {
        "penultimate_layer": layer,
        "seek_penultimate_conv_layer": False,
        "expand_cam": False,
        "normalize_cam": False,
    }
    found = {}
    for name, kind in (("grad_cam", Gradcam), ("grad_cam_plus_plus", GradcamPlusPlus), ("layer_cam", Layercam)):
        library = kind(model, model_modifier=None, clone=False)
        found[name] = np.concatenate([library(score, one[None], **plain) for one in batch])
    part = keras.Model(model.inputs, [model.output, model.get_layer(layer).output])
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(batch))
        logits, features = part(given)
        total = tf.reduce_sum(values := score(logits))
    gradient = tape.gradient(total, features)
    found["hires_cam"] = tf.nn.relu(tf.reduce_sum(gradient * features, axis=-1)).numpy()
    found["values"], found["features"] = values.numpy(), features.numpy()
    return found


def _score_cam(model: Any, question: Decision, batch: np.ndarray, layer: str) -> np.ndarray:
    """By tf-keras-vis, one input at a time; the score is given a softmax there, whose log-odds are the logits'."""
    import tensorflow as tf
    from tf_keras_vis.scorecam import Scorecam

    def odds(shares: Any) -> Any:
        yes, no = (tf.gather(shares, side, axis=-1) for side in (question.positive, question.negative))
        return tf.math.log(tf.reduce_sum(yes, axis=-1)) - tf.math.log(tf.reduce_sum(no, axis=-1))

    library = Scorecam(model, model_modifier=None, clone=False)
    return np.concatenate(
        [
            library(
                odds,
                one[None],
                penultimate_layer=layer,
                seek_penultimate_conv_layer=False,
                expand_cam=False,
                normalize_cam=False,
            )
            for one in batch
        ]
    )


def _input_maps(model: Any, score: Any, batch: np.ndarray) -> dict[str, np.ndarray]:
    """Saliency by tf-keras-vis in one call, integrated gradients by their formula from the mean grey."""
    import tensorflow as tf
    from tf_keras_vis.saliency import Saliency

    library = Saliency(model, model_modifier=None, clone=False)
    np.random.seed(SEED)  # noqa: NPY002 - the library draws from it
    found = {
        "vanilla_gradients": np.asarray(library(score, batch, normalize_map=False)),
        "smooth_grad": np.asarray(
            library(score, batch[:1], smooth_samples=SAMPLES, smooth_noise=NOISE, normalize_map=False)
        ),
    }
    start = np.broadcast_to(batch.mean(axis=(1, 2), keepdims=True), batch.shape)
    total = np.zeros_like(batch)
    for step in range(STEPS):
        with tf.GradientTape() as tape:
            tape.watch(given := tf.constant(start + (step + 0.5) / STEPS * (batch - start)))
            value = tf.reduce_sum(score(model(given)))
        total += tape.gradient(value, given).numpy()
    found["integrated_gradients"] = ((batch - start) * total / STEPS).sum(axis=-1)
    return found


def _region_map(model: Any, batch: np.ndarray) -> np.ndarray:
    """Grad-CAM by tf-keras-vis of the rim's log-odds over the region."""
    import keras
    import tensorflow as tf
    from tf_keras_vis.gradcam import Gradcam

    inside = tf.constant(region_for().astype(np.float32))

    def score(logits: Any) -> Any:
        others = tf.reduce_logsumexp(tf.gather(logits, [0, 1], axis=-1), axis=-1)
        return tf.reduce_sum((logits[..., 2] - others) * inside, axis=(1, 2))

    library = Gradcam(keras.Model(model.inputs, model.get_layer("mask_logits").output), None, clone=False)
    return np.concatenate(
        [
            library(
                score,
                one[None],
                penultimate_layer="features",
                seek_penultimate_conv_layer=False,
                expand_cam=False,
                normalize_cam=False,
            )
            for one in batch
        ]
    )


def write(work: Path) -> None:
    """Write all folders, exports and references."""
    import keras

    for name, build in (("pooled", _pooled), ("dense", _dense), ("nested", _nested)):
        keras.backend.clear_session()
        keras.utils.set_random_seed(21)
        model = build()
        folder = work / name
        folder.mkdir()
        model.save(folder / "weights.keras")
        two = name == "nested"
        text = _CARD.format(
            id=name,
            task="multi_task" if name == "pooled" else "classification",
            sha256=sha256_of(folder / "weights.keras"),
            rows=SIZE[0],
            columns=SIZE[1],
            channels=3 if two else 1,
            masks=_MASKS if name == "pooled" else "",
            classes='["absent", "present"]' if two else '["none", "some", "much"]',
            positive='["present"]' if two else '["some", "much"]',
            layer=LAYERS[name],
            head="classifier" if name == "dense" else "pooling_dense",
        )
        (folder / "card.toml").write_text(text, encoding="utf-8")
        card = read_card(folder)
        batch, question, flat = batch_for(card), decision(card), _flat(model, card)
        found = {}
        for place, layers in (("", LAYERS), ("middle ", MIDDLE)):
            cams = _cams(flat, _score(question), batch, layers[name].rsplit("/", 1)[-1])
            found |= {f"{place}{key}": value for key, value in cams.items()}
        for label in ("presence", "no presence"):
            asked = decision(card, label=label)
            found[f"score_cam {label}"] = _score_cam(flat, asked, batch, LAYERS[name].rsplit("/", 1)[-1])
        found |= _input_maps(flat, _score(question), batch)
        if name == "pooled":
            found["seg_grad_cam"] = _region_map(model, batch)
        np.savez(work / f"{name}.npz", **found)
        fill_cache(card, *([replace(card, cam=None)] if name == "dense" else []))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
