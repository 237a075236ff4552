"""What the reader does on the Explain page: look at the map, hide regions, perturb the image, compare."""

import streamlit as st

from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import change, explained
from pages._ui.language import _
from pages._ui.state import load

__all__ = ["COMPARE", "HIDE", "MAP", "PERTURB", "choose"]

MAP, HIDE, PERTURB, COMPARE = "map", "hide", "perturb", "compare"
TASK = "task"


def choose(desk: Desk) -> str:
    """The task that was chosen; the map at first. Only maps and comparisons are of masks.

    Args:
        desk: What it is done with.
    """
    names = {MAP: _("Map"), HIDE: _("Hide"), PERTURB: _("Perturb"), COMPARE: _("Compare")}
    if desk.said is None:
        names = {MAP: names[MAP], COMPARE: names[COMPARE]}
    key = "explain-task"
    wanted = explained(load()).settings.get(TASK, MAP)
    st.session_state[key] = wanted if wanted in names else MAP
    chosen = st.segmented_control(
        _("Task"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=lambda: change(lambda now: now.with_setting(TASK, st.session_state[key])),
    )
    return str(chosen)
