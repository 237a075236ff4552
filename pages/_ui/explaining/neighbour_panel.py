"""The validation cases that look most alike to the network, with what they turned out to be."""

import streamlit as st

from medimg_core.errors import NotApplicableError
from medimg_core.explain.neighbours import nearest
from medimg_core.results import Prediction
from pages._ui.explaining.desk import Desk
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.result_card import question
from pages._ui.score_bar import as_score

__all__ = ["neighbour_panel"]


def neighbour_panel(desk: Desk) -> None:
    """A folded table; nothing for a model that keeps no embeddings."""
    said = desk.said
    if not isinstance(said, Prediction) or said.activations is None:
        return
    try:
        found = nearest(said.activations.embedding, desk.card)
    except NotApplicableError:
        return
    with st.expander(_("Nearest validation cases")):
        st.table(
            {
                plain(question(desk.card)): [_("yes") if each.positive else _("no") for each in found],
                _("Score"): ["-" if each.score is None else plain(as_score(each.score)) for each in found],
                _("Distance"): [f"{each.distance:.2f}" for each in found],
                _("Case"): [plain(each.case) for each in found],  # last: names may be longer than the column
            }
        )
        st.caption(
            _("Alike to the network, which need not be alike to you. Distance between embeddings: 0 alike, 2 opposite.")
        )
        if any(each.very_image for each in found):
            st.caption(_("One of them seems to be this very image: its label is no evidence from another case."))
