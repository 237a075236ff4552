"""What the browser is told of a series: everything but its voxels, in words and numbers fit for JSON."""

import hashlib
import secrets
import weakref
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from medimg_core.io import frame_of_reference, frame_times, slice_thickness
from medimg_core.laterality import looks_mirrored
from medimg_core.study import Series, Volume
from medimg_core.voi import Lut
from pages._ui.captions import patient_lines, series_lines
from pages._ui.language import _, ngettext
from pages._ui.study_panel import series_title
from pages._ui.viewer.shown import Shown
from pages._ui.viewer.vault import VAULT, session_token
from pages._ui.windows import Offer, offered

__all__ = ["describe", "interval_words", "windows_of"]

_SECRET = secrets.token_bytes(16)
MOST_RADIOGRAPHS = 50  # of one series that are looked at one by one


def describe(what: Shown, *, prior: str = "") -> dict[str, Any]:
    """Describe a series for the viewer.

    Args:
        what: The series as it is shown.
        prior: Label of an earlier study, e.g. ``"PRIOR 366 days"``, or empty.
    """
    volume, series = what.volume, what.series
    facts = _facts(series, volume)
    geometry, planar = volume.geometry, volume.planar
    letters = None
    if planar is not None and planar.right is not None and planar.bottom is not None:
        letters = [planar.right, planar.bottom]
    pet = series.modality == "PT"
    return {
        **what.item.describe((volume.frames, *volume.shape)),
        "affine": None if geometry is None else [float(value) for value in geometry.affine.ravel()],
        "letters": letters,
        "spacing": None if volume.spacing is None else list(volume.spacing),
        "spacingNote": _("at the detector") if planar and planar.spacing_source == "detector" else "",
        # DICOM slices hang as they were made; other files say nothing of how to hang them
        "asStored": series.volume is not None and bool(series.volume.instances) and not what.straight,
        "unit": "" if volume.unit == "unknown" else volume.unit,
        "monochrome1": volume.photometric == "MONOCHROME1",
        "padding": volume.padding,
        "inverse": pet,
        "palettes": pet or series.modality == "NM",
        "windows": facts.windows,
        "marks": _marks(what, prior),
        "thickness": facts.thickness if volume.instances else None,  # of slices as they were acquired
        "caution": facts.caution,
        "cautionSlices": facts.caution_slices,
        "times": facts.times,
        "frameOfReference": facts.frame_of_reference,
        "title": series_title(series),
    }


@dataclass(frozen=True, eq=False)
class _Facts:
    """What takes a look at all voxels or headers to know; found once, not at every rerun."""

    windows: list[dict[str, Any]]
    thickness: float | None
    times: list[float] | None
    frame_of_reference: str | None
    caution: str
    caution_slices: list[int] | None


_known: MutableMapping[Volume, dict[str, _Facts]] = weakref.WeakKeyDictionary()


def _facts(series: Series, volume: Volume) -> _Facts:
    by_session = _known.setdefault(volume, {})
    token = session_token()
    if token not in by_session:
        by_session[token] = _Facts(
            windows_of(series, volume),
            slice_thickness(series),
            _times(series, volume),
            _hashed(frame_of_reference(series)),
            *_caution(series, volume),
        )
    return by_session[token]


def _times(series: Series, volume: Volume) -> list[float] | None:
    found = frame_times(series) if volume.frames > 1 else None
    return list(found) if found is not None and len(found) == volume.frames else None


def _hashed(uid: str | None) -> str | None:
    """A name for a frame of reference that says nothing of the patient's UID."""
    return None if uid is None else hashlib.sha256(_SECRET + uid.encode()).hexdigest()[:12]


def _caution(series: Series, volume: Volume) -> tuple[str, list[int] | None]:
    """What to look at twice, and on which slices; a CT is judged as a whole, radiographs one by one."""
    slices = volume.shape[0]
    whole = volume.geometry is not None or slices > MOST_RADIOGRAPHS
    found = [looks_mirrored(series, place) for place in range(1 if whole else slices)]
    text = next((text for text in found if text), None)
    if text is None:
        return "", None
    return _(text), None if whole else [place for place, each in enumerate(found) if each]


def _marks(what: Shown, prior: str) -> dict[str, list[str]]:
    banner = (_("SYNTHETIC") if what.series.synthetic else "", prior, *what.notes)
    return {
        "left": list(patient_lines(what.study)),
        "right": list(series_lines(what.study, what.series, what.volume)),
        "banner": [text for text in banner if text],
    }


def windows_of(series: Series, volume: Volume) -> list[dict[str, Any]]:
    """Windows on offer, as :func:`pages._ui.windows.offered` orders them."""
    return [_entry(offer) for offer in offered(series, volume)]


def _entry(offer: Offer) -> dict[str, Any]:
    voi, names = offer.voi, {"key": offer.key, "name": offer.title}
    if isinstance(voi, Lut):
        entries = voi.entries.reshape(1, 1, -1)
        table = VAULT.put(session_token(), voi, entries).describe((1, *entries.shape))
        span = max(entries.size - 1, 1)  # what a drag begins with
        window = {"centre": voi.first + span / 2, "width": span, "function": "LINEAR_EXACT"}
        return {**names, "first": voi.first, "table": table, **window}
    figures = {"centre": voi.centre, "width": voi.width, "function": voi.function}
    return {**names, **figures, **({"source": offer.source} if offer.source else {})}


def interval_words(days: int) -> str:
    """How long before, in words."""
    if days < 60:
        return ngettext("{n} day", "{n} days", days).format(n=days)
    if days < 730:
        months = round(days / 30.44)
        return ngettext("{n} month", "{n} months", months).format(n=months)
    return _("{n:.1f} years").format(n=days / 365.25)
