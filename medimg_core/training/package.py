"""A finished network in, a complete model folder out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.preprocess import prepare
from medimg_core.registry import ModelCard, read_card, sha256_of
from medimg_core.training.architectures import multi_task, plain, residual
from medimg_core.training.cardtext import Measured, card_text
from medimg_core.training.datasets import ImageSet
from medimg_core.training.heads import Head, log_odds, positives, sigmoid
from medimg_core.training.recipe import RECIPE, Recipe, input_of

SAMPLE = 2000
"""Training embeddings kept for nearest neighbours."""


def build(recipe: Recipe, *, training: bool = True) -> Any:
    """The recipe's network with fresh weights; without dropout where it is not to be trained."""
    if recipe.architecture == "plain":
        return plain(size=recipe.size, classes=len(recipe.classes))
    if recipe.architecture == "lite0":
        return _lite(recipe, recipe.dropout if training else 0.0)
    return residual(
        size=recipe.size,
        stem=recipe.stem,
        widths=recipe.widths,
        blocks=recipe.blocks,
        classes=len(recipe.classes),
        dropout=recipe.dropout if training else 0.0,
    )


def _lite(recipe: Recipe, dropout: float) -> Any:
    import keras

    network = multi_task(size=recipe.size, classes=len(recipe.classes), head=recipe.head, dropout=dropout)
    return keras.Model(network.inputs, network.get_layer("logits").output, name="lite0")


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


def embedding_fits(
    embedding: NDArray[np.floating], classes: NDArray[np.int64], count: int, seed: int
) -> dict[str, NDArray[Any]]:
    """The out-of-distribution fits of training embeddings.

    Class-conditional Gaussians with one covariance (Lee et al., NeurIPS 2018), a background Gaussian
    (Ren et al., arXiv:2106.09022, relative Mahalanobis distance), both shrunk (Ledoit & Wolf 2004), and
    a sample of training embeddings for nearest neighbours (Sun et al., ICML 2022).

    Args:
        embedding: Shape ``(n, d)``.
        classes: Class of each, shape ``(n,)``.
        count: Number of classes.
        seed: Of the sample.
    """
    from sklearn.covariance import LedoitWolf

    rows = embedding.astype(np.float64)
    means = np.stack([rows[classes == k].mean(axis=0) for k in range(count)])
    within = LedoitWolf(assume_centered=True).fit(rows - means[classes])
    whole = LedoitWolf().fit(rows)
    order = np.random.default_rng(seed).permutation(len(rows))[:SAMPLE]
    return {
        "train_mean": means.astype(np.float32),
        "train_precision": within.precision_.astype(np.float32),
        "background_mean": whole.location_.astype(np.float32),
        "background_precision": whole.precision_.astype(np.float32),
        "train_embedding_sample": rows[order].astype(np.float16),
    }


def reference_arrays(
    train: tuple[ImageSet, Outputs], val: tuple[ImageSet, Outputs], recipe: Recipe, temperature: float
) -> dict[str, NDArray[Any]]:
    """What ``reference.npz`` holds: validation embeddings and the out-of-distribution fit. No image."""
    images, outputs = train
    held, predicted = val
    return {
        "embedding": predicted.embedding.astype(np.float16),
        "score": sigmoid(log_odds(predicted.logits, recipe) / temperature).astype(np.float32),
        "outcome": positives(recipe)[held.classes].astype(np.uint8),
        "cam_max": predicted.peak,
        "case": np.array(held.cases),
        **embedding_fits(outputs.embedding, images.classes, len(recipe.classes), recipe.seed),
    }


def classifier_output(recipe: Recipe, reading: Mapping[str, str]) -> dict[str, Any]:
    """The card's table of the output ``logits``; ``reading`` holds its texts."""
    return {
        "name": "logits",
        "kind": "classification",
        "classes": recipe.classes,
        "ensemble": "ensemble",
        "reading": {"name": recipe.reading, "positive": recipe.positive, **reading},
    }


def keep_recipe(path: Path, folder: Path) -> None:
    """Put the recipe into the model folder, where it is not there already.

    To be called when there is something to package: a recipe in ``models/`` goes before the shipped one of its id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if folder != path.parent:
        (folder / RECIPE).write_bytes(path.read_bytes())


def write_folder(
    folder: Path,
    network: Any,
    about: Mapping[str, Any],
    measured: Measured,
    reference: Mapping[str, NDArray[Any]],
) -> ModelCard:
    """Write weights, reference and card, in that order, and read the card back.

    Args:
        folder: The model's folder; other files in it stay.
        network: To be saved; None where its weights are there already.
        about: What people wrote on the card.
        measured: What was measured.
        reference: Of :func:`reference_arrays`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if network is not None:
        part = folder / "weights.part.keras"
        network.save(part)
        part.replace(folder / "weights.keras")
    sha256 = sha256_of(folder / "weights.keras")
    np.savez_compressed(folder / "reference.npz", allow_pickle=False, **{"sha256": np.array(sha256), **reference})
    (folder / "card.toml").write_text(card_text(folder.name, sha256, about, measured), encoding="utf-8")
    return read_card(folder)
