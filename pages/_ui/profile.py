"""Scores of a stack, slice by slice, as a strip that leads to each slice."""

from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from medimg_core.registry import ModelCard
from medimg_core.results import Prediction, Segmentation
from pages._ui import quantities
from pages._ui.going import go_to
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.result_card import operating_point
from pages._ui.score_bar import as_score
from pages._ui.state import Case
from pages._ui.theme import palette

__all__ = ["profile"]

_HTML = '<div class="profile" role="slider" tabindex="0"></div>'
_CSS = """
.profile { height: 46px; cursor: pointer; border-bottom: 1px solid var(--st-border-color); }
.profile svg { display: block; width: 100%; height: 100%; }
.profile:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""


@cache
def _component() -> Any:
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("medimg_profile", html=_HTML, css=_CSS, js=script)


def profile(case: Case, card: ModelCard, result: Segmentation) -> None:
    """The strip, and in words which slices reach the threshold; nothing where one slice was read.

    Args:
        case: Says which slice is on show.
        card: The model.
        result: Its run over the stack.
    """
    scores = {one.slice_index: one.score for one in result.predictions if not one.refused}
    if len(scores) < 2:
        return
    cut = operating_point(case, card).value
    first, last = result.slices
    places = range(first, last + 1)
    key = f"profile-{card.id}"
    _component()(
        key=key,
        data={
            "scores": [scores.get(place) for place in places],
            "texts": [as_score(scores[place]) if place in scores else "" for place in places],
            "first": first,
            "threshold": cut,
            "place": case.view.slice_index - first,
            "colours": {name: getattr(palette(), name) for name in ("accent", "quiet", "text", "track")},
            "words": {
                "label": _("Score by image"),
                "reaches": _("Image {n}: score {score}, reaches the threshold"),
                "below": _("Image {n}: score {score}, below the threshold"),
                "unread": _("Image {n}: not read"),
            },
        },
        height="content",
        on_go_change=partial(_go, key, first, last),
    )
    st.caption(plain(_said(result.predictions, cut)))


def _said(predictions: tuple[Prediction, ...], cut: float) -> str:
    """Which slices reach the threshold, and where the score is highest."""
    read = [one for one in predictions if not one.refused]
    above = [one.slice_index for one in read if one.score >= cut]
    top = max(read, key=lambda one: one.score)
    highest = _("highest {score} on image {n}").format(score=as_score(top.score), n=top.slice_index + 1)
    if not above:
        return _("None of {n} images reaches the threshold; {highest}.").format(n=len(read), highest=highest)
    return _("{k} of {n} images reach the threshold: {places}; {highest}.").format(
        k=len(above), n=len(read), places=quantities.images(above), highest=highest
    )


def _go(key: str, first: int, last: int) -> None:
    """The browser's word is checked: it names a slice of the strip."""
    place = st.session_state[key].get("go")
    if type(place) is int and 0 <= place <= last - first:
        go_to((first + place, None, None))
