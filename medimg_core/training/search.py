"""A search among variants of a plan: KerasTuner proposes them, the same fit trains them, validation judges them."""

import csv
import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg_core.errors import InputError, InvalidCardError, MedImgError, NotApplicableError
from medimg_core.training.course import PlanData, read, train_plan
from medimg_core.training.fit import Fitted, Progress
from medimg_core.training.plan import Plan, read_plan
from medimg_core.training.tables import fields_of, read_table

TABLE = "search.csv"
KEYS = (
    "learning_rate",
    "weight_decay",
    "warm_up",
    "dropout",
    "label_smoothing",
    "subtype_weight",
    "mask_weight",
    "dice_share",
    "ema",
    "strength",
    "marks",
    "null_share",
    "batch",
    "widths",
    "head",
    "decoder",
)
"""What may be searched: keys of a plan that change neither its data nor what its score means."""

Train = Callable[[Plan, Path, Progress], Fitted]
"""Fits a plan in a folder."""


@dataclass(frozen=True)
class Space:
    """What is tried.

    Attributes:
        epochs: Passes of each variant.
        values: By key of the plan, the values to choose from.
    """

    epochs: int
    values: Mapping[str, tuple[Any, ...]]

    def variant(self, plan: Plan, chosen: Mapping[str, int]) -> Plan:
        """The plan with the chosen value of each key, by its number, and the search's epochs."""
        changes = {key: self.values[key][number] for key, number in chosen.items()}
        return dataclasses.replace(plan, **changes, epochs=self.epochs)


def read_space(path: Path, plan: Plan) -> Space:
    """Read the ``[search]`` table of a recipe.

    Raises:
        InvalidCardError: There is none, or a key or value is none of a plan's.
    """
    table = read_table(path, "search")
    epochs = table.pop("epochs", None)
    if not isinstance(epochs, int) or epochs < 1 or not table:
        raise InvalidCardError("recipe must have a table [search] with `epochs` and lists of values to search in")
    values: dict[str, tuple[Any, ...]] = {}
    for key, given in table.items():
        if key not in KEYS:
            raise InvalidCardError(f"recipe may search {', '.join(KEYS)}, got {key}")
        if not isinstance(given, list) or len(given) < 2:
            raise InvalidCardError(f"recipe must give two values or more of `{key}` to search in")
        values[key] = tuple(fields_of(Plan, {key: value})[key] for value in given)
        for value in values[key]:
            dataclasses.replace(plan, **{key: value})
    return Space(epochs, values)


def score_of(plan: Plan, fitted: Fitted) -> float:
    """The validation score of the weights that a fit ends with."""
    scores = [record["val_score"] for record in fitted.history]
    return max(scores) if plan.patience else scores[-1]


def search(
    model_id: str, path: Path, folders: Sequence[Path], run: Path, count: int, progress: Progress, *, resume: bool
) -> dict[str, Any]:
    """Try variants of a recipe's plan on its data; the model folder stays as it is.

    Args:
        model_id: The model's, which the file of a shipped recipe need not lie under.
        path: The recipe, with a ``[search]`` table.
        folders: Data folders.
        run: The model's run folder; ``search.csv`` and the folder ``search`` come into it.
        count: Variants, those of an earlier search counted.
        progress: Called with steps done, steps in all and a text; may raise ``Cancelled``.
        resume: Go on with the search that is there.

    Returns:
        What ``medimg train --search N --json`` prints: the table's path, variants tried, the best values.

    Raises:
        InvalidCardError: The recipe has no ``[search]`` table, or a wrong one.
    """
    plan = read_plan(path)
    space = read_space(path, plan)
    data: PlanData = read(folders, plan)

    def train(variant: Plan, place: Path, say: Progress) -> Fitted:
        return train_plan(data, variant, place, say, resume=resume, time_limit=None)[0]

    rows = try_variants(plan, space, run, count, train, progress=progress, resume=resume)
    best = max(rows, key=lambda row: row["val_score"])
    return {
        "model": model_id,
        "table": str(run / TABLE),
        "trials": len(rows),
        "epochs": space.epochs,
        "best": best,
        "note": "chosen on val: a plan with these values is still to be trained and measured",
    }


