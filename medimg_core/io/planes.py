"""One plane: a single 2-D frame of a DICOM file with the tags that place it in space and time.

Classic files give one plane, multi-frame files one a frame; enhanced multi-frame files keep the tags
of each frame in functional groups (PS3.3 C.7.6.16). From here on both are sorted by the same code.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.io.dicom import Instance
from medimg_core.io.elements import integer, item, items, number, numbers, text, texts
from medimg_core.io.kinds import image_type, is_mosaic
from medimg_core.io.mosaic import Mosaic, mosaic_of

__all__ = ["Plane", "frame_macros", "planes_of"]

_TIME_TAGS = ("TemporalPositionIdentifier", "TriggerTime", "FrameReferenceTime")
_CLOCK_TAGS = ("AcquisitionDateTime", "AcquisitionTime", "ContentTime")
_DATES = {"AcquisitionTime": "AcquisitionDate", "ContentTime": "ContentDate"}
_FRAME_CLOCK = {"FrameAcquisitionDateTime": "AcquisitionDateTime", "FrameReferenceDateTime": "FrameReferenceDateTime"}
_POSITION, _ORIENTATION = "PlanePositionSequence", "PlaneOrientationSequence"
_FRAME_TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")
_SPATIAL = (0x00209056, 0x00209057, 0x00200032, 0x00209113)  # StackID, InStackPositionNumber, plane position


@dataclass(frozen=True, eq=False)
class Plane:
    """One frame of one file.

    Attributes:
        instance: The file.
        frame: Frame in it, from 0.
        shape: Rows and columns.
        number: InstanceNumber, or the frame's place in its file.
        orientation: ImageOrientationPatient, shape ``(6,)``, or None.
        position: ImagePositionPatient in mm, shape ``(3,)``, or None.
        spacing: PixelSpacing in mm, between rows and between columns, or None.
        rescale: RescaleSlope and RescaleIntercept.
        image_type: ImageType of the frame.
        tags: What may set planes at one position apart: echo, b-value, time, ...
        stackable: False for projections, ultrasound and other frames that no tag places in space.
        corner: Row and column where the plane begins in its frame; not zero in a mosaic only.
        tiled: True when the frame is a mosaic and the plane one of its slices.
    """

    instance: Instance
    frame: int
    shape: tuple[int, int]
    number: float
    orientation: FloatArray | None
    position: FloatArray | None
    spacing: tuple[float, float] | None
    rescale: tuple[float, float]
    image_type: tuple[str, ...]
    tags: dict[str, float | str] = field(default_factory=dict)
    stackable: bool = True
    corner: tuple[int, int] = (0, 0)
    tiled: bool = False

    @cached_property
    def normal(self) -> FloatArray | None:
        """Unit normal of the plane in LPS (row direction x column direction), or None."""
        if self.orientation is None:
            return None
        normal = np.cross(self.orientation[:3], self.orientation[3:])
        length = float(np.linalg.norm(normal))
        return np.asarray(normal / length) if length > 0.5 else None


def planes_of(instance: Instance, shape: tuple[int, int], frames: int) -> tuple[Plane, ...]:
    """List the planes of a file.

    Args:
        instance: A file with pixels.
        shape: Rows and columns.
        frames: Number of frames.
    """
    header = instance.header
    per_frame = items(header, "PerFrameFunctionalGroupsSequence")
    shared = item(header, "SharedFunctionalGroupsSequence")
    # a converter left one empty item in classic files; groups that say nothing are none
    if len(per_frame) == frames and (shared or any(len(group) for group in per_frame)):
        pointers = _pointers(header)
        return tuple(
            _enhanced(instance, shape, index, shared, group, pointers) for index, group in enumerate(per_frame)
        )
    if frames == 1:
        mosaic = mosaic_of(header, shape) if is_mosaic(header) else None
        whole = _classic(instance, shape)
        return (whole,) if mosaic is None else _tiles(whole, mosaic)
    rescale = _rescale(header)
    spacing = _pair(header, "PixelSpacing")
    kinds = image_type(header)
    return tuple(
        Plane(instance, index, shape, float(index), None, None, spacing, rescale, kinds, stackable=False)
        for index in range(frames)
    )


def _tiles(whole: Plane, mosaic: Mosaic) -> tuple[Plane, ...]:
    """The slices of a mosaic, each a plane of its own."""
    orientation = _vector(whole.instance.header, "ImageOrientationPatient", 6)
    return tuple(
        replace(
            whole,
            shape=mosaic.shape,
            orientation=orientation,
            position=mosaic.position(index),
            stackable=True,
            corner=mosaic.corner(index),
            tiled=True,
        )
        for index in range(mosaic.count)
    )


def _classic(instance: Instance, shape: tuple[int, int]) -> Plane:
    header = instance.header
    tags: dict[str, float | str] = {}
    for keyword in ("EchoNumbers", "EchoTime", "InversionTime", "DiffusionBValue", "AcquisitionNumber", *_TIME_TAGS):
        value = number(header, keyword)
        if value is not None:
            tags[keyword] = value
    for keyword in _CLOCK_TAGS:
        if stamp := _stamp(header, keyword):
            tags[keyword] = stamp
    if (direction := _direction(header)) is not None:
        tags["DiffusionGradientOrientation"] = direction
    orientation = None if is_mosaic(header) else _vector(header, "ImageOrientationPatient", 6)
    position = None if is_mosaic(header) else _vector(header, "ImagePositionPatient", 3)
    placed = orientation is not None and position is not None
    modality = text(header, "Modality").upper()
    count = number(header, "InstanceNumber")
    location = number(header, "SliceLocation")
    if location is not None:
        tags["SliceLocation"] = location
    return Plane(
        instance,
        0,
        shape,
        float(instance.order) if count is None else count,
        orientation,
        position,
        _pair(header, "PixelSpacing"),
        _rescale(header),
        image_type(header),
        tags,
        stackable=not is_mosaic(header) and (placed or modality in ("CT", "MR", "PT")),
    )


def _enhanced(
    instance: Instance, shape: tuple[int, int], index: int, shared: Any, group: Any, pointers: tuple[int, ...]
) -> Plane:
    def macro(keyword: str) -> Any:
        return _macro(group, shared, keyword)

    measures, place, turn = (macro(name) for name in ("PixelMeasuresSequence", _POSITION, _ORIENTATION))
    frame_type = next((found for name in _FRAME_TYPES if (found := macro(name)) is not None), None)
    kinds = _frame_type(frame_type) or image_type(instance.header)
    transformation = macro("PixelValueTransformationSequence")
    orientation = _vector(turn, "ImageOrientationPatient", 6)
    position = _vector(place, "ImagePositionPatient", 3)
    return Plane(
        instance,
        index,
        shape,
        float(index),
        orientation,
        position,
        _pair(measures, "PixelSpacing"),
        _rescale(transformation if transformation is not None else instance.header),
        kinds,
        _enhanced_tags(instance.header, macro, pointers),
        stackable=orientation is not None and position is not None,
    )


def _enhanced_tags(header: Any, macro: Callable[[str], Any], pointers: tuple[int, ...]) -> dict[str, float | str]:
    content, diffusion = macro("FrameContentSequence"), macro("MRDiffusionSequence")
    tags: dict[str, float | str] = {}
    for name, holder, keyword in (
        ("EchoTime", macro("MREchoSequence"), "EffectiveEchoTime"),
        ("InversionTime", macro("MRModifierSequence"), "InversionTimes"),
        ("DiffusionBValue", diffusion, "DiffusionBValue"),
        ("TriggerTime", macro("CardiacSynchronizationSequence"), "NominalCardiacTriggerDelayTime"),
        ("TemporalPositionIdentifier", content, "TemporalPositionIndex"),
        ("TemporalPositionTimeOffset", macro("TemporalPositionSequence"), "TemporalPositionTimeOffset"),
        ("AcquisitionNumber", content, "FrameAcquisitionNumber"),
        ("AcquisitionNumber", header, "AcquisitionNumber"),
        ("FileNumber", header, "InstanceNumber"),
    ):
        value = number(holder, keyword) if holder is not None and name not in tags else None
        if value is not None:
            tags[name] = value
    if (direction := _direction(diffusion)) is not None:
        tags["DiffusionGradientOrientation"] = direction
    for holder, names in ((content, _FRAME_CLOCK), (content, ("StackID",)), (header, _CLOCK_TAGS)):
        for keyword in names:
            if holder is not None and (stamp := _stamp(holder, keyword)):
                tags.setdefault(_FRAME_CLOCK.get(keyword, keyword), stamp)
    places = numbers(content, "DimensionIndexValues") if content is not None else ()
    if len(places) == len(pointers):
        rest = [int(value) for value, pointer in zip(places, pointers, strict=True) if pointer not in _SPATIAL]
        tags["DimensionIndexValues"] = " ".join(f"{value:06d}" for value in rest)
    return tags


def _stamp(holder: Any, keyword: str) -> str:
    """A time of day after its date, where there is one: a series may go on past midnight."""
    stamp, date = text(holder, keyword), _DATES.get(keyword)
    return text(holder, date) + stamp if stamp and date is not None else stamp


def _direction(holder: Any) -> str | None:
    """Gradient direction of a diffusion-weighted plane, rounded and written out, or None."""
    gradient = item(holder, "DiffusionGradientDirectionSequence") if holder is not None else None
    found = _vector(gradient if gradient is not None else holder, "DiffusionGradientOrientation", 3)
    return None if found is None else " ".join(f"{value:+.4f}" for value in found)


def _pointers(header: Any) -> tuple[int, ...]:
    """Tags that the dimensions of a multi-frame file index (PS3.3 C.7.6.17), 0 for one that is broken."""
    entries = items(header, "DimensionIndexSequence")
    return tuple(_pointer(entry) for entry in entries)


def _pointer(entry: Any) -> int:
    element = entry.get_item(0x00209165)  # DimensionIndexPointer
    value = None if element is None else element.value
    if isinstance(value, bytes):
        order = "<" if getattr(element, "is_little_endian", True) else ">"
        group, number_ = struct.unpack_from(f"{order}HH", value) if len(value) >= 4 else (0, 0)
        return int(group << 16 | number_)
    return int(value) if isinstance(value, int) else 0


def frame_macros(header: Any, frames: Iterable[int], keyword: str) -> tuple[Any | None, ...]:
    """First item of a functional group's sequence for some frames: their own, else the one that all share.

    Args:
        header: A data set.
        frames: Frames, from 0.
        keyword: Keyword of the sequence.
    """
    per_frame = items(header, "PerFrameFunctionalGroupsSequence")
    shared = item(header, "SharedFunctionalGroupsSequence")
    return tuple(_macro(per_frame[frame] if frame < len(per_frame) else None, shared, keyword) for frame in frames)


def _macro(group: Any, shared: Any, keyword: str) -> Any | None:
    found = item(group, keyword) if group is not None else None
    return found if found is not None else (item(shared, keyword) if shared is not None else None)


def _frame_type(macro: Any) -> tuple[str, ...]:
    """FrameType and, where it is said, whether magnitude or phase is shown."""
    if macro is None:
        return ()
    values = tuple(value.upper() for value in texts(macro, "FrameType"))
    component = text(macro, "ComplexImageComponent").upper()
    return (*values, component) if values and component else values


def _vector(header: Any, keyword: str, length: int) -> FloatArray | None:
    values = numbers(header, keyword) if header is not None else ()
    return np.asarray(values, dtype=np.float64) if len(values) == length else None


def _pair(header: Any, keyword: str) -> tuple[float, float] | None:
    values = numbers(header, keyword) if header is not None else ()
    if len(values) != 2 or min(values) <= 0:
        return None
    return (values[0], values[1])


def _rescale(header: Any) -> tuple[float, float]:
    slope, intercept = number(header, "RescaleSlope"), number(header, "RescaleIntercept")
    if integer(header, "RescaleSlope") == 0:
        slope = None  # a slope of zero would erase the image
    return (1.0 if slope is None else slope, 0.0 if intercept is None else intercept)
