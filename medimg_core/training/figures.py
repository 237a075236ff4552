"""The figures on a card: validation, robustness, shortcuts; each with its 95 % interval by patient."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core import perturb
from medimg_core.burnt_in import find_marks
from medimg_core.evaluation.bootstrap import summary
from medimg_core.evaluation.metrics import Decision
from medimg_core.evaluation.shortcuts import (
    Cases,
    Finding,
    Score,
    centre_only,
    exterior_label,
    exterior_opposite,
    frame_only,
    marks_only,
    marks_painted_out,
    region_box_filled,
    region_filled,
    region_only,
)
from medimg_core.perturb import Grey
from medimg_core.registry import Figure
from medimg_core.training.augment import exposure, framing
from medimg_core.training.datasets import ImageSet, Regions
from medimg_core.training.heads import positives
from medimg_core.training.recipe import Recipe

SHORTCUT_LIMIT = 0.65
"""Above this AUC without the lungs, a result says that the model uses information outside them."""
MOVES = 0.01
"""Least mean gap of scores that decides anything: where nothing is left to be seen all scores lie at the prior, and
an AUC counts even the order of their last digits."""
TUNED = "weights averaged, threshold and temperature chosen on this split"
CONDITION = (
    "under random framing (zoom 0.75 to 1.35, rotation to 14 degrees, shift to 10 %, aspect, shear), "
    "exposure, noise, blur and compression"
)


@dataclass(frozen=True)
class Held:
    """Validation images with what is known of them.

    Attributes:
        images: The images.
        truth: True where the reading is positive.
        name: Data set and split, e.g. ``"chest_xray val"``.
    """

    images: ImageSet
    truth: NDArray[np.bool_]
    name: str


def held_out(images: ImageSet, recipe: Recipe, name: str) -> Held:
    """Validation images with the reading's truth."""
    return Held(images, positives(recipe)[images.classes], name)


def augmented(held: Held, passes: int, seed: int) -> Iterator[Grey]:
    """Validation images under the card's stated augmentation, all of them in order, ``passes`` times."""
    rng = np.random.default_rng(seed)
    for _ in range(passes):
        for grey in held.images.greys():
            whole = (0.0, 0.0, float(grey.shape[0]), float(grey.shape[1]))
            moved = framing(grey, whole, rng, crop=False)
            yield exposure(moved, rng, lambda: held.images.grey(int(rng.integers(len(held.images)))))


def _as_figures(values: dict[str, Any], n: int, data: str, note: str) -> list[Figure]:
    return [
        Figure(name, float(value), tuple(values[f"{name}_ci"]), n, data, note)
        for name, value in values.items()
        if not name.endswith("_ci") and value is not None and values[f"{name}_ci"] is not None
    ]


def decided(
    held: Held,
    score: NDArray[np.float64],
    threshold: float,
    *,
    index: NDArray[np.int64] | None = None,
    names: Sequence[str] = ("auc", "accuracy", "sensitivity", "specificity", "f1", "ece", "brier"),
    note: str = TUNED,
) -> list[Figure]:
    """Metrics at a threshold; ``index`` says which image each score is of, where there are several."""
    rows = np.arange(len(held.images)) if index is None else index
    case = Decision(held.truth[rows], score, score >= threshold)
    groups = [held.images.groups[i] for i in rows]
    return _as_figures(summary(case, groups, names), len(rows), held.name, note)


def by_name_group(held: Held, score: NDArray[np.float64], threshold: float) -> list[Figure]:
    """Specificity of the two file-name groups of negatives: two batches of the hospital's archive."""
    figures = []
    for prefix, text in (("NORMAL2-", "negatives named NORMAL2-IM-*"), ("IM-", "negatives named IM-*")):
        chosen = np.array(
            [i for i, case in enumerate(held.images.cases) if case.startswith(prefix) and not held.truth[i]],
            dtype=np.int64,
        )
        if chosen.size:
            figures += decided(held, score[chosen], threshold, index=chosen, names=("specificity",), note=text)
    return figures


def _halves(image: Grey) -> Grey:
    return perturb.coarsen(image, 2.0)


def _crop(image: Grey) -> Grey:
    rows, columns = image.shape
    box = (0.1 * rows, 0.1 * columns, 0.9 * rows, 0.9 * columns)
    return perturb.warp(image, perturb.box_to_box(box, (0, 0, rows, columns)))


