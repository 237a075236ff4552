"""Evaluate: a model on a labelled folder, figures with intervals out, the misses one click from the viewer."""

from collections.abc import Callable

import streamlit as st

from medimg_core.registry import list_models
from pages._ui import jobs
from pages._ui.blind_summary import withheld
from pages._ui.errors import shown
from pages._ui.evaluation import bench, choosing, export, misses, showing
from pages._ui.frame import enter
from pages._ui.language import _
from pages._ui.theme import say

TAB = "evaluate-tab"


def first_visit() -> None:
    """What to do next, before anything was evaluated."""
    say(
        _(
            "Nothing has been evaluated yet. Choose a model and a folder of labelled images of this machine (with an "
            "index.csv), then **Evaluate**. Every image goes through the same door as on Analyse; figures come with "
            "95 % intervals, and each miss opens in the viewer."
        )
    )


@st.fragment
def results() -> None:
    """The last evaluation; only this part runs again when a tab or a row is chosen."""
    done = bench.load().shown
    if done is None:
        return
    with shown():
        card = next((card for card in list_models() if card.id == done.evaluation.answer["model"]), None)
        showing.heading(done, card)
        export.buttons(done.evaluation)
        titles = [_("Figures"), _("Classes and subgroups"), _("Robustness"), _("Misses")]
        if TAB not in st.session_state:  # the page was away, or is new
            st.session_state[TAB] = titles[bench.load().tab]
        tabs = st.tabs(titles, key=TAB, on_change="rerun")
        drawn: tuple[Callable[[], None], ...] = (
            lambda: showing.figures_and_plots(done.evaluation),
            lambda: showing.parts(done.evaluation),
            lambda: showing.robustness(done.evaluation),
            lambda: None if withheld() else misses.misses(done.evaluation, card),
        )
        for place, (tab, draw) in enumerate(zip(tabs, drawn, strict=True)):
            if tab.open:
                bench.change(tab=place)
                with tab:
                    draw()


enter()
st.header(_("Evaluate"), anchor=False)
with shown():
    cards = list_models()
    if not cards:
        say(_("No model is installed. Put a model's folder into models/ and start again."))
        st.stop()
    choosing.ask(cards)
    jobs.watch()
    if bench.load().shown is None and not jobs.pending():
        first_visit()
results()
