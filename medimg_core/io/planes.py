"""One plane: a single 2-D frame of a DICOM file with the tags that place it in space and time.

Classic files give one plane, multi-frame files one a frame; enhanced multi-frame files keep the tags
of each frame in functional groups (PS3.3 C.7.6.16). From here on both are sorted by the same code.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.io.dicom import Instance
from medimg_core.io.elements import integer, item, items, number, numbers, text
from medimg_core.io.kinds import image_type, is_mosaic

__all__ = ["Plane", "planes_of"]

_TIME_TAGS = ("TemporalPositionIdentifier", "TriggerTime", "FrameReferenceTime")
_CLOCK_TAGS = ("AcquisitionDateTime", "AcquisitionTime", "ContentTime")


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
        return tuple(_enhanced(instance, shape, index, shared, group) for index, group in enumerate(per_frame))
    if frames == 1:
        return (_classic(instance, shape),)
    rescale = _rescale(header)
    return tuple(
        Plane(
            instance,
            index,
            shape,
            float(index),
            None,
            None,
            _pair(header, "PixelSpacing"),
            rescale,
            image_type(header),
            stackable=False,
        )
        for index in range(frames)
    )


def _classic(instance: Instance, shape: tuple[int, int]) -> Plane:
    header = instance.header
    tags: dict[str, float | str] = {}
    for keyword in ("EchoNumbers", "EchoTime", "InversionTime", "DiffusionBValue", "AcquisitionNumber", *_TIME_TAGS):
        value = number(header, keyword)
        if value is not None:
            tags[keyword] = value
    for keyword in _CLOCK_TAGS:
        stamp = text(header, keyword)
        if stamp:
            tags[keyword] = stamp
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


def _enhanced(instance: Instance, shape: tuple[int, int], index: int, shared: Any, group: Any) -> Plane:
    def macro(keyword: str) -> Any:
        found = item(group, keyword)
        return found if found is not None else (item(shared, keyword) if shared is not None else None)

    content, measures = macro("FrameContentSequence"), macro("PixelMeasuresSequence")
    place, turn = macro("PlanePositionSequence"), macro("PlaneOrientationSequence")
    tags: dict[str, float | str] = {}
    for name, holder, keyword in (
        ("EchoTime", macro("MREchoSequence"), "EffectiveEchoTime"),
        ("DiffusionBValue", macro("MRDiffusionSequence"), "DiffusionBValue"),
        ("TriggerTime", macro("CardiacSynchronizationSequence"), "NominalCardiacTriggerDelayTime"),
        ("TemporalPositionIdentifier", content, "TemporalPositionIndex"),
        ("AcquisitionNumber", content, "FrameAcquisitionNumber"),
    ):
        value = number(holder, keyword) if holder is not None else None
        if value is not None:
            tags[name] = value
    if "AcquisitionNumber" not in tags and (value := number(instance.header, "AcquisitionNumber")) is not None:
        tags["AcquisitionNumber"] = value
    if content is not None and (stamp := text(content, "FrameAcquisitionDateTime")):
        tags["AcquisitionDateTime"] = stamp
    frame_type = next(
        (
            macro(f"{prefix}FrameTypeSequence")
            for prefix in ("MRImage", "CTImage", "PET")
            if macro(f"{prefix}FrameTypeSequence") is not None
        ),
        None,
    )
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
        tags,
        stackable=orientation is not None and position is not None,
    )


def _frame_type(macro: Any) -> tuple[str, ...]:
    from medimg_core.io.elements import texts

    return tuple(value.upper() for value in texts(macro, "FrameType")) if macro is not None else ()


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
