"""After the fit: heads and calibration, figures, the model folder."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.perturb import Grey
from medimg_core.registry import Figure, read_card
from medimg_core.training import figures, package
from medimg_core.training.augment import Augmenter
from medimg_core.training.blind import blind, hidden_sets
from medimg_core.training.cardfile import COMPARISON, replace_comparison, replace_shortcuts
from medimg_core.training.cardtext import Measured
from medimg_core.training.datasets import Data
from medimg_core.training.fit import Fitted, Progress
from medimg_core.training.gatefit import add_gate
from medimg_core.training.heads import (
    Head,
    balanced_point,
    calibrate,
    fit_ensemble,
    log_odds,
    positives,
    sensitive_point,
    shifted,
    sigmoid,
)
from medimg_core.training.learning import write_curve
from medimg_core.training.licence import write_licence
from medimg_core.training.mapsection import with_known_maps
from medimg_core.training.measures import Kept, measure_curves
from medimg_core.training.provenance import DataSet, data_set, source_rows, strange_limit
from medimg_core.training.readme import readme_text
from medimg_core.training.recipe import RECIPE, Recipe, input_of, read_about, read_recipe


@dataclass(frozen=True)
class Heads:
    """What was fitted on the embedding, and the calibration."""

    main: Head
    members: tuple[Head, ...]
    temperature: float
    prevalence: float


def own_head(network: Any) -> Head:
    """The dense layer that was trained with the network."""
    kernel, bias = network.get_layer("logits").get_weights()
    return Head(kernel.astype(float), bias.astype(float))


def stage_heads(
    network: Any, data: Data, source: Augmenter, recipe: Recipe, calibration: Iterable[Grey]
) -> tuple[Heads, package.Outputs]:
    """Ensemble on augmented training images, all heads blinded, calibration on augmented validation images."""
    raw = own_head(network)
    forward = package.traced(network)
    rng = np.random.default_rng((recipe.seed, 10**6))
    index: list[int] = []

    def told_images() -> Iterator[Grey]:
        for i in np.tile(np.arange(len(data.train)), recipe.members_passes):
            grey, told = source.compose(int(i), rng)
            if told:
                index.append(int(i))
                yield grey

    embedding = package.run_network(forward, told_images(), recipe, raw).embedding
    rows = np.array(index)
    members = fit_ensemble(embedding, data.train.classes[rows], [data.train.groups[i] for i in rows], recipe)
    if recipe.blind:

        def embed(images: Iterator[Grey]) -> NDArray[np.float32]:
            return package.run_network(forward, images, recipe, raw).embedding

        hidden = hidden_sets(data, recipe, embed)
        raw, *others = (blind(head, hidden, embedding, recipe) for head in (raw, *members))
        members = tuple(others)
    prevalence = float(positives(recipe)[data.train.classes].mean())
    held = package.run_network(forward, calibration, recipe, raw)
    truth = np.tile(positives(recipe)[data.val.classes], recipe.calibration_passes)
    found = calibrate(log_odds(held.logits, recipe), truth, prevalence)
    main = shifted(raw, found, recipe, found.temperature)
    adjusted = tuple(
        shifted(m, calibrate(log_odds(m(held.embedding), recipe), truth, prevalence), recipe, found.temperature)
        for m in members
    )
    return Heads(main, adjusted, found.temperature, prevalence), held


def _scorer(network: Any, heads: Heads, recipe: Recipe) -> Callable[[Sequence[Grey]], NDArray[np.float64]]:
    forward = package.traced(network)

    def score(images: Sequence[Grey]) -> NDArray[np.float64]:
        logits = package.run_network(forward, images, recipe, heads.main).logits
        return sigmoid(log_odds(logits, recipe) / heads.temperature)

    return score


def sets_of(about: Mapping[str, Any], data: Data) -> tuple[tuple[DataSet, ...], tuple[str, ...]]:
    """The data sets that were read, and the names of those that the recipe was written for.

    Args:
        about: The recipe's table ``[card]``; the first two sets in it that have images are those of the two folders.
        data: Of the training.
    """
    meant = tuple(row["name"] for row in about["data"] if row["n"])[:2]
    regions = dict(Counter(split or "all" for split in data.regions.splits))
    first = data_set(data.folder, {"train": len(data.train), "val": len(data.val)})
    return (first, DataSet(data.regions.name, regions))[: len(meant)], meant


def stage_package(
    places: tuple[Path, Path, Path],
    data: Data,
    recipe: Recipe,
    fitted: Fitted,
    source: Augmenter,
    progress: Progress,
) -> dict[str, Any]:
    """Heads, figures, the model folder, and its gate; the places are recipe, model folder and run folder."""
    path, out, run = places
    about = read_about(path)
    rows, (sets, meant) = about["data"], sets_of(about, data)
    about["data"] = source_rows(rows, sets, meant)
    about["limits"] = [*about["limits"], *strange_limit(rows, sets, meant)]
    if fitted.epochs < recipe.epochs:
        stopped = f"Training was stopped after {fitted.epochs} of {recipe.epochs} epochs."
        about["limits"] = [*about["limits"], stopped]
    network = package.finished(recipe, fitted.weights)
    held = figures.held_out(data.val, recipe, f"{data.folder.name} val")
    drawn = figures.augmented(held, recipe.calibration_passes, recipe.seed + 1)
    heads, outputs = stage_heads(network, data, source, recipe, drawn)
    index = np.tile(np.arange(len(data.val)), recipe.calibration_passes)
    scores = sigmoid(log_odds(heads.main(outputs.embedding), recipe) / heads.temperature)
    truth = held.truth[index]
    where = f"{held.name}, n {len(data.val)} x {recipe.calibration_passes} draws, {figures.CONDITION}"
    thresholds = {
        "balanced": (balanced_point(scores, truth), where),
        "sensitivity_first": (sensitive_point(scores, truth), where),
    }
    cut = round(thresholds["balanced"][0].value, 6)
    score = _scorer(network, heads, recipe)
    forward = package.traced(network)
    plain = package.run_network(forward, held.images.greys(), recipe, heads.main)
    plain_score = sigmoid(log_odds(plain.logits, recipe) / heads.temperature)
    metrics = figures.decided(held, plain_score, cut)
    metrics += figures.decided(held, scores, cut, index=index, note=f"{figures.TUNED}, {figures.CONDITION}")
    metrics += figures.by_name_group(held, plain_score, cut)
    metrics += figures.robustness(held, score, cut)
    metrics += read_baseline(run)
    shortcut = figures.shortcuts(held, data.regions, score)
    trained = package.run_network(forward, data.train.greys(), recipe, heads.main)
    measured = Measured(
        input=input_of(recipe),
        outputs=[package.classifier_output(recipe, about["reading"])],
        cam=True,
        calibration={"temperature": heads.temperature, "prevalence": heads.prevalence},
        thresholds=thresholds,
        figures={"metrics": metrics, "shortcuts": shortcut},
        uses_outside=figures.uses_outside(shortcut),
    )
    arrays = package.reference_arrays((data.train, trained), (data.val, plain), recipe, heads.temperature)
    shipped = package.with_heads(network, heads.main, heads.members)
    package.keep_recipe(path, out)
    card = package.write_folder(out, shipped, about, measured, arrays)
    curves = measure_curves(card, data.folder, progress, Kept(run, fitted.weights))
    package.write_folder(out, None, about, replace(measured, robustness=curves), arrays)
    write_curve(out, fitted.history)
    card = add_gate(out, data.train.greys(), held.images.greys(), data.folder.parent, progress, related=meant)
    write_licence(card)
    (out / "README.md").write_text(with_known_maps(readme_text(card, recipe), card), encoding="utf-8")
    return {
        "model": card.id,
        "folder": str(out),
        "weights_sha256": card.sha256,
        "epochs": fitted.epochs,
        "threshold": cut,
        "metrics": {f.name: f.value for f in figures.decided(held, plain_score, cut)},
        "shortcuts": {f.name: f.value for f in shortcut},
    }


def remeasure_shortcuts(out: Path, data: Data) -> None:
    """Measure a packaged model's shortcuts again, into its card and README; the weights stay."""
    import keras

    recipe, card = read_recipe(out / RECIPE), read_card(out)
    shipped = keras.models.load_model(card.weights)
    outputs = [shipped.get_layer(name).output for name in ("logits", "embedding", "features")]
    network = keras.Model(shipped.inputs, outputs)
    heads = Heads(own_head(network), (), card.temperature, card.prevalence)
    held = figures.held_out(data.val, recipe, f"{data.folder.name} val")
    rows = figures.shortcuts(held, data.regions, _scorer(network, heads, recipe))
    text = (out / "card.toml").read_text(encoding="utf-8")
    said = replace_shortcuts(text, rows, uses_outside=figures.uses_outside(rows))
    (out / "card.toml").write_text(said, encoding="utf-8")
    card = read_card(out)
    (out / "README.md").write_text(with_known_maps(readme_text(card, recipe), card), encoding="utf-8")


