"""card.toml in, a checked :class:`ModelCard` out."""

import tomllib
from functools import lru_cache
from pathlib import Path

from medimg_core.errors import InvalidCardError
from medimg_core.registry.card import Curve, DataSource, Figure, ModelCard, Population, Threshold
from medimg_core.registry.network import CamSpec, InputSpec, MaskSpec, OutputSpec, Reading, Target
from medimg_core.registry.table import Table

SCHEMA = 1
TASKS = {
    "classification": {"classification"},
    "segmentation": {"segmentation"},
    "multi_task": {"classification", "segmentation"},
}
KINDS = ("classification", "segmentation")
EXTENTS = ("image", "volume", "reader")


def _figures(table: Table, key: str) -> tuple[Figure, ...]:
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


def _curves(table: Table) -> tuple[Curve, ...]:
    curves = []
    for row in table.tables("robustness", []):
        curve = Curve(
            change=row.take("change", str),
            unit=row.take("unit", str, ""),
            metric=row.take("metric", str),
            strengths=row.numbers("strengths"),
            values=row.numbers("values"),
            low=row.numbers("low"),
            high=row.numbers("high"),
            n=row.take("n", int),
            data=row.take("data", str),
        )
        row.done()
        if not len(curve.strengths) == len(curve.values) == len(curve.low) == len(curve.high) >= 2:
            raise InvalidCardError(f"{row.where} must give one value, low and high for each of two strengths or more")
        curves.append(curve)
    return tuple(curves)


def _targets(mask: Table, classes: tuple[str, ...]) -> tuple[Target, ...]:
    targets = []
    for row in mask.tables("targets", []):
        target = Target(
            name=row.take("name", str),
            column=row.take("column", str, "mask"),
            value=row.take("value", int, 0),
            classes=row.strings("classes", list(classes)),
        )
        row.done()
        if not target.classes or not set(target.classes) <= set(classes):
            raise InvalidCardError(f"{row.where} classes must be some of {list(classes)}, got {list(target.classes)}")
        targets.append(target)
    return tuple(targets) or tuple(Target(name, "mask", 0, (name,)) for name in classes[:1])


def _mask(table: Table, classes: tuple[str, ...]) -> MaskSpec:
    plausible = tuple((row[0], row[1]) for row in table.pairs("plausible", []))
    if plausible and len(plausible) != len(classes):
        raise InvalidCardError(f"{table.where} plausible must give one [low, high] for each of {list(classes)}")
    spec = MaskSpec(
        threshold=table.number("threshold", 0, 1, 0.5),
        components=table.take("components", int, 0),
        sides=table.take("sides", bool, default=False),
        extent=table.take("extent", str, "volume"),
        plausible=plausible,
        agreement=table.number("agreement", 0, 1, 0.0),
        targets=_targets(table, classes),
    )
    table.done()
    if spec.extent not in EXTENTS:
        raise InvalidCardError(f"{table.where} extent must be one of {', '.join(EXTENTS)}, got {spec.extent[:40]!r}")
    if spec.components < 0:
        raise InvalidCardError(f"{table.where} components must be 0 or more, got {spec.components}")
    return spec


def _outputs(table: Table) -> tuple[OutputSpec, ...]:
    outputs = []
    for row in table.tables("outputs"):
        classes = row.strings("classes")
        kind = row.take("kind", str)
        if kind not in KINDS or not classes:
            raise InvalidCardError(
                f"{row.where} must have classes and a kind of {' or '.join(KINDS)}, got {kind[:40]!r}"
            )
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
                kind=kind,
                classes=classes,
                reading=reading,
                ensemble=row.take("ensemble", str, ""),
                mask=_mask(row.optional("mask"), classes) if kind == "segmentation" else None,
            )
        )
        row.done()
    kinds = [output.kind for output in outputs]
    if not outputs or len(set(kinds)) < len(kinds):
        raise InvalidCardError(f"{table.where} must list one or two outputs, at most one of each kind, got {kinds}")
    return tuple(outputs)


def _input(table: Table) -> InputSpec:
    size = table.take("size", list)
    if len(size) != 2 or not all(isinstance(side, int) and 16 <= side <= 2048 for side in size):
        raise InvalidCardError(f"{table.where} `size` must be two whole numbers of 16 to 2048, got {size}")
    channels = table.take("channels", int)
    if channels not in (1, 3):
        raise InvalidCardError(f"{table.where} `channels` must be 1 or 3, got {channels}")
    spec = InputSpec(
        size=(size[0], size[1]),
        channels=channels,
        steps=table.strings("steps"),
        unit=table.take("unit", str),
        window=table.pair("window"),
    )
    if ("window" in spec.steps) != (spec.window is not None and spec.window[0] < spec.window[1]):
        raise InvalidCardError(f"{table.where} must give `window` = [low, high] if and only if a step names it")
    table.done()
    return spec


def _population(table: Table) -> Population:
    population = Population(
        age_years=table.pair("age_years"),
        views=table.strings("views", []),
        sequences=table.strings("sequences", []),
        sites=table.take("sites", str),
        never_measured=table.strings("never_measured"),
    )
    table.done()
    return population


def _thresholds(table: Table) -> tuple[Threshold, ...]:
    thresholds = []
    for row in table.tables("thresholds", []):
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
    return tuple(thresholds)


def _data(table: Table) -> tuple[DataSource, ...]:
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


def _cam(table: Table) -> CamSpec | None:
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
            table = Table(tomllib.load(file), f"card {folder.name}")
    except tomllib.TOMLDecodeError as error:
        raise InvalidCardError(f"card {folder.name} must be valid TOML: {error}") from error
    schema = table.take("schema", int)
    if schema != SCHEMA:
        raise InvalidCardError(f"card {folder.name} must have schema {SCHEMA}, got {schema}")
    task = table.take("task", str)
    if task not in TASKS:
        raise InvalidCardError(f"card {folder.name} `task` must be one of {', '.join(TASKS)}, got {task}")
    calibration = table.optional("calibration")
    calibration_given = "temperature" in calibration.table and "prevalence" in calibration.table
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
        temperature=calibration.number("temperature", 0.01, 100, 1.0),
        prevalence=calibration.number("prevalence", 0, 1, 0.5),
        thresholds=_thresholds(table),
        gate=table.take("gate", dict),
        data=_data(table),
        weights_licence=table.take("weights_licence", str),
        metrics=_figures(table, "metrics"),
        shortcuts=_figures(table, "shortcuts"),
        robustness=_curves(table),
        gate_figures=_figures(table, "gate_figures"),
        region=table.take("region", str, ""),
        uses_outside=table.take("uses_outside", bool),
        limits=table.strings("limits"),
        sha256=table.take("sha256", str),
    )
    calibration.done()
    table.done()
    if {output.kind for output in card.outputs} != TASKS[task]:
        raise InvalidCardError(
            f"card {folder.name} `task` {task} must have outputs of {', '.join(sorted(TASKS[task]))}"
        )
    if card.classification is not None and not (calibration_given and card.thresholds):
        raise InvalidCardError(f"card {folder.name} must have a calibration and a threshold for its classification")
    if card.id != folder.name:
        raise InvalidCardError(f"card `id` must be its folder's name, {folder.name}, got {card.id}")
    return card
