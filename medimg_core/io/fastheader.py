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
        meta = reader.meta()
        syntax = meta[_SYNTAX].value
        if syntax not in (_EXPLICIT, _IMPLICIT):
            return None
        elements = reader.elements(implicit=syntax == _IMPLICIT)
    except _OddError:
        return None
    except decode_errors():
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

    def meta(self) -> dict[Any, Any]:
        """Elements of the file meta information by tag."""
        found: dict[Any, Any] = {}
        while self._place + 2 <= len(self._data) and self._data[self._place : self._place + 2] == b"\2\0":
            number, name, length, place = _explicit(self._data, self._place)
            self._place = place + length
            if length > self._limit or self._place > len(self._data):
                raise _OddError
            found[_tags()[number]] = _element(number, name, length, self._data[place : self._place], place, False)
        return found

    def elements(self, *, implicit: bool) -> dict[Any, Any]:
        """Elements of the data set by tag."""
        data, size, limit, held, place = self._data, self._size, self._limit, len(self._data), self._place
        head = _implicit if implicit else _explicit
        tags, found, last = _tags(), dict[Any, Any](), 0x0002FFFF
        if implicit and all(0x40 < byte < 0x5B for byte in data[place + 4 : place + 6]):
            raise _OddError  # looks like explicit value representations after all
        while place < size:
            number, name, length, start = head(data, place)
            if number <= last:  # out of order, or of a group that must not be here
                raise _OddError
            last = number
            if length == _UNDEFINED and number != _PIXEL_DATA:
                found[tags[number]], place = self._by_pydicom(place, implicit=implicit)
                continue
            place = start + length
            if length <= limit and place <= held:
                value: bytes | None = data[start:place]
            elif number == _PIXEL_DATA and limit < length and place <= size:
                value = None
            else:
                raise _OddError
            found[tags[number]] = _element(number, name, length, value, start, implicit)
            if number == _CHARACTER_SET:
                self.characters = _characters(value or b"")
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


def _explicit(data: bytes, place: int) -> tuple[int, str | None, int, int]:
    """Tag, value representation and length of the element that begins here, and where its value does."""
    group, element, code, length = _ELEMENT(data, place)
    short, long = _representations()
    name = short.get(code)
    if name is not None:
        return group << 16 | element, name, length, place + 8
    name = long.get(code)
    if name is None:
        raise _OddError
    return group << 16 | element, name, _LONG(data, place + 8)[0], place + 12


def _implicit(data: bytes, place: int) -> tuple[int, str | None, int, int]:
    group, element, length = _IMPLICIT_ELEMENT(data, place)
    return group << 16 | element, None, length, place + 8


def _element(number: int, name: str | None, length: int, value: bytes | None, place: int, implicit: bool) -> Any:
    """A raw element of pydicom, made as its constructor would."""
    raw, empty = _raw_element()
    kept = value if length else empty(name, raw=True)
    return tuple.__new__(raw, (_tags()[number], name, length, kept, place, implicit, True, True, False))


class _Tags(dict[int, Any]):
    """pydicom's tags by number, each made once: scanners use the same few hundred."""

    def __missing__(self, number: int) -> Any:
        from pydicom.tag import BaseTag

        tag = BaseTag(number)
        if len(self) < _MOST_TAGS:
            self[number] = tag
        return tag


@cache
def _tags() -> _Tags:
    return _Tags()


@cache
def _representations() -> tuple[dict[bytes, str], dict[bytes, str]]:
    """Value representations with short and with long lengths (PS3.5 7.1.2)."""
    from pydicom.valuerep import EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32

    short, long = (
        {str(name).encode(): str(name) for name in names} for names in (EXPLICIT_VR_LENGTH_16, EXPLICIT_VR_LENGTH_32)
    )
    return short, long


@cache
def _raw_element() -> tuple[type[Any], Callable[..., Any]]:
    from pydicom.dataelem import RawDataElement, empty_value_for_VR

    return RawDataElement, empty_value_for_VR


@cache
def _characters(value: bytes | None) -> Any:
    """Python's encodings of SpecificCharacterSet."""
    from pydicom.charset import convert_encodings, default_encoding
    from pydicom.values import convert_string

    return default_encoding if value is None else convert_encodings(convert_string(value, True))