def stage_baseline(out: Path, data: Data, recipe: Recipe, fitted: Fitted, run: Path) -> dict[str, Any]:
    """Figures of the comparison network at a score of 0.5, into the card where there is one; it is not shipped."""
    network = package.finished(recipe, fitted.weights)
    head = Heads(own_head(network), (), 1.0, 0.5)
    held = figures.held_out(data.val, recipe, f"{data.folder.name} val")
    score = _scorer(network, head, recipe)
    note = f"{COMPARISON}two convolutions, dense 64, {recipe.size} px, {fitted.epochs} epochs, no augmentation"
    rows = figures.decided(held, score(held.images.greys()), 0.5, names=("auc", "accuracy"), note=note)
    for figure in figures.shortcuts(held, data.regions, score):
        if figure.name in ("frame_only_auc", "lungs_filled_mean_auc", "exterior_opposite_auc"):
            rows.append(Figure(figure.name, figure.value, figure.ci, figure.n, figure.data, note))
    (run / "figures.json").write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")
    if (out / "card.toml").is_file():
        text = (out / "card.toml").read_text(encoding="utf-8")
        (out / "card.toml").write_text(replace_comparison(text, rows), encoding="utf-8")
        card = read_card(out)
        text = readme_text(card, read_recipe(out / RECIPE))
        (out / "README.md").write_text(with_known_maps(text, card), encoding="utf-8")
    return {"model": "baseline", "epochs": fitted.epochs, "metrics": {row.name: row.value for row in rows}}


def read_baseline(run: Path) -> list[Figure]:
    """The comparison network's figures, where it was trained."""
    path = run / "baseline" / "figures.json"
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Figure(**{**row, "ci": tuple(row["ci"]) if row["ci"] else None}) for row in rows]
