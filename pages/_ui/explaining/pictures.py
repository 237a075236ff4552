"""Pictures beside the series on show: the very image, a changed one, another case; for the viewer and for files."""

import json
import weakref
from collections.abc import MutableMapping
from dataclasses import replace

import numpy as np

from medimg_core.geometry import Geometry
from medimg_core.study import Volume
from pages._ui import viewport
from pages._ui.mappings import empty
from pages._ui.outlined import Outlined
from pages._ui.state import Case
from pages._ui.view import Laid, View
from pages._ui.view import Overlay as Drawing
from pages._ui.viewer import Beside, Overlay, map_of
from pages._ui.viewer.shown import Shown, shown

__all__ = ["as_drawn", "as_file", "as_stored", "beside_case", "beside_volume", "case_of", "image_alone"]

FILE = (1200, 900)
"""Width and height of a picture in a file, pixels."""

# what the browser fetches must live as long as it is on show, and be the same at every rerun
_alone: MutableMapping[Volume, tuple[tuple[int, int], Volume]] = weakref.WeakKeyDictionary()
_stored: MutableMapping[Volume, Volume] = weakref.WeakKeyDictionary()


def image_alone(volume: Volume, place: int, frame: int) -> Volume:
    """One image of a volume as a volume of its own, in the same place; made once while it is on show.

    Args:
        volume: The volume.
        place: Slice, from 0.
        frame: From 0.
    """
    known = _alone.get(volume)
    if known is not None and known[0] == (place, frame):
        return known[1]
    values = volume.array[frame] if volume.frames_axis else volume.array
    made = replace(
        volume,
        array=values[place : place + 1],
        frames_axis=False,
        geometry=None if volume.geometry is None else _moved(volume.geometry, place),
        instances=_instance(volume, place, frame),
    )
    _alone[volume] = (place, frame), made
    return made


def as_stored(changed: Volume, volume: Volume, place: int, frame: int) -> Volume:
    """A changed image that hangs as the one it came from: pixels of a file hang as they were stored."""
    if changed not in _stored:
        _stored[changed] = replace(changed, instances=_instance(volume, place, frame))
    return _stored[changed]


def _instance(volume: Volume, place: int, frame: int) -> tuple[tuple[str, int], ...]:
    at = frame * volume.shape[0] + place
    return volume.instances[at : at + 1]


def _moved(geometry: Geometry, place: int) -> Geometry:
    move = np.eye(4)
    move[0, 3] = place
    return Geometry(geometry.affine @ move)


def case_of(case: Case, volume: Volume) -> Case:
    """A case with another volume in the place of the current series, and nothing else in it: to be drawn.

    Args:
        case: The session's.
        volume: Of one image.
    """
    study, series, view = case.study, case.series, case.view
    if study is None or series is None:
        raise ValueError("case_of() needs a current series")
    other = replace(series, volume=volume)
    alike = series.volume is not None and volume.unit == series.volume.unit and volume.photometric != "RGB"
    look = View(voi=view.voi, inverted=view.inverted, rest=view.rest) if alike else View()
    made = Case(studies=(replace(study, series=(other,)),), study_uid=study.uid, chosen=empty(), overlay=case.overlay)
    return made.with_view_of(made.series_key, look)


def on_screen(what: Shown, laid: Laid) -> Overlay:
    """A map over a picture as the viewer shows it."""
    made = map_of(
        laid.explanation,
        laid.usual,
        slice_on_screen=what.slice_on_screen(laid.explanation.slice_index),
        factors=what.factors,
        mark=laid.mark,
        key=laid.key,
    )
    return made if what.volume.frames > 1 else replace(made, frame=None)  # an image alone has no other time point


def beside_volume(
    case: Case, volume: Volume, title: str, *, laid: Laid | None = None, over: tuple[Overlay, ...] = ()
) -> Beside | None:
    """One image beside the series on show.

    Args:
        case: The session's.
        volume: The image alone.
        title: What it is, written on it.
        laid: A map of it, speaking of its slice 0.
        over: What else lies over it.
    """
    alone = case_of(case, volume)
    what = None if alone.study is None or alone.series is None else shown(alone.study, alone.series)
    if what is None:
        return None
    return Beside(what, title, ((on_screen(what, laid),) if laid is not None and laid.visible else ()) + over)


def beside_case(other: Case, title: str, laid: Laid | None = None) -> Beside | None:
    """The image on show of another case, beside.

    Args:
        other: A case in which that one is current.
        title: What it is, written on it.
        laid: A map of it.
    """
    what = None if other.study is None or other.series is None else shown(other.study, other.series)
    if what is None:
        return None
    return Beside(what, title, (on_screen(what, laid),) if laid is not None and laid.visible else ())


def as_file(case: Case, laid: Laid | None = None, masks: tuple[Outlined, ...] = (), *, title: str = "") -> bytes:
    """The image on show as a picture that may leave this machine: PNG, with nothing of the patient on it.

    Args:
        case: Its current series has voxels.
        laid: A map, drawn as the viewer draws it; with its mark.
        masks: Outlines.
        title: What it is, written on it.
    """
    seen = case if laid is None else replace(case, overlay=as_drawn(case, laid.key))
    return viewport.draw(seen, FILE, laid, masks, nameless=True, title=title).png


def as_drawn(case: Case, key: str) -> Drawing:
    """How the viewer draws a map, as far as the reader changed it there.

    Args:
        case: The session's.
        key: Of the map in the viewer.
    """
    own = case.overlay
    try:
        said = json.loads(case.view.rest)["overlays"][key]
        opacity, threshold = float(said["opacity"]), float(said["threshold"])
        if not (0 <= opacity <= 1 and 0 <= threshold <= 1):
            return own
        return replace(
            own,
            opacity=opacity,
            threshold=threshold,
            by_value=said["alpha"] == "by_value",
            native=bool(said["native"]),
        )
    except (ValueError, KeyError, TypeError):
        return own  # nothing was changed
