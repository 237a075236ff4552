"""Zip and gzip, in memory: bombs, traversal, links and encryption are refused, nothing is extracted to disk."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from medimg_core.errors import InputError, LimitError, UnreadableFileError, UnsafeArchiveError, UnsupportedFileError
from medimg_core.io.contents import Content
from medimg_core.io.limits import Limits

__all__ = ["Allowance", "Member", "gunzip", "inflate_raw", "zip_members"]

_CHUNK = 1024 * 1024
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    IndexError,
    KeyError,
    struct.error,
)
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ"}  # of PKWARE's APPNOTE 4.4.5
_SYSTEM_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}


@dataclass
class Allowance:
    """What is left of the limits while a drop is being expanded.

    Attributes:
        limits: The table.
        expanded: Bytes that archives expanded to so far.
        files: Files and members met so far.
    """

    limits: Limits
    expanded: int = 0
    files: int = 0

    def count_file(self) -> None:
        """Count one file.

        Raises:
            LimitError: There are more files than the table allows.
        """
        self.files += 1
        if self.files > self.limits.files:
            raise LimitError(f"one drop may hold at most {self.limits.files} files")

    def expand(self, amount: int) -> None:
        """Count expanded bytes.

        Raises:
            LimitError: The drop expands to more than the table allows.
        """
        self.expanded += amount
        if self.expanded > self.limits.decompressed_bytes:
            raise LimitError(f"archives may expand to at most {_mebibytes(self.limits.decompressed_bytes)} in one drop")


@dataclass(frozen=True)
class Member:
    """One member of an archive: its bytes, or why it was refused.

    Attributes:
        name: Name inside the archive; shown, never used as a path.
        data: The bytes, or None.
        reason: The refusal, or None.
        siblings: How many further members the archive has.
    """

    name: str
    data: bytes | None = field(default=None, repr=False)
    reason: InputError | None = None
    siblings: int = 0


def zip_members(content: Content, allowance: Allowance) -> Iterator[Member]:
    """Read the members of a zip archive one after another.

    Sizes are counted while reading; what the archive's own headers claim is not trusted.

    Args:
        content: The archive; one on disk is not read into memory.
        allowance: What may still be read; counted down.

    Yields:
        Every member that is not a folder, read or refused.

    Raises:
        UnreadableFileError: The archive is damaged.
        LimitError: It has more members than the table allows.
    """
    with content.stream() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _ARCHIVE_ERRORS as error:
            raise UnreadableFileError("the zip archive is damaged: its list of members cannot be read") from error
        with archive:
            yield from _members(archive, content.size, allowance)


def _members(archive: zipfile.ZipFile, size: int, allowance: Allowance) -> Iterator[Member]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > allowance.limits.members:
        raise LimitError(f"an archive may hold at most {allowance.limits.members} members, got {len(entries)}")
    if not entries:
        raise UnreadableFileError("the zip archive holds no files")
    expanded, stop, siblings = 0, None, len(entries) - 1
    for entry in entries:
        if stop is not None:
            yield Member(entry.filename, reason=type(stop)(f"not read, because {stop}"), siblings=siblings)
            continue
        try:
            member = _read_member(archive, entry, expanded, size, allowance)
        except (LimitError, _BombError) as error:
            stop = UnsafeArchiveError(str(error)) if isinstance(error, _BombError) else error
            yield Member(entry.filename, reason=stop, siblings=siblings)
        except InputError as error:
            yield Member(entry.filename, reason=error, siblings=siblings)
        else:
            expanded += len(member)
            yield Member(entry.filename, data=member, siblings=siblings)


class _BombError(UnsafeArchiveError):
    """The archive as a whole expands too far; nothing more of it is read."""


def _read_member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, expanded: int, archive_size: int, allowance: Allowance
) -> bytes:
    _refuse_unsafe(entry)
    chunks, length = [], 0
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                length += len(chunk)
                allowance.expand(len(chunk))
                _check_size(length, expanded + length, archive_size, allowance.limits)
                chunks.append(chunk)
    except _ARCHIVE_ERRORS as error:
        raise UnreadableFileError("the archive member is damaged: it cannot be decompressed") from error
    return b"".join(chunks)


def _refuse_unsafe(entry: zipfile.ZipInfo) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or (len(parts[0]) == 2 and parts[0][1] == ":"):
        raise UnsafeArchiveError("a member's name must stay inside the archive; this one points outside it")
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise UnsafeArchiveError("an archive member must be a file; this one is a symbolic link")
    if entry.flag_bits & 0x1:
        raise UnsupportedFileError("the archive member is encrypted; unpack it with its password first")
    if parts[0] == "__MACOSX" or parts[-1].lower() in _SYSTEM_NAMES:
        raise UnsupportedFileError("a file that the operating system put beside the images; it holds no image")
    # zipfile inflates the others without a bound on what one read gives, so limits would be asked too late
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        method = _METHODS.get(entry.compress_type, f"method {entry.compress_type}")
        raise UnsupportedFileError(f"a zip member must be stored or deflated; this one is compressed with {method}")


def _check_size(length: int, expanded: int, compressed: int, limits: Limits) -> None:
    if length > limits.file_bytes:
        raise LimitError(f"a file may hold at most {_mebibytes(limits.file_bytes)}")
    if expanded > limits.ratio_from_bytes and expanded > limits.ratio * compressed:
        raise _BombError(
            f"the archive expands to more than {limits.ratio} times its size, as archives made to do harm do"
        )


def gunzip(data: bytes, allowance: Allowance) -> bytes:
    """Expand a gzip file of one or more parts.

    Raises:
        UnreadableFileError: It is damaged or ends too early.
        UnsafeArchiveError: It expands like a bomb.
        LimitError: It is over a limit of the table.
    """
    return _inflate(data, zlib.MAX_WBITS | 16, allowance, "the gzip file")


def inflate_raw(data: bytes, allowance: Allowance) -> bytes:
    """Expand a bare deflate stream, as DICOM's deflated transfer syntax holds it (PS3.5 A.5).

    Raises:
        UnreadableFileError: It is damaged or ends too early.
        UnsafeArchiveError: It expands like a bomb.
        LimitError: It is over a limit of the table.
    """
    return _inflate(data, -zlib.MAX_WBITS, allowance, "the deflated DICOM file")


def _inflate(data: bytes, window_bits: int, allowance: Allowance, what: str) -> bytes:
    chunks, length, rest = [], 0, data
    while rest:
        stream = zlib.decompressobj(window_bits)
        while not stream.eof:
            try:
                chunk = stream.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise UnreadableFileError(f"{what} is damaged: it cannot be decompressed") from error
            rest = stream.unconsumed_tail
            if not chunk and not rest and not stream.eof:
                raise UnreadableFileError(f"{what} ends too early")
            length += len(chunk)
            allowance.expand(len(chunk))
            _check_size(length, length, len(data), allowance.limits)
            chunks.append(chunk)
        # several parts may follow each other in gzip; bytes after them that are no part are padding
        rest = stream.unused_data if window_bits > 0 and stream.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(chunks)


def _mebibytes(amount: int) -> str:
    return f"{amount / _CHUNK:,.0f} MiB" if amount >= _CHUNK else f"{amount:,} bytes"
