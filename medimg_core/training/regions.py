"""Lung masks for every training image, from a small U-Net fitted to the few that have one.

The masks are an aid of the training only: they say what to swap and what to hide. No shipped figure and
no page uses a predicted mask.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medimg_core import perturb
from medimg_core.preprocess import prepare, resize
from medimg_core.registry import InputSpec
from medimg_core.training.architectures import unet
from medimg_core.training.augment import exposure, framing
from medimg_core.training.datasets import ImageSet, Regions
from medimg_core.training.recipe import Recipe

Progress = Callable[[int, int, str], None]
SMALLEST = 0.04
"""Share of the image below which a predicted mask is taken for a failure."""


def hull_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Convex hull of a mask, filled; same shape."""
    from scipy.spatial import ConvexHull

    points = np.argwhere(mask)
    corners = points[ConvexHull(points).vertices]
    picture = Image.new("1", (mask.shape[1], mask.shape[0]))
    ImageDraw.Draw(picture).polygon([(int(c), int(r)) for r, c in corners], fill=1, outline=1)
    return np.asarray(picture, dtype=bool) | mask


def tidy(probability: NDArray[np.float32]) -> NDArray[np.bool_]:
    """A predicted mask cut at 0.5, its two largest parts; a central box where next to nothing is left."""
    from scipy.ndimage import label

    mask = probability > 0.5
    parts, count = label(mask)
    if count > 2:
        sizes = np.bincount(parts.ravel())[1:]
        mask = np.isin(parts, np.argsort(sizes)[-2:] + 1)
    if mask.mean() < SMALLEST:
        rows, columns = mask.shape
        mask = np.zeros_like(mask)
        mask[int(0.15 * rows) : int(0.8 * rows), int(0.12 * columns) : int(0.88 * columns)] = True
    return mask


def _spec(recipe: Recipe) -> InputSpec:
    return InputSpec((recipe.region_size, recipe.region_size), 1, recipe.steps, "any")


def _pair(
    image: perturb.Grey, mask: NDArray[np.bool_], spec: InputSpec, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # The mask rides through the same framing: both calls draw from generators of the same seed.
    seed = int(rng.integers(2**31))
    whole = (0.0, 0.0, float(image.shape[0]), float(image.shape[1]))
    moved = framing(image, whole, np.random.default_rng(seed), crop=False)
    # framing() pads with a random grey, drawn first: padding is never lung.
    marked = framing(mask.astype(np.float32) + 1.0, whole, np.random.default_rng(seed), crop=False) - 1.0
    moved = exposure(moved, rng, lambda: image)
    return prepare(moved, spec)[0], (resize(np.clip(marked, 0, 1), spec.size) > 0.5).astype(np.float32)[..., None]


def dice(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Dice overlap of two masks; 1 where both are empty."""
    total = int(predicted.sum()) + int(true.sum())
    return 1.0 if total == 0 else 2 * int((predicted & true).sum()) / total


def predict_masks(network: Any, images: ImageSet, recipe: Recipe) -> NDArray[np.bool_]:
    """Masks of all images on their own grid, shape ``(n, side, side)``."""
    spec = _spec(recipe)
    masks = np.empty(images.images.shape, bool)
    for start in range(0, len(images), 64):
        chunk = range(start, min(start + 64, len(images)))
        batch = np.concatenate([prepare(images.grey(i), spec) for i in chunk])
        logits = np.asarray(network(batch, training=False), dtype=np.float32)[..., 0]
        for offset, index in enumerate(chunk):
            probability = 1 / (1 + np.exp(-np.clip(logits[offset], -30, 30)))
            masks[index] = tidy(resize(probability, images.images.shape[1:]))
    return masks


def fit_regions(images: ImageSet, regions: Regions, recipe: Recipe, progress: Progress, log: Path) -> Any:
    """Fit the small U-Net to the images that have a true mask and are of split ``train``.

    Args:
        images: All images, of any split.
        regions: True masks.
        recipe: Size and epochs.
        progress: Called with epochs done, epochs in all and a text.
        log: Where Dice on the masks of split ``val`` is written, as JSON.
    """
    import keras

    where = {case: index for index, case in enumerate(images.cases)}
    pairs = [(where[case], m) for m, case in enumerate(regions.cases) if case in where]
    train = [(i, m) for i, m in pairs if regions.splits[m] == "train"]
    held = [(i, m) for i, m in pairs if regions.splits[m] != "train"]
    spec = _spec(recipe)
    rng = np.random.default_rng(recipe.seed)
    network = unet(size=recipe.region_size)
    steps = max(1, len(train) // 16)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, steps * recipe.region_epochs, warmup_target=3e-3, warmup_steps=steps
    )
    network.compile(keras.optimizers.AdamW(schedule), keras.losses.BinaryCrossentropy(from_logits=True))
    for epoch in range(recipe.region_epochs):
        order = rng.permutation(len(train))
        loss = 0.0
        for step in range(steps):
            chosen = [train[k] for k in order[step * 16 : step * 16 + 16]]
            batch = [_pair(images.grey(i), regions.masks[m], spec, rng) for i, m in chosen]
            loss += float(network.train_on_batch(np.stack([b[0] for b in batch]), np.stack([b[1] for b in batch])))
        progress(epoch + 1, recipe.region_epochs, f"lung masks: loss {loss / steps:.3f}")
    if held:
        chosen_images = images.take(np.array([i for i, _ in held]))
        found = predict_masks(network, chosen_images, recipe)
        scores = [dice(found[k], regions.masks[m]) for k, (_, m) in enumerate(held)]
        log.write_text(json.dumps({"dice_mean": float(np.mean(scores)), "n": len(scores), "split": "val"}))
    return network


def all_regions(images: ImageSet, found: NDArray[np.bool_], regions: Regions) -> NDArray[np.bool_]:
    """Predicted masks, replaced by the true ones where there are any."""
    masks = found.copy()
    true = {case: index for index, case in enumerate(regions.cases)}
    for index, case in enumerate(images.cases):
        if case in true:
            masks[index] = regions.masks[true[case]]
    return masks
