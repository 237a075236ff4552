"""The tags without which pixels cannot be understood, checked before anything is decoded."""

from typing import Any

from medimg_core.errors import LimitError, UnreadableFileError, UnsupportedFileError
from medimg_core.io.elements import has, integer, text

__all__ = ["check_image_tags"]

_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420", "YBR_PARTIAL_422")


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
