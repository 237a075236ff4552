"""A model folder like the shipped one, small enough to be built in seconds: for everybody's tests.

Run as a program (``python tests/tiny_model.py FOLDER``) it writes the folder; :func:`make_tiny_model`
does so in a process of its own, which keeps TensorFlow out of the test process.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimg_core.registry import ModelCard, load_card, read_card, sha256_of

SIZE = 48
CLASSES = ("normal", "bacterial", "viral")
MEMBERS = 4

CARD = """\
schema = 1
id = "{id}"
title = "Tiny test network"
task = "classification"
intended_use = "Tests only; its weights are random."
modality = ["CR", "DX"]
body_part = ["CHEST"]
weights_licence = "Apache-2.0"
region = "lungs"
uses_outside = true
limits = ["Its weights are random: the score means nothing."]
sha256 = "{sha256}"

[population]
age_years = [1, 5]
views = ["AP"]
sites = "none: random weights"
never_measured = ["everything"]

[input]
size = [{size}, {size}]
channels = 1
steps = ["to_grey01", "squash", "standardise"]
unit = "any"

[[outputs]]
name = "logits"
kind = "classification"
classes = ["normal", "bacterial", "viral"]
ensemble = "ensemble"

[outputs.reading]
name = "pneumonia"
positive = ["bacterial", "viral"]
positive_text = "pneumonia label"
negative_text = "no pneumonia label"

[cam]
layer = "features"
head = "pooling_dense"

[calibration]
temperature = 1.3
prevalence = 0.74

[[thresholds]]
name = "balanced"
value = 0.5
sensitivity = 0.5
specificity = 0.5
source = "none: random weights"

[gate]

[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""


def make_tiny_model(folder: Path) -> ModelCard:
    """Build the folder (card, weights, no reference fit) and read its card.

    Args:
        folder: Where; its name becomes the model's id. Must not exist.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    command = [sys.executable, __file__, str(folder)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=240)
    return read_card(folder)


def _network() -> object:
    """Residual, flat, last feature map 12 x 12 x 16; every weight drawn from one seed."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)

    def conv(x: object, filters: int, size: int, stride: int = 1) -> object:
        x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    image = keras.Input((SIZE, SIZE, 1), name="image")
    x = layers.ReLU()(conv(image, 8, 5, 2))
    y = layers.ReLU()(conv(x, 16, 3, 2))
    y = conv(y, 16, 3)
    x = conv(layers.AveragePooling2D(2, padding="same")(x), 16, 1)
    x = layers.ReLU(name="features")(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    bold = keras.initializers.RandomNormal(stddev=2.0, seed=11)
    kept = layers.Dropout(0.2, name="embedding_dropout")(x)
    logits = layers.Dense(len(CLASSES), kernel_initializer=bold, bias_initializer=bold, name="logits")(kept)
    ensemble = layers.Dense(MEMBERS * len(CLASSES), kernel_initializer=bold, name="ensemble")(x)
    return keras.Model(image, [logits, ensemble], name="tiny")


@pytest.fixture(scope="session")
def medimg_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of this test session, instead of the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> ModelCard:
    """The tiny model's card; built, and exported into the session's cache, once."""
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny_model")


@pytest.fixture(scope="session")
def shipped_model(medimg_cache: Path) -> ModelCard:
    """The first model of the repository."""
    return load_card("chest_xray_pneumonia")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    _network().save(target / "weights.keras")  # type: ignore[attr-defined]
    text = CARD.format(id=target.name, sha256=sha256_of(target / "weights.keras"), size=SIZE)
    (target / "card.toml").write_text(text, encoding="utf-8")
