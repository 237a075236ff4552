"""What a model says of every row of a folder, through the same door as the dashboard."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError, NotApplicableError, UnreadableFileError
from medimg_core.evaluation.files import drawn, image_of
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.metrics import Bools
from medimg_core.evaluation.overlap import Overlap, Spacing, overlap
from medimg_core.registry import ModelCard, Target

Progress = Callable[[int, int, str], None]


class Gated(Protocol):
    """A gate outcome."""

    @property
    def status(self) -> str:
        """``"pass"``, ``"mark"`` or ``"refuse"``."""


class Scored(Protocol):
    """What is needed of a prediction."""

    @property
    def score(self) -> float:
        """Calibrated score of the reading, 0 to 1."""

    @property
    def class_scores(self) -> Mapping[str, float]:
        """Scores of the finer classes."""

    @property
    def gate(self) -> Gated:
        """The gate's outcome."""


@dataclass(frozen=True, eq=False)
class Found:
    """The masks that a model found in one image.

    Attributes:
        mask: uint8, shape ``(slices, rows, columns)``, on the image's grid.
        values: Value in it of each class.
        gate: The gate's outcome.
        spacing: Of slices, rows and columns in mm, or None.
        affine: Of the image's grid, shape ``(4, 4)``, or None.
        prediction: Of a multi-task model that read one slice, its classification; else None.
    """

    mask: NDArray[np.uint8] = field(repr=False)
    values: Mapping[str, int]
    gate: Gated
    spacing: Spacing | None = None
    affine: NDArray[np.float64] | None = None
    prediction: Scored | None = None

    def target(self, target: Target) -> Bools:
        """Where any of a target's classes was found, shape ``(slices, rows, columns)``."""
        return np.isin(self.mask, [self.values[name] for name in target.classes if name in self.values])


Predict = Callable[[Row], Scored]
"""One image of a folder to its prediction, whatever the gate says of it."""

Segment = Callable[[Row], Found]
"""One image of a folder to its masks, whatever the gate says of it."""


@dataclass(frozen=True)
class Unreadable:
    """A row of which nothing could be said.

    Attributes:
        file: The image as the index names it; may be a patient's id, so hidden from repr.
        reason: The rule that its image or its drawn mask breaks; nothing of their content.
    """

    file: str = field(repr=False)
    reason: str


@dataclass(frozen=True)
class Judged:
    """Rows with what was said of them.

    Attributes:
        rows: Those that were read, ``n`` of them.
        gates: The gate's status of each.
        predictions: Of each, or empty where nothing was to be classified.
        overlaps: For each target one entry a row, None where nobody drew it; empty where nothing was segmented.
        unreadable: Further rows, which could not be read.
    """

    rows: tuple[Row, ...]
    gates: tuple[str, ...]
    predictions: tuple[Scored, ...] = ()
    overlaps: Mapping[str, tuple[Overlap | None, ...]] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def groups(self) -> list[str]:
        """Patient or group of each row."""
        return [row.group for row in self.rows]

    def gate(self) -> dict[str, int]:
        """How many rows passed, were marked, were refused; what could not be read was refused, too."""
        counts = Counter([*self.gates, *("refuse" for _ in self.unreadable)])
        return {status: counts.get(status, 0) for status in ("pass", "mark", "refuse")}


def word_of(card: ModelCard) -> Any:
    """What the card says of its images, as the word of the person who evaluates.

    Who evaluates a model on a folder says by that that the folder is of the model's kind. So what the
    files' tags leave open is declared as the card has it, and the gate's counts speak of the images.
    """
    from medimg_core.gate import Declared

    ages = card.population.age_years
    return Declared(
        modality=next(iter(card.modality), None),
        body_part=next(iter(card.body_part), None),
        view=next(iter(card.population.views), None),
        sequence=next(iter(card.population.sequences), None),
        age_years=sum(ages) / 2 if ages else None,
        unit=None if card.input.unit == "any" else card.input.unit,
    )


