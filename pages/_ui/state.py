"""The session's state: one :class:`Case` under one key.

A page reads ``state.load()``, and ``state.keep(case.with_...)`` is the only way to change anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from pages._ui.blind_log import BlindLog
from pages._ui.case import Case
from pages._ui.view import SeriesKey

__all__ = ["KEY", "Case", "Held", "blind", "change", "change_blind", "hidden", "keep", "load"]

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
    blind: BlindLog = field(default_factory=BlindLog)


def _held() -> Held:
    if KEY not in st.session_state:
        st.session_state[KEY] = Held()
    held: Held = st.session_state[KEY]
    return held


def load() -> Case:
    """The session's case as it may be shown; an empty one at first.

    Where the reader reads blind, results of what is still to be read are not in it: to change the case, start from
    the one that :func:`change` gives.
    """
    held = _held()
    return held.blind.veiled(held.case)


def keep(case: Case) -> Case:
    """Make this the session's case."""
    _held().case = case
    return case


def change(step: Callable[[Case], Case]) -> None:
    """Apply one arrow to the session's case."""
    held = _held()
    held.case = step(held.case)


def blind() -> BlindLog:
    """Whether the reader reads blind, and what was recorded so far."""
    return _held().blind


def hidden(key: SeriesKey) -> bool:
    """Whether nothing that a model, or anybody else, found in a series may be shown yet."""
    return blind().hides(key)


def change_blind(step: Callable[[BlindLog, Case], BlindLog]) -> None:
    """Apply one arrow to the record of blind readings; it is also given the case with all results."""
    held = _held()
    held.blind = step(held.blind, held.case)
