"""Maps of many slices of a volume, in batches: with a closed form they cost hardly more than the scores alone."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision, decision, sigmoid
from medimg_core.engine import Forward, forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.explanation import explain
from medimg_core.explain.methods import check_map, closed_form, method_named
from medimg_core.explain.native import Maps, closed_maps, native_maps
from medimg_core.gate import Declared, assess_slices
from medimg_core.inference import model_input
from medimg_core.preprocess import placement, prepare
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation, ExplanationStack, Prediction, Segmentation
from medimg_core.study import Series, Volume

__all__ = ["explain_volume"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

BATCH = 32
"""Slices from one report of progress to the next."""


def explain_volume(  # noqa: PLR0913 - what a reader may ask of one volume
    volume: Volume,
    card: ModelCard,
    *,
    slices: Sequence[int] | None = None,
    method: str = "grad_cam",
    label: str | None = None,
    layer: str | None = None,
    frame: int = 0,
    result: Sequence[Prediction] | Segmentation | None = None,
    series: Series | None = None,
    declared: Declared | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> ExplanationStack:
    """Map a decision in every slice, or, with a segmentation, what its mask rests on.

    Args:
        volume: The volume.
        card: The model.
        slices: Slices from 0, in rising order; None for all. Blank ones have no map.
        method: One of :data:`~medimg_core.explain.METHODS`.
        label: As :func:`~medimg_core.explain.explain` takes it; a model without a reading needs one.
        layer: As there.
        frame: Frame of the volume, from 0.
        result: What the model said of the volume before: predictions, one a slice, whose activations are used again
            where the map has a closed form; or a segmentation, which a method that explains masks needs.
        series: The volume's series, for the gate's tags.
        declared: The reader's word for what the tags do not say.
        settings: Of the method, by name.
        progress: Called after each batch as ``progress(done, total, text)``, in slices; may raise
            :class:`~medimg_core.errors.Cancelled`.

    Raises:
        IncompatibleInputError: Slices, method, label or settings that do not exist; results of something else.
        NotApplicableError: The gate refuses the volume, or the model makes no such map.
        ModelError: The network cannot be run.
    """
    what = method_named(method)
    check_map(card, what, layer)
    chosen = tuple(range(volume.shape[0]) if slices is None else slices)
    if not chosen or list(chosen) != sorted(set(chosen)) or not 0 <= chosen[0] <= chosen[-1] < volume.shape[0]:
        raise IncompatibleInputError(f"slices must rise within 0..{volume.shape[0] - 1}, got {list(chosen[:5])}")
    if what.explains == "mask":
        return _of_masks(volume, card, chosen, method, label, layer, result, progress)
    what.checked(settings)
    question = decision(card, label=label)
    predictions = () if result is None else _spoken(result, volume, card, frame)
    if predictions:
        known = {one.slice_index: one for one in predictions if one.slice_index in chosen}
        held = tuple(sorted(known))
    else:
        gate, held = assess_slices(volume, card, chosen, series=series, declared=declared, frame=frame)
        if gate.status == "refuse":
            raise NotApplicableError(f"the gate must let a volume pass before it is explained: {gate.reasons[0].text}")
        known = {}
    if not held:
        raise NotApplicableError("a map needs a slice that is not blank, or has a prediction; none of these is")
    job = _Job(volume, card, question, method, layer, frame, settings, known)
    found = job.run(held, progress)
    worst = max(found, key=lambda one: float(one.maps.parameters.get("completeness_error", 0.0)))
    native = np.concatenate([one.maps.native for one in found])
    shape = volume.shape[1:]
    return ExplanationStack(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=volume.fingerprint,
        frame=frame,
        method=method,
        layer=worst.maps.layer,
        label=question.label,
        slices=held,
        native=native,
        to_image=placement(shape, card.input).matrix((native.shape[1], native.shape[2])),
        image_shape=shape,
        scores=np.concatenate([one.scores for one in found]),
        parameters=worst.maps.parameters,
        signed=what.signed,
    )


@dataclass(frozen=True, eq=False)
class _Batch:
    """What is kept of some slices."""

    maps: Maps
    scores: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Job:
    """One call of :func:`explain_volume`."""

    volume: Volume
    card: ModelCard
    question: Decision
    method: str
    layer: str | None
    frame: int
    settings: Mapping[str, Any] | None
    known: Mapping[int, Prediction] = field(repr=False)

    @property
    def closed(self) -> bool:
        return closed_form(self.method, self.card, self.layer)

    def run(self, held: Sequence[int], progress: Progress | None) -> list[_Batch]:
        """All batches; the inputs of the next are prepared in a thread beside while one is in the network."""
        parts = [held[at : at + BATCH] for at in range(0, len(held), BATCH)]
        found: list[_Batch] = []
        beside = ThreadPoolExecutor(1)
        try:
            ahead = beside.submit(self.inputs, parts[0])
            for number, following in enumerate([*parts[1:], ()]):
                ready = ahead.result()
                ahead = beside.submit(self.inputs, following)
                found.append(self.batch(parts[number], ready, _part(progress, number * BATCH, len(held))))
                if progress is not None:
                    progress(min((number + 1) * BATCH, len(held)), len(held), self.card.title)
        finally:
            beside.shutdown(cancel_futures=True)
        return found

    def inputs(self, part: Sequence[int]) -> Array | None:
        if not part or (self.known and self.closed):
            return None
        ready = [prepare(model_input(self.volume, self.card, one, self.frame), self.card.input) for one in part]
        return np.concatenate(ready)

    def batch(self, part: Sequence[int], inputs: Array | None, progress: Progress | None) -> _Batch:
        card = self.card
        passed = _remembered([self.known[one] for one in part]) if self.known else None
        if passed is None:
            assert inputs is not None  # nothing is known, so they were made
            passed = forward(card, inputs, features=self.closed, masks=False)
        if self.closed:
            maps = closed_maps(passed, card, self.question, method_named(self.method))
        else:
            assert inputs is not None
            maps = native_maps(
                inputs,
                card,
                self.question,
                method=self.method,
                layer=self.layer,
                settings=self.settings,
                progress=progress,
            )
        return _Batch(maps, _scores(card, passed))


def _part(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Progress inside a batch: no slice is done, but the user may stop."""
    if progress is None:
        return None
    return lambda done, steps, text: progress(before, total, text)


