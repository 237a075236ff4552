"""A quick way through the headers of plain files: the same data set as pydicom's, in a third of its time.

Only files that leave nothing to interpretation are read here: little endian, uncompressed, whole, in order. Every
other file goes to pydicom, and so does one that looks odd anywhere; sequences of undefined length are pydicom's too.
"""

import io
from collections.abc import Callable
from functools import cache
from struct import Struct
from typing import Any

from medimg_core.io.contents import Content
from medimg_core.io.elements import decode_errors

__all__ = ["fast_header"]

_EXPLICIT, _IMPLICIT = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0"
_PIXEL_DATA = 0x7FE00010
_CHARACTER_SET = 0x00080005
_SYNTAX = 0x00020010
_UNDEFINED = 0xFFFFFFFF
_MOST_TAGS = 65536
_META = 132  # after the preamble and "DICM" (PS3.10 7.1)
_ELEMENT = Struct("<HH2sH").unpack_from
_IMPLICIT_ELEMENT = Struct("<HHI").unpack_from
_LONG = Struct("<I").unpack_from


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
    reader = _Reader(data, content.size, limit)
    try:
        meta = reader.elements(group_two=True)
        syntax = meta[_SYNTAX].value
        if syntax not in (_EXPLICIT, _IMPLICIT):
            return None
        elements = reader.elements(implicit=syntax == _IMPLICIT)
    except (_OddError, *decode_errors()):
        return None
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

    implicit = syntax == _IMPLICIT
    header = FileDataset("", Dataset(elements), data[:128], FileMetaDataset(meta), implicit, True)
    header.set_original_encoding(implicit, True, reader.characters)
    header.file_meta.set_original_encoding(False, True, _characters(None))
    return header if elements else None


class _OddError(Exception):
    """Something that pydicom is to look at."""


class _Reader:
    """Goes through the elements of one file.

    Attributes:
        characters: Python's encodings of SpecificCharacterSet.
    """

    def __init__(self, data: bytes, size: int, limit: int) -> None:
        self._data, self._size, self._limit = data, size, limit
        self._place = _META
        self.characters = _characters(None)

    def elements(self, *, implicit: bool = False, group_two: bool = False) -> dict[Any, Any]:
        """Elements by tag: of the file meta information, or of the data set that follows it."""
        short, long, empty, tags, raw = _vocabulary()
        make = tuple.__new__  # what RawDataElement's constructor calls, after checks that are not needed here
        data, size, limit, held = self._data, self._size, self._limit, len(self._data)
        found: dict[Any, Any] = {}
        place, last = self._place, 0
        if implicit and (len(data) < place + 6 or all(0x40 < byte < 0x5B for byte in data[place + 4 : place + 6])):
            raise _OddError  # looks like explicit value representations after all
        while place < size:
            if place + 12 > held and (place + 8 > held or not implicit):
                raise _OddError
            start = place
            name: str | None = None
            if implicit:
                group, element, length = _IMPLICIT_ELEMENT(data, place)
                place += 8
            else:
                group, element, code, length = _ELEMENT(data, place)
                if group_two and group != 2:
                    self._place = start
                    return found
                place += 8
                name = short.get(code)
                if name is None:
                    name = long.get(code)
                    if name is None:
                        raise _OddError
                    (length,) = _LONG(data, place)
                    place += 4
            number = group << 16 | element
            if number <= last or group == 0 or (group == 2) != group_two:  # out of order, or where it must not be
                raise _OddError
            last = number
            tag = tags[number]
            if length == _UNDEFINED and number != _PIXEL_DATA:
                found[tag], place = self._by_pydicom(start, implicit=implicit)
                continue
            end = place + length
            value = data[place:end] if length else empty(name, raw=True)
            if length > limit or end > held:
                if number != _PIXEL_DATA or end > size or length <= limit:
                    raise _OddError
                value = None
            found[tag] = make(raw, (tag, name, length, value, place, implicit, True, True, False))
            if number == _CHARACTER_SET:
                self.characters = _characters(value or b"")
            place = end
        if group_two:
            raise _OddError
        return found

    def _by_pydicom(self, start: int, *, implicit: bool) -> tuple[Any, int]:
        """One element of undefined length, and where it ends."""
        from pydicom.filereader import data_element_generator

        stream = io.BytesIO(self._data)
        stream.seek(start)
        element = next(data_element_generator(stream, implicit, True, encoding=self.characters), None)
        if element is None or stream.tell() >= len(self._data):
            raise _OddError
        return element, stream.tell()


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
