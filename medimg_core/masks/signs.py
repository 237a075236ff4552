"""Signs that a mask has failed, computed from the mask and its card alone: no truth is at hand.

================  ====================================================================================
code              what
================  ====================================================================================
``empty``         no voxel was marked as a label
``gap``           slices without a label between slices with it, or, where the reader said which slices
                  hold it, any of them without it
``left_out``      smaller parts that were taken away make up more than 5 % of the label
``size``          its share of a slice lies outside what the training masks had
``agreement``     masks of slightly changed inputs differ more than the card's limit
``sides``         a paired organ does not lie with one part on each side
``border``        it touches the edge of the image
``ends``          it reaches the first or last slice of a volume that was read as a whole
``extent``        why no volume is given (:func:`medimg_core.inference.segment`)
``blank``         blank slices between others
================  ====================================================================================
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from medimg_core.masks.parts import Parts
from medimg_core.masks.regions import touches_edge
from medimg_core.masks.sides import side
from medimg_core.registry import MaskSpec
from medimg_core.results import Flag, MaskLabel

__all__ = ["ORDER", "flags", "in_order"]

ORDER = ("empty", "gap", "left_out", "size", "agreement", "sides", "border", "ends", "extent", "blank")
"""Codes, worst first."""

SMALL = 0.05
"""Share of a label below which a part is a speck; our choice."""


def flags(
    raw: Sequence[Parts],
    kept: Sequence[Parts],
    labels: Sequence[MaskLabel],
    spec: MaskSpec,
    *,
    shape: tuple[int, int, int],
    told: tuple[int, int] | None,
    agreement: Mapping[str, float],
) -> tuple[Flag, ...]:
    """Look for signs of failure in a mask.

    Args:
        raw: Parts of each label before small ones were taken away.
        kept: Parts of each label in the mask.
        labels: Names of the labels, in the same order.
        spec: What the card says of masks.
        shape: Of the volume.
        told: First and last slice that hold what is sought, where the reader said so, else None.
        agreement: Dice under small changes by label, NaN where nothing was marked.

    Returns:
        In the order of :data:`ORDER`.
    """
    found = [
        *_empty(kept, labels),
        *_gaps(raw, labels, told),
        *_left_out(raw, kept, labels),
        *_sizes(kept, labels, spec, shape),
        *_agreement(labels, agreement, spec.agreement),
        *(_sides(kept, labels, shape) if spec.sides else ()),
        *_borders(kept, labels, shape),
        *(_ends(kept, labels, shape) if spec.extent == "volume" else ()),
    ]
    return in_order(found)


def in_order(found: Iterable[Flag]) -> tuple[Flag, ...]:
    """Flags by code, worst first."""
    return tuple(sorted(found, key=lambda flag: ORDER.index(flag.code)))


def _empty(kept: Sequence[Parts], labels: Sequence[MaskLabel]) -> list[Flag]:
    names = [label.name for label, one in zip(labels, kept, strict=True) if not one.voxels]
    if not names:
        return []
    return [Flag("empty", f"Nothing was marked as {_any_of(names)}. That does not say that there is none.")]


def _gaps(raw: Sequence[Parts], labels: Sequence[MaskLabel], told: tuple[int, int] | None) -> list[Flag]:
    found = []
    for label, one in zip(labels, raw, strict=True):
        if not one.voxels:
            continue
        solid = one.first(sum(voxels >= SMALL * one.voxels[0] for voxels in one.voxels))
        held = solid.box[0].start + np.flatnonzero(solid.areas)
        first, last = told if told is not None else (int(held[0]), int(held[-1]))
        missing = tuple(index for index in range(first, last + 1) if index not in set(held.tolist()))
        if missing:
            between = "slices that should hold it" if told is not None else "others with it"
            text = f"{_slices(len(missing))} without {label.name} among {between}."
            found.append(Flag("gap", text, missing))
    return found


def _left_out(raw: Sequence[Parts], kept: Sequence[Parts], labels: Sequence[MaskLabel]) -> list[Flag]:
    found = []
    for label, before, after in zip(labels, raw, kept, strict=True):
        share = 1 - sum(after.voxels) / max(1, sum(before.voxels))
        if before.voxels and share > SMALL:
            text = f"Smaller parts of {label.name} were left out; they make up {100 * share:.0f} % of what was marked."
            found.append(Flag("left_out", text))
    return found


def _sizes(
    kept: Sequence[Parts], labels: Sequence[MaskLabel], spec: MaskSpec, shape: tuple[int, int, int]
) -> list[Flag]:
    found = []
    for label, one, (low, high) in zip(labels, kept, spec.plausible or ((0.0, 1.0),) * len(labels), strict=True):
        areas = one.areas
        shares = areas / (shape[1] * shape[2])
        odd = one.box[0].start + np.flatnonzero((areas > 0) & ((shares < low) | (shares > high)))
        if odd.size:
            where = "" if shape[0] == 1 else f" in {_slices(odd.size).lower()}"
            text = (
                f"{label.name} covers a share of the image that no training mask had{where}: "
                f"outside {100 * low:.2f} to {100 * high:.2f} %."
            )
            found.append(Flag("size", text, tuple(odd.tolist())))
    return found


def _agreement(labels: Sequence[MaskLabel], agreement: Mapping[str, float], limit: float) -> list[Flag]:
    return [
        Flag(
            "agreement",
            f"Small changes to the image change {label.name}: Dice {agreement[label.name]:.2f}, below {limit:.2f}.",
        )
        for label in labels
        if agreement.get(label.name, np.nan) < limit
    ]


def _sides(kept: Sequence[Parts], labels: Sequence[MaskLabel], shape: tuple[int, int, int]) -> list[Flag]:
    found = []
    for label, one in zip(labels, kept, strict=True):
        if not one.voxels:
            continue
        places = [one.inside(index) for index in range(min(2, len(one)))]
        lie = {side(inside, box[2].start, shape[2], ("one", "other")) for box, inside in places}
        if lie != {"one", "other"}:
            found.append(Flag("sides", f"{label.name} does not lie with one part on each side of the image."))
    return found


def _borders(kept: Sequence[Parts], labels: Sequence[MaskLabel], shape: tuple[int, int, int]) -> list[Flag]:
    found = []
    for label, one in zip(labels, kept, strict=True):
        if one.voxels and touches_edge(one.box, shape):
            touching = one.box[0].start + np.flatnonzero(_at_edge(one, shape))
            if touching.size:
                text = f"{label.name} touches the edge of the image: a part of it may lie outside."
                found.append(Flag("border", text, tuple(touching.tolist())))
    return found


def _at_edge(one: Parts, shape: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Whether each slice of a label's box holds a voxel at an edge of the image."""
    edge = np.zeros(one.chosen.shape, np.bool_)
    for axis in (1, 2):
        along = np.arange(one.box[axis].start, one.box[axis].stop)
        outermost = (along == 0) | (along == shape[axis] - 1)
        edge |= outermost[:, None] if axis == 1 else outermost
    return np.asarray((edge & one.chosen).any(axis=(1, 2)))


def _ends(kept: Sequence[Parts], labels: Sequence[MaskLabel], shape: tuple[int, int, int]) -> list[Flag]:
    found = []
    for label, one in zip(labels, kept, strict=True):
        held = one.box[0].start + np.flatnonzero(one.areas)
        reached = tuple(index for index in (0, shape[0] - 1) if index in held.tolist())
        if shape[0] > 1 and reached:
            text = f"{label.name} reaches the first or last slice: a part of it may lie outside the volume."
            found.append(Flag("ends", text, reached))
    return found


def _any_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _slices(count: int) -> str:
    return "1 slice" if count == 1 else f"{count} slices"
