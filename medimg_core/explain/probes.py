"""Hide a region, or keep it alone, and ask the model again.

The region is drawn on the image's own grid and filled there, in the values before the card's preprocessing
(:mod:`medimg_core.explain.variants`): the network gets what the reader is shown. The card's steps run again on the
changed image; where they subtract its mean and divide by its spread, pixels outside the region move a little too.

An image with a hole mended is not an image of a patient: its out-of-distribution score stands beside the answer. And
a score that falls says that the model used what was hidden, or that the mending disturbed it. Therefore the same shape
is hidden on the other side as well.
"""

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.hiding import MARGIN, hide, widened
from medimg_core.explain.query import Query
from medimg_core.explain.variants import changed, judged, source_values
from medimg_core.preprocess import resize
from medimg_core.prevalence import shifted
from medimg_core.results import RegionProbe
from medimg_core.study import Volume

__all__ = ["hide_region", "middle", "mirrored", "post_test"]

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

REACH = 0.15
"""Share of the image's width within which its middle of symmetry is looked for, to either side."""

LEAST_SYMMETRY = 0.5
"""Correlation of both halves from which on there is a middle of symmetry."""

STANDS_OUT = 0.35
"""By how much that correlation must be above its median over :data:`REACH`. On 6 head slices and 6 chest radiographs
it is so by 0.4 to 0.6; on 6 breast ultrasound images, which have layers and no sides, by at most 0.3."""


def hide_region(query: Query, volume: Volume, region: Mask, *, how: str = "border", keep: bool = False) -> RegionProbe:
    """Hide a region of the image asked about, or everything else, and the same shape on the other side.

    Args:
        query: The question; its prediction is of ``volume``.
        volume: The volume.
        region: What the reader drew, shape ``(rows, columns)`` of the image, True inside.
        how: A way of :func:`medimg_core.explain.hiding.hide`: ``"border"`` fills from the surroundings, ``"blur"``
            leaves what is coarse.
        keep: Hide everything else, and keep the region.

    Returns:
        Log-odds and score before and after, the changed image with its out-of-distribution score, and the same for
        the control region where there is room for one.

    Raises:
        IncompatibleInputError: The region has another shape, is empty or is the whole image; the volume is another
            one; or the way is unknown.
        ModelError: The network cannot be run.
    """
    values = source_values(query, volume)
    inside = np.array(region, dtype=bool)
    if inside.shape != values.shape[:2]:
        raise IncompatibleInputError(f"a region must have the image's shape {values.shape[:2]}, got {inside.shape}")
    if not inside.any() or inside.all():
        raise IncompatibleInputError(
            f"a region must hold some pixels of the image and not all, got {int(inside.sum())} of {inside.size}"
        )
    other, note = mirrored(inside, values, _letters(query, volume))
    regions = [each for each in (inside, other) if each is not None]
    word = f"a region {'kept alone' if keep else 'hidden'}, filled by {how}"
    filled = _filled(query, values, regions, how, keep=keep)
    found = judged(query, [changed(query, volume, image, word) for image in filled])
    own = query.own
    return RegionProbe(
        how=how,
        keep=keep,
        region=inside,
        log_odds=own,
        score=float(query.scores(own)),
        distance=query.prediction.gate.distance,
        after=found[0],
        control_region=other,
        control=found[1] if other is not None else None,
        control_note=note,
    )


def mirrored(region: Mask, values: Array, letters: tuple[str, str, str, str] | None) -> tuple[Mask | None, str]:
    """The same shape on the other side.

    Args:
        region: Shape ``(rows, columns)``.
        values: The image, same shape, or with channels behind it; its middle of symmetry is the mirror.
        letters: Directions that its left, right, top and bottom edge face, as far as the tags say.

    Returns:
        The mirrored region, or None, and how it was placed or why it was not, in a sentence.
    """
    axis = _across(letters)
    if axis is None:
        return None, "No control region: this image shows no left and right side that could be compared."
    turned = region if axis == 1 else region.T
    grey = values if values.ndim == 2 else values.mean(axis=-1)
    centre, symmetric = middle(grey if axis == 1 else grey.T)
    total = round(2 * centre)
    columns = np.flatnonzero(turned.any(axis=0))
    if total - columns[-1] < 0 or total - columns[0] >= turned.shape[1]:
        return None, "No control region: mirrored to the other side, this shape would leave the image."
    place = np.zeros_like(turned)
    place[:, total - columns] = turned[:, columns]
    if (place & turned).any():
        return None, "No control region: mirrored to the other side, this shape would overlap itself."
    where = "the middle of the image's left-right symmetry" if symmetric else "the image's own middle"
    known = "" if letters is not None else " Which sides these are is not known."
    return (place if axis == 1 else place.T), f"The control is the same shape, mirrored about {where}.{known}"


