"""From a fitted plan to its model folder: heads, calibration, weights, reference, gate, figures, card, README."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.evaluation.folder import INDEX
from medimg_core.registry import ModelCard, read_card
from medimg_core.training.cardtext import Measured
from medimg_core.training.course import PlanData, meant_by
from medimg_core.training.fit import Fitted, Progress
from medimg_core.training.gatefit import add_gate, enough
from medimg_core.training.heads import (
    Calibration,
    Head,
    OperatingPoint,
    balanced_point,
    calibrate,
    fit_ensemble,
    log_odds,
    positives,
    sensitivity_first,
    shifted,
    sigmoid,
)
from medimg_core.training.learning import write_curve
from medimg_core.training.licence import write_licence
from medimg_core.training.measures import Kept, PlanFigures, measure_plan
from medimg_core.training.modality import Picture
from medimg_core.training.network import build, heads_of
from medimg_core.training.package import embedding_fits, keep_recipe, write_folder
from medimg_core.training.pipeline import Source
from medimg_core.training.plan import Plan
from medimg_core.training.provenance import source_rows, strange_limit
from medimg_core.training.readme import plan_readme
from medimg_core.training.recipe import read_about
from medimg_core.training.samples import Pictures, Samples, prepared

CHUNK = 32
GATE_TRAIN, GATE_VAL = 3000, 1000
"""Images of each split that the gate is fitted on; of more, as slices of volumes are, evenly spread ones."""

CONDITION = "under the training's random changes"


@dataclass(frozen=True)
class Heads:
    """What was fitted on the embedding, and where to cut.

    Attributes:
        main: The network's own head, its biases calibrated.
        members: The ensemble, likewise.
        temperature: Divisor of the log-odds.
        prevalence: Share of positives in the training images.
        thresholds: Operating points with where they were chosen.
    """

    main: Head
    members: tuple[Head, ...]
    temperature: float
    prevalence: float
    thresholds: Mapping[str, tuple[OperatingPoint, str]]


Embed = Callable[[Iterable[Picture]], NDArray[np.float32]]
"""Pictures to embeddings, shape ``(n, d)``."""


def finished(plan: Plan, weights: Sequence[NDArray[np.float32]]) -> Any:
    """The network in float32, without dropout, with its averaged weights."""
    network = build(plan, training=False)
    heads_of(network, plan).set_weights(list(weights))
    return network


def embedder(network: Any, plan: Plan) -> Embed:
    """Embeddings of pictures, 32 at a time."""
    import keras
    import tensorflow as tf

    inner = keras.Model(network.inputs, network.get_layer("embedding").output)
    shape = [None, *network.inputs[0].shape[1:]]
    traced = tf.function(lambda batch: inner(batch, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])

    def embed(images: Iterable[Picture]) -> NDArray[np.float32]:
        waiting, parts = iter(images), []
        while chunk := list(islice(waiting, 1 if plan.depth else CHUNK)):
            parts.append(np.asarray(traced(np.concatenate([prepared(image, plan.input) for image in chunk]))))
        return np.concatenate(parts).astype(np.float32)

    return embed


def _varied(source: Source, samples: Samples, passes: int, seed: int) -> tuple[Iterator[Picture], NDArray[np.int64]]:
    """Augmented images of which the class can be told, ``passes`` of each, and which image each one is."""
    plain = Source(samples, source.plan, source.soft, source.weights)
    index = np.tile(np.arange(len(samples)), passes)

    def images() -> Iterator[Picture]:
        for place, i in enumerate(index):
            rng = np.random.default_rng((seed, place))
            yield plain.variant(int(i), rng)

    return images(), index


def fit_heads(network: Any, embed: Embed, data: PlanData, source: Source, name: str) -> Heads:
    """Ensemble on augmented training images, calibration and operating points on augmented validation images."""
    plan = source.plan
    kernel, bias = network.get_layer("logits").get_weights()
    raw = Head(kernel.astype(float), bias.astype(float))
    images, rows = _varied(source, data.train, plan.members_passes, plan.seed + 1)
    members = fit_ensemble(embed(images), data.train.classes[rows], [data.train.groups[i] for i in rows], plan)
    images, rows = _varied(source, data.val, plan.calibration_passes, plan.seed + 2)
    held, truth = embed(images), positives(plan)[data.val.classes[rows]]
    prevalence = float(positives(plan)[data.train.classes].mean())
    found = calibrate(log_odds(raw(held), plan), truth, prevalence)

    def ready(head: Head, own: Calibration) -> Head:
        return shifted(head, own, plan, found.temperature)

    main = ready(raw, found)
    members = tuple(ready(m, calibrate(log_odds(m(held), plan), truth, prevalence)) for m in members)
    scores = sigmoid(log_odds(main(held), plan) / found.temperature)
    where = f"{name} val, n {len(data.val)} x {plan.calibration_passes} draws, {CONDITION}"
    points = {
        "balanced": (balanced_point(scores, truth), where),
        "sensitivity_first": (sensitivity_first(scores, truth, plan.sensitivity), where),
    }
    return Heads(main, members, found.temperature, prevalence, points)


def with_heads(network: Any, plan: Plan, heads: Heads | None) -> Any:
    """The network to ship: ``logits`` and ``ensemble``, ``mask_logits``; ``embedding`` where no class is given."""
    import keras

    outputs = []
    if heads is not None:
        network.get_layer("logits").set_weights([heads.main.kernel.astype("f4"), heads.main.bias.astype("f4")])
        every = keras.layers.Dense(sum(m.bias.size for m in heads.members), dtype="float32", name="ensemble")
        ensemble = every(network.get_layer("embedding").output)
        kernel = np.concatenate([m.kernel for m in heads.members], axis=1)
        every.set_weights([kernel.astype("f4"), np.concatenate([m.bias for m in heads.members]).astype("f4")])
        outputs += [network.get_layer("logits").output, ensemble]
    if plan.masks:
        outputs.append(network.get_layer("mask_logits").output)
    if heads is None:
        outputs.append(network.get_layer("embedding").output)
    return keras.Model(network.inputs, outputs, name=plan.task)


def outputs_of(plan: Plan, about: Mapping[str, Any], data: PlanData, heads: Heads | None) -> list[dict[str, Any]]:
    """The card's tables of the outputs; plausible sizes are those of the training masks, with a margin."""
    outputs: list[dict[str, Any]] = []
    if heads is not None:
        reading = {"name": plan.reading, "positive": plan.positive, **about["reading"]}
        table = {"name": "logits", "kind": "classification", "classes": plan.classes}
        outputs.append({**table, "ensemble": "ensemble", "reading": reading})
    if plan.masks:
        mask: dict[str, Any] = {"threshold": 0.5, **about.get("mask", {}), "plausible": plausible(data.train, plan)}
        mask["targets"] = [
            {"name": t.target or t.name, "column": t.column, "value": t.value, "classes": [t.name, *t.covers]}
            for t in plan.masks
        ]
        names = [target.name for target in plan.masks]
        outputs.append({"name": "mask_logits", "kind": "segmentation", "classes": names, "mask": mask})
    return outputs


