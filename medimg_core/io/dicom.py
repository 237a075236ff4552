"""One DICOM file: bytes -> a parsed header with its pixels still encoded."""

import struct
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from medimg_core.errors import LimitError, UnreadableFileError, UnsupportedFileError
from medimg_core.io.archives import Allowance, inflate_raw
from medimg_core.io.elements import decode_errors, has, integer, text

__all__ = ["BULK_LIMIT", "Instance", "check_image_tags", "is_copy", "parse", "pixel_free"]

BULK_LIMIT = 64 * 1024
"""Elements above this many bytes are dropped from the headers that a series keeps."""

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_PIXEL_TAGS = frozenset((0x7FE00010, 0x7FE00008, 0x7FE00009))
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420", "YBR_PARTIAL_422")
_IMPLICIT, _EXPLICIT, _BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


@dataclass(eq=False)
class Instance:
    """One DICOM file while it is being opened.

    Attributes:
        name: As the user gave it.
        order: Place among the files of the drop.
        header: The parsed data set; its pixels go once they are decoded.
        digest: SHA-256 of the file's bytes.
        uid: SOPInstanceUID, or one made from the file's bytes.
        copies: Names of further files of the drop that hold the same.
    """

    name: str = field(repr=False)
    order: int
    header: Any = field(repr=False)
    digest: bytes = field(repr=False)
    uid: str
    copies: list[str] = field(default_factory=list, repr=False)
    _slim: bool = False

    @property
    def has_pixels(self) -> bool:
        """Whether the file holds an image."""
        return any(tag in self.header for tag in _PIXEL_TAGS)

    def drop_pixels(self) -> None:
        """Let pixels and bulk elements go; the header stays."""
        if not self._slim:
            pixel_free(self.header)
            self._slim = True

    @cached_property
    def transfer_syntax(self) -> str:
        """TransferSyntaxUID."""
        meta = getattr(self.header, "file_meta", None)
        return text(meta, "TransferSyntaxUID") if meta is not None else ""


@cache
def _quiet_pydicom() -> Any:
    """Import pydicom so that broken values are read as they are, without warnings that could quote them."""
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    return pydicom


def parse(data: bytes, allowance: Allowance) -> Any:
    """Parse a DICOM file, with or without preamble and file meta information.

    Args:
        data: The file.
        allowance: What a deflated file may still expand to.

    Returns:
        The data set, pixels still encoded, with ``file_meta.TransferSyntaxUID`` set.

    Raises:
        UnreadableFileError: The file is damaged, or not DICOM after all.
        LimitError: A deflated file expands beyond the limits.
    """
    import io

    pydicom = _quiet_pydicom()
    if _DEFLATED in data[:1024]:
        _check_deflated(data, allowance)
    try:
        header = pydicom.dcmread(io.BytesIO(data), force=True)
    except decode_errors() as error:
        raise UnreadableFileError("the DICOM header is damaged: it cannot be parsed to its end") from error
    if len(header) == 0:
        raise UnreadableFileError("the DICOM file is truncated or empty: it holds no whole data set")
    _complete_meta(header)
    return header


