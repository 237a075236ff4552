"""A model folder whose network takes whole volumes: it marks what is dark and what is bright.

Run as a program (``python -m tests.inference.volume_model FOLDER``) it writes the folder and exports it into the cache.
"""

import sys
from pathlib import Path

from medimg_core.registry import read_card, sha256_of

SIDES = (8, 24, 32)
"""Slices, rows and columns of the network."""

CARD = """\
schema = 1
id = "{id}"
title = "Tiny test network of volumes"
task = "segmentation"
intended_use = "Tests only: it marks what lies in the lowest and the highest quarter of its window."
modality = ["CT"]
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
size = {sides}
channels = 1
steps = ["window", "letterbox"]
unit = "HU"
window = [-100, 300]

[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["dark", "bright"]

[outputs.mask]
extent = "volume"

[[outputs.mask.targets]]
name = "bright"
column = "mask"
value = 2
classes = ["bright"]

[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""


def write_volume_model(folder: Path) -> None:
    """Write card and weights."""
    import keras
    import numpy as np
    from keras import layers

    keras.utils.set_random_seed(5)
    image = keras.Input((*SIDES, 1), name="image")
    slopes, limits = np.array([0.0, -40.0, 40.0], np.float32), np.array([0.0, 0.25, 0.75], np.float32)
    masks = layers.Conv3D(3, 1, name="mask_logits")
    found = masks(image)
    masks.set_weights([slopes.reshape(1, 1, 1, 1, 3), -slopes * limits])
    x = layers.Conv3D(8, 4, strides=4, padding="same", activation="relu", name="features")(image)
    x = layers.GlobalAveragePooling3D(name="embedding")(x)
    folder.mkdir(parents=True)
    keras.Model(image, [found, x], name="tiny").save(folder / "weights.keras")
    sha256 = sha256_of(folder / "weights.keras")
    text = CARD.format(id=folder.name, sha256=sha256, sides=list(SIDES))
    (folder / "card.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    from tests.exports import fill_cache

    write_volume_model(Path(sys.argv[1]))
    fill_cache(read_card(Path(sys.argv[1])))
