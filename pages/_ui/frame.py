"""The main script: navigation, sign-in, the current study and the notice around every page."""

import streamlit as st

from pages._ui import access, jobs, theme
from pages._ui.language import _
from pages._ui.places import arrive, places
from pages._ui.state import Case, load
from pages._ui.study_panel import study_panel

__all__ = ["enter", "main"]


def enter() -> Case:
    """Begin a page: sign-in where there is one, and the session's case. Every page calls it first."""
    access.require_sign_in()
    return load()


def main() -> None:
    """Draw the frame and run the page that was asked for."""
    known = places()
    current = st.navigation(list(known.values()))
    owned = arrive(current.url_path)
    st.set_page_config(
        page_title=_("{page} - MedImg").format(page=current.title),
        layout="wide",
        initial_sidebar_state="collapsed" if owned else "expanded",
    )
    st.logo(theme.wordmark(), size="large")
    theme.apply()
    access.require_sign_in()
    jobs.collect()
    with st.container(key="notice"):
        st.caption(_("Research use only. Not for diagnosis."))
    with st.sidebar:
        study_panel(load())
        access.sign_out_button()
    current.run()


if __name__ == "__main__":
    main()
