"""The component on a page: what it is given, and what it tells."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import streamlit as st

from medimg_core.errors import MedImgError
from medimg_core.io import interval_days, same_patient
from medimg_core.study import Series, Study
from pages._ui import jobs, memory
from pages._ui.language import _
from pages._ui.state import Case, change, load
from pages._ui.study_panel import series_title
from pages._ui.view import key_of
from pages._ui.viewer import events
from pages._ui.viewer.describe import describe, interval_words
from pages._ui.viewer.overlays import Overlay
from pages._ui.viewer.routes import MODULES, address, style, voxel_address
from pages._ui.viewer.shown import Shown, can_straighten, forget, item_of, shown, straighten
from pages._ui.viewer.vault import session_token

__all__ = ["Beside", "failed", "reopen", "viewer"]

KEY = "viewer"
FAILED = "medimg_viewer_failed"
_WHOLE = "medimg_viewer_whole"  # the whole page runs again, not the viewer's part alone
# The modules come from our own route: a blob, as which Streamlit loads this text, cannot import by itself. All are
# asked for at once, and the slice on show with them, so that neither waits for the other.
_STUB = """
const MODULES = @MODULES@;
const asked = new Map();
let module = null;
const load = (data) => {
  if (module) return module;
  const at = (name) => new URL(data.modules + name, document.baseURI).href;
  for (const name of MODULES) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: at(name) });
    document.head.append(link);
  }
  module = import(at("viewer.js"));
  module.catch(() => { module = null; });
  return module;
};
const first = ({ voxels, session, main, first }) => {
  if (asked.has(main.id)) return null;
  asked.set(main.id, true);
  const url = `${voxels}/${main.id}/${first}-${first}?as=raw`;
  const wish = { headers: { "X-MedImg-Session": session }, cache: "no-store", credentials: "same-origin" };
  return fetch(url, wish).then((answer) => (answer.ok ? answer.arrayBuffer() : null)).catch(() => null);
};
export default function (component) {
  const { data, parentElement } = component;
  if (!asked.size) performance.mark("medimg-viewer-mount");
  const slice = first(data);
  load(data).then((loaded) => loaded.show(component, slice)).catch((error) => {
    console.error(error);
    component.setTriggerValue("ask", { failed: String(error).slice(0, 200) });
  });
  return () => load(data).then((loaded) => loaded.leave(parentElement)).catch(() => {});
}
""".replace("@MODULES@", json.dumps([*MODULES, "words.js", "palettes.js"]))
_HTML = '<div class="mv">&nbsp;</div>'


@dataclass(frozen=True, eq=False)
class Beside:
    """What a page puts beside the series on show: the same image with another map, a changed image, another case.

    Attributes:
        shown: The picture.
        title: What it is, written on it.
        overlays: What lies over it.
    """

    shown: Shown
    title: str
    overlays: tuple[Overlay, ...] = field(default=(), repr=False)


@cache
def _component() -> Any:
    """The component, with its style sheet read once and not at every rerun."""
    return st.components.v2.component("medimg_viewer", html=_HTML, css=style(), js=_STUB)


def failed() -> bool:
    """Whether the viewer cannot run in this browser, or was turned off (``MEDIMG_VIEWER=still``)."""
    return os.environ.get("MEDIMG_VIEWER") == "still" or FAILED in st.session_state


def reopen() -> None:
    """Try the viewer again."""
    st.session_state.pop(FAILED, None)


def viewer(case: Case, overlays: Sequence[Overlay] = (), beside: Beside | None = None) -> None:
    """Put the viewer on the page, with the current series in it.

    Args:
        case: Its current series has voxels.
        overlays: What lies over it.
        beside: What the page puts beside it, in the place of what the reader chose; zoom and pan go together.
    """
    if st.session_state.pop(_WHOLE, False):
        st.rerun()
    study, series = case.study, case.series
    if study is None or series is None:
        return
    what = shown(study, series, straight=case.straightened)
    if what is None:
        return
    chosen = _beside(case, what) if beside is None else None
    view = events.saved(case, what)
    if beside is not None:
        view["layout"] = "beside"
        other: dict[str, Any] | None = describe(beside.shown, prior=beside.title)
    else:
        other = None if chosen is None else describe(chosen, prior=_prior(series, study, chosen))
    data = {
        "first": view["frame"] * what.volume.shape[0] + view["index"][0],
        "modules": address(),
        "voxels": voxel_address(),
        "session": session_token(),
        "main": describe(what),
        "other": other,
        "overlaysBeside": [] if beside is None else [over.describe() for over in beside.overlays],
        "linked": beside is not None,
        "series": _strip(case, what, chosen),
        "open": [item_of(each.volume).id for known in case.studies for each in known.series if each.volume is not None],
        "overlays": [over.describe() for over in overlays],
        "measurements": events.plain(case.measurements_of(what.straight), what),
        "view": view,
        "straightenable": can_straighten(series),
        "straightened": what.straight,
    }
    _component()(key=KEY, data=data, height="content", on_seen_change=_on_seen, on_ask_change=_on_ask)


def _beside(case: Case, what: Shown) -> Shown | None:
    """The series chosen to be shown beside, while it is open and of the same patient."""
    wanted = case.beside_key
    for study, series in _offered(case, what):
        if wanted is not None and key_of(study.uid, series) == wanted and series is not what.series:
            return shown(study, series)
    return None


def _prior(series: Series, study: Study, other: Shown) -> str:
    """Label of a series of another study of the same patient."""
    if other.study.uid == study.uid:
        return ""
    days = interval_days(series, other.series)
    if days is None:
        return _("OTHER STUDY, no date")
    if days > 0:
        return _("PRIOR, {interval} before").format(interval=interval_words(days))
    return _("OTHER STUDY, {interval} later").format(interval=interval_words(-days)) if days else _("SAME DAY")


def _strip(case: Case, what: Shown, beside: Shown | None) -> list[dict[str, Any]]:
    """The series of the study, then those of the same patient's other open studies."""
    items = []
    for study, series in _offered(case, what):
        if series.volume is None:
            continue
        other = Shown(study, series, series.volume)
        prior = _prior(what.series, what.study, other)
        item = item_of(series.volume)
        items.append(
            {
                "ref": item.id,
                "thumbnail": item.id,
                "title": series_title(series),
                "short": " ".join(filter(None, (series.modality, series.part))) or _("Series"),
                "current": series is what.series,
                "prior": prior,
                "beside": beside is not None and series is beside.series,
            }
        )
    return items


