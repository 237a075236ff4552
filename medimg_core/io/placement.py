"""Where a sorted stack lies: an affine when the tags agree on one, letters and pixel size when they do not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medimg_core.errors import GeometryError
from medimg_core.geometry import FloatArray, Geometry, PlanarGeometry, direction_letters
from medimg_core.io.elements import has, integer, items, number, numbers, text, texts
from medimg_core.io.planes import Plane

__all__ = ["Placement", "place_single", "place_stack"]

EVEN_STEPS = 0.01
"""Steps that differ by no more than this share count as even."""
TOLERATED_STEPS = 0.05
"""Up to this share an affine with the mean step is kept, with a warning: PET bed overlaps differ by about 2.5 %."""
LEAST_TILT = 0.5
"""Angle between step and normal from which a stack counts as tilted, in degrees; positions are rounded."""
_AXES = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "H": (2, 1), "S": (2, 1), "F": (2, -1), "I": (2, -1)}
_PROJECTION_UNIT_CM = 3  # PhysicalUnitsXDirection 3 is cm (PS3.3 C.8.5.5.1.15)


@dataclass(frozen=True)
class Placement:
    """Outcome of placing a stack.

    Attributes:
        geometry: Affine geometry, or None.
        planar: Letters and in-plane spacing where there is no affine.
        warnings: Why not, and what deserves a look.
    """

    geometry: Geometry | None = None
    planar: PlanarGeometry | None = None
    warnings: tuple[str, ...] = ()


def place_stack(planes: Sequence[Plane]) -> Placement:
    """Find the affine of planes sorted along their normal.

    A false affine is worse than none: with missing slices or uneven steps (beyond 5 %) there is none,
    and only letters and in-plane spacing are given.

    Args:
        planes: One time point of a stack, in slice order.
    """
    first, normal = planes[0], planes[0].normal
    if first.orientation is None or any(plane.position is None for plane in planes):
        return place_single(first)
    if normal is None:
        return Placement(warnings=("ImageOrientationPatient holds no two directions: no orientation is shown",))
    if first.spacing is None or any(plane.spacing is None for plane in planes):
        return Placement(planar=_in_plane(first), warnings=("no PixelSpacing: distances cannot be measured",))
    return _placed(planes, first.orientation, first.spacing, normal)


def _placed(
    planes: Sequence[Plane], orientation: FloatArray, spacing: tuple[float, float], normal: FloatArray
) -> Placement:
    first, positions = planes[0], np.asarray([plane.position for plane in planes])
    if any(plane.spacing is None or not _same(plane.spacing, spacing) for plane in planes):
        return Placement(warnings=("pixel spacing changes from slice to slice: distances cannot be measured",))
    step, warnings = _single_step(first, normal) if len(planes) == 1 else _stack_step(positions, normal)
    if step is None:
        return Placement(planar=_in_plane(first), warnings=warnings)
    try:
        geometry = Geometry.from_dicom(
            orientation=orientation.tolist(),
            position=positions[0].tolist(),
            pixel_spacing=spacing,
            slice_step=step.tolist(),
        )
    except GeometryError as error:
        return Placement(warnings=(*warnings, f"no geometry: {error}"))
    return Placement(geometry, warnings=(*warnings, *_tilt(geometry, first)))


def _same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return bool(np.allclose(one, other, rtol=1e-3, atol=0))


def _single_step(plane: Plane, normal: FloatArray) -> tuple[FloatArray | None, tuple[str, ...]]:
    header = plane.instance.header
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        length = number(header, keyword)
        if length is not None and length > 0:
            return normal * length, ()
    thickness = _functional_thickness(header)
    if thickness is not None:
        return normal * thickness, ()
    return None, ("a single slice without SliceThickness: it has letters and pixel size, but no depth",)


def _functional_thickness(header: object) -> float | None:
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in items(header, keyword)[:1]:
            for measures in items(group, "PixelMeasuresSequence"):
                value = number(measures, "SliceThickness")
                if value is not None and value > 0:
                    return value
    return None


def _stack_step(positions: FloatArray, normal: FloatArray) -> tuple[FloatArray | None, tuple[str, ...]]:
    steps = np.diff(positions, axis=0)
    along = steps @ normal
    median = float(np.median(along))
    if median <= 0:
        return None, ("slices lie at the same position: distances between them are unknown",)
    deviation = np.linalg.norm(steps - np.median(steps, axis=0), axis=1)
    worst = float(deviation.max())
    mean = (positions[-1] - positions[0]) / len(steps)
    drift = np.linalg.norm(positions - positions[0] - np.arange(len(positions))[:, None] * mean, axis=1)
    length = float(np.linalg.norm(np.median(steps, axis=0)))
    if worst <= max(EVEN_STEPS * length, 0.01):
        return np.asarray(mean), ()
    if worst <= TOLERATED_STEPS * length and float(drift.max()) <= length / 2:
        low, high = float(along.min()), float(along.max())
        return np.asarray(mean), (
            f"slice spacing varies from {low:.2f} to {high:.2f} mm; the mean of {float(mean @ normal):.3f} mm is used, "
            f"which misplaces no slice by more than {float(drift.max()):.2f} mm",
        )
    return None, (_unevenness(along, steps, normal),)


def _unevenness(along: FloatArray, steps: FloatArray, normal: FloatArray) -> str:
    smallest = float(along.min())
    sideways = steps - along[:, None] * normal
    spread = np.linalg.norm(sideways - np.median(sideways, axis=0), axis=1)
    multiples = along / smallest
    nearest = np.rint(multiples)
    if np.abs(multiples - nearest).max() <= TOLERATED_STEPS * nearest.max() and nearest.max() > 1:
        missing = int((nearest - 1).sum())
        places = np.flatnonzero(nearest > 1)
        where = ", ".join(f"after slice {int(place) + 1}" for place in places[:3])
        more = f" and {len(places) - 3} more places" if len(places) > 3 else ""
        return (
            f"{missing} slice{'s seem' if missing > 1 else ' seems'} to be missing ({where}{more}): "
            "no 3-D geometry, volumes and reformats would be wrong"
        )
    if float(spread.max()) > TOLERATED_STEPS * smallest and np.allclose(along, smallest, rtol=0.05):
        return "slices are shifted sideways unevenly: no 3-D geometry, volumes and reformats would be wrong"
    return (
        f"uneven slice spacing, from {smallest:.2f} to {float(along.max()):.2f} mm: "
        "no 3-D geometry, volumes and reformats would be wrong"
    )


def _tilt(geometry: Geometry, plane: Plane) -> tuple[str, ...]:
    header = plane.instance.header
    if geometry.shear >= LEAST_TILT:
        what = "gantry tilt" if text(header, "Modality").upper() == "CT" else "slices step at a slant"
        return (f"{what} of {geometry.shear:.1f} degrees: shown as acquired, not straightened",)
    return ()


def _in_plane(plane: Plane) -> PlanarGeometry | None:
    assert plane.orientation is not None
    try:
        right, bottom = direction_letters(plane.orientation[:3]), direction_letters(plane.orientation[3:])
    except GeometryError:
        return None
    return PlanarGeometry(right, bottom, plane.spacing, None if plane.spacing is None else "patient")


def place_single(plane: Plane) -> Placement:
    """What the tags of a projection, an ultrasound or an unplaced frame say; empty when they say nothing.

    Letters come from PatientOrientation (PS3.3 C.7.6.1.1.1), the side from ImageLaterality or
    Laterality, millimetres from PixelSpacing, else ImagerPixelSpacing at the detector (PS3.3
    10.7.1.3), for ultrasound from its regions.
    """
    header = plane.instance.header
    letters, warnings = _patient_orientation(header)
    spacing, source = _planar_spacing(header)
    side = text(header, "ImageLaterality").upper() or text(header, "Laterality").upper()
    laterality = side if side in ("L", "R", "B") else None
    if letters is None and spacing is None and laterality is None:
        return Placement(warnings=warnings)
    right, bottom = letters or (None, None)
    return Placement(planar=PlanarGeometry(right, bottom, spacing, source, laterality), warnings=warnings)


def _patient_orientation(header: object) -> tuple[tuple[str, str] | None, tuple[str, ...]]:
    values = tuple(value.upper() for value in texts(header, "PatientOrientation"))
    if len(values) != 2 or not all(values) or any(set(value) - set("LRAPHFIS") for value in values):
        return None, ()
    if _contradictory(*values):
        return None, ("PatientOrientation contradicts itself: no direction letters are shown",)
    return (values[0], values[1]), ()


def _contradictory(right: str, bottom: str) -> bool:
    """Whether no two directions at right angles have these letters; small components may have been left out."""
    across, down = ([_AXES[letter] for letter in value] for value in (right, bottom))
    if any(len({axis for axis, _ in letters}) < len(letters) for letters in (across, down)):
        return True  # one direction cannot point both ways, or the same way twice
    products = [one * other for axis, one in across for same, other in down if axis == same]
    return len(set(products)) == 1 and (len(products) > 1 or across[0][0] == down[0][0])


def _planar_spacing(header: object) -> tuple[tuple[float, float] | None, str | None]:
    modality = text(header, "Modality").upper()
    if items(header, "SequenceOfUltrasoundRegions"):
        region = _region_spacing(header)
        return region, None if region is None else "region"
    own, imager = _spacing(header, "PixelSpacing"), _spacing(header, "ImagerPixelSpacing")
    if modality in ("US", "IVUS"):
        return None, None  # only regions say what part of an ultrasound picture is to scale
    if own is not None:
        # uncalibrated systems copy the detector's spacing; CALIBRATION type or a difference says otherwise
        calibrated = text(header, "PixelSpacingCalibrationType").upper() in ("GEOMETRY", "FIDUCIAL")
        copied = imager is not None and _same(own, imager) and not calibrated
        return own, "detector" if copied else "patient"
    if imager is not None:
        return imager, "detector"
    nominal = _spacing(header, "NominalScannedPixelSpacing")
    return (nominal, "detector") if nominal is not None else (None, None)


def _spacing(header: object, keyword: str) -> tuple[float, float] | None:
    values = numbers(header, keyword) if has(header, keyword) else ()
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _region_spacing(header: object) -> tuple[float, float] | None:
    """Millimetres of a pixel when all spatial regions agree (PS3.3 C.8.5.5)."""
    found: set[tuple[float, float]] = set()
    for region in items(header, "SequenceOfUltrasoundRegions"):
        units = integer(region, "PhysicalUnitsXDirection"), integer(region, "PhysicalUnitsYDirection")
        across, down = number(region, "PhysicalDeltaX"), number(region, "PhysicalDeltaY")
        if units != (_PROJECTION_UNIT_CM, _PROJECTION_UNIT_CM) or not across or not down:
            return None  # a region of time, velocity or unknown units: millimetres would hold in a part only
        found.add((round(abs(down) * 10, 6), round(abs(across) * 10, 6)))
    return found.pop() if len(found) == 1 else None
