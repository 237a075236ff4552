"""What a DICOM instance is for: a diagnostic image, a localiser, a derived picture, a dose sheet, or no image."""

import re
from typing import Any

from medimg_core.io.elements import display_text, text, texts

__all__ = ["KIND_ORDER", "image_type", "is_mosaic", "kind_of", "object_name"]

KIND_ORDER = ("image", "derived", "localiser", "dose_sheet", "object")
"""Order in which a study lists its series."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_SECONDARY_CAPTURE = _STORAGE + "7"

# Longest prefix wins; names by PS3.6 annex A, in words.
_OBJECTS = {
    "1.2.840.10008.1.3.10": "DICOM media index (DICOMDIR)",
    _STORAGE + "4.2": "MR spectroscopy",
    _STORAGE + "8": "Overlay",
    _STORAGE + "9": "Waveform",
    _STORAGE + "9.1.1": "12-lead ECG",
    _STORAGE + "9.1.2": "ECG",
    _STORAGE + "9.1.3": "Ambulatory ECG",
    _STORAGE + "9.2": "Haemodynamic waveform",
    _STORAGE + "9.4": "Audio",
    _STORAGE + "10": "Modality LUT",
    _STORAGE + "11": "Presentation state",
    _STORAGE + "66": "Raw data",
    _STORAGE + "66.1": "Spatial registration",
    _STORAGE + "66.2": "Spatial fiducials",
    _STORAGE + "66.3": "Deformable registration",
    _STORAGE + "66.4": "Segmentation",
    _STORAGE + "66.5": "Surface segmentation",
    _STORAGE + "66.6": "Tractography",
    _STORAGE + "67": "Real world value mapping",
    _STORAGE + "68": "Surface scan",
    _STORAGE + "78": "Eye measurements",
    _STORAGE + "79": "Macular thickness report",
    _STORAGE + "80": "Visual field measurements",
    _STORAGE + "88": "Structured report",
    _STORAGE + "88.40": "Procedure log",
    _STORAGE + "88.50": "Mammography CAD report",
    _STORAGE + "88.59": "Key object selection",
    _STORAGE + "88.65": "Chest CAD report",
    _STORAGE + "88.67": "Radiation dose report",
    _STORAGE + "88.68": "Radiopharmaceutical dose report",
    _STORAGE + "88.73": "Radiation dose report",
    _STORAGE + "88.76": "Radiation dose report",
    _STORAGE + "90": "Content assessment",
    _STORAGE + "91": "Microscopy annotations",
    _STORAGE + "104.1": "PDF document",
    _STORAGE + "104.2": "Clinical document",
    _STORAGE + "104.3": "3-D model (STL)",
    _STORAGE + "104.4": "3-D model (OBJ)",
    _STORAGE + "104.5": "3-D model material",
    _STORAGE + "129": "PET curve",
    _STORAGE + "131": "Display layout",
    _STORAGE + "200": "Procedure protocol",
    _STORAGE + "201": "Inventory",
    _STORAGE + "481.2": "RT dose",
    _STORAGE + "481.3": "RT structure set",
    _STORAGE + "481.4": "RT treatment record",
    _STORAGE + "481.5": "RT plan",
    _STORAGE + "481.6": "RT treatment record",
    _STORAGE + "481.7": "RT treatment summary",
    _STORAGE + "481.8": "RT ion plan",
    _STORAGE + "481.9": "RT treatment record",
    "1.2.840.10008.5.1.4.34": "RT delivery instruction",
    "1.2.840.10008.5.1.4.38": "Hanging protocol",
    "1.2.840.10008.5.1.4.39": "Colour palette",
    "1.2.840.10008.5.1.4.43": "Implant template",
    "1.2.840.10008.5.1.4.44": "Implant assembly",
    "1.2.840.10008.5.1.4.45": "Implant template group",
}
_OBJECT_MODALITIES = {
    "SR": "Structured report",
    "PR": "Presentation state",
    "KO": "Key object selection",
    "SEG": "Segmentation",
    "REG": "Spatial registration",
    "RTSTRUCT": "RT structure set",
    "RTPLAN": "RT plan",
    "RTDOSE": "RT dose",
    "RTRECORD": "RT treatment record",
    "ECG": "ECG",
    "DOC": "Document",
    "AU": "Audio",
}
_LOCALISER_TYPES = {"LOCALIZER", "SCOUT", "TOPOGRAM", "SURVEY"}
_LOCALISER_WORDS = re.compile(r"\b(locali[sz]ers?|scout|topogram|surview|survey|loc)\b", re.IGNORECASE)
_DOSE_WORDS = re.compile(r"\b(dose (report|info|sheet|record|summary)|patient protocol|exam protocol)\b", re.IGNORECASE)


def object_name(header: Any, *, has_pixels: bool) -> str:
    """Name an instance that is no image, in words; ``""`` for an image.

    Args:
        header: The data set.
        has_pixels: Whether it holds pixel data.
    """
    if 0x00041220 in header:  # DirectoryRecordSequence
        return _OBJECTS["1.2.840.10008.1.3.10"]
    uid = text(header, "SOPClassUID")
    parts = uid.split(".")
    for length in range(len(parts), 0, -1):
        name = _OBJECTS.get(".".join(parts[:length]))
        if name is not None:
            return name
    if has_pixels:
        return ""
    return _OBJECT_MODALITIES.get(text(header, "Modality").upper(), "DICOM object without an image")


def image_type(header: Any) -> tuple[str, ...]:
    """Values of ImageType (0008,0008), upper case."""
    return tuple(value.upper() for value in texts(header, "ImageType"))


def is_mosaic(header: Any) -> bool:
    """Whether Siemens tiled the slices of a volume into one picture (ImageType holds MOSAIC)."""
    return "MOSAIC" in image_type(header)


def kind_of(header: Any, *, tiled: bool = False) -> str:
    r"""What an image is for: ``"image"``, ``"localiser"``, ``"derived"`` or ``"dose_sheet"``.

    By ImageType (PS3.3 C.7.6.1.1.2: value 1 ORIGINAL or DERIVED, value 2 PRIMARY or SECONDARY, value 3
    LOCALIZER) and SOP class. DERIVED\PRIMARY stays diagnostic: radiographs, mammograms and PET are
    that. SeriesDescription is asked only where vendors are known to leave the tag out: MR localisers
    and dose sheets captured from the screen.

    Args:
        header: The data set.
        tiled: The image is one slice of a mosaic, as against the mosaic itself.
    """
    values = image_type(header)
    modality = text(header, "Modality").upper()
    description = display_text(header, "SeriesDescription").replace("_", " ")
    sop_class = text(header, "SOPClassUID")
    captured = sop_class == _SECONDARY_CAPTURE or sop_class.startswith(_SECONDARY_CAPTURE + ".")
    secondary = values[:1] == ("DERIVED",) and "PRIMARY" not in values[1:2]
    if (captured or secondary) and (any("DOSE" in value for value in values) or _DOSE_WORDS.search(description)):
        return "dose_sheet"
    if _LOCALISER_TYPES.intersection(values):
        return "localiser"
    if modality in ("CT", "MR") and not captured and _LOCALISER_WORDS.search(description):
        return "localiser"
    return "derived" if captured or secondary or ("MOSAIC" in values and not tiled) else "image"
