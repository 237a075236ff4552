"""What the untrained detector of lung nodules can be told, in one frozen record."""

from dataclasses import dataclass

from medimg_core.errors import IncompatibleInputError

__all__ = ["NoduleSettings"]


@dataclass(frozen=True)
class NoduleSettings:
    """Thresholds of :class:`medimg_core.detection.detector.BlobDetector`; a result carries them.

    None was fitted to patients. Lengths in mm, values in HU, shares 0 to 1. A score falls evenly to 0 at each of
    ``most_elongation``, ``most_attached`` and ``most_outside``.

    Attributes:
        smallest: Least diameter; below 3 mm a nodule is a micronodule (Bankier et al., Radiology 2017).
        smallest_glass: Least diameter of ground glass: smaller faint spots are vessels in partial volume as a rule,
            and below 6 mm nobody is followed up (MacMahon et al., Radiology 2017).
        largest: Greatest diameter; 30 mm divides nodule from mass (Bankier et al.).
        thickest_slice: Greatest distance between slices; LUNA16 left out more than 2.5 mm (Setio et al., Med Image
            Anal 2017).
        noted_slice: Distance between slices above which the result says that small nodules may be missed.
        least_contrast: Least difference to the lung around; ground glass has about 100 to 400.
        clip: Values are cut here before filtering, so that calcium and metal do not outshine soft tissue.
        closing: Radius of the ball that closes the lungs over vessels and what touches the pleura.
        least_lung_ml: Smallest part of a lung, ml.
        least_dot: Response of the dot filter, over that of a ball of ``least_contrast``, from which on a peak counts.
        most_peaks: Strongest peaks that are looked at; bounds the time.
        most_elongation: Longest over shortest axis.
        most_attached: Share of a shell around a candidate that is as dense as it is: vessels that enter and leave.
        most_outside: Share of that shell outside the lungs; one half is free, as for a ball on a wall.
        least_solidity: Voxels over those of the convex hull.
        least_score: Candidates below are left out.
        most_candidates: Best that are kept, at most 255, as labels are ``uint8``.
    """

    smallest: float = 3.0
    smallest_glass: float = 5.0
    largest: float = 30.0
    thickest_slice: float = 3.0
    noted_slice: float = 1.5
    least_contrast: float = 150.0
    clip: tuple[float, float] = (-1000.0, 200.0)
    closing: float = 10.0
    least_lung_ml: float = 50.0
    least_dot: float = 0.5
    most_peaks: int = 400
    most_elongation: float = 2.5
    most_attached: float = 0.3
    most_outside: float = 0.75
    least_solidity: float = 0.7
    least_score: float = 0.6
    most_candidates: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.smallest < self.largest:
            raise IncompatibleInputError(
                f"diameters must satisfy 0 < smallest < largest, got {self.smallest:g} and {self.largest:g} mm"
            )
        if not 1 <= self.most_candidates <= 255:
            raise IncompatibleInputError(f"most_candidates must lie in 1..255, got {self.most_candidates}")
        if self.most_peaks < 1:
            raise IncompatibleInputError(f"most_peaks must be 1 or more, got {self.most_peaks}")
        if not self.clip[0] < self.clip[1]:
            raise IncompatibleInputError(f"clip must grow, got {self.clip[0]:g} and {self.clip[1]:g} HU")
        if not (self.most_elongation > 1 and 0 < self.most_attached <= 1 and 0.5 < self.most_outside <= 1):
            raise IncompatibleInputError(
                "most_elongation must be above 1, most_attached in 0..1 and most_outside above 0.5 and up to 1, got "
                f"{self.most_elongation:g}, {self.most_attached:g} and {self.most_outside:g}"
            )
