"""Whether age and gender add to a FLAIR image in telling the grade of a glioma; probably not, and it says so.

``python -m benchmarks.fusion [--json] [--encoder ID]``. Images: ``brain_flair`` in ``MEDIMG_DATA``, or in
``shared/data`` beside the checkout. Each patient is the mean embedding of the slices on which a reader drew a tumour,
by an encoder that stays as it is: the one trained on ImageNet, or a model's by its id. Heads of a few units are fitted
on the image, on the variables and on both, in five divisions into five folds of patients. There is no claim that
could hold or not: the figures are printed with their intervals.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import data_folder, machine
from medimg_core.engine import forward
from medimg_core.evaluation.folder import Row
from medimg_core.preprocess import prepare
from medimg_core.registry import InputSpec, load_card
from medimg_core.training.fusion import Embed, compare, read_patients
from medimg_core.training.pictures import decode
from medimg_core.training.plan import Plan

IMAGENET = "imagenet"
MODEL = "brain_flair_abnormality"
SPEC = InputSpec((192, 192), 1, ("to_grey01", "letterbox", "standardise"), "any")
OUTCOME = ("grade", "2")
"""The index codes grades without saying how: 2 is taken for grade 3, 1 for grade 2."""


def batches(rows: Sequence[Row], spec: InputSpec, size: int = 32) -> Any:
    """Prepared inputs of the rows' images, in order."""
    plan = Plan(classes=("no", "yes"), labels=("no", "yes"), positive=("yes",), steps=spec.steps, cache_side=256)
    for first in range(0, len(rows), size):
        images = [decode(row.image, plan).astype(np.float32) / 255 for row in rows[first : first + size]]
        yield np.concatenate([prepare(image, spec) for image in images])


def by_imagenet(rows: Sequence[Row]) -> np.ndarray:
    """Mean of the last activation of the encoder that trainings begin with, 112 numbers an image."""
    import keras
    import tensorflow as tf

    from medimg_core.training.architectures.lite import lite0, load_imagenet

    image = keras.Input((*SPEC.size, 1), name="image")
    network = keras.Model(image, keras.layers.GlobalAveragePooling2D()(lite0(image)[0]))
    load_imagenet(network)
    traced = tf.function(lambda batch: network(batch, training=False), reduce_retracing=True)
    return np.concatenate([np.asarray(traced(batch)) for batch in batches(rows, SPEC)])


def by_model(model_id: str) -> Embed:
    """Embeddings of a model of the registry; it may have been trained on these images, but not on their grade."""
    card = load_card(model_id)

    def embed(rows: Sequence[Row]) -> np.ndarray:
        return np.concatenate([forward(card, batch, features=False).embedding for batch in batches(rows, card.input)])

    return embed


def measure(folder: Path, encoder: str) -> dict[str, Any]:
    """The figures."""
    embed = by_imagenet if encoder == IMAGENET else by_model(encoder)
    patients = read_patients(folder / "brain_flair", OUTCOME, ("age", "gender"), "tumour", embed)
    shown = {"encoder": encoder, "patients": len(patients), "grade 3": int(patients.truth.sum())}
    missing = int(np.isnan(patients.variables).sum())
    figures = [
        {**row, "value": round(row["value"], 3), "ci": [round(end, 3) for end in row["ci"]]}
        for row in compare(patients)
        if row["ci"]
    ]
    return {"claims": [], "figures": figures, **shown, "unknown variables": missing, "machine": machine()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--encoder", default=MODEL, help=f"a model's id, or {IMAGENET}; {MODEL} by default")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    data = data_folder("brain_flair")
    with contextlib.redirect_stdout(sys.stderr):
        found = measure(data, args.encoder)
    if args.json:
        print(json.dumps(found))
        return
    print(f"encoder {found['encoder']}, {found['patients']} patients, {found['grade 3']} of grade 3")
    for row in found["figures"]:
        print(f"{row['name']}: {row['value']:+.3f} (95 % interval {row['ci'][0]:+.3f} to {row['ci'][1]:+.3f})")


if __name__ == "__main__":
    main()
