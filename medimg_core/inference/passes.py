"""Slices through a network in batches: prepared ahead, and what came back treated behind, while it runs.

Preparing and treating take one thread of their own: NumPy, Pillow and ONNX Runtime let go of Python's lock.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.inference.tiles import Tiles
from medimg_core.preprocess import prepare, stepped
from medimg_core.registry import ModelCard
from medimg_core.results import Activations

__all__ = ["Passed", "canvas", "passes", "resizes", "softened"]

Array = npt.NDArray[np.float32]
T = TypeVar("T")

BATCH = 8
"""Inputs of one forward pass: measured on a U-Net of 192 x 192, more are no faster on a CPU."""


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
        treat: What becomes of each: its place in ``sources`` and what the pass left behind. Called in another
            thread, in order.
        progress: Called after each batch with the number of slices done; may raise
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
    size = BATCH if resizes(card) else 1
    batches = [sources[at : at + size] for at in range(0, len(sources), size)]
    done: list[T] = []
    beside = ThreadPoolExecutor(1)
    try:
        ahead = beside.submit(_made, batches[0]) if batches else None
        behind: list[Future[T]] = []
        for number, following in enumerate([*batches[1:], []]):
            if ahead is None:
                break
            ready = ahead.result()
            ahead = beside.submit(_made, following) if following else None
            found = _forward(card, ready)
            done += [future.result() for future in behind]  # one batch behind at most: memory stays bounded
            behind = [beside.submit(treat, number * size + place, one) for place, one in enumerate(found)]
            if progress is not None:
                progress(min((number + 1) * size, len(sources)))
        return done + [future.result() for future in behind]
    finally:
        beside.shutdown(cancel_futures=True)


def _made(sources: Sequence[Callable[[], Array]]) -> list[Array]:
    return [source() for source in sources]


def _forward(card: ModelCard, canvases: Sequence[Array]) -> list[Passed]:
    """One forward pass for some slices."""
    windows = None if resizes(card) else Tiles((canvases[0].shape[0], canvases[0].shape[1]), card.input.size)
    stacks = [one[None] if windows is None else windows.cut(one) for one in canvases]
    joined = np.concatenate(stacks)
    batch = joined if joined.ndim == 4 else joined[..., None]
    result = forward(card, batch, features=card.classification is not None)
    if result.masks is None:
        raise IncompatibleInputError("a pass for masks must give masks")
    found, at = [], 0
    for one, stack in zip(canvases, stacks, strict=True):
        part = slice(at, at + len(stack))
        scores = softened(result.masks[part])
        found.append(
            Passed(
                canvas=one,
                scores=scores[0] if windows is None else windows.merge(scores),
                embedding=result.embedding[part].mean(axis=0),
                activations=None if result.logits is None else result.activations(at),
            )
        )
        at += len(stack)
    return found


def softened(logits: Array) -> Array:
    """Scores of mask logits, shape ``(..., channels)``: the sigmoid of one channel, the softmax over several."""
    if logits.shape[-1] == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=np.float32)
    power = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(power / power.sum(axis=-1, keepdims=True), dtype=np.float32)
