"""What a forward pass costs beside TensorFlow, and a volume's masks beside bare passes.

``python -m benchmarks.inference [--json]``. Every shipped model, its own way (``medimg_core.engine.forward``, which
also checks input and outputs) against the same network under ``tf.function``, batch 1 and 32, one call of each in
turn; both outputs are compared before anything is timed. Masks of a CT of 200 slices of 512 x 512, from
Hounsfield units to masks on the scanner's grid with their parts measured, against 200 bare ONNX passes of one slice;
and the same with the 16 further passes that ask how far the masks stand under small changes. Images are noise, since
time does not depend on them; the volume is the phantom of an abdomen, stretched to 200 slices.
"""

from typing import Any

import numpy as np

from benchmarks.timing import Task, claim, input_of, medians, run
from medimg_core.engine import cache, forward, warm
from medimg_core.engine.session import session_options
from medimg_core.inference import segment
from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.registry import ModelCard, list_models, load_card
from medimg_core.study import Volume

SLICES = 200
VOLUME_MODEL = "liver_ct"
TARGETS = {"classification": (2.0, 1.1), "multi_task": (2.0, 1.1), "segmentation": (1.3, None)}
"""At batch 1 and 32, how many times as fast as ``tf.function``, by task."""


def networks(card: ModelCard, batch: np.ndarray) -> dict[str, Task]:
    """The two ways from a prepared batch to the outputs."""
    import keras
    import tensorflow as tf

    names = [output.name for output in card.outputs]
    whole = keras.saving.load_model(card.weights, compile=False)
    model = keras.Model(whole.inputs, [whole.get_layer(name).output for name in names])
    traced = tf.function(lambda images: model(images, training=False))

    def theirs() -> Any:
        return [part.numpy() for part in tf.nest.flatten(traced(batch))]

    def ours() -> Any:
        found = forward(card, batch, features=False)
        return [part for part in (found.logits, found.masks) if part is not None]

    gap = max(float(np.abs(a - b).max()) for a, b in zip(ours(), theirs(), strict=True))
    if gap > 1e-2:
        raise AssertionError(f"both must give the same outputs, those of {card.id} differ by {gap:g}")
    return {"tf.function": theirs, "ours": ours}


def bare(card: ModelCard) -> Task:
    """As many bare ONNX passes of one slice as the volume has slices."""
    import onnxruntime

    path = cache.entry(card) / "model.onnx"
    session = onnxruntime.InferenceSession(str(path), session_options(), providers=["CPUExecutionProvider"])
    image = input_of(card)

    def passes() -> None:
        for _ in range(SLICES):
            session.run(["masks"], {"image": image})

    return passes


def abdomen() -> Volume:
    """The liver phantom at 200 slices: each of its own repeated."""
    series = open_study(make_phantom("liver_ct").files).studies[0].series[0]
    volume = series.volume
    assert volume is not None
    index = np.linspace(0, volume.shape[0] - 1, SLICES).round().astype(int)
    return Volume(np.ascontiguousarray(volume.array[index]), unit=volume.unit)


def measure(rounds: int) -> dict[str, Any]:
    """Time every model; the claims, and all medians in ms."""
    claims: list[dict[str, Any]] = []
    found: dict[str, dict[str, float]] = {}
    for card in list_models():
        warm(card)
        for n, wanted in zip((1, 32), TARGETS[card.task], strict=True):
            times = medians(networks(card, input_of(card, n)), rounds if n == 1 else max(5, rounds // 4))
            found[f"{card.id}, batch {n}"] = times
            if wanted is not None:
                claims.append(
                    claim(f"{card.id}, batch {n}: tf.function / ours", times["tf.function"] / times["ours"], wanted)
                )
    card, volume = load_card(VOLUME_MODEL), abdomen()
    whole = {
        f"{SLICES} bare passes": bare(card),
        "masks": lambda: segment(volume, card, slices=(0, SLICES - 1), enforce_gate=False, check_agreement=False),
        "masks, and how far they stand": lambda: segment(volume, card, slices=(0, SLICES - 1), enforce_gate=False),
    }
    times = medians(whole, 5)
    found[f"{card.id}, {SLICES} slices of 512 x 512"] = dict(times)
    passes = times.pop(f"{SLICES} bare passes")
    claims += [
        claim(f"{card.id}: {name}, {SLICES} slices / {SLICES} bare passes", time / passes, 1.2, most=True)
        for name, time in times.items()
    ]
    return {"claims": claims, "medians_ms": found}


if __name__ == "__main__":
    run(__doc__, measure, 30)
