"""How well a classifier does without the region it should read, or against its surroundings.

A figure near 0.5 is what an honest reader of the region gets where the region is hidden. Images are
grey, float32, 0 to 1, or have three colours last, each of which is hidden alike; surroundings are swapped
of grey images only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.bootstrap import group_weights, interval, percentiles
from medimg_core.evaluation.metrics import Bools, Decision, mean_gap, metric
from medimg_core.perturb import Grey, Subject, bounding_box, box_mask, fill, frame_mask, swap_exterior
from medimg_core.preprocess import resize

Score = Callable[[Sequence[Grey]], NDArray[np.float64]]
"""Images to scores of the reading, 0 to 1."""

FindMarks = Callable[[Grey], Bools]
"""An image to where it has burnt-in marks, of its shape."""

FRAME = 0.125


@dataclass(frozen=True)
class Cases:
    """Images with the reading's truth.

    Attributes:
        images: Grey images, 0 to 1.
        truth: True where the reading is positive, shape ``(n,)``.
        groups: Patient of each.
        regions: True region (lungs, lesion) of each, or empty where nobody drew them. An image may have an empty
            one: a lesion that is not there.
        region: What the regions are, as the card says it: the word in names and notes.
    """

    images: Sequence[Grey]
    truth: Bools
    groups: Sequence[str]
    regions: Sequence[Grey] = ()
    region: str = "region"

    @property
    def key(self) -> str:
        """The region's word as a part of a name, e.g. ``"lungs"``."""
        return "_".join(self.region.lower().split())

    def subjects(self) -> list[Subject]:
        """Images with their regions. One whose own is empty borrows that of another, drawn with a fixed seed.

        If regions were hidden only in the images that have one, the patch itself would tell the classes apart.

        Raises:
            NotApplicableError: There are no regions.
        """
        if len(self.regions) != len(self.images):
            raise NotApplicableError("this test needs the true region of every image; there is none")
        full = [index for index, region in enumerate(self.regions) if (region > 0.5).any()]
        if not full:
            raise NotApplicableError("this test needs an image with a region; all of them are empty")
        rng = np.random.default_rng(3)
        subjects = []
        for image, own in zip(self.images, self.regions, strict=True):
            lent = own if (own > 0.5).any() else self.regions[full[int(rng.integers(len(full)))]]
            region = lent if lent.shape == image.shape[:2] else resize(lent, (image.shape[0], image.shape[1])).round()
            subjects.append(Subject(image, region, bounding_box(region)))
        return subjects

    def noted(self, text: str) -> str:
        """A note, which says so where some images borrowed their region."""
        borrowed = sum(not (region > 0.5).any() for region in self.regions)
        return f"{text}; {borrowed} images without one: where another has it" if borrowed else text


@dataclass(frozen=True)
class Finding:
    """One shortcut figure.

    Attributes:
        name: Which test.
        auc: Area under the ROC curve.
        ci: 95 % interval, bootstrapped by patient.
        n: Number of images.
        note: What was shown to the model.
        gap: Mean score of the positives minus mean score of the negatives. An AUC counts the order of
            scores however little they differ; the gap says how much they do.
        gap_ci: Its 95 % interval, likewise.
    """

    name: str
    auc: float
    ci: tuple[float, float] | None
    n: int
    note: str
    gap: float
    gap_ci: tuple[float, float] | None


def _grey(image: Grey) -> Grey:
    """An image without its colours."""
    return image if image.ndim == 2 else np.asarray(image.mean(axis=-1), dtype=np.float32)


def _filled(image: Grey, mask: Grey, how: str, rng: np.random.Generator | None = None) -> Grey:
    """:func:`~medimg_core.perturb.fill` of every colour."""
    if image.ndim == 2:
        return fill(image, mask, how, rng)
    return np.stack([fill(np.ascontiguousarray(image[..., k]), mask, how, rng) for k in range(3)], axis=-1)


def _auc(name: str, note: str, scores: NDArray[np.float64], truth: Bools, groups: Sequence[str]) -> Finding:
    case = Decision(truth, scores, scores >= 0.5)
    value = metric("auc", case)
    if value is None:
        raise IncompatibleInputError("an AUC needs images of both classes, got one class")
    weights = group_weights(groups)
    gap = float(mean_gap(case, np.ones((1, len(truth))))[0])
    ends = percentiles(mean_gap(case, weights))
    return Finding(name, value, interval("auc", case, weights), len(truth), note, gap, ends)


def frame_only(score: Score, cases: Cases) -> Finding:
    """Only the outer frame shown, the rest at the frame's mean grey."""
    hidden = [_filled(i, 1 - frame_mask((i.shape[0], i.shape[1]), FRAME), "mean") for i in cases.images]
    note = "outer 12.5 % frame only, rest at the frame's mean grey"
    return _auc("frame_only_auc", note, score(hidden), cases.truth, cases.groups)


def centre_only(score: Score, cases: Cases) -> Finding:
    """The outer frame hidden at the mean grey of the rest."""
    hidden = [_filled(i, frame_mask((i.shape[0], i.shape[1]), FRAME), "mean") for i in cases.images]
    return _auc("centre_only_auc", "outer 12.5 % frame hidden", score(hidden), cases.truth, cases.groups)


