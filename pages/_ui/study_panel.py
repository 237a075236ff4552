"""The current study, as the sidebar shows it."""

import streamlit as st

from medimg_core.io import patient_name
from medimg_core.study import Series, Study
from pages._ui.file_names import name_of
from pages._ui.language import _, ngettext
from pages._ui.state import Case, change

__all__ = ["picture_title", "series_title", "study_panel", "study_title"]

_ROOM = 28
"""Letters of a file's name that lists have room for; the sidebar has all of it for the study on show."""


def study_title(study: Study) -> str:
    """One line for a study, without the patient's name."""
    modalities = "/".join(dict.fromkeys(series.modality for series in study.series if series.modality))
    if not modalities and name_of(study):
        return picture_title(study)  # alone: the list is narrow, and nothing else is known
    words = (study.patient.pseudonym, modalities or picture_title(study) or _("no modality"), study.date)
    return ", ".join(filter(None, words))


def _shortened(name: str) -> str:
    """A file's name that fits a list: its end tells it from its neighbours, so that letters in the middle go."""
    return name if len(name) <= _ROOM else f"{name[: _ROOM // 2 - 1]}...{name[-_ROOM // 2 + 2 :]}"


def picture_title(study: Study) -> str:
    """What tells images of a file without headers from others: its name, else their size, and a mark of their pixels.

    Args:
        study: Its first series with voxels is meant.

    Returns:
        For the page alone, since a file's name may hold a patient's. Empty without voxels.
    """
    volume = next((series.volume for series in study.series if series.volume is not None), None)
    if volume is None:
        return ""
    if name := name_of(study):
        return _shortened(name)
    rows, columns = volume.shape[1:]
    return _("{rows} x {columns} pixels, {mark}").format(rows=rows, columns=columns, mark=volume.fingerprint[:4])


def series_title(series: Series) -> str:
    """One line for a series."""
    if series.volume is None:
        return series.object_name or _("object without images")
    count = series.volume.shape[0] * series.volume.frames
    images = ngettext("{n} image", "{n} images", count).format(n=count)
    kinds = {"localiser": _("localiser"), "derived": _("derived"), "dose_sheet": _("dose sheet")}
    words = (series.modality, series.body_part, series.description, series.part, kinds.get(series.kind, ""), images)
    return " ".join(filter(None, words))


def study_panel(case: Case) -> None:
    """Which study and series is on show, with a way to change both; the name only when asked for."""
    st.caption(_("Current study"))
    if case.study is None:
        st.write(_("None. Open one on the Worklist."))
        return
    study, uids = case.study, [study.uid for study in case.studies]
    if len(uids) > 1:
        titles = {each.uid: study_title(each) for each in case.studies}
        st.session_state["panel-study"] = study.uid
        st.selectbox(_("Study"), uids, format_func=titles.__getitem__, key="panel-study", on_change=_choose_study)
    numbers = list(range(len(study.series)))
    if len(numbers) > 1:
        st.session_state["panel-series"] = case.series_index
        st.selectbox(
            _("Series"),
            numbers,
            format_func=lambda n: series_title(study.series[n]),
            key="panel-series",
            on_change=_choose_series,
        )
    _facts(case, study)


def _facts(case: Case, study: Study) -> None:
    series = case.series
    rows = [(_("Patient"), study.patient.pseudonym)]
    if file := name_of(study):
        rows.append((_("File"), file))
    if series is not None:
        rows += [
            (_("Modality"), series.modality or _("not in the file")),
            (_("Body part"), series.body_part or _("not in the file")),
            (_("Series"), series_title(series)),
        ]
    if study.synthetic:
        rows.append((_("Origin"), _("SYNTHETIC phantom")))
    for label, value in rows:
        st.text(f"{label}: {value}")
    name = patient_name(series) if series is not None else None
    if not name:
        return
    named = case.named == study.uid
    if named:
        st.text(_("Name: {name}").format(name=name))
    st.button(
        _("Hide name") if named else _("Show name"),
        key="panel-name",
        on_click=lambda: change(lambda now: now.with_name(shown=not named)),
    )


def _choose_study() -> None:
    change(lambda case: case.with_study(st.session_state["panel-study"]))


def _choose_series() -> None:
    change(lambda case: case.with_series(st.session_state["panel-series"]))
