"""What maps cost, and what they are worth: every shipped model that classifies, every method.

``python -m benchmarks.explanations [--json] [--rounds N]``. Times are medians of rounds in which the tasks take turns:

- Grad-CAM, Grad-CAM++ and LayerCAM with the scores they explain, against the bare ONNX pass (logits alone);
- maps of 200 slices through a classification head, Seg-Grad-CAM of a region and Score-CAM against tf-keras-vis, whose
  map is compared with ours before anything is timed; occlusion against a traced ``tf.function`` of the same network on
  the same hidden images;
- once, every other method.

Inputs are noise, since time does not depend on them, but smooth, so that channels are alive. What maps are worth is
read from each model's ``audit.json``, which ``medimg audit ID FOLDER`` writes. The pointing game of Grad-CAM is played
again on ``brain_flair``, in ``MEDIMG_DATA`` or in ``shared/data`` beside the checkout.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cam import bare_session
from benchmarks.timing import Task, claim, data_folder, medians, run
from medimg_core.decision import Decision, class_scores, decision, decision_labels, sigmoid
from medimg_core.engine import apart, forward, warm
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.maps import placed
from medimg_core.explain.audit import judged, read_record
from medimg_core.explain.cam import GENERAL
from medimg_core.explain.distinct import distinct
from medimg_core.explain.hiding import hide
from medimg_core.explain.methods import METHODS, methods_for
from medimg_core.explain.native import closed_maps, native_maps
from medimg_core.explain.occlusion import blocks, occlusion
from medimg_core.explain.score_cam import score_cam
from medimg_core.explain.seg_grad_cam import BOTTLENECK
from medimg_core.preprocess import resize
from medimg_core.registry import ModelCard, list_models, load_card

SLICES, CHUNK = 200, 32
FAST = ("grad_cam", "grad_cam_plus_plus", "layer_cam")
POINTING = ("brain_flair_abnormality", "brain_flair")
PLAIN = {"seek_penultimate_conv_layer": False, "expand_cam": False, "normalize_cam": False}


def smooth(card: ModelCard, n: int = 1) -> np.ndarray:
    """Inputs of coarse noise, shape ``(n, rows, columns, channels)``."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(n, 12, 12)).astype(np.float32)
    one = np.stack([resize(values, card.input.size) for values in coarse])[..., None]
    return np.ascontiguousarray(np.repeat(one, card.input.channels, axis=-1) * 1.5, dtype=np.float32)


