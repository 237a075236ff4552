"""What a model card says, as types: one record a model, no parallel lists."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from medimg_core.errors import NotApplicableError, WeightsError
from medimg_core.registry.network import CamSpec, InputSpec, OutputSpec


@dataclass(frozen=True)
class Population:
    """Who the training images came from; the gate compares a study with it.

    Attributes:
        age_years: Youngest and oldest age, in years, or None when the data set does not say.
        views: DICOM ViewPosition values in the data, e.g. ``("AP",)``; empty when unknown.
        sequences: MR sequences in the data, e.g. ``("FLAIR",)``; empty where any will do.
        sites: Where the images were made, in words.
        never_measured: What nobody measured, each as a sentence fit for the page.
    """

    age_years: tuple[float, float] | None
    views: tuple[str, ...]
    sequences: tuple[str, ...]
    sites: str
    never_measured: tuple[str, ...]


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
class Curve:
    """A metric against the strength of one change to the images.

    Attributes:
        change: What was done, e.g. ``"noise"``.
        unit: Of the strengths, in words.
        metric: E.g. ``"auc"`` or ``"dice"``.
        strengths: In rising order; the first is no change.
        values: The metric at each.
        low: Lower end of its 95 % interval.
        high: Upper end.
        n: Number of images.
        data: Data set and split.
    """

    change: str
    unit: str
    metric: str
    strengths: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n: int
    data: str


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
        robustness: Metrics under changes of rising strength.
        gate_figures: Share of marked or refused images per data set.
        region: What the model should read, in words, e.g. ``"lungs"``; empty where there is no such part.
        uses_outside: True where a shortcut figure stays above the limit: every result says that the model uses
            information outside its region.
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
    robustness: tuple[Curve, ...]
    gate_figures: tuple[Figure, ...]
    region: str
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
        """The operating point used unless the user chooses another: the first one listed.

        Raises:
            NotApplicableError: The model does not classify.
        """
        if not self.thresholds:
            raise NotApplicableError(f"an operating point needs a model that classifies; {self.id} does {self.task}")
        return self.thresholds[0]

    @property
    def classification(self) -> OutputSpec | None:
        """The output that classifies, or None."""
        return next((output for output in self.outputs if output.kind == "classification"), None)

    @property
    def segmentation(self) -> OutputSpec | None:
        """The output that segments, or None."""
        return next((output for output in self.outputs if output.kind == "segmentation"), None)

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
