"""The course of a plan's training: data, fit, model folder. Every step is kept in the run folder and resumed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg_core.errors import InputError, LimitError
from medimg_core.training.fit import Aim, Fitted, fit
from medimg_core.training.loading import load
from medimg_core.training.losses import map_loss, mask_loss, reading_loss
from medimg_core.training.network import build, heads_of, start, validator
from medimg_core.training.pipeline import Source, source_of, steps_of, stream
from medimg_core.training.plan import Plan
from medimg_core.training.provenance import DataSet, claim, data_set
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
        sets: What was read of each.
    """

    train: Samples
    val: Samples
    folders: tuple[Path, ...]
    sets: tuple[DataSet, ...] = ()


def find_folders(folders: Sequence[Path], plan: Plan) -> tuple[Path, ...]:
    """The first folder given, those that the plan names in its order, and others that are given.

    A folder that the plan names is the one given of that name; else the next one given of a name that it does not
    name, for a part of a set is often kept under another; else one beside the first.

    Raises:
        InputError: One that the plan names is neither given nor there.
    """
    first, *others = (folder.resolve() for folder in folders)
    named = {folder.name: folder for folder in others if folder.name in plan.folders}
    others = [folder for folder in others if folder.name not in named]
    found = [first]
    for name in plan.folders:
        beside = first.parent / name
        if name in named:
            found.append(named[name])
        elif name == first.name:
            continue
        elif others:
            found.append(others.pop(0))
        elif beside.is_dir():
            found.append(beside)
        else:
            raise InputError(f"this training needs the folder {name!r} too: give it, or keep it beside the first")
    return tuple(found + others)


def meant_by(about: Mapping[str, Any], plan: Plan) -> tuple[str, ...]:
    """Names of the data sets that a recipe was written for, in the order of its folders.

    Args:
        about: Its table ``[card]``.
        plan: Its settings.
    """
    return (about["data"][0]["name"], *plan.folders)


def read(folders: Sequence[Path], plan: Plan) -> PlanData:
    """Training and validation images of all folders."""
    every = find_folders(folders, plan)
    (train, fitted), (val, held) = (_read(every, split, plan) for split in ("train", "val"))
    counts = zip(every, fitted, held, strict=True)
    return PlanData(train, val, every, tuple(data_set(folder, {"train": t, "val": v}) for folder, t, v in counts))


def _read(folders: Sequence[Path], split: str, plan: Plan) -> tuple[Samples, list[int]]:
    """One split of all folders, and how many samples are from each."""
    parts = [load(folder, split, plan) for folder in folders]
    return joined(parts), [len(part) for part in parts]


def check_epochs(fitted: Fitted, time_limit: float | None) -> None:
    """Refuse to package weights that were never trained.

    Args:
        fitted: What the fit ended with.
        time_limit: Minutes that it had, loading the data among them.

    Raises:
        LimitError: No epoch was finished.
    """
    if not fitted.epochs and time_limit is not None:
        raise LimitError(
            f"no epoch was finished within the time limit of {time_limit:g} min; loading the data counts towards it"
        )


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
    places: tuple[Path, Path, Path],
    progress: Progress,
    *,
    resume: bool,
    time_limit: float | None,
) -> Mapping[str, Any]:
    """Read, fit, and write the model folder.

    Args:
        plan: Every setting.
        folders: Data folders, or MedMNIST files.
        places: Recipe, model folder and run folder; the model folder is written when there is a model.
        progress: As for :func:`train_plan`.
        resume: Likewise.
        time_limit: Minutes after which no further epoch begins; what is there is packaged.

    Returns:
        What ``medimg train --json`` prints.

    Raises:
        InputError: A folder lacks what the training needs.
        LimitError: Loading used the time limit up.
    """
    from medimg_core.training.shipping import ship

    begun = time.monotonic()
    path, _, run = places
    meant = meant_by(read_about(path), plan)
    data = read(folders, plan)
    run.mkdir(parents=True, exist_ok=True)
    claim(run, data.sets, meant, resume=resume)
    seconds = None if time_limit is None else max(0.0, 60 * time_limit - (time.monotonic() - begun))
    fitted, source = train_plan(data, plan, run, progress, resume=resume, time_limit=seconds)
    check_epochs(fitted, time_limit)
    return ship(places, data, plan, fitted, source, progress)
