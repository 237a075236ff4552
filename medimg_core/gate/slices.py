"""The gate for several slices of one volume: asked of each, answered once."""

from collections.abc import Sequence

from medimg_core.gate.image import check_kind, check_unit, check_values
from medimg_core.gate.tags import Declared, check_tags
from medimg_core.registry import ModelCard
from medimg_core.results import GateOutcome, GateReason
from medimg_core.study import Series, Volume

__all__ = ["assess_slices", "over_slices"]


def assess_slices(
    volume: Volume,
    card: ModelCard,
    slices: Sequence[int],
    *,
    series: Series | None = None,
    declared: Declared | None = None,
    frame: int = 0,
) -> tuple[GateOutcome, tuple[int, ...]]:
    """Everything that can be said of some slices before the network runs.

    Blank slices, as lie above and below a head, are not read, and refuse only where no other is left. Colour
    or values that are not numbers in any slice refuse the volume.

    Args:
        volume: The input.
        card: The model.
        slices: Those that are to be read, from 0, at least one.
        series: Its series, for the headers.
        declared: The reader's word for what the headers do not say.
        frame: Frame of the volume, from 0.

    Returns:
        The outcome, and the slices that are not blank.
    """
    tag_reasons, said = check_tags(series, card, declared)
    unit_reasons, unit_said = check_unit(volume, card, declared)
    reasons = list(tag_reasons + unit_reasons + check_kind(volume, card, slice_index=slices[0]))
    mask = card.segmentation.mask if card.segmentation is not None else None
    if mask is not None and mask.extent == "image" and len(slices) > 1:
        text = f"The model reads single images; this has {len(slices)} slices, and none was chosen."
        reasons.append(GateReason("volume", text, refuses=True))
    found = [check_values(volume.plane(index, frame), card) for index in slices]
    held = tuple(
        index
        for index, reasons_of_slice in zip(slices, found, strict=True)
        if not any(reason.code == "blank" for reason in reasons_of_slice)
    )
    if held:
        found = [tuple(reason for reason in one if reason.code != "blank") for one in found]
    values = over_slices([GateOutcome(one) for one in found])
    return GateOutcome(_ordered((*reasons, *values.reasons)), declared=said + unit_said), held


def over_slices(outcomes: Sequence[GateOutcome]) -> GateOutcome:
    """Outcomes of several slices as one: the worst distance, and each reason once, with how many slices it is of.

    Args:
        outcomes: One a slice, at least one.

    Examples:
        >>> far = GateReason("out_of_distribution", "The image is strange.", refuses=False)
        >>> over_slices([GateOutcome((far,)), GateOutcome()]).reasons[0].text
        'The image is strange. (1 of 2 slices)'
    """
    counted: dict[str, tuple[GateReason, int]] = {}
    for outcome in outcomes:
        for reason in outcome.reasons:
            first, count = counted.get(reason.code, (reason, 0))
            counted[reason.code] = (first, count + 1)
    reasons = tuple(
        reason
        if len(outcomes) == 1
        else GateReason(reason.code, _counted(reason, count, len(outcomes)), reason.refuses)
        for reason, count in counted.values()
    )
    measured = [outcome for outcome in outcomes if outcome.distance is not None]
    worst = max(measured, key=lambda outcome: outcome.distance or 0.0, default=GateOutcome())
    return GateOutcome(_ordered(reasons), distance=worst.distance, limit=worst.limit, declared=outcomes[0].declared)


def _counted(reason: GateReason, count: int, total: int) -> str:
    return reason.text if count == total else f"{reason.text} ({count} of {total} slices)"


def _ordered(reasons: tuple[GateReason, ...]) -> tuple[GateReason, ...]:
    return tuple(sorted(reasons, key=lambda reason: not reason.refuses))
