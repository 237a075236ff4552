"""What ``audit.json`` holds of a method: maps while the network forgets, their usual peaks, and where to cut them.

It takes minutes and runs once for a model, offline: copies of the network are exported for every stage.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision, decision
from medimg_core.engine import forward
from medimg_core.engine.cache import discard
from medimg_core.engine.randomised import randomised
from medimg_core.errors import NotApplicableError
from medimg_core.explain.audit.record import QUANTILES, MethodRecord, Record, Stage
from medimg_core.explain.audit.similarity import normalised, rank_correlation, ssim
from medimg_core.explain.methods import METHODS
from medimg_core.explain.native import Maps, native_maps
from medimg_core.preprocess import resize
from medimg_core.registry import ModelCard

__all__ = ["CUTS", "LEAST", "PAIRS", "Drawn", "Images", "Trained", "forgetting"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

LEAST = 50
"""Images, at least: Arun et al. (2021) took as many."""
PAIRS = 50
"""Pairs of maps of different images."""
_STEP = 10
CUTS = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""Shares of the peak at which the area of a map is tried against drawn masks."""


@dataclass(frozen=True, eq=False)
class Images:
    """Inputs that maps are made of.

    Attributes:
        data: Data set and split.
        batch: Prepared, ``float32``, shape ``(n, rows, columns, channels)``.
        truth: Whether the reading is true of each, shape ``(n,)``; None where that is not known.
    """

    data: str
    batch: Array = field(repr=False)
    truth: npt.NDArray[np.bool_] | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Training inputs with what a reader drew in them.

    Attributes:
        data: Data set, split and n.
        batch: Prepared, shape ``(n, rows, columns, channels)``.
        masks: On the same grid, shape ``(n, rows, columns)``; none is empty.
    """

    data: str
    batch: Array = field(repr=False)
    masks: npt.NDArray[np.bool_] = field(repr=False)


def forgetting(
    card: ModelCard,
    images: Images,
    methods: Sequence[str],
    *,
    drawn: Drawn | None = None,
    count: int = LEAST,
    seed: int = 0,
    progress: Progress | None = None,
) -> Record:
    """Find what is found once for each method of a model.

    Args:
        card: A model that classifies.
        images: Validation images; those whose map is empty under the trained network are left out.
        methods: Names of methods that explain decisions.
        drawn: Training images with masks, for the share of the peak at which a map is cut.
        count: Images that are mapped at every stage.
        seed: Of the randomised weights, of the images and of the pairs.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        NotApplicableError: The model does not classify, or too few images have a map.
        ModelError: The network cannot be loaded, randomised or run.
    """
    report = progress or (lambda done, total, text: None)
    with tempfile.TemporaryDirectory(prefix="medimg-") as folder:
        report(0, 1, "writing copies that have forgotten")
        copies = randomised(card, Path(folder), seed)
        trained = {method: Trained(card, images, method, count, seed) for method in methods}
        found: dict[str, list[Stage]] = {method: [] for method in methods}
        few = {0, len(copies) // 2, len(copies) - 1}
        for number, (name, copy) in enumerate(copies):
            try:
                for place, method in enumerate(methods):
                    if METHODS[method].cost != "none" and number not in few:
                        continue  # a slow method takes three steps down: the head, half of the network, all of it
                    report(number * len(methods) + place, len(copies) * len(methods), f"{method}, randomised to {name}")
                    found[method].append(trained[method].stage(name, copy))
            finally:
                discard(copy)  # nobody will ask for it again
    records = {}
    for method, kept in trained.items():
        records[method] = kept.record(tuple(found[method]), drawn, seed)
    report(1, 1, "done")
    return Record(card.sha256, images.data, seed, records)


class Trained:
    """Maps of one method under the trained network, to compare others with.

    Args:
        card: The model.
        images: Of which maps are made.
        method: Name of the method.
        count: Images that are kept, of those whose map is not empty.
        seed: Of the choice.

    Raises:
        NotApplicableError: Too few images have a map.
    """

    def __init__(self, card: ModelCard, images: Images, method: str, count: int, seed: int) -> None:
        self.card, self.images, self.method = card, images, method
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(images.batch))
        self.question = _question(card, images.batch)
        most = order if len(order) <= 4 * count else order[: 4 * count]
        # a slow method is not run on images that nobody will look at again
        step = len(most) if METHODS[method].cost == "none" else _STEP
        parts: list[Maps] = []
        full: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        while full.sum() < count and len(full) < len(most):
            part = images.batch[most[len(full) : len(full) + step]]
            parts.append(native_maps(part, card, self.question, method=method))
            full = np.concatenate([full, np.abs(parts[-1].native).reshape(len(part), -1).max(axis=1) > 0])
        if int(full.sum()) < count:
            raise NotApplicableError(
                f"randomisation needs {count} images with a map, {method} gives {int(full.sum())} of {len(full)}"
            )
        self.layer = parts[0].layer
        native, tried = np.concatenate([part.native for part in parts]), most[: len(full)]
        self.peaks = np.abs(native).reshape(len(tried), -1).max(axis=1)
        self.truth = None if images.truth is None else images.truth[tried]
        self.chosen = tried[full][:count]
        self.maps = np.stack([normalised(one) for one in native[full][:count]])

    def stage(self, name: str, copy: ModelCard) -> Stage:
        """Compare the maps with those of a copy.

        Args:
            name: Of the stage.
            copy: Card of the copy.
        """
        native = native_maps(self.images.batch[self.chosen], copy, self.question, method=self.method).native
        pairs = [(one, normalised(other)) for one, other in zip(self.maps, native, strict=True)]
        # over the ground of a small spot an empty map is all alike; but of the spot it has nothing
        alike = np.array([ssim(one, other) if other.any() else 0.0 for one, other in pairs])
        ranks = np.array([rank_correlation(one, other) for one, other in pairs])
        empty = np.mean([not other.any() for _, other in pairs])
        return Stage(name, float(alike.mean()), float(ranks.mean()), float(empty), float(alike.std(ddof=1)))

    def record(self, stages: tuple[Stage, ...], drawn: Drawn | None, seed: int) -> MethodRecord:
        """Everything that is written down.

        Args:
            stages: From :meth:`stage`.
            drawn: Training images with masks, or None.
            seed: Of the pairs.
        """
        rng = np.random.default_rng(seed + 1)
        others = [rng.choice(len(self.maps), 2, replace=False) for _ in range(PAIRS)]
        alike = np.array([ssim(self.maps[one], self.maps[other]) for one, other in others])
        cut = (None, None, "") if drawn is None else self._cut(drawn)
        return MethodRecord(
            layer=self.layer,
            label=self.question.label,
            images=len(self.maps),
            grid=(self.maps.shape[1], self.maps.shape[2]),
            stages=stages,
            pairs=PAIRS,
            pair_ssim=float(alike.mean()),
            pair_sd=float(alike.std(ddof=1)),
            peaks=self._peaks(),
            cut=cut[0],
            cut_iou=cut[1],
            cut_data=cut[2],
        )

    def _peaks(self) -> dict[str, tuple[float, ...]]:
        if self.truth is None:
            return {}
        sides = {"positive": self.peaks[self.truth], "negative": self.peaks[~self.truth]}
        steps = np.linspace(0, 1, QUANTILES)
        return {name: tuple(np.quantile(values, steps).tolist()) for name, values in sides.items() if len(values)}

    def _cut(self, drawn: Drawn) -> tuple[float, float, str]:
        native = native_maps(drawn.batch, self.card, self.question, method=self.method).native
        shape = (drawn.masks.shape[1], drawn.masks.shape[2])
        overlaps = np.zeros((len(native), len(CUTS)))
        for index, (one, mask) in enumerate(zip(native, drawn.masks, strict=True)):
            spread = resize(np.maximum(one, 0), shape)
            for place, cut in enumerate(CUTS):
                area = (spread >= cut * spread.max()) & (spread > 0)
                overlaps[index, place] = (area & mask).sum() / (area | mask).sum()
        best = int(overlaps.mean(axis=0).argmax())
        return CUTS[best], float(overlaps.mean(axis=0)[best]), drawn.data


def _question(card: ModelCard, batch: Array) -> Decision:
    """The decision that the card shows; without a reading, the class that the network gives most often."""
    output = card.classification
    if output is None:
        raise NotApplicableError(f"an audit of maps needs a model that classifies; {card.id} does {card.task}")
    if output.reading is not None:
        return decision(card)
    logits = forward(card, batch, features=False, masks=False).logits
    assert logits is not None  # it classifies
    most = int(np.bincount(logits.argmax(axis=1)).argmax())
    return decision(card, label=output.classes[most])
