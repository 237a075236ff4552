"""A map as a file: numbers, or a picture."""

import json
from pathlib import Path

import numpy as np

from medimg_core.errors import IncompatibleInputError, InputError
from medimg_core.explain.overlay import overlay
from medimg_core.explain.resample import on_image
from medimg_core.results import Explanation
from medimg_core.study import Volume

__all__ = ["write_explanation"]

SUFFIXES = (".npz", ".png")


def write_explanation(explanation: Explanation, volume: Volume, out: Path) -> None:
    """Write a map beside the image it explains.

    ``.npz`` holds ``native``, ``image`` (the map on the image's grid), ``to_image`` and ``about`` (JSON:
    model, weights, method, layer, label, score, peak; nothing of the patient). ``.png`` is the image with
    the map over it, scaled to the map's own peak; without positive evidence it is the plain image.

    Args:
        explanation: The map.
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
    values = on_image(explanation)
    try:
        if suffix == ".npz":
            about = {
                name: getattr(explanation, name)
                for name in ("model_id", "weights_sha256", "method", "layer", "label", "score", "peak", "has_evidence")
            }
            with out.open("wb") as file:  # given a name, NumPy would add a suffix of its own to .NPZ
                np.savez_compressed(
                    file,
                    native=explanation.native,
                    image=values,
                    to_image=explanation.to_image,
                    about=np.array(json.dumps({**about, "parameters": dict(explanation.parameters)})),
                )
            return
        from PIL import Image

        shown = volume.presented(explanation.slice_index, frame=explanation.frame)
        grey = shown.mean(axis=-1) if shown.ndim == 3 else shown
        Image.fromarray(overlay(grey, values, scale=explanation.peak)).save(out)
    except OSError as error:
        raise InputError(f"the output file must be one that can be written: {error.strerror}") from error
