"""Analyse: which models fit, what they say and outline, and where they looked."""

from collections.abc import Mapping

import streamlit as st

from medimg_core.registry import ModelCard
from pages._ui import blind_form, jobs, kinds, reading_room
from pages._ui.asking import ask_and_run
from pages._ui.declaring import silent, spoken
from pages._ui.errors import shown
from pages._ui.fitting import fitting, misfits, offers
from pages._ui.frame import enter
from pages._ui.guard import need_image
from pages._ui.guiding.strip import opens_reasons, strip
from pages._ui.label_colours import Rgb, label_colours, label_style
from pages._ui.language import _
from pages._ui.map_panel import asked_map, map_panel
from pages._ui.mask_card import Laying, mask_card
from pages._ui.nodule_panel import nodule_panel
from pages._ui.places import link
from pages._ui.plain import plain
from pages._ui.result_card import asked, result_card, result_details
from pages._ui.state import hidden, load


def model(card: ModelCard, colours: Mapping[tuple[str, int], Rgb], *, keyed: bool) -> Laying:
    """One model: run it, or what it said; gives what it lays over the picture."""
    case = load()
    st.markdown(f"**{plain(_(card.title))}**")
    st.caption(plain(asked(card)))
    if card.segmentation is not None:
        return mask_card(case, card, colours, lambda label: ask_and_run(card, label), keyed=keyed)
    result = case.prediction(card.id)
    if result is None:
        ask_and_run(card, _("Run"))
        return Laying()
    laid = None
    with shown():
        laid = asked_map(case, card, result)
    result_card(case, card, result)
    maps = map_panel(case, card, result, laid, keyed=keyed)
    result_details(case, card, result)
    if silent(case, card):
        with st.expander(_("What the file does not say")):
            ask_and_run(card, _("Run again"))
    return Laying(laid=laid, maps=maps)


@st.fragment
def analysing() -> None:
    """Picture and results; only this part runs again when an overlay or a slice changes."""
    left, right = st.columns([0.755, 0.245], gap="small")
    case = load()
    if case.series is None:
        return
    over: list[Laying] = []
    with right, st.container(key="result"), shown():
        strip("analyse")
        case = load()
        jobs.watch()
        good, rest = fitting(case)
        unread = hidden(case.series_key)
        spoken(case)
        waiting = kinds.asking(case, good)
        if waiting:
            good, rest = [], []
        elif not unread:
            st.caption(offers(case, good))
        if case.straightened and good:
            text = _("The straightened view is on show. Results are of image {n} as acquired, maps need that view.")
            st.warning(text.format(n=case.view.slice_index + 1))
        colours = label_colours(good)
        label_style(colours)
        if not waiting:
            (blind_form.ask if unread else blind_form.told)(case, good)
        for number, card in enumerate([] if unread else good):
            if number:
                st.divider()
            # one button for maps has the key M: they all do the same
            over.append(model(card, colours, keyed=not any(each.maps for each in over)))
        nodules = None if unread else nodule_panel(case)
        misfits(rest, expanded=opens_reasons())
    with left, shown():
        with st.container(horizontal=True, vertical_alignment="center", key="toolbar"):
            link("worklist", _("Worklist"))
            link("read", _("Read"))
            link("explain", _("Explain"))
        maps = [each.laid for each in over if each.laid is not None]
        masks = [each for each in (*(each.masks for each in over), nodules) if each is not None]
        reading_room.picture(load(), reading_room.SIDE, maps, masks)


need_image(enter())
analysing()
