"""How often the audit lets true maps and wrong ones pass, counted on images whose truth is known."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit import Drawn, audit
from medimg_core.explain.explanation import explain
from medimg_core.explain.planted.cards import planted_card
from medimg_core.explain.planted.images import PlantedImage, planted_image
from medimg_core.explain.planted.network import CELL, SIDE
from medimg_core.explain.planted.wrong import WRONG, wrong_map
from medimg_core.explain.query import query
from medimg_core.inference import classify
from medimg_core.results import Audit

__all__ = ["TRUE", "Rate", "Tally", "other_seed", "trial", "true_audit", "wrong_audit"]

Progress = Callable[[int, int, str], None]

TRUE = "true"
"""Name of the maps that are right: Grad-CAM's."""


@dataclass(frozen=True)
class Rate:
    """A share of images.

    Attributes:
        hits: Images counted.
        images: Of so many.
        low: Lower end of its 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953).
        high: Upper end.
    """

    hits: int
    images: int
    low: float
    high: float


@dataclass(frozen=True)
class Tally:
    """What the audit said of one kind of map.

    Attributes:
        kind: :data:`TRUE` or one of :data:`~medimg_core.explain.planted.wrong.WRONG`.
        images: Number of maps.
        verdicts: How often each verdict was given, by item; ``"audit"`` is the audit as a whole.
        folded: Maps that stay behind "show anyway".
    """

    kind: str
    images: int
    verdicts: Mapping[str, Mapping[str, int]]
    folded: int

    def rate(self, verdict: str = "shown", item: str = "audit") -> Rate:
        """Share of the maps with a verdict.

        Args:
            verdict: One of :data:`medimg_core.results.VERDICTS`.
            item: Name of an item, or ``"audit"``.
        """
        from scipy.stats import binomtest

        hits = self.verdicts.get(item, {}).get(verdict, 0)
        ends = binomtest(hits, self.images).proportion_ci(method="wilson")
        return Rate(hits, self.images, float(ends.low), float(ends.high))


def trial(
    count: int, *, first: int = 0, kinds: Sequence[str] = (TRUE, *WRONG), progress: Progress | None = None
) -> tuple[Tally, ...]:
    """Audit true and wrong maps of planted images.

    Args:
        count: Images, 1 or more.
        first: Seed of the first; the others follow.
        kinds: Kinds of map.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        One tally a kind, in the order of ``kinds``.

    Raises:
        IncompatibleInputError: There is no image, or no such kind.
    """
    unknown = [kind for kind in kinds if kind not in (TRUE, *WRONG)]
    if count < 1 or unknown:
        raise IncompatibleInputError(
            f"a trial needs an image or more and kinds of {TRUE}, {', '.join(WRONG)}, got {count} and "
            f"{', '.join(unknown)[:80] or 'none other'}"
        )
    found: dict[str, list[Audit]] = {kind: [] for kind in kinds}
    for number in range(count):
        for place, kind in enumerate(kinds):
            if progress is not None:
                progress(number * len(kinds) + place, count * len(kinds), f"planted image {number + 1}, {kind} map")
            seed = first + number
            found[kind].append(true_audit(seed) if kind == TRUE else wrong_audit(seed, kind))
    return tuple(_tally(kind, audits) for kind, audits in found.items())


def true_audit(seed: int) -> Audit:
    """Audit Grad-CAM of a planted image.

    Args:
        seed: Of the image.
    """
    made, card = planted_image(seed), planted_card()
    said = classify(made.volume, card, series=made.series)
    return audit(query(said, card, made.volume), explain(said, card), drawn=Drawn(made.truth(), "truth"))


def wrong_audit(seed: int, kind: str) -> Audit:
    """Audit a wrong map of a planted image, made again as its own method would make it.

    Args:
        seed: Of the image.
        kind: One of :data:`~medimg_core.explain.planted.wrong.WRONG`.
    """
    made, card = planted_image(seed), planted_card()
    far = planted_image(other_seed(made))
    said, elsewhere = (classify(one.volume, card, series=one.series) for one in (made, far))
    asked = query(said, card, made.volume)
    wrong = wrong_map(kind, asked, explain(said, card), explain(elsewhere, card), seed=seed)
    return audit(asked, wrong.explanation, remap=wrong.remap, drawn=Drawn(made.truth(), "truth"))


def other_seed(made: PlantedImage) -> int:
    """Seed of the next image whose mark lies so far away that maps of both do not touch."""
    seed = made.seed
    while True:
        seed += 1
        apart = np.abs(_middle(planted_image(seed)) - _middle(made)).max()
        if apart >= SIDE + 2 * CELL:
            return seed


def _middle(made: PlantedImage) -> npt.NDArray[np.float64]:
    return np.asarray(np.argwhere(made.truth()).mean(axis=0))


def _tally(kind: str, audits: Sequence[Audit]) -> Tally:
    counts: dict[str, Counter[str]] = {"audit": Counter(one.verdict for one in audits)}
    for one in audits:
        for item in one.items:
            counts.setdefault(item.name, Counter())[item.verdict] += 1
    verdicts = {name: dict(count) for name, count in counts.items()}
    return Tally(kind, len(audits), verdicts, sum(one.folded for one in audits))
