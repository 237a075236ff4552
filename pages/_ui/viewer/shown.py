"""A series as the viewer shows it: as it was read, reduced where it is too large, or straightened when asked for."""

import math
import weakref
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

from medimg_core.errors import NotApplicableError
from medimg_core.reformat import reduced, straightened
from medimg_core.study import AnyArray, Series, Study, Volume
from pages._ui.language import _
from pages._ui.settings import SETTINGS
from pages._ui.viewer.vault import VAULT, Item, session_token, thumbnail_of

__all__ = ["Shown", "can_straighten", "derived_bytes", "forget", "item_of", "recognised", "shown", "straighten"]

Progress = Callable[[int, int, str], None]
OBLIQUE = 1.0
"""Degrees off the patient's axes, or of shear, from which a straightened view makes sense."""

_reduced: MutableMapping[Volume, tuple[Volume, tuple[int, int, int]]] = weakref.WeakKeyDictionary()
_straight: MutableMapping[Volume, Volume] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Shown:
    """What is on the screen of a series.

    Attributes:
        study: Study it belongs to.
        series: The series.
        volume: The voxels that are shown.
        factors: Slices, rows and columns of the series in one of the volume; ``(1, 1, 1)`` as read.
        straight: True for the straightened view.
    """

    study: Study = field(repr=False)
    series: Series = field(repr=False)
    volume: Volume = field(repr=False)
    factors: tuple[int, int, int] = (1, 1, 1)
    straight: bool = False

    @property
    def item(self) -> Item:
        """What the browser fetches."""
        return item_of(self.volume)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must stand on the image because it is not as it was acquired."""
        found = []
        if self.straight:
            found.append(_("Straightened: resampled, not as acquired"))
        if self.factors != (1, 1, 1):
            found.append(
                _("Reduced for display: each value is the mean of {0} x {1} x {2} voxels").format(*self.factors)
            )
        return tuple(found)

    def slice_in_series(self, index: int) -> int:
        """Slice of the series that a slice of the volume stands for."""
        last = self.series.volume.shape[0] - 1 if self.series.volume is not None else 0
        return min(index * self.factors[0] + self.factors[0] // 2, last)

    def slice_on_screen(self, index: int) -> int:
        """Slice of the volume in which a slice of the series lies."""
        return min(index // self.factors[0], self.volume.shape[0] - 1)


def shown(study: Study, series: Series, *, straight: bool = False) -> Shown | None:
    """The series as it is shown now; None for one without images.

    Args:
        study: Study it belongs to.
        series: The series.
        straight: The straightened view, where :func:`straighten` has made one.
    """
    volume = series.volume
    if volume is None:
        return None
    if straight and volume in _straight:
        volume = _straight[volume]
    else:
        straight = False
    if volume.frames * math.prod(volume.shape) <= SETTINGS.viewer_voxels:  # a pixel of three colours counts once
        return Shown(study, series, volume, straight=straight)
    if volume not in _reduced:
        _reduced[volume] = reduced(volume, int(SETTINGS.viewer_voxels))
    small, factors = _reduced[volume]
    return Shown(study, series, small, factors, straight)


def recognised(study: Study, series: Series, volume: object) -> Shown | None:
    """The series as it is shown by this very volume; None when the volume is none of the series'.

    Args:
        study: Study it belongs to.
        series: The series.
        volume: What the browser shows. Nothing is computed to find out.
    """
    if series.volume is None:
        return None
    for straight, source in ((False, series.volume), (True, _straight.get(series.volume))):
        if source is None:
            continue
        if source is volume:
            return Shown(study, series, source, straight=straight)
        small = _reduced.get(source)
        if small is not None and small[0] is volume:
            return Shown(study, series, *small, straight)
    return None


def can_straighten(series: Series) -> bool:
    """Whether the series lies at an angle to the patient's axes, or is sheared."""
    volume = series.volume
    if volume is None or volume.geometry is None or volume.colour or min(volume.shape) < 2:
        return False
    return max(volume.geometry.obliqueness, volume.geometry.shear) >= OBLIQUE


def straighten(series: Series, *, progress: Progress | None = None) -> None:
    """Resample a series along the patient's axes, once; kept as long as the series is open.

    Args:
        series: The series.
        progress: Called as ``progress(done, total, text)``.

    Raises:
        MedImgError: It cannot be straightened.
    """
    if series.volume is None or not can_straighten(series):
        raise NotApplicableError("only a volume that lies at an angle can be straightened")
    if series.volume not in _straight:
        _straight[series.volume] = straightened(
            series.volume, progress=progress, most_bytes=int(SETTINGS.session_bytes // 2)
        )


def forget(series: Series) -> None:
    """Let the straightened view of a series go."""
    if series.volume is not None:
        _straight.pop(series.volume, None)


def derived_bytes(volume: Volume) -> int:
    """Bytes of what was computed from a volume to be shown."""
    made = [_straight.get(volume), *(small[0] for small in (_reduced.get(volume),) if small is not None)]
    return sum(each.array.nbytes for each in made if each is not None)


def item_of(volume: Volume) -> Item:
    """What the browser fetches of a volume, in this session."""
    planes = volume.array.reshape(-1, *volume.array.shape[1 + volume.frames_axis :])
    back = weakref.ref(volume)  # the vault must not keep a volume alive that was closed

    def thumbnail() -> AnyArray:
        owner = back()
        if owner is None:
            raise LookupError("the volume was closed")
        return thumbnail_of(owner)

    return VAULT.put(session_token(), volume, planes, thumbnail=thumbnail)
