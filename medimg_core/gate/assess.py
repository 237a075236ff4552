"""The gate's three steps: what is cheap before the forward pass, what needs its embedding after it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.gate.distribution import distance
from medimg_core.gate.image import check_kind, check_unit, check_values
from medimg_core.gate.posture import POSTURES
from medimg_core.gate.reference import load_reference
from medimg_core.gate.settings import gate_settings
from medimg_core.gate.tags import Declared, check_tags
from medimg_core.gate.thumbnail import thumbnail
from medimg_core.registry import ModelCard
from medimg_core.results import GateOutcome, GateReason
from medimg_core.study import Series, Volume

__all__ = ["assess_input", "assess_network", "joined"]


def assess_input(
    volume: Volume,
    card: ModelCard,
    *,
    series: Series | None = None,
    declared: Declared | None = None,
    slice_index: int | None = None,
    frame: int = 0,
) -> GateOutcome:
    """Everything that can be said before the network runs.

    Args:
        volume: The input.
        card: The model.
        series: Its series, for the headers.
        declared: The reader's word for what the headers do not say.
        slice_index: The slice that somebody chose, or None.
        frame: Frame of the volume, from 0.
    """
    tag_reasons, said = check_tags(series, card, declared)
    unit_reasons, unit_said = check_unit(volume, card, declared)
    reasons = tag_reasons + unit_reasons + check_kind(volume, card, slice_index=slice_index)
    reasons += check_values(volume.plane(slice_index or 0, frame), card)
    return GateOutcome(reasons=_ordered(reasons), declared=said + unit_said)


def joined(first: GateOutcome, second: GateOutcome) -> GateOutcome:
    """Both outcomes as one; distance and limit are the second's."""
    return GateOutcome(
        reasons=_ordered(first.reasons + second.reasons),
        distance=second.distance,
        limit=second.limit,
        declared=first.declared + second.declared,
    )


def assess_network(prepared: npt.NDArray[np.floating[Any]], embedding: npt.ArrayLike, card: ModelCard) -> GateOutcome:
    """What the fits on the training images say: embedding, thumbnail and posture. All of it marks.

    Args:
        prepared: Network input of one channel, shape ``(rows, columns)``.
        embedding: Shape ``(channels,)``, of the same input.
        card: The model. One whose ``[gate]`` is empty has no fit, and the outcome says so.

    Raises:
        WeightsError: ``reference.npz`` cannot be used.
        InvalidCardError: The ``[gate]`` table breaks its schema.
    """
    settings = gate_settings(card)
    if not settings.fitted:
        text = "This model has no fit on its training images: nothing checked whether the image resembles them."
        return GateOutcome((GateReason("unchecked", text, refuses=False),))
    reference = load_reference(card)
    small = thumbnail(prepared)
    far = float(distance(embedding, reference.embedding, settings.method, settings.neighbours)[0])
    reasons = []
    if far > settings.limit:
        text = "The network has not seen images like this one: its inner picture of it lies far from the training data."
        reasons.append(GateReason("out_of_distribution", text, refuses=False))
    if reference.thumbnail.distance(small)[0] > settings.thumbnail_limit:
        text = "The image as a whole does not look like the training images."
        reasons.append(GateReason("unlike_training", text, refuses=False))
    if reference.posture.not_upright(small)[0] > settings.posture_limit:
        name = reference.posture.most_likely_other(small)
        reasons.append(GateReason(f"posture_{name}", POSTURES[name], refuses=False))
    return GateOutcome(tuple(reasons), distance=far, limit=settings.limit)


def _ordered(reasons: tuple[GateReason, ...]) -> tuple[GateReason, ...]:
    return tuple(sorted(reasons, key=lambda reason: not reason.refuses))
