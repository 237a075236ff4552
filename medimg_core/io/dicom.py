"""One DICOM file: bytes -> a parsed header with its pixels still encoded."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from io import BufferedIOBase
from typing import Any

from medimg_core.errors import UnreadableFileError
from medimg_core.io.archives import Allowance, inflate_raw
from medimg_core.io.contents import Content
from medimg_core.io.elements import decode_errors, text
from medimg_core.io.fastheader import fast_header

__all__ = ["BULK_LIMIT", "PIXEL_DATA", "Instance", "is_copy", "parse", "pixel_free"]

BULK_LIMIT = 64 * 1024
"""Elements above this many bytes are dropped from the headers that a series keeps."""

PIXEL_DATA = 0x7FE00010
"""Tag of PixelData."""

_UNDEFINED = 0xFFFFFFFF  # length of an element that ends with a delimiter
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_PIXEL_TAGS = frozenset((PIXEL_DATA, 0x7FE00008, 0x7FE00009))
_IMPLICIT, _EXPLICIT, _BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


@dataclass(eq=False)
class Instance:
    """One DICOM file while it is being opened.

    Attributes:
        name: As the user gave it.
        order: Place among the files of the drop.
        header: The parsed data set; pixels above 64 KiB stay in ``content``.
        content: The file's bytes, or None once they are let go.
        uid: SOPInstanceUID, or one made from the file's bytes.
        copies: Names of further files of the drop that hold the same.
    """

    name: str = field(repr=False)
    order: int
    header: Any = field(repr=False)
    content: Content | None = field(repr=False)
    uid: str
    copies: list[str] = field(default_factory=list, repr=False)
    _digest: bytes = field(default=b"", repr=False)
    _slim: bool = False

    @property
    def has_pixels(self) -> bool:
        """Whether the file holds an image."""
        return any(tag in self.header for tag in _PIXEL_TAGS)

    @property
    def in_memory(self) -> bool:
        """Whether the file's bytes are at hand, so that reading its pixels cannot fail."""
        return self.content is not None and self.content.data is not None

    def digest(self) -> bytes:
        """SHA-256 of the file's bytes.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        if self._digest:
            return self._digest
        assert self.content is not None
        return self.content.digest()

    def keep_digest(self) -> None:
        """Compute the digest now: it outlives the bytes."""
        self._digest = self.digest()

    def pixel_length(self, tag: int = PIXEL_DATA) -> int:
        """Bytes of native pixels that the file really holds."""
        element = self.header.get_item(tag, keep_deferred=True)
        if not _deferred(element):
            return len(element.value or b"")
        assert self.content is not None
        return int(max(min(element.length, self.content.size - element.value_tell), 0))

    def pixel_part(self, start: int, length: int, tag: int = PIXEL_DATA) -> memoryview:
        """Bytes of native pixels from ``start`` on.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        element = self.header.get_item(tag, keep_deferred=True)
        if not _deferred(element):
            return memoryview(element.value)[start : start + length]
        assert self.content is not None
        return self.content.part(element.value_tell + start, length)

    @contextmanager
    def pixels_loaded(self) -> Iterator[None]:
        """Hold PixelData in the header, for decoders that look there.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        waiting = self.header.get_item(PIXEL_DATA, keep_deferred=True)
        if not _deferred(waiting):
            yield
            return
        assert self.content is not None
        with self.content.stream() as stream:
            self.header[PIXEL_DATA] = _fetched(waiting, stream)
        try:
            yield
        finally:
            self.header[PIXEL_DATA] = waiting

    def drop_pixels(self) -> None:
        """Let pixels, bulk elements and the file's bytes go; the header stays."""
        if not self._slim:
            pixel_free(self.header)
            self.content = None
            self._slim = True

    @cached_property
    def transfer_syntax(self) -> str:
        """TransferSyntaxUID."""
        meta = getattr(self.header, "file_meta", None)
        return text(meta, "TransferSyntaxUID") if meta is not None else ""


@cache
def _quiet_pydicom() -> Any:
    """Import pydicom so that broken values are read as they are, without warnings that could quote them."""
    import pydicom
    from pydicom import config

    config.settings.reading_validation_mode = config.IGNORE
    return pydicom