def _turn(image: Grey) -> Grey:
    return perturb.warp(image, perturb.affine((image.shape[0], image.shape[1]), angle=12))


def _shrink(image: Grey) -> Grey:
    return perturb.warp(image, perturb.affine((image.shape[0], image.shape[1]), zoom=(0.8, 0.8)))


CONDITIONS: dict[str, Callable[[Grey], Grey]] = {
    "darker (gamma 1.7)": lambda image: perturb.gamma(image, 1.7),
    "brighter (gamma 0.6)": lambda image: perturb.gamma(image, 0.6),
    "over-exposed (gain 1.4, cut at white)": lambda image: perturb.expose(image, 1.4, 0.0),
    "outer 10 % cropped": _crop,
    "zoomed out to 80 %, black border": _shrink,
    "rotated by 12 degrees": _turn,
    "half the resolution": _halves,
    "noise of 5 % of the range": lambda image: perturb.add_noise(image, np.random.default_rng(5), 0.05),
}


def robustness(held: Held, score: Score, threshold: float) -> list[Figure]:
    """AUC, sensitivity and specificity at the card's threshold under one fixed change at a time."""
    figures = []
    for text, change in CONDITIONS.items():
        values = score([change(image) for image in held.images.greys()])
        figures += decided(held, values, threshold, names=("auc", "sensitivity", "specificity"), note=text)
    return figures


def shortcuts(held: Held, regions: Regions, score: Score) -> list[Figure]:
    """What is left without the lungs, and against their surroundings."""
    where = {case: index for index, case in enumerate(held.images.cases)}
    pairs = [(where[case], m) for m, case in enumerate(regions.cases) if case in where]
    whole = Cases(held.images.greys(), held.truth, held.images.groups)
    chosen = [i for i, _ in pairs]
    masked = Cases(
        [held.images.grey(i) for i in chosen],
        held.truth[chosen],
        [held.images.groups[i] for i in chosen],
        [regions.masks[m].astype(np.float32) for _, m in pairs],
        region="lungs",
    )
    trained = (
        "; images of this kind, labelled with the prior, were part of the training, and the heads were blinded to them"
    )
    untrained = "; not trained for"
    with_masks = f"{held.name}, those with lung masks"
    rows: list[tuple[Finding, str, str]] = [
        (frame_only(score, whole), held.name, trained),
        (region_filled(score, masked, "mean"), with_masks, trained),
        (region_filled(score, masked, "smooth"), with_masks, trained),
        (region_box_filled(score, masked), with_masks, trained),
        (region_filled(score, masked, "black"), with_masks, trained),
        (region_filled(score, masked, "white"), with_masks, untrained),
        (exterior_opposite(score, masked), with_masks, "; exteriors of either class were swapped in training"),
        (exterior_label(score, masked), with_masks, "; exteriors of either class were swapped in training"),
        (region_only(score, masked), with_masks, "; some training images were of this kind"),
        (centre_only(score, whole), held.name, untrained),
        (marks_painted_out(score, whole, find_marks), held.name, untrained),
        (marks_only(score, whole, find_marks), held.name, untrained),
    ]
    result = []
    for found, data, note in rows:
        result.append(Figure(found.name, found.auc, found.ci, found.n, data, found.note + note))
        gap = "mean score of positives minus that of negatives: " + found.note
        result.append(Figure(found.name.removesuffix("_auc") + "_gap", found.gap, found.gap_ci, found.n, data, gap))
    return result


def uses_outside(figures: Sequence[Figure]) -> bool:
    """Whether images without their region are told apart beyond the limit, in either direction.

    What counts: the frame alone, burnt-in marks alone, the region or its box filled in; and of these what moves the
    mean score by :data:`MOVES` or more, where that was measured too.
    """
    decisive = re.compile(r"(frame_only|marks_only|.+_filled_.+|.+_box_filled)_auc")
    gaps = {f.name.removesuffix("_gap"): abs(f.value) for f in figures if f.name.endswith("_gap")}
    return any(
        max(f.value, 1 - f.value) > SHORTCUT_LIMIT and gaps.get(f.name.removesuffix("_auc"), 1.0) >= MOVES
        for f in figures
        if decisive.fullmatch(f.name)
    )
