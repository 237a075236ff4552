"""How faithful the maps of a method are, and where they lie, over the images of a folder.

What the audit asks of one map (:mod:`medimg_core.explain.audit`) is asked of many, and counted. Every image counts: a
map without evidence is neither faithful nor in its place. Intervals are by patient or group.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from medimg_core.errors import NotApplicableError, UnreadableFileError
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.evaluation.classification import truth_of
from medimg_core.evaluation.files import drawn, drawn_file, image_of
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.judging import word_of
from medimg_core.explain import explain, query
from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.faithfulness import faithfulness
from medimg_core.explain.audit.measured import Faithful, Placed, Share
from medimg_core.explain.audit.place import Drawn, place
from medimg_core.explain.audit.record import MethodRecord, Record
from medimg_core.explain.distinct import distinct
from medimg_core.registry import ModelCard

__all__ = ["faithful", "measured", "placed"]

Progress = Callable[[int, int, str], None]

MOST = 40
"""Images whose faithfulness is asked: each takes hundreds of forward passes."""
SEED = 0


def measured(
    card: ModelCard,
    record: Record,
    rows: Sequence[Row],
    data: str,
    *,
    marked: Sequence[Row] = (),
    marked_data: str = "",
    most: int = MOST,
    progress: Progress | None = None,
) -> Record:
    """Measure every method of a record.

    Args:
        card: A model that classifies.
        record: Of the model.
        rows: Images with labels, for the faithfulness.
        data: Their data set and split.
        marked: Images in which something was drawn, for the place.
        marked_data: Their data set and split.
        most: Images whose faithfulness is asked, at most.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The record, with what was measured for each of its methods.

    Raises:
        NotApplicableError: The model does not classify.
        UnreadableFileError: An image or a mask cannot be read.
        ModelError: The network cannot be run.
    """
    methods: dict[str, MethodRecord] = dict(record.methods)
    groups = distinct(card, record.methods)
    for number, names in enumerate(groups):  # methods that make one map are measured once
        told = _part(progress, number, len(groups), names[0])
        found = faithful(card, rows, names[0], data, most=most, progress=told)
        lies = placed(card, record, marked, names[0], marked_data, progress=told) if marked else None
        for name in names:
            methods[name] = replace(methods[name], faithful=found, placed=lies)
    return replace(record, methods=methods)


def faithful(
    card: ModelCard, rows: Sequence[Row], method: str, data: str, *, most: int = MOST, progress: Progress | None = None
) -> Faithful | None:
    """Ask the faithfulness of maps of images whose truth and whose decision are positive.

    Args:
        card: A model that classifies: its reading is explained, or each image's own class where it has none.
        rows: Images with labels.
        method: Name of the method.
        data: Data set and split.
        most: Images asked, at most, drawn with a fixed seed.
        progress: Called as ``progress(done, total, text)``.

    Returns:
        None where the labels ask for something else, or the model calls no positive image positive.

    Raises:
        NotApplicableError: The model does not classify.
        UnreadableFileError: An image cannot be read.
        ModelError: The network cannot be run.
    """
    wanted = _positive(card, rows)
    order = np.random.default_rng(SEED).permutation(len(wanted))
    verdicts: list[str] = []
    groups: list[str] = []
    beaten: dict[str, list[float]] = {}
    for asked, row in _asked(card, (wanted[index] for index in order.tolist()), method):
        if progress is not None:
            progress(len(verdicts), min(most, len(wanted)), "faithfulness")
        if asked.query.own < asked.limit:
            continue
        groups.append(row.group)
        if not asked.evidence.any():
            verdicts.append("not_shown")
        else:
            item = faithfulness(asked)
            verdicts.append(item.verdict)
            for how, way in item.figures.items():
                if isinstance(way, Mapping) and "percentile" in way:
                    beaten.setdefault(how, []).append(float(way["percentile"]))
        if len(verdicts) == most:
            break
    if not verdicts:
        return None
    return Faithful(
        data=data,
        images=len(verdicts),
        groups=len(set(groups)),
        shown=_share([float(verdict == "shown") for verdict in verdicts], groups),
        verdicts=dict(sorted(Counter(verdicts).items())),
        percentile={how: float(np.mean(values)) for how, values in beaten.items()},
    )


def placed(
    card: ModelCard,
    record: Record | None,
    rows: Sequence[Row],
    method: str,
    data: str,
    *,
    progress: Progress | None = None,
) -> Placed | None:
    """Compare maps with what was drawn in the same images.

    Args:
        card: A model that classifies: its reading is explained, or each image's own class where it has none.
        record: Of the model, for the share of the peak at which maps are cut; or None.
        rows: Images; those without a mask, or with an empty one, are left out.
        method: Name of the method.
        data: Data set and split.
        progress: Called as ``progress(done, total, text)``.

    Returns:
        None where nothing was drawn.

    Raises:
        NotApplicableError: The model does not classify.
        UnreadableFileError: An image or a mask cannot be read.
        ModelError: The network cannot be run.
    """
    figures: dict[str, list[tuple[float, float]]] = {"pointing": [], "near": [], "energy": [], "iou": []}
    groups: list[str] = []
    for number, (asked, row) in enumerate(_asked(card, (row for row in rows if drawn_file(card, row)), method)):
        if progress is not None:
            progress(number, len(rows), "place")
        where = drawn_file(card, row)
        assert where is not None  # the others were left out
        mask = drawn(*where, (1, *asked.explanation.image_shape))[0]
        if not mask.any():
            continue
        told = _lies(asked, Drawn(mask, "truth"), record)
        if told is None:  # smaller than a pixel of the network's input
            continue
        groups.append(row.group)
        for name, pairs in figures.items():
            if name in told:
                pairs.append((float(told[name]), float(told[f"{name}_chance"])))
    if not groups:
        return None
    shares = {
        name: _share([one for one, _ in pairs], groups, float(np.mean([chance for _, chance in pairs])))
        for name, pairs in figures.items()
        if pairs
    }
    return Placed(
        data=data,
        images=len(groups),
        groups=len(set(groups)),
        pointing=shares["pointing"],
        energy=shares["energy"],
        overlap=shares.get("iou"),
        near=shares["near"],
    )


def _lies(asked: Asked, region: Drawn, record: Record | None) -> Mapping[str, Any] | None:
    """Figures of the audit's item; those of a miss where the map has no evidence."""
    if asked.evidence.any():
        return place(asked, region, record).figures or None
    even = replace(asked.explanation, native=np.ones_like(asked.explanation.native))
    told = dict(place(Asked(asked.query, even), region, record).figures)
    return {
        **told,
        **{name: 0.0 for name in ("pointing", "near", "energy", "iou", "iou_chance") if name in told},
    } or None


