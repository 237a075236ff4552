"""How well a detector finds nodules: hits, false positives, the FROC curve, errors of size.

Conventions of LUNA16 (Setio et al., "Validation, comparison, and combination of algorithms for automatic detection of
pulmonary nodules in computed tomography images: the LUNA16 challenge", Med Image Anal 42 (2017) 1-13): a candidate hits
a nodule when its centre lies within the nodule's radius; of several that hit the same one the highest score counts and
the others are neither hits nor false positives; sensitivity is read at 1/8 to 8 false positives a scan, and its mean
there is the competition performance metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimg_core.detection import NoduleList
from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import FloatArray

__all__ = ["RATES", "Froc", "Scan", "TrueNodule", "froc", "judge"]

RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives a scan at which LUNA16 reads the sensitivity."""


@dataclass(frozen=True)
class TrueNodule:
    """A nodule that is known to be there.

    Attributes:
        lps_mm: Centre, LPS mm.
        diameter_mm: Above zero.
        kind: Free word to tell groups apart, e.g. ``"ground_glass"``.
    """

    lps_mm: tuple[float, float, float]
    diameter_mm: float
    kind: str = ""

    def __post_init__(self) -> None:
        if not self.diameter_mm > 0:
            raise IncompatibleInputError(f"a nodule's diameter must be above zero, got {self.diameter_mm:g} mm")


@dataclass(frozen=True)
class Scan:
    """What a detector made of one scan with known truth.

    Attributes:
        truth: All nodules of the scan.
        hit_scores: Of each nodule the highest score that hit it, None where it was missed.
        false_scores: Scores of the candidates that hit nothing, highest first.
        size_errors: Of each nodule that was hit, measured less true diameter, mm; None where it was missed.
    """

    truth: tuple[TrueNodule, ...]
    hit_scores: tuple[float | None, ...]
    false_scores: tuple[float, ...]
    size_errors: tuple[float | None, ...]


@dataclass(frozen=True)
class Froc:
    """Free-response operating characteristic over some scans.

    Attributes:
        scans: Number of scans.
        nodules: Number of nodules in them.
        thresholds: Scores, falling: each candidate at or above counts.
        sensitivity: Share of the nodules that are hit at each threshold.
        false_positives: A scan, at each threshold.
    """

    scans: int
    nodules: int
    thresholds: tuple[float, ...]
    sensitivity: tuple[float, ...]
    false_positives: tuple[float, ...]

    def at_rate(self, rate: float) -> float:
        """Highest sensitivity with at most so many false positives a scan."""
        return max((s for s, f in zip(self.sensitivity, self.false_positives, strict=True) if f <= rate), default=0.0)

    def at_score(self, score: float) -> tuple[float, float]:
        """Sensitivity and false positives a scan where candidates of at least this score count."""
        reached = [number for number, threshold in enumerate(self.thresholds) if threshold >= score]
        return (self.sensitivity[reached[-1]], self.false_positives[reached[-1]]) if reached else (0.0, 0.0)

    @property
    def performance(self) -> float:
        """Mean sensitivity at :data:`RATES`."""
        return float(np.mean([self.at_rate(rate) for rate in RATES]))


def judge(found: NoduleList, truth: Sequence[TrueNodule]) -> Scan:
    """Hold what was found in a scan against what is there.

    A candidate that lies in two nodules hits the one whose centre is nearer in radii.

    Args:
        found: Of the scan.
        truth: All of its nodules.

    Examples:
        >>> none = NoduleList("", "test", (), "", {}, (), np.zeros((1, 1, 1), np.uint8))
        >>> judge(none, [TrueNodule((0.0, 0.0, 0.0), 6.0)]).hit_scores
        (None,)
    """
    centres = np.array([nodule.lps_mm for nodule in truth], dtype=np.float64).reshape(-1, 3)
    radii = np.array([nodule.diameter_mm / 2 for nodule in truth])
    scores: list[float | None] = [None] * len(truth)
    errors: list[float | None] = [None] * len(truth)
    false = []
    for candidate in found.candidates:  # highest score first
        nodule = _nearest(np.array(candidate.lps_mm), centres, radii)
        if nodule is None:
            false.append(candidate.score)
        elif scores[nodule] is None:
            scores[nodule] = candidate.score
            errors[nodule] = candidate.diameter_mm - truth[nodule].diameter_mm
    return Scan(tuple(truth), tuple(scores), tuple(false), tuple(errors))


def froc(scans: Sequence[Scan]) -> Froc:
    """The curve over scans; scans without nodules count for the false positives.

    Raises:
        IncompatibleInputError: No scan, or no nodule in any of them.
    """
    nodules = sum(len(scan.truth) for scan in scans)
    if not nodules:
        raise IncompatibleInputError("a FROC curve needs at least one nodule, got none")
    hits = np.array([score for scan in scans for score in scan.hit_scores if score is not None])
    false = np.array([score for scan in scans for score in scan.false_scores])
    thresholds = np.unique(np.concatenate([hits, false]))[::-1]
    return Froc(
        len(scans),
        nodules,
        tuple(float(value) for value in thresholds),
        tuple(float(np.count_nonzero(hits >= value) / nodules) for value in thresholds),
        tuple(float(np.count_nonzero(false >= value) / len(scans)) for value in thresholds),
    )


def _nearest(place: FloatArray, centres: FloatArray, radii: FloatArray) -> int | None:
    """The nodule that a place lies in."""
    if not len(radii):
        return None
    away = np.linalg.norm(centres - place, axis=1) / radii
    nearest = int(np.argmin(away))
    return nearest if away[nearest] <= 1 else None
