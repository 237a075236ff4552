"""Guided cases of the demo folder: looked for once a server, kept in memory alone."""

import threading
from pathlib import Path

from medimg_core.demo import Found, demo_folder, find_stories
from pages._ui import jobs
from pages._ui.language import _
from pages._ui.state import Case

__all__ = ["begin", "known", "look", "looking"]

_found: dict[Path, Found] = {}
_begun: set[Path] = set()
_search = threading.Lock()


def known() -> Found | None:
    """The cases, or None until they were found."""
    folder = demo_folder()
    return None if folder is None else _found.get(folder)


def looking() -> bool:
    """Whether this session looks for them now."""
    return any(job.title == _title() for job in jobs.pending())


def begin() -> None:
    """Look for them at the first visit of this server, so that they are there when somebody asks."""
    folder = demo_folder()
    if folder is not None and folder not in _begun:
        look()


def look() -> None:
    """Look for them; beside the queue of the models, so that nobody waits for it."""
    folder = demo_folder()
    if folder is None or looking():
        return
    _begun.add(folder)

    def work(progress: jobs.Progress) -> Found:
        with _search:
            if folder not in _found:
                _found[folder] = find_stories(folder, progress=progress)
            return _found[folder]

    jobs.start("reading", _title(), work, _kept)


def _title() -> str:
    return _("Looking for guided cases in the demo folder")


def _kept(case: Case, _result: Found) -> Case:
    return case
