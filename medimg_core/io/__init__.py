"""Files in, studies out: DICOM, NIfTI, pictures and archives, the limits on them, typed access to headers."""

from medimg_core.io.headers import (
    GateTags,
    frame_of_reference,
    frame_times,
    gate_tags,
    interval_days,
    patient_name,
    same_patient,
    slice_thickness,
    study_date,
)
from medimg_core.io.inspection import inspect, summary
from medimg_core.io.limits import LIMITS, Limits
from medimg_core.io.niftiwriting import nifti_bytes, write_nifti
from medimg_core.io.opening import open_study

__all__ = [
    "LIMITS",
    "GateTags",
    "Limits",
    "frame_of_reference",
    "frame_times",
    "gate_tags",
    "inspect",
    "interval_days",
    "nifti_bytes",
    "open_study",
    "patient_name",
    "same_patient",
    "slice_thickness",
    "study_date",
    "summary",
    "write_nifti",
]
