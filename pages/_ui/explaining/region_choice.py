"""Which region is hidden or kept: one that was drawn, a box by numbers, what the map marks most, what is known."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from medimg_core.explain import on_image
from medimg_core.explain.compare import TOP, top_area
from medimg_core.results import Measurement
from pages._ui.explained import Probed
from pages._ui.explaining.box import BOX, box_numbers, box_of
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import change, explained
from pages._ui.explaining.laying import warning_of
from pages._ui.explaining.regions import (
    CHOSEN,
    known_name,
    known_region,
    mask_of_region,
    region_title,
    regions,
)
from pages._ui.language import _
from pages._ui.theme import say

__all__ = ["KNOWN", "MARKED", "choose_region", "chosen_of", "mark_of_region", "region_of", "still_there"]

MARKED = "map"
"""In the place of a region's id: what the map marks most."""
KNOWN = "known"
"""In the place of a region's id: where the finding is known to lie."""


def choose_region(desk: Desk) -> None:
    """The list of regions, and what has to be said of the one that is chosen."""
    names = _names(desk)
    if list(names) == [BOX]:
        say(
            _(
                "Draw a region on the image: E for an ellipse, T for a rectangle, F for freehand. Or give a box by "
                "numbers. Or show the map: what it marks most can be hidden without drawing."
            )
        )
    key = "explain-region"
    st.session_state[key] = chosen = chosen_of(desk)
    st.selectbox(
        _("Region"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: change(lambda now: now.with_setting(CHOSEN, st.session_state[key])),
    )
    if chosen == BOX:
        box_numbers(desk.case)
    elif chosen == MARKED:
        _caution(desk)
    if not regions(desk.case) and len(names) > 1:
        st.caption(_("Or draw one on the image: E for an ellipse, T for a rectangle, F for freehand."))


def _names(desk: Desk) -> dict[str, str]:
    names = {each.id: region_title(desk.case, each) for each in regions(desk.case)}
    if desk.explanation is not None and desk.explanation.has_evidence:
        names[MARKED] = _("Map's top {top:.0f} %").format(top=100 * TOP)
    if known_region(desk.case) is not None:
        names[KNOWN] = known_name(desk.case)
    return names | {BOX: _("A box by numbers")}


def _caution(desk: Desk) -> None:
    """A region of a map is worth no more than the map."""
    if desk.audit is None:
        text = _("this region comes from a map that was not audited.")
    elif desk.audit.folded:
        text = _("this region comes from a map that is not shown to follow the model.")
    else:
        return
    st.caption(f":orange[**{_('Caution:')}**] {text}")


def chosen_of(desk: Desk) -> str:
    """The region that is chosen: its id, or what stands in its place."""
    names = _names(desk)
    wanted = explained(desk.case).settings.get(CHOSEN)
    if wanted in names:
        return str(wanted)
    return desk.region.id if desk.region is not None else next(iter(names))


def region_of(desk: Desk, chosen: str) -> tuple[Measurement | None, npt.NDArray[np.bool_]]:
    """A region as the reader drew or gave it, and its pixels.

    Args:
        desk: Where it is asked about.
        chosen: Its id, :data:`MARKED` of a desk with a map, :data:`KNOWN`, or the box.
    """
    known = known_region(desk.case)
    if chosen == KNOWN and known is not None:
        return None, known
    drawn = next((each for each in regions(desk.case) if each.id == chosen), None)
    if drawn is None and chosen == BOX:
        drawn = box_of(desk.case)
    if drawn is not None:
        return drawn, mask_of_region(desk.case, drawn)
    assert desk.explanation is not None  # without a map it is not on offer
    return None, top_area(on_image(desk.explanation))


def still_there(desk: Desk, found: Probed) -> bool:
    """Whether a region that was asked about is as it was then."""
    if found.measurement is None:
        return found.asked == desk.asked
    return found.measurement in (*regions(desk.case), box_of(desk.case))


def mark_of_region(desk: Desk, found: Probed) -> str:
    """What must be read on pictures of a region: where a map drew it, what must be read on those of the map."""
    return warning_of(explained(desk.case).audits.get(found.asked)) if found.chosen == MARKED else ""