def plausible(samples: Samples, plan: Plan) -> list[list[float]]:
    """For each class half the smallest and 1.5 times the largest share of an image (0.5 to 99.5 %) in its masks."""
    ranges = []
    inside = np.array([origin.inside for origin in samples.origins])
    for number in range(1, len(plan.masks) + 1):
        areas = (samples.masks == number).mean(axis=(1, 2))
        share = areas / (inside if areas.ndim == 1 else inside[:, None])
        low, high = np.quantile(share[share > 0], (0.005, 0.995))
        ranges.append([float(round(0.5 * low, 5)), float(round(min(1.0, 1.5 * high), 5))])
    return ranges


def reference(embed: Embed, data: PlanData, plan: Plan, heads: Heads | None) -> dict[str, NDArray[Any]]:
    """What ``reference.npz`` holds: validation embeddings, outcomes and scores, the fits of training embeddings."""
    inner = embed(Pictures(data.train))
    classes = data.train.classes if plan.classes else np.zeros(len(data.train), np.int64)
    held = embed(Pictures(data.val))
    arrays = embedding_fits(inner, classes, max(1, len(plan.classes)), plan.seed)
    arrays |= {"embedding": held.astype(np.float16), "case": np.array(data.val.cases)}
    if heads is not None:
        odds = log_odds(heads.main(held), plan) / heads.temperature
        arrays["score"] = sigmoid(odds).astype(np.float32)
        arrays["outcome"] = positives(plan)[data.val.classes].astype(np.uint8)
    elif plan.masks:
        arrays["outcome"] = data.val.drawn().astype(np.uint8)
    return arrays