def try_variants(
    plan: Plan, space: Space, run: Path, count: int, train: Train, *, progress: Progress, resume: bool
) -> list[dict[str, Any]]:
    """Try variants at random, each once.

    For the few variants that a laptop can afford a random search finds as much as anything (Bergstra & Bengio, JMLR
    13:281, 2012), and unlike a Gaussian process it never asks for the same one of a few values again.

    Args:
        plan: What is varied.
        space: Its values.
        run: ``search.csv`` is written into it after each variant.
        count: Variants in all; fewer where the space has no more.
        train: Fits one variant.
        progress: As for :func:`search`.
        resume: Go on with the search that is there.

    Returns:
        One row a variant, in order: ``trial``, the values and ``val_score``.

    Raises:
        InputError: The search that is there had another space; or no variant is asked for.
        NotApplicableError: KerasTuner is set up to ask another machine.
    """
    import keras
    import keras_tuner

    if count < 1:
        raise InputError(f"variants to try must be one or more, got {count}")
    if "KERASTUNER_ORACLE_IP" in os.environ:
        raise NotApplicableError("a search runs on this machine alone; unset KERASTUNER_ORACLE_IP")
    _keep_space(run / "search", space, resume=resume)
    begun = time.monotonic()
    parameters = keras_tuner.HyperParameters()
    for key, values in space.values.items():
        parameters.Choice(key, list(range(len(values))), ordered=True)
    oracle = keras_tuner.oracles.RandomSearchOracle(
        objective=keras_tuner.Objective("val_score", "max"),
        max_trials=count,
        seed=plan.seed,
        hyperparameters=parameters,
        tune_new_entries=False,
        allow_new_entries=False,
    )
    stopped: list[MedImgError] = []

    class Variants(keras_tuner.Tuner):  # type: ignore[misc, unused-ignore]
        """Runs one variant as a trial."""

        def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
            """Fit a variant and give its score."""
            place = Path(self.get_trial_dir(trial.trial_id))
            place.mkdir(parents=True, exist_ok=True)
            number = 1 + sum(other.score is not None for other in self.oracle.trials.values())
            variant = space.variant(plan, trial.hyperparameters.values)

            def say(done: int, total: int, text: str) -> None:
                progress((number - 1) * total + done, count * total, f"variant {number} of {count}, {text}")

            try:
                fitted = train(variant, place, say)
            except MedImgError as error:
                stopped.append(error)
                # The tuner would note any other error beside the trial and go on with the next one.
                raise keras_tuner.errors.FatalError(str(error)) from error
            for name in ("checkpoint.npz", "best.npz"):
                (place / name).unlink(missing_ok=True)
            keras.backend.clear_session()
            return {"val_score": score_of(variant, fitted)}

        def on_trial_end(self, trial: Any) -> None:
            """Keep the table up to date."""
            super().on_trial_end(trial)
            _write(run / TABLE, _rows(self.oracle, space))

    tuner = Variants(oracle=oracle, directory=str(run), project_name="search", overwrite=False)
    try:
        tuner.search(verbose=0)
    except keras_tuner.errors.FatalError:
        if stopped:
            raise stopped[0] from None
        raise
    rows = _rows(oracle, space)
    progress(1, 1, f"{len(rows)} variants in {time.monotonic() - begun:.0f} s")
    return rows


def _keep_space(folder: Path, space: Space, *, resume: bool) -> None:
    """Begin a search, or make sure that the one to go on with has the same space."""
    kept, text = folder / "space.json", json.dumps(dataclasses.asdict(space), sort_keys=True)
    if resume and kept.is_file():
        if kept.read_text(encoding="utf-8") != text:
            raise InputError("a search must go on in the space that it began with; start it afresh for another")
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kept.write_text(text, encoding="utf-8")


def _rows(oracle: Any, space: Space) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in oracle.end_order:
        trial = oracle.trials[name]
        if trial.score is not None:
            chosen = {key: space.values[key][number] for key, number in trial.hyperparameters.values.items()}
            rows.append({"trial": len(rows) + 1, **chosen, "val_score": float(trial.score)})
    return rows


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(" ".join(map(str, v)) if isinstance(v, tuple) else f"{v:.6g}" for v in row.values())
