"""Candidate lung nodules on CT, found without a trained model: a list with sizes, marks on the image, no verdict."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from medimg_core.detection import BlobDetector, NoduleCandidate, NoduleList
from medimg_core.gate.parts import holds
from medimg_core.study import Series, Volume
from pages._ui import jobs, memory, quantities
from pages._ui.going import go_to
from pages._ui.label_colours import CANDIDATES
from pages._ui.language import _, ngettext
from pages._ui.outlined import Outlined
from pages._ui.plain import plain
from pages._ui.score_bar import as_score
from pages._ui.state import Case, change, load
from pages._ui.view import SeriesKey
from pages._ui.viewer import Label

__all__ = ["nodule_panel", "suits"]

KEY = "nodules"
_FIRST = 8
"""Candidates that stand open; the others are folded."""


def suits(series: Series) -> bool:
    """Whether nodules are looked for: a stack of CT in HU, of the chest or of a part that nobody names."""
    volume = series.volume
    if volume is None or series.modality != "CT" or series.kind != "image":
        return False
    if volume.unit != "HU" or volume.geometry is None or volume.frames_axis or volume.colour or volume.shape[0] < 2:
        return False
    return not series.body_part or holds(series.body_part, ("CHEST",), projection=False)


def nodule_panel(case: Case) -> Outlined | None:
    """The panel, where it suits the series on show.

    Args:
        case: The session's.

    Returns:
        Marks for the picture, or None.
    """
    series = case.series
    if series is None or not suits(series):
        return None
    title = _title()
    st.markdown(f"**{title}**")
    found = case.findings.nodules_of(case.series_key, case.volume)
    if found is None:
        st.caption(_("Looks for round spots inside the lungs by rules. Nothing in it was learned from patients."))
        if all(job.title != _running() for job in jobs.pending()):
            st.button(_("Look for nodules"), key="run-nodules", type="primary", width="stretch", on_click=_run)
        return None
    st.markdown(f":orange[**{_('Caution:')}**] {plain(found.evidence)}")
    for note in found.notes:
        st.markdown(f":orange[**{_('Check:')}**] {plain(note)}")
    least = _least(case, found)
    chosen = [each for each in found.candidates if each.score >= least]
    _list(chosen, len(found.candidates))
    labels = tuple(Label(each.label, _("Candidate {n}").format(n=each.label), CANDIDATES) for each in chosen)
    return Outlined(KEY, title, labels, found.labels, found)


def _title() -> str:
    return _("Nodules (no training)")


def _running() -> str:
    return _("Looking for nodules")


def _run() -> None:
    case = load()
    volume, key = case.volume, case.series_key
    if volume is not None:
        jobs.start("onnx", _running(), _work(volume), _keep(key))


def _work(volume: Volume) -> Callable[[jobs.Progress], NoduleList]:
    words = {"lungs": _("lungs"), "round spots": _("round spots"), "shapes": _("shapes"), "done": _("done")}

    def work(progress: jobs.Progress) -> NoduleList:
        def say(done: int, total: int, text: str) -> None:
            progress(done, total, f"{_running()}, {words.get(text, text)}")

        return BlobDetector().detect(volume, say)

    return work


def _keep(key: SeriesKey) -> Any:
    def apply(case: Case, found: NoduleList) -> Case:
        if not case.holds(key, found.fingerprint):
            return case
        return memory.settle(replace(case, findings=case.findings.with_nodules(key, found)))

    return apply


def _least(case: Case, found: NoduleList) -> float:
    """The least score that is shown, which the reader chooses."""
    floor = float(found.parameters["least_score"])
    if floor >= 1 or not found.candidates:
        return floor
    key = "nodules-least"
    value = max(floor, case.view.least or floor)
    if st.session_state.get(key) != value:  # set at every run, it would fall back under a hand that moves it on
        st.session_state[key] = value
    st.slider(
        _("Least score shown"),
        floor,
        1.0,
        step=0.01,
        key=key,
        help=_("How ball-like and free a spot is. It ranks candidates and is no probability."),
        on_change=lambda: change(lambda now: now.with_view(least=float(st.session_state[key]))),
    )
    return value


def _list(chosen: list[NoduleCandidate], count: int) -> None:
    """The candidates, highest score first."""
    with st.container(key="label-nodules", gap=None):
        if not chosen:
            text = _("No candidate is listed. That does not say that there is none.")
            st.caption(text)
        else:
            text = ngettext("**{n} candidate** of {all}", "**{n} candidates** of {all}", len(chosen))
            st.markdown(text.format(n=len(chosen), all=count))
        open_ones = _FIRST if len(chosen) > _FIRST + 1 else len(chosen)  # a fold is no shorter than one of them
        for each in chosen[:open_ones]:
            _row(each)
        rest = chosen[open_ones:]
        if rest:
            with st.expander(ngettext("{n} more candidate", "{n} more candidates", len(rest)).format(n=len(rest))):
                for each in rest:
                    _row(each)


def _row(each: NoduleCandidate) -> None:
    densities = {"solid": _("solid"), "part_solid": _("part-solid"), "ground_glass": _("ground glass")}
    touching = {"pleura": _("at the pleura"), "vessel": _("at a vessel")}
    row, column = round(each.voxel[1]), round(each.voxel[2])
    place = round(each.voxel[0])
    head = [str(each.label), densities.get(each.density, each.density), _("image {n}").format(n=place + 1)]
    sizes = [
        quantities.axes(each.long_mm, each.short_mm, "mm"),
        _("{volume:.0f} mm³").format(volume=each.volume_mm3),
        _("score {score}").format(score=as_score(each.score)),
        *(touching.get(name, name) for name in each.touches),
    ]
    st.button(
        f"**{', '.join(head)}**\n{', '.join(sizes)}",
        key=f"part-nodules-{each.label}",
        type="tertiary",
        width="stretch",
        on_click=partial(go_to, (place, row, column)),
    )
