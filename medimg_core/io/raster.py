"""PNG, JPEG and TIFF -> a volume without geometry, unit or side: such files do not say."""

import io
from typing import Any

import numpy as np

from medimg_core.errors import LimitError, UnreadableFileError, UnsupportedFileError
from medimg_core.io.limits import Limits
from medimg_core.study import AnyArray, Volume

__all__ = ["read_raster"]

_FORMATS = ("PNG", "JPEG", "TIFF")
_EXIF_ORIENTATION = 0x0112
_IMAGE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    RuntimeError,
    OverflowError,
)


def read_raster(data: bytes, limits: Limits) -> tuple[Volume, tuple[str, ...]]:
    """Read a picture; the pages of a TIFF become frames.

    Args:
        data: The file.
        limits: The table; the size is checked before pixels are decoded.

    Returns:
        The volume, of one slice, and warnings.

    Raises:
        UnreadableFileError: Damaged or truncated.
        UnsupportedFileError: A kind of pixels that is not read.
        LimitError: Larger than allowed.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            frames = _pages(image)
            _check_size(image.size, frames, limits)
            history: list[str] = []
            planes: list[AnyArray] = []
            for index in range(frames):
                image.seek(index)
                _check_size(image.size, frames, limits)
                plane = _plane(image, data, history if index == 0 else [])
                if planes and plane.shape != planes[0].shape:
                    raise UnsupportedFileError("the pages of a TIFF must be of one size; these differ")
                planes.append(plane)
            announced = getattr(image, "n_frames", 1)
    except Image.DecompressionBombError as error:
        most = min(limits.pixels, 2 * (Image.MAX_IMAGE_PIXELS or limits.pixels))  # Pillow's own limit comes first
        raise LimitError(f"a picture may have at most {most:,} pixels, this one announces more") from error
    except _IMAGE_ERRORS as error:
        raise UnreadableFileError("the picture is damaged or truncated: it cannot be decoded") from error
    warnings = (f"only the first of {announced} pictures in this file is shown",) if announced > frames else ()
    array = np.stack(planes)
    if array.ndim == 4 and (array[..., :1] == array).all():
        array = np.ascontiguousarray(array[..., 0])
        history.append("three equal channels read as grey")
    colour = array.ndim == 4
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UnreadableFileError("pixels must be finite numbers, got NaN or infinity")
    volume = Volume(
        array[:, None] if frames > 1 else array,
        frames_axis=frames > 1,
        colour=colour,
        photometric="RGB" if colour else "MONOCHROME2",
        history=tuple(history),
    )
    return volume, warnings


def _pages(image: Any) -> int:
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def _check_size(size: tuple[int, int], frames: int, limits: Limits) -> None:
    width, height = size
    if width * height * frames > limits.pixels:
        raise LimitError(
            f"a picture may have at most {limits.pixels:,} pixels, this one announces {height} x {width} x {frames}"
        )


def _plane(image: Any, data: bytes, history: list[str]) -> AnyArray:
    from PIL import ImageOps

    image.load()
    turned = image.getexif().get(_EXIF_ORIENTATION, 1)
    upright = ImageOps.exif_transpose(image) if turned in range(2, 9) else image
    if upright is not image:
        history.append(f"turned upright as its EXIF orientation {turned} says")
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[24] == 16 and data[25] in (2, 4, 6):
        history.append("16-bit channels read with 8 bits")
    return _channels(upright, history)


def _channels(image: Any, history: list[str]) -> AnyArray:
    mode = image.mode
    if mode == "1":
        history.append("black and white read as 0 and 255")
        return np.asarray(image.convert("L"))
    if mode in ("L", "I", "F") or mode.startswith("I;16"):
        return _native(np.asarray(image))
    if mode in ("LA", "La"):
        history.append("transparency left out")
        return np.asarray(image.getchannel("L") if mode == "LA" else image.convert("LA").getchannel("L"))
    if mode in ("RGBA", "PA", "RGBa") or (mode == "P" and "transparency" in image.info):
        history.append("transparency left out")
        return np.asarray(image.convert("RGBA"))[..., :3]
    if mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        history.append("palette read as colour" if mode == "P" else f"{mode} brought to RGB")
        return np.asarray(image.convert("RGB"))
    if mode in ("RGB", "RGBX"):
        return np.asarray(image)[..., :3]
    raise UnsupportedFileError(f"pictures in grey, palette or colour are read, got mode {mode}")


def _native(values: AnyArray) -> AnyArray:
    array = values.astype(values.dtype.newbyteorder("="))
    if array.dtype == np.int32 and array.min() >= 0 and array.max() <= np.iinfo(np.uint16).max:
        return array.astype(np.uint16)
    return array
