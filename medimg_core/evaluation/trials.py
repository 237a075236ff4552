"""The robustness curves of a card on a folder: rows drawn, images read, every change and attack tried."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation import adversarial, robustness
from medimg_core.evaluation.classification import positive
from medimg_core.evaluation.files import drawn, image_of
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.judging import Judged, Progress
from medimg_core.evaluation.metrics import Bools
from medimg_core.evaluation.networks import (
    Classifier,
    Segmenter,
    classifier_of,
    on_network,
    segmenter_of,
    to_grey,
    to_unit,
)
from medimg_core.evaluation.robustness import SEED
from medimg_core.perturb import Grey
from medimg_core.registry import Curve, ModelCard, Target

KEPT_BYTES = 512 * 2**20
"""Decoded images kept in memory; further ones are read again each time."""


def chosen(count: int, most: int, truth: Bools | None = None) -> NDArray[np.int64]:
    """At most ``most`` of ``count`` rows, drawn with a fixed seed, in their order.

    Args:
        count: Number of rows.
        most: How many to draw.
        truth: Shape ``(count,)``; both classes are then drawn in their own share, at least one of each.

    Examples:
        >>> len(chosen(1000, 200)), chosen(3, 200).tolist()
        (200, [0, 1, 2])
    """
    if most < 1:
        raise NotApplicableError(f"the number of images for robustness must be 1 or more, got {most}")
    if count <= most:
        return np.arange(count)
    order = np.random.default_rng(SEED).permutation(count)
    if truth is None:
        return np.sort(order[:most])
    wanted = [round(most * float((truth == yes).mean())) for yes in (True, False)]
    least = [max(1, min(number, most - 1)) for number in wanted]
    return np.sort(
        np.concatenate([order[truth[order] == yes][:n] for yes, n in zip((True, False), least, strict=True)])
    )


class Pictures(Sequence[Grey]):
    """Grey images of rows, read when they are asked for and kept as far as the memory for them goes."""

    def __init__(self, count: int, read: Callable[[int], Grey], limit: int = KEPT_BYTES) -> None:
        self._count, self._read, self._left = count, read, limit
        self._kept: dict[int, Grey] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Grey: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Grey]: ...

    def __getitem__(self, index: int | slice) -> Grey | Sequence[Grey]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        place = range(self._count)[index]
        if place in self._kept:
            return self._kept[place]
        image = self._read(place)
        image.setflags(write=False)
        if image.nbytes <= self._left:
            self._left -= image.nbytes
            self._kept[place] = image
        return image

    def __iter__(self) -> Iterator[Grey]:
        return (self[i] for i in range(self._count))


@dataclass(frozen=True)
class _Subset:
    """Rows that were drawn, and how that is said."""

    rows: tuple[Row, ...]
    data: str

    @property
    def groups(self) -> list[str]:
        return [row.group for row in self.rows]


def _subset(rows: Sequence[Row], most: int, name: str, truth: Bools | None = None) -> tuple[_Subset, NDArray[np.int64]]:
    index = chosen(len(rows), most, truth)
    said = name if len(index) == len(rows) else f"{name}, {len(index)} of {len(rows)} images drawn with seed {SEED}"
    return _Subset(tuple(rows[i] for i in index), said), index


def _grey(card: ModelCard, row: Row, slice_index: int = 0) -> Grey:
    from medimg_core.inference import model_input

    return to_grey(model_input(image_of(row.image).volume, card, slice_index), card.input)


def masks_of(row: Row, targets: Sequence[Target]) -> tuple[Bools, int]:
    """Drawn targets of a row on one slice, shape ``(targets, rows, columns)``, and the slice: where they are largest.

    A target without a file is empty.
    """
    volume = image_of(row.image).volume
    affine = None if volume.geometry is None else volume.geometry.affine
    masks = np.zeros((len(targets), *volume.shape), bool)
    for place, target in enumerate(targets):
        path = row.masks.get(target.column)
        if path is not None:
            masks[place] = drawn(path, target.value, volume.shape, affine)
    best = int(masks.sum(axis=(0, 2, 3)).argmax())
    return masks[:, best], best


def _attacked(pictures: Sequence[Grey], card: ModelCard) -> adversarial.Inputs:
    return adversarial.inputs([to_unit(picture, card.input) for picture in pictures], card.input)


@dataclass(frozen=True)
class _Trial:
    """One call of :func:`trials`."""

    card: ModelCard
    judged: Judged
    name: str
    most: int
    progress: Progress

    def _attacks(self) -> None:
        self.progress(len(robustness.CHANGES), len(robustness.CHANGES), "robustness: attacks")

    def of_scores(self, model: Classifier) -> tuple[Curve, ...]:
        truth = positive(self.card, self.judged.rows)
        subset, index = _subset(self.judged.rows, self.most, self.name, truth)
        pictures = Pictures(len(subset.rows), lambda place: _grey(self.card, subset.rows[place]))
        about = (truth[index], subset.groups)
        curves = robustness.classification_curves(
            pictures, *about, model.score, data=subset.data, progress=self.progress
        )
        self._attacks()
        given = _attacked(pictures, self.card)
        return curves + adversarial.classification_curves(
            given, *about, model.gradient(), model.on_batch, data=subset.data
        )

    def of_masks(self, model: Segmenter, targets: Sequence[Target]) -> tuple[Curve, ...]:
        columns = zip(*self.judged.overlaps.values(), strict=True)
        full = [i for i, row in enumerate(columns) if any(overlap is not None and overlap.true for overlap in row)]
        rows = [self.judged.rows[i] for i in full]
        subset, _ = _subset(rows, self.most, f"{self.name}, those with a target")
        masks, slices = zip(*(masks_of(row, targets) for row in subset.rows), strict=True)
        pictures = Pictures(len(subset.rows), lambda place: _grey(self.card, subset.rows[place], slices[place]))
        curves = robustness.segmentation_curves(
            pictures, masks, subset.groups, model.segment, data=subset.data, progress=self.progress
        )
        if model.gradient is None:
            return curves
        self._attacks()
        small = np.stack([np.stack([on_network(part, self.card.input) for part in mask]) for mask in masks])
        shapes = [(mask.shape[1], mask.shape[2]) for mask in masks]
        return curves + adversarial.segmentation_curves(
            _attacked(pictures, self.card),
            (small, masks),
            subset.groups,
            model.gradient(),
            lambda batch: model.on_batch(batch, shapes),
            data=subset.data,
        )


def _silent(done: int, total: int, text: str) -> None:
    """Say nothing."""


def trials(
    card: ModelCard,
    judged: Judged,
    *,
    name: str,
    most: int,
    progress: Progress | None = None,
    of_scores: Classifier | None = None,
    of_masks: Segmenter | None = None,
) -> list[dict[str, Any]]:
    """All curves of a card on rows that were judged.

    Args:
        card: The model.
        judged: Rows with what was said of them: those with a label are tried where predictions are there, those
            with a target that is not empty where masks were compared.
        name: Data set and split, for the record.
        most: Rows to draw for each of the two.
        progress: Called with changes done, changes in all and a text; may raise ``Cancelled``.
        of_scores: The reading as functions; the card's own by default.
        of_masks: The masks as functions; the card's own by default.

    Returns:
        One table a curve with the fields of :class:`medimg_core.registry.Curve`: the changes of
        :data:`medimg_core.evaluation.robustness.CHANGES`, then ``"fgsm"`` and ``"pgd"``; metric ``"auc"``, then
        metric ``"dice"``. Of a volume the slice with the largest target is taken. A model that reads images in
        windows is not attacked: its input is no whole image. None of a model that takes volumes: the changes are
        those of images.

    Raises:
        NotApplicableError: Rows of one class only, or no grey range can be told (see the errors of the parts).
    """
    if card.input.depth:
        return []
    trial = _Trial(card, judged, name, most, progress or _silent)
    curves: tuple[Curve, ...] = ()
    if judged.predictions:
        curves += trial.of_scores(of_scores or classifier_of(card))
    output = card.segmentation
    drawn_ones = (overlap for column in judged.overlaps.values() for overlap in column)
    if output is not None and output.mask is not None and any(one is not None and one.true for one in drawn_ones):
        curves += trial.of_masks(of_masks or segmenter_of(card), output.mask.targets)
    return [asdict(curve) for curve in curves]
