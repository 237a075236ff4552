"""Planes of a series -> stacks: what belongs together, and what sets the parts of a series apart."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from medimg_core.io.elements import integer, text
from medimg_core.io.kinds import is_mosaic
from medimg_core.io.planes import Plane
from medimg_core.io.splitting import Stack, file_order, joined, kind_word, split_stacks

__all__ = ["Stack", "stacks_of"]

_SAME_DIRECTION = 2e-3  # largest difference of a direction cosine inside one stack


def stacks_of(planes: Iterable[Plane]) -> tuple[Stack, ...]:
    """Sort the planes of one series into stacks.

    Planes that no tag places in space (radiographs, ultrasound) make one stack a file. The others are
    split by frame of reference, matrix, image type and orientation, and, where several lie at one
    position, by what tells them apart: echo, image type, b-value, station, acquisition; a regular
    time series becomes one stack with a time axis.

    Args:
        planes: Planes of one SeriesInstanceUID.
    """
    loose: list[Plane] = []
    placed: list[Plane] = []
    for plane in planes:
        (placed if plane.stackable else loose).append(plane)
    stacks = _loose_stacks(loose)
    for group, part, notes in _matching(placed):
        stacks += [
            Stack(stack.planes, joined(part, stack.part), notes + stack.warnings, stack.frames_axis)
            for stack in split_stacks(group)
        ]
    return tuple(stacks)


def _loose_stacks(planes: Sequence[Plane]) -> list[Stack]:
    files: dict[Hashable, list[Plane]] = defaultdict(list)
    for plane in planes:
        # the mosaics of a time series follow each other; every other file is an image of its own
        files[plane.shape if is_mosaic(plane.instance.header) else plane.instance].append(plane)
    for group in files.values():
        group.sort(key=lambda plane: (plane.number, *file_order(plane)))
    ordered = sorted(files.values(), key=_image_order)
    stacks: list[Stack] = []
    for index, group in enumerate(ordered, start=1):
        part = f"image {index}" if len(ordered) > 1 else ""
        if "RECON TOMO" in group[0].image_type and len(group) > 1:
            note = "reconstructed slices in one file: shown in file order, distances between them are unknown"
            stacks.append(Stack((tuple(group),), part, (note,)))
        else:
            stacks.append(Stack(tuple((plane,) for plane in group), part, frames_axis=len(group) > 1))
    return stacks


def _image_order(group: Sequence[Plane]) -> tuple[float, int, int]:
    return (group[0].number if len(group) == 1 else 0.0, *file_order(group[0]))


def _matching(planes: Sequence[Plane]) -> list[tuple[list[Plane], str, tuple[str, ...]]]:
    """Split by what can never share an array or a frame of reference, and name the parts."""
    groups: dict[tuple[Hashable, ...], list[Plane]] = defaultdict(list)
    directions: list[Plane] = []
    scattered = _frames_scattered(planes)
    stacks = Counter(plane.tags.get("StackID", "") for plane in planes)
    stacked = max(stacks.values(), default=0) > 1  # a StackID for each slice sorts nothing
    for plane in planes:
        header = plane.instance.header
        key: tuple[Hashable, ...] = (
            "" if scattered else text(header, "FrameOfReferenceUID"),
            plane.shape,
            integer(header, "SamplesPerPixel"),
            text(header, "PhotometricInterpretation"),
            plane.image_type[:3],
            _direction_index(plane, directions),
            plane.tags.get("StackID", "") if stacked else "",
        )
        groups[key].append(plane)
    notes = list(scattered)
    if len(groups) == 1:
        return [(list(planes), "", tuple(notes))]
    keys = list(groups)
    labels = [_label(groups[key]) for key in keys]
    count = Counter(labels)
    if len({key[5] for key in keys}) > 1:
        notes.append("slices of several orientations in one series: each orientation is shown by itself")
    elif len({key[6] for key in keys}) > 1:
        notes.append("several stacks of slices in one series (StackID): each stack is shown by itself")
    if len({key[1] for key in keys}) > 1:
        notes.append("images of several sizes in one series: each size is shown by itself")
    if len({key[0] for key in keys}) > 1:
        notes.append("several frames of reference in one series: positions cannot be compared between them")
    seen: Counter[str] = Counter()
    result: list[tuple[list[Plane], str, tuple[str, ...]]] = []
    for key, label in zip(keys, labels, strict=True):
        seen[label] += 1
        part = label if count[label] == 1 else f"{label} {seen[label]}"
        result.append((groups[key], part, tuple(notes)))
    return result


def _frames_scattered(planes: Sequence[Plane]) -> tuple[str, ...]:
    """A warning when every file has a frame of reference of its own, which sorts nothing."""
    frames = {plane.instance: text(plane.instance.header, "FrameOfReferenceUID") for plane in planes}
    if len(frames) > 2 and len(set(frames.values())) == len(frames):
        return ("every file names a frame of reference of its own, as some anonymisers leave it: not used for sorting",)
    return ()


def _label(group: Sequence[Plane]) -> str:
    normal = group[0].normal
    plane = "" if normal is None else ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(normal)))]
    word = kind_word(group[0].image_type[2:3])
    return joined(plane, word if word not in ("axial", "coronal", "sagittal", "other") else "") or "group"


def _direction_index(plane: Plane, known: list[Plane]) -> int:
    if plane.orientation is None or plane.position is None:
        return -1
    for index, other in enumerate(known):
        assert other.orientation is not None
        if np.abs(plane.orientation - other.orientation).max() <= _SAME_DIRECTION:
            return index
    known.append(plane)
    return len(known) - 1