def _check_deflated(data: bytes, allowance: Allowance) -> None:
    """Expand a deflated data set under the limits before pydicom expands it without any."""
    if data[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
        raise UnreadableFileError("a deflated DICOM file must state the length of its file meta information")
    (length,) = struct.unpack_from("<I", data, 140)
    inflate_raw(data[144 + length :], allowance)


def _complete_meta(header: Any) -> None:
    """Give a file without meta information the syntax in which its header was found to be written."""
    from pydicom.dataset import FileMetaDataset

    meta = getattr(header, "file_meta", None)
    if meta is None:
        meta = header.file_meta = FileMetaDataset()
    if text(meta, "TransferSyntaxUID"):
        return
    implicit, little = header.original_encoding
    if implicit is None:
        implicit, little = True, True
    meta.TransferSyntaxUID = _IMPLICIT if implicit else (_EXPLICIT if little else _BIG)


def is_copy(one: Instance, other: Instance) -> bool:
    """Whether two files are the same, byte for byte.

    One SOPInstanceUID is not enough: generators give one to many files, and two files that agree in
    pixels and place may still differ in patient or side.
    """
    return one.uid == other.uid and one.digest == other.digest


def pixel_free(header: Any) -> Any:
    """Take pixels and bulk elements (above 64 KiB) out of a header, in place.

    Sequences are looked at whole: a functional-group sequence stays, whatever its length.
    """
    bulky = [
        tag
        for tag, element in header.items()
        if tag in _PIXEL_TAGS
        or (isinstance(element.value, bytes) and len(element.value) > BULK_LIMIT and not _is_sequence(tag, element))
    ]
    for tag in bulky:
        del header[tag]
    return header


def _is_sequence(tag: Any, element: Any) -> bool:
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    if element.VR is not None:  # implicit files state no value representation
        return bool(element.VR == "SQ")
    return bool(dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ")


def check_image_tags(header: Any, most_pixels: int) -> tuple[int, int, int]:
    """Check the tags without which pixels cannot be understood, before anything is decoded.

    Args:
        header: The data set.
        most_pixels: Rows x columns x frames allowed.

    Returns:
        Rows, columns and frames.

    Raises:
        UnreadableFileError: A tag is missing or cannot be right.
        LimitError: The image is larger than allowed.
    """
    found: dict[str, int] = {}
    for keyword in ("Rows", "Columns"):
        value = integer(header, keyword)
        if value is None:
            state = "broken" if has(header, keyword) else "missing"
            raise UnreadableFileError(f"an image needs {keyword}; the tag is {state}")
        if value < 1:
            raise UnreadableFileError(f"{keyword} must be above zero, got {value}")
        found[keyword] = value
    frames = integer(header, "NumberOfFrames")
    if frames is None:
        if has(header, "NumberOfFrames") and text(header, "NumberOfFrames"):
            raise UnreadableFileError("NumberOfFrames must be a whole number, and is not")
        frames = 1
    frames = max(frames, 1)
    total = found["Rows"] * found["Columns"] * frames
    if total > most_pixels:
        raise LimitError(
            f"an image may have at most {most_pixels:,} pixels, "
            f"this header announces {found['Rows']} x {found['Columns']} x {frames}"
        )
    _check_samples(header)
    _check_bits(header, float_pixels=0x7FE00008 in header or 0x7FE00009 in header)
    return found["Rows"], found["Columns"], frames


def _check_bits(header: Any, *, float_pixels: bool) -> None:
    allocated = integer(header, "BitsAllocated")
    if allocated is None or (integer(header, "PixelRepresentation") is None and not float_pixels):
        keyword = "BitsAllocated" if allocated is None else "PixelRepresentation"
        raise UnreadableFileError(f"an image needs {keyword}; the tag is missing or broken")
    if allocated not in (1, 8, 16, 32, 64):
        raise UnsupportedFileError(f"BitsAllocated must be 1, 8, 16, 32 or 64, got {allocated}")
    if float_pixels:
        return
    stored, signed = integer(header, "BitsStored"), integer(header, "PixelRepresentation")
    if stored is not None and not 1 <= stored <= allocated:
        raise UnreadableFileError(f"BitsStored must lie in 1..{allocated}, got {stored}")
    if signed not in (0, 1):
        raise UnreadableFileError(f"PixelRepresentation must be 0 or 1, got {signed}")


def _check_samples(header: Any) -> None:
    """Check that colours and samples agree (PS3.3 C.7.6.3.1.2); decoders crash on files where they do not."""
    photometric, samples = text(header, "PhotometricInterpretation"), integer(header, "SamplesPerPixel")
    if not photometric:
        raise UnreadableFileError("an image needs PhotometricInterpretation; the tag is missing")
    needed = 1 if photometric in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR") else 3
    if needed == 3 and photometric not in _COLOURS:
        raise UnsupportedFileError("images in grey, palette, RGB or YBR are read; PhotometricInterpretation is another")
    if (samples or needed) != needed:
        raise UnreadableFileError(f"{photometric} needs {needed} sample(s) a pixel, got {samples}")
