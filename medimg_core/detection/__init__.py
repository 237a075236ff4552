"""Lung nodules on CT: candidates with their sizes, from a detector that needs no training or from any other."""

from medimg_core.detection.detector import BlobDetector
from medimg_core.detection.nodules import NoduleCandidate, NoduleDetector, NoduleList
from medimg_core.detection.settings import NoduleSettings

__all__ = ["BlobDetector", "NoduleCandidate", "NoduleDetector", "NoduleList", "NoduleSettings"]
