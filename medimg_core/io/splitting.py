"""Planes of one orientation -> stacks: sorted along the normal, parted where several lie at one position."""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from medimg_core.io.elements import integer, number, text
from medimg_core.io.planes import Plane

__all__ = ["Stack", "file_order", "joined", "kind_word", "split_stacks"]

_SAME_POSITION = 0.01  # mm along the normal; positions are written with about six digits
_MANY_ACQUISITIONS = 4  # more of them at the same positions are a time series, fewer are shown one by one
_TIME_ORDER = (
    "TemporalPositionIdentifier",
    "TriggerTime",
    "TemporalPositionTimeOffset",
    "FrameReferenceTime",
    "FrameReferenceDateTime",
)
_CLOCK_ORDER = ("AcquisitionDateTime", "AcquisitionTime", "ContentTime")
_FILE_ORDER = (*_TIME_ORDER, "AcquisitionNumber", *_CLOCK_ORDER, "FileNumber")


@dataclass(frozen=True, eq=False)
class Stack:
    """Planes that make one volume.

    Attributes:
        planes: Sorted, time outermost, shape ``(frames, slices)`` as a tuple of tuples.
        part: What sets the stack apart inside its series, in words; ``""`` when it is all of it.
        warnings: What was noticed while sorting.
        frames_axis: True when the outer axis is time or another frame index.
    """

    planes: tuple[tuple[Plane, ...], ...]
    part: str = ""
    warnings: tuple[str, ...] = ()
    frames_axis: bool = False

    @property
    def flat(self) -> tuple[Plane, ...]:
        """All planes, time outermost."""
        return tuple(plane for row in self.planes for plane in row)


def joined(*parts: str) -> str:
    """Names of parts, those that say something."""
    return ", ".join(part for part in parts if part)


def file_order(plane: Plane) -> tuple[int, int]:
    """Place among the files of the drop, then in the file; the last resort of sorting."""
    return (plane.instance.order, plane.frame)


def split_stacks(planes: list[Plane]) -> list[Stack]:
    """Sort planes of one orientation and matrix along their normal, and part those at one position.

    Args:
        planes: Planes that may share one array.
    """
    if any(plane.position is None or plane.normal is None for plane in planes):
        return [_unplaced(planes)]
    slots = _slots(planes)
    most = int(np.bincount(slots).max())
    if most == 1:
        return _by_acquisition_where_irregular(planes, slots)
    for name, value_of in _discriminators(planes):
        groups: dict[Hashable, list[Plane]] = defaultdict(list)
        for plane in planes:
            groups[value_of(plane)].append(plane)
        if len(groups) > 1 and all(int(np.bincount(_slots(group)).max()) < most for group in groups.values()):
            return [
                Stack(stack.planes, joined(name(value, index), stack.part), stack.warnings, stack.frames_axis)
                for index, value in enumerate(sorted(groups, key=_sortable), start=1)
                for stack in split_stacks(groups[value])
            ]
        ordered = _file_series(planes, slots) if name.files else _time_series(planes, slots, most, name.times)
        if ordered is not None:
            return [ordered]
        if phases := _phases(planes, most, name.times):
            return phases
    return _repeats(planes, slots)


def _sortable(value: Hashable) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value))


class _Name:
    """How the parts of one split are called; ``times`` are tags, ``files`` files that make a time axis instead."""

    def __init__(self, word: str, times: tuple[str, ...] = (), *, show: bool = False, files: bool = False) -> None:
        self.word, self.times, self.show, self.files = word, times, show, files

    def __call__(self, value: Hashable, index: int) -> str:
        if self.word == "":
            return kind_word(value if isinstance(value, tuple) else ()) or f"type {index}"
        return f"{self.word} {value:g}" if self.show and isinstance(value, int | float) else f"{self.word} {index}"


def _discriminators(planes: Sequence[Plane]) -> list[tuple[_Name, Callable[[Plane], Hashable]]]:
    acquisitions = {plane.tags.get("AcquisitionNumber") for plane in planes}
    dynamic = len(acquisitions) > _MANY_ACQUISITIONS or _one_after_another(planes)
    return [
        (_Name("echo"), lambda plane: plane.tags.get("EchoNumbers", -1)),
        (_Name("echo"), lambda plane: plane.tags.get("EchoTime", -1)),
        (_Name(""), lambda plane: plane.image_type[3:]),
        (_Name("b", show=True), lambda plane: plane.tags.get("DiffusionBValue", -1)),
        (_Name("inversion"), lambda plane: plane.tags.get("InversionTime", -1)),
        (_Name("direction", ("DiffusionGradientOrientation",)), lambda _: 0),
        (_Name("file", files=True), lambda _: 0),
        (_Name("station", _TIME_ORDER + (("AcquisitionNumber",) if dynamic else ())), _station),
        (_Name("acquisition", show=True), lambda plane: plane.tags.get("AcquisitionNumber", -1)),
        (_Name("group", (*_CLOCK_ORDER, "DimensionIndexValues")), lambda _: 0),
    ]


