"""Planted evidence: networks and images whose true region is known, to try explanations and their audit on.

A method that misses the mark here, or an audit that lets a wrong map pass, is wrong everywhere.
"""

from medimg_core.explain.planted.cards import planted_card, planted_folder
from medimg_core.explain.planted.images import PlantedImage, planted_image

__all__ = ["PlantedImage", "planted_card", "planted_folder", "planted_image"]
