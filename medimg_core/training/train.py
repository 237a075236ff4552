"""The one entry of training: folders in, a complete model folder out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.evaluation.folder import read_folder
from medimg_core.perturb import bounding_box, fill, frame_mask
from medimg_core.preprocess import prepare
from medimg_core.training.architectures import plain, residual
from medimg_core.training.augment import Augmenter, targets
from medimg_core.training.datasets import (
    ImageSet,
    Regions,
    find_regions_folder,
    load_images,
    load_regions,
)
from medimg_core.training.fit import Batch, fit
from medimg_core.training.recipe import Recipe, input_of, read_recipe
from medimg_core.training.regions import all_regions, fit_regions, hull_of, predict_masks

Progress = Callable[[int, int, str], None]


def build(recipe: Recipe) -> Any:
    """The recipe's network, untrained."""
    if recipe.architecture == "plain":
        return plain(size=recipe.size, classes=len(recipe.classes))
    return residual(
        size=recipe.size,
        stem=recipe.stem,
        widths=recipe.widths,
        blocks=recipe.blocks,
        classes=len(recipe.classes),
        dropout=recipe.dropout,
    )


def stage_regions(
    train: ImageSet, val: ImageSet, regions: Regions, recipe: Recipe, run: Path, progress: Progress
) -> NDArray[np.bool_]:
    """Region of every training image, fitted once and kept in the run folder."""
    path = run / "regions.npz"
    shape = train.images.shape
    if path.is_file():
        with np.load(path) as stored:
            return np.unpackbits(stored["masks"], count=int(np.prod(shape))).reshape(shape).astype(bool)
    both = ImageSet(
        np.concatenate([train.images, val.images]),
        np.concatenate([train.classes, val.classes]),
        train.groups + val.groups,
        train.cases + val.cases,
    )
    network = fit_regions(both, regions, recipe, progress, run / "regions.json")
    masks = all_regions(train, predict_masks(network, train, recipe), regions)
    part = run / "regions.part.npz"
    np.savez(part, masks=np.packbits(masks))
    part.replace(path)
    return masks


def augmenter(train: ImageSet, masks: NDArray[np.bool_], recipe: Recipe) -> Augmenter:
    """Hulls and boxes of the masks, worked out once."""
    hulls = np.stack([hull_of(mask) for mask in masks])
    boxes = np.array([bounding_box(mask.astype(np.float32)) for mask in masks])
    return Augmenter(train, masks, hulls, boxes, recipe)


def epoch_batches(
    train: ImageSet, recipe: Recipe, source: Augmenter | None
) -> Callable[[int], Iterator[Batch]]:
    """Batches of an epoch by its number, shuffled and augmented from the recipe's seed."""
    table, weights = targets(recipe, train.classes)
    spec = input_of(recipe)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((recipe.seed, epoch))
        order = rng.permutation(len(train))
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            if source is None:
                inputs = np.concatenate([prepare(train.grey(i), spec) for i in chosen])
                rows = train.classes[chosen]
            else:
                made = [source.sample(int(i), rng) for i in chosen]
                inputs = np.stack([image for image, _ in made])
                told = np.array([known for _, known in made])
                rows = np.where(told, train.classes[chosen], len(recipe.classes))
            yield inputs, table[rows], weights[rows]

    return batches


def log_odds(logits: NDArray[np.floating], recipe: Recipe) -> NDArray[np.float64]:
    """Log-odds of the reading, ``logsumexp(positive) - logsumexp(others)``; shape ``(n,)``."""
    positive = np.array([name in recipe.positive for name in recipe.classes])
    values = np.asarray(logits, float)
    return np.asarray(
        np.logaddexp.reduce(values[:, positive], axis=1) - np.logaddexp.reduce(values[:, ~positive], axis=1)
    )


def forward(model: Any, inputs: NDArray[np.float32], batch: int = 64) -> NDArray[np.float32]:
    """Outputs of a Keras model in inference mode, in batches."""
    parts = [
        np.asarray(model(inputs[start : start + batch], training=False), dtype=np.float32)
        for start in range(0, len(inputs), batch)
    ]
    return np.concatenate(parts)


def watch(val: ImageSet, regions: Regions, recipe: Recipe) -> Callable[[Any], Mapping[str, float]]:
    """What is logged after each epoch: AUC on ``val`` whole, frame only, lungs filled."""
    from sklearn.metrics import roc_auc_score

    spec = input_of(recipe)
    truth = np.isin(val.classes, [recipe.classes.index(name) for name in recipe.positive])
    whole = np.concatenate([prepare(val.grey(i), spec) for i in range(len(val))])
    side = (recipe.cache_side, recipe.cache_side)
    inner = 1 - frame_mask(side, 0.125)
    frames = np.concatenate([prepare(fill(val.grey(i), inner, "mean"), spec) for i in range(len(val))])
    where = {case: index for index, case in enumerate(val.cases)}
    pairs = [(where[case], m) for m, case in enumerate(regions.cases) if case in where]
    filled = np.concatenate(
        [prepare(fill(val.grey(i), regions.masks[m].astype(np.float32), "mean"), spec) for i, m in pairs]
    )
    some = np.array([i for i, _ in pairs])

    def validate(model: Any) -> Mapping[str, float]:
        import keras
        import tensorflow as tf

        network = tf.function(model, reduce_retracing=True)
        odds = log_odds(forward(network, whole), recipe)
        record = {
            "val_auc": float(roc_auc_score(truth, odds)),
            "val_accuracy": float(np.mean((odds > 0) == truth)),
            "val_specificity": float(np.mean(odds[~truth] <= 0)),
            "frame_auc": float(roc_auc_score(truth, log_odds(forward(network, frames), recipe))),
        }
        if len(some):
            odds = log_odds(forward(network, filled), recipe)
            record["filled_auc"] = float(roc_auc_score(truth[some], odds))
        del keras
        return record

    return validate
