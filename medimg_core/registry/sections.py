"""The parts of a card, each read from its table and checked."""

from medimg_core.errors import InvalidCardError
from medimg_core.preprocess import RESIZING, STEPS
from medimg_core.registry.card import Curve, DataSource, Figure, Population, Threshold
from medimg_core.registry.network import CamSpec, InputSpec, MaskSpec, OutputSpec, Reading, Target
from medimg_core.registry.table import Table

__all__ = [
    "read_cam",
    "read_curves",
    "read_data",
    "read_figures",
    "read_input",
    "read_outputs",
    "read_population",
    "read_thresholds",
]

KINDS = ("classification", "segmentation")
EXTENTS = ("image", "volume", "reader")


def read_figures(table: Table, key: str) -> tuple[Figure, ...]:
    """Measured figures under one key."""
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


def read_curves(table: Table) -> tuple[Curve, ...]:
    """Metrics under changes of rising strength."""
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


def read_outputs(table: Table) -> tuple[OutputSpec, ...]:
    """The network's outputs, one or two."""
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


def read_input(table: Table) -> InputSpec:
    """What the network takes."""
    size = table.take("size", list)
    if len(size) not in (2, 3) or not all(isinstance(side, int) for side in size):
        raise InvalidCardError(f"{table.where} `size` must be two whole numbers, or three for volumes, got {size}")
    *slices, rows, columns = size
    depth = slices[0] if slices else 0
    if not all(16 <= side <= 2048 for side in (rows, columns)) or (slices and not 2 <= depth <= 512):
        raise InvalidCardError(
            f"{table.where} `size` must be of 16 to 2048 rows and columns, and of 2 to 512 slices before them where "
            f"the network takes volumes, got {size}"
        )
    channels = table.take("channels", int)
    if channels not in (1, 3):
        raise InvalidCardError(f"{table.where} `channels` must be 1 or 3, got {channels}")
    if depth and channels != 1:
        raise InvalidCardError(f"{table.where} `channels` of a network that takes volumes must be 1, got {channels}")
    spec = InputSpec(
        size=(rows, columns),
        channels=channels,
        steps=table.strings("steps"),
        unit=table.take("unit", str),
        window=table.pair("window"),
        depth=depth,
    )
    unknown = [step for step in spec.steps if step not in STEPS]
    if unknown:
        raise InvalidCardError(f"{table.where} `steps` must be some of {', '.join(STEPS)}, got {unknown[0][:40]!r}")
    if ("window" in spec.steps) != (spec.window is not None and spec.window[0] < spec.window[1]):
        raise InvalidCardError(f"{table.where} must give `window` = [low, high] if and only if a step names it")
    if depth and not set(RESIZING) & set(spec.steps):
        raise InvalidCardError(f"{table.where} `steps` of a network that takes volumes must hold squash or letterbox")
    table.done()
    return spec


def read_population(table: Table) -> Population:
    """Who the training images came from."""
    population = Population(
        age_years=table.pair("age_years"),
        views=table.strings("views", []),
        sequences=table.strings("sequences", []),
        sites=table.take("sites", str),
        never_measured=table.strings("never_measured"),
    )
    table.done()
    return population


def read_thresholds(table: Table) -> tuple[Threshold, ...]:
    """Operating points."""
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


def read_data(table: Table) -> tuple[DataSource, ...]:
    """Data sets of the training."""
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


def read_cam(table: Table) -> CamSpec | None:
    """Where class activation maps come from, or None."""
    if "cam" not in table.table:
        return None
    sub = table.sub("cam")
    spec = CamSpec(layer=sub.take("layer", str), head=sub.take("head", str))
    sub.done()
    return spec
