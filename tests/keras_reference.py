"""What Keras and tf-keras-vis say of a model: the reference that ONNX Runtime and our map are held to.

``python -m tests.keras_reference WORK MODEL_FOLDER...`` reads ``WORK/ID.npy``, a batch, and writes ``WORK/ID.npz``.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

from medimg_core.decision import decision, decision_labels
from medimg_core.registry import ModelCard, read_card
from tests.keras_process import run_keras
from tests.made_once import made_once

Reference = tuple[np.ndarray, dict[str, np.ndarray]]


def batch_for(card: ModelCard) -> np.ndarray:
    """Three inputs, smooth, noise and both; shape ``(3, rows, columns, 1)``."""
    rows, columns = card.input.size
    smooth = np.add.outer(np.sin(np.arange(rows) / 5), np.cos(np.arange(columns) / 7))
    noise = np.random.default_rng(2).normal(size=(rows, columns))
    return np.stack([smooth, noise, smooth * noise])[..., None].clip(-3, 3).astype(np.float32)


@pytest.fixture(scope="session")
def keras_references(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: ModelCard, shipped_model: ModelCard
) -> dict[str, Reference]:
    """For both models by id: a batch, and what Keras and tf-keras-vis say of it.

    The latter are outputs by name (``features``, ``logits``, ``ensemble``) and, for each label, Grad-CAM as
    ``map <label>`` of shape ``(n, rows, columns)``.
    """
    cards = (tiny_model, shipped_model)

    def make(work: Path) -> None:
        for card in cards:
            np.save(work / f"{card.id}.npy", batch_for(card))
        run_keras("tests.keras_reference", work, *(card.folder for card in cards))

    work = made_once(tmp_path_factory, "keras_references", make)
    found = {}
    for card in cards:
        with np.load(work / f"{card.id}.npz") as file:
            found[card.id] = np.load(work / f"{card.id}.npy"), {name: file[name] for name in file.files}
    return found


def refer(folder: Path, work: Path) -> None:
    import keras
    import tensorflow as tf
    from tf_keras_vis.gradcam import Gradcam

    card = read_card(folder)
    batch = np.load(work / f"{card.id}.npy")
    model = keras.saving.load_model(card.weights, compile=False)
    output = card.outputs[0]
    names = [card.cam.layer, output.name, output.ensemble]
    parts = keras.Model(model.inputs, [model.get_layer(name).output for name in names])(batch, training=False)
    found = {name: np.asarray(part) for name, part in zip(("features", "logits", "ensemble"), parts, strict=True)}
    single = keras.Model(model.inputs, model.get_layer(output.name).output)
    grad_cam = Gradcam(single, model_modifier=None, clone=False)
    for label in decision_labels(card):
        question = decision(card, label=label)

        def score(logits, question=question):
            positive = tf.gather(logits, question.positive, axis=-1)
            negative = tf.gather(logits, question.negative, axis=-1)
            return tf.reduce_logsumexp(positive, axis=-1) - tf.reduce_logsumexp(negative, axis=-1)

        # one image at a time: with a batch of one the library is at its plainest
        found[f"map {label}"] = np.concatenate(
            [
                grad_cam(
                    score,
                    batch[i : i + 1],
                    penultimate_layer=card.cam.layer,
                    seek_penultimate_conv_layer=False,
                    expand_cam=False,
                    normalize_cam=False,
                )
                for i in range(len(batch))
            ]
        )
    np.savez(work / f"{card.id}.npz", **found)


if __name__ == "__main__":
    for name in sys.argv[2:]:
        refer(Path(name), Path(sys.argv[1]))
