"""Making the head blind to what images tell whose lungs are hidden."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg_core.evaluation.metrics import Decision, metric
from medimg_core.evaluation.shortcuts import FRAME
from medimg_core.perturb import Grey, bounding_box, box_mask, fill, frame_mask
from medimg_core.training.datasets import Data
from medimg_core.training.heads import Head, blinded, log_odds, positives, sigmoid
from medimg_core.training.recipe import Recipe

FRAMES = 1500
"""Training images whose frame alone is shown; lungs are filled in all that have a true mask."""

Embed = Callable[[Iterator[Grey]], NDArray[np.float32]]
"""Grey images to embeddings, shape ``(n, d)``."""


def hidden_kinds(data: Data, recipe: Recipe) -> dict[str, tuple[NDArray[np.int64], Callable[[int], Grey]]]:
    """Ways of hiding the lungs of training images: which images, and how each one is made."""
    where = {case: index for index, case in enumerate(data.train.cases)}
    masks = {
        where[case]: mask for case, mask in zip(data.regions.cases, data.regions.masks, strict=True) if case in where
    }
    side = (recipe.cache_side, recipe.cache_side)
    inner = 1 - frame_mask(side, FRAME)
    masked = np.array(sorted(masks), dtype=np.int64)
    some = np.random.default_rng(recipe.seed).permutation(len(data.train))[:FRAMES]

    def region(index: int) -> Grey:
        return np.asarray(masks[index], dtype=np.float32)

    return {
        "frame": (some, lambda i: fill(data.train.grey(i), inner, "mean")),
        "mean": (masked, lambda i: fill(data.train.grey(i), region(i), "mean")),
        "smooth": (masked, lambda i: fill(data.train.grey(i), region(i), "smooth")),
        "black": (masked, lambda i: fill(data.train.grey(i), region(i), "black")),
        "box": (masked, lambda i: fill(data.train.grey(i), box_mask(side, bounding_box(region(i))), "mean")),
    }


@dataclass(frozen=True)
class Hidden:
    """Training images whose lungs are hidden in one way.

    Attributes:
        embedding: Shape ``(n, d)``.
        truth: True where the image, before its lungs were hidden, was positive; shape ``(n,)``.
    """

    embedding: NDArray[np.float64]
    truth: NDArray[np.bool_]

    def direction(self) -> NDArray[np.float64]:
        """Mean embedding of the positives minus that of the negatives, shape ``(d,)``."""
        return np.asarray(self.embedding[self.truth].mean(axis=0) - self.embedding[~self.truth].mean(axis=0))


def hidden_sets(data: Data, recipe: Recipe, embed: Embed) -> tuple[Hidden, ...]:
    """Each way of hiding the lungs of training images; one that leaves a class without images is left out."""
    sets = []
    for chosen, make in hidden_kinds(data, recipe).values():
        truth = positives(recipe)[data.train.classes[chosen]]
        if truth.any() and not truth.all():
            sets.append(Hidden(embed(make(int(i)) for i in chosen).astype(np.float64), truth))
    return tuple(sets)


def blind(head: Head, hidden: Sequence[Hidden], embedding: NDArray[np.floating], recipe: Recipe) -> Head:
    """The head made blind to what hidden sets tell, as far as brings their AUC nearest to 0.5.

    Going all the way makes class means equal, which leaves an AUC below 0.5 where distributions are
    skewed; so the share of the way is chosen, on these training images.

    Args:
        head: To be changed.
        hidden: Of :func:`hidden_sets`.
        embedding: Of ordinary training images, shape ``(n, d)``.
        recipe: Which classes are positive.
    """
    if not hidden:
        return head
    directions = np.array([one.direction() for one in hidden])

    def worst(candidate: Head) -> float:
        areas = []
        for one in hidden:
            score = sigmoid(log_odds(candidate(one.embedding), recipe))
            areas.append(metric("auc", Decision(one.truth, score, score >= 0.5)) or 0.0)
        return max(abs(area - 0.5) for area in areas)

    candidates = [blinded(head, directions, embedding, float(share)) for share in np.linspace(0, 1, 21)]
    return min(candidates, key=worst)
