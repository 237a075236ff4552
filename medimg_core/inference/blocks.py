"""A volume through a network that takes all of its slices at once, and the way back to its own grid.

In its own plane a slice goes to the network and its scores come back exactly as an image's do
(:mod:`medimg_core.inference.painting`); along the slices scores are resampled as they were on the way in.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError
from medimg_core.inference.agreement import CHANGES, SHIFT
from medimg_core.inference.model_input import volume_values
from medimg_core.inference.painting import labelled, painted
from medimg_core.inference.passes import softened
from medimg_core.masks import dice
from medimg_core.preprocess import along, placement, prepare_block
from medimg_core.registry import ModelCard
from medimg_core.results import MaskLabel
from medimg_core.study import Volume

__all__ = ["Block", "agreement", "read_block"]

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Block:
    """What one volume's pass left behind.

    Attributes:
        canvas: The prepared values, shape ``(slices, rows, columns)`` of the network.
        scores: 0 to 1, shape ``(slices, rows, columns, channels)`` of the network: one channel for one class, else
            the background's and one a class, which add up to 1.
        embedding: Shape ``(channels,)``.
        source: Slices, rows and columns of the volume.
    """

    canvas: Array = field(repr=False)
    scores: Array = field(repr=False)
    embedding: Array = field(repr=False)
    source: tuple[int, int, int]

    @property
    def middle(self) -> Array:
        """The middle slice of the network's input, by which the gate knows a volume; shape ``(rows, columns)``."""
        return np.asarray(self.canvas[self.canvas.shape[0] // 2])

    def painted(self, card: ModelCard, threshold: float) -> Labels:
        """Labels on the volume's grid, shape :attr:`source`.

        Args:
            card: Whose pass this was.
            threshold: As :func:`~medimg_core.inference.painting.labelled` takes it.
        """
        slices, rows, columns = self.source
        place = placement((rows, columns), card.input)
        return np.stack([painted(plane, threshold, place) for plane in along(self.scores, slices)])


def read_block(volume: Volume, card: ModelCard, frame: int = 0) -> Block:
    """One forward pass for a whole volume.

    Args:
        volume: The input.
        card: A model that segments and takes volumes.
        frame: Frame of the volume, from 0.

    Raises:
        IncompatibleInputError: The volume cannot be prepared.
        ModelError: The weights or the export cannot be used.
    """
    batch = prepare_block(volume_values(volume, card.input, frame), card.input)
    scores, embedding = _pass(card, batch[0, ..., 0])
    return Block(batch[0, ..., 0], scores, embedding, volume.shape)


def _pass(card: ModelCard, canvas: Array) -> tuple[Array, Array]:
    result = forward(card, canvas[None, ..., None], features=False)
    if result.masks is None:
        raise IncompatibleInputError("a pass for masks must give masks")
    return softened(result.masks[0]), result.embedding[0]


def agreement(card: ModelCard, block: Block, labels: Sequence[MaskLabel], threshold: float) -> Mapping[str, float]:
    """Mean Dice of masks under small changes with the unchanged one's, on the network's grid.

    The changes are those of :mod:`medimg_core.inference.agreement`, each of all slices alike.

    Args:
        card: The model.
        block: The pass without a change.
        labels: Names of the labels.
        threshold: As :func:`~medimg_core.inference.painting.labelled` takes it.

    Returns:
        By name, 0 to 1; NaN where neither mask holds the label under any change.
    """
    before = labelled(block.scores, threshold)
    found: dict[str, list[float]] = {label.name: [] for label in labels}
    for name, change in CHANGES.items():
        changed = np.stack([change(plane) for plane in block.canvas]) if name == "shift" else change(block.canvas)
        after, own = labelled(_pass(card, changed)[0], threshold), before
        if name == "shift":
            own, after = before[:, :-SHIFT, :-SHIFT], after[:, SHIFT:, SHIFT:]
        for label in labels:
            found[label.name].append(dice(own == label.value, after == label.value))
    known = {name: [value for value in values if not math.isnan(value)] for name, values in found.items()}
    return {name: sum(values) / len(values) if values else math.nan for name, values in known.items()}
