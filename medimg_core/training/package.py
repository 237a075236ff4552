"""A finished network in, a complete model folder out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.preprocess import prepare
from medimg_core.registry import Figure, read_card, sha256_of
from medimg_core.registry.card import ModelCard
from medimg_core.training.architectures import plain, residual
from medimg_core.training.datasets import ImageSet
from medimg_core.training.heads import Head, OperatingPoint, log_odds, positives, sigmoid
from medimg_core.training.recipe import Recipe, input_of

SAMPLE = 2000
"""Training embeddings kept for nearest neighbours."""


def build(recipe: Recipe, *, training: bool = True) -> Any:
    """The recipe's network with fresh weights; without dropout where it is not to be trained."""
    if recipe.architecture == "plain":
        return plain(size=recipe.size, classes=len(recipe.classes))
    return residual(
        size=recipe.size,
        stem=recipe.stem,
        widths=recipe.widths,
        blocks=recipe.blocks,
        classes=len(recipe.classes),
        dropout=recipe.dropout if training else 0.0,
    )


def finished(recipe: Recipe, weights: Sequence[NDArray[np.float32]]) -> Any:
    """The network in float32 with its averaged weights; outputs logits, embedding and features."""
    import keras

    network = build(recipe, training=False)
    network.set_weights(list(weights))
    outputs = [network.get_layer(name).output for name in ("logits", "embedding", "features")]
    return keras.Model(network.inputs, outputs, name="finished")


def with_heads(network: Any, head: Head, members: Sequence[Head]) -> Any:
    """The network to ship: outputs ``logits`` (calibrated biases) and ``ensemble``.

    Args:
        network: Of :func:`finished`.
        head: Replaces the dense layer ``logits``.
        members: Become the dense layer ``ensemble``, member first.
    """
    import keras

    network.get_layer("logits").set_weights([head.kernel.astype("float32"), head.bias.astype("float32")])
    embedding = network.get_layer("embedding").output
    dense = keras.layers.Dense(sum(m.bias.size for m in members), dtype="float32", name="ensemble")
    ensemble = dense(embedding)
    dense.set_weights(
        [
            np.concatenate([m.kernel for m in members], axis=1).astype("float32"),
            np.concatenate([m.bias for m in members]).astype("float32"),
        ]
    )
    return keras.Model(network.inputs, [network.get_layer("logits").output, ensemble], name="classifier")


