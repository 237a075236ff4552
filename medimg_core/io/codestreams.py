"""Encoded frames seen from inside: the size they announce, and the one kind pydicom does not hand to gdcm."""

import struct
from typing import Any

import numpy as np

from medimg_core.errors import UnreadableFileError
from medimg_core.io.elements import integer
from medimg_core.study import AnyArray

__all__ = ["JPEG_EXTENDED", "check_announced_size", "deep_jpeg"]

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
"""JPEG Extended (Process 2 and 4), the lossy JPEG of up to 12 bits."""

_FRAME_MARKERS = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}


def deep_jpeg(header: Any, shape: tuple[int, int], index: int) -> AnyArray:
    """Decode a frame of more than 8 bits in JPEG Extended, which pydicom 3.0 refuses although gdcm reads it.

    Args:
        header: A data set with one sample a pixel.
        shape: Rows and columns.
        index: Frame, from 0.

    Returns:
        Stored values, shape ``(rows, columns)``, ``uint16`` or ``int16``.

    Raises:
        UnreadableFileError: gdcm cannot decode it, or gives another number of pixels.
    """
    import gdcm
    from pydicom.encaps import get_frame

    frames = max(integer(header, "NumberOfFrames") or 1, 1)
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(get_frame(header[0x7FE00010].value, index, number_of_frames=frames))
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((shape[1], shape[0], 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(JPEG_EXTENDED)))
    stored, signed = integer(header, "BitsStored") or 12, integer(header, "PixelRepresentation") or 0
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, stored, stored - 1, signed))
    values = image.GetBuffer().encode("utf-8", "surrogateescape")  # gdcm hands its bytes over as text
    if len(values) != 2 * shape[0] * shape[1]:
        raise UnreadableFileError("the encoded pixels are damaged: gdcm does not decode them")
    return np.frombuffer(values, dtype="<i2" if signed else "<u2").reshape(shape)


def check_announced_size(header: Any, shape: tuple[int, int]) -> None:
    """Compare the size a codestream announces with the header's, before a decoder makes room for it.

    Args:
        header: A data set with encapsulated pixels.
        shape: Rows and columns of the header.

    Raises:
        UnreadableFileError: The codestream is much larger than the header says.
    """
    from pydicom.encaps import generate_fragments

    data = header[0x7FE00010].value
    fragments = generate_fragments(data)
    next(fragments, None)  # basic offset table
    announced = _announced_size(next(fragments, b""))
    if announced is not None and (announced[0] > shape[0] * 2 or announced[1] > shape[1] * 2):
        raise UnreadableFileError(
            f"the encoded image must be {shape[0]} x {shape[1]}, "
            f"its codestream announces {announced[0]} x {announced[1]}"
        )


def _announced_size(codestream: bytes) -> tuple[int, int] | None:
    """Rows and columns in the SOF marker of JPEG and JPEG-LS or the SIZ marker of JPEG 2000, or None."""
    start = codestream.find(b"\xff\x4f\xff\x51")
    if 0 <= start < 256 and len(codestream) >= start + 24:
        width, height, left, top = struct.unpack_from(">IIII", codestream, start + 8)
        return height - top, width - left
    if codestream[:2] != b"\xff\xd8":
        return None
    place = 2
    while place + 9 <= len(codestream) and codestream[place] == 0xFF:
        marker = codestream[place + 1]
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", codestream, place + 5)
            return height, width
        place += 2 + struct.unpack_from(">H", codestream, place + 2)[0]
    return None
