"""The session's state: one :class:`Case` under one key.

A page reads ``state.load()``, and ``state.keep(case.with_...)`` is the only way to change anything.
"""

from collections.abc import Callable

import streamlit as st

from pages._ui.case import Case

__all__ = ["KEY", "Case", "change", "keep", "load"]

KEY = "medimg_case"


def load() -> Case:
    """The session's case; an empty one at first."""
    if KEY not in st.session_state:
        st.session_state[KEY] = Case()
    case: Case = st.session_state[KEY]
    return case


def keep(case: Case) -> Case:
    """Make this the session's case.

    The one before goes at once: a value that is only replaced stays in the session until its next run, and with it
    the voxels of a study that was closed.
    """
    if KEY in st.session_state:
        del st.session_state[KEY]
    st.session_state[KEY] = case
    return case


def change(step: Callable[[Case], Case]) -> None:
    """Apply one arrow to the session's case."""
    keep(step(load()))
