"""Metrics under changes of rising strength: what a change of device, dose, framing or file format costs.

Images are grey, float32, shape ``(rows, columns)``, 0 to 1; of an image with three colours last each colour goes
through the same change, noise and compression too. Every image goes through the same change at every
strength, drawn from a fixed seed: noise is the same noise made stronger, and an image that turns left by 5 degrees
turns left by 20 as well.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from medimg_core import perturb
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.evaluation.metrics import Bools, Decision, Floats, weighted_auc
from medimg_core.evaluation.overlap import weighted_mean
from medimg_core.perturb import Grey
from medimg_core.registry import Curve

SEED = 2026

Score = Callable[[Sequence[Grey]], NDArray[np.float64]]
"""Images to scores of the reading, 0 to 1."""

Segment = Callable[[Sequence[Grey]], Sequence[Bools]]
"""Images to masks on their own grid, each of shape ``(rows, columns)`` or ``(targets, rows, columns)``."""

Progress = Callable[[int, int, str], None]
Measured = tuple[float, float, float]
"""A value with the low and high end of its 95 % interval."""


@dataclass(frozen=True)
class Change:
    """One kind of change.

    Attributes:
        name: Key, e.g. ``"noise"``.
        unit: Of the strengths, in words.
        strengths: In rising order; the first is no change.
        apply: Image, strength and a generator to the changed image.
        move: The same for a mask that moves with the image, or None where it stays.
    """

    name: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Grey, float, np.random.Generator], Grey]
    move: Callable[[Bools, float, np.random.Generator], Bools] | None = None

    def image(self, image: Grey, strength: float, seed: Any) -> Grey:
        """An image at a strength; itself at the first one."""
        if strength == self.strengths[0]:
            return image
        colours = [image] if image.ndim == 2 else [np.ascontiguousarray(image[..., k]) for k in range(image.shape[2])]
        made = [self.apply(colour, strength, np.random.default_rng(seed)) for colour in colours]
        return made[0] if image.ndim == 2 else np.stack(made, axis=-1)

    def mask(self, mask: Bools, strength: float, seed: Any) -> Bools:
        """A mask of shape ``(..., rows, columns)`` where the image's content is at a strength."""
        if self.move is None or strength == self.strengths[0]:
            return mask
        return self.move(mask, strength, np.random.default_rng(seed))


def _either(rng: np.random.Generator) -> float:
    """1 or -1: which way this image goes."""
    return 1.0 if rng.random() < 0.5 else -1.0


