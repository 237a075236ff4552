"""Read: the images of the current series in the viewer, with what can be laid beside them."""

import streamlit as st

from pages._ui import jobs, reading_room
from pages._ui.errors import shown
from pages._ui.frame import enter
from pages._ui.guard import need_image
from pages._ui.language import _
from pages._ui.places import link
from pages._ui.state import hidden, load


@st.fragment
def reading() -> None:
    """The viewer; only this part runs again when it tells what the reader did."""
    with shown():
        case = load()
        with st.container(horizontal=True, vertical_alignment="center", key="toolbar"):
            link("worklist", _("Worklist"))
            if hidden(case.series_key):
                link("analyse", _("Record your finding"))
            else:
                link("analyse", _("Analyse"))
                link("explain", _("Explain"))
        reading_room.picture(case, reading_room.PAGE)


need_image(enter())
jobs.watch()
reading()
