"""Pictures: exact values, no geometry, and nothing done to them in silence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from medimg_core.io import Limits, open_study
from medimg_core.study import Volume
from tests.io.test_opening import only, voxels

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
RGB = np.stack([GREY, GREY // 2, 255 - GREY], axis=-1)


def packed(image: Image.Image, form: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def volume_of(data: bytes) -> Volume:
    series = only(open_study([("name.dcm", data)]))
    assert (series.modality, series.kind, series.warnings) == ("", "image", ())
    return voxels(series)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    ("pixels", "mode"),
    [(GREY, "L"), (GREY.astype(np.uint16) * 256 + 7, "I;16"), (RGB, "RGB"), (GREY.astype(np.float32) / 3, "F")],
)
def test_values_are_exact(form, pixels, mode):
    if mode == "F" and form == "PNG":
        return  # PNG holds no such pixels
    volume = volume_of(packed(Image.fromarray(pixels), form))
    assert volume.array.dtype == pixels.dtype
    assert np.array_equal(volume.array[0], pixels)
    assert volume.colour == (mode == "RGB")
    assert (volume.geometry, volume.planar, volume.unit, volume.history) == (None, None, "unknown", ())


@pytest.mark.parametrize(
    ("image", "expected", "history"),
    [
        (Image.fromarray(np.repeat(GREY[..., None], 3, 2)), GREY, ("three equal channels read as grey",)),
        (Image.fromarray(np.dstack([GREY, 255 - GREY]), "LA"), GREY, ("transparency left out",)),
        (Image.fromarray(np.dstack([RGB, GREY])), RGB, ("transparency left out",)),
        (Image.fromarray(GREY > 100), (GREY > 100) * np.uint8(255), ("black and white read as 0 and 255",)),
        (Image.fromarray(RGB).quantize(16), RGB, ("palette read as colour",)),
        (
            Image.fromarray(GREY).convert("P"),
            GREY,
            ("palette read as colour", "three equal channels read as grey"),
        ),
    ],
    ids=["equal channels", "grey with alpha", "colour with alpha", "one bit", "palette", "grey palette"],
)
def test_modes_and_what_is_said_of_them(image, expected, history):
    volume = volume_of(packed(image))
    assert np.array_equal(volume.array[0], expected)
    assert volume.history == history


def test_jpeg_and_its_exif_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    pixels = np.zeros((16, 32), np.uint8)
    pixels[:8] = 250
    volume = volume_of(packed(Image.fromarray(pixels), "JPEG", quality=95, exif=exif))
    assert volume.array.shape == (1, 32, 16)
    assert volume.array[0, :, -1].min() > 240  # the bright rows on top are the right columns now
    assert volume.array[0, :, 0].max() < 10
    assert volume.history == ("turned upright as its EXIF orientation 6 says",)


def test_pages_of_a_tiff_are_frames():
    pages = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    volume = volume_of(packed(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert volume.frames_axis
    assert volume.array.shape == (2, 1, 3, 4)
    assert np.array_equal(volume.array[1, 0], 255 - GREY)


def test_pages_of_several_sizes_are_refused():
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[:2])]
    opened = open_study([("x", packed(pages[0], "TIFF", save_all=True, append_images=pages[1:]))])
    assert opened.refused[0].reason == "the pages of a TIFF must be of one size; these differ"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_16_bit_colour_is_said_to_be_read_with_8():
    rows = b"".join(b"\0" + struct.pack(">6H", 0xFFFF, 0, 0x8000, 0, 0, 0) for _ in range(2))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    volume = volume_of(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    assert volume.array[0, 0, 0].tolist() == [255, 0, 128]
    assert volume.history == ("16-bit channels read with 8 bits",)


def header_only(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100)))


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (packed(Image.fromarray(RGB))[:-30], {}, "damaged or truncated"),
        (packed(Image.fromarray(RGB), "JPEG")[:200], {}, "damaged or truncated"),
        (packed(Image.fromarray(GREY)), {"pixels": 11}, "at most 11 pixels, this one announces 3 x 4 x 1"),
        (header_only(65535, 65535), {}, "a picture may have at most 178,956,970 pixels, this one announces more"),
        (header_only(12000, 12000), {"pixels": 10**8}, "announces 12000 x 12000 x 1"),
        (packed(Image.fromarray(np.full((2, 2), np.inf, np.float32)), "TIFF"), {}, "finite"),
        (packed(Image.fromarray(GREY), "GIF"), {}, "the file is a GIF image"),
        (packed(Image.fromarray(GREY), "BMP"), {}, "the file is a BMP image"),
    ],
)
def test_refusals(data, limits, reason):
    opened = open_study([("x.png", data)], limits=Limits(**limits))
    assert not opened.studies
    assert reason in opened.refused[0].reason
