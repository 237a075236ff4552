"""The guide: where the case stands, what is on show, and the way on."""

from typing import Literal

import streamlit as st

from medimg_core.registry import load_card
from pages._ui.errors import shown
from pages._ui.guided import Guided
from pages._ui.guiding import telling
from pages._ui.guiding.performing import NEEDS, State, arrange, page_of, perform
from pages._ui.language import _
from pages._ui.places import go
from pages._ui.state import change, hidden, load

__all__ = ["opens_reasons", "others_wanted", "strip"]

OTHERS = "medimg_other_cases"
"""Whether the reader came back to the Worklist for another guided case."""


def strip(page: str) -> None:
    """Tell the step of a guided case, and do what it needs; nothing where none is on its way.

    Args:
        page: Name of the page that this stands on.
    """
    case = load()
    guided = case.guided
    if guided is None or guided.study_uid != case.study_uid:
        return
    st.session_state[OTHERS] = False
    wanted = page_of(guided.name)
    if guided.arranged != guided.step:
        if wanted != page:
            go(wanted)  # it is set up there, since this run may be broken off before it goes
        arrange(guided)
    with st.container(border=True, key="guide"):
        _head(guided)
        if hidden(case.series_key):
            st.markdown(_("You read blind: a guided case shows results. Turn that off on the Worklist."))
            return
        if wanted != page:
            st.button(_("Back to this step"), key="guide-return", width="stretch", on_click=_again)
            return
        state: State = "stopped"
        with shown():
            state = perform(load().guided or guided)
        _words(state, guided)
        _buttons(state, guided)


def opens_reasons() -> bool:
    """Whether the step on show is about the models that do not fit."""
    guided = load().guided
    return guided is not None and guided.study_uid == load().study_uid and guided.name == "others"


def others_wanted() -> bool:
    """Whether the Worklist is to open at its guided cases."""
    return bool(st.session_state.get(OTHERS, False))


def _head(guided: Guided) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        name = telling.title(guided.story.kind)
        count = _("{n} of {total}").format(n=guided.step + 1, total=len(guided.story.steps))
        st.markdown(f"**{name}**  \n{count}")
        st.space("stretch")
        st.button(_("Leave"), key="guide-leave", type="tertiary", on_click=_leave)


def _words(state: State, guided: Guided) -> None:
    if state == "ready":
        with shown():
            st.markdown(telling.tell(load().guided or guided, load_card(guided.story.model_id)))
    elif state == "running":
        missing = NEEDS[guided.name][-1]
        st.markdown(telling.waiting(missing))
    elif state == "elsewhere":
        st.markdown(_("Another image of the series is on show."))
        st.button(_("Back to the image"), key="guide-image", width="stretch", on_click=_again)
    else:
        st.markdown(_("This step did not come to its end."))
        st.button(_("Try again"), key="guide-again", width="stretch", on_click=_again)


def _buttons(state: State, guided: Guided) -> None:
    kind: Literal["primary", "secondary"] = "primary" if state == "ready" else "secondary"
    # not two columns: the last step's words, with their keys, are wider than half
    with st.container(horizontal=True, gap="xsmall"):
        st.button(_("Back"), key="guide-back", disabled=guided.step == 0, on_click=_move, args=(-1,))
        if guided.last:
            if st.button(
                _("Other cases"),
                key="guide-end",
                type=kind,
                width="stretch",
                shortcut="Alt+N",
            ):
                _leave()
                st.session_state[OTHERS] = True
                go("worklist")
            return
        st.button(
            _("Next"),
            key="guide-next",
            type=kind,
            width="stretch",
            shortcut="Alt+N",
            on_click=_move,
            args=(1,),
        )


def _move(by: int) -> None:
    change(lambda case: case.with_guided(None if case.guided is None else case.guided.moved(by)))


def _again() -> None:
    _move(0)


def _leave() -> None:
    change(lambda case: case.with_guided(None))
