"""What a page says when there is nothing for it to work on."""

import streamlit as st

from pages._ui import jobs
from pages._ui.language import _
from pages._ui.places import go
from pages._ui.state import Case
from pages._ui.theme import say

__all__ = ["need_image"]


def need_image(case: Case) -> None:
    """Stop the page, with a way on, unless the current series has an image."""
    if case.volume is not None:
        return
    jobs.watch()
    if jobs.pending():
        st.stop()
    if case.study is None:
        say(_("No study is open. Open one on the Worklist: drop files there, or take a demo study."))
    else:
        say(
            _("This series holds no image ({what}). Choose another series in the sidebar.").format(
                what=(case.series.object_name if case.series else "") or _("an object without images")
            )
        )
    if st.button(_("Go to the Worklist"), type="primary", key="guard-worklist"):
        go("worklist")
    st.stop()
