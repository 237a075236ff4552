"""The table of opened studies, its actions, and what could not be read."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from medimg_core.registry import ModelCard, list_models
from medimg_core.study import Study
from pages._ui import memory
from pages._ui.language import _, ngettext
from pages._ui.mixed import MixedDrop
from pages._ui.places import go
from pages._ui.plain import plain
from pages._ui.result_card import at_operating_point
from pages._ui.state import Case, change
from pages._ui.study_panel import picture_title

__all__ = ["drop_notes", "refused_files", "study_table"]

_FEW = 5
"""Patients of a mixed drop that get a button each; more are chosen from a list."""


def _flags(case: Case, study: Study, cards: Mapping[str, ModelCard]) -> str:
    """What models flagged at the chosen operating points, and what the gate kept from a score.

    A score under a threshold is no finding.
    """
    words: list[str] = []
    counts: dict[str, list[bool]] = {}
    for made in case.results_of(study):
        card = cards.get(made.model_id)
        # without its card, a result keeps the threshold it was made with
        result = made if card is None else at_operating_point(case, card, made)
        if result.refused:
            words.append(_("{name}: refused").format(name=result.reading or result.model_id))
        else:
            counts.setdefault(result.reading, []).append(result.positive)
    for name, found in counts.items():
        if not any(found):
            words.append(_("{name}: not above threshold").format(name=name))
        elif all(found):
            words.append(_("{name}: above threshold").format(name=name))
        else:
            text = _("{name}: above threshold on {k} of {n} images")
            words.append(text.format(name=name, k=sum(found), n=len(found)))
    return ", ".join(dict.fromkeys(words))


def _description(study: Study) -> str:
    """What the headers say of a study; where they say nothing at all, what tells it from others."""
    said = study.description or next((series.description for series in study.series if series.description), "")
    return said or ("" if any(series.modality for series in study.series) else picture_title(study))


def _row(case: Case, study: Study, cards: Mapping[str, ModelCard]) -> dict[str, object]:
    shown = [series for series in study.series if series.volume is not None]
    parts = dict.fromkeys(series.body_part for series in study.series if series.body_part)
    return {
        _("Patient"): study.patient.pseudonym,
        _("Modality"): "/".join(dict.fromkeys(s.modality for s in study.series if s.modality)) or _("not in the file"),
        _("Body part"): ", ".join(parts) or _("not in the file"),
        _("Description"): _description(study),
        _("Series"): len(study.series),
        _("Images"): sum(s.volume.shape[0] * s.volume.frames for s in shown if s.volume),
        _("Date"): study.date or "",
        _("Status"): _("analysed") if case.results_of(study) or case.findings.segmentations_of(study.uid) else _("new"),
        _("Models say"): _flags(case, study, cards),
        _("Origin"): _("synthetic") if study.synthetic else _("file"),
    }


def study_table(case: Case) -> None:
    """One row a study; the chosen row is the current study."""
    uids = [study.uid for study in case.studies]
    key = f"worklist-{hash(tuple(uids)) & 0xFFFFFFFF:08x}"
    current = uids.index(case.study_uid) if case.study_uid in uids else 0
    # the marked row is always the current study, whichever way it was chosen
    st.session_state[key] = {"selection": {"rows": [current], "columns": [], "cells": []}}
    cards = {card.id: card for card in list_models()} if case.findings.predictions else {}
    st.dataframe(
        pd.DataFrame([_row(case, study, cards) for study in case.studies]),
        hide_index=True,
        key=key,
        on_select=partial(_choose, key, tuple(study.uid for study in case.studies)),
        selection_mode="single-row-required",
        height="content" if len(case.studies) < 9 else 360,
        alt=_("Opened studies"),
    )
    with st.container(horizontal=True):
        if st.button(_("Read"), type="primary", key="worklist-read"):
            go("read")
        if st.button(_("Analyse"), key="worklist-analyse"):
            go("analyse")
        if st.button(_("Explain"), key="worklist-explain"):
            go("explain")
        st.button(_("Close study"), key="worklist-close", on_click=_close)
    for study in case.studies:
        if study.uid == case.study_uid:
            for warning in (*study.warnings, *(w for series in study.series for w in series.warnings)):
                st.caption(_("Note: {text}").format(text=plain(warning)))


def _choose(key: str, uids: tuple[str, ...]) -> None:
    """Not given the case: what a widget calls outlives its run, and a closed study must not live on in it."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        change(lambda now: now.with_study(uids[rows[0]]))


def _close() -> None:
    change(lambda case: memory.settle(case.without_studies({case.study_uid or ""})))


def drop_notes(case: Case) -> None:
    """What to know of the last drop; of each that held several patients, which one stays."""
    if not case.mixed:
        for warning in case.warnings:
            st.caption(_("Note: {text}").format(text=plain(warning)))
    for drop in case.mixed:
        _keep_one(case, drop)


def _keep_one(case: Case, drop: MixedDrop) -> None:
    """The patients of one drop, to choose from."""
    st.warning(
        _(
            "**Caution:** this drop holds images of {n} patients. Each can be read, but nothing is linked or "
            "reported until you keep one."
        ).format(n=len(drop))
    )
    names = _names(case, drop)
    places = list(range(len(drop)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(drop) > _FEW:
            key = f"keep-which-{hash(drop) & 0xFFFFFFFF:08x}"
            places = [st.selectbox(_("Patient to keep"), places, format_func=names.__getitem__, key=key, width=260)]
        for place in places:
            st.button(
                _("Keep {patient}").format(patient=plain(names[place])),
                # of the drop itself: a second click must not reach another drop that moved up
                key=f"keep-{hash((drop, place)) & 0xFFFFFFFF:08x}",
                on_click=_keep_patient,
                args=(drop[place],),
            )


def _names(case: Case, drop: MixedDrop) -> list[str]:
    """Pseudonyms of the persons; where two share one, with the row of the table their studies begin at."""
    rows = [next(row for row, study in enumerate(case.studies) if study.uid in person) for person in drop]
    names = [case.studies[row].patient.pseudonym for row in rows]
    return [
        name if names.count(name) == 1 else _("{patient} (row {n})").format(patient=name, n=row + 1)
        for name, row in zip(names, rows, strict=True)
    ]


def _keep_patient(person: frozenset[str]) -> None:
    change(lambda case: memory.settle(case.with_patient(person)))


def refused_files(case: Case) -> None:
    """Files that were not read, folded, each with its reason."""
    if not case.refused:
        return
    count = len(case.refused)
    title = ngettext("{n} file was not read", "{n} files were not read", count).format(n=count)
    with st.expander(title, key="refused", expanded=not case.studies):
        rows = [{_("File"): refused.file, _("Why"): refused.reason} for refused in case.refused]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content" if count < 9 else 320, alt=title)
        st.button(_("Clear this list"), key="clear-refused", on_click=lambda: change(lambda now: now.with_refused(())))
