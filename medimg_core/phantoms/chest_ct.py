"""A CT of the chest as it is read for nodules: 200 slices of 1 mm, noise of a reconstruction, nine nodules.

The analytic thorax is sampled on every second voxel as distances to its surfaces, which are interpolated and cut
to edges on the full grid. All is made in slabs, so that memory does not grow with the number of slices, and any
range of slices has the same voxels as in the whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.anatomy import ADULT
from medimg_core.phantoms.chest_organs import distances, outside_lungs
from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.marks import word
from medimg_core.phantoms.nodules import NODULES, Nodule, draw
from medimg_core.phantoms.noise import ct_noise
from medimg_core.phantoms.projection import Tube
from medimg_core.phantoms.rods import along, stamp
from medimg_core.phantoms.skeleton import build_bones
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.vertebrae import draw_spine
from medimg_core.phantoms.vessels import grow_vessels

__all__ = ["HU", "NOISE_SD", "REDUCED", "SHAPE", "SPACING", "chest_ct", "plane", "render", "vessel_rods"]

HU = {
    "air": -1000, "lung": -850, "fissure": -700, "fat": -100, "mediastinal_fat": -90, "soft": 40, "muscle": 50,
    "liver": 60, "cortical_bone": 750, "marrow": 220, "cartilage": 110, "table_shell": -150, "table_core": -930,
}  # fmt: skip
SHAPE = (200, 512, 512)
SPACING = (1.0, 0.75, 0.75)  # mm; a field of view of 384 mm, as wide as chest and table need
NOISE_SD = 20.0  # HU in soft tissue
REDUCED = (104, 130)  # slices that stand for the whole where a few are asked for: a nodule in each lung
_ORIGIN = (-191.625, -172.5, -95.0)
_ANATOMY = replace(ADULT, scale=1.55, wall=16.0, arm_angle=80.0)  # arms beside the head
_SLAB = 40
_EDGE = 1.0  # width of the edge between two tissues, mm
_THIN = 0.45  # radius below which a vessel fades, mm

Progress = Callable[[int, int, str], None]


class Rods(NamedTuple):
    """Balls that make up rods: places in LPS mm, shape ``(n, 3)``, and radii in mm, shape ``(n,)``."""

    places: FloatArray
    radius: FloatArray


def plane(first: int = 0) -> Plane:
    """Plane tags of the stack that begins with a slice of the whole."""
    origin = np.array(_ORIGIN) + np.array([0.0, 0.0, first * SPACING[0]])
    return Plane((1, 0, 0, 0, 1, 0), origin, np.array([0.0, 0.0, SPACING[0]]), (SPACING[1], SPACING[2]))


def chest_ct(
    seed: int, *, reduced: bool = False, progress: Progress | None = None
) -> tuple[npt.NDArray[np.int16], Plane, dict[str, object], int]:
    """Scan the chest with its nodules.

    Args:
        seed: Draws vessels, bones and noise; build and nodules are the same for all.
        reduced: Only the slices ``REDUCED`` of the whole, voxel for voxel.
        progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

    Returns:
        HU, shape ``(slices, rows, columns)``; its plane; the truth, with the nodules whose middle lies in the slices;
        the number of the first slice in the whole, from 0.
    """
    first, last = REDUCED if reduced else (0, SHAPE[0])
    place = plane(first)
    values = np.empty((last - first, *SHAPE[1:]), dtype=np.int16)
    ink = word("SYNTHETIC", 11) > 0.45
    for start in range(first, last, _SLAB):
        stop = min(start + _SLAB, last)
        if progress is not None:
            progress(start - first, last - first, "")
        slab = render(seed, start, stop)
        values[start - first : stop - first] = np.rint(slab, out=slab).clip(-1024, 3071, out=slab)
    values[:, -ink.shape[0] - 4 : -4, 5 : 5 + ink.shape[1]][:, ink] = 400
    values.setflags(write=False)
    geometry = place.geometry()
    truth: dict[str, object] = {
        "nodules": [
            nodule.truth(geometry)
            for nodule in NODULES
            if 0 <= geometry.to_index(np.array(nodule.centre))[0] <= last - first - 1
        ],
        "hu": dict(HU),
        "noise_sd_hu": NOISE_SD,
        "spacing_mm": SPACING,
        "shape": values.shape,
    }
    return values, place, truth, first


def render(seed: int, first: int, last: int, *, noise: bool = True, nodules: tuple[Nodule, ...] = NODULES) -> Field:
    """HU of a range of slices, before rounding and before the word is burnt in.

    Args:
        seed: As for :func:`chest_ct`.
        first: First slice of the whole.
        last: One past the last.
        noise: False leaves the noise out.
        nodules: To draw.

    Returns:
        ``float32``, shape ``(last - first, rows, columns)``.
    """
    geometry = plane(first).geometry()
    shape = (last - first, *SHAPE[1:])
    vessels, cortex, marrow, cartilage = _rods(seed)
    volume = np.empty(shape, dtype=np.float32)
    body = np.empty(shape, dtype=np.float32)
    for number, fields in enumerate(_fine(first, last)):
        body[number] = _occupied(fields["body"])
        volume[number] = _tissues(fields, body[number])
    for rods, value, thin in (
        (vessels, "soft", _THIN), (cartilage, "cartilage", 1.0), (cortex, "cortical_bone", 1.0), (marrow, "marrow", 1.0)
    ):  # fmt: skip
        share = np.zeros(shape, dtype=np.float32)
        stamp(share, geometry.to_index(rods.places), rods.radius, SPACING, softness=_EDGE, thin=thin)
        low, high = _box(share)
        part = volume[:, low[0] : high[0], low[1] : high[1]]
        part += (np.float32(HU[value]) - part) * share[:, low[0] : high[0], low[1] : high[1]]
    draw_spine(volume, geometry, _ANATOMY.scale, HU)
    draw(volume, nodules, geometry)
    if noise:
        noisy = ct_noise(seed, first, last, SHAPE[1], SPACING[1])
        noisy *= np.float32(NOISE_SD) * (np.float32(0.4) + np.float32(0.6) * body)
        volume += noisy
    return volume


def vessel_rods(seed: int) -> Rods:
    """Pulmonary vessels: places in LPS mm and radii in mm."""
    return _rods(seed)[0]


@lru_cache(maxsize=2)
def _rods(seed: int) -> tuple[Rods, Rods, Rods, Rods]:
    """Vessels, compact bone, marrow, cartilage; thin vessels are cut where a nodule lies, so that it stays a ball."""
    rng = np.random.default_rng([seed, 7])
    scale = _ANATOMY.scale
    vessels = _walk(
        [*grow_vessels(_ANATOMY, rng, generations=9), *grow_vessels(_ANATOMY, rng, generations=9)], scale, 0.7
    )
    gap = np.full(len(vessels.radius), np.inf)
    for nodule in NODULES:
        away = np.linalg.norm(vessels.places - np.array(nodule.centre), axis=1)
        gap = np.minimum(gap, away - nodule.diameter / 2 - vessels.radius)
    vessels = Rods(vessels.places[gap > 1.5], vessels.radius[gap > 1.5])
    bones = build_bones(_ANATOMY, rng)
    bones = replace(bones, ribs=tuple(_in_the_wall(tube) for tube in bones.ribs))
    solid = [tube for tube in (*bones.ribs, *bones.long) if np.mean(tube.weight) >= 0.05]
    cortex = _walk(solid, scale, 1.0)
    ribs = [Tube(tube.points, tube.radius * 0.62) for tube in bones.ribs if np.mean(tube.weight) > 0]
    shafts = [Tube(tube.points, tube.radius * 0.6) for tube in bones.long if np.mean(tube.weight) > 0.3]
    return vessels, cortex, _walk(ribs + shafts, scale, 1.0), _walk(_cartilage(bones.ribs[::2]), scale, 1.0)


def _walk(tubes: list[Tube] | tuple[Tube, ...], scale: float, step: float) -> Rods:
    walked = [along(tube.points * scale, tube.radius * scale, step) for tube in tubes]
    return Rods(np.concatenate([places for places, _ in walked]), np.concatenate([radius for _, radius in walked]))


def _cartilage(ribs: tuple[Tube, ...]) -> list[Tube]:
    """From the front end of the upper seven ribs to the breastbone."""
    tubes = []
    for number, rib in enumerate(ribs):
        end = rib.points[-1]
        if number % 12 > 6:
            continue
        side = float(np.sign(end[0]))
        goal = np.array([side * 10.0, end[1] - 5.0, min(end[2] + 5.0 + 2.0 * (number % 12), 40.0)])
        bow = (end + goal) / 2 + np.array([0.0, -4.0, -2.0])
        t = np.linspace(0, 1, 12)[:, None]
        curve = end * (1 - t) ** 2 + 2 * bow * t * (1 - t) + goal * t**2
        tubes.append(_in_the_wall(Tube(curve, np.full(12, 3.0))))
    return tubes


def _in_the_wall(tube: Tube) -> Tube:
    """The same rod outside the lungs, with a little tissue between."""
    return replace(tube, points=outside_lungs(_ANATOMY, tube.points, np.asarray(tube.radius + 1.0)))


def _fine(first: int, last: int) -> Iterator[dict[str, Field]]:
    """Distances in mm on the full grid, slice by slice; sampled on every second voxel of the whole stack."""
    start = first - first % 2
    heights = np.arange(start, last + 2, 2) * SPACING[0] + _ORIGIN[2]
    z, y, x = (
        np.asarray(axis / _ANATOMY.scale, dtype=np.float32)
        for axis in (
            heights,
            np.arange(0, SHAPE[1] + 1, 2) * SPACING[1] + _ORIGIN[1],
            np.arange(0, SHAPE[2] + 1, 2) * SPACING[2] + _ORIGIN[0],
        )
    )
    coarse = distances(_ANATOMY, x[None, None, :], y[None, :, None], z[:, None, None])
    for number in range(first, last):
        at, odd = divmod(number - start, 2)
        yield {
            name: _doubled((field[at] + field[at + 1]) / 2 if odd else field[at]) * np.float32(_ANATOMY.scale)
            for name, field in coarse.items()
        }


def _doubled(field: Field) -> Field:
    """Linear interpolation of ``(n + 1, m + 1)`` to ``(2 n, 2 m)`` samples."""
    rows = np.empty((2 * (field.shape[0] - 1), field.shape[1]), dtype=np.float32)
    rows[::2], rows[1::2] = field[:-1], (field[:-1] + field[1:]) / 2
    fine = np.empty((rows.shape[0], 2 * (field.shape[1] - 1)), dtype=np.float32)
    fine[:, ::2], fine[:, 1::2] = rows[:, :-1], (rows[:, :-1] + rows[:, 1:]) / 2
    return fine


def _occupied(distance: Field) -> Field:
    """Share, 0 to 1, from a signed distance in mm (positive inside)."""
    return np.asarray(np.clip(distance / np.float32(_EDGE) + np.float32(0.5), 0, 1), dtype=np.float32)


def _sheet(distance: Field, thickness: float) -> Field:
    """Share of a thin layer along the zero of a distance in mm."""
    return np.asarray(np.clip((thickness + _EDGE) / 2 - np.abs(distance), 0, min(thickness, 1.0)), dtype=np.float32)


def _tissues(fields: dict[str, Field], body: Field) -> Field:
    """HU of one slice from the distances to its surfaces: later tissues displace earlier ones."""
    shell, core = _table()
    image = np.full(body.shape, HU["air"], dtype=np.float32)
    image += (HU["table_core"] - image) * core
    image += (HU["table_shell"] - image) * shell
    chest = _occupied(fields["inner"] - 2.0)
    above = _occupied(fields["above"])
    lung = _occupied(np.minimum(fields["cage"], fields["above"])) * (1 - _occupied(fields["mediastinum"]))
    for share, value in (
        (body, HU["fat"]),
        (_occupied(fields["body"] - 9.0), HU["muscle"]),
        (_occupied(np.minimum(fields["planes"], -9.0 - fields["inner"])), HU["fat"]),
        (chest * (1 - above), HU["liver"]),
        (chest * above, HU["mediastinal_fat"]),
        (_occupied(fields["sternum"]), HU["cortical_bone"]),
        (_occupied(fields["sternum"] - 1.8), HU["marrow"]),
        (_occupied(fields["organs"]), HU["soft"]),
        (lung, HU["lung"]),
        (lung * _sheet(fields["fissure"], 0.7), HU["fissure"]),
        (_occupied(fields["gas"] + 1.4) * (1 - lung), HU["soft"]),
        (_occupied(fields["gas"]), HU["air"]),
    ):
        image += (np.float32(value) - image) * share
    return image


@lru_cache(maxsize=1)
def _table() -> tuple[Field, Field]:
    """Shell and core of the table in every slice: a shallow cradle under the back."""
    y = (np.arange(SHAPE[1], dtype=np.float32) * SPACING[1] + _ORIGIN[1])[:, None]
    x = (np.arange(SHAPE[2], dtype=np.float32) * SPACING[2] + _ORIGIN[0])[None, :]
    inside = np.asarray(np.minimum(y - (123.0 - x**2 / 1500), 151.0 - x**2 / 750 - y), dtype=np.float32)
    core = _occupied(inside - np.float32(2.0))
    return _occupied(inside) - core, core


def _box(share: Field) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and past-the-last row and column that hold anything."""
    used = share.max(axis=0) > 0
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    if len(rows) == 0:
        return (0, 0), (0, 0)
    return (int(rows[0]), int(columns[0])), (int(rows[-1]) + 1, int(columns[-1]) + 1)
