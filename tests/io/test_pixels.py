"""Stored values: every encoding that is decoded gives the same pixels, and truncation is counted in bytes."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.pixels import compress
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from medimg_core.io import open_study
from medimg_core.io.codestreams import JPEG_EXTENDED
from medimg_core.io.pixels import needed_decoder
from tests.io import made
from tests.io.test_opening import only, voxels

RAMP = (np.arange(40 * 48, dtype=np.uint16).reshape(40, 48) * 8).astype(np.uint16)


def opened_pixels(data) -> np.ndarray:
    return voxels(only(open_study(made.named(data)))).array


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless], ids=lambda uid: UID(uid).name)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_lossless_syntaxes_give_the_same_pixels(syntax, dtype):
    pixels = (RAMP % 251).astype(dtype) - (100 if dtype is np.int16 else 0)
    data = made.image(pixels.astype(dtype), made.MR, "MR")
    compress(data, syntax, generate_instance_uid=False)
    assert np.array_equal(opened_pixels(data)[0], pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_jpeg_ls_with_its_padding_before_the_end_marker(dtype):
    from pydicom.encaps import get_frame

    pixels = (RAMP % 251).astype(dtype)
    data = made.image(pixels, made.MR, "MR")
    compress(data, JPEGLSLossless, generate_instance_uid=False)
    stream = get_frame(data.PixelData, 0, number_of_frames=1).rstrip(b"\0")
    padded = made.encapsulated(made.image(pixels, made.MR, "MR"), JPEGLSLossless, stream[:-2] + b"\0\xff\xd9")
    assert np.array_equal(opened_pixels(padded)[0], pixels)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4"])
def test_native_types_are_kept(dtype):
    pixels = RAMP.astype(dtype)
    array = opened_pixels(made.image(pixels, made.MR, "MR"))
    assert array.dtype == np.dtype(dtype)
    assert np.array_equal(array[0], pixels)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2"])
def test_big_endian_and_implicit(dtype):
    from pydicom import dcmwrite

    pixels = RAMP.astype(dtype)
    for syntax, order in ((ExplicitVRBigEndian, ">"), (ImplicitVRLittleEndian, "<")):
        data = made.image(pixels, made.MR, "MR")
        data.file_meta.TransferSyntaxUID = syntax
        data.PixelData = pixels.astype(np.dtype(dtype).newbyteorder(order)).tobytes()
        data["PixelData"].VR = "OB" if dtype == "u1" else "OW"
        buffer = io.BytesIO()
        dcmwrite(buffer, data, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=order == "<")
        array = voxels(only(open_study([("x", b"\0" * 128 + b"DICM" + _meta(syntax) + buffer.getvalue())]))).array
        assert np.array_equal(array[0], pixels)
        assert array.dtype.isnative


def _meta(syntax: str) -> bytes:
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    element = b"\x02\x00\x10\x00UI" + len(value).to_bytes(2, "little") + value
    return b"\x02\x00\x00\x00UL\x04\x00" + len(element).to_bytes(4, "little") + element


@pytest.mark.parametrize(
    ("stored", "signed", "bits", "overlay", "expected"),
    [
        (0x0FFF, True, 12, False, -1),  # the sign was not extended above BitsStored
        (0x07FF, True, 12, False, 2047),
        (0xF800, True, 12, False, -2048),
        (0x1005, False, 12, True, 5),  # an overlay in an unused bit
        (0x1005, False, 12, False, 0x1005),  # no overlay: the value stands
    ],
)
def test_bits_above_bits_stored(stored, signed, bits, overlay, expected):
    data = made.image(np.full((3, 4), stored, np.uint16), made.MR, "MR", BitsStored=bits, HighBit=bits - 1)
    data.PixelRepresentation = int(signed)
    if overlay:
        data.add_new(0x60000102, "US", 12)
    assert set(opened_pixels(data).ravel().tolist()) == {expected}


@pytest.mark.parametrize(
    ("photometric", "pixels", "expected"),
    [
        ("RGB", (200, 100, 50), (200, 100, 50)),
        ("YBR_FULL", (128, 128, 128), (128, 128, 128)),
        ("YBR_FULL", (76, 85, 255), (254, 0, 0)),  # red by PS3.3 C.7.6.3.1.2
    ],
)
def test_colour_becomes_rgb(photometric, pixels, expected):
    data = made.image(np.full((3, 4, 3), pixels, np.uint8), made.US_MULTI, "US", PhotometricInterpretation=photometric)
    array = opened_pixels(data)
    assert array.dtype == np.uint8
    assert np.abs(array[0, 0, 0].astype(int) - expected).max() <= 1


def test_16_bit_colour_is_scaled_to_8():
    data = made.image(np.full((3, 4, 3), (0xFFFF, 0x8000, 0), np.uint16), made.SC, "OT")
    assert opened_pixels(data)[0, 0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize(("bits", "scale"), [(8, 1), (16, 256), (16, 1)])
def test_palettes_become_rgb(bits, scale):
    data = made.image(
        np.array([[0, 1], [2, 1]], np.uint8), made.US_MULTI, "US", PhotometricInterpretation="PALETTE COLOR"
    )
    for name, entries in (("Red", [1, 2, 3, 4]), ("Green", [10, 20, 30, 40]), ("Blue", [100, 200, 250, 255])):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [4, 0, bits])
        table = np.array(entries, "<u2") * scale if bits == 16 else np.array(entries, np.uint8)
        setattr(data, f"{name}PaletteColorLookupTableData", table.tobytes())
    volume = voxels(only(open_study(made.named(data))))
    assert volume.colour
    assert volume.array[0].tolist() == [[[1, 10, 100], [2, 20, 200]], [[3, 30, 250], [2, 20, 200]]]


@pytest.mark.parametrize(
    ("pixels", "photometric", "reason"),
    [
        (np.zeros((4, 5), np.uint16), "MONOCHROME2", "pixel data must hold 40 bytes, got 38"),
        (np.zeros((2, 4, 5), np.uint16), "MONOCHROME2", "pixel data must hold 80 bytes, got 78"),
        (np.zeros((4, 5, 3), np.uint8), "RGB", "pixel data must hold 60 bytes, got 58"),
        (np.zeros((4, 4, 3), np.uint8), "YBR_FULL_422", "pixel data must hold 32 bytes, got 30"),
    ],
)
def test_truncated_pixels_are_counted(pixels, photometric, reason):
    data = made.image(pixels, made.MR, "MR", PhotometricInterpretation=photometric)
    whole = int(reason.split()[4])
    data.PixelData = bytes(whole - 2)
    assert [refused.reason for refused in open_study(made.named(data)).refused] == [reason]


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue() + b"\0" * (buffer.tell() % 2)


def test_jpeg_baseline_and_a_codestream_larger_than_its_header():
    pixels = (RAMP // 64).astype(np.uint8)
    data = made.encapsulated(made.image(pixels, made.US_MULTI, "US"), "1.2.840.10008.1.2.4.50", jpeg(pixels))
    assert np.abs(opened_pixels(data)[0].astype(int) - pixels).max() <= 3
    data = made.image(np.zeros((4, 4), np.uint8), made.US_MULTI, "US")
    opened = open_study(made.named(made.encapsulated(data, "1.2.840.10008.1.2.4.50", jpeg(pixels))))
    assert opened.refused[0].reason == "the encoded image must be 4 x 4, its codestream announces 40 x 48"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda stream: stream.replace(b"\xff\xc4", b"\xaa\xc4", 1), "damaged: the JPEG headers are broken"),
        (lambda stream: stream[:100], "damaged: the JPEG headers are broken"),
        (lambda stream: stream.replace(b"\xff\xc0", b"\xff\xc3", 1), "damaged: the JPEG headers are broken"),
    ],
)
def test_broken_jpeg_headers_never_reach_a_decoder(change, reason):
    pixels = (RAMP // 64).astype(np.uint8)
    data = made.image(pixels, made.US_MULTI, "US")
    stream = change(jpeg(pixels))
    opened = open_study(made.named(made.encapsulated(data, "1.2.840.10008.1.2.4.50", stream)))
    assert reason in opened.refused[0].reason


@pytest.mark.parametrize(
    ("tags", "syntax", "reason"),
    [
        (
            {"BitsAllocated": 16, "BitsStored": 12},
            "4.50",
            "must have 1 x 16 bits a pixel, its codestream announces 1 x 8",
        ),
        ({}, "4.70", "another JPEG process than the transfer syntax says"),
    ],
)
def test_a_jpeg_that_contradicts_its_header_is_refused(tags, syntax, reason):
    pixels = (RAMP // 64).astype(np.uint8)
    data = made.image(pixels, made.US_MULTI, "US", **tags)
    opened = open_study(made.named(made.encapsulated(data, "1.2.840.10008.1.2." + syntax, jpeg(pixels))))
    assert reason in opened.refused[0].reason


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"PhotometricInterpretation": ""}, "an image needs PhotometricInterpretation; the tag is missing"),
        ({"PhotometricInterpretation": "CMYK"}, "images in grey, palette, RGB or YBR are read"),
        ({"PhotometricInterpretation": "RGB"}, "RGB needs 3 sample(s) a pixel, got 1"),
        ({"SamplesPerPixel": 3}, "MONOCHROME2 needs 1 sample(s) a pixel, got 3"),
        ({"BitsAllocated": 12}, "BitsAllocated must be 1, 8, 16, 32 or 64, got 12"),
        ({"BitsStored": 96}, "BitsStored must lie in 1..16, got 96"),
        ({"BitsStored": 0}, "BitsStored must lie in 1..16, got 0"),
        ({"PixelRepresentation": 7}, "PixelRepresentation must be 0 or 1, got 7"),
    ],
)
def test_colours_samples_and_bits_must_agree(tags, reason):
    data = made.image(RAMP, made.MR, "MR", **tags)
    (refused,) = open_study(made.named(data)).refused
    assert reason in refused.reason


def test_float_pixels_and_those_that_are_no_numbers():
    data = made.image(np.zeros((2, 2), np.uint16), "1.2.840.10008.5.1.4.1.1.30", "MR")
    del data.PixelData
    data.FloatPixelData = np.array([0.5, -1, 2, 3], "<f4").tobytes()
    data.BitsAllocated = 32
    array = opened_pixels(data)
    assert array.dtype == np.float32
    assert array[0].tolist() == [[0.5, -1], [2, 3]]
    data.FloatPixelData = np.array([0.5, np.nan, 2, 3], "<f4").tobytes()
    (refused,) = open_study(made.named(data)).refused
    assert refused.reason == "voxels must be finite numbers, got NaN or infinity"


@pytest.mark.parametrize(
    ("syntax", "missing"),
    [
        ("1.2.840.10008.1.2", None),
        ("1.2.840.10008.1.2.4.70", None),
        ("1.2.840.10008.1.2.4.203", None),
        ("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level"),
        ("1.2.3.4", "an unknown transfer syntax"),
    ],
)
def test_needed_decoder(syntax, missing):
    said = needed_decoder(syntax)
    assert (said is None) == (missing is None)
    assert missing is None or missing in (said or "")


@pytest.mark.real_data
def test_12_bit_jpeg_extended_agrees_with_the_same_image_in_jpeg_ls(data_dir: Path):
    folder = data_dir / "dicom_corpus" / "robyoung__dicom-test-files" / "data" / "WG04"
    series = only(open_study([folder / "JPLY" / "MR1_JPLY"]))
    assert series.source[0].file_meta.TransferSyntaxUID == JPEG_EXTENDED
    reference = voxels(only(open_study([folder / "JLSN" / "MR1_JLSN"]))).array.astype(int)
    difference = np.abs(voxels(series).array.astype(int) - reference)
    assert difference.mean() < 0.005 * reference.max()  # lossy against near-lossless
