"""Cards of the planted networks. They lie in the package, not among the models that are offered to readers."""

from pathlib import Path

from medimg_core.errors import UnknownModelError
from medimg_core.explain.planted.network import CLASSES, SIZE
from medimg_core.registry import ModelCard, read_card

__all__ = ["IDS", "TEMPERATURE", "planted_card", "planted_folder", "planted_text"]

IDS = ("planted_pooled", "planted_flat", "planted_mask")
"""The mark is evidence wherever it lies; only above, and against below; and is to be outlined."""
TEMPERATURE = 1.25
"""Divisor of the log-odds: not one, so that log-odds before and after it cannot be taken for each other."""

_HEAD = """\
# Written by `python -m medimg_core.training.planted`.
schema = 1
id = "{id}"
title = "{title}"
task = "{task}"
intended_use = "Tests of explanations: weights written by hand, evidence known. It reads no patients."
modality = ["OT"]
body_part = []
weights_licence = "Apache-2.0"
region = "planted marks"
uses_outside = false
limits = ["It knows drawn marks, and nothing of medicine."]
sha256 = "{sha256}"
gate = {{}}

[population]
sites = "none: weights written by hand"
never_measured = ["Everything but planted images."]

[input]
size = [{size}, {size}]
channels = 1
steps = ["squash"]
unit = "any"

[cam]
layer = "features"
head = "{head}"

[[data]]
name = "none"
licence = "none"
n = {{ train = 0 }}
split = "none"
"""

_CLASSES = """
[[outputs]]
name = "logits"
kind = "classification"
classes = [{classes}]

[calibration]
temperature = {temperature}
prevalence = 0.5

[[thresholds]]
name = "balanced"
value = 0.5
sensitivity = 1.0
specificity = 1.0
source = "by construction"
"""

_MASK = """
[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["mark"]

[outputs.mask]
extent = "image"
"""

_TITLES = {
    "planted_pooled": ("Planted evidence: pooling and a dense layer", "classification", "pooling_dense"),
    "planted_flat": ("Planted evidence: every cell weighed", "classification", "flatten_dense"),
    "planted_mask": ("Planted evidence: a mask", "segmentation", "mask_logits"),
}


def planted_folder(model_id: str = "planted_pooled") -> Path:
    """Folder of one of :data:`IDS`.

    Raises:
        UnknownModelError: There is no such network.
    """
    if model_id not in IDS:
        raise UnknownModelError(f"a planted network must be one of {', '.join(IDS)}, got {model_id[:60]!r}")
    return Path(__file__).resolve().parent / "models" / model_id


def planted_card(model_id: str = "planted_pooled") -> ModelCard:
    """Card of one of :data:`IDS`.

    Examples:
        >>> planted_card().classification.classes
        ('mark_a', 'mark_b', 'mark_c')
    """
    return read_card(planted_folder(model_id))


def planted_text(model_id: str, sha256: str) -> str:
    """Text of a ``card.toml``.

    Args:
        model_id: One of :data:`IDS`.
        sha256: Of its weights.
    """
    title, task, head = _TITLES[model_id]
    top = _HEAD.format(id=model_id, title=title, task=task, sha256=sha256, size=SIZE, head=head)
    if task == "segmentation":
        return top + _MASK
    return top + _CLASSES.format(classes=", ".join(f'"{name}"' for name in CLASSES), temperature=TEMPERATURE)
