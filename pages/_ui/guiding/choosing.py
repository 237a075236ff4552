"""Guided cases on the Worklist: one button a case, on phantoms and on images of the demo folder."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from medimg_core.demo import KINDS, Scene, Story, demo_folder, open_story, phantom_stories
from medimg_core.phantoms import catalogue
from medimg_core.registry import list_models
from pages._ui import jobs, memory
from pages._ui.evaluation import drawn
from pages._ui.guided import Guided
from pages._ui.guiding import ahead, found, telling
from pages._ui.language import _, ngettext
from pages._ui.places import go
from pages._ui.state import Case, blind, change

__all__ = ["arrive", "guided_cases"]


def arrive(case: Case) -> None:
    """Go to the first page of a guided case that is being opened, or has just been."""
    guided = case.guided
    opening = any(job.title == _opening() for job in jobs.pending())
    if guided is not None and not guided.arrived and (opening or guided.study_uid):
        go("analyse")


def guided_cases() -> None:
    """One button a case; those of the demo folder once they were found."""
    stories = _installed(phantom_stories())
    if not stories:
        return
    ahead.prepare(stories)
    st.markdown(f"**{_('Guided cases')}**")
    if blind().on:
        st.caption(_("Guided cases show results. They can be opened when you do not read blind."))
        return
    _row(stories, "phantom")
    if demo_folder() is not None:
        _of_folder()


def _installed(stories: Sequence[Story]) -> list[Story]:
    known = {card.id for card in list_models()}
    return [story for story in stories if story.model_id in known]


def _row(stories: Sequence[Story], where: str) -> None:
    modalities = {info.id: info.modality for info in catalogue()}
    for column, story in zip(st.columns(len(KINDS)), stories, strict=False):
        with column.container(border=True, gap="xsmall", height="stretch"):
            name, modality = telling.title(story.kind), modalities.get(story.phantom)
            st.button(
                f"{name} ({modality})" if modality else name,
                key=f"guided-{where}-{story.kind}",
                type="primary" if where == "phantom" else "secondary",
                width="stretch",
                on_click=partial(_open, story),
            )
            st.caption(telling.about(story.kind))


def _of_folder() -> None:
    """What was found in the demo folder; nothing of its name, or of names in it."""
    known = found.known()
    st.markdown(f"**{_('Guided cases on images of the demo folder')}**")
    if known is None:
        if found.looking():
            st.caption(_("Models are being run on some of its images; the cases stand here then."))
            return
        st.caption(_("No case has been looked for, or the search was stopped."))
        st.button(_("Look for cases"), key="guided-look", on_click=found.look)
        return
    _row(known.stories, "folder")
    count = ngettext("{n} image", "{n} images", known.images).format(n=known.images)
    for kind, lack in known.missing.items():
        name = telling.title(kind)
        text = _("{case}: none among {images}.")
        if lack == "no_truth":
            text = _("{case}: the files do not say what is true, so nobody can tell.")
        st.caption(text.format(case=name, images=count))


def _opening() -> str:
    return _("Preparing the guided case")


def _open(story: Story) -> None:
    """Open the image of a case; none stands on the page meanwhile."""

    def work(progress: jobs.Progress) -> Scene:
        progress(0, 0, title)
        return open_story(story, progress=progress)

    title = _opening()
    change(lambda case: replace(case, study_uid=None, named=None, guided=Guided(story, "")))
    jobs.start("reading", title, work, partial(_begin, story))


def _begin(story: Story, case: Case, scene: Scene) -> Case:
    case = memory.settle(case.with_opened(scene.opened)).with_series(scene.place)
    if scene.declared is not None:
        case = case.with_declared(scene.declared)
    if case.volume is not None and scene.truth is not None:
        mask = scene.truth.astype(np.uint8)
        mask.setflags(write=False)
        drawn.keep(case.volume, (drawn.Drawn(_("finding"), mask, made=bool(story.phantom)),))
    place = story.slice_index
    case = case.with_view(slice_index=place, goal=(place, None, None), goals=case.view.goals + 1)
    return case.with_guided(Guided(story, case.study_uid or ""))