def _noise(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return perturb.add_noise(image, rng, strength / 100)


def _blur(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return perturb.blur(image, strength / 100 * image.shape[1])


def _contrast(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    gain = strength ** _either(rng)
    return perturb.expose(image, gain, float(image.mean()) * (1 - gain))


def _exposure(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return np.asarray(perturb.gamma(image, strength ** _either(rng)), dtype=np.float32)


def _turn(shape: tuple[int, ...], strength: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return perturb.affine((shape[-2], shape[-1]), angle=strength * _either(rng))


def _rotate(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return perturb.warp(image, _turn(image.shape, strength, rng), fill=float(image.min()))


def _rotate_mask(mask: Bools, strength: float, rng: np.random.Generator) -> Bools:
    matrix = _turn(mask.shape, strength, rng)
    flat = [perturb.warp(part.astype(np.float32), matrix) >= 0.5 for part in mask.reshape(-1, *mask.shape[-2:])]
    return np.stack(flat).reshape(mask.shape)


def _jpeg(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return perturb.jpeg(image, round(100 - strength))


def _resolution(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    return perturb.coarsen(image, strength)


def _occlusion(image: Grey, strength: float, rng: np.random.Generator) -> Grey:
    rows, columns = image.shape
    share = np.sqrt(strength / 100)
    top, left = rng.random(2) * (1 - share)
    box = (top * rows, left * columns, (top + share) * rows, (left + share) * columns)
    return perturb.fill(image, perturb.box_mask((rows, columns), box), "mean")


CHANGES: tuple[Change, ...] = (
    Change("noise", "standard deviation, % of the grey range", (0, 2, 5, 10, 20), _noise),
    Change("blur", "sigma, % of the image's width", (0, 0.25, 0.5, 1, 2), _blur),
    Change("contrast", "factor, up or down, cut at black and white", (1, 1.25, 1.5, 2, 3), _contrast),
    Change("exposure", "gamma exponent or its inverse: darker or brighter", (1, 1.25, 1.5, 2, 2.5), _exposure),
    Change("rotation", "degrees, either way", (0, 5, 10, 15, 20), _rotate, _rotate_mask),
    Change("jpeg", "100 minus JPEG quality", (0, 25, 50, 75, 90), _jpeg),
    Change("resolution", "times fewer rows and columns", (1, 2, 3, 4, 6), _resolution),
    Change("occlusion", "% of the image under a box of the mean grey", (0, 2, 5, 10, 20), _occlusion),
)
"""All changes, in the order of the curves. Strengths reach from what a reader does not see to what is plainly bad."""


class Changed(Sequence[Grey]):
    """Images at one strength of a change, each made when it is asked for: together they would fill the memory."""

    def __init__(self, images: Sequence[Grey], change: Change, strength: float, seed: int = SEED) -> None:
        self._images, self._change, self._strength, self._seed = images, change, strength, seed

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, index: int) -> Grey: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Grey]: ...

    def __getitem__(self, index: int | slice) -> Grey | Sequence[Grey]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(len(self))[index]
        return self._change.image(self._images[place], self._strength, (self._seed, place))

    def __iter__(self) -> Iterator[Grey]:
        return (self[i] for i in range(len(self)))


def auc_of(truth: Bools, groups: Sequence[str]) -> Callable[[NDArray[np.float64]], Measured]:
    """A function from scores of ``n`` images to their AUC with its interval, bootstrapped by group.

    Raises:
        NotApplicableError: All images are of one class.
    """
    if truth.all() or not truth.any():
        raise NotApplicableError("a curve of the AUC needs images of both classes, got one class")
    weights = group_weights(groups)

    def measure(scores: NDArray[np.float64]) -> Measured:
        case = Decision(truth, np.asarray(scores, float), np.zeros(len(truth), bool))
        value = float(weighted_auc(case, np.ones((1, len(truth))))[0])
        return (value, *_ends(weighted_auc(case, weights)))

    return measure


def dice_of(groups: Sequence[str]) -> Callable[[Sequence[Bools], Sequence[Bools]], Measured]:
    """A function from predicted and true masks to the mean Dice of those that are not empty, with its interval."""
    weights = group_weights(groups)

    def measure(predicted: Sequence[Bools], true: Sequence[Bools]) -> Measured:
        table = np.array([_dices(ours, theirs) for ours, theirs in zip(predicted, true, strict=True)])
        known = [column for column in table.T if not np.isnan(column).all()]
        if not known:
            raise NotApplicableError("a curve of the Dice needs an image with a target; all masks are empty")
        once = np.ones((1, len(table)))
        value = np.mean([weighted_mean(column, once)[0] for column in known])
        return (float(value), *_ends(np.mean([weighted_mean(column, weights) for column in known], axis=0)))

    return measure


def _dices(predicted: Bools, true: Bools) -> Floats:
    """Dice of each target, NaN where it is empty."""
    if predicted.shape != true.shape:
        raise IncompatibleInputError(f"masks must have the target's shape {true.shape}, got {predicted.shape}")
    ours, theirs = (mask.reshape(-1, mask.shape[-2] * mask.shape[-1]) for mask in (predicted, true))
    found, drawn = ours.sum(axis=1), theirs.sum(axis=1)
    both = (ours & theirs).sum(axis=1)
    return np.asarray(np.divide(2 * both, found + drawn, out=np.full(len(both), np.nan), where=drawn > 0))


def _ends(replicates: NDArray[np.float64]) -> tuple[float, float]:
    """Interval of a share; all of 0 to 1 where too few replicates are defined to say more."""
    return percentiles(replicates) or (0.0, 1.0)


def curve(
    names: tuple[str, str, str], strengths: Sequence[float], measured: Sequence[Measured], n: int, data: str
) -> Curve:
    """A curve from what was measured at each strength; ``names`` are change, unit and metric."""
    values, low, high = (tuple(float(row[k]) for row in measured) for k in range(3))
    return Curve(*names, tuple(float(s) for s in strengths), values, low, high, n, data)


def _silent(done: int, total: int, text: str) -> None:
    """Say nothing."""


def classification_curves(
    images: Sequence[Grey],
    truth: Bools,
    groups: Sequence[str],
    score: Score,
    *,
    data: str,
    changes: Sequence[Change] = CHANGES,
    progress: Progress = _silent,
) -> tuple[Curve, ...]:
    """The AUC of a reading under every change.

    Args:
        images: ``n`` grey images.
        truth: True where the reading is positive, shape ``(n,)``.
        groups: Patient of each, drawn whole by the bootstrap.
        score: Images to scores.
        data: Data set, split and how images were chosen, for the record.
        changes: What is done.
        progress: Called with changes done, changes in all and a text; may raise ``Cancelled``.

    Returns:
        One curve a change, metric ``"auc"``, with 95 % intervals.

    Raises:
        NotApplicableError: All images are of one class.
    """
    measure = auc_of(truth, groups)
    plain = measure(score(images))
    curves = []
    for done, change in enumerate(changes):
        progress(done, len(changes), f"robustness: {change.name}")
        rows = [plain] + [measure(score(Changed(images, change, strength))) for strength in change.strengths[1:]]
        curves.append(curve((change.name, change.unit, "auc"), change.strengths, rows, len(images), data))
    return tuple(curves)


def segmentation_curves(
    images: Sequence[Grey],
    masks: Sequence[Bools],
    groups: Sequence[str],
    segment: Segment,
    *,
    data: str,
    changes: Sequence[Change] = CHANGES,
    progress: Progress = _silent,
) -> tuple[Curve, ...]:
    """The Dice of a segmentation under every change; masks move where the image does.

    Args:
        images: ``n`` grey images.
        masks: The target of each, on its grid, shape ``(rows, columns)`` or ``(targets, rows, columns)``.
        groups: Patient of each, drawn whole by the bootstrap.
        segment: Images to masks of the targets' shapes.
        data: Data set, split and how images were chosen, for the record.
        changes: What is done.
        progress: As in :func:`classification_curves`.

    Returns:
        One curve a change, metric ``"dice"``: the mean over the images whose target is not empty, and over targets.

    Raises:
        NotApplicableError: All masks are empty.
    """
    measure = dice_of(groups)
    plain = measure(segment(images), masks)
    curves = []
    for done, change in enumerate(changes):
        progress(done, len(changes), f"robustness: {change.name}")
        rows = [plain]
        for strength in change.strengths[1:]:
            moved = [change.mask(mask, strength, (SEED, i)) for i, mask in enumerate(masks)]
            rows.append(measure(segment(Changed(images, change, strength)), moved))
        curves.append(curve((change.name, change.unit, "dice"), change.strengths, rows, len(images), data))
    return tuple(curves)