class Reference:
    """The same network in Keras, for tf-keras-vis and ``tf.function``."""

    def __init__(self, card: ModelCard, question: Decision) -> None:
        import keras

        self.card, self.question = card, question
        self.whole = keras.saving.load_model(card.weights, compile=False)
        assert card.classification is not None
        self.model = keras.Model(self.whole.inputs, self.whole.get_layer(card.classification.name).output)

    def odds(self, logits: Any) -> Any:
        """Log-odds of the decision."""
        import tensorflow as tf

        yes, no = (tf.gather(logits, side, axis=-1) for side in (self.question.positive, self.question.negative))
        return tf.reduce_logsumexp(yes, axis=-1) - tf.reduce_logsumexp(no, axis=-1)

    def odds_of_shares(self, shares: Any) -> Any:
        """The same from what a softmax makes of the logits: the library's Score-CAM puts one between."""
        import tensorflow as tf

        yes, no = (tf.gather(shares, side, axis=-1) for side in (self.question.positive, self.question.negative))
        return tf.math.log(tf.reduce_sum(yes, axis=-1)) - tf.math.log(tf.reduce_sum(no, axis=-1))

    def grad_cam(self) -> Callable[[np.ndarray], np.ndarray]:
        """tf-keras-vis's Grad-CAM of a batch."""
        from tf_keras_vis.gradcam import Gradcam

        library = Gradcam(self.model, model_modifier=None, clone=False)
        layer = _layer(self.card)
        return lambda batch: np.asarray(library(self.odds, batch, penultimate_layer=layer, **PLAIN))

    def score_cam(self) -> Callable[[np.ndarray], np.ndarray]:
        """tf-keras-vis's Score-CAM, all channels."""
        from tf_keras_vis.scorecam import Scorecam

        library = Scorecam(self.model, model_modifier=None, clone=False)
        layer = _layer(self.card)
        return lambda batch: np.asarray(library(self.odds_of_shares, batch, penultimate_layer=layer, **PLAIN))

    def seg_grad_cam(self, inside: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """tf-keras-vis's Grad-CAM of the sum of a region's logits."""
        import keras
        import tensorflow as tf
        from tf_keras_vis.gradcam import Gradcam

        output = self.card.segmentation
        assert output is not None
        masks = keras.Model(self.whole.inputs, self.whole.get_layer(output.name).output)
        region = tf.constant(inside.astype(np.float32))
        library = Gradcam(masks, model_modifier=None, clone=False)

        def total(logits: Any) -> Any:
            return tf.reduce_sum(logits[..., 0] * region, axis=(1, 2))

        return lambda batch: np.asarray(library(total, batch, penultimate_layer=_layer(self.card), **PLAIN))

    def traced(self) -> Callable[[np.ndarray], np.ndarray]:
        """Log-odds by ``tf.function``, in batches."""
        import tensorflow as tf

        call = tf.function(lambda images: self.odds(self.model(images, training=False)), reduce_retracing=True)
        return lambda batch: np.concatenate(
            [call(batch[at : at + CHUNK]).numpy() for at in range(0, len(batch), CHUNK)]
        )


def _layer(card: ModelCard) -> str:
    return card.cam.layer if card.cam is not None else BOTTLENECK


def _same(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Raise where two maps differ by more than rounding, as a share of the peak, or say nothing."""
    if float(np.abs(theirs).max()) == 0:
        raise AssertionError(f"{name}: the map to be compared with is empty")
    gap = float(np.abs(ours - theirs).max()) / max(float(np.abs(theirs).max()), 1e-9)
    if gap > 1e-3:
        raise AssertionError(f"{name}: both must give the same map, they differ by {gap:g} of the peak")


def closed(card: ModelCard, rounds: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Maps with a closed form, with their scores, against the bare pass."""
    batch = smooth(card)

    def mapped(method: str) -> Task:
        def task() -> Any:
            passed = forward(card, batch, masks=False)
            assert passed.logits is not None  # the model classifies
            logits = passed.logits[0]
            asked = decision(card, logits)
            score = sigmoid(asked.log_odds(logits) / card.temperature)
            return score, class_scores(card, logits), closed_maps(passed, card, asked, METHODS[method])

        return task

    times = medians({"bare ONNX pass": bare_session(card, batch), **{name: mapped(name) for name in FAST}}, rounds)
    bare = times["bare ONNX pass"]
    return [
        claim(f"{card.id}: {METHODS[name].title} with its score / bare pass", times[name] / bare, 1.5, most=True)
        for name in FAST
    ], times


def against(card: ModelCard, rounds: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Slower maps against tf-keras-vis and ``tf.function``."""
    one, many = smooth(card), smooth(card, SLICES)
    passed = forward(card, one, masks=False)
    features = passed.features
    assert features is not None
    assert passed.logits is not None  # the model classifies
    question = decision(card, passed.logits[0])
    reference = Reference(card, question)
    grad_cam, call = reference.grad_cam(), reference.traced()
    # of noise the masked inputs may all speak against the decision, and the map is empty: then its opposite is mapped
    labels = (question.label, *decision_labels(card))
    answers = (decision(card, passed.logits[0], label) for label in labels)
    told = next(answer for answer in answers if score_cam(one[0], features[0], card, answer).any())
    score = Reference(card, told).score_cam()
    grid = (features.shape[1], features.shape[2])
    hidden = blocks(grid, card.input.size)

    def theirs_many() -> Any:
        return np.concatenate([grad_cam(many[at : at + CHUNK]) for at in range(0, SLICES, CHUNK)])

    def traced_occlusion() -> Any:
        own = call(one)[0]
        parts = [own - call(hide(one[0], hidden[at : at + CHUNK])) for at in range(0, len(hidden), CHUNK)]
        return np.concatenate(parts).reshape(grid)

    pairs: dict[str, tuple[Task, Task, float, str]] = {
        f"Grad-CAM of {SLICES} slices": (
            lambda: native_maps(many, card, question).native,
            theirs_many,
            10.0,
            "tf-keras-vis",
        ),
        "Score-CAM": (
            lambda: score_cam(one[0], features[0], card, told),
            lambda: score(one)[0],
            2.5,
            "tf-keras-vis",
        ),
        "Occlusion": (
            lambda: occlusion(one[0], grid, card, question),
            traced_occlusion,
            1.1,
            "batched tf.function",
        ),
    }
    if card.segmentation is not None:
        inside = np.zeros(card.input.size, bool)
        inside[card.input.size[0] // 3 : card.input.size[0] // 2, card.input.size[1] // 3 : card.input.size[1] // 2] = (
            True
        )
        channels = np.ones(1, np.float32)
        seg = reference.seg_grad_cam(inside)

        def ours_seg() -> Any:
            found = apart.region_gradient(card, _layer(card), one, inside[None], channels)
            return GENERAL["grad_cam"](found.features, found.gradient)[0]

        pairs["Seg-Grad-CAM"] = (ours_seg, lambda: seg(one)[0], 2.0, "tf-keras-vis")
    claims: list[dict[str, Any]] = []
    found: dict[str, float] = {}
    for name, (ours, theirs, wanted, whose) in pairs.items():
        _same(f"{card.id}: {name}", ours(), theirs())
        slow = name != "Seg-Grad-CAM"
        times = medians({f"{name}, ours": ours, f"{name}, {whose}": theirs}, 3 if slow else max(5, rounds // 3))
        found |= times
        ratio = times[f"{name}, {whose}"] / times[f"{name}, ours"]
        claims.append(claim(f"{card.id}: {name}, {whose} / ours", ratio, wanted))
    return claims, found


def every(card: ModelCard, rounds: int) -> dict[str, float]:
    """Time of one map of every method that explains a decision."""
    batch, question = smooth(card), decision(card)
    names = [one.name for one in methods_for(card) if one.explains == "decision"]
    tasks: dict[str, Task] = {name: _map(batch, card, question, name) for name in names}
    return medians(tasks, max(2, rounds // 10))


def _map(batch: np.ndarray, card: ModelCard, question: Decision, name: str) -> Task:
    return lambda: native_maps(batch, card, question, method=name)


def worth(card: ModelCard) -> list[dict[str, Any]]:
    """What ``audit.json`` holds, one row for methods that make the same map."""
    record = read_record(card)
    rows = []
    for names in distinct(card, record.methods) if record is not None else ():
        assert record is not None
        one = record.methods[names[0]]
        rows.append(
            {
                "model": card.id,
                "methods": list(names),
                "sanity": judged(one),
                "ssim_forgotten": one.stages[-1].ssim,
                "ssim_different_images": one.pair_ssim,
                "faithful": None if one.faithful is None else one.faithful.shown.value,
                "faithful_ci": None if one.faithful is None else one.faithful.shown.ci,
                "faithful_n": None if one.faithful is None else one.faithful.images,
                "pointing": None if one.placed is None else one.placed.pointing.value,
                "pointing_ci": None if one.placed is None else one.placed.pointing.ci,
                "pointing_chance": None if one.placed is None else one.placed.pointing.chance,
                "energy": None if one.placed is None else one.placed.energy.value,
                "energy_chance": None if one.placed is None else one.placed.energy.chance,
                "placed_n": None if one.placed is None else one.placed.images,
            }
        )
    return rows


def pointing() -> list[dict[str, Any]]:
    """The pointing game of Grad-CAM, where the images are."""
    model, name = POINTING
    card = load_card(model)
    rows = read_folder(data_folder(name) / name, "val")
    found = placed(card, read_record(card), rows, "grad_cam", f"{name} val")
    assert found is not None  # the set has masks
    assert found.near is not None  # it has just been measured
    told = claim(f"{model}: pointing game of Grad-CAM, {found.data}, n {found.images}", found.pointing.value, 0.85)
    return [
        {
            **told,
            "unit": f"share of images, {found.groups} patients",
            "ci": found.pointing.ci,
            "chance": found.pointing.chance,
            "within_a_cell": found.near.value,
            "within_a_cell_chance": found.near.chance,
        }
    ]


def measure(rounds: int) -> dict[str, Any]:
    """Time and read everything; the claims, medians in ms, and what maps are worth."""
    claims: list[dict[str, Any]] = []
    found: dict[str, dict[str, float]] = {}
    rows: list[dict[str, Any]] = []
    data_folder(POINTING[1])  # asked for before minutes of timing
    for card in list_models():
        if card.classification is None or card.cam is None:
            continue
        warm(card)
        told, times = closed(card, rounds)
        claims += told
        found[f"{card.id}, map with its score"] = times
        told, times = against(card, rounds)
        claims += told
        found[f"{card.id}, against others"] = times
        found[f"{card.id}, every method"] = every(card, rounds)
        rows += worth(card)
    apart.rest()
    return {"claims": claims + pointing(), "medians_ms": found, "maps": rows}


if __name__ == "__main__":
    run(__doc__, measure, 30)
