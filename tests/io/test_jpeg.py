"""JPEG headers: what is announced is found, and a chain that is broken anywhere is no header."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from medimg_core.io.jpeg import JpegFrame, jpeg_frame, whole_jpeg_frame


def encoded(shape: tuple[int, ...], **options) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, shape).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


GREY = encoded((20, 30))
# SOI, SOF3 of 16 bits 2 x 3, one Huffman table, SOS with predictor 1
LOSSLESS = bytes.fromhex(
    "ffd8 ffc3 000b 10 0002 0003 01 011100ffc4 0015 00 01010000000000000000000000000000 0005ffda 0008 01 0100 010000 55"
)


@pytest.mark.parametrize(
    ("codestream", "frame"),
    [
        (GREY, JpegFrame(0xC0, 8, 20, 30, 1)),
        (encoded((20, 30, 3)), JpegFrame(0xC0, 8, 20, 30, 3)),
        (encoded((20, 30, 3), progressive=True), JpegFrame(0xC2, 8, 20, 30, 3)),
        (LOSSLESS, JpegFrame(0xC3, 16, 2, 3, 1)),
        (b"\xff\xd8\xff\xff" + LOSSLESS[3:], JpegFrame(0xC3, 16, 2, 3, 1)),  # a fill byte
    ],
)
def test_frames(codestream, frame):
    assert jpeg_frame(codestream) == frame
    assert whole_jpeg_frame(codestream) == frame


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d[:30], id="cut before the scan"),
        pytest.param(lambda d: b"", id="empty"),
        pytest.param(lambda d: b"\0" + d[1:], id="no start"),
        pytest.param(lambda d: d.replace(b"\xff\xc4", b"\xff\x01"), id="no Huffman table"),
        pytest.param(lambda d: d.replace(b"\xff\xda", b"\xff\xd9"), id="end before the scan"),
        pytest.param(lambda d: d.replace(b"\x00\x15\x00\x01", b"\x00\x15\x00\x03"), id="too many codes of one bit"),
        pytest.param(lambda d: d.replace(b"\x00\x15\x00\x01", b"\x00\x15\x05\x01"), id="table 5"),
        pytest.param(lambda d: d.replace(b"\x00\x05\xff\xda", b"\x00\x55\xff\xda"), id="a difference of 85 bits"),
        pytest.param(lambda d: d.replace(b"\x01\x01\x00\x01", b"\x01\x01\x10\x01"), id="scan of an undefined table"),
        pytest.param(lambda d: d.replace(b"\x01\x01\x00\x01", b"\x01\x01\x00\x09"), id="predictor 9"),
        pytest.param(lambda d: d.replace(b"\x03\x01\x01\x11", b"\x03\x01\x01\x51"), id="sampling factor 5"),
        pytest.param(lambda d: d.replace(b"\xff\xc4", d[2:15] + b"\xff\xc4"), id="two frames"),
    ],
)
def test_broken_chains_are_no_header(change):
    assert whole_jpeg_frame(change(LOSSLESS)) is None


@pytest.mark.parametrize(
    ("segment", "whole"),
    [
        (b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", True),
        (b"\xff\xe0\0\x10JFIF\0\3\1\0\0\1\0\1\0\0", False),  # version 3
        (b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1", True),
        (b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\7", False),  # transform 7
        (b"\xff\xfe\0\6note", True),
    ],
)
def test_application_segments(segment, whole):
    assert (whole_jpeg_frame(LOSSLESS[:2] + segment + LOSSLESS[2:]) is not None) == whole


@settings(deadline=None)
@given(end=st.integers(0, len(GREY)))
def test_cut_anywhere_never_raises(end):
    found = whole_jpeg_frame(GREY[:end])
    assert found in (None, JpegFrame(0xC0, 8, 20, 30, 1))


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_noise_never_raises(data):
    whole = whole_jpeg_frame(b"\xff\xd8" + data)
    assert whole is None or whole == jpeg_frame(b"\xff\xd8" + data)
