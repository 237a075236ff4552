"""The map's controls beside a result: off until asked for, the plain image back by one key."""

from typing import Any

import streamlit as st

from medimg_core.explain import METHODS, explain
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation, Prediction
from pages._ui.language import _
from pages._ui.state import Case, change, load
from pages._ui.theme import say

__all__ = ["asked_map", "map_panel"]


def asked_map(case: Case, card: ModelCard, result: Prediction | None) -> Explanation | None:
    """The map for the prediction on show, made when it is asked for; None while the plain image is wanted.

    Raises:
        MedImgError: The model makes no map.
    """
    if result is None or result.refused or not case.overlay.shown:
        return None
    known = case.explanation(card.id)
    if known is not None and known.score == result.score:
        return known
    made = explain(result, card)
    change(lambda now: now.with_explanation(now.series_key, made))
    return made


def map_panel(case: Case, card: ModelCard, result: Prediction, laid: Explanation | None) -> None:
    """A button for the map and, while it is on, how it is drawn."""
    if result.refused or card.cam is None:
        return
    st.button(
        _("Plain image") if case.overlay.shown else _("Show map"),
        key="map-toggle",
        shortcut="M",
        type="secondary" if case.overlay.shown else "primary",
        width="stretch",
        on_click=lambda: change(lambda now: now.with_overlay(shown=not now.overlay.shown)),
    )
    if laid is None:
        return
    if not laid.has_evidence:
        say(_("The map is empty: the model found no positive evidence for this reading."))
        return
    _slider("opacity", _("Opacity"), 0.0, 1.0)
    _slider("threshold", _("Threshold, share of the peak (contour)"), 0.0, 0.95)
    _toggle("by_value", _("Opacity follows the value"))
    _toggle("native", _("Show the network's own grid"))
    st.caption(
        _(
            "{method} of layer {layer}, {rows} x {columns} cells, for {label}. It shows where evidence for the score "
            "lies, not where disease lies, and has not been audited."
        ).format(
            method=METHODS[laid.method].title,
            layer=laid.layer,
            rows=laid.native.shape[0],
            columns=laid.native.shape[1],
            label=laid.label,
        )
    )


def _slider(name: str, label: str, low: float, high: float) -> None:
    key = f"overlay-{name}"
    st.session_state[key] = getattr(load().overlay, name)
    st.slider(label, low, high, step=0.05, key=key, on_change=_put(key, name))


def _toggle(name: str, label: str) -> None:
    key = f"overlay-{name}"
    st.session_state[key] = getattr(load().overlay, name)
    st.toggle(label, key=key, on_change=_put(key, name))


def _put(key: str, name: str) -> Any:
    def step() -> None:
        value = st.session_state[key]
        change(lambda case: case.with_overlay(**{name: value}))

    return step
