"""A summary of what was read and what was refused, fit for ``medimg inspect --json``."""

from collections.abc import Iterable
from typing import Any

from medimg_core.io.elements import integer
from medimg_core.io.limits import Limits
from medimg_core.io.opening import Progress, open_study
from medimg_core.study import Opened, Series

__all__ = ["inspect", "summary"]


def inspect(files: Iterable[Any], *, limits: Limits | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Open files and tell what became of each; arguments as :func:`medimg_core.io.open_study`.

    Returns:
        What :func:`summary` gives.

    Examples:
        >>> inspect([("notes.txt", b"not an image")])["studies"]
        []
    """
    return summary(open_study(files, limits=limits, progress=progress))


def summary(opened: Opened) -> dict[str, Any]:
    """Describe what was opened, in values that JSON holds.

    ``files`` counts input files; one that feeds several stacks is counted with the first of them, so that
    the sum over all series and ``refused`` is the number of files given. Lengths are in voxels,
    ``spacing_mm`` is between slices, rows and columns (None where unknown). No patient text.

    Args:
        opened: What :func:`medimg_core.io.open_study` gave.
    """
    return {
        "studies": [
            {
                "patient": study.patient.pseudonym,
                "warnings": list(study.warnings),
                "series": [_series(series) for series in study.series],
            }
            for study in opened.studies
        ],
        "refused": [{"file": refused.file, "reason": refused.reason} for refused in opened.refused],
        "warnings": list(opened.warnings),
        "mixed_patients": opened.mixed_patients,
    }


def _series(series: Series) -> dict[str, Any]:
    volume = series.volume
    slices, rows, columns, frames = _lengths(series)
    spacing = None if volume is None or volume.spacing is None else [_rounded(value) for value in volume.spacing]
    return {
        "modality": series.modality,
        "kind": series.kind,
        "object": series.object_name,
        "part": series.part,
        "slices": slices,
        "rows": rows,
        "columns": columns,
        "frames": frames,
        "colour": volume is not None and volume.colour,
        "spacing_mm": spacing,
        "orientation": _orientation(series),
        "unit": "unknown" if volume is None else volume.unit,
        "files": series.files,
        "synthetic": series.synthetic,
        "warnings": list(series.warnings),
    }


def _lengths(series: Series) -> tuple[int | None, int | None, int | None, int | None]:
    if series.volume is not None:
        return (*series.volume.shape, series.volume.frames)
    header = series.source[0] if series.source else None
    if header is None or integer(header, "Rows") is None:
        return (None, None, None, None)
    return (1, integer(header, "Rows"), integer(header, "Columns"), integer(header, "NumberOfFrames") or 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _orientation(series: Series) -> str | None:
    """Directions of growing slice, row and column index; row and column only for a planar image."""
    volume = series.volume
    if volume is None:
        return None
    if volume.geometry is not None:
        return volume.geometry.orientation
    if volume.planar is None or volume.planar.bottom is None or volume.planar.right is None:
        return None
    return volume.planar.bottom[0] + volume.planar.right[0]
