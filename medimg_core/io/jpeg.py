"""The header segments of a JPEG codestream, checked to the first scan (ITU-T T.81 annex B)."""

import struct
from dataclasses import dataclass

__all__ = ["JpegFrame", "jpeg_frame", "whole_jpeg_frame"]

_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}
_HUFFMAN, _START_OF_SCAN, _LOSSLESS = 0xC4, 0xDA, 0xC3
_SEGMENTS = {_HUFFMAN, 0xCC, *range(0xDA, 0xF0), 0xF7, 0xF8, 0xFE, *_START_OF_FRAME}


@dataclass(frozen=True)
class JpegFrame:
    """What a frame header announces.

    Attributes:
        process: Second byte of the SOF marker; 0xC0 baseline, 0xC1 extended, 0xC3 lossless, 0xF7 JPEG-LS.
        precision: Bits of a sample.
        rows: Number of lines.
        columns: Samples a line.
        components: Samples a pixel.
    """

    process: int
    precision: int
    rows: int
    columns: int
    components: int


def jpeg_frame(codestream: bytes) -> JpegFrame | None:
    """The frame header of JPEG or JPEG-LS, or None where there is none.

    Examples:
        >>> jpeg_frame(bytes.fromhex("ffd8 ffc3 000b 10 0200 0100 01 011100"))
        JpegFrame(process=195, precision=16, rows=512, columns=256, components=1)
    """
    for marker, body in _segments(codestream):
        if marker in _START_OF_FRAME:
            return _frame(marker, body)
    return None


def whole_jpeg_frame(codestream: bytes) -> JpegFrame | None:
    """The frame header, when every segment up to the first scan is well formed; else None.

    Huffman-coded processes only. A scan must come, and name tables that were defined. gdcm ends the process
    on any warning that the IJG library has about these segments.
    """
    frame, tables = None, set[int]()
    for marker, body in _segments(codestream):
        if marker in _START_OF_FRAME:
            if frame is not None:
                return None
            frame = _frame(marker, body)
        elif not _application_fits(marker, body):
            return None
        elif marker == _HUFFMAN:
            found = _huffman_tables(body)
            if found is None:
                return None
            tables |= found
        elif marker == _START_OF_SCAN:
            return frame if frame is not None and _scan_fits(body, frame, tables) else None
    return None


def _segments(codestream: bytes) -> list[tuple[int, bytes]]:
    """Markers and bodies up to the first scan, or to where the chain breaks."""
    found: list[tuple[int, bytes]] = []
    if codestream[:2] != b"\xff\xd8":
        return found
    place = 2
    while place + 4 <= len(codestream) and codestream[place] == 0xFF:
        marker = codestream[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        (length,) = struct.unpack_from(">H", codestream, place + 2)
        body = codestream[place + 4 : place + 2 + length]
        if marker not in _SEGMENTS or length < 2 or len(body) != length - 2:
            break
        found.append((marker, body))
        if marker == _START_OF_SCAN:
            break
        place += 2 + length
    return found


def _frame(marker: int, body: bytes) -> JpegFrame | None:
    if len(body) < 6:
        return None
    precision, rows, columns, components = struct.unpack_from(">BHHB", body)
    if components == 0 or len(body) != 6 + 3 * components:
        return None
    factors = body[7::3]
    if any(not 1 <= value <= 4 for factor in factors for value in (factor >> 4, factor & 15)):
        return None
    return JpegFrame(marker, precision, rows, columns, components)


def _huffman_tables(body: bytes) -> set[int] | None:
    """Class and number of each table, or None when one of them is no Huffman code."""
    tables, place = set[int](), 0
    while place < len(body):
        counts = body[place + 1 : place + 17]
        if len(counts) != 16 or body[place] & 0xEC:
            return None
        room = 1
        for count in counts:
            room = 2 * room - count
            if room < 0:
                return None
        values = body[place + 17 : place + 17 + sum(counts)]
        if not values or len(values) != sum(counts):
            return None
        if body[place] < 0x10 and max(values) > 16:  # a difference has at most 16 bits
            return None
        tables.add(body[place])
        place += 17 + len(values)
    return tables


def _application_fits(marker: int, body: bytes) -> bool:
    """Whether JFIF and Adobe segments hold what the IJG library takes without a warning."""
    if marker == 0xE0 and body[:5] == b"JFIF\0" and len(body) >= 12:
        return body[5] == 1  # major version
    if marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
        return body[11] in (0, 1)  # RGB or YCbCr
    return True


def _scan_fits(body: bytes, frame: JpegFrame, tables: set[int]) -> bool:
    count = body[0] if body else 0
    if not 1 <= count <= min(frame.components, 4) or len(body) != 4 + 2 * count:
        return False
    needed = {selector >> 4 for selector in body[2 : 1 + 2 * count : 2]}
    if frame.process != _LOSSLESS:
        needed |= {0x10 | selector & 15 for selector in body[2 : 1 + 2 * count : 2]}
    if frame.process == _LOSSLESS and not 1 <= body[1 + 2 * count] <= 7:  # predictor
        return False
    return frame.process == 0xC2 or needed <= tables
