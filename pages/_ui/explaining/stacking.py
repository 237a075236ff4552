"""Maps of every image of a stack: where in it the evidence lies."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from medimg_core.explain import METHODS
from medimg_core.explain.methods import closed_form
from medimg_core.explain.volume import explain_volume
from medimg_core.results import ExplanationStack, Prediction
from pages._ui import jobs
from pages._ui.explained import Asked
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.folding import folded_away
from pages._ui.explaining.kept import change, explained, keep
from pages._ui.explaining.laying import MAP_KEY, mark_of, usual_of
from pages._ui.language import _, ngettext
from pages._ui.state import Case
from pages._ui.viewer import MapOverlay, Overlay
from pages._ui.viewer.shown import shown

__all__ = ["stack_over", "stack_panel", "stack_words", "stacked"]

STACK = "stack"
WHOLE = -1
"""In the place of a slice: all of them."""


def stack_panel(desk: Desk) -> None:
    """A switch for the maps of all images, where these take no time of their own; begins to make them."""
    volume, asked = desk.case.volume, desk.asked
    if volume is None or asked is None or not _offered(desk):
        return
    key = "explain-stack"
    st.session_state[key] = bool(explained(desk.case).settings.get(STACK, False))
    count = volume.shape[0]
    st.toggle(
        ngettext("Map of the one image", "Maps of all {n} images", count).format(n=count),
        key=key,
        on_change=lambda: change(lambda now: now.with_setting(STACK, st.session_state[key])),
    )
    if st.session_state[key] and folded_away(desk):
        st.caption(_("None of them is on show: the map of this image is folded by its audit, and the others with it."))
        return
    if not st.session_state[key] or _found(desk) is not None or not desk.case.overlay.shown:
        return
    if _whole(asked) not in explained(desk.case).tried:
        _start(desk, asked)
        st.rerun()


def _offered(desk: Desk) -> bool:
    volume, asked = desk.case.volume, desk.asked
    if volume is None or asked is None or volume.shape[0] < 2 or not isinstance(desk.said, Prediction):
        return False
    return METHODS[asked.method].explains == "decision" and closed_form(asked.method, desk.card, asked.layer or None)


def _whole(asked: Asked) -> Asked:
    series, model, _place, frame = asked.key
    return replace(asked, key=(series, model, WHOLE, frame))


def _found(desk: Desk) -> ExplanationStack | None:
    """The maps, where they were made of this volume by this very model."""
    if desk.asked is None or desk.said is None:
        return None
    found = explained(desk.case).stacks.get(_whole(desk.asked))
    same = found is not None and found.weights_sha256 == desk.said.weights_sha256
    return found if same and found is not None and found.fingerprint == desk.said.fingerprint else None


def _start(desk: Desk, asked: Asked) -> None:
    case, card, frame = desk.case, desk.card, asked.key[3]
    series, volume, word = case.series, case.volume, case.declared.get(case.series_key)
    masks = case.segmentation(card.id)
    if volume is None:
        return
    # what was said of images already is used again, where all of them were read
    read = masks if masks is not None and masks.slices == (0, volume.shape[0] - 1) and masks.frame == frame else None
    work = partial(
        explain_volume,
        volume,
        card,
        method=asked.method,
        label=asked.label,
        frame=frame,
        result=read,
        series=series,
        declared=word,
    )

    def task(progress: jobs.Progress) -> ExplanationStack:
        progress(0, 0, _("Mapping all images"))
        return work(progress=progress)

    def apply(now: Case, made: ExplanationStack) -> Case:
        held = now.holds(asked.key[0], made.fingerprint)
        return keep(now, explained(now).with_stack(_whole(asked), made)) if held else now

    change(lambda now: now.with_trial(_whole(asked)))
    jobs.start("onnx", _("Mapping all images by {model}").format(model=_(card.title)), task, apply)


def _on(desk: Desk) -> ExplanationStack | None:
    """The maps to be shown: asked for, made, and not folded by the audit of the one on show."""
    known = explained(desk.case)
    if not desk.case.overlay.shown or not known.settings.get(STACK, False) or not _offered(desk):
        return None
    return _found(desk) if desk.asked is not None and known.shown(desk.asked) else None


def stacked(desk: Desk) -> bool:
    """Whether the maps of all images are on show, on one scale."""
    return _on(desk) is not None


def stack_words(desk: Desk) -> None:
    """In which image the largest evidence lies."""
    found = _on(desk)
    if found is not None and found.has_evidence:
        text = _("Most evidence on image {n}; P goes there. An audit is of the image on show alone.")
        st.caption(text.format(n=found.peak_slice + 1))


def stack_over(desk: Desk) -> Overlay | None:
    """All maps as one, for the viewer."""
    found, case = _on(desk), desk.case
    if found is None or desk.asked is None or case.study is None or case.series is None or case.volume is None:
        return None
    what = shown(case.study, case.series)
    if what is None:
        return None
    values = np.zeros((case.volume.shape[0], *found.native.shape[1:]), np.float32)
    values[list(found.slices)] = found.native
    matrix, shrink = np.eye(4), np.diag([*(1 / factor for factor in what.factors), 1.0])
    shrink[:3, 3] = [(1 / factor - 1) / 2 for factor in what.factors]  # half-pixel centres
    matrix[1:, 1:] = found.to_image
    one = found.at(found.peak_slice)
    method = METHODS[found.method]
    return MapOverlay(
        key=MAP_KEY,
        title=_("{method} for {label}").format(method=method.title, label=_(found.label).replace("_", " ")),
        array=values,
        to_volume=shrink @ matrix,
        owner=found,
        own=found.peak,
        usual=usual_of(desk.card, one),
        unit=_("Evidence, {unit}").format(unit=_(method.unit)),
        frame=found.frame,
        signed=found.signed,
        mark=mark_of(explained(case).audits.get(desk.asked)),
    )
