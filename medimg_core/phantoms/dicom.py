"""Valid DICOM files around phantom pixels: everything fixed or derived from the phantom's id and seed."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray, Geometry

__all__ = ["Identity", "Plane", "base", "cross_sectional", "names", "planar", "set_pixels", "to_bytes", "uid"]

DATE, TIME = "20260101", "120000"
MANUFACTURER = "MedImg phantom generator"
CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
DX_PRESENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.1.1"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_VIEWS = {"AP": ("399348003", "antero-posterior"), "PA": ("272479007", "postero-anterior")}


@dataclass(frozen=True)
class Identity:
    """Who a phantom says it is.

    Attributes:
        key: Phantom id and seed; every UID follows from it.
        name: After ``PHANTOM^``.
        age: PatientAge, e.g. ``"003Y"``.
        sex: PatientSex.
        description: Of study and series.
        body_part: BodyPartExamined.
        region: SNOMED CT code and meaning of the anatomic region.
        patient: What PatientID follows from, ``key`` where empty: studies of one patient share it.
        series_description: SeriesDescription where it is not ``description``.
        date: StudyDate and all other dates, ``YYYYMMDD``.
    """

    key: str
    name: str
    age: str
    description: str
    sex: str = "O"
    body_part: str = "CHEST"
    region: tuple[str, str] = ("816094009", "Chest")
    patient: str = ""
    series_description: str = ""
    date: str = DATE


@dataclass(frozen=True, eq=False)
class Plane:
    """Where a stack of slices lies.

    Attributes:
        orientation: ImageOrientationPatient, six cosines.
        origin: Centre of the first voxel of slice 0, LPS mm.
        step: From slice 0 to slice 1, LPS mm.
        pixel_spacing: Between rows, between columns, mm.
    """

    orientation: tuple[float, ...]
    origin: FloatArray = field(repr=False)
    step: FloatArray = field(repr=False)
    pixel_spacing: tuple[float, float]

    def geometry(self) -> Geometry:
        """Affine of the stack."""
        return Geometry.from_dicom(
            orientation=self.orientation,
            position=[float(value) for value in self.origin],
            pixel_spacing=self.pixel_spacing,
            slice_step=[float(value) for value in self.step],
        )


def planar(
    identity: Identity,
    pixels: npt.NDArray[np.uint16],
    *,
    detector_spacing: tuple[float, float] | None,
    view: str = "AP",
    edges: tuple[str, str] = ("L", "F"),
    inverted: bool = False,
) -> Any:
    """Build a Digital X-Ray image for presentation (PS3.3 A.26).

    Args:
        identity: Whom it shows.
        pixels: Twelve bits, white high, shape ``(rows, columns)``.
        detector_spacing: ImagerPixelSpacing: between rows, between columns, mm.
        view: ViewPosition, ``"AP"`` or ``"PA"``.
        edges: PatientOrientation: what the right and the bottom edge face.
        inverted: Store as MONOCHROME1 (white low).

    Returns:
        A ``pydicom`` dataset with file meta.
    """
    ds = base(identity, DX_PRESENTATION_STORAGE, "DX", number=1)
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ViewPosition = view
    ds.ViewCodeSequence = [_code(*_VIEWS[view])]
    ds.PatientOrientation = list(edges)
    ds.ImageLaterality = "U"
    ds.AnatomicRegionSequence = [_code(*identity.region)]
    ds.DetectorType = "DIRECT"
    ds.DetectorConfiguration = "AREA"
    ds.PositionerType = "NONE"
    ds.KVP = "65"
    if detector_spacing is not None:
        ds.ImagerPixelSpacing = [f"{value:.4f}" for value in detector_spacing]
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = 1 if inverted else -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "INVERSE" if inverted else "IDENTITY"
    ds.BurnedInAnnotation = "YES"
    ds.WindowCenter, ds.WindowWidth = "2048", "4096"
    ds.WindowCenterWidthExplanation = "Full range"
    ds.AcquisitionContextSequence = []
    stored = (4095 - pixels).astype(np.uint16) if inverted else pixels
    set_pixels(ds, stored, bits=12, photometric="MONOCHROME1" if inverted else "MONOCHROME2")
    return ds


def cross_sectional(
    identity: Identity,
    volume: npt.NDArray[np.int16],
    plane: Plane,
    *,
    modality: str,
    tags: Mapping[str, Any],
    own: Sequence[Mapping[str, Any]] = (),
    series: int = 1,
    first: int = 1,
) -> list[Any]:
    """Build one CT or MR image for each slice of a volume.

    Args:
        identity: Whom it shows.
        volume: Modality values (HU for CT), shape ``(slices, rows, columns)``.
        plane: Where they lie.
        modality: ``"CT"`` or ``"MR"``.
        tags: Further DICOM keywords, the same for every slice.
        own: DICOM keywords of each slice, over all others; empty, or one mapping for each slice.
        series: SeriesNumber; every number is a series of its own, in the study's one frame of reference.
        first: InstanceNumber of the first slice.

    Returns:
        ``pydicom`` datasets in slice order.
    """
    intercept = -1024 if modality == "CT" else 0
    normal = np.cross(plane.orientation[:3], plane.orientation[3:])
    datasets = []
    for index, values in enumerate(volume):
        storage = CT_STORAGE if modality == "CT" else MR_STORAGE
        ds = base(identity, storage, modality, number=index + first, series=series)
        position = plane.origin + index * plane.step
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"] if modality == "CT" else ["ORIGINAL", "PRIMARY", "OTHER"]
        ds.PatientPosition = "HFS"
        ds.PositionReferenceIndicator = ""
        ds.FrameOfReferenceUID = uid(identity.key, "frame of reference")
        ds.ImageOrientationPatient = [f"{value:.8f}" for value in plane.orientation]
        ds.ImagePositionPatient = [f"{value:.5f}" for value in position]
        ds.PixelSpacing = [f"{value:g}" for value in plane.pixel_spacing]
        ds.SliceThickness = f"{np.linalg.norm(plane.step):g}"
        ds.SliceLocation = f"{float(normal @ position):.4f}"
        ds.AcquisitionNumber = "1"
        ds.BurnedInAnnotation = "YES"
        for keyword, value in (*tags.items(), *(own[index].items() if own else ())):
            setattr(ds, keyword, value)
        if modality == "CT":
            ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(intercept), "1", "HU"
        stored = np.clip(values, intercept, intercept + 4095).astype(np.int16)
        stored -= np.int16(intercept)
        set_pixels(ds, stored.view(np.uint16), bits=12, photometric="MONOCHROME2")
        datasets.append(ds)
    return datasets


def to_bytes(dataset: Any) -> bytes:
    """Encode as a DICOM file: preamble, file meta, explicit VR little endian."""
    from pydicom import dcmwrite

    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def uid(*parts: str) -> str:
    """A UID that follows from its parts (pydicom's root, SHA-512)."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=["medimg phantom", *parts]))


def base(identity: Identity, sop_class: str, modality: str, *, number: int, series: int = 1) -> Any:
    """What every phantom file says: patient, study, series, equipment, that it is synthetic."""
    from pydicom.dataset import Dataset, FileMetaDataset

    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class
    part = () if series == 1 else (f" of series {series}",)  # parts are run together: "1", "2" would be "12"
    ds.SOPInstanceUID = uid(identity.key, "instance", str(number), *part)
    ds.StudyInstanceUID = uid(identity.key, "study")
    ds.SeriesInstanceUID = uid(identity.key, "series", *part)
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "InstanceCreationDate"):
        setattr(ds, keyword, identity.date)
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "InstanceCreationTime"):
        setattr(ds, keyword, TIME)
    ds.SyntheticData = "YES"
    ds.Modality = modality
    ds.Manufacturer = MANUFACTURER
    ds.ManufacturerModelName = "analytic phantom"
    ds.InstitutionName = "PHANTOM"
    ds.PatientName = f"PHANTOM^{identity.name}"
    ds.PatientID = "PHANTOM-" + (identity.patient or identity.key).upper().replace(" ", "-")
    ds.PatientBirthDate = ""
    ds.PatientAge = identity.age
    ds.PatientSex = identity.sex
    ds.ReferringPhysicianName = ""
    ds.AccessionNumber = ""
    ds.StudyID = "1"
    ds.StudyDescription = "SYNTHETIC " + identity.description
    ds.SeriesDescription = "SYNTHETIC " + (identity.series_description or identity.description)
    ds.SeriesNumber = str(series)
    ds.InstanceNumber = str(number)
    ds.BodyPartExamined = identity.body_part
    ds.LossyImageCompression = "00"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE
    return ds


def set_pixels(ds: Any, stored: npt.NDArray[np.uint16 | np.uint8], *, bits: int, photometric: str) -> None:
    """Put grey pixels of shape ``(rows, columns)`` into a dataset, in as many bytes as they come in."""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = photometric
    ds.Rows, ds.Columns = (int(n) for n in stored.shape)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 * stored.itemsize, bits, bits - 1
    ds.PixelRepresentation = 0
    ds.PixelData = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder("<")).tobytes()


def _code(value: str, meaning: str, scheme: str = "SCT") -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def names(count: int, seed: Sequence[int]) -> tuple[str, ...]:
    """Neutral file names in shuffled order, so that nothing can lean on them for sorting."""
    order = np.random.default_rng(list(seed)).permutation(count)
    return tuple(f"IM{number + 1:04d}.dcm" for number in order)
