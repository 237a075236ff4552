"""A folder of labelled images with an ``index.csv``, as rows."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from medimg_core.errors import UnreadableFileError

INDEX = "index.csv"


@dataclass(frozen=True)
class Row:
    """One line of an index.

    Attributes:
        image: Path of the image.
        label: Value of the ``label`` column, or empty.
        subtype: Value of the ``subtype`` column (finer classes), or empty.
        group: ``patient`` or ``group``; rows of one group are never split nor bootstrapped apart. The
            image's own path where the folder has neither column.
        split: Value of the ``split`` column, or empty.
        masks: Paths of the target masks by column name, e.g. ``{"mask": ...}``.
        columns: Every value of the line that is not empty, by its column.
    """

    image: Path = field(repr=False)
    label: str
    subtype: str
    group: str = field(repr=False)
    split: str
    masks: Mapping[str, Path] = field(repr=False)
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def case(self) -> str:
        """Name of the image's file without its suffix."""
        return self.image.stem


def _row(folder: Path, line: Mapping[str, str]) -> Row:
    masks = {
        name: folder / value for name, value in line.items() if value and (name == "mask" or name.endswith("_mask"))
    }
    return Row(
        image=folder / line["image"],
        label=line.get("label") or "",
        subtype=line.get("subtype") or "",
        group=line.get("patient") or line.get("group") or line["image"],
        split=line.get("split") or "",
        masks=MappingProxyType(masks),
        columns=MappingProxyType({name: value for name, value in line.items() if value}),
    )


def _lines(folder: Path) -> tuple[Sequence[str], list[dict[str, str]]]:
    """Columns and lines of the index."""
    path = folder / INDEX
    if not path.is_file():
        what = f"there is none in {folder.name!r}" if folder.is_dir() else f"there is no folder {folder.name!r}"
        raise UnreadableFileError(f"a data folder must hold {INDEX}; {what}")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns: Sequence[str] = reader.fieldnames or ()
            lines = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFileError(f"{INDEX} must be a table of comma-separated values in UTF-8") from error
    if "image" not in columns:
        raise UnreadableFileError(f"{INDEX} must have a column `image`, got {', '.join(columns) or 'none'}")
    for number, line in enumerate(lines, start=2):
        if None in line or "\0" in "".join(value or "" for value in line.values()):
            raise UnreadableFileError(f"{INDEX} line {number} must have {len(columns)} fields of plain text")
    return columns, lines


def read_folder(folder: Path, split: str | None = None) -> tuple[Row, ...]:
    """Read a folder's ``index.csv``.

    Paths in it are relative to the folder. Columns: ``image``, and where present ``label``,
    ``subtype``, ``patient`` or ``group``, ``split``, ``mask`` and any ``*_mask``.

    Args:
        folder: Folder that holds ``index.csv``.
        split: Keep the rows of this split only; all rows where the index has no ``split`` column.

    Raises:
        UnreadableFileError: There is no index, it has no ``image`` column, a path leaves the folder, a
            file it names is missing, or no row is left; or the operating system does not let it be read.
    """
    try:
        return _read(folder, split)
    except OSError as error:
        raise UnreadableFileError(f"a data folder must be readable by this user; {error.strerror}") from error


def _read(folder: Path, split: str | None) -> tuple[Row, ...]:
    columns, lines = _lines(folder)
    root = folder.resolve()
    rows = []
    for number, line in enumerate(lines, start=2):
        if not line["image"]:
            raise UnreadableFileError(f"{INDEX} line {number} must name an image; the field is empty")
        row = _row(folder, line)
        for file_path in (row.image, *row.masks.values()):
            if not file_path.resolve().is_relative_to(root):
                raise UnreadableFileError(f"{INDEX} line {number}: paths must stay inside the folder")
            if not file_path.is_file():
                raise UnreadableFileError(f"{INDEX} line {number} names a file that is not there")
        rows.append(row)
    if not rows:
        raise UnreadableFileError(f"{INDEX} must have at least one row, got none")
    if split is not None and "split" in columns:
        known = sorted({row.split for row in rows})
        rows = [row for row in rows if row.split == split]
        if not rows:
            raise UnreadableFileError(f"split must be one of {', '.join(known)}, got {split!r}")
    return tuple(rows)
