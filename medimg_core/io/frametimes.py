"""When the frames of a series were taken, as far as its headers say."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from medimg_core.io.elements import items, number, numbers, text, texts
from medimg_core.io.planes import frame_macros
from medimg_core.study import Series

__all__ = ["frame_times", "frames_by_header"]

_DAY = 24 * 3600 * 1000.0

Located = Sequence[tuple[Any, int]]
Times = list[float | None]


def frame_times(series: Series) -> tuple[float, ...] | None:
    """Time of each frame of a time axis, counted from the first.

    From, in this order: TriggerTime or NominalCardiacTriggerDelayTime; TemporalPositionTimeOffset;
    FrameReferenceTime; TemporalPositionIdentifier (or TemporalPositionIndex) times TemporalResolution; the
    clock of acquisition; and, for echo-planar images only, TemporalPositionIdentifier times RepetitionTime,
    which is the time of a volume in no other sequence. Ultrasound, angiography and other files without
    positions: FrameTimeVector, FrameTime, CineRate (PS3.3 C.7.6.5). A source counts where every frame has it
    and it rises. Slices of one frame that were taken one after another have the time of the first slice.

    Args:
        series: A series; its headers are asked.

    Returns:
        Milliseconds, one a frame, rising from 0; None where there is no time axis or the headers do not say.
    """
    volume = series.volume
    if volume is None or not volume.frames_axis or volume.frames < 2:
        return None
    located = _located(series, volume.instances[:: volume.shape[0]])
    if located is None:
        return None
    first = located[0][0]
    if all(header is first for header, _ in located) and not items(first, "PerFrameFunctionalGroupsSequence"):
        return _rising(_cine(first, [frame for _, frame in located]))
    for source in (_trigger, _offset, _reference, _resolution, _clock, _repetition):
        times = _rising(source(located))
        if times is not None:
            return times
    return None


def frames_by_header(series: Series) -> list[tuple[Any, list[int]]]:
    """DICOM headers of a series, each with the frames of its file that are in the volume, from 0."""
    frames: dict[str, list[int]] = {}
    for uid, frame in series.volume.instances if series.volume is not None else ():
        frames.setdefault(uid, []).append(frame - 1)
    headers = [header for header in series.source if hasattr(header, "get_item")]
    if len(headers) == 1:  # a file without SOPInstanceUID has a made one
        return [(headers[0], [frame for held in frames.values() for frame in held])]
    return [(header, frames.get(text(header, "SOPInstanceUID"), [])) for header in headers]


def _located(series: Series, instances: Iterable[tuple[str, int]]) -> list[tuple[Any, int]] | None:
    """Header and frame of each of some slices; None where SOPInstanceUIDs do not tell the files apart."""
    headers = [header for header in series.source if hasattr(header, "get_item")]
    known = {text(header, "SOPInstanceUID"): header for header in headers}
    if len(known) != len(headers) or not headers:
        return None
    found = [(known.get(uid, headers[0] if len(headers) == 1 else None), frame - 1) for uid, frame in instances]
    return None if any(header is None for header, _ in found) else found


def _rising(times: Times) -> tuple[float, ...] | None:
    known = [time for time in times if time is not None]
    if len(known) < len(times) or any(one >= other for one, other in pairwise(known)):
        return None
    return tuple(round(time - known[0], 6) for time in known)


def _cine(header: Any, frames: Sequence[int]) -> Times:
    steps = numbers(header, "FrameTimeVector")
    if len(steps) > max(frames):
        ends = list(accumulate(steps))
        return [ends[frame] for frame in frames]
    rate = number(header, "CineRate")
    step = number(header, "FrameTime") or (1000 / rate if rate else None)
    return [None if step is None else frame * step for frame in frames]


def _values(located: Located, keyword: str, group: str, inner: str) -> Times:
    """A value of each frame: of its functional group where the file has any, else of its header."""
    return _read(located, keyword, group, inner, number)


def _read(located: Located, keyword: str, group: str, inner: str, read: Callable[[Any, str], Any]) -> list[Any]:
    macros: dict[tuple[int, int], Any] = {}
    for header in {id(header): header for header, _ in located}.values():
        if items(header, "PerFrameFunctionalGroupsSequence"):
            frames = [frame for other, frame in located if other is header]
            found = frame_macros(header, frames, group)
            macros |= {(id(header), frame): macro for frame, macro in zip(frames, found, strict=True)}
    result: list[Any] = []
    for header, frame in located:
        holder = macros.get((id(header), frame))
        own = read(holder, inner) if holder is not None else None
        result.append(own if own not in (None, "") else read(header, keyword))
    return result


def _trigger(located: Located) -> Times:
    return _values(located, "TriggerTime", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime")


def _offset(located: Located) -> Times:
    seconds = _values(located, "TemporalPositionTimeOffset", "TemporalPositionSequence", "TemporalPositionTimeOffset")
    return [None if value is None else value * 1000 for value in seconds]


def _reference(located: Located) -> Times:
    return [number(header, "FrameReferenceTime") for header, _ in located]


def _steps(located: Located, keyword: str) -> Times:
    """Place on the time axis times a duration that all files agree on."""
    durations = {number(header, keyword) for header, _ in located}
    step = durations.pop() if len(durations) == 1 else None
    places = _values(located, "TemporalPositionIdentifier", "FrameContentSequence", "TemporalPositionIndex")
    return [None if place is None or not step else place * step for place in places]


def _resolution(located: Located) -> Times:
    return _steps(located, "TemporalResolution")


def _repetition(located: Located) -> Times:
    planar = all(
        "EP" in texts(header, "ScanningSequence") or text(header, "EchoPlanarPulseSequence").upper() == "YES"
        for header, _ in located
    )
    return _steps(located, "RepetitionTime") if planar else [None]


def _clock(located: Located) -> Times:
    stamps = _read(located, "AcquisitionDateTime", "FrameContentSequence", "FrameAcquisitionDateTime", text)
    times = [_moment(stamp or "") for stamp in stamps]
    if None not in times:
        return times
    dates = [text(header, "AcquisitionDate") for header, _ in located]
    dated = all(dates)
    days = dates if dated else ["20000101"] * len(dates)
    times = [_moment(day + text(header, "AcquisitionTime")) for day, (header, _) in zip(days, located, strict=True)]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return [None]
    past_midnight = len(set(days)) == 1 and max(known) - min(known) > _DAY / 2
    return [time + _DAY if past_midnight and time < known[0] else time for time in known]


def _moment(stamp: str) -> float | None:
    """Milliseconds of a DICOM date and time (PS3.5 6.2 DT), which may leave out what is small."""
    digits, _, fraction = stamp.split("+", maxsplit=1)[0].split("-", maxsplit=1)[0].partition(".")
    if not digits.isdecimal() or not 10 <= len(digits) <= 14 or len(digits) % 2:
        return None
    try:
        day = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    part = float(f"0.{fraction}") if fraction.isdecimal() else 0.0
    return (day - datetime(2000, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1) + part * 1000
