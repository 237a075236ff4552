"""Typed access to the headers a series keeps: the only way from a Series to its DICOM tags.

A value that is absent or broken is None (or empty); nothing here raises on a damaged header.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from medimg_core.io.elements import code, display_text, items, number, text
from medimg_core.io.frametimes import frame_times, frames_by_header
from medimg_core.io.kinds import image_type
from medimg_core.io.mrsequence import mr_sequence
from medimg_core.io.patients import age_in_years, claims_agree, iso_date
from medimg_core.io.planes import frame_macros
from medimg_core.study import Series

__all__ = [
    "UNCODED",
    "GateTags",
    "frame_of_reference",
    "frame_times",
    "gate_tags",
    "interval_days",
    "patient_name",
    "same_patient",
    "slice_thickness",
    "study_date",
]

UNCODED = "?"
"""Stands for a value that is there and is no code: free text is not passed on, but the tag is not silent."""

_VIEW_CODES = {
    **dict.fromkeys(("399348003", "R-10206"), "AP"),
    **dict.fromkeys(("272479007", "R-40888"), "PA"),
    **dict.fromkeys(("399067008", "R-102CD", "399352003", "R-10228", "399260004", "R-10224"), "LATERAL"),
    **dict.fromkeys(("399173006", "R-10236"), "LL"),
    **dict.fromkeys(("399198007", "R-10232"), "RL"),
}
"""View codes as ViewPosition terms (PS3.16 CID 4010, SNOMED CT and its older SRT codes)."""


@dataclass(frozen=True)
class GateTags:
    """What the input gate asks of the tags.

    Attributes:
        modality: Modality, upper case, ``""`` where absent, :data:`UNCODED` for free text.
        body_part: BodyPartExamined, likewise.
        view_position: ViewPosition, likewise; where it is absent, what ViewCodeSequence says.
        sequence: MR sequence, one of :data:`~medimg_core.io.mrsequence.SEQUENCES`; ``""`` where nothing says it.
        image_type: Values of ImageType, upper case.
        age_years: PatientAge, or age at the study from the birth date, in years, or None.
        photometric: PhotometricInterpretation, or ``""``.
        laterality: ``"L"``, ``"R"``, ``"B"`` or None.
        burned_in_annotation: True or False where BurnedInAnnotation says so, else None.
        synthetic: SyntheticData is YES.
    """

    modality: str = ""
    body_part: str = ""
    view_position: str = ""
    sequence: str = ""
    image_type: tuple[str, ...] = ()
    age_years: float | None = field(default=None, repr=False)
    photometric: str = ""
    laterality: str | None = None
    burned_in_annotation: bool | None = None
    synthetic: bool = False


def _first(series: Series) -> Any | None:
    header = series.source[0] if series.source else None
    return header if hasattr(header, "get_item") else None  # NIfTI headers are of another kind


def gate_tags(series: Series) -> GateTags:
    """Read the gate's tags from the first header; empty ones for files that are not DICOM."""
    header = _first(series)
    if header is None:
        return GateTags(modality=series.modality, body_part=series.body_part, synthetic=series.synthetic)
    side = text(header, "ImageLaterality").upper() or text(header, "Laterality").upper()
    burned = text(header, "BurnedInAnnotation").upper()
    return GateTags(
        modality=_coded(text(header, "Modality")),
        body_part=_coded(text(header, "BodyPartExamined")),
        view_position=_view(header),
        sequence=mr_sequence(header, next((frame for _, frames in frames_by_header(series) for frame in frames), 0)),
        image_type=image_type(header),
        age_years=age_in_years(header),
        photometric=text(header, "PhotometricInterpretation").upper(),
        laterality=side if side in ("L", "R", "B") else None,
        burned_in_annotation={"YES": True, "NO": False}.get(burned),
        synthetic=text(header, "SyntheticData").upper() == "YES",
    )


def _coded(value: str) -> str:
    return code(value) or (UNCODED if value.strip() else "")


def _view(header: Any) -> str:
    raw = text(header, "ViewPosition").upper()
    if "LATERAL" in raw:
        return "LATERAL"
    if raw.strip():
        return _coded(raw)
    views = [text(item, "CodeValue") for item in items(header, "ViewCodeSequence")]
    return _VIEW_CODES.get(views[0], UNCODED) if views else ""


def patient_name(series: Series) -> str | None:
    """PatientName for a reader who asked to see it; never for messages, logs or files."""
    header = _first(series)
    name = display_text(header, "PatientName") if header is not None else ""
    return " ".join(name.replace("^", " ").split()) or None


def study_date(series: Series) -> str | None:
    """StudyDate as ``YYYY-MM-DD``, or None."""
    header = _first(series)
    return iso_date(text(header, "StudyDate")) if header is not None else None


def slice_thickness(series: Series) -> float | None:
    """SliceThickness in mm when all slices agree, or None. It is not the distance between slices.

    Enhanced multi-frame files say it for each frame (PixelMeasuresSequence).
    """
    found: set[float | None] = set()
    for header, frames in frames_by_header(series):
        measures = {id(entry): entry for entry in frame_macros(header, frames, "PixelMeasuresSequence")}.values()
        found |= {number(entry if entry is not None else header, "SliceThickness") for entry in measures}
        if not frames:
            found.add(number(header, "SliceThickness"))
    value = found.pop() if len(found) == 1 else None
    return value if value is not None and value > 0 else None


def frame_of_reference(series: Series) -> str | None:
    """FrameOfReferenceUID when all headers have the same one, else None.

    Series of one frame of reference share their coordinates: a place in one is the same place in the other.
    """
    found = {text(header, "FrameOfReferenceUID") for header in _dicom(series)}
    return (found.pop() or None) if len(found) == 1 else None


def same_patient(one: Series, other: Series) -> bool:
    """Whether the headers say that two series are of one patient.

    PatientID must be there and equal, and nothing may contradict it: neither two birth dates, nor two issuers of
    the identifier, nor two names where no equal birth date stands beside them (identifiers are only unique
    within their issuer). Files without PatientID are of nobody's: False.
    """
    first, second = _first(one), _first(other)
    return first is not None and second is not None and claims_agree(first, second)


def interval_days(current: Series, prior: Series) -> int | None:
    """Days from the prior's StudyDate to the current one's, above zero when the prior is earlier; None without both."""
    later, earlier = study_date(current), study_date(prior)
    if later is None or earlier is None:
        return None
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


def _dicom(series: Series) -> Iterator[Any]:
    return (header for header in series.source if hasattr(header, "get_item"))
