"""The map's controls beside a result: off until asked for, the plain image back by one key."""

from typing import Any

import streamlit as st

from medimg_core.decision import decision
from medimg_core.explain import METHODS, explain
from medimg_core.explain.scale import usual_peak
from medimg_core.registry import ModelCard
from medimg_core.results import Audit, Prediction
from pages._ui.explained import Asked
from pages._ui.explaining.kept import explained, reveal
from pages._ui.explaining.pictures import as_drawn
from pages._ui.language import _
from pages._ui.places import link
from pages._ui.plain import plain
from pages._ui.score_bar import percent
from pages._ui.state import Case, change, load
from pages._ui.theme import say
from pages._ui.view import Laid
from pages._ui.viewer import failed

__all__ = ["asked_map", "map_panel"]


def asked_map(case: Case, card: ModelCard, result: Prediction | None) -> Laid | None:
    """The map for the prediction on show, made when it is asked for.

    None while the plain image is wanted, or where the map's audit folds it: the Explain page shows it anyway.

    Raises:
        MedImgError: The model makes no map.
    """
    if result is None or result.refused or card.cam is None or not case.overlay.shown:
        return None
    found = case.explanation(card.id)
    if found is None or found.score != result.score:
        made = found = explain(result, card)
        change(lambda now: now.with_explanation(now.series_key, made))
    if not explained(case).shown(_asked(case, card, found.label)):
        return None
    if found.has_evidence:
        reveal(case)
    usual = usual_peak(card)
    return Laid(found, found.peak if usual is None or case.overlay.stretched else usual, usual)


def map_panel(case: Case, card: ModelCard, result: Prediction, laid: Laid | None, *, keyed: bool = True) -> bool:
    """A button for the map and, while it is on, how it is drawn.

    Args:
        case: Its overlay says whether maps are on.
        card: The model.
        result: What it said of the image on show.
        laid: Its map, or None while maps are off.
        keyed: Whether the key M works this button; one of a page's buttons has it, as all do the same.

    Returns:
        Whether there is a button.
    """
    if result.refused or card.cam is None:
        return False
    off = _("Remove map") if laid is not None and laid.visible else _("Do without the map")
    st.button(
        off if case.overlay.shown else _("Show map"),
        key=f"map-toggle-{card.id}",
        shortcut="M" if keyed else None,
        type="secondary" if case.overlay.shown else "primary",
        width="stretch",
        on_click=lambda: change(lambda now: now.with_overlay(shown=not now.overlay.shown)),
    )
    audit = _audit(case, card, result)
    if laid is not None and laid.visible:
        _about(case, laid, audit)
    elif laid is not None:
        say(_("The map is empty: the model found no positive evidence for this reading."))
    elif case.overlay.shown and audit is not None and audit.folded:
        st.warning(plain(audit.line))
        st.caption(_("The map is folded; the Explain page can show it anyway."))
    if case.overlay.shown:
        link("explain", _("Audit it, probe it, compare it"))
    return True


def _asked(case: Case, card: ModelCard, label: str) -> Asked:
    """The map of this page, as the Explain page knows it."""
    image = (case.series_key, card.id, case.view.slice_index, case.view.frame)
    return Asked(image, "grad_cam", label, card.cam.layer if card.cam is not None else "")


def _audit(case: Case, card: ModelCard, result: Prediction) -> Audit | None:
    """What is known of the map of this page."""
    if result.activations is None:
        return None
    label = decision(card, result.activations.logits).label
    return explained(case).audits.get(_asked(case, card, label))


def _about(case: Case, laid: Laid, audit: Audit | None) -> None:
    """How strong a map is, how it is drawn, and what it shows."""
    _strength(case, laid)
    if failed():
        _drawing(laid)
    else:
        st.caption(_("M hides and shows it on the image; opacity, contour and grid are in the image's own panel."))
    found = laid.explanation
    st.caption(
        _(
            "{method} of layer {layer}, {rows} x {columns} cells, for {label}. It shows where evidence for the score "
            "lies, not where disease lies. {audit}"
        ).format(
            method=METHODS[found.method].title,
            layer=plain(found.layer),
            rows=found.native.shape[0],
            columns=found.native.shape[1],
            label=plain(found.label),
            audit=_("It has not been audited.") if audit is None else plain(audit.line),
        )
    )


def _drawing(laid: Laid) -> None:
    """How the map is drawn over a still picture; the viewer has its own controls."""
    _slider("opacity", _("Opacity"), 0.0, 1.0)
    _slider("threshold", _("Contour, share of the scale"), 0.0, 0.95)
    _toggle("by_value", _("Opacity follows the value"))
    if laid.usual is not None:
        _toggle("stretched", _("Stretch colours to this map's peak"))
    _toggle("native", _("Show the network's own grid"))


def _strength(case: Case, laid: Laid) -> None:
    """How this map's peak compares with what the model usually shows; a faint map must not look strong."""
    if laid.usual is None:
        st.caption(_("Colours are stretched to this map's own peak; the model records no usual strength."))
        return
    share = laid.explanation.peak / laid.usual
    text = _("Peak of this map: {share} of the usual peak in images with the label.").format(share=percent(share))
    if not failed():  # the viewer has settings of its own, and says beside its colours when they are stretched
        found = laid.explanation
        if share < as_drawn(case, laid.key or f"map-{found.model_id}-{found.method}").threshold:
            text += " " + _("That is too faint for the contour; the image's own panel stretches the colours on wish.")
    elif case.overlay.stretched and share < 1:
        text += " " + _("Stretched: weak evidence is shown in strong colours.")
    elif share < case.overlay.threshold:
        text += " " + _("Nothing reaches the contour.")
    st.caption(text)


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
