"""Distances to the surfaces inside a head: scalp, skull, folded cortex, ventricles, nuclei, face."""

from typing import NamedTuple

import numpy as np

from medimg_core.phantoms.thorax import Field, capsule, ellipsoid
from medimg_core.phantoms.waves import Waves, draw_waves

__all__ = ["Folds", "brain", "draw_folds", "face", "vault"]

Point = tuple[Field, Field, Field]

SKULL, SCALP = 6.5, 6.0  # thickness, mm
_FLUID = 2.2  # between skull and brain, mm
_FAR = np.full((1, 1), -9.0, dtype=np.float32)
_DEEP = 15.0  # how far sulci reach, mm


class Folds(NamedTuple):
    """What makes one brain differ from another.

    Attributes:
        sulci: Whose zeros are the sulci.
        depth: That varies how deep they reach.
        folia: Of the cerebellum.
        bow: That bends the midline and the outline of the ventricles.
    """

    sulci: Waves
    depth: Waves
    folia: Waves
    bow: Waves


def draw_folds(rng: np.random.Generator) -> Folds:
    """Draw the folds of one brain."""
    return Folds(
        draw_waves(rng, 25.0, count=32),
        draw_waves(rng, 40.0, count=10),
        draw_waves(rng, 9.0, count=16, stretch=(2.5, 1.0, 1.0)),
        draw_waves(rng, 55.0, count=12),
    )


def vault(point: Point) -> dict[str, Field]:
    """Signed distances of the layers around the brain, positive inside, mm.

    Args:
        point: LPS mm: x of shape ``(1, columns)``, y of ``(rows, 1)``, z of ``(1, 1)``.

    Returns:
        ``inner`` (inside of the skull), ``bone`` (its outside) and ``skin``, each ``(rows, columns)``.
    """
    x, y, z = point
    narrow = 1 - 0.0011 * np.clip(-y - 10, 0, 80)  # the forehead
    high = 69.0 * np.sign(z) * np.abs(z / 69.0) ** 1.25 if float(z[0, 0]) > 0 else 0.55 * z
    dome = ellipsoid((x / narrow, y, np.asarray(high, dtype=np.float32)), (0.0, 3.0, 0.0), (67.0, 85.0, 69.0))
    base = z - _floor(np.abs(x), y)
    head = ellipsoid(point, (0.0, -46.0, -52.0), (64.0, 57.0, 62.0))
    skin = np.maximum(dome + SKULL + SCALP, head) if float(z[0, 0]) < 0 else dome + SKULL + SCALP
    for part in (
        _rod(point, (0.0, -94.0, -26.0), (0.0, -113.0, -52.0), 10.0),  # nose
        _ball((np.abs(x), y, z), (77.0, 14.0, -36.0), (7.0, 15.0, 26.0)),  # ears
    ):
        skin = np.maximum(skin, part)
    bone = np.minimum(dome + SKULL, base + 3.0)
    return {"inner": _wide(np.minimum(dome, base), point), "bone": _wide(bone, point), "skin": _wide(skin, point)}


def _floor(side: Field, y: Field) -> Field:
    """Height of the skull base: over the orbits, beside and over the sella, behind the clivus."""
    steps = np.interp(y - 0.01 * (side - 34.0) ** 2, (-46, -28, -4, 18), (-19.0, -40.0, -42.0, -80.0))
    sella = -19.0 - 0.05 * side**2 - 0.03 * (y + 16.0) ** 2
    petrous = -26.0 - 0.25 * side - 1.4 * np.clip(np.abs(y - 0.35 * side + 2.0) - 5.0, 0, 40)
    return np.asarray(np.maximum(np.maximum(steps, sella), petrous), dtype=np.float32)


