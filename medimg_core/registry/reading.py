"""card.toml in, a checked :class:`ModelCard` out, or everything that is wrong with it."""

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError
from medimg_core.registry.card import ModelCard
from medimg_core.registry.sections import (
    read_cam,
    read_curves,
    read_data,
    read_figures,
    read_input,
    read_outputs,
    read_population,
    read_thresholds,
)
from medimg_core.registry.table import Table

__all__ = ["card_problems", "read_card"]

SCHEMA = 1
TASKS = {
    "classification": {"classification"},
    "segmentation": {"segmentation"},
    "multi_task": {"classification", "segmentation"},
}
_PLAIN = {"id": str, "title": str, "intended_use": str, "weights_licence": str, "sha256": str, "uses_outside": bool}
_ASIDE = frozenset({"schema", "calibrated", "calibration"})
"""Parts that are checked and not kept."""


def read_card(folder: Path) -> ModelCard:
    """Read and check one model's card.

    Args:
        folder: The model's folder, holding ``card.toml``.

    Returns:
        The card. The weights are not looked at (:meth:`ModelCard.check_weights`).

    Raises:
        InvalidCardError: The file is missing, not TOML, or breaks the schema; says the first of
            :func:`card_problems`.
    """
    card, problems = _looked_up(folder)
    if card is None:
        raise InvalidCardError(problems[0])
    return card


def card_problems(folder: Path) -> tuple[str, ...]:
    """Everything that is wrong with a card, at most one sentence for each of its parts; none for a good one.

    Args:
        folder: The model's folder.
    """
    return _looked_up(folder)[1]


def _looked_up(folder: Path) -> tuple[ModelCard | None, tuple[str, ...]]:
    path = folder / "card.toml"
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        return None, (f"model folder {folder.name} must hold card.toml; there is none",)
    except OSError as error:
        return None, (f"card {folder.name} must be a file that can be read; {error.strerror}",)


@lru_cache(maxsize=64)
def _read(path: Path, _mtime: int, _size: int) -> tuple[ModelCard | None, tuple[str, ...]]:
    """Pages ask for every card on every rerun; a card is parsed again only when its file has changed."""
    name = path.parent.name
    try:
        with path.open("rb") as file:
            table = Table(tomllib.load(file), f"card {name}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, (f"card {name} must be valid TOML: {str(error)[:200]}",)
    fields, problems = _gathered(_parts(table))
    _, left = _gathered({"done": table.done})
    problems += left
    if problems:
        return None, tuple(problems)
    card = ModelCard(folder=path.parent, **{key: value for key, value in fields.items() if key not in _ASIDE})
    problems = _disagreements(card, calibrated=fields["calibrated"])
    return (None, tuple(problems)) if problems else (card, ())


def _gathered(parts: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], list[str]]:
    """Read every part; what the good ones gave, and what is wrong with the others."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, part in parts.items():
        try:
            values[name] = part()
        except InvalidCardError as error:
            problems.append(str(error))
    return values, problems


def _parts(table: Table) -> dict[str, Callable[[], Any]]:
    """What a card is made of, in the order in which problems are told."""
    try:
        calibration = table.optional("calibration")
        wrong = ""
    except InvalidCardError as error:
        calibration, wrong = Table({}, table.where), str(error)

    def calibrated() -> bool:
        if wrong:
            raise InvalidCardError(wrong)
        return {"temperature", "prevalence"} <= set(given)

    given = tuple(calibration.table)
    return {
        "schema": lambda: _schema(table),
        "task": lambda: _task(table),
        **{key: partial(table.take, key, kind) for key, kind in _PLAIN.items()},
        "modality": lambda: table.strings("modality"),
        "body_part": lambda: table.strings("body_part"),
        "population": lambda: read_population(table.sub("population")),
        "input": lambda: read_input(table.sub("input")),
        "outputs": lambda: read_outputs(table),
        "cam": lambda: read_cam(table),
        "temperature": lambda: calibration.number("temperature", 0.01, 100, 1.0),
        "prevalence": lambda: calibration.number("prevalence", 0, 1, 0.5),
        "calibration": calibration.done,
        "calibrated": calibrated,
        "thresholds": lambda: read_thresholds(table),
        "gate": lambda: table.take("gate", dict),
        "data": lambda: read_data(table),
        "metrics": lambda: read_figures(table, "metrics"),
        "shortcuts": lambda: read_figures(table, "shortcuts"),
        "robustness": lambda: read_curves(table),
        "gate_figures": lambda: read_figures(table, "gate_figures"),
        "region": lambda: table.take("region", str, ""),
        "limits": lambda: table.strings("limits"),
    }


def _schema(table: Table) -> int:
    schema = int(table.take("schema", int))
    if schema != SCHEMA:
        raise InvalidCardError(f"{table.where} must have schema {SCHEMA}, got {schema}")
    return schema


def _task(table: Table) -> str:
    task = str(table.take("task", str))
    if task not in TASKS:
        raise InvalidCardError(f"{table.where} `task` must be one of {', '.join(TASKS)}, got {task[:40]}")
    return task


def _disagreements(card: ModelCard, *, calibrated: bool) -> list[str]:
    """Parts that are good alone and do not fit each other."""
    where, problems = f"card {card.folder.name}", []
    if {output.kind for output in card.outputs} != TASKS[card.task]:
        problems.append(f"{where} `task` {card.task} must have outputs of {', '.join(sorted(TASKS[card.task]))}")
    if card.classification is not None and not (calibrated and card.thresholds):
        problems.append(f"{where} must have a calibration and a threshold for its classification")
    mask = card.segmentation.mask if card.segmentation is not None else None
    if card.input.depth and (card.task != "segmentation" or mask is None or mask.extent == "image"):
        problems.append(f"{where} must segment, with an extent of volume or reader, where its input has three sides")
    if card.id != card.folder.name:
        problems.append(f"card `id` must be its folder's name, {card.folder.name}, got {card.id[:60]}")
    return problems