def _offered(case: Case, what: Shown) -> list[tuple[Study, Series]]:
    own = [(what.study, series) for series in what.study.series]
    others = [
        (study, series)
        for study in case.studies
        if study.uid != what.study.uid
        for series in study.series
        if series.volume is not None and series.modality == what.series.modality and same_patient(what.series, series)
    ]
    return own + others


def _on_seen() -> None:
    seen = st.session_state[KEY].get("seen")
    change(lambda case: events.take(case, seen))


def _on_ask() -> None:
    wish = st.session_state[KEY].get("ask")
    if not isinstance(wish, dict):
        return
    if "failed" in wish:
        st.session_state[FAILED] = True
        return
    case = load()
    if events.key_of_item(case, wish.get("of")) != case.series_key:
        return  # asked of a series that is not on show any more
    if wish.get("map"):
        change(lambda now: now.with_overlay(shown=True))
    elif "straighten" in wish:
        _straighten(case, on=bool(wish["straighten"]))
    elif isinstance(wish.get("step"), int):
        _turn_to(case, _stepped(case, 1 if wish["step"] > 0 else -1))
    elif "series" in wish:
        _turn_to(case, _opened(case, wish["series"]))
    elif "beside" in wish:
        change(lambda now: now.with_beside(events.key_of_item(now, wish["beside"])))


def _turn_to(before: Case, after: Case) -> None:
    """Show another series; what stands around the viewer speaks of it, too."""
    if after.series_key != before.series_key:
        change(lambda now: replace(after, findings=now.findings))  # not all of them need be on show
        st.session_state[_WHOLE] = True


def _straighten(case: Case, *, on: bool) -> None:
    """Show the series resampled along the patient's axes, once that is computed, or as it was read."""
    series, key, title = case.series, case.series_key, _("Straightening the series")
    st.session_state[_WHOLE] = True
    if series is None or (on and any(job.title == title for job in jobs.pending())):
        return
    if not on:
        forget(series)
        change(lambda now: memory.settle(now.with_straightened(on=False)))
        return

    def show(now: Case, _made: None) -> Case:
        try:
            if now.series_key == key:
                return memory.settle(now.with_straightened(on=True))
        except MedImgError:
            forget(series)
            raise
        forget(series)  # the reader went on meanwhile
        return now

    jobs.start("reading", title, lambda progress: straighten(series, progress=progress), show)


def _stepped(case: Case, by: int) -> Case:
    """The next or previous series that has images."""
    if case.study is None:
        return case
    places = [place for place, series in enumerate(case.study.series) if series.volume is not None]
    if case.series_index not in places:
        return case
    return case.with_series(places[(places.index(case.series_index) + by) % len(places)])


def _opened(case: Case, ref: object) -> Case:
    if case.study is None:
        return case
    wanted = events.key_of_item(case, ref)
    for place, series in enumerate(case.study.series):
        if key_of(case.study.uid, series) == wanted:
            return case.with_series(place)
    return case
