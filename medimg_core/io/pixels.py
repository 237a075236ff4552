"""Encoded pixels -> stored values, frame by frame."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from medimg_core.errors import InputError, UnreadableFileError, UnsupportedFileError
from medimg_core.io.codestreams import decoded_frame
from medimg_core.io.dicom import PIXEL_DATA, Instance
from medimg_core.io.elements import decode_errors, integer, text
from medimg_core.study import AnyArray

__all__ = ["check_pixels", "frames_of", "is_colour", "is_plain", "needed_decoder", "stored_values"]

_NATIVE = {
    "1.2.840.10008.1.2": "<",
    "1.2.840.10008.1.2.1": "<",
    "1.2.840.10008.1.2.1.99": "<",
    "1.2.840.10008.1.2.2": ">",
}
_READERS = {
    "1.2.840.10008.1.2.4.50": "pillow",
    "1.2.840.10008.1.2.4.51": "pillow (8 bits) or python-gdcm (12 bits)",
    "1.2.840.10008.1.2.4.57": "python-gdcm",
    "1.2.840.10008.1.2.4.70": "python-gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg-openjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg-openjpeg",
}
_GREY = ("MONOCHROME1", "MONOCHROME2")
_FLOAT_PIXELS = {0x7FE00008: "f4", 0x7FE00009: "f8"}


def is_colour(header: Any) -> bool:
    """Whether the decoded image has three channels."""
    return integer(header, "SamplesPerPixel") == 3 or text(header, "PhotometricInterpretation") == "PALETTE COLOR"


def is_plain(instance: Instance) -> bool:
    """Whether the file is one uncompressed grey frame, which needs no decoder."""
    header = instance.header
    return (
        instance.transfer_syntax in _NATIVE
        and (integer(header, "NumberOfFrames") or 1) == 1
        and (integer(header, "SamplesPerPixel") or 1) == 1
        and text(header, "PhotometricInterpretation") in _GREY
        and integer(header, "BitsAllocated") in (8, 16, 32)
        and not any(tag in header for tag in _FLOAT_PIXELS)
    )


def check_pixels(instance: Instance, shape: tuple[int, int], frames: int) -> None:
    """Check what can be known without decoding: that a decoder exists, and that native pixels are all there.

    Args:
        instance: A file with pixels, its image tags checked.
        shape: Rows and columns.
        frames: Number of frames.

    Raises:
        UnreadableFileError: Native pixels are truncated.
        UnsupportedFileError: No decoder reads the transfer syntax.
    """
    _native_frames(instance, shape, frames)
    missing = needed_decoder(instance.transfer_syntax)
    if missing is not None:
        raise UnsupportedFileError(missing)


@cache
def needed_decoder(syntax: str) -> str | None:
    """Say what is missing to read a transfer syntax, or None when it can be read.

    Args:
        syntax: TransferSyntaxUID.
    """
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    if syntax in _NATIVE:
        return None
    uid = UID(syntax)
    name = uid.name if uid.name != syntax else "an unknown transfer syntax"
    try:
        available = get_decoder(uid).is_available
    except (NotImplementedError, ValueError, KeyError):
        return f"pixels are encoded as {name} ({syntax}), which MedImg does not read"
    if available:
        return None
    package = _READERS.get(syntax, "another decoder")
    return f"pixels are encoded as {name} ({syntax}); reading them needs the Python package {package}"


def frames_of(instance: Instance, shape: tuple[int, int], frames: int) -> Iterator[AnyArray]:
    """Decode the frames of a file one after another.

    Args:
        instance: A file with pixels, its image tags checked.
        shape: Rows and columns.
        frames: Number of frames.

    Yields:
        Stored values, shape ``(rows, columns)``, or RGB of shape ``(rows, columns, 3)``.

    Raises:
        UnreadableFileError: The pixels are truncated or damaged.
        UnsupportedFileError: No decoder reads the transfer syntax.
    """
    native = _native_frames(instance, shape, frames)
    if native is not None:
        yield from native
        return
    missing = needed_decoder(instance.transfer_syntax)
    if missing is not None:
        raise UnsupportedFileError(missing)
    count = 0
    damage: tuple[type[BaseException], ...] = (*decode_errors(), MemoryError)
    try:
        for frame in _decoded(instance, shape, frames):
            count += 1
            yield frame
    except InputError:
        raise
    except damage as error:
        raise UnreadableFileError(
            f"the encoded pixels of frame {count + 1} are damaged: no decoder reads them"
        ) from error


def stored_values(values: AnyArray, header: Any) -> AnyArray:
    """Repair what lies in the bits above BitsStored (PS3.5 8.1.1).

    Signed values whose sign was not extended are extended; overlay planes that old files keep in unused
    bits are cut off. Other values are left as they are.

    Args:
        values: Stored values, any shape, integer.
        header: The data set.
    """
    allocated, stored = integer(header, "BitsAllocated"), integer(header, "BitsStored")
    if allocated not in (8, 16, 32) or stored is None or not 0 < stored < allocated or values.dtype.kind not in "iu":
        return values
    limit = 1 << (stored - (values.dtype.kind == "i"))
    if int(values.max()) < limit:
        return values
    if values.dtype.kind == "i":
        shift = allocated - stored
        return np.asarray((values << shift) >> shift)
    if any(0x60000102 | (group << 16) in header for group in range(0, 32, 2)):  # OverlayBitPosition
        return np.asarray(values & values.dtype.type(limit - 1))
    return values


def _native_frames(instance: Instance, shape: tuple[int, int], frames: int) -> Iterator[AnyArray] | None:
    """Views of uncompressed grey pixels, or None where pydicom has to unpack them."""
    header = instance.header
    order = _NATIVE.get(instance.transfer_syntax)
    if order is None:
        return None
    for tag, code in _FLOAT_PIXELS.items():
        if tag in header:
            return _views(instance, tag, np.dtype(order + code), shape, frames)
    allocated = integer(header, "BitsAllocated") or 0
    samples = integer(header, "SamplesPerPixel") or 1
    _check_length(instance.pixel_length(), shape, frames, samples, allocated, text(header, "PhotometricInterpretation"))
    simple = samples == 1 and text(header, "PhotometricInterpretation") in _GREY
    if not simple or allocated not in (8, 16, 32) or (order == ">" and allocated == 8):
        return None
    kind = "i" if integer(header, "PixelRepresentation") == 1 else "u"
    return _views(instance, PIXEL_DATA, np.dtype(f"{order}{kind}{allocated // 8}"), shape, frames)


def _views(
    instance: Instance, tag: int, dtype: np.dtype[Any], shape: tuple[int, int], frames: int
) -> Iterator[AnyArray]:
    length = shape[0] * shape[1] * dtype.itemsize
    held = instance.pixel_length(tag)
    if held < length * frames:
        raise UnreadableFileError(f"pixel data must hold {length * frames:,} bytes, got {held:,}")
    return (
        np.frombuffer(instance.pixel_part(index * length, length, tag), dtype).reshape(shape) for index in range(frames)
    )


def _check_length(size: int, shape: tuple[int, int], frames: int, samples: int, allocated: int, colour: str) -> None:
    per_pixel = 2 if colour == "YBR_FULL_422" else samples
    bits = shape[0] * shape[1] * frames * per_pixel * allocated
    if size < (bits + 7) // 8:
        raise UnreadableFileError(f"pixel data must hold {(bits + 7) // 8:,} bytes, got {size:,}")


@cache
def _quiet_decoders() -> None:
    """Keep gdcm's complaints, which could quote a file, off the terminal."""
    try:
        import gdcm
    except ImportError:
        return
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
    gdcm.Trace.DebugOff()


