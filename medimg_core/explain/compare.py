"""Two maps side by side: difference, rank correlation, overlap; and where several methods agree.

Agreement of maps is no evidence that any of them is right: methods that look at the same gradient agree with each
other whether or not the model looks there (Adebayo et al., NeurIPS 2018, arXiv:1810.03292).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.methods import FAMILIES, METHODS
from medimg_core.explain.resample import on_image
from medimg_core.results import Explanation

__all__ = ["TOP", "Agreement", "Comparison", "agreement", "compare", "same_map", "top_area"]

Map = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

TOP = 0.1
"""Share of the image that counts as a map's top area."""

GRID = 256
"""Rows or columns, at most, of the grid on which figures are computed: finer than any native map."""

SAME = 1e-4
"""Largest difference, as a share of the peak, between native maps that count as one."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two maps, each scaled to its own peak, and what can be said of both.

    Attributes:
        one: First map on its image's grid, share of its own peak, shape ``(rows, columns)``; all 0 without evidence.
        other: Second map likewise.
        difference: ``one - other``, -2 to 2 (-1 to 1 for maps of evidence for the label only); None where they are
            not of one image. Both maps were scaled to their own peaks, so it says nothing of their strengths.
        seen: Pixels that both maps speak of; None where they are not of one image.
        peaks: Of both native maps, in their own units.
        rank_correlation: Spearman's over ``seen``, -1 to 1; None where a map is constant or there is no one image.
        overlap: Intersection over union of the top areas, 0 to 1; None where a map has no evidence or there is no
            one image.
        chance: The overlap of two areas of these sizes laid at random, or None likewise.
        note: How the comparison is meant, in a sentence.
    """

    one: Map = field(repr=False)
    other: Map = field(repr=False)
    difference: Map | None = field(repr=False)
    seen: Mask | None = field(repr=False)
    peaks: tuple[float, float]
    rank_correlation: float | None
    overlap: float | None
    chance: float | None
    note: str


@dataclass(frozen=True, eq=False)
class Agreement:
    """How many maps have each pixel in their top area.

    Attributes:
        votes: ``uint8``, shape ``(rows, columns)`` of the image, read-only.
        in_every_family: Where at least one map of each family does, ``bool``, same shape, read-only.
        at_least: Votes that count as agreement.
        counted: Methods that were counted, one each.
        dropped: Methods whose map is one of those counted, each with the method it equals.
        top: Share of the image that is a map's top area.
    """

    votes: npt.NDArray[np.uint8] = field(repr=False)
    in_every_family: Mask = field(repr=False)
    at_least: int
    counted: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    top: float

    def __post_init__(self) -> None:
        self.votes.setflags(write=False)
        self.in_every_family.setflags(write=False)

    @property
    def area(self) -> Mask:
        """Where every family and at least :attr:`at_least` maps agree, ``bool``, shape of the image."""
        return self.in_every_family & (self.votes >= self.at_least)


def compare(one: Explanation, other: Explanation, *, top: float = TOP, seen: Mask | None = None) -> Comparison:
    """Compare two maps: of two methods, layers, labels, models or perturbations of one image, or of two cases.

    Args:
        one: First map.
        other: Second map; one of a perturbed image must have been moved back
            (:meth:`medimg_core.results.Perturbed.restored`).
        top: Share of the image that is a map's top area, above 0 and below 1.
        seen: Pixels that both speak of, shape of the image; all of them where None.

    Returns:
        Both maps and, where they are of one image, what they have in common. Figures are computed on a grid of at
        most :data:`GRID` rows and columns.

    Raises:
        IncompatibleInputError: ``top`` lies outside its range, or ``seen`` has another shape.
    """
    _check_share(top)
    left, right = _scaled(one, on_image(one)), _scaled(other, on_image(other))
    peaks = (one.peak, other.peak)
    if not _one_image(one, other):
        note = "The maps are of two images: they stand side by side, and no pixel of one is a pixel of the other."
        return Comparison(left, right, None, None, peaks, None, None, None, note)
    if seen is None:
        seen = np.ones(one.image_shape, bool)
    if seen.shape != one.image_shape:
        raise IncompatibleInputError(f"seen must have the image's shape {one.image_shape}, got {seen.shape}")
    rows, columns = (
        np.minimum((np.arange(few) + 0.5) * length / few, length - 1).astype(np.intp)
        for few, length in zip(_small(one.image_shape), one.image_shape, strict=True)
    )
    within = seen[np.ix_(rows, columns)]
    first, second = (_on_small(each)[within] for each in (one, other))
    areas = tuple(top_area(values, top) for values in (first, second))
    overlap = chance = None
    if all(area.any() for area in areas):
        overlap = float((areas[0] & areas[1]).sum() / (areas[0] | areas[1]).sum())
        shares = [float(area.mean()) for area in areas]
        both = shares[0] * shares[1]
        chance = both / (shares[0] + shares[1] - both)
    return Comparison(
        left,
        right,
        difference=np.where(seen, left - right, np.float32(0)),
        seen=seen,
        peaks=peaks,
        rank_correlation=_spearman(first, second),
        overlap=overlap,
        chance=chance,
        note="Each map is scaled to its own peak: the difference is of where evidence lies, not of how strong it is.",
    )


