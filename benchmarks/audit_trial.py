"""How often the audit lets true maps pass, and wrong ones, on real validation images.

``python -m benchmarks.audit_trial [--json] [--rounds N]``. Images: ``brain_flair``, ``breast_ultrasound`` and
``chest_xray`` in ``MEDIMG_DATA``, or in ``shared/data`` beside the checkout; N of each, 12 by default, which are
positive and called so. Beside each model's own Grad-CAM five wrong maps are audited, each made again for changed
inputs as a method would make it: its cells shuffled, a blob, another image's map, an edge detector, brightness. On
planted images, whose evidence is known, ``medimg selftest --explain`` asks the same.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import data_folder, run
from medimg_core.evaluation.classification import truth_of
from medimg_core.evaluation.files import image_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import word_of
from medimg_core.explain import explain, query
from medimg_core.explain.audit import audit
from medimg_core.explain.planted.wrong import WRONG, wrong_map
from medimg_core.inference import classify
from medimg_core.registry import ModelCard, load_card

MODELS = {
    "brain_flair_abnormality": "brain_flair",
    "breast_ultrasound": "breast_ultrasound",
    "chest_xray_pneumonia": "chest_xray",
}
KINDS = tuple(kind for kind in WRONG if kind != "forgotten")
"""Kinds of wrong map; a network that forgot has the planted grid alone."""
MOST_WRONG = 0.05
"""Share of wrong maps that may pass."""


def said(card: ModelCard, folder: Path, count: int) -> list[Any]:
    """Volumes and predictions of positive images that are called so."""
    rows = read_folder(folder, "val")
    rows = tuple(row for row, true in zip(rows, truth_of(card, rows), strict=True) if true)
    found: list[Any] = []
    for index in np.random.default_rng(1).permutation(len(rows)).tolist():
        series = image_of(rows[index].image)
        one = classify(series.volume, card, series=series, declared=word_of(card), enforce_gate=False)
        if one.score >= one.threshold:
            found.append((series.volume, one))
        if len(found) == count:
            break
    return found


def tried(card: ModelCard, folder: Path, count: int) -> dict[str, Counter[str]]:
    """How often each kind of map was given each verdict."""
    images = said(card, folder, count)
    found: dict[str, Counter[str]] = {kind: Counter() for kind in ("true", *KINDS)}
    for place, (volume, one) in enumerate(images):
        asked, own = query(one, card, volume), explain(one, card, volume=volume)
        far = explain(images[(place + 1) % len(images)][1], card)
        found["true"][audit(asked, own).verdict] += 1
        for kind in KINDS:
            made = wrong_map(kind, asked, own, far, seed=place)
            found[kind][audit(asked, made.explanation, remap=made.remap).verdict] += 1
    return found


def measure(rounds: int) -> dict[str, Any]:
    """Try every model; the claim is on wrong maps, of all models together."""
    data = data_folder(*MODELS.values())
    verdicts = {model: tried(load_card(model), data / name, rounds) for model, name in MODELS.items()}
    passed = sum(counts[kind]["shown"] for counts in verdicts.values() for kind in KINDS)
    images = sum(counts[kind].total() for counts in verdicts.values() for kind in KINDS)
    claims = [
        {
            "name": f"wrong maps that the audit calls shown, {passed} of {images}",
            "value": round(passed / images, 3),
            "target": MOST_WRONG,
            "unit": "share of maps",
            "holds": passed / images <= MOST_WRONG,
        }
    ]
    plain = {model: {kind: dict(count) for kind, count in counts.items()} for model, counts in verdicts.items()}
    return {"claims": claims, "medians_ms": {}, "verdicts": plain}


if __name__ == "__main__":
    run(__doc__, measure, 12)
