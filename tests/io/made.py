"""Small DICOM files made for the tests: valid, asymmetric, of a patient who does not exist."""

import io
from typing import Any

import numpy as np
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
PT = "1.2.840.10008.5.1.4.1.1.128"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
US_MULTI = "1.2.840.10008.5.1.4.1.1.3.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
SR = "1.2.840.10008.5.1.4.1.1.88.11"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"

SERIES, STUDY, FRAME = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2", "1.2.826.0.1.3680043.8.498.3"


def header(sop_class: str = CT, modality: str = "CT", **tags: Any) -> Dataset:
    """A data set without pixels."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = sop_class
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.Modality = modality
    data.PatientID, data.PatientName, data.PatientBirthDate = "TEST-1", "PHANTOM^ADA", "20200101"
    data.PatientSex, data.StudyDate = "F", "20231001"
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, SERIES
    for keyword, value in tags.items():
        setattr(data, keyword, value)
    return data


def image(pixels: np.ndarray, sop_class: str = CT, modality: str = "CT", **tags: Any) -> Dataset:
    """A data set with uncompressed pixels: ``(rows, columns)``, ``(frames, rows, columns)`` or colour last."""
    data = header(sop_class, modality)
    colour = pixels.shape[-1] == 3
    plane = pixels.shape[:-1] if colour else pixels.shape
    data.Rows, data.Columns = plane[-2:]
    if len(plane) == 3:
        data.NumberOfFrames = plane[0]
    data.SamplesPerPixel = 3 if colour else 1
    if colour:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = pixels.dtype.itemsize * 8
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes()
    for keyword, value in tags.items():
        setattr(data, keyword, value)
    return data


def ct_slice(index: int = 0, *, step: float = 2.0, rows: int = 6, columns: int = 5, **tags: Any) -> Dataset:
    """One axial slice of a CT whose values tell slice, row and column apart; its first row is air."""
    pixels = (100 * index + 10 * np.arange(rows)[:, None] + np.arange(columns)[None]).astype(np.int16) + 1024
    pixels[0] = 24  # air: -1000 HU
    chosen = {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "FrameOfReferenceUID": FRAME,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [-10, -20, 30 + step * index],
        "PixelSpacing": [0.5, 0.7],
        "SliceThickness": 2,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "InstanceNumber": index + 1,
    }
    return image(pixels, CT, "CT", **(chosen | tags))


_MACROS = {
    "position": ("PlanePositionSequence", "ImagePositionPatient"),
    "orientation": ("PlaneOrientationSequence", "ImageOrientationPatient"),
    "spacing": ("PixelMeasuresSequence", "PixelSpacing"),
    "thickness": ("PixelMeasuresSequence", "SliceThickness"),
    "slope": ("PixelValueTransformationSequence", "RescaleSlope"),
    "intercept": ("PixelValueTransformationSequence", "RescaleIntercept"),
    "rescale_type": ("PixelValueTransformationSequence", "RescaleType"),
    "centre": ("FrameVOILUTSequence", "WindowCenter"),
    "width": ("FrameVOILUTSequence", "WindowWidth"),
    "time": ("FrameContentSequence", "TemporalPositionIndex"),
    "acquisition": ("FrameContentSequence", "FrameAcquisitionNumber"),
    "moment": ("FrameContentSequence", "FrameAcquisitionDateTime"),
    "stack": ("FrameContentSequence", "StackID"),
    "indices": ("FrameContentSequence", "DimensionIndexValues"),
    "trigger": ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    "offset": ("TemporalPositionSequence", "TemporalPositionTimeOffset"),
    "echo_time": ("MREchoSequence", "EffectiveEchoTime"),
    "b": ("MRDiffusionSequence", "DiffusionBValue"),
    "frame_type": ("MRImageFrameTypeSequence", "FrameType"),
    "component": ("MRImageFrameTypeSequence", "ComplexImageComponent"),
}


def functional_group(**values: Any) -> Dataset:
    """An item of functional groups, its macros by the short names of the table above."""
    group = Dataset()
    for name, value in values.items():
        if name == "direction":
            gradient = Dataset()
            gradient.DiffusionGradientOrientation = value
            _macro(group, "MRDiffusionSequence").DiffusionGradientDirectionSequence = [gradient]
        else:
            sequence, keyword = _MACROS[name]
            setattr(_macro(group, sequence), keyword, value)
    return group


def _macro(group: Dataset, sequence: str) -> Dataset:
    if sequence not in group:
        setattr(group, sequence, [Dataset()])
    return getattr(group, sequence)[0]


def enhanced(frames: list[dict[str, Any]], shared: dict[str, Any] | None = None, **tags: Any) -> Dataset:
    """An enhanced multi-frame file of 4 x 5 pixels a frame.

    Args:
        frames: What the functional groups of each frame say; ``value`` is what its pixels hold, column by column
            one more.
        shared: What all share, on top of an axial orientation, 1 x 2 mm and 3 mm thickness.
        tags: Tags of the file; ``Modality`` CT makes an enhanced CT.
    """
    plane = np.arange(5)[None] + np.zeros((4, 1), int)
    pixels = np.stack([frame["value"] + plane for frame in frames]).astype(np.uint16)
    kind = ENHANCED_CT if tags.get("Modality") == "CT" else ENHANCED_MR
    chosen = {"ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "FrameOfReferenceUID": FRAME, "InstanceNumber": 1}
    data = image(pixels, kind, "MR", **(chosen | tags))
    common = {"orientation": [1, 0, 0, 0, 1, 0], "spacing": [1.0, 2.0], "thickness": 3}
    data.SharedFunctionalGroupsSequence = [functional_group(**(common | (shared or {})))]
    data.PerFrameFunctionalGroupsSequence = [
        functional_group(**{name: value for name, value in frame.items() if name != "value"}) for frame in frames
    ]
    return data


def dimensions(data: Dataset, *keywords: str) -> Dataset:
    """The data set with dimension pointers to these attributes, in order."""
    data.DimensionIndexSequence = [Dataset() for _ in keywords]
    for entry, keyword in zip(data.DimensionIndexSequence, keywords, strict=True):
        entry.DimensionIndexPointer = tag_for_keyword(keyword)
    return data


def encapsulated(data: Dataset, syntax: str, *frames: bytes) -> Dataset:
    """The data set with its pixels replaced by encoded frames."""
    from pydicom.encaps import encapsulate

    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate(list(frames))
    data["PixelData"].is_undefined_length = True
    return data


def packed(data: Dataset, *, preamble: bool = True) -> bytes:
    """The bytes of the file."""
    buffer = io.BytesIO()
    FileDataset("", data, file_meta=data.file_meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue() if preamble else buffer.getvalue()[132:]


def named(*files: Dataset) -> list[tuple[str, bytes]]:
    """Files as ``open_study`` takes them, in the order given, named so that the names mislead."""
    return [(f"{len(files) - index:03d}", packed(data)) for index, data in enumerate(files)]
