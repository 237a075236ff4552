"""From a result to a map of where its evidence lies."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import decision
from medimg_core.engine import Forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.methods import METHODS, Method, check_map, closed_form, method_named
from medimg_core.explain.native import Maps, closed_maps, described, native_maps
from medimg_core.explain.query import query
from medimg_core.explain.seg_grad_cam import asked_region, region_map
from medimg_core.preprocess import placement
from medimg_core.registry import ModelCard
from medimg_core.results import Activations, Explanation, Prediction, Segmentation
from medimg_core.study import Volume

__all__ = ["METHODS", "explain"]

Progress = Callable[[int, int, str], None]


def explain(  # noqa: PLR0913 - what a reader may ask of one result
    result: Prediction | Segmentation,
    card: ModelCard,
    *,
    method: str = "grad_cam",
    label: str | None = None,
    volume: Volume | None = None,
    layer: str | None = None,
    region: npt.NDArray[np.bool_] | None = None,
    slice_index: int | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Show where the evidence for a decision, or for a region of a mask, lies.

    Where the map has a closed form no further forward pass is made, and neither the volume nor TensorFlow is needed
    (:func:`~medimg_core.explain.needs_of`).

    Args:
        result: What is explained: a prediction, which carries the activations of its forward pass, or, for a method
            that explains masks, a segmentation as well.
        card: The model that made it.
        method: One of :data:`~medimg_core.explain.METHODS`.
        label: One of :func:`medimg_core.decision.decision_labels`: the reading, ``"no "`` and the
            reading, or a class (its log-odds against all others); None for the decision shown. Of a mask: one of its
            classes; None for the first.
        volume: What the result is of; for methods that need the input.
        layer: Layer of a class activation map; None for that of the card.
        region: Of a mask: what the reader drew, True inside, shape ``(rows, columns)`` of the image; None for the
            model's own mask.
        slice_index: Of a segmentation: the slice, from 0; None for the one in which the mask is largest.
        settings: Of the method, by name; the defaults where None.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The map on the method's own grid, raw magnitude kept, with its way back to the image.
        :attr:`~medimg_core.results.Explanation.has_evidence` is False where nothing speaks for the label.

    Raises:
        IncompatibleInputError: Unknown method, setting or label; the result is another model's or another
            volume's; or the method needs the volume and there is none.
        NotApplicableError: The gate refused the input, or the model makes no such map.
        ModelError: The network cannot be run.
    """
    chosen = method_named(method)
    check_map(card, chosen, layer)
    if result.weights_sha256 != card.sha256:
        raise IncompatibleInputError(
            f"a result must be explained with the model that made it, {result.model_id}; got {card.id}"
        )
    if result.refused and not (isinstance(result, Segmentation) and result.raw.any()):
        raise NotApplicableError("an input that the gate refused has no result to explain")
    if volume is not None and volume.fingerprint != result.fingerprint:
        raise IncompatibleInputError("a result must be explained with the volume it is of; this is another one")
    if chosen.explains == "mask":
        chosen.checked(settings)
        asked = asked_region(result, card, _there(volume, method), label=label, region=region, slice_index=slice_index)
        native, place, total = region_map(asked, card, layer, progress)
        quantity = "sum over the region of the log-odds of its pixels"
        more = {"region": asked.whose, "region_px": int(asked.inside.sum()), "value": total}
        maps = Maps(native[None], place, {**described(chosen, **more), "quantity": quantity})
        return _explanation(maps, result, card, chosen, asked.label, asked.slice_index)
    if not isinstance(result, Prediction) or region is not None:
        raise NotApplicableError(f"{method} explains a prediction; for a region of a mask take Seg-Grad-CAM")
    assert result.activations is not None  # it was not refused
    question = decision(card, result.activations.logits, label)
    if closed_form(method, card, layer):
        chosen.checked(settings)
        maps = closed_maps(_passed(result.activations), card, question, chosen)
    else:
        batch = query(result, card, _there(volume, method), label=label).batch
        maps = native_maps(batch, card, question, method=method, layer=layer, settings=settings, progress=progress)
    return _explanation(maps, result, card, chosen, question.label, result.slice_index)


def _there(volume: Volume | None, method: str) -> Volume:
    if volume is None:
        raise IncompatibleInputError(f"{method} needs the volume that the result is of; none was given")
    return volume


def _passed(activations: Activations) -> Forward:
    """The forward pass that a prediction remembers, as a batch of one."""
    features = None if activations.features is None else activations.features[None]
    return Forward(features, activations.embedding[None], activations.logits[None], activations.ensemble[None])


def _explanation(
    maps: Maps,
    result: Prediction | Segmentation,
    card: ModelCard,
    method: Method,
    label: str,
    slice_index: int,
) -> Explanation:
    native = maps.native[0]
    shape = result.input_shape if isinstance(result, Prediction) else result.mask.shape[1:]
    image_shape = (shape[0], shape[1])
    return Explanation(
        model_id=card.id,
        weights_sha256=card.sha256,
        fingerprint=result.fingerprint,
        slice_index=slice_index,
        frame=result.frame,
        method=method.name,
        layer=maps.layer,
        label=label,
        native=native,
        to_image=placement(image_shape, card.input).matrix((native.shape[0], native.shape[1])),
        image_shape=image_shape,
        score=result.score if isinstance(result, Prediction) and method.explains == "decision" else math.nan,
        parameters=maps.parameters,
        signed=method.signed,
    )
