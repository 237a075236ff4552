"""Builds the networks of :mod:`medimg_core.explain.planted` with Keras: nothing is trained, every weight is written.

``python -m medimg_core.training.planted`` writes weights, reference and card of each into the package.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import methods_for, needs_of
from medimg_core.explain.audit import Images, Record, forgetting, write_record
from medimg_core.explain.audit.record import FILE
from medimg_core.explain.planted import network as planted
from medimg_core.explain.planted import planted_folder, planted_image
from medimg_core.explain.planted.cards import IDS, planted_text
from medimg_core.registry import ModelCard, read_card, sha256_of

__all__ = ["build_planted", "write_planted"]

REFERENCE = 60
"""Images of the reference; every sixth holds no evidence."""
FORGETTING = 240
"""Images of which ``audit.json`` is made, most of them of the first class: a map is asked for one and the same."""
FIRST = 100_000
"""Seed of the first of them, far from those of tests and trials."""


def build_planted(model_id: str) -> Any:
    """Build one of the networks.

    Args:
        model_id: One of :data:`medimg_core.explain.planted.cards.IDS`.

    Returns:
        ``keras.Model``, input ``image`` of shape ``(batch, SIZE, SIZE, 1)``.

    Raises:
        IncompatibleInputError: There is no such network.
    """
    if model_id not in IDS:
        raise IncompatibleInputError(f"a planted network must be one of {', '.join(IDS)}, got {model_id[:60]!r}")
    import keras
    from keras import layers

    channels = len(planted.CHANNELS)
    image = keras.Input((planted.SIZE, planted.SIZE, 1), name="image")
    answers = layers.Conv2D(channels, planted.SIDE, padding="same", activation="relu", name="answers")
    gather = layers.DepthwiseConv2D(
        3 * planted.CELL, strides=planted.CELL, padding="same", use_bias=False, name="features"
    )
    features = gather(answers(image))
    answers.set_weights(list(planted.filters()))
    gather.set_weights([np.repeat(planted.spline()[:, :, None, None], channels, axis=2)])
    embedding = layers.GlobalAveragePooling2D(name="embedding")(features)
    if model_id == "planted_mask":
        grown = layers.UpSampling2D(planted.CELL, interpolation="bilinear", name="grown")(features)
        masks = layers.Conv2D(1, 1, name="mask_logits")
        outputs = [masks(grown), embedding]
        masks.set_weights([planted.mask_kernel(), np.array([planted.MASK_SCALE[1]], np.float32)])
        return keras.Model(image, outputs, name=model_id)
    flat = model_id == "planted_flat"
    taken = layers.Flatten(name="every_cell")(features) if flat else embedding
    dense = layers.Dense(len(planted.CLASSES), name="logits")
    logits = dense(taken)
    kernel = planted.flat_kernel() if flat else planted.pooled_kernel()
    dense.set_weights([kernel, np.zeros(len(planted.CLASSES), np.float32)])
    return keras.Model(image, logits, name=model_id)


def write_planted(model_id: str, folder: Path) -> None:
    """Write a network's folder: weights, card and, for pooling, reference and ``audit.json``.

    Args:
        model_id: One of :data:`medimg_core.explain.planted.cards.IDS`.
        folder: Where; files in it are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    build_planted(model_id).save(folder / "weights.keras")
    sha256 = sha256_of(folder / "weights.keras")
    (folder / "card.toml").write_text(planted_text(model_id, sha256), encoding="utf-8")
    if model_id == "planted_pooled":
        np.savez_compressed(folder / "reference.npz", allow_pickle=False, sha256=np.array(sha256), **_reference())
        write_record(_record(read_card(folder)), folder / FILE)


def _record(card: ModelCard) -> Record:
    """Whether maps notice when the network forgets, for every method that takes no process of its own."""
    first = planted.CLASSES[0]
    chosen = ((first,), (first,), (first,), (first,), None, ())
    made = [planted_image(FIRST + number, chosen[number % len(chosen)]) for number in range(FORGETTING)]
    batch = np.stack([one.image / np.float32(255) for one in made])[..., None].astype(np.float32)
    truth = np.array([one.label == first for one in made])
    methods = [method.name for method in methods_for(card) if "tensorflow" not in needs_of(method.name, card)]
    return forgetting(card, Images(f"planted images, seeds from {FIRST}", batch, truth), methods)


def _reference() -> dict[str, Any]:
    """Embeddings, scores and peaks of Grad-CAM by the network's own formula, of images with and without a mark."""
    from medimg_core.decision import Decision, sigmoid
    from medimg_core.explain.planted.cards import TEMPERATURE

    rows: dict[str, list[Any]] = {name: [] for name in ("embedding", "score", "outcome", "cam_max", "case")}
    kernel = planted.pooled_kernel().astype(np.float64)
    for number in range(REFERENCE):
        made = planted_image(FIRST + number, () if number % 6 == 5 else None)
        grey = made.image / np.float32(255)
        found, logits = planted.features(grey).astype(np.float64), planted.logits(grey)
        best = int(np.argmax(logits))
        question = Decision("", (best,), tuple(k for k in range(len(logits)) if k != best))
        weights = kernel @ question.gradient(logits) / planted.GRID**2
        rows["embedding"].append(found.mean(axis=(0, 1)))
        rows["score"].append(sigmoid(question.log_odds(logits) / TEMPERATURE))
        rows["outcome"].append(made.label is not None)
        rows["cam_max"].append(max(0.0, float((found @ weights).max())))
        rows["case"].append(f"planted-{made.seed}")
    kinds = {"embedding": np.float16, "score": np.float32, "outcome": np.uint8, "cam_max": np.float32, "case": str}
    return {name: np.array(values, dtype=kinds[name]) for name, values in rows.items()}


if __name__ == "__main__":
    for name in sys.argv[1:] or IDS:
        write_planted(name, planted_folder(name))
