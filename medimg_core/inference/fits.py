"""Whether a model can be offered for a series."""

import weakref
from collections.abc import MutableMapping

import numpy as np

from medimg_core.gate import Declared, check_kind, check_tags, check_unit, check_values
from medimg_core.registry import ModelCard
from medimg_core.results import GateReason
from medimg_core.study import Series, Volume

__all__ = ["fits"]

MOST = 16
"""Images of a series that are looked at for colour, spread over all of it."""

# pages ask at every run, and looking for colour in a large picture takes as long as drawing it
_known: MutableMapping[Volume, dict[tuple[int, tuple[str, ...]], GateReason | None]] = weakref.WeakKeyDictionary()


def fits(series: Series, card: ModelCard, *, declared: Declared | None = None) -> tuple[bool, str]:
    """Whether a model can be offered for a series.

    Args:
        series: As read.
        card: The model.
        declared: The reader's word for what the tags do not say; it overrules none of them.

    Returns:
        True and an empty text, or False and the reason in a sentence. What is true of single images only (blank,
        one image of several in colour) is left to :func:`~medimg_core.inference.classify` and
        :func:`~medimg_core.inference.segment`, as is everything that is marked and not refused.
    """
    if series.volume is None:
        return False, "It holds no image."
    reasons, _ = check_tags(series, card, declared)
    reasons += check_unit(series.volume, card, declared)[0]
    reasons += check_kind(series.volume, card, slice_index=0)
    refusals = [reason.text for reason in reasons if reason.refuses]
    if not refusals and (colour := _colour(series.volume, card)) is not None:
        refusals.append(colour.text)
    return (False, refusals[0]) if refusals else (True, "")


def _colour(volume: Volume, card: ModelCard) -> GateReason | None:
    """Why the model reads none of the images: they are in colour, or are not; None where it may read one."""
    if not volume.colour and card.input.channels == 1:
        return None
    known, kind = _known.setdefault(volume, {}), (card.input.channels, card.modality)
    if kind not in known:
        known[kind] = _of_all(volume, card)
    return known[kind]


def _of_all(volume: Volume, card: ModelCard) -> GateReason | None:
    count = volume.shape[0] * volume.frames
    found: GateReason | None = None
    for place in np.linspace(0, count - 1, min(count, MOST)).round().astype(int).tolist():
        frame, index = divmod(place, volume.shape[0])
        reasons = check_values(volume.plane(index, frame), card)
        found = next((reason for reason in reasons if reason.code in ("colour", "grey")), None)
        if found is None:
            return None
    return found