def brain(point: Point, inner: Field, folds: Folds) -> dict[str, Field]:
    """Signed distances inside the skull, positive inside, mm.

    Args:
        point: As for :func:`vault`.
        inner: From :func:`vault`.
        folds: Of one brain.

    Returns:
        ``tissue`` (all that is not fluid), ``depth`` (below the nearest fluid of surface or sulcus),
        ``ventricles``, ``cisterns``, ``nuclei`` (grey matter in the depth), ``callosum``, ``hindbrain`` (cerebellum and
        brain stem, with ``folia`` of either sign), each ``(rows, columns)``.
    """
    x, y, z = point
    row, column, height = x[0], y[:, 0], float(z[0, 0])
    bow = folds.bow.values(row, column, height)
    side = np.abs(x - 1.2 * bow)
    surface = inner - np.float32(_FLUID)
    hind = np.maximum(
        _ball((side, y, z), (22.0, 42.0, -34.0), (33.0, 32.0, 24.0)), _rod(point, (0, 6, -52), (0, 4, -10), 13.0)
    )
    gaps = [-surface, *_clefts((side, y, z), bow), _sulci(point, surface, folds)]
    fluid = gaps[0]
    for gap in gaps[1:]:
        fluid = np.maximum(fluid, gap)
    cisterns = _cisterns((side, y, z))
    tissue = np.maximum(np.minimum(-fluid, -cisterns), np.minimum(hind, surface))
    return {
        "tissue": _wide(tissue, point),
        "depth": _wide(-fluid, point),
        "ventricles": _wide(_ventricles((side, y, z)) + 0.5 * bow, point),
        "cisterns": _wide(cisterns, point),
        "nuclei": _wide(_nuclei((side, y, z)), point),
        "callosum": _wide(_callosum((side, y, z)), point),
        "hindbrain": _wide(hind, point),
        "folia": folds.folia.values(row, column, height),
    }


def _wide(distance: Field, point: Point) -> Field:
    shape = np.broadcast_shapes(*(axis.shape for axis in point))
    return np.broadcast_to(np.asarray(distance, dtype=np.float32), shape)


def _ball(point: Point, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Field:
    """Distance to an ellipsoid; one value far outside where the slice passes it by."""
    if abs(float(point[2][0, 0]) - centre[2]) > radii[2] + 4:
        return _FAR
    return ellipsoid(point, centre, radii)


def _rod(point: Point, start: tuple[float, float, float], end: tuple[float, float, float], radius: float) -> Field:
    """Distance to a capsule; one value far outside where the slice passes it by."""
    z = float(point[2][0, 0])
    if not min(start[2], end[2]) - radius - 4 < z < max(start[2], end[2]) + radius + 4:
        return _FAR
    return capsule(point, start, end, radius)


def _union(parts: list[Field]) -> Field:
    total = parts[0]
    for part in parts[1:]:
        total = np.maximum(total, part)
    return total


def _sulci(point: Point, surface: Field, folds: Folds) -> Field:
    """Clefts along the zeros of a field where these stand about upright on the surface."""
    x, y, z = point
    row, column, height = x[0], y[:, 0], float(z[0, 0])
    slopes = folds.sulci.gradient(row, column, height)
    steep = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2 + slopes[2] ** 2) + np.float32(0.02)
    gap = np.abs(folds.sulci.values(row, column, height)) / steep
    out = (x / 67.0**2, y / 85.0**2, np.clip(z, 0, None) / 69.0**2)
    length = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2) + 1e-6
    along = np.abs(sum(a * b for a, b in zip(slopes, out, strict=True))) / (steep * length)
    wide = 1.5 - 0.055 * np.clip(surface, 0, 20) - 3.0 * np.clip(along - 0.6, 0, 1)
    reach = _DEEP + 4.0 * folds.depth.values(row, column, height) - surface
    above = (z + 20.0) * 0.8  # the base of the brain is smooth
    return np.asarray(np.minimum(np.minimum(wide - gap, reach), above), dtype=np.float32)


def _clefts(point: Point, bow: Field) -> list[Field]:
    """Between the hemispheres, and the lateral (Sylvian) fissures with the fluid over the insula."""
    side, y, z = point
    # Above the corpus callosum the cleft is whole; at its height it is open in front of and behind it.
    open_ = np.maximum(np.maximum(z - 27.0, -38.0 - y - 0.35 * np.clip(z, 0, 60)), y - 44.0)
    middle = np.minimum(1.1 - side, open_ * 0.8)
    level = z - 5.0 + 1.1 * (y + 10.0 + 0.7 * (side - 52.0)) + 5.0 * bow
    lateral = np.minimum(1.6 - 0.67 * np.abs(level), np.minimum(side - 37.0, np.minimum(y + 34.0, 28.0 - y)))
    insula = np.minimum(1.2 - np.abs(side - 38.0 - 0.012 * (y + 4.0) ** 2), 13.0 - np.abs(z - 6.0))
    return [middle, lateral, np.minimum(insula, 20.0 - np.abs(y + 6.0))]


