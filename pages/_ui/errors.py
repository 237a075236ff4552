"""An error as a person reads it: what happened, what it means, what to do. Never a traceback."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from medimg_core.errors import (
    Cancelled,
    GeometryError,
    IncompatibleInputError,
    LimitError,
    MedImgError,
    ModelError,
    NotApplicableError,
    UnreadableFileError,
    UnsafeArchiveError,
    UnsupportedFileError,
)
from pages._ui.language import _
from pages._ui.plain import plain

__all__ = ["SafeTraceback", "Words", "on_script_error", "shown", "tell", "words_for"]

_log = logging.getLogger("medimg.pages")


@dataclass(frozen=True)
class Words:
    """What a page says of an error.

    Attributes:
        happened: What happened.
        means: What that means for the user.
        todo: What to do.
    """

    happened: str
    means: str
    todo: str


def _advice(error: MedImgError) -> tuple[str, str]:
    table: tuple[tuple[type[MedImgError], str, str], ...] = (
        (
            LimitError,
            _("Nothing of it was opened; what was open stays open."),
            _("Open fewer or smaller files, or close a study on the Worklist first."),
        ),
        (
            UnsafeArchiveError,
            _("The archive was not unpacked."),
            _("Unpack it yourself, look at what it holds, and drop the images."),
        ),
        (
            UnsupportedFileError,
            _("The file is intact, but MedImg does not read this kind."),
            _("Export the images as DICOM, NIfTI, PNG, JPEG or TIFF."),
        ),
        (
            UnreadableFileError,
            _("The file is damaged, cut short, or not what it claims to be."),
            _("Fetch it again from where it came from."),
        ),
        (
            GeometryError,
            _("Positions in the patient cannot be trusted, so none are shown."),
            _("Check the series at its source."),
        ),
        (
            IncompatibleInputError,
            _("The task was not done; everything else still works."),
            _("Choose another series or another setting."),
        ),
        (
            NotApplicableError,
            _("There is no answer to give here, which is not the same as a negative answer."),
            _("Choose another series, model or method."),
        ),
        (
            ModelError,
            _("This model cannot be used; the others still can."),
            _("Run `medimg models --check`, or put the model's folder back as it was delivered."),
        ),
    )
    for kind, means, todo in table:
        if isinstance(error, kind):
            return means, todo
    return _("The task was not done; everything else still works."), _("Try again, or choose another series.")


def words_for(error: MedImgError) -> Words:
    """Say an error of the core in the page's words."""
    text = str(error)
    means, todo = _advice(error)
    return Words(text[:1].upper() + text[1:].rstrip(".") + ".", means, todo)


def tell(error: MedImgError) -> None:
    """Show an error on the page; a cancelled task is no error and gets one quiet line."""
    if isinstance(error, Cancelled):
        st.caption(_("Stopped. Nothing was changed."))
        return
    words = words_for(error)
    st.error(f"**{_('What happened:')}** {plain(words.happened)}\n\n{words.means} {words.todo}")


@contextmanager
def shown() -> Iterator[None]:
    """Turn errors of the core inside the block into a calm message; the page goes on after it."""
    try:
        yield
    except MedImgError as error:
        tell(error)


def on_script_error(error: Exception) -> bool:
    """Answer an error nobody foresaw: a plain message on the page, type and place in the log.

    Returns:
        True: Streamlit shows nothing of its own.
    """
    if isinstance(error, MedImgError):
        tell(error)
        return True
    _log.error("unforeseen %s", place_of(error))
    st.error(
        f"**{_('What happened:')}** {_('MedImg met an error it did not foresee.')}\n\n"
        + _("What you opened is still open and nothing left this computer. Reload the page, or choose another series.")
    )
    return True


def place_of(error: BaseException) -> str:
    """Type of an error and the lines it passed through, without its message, which may hold patient text."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    steps = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {steps or 'unknown place'}"


class SafeTraceback(logging.Filter):
    """Takes messages of exceptions out of log records: other libraries quote headers in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace a record's traceback by type and place; every record passes."""
        if record.exc_info and record.exc_info[1] is not None:
            record.msg = f"{record.getMessage()}: {place_of(record.exc_info[1])}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True
