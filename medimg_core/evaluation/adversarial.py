"""Metrics under the worst small change: steps along the gradient of the loss, by FGSM and PGD.

The attack is on the network's input, which is what the image becomes after the card's steps. Its strength is the
largest change of any pixel, in grey levels of 255 of the range that the network sees: 1 is the smallest step of an
8-bit image, far below what an eye tells apart. Where the input is standardised, one grey level is ``1 / 255`` over
the standard deviation that the image had before; an image of little contrast is then attacked by more of its own.
The margin around an image that keeps its aspect ratio is no part of it and is left alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.metrics import Bools
from medimg_core.evaluation.robustness import SEED, Measured, auc_of, curve, dice_of
from medimg_core.preprocess import CLIP_SD, placement, prepare
from medimg_core.registry import Curve, InputSpec

Batch = NDArray[np.float32]

Gradient = Callable[[Batch, NDArray[np.generic]], Batch]
"""Inputs of shape ``(n, rows, columns, channels)`` and the truth of each (bool ``(n,)``, or masks of shape ``(n,
targets, rows, columns)``) to the gradient of each one's loss with respect to it, of the inputs' shape."""

EPSILONS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Strengths, in grey levels of 255."""

STEPS = 10
"""Steps of PGD."""

UNIT = "largest change of a pixel, grey levels of 255"


@dataclass(frozen=True, eq=False)
class Inputs:
    """Network inputs with the room that an attack has.

    Attributes:
        batch: Shape ``(n, rows, columns, channels)``.
        level: Change of the input for one grey level, shape ``(n,)``; 0 for a flat image.
        low: Least value an image of this kind can have, shape ``(n,)``.
        high: Greatest, likewise.
        inside: Where the image lies on the input, bool, shape ``(n, rows, columns, 1)``; the rest is margin.
        colour: Whether the images have colours, which an attack may change one by one.
    """

    batch: Batch = field(repr=False)
    level: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    inside: Bools = field(repr=False)
    colour: bool = False

    def within(self, values: Batch, radius: NDArray[np.float32]) -> Batch:
        """Values brought back to at most ``radius`` from the batch, and to what an image can be."""
        near = np.clip(values, self.batch - _wide(radius), self.batch + _wide(radius))
        possible = np.clip(near, _wide(self.low), _wide(self.high))
        return np.asarray(np.where(self.inside, possible, self.batch), dtype=np.float32)


def _wide(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:, None, None, None]


def inputs(images: Sequence[NDArray[np.float32]], spec: InputSpec) -> Inputs:
    """Prepare images as a card says, and work out what a grey level is in their inputs.

    Args:
        images: In the unit of the card, shape ``(rows, columns)`` each, or all of them ``(rows, columns, 3)``.
        spec: The card's input: its values lie in 0 to 1 before ``standardise``, which must be the last step.

    Raises:
        NotApplicableError: The steps leave the range of the input open, so that there are no grey levels.
    """
    if spec.unit != "any" and not {"to_grey01", "window"} & set(spec.steps):
        raise NotApplicableError("an attack in grey levels needs a step that brings the input to 0..1; there is none")
    if "standardise" in spec.steps[:-1]:
        raise NotApplicableError("an attack in grey levels needs standardise to be the last step of the input")
    standardised = spec.steps[-1:] == ("standardise",)
    plain = replace(spec, steps=spec.steps[:-1]) if standardised else spec
    batch, level, low, high, inside = [], [], [], [], []
    for image in images:
        batch.append(prepare(image, spec)[0])
        top, left, bottom, right = placement((image.shape[0], image.shape[1]), spec).box
        inside.append(np.zeros((*spec.size, 1), bool))
        inside[-1][top:bottom, left:right] = True
        mean, spread = 0.0, 1.0
        if standardised:
            values = prepare(image, plain)[0].astype(np.float64)
            mean, spread = float(values.mean()), float(values.std())
        flat = spread < 1e-6  # as in the step itself: a flat image stays 0, whatever is done to it
        level.append(0.0 if flat else 1 / 255 / spread)
        low.append(0.0 if flat else max(-mean / spread, -CLIP_SD) if standardised else 0.0)
        high.append(0.0 if flat else min((1 - mean) / spread, CLIP_SD) if standardised else 1.0)
    return Inputs(
        batch=np.stack(batch),
        level=np.array(level, np.float32),
        low=np.array(low, np.float32),
        high=np.array(high, np.float32),
        inside=np.stack(inside),
        colour=all(image.ndim == 3 for image in images),
    )