def _ventricles(point: Point) -> Field:
    """Lateral ventricles with their horns, the third, the fourth."""
    side, y, z = point
    return _union(
        [
            _ball((side * 0.9 + (y + 26.0) * 0.22, y, z), (6.5, -25.0, 15.0), (4.0, 17.0, 9.0)),  # frontal horns
            _rod(point, (8.0, -14.0, 21.0), (15.0, 22.0, 24.0), 4.2),
            _rod(point, (15.0, 22.0, 22.0), (24.0, 36.0, 10.0), 5.2),
            _rod(point, (23.0, 38.0, 10.0), (23.0, 54.0, 7.0), 2.8),
            _rod(point, (25.0, 34.0, 6.0), (33.0, 4.0, -14.0), 2.4),
            _ball(point, (0.0, 0.0, 4.0), (2.4, 14.0, 10.0)),
            _ball(point, (0.0, 27.0, -32.0), (7.0, 5.5, 11.0)),
        ]
    )


def _cisterns(point: Point) -> Field:
    """Over the sella, around the midbrain, behind the third ventricle, beside the pons."""
    side, y, z = point
    ring = np.minimum(1.3 - np.abs(np.hypot(side / 1.2, y - 8.0) - 16.0), y + 0.3 * side - 6.0)
    return _union(
        [
            _ball(point, (0.0, -14.0, -19.0), (12.0, 9.0, 8.0)),
            np.asarray(np.minimum(ring, 9.0 - np.abs(z + 12.0))),
            _ball(point, (0.0, 29.0, -3.0), (7.0, 6.0, 8.0)),
            _ball(point, (12.0, -6.0, -40.0), (9.0, 4.0, 14.0)),
            _ball(point, (0.0, 52.0, -52.0), (12.0, 16.0, 9.0)),
        ]
    )


def _nuclei(point: Point) -> Field:
    """Caudate head, putamen and pallidum, thalamus."""
    side, y, z = point
    return _union(
        [
            _ball(point, (13.0, -25.0, 12.0), (4.5, 10.0, 9.0)),
            _ball((side + 0.25 * (y + 4.0), y, z), (26.0, -5.0, 6.0), (6.0, 17.0, 10.0)),
            _ball((side - 0.3 * (y - 10.0), y, z), (10.5, 9.0, 9.0), (7.5, 14.0, 9.0)),
        ]
    )


def _callosum(point: Point) -> Field:
    """The bridge between the hemispheres: front, body, back."""
    side, y, z = point
    arch = 23.0 - 0.0065 * (y - 2.0) ** 2
    body = np.minimum(3.4 - np.abs(z - arch), np.minimum(16.0 - side, 44.0 - np.abs(y - 2.0)))
    front = _ball(point, (0.0, -41.0, 12.0), (15.0, 4.5, 10.0))
    return _union([body, front, _ball(point, (0.0, 41.0, 13.0), (14.0, 6.0, 8.0))])


def face(point: Point) -> list[tuple[Field, str]]:
    """Signed distances below and before the skull with their tissues, from the deep to the last drawn."""
    x, y, z = point
    even = (np.abs(x), y, z)
    return [
        (_ball(even, (63.0, -30.0, -22.0), (11.0, 26.0, 38.0)), "muscle"),  # temporal muscles
        (_rod(even, (31.0, -72.0, -31.0), (13.0, -34.0, -28.0), 15.0), "fat"),  # orbits
        (_rod(even, (31.0, -62.0, -31.0), (13.0, -34.0, -28.0), 2.6), "muscle"),  # optic nerves
        (_rod(even, (42.0, -64.0, -31.0), (18.0, -36.0, -28.0), 2.0), "muscle"),
        (_rod(even, (20.0, -66.0, -31.0), (10.0, -36.0, -28.0), 2.0), "muscle"),
        (_ball(even, (31.0, -75.0, -31.0), (12.8, 12.8, 12.8)), "muscle"),
        (_ball(even, (31.0, -75.0, -31.0), (11.6, 11.6, 11.6)), "vitreous"),
        (_ball(even, (7.0, -62.0, -36.0), (6.0, 27.0, 16.0)), "air"),  # ethmoid cells
        (_ball(even, (9.0, -92.0, -10.0), (9.0, 4.5, 12.0)), "air"),  # frontal sinus
        (_ball(even, (24.0, -70.0, -60.0), (14.0, 16.0, 14.0)), "air"),  # maxillary sinuses
        (_ball(even, (7.0, -24.0, -36.0), (8.0, 11.0, 9.0)), "air"),  # sphenoid sinus
        (_rod(even, (22.0, 6.0, -46.0), (60.0, 22.0, -42.0), 10.0), "bone"),  # petrous bone
        (_ball(even, (54.0, 22.0, -46.0), (8.0, 12.0, 12.0)), "air"),  # mastoid cells
        (_ball(even, (22.0, 70.0, -70.0), (26.0, 20.0, 24.0)), "muscle"),  # neck
    ]
