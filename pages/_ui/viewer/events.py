"""What the browser says of the view, of measurements and of corrections; nothing of it is trusted."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from medimg_core.errors import MedImgError
from medimg_core.measuring import measure
from medimg_core.results import Measurement, Point
from pages._ui.state import Case
from pages._ui.view import SeriesKey, View, key_of
from pages._ui.viewer import edits
from pages._ui.viewer.shown import Shown, recognised
from pages._ui.viewer.vault import VAULT, session_token

__all__ = ["key_of_item", "plain", "saved", "take"]

MOST_MEASUREMENTS = 200
MOST_STATE = 16_384
"""Characters of the browser's own state; about 1,500 are usual."""


def take(case: Case, seen: object) -> Case:
    """The case after the browser told how a series is looked at and what was measured on it.

    Args:
        case: Before.
        seen: ``{of, view, measurements, edits}`` as JSON; what breaks a rule is left out.
    """
    if not isinstance(seen, dict):
        return case
    case = edits.take(case, seen.get("edits"))
    what = _whose(case, seen.get("of"))
    if what is None:
        return case
    key = key_of(what.study.uid, what.series)
    view = seen.get("view")
    if isinstance(view, dict):
        case = case.with_view_of(key, _view(case.view_of(key), what, view))
    listed = seen.get("measurements")
    if isinstance(listed, list):
        before = case.looks.measurements.get((key, what.straight), ())
        case = case.with_measurements(key, _measured(what, listed, before), straight=what.straight)
    return case


def key_of_item(case: Case, ref: object) -> SeriesKey | None:
    """The series that the browser knows by a name, or None."""
    what = _whose(case, ref)
    return None if what is None else key_of(what.study.uid, what.series)


def _whose(case: Case, item_id: object) -> Shown | None:
    """The series, as read or straightened, whose voxels the browser shows."""
    item = VAULT.find(session_token(), item_id) if isinstance(item_id, str) else None
    if item is None:
        return None
    volume = item.owner()
    found = (recognised(study, series, volume) for study in case.studies for series in study.series)
    return next((what for what in found if what is not None), None)


def _view(before: View, what: Shown, view: dict[str, Any]) -> View:
    index, frame, inverted = view.get("index"), view.get("frame"), view.get("inverted")
    window = view.get("window")
    key = window.get("key") if isinstance(window, dict) else None
    place = index[0] if isinstance(index, list) and len(index) == 3 else None
    known = place if isinstance(place, int) and 0 <= place < what.volume.shape[0] and not what.straight else None
    goal = view.get("goal")
    if isinstance(goal, int) and goal < before.goals:
        known = None  # told before the viewer heard that a page sends the reader elsewhere
    text = json.dumps(view, separators=(",", ":"))
    return replace(
        before,
        # a straightened slice is none of the series'
        slice_index=before.slice_index if known is None else what.slice_in_series(known),
        frame=frame if isinstance(frame, int) and 0 <= frame < what.volume.frames else before.frame,
        voi=key if isinstance(key, str) and len(key) < 60 else before.voi,
        inverted=inverted if isinstance(inverted, bool) else before.inverted,
        rest=text if len(text) <= MOST_STATE else before.rest,
        rest_of=what.item.id if len(text) <= MOST_STATE else before.rest_of,
    )


def _measured(what: Shown, listed: Sequence[Any], before: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Measurements of a list; those that are as they were are not computed again."""
    known = {each["id"]: (each, made) for each, made in zip(plain(before, what), before, strict=True)}
    made: list[Measurement] = []
    for each in listed[:MOST_MEASUREMENTS]:
        if not isinstance(each, dict):
            continue
        said = {name: each.get(name) for name in ("id", "kind", "axis", "frame", "points")}
        name = said["id"] if isinstance(said["id"], str) else ""
        if name in known and known[name][0] == said:
            made.append(known[name][1])
            continue
        try:
            made.append(_measure(what, said))
        except MedImgError:
            continue  # not made by our viewer
    return tuple(made)


def _measure(what: Shown, said: dict[str, Any]) -> Measurement:
    """Measure on the series' own voxels, also where means of them are shown."""
    volume = what.volume
    if what.factors != (1, 1, 1) and not what.straight and what.series.volume is not None:
        volume = what.series.volume
        said = {**said, "points": _moved(said["points"], what, said["axis"])}
    return measure(volume, **said, series_uid=what.series.uid)


def _moved(points: Any, what: Shown, axis: Any) -> Any:
    """Points on the grid of the series; what are no points on the grid shown is None, which measure() refuses."""
    series = what.series.volume
    try:
        inside = all(-0.5 <= value <= n - 0.5 for p in points for value, n in zip(p, what.volume.shape, strict=True))
        if series is None or not inside:
            return None
        moved = []
        for point in points:
            full = [value * f + (f - 1) / 2 for value, f in zip(point, what.factors, strict=True)]
            # the last block may be a part
            full = [min(value, length - 0.5) for value, length in zip(full, series.shape, strict=True)]
            plane = what.slice_in_series(int(point[0])) if axis == 0 else int(point[axis]) * what.factors[axis]
            full[axis] = float(plane)
            moved.append(full)
    except (TypeError, ValueError, IndexError):
        return None
    return moved


def plain(measurements: Sequence[Measurement], what: Shown | None = None) -> list[dict[str, Any]]:
    """Measurements as the browser keeps them, on the grid that it shows."""
    factors = what.factors if what is not None and not what.straight else (1, 1, 1)
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "axis": each.axis,
            "frame": each.frame,
            "points": [_shown_point(point, factors, each.axis) for point in each.points],
        }
        for each in measurements
    ]


def _shown_point(point: Point, factors: Sequence[int], axis: int) -> list[float]:
    """A point of the series on a grid of block means; the plane stays a whole number."""
    moved = [(value - (f - 1) / 2) / f for value, f in zip(point, factors, strict=True)]
    moved[axis] = float(int(point[axis] // factors[axis]))
    return moved


def saved(case: Case, what: Shown) -> dict[str, Any]:
    """How the series was looked at, for a viewer that begins anew; slice and frame are the case's.

    A place that a page sends the reader to is numbered, as the viewer goes there once and on its own voxels.
    """
    view = case.view
    state: dict[str, Any] = json.loads(view.rest) if view.rest and view.rest_of == what.item.id else {}
    index = state.get("index")
    if not (isinstance(index, list) and len(index) == 3 and all(isinstance(place, int) for place in index)):
        index = [length // 2 for length in what.volume.shape]
    if not what.straight:
        index = [what.slice_on_screen(view.slice_index), *index[1:]]
    return {**state, "index": index, "frame": view.frame, "goal": _goal(view, what)}


def _goal(view: View, what: Shown) -> dict[str, Any] | None:
    """The place on the grid that the browser shows; None where there is none, or another grid is shown."""
    if view.goal is None or what.straight:
        return None
    place, *inside = view.goal
    pairs = zip(inside, what.factors[1:], strict=True)
    index = [what.slice_on_screen(place), *(None if at is None else at // factor for at, factor in pairs)]
    return {"n": view.goals, "index": index}
