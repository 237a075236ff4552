"""Images for the planted network: marks at known places among things that it ignores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.planted.network import CELL, CLASSES, MARKS, SIDE, SIZE, mark
from medimg_core.phantoms.marks import word
from medimg_core.study import Series, Volume

__all__ = ["PlantedImage", "planted_image"]

Mask = npt.NDArray[np.bool_]
Grey = npt.NDArray[np.float32]

_INSIDE = 7
"""Least distance of marks from the border, in pixels: no nearer, their answers would be cut off."""
_WITHIN = 12
"""That of marks at random places."""
_APART = SIDE + 2 * CELL
"""Distance of marks along rows or columns, in pixels: widened by a cell of the map they still do not touch."""
_STRONG, _FAINT = (0.92, 1.0), (0.62, 0.68)
"""Contrast of the mark that decides, and of every other one, 1 from black to white."""
_DECOYS, _DECOY = 3, 18
"""Number of grids of stripes and their side in pixels: sharper than any mark, so that a map of edges leads away."""
_GAP = 3
"""Between decoys, marks and the word, in pixels."""
_TRIES = 4000


@dataclass(frozen=True, eq=False)
class PlantedImage:
    """An image whose evidence is known.

    Attributes:
        seed: It was made from.
        image: ``uint8``, shape ``(SIZE, SIZE)``; the network takes it divided by 255.
        marks: Name of each mark and its pixels, ``bool``, shape ``(SIZE, SIZE)``, the deciding one first.
        distractors: Pixels of bright blobs, bars, grids of stripes, the outline and the burnt-in word, ``bool``,
            same shape.
    """

    seed: int
    image: npt.NDArray[np.uint8] = field(repr=False)
    marks: tuple[tuple[str, Mask], ...] = field(repr=False)
    distractors: Mask = field(repr=False)

    @property
    def label(self) -> str | None:
        """Class that the image shows: its first mark's; None where there is none."""
        return self.marks[0][0] if self.marks else None

    def truth(self, name: str | None = None) -> Mask:
        """Pixels of all marks of one name, by default of :attr:`label`; ``bool``, shape ``(SIZE, SIZE)``."""
        wanted = self.label if name is None else name
        found = [mask for one, mask in self.marks if one == wanted]
        return np.any(found, axis=0) if found else np.zeros((SIZE, SIZE), bool)

    @cached_property
    def series(self) -> Series:
        """As a series of one image, marked as synthetic, for the product's own doors."""
        volume = Volume(self.image[None], history=("planted evidence",))
        return Series(uid=f"planted-{self.seed}", modality="OT", volume=volume, synthetic=True)

    @property
    def volume(self) -> Volume:
        """The volume of :attr:`series`."""
        assert self.series.volume is not None
        return self.series.volume


def planted_image(
    seed: int,
    marks: Sequence[str] | None = None,
    *,
    places: Sequence[tuple[int, int]] | None = None,
    distractors: bool = True,
) -> PlantedImage:
    """Make an image.

    Args:
        seed: Of everything random; the same seed gives the same pixels.
        marks: Names of :data:`~medimg_core.explain.planted.network.MARKS`, the deciding one first; none for an image
            without evidence. By default the seed chooses a class's mark, and for every second image a fainter one
            that speaks against it.
        places: First row and column of each mark; by default random and apart from each other and from the word.
        distractors: False leaves a grey ground with noise.

    Returns:
        The image and its truth.

    Raises:
        IncompatibleInputError: A mark is unknown, or a place is too near to the border.

    Examples:
        >>> found = planted_image(4)
        >>> found.label, found.image.shape, int(found.truth().sum())
        ('mark_b', (96, 96), 36)
    """
    names = _chosen(seed) if marks is None else tuple(marks)
    if not set(names) <= set(MARKS):
        raise IncompatibleInputError(f"marks must be of {', '.join(MARKS)}, got {', '.join(names)[:80]}")
    if any(min(spot) < _INSIDE or max(spot) + SIDE > SIZE - _INSIDE for spot in places or ()):
        raise IncompatibleInputError(f"a mark must lie {_INSIDE} pixels or more from the border, got {places}")
    rng = np.random.default_rng([seed, len(names)])
    grey, busy, used, outside = _scene(rng) if distractors else _plain()
    spots = _places(rng, len(names), used | outside) if places is None else tuple(places)
    boxes = [(slice(top, top + SIDE), slice(left, left + SIDE)) for top, left in spots]
    for box in boxes:
        used[box] = True
    if distractors:
        _add_decoys(rng, grey, busy, used)
    grey += rng.normal(0, 0.015, grey.shape).astype(np.float32)
    planted = []
    for number, (name, box) in enumerate(zip(names, boxes, strict=True)):
        contrast = float(rng.uniform(*(_FAINT if number else _STRONG)))
        grey[box] = 0.5 + contrast * (mark(name) - 0.5)
        mask = np.zeros(grey.shape, bool)
        mask[box] = True
        busy &= ~mask
        mask.setflags(write=False)
        planted.append((name, mask))
    pixels = np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)
    pixels.setflags(write=False)
    busy.setflags(write=False)
    return PlantedImage(seed, pixels, tuple(planted), busy)