def predictor(card: ModelCard) -> Predict:
    """Classify as the dashboard does, the gate kept but not enforced."""
    from medimg_core.inference import classify

    word = word_of(card)

    def predict(row: Row) -> Scored:
        series = image_of(row.image)
        return classify(series.volume, card, series=series, declared=word, enforce_gate=False)

    return predict


def segmenter(card: ModelCard) -> Segment:
    """Segment every slice as the dashboard does, the gate kept but not enforced."""
    from medimg_core.inference import segment as segment_volume

    word = word_of(card)

    def segment(row: Row) -> Found:
        series = image_of(row.image)
        volume = series.volume
        every = (0, volume.shape[0] - 1)
        found = segment_volume(
            volume, card, series=series, declared=word, slices=every, enforce_gate=False, check_agreement=False
        )
        return Found(
            mask=found.mask,
            values={label.name: label.value for label in found.labels},
            gate=found.gate,
            spacing=volume.spacing,
            affine=None if volume.geometry is None else volume.geometry.affine,
            prediction=found.predictions[0] if len(found.predictions) == 1 else None,
        )

    return segment


def _compare(row: Row, found: Found, targets: Sequence[Target]) -> dict[str, Overlap | None]:
    result: dict[str, Overlap | None] = {}
    for target in targets:
        path = row.masks.get(target.column)
        if path is None:
            result[target.name] = None
            continue
        try:
            true = drawn(path, target.value, found.mask.shape, found.affine)
        except InputError as error:
            raise UnreadableFileError(f"its drawn mask cannot be used: {error}") from error
        result[target.name] = overlap(found.target(target), true, found.spacing)
    return result


def judge(
    rows: Sequence[Row],
    *,
    predict: Predict | None = None,
    segment: Segment | None = None,
    targets: Sequence[Target] = (),
    progress: Progress | None = None,
) -> Judged:
    """Read every row once; one that cannot be read is noted, and the others go on.

    Args:
        rows: Of a folder.
        predict: Gives a prediction; None where nothing is to be classified.
        segment: Gives masks; None where nothing is to be segmented. Asked for rows with a drawn mask only; a
            prediction that comes with the masks is used.
        targets: What masks are compared with.
        progress: Called with rows done, rows in all and a text; may raise ``Cancelled``.

    Returns:
        All rows, or those with a drawn mask where nothing is to be classified.

    Raises:
        NotApplicableError: No row has a drawn mask.
        UnreadableFileError: No row can be read.
    """
    columns = {target.column for target in targets} if segment is not None else set()
    kept = tuple(row for row in rows if predict is not None or columns & set(row.masks))
    if not kept:
        raise NotApplicableError(f"evaluating masks needs a column {' or '.join(sorted(columns))} with files; got none")
    read: list[Row] = []
    gates: list[str] = []
    predictions: list[Scored] = []
    unreadable: list[Unreadable] = []
    overlaps: dict[str, list[Overlap | None]] = {target.name: [] for target in targets} if columns else {}
    for index, row in enumerate(kept):
        if progress is not None:
            progress(index, len(kept), "evaluating")
        try:
            found = segment(row) if segment is not None and columns & set(row.masks) else None
            said = found.prediction if found is not None else None
            if predict is not None and said is None:
                said = predict(row)
            compared = {} if found is None else _compare(row, found, targets)
        except InputError as error:  # of this row; what is wrong with the model is of all, and ends it
            unreadable.append(Unreadable(row.columns.get("image", row.image.name), str(error)))
            continue
        read.append(row)
        outcome = said if found is None else found
        if outcome is not None:  # one of the two was asked
            gates.append(outcome.gate.status)
        if predict is not None and said is not None:
            predictions.append(said)
        for name, column in overlaps.items():
            column.append(compared.get(name))
    if progress is not None:
        progress(len(kept), len(kept), "evaluating")
    if not read:
        why = unreadable[0].reason
        raise UnreadableFileError(f"one image at least must be readable; of {len(kept)} none is. The first: {why}")
    found_of = {name: tuple(column) for name, column in overlaps.items()}
    return Judged(tuple(read), tuple(gates), tuple(predictions), found_of, tuple(unreadable))
