"""Labelled folders of the server's machine: which may be read, and what they hold.

A path is never put into an address, a log or the title of a task.
"""

import os
from collections import Counter
from pathlib import Path

import streamlit as st

from medimg_core.errors import IncompatibleInputError, UnreadableFileError
from medimg_core.evaluation.folder import INDEX, read_folder
from pages._ui import access
from pages._ui.evaluation.bench import Contents

__all__ = ["checked", "confined", "contents", "data_root", "offered"]


def data_root() -> Path | None:
    """``MEDIMG_DATA``: the folder of labelled folders, or None where it is not set."""
    text = os.environ.get("MEDIMG_DATA")
    return Path(text).expanduser() if text else None


def confined() -> bool:
    """Whether folders are read below ``MEDIMG_DATA`` alone: where others than this computer's user come in."""
    return access.auth_configured() or not access.is_loopback(st.get_option("server.address"))


def offered() -> tuple[str, ...]:
    """Names of the folders with an index below ``MEDIMG_DATA``, sorted."""
    root = data_root()
    if root is None or not root.is_dir():
        return ()
    return tuple(sorted(path.parent.name for path in root.glob(f"*/{INDEX}")))


def checked(text: str, *, confine: bool, root: Path | None) -> Path:
    """A folder that may be read.

    Args:
        text: Its path, as typed.
        confine: Whether it must lie below ``root``.
        root: Of :func:`data_root`.

    Raises:
        IncompatibleInputError: It is no path, or it may not be read; the message does not say whether it is there.
    """
    if "\0" in text or not text.strip():
        raise IncompatibleInputError("a folder must be given as a path of the machine that MedImg runs on")
    if not confine:
        try:
            return Path(text.strip()).expanduser()
        except RuntimeError as error:
            raise IncompatibleInputError(
                "a folder must be given as a path; this one has no home to begin at"
            ) from error
    if root is None:
        raise IncompatibleInputError(
            "where other computers reach MedImg, folders are read below MEDIMG_DATA alone, which is not set"
        )
    path = Path(os.path.realpath(root / text.strip()))
    if not path.is_relative_to(os.path.realpath(root)):
        raise IncompatibleInputError(
            "where other computers reach MedImg, a folder must lie below MEDIMG_DATA; this one does not"
        )
    return path


def contents(folder: Path, known: Contents | None = None) -> Contents:
    """What a folder's index holds.

    Args:
        folder: Of :func:`checked`.
        known: What was read before; given back while the index is the same.

    Raises:
        UnreadableFileError: See :func:`medimg_core.evaluation.folder.read_folder`.
    """
    stamp = _stamp(folder / INDEX)
    if known is not None and known.stamp == stamp:
        return known
    rows = read_folder(folder)
    splits = Counter(row.split for row in rows)
    return Contents(
        stamp=stamp,
        splits=dict(splits),
        labels={split: dict(Counter(r.label for r in rows if r.label and r.split == split)) for split in splits},
        masks={split: dict(Counter(c for r in rows if r.split == split for c in r.masks)) for split in splits},
    )


def _stamp(index: Path) -> tuple[str, int, int]:
    """What tells an index from an earlier one: its path, the time it was written, its size."""
    try:
        stat = index.stat()
    except FileNotFoundError:
        return (str(index), 0, 0)
    except OSError as error:
        raise UnreadableFileError(f"a data folder must be readable by this user; {error.strerror}") from error
    return (str(index), stat.st_mtime_ns, stat.st_size)
