"""A mask on the grid of the volume it was made from, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.results.gate import GateOutcome
from medimg_core.results.measurement import Point
from medimg_core.results.prediction import Prediction

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class MaskLabel:
    """One value of a mask.

    Attributes:
        value: In the mask, 1 to 255.
        name: Class of the card, e.g. ``"lungs"``.
    """

    value: int
    name: str


@dataclass(frozen=True)
class Region:
    """One connected part of a label: a lesion, a lung.

    Areas, lengths and axes are those of the slice in which the part is largest.

    Attributes:
        number: Place in the list of its mask, from 1; the largest comes first.
        label: Value of the mask.
        name: Name of the label, with the side where that is known.
        voxels: Number of voxels.
        slices: First and last slice.
        centroid: Mean voxel index.
        slice_index: Slice of the largest area.
        area: In the square of ``length_unit``.
        long_axis: Greatest distance between two points of its outline, in ``length_unit``.
        short_axis: Greatest extent perpendicular to the long axis, in ``length_unit``.
        long_ends: Ends of the long axis.
        short_ends: Ends of the short axis.
        length_unit: ``"mm"``, or ``"px"`` where the spacing is not known.
        volume_ml: Volume, or None where spacing or extent are not known.
        at_border: Whether it touches the edge of the image, so that a part of it may lie outside.
        length_note: What must be said beside a length: ``"at the detector"`` where it is magnified, or ``""``.
    """

    number: int
    label: int
    name: str
    voxels: int
    slices: tuple[int, int]
    centroid: Point
    slice_index: int
    area: float
    long_axis: float
    short_axis: float
    long_ends: tuple[Point, Point]
    short_ends: tuple[Point, Point]
    length_unit: str
    volume_ml: float | None
    at_border: bool
    length_note: str = ""


@dataclass(frozen=True)
class Flag:
    """Why a mask may have failed.

    Attributes:
        code: ``"empty"``, ``"border"``, ``"size"``, ``"agreement"``, ...
        text: A sentence for the page.
        slices: Slices it speaks of, in rising order; empty for all.
    """

    code: str
    text: str
    slices: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Masks of one image or volume.

    Attributes:
        model_id: Model that made them.
        weights_sha256: Its weights.
        fingerprint: Of the volume.
        frame: Frame of the volume, from 0.
        slices: First and last slice that the model read; all others are 0.
        labels: What the values mean.
        mask: Values on the volume's grid, ``uint8``, shape ``(slices, rows, columns)``.
        raw: The same before small components were taken away; equal to ``mask`` where nothing was.
        regions: Connected parts, the largest first.
        volumes_ml: Volume of each label by name, or None where spacing or extent are not known.
        flags: Signs of failure, worst first; empty for none found.
        agreement: Dice between masks of the input and of slightly changed inputs, by label, 0 to 1; NaN where
            both are empty. Not a confidence interval.
        threshold: Score at which a pixel was taken, 0 to 1; NaN where several labels compete and the highest score
            wins.
        gate: The gate's outcome, of the slice that did worst.
        declared: What the reader said: e.g. ``"first and last slice"``.
        predictions: Of a multi-task model, the classification of each slice read, in order; else empty.
    """

    model_id: str
    weights_sha256: str
    fingerprint: str
    frame: int
    slices: tuple[int, int]
    labels: tuple[MaskLabel, ...]
    mask: Mask = field(repr=False)
    raw: Mask = field(repr=False)
    regions: tuple[Region, ...] = field(repr=False)
    volumes_ml: Mapping[str, float | None]
    flags: tuple[Flag, ...]
    agreement: Mapping[str, float]
    threshold: float
    gate: GateOutcome
    declared: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for array in (self.mask, self.raw):
            if array.ndim != 3 or array.dtype != np.uint8 or array.shape != self.mask.shape:
                raise IncompatibleInputError(
                    f"a mask must be uint8 of shape (slices, rows, columns), got {array.dtype} {array.shape}"
                )
            array.setflags(write=False)

    @property
    def refused(self) -> bool:
        """True when there is no mask: the gate refused the input, and its reasons stand in its place."""
        return self.gate.status == "refuse"

    def label(self, name: str) -> MaskLabel:
        """The label of this name.

        Raises:
            NotApplicableError: There is none.
        """
        for label in self.labels:
            if label.name == name:
                return label
        known = ", ".join(label.name for label in self.labels)
        raise NotApplicableError(f"label must be one of {known}, got {name[:40]!r}")
