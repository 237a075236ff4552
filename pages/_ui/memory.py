"""How many voxels and masks the sessions hold, and who has to go when it is too many."""

import threading
import uuid

import streamlit as st

from medimg_core.errors import LimitError
from medimg_core.results import Segmentation
from medimg_core.study import Study
from pages._ui.language import ngettext
from pages._ui.settings import SETTINGS, Settings
from pages._ui.state import Case
from pages._ui.viewer.shown import derived_bytes

__all__ = ["Ledger", "admit", "mask_bytes", "settle", "size_of"]


class Ledger:
    """Bytes of voxels by session; shared by all sessions, so locked."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}

    @property
    def total(self) -> int:
        """Bytes held by all sessions."""
        return sum(self._held.values())

    def claim(self, session: str, wanted: int) -> None:
        """Note that a session now holds ``wanted`` bytes.

        Raises:
            LimitError: The server's limit would be passed; nothing changes.
        """
        with self._lock:
            others = self.total - self._held.get(session, 0)
            if others + wanted > self.settings.server_bytes:
                raise LimitError(
                    f"all sessions together may hold {_size(self.settings.server_bytes)} of images, "
                    f"this would make {_size(others + wanted)}"
                )
            self._held[session] = wanted

    def release(self, session: str) -> None:
        """Forget a session that ended."""
        with self._lock:
            self._held.pop(session, None)


LEDGER = Ledger()


def size_of(study: Study) -> int:
    """Bytes of a study's voxels, and of what was computed from them to be shown."""
    volumes = [series.volume for series in study.series if series.volume is not None]
    return sum(volume.array.nbytes + derived_bytes(volume) for volume in volumes)


def mask_bytes(result: Segmentation) -> int:
    """Bytes of masks, with room for the reader's corrected copy, and of what is kept for maps of the same run."""
    arrays = [result.mask, result.mask, *([] if result.raw is result.mask else [result.raw])]
    kept = [one.activations for one in result.predictions if one.activations is not None]
    features = sum(each.features.nbytes for each in kept if each.features is not None)
    return sum(array.nbytes for array in arrays) + features


def _made(case: Case, uid: str) -> int:
    """Bytes of what was made of a study."""
    findings = case.findings
    marks = sum(found.labels.nbytes for key, found in findings.nodules.items() if key[0] == uid)
    return marks + sum(map(mask_bytes, findings.segmentations_of(uid)))


def admit(case: Case, session: str, ledger: Ledger = LEDGER) -> tuple[Case, int]:
    """Make room for the current study by closing those unused for longest.

    Args:
        case: With the new studies in it, the current one in front.
        session: Key of the session in the ledger.
        ledger: Where bytes are counted.

    Returns:
        The case that fits, and how many studies were closed for it.

    Raises:
        LimitError: The current study alone is over the session's limit, or the server is full.
    """
    limit = ledger.settings.session_bytes
    sizes = {study.uid: size_of(study) + _made(case, study.uid) for study in case.studies}
    if case.study_uid in sizes and sizes[case.study_uid] > limit:
        raise LimitError(
            f"a session may hold {_size(limit)} of images and masks, this study has {_size(sizes[case.study_uid])}"
        )
    order = [uid for uid in case.recent if uid in sizes]
    order += [uid for uid in sizes if uid not in order]
    closed: set[str] = set()
    while sum(sizes.values()) > limit:
        uid = order.pop()
        closed.add(uid)
        del sizes[uid]
    ledger.claim(session, sum(sizes.values()))
    return case.without_studies(closed), len(closed)


def settle(case: Case) -> Case:
    """Admit what was just opened, and count what is left after a study was closed.

    Returns:
        The case that fits; it says so when studies were closed to make room.

    Raises:
        LimitError: As :func:`admit`.
    """
    fitting, closed = admit(case, _session())
    if not closed:
        return fitting
    text = ngettext(
        "{n} study unused for longest was closed: a session may hold {limit} of images.",
        "{n} studies unused for longest were closed: a session may hold {limit} of images.",
        closed,
    )
    return fitting.with_warning(text.format(n=closed, limit=_size(SETTINGS.session_bytes)))


@st.cache_resource(scope="session", show_spinner=False, on_release=LEDGER.release)
def _session() -> str:
    return uuid.uuid4().hex


def _size(count: float) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.0f} MB"
