"""What a class activation map costs beside the bare network, and beside tf-keras-vis.

``python -m benchmarks.cam [--json]``. All of it is timed in one run, one call of each in turn, medians of
the rounds: load on the machine hits all alike, and the ratios are what counts. Images are noise, since
time does not depend on them; the map is held to tf-keras-vis before anything is timed.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Task, claim, input_of, medians, run
from medimg_core.decision import class_scores, decision, sigmoid
from medimg_core.engine import cache, forward, warm
from medimg_core.engine.session import session_options
from medimg_core.explain.cam import grad_cam
from medimg_core.registry import (
    CamSpec,
    InputSpec,
    ModelCard,
    OutputSpec,
    Population,
    Threshold,
    load_card,
    sha256_of,
)

SHIPPED = "chest_xray_pneumonia"


def mobilenet(folder: Path) -> ModelCard:
    """MobileNetV2 with random weights as a model folder."""
    import keras

    network = keras.applications.MobileNetV2(weights=None, classifier_activation=None)
    network.save(folder / "weights.keras")
    return ModelCard(
        folder=folder,
        id="mobilenet_v2",
        title="MobileNetV2",
        task="classification",
        intended_use="timing",
        modality=(),
        body_part=(),
        population=Population(None, (), (), "", ()),
        input=InputSpec((224, 224), 3, ("squash",), "any"),
        outputs=(OutputSpec("predictions", "classification", tuple(map(str, range(1000))), None, ""),),
        cam=CamSpec("out_relu", "pooling_dense"),
        temperature=1.0,
        prevalence=0.5,
        thresholds=(Threshold("none", 0.5, 0.5, 0.5, ""),),
        gate={},
        data=(),
        weights_licence="none",
        metrics=(),
        shortcuts=(),
        robustness=(),
        gate_figures=(),
        region="",
        uses_outside=False,
        limits=(),
        sha256=sha256_of(folder / "weights.keras"),
    )


def bare_session(card: ModelCard, batch: np.ndarray) -> Task:
    """ONNX Runtime on the network alone: one input, the logits."""
    import onnx
    import onnxruntime

    graph = onnx.load(cache.entry(card) / "model.onnx")
    alone = onnx.utils.Extractor(graph).extract_model(["image"], ["logits"])
    session = onnxruntime.InferenceSession(
        alone.SerializeToString(), session_options(), providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(["logits"], {"image": batch})


def tasks_of(card: ModelCard, batch: np.ndarray) -> dict[str, Task]:
    """The four ways, each from the prepared input to its result."""
    import keras
    import tensorflow as tf
    from tf_keras_vis.gradcam import Gradcam

    assert card.cam is not None
    whole = keras.saving.load_model(card.weights, compile=False)
    model = keras.Model(whole.inputs, whole.get_layer(card.outputs[0].name).output)
    traced = tf.function(lambda image: model(image, training=False))
    question = decision(card, forward(card, batch).activations().logits)
    layer = card.cam.layer

    def ours() -> Any:
        found = forward(card, batch).activations()
        asked = decision(card, found.logits)
        score = sigmoid(asked.log_odds(found.logits) / card.temperature)
        return score, class_scores(card, found.logits), grad_cam(found, card, asked)

    def score(logits: Any) -> Any:
        positive = tf.gather(logits, question.positive, axis=-1)
        negative = tf.gather(logits, question.negative, axis=-1)
        return tf.reduce_logsumexp(positive, axis=-1) - tf.reduce_logsumexp(negative, axis=-1)

    library = Gradcam(model, model_modifier=None, clone=False)

    def theirs() -> Any:
        return library(
            score,
            batch,
            penultimate_layer=layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
            normalize_cam=False,
        )

    gap = float(np.abs(ours()[2] - theirs()[0]).max())
    if gap > 1e-4:
        raise AssertionError(f"both must give the same map, they differ by {gap:g}")
    return {
        "bare ONNX forward": bare_session(card, batch),
        "forward + scores + native map": ours,
        "tf.function forward": lambda: traced(batch).numpy(),
        "tf-keras-vis Grad-CAM": theirs,
    }


def apart(card: ModelCard, batch: np.ndarray) -> dict[str, Task]:
    """What a reader waits for beside the map: decoding, preparation, gate, ensemble, display."""
    import io

    from PIL import Image

    from medimg_core.explain import explain, on_image, overlay
    from medimg_core.gate import assess_input, assess_network
    from medimg_core.inference import classify, model_input
    from medimg_core.io.limits import Limits
    from medimg_core.io.raster import read_raster
    from medimg_core.preprocess import prepare
    from medimg_core.study import Volume

    smooth = np.random.default_rng(1).integers(0, 255, (64, 76)).astype(np.uint8)
    picture = Image.fromarray(smooth).resize((1216, 1024), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92)
    volume = Volume(np.asarray(picture)[None])
    prediction = classify(volume, card, enforce_gate=False)
    activations = prediction.activations
    assert activations is not None
    question = decision(card)
    explanation = explain(prediction, card)
    shown, values = volume.presented(0), on_image(explanation)
    scale = explanation.peak or 1.0
    return {
        "decoding (JPEG, 1024 x 1216)": lambda: read_raster(file.getvalue(), Limits()),
        "window and preparation": lambda: prepare(model_input(volume, card), card.input),
        "gate: tags and pixels": lambda: assess_input(volume, card),
        "gate: fits on training images": lambda: assess_network(batch[0, :, :, 0], activations.embedding, card),
        "ensemble": lambda: sigmoid(question.log_odds(activations.ensemble) / card.temperature),
        "display: map on the image": lambda: on_image(explanation),
        "display: overlay with contour": lambda: overlay(shown, values, scale=scale),
    }


def measure(rounds: int) -> dict[str, Any]:
    """Time both networks; the claims, and all medians in ms."""
    claims: list[dict[str, Any]] = []
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for card, wanted in ((load_card(SHIPPED), 20.0), (mobilenet(Path(folder)), 50.0)):
            warm(card)
            times = medians(tasks_of(card, input_of(card)), rounds)
            found[card.id] = times
            ours = times["forward + scores + native map"]
            if card.id == SHIPPED:
                ratio = ours / times["bare ONNX forward"]
                claims.append(claim(f"{card.id}: forward + scores + map / bare forward", ratio, 1.2, most=True))
                found["apart"] = medians(apart(card, input_of(card)), rounds)
            speed = times["tf-keras-vis Grad-CAM"] / ours
            claims.append(claim(f"{card.id}: tf-keras-vis Grad-CAM / forward + scores + map", speed, wanted))
            if card.id != SHIPPED:
                cache.discard(card)
    return {"claims": claims, "medians_ms": found}


if __name__ == "__main__":
    run(__doc__, measure, 30)
