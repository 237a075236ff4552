"""What a segmentation says, without its voxels: for files and the command line."""

import math
from typing import Any

from medimg_core.results import Region, Segmentation

__all__ = ["NOTE", "number", "region_summary", "summary"]

NOTE = "Research use only, not for diagnosis."


def summary(found: Segmentation) -> dict[str, Any]:
    """A segmentation as plain values, ready for JSON; what is not a number is None.

    Args:
        found: The segmentation.

    Returns:
        ``frame slices labels threshold volumes_ml regions flags agreement gate gate_reasons declared predictions
        fingerprint note``; nothing of the patient. Slices, rows and columns count from 0, points are
        ``[slice, row, column]``.
    """
    refused = found.refused
    return {
        "frame": found.frame,
        "slices": list(found.slices),
        "labels": {label.name: label.value for label in found.labels},
        "threshold": number(found.threshold),
        "volumes_ml": dict(found.volumes_ml),
        "regions": [region_summary(region) for region in found.regions],
        "flags": [{"code": flag.code, "text": flag.text, "slices": list(flag.slices)} for flag in found.flags],
        "agreement": {name: number(value) for name, value in found.agreement.items()},
        "gate": found.gate.status,
        "gate_reasons": [{"code": reason.code, "text": reason.text} for reason in found.gate.reasons],
        "declared": [*found.gate.declared, *found.declared],
        "predictions": [
            {
                "slice": one.slice_index,
                "reading": one.reading,
                "score": None if refused else number(one.score),
                "score_range": None if refused else [number(value) for value in one.score_range],
                "threshold": one.threshold,
                "positive": None if refused or one.refused else one.positive,
            }
            for one in found.predictions
        ],
        "fingerprint": found.fingerprint,
        "note": NOTE,
    }


def region_summary(region: Region) -> dict[str, Any]:
    """A region as plain values, ready for JSON; points are ``[slice, row, column]``."""
    return {
        "number": region.number,
        "label": region.label,
        "name": region.name,
        "voxels": region.voxels,
        "slices": list(region.slices),
        "centroid": list(region.centroid),
        "slice": region.slice_index,
        "area": region.area,
        "long_axis": region.long_axis,
        "short_axis": region.short_axis,
        "long_ends": [list(point) for point in region.long_ends],
        "short_ends": [list(point) for point in region.short_ends],
        "length_unit": region.length_unit,
        "length_note": region.length_note,
        "volume_ml": region.volume_ml,
        "at_border": region.at_border,
    }


def number(value: float) -> float | None:
    """The value, or None where it is not finite."""
    return value if math.isfinite(value) else None
