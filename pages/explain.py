"""Explain: the map of a model's answer, what the map is worth, what changes it, and how maps compare."""

from dataclasses import dataclass

import streamlit as st

from medimg_core.registry import ModelCard
from pages._ui import blind_form, jobs, kinds, reading_room
from pages._ui.declaring import spoken
from pages._ui.errors import shown
from pages._ui.explaining import audit_panel, mapping, method_panel, stacking, tasks
from pages._ui.explaining.choosing import choose_model, explainable, said
from pages._ui.explaining.compare_beside import compared_beside
from pages._ui.explaining.compare_panel import compare_panel
from pages._ui.explaining.desk import seat
from pages._ui.explaining.export import export_button
from pages._ui.explaining.kept import reveal
from pages._ui.explaining.laying import laid_of
from pages._ui.explaining.neighbour_panel import neighbour_panel
from pages._ui.explaining.pairing import pair_of
from pages._ui.explaining.perturb_panel import changed_beside, perturb_panel
from pages._ui.explaining.probe_panel import probe_beside, probe_panel
from pages._ui.fitting import fitting, misfits
from pages._ui.frame import enter
from pages._ui.guard import need_image
from pages._ui.guiding.strip import strip
from pages._ui.language import _
from pages._ui.places import link
from pages._ui.state import hidden, load
from pages._ui.view import Laid
from pages._ui.viewer import Beside, Overlay


@dataclass
class Stage:
    """What the column lays over the picture and puts beside it."""

    laid: Laid | None = None
    stack: Overlay | None = None
    beside: Beside | None = None


def panels(card: ModelCard, cards: list[ModelCard], lungs: ModelCard | None) -> Stage:
    """One model's column."""
    desk = seat(load(), card)
    if not said(desk):
        return Stage()
    task = tasks.choose(desk)
    if task == tasks.MAP:
        method_panel.choices(desk)
    else:
        method_panel.choice_words(desk)
    with shown():
        mapping.wanted(desk)
    desk = seat(load(), card)
    method_panel.map_button(desk)
    on = Stage(laid_of(desk))
    with shown():
        if task == tasks.MAP:
            stacking.stack_panel(desk)
            method_panel.map_words(desk, on.laid)
            stacking.stack_words(desk)
            audit_panel.audit_panel(desk, lungs)
            neighbour_panel(desk)
        elif task == tasks.HIDE:
            probe_panel(desk)
            on.beside = probe_beside(desk)
        elif task == tasks.PERTURB:
            perturb_panel(desk)
            on.beside = changed_beside(desk)
        else:
            compare_panel(desk, cards)
            on.beside = compared_beside(seat(load(), card), cards)
    export_button(desk, pair_of(desk, cards) if task == tasks.COMPARE else None)
    on.stack = stacking.stack_over(desk)
    if on.stack is not None or (on.laid is not None and on.laid.visible):
        reveal(load())
    return on


@st.fragment
def explaining() -> None:
    """Picture and panels; only this part runs again when something in it changes."""
    left, right = st.columns([0.755, 0.245], gap="small")
    case = load()
    if case.series is None:
        return
    on = Stage()
    with right, st.container(key="result"), shown():
        strip("explain")
        case = load()
        jobs.watch()
        good, rest = fitting(case)
        cards = explainable(good)
        if case.straightened and cards:
            text = _("The straightened view is on show. Maps are of image {n} as acquired and need that view.")
            st.warning(text.format(n=case.view.slice_index + 1))
        spoken(case)
        if kinds.asking(case, good):
            pass  # the image's kind first: which models are in question depends on it
        elif hidden(case.series_key):
            blind_form.ask(case, good)
        elif cards:
            on = panels(choose_model(case, cards), cards, audit_panel.lungs_of(good))
        else:
            st.caption(_("No model that fits this series makes a map."))
            misfits(rest)
    with left, shown():
        with st.container(horizontal=True, vertical_alignment="center", key="toolbar"):
            link("worklist", _("Worklist"))
            link("read", _("Read"))
            link("analyse", _("Analyse"))
        maps = [] if on.laid is None else [on.laid]
        over = [] if on.stack is None else [on.stack]
        reading_room.picture(load(), reading_room.SIDE, maps, beside=on.beside, over=over)


need_image(enter())
explaining()