def agreement(explanations: Sequence[Explanation], *, at_least: int | None = None, top: float = TOP) -> Agreement:
    """Where several methods agree on one decision: at least one of each family, and at least so many of all.

    Methods of one family agree because they are made alike: however many there are, they cannot win alone. Maps that
    are the same up to a factor, such as Grad-CAM and HiResCAM under pooling and a dense layer, count once.

    Args:
        explanations: Of one image, model and label, by different methods.
        at_least: Votes of all methods that agreement needs, too; more than half of them where None.
        top: Share of the image that is a map's top area, above 0 and below 1.

    Raises:
        NotApplicableError: Not every family of methods is there.
        IncompatibleInputError: The maps are of different images, models or labels, or a setting lies outside its
            range.
    """
    _check_share(top)
    if len({(each.model_id, each.weights_sha256, each.label) for each in explanations}) > 1 or any(
        not _one_image(explanations[0], each) for each in explanations
    ):
        raise IncompatibleInputError("an agreement must be of maps of one image, model and label; these differ")
    counted: list[Explanation] = []
    dropped: list[tuple[str, str]] = []
    for each in explanations:
        twin = next((known for known in counted if same_map(known, each)), None)
        if twin is None:
            counted.append(each)
        else:
            dropped.append((each.method, twin.method))
    families = [METHODS[each.method].family if each.method in METHODS else "" for each in counted]
    found = {family for family, each in zip(families, counted, strict=True) if each.has_evidence}
    missing = [name.replace("_", " ") for name in FAMILIES if name not in found]
    if missing:
        raise NotApplicableError(
            "agreement needs maps with evidence by at least one class activation, one gradient and one perturbation "
            f"method; missing: {', '.join(missing)}"
        )
    votes_needed = len(counted) // 2 + 1 if at_least is None else at_least
    if not 2 <= votes_needed <= len(counted):
        raise IncompatibleInputError(f"at_least must lie in 2..{len(counted)}, got {votes_needed}")
    areas = [top_area(on_image(each), top) for each in counted]
    by_family = [[area for own, area in zip(families, areas, strict=True) if own == name] for name in FAMILIES]
    return Agreement(
        votes=np.sum(areas, axis=0, dtype=np.uint8),
        in_every_family=np.logical_and.reduce([np.logical_or.reduce(own) for own in by_family]),
        at_least=votes_needed,
        counted=tuple(each.method for each in counted),
        dropped=tuple(dropped),
        top=top,
    )


def top_area(values: npt.NDArray[np.floating], share: float = TOP) -> Mask:
    """Where a map is highest: at most this share of its pixels, never one without evidence.

    Pixels that are equal at the edge of the area are all in or all out, so that no order of pixels decides.

    Args:
        values: Any shape; what is not above zero is no evidence for the label.
        share: Above 0 and below 1.

    Examples:
        >>> top_area(np.array([0.0, 3.0, 1.0, 2.0]), 0.5).tolist()
        [False, True, False, True]
        >>> top_area(np.array([0.0, 0.0, 1.0, 0.0]), 0.5).tolist()
        [False, False, True, False]
    """
    count = max(1, round(share * values.size))
    flat = np.sort(values, axis=None)
    level = flat[-count]
    area = values >= level
    if area.sum() > count:  # equal values at the edge
        area = values > level if (values > level).any() else area
    return np.asarray(area & (values > 0))


def same_map(one: Explanation, other: Explanation) -> bool:
    """Whether two native maps of one image are one and the same up to a positive factor."""
    if one.native.shape != other.native.shape or not np.allclose(one.to_image, other.to_image):
        return False
    if not (one.peak > 0 and other.peak > 0):
        return one.peak == other.peak
    return bool(np.abs(one.native / one.peak - other.native / other.peak).max() <= SAME)


def _one_image(one: Explanation, other: Explanation) -> bool:
    return (one.fingerprint, one.slice_index, one.frame, one.image_shape) == (
        other.fingerprint,
        other.slice_index,
        other.frame,
        other.image_shape,
    )


def _scaled(explanation: Explanation, values: Map) -> Map:
    scaled = values / np.float32(explanation.peak) if explanation.peak > 0 else np.zeros_like(values)
    scaled.setflags(write=False)
    return np.asarray(scaled, dtype=np.float32)


def _small(shape: tuple[int, int]) -> tuple[int, int]:
    share = min(1.0, GRID / max(shape))
    return max(1, round(shape[0] * share)), max(1, round(shape[1] * share))


def _on_small(explanation: Explanation) -> Map:
    """The map at the pixels of a coarser grid over the whole image."""
    small = _small(explanation.image_shape)
    scale = [few / length for few, length in zip(small, explanation.image_shape, strict=True)]
    shrink = np.diag([*scale, 1.0])
    shrink[:2, 2] = [0.5 * each - 0.5 for each in scale]  # half-pixel centred
    return on_image(replace(explanation, image_shape=small, to_image=shrink @ explanation.to_image))


def _spearman(one: Map, other: Map) -> float | None:
    """Pearson's correlation of average ranks (Spearman, Am J Psychol 1904, 15:72-101); None for a constant."""
    from scipy.stats import rankdata

    if one.size < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    ranks = [rankdata(values) for values in (one, other)]
    return float(np.corrcoef(ranks)[0, 1])


def _check_share(top: float) -> None:
    if not 0 < top < 1:
        raise IncompatibleInputError(f"top must lie between 0 and 1, ends excluded, got {top:g}")