def _one_after_another(planes: Sequence[Plane]) -> bool:
    """Whether the acquisitions of an MR series are phases of one: alike but for the time, each after the one before."""
    headers = {plane.instance: plane.instance.header for plane in planes}.values()
    if any(text(header, "Modality").upper() != "MR" for header in headers):
        return False
    if len({(number(header, "FlipAngle"), number(header, "RepetitionTime")) for header in headers}) > 1:
        return False
    clocks: dict[Hashable, list[str]] = defaultdict(list)
    for plane in planes:
        clocks[plane.tags.get("AcquisitionNumber")].append(str(plane.tags.get("AcquisitionTime", "")))
    if None in clocks or not all(all(stamps) for stamps in clocks.values()):
        return False
    ordered = [clocks[key] for key in sorted(clocks, key=_sortable)]
    return all(max(one) < min(other) for one, other in pairwise(ordered))


def _station(plane: Plane) -> Hashable:
    """Place inside the plane, to the millimetre: a table that moved between stations of one orientation."""
    assert plane.position is not None
    assert plane.orientation is not None
    return tuple(round(float(plane.position @ plane.orientation[start : start + 3])) for start in (0, 3))


def kind_word(values: Sequence[str]) -> str:
    """ImageType values fit to be shown: codes only, so that no free text slips through."""
    return " ".join(value.lower() for value in values if re.fullmatch(r"[A-Z0-9_]{1,16}", value))


def _slots(planes: Sequence[Plane]) -> np.ndarray:
    """Index of each plane's position along the normal, from 0."""
    along = np.asarray([_along(plane, planes[0]) for plane in planes])
    order = np.argsort(along, kind="stable")
    steps = np.diff(along[order]) > _SAME_POSITION
    slots = np.empty(len(planes), dtype=np.int64)
    slots[order] = np.concatenate([[0], np.cumsum(steps)])
    return slots


def _along(plane: Plane, reference: Plane) -> float:
    assert plane.position is not None
    assert reference.normal is not None
    return float(plane.position @ reference.normal)


def _columns(planes: Sequence[Plane], slots: np.ndarray) -> list[list[Plane]]:
    columns: list[list[Plane]] = [[] for _ in range(int(slots.max()) + 1)]
    for plane, slot in zip(planes, slots, strict=True):
        columns[slot].append(plane)
    return columns


def _time_series(planes: Sequence[Plane], slots: np.ndarray, most: int, tags: tuple[str, ...]) -> Stack | None:
    """One stack with a time axis, when every position has the same number of planes and a tag orders them."""
    columns = _columns(planes, slots)
    if any(len(column) != most for column in columns):
        return None
    for tag in tags:
        values = [[plane.tags.get(tag) for plane in column] for column in columns]
        if any(value is None for column in values for value in column):
            continue
        if any(len(set(column)) != most for column in values):
            continue
        for column in columns:
            column.sort(key=lambda plane: _sortable(plane.tags[tag]))
        return Stack(tuple(tuple(column[time] for column in columns) for time in range(most)), frames_axis=True)
    return None


def _file_series(planes: Sequence[Plane], slots: np.ndarray) -> Stack | None:
    """One stack with a time axis, when every file is a whole volume: one of several enhanced files, a mosaic."""
    files: dict[Hashable, list[int]] = defaultdict(list)
    for index, plane in enumerate(planes):
        files[plane.instance].append(index)
    count = int(slots.max()) + 1
    whole = all(len(held) == count and len(set(slots[held])) == count for held in files.values())
    if not whole or count == 1 or len(files) < 2:
        return None
    volumes = [[planes[held[place]] for place in np.argsort(slots[held])] for held in files.values()]
    for tag in _FILE_ORDER:
        values = [volume[0].tags.get(tag, volume[0].number if tag == "FileNumber" else None) for volume in volumes]
        if None not in values and len(set(values)) == len(values):
            order = sorted(range(len(volumes)), key=lambda index: _sortable(values[index]))
            return Stack(tuple(tuple(volumes[index]) for index in order), frames_axis=True)
    return None


