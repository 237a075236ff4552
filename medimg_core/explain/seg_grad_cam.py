"""Seg-Grad-CAM: what a mask, or a part of it, rests on.

Source: Vinogradova et al., AAAI 2020, doi:10.1609/aaai.v34i10.7244, equations 1 and 2: Grad-CAM of the sum of a
class's logits over a region, at the bottleneck of a U-Net. Where several classes compete the logit of one is open to a
number added to all of them, so each pixel counts with the log-odds of its class against the others; of one class that
is the logit. The sum is of logits and so without bound: it says how much, never how sure.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.engine import apart, forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.cam import GENERAL
from medimg_core.inference import model_input
from medimg_core.inference.passes import resizes
from medimg_core.preprocess import STEPS, prepare
from medimg_core.registry import InputSpec, ModelCard
from medimg_core.results import Prediction, Segmentation
from medimg_core.study import Volume

__all__ = ["Region", "asked_region", "on_input", "region_map"]

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Progress = Callable[[int, int, str], None]

BOTTLENECK = "features"
"""Layer of the map where the card names none: the shipped networks' last activation before the steps up."""


@dataclass(frozen=True, eq=False)
class Region:
    """A region of one slice, as the network sees it.

    Attributes:
        label: Class of the mask.
        slice_index: Slice, from 0.
        whose: ``"own mask"`` or ``"reader"``.
        batch: The input, shape ``(1, rows, columns, channels)``.
        inside: True inside, shape ``(rows, columns)`` of the input.
        channels: 1 for the channels of the logits that mean yes, shape ``(channels,)``.
    """

    label: str
    slice_index: int
    whose: str
    batch: Array = field(repr=False)
    inside: Mask = field(repr=False)
    channels: Array = field(repr=False)


def asked_region(
    result: Prediction | Segmentation,
    card: ModelCard,
    volume: Volume,
    *,
    label: str | None = None,
    region: Mask | None = None,
    slice_index: int | None = None,
) -> Region:
    """What a map is asked to explain.

    Args:
        result: What the model said of the volume.
        card: A model that segments.
        volume: The volume.
        label: Class of the mask; None for the first.
        region: True inside, on the image's grid, shape ``(rows, columns)``; None for the model's own mask.
        slice_index: Slice, from 0; None for the prediction's, or the one in which the mask is largest.

    Raises:
        IncompatibleInputError: No such class or slice, or a region of another shape.
        NotApplicableError: The model does not segment, takes volumes or reads images in windows, or the region is
            empty.
        ModelError: The network cannot be run.
    """
    output = card.segmentation
    if output is None or output.mask is None:
        raise NotApplicableError(f"Seg-Grad-CAM needs a model that segments; {card.id} does {card.task}")
    if not resizes(card):
        raise NotApplicableError(f"Seg-Grad-CAM needs the whole image in one pass; {card.id} reads it in windows")
    if card.input.depth:
        raise NotApplicableError(f"Seg-Grad-CAM needs a network of images; {card.id} takes whole volumes")
    chosen = label if label is not None else output.classes[0]
    if chosen not in output.classes:
        raise IncompatibleInputError(f"label must be one of {', '.join(output.classes)}, got {chosen[:60]!r}")
    number = output.classes.index(chosen)
    index = _slice(result, number + 1, slice_index, volume.shape[0])
    batch = prepare(model_input(volume, card, index, result.frame), card.input)
    if region is not None:
        if region.shape != volume.shape[1:]:
            raise IncompatibleInputError(f"a region must have the image's shape {volume.shape[1:]}, got {region.shape}")
        inside = on_input(region, card.input)
    elif isinstance(result, Segmentation):
        inside = on_input(result.mask[index] == number + 1, card.input)
    else:
        inside = _own(card, batch, number, output.mask.threshold)
    if not inside.any():
        whose = "the model marks nothing" if region is None else "it is empty"
        raise NotApplicableError(f"Seg-Grad-CAM needs a region of {chosen}; {whose} in this slice")
    count = len(output.classes)
    channels = np.ones(1, np.float32) if count == 1 else np.eye(count + 1, dtype=np.float32)[number + 1]
    return Region(chosen, index, "own mask" if region is None else "reader", batch, inside, channels)


def region_map(
    asked: Region, card: ModelCard, layer: str | None = None, progress: Progress | None = None
) -> tuple[Array, str, float]:
    """The map of a region.

    Args:
        asked: The region.
        card: The model.
        layer: Layer of the map; None for that of the card, or the bottleneck.
        progress: Called when it is done; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The map, ``float32``, shape ``(rows, columns)`` of the layer, log-odds per cell, 0 and above; the layer; and
        the sum of the log-odds over the region.

    Raises:
        NotApplicableError: The mask does not depend on the layer, or it has no grid.
        ModelError: The network has no such layer, or cannot be run.
    """
    chosen = layer or (card.cam.layer if card.cam is not None else BOTTLENECK)
    found = apart.region_gradient(card, chosen, asked.batch, asked.inside[None], asked.channels, progress)
    return GENERAL["grad_cam"](found.features, found.gradient)[0], chosen, float(found.values[0])


def on_input(region: Mask, spec: InputSpec) -> Mask:
    """A region of the image on the grid of the network's input.

    Args:
        region: Shape ``(rows, columns)`` of the image.
        spec: The input.

    Returns:
        True where half of a pixel or more lies inside; where no pixel does, every one that the region touches.
    """
    values = region.astype(np.float32)
    for step in ("squash", "letterbox"):
        if step in spec.steps:
            values = STEPS[step](values, spec)
    half = values >= 0.5
    return np.asarray(half if half.any() else values > 0)


def _own(card: ModelCard, batch: Array, number: int, threshold: float) -> Mask:
    logits = forward(card, batch, features=False).masks
    assert logits is not None  # a model that segments gives masks
    if logits.shape[-1] > 1:
        return np.asarray(logits[0].argmax(axis=-1) == number + 1)
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits[0, ..., 0])) >= threshold)


def _slice(result: Prediction | Segmentation, value: int, asked: int | None, count: int) -> int:
    if isinstance(result, Prediction):
        if asked not in (None, result.slice_index):
            raise IncompatibleInputError(f"the slice must be the prediction's, {result.slice_index}, got {asked}")
        return result.slice_index
    if asked is None:
        return int((result.mask == value).sum(axis=(1, 2)).argmax())
    if not 0 <= asked < count:
        raise IncompatibleInputError(f"slice must lie in 0..{count - 1}, got {asked}")
    return asked
