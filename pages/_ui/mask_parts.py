"""The parts of a mask as a list: name, size, and a way to each."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from medimg_core.masks import LISTED
from medimg_core.registry import ModelCard
from medimg_core.results import MaskLabel, Region, Segmentation
from pages._ui import quantities
from pages._ui.going import go_to, middle_of
from pages._ui.language import _, ngettext
from pages._ui.mask_measures import Measured, withheld
from pages._ui.plain import plain
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
            reason = "" if found.volumes_ml.get(label.name) is not None else withheld(case, card, result, label.name)
            alone = len(regions) == 1 and not _stack(case)
            st.markdown(_total(label, regions, found, unknown=bool(reason), alone=alone))
            if regions and reason and all(flag.code != "extent" for flag in result.flags):  # which says why itself
                st.caption(plain(_("Volume withheld: {why}.").format(why=reason)))
            listed = [] if alone else regions
            open_ones = _FIRST if len(listed) > _FIRST + 1 else len(listed)  # a fold is no shorter than one of them
            for region in listed[:open_ones]:
                _part(case, card, label, region)
            rest = listed[open_ones:]
            if rest:
                with st.expander(ngettext("{n} more part", "{n} more parts", len(rest)).format(n=len(rest))):
                    for region in rest:
                        _part(case, card, label, region)


def _stack(case: Case) -> bool:
    return case.volume is not None and case.volume.shape[0] > 1


def _total(label: MaskLabel, regions: Sequence[Region], found: Measured, *, unknown: bool, alone: bool) -> str:
    """A label's name with what all of its parts hold; of the only one in a single image, its sizes."""
    name = f"**{plain(_(label.name))}**" + ("" if found.corrected is None else " " + _("as corrected"))
    if not regions:
        return f"{name}: " + _("nothing outlined")
    if alone:
        return f"{name}: {', '.join(_sizes(regions[0]))}{_unscaled(regions[0])}"
    words = [ngettext("{n} part", "{n} parts", len(regions)).format(n=len(regions))]
    if len(found.regions) == LISTED:
        words = [_("{n} of its largest parts").format(n=len(regions))]
    total = found.volumes_ml.get(label.name)
    if total is not None:
        words.insert(0, quantities.millilitres(total))
    elif unknown:
        words.insert(0, _("volume withheld"))
    first, last = min(region.slices[0] for region in regions), max(region.slices[1] for region in regions)
    if first == last:
        area = quantities.area(sum(region.area for region in regions), regions[0].length_unit)
        words.append(f"{area}{_noted(regions[0])}{_unscaled(regions[0])}")
    else:
        words.append(_("images {first} to {last}").format(first=first + 1, last=last + 1))
    return f"{name}: {', '.join(words)}"


def _noted(region: Region) -> str:
    """What must be said beside a length."""
    return f" {_(region.length_note)}" if region.length_note else ""


def _unscaled(region: Region) -> str:
    """Why there are no millimetres."""
    return "" if region.length_unit == "mm" else " " + _("(spacing not known)")


def _part(case: Case, card: ModelCard, label: MaskLabel, region: Region) -> None:
    """One part; in a stack it is a button that shows it."""
    head = [str(region.number), *([region.name.removeprefix(f"{label.name}, ")] if region.name != label.name else [])]
    sizes = _sizes(region)
    if _stack(case):
        head.append(_("image {n}").format(n=region.slice_index + 1))
        st.button(
            f"**{plain(', '.join(head))}**\n{', '.join(sizes)}",
            key=f"part-{card.id}-{region.number}",
            type="tertiary",
            width="stretch",
            on_click=partial(go_to, middle_of(region)),
        )
    else:
        st.caption(f"**{plain(', '.join(head))}**: {', '.join(sizes)}")


def _sizes(region: Region) -> list[str]:
    """Axes, area, volume where it is meant, and whether a part may lie outside."""
    sizes = [
        quantities.axes(region.long_axis, region.short_axis, region.length_unit),
        quantities.area(region.area, region.length_unit) + _noted(region),
    ]
    if region.volume_ml is not None:
        sizes.append(quantities.millilitres(region.volume_ml))
    if region.at_border:
        sizes.append(_("touches the edge"))
    return sizes
