"""A card to begin with: what the network's file says is filled in, the rest says TODO."""

import json
from pathlib import Path

from medimg_core.engine.outline import Entry, Outline, outline
from medimg_core.engine.safety import inspect
from medimg_core.errors import ModelError
from medimg_core.registry import sha256_of

__all__ = ["skeleton"]

_PASSED = frozenset({"Dropout", "BatchNormalization", "Flatten", "Activation", "Softmax"})
"""Layers that may lie between pooling and the dense layer, or behind it."""


def skeleton(model_id: str, weights: Path) -> str:
    """Text of a ``card.toml`` for a network.

    Args:
        model_id: The model's id.
        weights: The Keras file; it is read, not loaded.

    Raises:
        WeightsError: The file is not safe to load.
        ModelError: The network does not end in a dense layer or a convolution.
    """
    network = outline(inspect(weights))
    end = network.find(network.last)
    behind = end
    while behind.units is None and (taken_from := _before(behind, network)):
        behind = taken_from
    if behind.units is None:
        raise ModelError(
            f"the network must end in a dense layer or a convolution; it ends in {end.path!r}, of class {end.kind}"
        )
    segments = "Conv" in behind.kind
    taken = network.shape or (None, None, None)
    defaults = (32, 64, 64, 1) if len(taken) == 4 else (224, 224, 3)
    *sides, channels = (side or default for side, default in zip(taken, defaults, strict=False))
    head = _HEAD.format(
        id=json.dumps(model_id),
        plain=model_id,
        task="segmentation" if segments else "classification",
        sha256=sha256_of(weights),
        sides=json.dumps(sides),
        channels=channels,
        steps=json.dumps(["squash", _scaling(network)]),
    )
    body = _masks(end, behind.units) if segments else _classes(end, behind, network)
    return head + body + _TAIL


def _scaling(network: Outline) -> str:
    """A network that divides by a hundred or more wants 8-bit values; else only its author knows."""
    scales = [entry.settings.get("scale") for entry in network.entries if entry.kind == "Rescaling"]
    return "to_255" if any(isinstance(scale, float) and abs(scale) < 0.01 for scale in scales) else "TODO"


def _classes(end: Entry, dense: Entry, network: Outline) -> str:
    count = max(2, dense.units or 0)
    names = [f"TODO {number}" for number in range(count)]
    text = _CLASSES.format(name=json.dumps(end.path), classes=json.dumps(names), positive=json.dumps(names[1:]))
    layer = _before(dense, network)
    while layer and layer.kind in _PASSED:
        layer = _before(layer, network)
    pooled = _before(layer, network) if layer and layer.kind == "GlobalAveragePooling2D" else None
    return text + _CAM.format(layer=json.dumps(pooled.path)) if pooled else text


def _before(layer: Entry, network: Outline) -> Entry | None:
    """The layer whose tensor another takes, into and out of networks inside; None for the image, or several."""
    while not layer.before and "/" in layer.path:  # the first of a network inside takes what that network takes
        layer = network.find(layer.path.rsplit("/", 1)[0])
    if len(layer.before) != 1:
        return None
    found = network.find(network.find(layer.before[0]).last)
    return _before(found, network) if found.kind == "InputLayer" else found


def _masks(end: Entry, channels: int) -> str:
    names = [f"TODO {number}" for number in range(1, max(2, channels))]
    extent = "volume" if "3D" in end.kind else "image"
    return _MASKS.format(name=json.dumps(end.path), classes=json.dumps(names), extent=extent)


_HEAD = """\
# Every TODO is for you to write; `medimg models {plain} --check` says what is left.
schema = 1
id = {id}
title = "TODO"
task = "{task}"
intended_use = "TODO: for what, and for what not"
modality = ["TODO"]  # DICOM modalities it reads, e.g. "DX"
body_part = ["TODO"]  # BodyPartExamined, e.g. "CHEST"; [] for any
weights_licence = "TODO"
uses_outside = false  # true where a test with the region hidden shows that it does
limits = ["TODO"]
sha256 = "{sha256}"

[population]
# age_years = [18, 90]  # where the data say it
views = []
sites = "TODO"
never_measured = ["TODO", "whether it uses what lies outside the organ"]

[input]
size = {sides}
channels = {channels}
steps = {steps}  # scaling as in training: minus_one_to_one, to_255, imagenet, imagenet_bgr, standardise, or none
unit = "any"  # or "HU", with the step window

"""

_CLASSES = """\
[[outputs]]
name = {name}
kind = "classification"
classes = {classes}  # in the order of the network; one unit means: the second class

[outputs.reading]
name = "TODO"
positive = {positive}
positive_text = "TODO label"
negative_text = "no TODO label"

[calibration]
temperature = 1.0
prevalence = 0.5  # share of positives in the training data

[[thresholds]]
name = "balanced"
value = 0.5
sensitivity = 0.5
specificity = 0.5
source = "TODO: data, split and n of these two figures"

"""

_CAM = """\
[cam]
layer = {layer}
head = "pooling_dense"

"""

_MASKS = """\
[[outputs]]
name = {name}
kind = "segmentation"
classes = {classes}  # without the background

[outputs.mask]
extent = "{extent}"  # "image", or "volume": every slice; "reader": where the reader says the organ is

"""

_TAIL = """\
[gate]

[[data]]
name = "TODO"
licence = "TODO"
n = { train = 0 }
split = "TODO"
"""
