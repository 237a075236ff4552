"""The pages there are, in the order of the navigation."""

from pathlib import Path

import streamlit as st

from pages._ui.language import _

__all__ = ["arrive", "go", "link", "on_image_page", "places"]

_KEY = "medimg_page"
_FOLDER = Path(__file__).resolve().parent.parent
IMAGE_PAGES = ("read", "analyse", "explain")
"""Pages that the picture owns: their sidebar starts folded."""


def places() -> dict[str, st.Page]:
    """Every page by its name, which is its file's and its address."""
    titles = {
        "worklist": _("Worklist"),
        "read": _("Read"),
        "analyse": _("Analyse"),
        "explain": _("Explain"),
        "models": _("Models"),
        "evaluate": _("Evaluate"),
    }
    return {
        name: st.Page(_FOLDER / f"{name}.py", title=title, url_path=name, default=name == "worklist")
        for name, title in titles.items()
    }


def arrive(name: str) -> bool:
    """Take note of the page on show; gives whether the picture owns it."""
    st.session_state[_KEY] = name
    return name in IMAGE_PAGES


def on_image_page() -> bool:
    """Whether somebody is looking at an image."""
    return st.session_state.get(_KEY) in IMAGE_PAGES


def go(name: str) -> None:
    """Change to a page."""
    st.switch_page(places()[name])


def link(name: str, label: str) -> None:
    """A link to a page."""
    st.page_link(places()[name], label=label)
