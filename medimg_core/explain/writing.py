"""A map as a file: numbers, or a picture."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.errors import IncompatibleInputError, InputError
from medimg_core.explain.overlay import COLORMAPS, DIVERGING, overlay
from medimg_core.explain.resample import on_image
from medimg_core.results import Explanation, ExplanationStack
from medimg_core.study import Volume

__all__ = ["write_explanation"]

SUFFIXES = (".npz", ".png")


def write_explanation(explanation: Explanation | ExplanationStack, volume: Volume, out: Path) -> None:
    """Write a map beside the image it explains.

    ``.npz`` holds ``native``, ``image`` (the map on the image's grid), ``to_image`` and ``about`` (JSON:
    model, weights, method, layer, label, score, peak, parameters; nothing of the patient); of a stack all native maps,
    ``slices`` and ``scores`` instead of ``image``. ``.png`` is the image with the map over it, scaled to the map's own
    peak; without positive evidence it is the plain image. Of a stack it is the slice of the peak.

    Args:
        explanation: The map, or the stack.
        volume: What it explains.
        out: File to write; it is replaced where there is one.

    Raises:
        IncompatibleInputError: The volume is another one, or the suffix is none of the two.
        InputError: The file cannot be written.
    """
    if volume.fingerprint != explanation.fingerprint:
        raise IncompatibleInputError("a map must be written with the volume it explains; this is another one")
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise IncompatibleInputError(f"the file's suffix must be one of {', '.join(SUFFIXES)}, got {suffix[:20]!r}")
    try:
        if suffix == ".npz":
            with out.open("wb") as file:  # given a name, NumPy would add a suffix of its own to .NPZ
                np.savez_compressed(file, **_arrays(explanation))
        else:
            one = explanation.at(explanation.peak_slice) if isinstance(explanation, ExplanationStack) else explanation
            _write_picture(one, volume, out)
    except OSError as error:
        raise InputError(f"the output file must be one that can be written: {error.strerror}") from error


def _arrays(explanation: Explanation | ExplanationStack) -> dict[str, Any]:
    names = ("model_id", "weights_sha256", "method", "layer", "label", "peak", "has_evidence", "signed")
    about = {name: getattr(explanation, name) for name in names}
    about["parameters"] = dict(explanation.parameters)
    found: dict[str, Any] = {"native": explanation.native, "to_image": explanation.to_image}
    if isinstance(explanation, ExplanationStack):
        found |= {"slices": np.array(explanation.slices), "scores": explanation.scores}
    else:
        found["image"] = on_image(explanation)
        about["score"] = explanation.score if math.isfinite(explanation.score) else None
    return {**found, "about": np.array(json.dumps(about))}


def _write_picture(explanation: Explanation, volume: Volume, out: Path) -> None:
    from PIL import Image

    shown = volume.presented(explanation.slice_index, frame=explanation.frame)
    grey = shown.mean(axis=-1) if shown.ndim == 3 else shown
    colours = DIVERGING if explanation.signed else COLORMAPS[0]
    Image.fromarray(overlay(grey, on_image(explanation), scale=explanation.peak, colormap=colours)).save(out)
