"""What is measured of a mask that a reader corrected, as it was measured of the model's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medimg_core.correcting import Corrected, Difference, difference
from medimg_core.errors import IncompatibleInputError
from medimg_core.masks.parts import parts
from medimg_core.masks.regions import regions, volumes_ml
from medimg_core.masks.summary import number, region_summary
from medimg_core.results import Region
from medimg_core.study import Volume

__all__ = ["Remeasured", "corrected_summary", "remeasured"]


@dataclass(frozen=True, eq=False)
class Remeasured:
    """A corrected mask in figures.

    Attributes:
        regions: Connected parts, the largest first.
        volumes_ml: Volume of each label by name; None where the model's has none either.
        differences: From the model's mask, one a label.
    """

    regions: tuple[Region, ...] = field(repr=False)
    volumes_ml: Mapping[str, float | None]
    differences: tuple[Difference, ...]


def remeasured(corrected: Corrected, volume: Volume, *, sides: bool) -> Remeasured:
    """Measure a corrected mask.

    A volume in mL is given where the model's mask has one: a correction does not tell which slices hold all of what
    is measured.

    Args:
        corrected: The mask.
        volume: What it lies on.
        sides: Whether names say on which side a part lies (:func:`medimg_core.masks.edge_sides`).

    Raises:
        IncompatibleInputError: The volume is another one.
    """
    found = corrected.segmentation
    if volume.fingerprint != found.fingerprint:
        raise IncompatibleInputError("a mask must be measured on the volume it was made from; this is another one")
    whole = any(value is not None for value in found.volumes_ml.values())
    after = [parts(corrected.mask, label.value) for label in found.labels]
    return Remeasured(
        regions=regions(after, found.labels, volume, sides=sides, whole=whole),
        volumes_ml=volumes_ml(after, found.labels, volume, whole=whole),
        differences=difference(found.mask, corrected.mask, found.labels, volume.geometry if whole else None),
    )


def corrected_summary(corrected: Corrected, measured: Remeasured) -> dict[str, Any]:
    """A correction as plain values, ready for JSON: ``edits volumes_ml regions differences``.

    Args:
        corrected: The mask.
        measured: What :func:`remeasured` found of it.
    """
    return {
        "edits": len(corrected.edits),
        "volumes_ml": dict(measured.volumes_ml),
        "regions": [region_summary(region) for region in measured.regions],
        "differences": [
            {
                "label": each.label,
                "name": each.name,
                "dice": number(each.dice),
                "added": each.added,
                "removed": each.removed,
                "change_ml": each.change_ml,
                "slices": list(each.slices),
            }
            for each in measured.differences
        ],
    }
