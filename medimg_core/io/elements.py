"""Robust reads of single DICOM elements: a broken value is None or empty, never an exception.

The raw bytes are read where the element is still raw, which is faster than a full conversion and
does not warn about values that break their value representation.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

__all__ = [
    "code",
    "decode_errors",
    "display_text",
    "has",
    "integer",
    "integers",
    "item",
    "items",
    "number",
    "numbers",
    "text",
    "texts",
]

_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}


@cache
def decode_errors() -> tuple[type[Exception], ...]:
    """What pydicom, gdcm and the other decoders raise on damaged input.

    Examples:
        >>> issubclass(EOFError, decode_errors())
        True
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
        NotImplementedError,
        RuntimeError,
        AssertionError,
        EOFError,
        OSError,
        struct.error,
        zlib.error,
        BytesLengthException,
        InvalidDicomError,
    )


@cache
def _tag_and_vr(keyword: str) -> tuple[int, str]:
    from pydicom.datadict import dictionary_VR, tag_for_keyword
    from pydicom.tag import Tag

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return Tag(tag), dictionary_VR(tag)  # a Tag, or every look-up would make one


def _element(header: Any, keyword: str) -> Any:
    """The element, raw where pydicom has not converted it yet, or None."""
    tag, _ = _tag_and_vr(keyword)
    try:
        return header.get_item(tag)
    except decode_errors():
        return None


def has(header: Any, keyword: str) -> bool:
    """Whether the element is there, empty or not."""
    return _element(header, keyword) is not None


def _raw_values(header: Any, keyword: str) -> Sequence[Any]:
    element = _element(header, keyword)
    value = None if element is None else element.value
    if value is None:
        return ()
    if isinstance(value, bytes):
        return _unpacked(header, keyword, element, value)
    if isinstance(value, str):
        return value.split("\\")
    return list(value) if isinstance(value, Iterable) else (value,)


def _unpacked(header: Any, keyword: str, element: Any, value: bytes) -> Sequence[Any]:
    """Values of an element that is still raw."""
    vr = getattr(element, "VR", None)
    if vr in (None, "UN", "US or SS"):
        vr = _tag_and_vr(keyword)[1]
    if vr == "US or SS":
        vr = "SS" if integer(header, "PixelRepresentation") == 1 else "US"
    if vr in _BINARY:
        code = _BINARY[vr]
        count = len(value) // struct.calcsize(code)
        order = "<" if getattr(element, "is_little_endian", True) else ">"
        return struct.unpack_from(f"{order}{count}{code}", value)
    return [part.strip(" \0\r\n\t") for part in value.decode("latin-1").split("\\")]


def texts(header: Any, keyword: str) -> tuple[str, ...]:
    """All values of a coded or numeric element, stripped; empty ones are kept in their place."""
    return tuple(str(value).strip(" \0") for value in _raw_values(header, keyword))


def text(header: Any, keyword: str) -> str:
    """First value of a coded element, stripped, or ``""``."""
    values = texts(header, keyword)
    return values[0] if values else ""


def numbers(header: Any, keyword: str) -> tuple[float, ...]:
    """All values as finite numbers; empty when any of them is not one."""
    result = []
    for value in _raw_values(header, keyword):
        try:
            figure = float(value)
        except (TypeError, ValueError):
            return ()
        if not math.isfinite(figure):
            return ()
        result.append(figure)
    return tuple(result)


def number(header: Any, keyword: str) -> float | None:
    """First value as a finite number, or None."""
    values = _raw_values(header, keyword)
    if not len(values):
        return None
    try:
        figure = float(values[0])
    except (TypeError, ValueError):
        return None
    return figure if math.isfinite(figure) else None


def integers(header: Any, keyword: str) -> tuple[int, ...]:
    """All values as whole numbers; empty when any of them is not one."""
    values = numbers(header, keyword)
    return tuple(int(value) for value in values) if all(value == int(value) for value in values) else ()


def integer(header: Any, keyword: str) -> int | None:
    """First value as a whole number, or None."""
    value = number(header, keyword)
    return int(value) if value is not None and value == int(value) else None


def code(value: str) -> str:
    """A coded string in upper case, or ``""`` where somebody wrote free text into it.

    Examples:
        >>> code("chest"), code("Doe, Jane")
        ('CHEST', '')
    """
    value = value.upper()
    return value if re.fullmatch(r"[A-Z0-9_ ]{1,16}", value) else ""


def items(header: Any, keyword: str) -> tuple[Any, ...]:
    """Items of a sequence, or nothing where it is absent or damaged."""
    tag, _ = _tag_and_vr(keyword)
    try:
        if tag not in header:
            return ()
        value = header[tag].value
        return tuple(entry for entry in value if hasattr(entry, "get_item"))
    except decode_errors():
        return ()


def item(header: Any, keyword: str) -> Any | None:
    """First item of a sequence, or None."""
    found = items(header, keyword)
    return found[0] if found else None


def display_text(header: Any, keyword: str) -> str:
    """Free text decoded by the file's character set, or ``""``. May hold patient text."""
    tag, _ = _tag_and_vr(keyword)
    try:
        value = header[tag].value if tag in header else None
        return "" if value is None else str(value).strip(" \0")
    except decode_errors():
        return ""
