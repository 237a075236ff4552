"""Augmented samples of a plan, streamed through tf.data on all cores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core import perturb
from medimg_core.burnt_in import find_marks, paint_out, random_marks
from medimg_core.errors import InputError, InvalidCardError
from medimg_core.training.augment import targets
from medimg_core.training.fit import Batch
from medimg_core.training.heads import positives
from medimg_core.training.labels import coded
from medimg_core.training.modality import MODALITIES, Picture, augment, each
from medimg_core.training.network import small_mask
from medimg_core.training.plan import UNKNOWN, Plan
from medimg_core.training.samples import NO_CLASS, Samples, prepared


@dataclass(frozen=True)
class Source:
    """Makes augmented samples.

    Attributes:
        samples: Training images.
        plan: Sizes and shares.
        soft: Soft targets of each class and, last, of an image that cannot be told; shape ``(classes + 1, classes)``.
        weights: Of the same rows.
    """

    samples: Samples
    plan: Plan
    soft: NDArray[np.float32]
    weights: NDArray[np.float32]

    def compose(self, index: int, rng: np.random.Generator) -> tuple[Picture, NDArray[np.uint8], bool]:
        """One augmented image on the cached grid, its label map, and whether its class can be told."""
        image, mask, told = self.samples.image(index), self.samples.masks[index], True
        if self.plan.marks:
            image = _marked(image, self.plan.marks, rng)
        region = (mask > 0) & (mask < UNKNOWN)
        if self.plan.null_share and region.any() and rng.random() < self.plan.null_share:
            image, told = _hidden(image, region, rng), False
            mask = np.full_like(mask, UNKNOWN)
        moved, label = augment(image, mask, self.plan.modality, rng, self.plan.strength)
        return moved, label, told

    def variant(self, index: int, rng: np.random.Generator) -> Picture:
        """One augmented image on the cached grid with its region to be seen: what calibration draws."""
        image = self.samples.image(index)
        if self.plan.marks:
            image = _marked(image, self.plan.marks, rng)
        return augment(image, self.samples.masks[index], self.plan.modality, rng, self.plan.strength)[0]

    def sample(self, index: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], int, NDArray[np.uint8]]:
        """Network input, row of the soft targets, and label map on the network's grid, undrawn classes coded."""
        image, mask, told = self.compose(index, rng)
        row = int(self.samples.classes[index]) if told else len(self.plan.classes)
        label = coded(small_mask(mask, self.plan), self.samples.origins[index].undrawn)
        return prepared(image, self.plan.input)[0], row, label


def source_of(samples: Samples, plan: Plan) -> Source:
    """A source with targets and weights that give negatives and positives the same sum.

    Raises:
        InputError: Masks are to be learned and nobody drew one.
        InvalidCardError: There are no changes for the plan's modality.
    """
    if plan.modality not in MODALITIES:
        raise InvalidCardError(f"recipe `modality` must be one of {', '.join(MODALITIES)}, got {plan.modality[:40]!r}")
    if plan.masks and not samples.drawn().any():
        columns = sorted({target.column for target in plan.masks})
        raise InputError(f"training masks must be named in the index, column {', '.join(columns)}; there are none")
    for number, target in enumerate(plan.masks, start=1):
        if not (samples.masks == number).any():
            raise InputError(f"training images must have a drawn mask of {target.name}; there is none")
    if not plan.classes:
        return Source(samples, plan, np.zeros((1, 1), np.float32), np.ones(1, np.float32))
    soft, weights = targets(plan, samples.classes[samples.classes != NO_CLASS])
    return Source(samples, plan, soft, weights)


def _marked(image: Picture, share: float, rng: np.random.Generator) -> Picture:
    """Marks drawn in, or those that are there painted out: neither may tell the class."""
    if rng.random() < share:
        marks = find_marks(image if image.ndim == 2 else image.mean(axis=-1))
        if marks.any():
            image = each(image, lambda grey: paint_out(grey, marks, rng))
    if rng.random() < share:
        image = each(image, lambda grey: random_marks(grey, rng))
    return image


def _hidden(image: Picture, region: NDArray[np.bool_], rng: np.random.Generator) -> Picture:
    inside = region.astype(np.float32)
    # A soft edge wider than the region would leave part of it to be seen.
    wide = np.maximum(inside, perturb.soften(inside, float(rng.uniform(2, 8))))
    how = ("mean", "smooth", "noise", "black")[int(rng.choice(4, p=(0.3, 0.4, 0.2, 0.1)))]
    return each(image, lambda grey: perturb.fill(grey, wide, how, rng))


def steps_of(samples: Samples, plan: Plan) -> int:
    """Batches an epoch."""
    return max(1, len(samples) * plan.repeats // plan.batch)


def stream(source: Source) -> Callable[[int], Iterator[Batch]]:
    """Batches of an epoch by its number; each sample has a seed of its own, so an epoch is the same each time."""
    plan, count = source.plan, len(source.samples)
    shape = plan.input.shape

    def make(epoch: Any, place: Any, index: Any) -> tuple[Any, Any, Any]:
        rng = np.random.default_rng((plan.seed, int(epoch), int(place)))
        image, row, mask = source.sample(int(index), rng)
        return image, np.int64(row), mask

    def batches(epoch: int) -> Iterator[Batch]:
        import tensorflow as tf

        rng = np.random.default_rng((plan.seed, epoch))
        order = np.concatenate([rng.permutation(count) for _ in range(plan.repeats)])
        order = order[: steps_of(source.samples, plan) * plan.batch]
        if len(order) < plan.batch:
            order = rng.choice(count, plan.batch)
        table = (np.full(len(order), epoch), np.arange(len(order)), order)
        kinds = (tf.float32, tf.int64, tf.uint8)
        rows = tf.data.Dataset.from_tensor_slices(table)
        rows = rows.map(lambda *row: tf.numpy_function(make, row, kinds), num_parallel_calls=2, deterministic=True)
        for images, classes, masks in rows.batch(plan.batch).prefetch(3).as_numpy_iterator():
            wanted: dict[str, NDArray[Any]] = {}
            weights: dict[str, NDArray[Any]] = {}
            if plan.classes:
                wanted["logits"], weights["logits"] = source.soft[classes], source.weights[classes]
            if plan.masks:
                wanted["mask_logits"] = masks.astype(np.float32).reshape(-1, *shape[:-1], 1)
                weights["mask_logits"] = np.ones(len(masks), np.float32)
            if plan.map_weight:
                positive = np.append(positives(plan), False)[classes]  # the last row is of what cannot be told
                wanted["map"] = wanted["mask_logits"] * positive[:, None, None, None]
                weights["map"] = weights["mask_logits"]
            yield images.reshape(-1, *shape), wanted, weights

    return batches
