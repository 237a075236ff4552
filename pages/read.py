"""Read: the image of the current series, with the window and the slices."""

import streamlit as st

from pages._ui import jobs, viewport
from pages._ui.errors import shown
from pages._ui.frame import enter
from pages._ui.guard import need_image
from pages._ui.language import _
from pages._ui.places import link
from pages._ui.state import load


@st.fragment
def reading() -> None:
    """The picture and its controls; only this part runs again when a slice or a window changes."""
    with shown():
        case = load()
        with st.container(horizontal=True, vertical_alignment="center", key="toolbar"):
            viewport.controls(case)
            viewport.navigator(case, 480)
            st.space("stretch")
            link("worklist", _("Worklist"))
            link("analyse", _("Analyse"))
        viewport.show(case, viewport.READ)


need_image(enter())
jobs.watch()
reading()
