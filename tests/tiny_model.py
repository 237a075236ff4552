"""Model folders like the shipped ones, small enough to be built in seconds: for everybody's tests.

``tiny_model`` classifies, with random weights. ``tiny_masks`` segments and ``tiny_multi`` does both: their masks
have weights set by hand, so that what they find is known: pixels brighter or darker than their limits.

Run as a program (``python -m tests.tiny_model FOLDER...``) it writes folders, the last name of each choosing the
network, and exports them into the cache as the engine's program does: one process, since starting Keras takes
longer than the rest, and one that keeps TensorFlow out of the tests'.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medimg_core.registry import ModelCard, list_models, load_card, read_card, sha256_of
from tests.exports import fill_cache
from tests.keras_process import run_keras
from tests.made_once import made_once, shared_folder

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


def write_tiny_model(folder: Path) -> None:
    """Write one folder (card, weights, no reference fit), and its export into the cache.

    Args:
        folder: Where; the name becomes the model's id and chooses the network. Must not exist.
    """
    import keras

    keras.backend.clear_session()  # the names of layers do not tell what was built before
    folder.mkdir(parents=True)
    texts = {"tiny_masks": MASKS, "tiny_multi": MULTI}
    network = _mask_network(folder.name == "tiny_multi") if folder.name in texts else _network()
    network.save(folder / "weights.keras")  # type: ignore[attr-defined]
    text = texts.get(folder.name, CARD).format(
        id=folder.name,
        sha256=sha256_of(folder / "weights.keras"),
        size=SIZE,
        rows=MASK_SIZE[0],
        columns=MASK_SIZE[1],
    )
    (folder / "card.toml").write_text(text, encoding="utf-8")
    card = read_card(folder)
    fill_cache(card, *([] if folder.name in texts else [without_map_and_ensemble(card)]))


def without_map_and_ensemble(card: ModelCard) -> ModelCard:
    """A card of the same weights that promises logits alone."""
    return replace(card, cam=None, outputs=(replace(card.outputs[0], ensemble=""),))


@pytest.fixture(scope="session", autouse=True)
def medimg_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of this test session, instead of the user's."""
    folder = shared_folder(tmp_path_factory, "cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> Path:
    """Folders ``class/tiny_model``, ``masks/tiny_masks`` and ``masks/tiny_multi``, exported into the cache."""

    def make(folder: Path) -> None:
        names = ("class/tiny_model", "masks/tiny_masks", "masks/tiny_multi")
        run_keras("tests.tiny_model", *(folder / name for name in names))

    return made_once(tmp_path_factory, "tiny_models", make)


@pytest.fixture(scope="session")
def tiny_model(tiny_models: Path) -> ModelCard:
    """The tiny model's card."""
    return read_card(tiny_models / "class" / "tiny_model")


@pytest.fixture(scope="session")
def tiny_masks(tiny_models: Path) -> ModelCard:
    """A card that segments: CT in HU, ``bright`` where the mean of 3 x 3 pixels of its grid is above 100 HU."""
    return read_card(tiny_models / "masks" / "tiny_masks")


@pytest.fixture(scope="session")
def tiny_multi(tiny_models: Path) -> ModelCard:
    """A card of both tasks: US; the lowest quarter of the grey is ``dark``, the highest ``bright``."""
    return read_card(tiny_models / "masks" / "tiny_multi")


@pytest.fixture(scope="session")
def mask_models(tiny_masks: ModelCard, tiny_multi: ModelCard) -> list[ModelCard]:
    """Both models that segment, which share a folder."""
    return [tiny_masks, tiny_multi]


@pytest.fixture(scope="session")
def shipped_model(medimg_cache: Path) -> ModelCard:
    """The first model of the repository."""
    return load_card("chest_xray_pneumonia")


@pytest.fixture(scope="session")
def shipped_models(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> list[ModelCard]:
    """All models of the repository, exported into the cache by one process."""
    cards = list_models()
    made_once(tmp_path_factory, "shipped", lambda _: run_keras("tests.exports", *(card.folder for card in cards)))
    return cards


if __name__ == "__main__":
    for target in map(Path, sys.argv[1:]):
        write_tiny_model(target)
