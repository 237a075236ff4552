"""Explain: the map of a model's answer, what the map is worth, what changes it, and how maps compare."""

import streamlit as st

from pages._ui import blind_form, jobs, reading_room
from pages._ui.errors import shown
from pages._ui.explaining import mapping, method_panel
from pages._ui.explaining.choosing import choose_model, explainable, said
from pages._ui.explaining.desk import seat
from pages._ui.explaining.laying import laid_of, reveal
from pages._ui.fitting import fitting, misfits
from pages._ui.frame import enter
from pages._ui.guard import need_image
from pages._ui.language import _
from pages._ui.places import link
from pages._ui.state import hidden, load
from pages._ui.view import Laid


@st.fragment
def explaining() -> None:
    """Picture and panels; only this part runs again when something in it changes."""
    left, right = st.columns([0.755, 0.245], gap="small")
    case = load()
    if case.series is None:
        return
    laid: Laid | None = None
    with right, st.container(key="result"), shown():
        jobs.watch()
        good, rest = fitting(case)
        cards = explainable(good)
        if hidden(case.series_key):
            blind_form.ask(case, good)
        elif not cards:
            st.caption(_("No model that fits this series makes a map."))
            misfits(rest)
        else:
            card = choose_model(case, cards)
            desk = seat(case, card)
            if said(desk):
                method_panel.choices(desk)
                with shown():
                    mapping.wanted(desk)
                desk = seat(load(), card)
                method_panel.map_button(desk)
                if desk.explanation is not None and desk.asked is not None and desk.case.overlay.shown:
                    laid = laid_of(desk.case, card, desk.asked, desk.explanation)
                if laid is not None and laid.visible:
                    reveal(desk)
                method_panel.map_words(desk, laid)
    with left, shown():
        with st.container(horizontal=True, vertical_alignment="center", key="toolbar"):
            link("worklist", _("Worklist"))
            link("read", _("Read"))
            link("analyse", _("Analyse"))
        reading_room.picture(load(), reading_room.SIDE, [laid] if laid is not None else [])


need_image(enter())
explaining()
