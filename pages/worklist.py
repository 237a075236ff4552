"""Worklist: open studies, see what was read and what was refused, choose one."""

import streamlit as st

from medimg_core.phantoms import PhantomInfo, catalogue
from medimg_core.phantoms.dicom import uid
from pages._ui import jobs, opening, worklist_table
from pages._ui.blind_summary import blind_summary
from pages._ui.errors import shown
from pages._ui.frame import enter
from pages._ui.guiding import choosing, found
from pages._ui.guiding.strip import others_wanted
from pages._ui.language import _
from pages._ui.places import go
from pages._ui.state import Case
from pages._ui.theme import say


def drop_zone(case: Case) -> None:
    """Files or a folder, of any kind: what they are is found by content."""
    zone, mode = st.columns([9, 2], vertical_alignment="bottom")
    folder = mode.toggle(_("Whole folder"), key="drop-folder", help=_("Choose a folder instead of single files."))
    files = zone.file_uploader(
        _("Drop DICOM files or folders, zip archives, NIfTI, PNG, JPEG or TIFF"),
        accept_multiple_files="directory" if folder else True,
        key=f"drop-{case.drop}-{folder}",
        help=_("Files stay in this computer's memory; nothing is written to disk, nothing leaves it."),
    )
    if files:
        opening.open_files(files)
        st.rerun()


def is_open(case: Case, row: PhantomInfo) -> bool:
    """Whether a phantom of the catalogue is the study on show: its UIDs follow from its id and seed."""
    # asked only of what is synthetic: making a UID loads a large library
    return case.study is not None and case.study.synthetic and case.study_uid == uid(f"{row.id} {row.seed}", "study")


def ways_on() -> None:
    """On the card of the demo study that is open: that it is, and where to go with it."""
    with st.container(horizontal=True, vertical_alignment="center", key="demo-open"):
        st.markdown(f"**{_('Open.')}**", width="content")
        if st.button(_("Read"), type="primary", key="demo-read"):
            go("read")
        if st.button(_("Analyse"), key="demo-analyse"):
            go("analyse")


def demo_studies(case: Case) -> None:
    """Guided cases, then every phantom, one click each."""
    choosing.guided_cases()
    st.markdown(f"**{_('Demo studies')}**")
    st.caption(
        _("One click opens a generated study whose truth is known. It is marked SYNTHETIC and was never training data.")
    )
    columns = st.columns(3)
    for number, row in enumerate(catalogue()):
        with columns[number % 3].container(border=True, gap="xsmall"):
            # a callback: a press while the page is still being drawn is not lost
            st.button(
                f"{_(row.title)} ({row.modality})",
                key=f"demo-{row.id}",
                width="stretch",
                on_click=opening.open_demo,
                args=(row.id, _(row.title)),
            )
            st.caption(_(row.description))
            if is_open(case, row):
                ways_on()


def first_visit() -> None:
    """What to do next, on a worklist with nothing in it."""
    say(
        _(
            "No study is open yet. Drop files above, or open a demo study from the next tab. Then choose "
            "**Read** to look at the images, or **Analyse** to run a model and see where it looked."
        )
    )


case = enter()
choosing.arrive(case)
st.header(_("Worklist"), anchor=False)
with shown():
    found.begin()
    jobs.watch()
tabs = (_("My studies"), _("Demo studies"))
opened_tab, demo_tab = st.tabs(tabs, key="worklist-tab", default=tabs[1] if others_wanted() else None)
with opened_tab, shown():
    drop_zone(case)
    worklist_table.drop_notes(case)
    if case.studies:
        worklist_table.study_table(case)
    elif not jobs.pending():
        first_visit()
    blind_summary()
    worklist_table.refused_files(case)
with demo_tab, shown():
    demo_studies(case)
