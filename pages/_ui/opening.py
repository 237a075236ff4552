"""Files into studies: dropped by the user, or a phantom chosen from the catalogue."""

from typing import Any

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.study import Opened
from pages._ui import jobs, memory
from pages._ui.language import _, ngettext
from pages._ui.places import on_image_page
from pages._ui.state import Case, change

__all__ = ["open_demo", "open_files"]


def _keep(case: Case, opened: Opened) -> Case:
    fitting = memory.settle(case.with_opened(opened))
    if opened.refused and not opened.studies:  # else nothing would be seen to happen beside studies that are open
        fitting = fitting.with_warning(_("nothing of the last drop could be read; the reasons are listed below."))
    return fitting.reading_on(case) if on_image_page() else fitting


def _show(case: Case, opened: Opened) -> Case:
    return memory.settle(case.with_opened(opened))


def open_files(files: list[Any]) -> None:
    """Start to read uploaded files; the uploader is emptied at once, the bytes live until they are read.

    Args:
        files: Streamlit's uploaded files.
    """

    def work(progress: jobs.Progress) -> Opened:
        return open_study(files, progress=progress)

    change(lambda case: case.with_drop())
    title = ngettext("Reading {n} file", "Reading {n} files", len(files)).format(n=len(files))
    jobs.start("reading", title, work, _keep)


def open_demo(phantom_id: str, title: str, *, show: bool = False) -> None:
    """Start to make and read a phantom.

    Args:
        phantom_id: Of the catalogue.
        title: Its title.
        show: True when it was asked for from elsewhere, to be shown wherever the reader is by then.
    """

    def work(progress: jobs.Progress) -> Opened:
        files = make_phantom(phantom_id, progress=progress).files
        return open_study(list(files), progress=progress)

    jobs.start("reading", _("Preparing the demo study {title}").format(title=title), work, _show if show else _keep)
