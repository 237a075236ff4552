"""What the caller gave -> named bytes, one after another: paths, folders, pairs, uploaded files."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medimg_core.errors import InputError, LimitError, UnreadableFileError, UnsafeArchiveError
from medimg_core.io.contents import Content
from medimg_core.io.limits import Limits

__all__ = ["Given", "gather"]


@dataclass(frozen=True)
class Given:
    """One file as given: a path to read, bytes, or a refusal.

    Attributes:
        name: As the user knows it; shown, never used as a path.
        path: Where it lies, or None.
        upload: Bytes or an object that holds them, or None.
        reason: Why it is refused without being read, or None.
    """

    name: str
    path: Path | None = None
    upload: Any = field(default=None, repr=False)
    reason: InputError | None = None

    def content(self, limits: Limits) -> Content:
        """The bytes; those of a file on disk stay there until they are asked for.

        Raises:
            LimitError: There are more than a file may hold.
            UnreadableFileError: The file cannot be read.
        """
        if self.path is not None:
            found = Content.at(self.path)
        else:
            try:
                found = Content.of(self._bytes())
            except OSError as error:
                reason = error.strerror or "the system gives no reason"
                raise UnreadableFileError(f"the file cannot be read: {reason.lower()}") from error
        if found.size > limits.file_bytes:
            raise LimitError(f"a file may hold at most {limits.file_bytes / 2**20:,.0f} MiB")
        return found

    def _bytes(self) -> bytes:
        if isinstance(self.upload, bytes | bytearray | memoryview):
            return bytes(self.upload)
        taken: Any = self.upload.getvalue() if hasattr(self.upload, "getvalue") else self.upload.read()
        if isinstance(taken, str):
            raise UnreadableFileError("an upload must hold bytes, this one holds text")
        return bytes(taken)


def gather(files: Iterable[Any]) -> list[Given]:
    """List every file that was given, folders walked; symbolic links inside folders are not followed.

    Args:
        files: Paths (files or folders), ``(name, bytes)`` pairs, or objects with ``name`` and
            ``getvalue()`` or ``read()``.

    Raises:
        InputError: An entry is none of these.
    """
    if isinstance(files, str | os.PathLike):
        files = (files,)
    given: list[Given] = []
    for entry in files:
        if isinstance(entry, str | os.PathLike):
            given += _from_path(Path(entry))
        elif isinstance(entry, tuple) and len(entry) == 2:
            given.append(Given(str(entry[0]), upload=entry[1]))
        elif hasattr(entry, "name") and (hasattr(entry, "getvalue") or hasattr(entry, "read")):
            given.append(Given(str(entry.name), upload=entry))
        else:
            raise InputError(f"a file must be a path, a (name, bytes) pair or an upload, got {type(entry).__name__}")
    return given


def _from_path(path: Path) -> Iterator[Given]:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        yield Given(str(path), reason=UnreadableFileError("there is no such file"))
    except OSError as error:  # too long, a loop of links, a folder that may not be entered; its text quotes the path
        reason = error.strerror or "the system gives no reason"
        yield Given(str(path), reason=UnreadableFileError(f"the path cannot be read: {reason.lower()}"))
    except ValueError:  # a null character, or one that the file system cannot write
        yield Given(str(path), reason=UnreadableFileError("a path must not hold characters that no file name has"))
    else:
        if stat.S_ISDIR(mode):
            yield from _walk(path)
        else:
            yield _regular(path)


def _walk(folder: Path) -> Iterator[Given]:
    closed: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=closed.append, followlinks=False):
        folders.sort()
        for name in [name for name in folders if (Path(root) / name).is_symlink()]:
            folders.remove(name)
            yield Given(str(Path(root) / name), reason=_link())
        for name in sorted(names):
            yield _regular(Path(root) / name, inside=True)
    for error in closed:
        yield Given(str(error.filename), reason=UnreadableFileError("the folder cannot be read"))


def _regular(path: Path, *, inside: bool = False) -> Given:
    try:
        mode = (path.lstat() if inside else path.stat()).st_mode
    except (OSError, ValueError):
        return Given(str(path), reason=UnreadableFileError("the file cannot be read"))
    if stat.S_ISLNK(mode):
        return Given(str(path), reason=_link())
    if not stat.S_ISREG(mode):
        return Given(
            str(path), reason=UnreadableFileError("an input must be a regular file; this is a device or a pipe")
        )
    return Given(str(path), path=path)


def _link() -> UnsafeArchiveError:
    return UnsafeArchiveError("a file in a folder must not be a symbolic link: it may point anywhere")
