"""The one door: files -> what was read, what was refused and why."""

import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from medimg_core.io.archives import Allowance
from medimg_core.io.assembly import Assembly
from medimg_core.io.dicom import Instance
from medimg_core.io.drop import Drop, SeriesKey, Single
from medimg_core.io.elements import code, display_text, text
from medimg_core.io.inputs import gather
from medimg_core.io.kinds import KIND_ORDER
from medimg_core.io.limits import Budget, Limits
from medimg_core.io.patients import iso_date, patient_of, unknown_patient
from medimg_core.study import Opened, Patient, Series, Study

__all__ = ["open_study"]

Progress = Callable[[int, int, str], None]

_CLAIMED = ("files of several patients have this study's StudyInstanceUID: each patient's are kept apart",)
_NOISY = r"(pydicom|nibabel|PIL|highdicom)(\.|$)"


def open_study(files: Iterable[Any], *, limits: Limits | None = None, progress: Progress | None = None) -> Opened:
    """Open files of any kind MedImg reads.

    Loose files, folders, zip archives (nested, in memory) and DICOMDIR sets. What a file is, is told by
    its content. One bad file never spoils the rest: each ends in a series or among the refused.

    Args:
        files: Paths of files or folders, ``(name, bytes)`` pairs, or objects with ``name`` and
            ``getvalue()`` or ``read()``.
        limits: Limits; the environment's by default.
        progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

    Returns:
        Studies with their volumes decoded, refused files, and warnings about the drop.

    Raises:
        InputError: An entry of ``files`` is of no kind listed above, or a limit in the environment is wrong.
        Cancelled: ``progress`` raised it.

    Examples:
        >>> opened = open_study([("notes.txt", b"not an image")])
        >>> opened.studies, opened.refused[0].reason
        ((), 'the file is plain text; MedImg reads DICOM, NIfTI, PNG, JPEG, TIFF and zip')
    """
    table = Limits.from_environment() if limits is None else limits
    report = progress if progress is not None else _silent
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_NOISY)  # they quote values of headers
        given = gather(files)
        drop = Drop(table, Allowance(table), Budget(table.memory_bytes), report, total=len(given))
        for entry in given:
            drop.scan(entry)
        return _opened(drop)


def _silent(done: int, total: int, text: str) -> None:
    """Report nothing."""


def _opened(drop: Drop) -> Opened:
    assembly = Assembly(drop.images, drop.budget, drop.report)
    series: dict[SeriesKey, list[Series]] = assembly.series()
    for name, error in assembly.refused:
        drop.refuse(name, error)
    for (key, what), instances in drop.objects.items():
        series.setdefault(key, []).append(_object(key, what, instances))
    studies = _studies(drop, series, assembly.notes)
    studies += [_single(single) for single in drop.singles]
    studies.sort(key=lambda study: _rank(study.series[0]))
    notes: list[str] = []
    if drop.directories:
        studies = _with_directory(drop, studies)
        missing = drop.missing_references()
        if missing:
            files = "1 file that was" if missing == 1 else f"{missing} files that were"
            notes.append(f"the DICOMDIR lists {files} not given")
    shown = {drop.people[key].number for key in series}
    mixed = len(shown) > 1
    if mixed:
        notes.append(
            f"files of {len(shown)} patients were dropped together: "
            "linking and reporting are blocked until one is chosen"
        )
    return Opened(tuple(studies), tuple(drop.refused), tuple(notes), mixed)


def _studies(drop: Drop, series: dict[SeriesKey, list[Series]], notes: dict[SeriesKey, list[str]]) -> list[Study]:
    grouped: dict[tuple[int, str], list[SeriesKey]] = defaultdict(list)
    for key in series:
        grouped[key.person, key.study].append(key)
    claims = Counter(study for _, study in grouped if study)
    studies = []
    for (_, study), keys in grouped.items():
        claimed = claims[study] > 1
        uid = drop.study_uid(keys, claimed=claimed)
        listed = sorted((entry for key in keys for entry in series[key]), key=_rank)
        header = next(entry for key in keys for entry in series[key]).source[0]
        studies.append(
            Study(
                uid,
                patient_of(drop.people[keys[0]], header, study or uid),
                tuple(listed),
                iso_date(text(header, "StudyDate")),
                display_text(header, "StudyDescription"),
                tuple(dict.fromkeys((*_CLAIMED[:claimed], *(note for key in keys for note in notes.get(key, []))))),
            )
        )
    return studies


def _rank(series: Series) -> tuple[int, int]:
    size = series.volume.array.size if series.volume is not None else 0
    return (KIND_ORDER.index(series.kind), -size)


def _object(key: SeriesKey, what: str, instances: list[Instance]) -> Series:
    header = instances[0].header
    return Series(
        key.series,
        code(text(header, "Modality")),
        None,
        kind="object",
        description=display_text(header, "SeriesDescription"),
        object_name=what,
        files=sum(1 + len(instance.copies) for instance in instances),
        synthetic=text(header, "SyntheticData").upper() == "YES",
        source=tuple(instance.header for instance in instances),
    )


def _single(single: Single) -> Study:
    source = () if single.header is None else (single.header,)
    series = Series(single.uid, "", single.volume, warnings=single.warnings, source=source, file_name=single.name)
    return Study(single.uid, unknown_patient(), (series,))


def _with_directory(drop: Drop, studies: list[Study]) -> list[Study]:
    """List the DICOMDIR files: with the first study, or alone where there is none."""
    uid = drop.directories[0].uid
    listed = Series(
        uid,
        "",
        None,
        kind="object",
        object_name="DICOM media index (DICOMDIR)",
        files=sum(1 + len(directory.copies) for directory in drop.directories),
    )
    if not studies:
        return [Study(uid, Patient("unknown"), (listed,))]
    first = studies[0]
    return [
        Study(first.uid, first.patient, (*first.series, listed), first.date, first.description, first.warnings),
        *studies[1:],
    ]
