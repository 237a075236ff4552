"""Bytes of one file: at hand, or left on disk and read part by part when they are asked for."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from medimg_core.errors import UnreadableFileError

__all__ = ["HEAD", "Content"]

HEAD = 1024
"""Bytes that tell what a file is."""
_BUFFER = 16 * 1024  # a header of a scanner has 3 to 10 KiB


@dataclass(frozen=True, eq=False)
class Content:
    """The bytes of a file.

    A file on disk is not kept in memory. It must stay as it was found: when its size or its time of change
    is another one later, nothing of it is read any more.

    Attributes:
        size: Number of bytes.
        head: The first :data:`HEAD` bytes.
        data: The bytes, or None for a file on disk.

    Examples:
        >>> content = Content.of(b"12345")
        >>> content.size, bytes(content.part(1, 3))
        (5, b'234')
    """

    size: int
    head: bytes = field(repr=False)
    data: bytes | None = field(default=None, repr=False)
    _path: Path | None = field(default=None, repr=False)
    _changed: int = field(default=0, repr=False)

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """Bytes at hand."""
        return cls(len(data), data[:HEAD], data)

    @classmethod
    def at(cls, path: Path) -> "Content":
        """A file on disk.

        Raises:
            UnreadableFileError: It cannot be read.
        """
        with _readable(path) as stream:
            state = os.fstat(stream.fileno())
            return cls(state.st_size, stream.read(HEAD), None, path, state.st_mtime_ns)

    @contextmanager
    def stream(self) -> Iterator[io.BufferedIOBase]:
        """The bytes from the beginning, as a file open for reading.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        if self._path is None:
            yield io.BytesIO(self.data or b"")
            return
        with _readable(self._path) as stream:
            state = os.fstat(stream.fileno())
            if (state.st_size, state.st_mtime_ns) != (self.size, self._changed):
                raise UnreadableFileError("the file changed while it was being read")
            yield stream

    def whole(self) -> bytes:
        """All bytes.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        if self.data is not None:
            return self.data
        with self.stream() as stream:
            return stream.read()

    def part(self, start: int, length: int) -> memoryview:
        """Bytes from ``start`` on, fewer where the file ends: a read-only view where they are at hand.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        if self.data is not None:
            return memoryview(self.data)[start : start + length]
        held = max(min(length, self.size - start), 0)
        view = np.empty(held, dtype=np.uint8).data
        with self.stream() as stream:
            stream.seek(start)
            if stream.readinto(view) != held:
                raise UnreadableFileError("the file changed while it was being read")
        return view

    def digest(self) -> bytes:
        """SHA-256 of the bytes.

        Raises:
            UnreadableFileError: The file cannot be read any more, or has changed.
        """
        if self.data is not None:
            return hashlib.sha256(self.data).digest()
        with self.stream() as stream:
            return hashlib.file_digest(stream, "sha256").digest()


@contextmanager
def _readable(path: Path) -> Iterator["io.BufferedReader[io.FileIO]"]:
    try:
        with io.BufferedReader(io.FileIO(path), _BUFFER) as stream:
            yield stream
    except OSError as error:
        reason = error.strerror or "the system gives no reason"
        raise UnreadableFileError(f"the file cannot be read: {reason.lower()}") from error
