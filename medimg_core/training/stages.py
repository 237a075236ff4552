"""The stages of a training, each kept in the run folder: lung masks, fit, then the finish."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import NotApplicableError, UnknownModelError
from medimg_core.evaluation.folder import read_folder
from medimg_core.perturb import bounding_box, fill, frame_mask
from medimg_core.preprocess import prepare
from medimg_core.registry import models_dir
from medimg_core.training.architectures.lite import load_imagenet
from medimg_core.training.augment import Augmenter, targets
from medimg_core.training.course import check_epochs, run_plan
from medimg_core.training.datasets import Data, ImageSet, find_regions_folder, load_images, load_regions
from medimg_core.training.finish import sets_of, stage_baseline, stage_package
from medimg_core.training.fit import Aim, Batch, Fitted, fit
from medimg_core.training.heads import log_odds, positives
from medimg_core.training.losses import reading_loss
from medimg_core.training.package import build
from medimg_core.training.plan import read_plan
from medimg_core.training.provenance import claim
from medimg_core.training.recipe import RECIPE, Recipe, input_of, read_about, read_recipe
from medimg_core.training.regions import all_regions, fit_regions, hull_of, predict_masks
from medimg_core.training.search import search as run_search
from medimg_core.training.tables import read_table

Progress = Callable[[int, int, str], None]


def read_data(folders: Sequence[Path], recipe: Recipe) -> Data:
    """Training and validation images, and the true lung masks."""
    regions = load_regions(find_regions_folder(folders), recipe.cache_side)
    train = load_images(read_folder(folders[0], "train"), recipe)
    val = load_images(read_folder(folders[0], "val"), recipe)
    return Data(train, val, regions, folders[0].resolve())


def stage_regions(data: Data, recipe: Recipe, run: Path, progress: Progress) -> NDArray[np.bool_]:
    """Region of every training image, fitted once and kept in the run folder."""
    path = run / "regions.npz"
    shape = data.train.images.shape
    if path.is_file():
        with np.load(path) as stored:
            if tuple(stored["cases"]) == data.train.cases:
                return np.unpackbits(stored["masks"], count=int(np.prod(shape))).reshape(shape).astype(bool)
    both = ImageSet(
        np.concatenate([data.train.images, data.val.images]),
        np.concatenate([data.train.classes, data.val.classes]),
        data.train.groups + data.val.groups,
        data.train.cases + data.val.cases,
    )
    network = fit_regions(both, data.regions, recipe, progress, run / "regions.json")
    masks = all_regions(data.train, predict_masks(network, data.train, recipe), data.regions)
    part = run / "regions.part.npz"
    np.savez(part, masks=np.packbits(masks), cases=np.array(data.train.cases))
    part.replace(path)
    return masks


def augmenter(train: ImageSet, masks: NDArray[np.bool_], recipe: Recipe) -> Augmenter:
    """Hulls and boxes of the masks, worked out once."""
    hulls = np.stack([hull_of(mask) for mask in masks])
    boxes = np.array([bounding_box(mask.astype(np.float32)) for mask in masks])
    return Augmenter(train, masks, hulls, boxes, recipe)


def epoch_batches(train: ImageSet, recipe: Recipe, source: Augmenter | None) -> Callable[[int], Iterator[Batch]]:
    """Batches of an epoch by its number, shuffled and augmented from the recipe's seed."""
    table, weights = targets(recipe, train.classes)
    spec = input_of(recipe)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng((recipe.seed, epoch))
        order = rng.permutation(len(train))
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[start : start + recipe.batch]
            rows = train.classes[chosen]
            if source is None:
                inputs = np.concatenate([prepare(train.grey(int(i)), spec) for i in chosen])
            else:
                made = [source.sample(int(i), rng) for i in chosen]
                inputs = np.stack([image for image, _ in made])
                rows = np.where([told for _, told in made], rows, len(recipe.classes))
            yield inputs, table[rows], weights[rows]

    return batches


def watch(data: Data, recipe: Recipe) -> Callable[[Any], Mapping[str, float]]:
    """What is logged after each epoch: AUC on ``val`` whole, with the frame only, with the lungs filled."""
    from sklearn.metrics import roc_auc_score

    spec, val = input_of(recipe), data.val
    truth = positives(recipe)[val.classes]
    inner = 1 - frame_mask((recipe.cache_side, recipe.cache_side), 0.125)
    where = {case: index for index, case in enumerate(val.cases)}
    pairs = [(where[case], m) for m, case in enumerate(data.regions.cases) if case in where]
    filled = [fill(val.grey(i), data.regions.masks[m].astype(np.float32), "mean") for i, m in pairs]
    sets: dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]] = {}
    for name, images, outcome in (
        ("val_auc", [val.grey(i) for i in range(len(val))], truth),
        ("frame_auc", [fill(val.grey(i), inner, "mean") for i in range(len(val))], truth),
        ("filled_auc", filled, truth[[i for i, _ in pairs]]),
    ):
        if len(set(outcome.tolist())) == 2:
            sets[name] = (np.concatenate([prepare(image, spec) for image in images]), outcome)

    traced: dict[int, Any] = {}

    def validate(model: Any) -> Mapping[str, float]:
        import tensorflow as tf

        if id(model) not in traced:
            traced[id(model)] = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
        network = traced[id(model)]
        record: dict[str, float] = {}
        for name, (inputs, outcome) in sets.items():
            parts = [np.asarray(network(inputs[k : k + 64])) for k in range(0, len(inputs), 64)]
            odds = log_odds(np.concatenate(parts), recipe)
            record[name] = float(roc_auc_score(outcome, odds))
            if name == "val_auc":
                record["val_accuracy"] = float(np.mean((odds > 0) == outcome))
        return record

    return validate


