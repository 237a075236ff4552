"""The session's state: one :class:`Case` under one key.

A page reads ``state.load()``, and ``state.keep(case.with_...)`` is the only way to change anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from pages._ui.case import Case

__all__ = ["KEY", "Case", "Held", "change", "keep", "load"]

KEY = "medimg_case"


@dataclass
class Held:
    """What lies under the key: the case of the moment.

    Streamlit may break a script off at any touch of its session state, also between two of them. So the state is
    touched once, before anything is worked out, and the case is changed in here. The one before goes at once: a
    value that is only replaced in the session's state stays until its next run, and with it the voxels of a study
    that was closed.
    """

    case: Case = field(default_factory=Case)


def _held() -> Held:
    if KEY not in st.session_state:
        st.session_state[KEY] = Held()
    held: Held = st.session_state[KEY]
    return held


def load() -> Case:
    """The session's case; an empty one at first."""
    return _held().case


def keep(case: Case) -> Case:
    """Make this the session's case."""
    _held().case = case
    return case


def change(step: Callable[[Case], Case]) -> None:
    """Apply one arrow to the session's case."""
    held = _held()
    held.case = step(held.case)
