"""Lung nodules without training: lung mask, dot filter at all sizes, growth at half contrast, rules against vessels.

Sources stand in :data:`SOURCES` and beside each step. Its figures (``python -m benchmarks.nodules``) are of phantoms
with known truth, none is of a patient: phantom nodules are balls, phantom lungs have neither disease nor motion, and a
reader must expect both more misses and more false alarms in people.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np

from medimg_core.detection.blobs import Peak, peaks
from medimg_core.detection.grid import Grid, Mask, Stack, stack_of
from medimg_core.detection.growing import Body, grow
from medimg_core.detection.lungs import Lungs, find_lungs
from medimg_core.detection.measures import BONE, Measures, measure
from medimg_core.detection.nodules import NoduleCandidate, NoduleList, Progress
from medimg_core.detection.settings import NoduleSettings
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.geometry import FloatArray
from medimg_core.study import AnyArray, Volume

__all__ = ["EVIDENCE", "SOURCES", "BlobDetector"]

EVIDENCE = (
    "Measured on phantoms with known nodules only, on no patient: what it finds is a hint, what it does not find "
    "may be there."
)
SOURCES = (
    "Hu S, Hoffman EA, Reinhardt JM. IEEE Trans Med Imaging 2001;20:490-498 (lung threshold)",
    "Armato SG, Sensakovic WF. Acad Radiol 2004;11:1011-1021 (juxtapleural nodules kept by a rolling ball)",
    "Li Q, Sone S, Doi K. Med Phys 2003;30:2040-2051 (dot filter at several scales)",
    "Kostis WJ et al. IEEE Trans Med Imaging 2003;22:1259-1274 (vessels cut off by opening)",
    "MacMahon H et al. Radiology 2017;284:228-243 (long and short axis)",
)

_TOUCHING = {"pleura": 0.05, "vessel": 0.03}  # share of the shell, above what blur leaves there
_MOST_BONE = 0.15  # share of the shell of a candidate that is as dense as bone: more, and it is the end of a rib
_MOST_SHEAR = 2.0  # degrees; beyond, balls are no longer balls in index space
_LEAST_EXTENT = 10.0  # mm; a thinner stack shows no ball whole
_LUNGS, _PEAKS, _TOTAL = 20, 55, 100  # progress after each step


@dataclass(frozen=True, eq=False)
class _Grown:
    """A candidate before it has a label; its voxels on a fine grid of its own."""

    grid: Grid
    mask: Mask
    density: str
    measures: Measures
    score: float

    def holds(self, place: FloatArray) -> bool:
        """Whether a place, mm of the stack, lies in it."""
        index = self.grid.nearest(place)
        return bool((index >= 0).all() and (index < self.grid.shape).all() and self.mask[tuple(index)])


@dataclass(frozen=True)
class BlobDetector:
    """The untrained detector; a :class:`medimg_core.detection.nodules.NoduleDetector`.

    Attributes:
        settings: Its thresholds.

    Examples:
        >>> BlobDetector(NoduleSettings(smallest=4.0)).method
        'lung_nodules_dot_filter'
    """

    settings: NoduleSettings = field(default_factory=NoduleSettings)
    method: ClassVar[str] = "lung_nodules_dot_filter"

    def detect(self, volume: Volume, progress: Progress | None = None) -> NoduleList:
        """Find candidates in a CT of the chest, in any orientation of its axes.

        Args:
            volume: In HU, shape ``(slices, rows, columns)``, with geometry.
            progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

        Returns:
            Candidates of at least ``least_score``, highest first, and their mask.

        Raises:
            IncompatibleInputError: Not in HU, without geometry, or with a time or colour axis.
            NotApplicableError: Slices too far apart, a tilted gantry, a stack too thin, or no lung in it.
        """
        notes = _checked(volume, self.settings)
        say: Progress = progress or (lambda done, total, text: None)
        stack = stack_of(volume)
        say(0, _TOTAL, "lungs")
        lungs = find_lungs(stack, self.settings)
        found: list[Peak] = []
        say(_LUNGS, _TOTAL, "round spots")
        for share, more in peaks(stack, lungs, self.settings):
            found += more
            say(_LUNGS + int(share * (_PEAKS - _LUNGS)), _TOTAL, "round spots")
        grown = self._grown(stack, lungs, found, say)
        labels = np.zeros(volume.shape, dtype=np.uint8)
        view = stack.turned_view(labels)
        for number, one in enumerate(grown, start=1):
            _paint(view, stack, one, number)
        say(_TOTAL, _TOTAL, "done")
        return NoduleList(
            fingerprint=volume.fingerprint,
            method=self.method,
            sources=SOURCES,
            evidence=EVIDENCE,
            parameters=asdict(self.settings),
            candidates=tuple(_candidate(one, number, stack, volume) for number, one in enumerate(grown, start=1)),
            labels=labels,
            notes=notes,
        )

    def _grown(self, stack: Stack, lungs: Lungs, found: Iterable[Peak], say: Progress) -> list[_Grown]:
        chosen = _apart(found, self.settings.most_peaks)
        grown: list[_Grown] = []
        for number, peak in enumerate(chosen):
            say(_PEAKS + (_TOTAL - _PEAKS) * number // len(chosen), _TOTAL, "shapes")
            body = grow(stack, lungs, peak, self.settings)
            if body is None:
                continue
            measures = measure(body)
            score = _score(measures, peak, self.settings)
            if score >= self.settings.least_score and _fits(body, measures, self.settings):
                grown.append(_Grown(body.grid, body.mask, body.density, measures, score))
        grown.sort(key=lambda one: -one.score)
        kept: list[_Grown] = []
        for one in grown:
            if not any(other.holds(one.measures.centre) for other in kept):
                kept.append(one)
        return kept[: self.settings.most_candidates]


def _checked(volume: Volume, settings: NoduleSettings) -> tuple[str, ...]:
    """Notes on a volume that can be searched.

    Raises:
        IncompatibleInputError: It lacks what the search needs.
        NotApplicableError: It cannot show nodules.
    """
    if volume.frames_axis or volume.colour:
        raise IncompatibleInputError("lung nodules are looked for in one grey volume, got a time or colour axis")
    if volume.unit != "HU":
        raise IncompatibleInputError(f"lung nodules are looked for in HU, got a volume whose unit is {volume.unit}")
    geometry = volume.geometry
    if geometry is None:
        raise IncompatibleInputError("lung nodules are measured in mm, got a volume without geometry")
    if len({"LRAPSI".index(letter) // 2 for letter in geometry.orientation}) < 3:
        raise NotApplicableError(
            "the axes of a stack must point along three different axes of the body, "
            f"got one turned by {geometry.obliqueness:.0f} degrees"
        )
    widest = max(geometry.spacing)
    if widest > settings.thickest_slice:
        raise NotApplicableError(
            f"lung nodules are not measured on slices more than {settings.thickest_slice:g} mm apart, got {widest:g} mm"
        )
    if geometry.shear > _MOST_SHEAR:
        raise NotApplicableError(
            f"lung nodules are looked for in slices that lie straight above each other within {_MOST_SHEAR:g} degrees, "
            f"got {geometry.shear:.1f} degrees of gantry tilt: straighten the volume first"
        )
    extent = min(n * s for n, s in zip(volume.shape, geometry.spacing, strict=True))
    if extent < _LEAST_EXTENT:
        raise NotApplicableError(
            f"lung nodules are looked for in stacks of at least {_LEAST_EXTENT:g} mm, got {extent:g} mm"
        )
    if widest <= settings.noted_slice:
        return ()
    return (
        f"Slices lie {widest:.1f} mm apart: nodules smaller than about {2 * widest:.0f} mm may be missed, "
        "and sizes are less sure.",
    )


def _apart(found: Iterable[Peak], most: int) -> list[Peak]:
    """Strongest peaks, none within the radius of a stronger one."""
    ordered = sorted(found, key=lambda peak: -peak.dot)
    places = np.array([peak.place for peak in ordered]).reshape(-1, 3)
    free = np.ones(len(ordered), dtype=np.bool_)
    chosen: list[Peak] = []
    for number, peak in enumerate(ordered):
        if len(chosen) == most:
            break
        if free[number]:
            chosen.append(peak)
            free &= np.linalg.norm(places - places[number], axis=1) >= 2 * peak.sigma
    return chosen


def _score(measures: Measures, peak: Peak, settings: NoduleSettings) -> float:
    """Geometric mean of how short, free, round and surrounded by lung it is, each 0 to 1."""
    parts = (
        (settings.most_elongation - measures.elongation) / (settings.most_elongation - 1),
        1 - measures.attached / settings.most_attached,
        peak.roundness,
        (settings.most_outside - measures.outside) / (settings.most_outside - 0.5),
    )
    return float(np.prod(np.clip(parts, 0, 1)) ** (1 / len(parts)))


def _fits(body: Body, measures: Measures, settings: NoduleSettings) -> bool:
    least = settings.smallest_glass if body.density == "ground_glass" else settings.smallest
    rib = measures.mean > BONE and measures.bone > _MOST_BONE
    whole = measures.solidity >= settings.least_solidity
    return least <= measures.diameter <= settings.largest and whole and not rib


def _candidate(one: _Grown, label: int, stack: Stack, volume: Volume) -> NoduleCandidate:
    assert volume.geometry is not None
    measures = one.measures
    index = stack.to_volume(measures.centre)
    world = volume.geometry.to_world(index)
    shares = {"pleura": measures.outside, "vessel": measures.attached}
    return NoduleCandidate(
        label=label,
        voxel=(float(index[0]), float(index[1]), float(index[2])),
        lps_mm=(float(world[0]), float(world[1]), float(world[2])),
        long_mm=measures.long,
        short_mm=measures.short,
        volume_mm3=measures.volume,
        mean_hu=measures.mean,
        score=one.score,
        density=one.density,
        touches=tuple(name for name, least in _TOUCHING.items() if shares[name] > least),
        elongation=measures.elongation,
        solidity=measures.solidity,
    )


def _paint(view: AnyArray, stack: Stack, one: _Grown, label: int) -> None:
    """Give free voxels whose centre lies in a candidate its label; changes ``view``, shape of the stack."""
    low = np.array(one.grid.origin)
    high = low + one.grid.step * (np.array(one.grid.shape) - 1)
    first = np.maximum(np.ceil(low / stack.spacing), 0).astype(int)
    last = np.minimum(np.floor(high / stack.spacing), np.array(view.shape) - 1).astype(int)
    axes = [
        np.rint((np.arange(a, b + 1) * s - o) / one.grid.step).astype(int)
        for a, b, s, o in zip(first, last, stack.spacing, low, strict=True)
    ]
    part = view[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))]
    part[one.mask[np.ix_(*axes)] & (part == 0)] = label