def _remembered(predictions: Sequence[Prediction]) -> Forward:
    """The forward passes that predictions remember, as one batch."""
    kept = [one.activations for one in predictions if one.activations is not None]
    features = [one.features for one in kept if one.features is not None]
    return Forward(
        features=np.stack(features) if len(features) == len(kept) else None,
        embedding=np.stack([one.embedding for one in kept]),
        logits=np.stack([one.logits for one in kept]),
        ensemble=np.stack([one.ensemble for one in kept]),
    )


def _scores(card: ModelCard, passed: Forward) -> npt.NDArray[np.float64]:
    """Score of the decision shown, slice by slice."""
    assert passed.logits is not None  # the question is of a model that classifies
    odds = [float(decision(card, logits).log_odds(logits)) for logits in passed.logits]
    return sigmoid(np.array(odds) / card.temperature)


def _spoken(
    result: Sequence[Prediction] | Segmentation, volume: Volume, card: ModelCard, frame: int
) -> tuple[Prediction, ...]:
    """Predictions that are not refused; raises where they are of something else."""
    said = result.predictions if isinstance(result, Segmentation) else tuple(result)
    for one in said:
        if (one.fingerprint, one.weights_sha256, one.frame) != (volume.fingerprint, card.sha256, frame):
            raise IncompatibleInputError("predictions must be of this volume and frame, by this model; one is not")
    return tuple(one for one in said if not one.refused)


def _of_masks(
    volume: Volume,
    card: ModelCard,
    chosen: Sequence[int],
    method: str,
    label: str | None,
    layer: str | None,
    result: Sequence[Prediction] | Segmentation | None,
    progress: Progress | None,
) -> ExplanationStack:
    """Maps of the slices in which the mask holds the label."""
    if not isinstance(result, Segmentation):
        raise IncompatibleInputError(f"{method} needs the segmentation whose masks it explains")
    value = result.label(label or result.labels[0].name).value
    held = tuple(index for index in chosen if (result.mask[index] == value).any())
    if not held:
        raise NotApplicableError("a map of a mask needs a slice in which the model marks something; none of these is")
    found: list[Explanation] = []
    for number, index in enumerate(held):
        told = _part(progress, number, len(held))
        found.append(
            explain(
                result, card, method=method, label=label, volume=volume, layer=layer, slice_index=index, progress=told
            )
        )
        if progress is not None:
            progress(number + 1, len(held), card.title)
    first = found[0]
    totals = [float(one.parameters["value"]) for one in found]
    return ExplanationStack(
        model_id=first.model_id,
        weights_sha256=first.weights_sha256,
        fingerprint=first.fingerprint,
        frame=first.frame,
        method=method,
        layer=first.layer,
        label=first.label,
        slices=held,
        native=np.stack([one.native for one in found]),
        to_image=first.to_image,
        image_shape=first.image_shape,
        scores=np.full(len(found), math.nan),
        parameters={**first.parameters, "value": totals},
        signed=first.signed,
    )