def _chosen(seed: int) -> tuple[str, ...]:
    first = CLASSES[seed % 3]
    if (seed // 3) % 2 == 0:
        return (first,)
    return (first, "against" if first == "mark_a" else CLASSES[(seed + 1) % 3])


def _plain() -> tuple[Grey, Mask, Mask, Mask]:
    empty = np.zeros((SIZE, SIZE), bool)
    return np.full((SIZE, SIZE), 0.45, np.float32), empty, empty.copy(), empty


def _scene(rng: np.random.Generator) -> tuple[Grey, Mask, Mask, Mask]:
    """A body with a bright outline, bars, blobs and a word; its distractors, where the word is, and what is no body."""
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    centre = SIZE / 2 + rng.uniform(-2, 2, 2)
    radii = rng.uniform(42, 45, 2)
    far = (((rows - centre[0]) / radii[0]) ** 4 + ((columns - centre[1]) / radii[1]) ** 4) ** 0.25
    grey = np.where(far < 1, 0.35 + 0.1 * np.cos(rows / rng.uniform(9, 14) + rng.uniform(0, 6)), 0.04)
    outline = np.abs(far - 1) < 0.04
    grey = np.where(outline, 0.85, grey)
    busy = outline.copy()
    for _ in range(2):  # sharp bars, like ribs or wires
        angle, offset, width = rng.uniform(0, np.pi), rng.uniform(-25, 25), rng.uniform(1.5, 4)
        across = (rows - centre[0]) * np.cos(angle) + (columns - centre[1]) * np.sin(angle) - offset
        bar = (np.abs(across) < width) & (far < 0.95)
        grey = np.where(bar, grey + rng.uniform(0.25, 0.4), grey)
        busy |= bar
    for _ in range(3):
        place, width = rng.uniform(20, 76, 2), rng.uniform(4, 9)
        bump = np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / (2 * width**2))
        grey = grey + rng.uniform(0.3, 0.6) * bump
        busy |= bump > 0.5
    ink = word("SYNTHETIC", 7)
    spoken = np.zeros((SIZE, SIZE), bool)
    top = int(rng.choice([3, SIZE - 3 - ink.shape[0]]))
    left = int(rng.integers(3, SIZE - 3 - ink.shape[1]))
    box = (slice(top, top + ink.shape[0]), slice(left, left + ink.shape[1]))
    grey[box] = np.maximum(grey[box], ink)
    spoken[box] = True
    return np.clip(grey, 0, 1).astype(np.float32), busy | spoken, spoken, far > 0.92


def _places(rng: np.random.Generator, count: int, used: Mask) -> tuple[tuple[int, int], ...]:
    """First row and column of each mark, inside the body, apart from each other and from the word."""
    found: list[tuple[int, int]] = []
    for turn in range(_TRIES):
        if len(found) == count:
            return tuple(found)
        top, left = (int(value) for value in rng.integers(_WITHIN, SIZE - SIDE - _WITHIN + 1, 2))
        far = all(max(abs(top - row), abs(left - column)) >= _APART for row, column in found)
        if far and _clear(used, top, left, SIDE):
            found.append((top, left))
        elif turn % 200 == 199:
            found.clear()  # the first ones left no room
    raise IncompatibleInputError(f"{count} marks must find room in an image of {SIZE} x {SIZE}; they do not")


def _add_decoys(rng: np.random.Generator, grey: Grey, busy: Mask, used: Mask) -> None:
    """Draw grids of stripes, black and white, two pixels wide each."""
    stripes = np.repeat(np.arange(_DECOY) // 2 % 2, _DECOY).reshape(_DECOY, _DECOY).astype(np.float32)
    left_to_draw = _DECOYS
    for _ in range(_TRIES):
        top, left = (int(value) for value in rng.integers(_GAP, SIZE - _DECOY - _GAP + 1, 2))
        if not _clear(used, top, left, _DECOY):
            continue
        box = (slice(top, top + _DECOY), slice(left, left + _DECOY))
        grey[box] = stripes if rng.random() < 0.5 else stripes.T
        busy[box] = used[box] = True
        left_to_draw -= 1
        if not left_to_draw:
            return
    raise IncompatibleInputError(f"{_DECOYS} decoys must find room beside the marks; they do not")


def _clear(used: Mask, top: int, left: int, side: int) -> bool:
    """Whether a square and a gap around it are free."""
    return not used[max(0, top - _GAP) : top + side + _GAP, max(0, left - _GAP) : left + side + _GAP].any()
