"""card.toml in, a checked :class:`ModelCard` out."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError
from medimg_core.registry.card import (
    CamSpec,
    DataSource,
    Figure,
    InputSpec,
    ModelCard,
    OutputSpec,
    Population,
    Reading,
    Threshold,
)

SCHEMA = 1
TASKS = ("classification", "segmentation", "multi_task")


class _Table:
    """One TOML table, read key by key with the type it must have; left-over keys are errors."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self.table = dict(table)
        self.where = where

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        """Take out one value; ``default`` makes the key optional."""
        if key not in self.table:
            if default is not ...:
                return default
            raise InvalidCardError(f"{self.where} must have `{key}`; it is missing")
        value = self.table.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            names = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
            raise InvalidCardError(f"{self.where} `{key}` must be {names}, got {type(value).__name__}")
        return value

    def number(self, key: str, low: float, high: float, default: Any = ...) -> float:
        """Take out a number within ``[low, high]``."""
        value = float(self.take(key, (int, float), default))
        if not low <= value <= high:
            raise InvalidCardError(f"{self.where} `{key}` must lie in [{low:g}, {high:g}], got {value:g}")
        return value

    def strings(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """Take out a list of strings."""
        value = self.take(key, list, default)
        if not all(isinstance(item, str) for item in value):
            raise InvalidCardError(f"{self.where} `{key}` must hold strings only")
        return tuple(value)

    def tables(self, key: str, default: Any = ...) -> "list[_Table]":
        """Take out an array of tables."""
        value = self.take(key, list, default)
        if not all(isinstance(item, dict) for item in value):
            raise InvalidCardError(f"{self.where} `{key}` must be an array of tables")
        return [_Table(item, f"{self.where} {key}[{index}]") for index, item in enumerate(value)]

    def sub(self, key: str) -> "_Table":
        """Take out a sub-table."""
        return _Table(self.take(key, dict), f"{self.where} [{key}]")

    def pair(self, key: str) -> tuple[float, float] | None:
        """Take out an optional pair ``[low, high]``."""
        value = self.take(key, list, None)
        if value is None:
            return None
        if len(value) != 2 or not all(isinstance(v, (int, float)) for v in value) or value[0] > value[1]:
            raise InvalidCardError(f"{self.where} `{key}` must be [low, high], got {value}")
        return (float(value[0]), float(value[1]))

    def done(self) -> None:
        """Refuse keys nobody took: a misspelt key must not pass in silence."""
        if self.table:
            raise InvalidCardError(f"{self.where} has unknown keys: {', '.join(sorted(self.table))}")


def _figures(table: _Table, key: str) -> tuple[Figure, ...]:
    figures = []
    for row in table.tables(key, []):
        figures.append(
            Figure(
                name=row.take("name", str),
                value=row.number("value", -1e9, 1e9),
                ci=row.pair("ci"),
                n=row.take("n", int),
                data=row.take("data", str),
                note=row.take("note", str, ""),
            )
        )
        row.done()
    return tuple(figures)


def _outputs(table: _Table) -> tuple[OutputSpec, ...]:
    outputs = []
    for row in table.tables("outputs"):
        classes = row.strings("classes")
        reading = None
        if "reading" in row.table:
            sub = row.sub("reading")
            reading = Reading(
                name=sub.take("name", str),
                positive=sub.strings("positive"),
                positive_text=sub.take("positive_text", str),
                negative_text=sub.take("negative_text", str),
            )
            sub.done()
            if not reading.positive or not set(reading.positive) < set(classes):
                raise InvalidCardError(f"{row.where} reading.positive must be some, not all, of {list(classes)}")
        outputs.append(
            OutputSpec(
                name=row.take("name", str),
                kind=row.take("kind", str),
                classes=classes,
                reading=reading,
                ensemble=row.take("ensemble", str, ""),
            )
        )
        row.done()
    if not outputs:
        raise InvalidCardError(f"{table.where} must list at least one output")
    return tuple(outputs)


def _input(table: _Table) -> InputSpec:
    size = table.take("size", list)
    if len(size) != 2 or not all(isinstance(side, int) and 16 <= side <= 2048 for side in size):
        raise InvalidCardError(f"{table.where} `size` must be two whole numbers of 16 to 2048, got {size}")
    channels = table.take("channels", int)
    if channels not in (1, 3):
        raise InvalidCardError(f"{table.where} `channels` must be 1 or 3, got {channels}")
    spec = InputSpec(
        size=(size[0], size[1]), channels=channels, steps=table.strings("steps"), unit=table.take("unit", str)
    )
    table.done()
    return spec


def _population(table: _Table) -> Population:
    population = Population(
        age_years=table.pair("age_years"),
        views=table.strings("views", []),
        sites=table.take("sites", str),
        never_measured=table.strings("never_measured"),
    )
    table.done()
    return population


def _thresholds(table: _Table) -> tuple[Threshold, ...]:
    thresholds = []
    for row in table.tables("thresholds"):
        thresholds.append(
            Threshold(
                name=row.take("name", str),
                value=row.number("value", 0, 1),
                sensitivity=row.number("sensitivity", 0, 1),
                specificity=row.number("specificity", 0, 1),
                source=row.take("source", str),
            )
        )
        row.done()
    if not thresholds:
        raise InvalidCardError(f"{table.where} must list at least one threshold")
    return tuple(thresholds)


def _data(table: _Table) -> tuple[DataSource, ...]:
    sources = []
    for row in table.tables("data"):
        sources.append(
            DataSource(
                name=row.take("name", str),
                licence=row.take("licence", str),
                n=row.take("n", dict),
                split=row.take("split", str),
            )
        )
        row.done()
    return tuple(sources)


def _cam(table: _Table) -> CamSpec | None:
    if "cam" not in table.table:
        return None
    sub = table.sub("cam")
    spec = CamSpec(layer=sub.take("layer", str), head=sub.take("head", str))
    sub.done()
    return spec


def read_card(folder: Path) -> ModelCard:
    """Read and check one model's card.

    Args:
        folder: The model's folder, holding ``card.toml``.

    Returns:
        The card. The weights are not looked at (:meth:`ModelCard.check_weights`).

    Raises:
        InvalidCardError: The file is missing, not TOML, or breaks the schema.
    """
    path = folder / "card.toml"
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise InvalidCardError(f"model folder {folder.name} must hold card.toml; there is none") from error
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, _mtime: int, _size: int) -> ModelCard:
    """Pages ask for every card on every rerun; a card is parsed again only when its file has changed."""
    folder = path.parent
    try:
        with path.open("rb") as file:
            table = _Table(tomllib.load(file), f"card {folder.name}")
    except tomllib.TOMLDecodeError as error:
        raise InvalidCardError(f"card {folder.name} must be valid TOML: {error}") from error
    schema = table.take("schema", int)
    if schema != SCHEMA:
        raise InvalidCardError(f"card {folder.name} must have schema {SCHEMA}, got {schema}")
    task = table.take("task", str)
    if task not in TASKS:
        raise InvalidCardError(f"card {folder.name} `task` must be one of {', '.join(TASKS)}, got {task}")
    calibration = table.sub("calibration")
    card = ModelCard(
        folder=folder,
        id=table.take("id", str),
        title=table.take("title", str),
        task=task,
        intended_use=table.take("intended_use", str),
        modality=table.strings("modality"),
        body_part=table.strings("body_part"),
        population=_population(table.sub("population")),
        input=_input(table.sub("input")),
        outputs=_outputs(table),
        cam=_cam(table),
        temperature=calibration.number("temperature", 0.01, 100),
        prevalence=calibration.number("prevalence", 0, 1),
        thresholds=_thresholds(table),
        gate=table.take("gate", dict),
        data=_data(table),
        weights_licence=table.take("weights_licence", str),
        metrics=_figures(table, "metrics"),
        shortcuts=_figures(table, "shortcuts"),
        gate_figures=_figures(table, "gate_figures"),
        uses_outside=table.take("uses_outside", bool),
        limits=table.strings("limits"),
        sha256=table.take("sha256", str),
    )
    calibration.done()
    table.done()
    if card.id != folder.name:
        raise InvalidCardError(f"card `id` must be its folder's name, {folder.name}, got {card.id}")
    return card