def _direction(given: Inputs, gradient: Gradient, batch: Batch, truth: NDArray[np.generic]) -> Batch:
    """Sign of the gradient; the channels of a grey image change together, colours each its own way."""
    slope = gradient(batch, truth)
    if slope.shape != batch.shape:
        raise IncompatibleInputError(f"the gradient must have the batch's shape {batch.shape}, got {slope.shape}")
    together = slope.sum(axis=-1, keepdims=True)
    return np.asarray(np.sign(slope if given.colour else together), dtype=np.float32)


def fgsm(given: Inputs, truth: NDArray[np.generic], gradient: Gradient, epsilon: float) -> Batch:
    """One step against the truth: ``x + epsilon sign(gradient)``.

    Source: Goodfellow, Shlens & Szegedy, Explaining and harnessing adversarial examples, ICLR 2015.

    Args:
        given: The inputs.
        truth: Of each.
        gradient: Of the loss.
        epsilon: In grey levels of 255.

    Returns:
        Shape ``(n, rows, columns, channels)``.
    """
    radius = np.float32(epsilon) * given.level
    if epsilon == 0:
        return given.batch
    return given.within(given.batch + _wide(radius) * _direction(given, gradient, given.batch, truth), radius)


def pgd(given: Inputs, truth: NDArray[np.generic], gradient: Gradient, epsilon: float, steps: int = STEPS) -> Batch:
    """Steps of ``2.5 epsilon / steps`` from a random start, each brought back to ``epsilon`` from the input.

    Source: Madry, Makelov, Schmidt, Tsipras & Vladu, Towards deep learning models resistant to adversarial attacks,
    ICLR 2018.

    Args:
        given: The inputs.
        truth: Of each.
        gradient: Of the loss.
        epsilon: In grey levels of 255.
        steps: How many.

    Returns:
        Shape ``(n, rows, columns, channels)``.
    """
    if epsilon == 0:
        return given.batch
    radius = np.float32(epsilon) * given.level
    rng = np.random.default_rng(SEED)
    channels = given.batch.shape[3] if given.colour else 1
    start = rng.uniform(-1, 1, (*given.batch.shape[:3], channels)).astype(np.float32)
    values = given.within(given.batch + _wide(radius) * start, radius)
    step = _wide(np.float32(2.5 / steps) * radius)
    for _ in range(steps):
        values = given.within(values + step * _direction(given, gradient, values, truth), radius)
    return values


Attack = Callable[[Inputs, NDArray[np.generic], Gradient, float], Batch]
ATTACKS: tuple[tuple[str, Attack], ...] = (("fgsm", fgsm), ("pgd", pgd))


def _curves(
    given: Inputs,
    truth: NDArray[np.generic],
    gradient: Gradient,
    measure: Callable[[Batch], Measured],
    metric: str,
    data: str,
) -> tuple[Curve, ...]:
    plain = measure(given.batch)
    result = []
    for name, attack in ATTACKS:
        rows = [plain] + [measure(attack(given, truth, gradient, epsilon)) for epsilon in EPSILONS[1:]]
        result.append(curve((name, UNIT, metric), EPSILONS, rows, len(given.batch), data))
    return tuple(result)


def classification_curves(
    given: Inputs,
    truth: Bools,
    groups: Sequence[str],
    gradient: Gradient,
    score: Callable[[Batch], NDArray[np.float64]],
    *,
    data: str,
) -> tuple[Curve, ...]:
    """The AUC of a reading under FGSM and PGD.

    Args:
        given: Inputs of ``n`` images.
        truth: True where the reading is positive, shape ``(n,)``.
        groups: Patient of each, drawn whole by the bootstrap.
        gradient: Of the reading's loss.
        score: Inputs to scores.
        data: Data set, split and how images were chosen, for the record.

    Raises:
        NotApplicableError: All images are of one class.
    """
    found = auc_of(truth, groups)
    return _curves(given, truth, gradient, lambda batch: found(score(batch)), "auc", data)


def segmentation_curves(
    given: Inputs,
    masks: tuple[Bools, Sequence[Bools]],
    groups: Sequence[str],
    gradient: Gradient,
    segment: Callable[[Batch], Sequence[Bools]],
    *,
    data: str,
) -> tuple[Curve, ...]:
    """The Dice of a segmentation under FGSM and PGD.

    Args:
        given: Inputs of ``n`` images.
        masks: The targets twice: on the network's grid, shape ``(n, targets, rows, columns)``, for the gradient; and
            each on the grid of what ``segment`` gives, for the Dice.
        groups: Patient of each, drawn whole by the bootstrap.
        gradient: Of the masks' loss.
        segment: Inputs to masks.
        data: Data set, split and how images were chosen, for the record.

    Raises:
        NotApplicableError: All masks are empty.
    """
    found, (small, drawn) = dice_of(groups), masks
    return _curves(given, small, gradient, lambda batch: found(segment(batch), drawn), "dice", data)
