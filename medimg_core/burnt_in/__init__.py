"""Marks that a machine burnt into an image: where they are, the image without them, and drawing them at random.

A network can learn the callipers instead of the lesion they measure. Trainings therefore paint out the marks of
their images, paint at random places as well (a painted place would be the next hint) and draw marks at random.
"""

from medimg_core.burnt_in.drawing import random_marks
from medimg_core.burnt_in.finding import find_marks
from medimg_core.burnt_in.painting import paint_out

__all__ = ["find_marks", "paint_out", "random_marks"]
