"""What Keras and tf-keras-vis say of a model: the reference that ONNX Runtime and our map are held to.

``python -m tests.keras_reference MODEL_FOLDER BATCH.npy OUT.npz``, run by :func:`keras_reference` in a
process of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from medimg_core.decision import decision, decision_labels
from medimg_core.registry import ModelCard, read_card

ROOT = Path(__file__).resolve().parent.parent


def keras_reference(card: ModelCard, batch: np.ndarray, work: Path) -> dict[str, np.ndarray]:
    """Outputs of the Keras model (``features``, ``logits``, ``ensemble``), and Grad-CAM by tf-keras-vis.

    Args:
        card: The model.
        batch: Shape ``(n, rows, columns, channels)``.
        work: A folder to write to.

    Returns:
        Outputs by name, and ``map <label>`` of shape ``(n, rows, columns)`` for each label.
    """
    np.save(work / "batch.npy", batch)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", "tests.keras_reference", card.folder, work / "batch.npy", work / "out.npz"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=240)
    with np.load(work / "out.npz") as file:
        return {name: file[name] for name in file.files}


_asked: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = {}


def reference_of(card: ModelCard, work: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A batch of three inputs, smooth, noise and both, and what :func:`keras_reference` says of it; asked once."""
    if card.sha256 not in _asked:
        rows, columns = card.input.size
        smooth = np.add.outer(np.sin(np.arange(rows) / 5), np.cos(np.arange(columns) / 7))
        noise = np.random.default_rng(2).normal(size=(rows, columns))
        batch = np.stack([smooth, noise, smooth * noise])[..., None].clip(-3, 3).astype(np.float32)
        _asked[card.sha256] = batch, keras_reference(card, batch, work)
    return _asked[card.sha256]


def main(folder: Path, batch_file: Path, out: Path) -> None:
    import keras
    import tensorflow as tf
    from tf_keras_vis.gradcam import Gradcam

    card = read_card(folder)
    batch = np.load(batch_file)
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
    np.savez(out, **found)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
