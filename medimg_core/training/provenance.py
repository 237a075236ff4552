"""Which data sets a training read, and what the card says of those that its recipe does not know."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from medimg_core.errors import InputError
from medimg_core.evaluation.folder import INDEX, read_folder
from medimg_core.training.runfolder import RunFolder

__all__ = ["STRANGE", "DataSet", "claim", "data_set", "source_rows", "strange_limit"]

STRANGE = "not known to this recipe"
"""How the licence begins of a set that the recipe says nothing of."""

SPLITS = ("train", "val")
NOTE = "data.json"
"""In a run folder: which data its checkpoint is of."""


@dataclass(frozen=True)
class DataSet:
    """A data set as a training read it.

    Attributes:
        name: Its folder's, by which ``medimg evaluate`` knows it again.
        n: Images by split; of an index its rows, which may be volumes.
        split: What split it.
    """

    name: str
    n: Mapping[str, int]
    split: str = INDEX


def data_set(folder: Path, read: Mapping[str, int]) -> DataSet:
    """What was read of a folder.

    Args:
        folder: With an index or without, or a MedMNIST file.
        read: Images read of each split, for where there is no index to count in.
    """
    if not (folder / INDEX).is_file():
        return DataSet(folder.name, dict(read), "the file's own" if folder.is_file() else f"folders {', '.join(read)}")
    rows = {split: read_folder(folder, split) for split in SPLITS}
    told = any(row.split for part in rows.values() for row in part)
    split = INDEX if told else f"{INDEX}, which names no split: train and val are the same rows"
    return DataSet(folder.name, {name: len(part) for name, part in rows.items()}, split)


def _row(known: Mapping[str, dict[str, Any]], found: DataSet) -> dict[str, Any] | None:
    return known.get(found.name, known.get(found.name.removesuffix(".npz")))


def _parted(
    rows: Sequence[dict[str, Any]], sets: Sequence[DataSet], meant: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], list[DataSet]]:
    """The recipe's rows of what it was written for, by name, and the sets that are none of these."""
    known = {row["name"]: row for row in rows if row["name"] in meant}
    return known, [found for found in sets if _row(known, found) is None]


def source_rows(rows: Sequence[dict[str, Any]], sets: Sequence[DataSet], meant: Sequence[str]) -> list[dict[str, Any]]:
    """A card's ``[[data]]``: the recipe's rows, those of sets that were not read replaced by what was.

    Args:
        rows: Of the recipe.
        sets: What was read, in order.
        meant: Names of the sets that the recipe was written for, in the same order. Its other rows, as of an
            encoder's first weights, stay.

    Examples:
        >>> rows = [{"name": "a", "licence": "CC0", "n": {"train": 9}, "split": "by patient"}]
        >>> source_rows(rows, [DataSet("b", {"train": 4})], ["a"])
        [{'name': 'b', 'licence': 'not known to this recipe; a: CC0', 'n': {'train': 4}, 'split': 'index.csv'}]
    """
    known, strangers = _parted(rows, sets, meant)
    if not strangers and len(sets) == len(known):
        return list(rows)
    given: list[dict[str, Any]] = []
    for place, found in enumerate(sets):
        licence = STRANGE
        if place < len(meant) and meant[place] in known:
            licence += f"; {meant[place]}: {known[meant[place]]['licence']}"
        own = {"name": found.name, "licence": licence, "n": dict(found.n), "split": found.split}
        given.append(_row(known, found) or own)
    return given + [row for row in rows if row["name"] not in known]


def strange_limit(rows: Sequence[dict[str, Any]], sets: Sequence[DataSet], meant: Sequence[str]) -> list[str]:
    """What the card's limits say more where the recipe's texts were written for other data; else nothing."""
    _, strangers = _parted(rows, sets, meant)
    names = " and ".join(found.name for found in strangers if found.name not in meant)
    if not names:
        return []
    return [
        f"Trained on {names}, which the recipe does not know: it was written for {' and '.join(meant)}, and so were "
        "its texts on population, limits and licences."
    ]


def claim(run: Path, sets: Sequence[DataSet], meant: Sequence[str], *, resume: bool) -> None:
    """Note which data a run is of, so that it never goes on with others: its card names one data only.

    Args:
        run: Run folder; it exists.
        sets: What was read.
        meant: As for :func:`source_rows`. A checkpoint without a note is of these.
        resume: Whether the training would go on from a checkpoint.

    Raises:
        InputError: The checkpoint is of other data.
    """
    note, checkpoint = run / NOTE, RunFolder(run).checkpoint
    now = json.dumps([asdict(found) for found in sets])
    if checkpoint.is_file():
        before = note.read_text(encoding="utf-8") if note.is_file() else None
        same = before == now if before else all(found.name.removesuffix(".npz") in meant for found in sets)
        if not same and resume:
            names = " and ".join(row["name"] for row in json.loads(before)) if before else " and ".join(meant)
            raise InputError(
                f"a training must go on with the data that it began with, {names} as it was then; for other data start "
                "it afresh or in another folder"
            )
        if not same:
            checkpoint.unlink()
    part = note.with_suffix(".part")
    part.write_text(now, encoding="utf-8")
    part.replace(note)
