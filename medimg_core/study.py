"""What was opened: Study -> Series -> Volume. Frozen, with read-only arrays; no patient text in any repr."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.voi import Lut, Window, apply_lut, apply_window, auto_window

__all__ = ["AnyArray", "Opened", "Patient", "Refused", "Series", "Study", "Volume"]

AnyArray = npt.NDArray[Any]

UNITS = ("HU", "SUVbw", "Bq/mL", "unknown")


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels with their meaning.

    Attributes:
        array: Modality values after rescale, shape ``(slices, rows, columns)``; a leading time axis
            where ``frames_axis`` is True, a trailing axis of 3 (RGB) where ``colour`` is True. Integer
            when the values are exact integers, else ``float32``. Read-only.
        unit: Unit of the values, one of ``HU SUVbw Bq/mL unknown``.
        geometry: Affine geometry, or None.
        planar: What the tags of a projection or ultrasound frame say, or None.
        frames_axis: True when the first axis is time (or another frame index).
        colour: True when the last axis is red, green, blue.
        photometric: ``"MONOCHROME1"`` when low values are shown white, ``"MONOCHROME2"``, or ``"RGB"``.
        padding: PixelPaddingValue in modality values, or None.
        voi: Windows and LUTs of the file, first one preferred.
        history: Steps done to the values since the file, in words.
        instances: SOPInstanceUID and frame number (from 1) of each slice, in slice order (time outermost).
    """

    array: AnyArray = field(repr=False)
    unit: str = "unknown"
    geometry: Geometry | None = None
    planar: PlanarGeometry | None = None
    frames_axis: bool = False
    colour: bool = False
    photometric: str = "MONOCHROME2"
    padding: float | None = None
    voi: tuple[Window | Lut, ...] = field(default=(), repr=False)  # its names are free text of the header
    history: tuple[str, ...] = ()
    instances: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        wanted = 3 + self.frames_axis + self.colour
        if self.array.ndim != wanted:
            raise IncompatibleInputError(f"volume array must have {wanted} axes, got {self.array.ndim}")
        if self.array.size == 0:
            raise IncompatibleInputError(f"volume array must not be empty, got shape {self.array.shape}")
        if self.colour and self.array.shape[-1] != 3:
            raise IncompatibleInputError(f"a colour volume must have 3 channels, got {self.array.shape[-1]}")
        if self.unit not in UNITS:
            raise IncompatibleInputError(f"unit must be one of {', '.join(UNITS)}, got {self.unit}")
        self.array.setflags(write=False)

    @property
    def frames(self) -> int:
        """Length of the time axis, 1 where there is none."""
        return int(self.array.shape[0]) if self.frames_axis else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        start = int(self.frames_axis)
        slices, rows, columns = self.array.shape[start : start + 3]
        return (int(slices), int(rows), int(columns))

    @property
    def spacing(self) -> tuple[float | None, float, float] | None:
        """Slice, row and column spacing in mm, or None; the slice spacing of a planar image is None."""
        if self.geometry is not None:
            return self.geometry.spacing
        if self.planar is not None and self.planar.spacing is not None:
            return (None, *self.planar.spacing)
        return None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over shape, dtype, values, unit and affine: the identity a result carries."""
        digest = hashlib.sha256()
        affine = b"" if self.geometry is None else self.geometry.affine.tobytes()
        header = (self.array.shape, self.array.dtype.str, self.unit, self.photometric, self.planar)
        digest.update(repr(header).encode() + affine)
        digest.update(np.ascontiguousarray(self.array).data)
        return digest.hexdigest()

    def plane(self, index: int, frame: int = 0) -> AnyArray:
        """Modality values of one slice.

        Args:
            index: Slice, from 0.
            frame: Position on the time axis, from 0.

        Returns:
            Read-only view, shape ``(rows, columns)``, or ``(rows, columns, 3)`` for colour.

        Raises:
            IncompatibleInputError: The slice or frame does not exist.
        """
        slices = self.shape[0]
        if not 0 <= index < slices or not 0 <= frame < self.frames:
            raise IncompatibleInputError(
                f"slice must lie in 0..{slices - 1} and frame in 0..{self.frames - 1}, got {index} and {frame}"
            )
        return np.asarray(self.array[frame, index] if self.frames_axis else self.array[index])

    def default_voi(self, index: int = 0, frame: int = 0) -> Window | Lut:
        """The file's first window or LUT, else the window from 1 to 99 % of that slice's values."""
        return self.voi[0] if self.voi else auto_window(self.plane(index, frame), padding=self.padding)

    def presented(self, index: int, *, voi: Window | Lut | None = None, frame: int = 0) -> npt.NDArray[np.float32]:
        """Grey (or colour) of one slice as it is shown, white always 1.

        Args:
            index: Slice, from 0.
            voi: Window or LUT; :meth:`default_voi` where None. Colour is never windowed.
            frame: Position on the time axis, from 0.

        Returns:
            0 (black) to 1 (white), ``float32``, shape ``(rows, columns)`` or ``(rows, columns, 3)``.
        """
        values = self.plane(index, frame)
        if self.colour:
            top = float(np.iinfo(values.dtype).max) if np.issubdtype(values.dtype, np.integer) else 1.0
            return np.asarray(np.clip(values.astype(np.float32) / top, 0, 1), dtype=np.float32)
        chosen = voi if voi is not None else self.default_voi(index, frame)
        grey = apply_lut(values, chosen) if isinstance(chosen, Lut) else apply_window(values, chosen)
        if self.padding is not None:
            grey = np.where(values == self.padding, np.float32(self.photometric == "MONOCHROME1"), grey)
        return np.asarray(1.0 - grey if self.photometric == "MONOCHROME1" else grey, dtype=np.float32)


@dataclass(frozen=True)
class Patient:
    """The patient tag that may be shown: a pseudonym, age and sex. Names stay in the headers.

    Attributes:
        pseudonym: Stable inside one server run, made of id, name and birth date with a secret; e.g. ``"P-3F9A2C"``.
        age: PatientAge in years, or None.
        sex: ``"F"``, ``"M"``, ``"O"`` or None.
    """

    pseudonym: str
    age: float | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Series:
    """One stack that can be shown, or one object that can only be listed.

    Attributes:
        uid: SeriesInstanceUID, or a generated one for files without.
        part: What sets this stack apart inside its series, e.g. ``"echo 2"``; usually empty.
        kind: ``"image"``, ``"localiser"``, ``"derived"``, ``"dose_sheet"`` or ``"object"``.
        modality: DICOM Modality, or ``""`` for files that do not say.
        body_part: BodyPartExamined, upper case, or ``""``.
        description: SeriesDescription; may hold free text, so hidden from repr.
        volume: The voxels, or None for objects.
        object_name: For objects, what it is: ``"RT structure set"``, ``"Structured report"``, ...
        files: Number of input files it was read from.
        warnings: What the reader should know, in words.
        synthetic: True for phantoms (SyntheticData (0008,001C) = YES).
        source: One pixel-free header per instance, in slice order; read through ``medimg_core.io`` only.
        file_name: Name of the file, where it has no header that could tell it from others; may hold a patient's name,
            so hidden from repr, and for the reader's page alone.
    """

    uid: str
    modality: str
    volume: Volume | None
    part: str = ""
    kind: str = "image"
    body_part: str = ""
    description: str = field(default="", repr=False)
    object_name: str = ""
    files: int = 1
    warnings: tuple[str, ...] = ()
    synthetic: bool = False
    source: tuple[Any, ...] = field(default=(), repr=False)
    file_name: str = field(default="", repr=False)


@dataclass(frozen=True, eq=False)
class Study:
    """One study of one patient.

    Attributes:
        uid: StudyInstanceUID, or a generated one.
        patient: The tag that may be shown.
        series: Diagnostic series first, the largest of them in front.
        date: StudyDate as ``YYYY-MM-DD``, or None; hidden from repr.
        description: StudyDescription, hidden from repr.
        warnings: What the reader should know, in words.
    """

    uid: str
    patient: Patient
    series: tuple[Series, ...]
    date: str | None = field(default=None, repr=False)
    description: str = field(default="", repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """True when any series is a phantom."""
        return any(series.synthetic for series in self.series)


@dataclass(frozen=True)
class Refused:
    """A file that was not read.

    Attributes:
        file: Name as the user gave it (inside an archive: ``archive/member``); hidden from repr.
        reason: Why, in words a person understands; no patient text.
    """

    file: str = field(repr=False)
    reason: str


@dataclass(frozen=True, eq=False)
class Opened:
    """What became of a drop: every file is counted in exactly one of the two.

    Attributes:
        studies: One for each StudyInstanceUID and patient.
        refused: Files that were not read.
        warnings: About the drop as a whole, e.g. two patients in it.
        mixed_patients: True when more than one patient was dropped: linking and reporting stay
            blocked until the user picks one.
    """

    studies: tuple[Study, ...]
    refused: tuple[Refused, ...] = ()
    warnings: tuple[str, ...] = ()
    mixed_patients: bool = False

    def __iter__(self) -> Iterator[Study]:
        return iter(self.studies)