def _asked(card: ModelCard, rows: "Iterator[Row]", method: str) -> "Iterator[tuple[Asked, Row]]":
    """The map of each image's reading, or of its own class where the card has none."""
    from medimg_core.inference import classify

    output = card.classification
    if output is None:
        raise NotApplicableError(f"maps are measured of a model that classifies; {card.id} does {card.task}")
    word = word_of(card)
    for row in rows:
        name = row.label if output.reading is None else output.reading.name
        series = image_of(row.image)
        volume = series.volume
        if volume.shape[0] > 1:
            raise UnreadableFileError(f"maps are measured on single images, this one has {volume.shape[0]} slices")
        said = classify(volume, card, series=series, declared=word, enforce_gate=False)
        shown = explain(said, card, method=method, label=name, volume=volume)
        yield Asked(query(said, card, volume, label=name), shown), row


def _positive(card: ModelCard, rows: Sequence[Row]) -> list[Row]:
    """Rows whose reading is true; of a card without a reading, those with the label of a class. Else none."""
    output = card.classification
    if output is None or output.reading is None:
        classes = () if output is None else output.classes
        return [row for row in rows if row.label in classes]
    try:
        truth = truth_of(card, rows)
    except NotApplicableError:  # labels of another question
        return []
    return [row for row, true in zip(rows, truth, strict=True) if true]


def _share(values: Sequence[float], groups: Sequence[str], chance: float | None = None) -> Share:
    rows, weights = np.asarray(values), group_weights(groups)
    ends = percentiles(weights @ rows / weights.sum(axis=1)) if len(set(groups)) > 1 else None
    return Share(float(rows.mean()), ends, chance)


def _part(progress: Progress | None, number: int, count: int, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total, text: progress(number * total + done, count * total, f"{name}: {text}")