def ship(
    places: tuple[Path, Path, Path], data: PlanData, plan: Plan, fitted: Fitted, source: Source, progress: Progress
) -> dict[str, Any]:
    """Write the model folder of a fitted plan and measure it through the product's own doors.

    Args:
        places: Recipe, model folder and run folder.
        data: Of the training.
        plan: Its settings.
        fitted: Averaged weights and log.
        source: Makes varied images.
        progress: Called with steps done, steps in all and a text.

    Returns:
        What ``medimg train --json`` prints.
    """
    path, out, run = places
    about = read_about(path)
    rows, meant = about["data"], meant_by(about, plan)
    about["data"] = source_rows(rows, data.sets, meant)
    about["limits"] = [*about["limits"], *strange_limit(rows, data.sets, meant)]
    if fitted.epochs < plan.epochs and not plan.patience:
        cut = f"Training was stopped after {fitted.epochs} of {plan.epochs} epochs."
        about["limits"] = [*about["limits"], cut]
    indexed = (data.folders[0] / INDEX).is_file()
    if not indexed:
        about["limits"] = [*about["limits"], "Its data set has no index: nothing was measured on it."]
    if not enough(data.train, data.val):
        few = "There were too few training images to fit a gate: nothing checks whether an input resembles them."
        about["limits"] = [*about["limits"], few]
    network = finished(plan, fitted.weights)
    embed = embedder(network, plan)
    name = " and ".join(folder.name for folder in data.folders)
    heads = fit_heads(network, embed, data, source, name) if plan.classes else None
    arrays = reference(embed, data, plan, heads)
    shipped = with_heads(network, plan, heads)

    def write(figures: PlanFigures | None) -> ModelCard:
        measured = Measured(
            input=plan.input,
            outputs=outputs_of(plan, about, data, heads),
            cam=heads is not None,
            calibration={} if heads is None else {"temperature": heads.temperature, "prevalence": heads.prevalence},
            thresholds={} if heads is None else heads.thresholds,
            figures={} if figures is None else {"metrics": figures.metrics, "shortcuts": figures.shortcuts},
            robustness=() if figures is None else figures.robustness,
            uses_outside=False if figures is None else figures.uses_outside,
        )
        return write_folder(out, None if figures else shipped, about, measured, arrays)

    keep_recipe(path, out)
    card = write(None)
    figures = measure_plan(card, data, progress, Kept(run, fitted.weights))
    card = write(figures)
    greys = (Pictures(data.train, GATE_TRAIN), Pictures(data.val, GATE_VAL))
    if enough(*greys):
        card = add_gate(out, *greys, data.folders[0].parent if indexed else None, progress, related=meant)
    write_curve(out, fitted.history)
    write_licence(card)
    (out / "README.md").write_text(plan_readme(read_card(out), plan, fitted.epochs), encoding="utf-8")
    return {
        "model": card.id,
        "folder": str(out),
        "weights_sha256": card.sha256,
        "epochs": fitted.epochs,
        "metrics": {f.name: f.value for f in reversed(card.metrics)},
        "shortcuts": {f.name: f.value for f in card.shortcuts},
    }
