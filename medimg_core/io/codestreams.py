"""Encoded frames: what they announce is checked, then the decoders are asked in the order that is safest."""

import contextlib
import struct
from typing import Any

import numpy as np

from medimg_core.errors import UnreadableFileError
from medimg_core.io.elements import decode_errors, integer
from medimg_core.io.jpeg import jpeg_frame, whole_jpeg_frame
from medimg_core.study import AnyArray

__all__ = ["JPEG_EXTENDED", "decoded_frame", "deep_jpeg"]

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
"""JPEG Extended (Process 2 and 4), the lossy JPEG of up to 12 bits."""

_SYNTAX = "1.2.840.10008.1.2."
_RLE = _SYNTAX + "5"
_JPEG_LS = (_SYNTAX + "4.80", _SYNTAX + "4.81")
_JPEG = {  # SOF markers each process may begin a frame with (ITU-T T.81 table B.1)
    _SYNTAX + "4.50": {0xC0, 0xC1, 0xC2},
    _SYNTAX + "4.51": {0xC0, 0xC1, 0xC2},
    _SYNTAX + "4.57": {0xC3},
    _SYNTAX + "4.70": {0xC3},
}
_DECODERS = {
    # gdcm only where nothing else reads the syntax: on damaged JPEG-LS and JPEG 2000 it ends the process
    _SYNTAX + "4.50": ("pillow",),
    _SYNTAX + "4.51": ("pillow",),
    _SYNTAX + "4.57": ("gdcm",),
    _SYNTAX + "4.70": ("gdcm",),
    _SYNTAX + "4.80": ("pyjpegls",),
    _SYNTAX + "4.81": ("pyjpegls",),
    _SYNTAX + "4.90": ("pylibjpeg", "pillow"),
    _SYNTAX + "4.91": ("pylibjpeg", "pillow"),
    _SYNTAX + "4.201": ("pylibjpeg",),
    _SYNTAX + "4.202": ("pylibjpeg",),
    _SYNTAX + "4.203": ("pylibjpeg",),
    _RLE: ("pydicom",),
}


def deep_jpeg(codestream: bytes, header: Any, shape: tuple[int, int]) -> AnyArray:
    """Decode a frame of more than 8 bits in JPEG Extended, which pydicom 3.0 refuses although gdcm reads it.

    Args:
        codestream: The encoded frame, checked against the header.
        header: A data set with one sample a pixel.
        shape: Rows and columns.

    Returns:
        Stored values, shape ``(rows, columns)``, ``uint16`` or ``int16``.

    Raises:
        UnreadableFileError: gdcm cannot decode it, or gives another number of pixels.
    """
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(codestream)
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


def decoded_frame(header: Any, syntax: str, shape: tuple[int, int], index: int) -> AnyArray:
    """Decode one encapsulated frame, by the decoders that survive damaged input first.

    What the frame announces is compared with the header before a decoder sees it: gdcm's JPEG codec ends
    the whole process when they disagree, and a large announcement makes a decoder take memory.

    Args:
        header: A data set with encapsulated pixels.
        syntax: TransferSyntaxUID.
        shape: Rows and columns.
        index: Frame, from 0.

    Returns:
        Stored values, shape ``(rows, columns)`` or ``(rows, columns, samples)``.

    Raises:
        UnreadableFileError: The frame is not what the header says.
    """
    from pydicom.encaps import get_frame
    from pydicom.pixels import pixel_array

    frames = max(integer(header, "NumberOfFrames") or 1, 1)
    codestream = get_frame(header[0x7FE00010].value, index, number_of_frames=frames)
    if syntax in _JPEG:
        _check_jpeg(codestream, header, syntax, shape)
    elif syntax != _RLE:
        _check_size(_announced_size(codestream), shape)
    if syntax == JPEG_EXTENDED and (integer(header, "BitsStored") or 8) > 8:
        return deep_jpeg(codestream, header, shape)
    if syntax in _JPEG_LS and codestream.rstrip(b"\0").endswith(b"\0\xff\xd9"):
        with contextlib.suppress(*decode_errors()):  # most end so by chance and are whole
            return np.asarray(pixel_array(header, index=index, decoding_plugin="pyjpegls"))
        return _padded_jpeg_ls(codestream.rstrip(b"\0"), header, shape)
    *others, last = _DECODERS.get(syntax, ("",))
    for decoder in others:
        try:
            return np.asarray(pixel_array(header, index=index, decoding_plugin=decoder))
        except decode_errors():
            continue  # the next one may be less strict
    return np.asarray(pixel_array(header, index=index, decoding_plugin=last))


def _padded_jpeg_ls(codestream: bytes, header: Any, shape: tuple[int, int]) -> AnyArray:
    """Decode a grey JPEG-LS frame whose encoder put its padding byte before the end marker instead of after it."""
    import jpeg_ls

    if integer(header, "SamplesPerPixel") != 1:
        raise UnreadableFileError("the encoded pixels are damaged: the JPEG-LS scan ends in the wrong place")
    values, announced = jpeg_ls.decode_pixel_data(codestream[:-3] + codestream[-2:])
    kind = "i" if integer(header, "PixelRepresentation") == 1 else "u"
    flat = np.frombuffer(bytes(values), f"<{kind}{(int(announced['bits_per_sample']) + 7) // 8}")
    if flat.size != shape[0] * shape[1]:
        raise UnreadableFileError("the encoded pixels are damaged: a JPEG-LS frame of another size")
    return flat.reshape(shape)


def _check_size(announced: tuple[int, int] | None, shape: tuple[int, int]) -> None:
    if announced is not None and (announced[0] > shape[0] * 2 or announced[1] > shape[1] * 2):
        raise UnreadableFileError(
            f"the encoded image must be {shape[0]} x {shape[1]}, "
            f"its codestream announces {announced[0]} x {announced[1]}"
        )


def _check_jpeg(codestream: bytes, header: Any, syntax: str, shape: tuple[int, int]) -> None:
    found = whole_jpeg_frame(codestream)
    if found is None:
        raise UnreadableFileError("the encoded pixels are damaged: the JPEG headers are broken")
    if (found.rows, found.columns) != shape:
        raise UnreadableFileError(
            f"the encoded image must be {shape[0]} x {shape[1]}, "
            f"its codestream announces {found.rows} x {found.columns}"
        )
    samples = integer(header, "SamplesPerPixel") or 1
    allocated = integer(header, "BitsAllocated")
    if found.components != samples or (found.precision + 7) // 8 * 8 != allocated:
        raise UnreadableFileError(
            f"the encoded image must have {samples} x {allocated} bits a pixel, "
            f"its codestream announces {found.components} x {found.precision}"
        )
    if found.process not in _JPEG[syntax]:
        raise UnreadableFileError("the pixels are encoded by another JPEG process than the transfer syntax says")


def _announced_size(codestream: bytes) -> tuple[int, int] | None:
    """Rows and columns in the SOF marker of JPEG-LS or the SIZ marker of JPEG 2000, or None."""
    start = codestream.find(b"\xff\x4f\xff\x51")
    if 0 <= start < 256 and len(codestream) >= start + 24:
        width, height, left, top = struct.unpack_from(">IIII", codestream, start + 8)
        return height - top, width - left
    found = jpeg_frame(codestream)
    return None if found is None else (found.rows, found.columns)
