"""A mask that a reader corrects: strokes of a brush, connected parts taken away or brought back.

The model's mask stays as it is. The corrected one follows from it and from the list of edits alone, so that taking
back the last edit is a shorter list; what each edit changed is kept, so that neither is computed anew.

- A stroke sets pixels of one acquired slice to a label; with the eraser, it sets those of that label to 0.
- A part is a connected part of one label in three dimensions; voxels that share a corner are neighbours, as for
  :class:`medimg_core.results.Region`.
- A part brought back is one of :attr:`medimg_core.results.Segmentation.raw`; it takes only empty voxels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.geometry import Geometry
from medimg_core.results import MaskLabel, Segmentation

__all__ = ["MOST_RUNS", "Add", "Corrected", "Difference", "Drop", "Edit", "Stroke", "apply", "difference"]

MOST_RUNS = 40_000
"""Of one stroke; a brush as wide as a radiograph leaves some thousand."""

Mask = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Index = tuple[int, int, int]


@dataclass(frozen=True)
class Stroke:
    """One stroke of the brush or the eraser on an acquired slice.

    Attributes:
        label: Value of the mask that is painted, or taken away.
        slice_index: Slice, from 0.
        runs: First pixel and number of pixels of each run, one after the other; a pixel is counted along the rows
            of the slice: ``row * columns + column``. Rising, no two share a pixel.
        erase: True to set pixels of this label to 0; those of other labels stay.
        frame: Frame of the volume, from 0.
        id: The viewer's name for it.
    """

    label: int
    slice_index: int
    runs: tuple[int, ...] = field(repr=False)
    erase: bool = False
    frame: int = 0
    id: str = ""


@dataclass(frozen=True)
class Drop:
    """The connected part under a point is taken away.

    Attributes:
        point: Voxel index.
        frame: Frame of the volume, from 0.
        id: The viewer's name for it.
    """

    point: Index
    frame: int = 0
    id: str = ""


@dataclass(frozen=True)
class Add:
    """The part under a point that was taken away as too small is brought back.

    Attributes:
        point: Voxel index.
        frame: Frame of the volume, from 0.
        id: The viewer's name for it.
    """

    point: Index
    frame: int = 0
    id: str = ""


Edit = Stroke | Drop | Add


@dataclass(frozen=True, eq=False)
class _Change:
    """What one edit changed: flat places in the mask, in rising order, and the values before."""

    places: Places
    before: Mask


@dataclass(frozen=True, eq=False)
class Corrected:
    """A mask as the reader left it.

    Attributes:
        segmentation: What it corrects.
        edits: In the order in which they were made.
        mask: ``uint8``, shape ``(slices, rows, columns)`` of the volume, read-only.
        changes: What each edit changed.
    """

    segmentation: Segmentation
    edits: tuple[Edit, ...]
    mask: Mask = field(repr=False)
    changes: tuple[_Change, ...] = field(repr=False)

    def __post_init__(self) -> None:
        self.mask.setflags(write=False)

    @property
    def corrects(self) -> tuple[str, str, str]:
        """Identity of the mask corrected: model, its weights' sha256, fingerprint of the volume."""
        found = self.segmentation
        return found.model_id, found.weights_sha256, found.fingerprint

    @cached_property
    def slices(self) -> Mapping[int, int]:
        """Slices that edits changed, each with the place of the last edit that did, from 0."""
        count, plane = self.mask.shape[0], self.mask.shape[1] * self.mask.shape[2]
        found: dict[int, int] = {}
        for number, change in enumerate(self.changes):
            ends = np.searchsorted(change.places, np.arange(count + 1) * plane)
            found |= {int(place): number for place in np.flatnonzero(np.diff(ends))}
        return found


def apply(segmentation: Segmentation, edits: Sequence[Edit], before: Corrected | None = None) -> Corrected:
    """Correct a mask.

    Args:
        segmentation: What the model said.
        edits: In their order.
        before: An earlier correction of the same mask: edits that both begin with are not made again.

    Raises:
        IncompatibleInputError: An edit that does not fit the mask.
        NotApplicableError: There is no part to drop or to bring back at a point.

    Examples:
        >>> from medimg_core.results import GateOutcome
        >>> mask = np.array([[[0, 1, 1, 0]]], np.uint8)
        >>> model = Segmentation("lungs", "ab", "cd", 0, (0, 0), (MaskLabel(1, "lung"),), mask, mask, (), {}, (), {},
        ...                      0.5, GateOutcome())
        >>> painted = apply(model, [Stroke(1, 0, (3, 1))])
        >>> painted.mask.tolist()
        [[[0, 1, 1, 1]]]
        >>> apply(model, [*painted.edits, Drop((0, 0, 1))], painted).mask.tolist()
        [[[0, 0, 0, 0]]]
    """
    known = before if before is not None and before.segmentation is segmentation else None
    same = 0
    if not edits:
        return Corrected(segmentation, (), segmentation.mask, ())
    changes: list[_Change] = []
    mask = (segmentation.mask if known is None else known.mask).copy()
    flat = mask.reshape(-1)
    if known is not None:
        pairs = zip(known.edits, edits, strict=False)
        same = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(known.edits), len(edits)))
        for change in reversed(known.changes[same:]):
            flat[change.places] = change.before
        changes = list(known.changes[:same])
    for edit in edits[same:]:
        places, values = _made(segmentation, mask, edit)
        changes.append(_Change(places, flat[places]))
        flat[places] = values
    return Corrected(segmentation, tuple(edits), mask, tuple(changes))


