"""One person's proportions, and how people differ."""

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["ADULT", "Anatomy", "draw_anatomy"]


@dataclass(frozen=True)
class Anatomy:
    """One person's proportions; lengths in mm of a three-year-old, multiplied by ``scale``.

    Attributes:
        scale: 1 for the child, about 1.75 for an adult.
        half_width: Inner half-width of the rib cage at its widest.
        half_depth: Inner half-depth of the rib cage.
        wall: Thickness of the chest wall at the side.
        dome: Height z of the right diaphragm dome; inspiration lowers it.
        dome_step: How much lower the left dome stands.
        heart: Factor on the heart's size.
        thymus: Factor on the width of the upper mediastinum.
        rib_drop: How far a rib falls from spine to its front end.
        gas: Radius of the gastric air bubble.
        arm_angle: Direction of the upper arms, degrees above horizontal.
        chin: Height z of the chin.
        lung_density: Of aerated lung, relative to water.
    """

    scale: float = 1.0
    half_width: float = 82.0
    half_depth: float = 50.0
    wall: float = 9.0
    dome: float = -36.0
    dome_step: float = 7.0
    heart: float = 1.05
    thymus: float = 1.0
    rib_drop: float = 56.0
    gas: float = 11.0
    arm_angle: float = 40.0
    chin: float = 90.0
    lung_density: float = 0.32


ADULT = Anatomy(
    scale=1.72,
    half_width=80.0,
    half_depth=56.0,
    wall=9.0,
    dome=-44.0,
    dome_step=6.0,
    heart=0.86,
    thymus=0.62,
    rib_drop=56.0,
    arm_angle=-62.0,
    chin=122.0,
    lung_density=0.24,
)


def draw_anatomy(rng: np.random.Generator, *, adult: bool = False) -> Anatomy:
    """Vary habitus and inspiration around the mean child, or the mean adult.

    Args:
        rng: Source of chance; the same state draws the same person.
        adult: Draw around the adult.
    """
    base = ADULT if adult else Anatomy()
    spread = rng.normal(size=12).clip(-2, 2)
    return replace(
        base,
        half_width=base.half_width * (1 + 0.045 * spread[0]),
        half_depth=base.half_depth * (1 + 0.05 * spread[1]),
        wall=base.wall * (1 + 0.18 * spread[2]),
        dome=base.dome + 6.0 * spread[3],
        dome_step=max(base.dome_step + 2.0 * spread[4], 3.0),
        heart=base.heart * (1 + 0.08 * spread[5]),
        thymus=base.thymus * (1 + 0.14 * spread[6]),
        rib_drop=base.rib_drop + 5.0 * spread[7],
        gas=base.gas * max(0.0, 0.55 + 0.6 * spread[8]),
        arm_angle=base.arm_angle + (8.0 if adult else 26.0) * spread[9],
        chin=base.chin + 13.0 * spread[10],
        lung_density=base.lung_density * (1 + 0.2 * spread[11]),
    )
