"""How well a predicted mask agrees with a drawn one: Dice, IoU, HD95, volume error.

A score is defined where the drawn mask, the target, is not empty. Whether something was found where nothing
was drawn is another question, answered by the share of false positives.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.evaluation.metrics import Bools, Floats

Spacing = tuple[float | None, float, float]
"""Of slices, rows and columns in mm; None between slices that do not say."""

SCORES = ("dice", "iou", "hd95", "volume_error", "volume_bias")
"""Names of the scores of one image, in the order of ``medimg evaluate --json``."""


@dataclass(frozen=True)
class Overlap:
    """One predicted mask against its target.

    Attributes:
        both: Voxels in both.
        predicted: Voxels predicted.
        true: Voxels of the target.
        hd95: See :func:`hd95`; NaN where the target is empty.
        unit: Of ``hd95``, ``"mm"`` or ``"px"``.

    Examples:
        >>> Overlap(both=6, predicted=8, true=12, hd95=1.0, unit="px").dice
        0.6
    """

    both: int
    predicted: int
    true: int
    hd95: float
    unit: str

    @property
    def dice(self) -> float:
        """``2 |A and B| / (|A| + |B|)`` (Dice 1945); NaN where the target is empty."""
        return 2 * self.both / (self.predicted + self.true) if self.true else math.nan

    @property
    def iou(self) -> float:
        """``|A and B| / |A or B|`` (Jaccard 1912); NaN where the target is empty."""
        return self.both / (self.predicted + self.true - self.both) if self.true else math.nan

    @property
    def volume_bias(self) -> float:
        """Predicted volume minus the target's, as a share of the target's; NaN where that is empty."""
        return (self.predicted - self.true) / self.true if self.true else math.nan

    @property
    def volume_error(self) -> float:
        """:attr:`volume_bias` without its sign."""
        return abs(self.volume_bias)


def _same(predicted: Bools, true: Bools) -> None:
    if predicted.shape != true.shape or predicted.ndim not in (2, 3) or predicted.dtype != bool or true.dtype != bool:
        raise IncompatibleInputError(
            "masks must be bool and of one shape (rows, columns) or (slices, rows, columns), got "
            f"{predicted.dtype} {predicted.shape} and {true.dtype} {true.shape}"
        )


def _border(mask: Bools) -> Bools:
    """Voxels of a mask that touch what is outside it by a face; the image's edge is outside."""
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))


def hd95(predicted: Bools, true: Bools, spacing: Sequence[float] | None = None) -> float:
    """The 95 % Hausdorff distance: the larger of the 95 % percentiles of both directed border distances.

    A border is made of the mask's own voxels; distances run between their centres. Source: Huttenlocher,
    Klanderman & Rucklidge, IEEE PAMI 15 (1993), as the Metrics Reloaded consortium computes it (Maier-Hein &
    Reinke et al., Nature Methods 21, 2024). Where nothing was predicted it is the diagonal of the image: an
    undefined score counts as the worst possible (same source), which is what the BraTS challenge does
    (373.13 mm for 240 x 240 x 155 voxels of 1 mm). Left out, a model would do better by finding less.

    Args:
        predicted: bool, shape ``(rows, columns)`` or ``(slices, rows, columns)``.
        true: The target, same shape.
        spacing: Of each axis in mm; pixels count as 1 where None.

    Returns:
        In mm, or in pixels without a spacing; NaN where the target is empty.

    Examples:
        >>> square = np.zeros((20, 20), bool)
        >>> square[4:10, 4:10] = True
        >>> hd95(np.roll(square, 3, axis=1), square)
        3.0
    """
    from scipy.ndimage import distance_transform_edt

    _same(predicted, true)
    steps = np.ones(true.ndim) if spacing is None else np.asarray(spacing, float)
    if steps.shape != (true.ndim,) or not (steps > 0).all():
        raise IncompatibleInputError(f"spacing must give {true.ndim} lengths above zero, got {spacing}")
    if not true.any():
        return math.nan
    if not predicted.any():
        return float(np.linalg.norm(steps * true.shape))
    # Borders lie inside the box around both masks, so distances between them are the same in it.
    points = np.argwhere(predicted | true)
    box = tuple(slice(low, high + 1) for low, high in zip(points.min(axis=0), points.max(axis=0), strict=True))
    ours, theirs = _border(predicted[box]), _border(true[box])
    directed = (
        distance_transform_edt(~theirs, sampling=steps)[ours],
        distance_transform_edt(~ours, sampling=steps)[theirs],
    )
    return float(max(np.percentile(distances, 95) for distances in directed))


