"""What stands on a picture of whose it is and what it is; no name, no identifier."""

from medimg_core.study import Series, Study, Volume
from pages._ui.language import _

__all__ = ["patient_lines", "series_lines"]


def patient_lines(study: Study) -> tuple[str, str]:
    """The patient tag: pseudonym, then age and sex."""
    patient = study.patient
    age = _("{age:.3g} y").format(age=patient.age) if patient.age is not None else _("age unknown")
    return patient.pseudonym, f"{age}  {patient.sex or _('sex unknown')}"


def series_lines(study: Study, series: Series, volume: Volume) -> tuple[str, ...]:
    """Date, series, and the side where a tag names it."""
    side = {"L": _("Left side"), "R": _("Right side"), "B": _("Both sides")}
    title = " ".join(filter(None, (series.modality, series.description, series.part)))
    laterality = side.get((volume.planar and volume.planar.laterality) or "", "")
    return tuple(filter(None, (study.date or _("no date"), title, laterality)))
