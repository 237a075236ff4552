"""How often the audit lets true maps pass, and wrong ones, on real validation images.

``python -m benchmarks.audit_trial [--json] [--rounds N]``. Images: ``brain_flair``, ``breast_ultrasound`` and
``chest_xray`` in ``MEDIMG_DATA``, or in ``shared/data`` beside the checkout; N of each, 12 by default, which are
positive and called so. Beside each model's own Grad-CAM five wrong maps are audited, each made again for changed
inputs as a method would make it: its cells shuffled, a blob, another image's map, an edge detector, brightness. On
planted images, whose evidence is known, ``medimg selftest --explain`` asks the same.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import run
from medimg_core.evaluation.classification import truth_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import image_of, word_of
from medimg_core.explain import Query, explain, query
from medimg_core.explain.audit import audit
from medimg_core.explain.native import native_maps
from medimg_core.inference import classify
from medimg_core.preprocess import resize
from medimg_core.registry import ModelCard, load_card
from medimg_core.results import Explanation

MODELS = {
    "brain_flair_abnormality": "brain_flair",
    "breast_ultrasound": "breast_ultrasound",
    "chest_xray_pneumonia": "chest_xray",
}
WRONG = ("shuffled", "blob", "another", "edges", "bright")
MOST_WRONG = 0.05
"""Share of wrong maps that may pass."""

Remap = Callable[[np.ndarray], np.ndarray]


def wrong(kind: str, asked: Query, own: Explanation, far: Explanation, seed: int) -> Remap:
    """From inputs to wrong maps of one kind."""
    from scipy.ndimage import sobel

    grid = (own.native.shape[0], own.native.shape[1])
    if kind == "another":
        return lambda batch: np.repeat(far.native[None], len(batch), axis=0)
    if kind == "blob":
        down, across = ((np.arange(cells) + 0.5) / cells - 0.5 for cells in grid)
        blob = np.exp(-8 * (down[:, None] ** 2 + across[None] ** 2)).astype(np.float32)
        return lambda batch: np.repeat(blob[None], len(batch), axis=0)
    if kind == "shuffled":
        order = np.random.default_rng(seed).permutation(grid[0] * grid[1])

        def shuffled(batch: np.ndarray) -> np.ndarray:
            native = native_maps(batch, asked.card, asked.question).native
            return native.reshape(len(batch), -1)[:, order].reshape(native.shape)

        return shuffled

    def seen(image: np.ndarray) -> np.ndarray:
        grey = image.mean(axis=-1)
        values = np.hypot(sobel(grey, 0), sobel(grey, 1)) if kind == "edges" else grey - grey.min()
        return resize(values.astype(np.float32), grid)

    return lambda batch: np.stack([seen(image) for image in batch])


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
    found: dict[str, Counter[str]] = {kind: Counter() for kind in ("true", *WRONG)}
    for place, (volume, one) in enumerate(images):
        asked, own = query(one, card, volume), explain(one, card, volume=volume)
        far = explain(images[(place + 1) % len(images)][1], card)
        found["true"][audit(asked, own).verdict] += 1
        for kind in WRONG:
            maker = wrong(kind, asked, own, far, place)
            first = maker(asked.batch)[0]
            scale = np.float32(own.native.sum() / max(float(first.sum()), 1e-9))

            def remap(batch: np.ndarray, maker: Remap = maker, scale: np.float32 = scale) -> np.ndarray:
                return np.asarray(maker(batch) * scale, dtype=np.float32)

            shown = replace(own, native=np.asarray(first * scale, dtype=np.float32))
            found[kind][audit(asked, shown, remap=remap).verdict] += 1
    return found


def measure(rounds: int) -> dict[str, Any]:
    """Try every model; the claim is on wrong maps, of all models together."""
    root = os.environ.get("MEDIMG_DATA")
    data = Path(root) if root else Path(__file__).resolve().parents[2] / "shared" / "data"
    there = {model: data / name for model, name in MODELS.items() if (data / name).is_dir()}
    if not there:
        raise SystemExit("no validation images on this machine (set MEDIMG_DATA)")
    verdicts = {model: tried(load_card(model), folder, rounds) for model, folder in there.items()}
    passed = sum(counts[kind]["shown"] for counts in verdicts.values() for kind in WRONG)
    images = sum(counts[kind].total() for counts in verdicts.values() for kind in WRONG)
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
