"""What is measured of a candidate's body."""

from dataclasses import dataclass

import numpy as np

from medimg_core.detection.growing import Body
from medimg_core.geometry import FloatArray

__all__ = ["BONE", "Measures", "measure"]

BONE = 200.0
"""HU above which tissue outside the lungs counts as bone."""

_ANGLES = 36  # calliper directions in half a turn
_SHELL = (0.8, 2.0)  # mm outside the body


@dataclass(frozen=True, eq=False)
class Measures:
    """Sizes in mm.

    Attributes:
        centre: Centroid, mm of the stack, shape ``(3,)``.
        long: Longest calliper width in the slice of the largest area (MacMahon et al., Radiology 2017, measure so).
        short: Longest width across it.
        volume: mm3.
        mean: HU over all of the body.
        elongation: Longest over shortest axis of the ellipsoid with the same second moments, 1 and above.
        solidity: Voxels over those of the convex hull, 0 to 1.
        attached: Share of a shell around, within the lungs, as dense as the body: vessels that enter.
        outside: Share of the shell outside the lungs.
        bone: Share of the shell outside the lungs and as dense as bone.
    """

    centre: FloatArray
    long: float
    short: float
    volume: float
    mean: float
    elongation: float
    solidity: float
    attached: float
    outside: float
    bone: float

    @property
    def diameter(self) -> float:
        """Of the ball of the same volume, mm."""
        return float((6 * self.volume / np.pi) ** (1 / 3))


def measure(body: Body) -> Measures:
    """Measure a body; it holds at least one voxel."""
    step = body.grid.step
    index = np.argwhere(body.mask)
    long, short = _callipers(body, step)
    attached, outside, bone = _shell(body)
    return Measures(
        centre=body.grid.to_mm(index.mean(axis=0)),
        long=long,
        short=short,
        volume=len(index) * step**3,
        mean=float(body.values[body.mask].mean(dtype=np.float64)),
        elongation=_elongation(index),
        solidity=_solidity(index),
        attached=attached,
        outside=outside,
        bone=bone,
    )


def _callipers(body: Body, step: float) -> tuple[float, float]:
    plane = body.mask[int(np.argmax(body.mask.sum(axis=(1, 2))))]
    angle = np.arange(_ANGLES) * np.pi / _ANGLES
    across = np.argwhere(plane) @ np.stack([np.cos(angle), np.sin(angle)])
    # From the outer edges: a voxel is as wide as |cos| + |sin|, of which the threshold cuts off about a third.
    width = (np.ptp(across, axis=0) + 0.7) * step
    longest = int(np.argmax(width))
    return float(width[longest]), float(width[(longest + _ANGLES // 2) % _ANGLES])


def _elongation(index: np.ndarray) -> float:
    spread = (index - index.mean(axis=0)).T @ (index - index.mean(axis=0)) / len(index) + np.eye(3) / 12
    lowest, _, highest = np.linalg.eigvalsh(spread)
    return float(np.sqrt(highest / lowest))


def _solidity(index: np.ndarray) -> float:
    """Against the voxels whose centres lie in the hull of the centres, as voxels have no smooth surface."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        planes = ConvexHull(index).equations
    except QhullError:  # all in one plane: nothing is missing
        return 1.0
    low, high = index.min(axis=0), index.max(axis=0) + 1
    points = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), axis=-1)
    inside = np.all(points.reshape(-1, 3) @ planes[:, :3].T <= 1e-9 - planes[:, 3], axis=1)
    return float(min(len(index) / max(int(np.count_nonzero(inside)), 1), 1.0))


def _shell(body: Body) -> tuple[float, float, float]:
    from scipy import ndimage

    step = body.grid.step
    away = ndimage.distance_transform_edt(~body.mask) * step
    around = (away > _SHELL[0]) & (away <= _SHELL[1])
    count = max(int(np.count_nonzero(around)), 1)
    lung = body.lung[around]
    values = body.values[around]
    kinds = ((values > body.level) & lung, ~lung, (values > BONE) & ~lung)
    attached, outside, bone = (float(np.count_nonzero(kind) / count) for kind in kinds)
    return attached, outside, bone
