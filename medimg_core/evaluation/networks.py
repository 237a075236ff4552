"""A card's network as plain functions of images from 0 to 1, for tests that change the images on the way.

Images are grey, of shape ``(rows, columns)``, or of three colours, ``(rows, columns, 3)``, where the network takes it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.decision import decision, sigmoid
from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.adversarial import Batch, Gradient
from medimg_core.evaluation.metrics import Bools
from medimg_core.evaluation.robustness import Score, Segment
from medimg_core.perturb import Grey
from medimg_core.preprocess import Placement, placement, prepare, resize
from medimg_core.registry import InputSpec, MaskSpec, ModelCard

CHUNK = 32
Shape = tuple[int, int]


def to_grey(values: NDArray[np.floating], spec: InputSpec) -> Grey:
    """Values as :func:`medimg_core.inference.model_input` gives them, from 0 to 1: through the card's window.

    Colours stay colours: only a card that names a unit has a window, and its values are grey.

    Raises:
        NotApplicableError: The card takes a unit and names no window, so that nothing says what is black and white.
    """
    if spec.unit == "any":
        return np.asarray(values, dtype=np.float32)
    if spec.window is None:
        raise NotApplicableError(f"grey images need a window of {spec.unit} in the card's input; there is none")
    low, high = spec.window
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), dtype=np.float32)


def to_unit(image: Grey, spec: InputSpec) -> NDArray[np.float32]:
    """Grey from 0 to 1 in the unit that the card's steps expect; the inverse of :func:`to_grey` inside the window.

    Examples:
        >>> spec = InputSpec((16, 16), 1, ("window", "squash"), "HU", (-100.0, 300.0))
        >>> to_unit(to_grey(np.array([[0.0, 500.0]]), spec), spec).tolist()
        [[0.0, 300.0]]
    """
    if spec.window is None or spec.unit == "any":
        return image
    low, high = spec.window
    return np.asarray(low + image * (high - low), dtype=np.float32)


def _spec(card: ModelCard) -> tuple[MaskSpec, tuple[tuple[int, ...], ...]]:
    """Mask settings of a card, and the labels that make each target."""
    output = card.segmentation
    if output is None or output.mask is None:
        raise NotApplicableError(f"masks need a model that segments; {card.id} does {card.task}")
    values = {name: value for value, name in enumerate(output.classes, start=1)}
    return output.mask, tuple(tuple(values[name] for name in target.classes) for target in output.mask.targets)


def _targets(raw: NDArray[np.uint8], spec: MaskSpec, targets: Sequence[Sequence[int]]) -> Bools:
    """Targets of one image from its labels, small parts taken away as the card says."""
    from medimg_core.masks import parts

    labels = raw
    if spec.components:
        kept = np.zeros((1, *raw.shape), np.uint8)
        for value in np.unique(raw[raw > 0]).tolist():
            parts(raw[None], value).first(spec.components).paint(kept)
        labels = kept[0]
    return np.stack([np.isin(labels, values) for values in targets])


def _classifier_on_batch(card: ModelCard) -> Callable[[Batch], NDArray[np.float64]]:
    from medimg_core.engine import forward

    question = decision(card)

    def score(batch: Batch) -> NDArray[np.float64]:
        logits: Any = forward(card, batch, features=False, masks=False).logits
        return sigmoid(question.log_odds(logits) / card.temperature)

    return score


@dataclass(frozen=True)
class Classifier:
    """A reading as functions.

    Attributes:
        score: Images, 0 to 1, to calibrated scores, shape ``(n,)``.
        on_batch: Prepared inputs, shape ``(n, rows, columns, channels)``, to the same.
        gradient: Makes the gradient of the reading's loss; asked for when it is needed, for it loads TensorFlow.
    """

    score: Score
    on_batch: Callable[[Batch], NDArray[np.float64]]
    gradient: Callable[[], Gradient]


def classifier_of(card: ModelCard) -> Classifier:
    """The reading of a card, through the engine.

    Raises:
        NotApplicableError: The model does not classify.
    """
    from medimg_core.engine.gradient import score_gradient

    on_batch, spec = _classifier_on_batch(card), card.input

    def score(images: Sequence[Grey]) -> NDArray[np.float64]:
        waiting, found = iter(images), []
        while chunk := list(islice(waiting, CHUNK)):
            found.append(on_batch(np.concatenate([prepare(to_unit(image, spec), spec) for image in chunk])))
        return np.concatenate(found)

    return Classifier(score, on_batch, lambda: score_gradient(card))


@dataclass(frozen=True)
class Segmenter:
    """Masks as functions.

    Attributes:
        segment: Images, 0 to 1, to bool masks of the card's targets on their own grid, each of shape
            ``(targets, rows, columns)``.
        on_batch: Prepared inputs, shape ``(n, rows, columns, channels)``, and the rows and columns of each one's
            image to the same masks.
        gradient: Makes the gradient of the masks' loss; None where images are read in windows.
    """

    segment: Segment
    on_batch: Callable[[Batch, Sequence[Shape]], list[Bools]]
    gradient: Callable[[], Gradient] | None


def segmenter_of(card: ModelCard) -> Segmenter:
    """The masks of a card, by the same steps as :func:`medimg_core.inference.segment`, without gate and measurements.

    Raises:
        NotApplicableError: The model does not segment.
    """
    from medimg_core.engine.gradient import mask_gradient
    from medimg_core.inference.painting import painted
    from medimg_core.inference.passes import Passed, canvas, passes, resizes

    spec, targets = _spec(card)

    def targets_of(scores: NDArray[np.float32], shape: Shape) -> Bools:
        place = placement(shape, card.input) if resizes(card) else Placement(shape, shape, (0, 0, *shape))
        return _targets(painted(scores, spec.threshold, place), spec, targets)

    def segment(images: Sequence[Grey]) -> list[Bools]:
        shapes: dict[int, Shape] = {}

        def source(index: int) -> NDArray[np.float32]:
            image = images[index]
            shapes[index] = (image.shape[0], image.shape[1])
            return canvas(to_unit(image, card.input), card)

        def treat(index: int, found: Passed) -> Bools:
            return targets_of(found.scores, shapes.pop(index))

        return passes(card, [partial(source, index) for index in range(len(images))], treat)

    def on_batch(batch: Batch, shapes: Sequence[Shape]) -> list[Bools]:
        return [targets_of(scores, shape) for scores, shape in zip(_scores(card, batch), shapes, strict=True)]

    classes = [[value - 1 for value in values] for values in targets]
    return Segmenter(segment, on_batch, (lambda: mask_gradient(card, classes)) if resizes(card) else None)


def _scores(card: ModelCard, batch: Batch) -> Iterator[NDArray[np.float32]]:
    """Scores of the channels, each of shape ``(rows, columns, channels)``."""
    from medimg_core.engine import forward

    for start in range(0, len(batch), CHUNK):
        logits: Any = forward(card, batch[start : start + CHUNK], features=False).masks
        if logits.shape[-1] == 1:
            yield from sigmoid(logits).astype(np.float32)
        else:
            power = np.exp(logits - logits.max(axis=-1, keepdims=True))
            yield from power / power.sum(axis=-1, keepdims=True)


def on_network(mask: Bools, spec: InputSpec) -> Bools:
    """A mask of an image where the card's steps put it on the network's grid; the margin stays empty.

    Args:
        mask: Shape ``(rows, columns)``.
        spec: The card's input.

    Returns:
        bool, of the network's size.
    """
    top, left, bottom, right = placement((mask.shape[0], mask.shape[1]), spec).box
    result = np.zeros(spec.size, bool)
    result[top:bottom, left:right] = resize(mask.astype(np.float32), (bottom - top, right - left)) >= 0.5
    return result