def _phases(planes: Sequence[Plane], most: int, tags: tuple[str, ...]) -> list[Stack]:
    """One stack a phase, when a time tag names phases that do not all hold the same slices; many whole ones are one."""
    count = int(_slots(planes).max()) + 1
    for tag in tags:
        groups: dict[Hashable, list[Plane]] = defaultdict(list)
        for plane in planes:
            groups[plane.tags.get(tag)].append(plane)
        if None in groups or not most <= len(groups) <= most + 2:
            continue
        slots = {value: _slots(group) for value, group in groups.items()}
        if any(int(np.bincount(found).max()) > 1 for found in slots.values()):
            continue
        rows = [tuple(groups[value][at] for at in np.argsort(slots[value])) for value in sorted(groups, key=_sortable)]
        whole = [row for row in rows if len(row) == count]
        if len(whole) > _MANY_ACQUISITIONS:  # a run that was stopped, a file that was lost
            note = "some time points do not hold all slices: they are shown by themselves, the others as one series"
            rest = [Stack((row,), f"phase {at}", (note,)) for at, row in enumerate(rows, start=1) if len(row) < count]
            return [Stack(tuple(whole), warnings=(note,), frames_axis=True), *rest]
        note = "the time points do not all hold the same slices: each is shown by itself"
        return [Stack((row,), f"phase {index}", (note,)) for index, row in enumerate(rows, start=1)]
    return []


def _by_acquisition_where_irregular(planes: list[Plane], slots: np.ndarray) -> list[Stack]:
    """Keep a stack whole unless its slices are uneven and those of each acquisition are even."""
    ordered = [planes[index] for index in np.argsort(slots, kind="stable")]
    groups: dict[Hashable, list[Plane]] = defaultdict(list)
    for plane in ordered:
        groups[plane.tags.get("AcquisitionNumber", -1)].append(plane)
    if (
        1 < len(groups) <= _MANY_ACQUISITIONS
        and all(len(group) > 2 for group in groups.values())
        and not _even(ordered)
        and all(_even(group) for group in groups.values())
    ):
        name = _Name("acquisition", show=True)
        return [
            Stack((tuple(groups[value]),), name(value, index))
            for index, value in enumerate(sorted(groups, key=_sortable), start=1)
        ]
    return [Stack((tuple(ordered),))]


def _even(ordered: Sequence[Plane]) -> bool:
    steps = np.diff([_along(plane, ordered[0]) for plane in ordered])
    return steps.size < 2 or float(np.abs(steps - np.median(steps)).max()) <= 0.05 * float(np.median(steps))


def _repeats(planes: Sequence[Plane], slots: np.ndarray) -> list[Stack]:
    """Planes at one position that no tag tells apart: shown one after another, never merged.

    Scanners that write dynamic series without any tag of time (GE) count them up in InstanceNumber. That is believed
    where NumberOfTemporalPositions or ImagesInAcquisition agrees, and, with a warning, where there are many.
    """
    columns = _columns(planes, slots)
    for column in columns:
        column.sort(key=lambda plane: (plane.number, *file_order(plane)))
    most = max(len(column) for column in columns)
    counted = all(len({plane.number for plane in column}) == len(column) == most for column in columns)
    header = planes[0].instance.header
    told = most == integer(header, "NumberOfTemporalPositions") or len(planes) == integer(header, "ImagesInAcquisition")
    if counted and (told or most > _MANY_ACQUISITIONS):
        notes = ("no tag of time: images at the same position are shown as frames in the order of InstanceNumber",)
        frames = tuple(tuple(column[turn] for column in columns) for turn in range(most))
        return [Stack(frames, warnings=() if told else notes, frames_axis=True)]
    note = "several images lie at the same position and no tag tells them apart: each repeat is shown by itself"
    return [
        Stack((tuple(column[turn] for column in columns if turn < len(column)),), f"repeat {turn + 1}", (note,))
        for turn in range(most)
    ]


def _unplaced(planes: Sequence[Plane]) -> Stack:
    """Slices without positions: by SliceLocation where all differ, else by InstanceNumber."""
    locations = [plane.tags.get("SliceLocation") for plane in planes]
    if None not in locations and len(set(locations)) == len(planes):
        ordered, by = sorted(planes, key=lambda plane: _sortable(plane.tags["SliceLocation"])), "SliceLocation"
    else:
        ordered, by = sorted(planes, key=lambda plane: (plane.number, *file_order(plane))), "InstanceNumber"
    if len(ordered) == 1:
        return Stack((tuple(ordered),), warnings=("no position tags: the slice cannot be placed in the patient",))
    return Stack((tuple(ordered),), warnings=(f"no position tags: slices are ordered by {by}, distances are unknown",))
