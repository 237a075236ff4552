"""What a model card says, as types: one record a model, no parallel lists."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from medimg_core.errors import WeightsError


@dataclass(frozen=True)
class Population:
    """Who the training images came from; the gate compares a study with it.

    Attributes:
        age_years: Youngest and oldest age, in years, or None when the data set does not say.
        views: DICOM ViewPosition values in the data, e.g. ``("AP",)``; empty when unknown.
        sites: Where the images were made, in words.
        never_measured: What nobody measured, each as a sentence fit for the page.
    """

    age_years: tuple[float, float] | None
    views: tuple[str, ...]
    sites: str
    never_measured: tuple[str, ...]


@dataclass(frozen=True)
class InputSpec:
    """What the network takes.

    Attributes:
        size: Rows and columns of the network's input, in pixels.
        channels: 1 for grey, 3 for colour.
        steps: Names of functions of :mod:`medimg_core.preprocess`, in order.
        unit: Unit of the volume's values that the steps expect, or ``"any"``.
    """

    size: tuple[int, int]
    channels: int
    steps: tuple[str, ...]
    unit: str


@dataclass(frozen=True)
class Reading:
    """A coarser question that an output answers: which classes together mean "yes".

    Attributes:
        name: Key of the reading, e.g. ``"pneumonia"``.
        positive: Classes whose probabilities add up to the score.
        positive_text: What is shown above the threshold.
        negative_text: What is shown otherwise; never "normal" or "healthy".
    """

    name: str
    positive: tuple[str, ...]
    positive_text: str
    negative_text: str


@dataclass(frozen=True)
class OutputSpec:
    """One output of the network.

    Attributes:
        name: Name of the Keras layer that gives the logits.
        kind: ``"classification"`` or ``"segmentation"``.
        classes: Classes in the order of the logits.
        reading: The question shown to the user, or None when the classes themselves are shown.
        ensemble: Name of the layer that gives the ensemble's logits, shape
            ``(batch, members * classes)``, member first; empty when there is none.
    """

    name: str
    kind: str
    classes: tuple[str, ...]
    reading: Reading | None
    ensemble: str


@dataclass(frozen=True)
class CamSpec:
    """Where class activation maps come from.

    Attributes:
        layer: Name of the Keras layer whose output is the last feature map.
        head: ``"pooling_dense"`` where global average pooling and one dense layer follow (closed
            form), else the name of the head's Keras sub-model.
    """

    layer: str
    head: str


@dataclass(frozen=True)
class Threshold:
    """An operating point: a cut on the calibrated score, and what it gave where it was chosen.

    Attributes:
        name: ``"balanced"``, ``"sensitivity_first"``, ...
        value: Score at or above which the reading is positive, 0 to 1.
        sensitivity: Measured sensitivity at this cut, 0 to 1.
        specificity: Measured specificity at this cut, 0 to 1.
        source: Data, split, n and condition of those two figures.
    """

    name: str
    value: float
    sensitivity: float
    specificity: float
    source: str


@dataclass(frozen=True)
class DataSource:
    """A data set the model was trained on.

    Attributes:
        name: Folder name of the set.
        licence: Licence of the data.
        n: Images by split, e.g. ``{"train": 4504, "val": 712}``.
        split: How the split was made, e.g. ``"by patient"``.
    """

    name: str
    licence: str
    n: Mapping[str, int]
    split: str


@dataclass(frozen=True)
class Figure:
    """A measured figure with its context.

    Attributes:
        name: What was measured, e.g. ``"auc"``.
        value: The figure.
        ci: Low and high end of the 95 % interval, or None where none was computed.
        n: Number of images.
        data: Data set and split.
        note: Condition, e.g. ``"outer 12.5 % frame only"``, or that the model was tuned on the split.
    """

    name: str
    value: float
    ci: tuple[float, float] | None
    n: int
    data: str
    note: str


@dataclass(frozen=True)
class ModelCard:
    """Everything a page, the gate or a report may say about a model. See the class of each field.

    Attributes:
        folder: The model's folder.
        gate: Settings of the input gate, by name.
        prevalence: Share of positives in the training data, 0 to 1; scores are calibrated at it.
        temperature: Divisor of the logits, found on validation data.
        metrics: Figures on data the model was not fitted to.
        shortcuts: How well the model does without the region it should use; high is bad.
        gate_figures: Share of marked or refused images per data set.
        uses_outside: True where a shortcut figure stays above the limit: every result says so.
        weights_licence: Licence of the weights (the code is Apache-2.0).
        sha256: Of ``weights.keras``, hexadecimal.
    """

    folder: Path = field(repr=False)
    id: str
    title: str
    task: str
    intended_use: str
    modality: tuple[str, ...]
    body_part: tuple[str, ...]
    population: Population
    input: InputSpec
    outputs: tuple[OutputSpec, ...]
    cam: CamSpec | None
    temperature: float
    prevalence: float
    thresholds: tuple[Threshold, ...]
    gate: Mapping[str, Any]
    data: tuple[DataSource, ...]
    weights_licence: str
    metrics: tuple[Figure, ...]
    shortcuts: tuple[Figure, ...]
    gate_figures: tuple[Figure, ...]
    uses_outside: bool
    limits: tuple[str, ...]
    sha256: str

    @property
    def weights(self) -> Path:
        """Path of the Keras weights; checked by :meth:`check_weights`, not here."""
        return self.folder / "weights.keras"

    @property
    def reference(self) -> Path:
        """Path of the validation embeddings and the out-of-distribution fit."""
        return self.folder / "reference.npz"

    @property
    def threshold(self) -> Threshold:
        """The operating point used unless the user chooses another: the first one listed."""
        return self.thresholds[0]

    def check_weights(self) -> None:
        """Compare the weights on disk with the card.

        Raises:
            WeightsError: The file is missing, or its SHA-256 differs from the card's.
        """
        if not self.weights.is_file():
            raise WeightsError(f"model {self.id} needs weights.keras in its folder; there is none")
        found = sha256_of(self.weights)
        if found != self.sha256:
            raise WeightsError(
                f"weights of {self.id} must have SHA-256 {self.sha256[:12]}, as on the card; got {found[:12]}"
            )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; remembered until the file changes."""
    stat = path.stat()
    return _sha256(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _sha256(path: Path, _mtime: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
