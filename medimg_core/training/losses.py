"""Losses of the heads, and what the batches must hold for them."""

from collections.abc import Callable
from typing import Any

from medimg_core.training.heads import Question
from medimg_core.training.labels import EITHER, MOST
from medimg_core.training.plan import UNKNOWN, Plan

TINY = 1e-6

NEVER = -1e9
"""Added to the logit of a class that a pixel is not."""

Loss = Callable[[Any, Any], Any]

ENTROPY_SCALE = 4.0
"""Factor of a mask's cross-entropy, which is small where most pixels are background, beside its Dice loss."""


def reading_loss(question: Question, subtype_weight: float, pull: float = 0.0) -> Loss:
    """Cross-entropy of the reading's log-odds, plus that of the finer classes given the reading.

    The log-odds are ``logsumexp(positive logits) - logsumexp(other logits)``; targets are soft, shape
    ``(batch, classes)``. Finer classes count on both sides of the reading.

    Args:
        question: Classes and which of them are positive.
        subtype_weight: Weight of the finer classes' cross-entropy.
        pull: Weight of the absolute log-odds of images whose target is one half, that is, in which nothing can be
            told. Near zero cross-entropy is flat, and an order among such images is all that an AUC needs.
    """
    from keras import ops

    inside = [i for i, name in enumerate(question.classes) if name in question.positive]
    outside = [i for i, name in enumerate(question.classes) if name not in question.positive]

    def loss(target: Any, logits: Any) -> Any:
        positive, negative = ops.take(logits, inside, axis=-1), ops.take(logits, outside, axis=-1)
        top, rest = ops.logsumexp(positive, axis=-1), ops.logsumexp(negative, axis=-1)
        odds = top - rest
        share = ops.sum(ops.take(target, inside, axis=-1), axis=-1)
        finer = ops.sum(ops.take(target, inside, axis=-1) * (positive - top[:, None]), axis=-1)
        finer += ops.sum(ops.take(target, outside, axis=-1) * (negative - rest[:, None]), axis=-1)
        untold = ops.cast(ops.abs(share - 0.5) < 1e-3, odds.dtype)
        return ops.softplus(odds) - share * odds - subtype_weight * finer + pull * untold * ops.abs(odds)

    return loss


def map_loss(question: Question) -> Loss:
    """Cross-entropy between where the reading's evidence lies and where a mask was drawn.

    A layer on the average of a feature map is the average of the same layer on each cell, so the log-odds of the cells
    are the reading's class activation map (Zhou et al., CVPR 2016). Their softmax over the cells of an image is held
    to the shares of its mask in them: it asks where the map is largest and leaves open how large it is, which the
    classification needs. Images without a mask count for nothing.

    Targets are the label maps of positive images, shape ``(batch, rows, columns, 1)``, empty for others, unknown where
    nobody drew; the layer's logits have the shape ``(batch, cell rows, cell columns, classes)``.
    """
    from keras import ops

    inside = [i for i, name in enumerate(question.classes) if name in question.positive]
    outside = [i for i, name in enumerate(question.classes) if name not in question.positive]

    def loss(target: Any, logits: Any) -> Any:
        count, rows, columns = ops.shape(logits)[0], logits.shape[1], logits.shape[2]
        odds = ops.logsumexp(ops.take(logits, inside, axis=-1), axis=-1)
        odds -= ops.logsumexp(ops.take(logits, outside, axis=-1), axis=-1)
        drawn = ops.cast((target > 0) & (target < EITHER), odds.dtype)
        down, across = target.shape[1] // rows, target.shape[2] // columns
        share = ops.mean(ops.reshape(drawn, (count, rows, down, columns, across)), axis=(2, 4))
        share = ops.reshape(share, (count, -1))
        whole = ops.sum(share, axis=-1)
        cross = -ops.sum(share * ops.log_softmax(ops.reshape(odds, (count, -1))), axis=-1)
        return cross / ops.maximum(whole, TINY)

    return loss


def mask_loss(plan: Plan) -> Loss:
    """Cross-entropy and soft Dice of a mask; images without a drawn mask count for nothing.

    Targets are label maps, shape ``(batch, rows, columns, 1)``, for volumes with the slices before the rows: 0
    background, classes from 1, unknown throughout where nobody drew. Logits have the same grid. Dice is taken over the
    whole batch, so that images with an empty mask count through their false positives (Milletari et al., 3DV 2016; the
    batch form as in Isensee et al., Nature Methods 2021).

    Pixels with a code of :mod:`medimg_core.training.labels` are background or of a class that nobody drew: what counts
    is the sum of those classes' shares, and the image is left out of the undrawn classes' Dice.
    """
    from keras import ops

    several = len(plan.masks) > 1
    powers = [1 << place for place in range(min(MOST, len(plan.masks)))] + [1 << 8] * (len(plan.masks) - MOST)

    def loss(target: Any, logits: Any) -> Any:
        count = ops.shape(logits)[0]
        target = ops.reshape(target, (count, -1))
        logits = ops.reshape(logits, (count, -1, len(plan.masks) + several))
        known = ops.cast(target[:, :1] < UNKNOWN, "float32")
        label = ops.cast(ops.where(target < EITHER, target, 0), "int32")
        weight = known[..., None]
        if several:
            truth = ops.one_hot(label, len(plan.masks) + 1)[..., 1:]
            bits = ops.where((target >= EITHER) & (target < UNKNOWN), target - EITHER, 0)[..., None]
            undrawn = ops.mod(ops.floor_divide(ops.cast(bits, "int32"), powers), 2)
            possible = ops.concatenate([ops.cast(label == 0, "int32")[..., None], undrawn], axis=-1)
            possible += ops.pad(ops.cast(truth, "int32"), ((0, 0), (0, 0), (1, 0)))
            ruled_out = ops.where(possible > 0, 0.0, NEVER)
            cross = ops.logsumexp(logits, axis=-1) - ops.logsumexp(logits + ruled_out, axis=-1)
            share = ops.softmax(logits)[..., 1:]
            weight *= 1 - ops.cast(ops.max(undrawn, axis=1, keepdims=True), "float32")
        else:
            truth = ops.cast(label[..., None] == 1, "float32")
            cross = ops.softplus(logits[..., 0]) - truth[..., 0] * logits[..., 0]
            share = ops.sigmoid(logits)
        both = ops.sum(weight * share * truth, axis=(0, 1))
        total = ops.sum(weight * (share + truth), axis=(0, 1))
        dice = 1 - ops.mean((2 * both + 1) / (total + 1))
        entropy = ops.sum(known * cross) / (ops.sum(known * ops.ones_like(cross)) + 1.0)
        drawn = ops.cast(ops.sum(known) > 0, "float32")
        mixed = plan.dice_share * dice + (1 - plan.dice_share) * ENTROPY_SCALE * entropy
        return drawn * mixed * ops.ones_like(known[:, 0])

    return loss
