"""A map that its audit folds: why, and the way to see it anyway; the same words wherever such a map is asked for."""

import streamlit as st

from pages._ui.explained import Asked
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import change, explained
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.state import change as change_case

__all__ = ["folded_away", "folded_line"]


def folded_away(desk: Desk) -> bool:
    """Whether the map is kept from the reader by its audit."""
    return desk.explanation is not None and desk.asked is not None and not explained(desk.case).shown(desk.asked)


def folded_line(desk: Desk, *, second: bool = False) -> None:
    """The audit's line and a button; nothing for a map that no audit folds.

    Args:
        desk: Its map.
        second: Of a comparison.
    """
    told, asked = desk.audit, desk.asked
    if told is None or asked is None or not told.folded:
        return
    st.warning(_("Second map: {line}").format(line=plain(told.line)) if second else plain(told.line))
    anyway = asked in explained(desk.case).anyway
    st.button(
        _("Fold the map again") if anyway else _("Show anyway"),
        key="explain-anyway-2" if second else "explain-anyway",
        width="stretch",
        on_click=_put,
        args=(asked,),
        kwargs={"on": not anyway},
    )
    if not anyway:
        st.caption(_("The map is folded. Pictures of it carry the mark wherever they go."))


def _put(asked: Asked, *, on: bool) -> None:
    change(lambda now: now.with_anyway(asked, on=on))
    if on:  # whoever wants it anyway wants to see it
        change_case(lambda case: case.with_overlay(shown=True))
