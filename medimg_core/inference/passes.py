"""Slices through a network, side by side: each is prepared, run and treated by one thread.

A pass that shares its work among two threads waits at every operator for the slower one. Slices need no waiting for
each other, and what is done before and after a pass goes beside another one's. NumPy,
Pillow and ONNX Runtime let go of Python's lock.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from medimg_core.engine import forward, threads
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.inference.tiles import Tiles
from medimg_core.preprocess import prepare, stepped
from medimg_core.registry import ModelCard
from medimg_core.results import Activations

__all__ = ["Passed", "canvas", "passes", "resizes", "softened"]

Array = npt.NDArray[np.float32]
T = TypeVar("T")

BATCH = 8
"""Slices from one report of progress to the next."""


@dataclass(frozen=True, eq=False)
class Passed:
    """What one slice's pass left behind.

    Attributes:
        canvas: The prepared values, shape ``(rows, columns)``, or ``(rows, columns, 3)`` of a network of colour.
        scores: 0 to 1, shape ``(rows, columns, channels)`` on the canvas: one channel for one class, else the
            background's and one a class, which add up to 1.
        embedding: Shape ``(channels,)``; where the slice was read in windows, their mean.
        activations: For the score of a model that also classifies, else None.
    """

    canvas: Array = field(repr=False)
    scores: Array = field(repr=False)
    embedding: Array = field(repr=False)
    activations: Activations | None = field(default=None, repr=False)


def resizes(card: ModelCard) -> bool:
    """Whether a card's steps bring an image to the network's size; otherwise it is read in windows."""
    return bool({"squash", "letterbox"} & set(card.input.steps))


def canvas(image: npt.NDArray[np.generic], card: ModelCard) -> Array:
    """Prepared values of a slice, before windows are cut: as :attr:`Passed.canvas`.

    Args:
        image: As :func:`medimg_core.inference.model_input` gives it.
        card: The model.

    Raises:
        IncompatibleInputError: The image cannot be prepared.
    """
    if not resizes(card):
        values = stepped(image, card.input)
        return np.stack([values] * 3, axis=-1) if values.ndim == 2 and card.input.channels == 3 else values
    whole = prepare(image, card.input)[0]
    return np.asarray(whole if card.input.channels == 3 else whole[..., 0])


def passes(
    card: ModelCard,
    sources: Sequence[Callable[[], Array]],
    treat: Callable[[int, Passed], T],
    *,
    progress: Callable[[int], None] | None = None,
) -> list[T]:
    """Run slices through a model.

    Args:
        card: A model that segments.
        sources: One a slice: makes its :func:`canvas`. Called in another thread.
        treat: What becomes of each: its place in ``sources`` and what the pass left behind. Called in other threads,
            several at a time and in any order.
        progress: Called after every :data:`BATCH` slices with the number of slices done; may raise
            :class:`~medimg_core.errors.Cancelled`.

    Returns:
        What ``treat`` returned, in order.

    Raises:
        NotApplicableError: The model does not segment, or classifies and reads images in windows.
        ModelError: The weights or the export cannot be used.
    """
    if card.segmentation is None:
        raise NotApplicableError(f"segmentation needs a model that segments; {card.id} does {card.task}")
    if card.classification is not None and not resizes(card):
        raise NotApplicableError(f"a model that classifies must see the whole image; {card.id} reads it in windows")
    count = threads()
    side_by_side = len(sources) > 1 and count > 1

    def run(place: int) -> T:
        return treat(place, _forward(card, sources[place](), alone=side_by_side))

    done: list[T] = []
    beside = ThreadPoolExecutor(count if side_by_side else 1)
    try:
        waiting: deque[Future[T]] = deque()
        for place in range(len(sources)):
            waiting.append(beside.submit(run, place))
            if len(waiting) > 2 * count:  # few at a time, so that memory stays bounded and a stop is soon obeyed
                _take(waiting, done, len(sources), progress)
        while waiting:
            _take(waiting, done, len(sources), progress)
        return done
    finally:
        beside.shutdown(cancel_futures=True)


def _take(waiting: "deque[Future[T]]", done: list[T], total: int, progress: Callable[[int], None] | None) -> None:
    """Wait for the slice that is next in order."""
    done.append(waiting.popleft().result())
    if progress is not None and (len(done) % BATCH == 0 or len(done) == total):
        progress(len(done))


def _forward(card: ModelCard, one: Array, *, alone: bool) -> Passed:
    """The forward pass of one slice."""
    windows = None if resizes(card) else Tiles((one.shape[0], one.shape[1]), card.input.size)
    stack = one[None] if windows is None else windows.cut(one)
    batch = stack if stack.ndim == 4 else stack[..., None]
    result = forward(card, batch, features=card.classification is not None, alone=alone)
    if result.masks is None:
        raise IncompatibleInputError("a pass for masks must give masks")
    scores = softened(result.masks)
    return Passed(
        canvas=one,
        scores=scores[0] if windows is None else windows.merge(scores),
        embedding=result.embedding.mean(axis=0),
        activations=None if result.logits is None else result.activations(0),
    )


def softened(logits: Array) -> Array:
    """Scores of mask logits, shape ``(..., channels)``: the sigmoid of one channel, the softmax over several."""
    if logits.shape[-1] == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=np.float32)
    power = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(power / power.sum(axis=-1, keepdims=True), dtype=np.float32)
