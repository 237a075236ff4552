"""Worklist: open studies, see what was read and what was refused, choose one."""

import streamlit as st

from medimg_core.phantoms import catalogue
from pages._ui import jobs, opening, worklist_table
from pages._ui.blind_summary import blind_summary
from pages._ui.errors import shown
from pages._ui.frame import enter
from pages._ui.guiding import choosing, found
from pages._ui.guiding.strip import others_wanted
from pages._ui.language import _
from pages._ui.state import Case
from pages._ui.theme import say


def drop_zone(case: Case) -> None:
    """Files or a folder, of any kind: what they are is found by content."""
    zone, mode = st.columns([6, 1], vertical_alignment="bottom")
    folder = mode.toggle(_("Whole folder"), key="drop-folder", help=_("Choose a folder instead of single files."))
    files = zone.file_uploader(
        _("Drop DICOM files or folders, zip archives, NIfTI, PNG, JPEG or TIFF"),
        accept_multiple_files="directory" if folder else True,
        key=f"drop-{case.drop}-{folder}",
        help=_("Files stay in this computer's memory; nothing is written to disk, nothing leaves it."),
    )
    if files:
        opening.open_files(list(files))
        st.rerun()


def demo_studies() -> None:
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
    demo_studies()
