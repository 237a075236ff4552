"""Files in, studies out: DICOM, NIfTI, pictures and archives, the limits on them, typed access to headers."""

from medimg_core.io.headers import GateTags, gate_tags, patient_name, slice_thickness, study_date
from medimg_core.io.inspection import inspect, summary
from medimg_core.io.limits import LIMITS, Limits
from medimg_core.io.opening import open_study

__all__ = [
    "LIMITS",
    "GateTags",
    "Limits",
    "gate_tags",
    "inspect",
    "open_study",
    "patient_name",
    "slice_thickness",
    "study_date",
    "summary",
]
