"""How far a mask stands when the image changes a little: a sign of failure that needs no truth.

On at most :data:`SLICES` slices, spread over those with a mask, the network's input is changed as in
:data:`CHANGES`, and the masks on its grid are compared with the unchanged one's before small parts are taken
away. Whatever the model does to all of them alike does not show.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from medimg_core.inference.painting import labelled
from medimg_core.inference.passes import passes
from medimg_core.masks import dice
from medimg_core.registry import ModelCard
from medimg_core.results import MaskLabel

__all__ = ["CHANGES", "SLICES", "agreement", "spread"]

Array = npt.NDArray[np.float32]
Plane = npt.NDArray[np.uint8]

SLICES = 4
"""Slices that are asked at most."""

SHIFT = 2
"""Pixels of the network's grid, down and to the right."""

NOISE = 0.02
"""Standard deviation of the noise, as a share of the range of the values."""


def _shifted(values: Array) -> Array:
    room = ((SHIFT, 0), (SHIFT, 0), (0, 0))[: values.ndim]
    return np.pad(values, room, mode="edge")[:-SHIFT, :-SHIFT]


def _curved(exponent: float) -> Callable[[Array], Array]:
    def change(values: Array) -> Array:
        low, high = float(values.min()), float(values.max())
        if high <= low:
            return values
        return np.asarray(low + (high - low) * ((values - low) / (high - low)) ** exponent, dtype=np.float32)

    return change


def _noisy(values: Array) -> Array:
    low, high = float(values.min()), float(values.max())
    noise = np.random.default_rng(0).standard_normal(values.shape, dtype=np.float32)
    return np.clip(values + noise * np.float32(NOISE * (high - low)), low, high)


CHANGES: Mapping[str, Callable[[Array], Array]] = {
    "shift": _shifted,
    "gamma 0.9": _curved(0.9),
    "gamma 1.1": _curved(1.1),
    "noise": _noisy,
}
"""Changes of the prepared values; the shift is undone before masks are compared."""


def spread(count: int, most: int = SLICES) -> tuple[int, ...]:
    """Places of at most ``most`` of ``count`` things, evenly spread.

    Examples:
        >>> spread(3), spread(100), spread(0)
        ((0, 1, 2), (12, 37, 62, 87), ())
    """
    if count <= most:
        return tuple(range(count))
    return tuple(int(place) for place in np.floor((np.arange(most) + 0.5) * count / most - 0.5))


def agreement(
    card: ModelCard,
    canvases: Sequence[Array],
    masks: Sequence[Plane],
    labels: Sequence[MaskLabel],
    threshold: float,
) -> dict[str, float]:
    """Mean Dice over the changes, each over all slices together.

    Args:
        card: The model.
        canvases: Prepared values of each slice, shape ``(rows, columns)`` or ``(rows, columns, 3)``.
        masks: Labels of each on the same grid.
        labels: Names of the labels.
        threshold: As :func:`~medimg_core.inference.painting.labelled` takes it.

    Returns:
        By name, 0 to 1; NaN where neither mask holds the label under any change.
    """
    jobs = [(name, place) for name in CHANGES for place in range(len(canvases))]
    sources = [partial(CHANGES[name], canvases[place]) for name, place in jobs]
    found = passes(card, sources, lambda _, one: labelled(one.scores, threshold))
    pairs: dict[str, tuple[list[Plane], list[Plane]]] = {name: ([], []) for name in CHANGES}
    for (name, place), mask in zip(jobs, found, strict=True):
        before, after = masks[place], mask
        if name == "shift":
            before, after = before[:-SHIFT, :-SHIFT], after[SHIFT:, SHIFT:]
        pairs[name][0].append(before)
        pairs[name][1].append(after)
    result = {}
    for label in labels:
        values = [
            dice(np.stack(before) == label.value, np.stack(after) == label.value) for before, after in pairs.values()
        ]
        known = [value for value in values if not math.isnan(value)]
        result[label.name] = sum(known) / len(known) if known else math.nan
    return result
