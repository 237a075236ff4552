"""Which slices a model that segments is to read, and the reader's word on which of them hold what it seeks."""

from functools import partial
from typing import Literal

import streamlit as st

from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.mappings import put
from pages._ui.plain import plain
from pages._ui.state import Case, change
from pages._ui.view import tag_of

__all__ = ["controls", "extent", "told", "wanted"]

End = Literal[0, 1]


def extent(card: ModelCard) -> str:
    """``image``, ``volume`` or ``reader``: on what a model's masks are made; empty for one that makes none."""
    output = card.segmentation
    return output.mask.extent if output is not None and output.mask is not None else ""


def told(case: Case, card: ModelCard) -> tuple[int, int] | None:
    """First and last slice that hold what is sought, from 0; None until the reader named both, in their order."""
    first, last = case.view.spans.get(card.id, (None, None))
    return None if first is None or last is None or first > last else (first, last)


def wanted(case: Case, card: ModelCard) -> tuple[int, int] | None:
    """Slices to read, from 0: the one on show for a model of single images, else what was told; None for all."""
    count = 1 if case.volume is None else case.volume.shape[0]
    if count == 1:
        return None
    if extent(card) == "image":
        return case.view.slice_index, case.view.slice_index
    return told(case, card)


def controls(case: Case, card: ModelCard) -> None:
    """Ask for the first and the last slice that hold what is sought; nothing where the model reads single images.

    Args:
        case: Its current series is asked about.
        card: The model.
    """
    count = 1 if case.volume is None else case.volume.shape[0]
    if count == 1 or extent(card) not in ("reader", "volume") or card.segmentation is None:
        return
    name = plain(", ".join(card.segmentation.classes))
    if extent(card) == "reader":
        st.caption(
            _("Which images hold the {name}? Without your word all are outlined, but no volume is given.").format(
                name=name
            )
        )
        _ends(case, card, name, count)
        return
    with st.expander(_("Read only some images"), expanded=card.id in case.view.spans):
        st.caption(_("Name the first and the last image that hold the {name}; else all are read.").format(name=name))
        _ends(case, card, name, count)


def _ends(case: Case, card: ModelCard, name: str, count: int) -> None:
    """Both ends side by side, and what is wrong with them."""
    for end, side in enumerate(st.columns(2, gap="small")):
        with side:
            _end(case, card, name, 1 if end else 0, count)
    first, last = case.view.spans.get(card.id, (None, None))
    if first is not None and last is not None and first > last:
        st.markdown(f":orange[**{_('Check:')}**] " + _("the first image lies behind the last."))
    elif (first is None) != (last is None):
        st.caption(_("Name the other end, too: one alone is not used."))


def _end(case: Case, card: ModelCard, name: str, end: End, count: int) -> None:
    """One end: a number, and a button that takes the slice on show."""
    key = f"span-{card.id}-{end}-{tag_of(case.series_key)}"
    value = case.view.spans.get(card.id, (None, None))[end]
    st.session_state[key] = None if value is None else value + 1
    label = _("Last with {name}") if end else _("First with {name}")
    st.number_input(
        label.format(name=name),
        min_value=1,
        max_value=count,
        step=1,
        key=key,
        placeholder=_("none"),
        on_change=partial(_typed, key, card.id, end),
    )
    here = case.view.slice_index
    st.button(
        (_("Last: image {n}") if end else _("First: image {n}")).format(n=here + 1),
        key=f"{key}-here",
        help=_("Take the image on show"),
        width="stretch",
        disabled=value == here,
        on_click=partial(_put, card.id, end, here),
    )


def _typed(key: str, model_id: str, end: End) -> None:
    value = st.session_state[key]
    _put(model_id, end, None if value is None else int(value) - 1)


def _put(model_id: str, end: End, value: int | None) -> None:
    def step(case: Case) -> Case:
        first, last = case.view.spans.get(model_id, (None, None))
        span = (first, value) if end else (value, last)
        return case.with_view(spans=put(case.view.spans, model_id, span))

    change(step)
