"""One input, one forward pass, one result that carries the identity of what it came from."""

from medimg_core.inference.classify import classify
from medimg_core.inference.fits import fits
from medimg_core.inference.model_input import model_input
from medimg_core.inference.segment import segment

__all__ = ["classify", "fits", "model_input", "segment"]
