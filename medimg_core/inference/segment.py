"""Segmentation of an image, or of a volume: slice by slice, or at once where the network takes volumes."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.gate import Declared, assess_network, assess_slices, joined, over_slices
from medimg_core.inference.agreement import agreement, spread
from medimg_core.inference.blocks import Block, read_block
from medimg_core.inference.blocks import agreement as block_agreement
from medimg_core.inference.model_input import model_input
from medimg_core.inference.painting import labelled, painted
from medimg_core.inference.passes import Passed, canvas, passes, resizes
from medimg_core.inference.scoring import scored, unscored
from medimg_core.masks import Parts, flags, in_order, parts, regions, volumes_ml
from medimg_core.preprocess import Placement, placement
from medimg_core.registry import MaskSpec, ModelCard
from medimg_core.results import Flag, GateOutcome, MaskLabel, Prediction, Segmentation
from medimg_core.study import Series, Volume

__all__ = ["segment"]

Array = npt.NDArray[np.float32]
Plane = npt.NDArray[np.uint8]
Progress = Callable[[int, int, str], None]


def segment(  # noqa: PLR0913 - what a reader may say of one input
    volume: Volume,
    card: ModelCard,
    *,
    series: Series | None = None,
    declared: Declared | None = None,
    slices: tuple[int, int] | None = None,
    frame: int = 0,
    enforce_gate: bool = True,
    check_agreement: bool = True,
    progress: Progress | None = None,
) -> Segmentation:
    """Segment an image, or a volume slice by slice; at once where the network takes volumes.

    A volume in mL is given only where the geometry is known and several slices were read that hold all of what is
    measured: every slice of the volume, or those the reader named. A model whose card says that it was trained
    only on slices that hold the organ (``extent = "reader"``) marks every slice when none are named, but measures
    no volume, and the flag ``extent`` says so.

    Args:
        volume: The input.
        card: The model.
        series: Its series, for the gate's tags; without one everything in them counts as unknown.
        declared: The reader's word for what the tags do not say.
        slices: First and last slice that hold what is sought, from 0, the reader's word; None for all. A network that
            takes volumes is given all of them, and what it marks on others is left out.
        frame: Frame of the volume, from 0.
        enforce_gate: False makes masks for refused input too, for measurements; the outcome still says refuse.
        check_agreement: False leaves out the masks under small changes, which cost up to 16 forward passes.
        progress: Called after each batch as ``progress(done, total, text)``; may raise
            :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The masks. Where the gate refused they are empty:
        :attr:`~medimg_core.results.Segmentation.refused` is True.

    Raises:
        IncompatibleInputError: The slices or the frame do not exist, or (with ``enforce_gate=False``) the pixels
            cannot be given to the network.
        NotApplicableError: The model does not segment.
        ModelError: The weights or the export cannot be used.
    """
    output = card.segmentation
    if output is None or output.mask is None:
        raise NotApplicableError(f"segmentation needs a model that segments; {card.id} does {card.task}")
    read = _range(slices, volume.shape[0])
    labels = tuple(MaskLabel(value, name) for value, name in enumerate(output.classes, start=1))
    every = range(read[0], read[1] + 1)
    gate, held = assess_slices(volume, card, every, series=series, declared=declared, frame=frame)
    job = _Job(volume, card, output.mask, labels, frame, read, slices is not None)
    if enforce_gate and gate.status == "refuse":
        return job.result(gate, ())
    chosen = held if enforce_gate else tuple(every)
    report = None if progress is None else partial(_report, progress, len(chosen) + 1, card.title)
    ask: Callable[[], Mapping[str, float]]
    if card.input.depth:
        found, block = job.whole_volume(every)
        ask = partial(block_agreement, card, block, labels, output.mask.threshold)
    else:
        sources = [partial(job.canvas, index) for index in chosen]
        found = passes(card, sources, partial(job.treat, chosen, gate), progress=report)
        ask = partial(job.agreement, found)
    whole = joined(gate, over_slices([one.gate for one in found]))
    with ThreadPoolExecutor(1) as beside:  # parts are found by one thread; the network's have nothing to do by then
        agreed = beside.submit(ask) if check_agreement else None
        result = job.result(whole, found, agreed)
    if progress is not None:
        progress(len(chosen) + 1, len(chosen) + 1, card.title)
    return result


def _range(slices: tuple[int, int] | None, count: int) -> tuple[int, int]:
    first, last = (0, count - 1) if slices is None else slices
    if not 0 <= first <= last < count:
        raise IncompatibleInputError(
            f"first and last slice must lie in 0..{count - 1}, the first not behind the last; got {first} and {last}"
        )
    return (first, last)


def _report(progress: Progress, total: int, text: str, done: int) -> None:
    progress(done, total, text)


@dataclass(frozen=True, eq=False)
class _Read:
    """What is kept of one slice."""

    index: int
    small: Plane  # on the network's grid
    gate: GateOutcome
    prediction: Prediction | None


@dataclass(frozen=True, eq=False)
class _Job:
    """One call of :func:`segment`."""

    volume: Volume
    card: ModelCard
    spec: MaskSpec
    labels: tuple[MaskLabel, ...]
    frame: int
    read: tuple[int, int]
    told: bool  # by the reader, which slices hold what is sought
    place: Placement = field(init=False)
    raw: Plane = field(init=False)  # threads paint their slices: fresh memory costs less where several ask for it

    def __post_init__(self) -> None:
        shape = self.volume.shape[1:]
        whole = placement(shape, self.card.input) if resizes(self.card) else Placement(shape, shape, (0, 0, *shape))
        object.__setattr__(self, "place", whole)
        object.__setattr__(self, "raw", np.zeros(self.volume.shape, np.uint8))

    def canvas(self, index: int) -> Array:
        return canvas(model_input(self.volume, self.card, index, self.frame), self.card)

    def treat(self, indices: Sequence[int], before: GateOutcome, number: int, found: Passed) -> _Read:
        index = indices[number]
        plane = found.canvas if found.canvas.ndim == 2 else found.canvas[..., 0]
        gate = assess_network(plane, found.embedding, self.card)
        prediction = None
        if found.activations is not None:
            cut, whole = self.card.threshold.value, joined(before, gate)
            blank = unscored(self.volume, self.card, whole, slice_index=index, frame=self.frame, threshold=cut)
            prediction = scored(blank, found.activations, self.card, whole)
        self.raw[index] = painted(found.scores, self.spec.threshold, self.place)
        return _Read(index, labelled(found.scores, self.spec.threshold), gate, prediction)

    def whole_volume(self, read: Sequence[int]) -> tuple[list[_Read], Block]:
        """One pass for all slices; what it says of those that are to be read."""
        block = read_block(self.volume, self.card, self.frame)
        gate = assess_network(block.middle, block.embedding, self.card)
        planes = block.painted(self.card, self.spec.threshold)
        self.raw[read[0] : read[-1] + 1] = planes[read[0] : read[-1] + 1]
        return [_Read(index, planes[index], gate, None) for index in read], block

    def agreement(self, found: Sequence[_Read]) -> dict[str, float]:
        marked = [one for one in found if one.small.any()] or found
        asked = [marked[place] for place in spread(len(marked))]
        canvases = [self.canvas(one.index) for one in asked]
        return agreement(self.card, canvases, [one.small for one in asked], self.labels, self.spec.threshold)

    def result(
        self, gate: GateOutcome, found: Sequence[_Read], asked: Future[Mapping[str, float]] | None = None
    ) -> Segmentation:
        raw = self.raw
        before = [parts(raw, label.value) for label in self.labels]
        after = [one.first(self.spec.components) for one in before]
        mask = raw
        if any(len(few) < len(all_) for few, all_ in zip(after, before, strict=True)):
            mask = np.zeros(raw.shape, np.uint8)
            for one_label in after:
                one_label.paint(mask)
        whole = self._whole
        found_regions = regions(after, self.labels, self.volume, sides=self.spec.sides, whole=whole)
        agreed = {} if asked is None else dict(asked.result())
        return Segmentation(
            model_id=self.card.id,
            weights_sha256=self.card.sha256,
            fingerprint=self.volume.fingerprint,
            frame=self.frame,
            slices=self.read,
            labels=self.labels,
            mask=mask,
            raw=raw,
            regions=found_regions,
            volumes_ml=volumes_ml(after, self.labels, self.volume, whole=whole and bool(found)),
            flags=self._flags(before, after, [one.index for one in found], agreed) if found else (),
            agreement=agreed,
            threshold=self.spec.threshold if len(self.labels) == 1 else math.nan,
            gate=gate,
            declared=("first and last slice",) if self.told else (),
            predictions=tuple(one.prediction for one in found if one.prediction is not None),
        )

    @property
    def _whole(self) -> bool:
        """Whether the slices read hold all of what is sought, so that a volume is meant."""
        if self.read[0] == self.read[1] or self.spec.extent == "image":
            return False
        return self.told or self.spec.extent == "volume"

    def _flags(
        self, before: Sequence[Parts], after: Sequence[Parts], read: Sequence[int], agreed: Mapping[str, float]
    ) -> tuple[Flag, ...]:
        found = list(
            flags(
                before,
                after,
                self.labels,
                self.spec,
                shape=self.volume.shape,
                told=self.read if self.told else None,
                agreement=agreed,
            )
        )
        if self.spec.extent == "reader" and not self.told and self.volume.shape[0] > 1:
            text = (
                "No volume is given: the model was trained only on slices that hold the organ, and nobody has said "
                "which are the first and the last of them. What it marks on others means nothing."
            )
            found.append(Flag("extent", text))
        blank = tuple(index for index in range(read[0], read[-1]) if index not in set(read))
        if blank:
            found.append(Flag("blank", f"{len(blank)} blank slices among others were not read.", blank))
        return in_order(found)
