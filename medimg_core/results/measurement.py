"""What a reader measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Point = tuple[float, float, float]
"""Voxel indices ``(slice, row, column)``; centres of voxels lie at whole numbers."""


@dataclass(frozen=True)
class Measurement:
    """What a reader measured on a volume; made by :func:`medimg_core.measuring.measure`.

    It carries the series, not the fingerprint of the voxels, which would be computed at every click: whoever
    keeps measurements keeps them under the key of the volume they were made on.

    Attributes:
        id: The viewer's name for it, 1 to 40 of ``a-z 0-9 -``.
        kind: ``"length" "angle" "bidirectional" "ellipse" "rectangle" "freehand"`` or ``"probe"``.
        points: All in one plane of the volume's grid.
        axis: Index axis that the plane is perpendicular to: 0 slice (the acquired plane), 1 row, 2 column.
        frame: Position on the time axis, from 0.
        values: By name: lengths and ``lps_*`` in ``length_unit``, ``area`` in its square, ``angle`` in degrees,
            ``mean sd min max value`` in ``value_unit``, ``n`` in voxels.
        length_unit: ``"mm"``, or ``"px"`` where the spacing is not known.
        value_unit: Unit of the volume's values, ``""`` where unknown.
        length_note: What must be said beside a length: ``"at the detector"`` where it is magnified, or ``""``.
        series_uid: SeriesInstanceUID.
    """

    id: str
    kind: str
    points: tuple[Point, ...]
    axis: int
    frame: int
    values: Mapping[str, float] = field(hash=False)
    length_unit: str
    value_unit: str
    length_note: str = ""
    series_uid: str = ""

    @property
    def plane_index(self) -> int:
        """Place of the plane along ``axis``, from 0."""
        return int(self.points[0][self.axis])
