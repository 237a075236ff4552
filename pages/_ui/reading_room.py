"""The picture on Read and Analyse: the viewer, or a still picture where the viewer cannot run."""

import time
from collections.abc import Sequence

import streamlit as st

from pages._ui import viewport
from pages._ui.evaluation import drawn
from pages._ui.language import _
from pages._ui.outlined import Outlined
from pages._ui.state import Case, blind, change_blind, hidden
from pages._ui.view import Laid
from pages._ui.viewer import Beside, Overlay, failed, map_of, reopen, viewer
from pages._ui.viewer.shown import shown

__all__ = ["PAGE", "SIDE", "picture"]

PAGE, SIDE = viewport.READ, viewport.SIDE


def picture(
    case: Case,
    size: tuple[int, int],
    maps: Sequence[Laid] = (),
    masks: Sequence[Outlined] = (),
    beside: Beside | None = None,
    over: Sequence[Overlay] = (),
) -> None:
    """Put the current series on the page.

    Args:
        case: Its current series has voxels.
        size: Width and height of the still picture, pixels.
        maps: Of the slice on show, one a model; a still picture shows the last of them.
        masks: Of the series on show.
        beside: What the page puts beside it; only the viewer shows it.
        over: What else lies over it in the viewer; it takes the place of the maps there.
    """
    if hidden(key := case.series_key):
        maps, masks, beside, over = (), (), None, ()
        if key not in blind().begun:
            change_blind(lambda log, _case: log.with_sight(key, time.monotonic()))
    if failed():
        _still(case, size, maps[-1] if maps else None, masks)
    else:
        viewer(case, [*(() if case.straightened else over), *_overlays(case, () if over else maps, masks)], beside)


def _still(case: Case, size: tuple[int, int], laid: Laid | None, masks: Sequence[Outlined]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="still"):
        viewport.controls(case)
        viewport.navigator(case, 240)
        st.space("stretch")
        st.button(_("Try the viewer again"), key="viewer-again", on_click=reopen)
    st.caption(_("The viewer does not run in this browser: single pictures are shown, without measuring."))
    viewport.show(case, size, laid, masks)


def _overlays(case: Case, maps: Sequence[Laid], masks: Sequence[Outlined]) -> list[Overlay]:
    if case.study is None or case.series is None or case.straightened:
        return []
    what = shown(case.study, case.series)
    if what is None:
        return []
    found: list[Overlay] = [
        map_of(
            laid.explanation,
            laid.usual,
            slice_on_screen=what.slice_on_screen(laid.explanation.slice_index),
            factors=what.factors,
            mark=laid.mark,
            key=laid.key,
        )
        for laid in maps
        if laid.visible
    ]
    found += [each.overlay(case, what.factors) for each in masks]
    truth = what.factors == (1, 1, 1) and not hidden(case.series_key)
    return found + (drawn.overlays(case.volume) if truth else [])
