"""Model folders like the shipped ones, small enough to be built in seconds: for everybody's tests.

``tiny_model`` classifies, with random weights. ``tiny_masks`` segments and ``tiny_multi`` does both: their masks
have weights set by hand, so that what they find is known: pixels brighter or darker than their limits.

Run as a program (``python tests/tiny_model.py FOLDER...``) it writes folders, the last name of each choosing the
network; :func:`make_tiny_models` does so in a process of its own, which keeps TensorFlow out of the test process.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimg_core.registry import ModelCard, load_card, read_card, sha256_of

SIZE = 48
MASK_SIZE = (40, 56)
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

MASKS = """\
schema = 1
id = "{id}"
title = "Tiny test network that segments"
task = "segmentation"
intended_use = "Tests only: it marks what is brighter than the middle of its window."
modality = ["CT"]
body_part = ["CHEST"]
weights_licence = "Apache-2.0"
uses_outside = false
limits = ["It knows no anatomy."]
sha256 = "{sha256}"
gate = {{}}

[population]
sites = "none: weights set by hand"
never_measured = ["everything"]

[input]
size = [{rows}, {columns}]
channels = 1
steps = ["window", "squash"]
unit = "HU"
window = [-100, 300]

[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["bright"]

[outputs.mask]
extent = "volume"

[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""

MULTI = """\
schema = 1
id = "{id}"
title = "Tiny test network that does both"
task = "multi_task"
intended_use = "Tests only: it marks what is dark and what is bright; its class has random weights."
modality = ["US"]
body_part = []
weights_licence = "Apache-2.0"
uses_outside = false
limits = ["It knows no anatomy."]
sha256 = "{sha256}"
gate = {{}}

[population]
sites = "none: weights set by hand"
never_measured = ["everything"]

[input]
size = [{rows}, {columns}]
channels = 1
steps = ["to_grey01", "letterbox"]
unit = "any"

[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["dark", "bright"]

[outputs.mask]
extent = "image"

[[outputs]]
name = "logits"
kind = "classification"
classes = ["benign", "malignant"]
ensemble = "ensemble"

[outputs.reading]
name = "malignant"
positive = ["malignant"]
positive_text = "malignant label"
negative_text = "no malignant label"

[cam]
layer = "features"
head = "pooling_dense"

[calibration]
temperature = 1.1
prevalence = 0.3

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


def make_tiny_model(folder: Path) -> ModelCard:
    """Build one folder: see :func:`make_tiny_models`."""
    return make_tiny_models(folder)[0]


def make_tiny_models(*folders: Path) -> list[ModelCard]:
    """Build folders (card, weights, no reference fit) and read their cards.

    Args:
        folders: Where; the name becomes the model's id, and one of ``tiny_masks`` and ``tiny_multi`` chooses that
            network. Must not exist.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    command = [sys.executable, __file__, *map(str, folders)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=240)
    return [read_card(folder) for folder in folders]


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


def _mask_network(classify: bool) -> object:
    """Mask logits from the mean of 3 x 3 pixels: above 0.5 bright; with a class also below 0.25 dark, 0.75 bright."""
    import keras
    import numpy as np
    from keras import layers

    keras.utils.set_random_seed(5)
    image = keras.Input((*MASK_SIZE, 1), name="image")
    slopes, limits = ([0.0, -40.0, 40.0], [0.0, 0.25, 0.75]) if classify else ([40.0], [0.5])
    kernel = np.repeat(np.array(slopes, np.float32)[None, None, None] / 9, 9, axis=0).reshape(3, 3, 1, -1)
    bias = -np.array(slopes, np.float32) * np.array(limits, np.float32)
    masks = layers.Conv2D(len(slopes), 3, padding="same", name="mask_logits")
    found = [masks(image)]
    masks.set_weights([kernel, bias])
    x = layers.Conv2D(8, 5, strides=4, padding="same", activation="relu", name="features")(image)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    if classify:
        bold = keras.initializers.RandomNormal(stddev=2.0, seed=11)
        found += [layers.Dense(2, kernel_initializer=bold, name="logits")(x)]
        found += [layers.Dense(2 * MEMBERS, kernel_initializer=bold, name="ensemble")(x)]
    else:
        found += [x]
    return keras.Model(image, found, name="tiny")


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
def mask_models(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> list[ModelCard]:
    """``tiny_masks`` and ``tiny_multi``, of one process: half of the time goes into starting Keras."""
    folder = tmp_path_factory.mktemp("models")
    return make_tiny_models(folder / "tiny_masks", folder / "tiny_multi")


@pytest.fixture(scope="session")
def tiny_masks(mask_models: list[ModelCard]) -> ModelCard:
    """A card that segments: CT in HU, ``bright`` where the mean of 3 x 3 pixels of its grid is above 100 HU."""
    return mask_models[0]


@pytest.fixture(scope="session")
def tiny_multi(mask_models: list[ModelCard]) -> ModelCard:
    """A card of both tasks: US; the lowest quarter of the grey is ``dark``, the highest ``bright``."""
    return mask_models[1]


@pytest.fixture(scope="session")
def shipped_model(medimg_cache: Path) -> ModelCard:
    """The first model of the repository."""
    return load_card("chest_xray_pneumonia")


if __name__ == "__main__":
    TEXTS = {"tiny_masks": MASKS, "tiny_multi": MULTI}
    for target in map(Path, sys.argv[1:]):
        target.mkdir(parents=True)
        network = _mask_network(target.name == "tiny_multi") if target.name in TEXTS else _network()
        network.save(target / "weights.keras")  # type: ignore[attr-defined]
        text = TEXTS.get(target.name, CARD).format(
            id=target.name,
            sha256=sha256_of(target / "weights.keras"),
            size=SIZE,
            rows=MASK_SIZE[0],
            columns=MASK_SIZE[1],
        )
        (target / "card.toml").write_text(text, encoding="utf-8")
