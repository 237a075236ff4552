"""Small networks that end in every way a network of one's own may end, and what the engine makes of each."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.engine import heads
from medimg_core.engine.network import flat, load
from medimg_core.errors import ModelError
from medimg_core.registry import sha256_of

SHAPE = (16, 12, 3)


def trunk(name: str = "features") -> tuple[Any, Any]:
    """An image, and features of 8 x 6 x 5 behind it."""
    import keras

    image = keras.Input(SHAPE, name="image")
    return image, keras.layers.Conv2D(5, 3, strides=2, padding="same", activation="relu", name=name)(image)


def classifier(*ends: str, units: int = 3, activation: str = "linear") -> Any:
    """Features, what ``ends`` says, and a dense layer ``logits``."""
    import keras
    from keras import layers

    image, x = trunk()
    made: dict[str, Callable[[Any], Any]] = {
        "gap": layers.GlobalAveragePooling2D(),
        "gap2d": layers.GlobalAveragePooling2D(keepdims=True),
        "gmp": layers.GlobalMaxPooling2D(),
        "flatten": layers.Flatten(),
        "dropout": layers.Dropout(0.5),
        "norm": layers.BatchNormalization(
            gamma_initializer=keras.initializers.RandomUniform(0.5, 2, seed=1),
            beta_initializer=keras.initializers.RandomUniform(-1, 1, seed=2),
        ),
        "dense": layers.Dense(4, activation="relu"),
        "concatenate": lambda tensor: layers.Concatenate()(
            [layers.GlobalAveragePooling2D()(tensor), layers.GlobalAveragePooling2D()(image)]
        ),
    }
    for end in ends:
        x = made[end](x)
    bold = keras.initializers.RandomNormal(stddev=1.0, seed=3)
    x = layers.Dense(units, activation=activation, kernel_initializer=bold, bias_initializer=bold, name="logits")(x)
    return keras.Model(image, x)


def with_activation(layer: Any) -> Any:
    """Logits, and their activation as a layer ``scores``."""
    import keras

    inner = classifier("gap")
    return keras.Model(inner.inputs, layer(inner.outputs[0]))


def segmenter(channels: int, activation: str, *, layer: Any = None, strides: int = 1) -> Any:
    """Masks of a convolution ``masks``; ``layer`` is an activation behind it."""
    import keras

    image, _ = trunk()
    x = keras.layers.Conv2D(channels, 3, padding="same", strides=strides, activation=activation, name="masks")(image)
    return keras.Model(image, x if layer is None else layer(x))


def nested(*, times: int = 1, backbones: int = 1, size: tuple[Any, ...] = SHAPE, scaled: bool = False) -> Any:
    """Backbones inside a network: ``back0/inner/features`` is two levels down, and so on."""
    import keras
    from keras import layers

    def backbone(name: str) -> Any:
        image = keras.Input(size)
        inner = keras.Sequential(
            [keras.Input(size), layers.Conv2D(5, 3, strides=2, activation="relu", name="features")], name="inner"
        )
        return keras.Model(image, layers.ReLU(name="last")(inner(image)), name=name)

    image = keras.Input(size, name="image")
    x = layers.Rescaling(2.0)(image) if scaled else image
    found = []
    for number in range(backbones):
        made = backbone(f"back{number}")
        found += [made(x * float(turn + 1), training=False) for turn in range(times)]
    x = layers.Add()(found) if len(found) > 1 else found[0]
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(3, name="logits")(x))


def sequential() -> Any:
    """A sequence with a backbone in it, as the tutorials have it."""
    import keras
    from keras import layers

    image, x = trunk()
    back = keras.Model(image, x, name="back")
    before = [layers.Rescaling(1 / 127.5, offset=-1), layers.RandomFlip()]
    after = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(1, activation="sigmoid", name="logits")]
    return keras.Sequential([keras.Input(SHAPE), *before, back, *after])


def half() -> Any:
    """A network that computes in half precision."""
    import keras

    keras.config.set_dtype_policy("mixed_float16")
    try:
        return classifier("gap", activation="softmax")
    finally:
        keras.config.set_dtype_policy("float32")


def two_images() -> Any:
    """A network of two images."""
    import keras

    first, second = keras.Input(SHAPE), keras.Input(SHAPE)
    return keras.Model([first, second], keras.layers.Add()([first, second]))


def softmax() -> Any:
    """A softmax as a layer."""
    import keras

    return keras.layers.Softmax(name="scores")


def activation(kind: str) -> Any:
    """An activation as a layer."""
    import keras

    return keras.layers.Activation(kind, name="scores")


CLASSIFIERS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "logits": (lambda: classifier("gap"), {}),
    "softmax": (lambda: classifier("gap", activation="softmax"), {}),
    "a softmax layer": (lambda: with_activation(softmax()), {"logits": "scores"}),
    "an activation layer": (lambda: with_activation(activation("softmax")), {"logits": "scores"}),
    "one sigmoid": (lambda: classifier("gap", units=1, activation="sigmoid"), {"classes": 2}),
    "one logit": (lambda: classifier("gap", units=1), {"classes": 2}),
    "dropout": (lambda: classifier("gap", "dropout"), {}),
    "pooling that keeps axes": (lambda: classifier("gap2d", "flatten"), {}),
    "normalisation": (lambda: classifier("gap", "norm", "dropout"), {}),
    "half precision": (half, {}),
    "a backbone": (nested, {"features": "back0/last"}),
    "a backbone's own output": (nested, {"features": "back0"}),
    "a layer two levels down, no map": (nested, {"features": "back0/inner/features", "pooled": False}),
    "a layer with an activation behind it": (nested, {"features": "back0/inner/features"}),
    "a name that only one layer has": (nested, {"features": "last"}),
    "scaling before a backbone": (lambda: nested(scaled=True), {"features": "last"}),
    "an open size": (lambda: nested(size=(None, None, 3)), {"features": "last"}),
    "a sequence": (sequential, {"features": "back/features", "classes": 2}),
    "a hidden layer, no map": (lambda: classifier("gap", "dense"), {"pooled": False}),
    "two backbones, no map": (lambda: nested(backbones=2), {"features": "back1/last", "pooled": False}),
    "sigmoids": (lambda: classifier("gap", activation="sigmoid"), {}),
    "another activation": (lambda: classifier("gap", activation="relu"), {}),
    "other classes": (lambda: classifier("gap"), {"classes": 4}),
    "no dense layer": (lambda: classifier("gap"), {"logits": "features"}),
    "an unknown layer": (nested, {"features": "back0/lst"}),
    "a name that two layers have": (lambda: nested(backbones=2), {"features": "last"}),
    "a backbone used twice": (lambda: nested(times=2), {"features": "back0/last"}),
    "a hidden layer": (lambda: classifier("gap", "dense"), {}),
    "flattened": (lambda: classifier("flatten"), {}),
    "the maximum": (lambda: classifier("gmp"), {}),
    "more than the features": (lambda: classifier("concatenate"), {}),
    "two images": (two_images, {}),
    "another input": (nested, {"shape": (16, 12, 1)}),
    "another size": (nested, {"shape": (32, 32, 3)}),
}
"""Networks by name, with what the card says otherwise than ``features``, ``logits``, 3 classes and a map."""

SEGMENTERS: dict[str, tuple[Callable[[], Any], str, int]] = {
    "mask logits": (lambda: segmenter(3, "linear"), "masks", 2),
    "mask sigmoid": (lambda: segmenter(1, "sigmoid"), "masks", 1),
    "mask softmax": (lambda: segmenter(3, "softmax"), "masks", 2),
    "mask softmax of one class": (lambda: segmenter(2, "softmax"), "masks", 1),
    "mask activation layer": (lambda: segmenter(1, "linear", layer=activation("sigmoid")), "scores", 1),
    "mask softmax layer": (lambda: segmenter(3, "linear", layer=softmax()), "scores", 2),
    "mask sigmoids": (lambda: segmenter(2, "sigmoid"), "masks", 2),
    "mask activation": (lambda: segmenter(1, "relu"), "masks", 1),
    "mask channels": (lambda: segmenter(3, "linear"), "masks", 3),
    "mask grid": (lambda: segmenter(1, "linear", strides=2), "masks", 1),
}
"""Networks by name, the layer, and the number of classes."""


def numbers(tensors: list[Any], graph: Any, model: Any) -> tuple[list[np.ndarray], np.ndarray]:
    """Values of tensors for two images, and what the network itself says of them."""
    import keras

    images = np.random.default_rng(4).normal(size=(2, *graph.image.shape[1:])).astype(np.float32)
    found = keras.tree.flatten(keras.Model(graph.image, tensors)(images, training=False))
    return [np.asarray(value, np.float32) for value in found], np.asarray(model(images, training=False), np.float32)


def softmaxed(logits: np.ndarray) -> np.ndarray:
    power = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def classified(model: Any, shape: Any = SHAPE, features: str = "features", logits: str = "logits", classes: int = 3,
               pooled: bool = True) -> dict[str, Any]:  # fmt: skip
    """What came of a network that classifies."""
    graph = flat(model, shape)
    head = heads.dense(graph, logits, classes)
    maps = graph.find(features).output
    if pooled:
        head = heads.pooled(maps, head, features)
    (cells, embedding, values), said = numbers([maps, head.embedding, head.logits], graph, model)
    scores = softmaxed(values)
    last = getattr(model.layers[-1], "activation", None)
    own = (
        said
        if getattr(last, "__name__", "softmax") != "linear"
        else softmaxed(np.pad(said, ((0, 0), (classes - said.shape[1], 0))))
    )
    return {
        "scores": float(np.abs(scores[:, -own.shape[1] :] - own).max()),
        "head": float(np.abs(embedding @ head.kernel + head.bias - values).max()),
        "mean": float(np.abs(cells.mean(axis=(1, 2)) - embedding).max()) if pooled else 0.0,
        "spread": float(values.std()),
        "shape": list(cells.shape),
    }


def segmented(model: Any, layer: str, classes: int) -> dict[str, Any]:
    """What came of a network that segments."""
    graph = flat(model, SHAPE)
    (values,), said = numbers([heads.masks(graph, layer, classes)], graph, model)
    own = said[..., -1:] if classes == 1 else said
    if getattr(model.layers[-1], "activation", None) and model.layers[-1].activation.__name__ == "linear":
        own = softmaxed(own)
    scores = 1 / (1 + np.exp(-values)) if classes == 1 else softmaxed(values)
    return {"scores": float(np.abs(scores - own).max()), "spread": float(values.std()), "shape": list(values.shape)}


def judged(build: Callable[[], Any], judge: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Save, load and judge one network."""
    import keras

    keras.utils.set_random_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.keras"
        build().save(path)
        try:
            return judge(load(path, sha256_of(path)))
        except ModelError as error:
            return {"refused": str(error)}


def judge_all(out: Path) -> None:
    """Build them all, save and load each as the engine does, and write what came: numbers, or the refusal."""
    found = {}
    for name, (build, changes) in CLASSIFIERS.items():
        found[name] = judged(build, lambda model, changes=changes: classified(model, **changes))
    for name, (build, layer, classes) in SEGMENTERS.items():
        found[name] = judged(build, lambda model, layer=layer, classes=classes: segmented(model, layer, classes))
    out.write_text(json.dumps(found))
