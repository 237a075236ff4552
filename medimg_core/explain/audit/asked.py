"""What every item of an audit is given: a map, the question it answers, and a way to make it again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.query import Query
from medimg_core.preprocess import resize
from medimg_core.results import Explanation

__all__ = ["Asked", "Progress", "Remap"]

Map = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]
Remap = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""From changed inputs, ``float32``, shape ``(n, rows, columns, channels)``, to their native maps, ``(n, r, c)``."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A map under audit.

    Attributes:
        query: The question and the input.
        explanation: The map.
        remap: Makes the same kind of map for a changed input; None where that takes too long.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        IncompatibleInputError: The map is of another model, input or label than the question.
    """

    query: Query
    explanation: Explanation
    remap: Remap | None = None
    progress: Progress | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        said, shown = self.query.prediction, self.explanation
        one = (said.weights_sha256, said.fingerprint, said.slice_index, said.frame, self.query.question.label)
        other = (shown.weights_sha256, shown.fingerprint, shown.slice_index, shown.frame, shown.label)
        if one != other:
            raise IncompatibleInputError(
                "an audit must be of a map of the same weights, volume, slice, frame and label as the question; "
                f"got {shown.label[:60]!r} of slice {shown.slice_index} for {one[-1][:60]!r} of slice {one[2]}"
            )

    @property
    def image(self) -> Map:
        """The network's input, shape ``(rows, columns, channels)``."""
        return np.asarray(self.query.batch[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the network's input."""
        return self.query.card.input.size

    @cached_property
    def evidence(self) -> Map:
        """Native evidence for the label: the part of the map above zero."""
        return np.maximum(self.explanation.native, np.float32(0))

    @cached_property
    def on_input(self) -> Map:
        """:attr:`evidence` on the grid of the network's input, bilinear, half-pixel centred."""
        return self.spread(self.evidence)

    def spread(self, native: npt.NDArray[np.floating]) -> Map:
        """A native map on the grid of the network's input."""
        return native.astype(np.float32) if native.shape == self.shape else resize(native, self.shape)

    @property
    def cell(self) -> tuple[float, float]:
        """Rows and columns of a native cell, in pixels of the network's input."""
        return self.shape[0] / self.evidence.shape[0], self.shape[1] / self.evidence.shape[1]

    @property
    def picture(self) -> npt.NDArray[np.bool_]:
        """Where the image lies on the network's input; the rest is a margin that the network is given."""
        top, left, bottom, right = self.query.placement.box
        inside = np.zeros(self.shape, bool)
        inside[top:bottom, left:right] = True
        return inside

    @property
    def limit(self) -> float:
        """Log-odds before temperature from which on the question is answered with yes.

        For the reading that of the operating point, for its negative the same turned over, for a class even odds.
        """
        query, output = self.query, self.query.card.classification
        assert output is not None  # a query is of a model that classifies
        if output.reading is None:
            return 0.0
        threshold = min(max(query.prediction.threshold, 1e-6), 1 - 1e-6)
        turn = {output.reading.name: 1.0, f"no {output.reading.name}": -1.0}.get(query.question.label, 0.0)
        return turn * log(threshold / (1 - threshold)) * query.card.temperature

    def told(self, done: int, total: int, text: str) -> None:
        """Report progress; raises where the user has stopped the audit."""
        if self.progress is not None:
            self.progress(done, total, text)