def marks_painted_out(score: Score, cases: Cases, find_marks: FindMarks) -> Finding:
    """Burnt-in marks (callipers, letters, scales) painted out smoothly from their border.

    Far below the AUC of whole images, the marks were read: whoever measures a lesion has suspected it.
    """
    clean, marked = [], 0
    for image in cases.images:
        mask = find_marks(_grey(image))
        marked += bool(mask.any())
        clean.append(_filled(image, mask.astype(np.float32), "smooth"))
    note = f"burnt-in marks painted out, found in {marked} of {len(clean)} images"
    return _auc("marks_painted_out_auc", note, score(clean), cases.truth, cases.groups)


def marks_only(score: Score, cases: Cases, find_marks: FindMarks) -> Finding:
    """Only the burnt-in marks shown, the rest at its mean grey."""
    shown = [_at_mean_but(image, find_marks(_grey(image))) for image in cases.images]
    note = "only burnt-in marks shown, rest at its mean grey"
    return _auc("marks_only_auc", note, score(shown), cases.truth, cases.groups)


def _at_mean_but(image: Grey, kept: Bools) -> Grey:
    mean = float(image[~kept].mean()) if not kept.all() else 0.0
    return np.where(kept if image.ndim == 2 else kept[..., None], image, np.float32(mean))


def region_filled(score: Score, cases: Cases, how: str = "mean") -> Finding:
    """The region filled in along its true outline, which stays to be seen."""
    hidden = [_filled(s.image, s.region, how, np.random.default_rng(0)) for s in cases.subjects()]
    notes = {
        "mean": "at the mean grey of the rest, outline visible",
        "smooth": "smoothly from the border",
        "black": "with black, outline visible",
        "white": "with white, outline visible",
    }
    note = cases.noted(f"{cases.region} filled {notes.get(how, how)}")
    return _auc(f"{cases.key}_filled_{how}_auc", note, score(hidden), cases.truth, cases.groups)


def region_box_filled(score: Score, cases: Cases) -> Finding:
    """The region's bounding box filled in: neither the region nor its outline is left."""
    hidden = [_filled(s.image, box_mask((s.image.shape[0], s.image.shape[1]), s.box), "mean") for s in cases.subjects()]
    note = cases.noted(f"bounding box of the {cases.region} filled at the mean grey of the rest, no outline visible")
    return _auc(f"{cases.key}_box_filled_auc", note, score(hidden), cases.truth, cases.groups)


def region_only(score: Score, cases: Cases) -> Finding:
    """Only the region shown, the rest at its mean grey."""
    shown = [_filled(s.image, 1 - s.region, "mean") for s in cases.subjects()]
    note = cases.noted(f"only the {cases.region} shown")
    return _auc(f"{cases.key}_only_auc", note, score(shown), cases.truth, cases.groups)


def _partners(truth: Bools, wanted: Bools, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each row a random other row whose truth is ``wanted`` there."""
    chosen = np.empty(len(truth), np.int64)
    for index in range(len(truth)):
        pool = np.flatnonzero(truth == wanted[index])
        pool = pool[pool != index]
        if pool.size == 0:
            raise NotApplicableError("the swap needs at least two images of each class")
        chosen[index] = rng.choice(pool)
    return chosen


def exterior_opposite(score: Score, cases: Cases, repeats: int = 3) -> Finding:
    """Every image's surroundings taken from one of the opposite class; AUC by the label of the region's image.

    1 means that only the region counts, 0 that only the surroundings do.
    """
    subjects, rng = cases.subjects(), np.random.default_rng(1)
    scores = []
    for _ in range(repeats):
        other = _partners(cases.truth, ~cases.truth, rng)
        scores.append(score([swap_exterior(s, subjects[o]) for s, o in zip(subjects, other, strict=True)]))
    return _auc(
        "exterior_opposite_auc",
        cases.noted(
            f"surroundings swapped for those of an image of the opposite class ({repeats} draws), "
            f"label of the {cases.region}"
        ),
        np.concatenate(scores),
        np.tile(cases.truth, repeats),
        list(cases.groups) * repeats,
    )


def exterior_label(score: Score, cases: Cases) -> Finding:
    """How well the score tells the class of the surroundings while the region stays the same.

    Every image's region is put on one exterior of each class; scores are compared within the region's
    image, so 0.5 means that the surroundings don't count.
    """
    subjects, rng = cases.subjects(), np.random.default_rng(2)
    truth = np.ones(len(subjects), bool)
    with_yes = _partners(cases.truth, truth, rng)
    with_no = _partners(cases.truth, ~truth, rng)
    yes = score([swap_exterior(s, subjects[o]) for s, o in zip(subjects, with_yes, strict=True)])
    no = score([swap_exterior(s, subjects[o]) for s, o in zip(subjects, with_no, strict=True)])
    wins = (yes > no) + 0.5 * (yes == no)
    drawn = group_weights(cases.groups)

    def ends(values: NDArray[np.float64]) -> tuple[float, float] | None:
        return percentiles(drawn @ values / drawn.sum(axis=1))

    note = cases.noted(
        f"same {cases.region} on surroundings of either class: share of images in which the score follows them"
    )
    gap = yes - no
    return Finding("exterior_followed", float(wins.mean()), ends(wins), len(wins), note, float(gap.mean()), ends(gap))