def parse(content: Content, allowance: Allowance) -> Any:
    """Parse a DICOM file, with or without preamble and file meta information.

    Args:
        content: The file.
        allowance: What a deflated file may still expand to.

    Returns:
        The data set, pixels still encoded, with ``file_meta.TransferSyntaxUID`` set. Pixels above 64 KiB are
        not read: their element says where they lie in the file.

    Raises:
        UnreadableFileError: The file is damaged, or not DICOM after all.
        LimitError: A deflated file expands beyond the limits.
    """
    pydicom = _quiet_pydicom()
    header = fast_header(content, BULK_LIMIT)
    if header is None:
        header = _pydicom_header(pydicom, content, allowance)
    header.buffer = header.filename = header.fileobj_type = None  # or every header keeps its file's bytes and name
    return header


def _pydicom_header(pydicom: Any, content: Content, allowance: Allowance) -> Any:
    deflated = _DEFLATED in content.head
    if deflated:
        _check_deflated(content.whole(), allowance)
    with content.stream() as stream:
        try:
            header = pydicom.dcmread(stream, force=True, defer_size=None if deflated else BULK_LIMIT)
            if len(header):
                _complete_meta(header)
                _fetch_deferred(header, stream)
        except decode_errors() as error:
            raise UnreadableFileError("the DICOM header is damaged: it cannot be parsed to its end") from error
    if len(header) == 0:
        raise UnreadableFileError("the DICOM file is truncated or empty: it holds no whole data set")
    return header


def _deferred(element: Any) -> bool:
    """Whether pydicom left an element's value in the file."""
    return element.value is None and getattr(element, "length", 0) > BULK_LIMIT


def _fetch_deferred(header: Any, stream: BufferedIOBase) -> None:
    """Read the long elements that pydicom left in the file, except pixels."""
    native = text(header.file_meta, "TransferSyntaxUID") in (_IMPLICIT, _EXPLICIT, _BIG)
    waiting = [element for element in header.values() if element.value is None and _deferred(element)]
    for element in waiting:
        if element.tag not in _PIXEL_TAGS or (native and element.length == _UNDEFINED):
            header[element.tag] = _fetched(element, stream)


def _fetched(element: Any, stream: BufferedIOBase) -> Any:
    from pydicom.fileutil import read_undefined_length_value
    from pydicom.tag import SequenceDelimiterTag

    stream.seek(element.value_tell)
    if element.length == _UNDEFINED:
        value = read_undefined_length_value(stream, element.is_little_endian, SequenceDelimiterTag)
    else:
        value = stream.read(element.length)
    return element._replace(value=value)


def _check_deflated(data: bytes, allowance: Allowance) -> None:
    """Expand a deflated data set under the limits before pydicom expands it without any."""
    if data[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
        raise UnreadableFileError("a deflated DICOM file must state the length of its file meta information")
    (length,) = struct.unpack_from("<I", data, 140)
    inflate_raw(data[144 + length :], allowance)


def _complete_meta(header: Any) -> None:
    """Give a file without meta information the syntax in which its header was found to be written."""
    from pydicom.dataset import FileMetaDataset

    meta = getattr(header, "file_meta", None)
    if meta is None:
        meta = header.file_meta = FileMetaDataset()
    if text(meta, "TransferSyntaxUID"):
        return
    implicit, little = header.original_encoding
    if implicit is None:
        implicit, little = True, True
    meta.TransferSyntaxUID = _IMPLICIT if implicit else (_EXPLICIT if little else _BIG)


def is_copy(one: Instance, other: Instance) -> bool:
    """Whether two files are the same, byte for byte.

    One SOPInstanceUID is not enough: generators give one to many files, and two files that agree in
    pixels and place may still differ in patient or side.
    """
    return one.uid == other.uid and one.digest() == other.digest()


def pixel_free(header: Any) -> Any:
    """Take pixels and bulk elements (above 64 KiB) out of a header, in place.

    Sequences are looked at whole: a functional-group sequence stays, whatever its length.
    """
    bulky = [tag for tag in _PIXEL_TAGS if tag in header]
    for tag, element in header.items():
        value = element.value
        if isinstance(value, bytes) and len(value) > BULK_LIMIT and tag not in bulky and not _is_sequence(tag, element):
            bulky.append(tag)
    for tag in bulky:
        del header[tag]
    return header


def _is_sequence(tag: Any, element: Any) -> bool:
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    if element.VR is not None:  # implicit files state no value representation
        return bool(element.VR == "SQ")
    return bool(dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ")