def _decoded(instance: Instance, shape: tuple[int, int], frames: int) -> Iterator[AnyArray]:
    from pydicom.pixels import pixel_array

    _quiet_decoders()
    header = instance.header
    syntax = instance.transfer_syntax
    palette = text(header, "PhotometricInterpretation") == "PALETTE COLOR"
    expected = (*shape, 3) if integer(header, "SamplesPerPixel") == 3 else shape
    with instance.pixels_loaded():
        for index in range(frames):
            if syntax in _NATIVE:
                frame = np.asarray(pixel_array(header, index=index))
            else:
                frame = decoded_frame(header, syntax, shape, index)
            if frame.shape != expected:
                raise UnreadableFileError(
                    f"a decoded frame must be {' x '.join(map(str, expected))}, got {' x '.join(map(str, frame.shape))}"
                )
            yield _coloured(_through_palette(frame, header) if palette else frame, header)


def _through_palette(frame: AnyArray, header: Any) -> AnyArray:
    from pydicom.pixels import apply_color_lut

    return np.asarray(apply_color_lut(frame, header)[..., :3])


def _coloured(frame: AnyArray, header: Any) -> AnyArray:
    """Bring colour to 8 bits; grey passes through."""
    if frame.ndim == 2 or frame.dtype == np.uint8:
        return frame
    if text(header, "PhotometricInterpretation") == "PALETTE COLOR":
        # 16-bit tables of old ultrasound often hold 8-bit entries
        return np.asarray(frame >> 8 if int(frame.max()) > 255 else frame, dtype=np.uint8)
    shift = max((integer(header, "BitsStored") or 8) - 8, 0)
    return np.asarray(frame >> shift, dtype=np.uint8)
