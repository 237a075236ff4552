"""What the core says about a volume. A result carries the identity of what it came from."""

from medimg_core.results.audit import Audit, AuditItem, Verdict
from medimg_core.results.explanation import Explanation, ExplanationStack
from medimg_core.results.gate import GateOutcome, GateReason
from medimg_core.results.measurement import Measurement, Point
from medimg_core.results.prediction import Activations, Prediction
from medimg_core.results.probe import Perturbed, RegionProbe, Variant
from medimg_core.results.segmentation import Flag, MaskLabel, Region, Segmentation

__all__ = [
    "Activations",
    "Audit",
    "AuditItem",
    "Explanation",
    "ExplanationStack",
    "Flag",
    "GateOutcome",
    "GateReason",
    "MaskLabel",
    "Measurement",
    "Perturbed",
    "Point",
    "Prediction",
    "Region",
    "RegionProbe",
    "Segmentation",
    "Variant",
    "Verdict",
]
