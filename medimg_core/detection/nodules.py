"""Candidate nodules of a CT, and what every detector of them gives: the place where a trained model fits in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Point
from medimg_core.study import Volume

__all__ = ["NoduleCandidate", "NoduleDetector", "NoduleList", "Progress"]

Progress = Callable[[int, int, str], None]
"""Called as ``progress(done, total, text)``; may raise :class:`medimg_core.errors.Cancelled`."""


@dataclass(frozen=True)
class NoduleCandidate:
    """A spot that may be a nodule; a reader decides.

    Attributes:
        label: Value of its voxels in :attr:`NoduleList.labels`, from 1 in the order of the scores.
        voxel: Centroid, (slice, row, column) of the volume.
        lps_mm: Centroid, LPS mm.
        long_mm: Longest calliper width in the transverse section of the largest area, mm.
        short_mm: Longest width across it in that section, mm.
        volume_mm3: With the ground glass around a solid part, without vessels.
        mean_hu: Over all of that volume, its edge included.
        score: 0 to 1, how ball-like and free it is; ranks candidates, is no probability.
        density: ``"solid"``, ``"part_solid"`` or ``"ground_glass"``.
        touches: Of ``"pleura"`` and ``"vessel"`` those that it touches.
        elongation: Longest over shortest axis of the ellipsoid with the same second moments, 1 and above.
        solidity: Its voxels over those of its convex hull, 0 to 1.
    """

    label: int
    voxel: Point
    lps_mm: tuple[float, float, float]
    long_mm: float
    short_mm: float
    volume_mm3: float
    mean_hu: float
    score: float
    density: str
    touches: tuple[str, ...] = ()
    elongation: float = 1.0
    solidity: float = 1.0

    @property
    def diameter_mm(self) -> float:
        """Mean of long and short axis, mm, as the Fleischner Society measures (MacMahon et al., Radiology 2017)."""
        return (self.long_mm + self.short_mm) / 2


@dataclass(frozen=True, eq=False)
class NoduleList:
    """What a detector said about one volume.

    Attributes:
        fingerprint: :attr:`medimg_core.study.Volume.fingerprint` of the volume.
        method: Stable name of the detector.
        sources: Papers its steps come from, each as a citation.
        evidence: What its figures were measured on, a sentence to show beside the result.
        parameters: All it was run with.
        candidates: Highest score first.
        labels: Label of each voxel, 0 elsewhere, ``uint8``, shape of the volume; read-only. Where two overlap, the
            higher score has the voxel.
        notes: What the reader should know of this volume, in words.
        weights_sha256: Of a trained model, ``""`` without one.
    """

    fingerprint: str
    method: str
    sources: tuple[str, ...]
    evidence: str
    parameters: Mapping[str, Any]
    candidates: tuple[NoduleCandidate, ...]
    labels: npt.NDArray[np.uint8] = field(repr=False)
    notes: tuple[str, ...] = ()
    weights_sha256: str = ""

    def __post_init__(self) -> None:
        scores = [candidate.score for candidate in self.candidates]
        if scores != sorted(scores, reverse=True):
            raise IncompatibleInputError("candidates must be sorted by score, highest first")
        if self.labels.ndim != 3 or self.labels.dtype != np.uint8:
            raise IncompatibleInputError(
                f"labels must be uint8 with 3 axes, got {self.labels.dtype} with {self.labels.ndim}"
            )
        self.labels.setflags(write=False)


class NoduleDetector(Protocol):
    """Anything that finds nodules: the untrained one here, or a trained model."""

    @property
    def method(self) -> str:
        """Stable name, as in :attr:`NoduleList.method`."""

    def detect(self, volume: Volume, progress: Progress | None = None) -> NoduleList:
        """Find candidates in a CT of the chest.

        Args:
            volume: In HU, with geometry.
            progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

        Raises:
            IncompatibleInputError: The volume is not in HU, or lacks what detection needs.
            NotApplicableError: The volume is no such CT, or its slices are too far apart.
        """