def _made(segmentation: Segmentation, mask: Mask, edit: Edit) -> tuple[Places, Mask | int]:
    """Places that an edit changes in the mask as it is, in rising order, and what it puts there."""
    if edit.frame != segmentation.frame:
        raise IncompatibleInputError(f"the mask is of frame {segmentation.frame}, the edit of frame {edit.frame}")
    if isinstance(edit, Stroke):
        return _painted(segmentation, mask, edit)
    if len(edit.point) != 3 or not all(0 <= at < size for at, size in zip(edit.point, mask.shape, strict=True)):
        raise IncompatibleInputError(f"a point must lie in a mask of shape {mask.shape}, got {edit.point}")
    if isinstance(edit, Drop):
        if mask[edit.point] == 0:
            raise NotApplicableError("the mask has no part at this point")
        return _part(mask, edit.point), 0
    raw = segmentation.raw
    if raw[edit.point] == 0:
        raise NotApplicableError("no part was taken away at this point")
    if mask[edit.point] != 0:
        raise NotApplicableError("the part at this point is in the mask already")
    places = _part(raw, edit.point)
    return places[mask.reshape(-1)[places] == 0], int(raw[edit.point])


def _painted(segmentation: Segmentation, mask: Mask, edit: Stroke) -> tuple[Places, int]:
    if all(label.value != edit.label for label in segmentation.labels):
        known = ", ".join(str(label.value) for label in segmentation.labels)
        raise IncompatibleInputError(f"a stroke's label must be one of {known}, got {edit.label}")
    if not 0 <= edit.slice_index < mask.shape[0]:
        raise IncompatibleInputError(f"a stroke's slice must be 0 to {mask.shape[0] - 1}, got {edit.slice_index}")
    if len(edit.runs) % 2 or not 0 < len(edit.runs) <= 2 * MOST_RUNS:
        raise IncompatibleInputError(f"a stroke must have 1 to {MOST_RUNS} runs, got {len(edit.runs) / 2:g}")
    size = mask.shape[1] * mask.shape[2]
    if min(edit.runs) < 0 or max(edit.runs) > size:  # before they become an array: they may be of any size
        raise IncompatibleInputError(f"runs must lie in a slice of {size} pixels")
    first, count = np.array(edit.runs, np.int64).reshape(-1, 2).T
    last = first + count
    if (count < 1).any() or last[-1] > size or (first[1:] < last[:-1]).any():
        raise IncompatibleInputError(f"runs must rise and lie apart in a slice of {size} pixels")
    # 0, 1, 2 ... through each run, beginning at its first pixel
    pixels = np.arange(count.sum()) + np.repeat(last - np.cumsum(count), count)
    places = edit.slice_index * size + pixels
    now = mask.reshape(-1)[places]
    return (places[now == edit.label], 0) if edit.erase else (places[now != edit.label], edit.label)


def _part(mask: Mask, point: Index) -> Places:
    """Flat places of the connected part of its label in which a point lies, in rising order."""
    from scipy import ndimage

    own = mask == mask[point]
    # within the box of the label only: a part is found as fast as its label is large
    box = tuple(
        slice(int(there[0]), int(there[-1]) + 1)
        for there in (np.flatnonzero(own.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3))
    )
    numbers, _count = ndimage.label(own[box], structure=np.ones((3, 3, 3), bool))
    found = np.zeros(mask.shape, bool)
    found[box] = numbers == numbers[tuple(at - side.start for at, side in zip(point, box, strict=True))]
    return np.flatnonzero(found)


@dataclass(frozen=True)
class Difference:
    """How one label of a corrected mask differs from the model's.

    Attributes:
        label: Value of the mask.
        name: Name of the label.
        dice: Dice coefficient of the two, 0 to 1; NaN where both are empty.
        added: Voxels that only the corrected mask has.
        removed: Voxels that only the model's has.
        change_ml: Change of the volume in mL, or None where it is not known.
        slices: Slices on which they differ, in rising order.
    """

    label: int
    name: str
    dice: float
    added: int
    removed: int
    change_ml: float | None
    slices: tuple[int, ...]


def difference(
    model: Mask, corrected: Mask, labels: Sequence[MaskLabel], geometry: Geometry | None = None
) -> tuple[Difference, ...]:
    """Compare a corrected mask with the model's, label by label; Dice as in L. R. Dice (1945), Ecology 26(3), 297-302.

    Args:
        model: ``uint8``, shape ``(slices, rows, columns)``.
        corrected: Likewise.
        labels: What the values mean.
        geometry: Of the volume; no volumes without it.

    Raises:
        IncompatibleInputError: The masks differ in shape.

    Examples:
        >>> model, corrected = np.array([[[1, 1, 0, 0]]], np.uint8), np.array([[[0, 1, 1, 1]]], np.uint8)
        >>> difference(model, corrected, [MaskLabel(1, "lung")])
        (Difference(label=1, name='lung', dice=0.4, added=2, removed=1, change_ml=None, slices=(0,)),)
    """
    if model.shape != corrected.shape or model.ndim != 3:
        raise IncompatibleInputError(f"masks must have one shape of three axes, got {model.shape}, {corrected.shape}")
    millilitre = None if geometry is None else abs(float(np.linalg.det(geometry.affine[:3, :3]))) / 1000
    touched = np.flatnonzero((model != corrected).any(axis=(1, 2)))
    one, other = model[touched], corrected[touched]
    found = []
    for label in labels:
        was, now = one == label.value, other == label.value
        added, removed = now & ~was, was & ~now
        more, less = int(added.sum()), int(removed.sum())
        size = int(np.count_nonzero(model == label.value))
        total = 2 * size + more - less
        found.append(
            Difference(
                label=label.value,
                name=label.name,
                dice=2 * (size - less) / total if total else float("nan"),
                added=more,
                removed=less,
                change_ml=None if millilitre is None else (more - less) * millilitre,
                slices=tuple(int(at) for at in touched[(added | removed).any(axis=(1, 2))]),
            )
        )
    return tuple(found)