@dataclass(frozen=True)
class Outputs:
    """What the network says of a set of images.

    Attributes:
        logits: Shape ``(n, classes)``.
        embedding: Shape ``(n, d)``.
        peak: Largest value of each image's rectified class activation map of the reading's log-odds
            before temperature, shape ``(n,)``; 0 where there is no positive evidence.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    peak: NDArray[np.float32]


def traced(network: Any) -> Any:
    """The network as one compiled function of a batch of any length, in inference mode."""
    import tensorflow as tf

    shape = [None, *network.inputs[0].shape[1:]]
    return tf.function(lambda batch: network(batch, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])


def run_network(forward: Any, images: Iterable[NDArray[np.float32]], recipe: Recipe, head: Head) -> Outputs:
    """Forward pass over grey images (0 to 1), 32 at a time.

    Args:
        forward: Of :func:`traced`, on the network of :func:`finished`.
        images: Shape ``(rows, columns)`` each.
        recipe: Input and classes.
        head: Stands in for the dense layer.
    """
    inside, spec = positives(recipe), input_of(recipe)
    logits, embeddings, peaks = [], [], []
    waiting = iter(images)
    while chunk := list(islice(waiting, 32)):
        batch = np.concatenate([prepare(image, spec) for image in chunk])
        _, embedding, features = (np.asarray(part, dtype=np.float32) for part in forward(batch))
        values = head(embedding)
        gradient = np.where(inside, _softmax_of(values, inside), -_softmax_of(values, ~inside))
        weights = gradient @ head.kernel.T / (features.shape[1] * features.shape[2])
        maps = np.einsum("nrcd,nd->nrc", features, weights)
        logits.append(values)
        embeddings.append(embedding)
        peaks.append(np.maximum(maps.max(axis=(1, 2)), 0))
    return Outputs(
        np.concatenate(logits).astype(np.float32),
        np.concatenate(embeddings),
        np.concatenate(peaks).astype(np.float32),
    )


def _softmax_of(logits: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    masked = np.where(chosen, logits, -np.inf)
    power = np.exp(masked - masked.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def reference_arrays(
    train: tuple[ImageSet, Outputs], val: tuple[ImageSet, Outputs], recipe: Recipe, temperature: float
) -> dict[str, NDArray[Any]]:
    """What ``reference.npz`` holds: validation embeddings and the out-of-distribution fit. No image.

    Class-conditional Gaussians with one covariance (Lee et al., NeurIPS 2018), a background Gaussian
    (Ren et al., arXiv:2106.09022, relative Mahalanobis distance), both shrunk (Ledoit & Wolf 2004), and
    a sample of training embeddings for nearest neighbours (Sun et al., ICML 2022).
    """
    from sklearn.covariance import LedoitWolf

    images, outputs = train
    embedding = outputs.embedding.astype(np.float64)
    means = np.stack([embedding[images.classes == k].mean(axis=0) for k in range(len(recipe.classes))])
    within = LedoitWolf(assume_centered=True).fit(embedding - means[images.classes])
    whole = LedoitWolf().fit(embedding)
    order = np.random.default_rng(recipe.seed).permutation(len(embedding))[:SAMPLE]
    held, predicted = val
    return {
        "embedding": predicted.embedding.astype(np.float16),
        "score": sigmoid(log_odds(predicted.logits, recipe) / temperature).astype(np.float32),
        "outcome": positives(recipe)[held.classes].astype(np.uint8),
        "cam_max": predicted.peak,
        "case": np.array(held.cases),
        "train_mean": means.astype(np.float32),
        "train_precision": within.precision_.astype(np.float32),
        "background_mean": whole.location_.astype(np.float32),
        "background_precision": whole.precision_.astype(np.float32),
        "train_embedding_sample": embedding[order].astype(np.float16),
    }


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if value != int(value) else f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _section(title: str, values: Mapping[str, Any]) -> list[str]:
    return ["", title, *(f"{key} = {_toml(value)}" for key, value in values.items() if value is not None)]


def card_text(
    model_id: str,
    sha256: str,
    about: Mapping[str, Any],
    recipe: Recipe,
    *,
    calibration: Mapping[str, float],
    thresholds: Mapping[str, tuple[OperatingPoint, str]],
    figures: Mapping[str, Sequence[Figure]],
    uses_outside: bool,
) -> str:
    """``card.toml`` as text.

    Args:
        model_id: The model's id.
        sha256: Of the weights.
        about: The ``[card]`` table of ``recipe.toml``: what people wrote, not what was measured.
        recipe: Of the training.
        calibration: ``temperature`` and ``prevalence``.
        thresholds: Operating points with where they were chosen; the first one is the default.
        figures: ``metrics``, ``shortcuts`` and ``gate_figures``.
        uses_outside: Whether every result must say so.
    """
    plain_keys = ("title", "task", "intended_use", "modality", "body_part", "weights_licence", "limits")
    lines = ["# Written by `medimg train`; texts and gate settings come from recipe.toml.", "schema = 1"]
    lines += [f"id = {_toml(model_id)}"]
    lines += [f"{key} = {_toml(about[key])}" for key in plain_keys]
    lines += [f"uses_outside = {_toml(uses_outside)}", f"sha256 = {_toml(sha256)}"]
    lines += _section("[population]", about["population"])
    lines += _section(
        "[input]",
        {"size": [recipe.size, recipe.size], "channels": recipe.channels, "steps": recipe.steps, "unit": "any"},
    )
    lines += _section(
        "[[outputs]]",
        {"name": "logits", "kind": "classification", "classes": recipe.classes, "ensemble": "ensemble"},
    )
    lines += _section(
        "[outputs.reading]",
        {"name": recipe.reading, "positive": recipe.positive, **about["reading"]},
    )
    lines += _section("[cam]", {"layer": "features", "head": "pooling_dense"})
    lines += _section("[calibration]", calibration)
    for name, (point, source) in thresholds.items():
        lines += _section("[[thresholds]]", {"name": name, **asdict(point), "source": source})
    lines += _section("[gate]", about.get("gate", {}))
    for data in about["data"]:
        lines += _section("[[data]]", data)
    for key, rows in figures.items():
        for figure in rows:
            lines += _section(f"[[{key}]]", asdict(figure))
    return "\n".join(lines) + "\n"


def write_folder(
    folder: Path, network: Any, card: Mapping[str, Any], reference: Mapping[str, NDArray[Any]]
) -> ModelCard:
    """Write weights, reference and card, in that order, and read the card back.

    Args:
        folder: The model's folder; other files in it stay.
        network: Of :func:`with_heads`.
        card: Arguments of :func:`card_text` but id and hash.
        reference: Of :func:`reference_arrays`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "weights.part.keras"
    network.save(part)
    part.replace(folder / "weights.keras")
    sha256 = sha256_of(folder / "weights.keras")
    np.savez_compressed(folder / "reference.npz", allow_pickle=False, **{"sha256": np.array(sha256), **reference})
    (folder / "card.toml").write_text(card_text(folder.name, sha256, **card), encoding="utf-8")
    return read_card(folder)