def middle(grey: Array) -> tuple[float, bool]:
    """The column about which an image is most symmetric.

    Halves are compared by their correlation, on a grid of at most 128 columns, for every half column within
    :data:`REACH` of the image's own middle.

    Args:
        grey: Shape ``(rows, columns)``.

    Returns:
        Column in pixels, 0 at the centre of the first, and whether the image has a middle of symmetry
        (:data:`LEAST_SYMMETRY`, :data:`STANDS_OUT`); the image's own middle where it has none.
    """
    columns = grey.shape[1]
    share = min(1.0, 128 / columns)
    small = resize(grey, (max(1, round(grey.shape[0] * share)), max(1, round(columns * share))))
    width = small.shape[1]
    totals = range(width - 1 - round(2 * REACH * width), width + round(2 * REACH * width))  # of a column and its image
    found = np.array([_symmetry(small, total) for total in totals])
    best = int(found.argmax())
    inside = 0 < best < len(found) - 1  # at the end it still rises
    if not inside or found[best] < max(LEAST_SYMMETRY, float(np.median(found)) + STANDS_OUT):
        return (columns - 1) / 2, False
    return (totals[best] / 2 + 0.5) * columns / width - 0.5, True


def post_test(query: Query, prevalence: float, score: float | None = None) -> float:
    """What a score means at a stated prevalence (:func:`medimg_core.prevalence.shifted`).

    Args:
        query: Its question must be the reading that the card's scores are calibrated for.
        prevalence: Share of positives where the score is read, above 0 and below 1.
        score: 0 to 1; the query's own where None.

    Returns:
        Probability, 0 to 1.

    Raises:
        NotApplicableError: The question is another, or the card states no prevalence of its training data.
        IncompatibleInputError: A figure lies outside its range.
    """
    output = query.card.classification
    reading = output.reading.name if output is not None and output.reading is not None else None
    if query.question.label != reading:
        raise NotApplicableError(
            "a post-test probability needs the model's own reading; scores of others are uncalibrated"
        )
    if not 0 < query.card.prevalence < 1:
        raise NotApplicableError(f"a post-test probability needs the training prevalence; {query.card.id} states none")
    return shifted(float(query.scores(query.own)) if score is None else score, query.card.prevalence, prevalence)


def _filled(query: Query, values: Array, regions: list[Mask], how: str, *, keep: bool) -> list[Array]:
    """The image with each region hidden, or all but it.

    What takes the place of a region is smooth, so it is computed at the resolution that the network sees, where the
    margin of :func:`hide` is meant, and brought to the image's grid.
    """
    shape = (values.shape[0], values.shape[1])
    top, left, bottom, right = query.placement.box
    grid = (min(shape[0], bottom - top), min(shape[1], right - left))
    given = values if grid == shape else resize(values, grid)
    given = given[..., None] if given.ndim == 2 else given
    masks = np.stack([each if grid == shape else resize(each.astype(np.float32), grid) > 0 for each in regions])
    if keep:
        masks = ~widened(masks)  # hide() takes the margin from it again, so that what is kept is whole
        if not masks.any(axis=(1, 2)).all():
            raise IncompatibleInputError(f"a region to keep must leave more than {MARGIN} pixels around it to hide")
    result = []
    for new, mask in zip(hide(given, masks, how), widened(masks), strict=True):
        there = mask if grid == shape else resize(mask.astype(np.float32), shape) >= 0.5
        there = there if values.ndim == 2 else there[..., None]
        image = new[..., 0] if values.ndim == 2 else new
        result.append(np.where(there, image if grid == shape else resize(image, shape), values))
    return result


def _letters(query: Query, volume: Volume) -> tuple[str, str, str, str] | None:
    if volume.geometry is not None:
        return volume.geometry.edge_letters()
    return None if volume.planar is None else volume.planar.edge_letters()


def _across(letters: tuple[str, str, str, str] | None) -> int | None:
    """Axis along which left and right lie: columns unless the tags say otherwise; None where neither is."""
    if letters is None or letters[0][:1] in ("L", "R"):
        return 1
    return 0 if letters[2][:1] in ("L", "R") else None


def _symmetry(image: Array, total: int) -> float:
    """Correlation of an image with itself mirrored so that columns ``c`` and ``total - c`` meet."""
    first, last = max(0, total - image.shape[1] + 1), min(image.shape[1] - 1, total)
    one = image[:, first : last + 1] - image[:, first : last + 1].mean()
    scale = float(np.square(one).sum())
    return float((one * one[:, ::-1]).sum()) / scale if scale > 0 else 0.0