def overlap(predicted: Bools, true: Bools, spacing: Spacing | None = None) -> Overlap:
    """Compare a predicted mask with its target.

    Args:
        predicted: bool, shape ``(slices, rows, columns)``.
        true: The target, same shape.
        spacing: Of the volume; a single slice needs none between slices.

    Raises:
        IncompatibleInputError: The shapes differ, or the masks are not bool.
    """
    _same(predicted, true)
    flat = true.ndim == 3 and len(true) == 1
    ours, theirs = (predicted[0], true[0]) if flat else (predicted, true)
    lengths = [length for length in (spacing or ())[-ours.ndim :] if length is not None]
    known = lengths if len(lengths) == ours.ndim else None
    return Overlap(
        both=int((predicted & true).sum()),
        predicted=int(predicted.sum()),
        true=int(true.sum()),
        hd95=hd95(ours, theirs, known),
        unit="px" if known is None else "mm",
    )


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Mean of the values that are not NaN, under row weights.

    Args:
        values: Shape ``(n,)``.
        weights: How often each row was drawn, shape ``(replicates, n)``.

    Returns:
        Shape ``(replicates,)``; NaN where no row of a replicate has a value.
    """
    known = ~np.isnan(values)
    total = weights[:, known].sum(axis=1)
    above = weights[:, known] @ values[known]
    return np.asarray(np.divide(above, total, out=np.full(len(weights), np.nan), where=total > 0))


@dataclass(frozen=True)
class _Column:
    """A figure: its value over all rows, and in each replicate."""

    value: float
    replicates: Floats

    def put(self, name: str, into: dict[str, Any]) -> None:
        ends = None if math.isnan(self.value) else percentiles(self.replicates)
        into[name] = None if math.isnan(self.value) else self.value
        into[f"{name}_ci"] = None if ends is None else list(ends)


def _column(values: Floats, weights: Floats) -> _Column:
    return _Column(float(weighted_mean(values, np.ones((1, values.size)))[0]), weighted_mean(values, weights))


def _by_patient(rows: Sequence[Overlap | None], groups: Sequence[str]) -> Floats:
    """Dice over the pooled voxels of each group, at the group's first row; NaN at its others and without target."""
    sums: dict[str, NDArray[np.int64]] = {}
    first: dict[str, int] = {}
    for index, (row, group) in enumerate(zip(rows, groups, strict=True)):
        if row is not None:
            first.setdefault(group, index)
            counted = np.array([row.both, row.predicted, row.true], np.int64)
            sums[group] = sums.get(group, np.zeros_like(counted)) + counted
    values = np.full(len(rows), np.nan)
    for group, (both, predicted, true) in sums.items():
        if true:
            values[first[group]] = 2 * both / (predicted + true)
    return values


def _columns(
    rows: Sequence[Overlap | None], groups: Sequence[str], weights: Floats, *, patients: bool
) -> tuple[dict[str, _Column], str]:
    """Figures of one target by name, and the unit of its distances."""
    units = {row.unit for row in rows if row is not None and row.true}
    result = {}
    for name in SCORES:
        values = np.array([math.nan if row is None else getattr(row, name) for row in rows], dtype=float)
        if name == "hd95" and len(units) > 1:  # millimetres and pixels have no mean
            values = np.full(len(rows), np.nan)
        result[name] = _column(values, weights)
    found = [math.nan if row is None or row.true else float(row.predicted > 0) for row in rows]
    result["false_positive"] = _column(np.array(found), weights)
    if patients:
        result["dice_by_patient"] = _column(_by_patient(rows, groups), weights)
    return result, _one(units)


def _one(units: Collection[str]) -> str:
    return "mixed" if len(set(units)) > 1 else next(iter(units), "px")


def _mean(columns: Sequence[_Column]) -> _Column:
    """Mean over the targets that have the figure."""
    known = [column for column in columns if not math.isnan(column.value)]
    if not known:
        return _Column(math.nan, np.array([math.nan]))
    return _Column(float(np.mean([c.value for c in known])), np.mean([c.replicates for c in known], axis=0))


def summarise(
    targets: Mapping[str, Sequence[Overlap | None]], groups: Sequence[str], *, patients: bool = False
) -> dict[str, Any]:
    """The segmentation's part of ``medimg evaluate --json``.

    Args:
        targets: For each target one entry a row, None where nobody drew it.
        groups: Patient of each row, length ``n``; drawn whole by the bootstrap.
        patients: Whether the groups are patients, so that figures by patient make sense.

    Returns:
        ``dice iou hd95 volume_error volume_bias`` over the rows whose target is not empty and
        ``false_positive`` over the others, each with ``<name>_ci`` (95 %); ``dice_by_patient`` where the groups
        are patients: the mean over patients of the Dice of their pooled voxels; ``hd95_unit``; the numbers of
        rows with an empty target ``empty_n`` and with a target of which nothing was found ``missed_n``, which
        count as Dice 0 and as HD95 of the image's diagonal. At the top stand means over the targets that have
        rows, ``targets`` holds the same for each, with ``n`` rows.

    Raises:
        NotApplicableError: No target has a row.
    """
    weights = group_weights(groups)
    tables: dict[str, dict[str, Any]] = {}
    columns: list[dict[str, _Column]] = []
    for name, rows in targets.items():
        figures, unit = _columns(rows, groups, weights, patients=patients)
        drawn = [row for row in rows if row is not None]
        table: dict[str, Any] = {"n": len(drawn)}
        for key, column in figures.items():
            column.put(key, table)
        table["hd95_unit"] = unit
        table["empty_n"] = sum(not row.true for row in drawn)
        table["missed_n"] = sum(bool(row.true) and not row.predicted for row in drawn)
        tables[name] = table
        if drawn:
            columns.append(figures)
    if not columns:
        raise NotApplicableError("masks can be compared where the folder has a drawn one; it has none")
    top: dict[str, Any] = {}
    counted = [table for table in tables.values() if table["n"]]
    unit = _one([table["hd95_unit"] for table in counted])
    for key in columns[0]:
        same = [] if key == "hd95" and unit == "mixed" else [figures[key] for figures in columns]
        _mean(same).put(key, top)
    top["hd95_unit"] = unit
    for key in ("empty_n", "missed_n"):
        mean = sum(table[key] for table in counted) / len(counted)
        top[key] = int(mean) if mean == int(mean) else mean
    return {**top, "targets": tables}
