"""A beating left ventricle in closed form: truncated ellipsoids whose muscle keeps its volume."""

from dataclasses import dataclass
from functools import lru_cache
from math import pi, sqrt

import numpy as np

__all__ = ["ES_PHASE", "PAPILLARY_LENGTH", "PAPILLARY_RADIUS", "PHASES", "Ventricle", "papillary_volume", "ventricle"]

PHASES = 20
ES_PHASE = 7  # from 0; end-diastole is phase 0
_TIMES = (0.0, 0.1, 0.2, 0.3, 0.35, 0.45, 0.55, 0.65, 0.8, 0.9, 1.0)  # share of the heart cycle
_SQUEEZE = (0.0, 0.28, 0.72, 0.97, 1.0, 0.70, 0.34, 0.22, 0.17, 0.07, 0.0)  # 0 end-diastole, 1 end-systole
_END_DIASTOLE, _END_SYSTOLE = (25.0, 50.0, 24.0), (17.5, 44.0, 13.0)  # radius, depth, base of the cavity, mm
_OUTER_RADIUS, _OUTER_DEPTH = 34.0, 58.0  # of the epicardium at end-diastole; its apex stays where it is
PAPILLARY_RADIUS, PAPILLARY_LENGTH = 3.4, 24.0


@dataclass(frozen=True)
class Ventricle:
    """Shape at one moment, in mm; the long axis is w, from the apex (below 0) to the base (above 0).

    Cavity and epicardium are ellipsoids of revolution around w, with their middle at w = 0, cut off at the base.

    Attributes:
        radius: Of the cavity at w = 0.
        depth: Of the cavity's apex below w = 0.
        base: Height w of the base (the mitral plane).
        outer_radius: Of the epicardium at w = 0.
        outer_depth: Of the epicardium's apex.
    """

    radius: float
    depth: float
    base: float
    outer_radius: float
    outer_depth: float

    @property
    def volume(self) -> float:
        """Of the cavity in ml, papillary muscles counted as blood.

        Examples:
            >>> round(ventricle(0).volume, 1), round(ventricle(ES_PHASE).volume, 1)
            (109.0, 40.4)
        """
        return pi * self.radius**2 * _length(self.base, self.depth) / 1000

    @property
    def muscle(self) -> float:
        """Volume of the myocardium in ml, without papillary muscles; the same at every moment."""
        return pi * self.outer_radius**2 * _length(self.base, self.outer_depth) / 1000 - self.volume

    @property
    def wall(self) -> float:
        """Thickness of the wall at w = 0, mm."""
        return self.outer_radius - self.radius


def ventricle(phase: int) -> Ventricle:
    """The ventricle at one phase of the heart cycle, from 0 to ``PHASES - 1``."""
    squeeze = float(_squeezes()[phase])
    radius, depth, base = (
        first + (last - first) * squeeze for first, last in zip(_END_DIASTOLE, _END_SYSTOLE, strict=True)
    )
    start = pi * _OUTER_RADIUS**2 * _length(_END_DIASTOLE[2], _OUTER_DEPTH)
    muscle = start - pi * _END_DIASTOLE[0] ** 2 * _length(_END_DIASTOLE[2], _END_DIASTOLE[1])
    whole = muscle + pi * radius**2 * _length(base, depth)
    return Ventricle(radius, depth, base, sqrt(whole / pi / _length(base, _OUTER_DEPTH)), _OUTER_DEPTH)


def papillary_volume() -> float:
    """Of both papillary muscles, in ml."""
    return 2 * pi * PAPILLARY_RADIUS**2 * PAPILLARY_LENGTH / 1000


def _length(base: float, depth: float) -> float:
    """Integral of ``1 - (w / depth)**2`` from the apex ``-depth`` to the base: volume over ``pi * radius**2``."""
    return 2 / 3 * depth + base - base**3 / (3 * depth**2)


@lru_cache(maxsize=1)
def _squeezes() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How far the contraction has gone at each phase: ejection, filling, rest, filling by the atrium."""
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(_TIMES, _SQUEEZE)(np.arange(PHASES) / PHASES), dtype=np.float64)