def stage_fit(
    data: Data, recipe: Recipe, run: Path, progress: Progress, *, resume: bool, time_limit: float | None
) -> tuple[Fitted, Augmenter | None]:
    """Lung masks, then the network; both resumable. Keras' global settings are put back afterwards."""
    import keras

    before = keras.mixed_precision.dtype_policy()
    keras.utils.set_random_seed(recipe.seed)
    try:
        if recipe.mixed:
            keras.mixed_precision.set_global_policy("mixed_bfloat16")
        source = None
        if recipe.augment:
            source = augmenter(data.train, stage_regions(data, recipe, run, progress), recipe)
        network = build(recipe)
        if recipe.start == "imagenet":
            load_imagenet(network)
        fitted = fit(
            network,
            epoch_batches(data.train, recipe, source),
            max(1, len(data.train) // recipe.batch),
            recipe,
            run,
            aim=Aim(reading_loss(recipe, recipe.subtype_weight, recipe.pull)),
            progress=progress,
            validate=watch(data, recipe),
            resume=resume,
            time_limit=time_limit,
        )
    finally:
        keras.mixed_precision.set_global_policy(before)
    return fitted, source


SHIPPED = Path(__file__).resolve().parent / "recipes"
"""Recipes of further organs, by id: what ``models/`` has a recipe for goes first."""


def places(model_id: str, out: Path | None) -> tuple[Path, Path, Path]:
    """Recipe, model folder and run folder of a training."""
    there = {path.parent.name: path for path in models_dir().glob(f"*/{RECIPE}")}
    recipes = {path.stem: path for path in SHIPPED.glob("*.toml")} | there
    if model_id not in recipes:
        raise UnknownModelError(
            f"model to train must be one of {', '.join(sorted(recipes)) or '(none)'}, got {model_id[:60]!r}"
        )
    recipe = recipes[model_id]
    if out is None:
        return recipe, models_dir() / model_id, models_dir().parent / "runs" / model_id
    folder = out if out.name == model_id else out / model_id
    return recipe, folder, folder.with_name(f"{model_id}.run")


def run(
    model_id: str,
    folders: Sequence[Path],
    *,
    out: Path | None,
    progress: Progress | None,
    resume: bool,
    baseline: bool,
    time_limit: float | None,
    search: int,
) -> Mapping[str, Any]:
    """See :func:`medimg_core.training.train`."""
    path, folder, place = places(model_id, out)
    say = progress or (lambda done, total, text: None)
    if read_table(path, "plan"):
        if baseline:
            raise NotApplicableError(f"a comparison network belongs to a recipe that trains one; {model_id} has none")
        if search:
            return run_search(model_id, path, folders, place, search, say, resume=resume)
        return run_plan(read_plan(path), folders, (path, folder, place), say, resume=resume, time_limit=time_limit)
    if search:
        raise NotApplicableError(f"variants are tried of a recipe with a [plan]; {model_id} has none")
    recipe, about = read_recipe(path), read_about(path)
    begun = time.monotonic()
    data = read_data(folders, recipe)
    seconds = None if time_limit is None else max(0.0, 60 * time_limit - (time.monotonic() - begun))
    if baseline:
        plain = recipe.baseline()
        place = place / "baseline"
        place.mkdir(parents=True, exist_ok=True)
        claim(place, *sets_of(about, data), resume=resume)
        fitted, _ = stage_fit(data, plain, place, say, resume=resume, time_limit=seconds)
        check_epochs(fitted, time_limit)
        return stage_baseline(folder, data, plain, fitted, place)
    place.mkdir(parents=True, exist_ok=True)
    claim(place, *sets_of(about, data), resume=resume)
    fitted, source = stage_fit(data, recipe, place, say, resume=resume, time_limit=seconds)
    check_epochs(fitted, time_limit)
    if source is None:
        source = augmenter(data.train, stage_regions(data, recipe, place, say), recipe)
    return stage_package((path, folder, place), data, recipe, fitted, source, say)
