"""The course of a plan's training: data, fit, model folder. Every step is kept in the run folder and resumed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg_core.errors import InputError
from medimg_core.evaluation.folder import INDEX
from medimg_core.training.fit import Aim, Fitted, fit
from medimg_core.training.loading import load
from medimg_core.training.losses import map_loss, mask_loss, reading_loss
from medimg_core.training.network import build, heads_of, start, validator
from medimg_core.training.pipeline import Source, source_of, steps_of, stream
from medimg_core.training.plan import Plan
from medimg_core.training.recipe import read_about
from medimg_core.training.samples import Samples, joined

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class PlanData:
    """What a training reads.

    Attributes:
        train: Images to fit.
        val: Images to choose by and to measure with.
        folders: Where they are from; the first one's name is that of the data set.
    """

    train: Samples
    val: Samples
    folders: tuple[Path, ...]


def find_folders(folders: Sequence[Path], plan: Plan) -> tuple[Path, ...]:
    """The folders given, and those that the plan names where they lie beside the first.

    Raises:
        InputError: One that the plan names is neither given nor there.
    """
    found = [folder.resolve() for folder in folders]
    for name in plan.folders:
        beside = found[0].parent / name
        if any(folder.name == name for folder in found):
            continue
        if not beside.is_dir():
            raise InputError(f"this training needs the folder {name!r} too: give it, or keep it beside the first")
        found.append(beside)
    return tuple(found)


def check_name(folder: Path, recipe: Path) -> None:
    """Refuse a folder that the card would not know again, before hours are spent on it.

    Args:
        folder: The first data folder; one without an index is not measured, and may have any name.
        recipe: Whose ``[[card.data]]`` says what the model was trained on, that folder first.

    Raises:
        InputError: It has another name.
    """
    name = read_about(recipe)["data"][0]["name"]
    if (folder / INDEX).is_file() and folder.resolve().name != name:
        raise InputError(f"the first data folder must have the name that the recipe's card gives it, {name!r}")


def read(folders: Sequence[Path], plan: Plan) -> PlanData:
    """Training and validation images of all folders."""
    every = find_folders(folders, plan)
    train, val = (joined([load(folder, split, plan) for folder in every]) for split in ("train", "val"))
    return PlanData(train, val, every)


def aim_of(plan: Plan) -> Aim:
    """Losses of the heads that there are."""
    losses: dict[str, Any] = {}
    if plan.classes:
        losses["logits"] = reading_loss(plan, plan.subtype_weight)
    if plan.masks:
        losses["mask_logits"] = mask_loss(plan)
    weights = {name: plan.mask_weight if name == "mask_logits" and plan.classes else 1.0 for name in losses}
    if plan.map_weight:
        losses["map"], weights["map"] = map_loss(plan), plan.map_weight
    return Aim(losses, weights, "val_score", plan.patience)


def train_plan(
    data: PlanData, plan: Plan, run: Path, progress: Progress, *, resume: bool, time_limit: float | None
) -> tuple[Fitted, Source]:
    """Fit the plan's network. Keras' global settings are put back afterwards.

    Args:
        data: Of :func:`read`.
        plan: Every setting.
        run: Folder of checkpoint and log.
        progress: Called with steps done, steps in all and a text; may raise ``Cancelled``.
        resume: Go on from the last checkpoint.
        time_limit: Seconds after which no further epoch begins.
    """
    import keras

    before = keras.mixed_precision.dtype_policy()
    keras.utils.set_random_seed(plan.seed)
    source = source_of(data.train, plan)
    try:
        if plan.mixed:
            keras.mixed_precision.set_global_policy("mixed_bfloat16")
        network = build(plan)
        start(network, plan)
        fitted = fit(
            heads_of(network, plan),
            stream(source),
            steps_of(data.train, plan),
            plan,
            run,
            aim=aim_of(plan),
            progress=progress,
            validate=validator(data.val, plan),
            resume=resume,
            time_limit=time_limit,
        )
    finally:
        keras.mixed_precision.set_global_policy(before)
    return fitted, source


def run_plan(
    plan: Plan,
    folders: Sequence[Path],
    places: tuple[Path, Path],
    progress: Progress,
    *,
    resume: bool,
    time_limit: float | None,
) -> Mapping[str, Any]:
    """Read, fit, and write the model folder.

    Args:
        plan: Every setting.
        folders: Data folders, or MedMNIST files.
        places: Model folder, which holds ``recipe.toml``, and run folder.
        progress: As for :func:`train_plan`.
        resume: Likewise.
        time_limit: Minutes after which no further epoch begins; what is there is packaged.

    Returns:
        What ``medimg train --json`` prints.

    Raises:
        InputError: A folder lacks what the training needs, or the first one has another name than on the card.
    """
    from medimg_core.training.shipping import ship

    begun = time.monotonic()
    run = places[1]
    check_name(folders[0], places[0] / "recipe.toml")
    run.mkdir(parents=True, exist_ok=True)
    data = read(folders, plan)
    seconds = None if time_limit is None else max(0.0, 60 * time_limit - (time.monotonic() - begun))
    fitted, source = train_plan(data, plan, run, progress, resume=resume, time_limit=seconds)
    return ship(places, data, plan, fitted, source, progress)
