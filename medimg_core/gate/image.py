"""What the pixels and their description say of an input, before any network sees them."""

import numpy as np
import numpy.typing as npt

from medimg_core.gate.tags import RADIOGRAPH, Declared
from medimg_core.registry import ModelCard
from medimg_core.results import GateReason
from medimg_core.study import AnyArray, Volume

__all__ = ["check_kind", "check_unit", "check_values", "is_blank", "is_grey"]

BLANK_SHARE = 0.995
"""An image is blank when this share of its pixels has one single value."""


VISIBLE_LIGHT = frozenset({"ES", "XC", "GM", "SM", "OP"})
"""Modalities of pictures taken with visible light: endoscopy, photographs, microscopy, eye (PS3.3 C.7.3.1.1.1)."""


def check_kind(volume: Volume, card: ModelCard, *, slice_index: int | None = None) -> tuple[GateReason, ...]:
    """Compare what kind of volume this is with what the model reads; no pixel is looked at.

    Args:
        volume: The input.
        card: The model.
        slice_index: The slice that somebody chose, or None. Where the model reads volumes slice by slice, the
            first of them.
    """
    reasons: list[GateReason] = []
    slices, rows, columns = volume.shape
    single = set(card.modality) <= RADIOGRAPH
    if slices > 1 and (single or slice_index is None):
        text = f"The model reads {'single projection images' if single else 'one slice at a time'}; this has {slices}."
        reasons.append(GateReason("volume", text, refuses=True))
    if card.input.depth and slices == 1:
        reasons.append(GateReason("volume", "The model reads volumes; this is a single image.", refuses=True))
    elif 2 * slices < card.input.depth:
        text = f"The volume has few slices, {slices}; the network sees {card.input.depth}."
        reasons.append(GateReason("small", text, refuses=False))
    if single and volume.frames > 1:
        text = f"The model reads single projection images; this has {volume.frames} frames."
        reasons.append(GateReason("frames", text, refuses=True))
    if 2 * rows < card.input.size[0] or 2 * columns < card.input.size[1]:
        text = f"The image is small, {rows} x {columns}; the network sees {card.input.size[0]} x {card.input.size[1]}."
        reasons.append(GateReason("small", text, refuses=False))
    return tuple(reasons)


def check_unit(
    volume: Volume, card: ModelCard, declared: Declared | None = None
) -> tuple[tuple[GateReason, ...], tuple[str, ...]]:
    """Compare the unit of the values with the one that the model reads.

    Args:
        volume: The input.
        card: The model.
        declared: The reader's word, for files such as pictures that do not say it.

    Returns:
        Reasons, and what stands on the reader's word alone, as phrases.
    """
    wanted = card.input.unit
    if wanted in ("any", volume.unit):
        return (), ()
    if volume.unit == "unknown":
        word = declared.unit if declared is not None else None
        if word == wanted:
            return (), (f"unit {wanted}",)
        if word is None:
            text = f"The file does not say the unit of its values; the model reads {wanted}."
            return (GateReason("unit_unknown", text, refuses=False),), ()
    text = f"The model reads values in {wanted}; the unit of these is {_unit(volume)}."
    return (GateReason("unit", text, refuses=True),), ()


def _unit(volume: Volume) -> str:
    return "another, as you say" if volume.unit == "unknown" else volume.unit


def check_values(plane: AnyArray, card: ModelCard) -> tuple[GateReason, ...]:
    """Look at the pixels: colour, grey, blank, not finite.

    A network of three channels sees grey as three equal channels, which is all that a radiograph has; a picture taken
    with visible light without colour is none that such a model knows.

    Args:
        plane: One slice, shape ``(rows, columns)`` or ``(rows, columns, 3)``.
        card: The model.
    """
    if card.input.channels == 1 and not is_grey(plane):
        return (GateReason("colour", "The model reads grey images; this is a colour image.", refuses=True),)
    if np.issubdtype(plane.dtype, np.floating) and not np.isfinite(plane).all():
        return (GateReason("not_finite", "The image holds values that are not numbers.", refuses=True),)
    if is_blank(plane):
        return (GateReason("blank", "The image is blank: nearly all of its pixels have one value.", refuses=True),)
    if card.input.channels == 3 and set(card.modality) <= VISIBLE_LIGHT and is_grey(plane):
        return (GateReason("grey", "The model reads colour images; this is a grey image.", refuses=True),)
    return ()


def is_grey(plane: AnyArray, *, tolerance: float = 2.0) -> bool:
    """Whether a slice holds no colour: one channel, or three that agree.

    Args:
        plane: Shape ``(rows, columns)`` or ``(rows, columns, 3)``.
        tolerance: Largest mean difference between channels, in steps of 255 of the largest value;
            JPEG moves equal channels apart by about one step.
    """
    if plane.ndim == 2:
        return True
    values = np.asarray(plane, dtype=np.float32)
    top = max(float(np.abs(values).max()), 1e-12)
    spread = values.max(axis=-1) - values.min(axis=-1)
    return bool(np.mean(spread) <= tolerance * top / 255)


def is_blank(plane: npt.NDArray[np.generic]) -> bool:
    """Whether nearly all values of a slice, shape ``(rows, columns)`` or with colours, are one value."""
    flat = np.asarray(plane).ravel()
    flat = flat[:: max(1, flat.size // 20_000)]
    middle = np.partition(flat, flat.size // 2)[flat.size // 2]  # a value with more than half of all is the median
    return bool(np.count_nonzero(flat == middle) >= BLANK_SHARE * flat.size)
