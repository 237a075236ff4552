"""The parts of a mask as a list: name, size, and a way to each."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from medimg_core.registry import ModelCard
from medimg_core.results import MaskLabel, Region, Segmentation
from pages._ui import quantities
from pages._ui.going import go_to, middle_of
from pages._ui.language import _, ngettext
from pages._ui.mask_measures import Measured, withheld
from pages._ui.state import Case

__all__ = ["mask_parts"]

_FIRST = 6
"""Parts of a label that stand open; the others are folded."""


def mask_parts(case: Case, card: ModelCard, result: Segmentation, found: Measured) -> None:
    """What a mask holds, label by label: its total, then each part.

    Args:
        case: Holds the volume.
        card: The model.
        result: Its masks.
        found: Their figures, as on show.
    """
    for label in result.labels:
        regions = [region for region in found.regions if region.label == label.value]
        with st.container(key=f"label-{card.id}-{label.value}", gap=None):
            st.markdown(_total(label, regions, found))
            reason = "" if found.volumes_ml.get(label.name) is not None else withheld(case, card, result, label.name)
            if regions and reason:
                st.caption(_("Volume withheld: {why}.").format(why=reason))
            for region in regions[:_FIRST]:
                _part(case, card, label, region)
            rest = regions[_FIRST:]
            if rest:
                with st.expander(ngettext("{n} more part", "{n} more parts", len(rest)).format(n=len(rest))):
                    for region in rest:
                        _part(case, card, label, region)


def _total(label: MaskLabel, regions: Sequence[Region], found: Measured) -> str:
    """A label's name with what all of its parts hold."""
    if not regions:
        return f"**{_(label.name)}**: " + _("nothing outlined")
    words = [ngettext("{n} part", "{n} parts", len(regions)).format(n=len(regions))]
    total = found.volumes_ml.get(label.name)
    first, last = min(region.slices[0] for region in regions), max(region.slices[1] for region in regions)
    if total is not None:
        words.insert(0, quantities.millilitres(total))
    if first == last:
        unit = regions[0].length_unit
        words.append(_area(sum(region.area for region in regions), unit, regions[0].length_note))
    else:
        words.append(_("images {first} to {last}").format(first=first + 1, last=last + 1))
    return f"**{_(label.name)}**: {', '.join(words)}"


def _area(value: float, unit: str, note: str) -> str:
    text = quantities.area(value, unit)
    if unit != "mm":
        return text + " " + _("(spacing not known)")
    return f"{text} {_(note)}" if note else text


def _part(case: Case, card: ModelCard, label: MaskLabel, region: Region) -> None:
    """One part; in a stack it is a button that shows it."""
    stack = case.volume is not None and case.volume.shape[0] > 1
    head = [str(region.number), *([region.name.removeprefix(f"{label.name}, ")] if region.name != label.name else [])]
    sizes = [
        quantities.axes(region.long_axis, region.short_axis, region.length_unit),
        quantities.area(region.area, region.length_unit),
    ]
    if region.volume_ml is not None:
        sizes.append(quantities.millilitres(region.volume_ml))
    if region.at_border:
        sizes.append(_("touches the edge"))
    if stack:
        head.append(_("image {n}").format(n=region.slice_index + 1))
        st.button(
            f"**{', '.join(head)}**\n{', '.join(sizes)}",
            key=f"part-{card.id}-{region.number}",
            type="tertiary",
            width="stretch",
            on_click=partial(go_to, middle_of(region)),
        )
    else:
        st.caption(f"**{', '.join(head)}**: {', '.join(sizes)}")
