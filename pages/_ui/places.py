"""The pages there are, in the order of the navigation."""

from pathlib import Path

import streamlit as st

from pages._ui.language import _

__all__ = ["IMAGE_PAGES", "go", "link", "places"]

_FOLDER = Path(__file__).resolve().parent.parent
IMAGE_PAGES = ("read", "analyse")
"""Pages that the picture owns: their sidebar starts folded."""


def places() -> dict[str, st.Page]:
    """Every page by its name, which is its file's and its address."""
    titles = {"worklist": _("Worklist"), "read": _("Read"), "analyse": _("Analyse"), "models": _("Models")}
    return {
        name: st.Page(_FOLDER / f"{name}.py", title=title, url_path=name, default=name == "worklist")
        for name, title in titles.items()
    }


def go(name: str) -> None:
    """Change to a page."""
    st.switch_page(places()[name])


def link(name: str, label: str) -> None:
    """A link to a page."""
    st.page_link(places()[name], label=label)
