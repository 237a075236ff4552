"""A quick way through the headers of plain files: the same data set as pydicom's, in a third of its time.

Only files that leave nothing to interpretation are read here: explicit little endian, uncompressed, whole,
without elements of undefined length. Every other file goes to pydicom, and so does one that looks odd anywhere.
"""

from collections.abc import Callable
from functools import cache
from struct import Struct
from typing import Any

from medimg_core.io.contents import Content

__all__ = ["fast_header"]

_EXPLICIT = b"1.2.840.10008.1.2.1\0"
_PIXEL_DATA = 0x7FE00010
_CHARACTER_SET = 0x00080005
_ELEMENT = Struct("<HH2sH").unpack_from
_LONG = Struct("<I").unpack_from
_META = 132  # after the preamble and "DICM" (PS3.10 7.1)
_SYNTAX = 0x00020010
_MOST_TAGS = 65536


def fast_header(content: Content, limit: int) -> Any | None:
    """Parse a plain file.

    Args:
        content: The file.
        limit: Pixels of more bytes than this are left in the file; their element says where.

    Returns:
        The data set as ``pydicom.dcmread`` makes it, or None for a file that is not plain enough.
    """
    if content.head[128:_META] != b"DICM":
        return None
    data = content.data if content.data is not None else bytes(content.part(0, limit))
    parts = _elements(data, content.size, limit)
    if parts is None:
        return None
    meta, elements = parts
    syntax = meta.get(_SYNTAX)
    if syntax is None or syntax.value != _EXPLICIT or not elements:
        return None
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

    header = FileDataset("", Dataset(elements), data[:128], FileMetaDataset(meta), False, True)
    named = elements.get(_CHARACTER_SET)
    header.set_original_encoding(False, True, _characters(None if named is None else named.value or b""))
    header.file_meta.set_original_encoding(False, True, _characters(None))
    return header


def _elements(data: bytes, size: int, limit: int) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
    """Elements of the file meta information and of the data set by tag; None where anything is odd."""
    short, long, empty, tags, raw = _vocabulary()
    make = tuple.__new__  # what RawDataElement's constructor calls, after checks that are not needed here
    meta: dict[Any, Any] = {}
    body: dict[Any, Any] = {}
    place, end, held = _META, size, len(data)
    last = 0
    while place < end:
        if place + 12 > held:
            return None
        group, element, code, length = _ELEMENT(data, place)
        place += 8
        name = short.get(code)
        if name is None:
            name = long.get(code)
            if name is None:
                return None
            (length,) = _LONG(data, place)
            place += 4
        number = group << 16 | element
        if number <= last or group == 0 or place + length > size:  # out of order, a command, cut or without an end
            return None
        last = number
        value = data[place : place + length] if length else empty(name, raw=True)
        if length > limit or place + length > held:
            if number != _PIXEL_DATA:
                return None
            value = None if length > limit else value
        tag = tags[number]
        (meta if group == 2 else body)[tag] = make(raw, (tag, name, length, value, place, False, True, True, False))
        place += length
    return meta, body


class _Tags(dict[int, Any]):
    """pydicom's tags by number, each made once: scanners use the same few hundred."""

    def __missing__(self, number: int) -> Any:
        from pydicom.tag import BaseTag

        tag = BaseTag(number)
        if len(self) < _MOST_TAGS:
            self[number] = tag
        return tag


@cache
def _vocabulary() -> tuple[dict[bytes, str], dict[bytes, str], Callable[..., Any], _Tags, type[Any]]:
    """Value representations with short and with long lengths, pydicom's empty values, its tags, its raw element."""
    from pydicom.dataelem import RawDataElement, empty_value_for_VR
    from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

    short = {str(name).encode(): str(name) for name in EXPLICIT_VR_LENGTH_16}
    long = {str(name).encode(): str(name) for name in EXPLICIT_VR_LENGTH_32}
    return short, long, empty_value_for_VR, _Tags(), RawDataElement


@cache
def _characters(value: bytes | None) -> Any:
    """Python's encodings of SpecificCharacterSet."""
    from pydicom.charset import convert_encodings, default_encoding
    from pydicom.values import convert_string

    return default_encoding if value is None else convert_encodings(convert_string(value, True))
