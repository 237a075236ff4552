"""A CT of the abdomen in the portal venous phase, with a dark lesion in the liver.

Each slice is drawn by itself, so that any range of slices has the same voxels as in the whole.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.phantoms import abdomen, thorax
from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.lesion import Lesion, Mask, draw_lesion, extent
from medimg_core.phantoms.marks import resize, word
from medimg_core.phantoms.noise import ct_noise
from medimg_core.phantoms.rods import along, stamp
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.vertebrae import draw_spine
from medimg_core.phantoms.waves import Waves, draw_waves

__all__ = ["HU", "NOISE_SD", "REDUCED", "SHAPE", "SPACING", "LiverScan", "liver_ct", "plane"]

HU = {
    "air": -1000, "lung": -850, "fat": -100, "skin": 20, "muscle": 55, "liver": 112, "lesion": 60, "spleen": 120,
    "kidney": 185, "blood": 160, "vein": 155, "hepatic_vessel": 160, "pancreas": 90, "stomach": 70, "chyme": 25,
    "gullet": 45, "bowel": 95, "contents": 45, "stool": 10, "gas": -950, "bile": 8, "heart": 135, "soft": 45,
    "cortical_bone": 700, "marrow": 230, "table": 300,
}  # fmt: skip
SHAPE = (40, 512, 512)
SPACING = (5.0, 0.75, 0.75)  # mm
NOISE_SD = 12.0  # HU in soft tissue
REDUCED = (19, 25)  # slices that stand for the whole where a few are asked for: through the lesion
_ORIGIN = (-191.625, -178.0, -240.0)
_SPINE_SCALE = 1.75
_RECESS = -165.0  # no lung reaches lower, LPS mm
_HEART_BOX = ((-70.0, -85.0, -165.0), (115.0, 70.0, 0.0))
_SLAB = 10

Progress = Callable[[int, int, str], None]


class LiverScan(NamedTuple):
    """A scan of one abdomen, or some slices of it.

    Attributes:
        values: HU, shape ``(slices, rows, columns)``.
        plane: Where they lie.
        first: Number of the first slice in the whole, from 0.
        liver: Truth, with the lesion and the vessels inside, the same shape.
        lesion: Truth, the same shape.
        truth: JSON-ready.
    """

    values: npt.NDArray[np.int16]
    plane: Plane
    first: int
    liver: Mask
    lesion: Mask
    truth: dict[str, object]


class _Inside(NamedTuple):
    """What chance decides of one person; curves are places in LPS mm, shape ``(n, 3)``, and radii, shape ``(n,)``."""

    lesion: Lesion
    vessels: tuple[FloatArray, FloatArray]
    bowel: tuple[FloatArray, FloatArray]
    colon: tuple[FloatArray, FloatArray]
    twigs: tuple[FloatArray, FloatArray]
    ribs: tuple[FloatArray, FloatArray]
    mottle: Waves


def plane(first: int = 0) -> Plane:
    """Plane tags of the stack that begins with a slice of the whole."""
    origin = np.array(_ORIGIN) + np.array([0.0, 0.0, first * SPACING[0]])
    return Plane((1, 0, 0, 0, 1, 0), origin, np.array([0.0, 0.0, SPACING[0]]), (SPACING[1], SPACING[2]))


def liver_ct(seed: int, *, reduced: bool = False, progress: Progress | None = None) -> LiverScan:
    """Scan an abdomen from the bases of the lungs to below the liver.

    Args:
        seed: Draws lesion, vessels, bowel and noise; organs are the same for all.
        reduced: Only the slices ``REDUCED`` of the whole, voxel for voxel.
        progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

    Returns:
        HU, masks and the truth about these slices.
    """
    first, last = REDUCED if reduced else (0, SHAPE[0])
    shape = (last - first, *SHAPE[1:])
    values, masks = np.empty(shape, dtype=np.int16), [np.empty(shape, dtype=np.bool_) for _ in range(2)]
    for start in range(first, last, _SLAB):
        stop = min(start + _SLAB, last)
        if progress is not None:
            progress(start - first, last - first, "")
        slab, *shares = _render(seed, start, stop)
        values[start - first : stop - first] = np.rint(slab).clip(-1024, 3071)
        for mask, share in zip(masks, shares, strict=True):
            mask[start - first : stop - first] = share >= 0.5
    ink = word("SYNTHETIC", 11) > 0.45
    values[:, -ink.shape[0] - 4 : -4, 5 : 5 + ink.shape[1]][:, ink] = 400
    for array in (values, *masks):
        array.setflags(write=False)
    place, geometry = plane(first), plane(first).geometry()
    truth: dict[str, object] = {
        "liver": {"side": "right", "hu": HU["liver"], **extent(masks[0], geometry)},
        "lesion": {"side": "right", "hu": HU["lesion"], "organ": "liver", **extent(masks[1], geometry)},
        "hu": dict(HU),
        "noise_sd_hu": NOISE_SD,
        "spacing_mm": SPACING,
        "shape": shape,
    }
    return LiverScan(values, place, first, masks[0], masks[1], truth)


def _render(seed: int, first: int, last: int) -> tuple[Field, Field, Field]:
    """HU of a range of slices, and the shares of liver and lesion, before rounding and before the word is burnt in."""
    inside = _draw(seed)
    shape = (last - first, *SHAPE[1:])
    geometry = plane(first).geometry()
    x = np.arange(SHAPE[2], dtype=np.float32) * np.float32(SPACING[2]) + np.float32(_ORIGIN[0])
    y = np.arange(SHAPE[1], dtype=np.float32) * np.float32(SPACING[1]) + np.float32(_ORIGIN[1])
    heights = [_ORIGIN[2] + number * SPACING[0] for number in range(first, last)]

    def stamped(rods: tuple[FloatArray, FloatArray], less: float = 0.0) -> Field:
        share = np.zeros(shape, dtype=np.float32)
        stamp(share, geometry.to_index(rods[0]), rods[1] - less, SPACING, softness=1.2, thin=1.2)
        return share

    gut, lumen, colon, stool = (stamped(*rods) for rods in _hollow(inside))
    vessels, twigs, ribs, marrow = (
        stamped(inside.vessels), stamped(inside.twigs), stamped(inside.ribs), stamped(inside.ribs, 1.6)
    )  # fmt: skip
    half = np.float32(SPACING[1] / 2)  # the middle of four pixels lies half a pixel behind the second
    volume, livers, lesions = (np.empty(shape, dtype=np.float32) for _ in range(3))
    body = np.empty(shape, dtype=np.float32)
    for number, z in enumerate(heights):
        point = (x[None, :], y[:, None], np.full((1, 1), z, dtype=np.float32))
        spots = resize(inside.mottle.values(x[1::4] + half, y[1::4] + half, z), SHAPE[1:])
        image, body[number] = _trunk(point)
        room = _share(abdomen.cavity(point))
        stuff = np.where(spots > 0.9, np.float32(HU["gas"]), np.float32(HU["stool"])) + 20 * spots
        for share, value in (
            (twigs[number] * room, HU["vein"]),
            (gut[number] * room, HU["bowel"]),
            (lumen[number] * room, HU["contents"] + np.float32(10) * spots),
            (colon[number] * room, HU["bowel"]),
            (stool[number] * room, stuff),
        ):
            image += (value - image) * share
        livers[number] = _liver(x, y, z)
        lesions[number] = inside.lesion.share(x, y, z) * livers[number]
        _organs(image, x, y, z)
        for share, value in (
            (livers[number], HU["liver"] + np.float32(2.5) * spots),
            (vessels[number] * livers[number], HU["hepatic_vessel"]),
            (lesions[number], HU["lesion"] + np.float32(3) * spots),
        ):
            image += (value - image) * share
        _chest(image, x, y, z)
        volume[number] = image
    draw_spine(volume, geometry, _SPINE_SCALE, HU)
    for share, value in ((ribs, HU["cortical_bone"]), (marrow, HU["marrow"])):
        volume += (np.float32(value) - volume) * share
    noise = ct_noise(seed, first, last, SHAPE[1], SPACING[1])
    volume += noise * np.float32(NOISE_SD) * (np.float32(0.4) + np.float32(0.6) * body)
    return volume, livers, lesions


def _share(distance: Field, edge: float = 1.0) -> Field:
    """Share, 0 to 1, from a signed distance in mm (positive inside)."""
    return np.asarray(np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1), dtype=np.float32)


def _trunk(point: abdomen.Point) -> tuple[Field, Field]:
    """HU of table, skin, fat and muscles of the wall in one slice, and the share of the body."""
    x, y, _ = point
    skin, inner = abdomen.skin(point), abdomen.cavity(point)
    body = _share(skin)
    image = np.full(body.shape, HU["air"], dtype=np.float32)
    cradle = np.asarray(1.1 - np.abs(y - (146.0 - x**2 / 900)), dtype=np.float32)
    for share, value in (
        (_share(np.minimum(cradle, 180.0 - np.abs(x))), HU["table"]),
        (body, HU["skin"]),
        (_share(skin - 1.8), HU["fat"]),
        (_share(np.minimum(abdomen.wall(point), skin - 4.0)), HU["muscle"]),
        (_share(inner), HU["fat"]),
    ):
        image += (np.float32(value) - image) * share
    return image, body


def _boxed(x: Field, y: Field, z: float, low: abdomen.Triple, high: abdomen.Triple) -> tuple[Any, abdomen.Point]:
    """Rows and columns of a slice inside a box, and the points there."""
    columns, rows = (slice(*np.searchsorted(axis, (low[n], high[n]))) for n, axis in enumerate((x, y)))
    return (rows, columns), (x[None, columns], y[rows, None], np.full((1, 1), z, dtype=np.float32))


def _liver(x: Field, y: Field, z: float) -> Field:
    """Share of liver in one slice, with all that lies in it."""
    share = np.zeros((len(y), len(x)), dtype=np.float32)
    low, high = abdomen.LIVER_BOX
    if low[2] < z < high[2]:
        part, point = _boxed(x, y, z, low, high)
        share[part] = _share(abdomen.liver(point), 1.5)
    return share


def _organs(image: Field, x: Field, y: Field, z: float) -> None:
    """Draw the organs that a slice meets, each in its own box."""
    for organ in abdomen.ORGANS:
        if organ.low[2] < z < organ.high[2]:
            where, point = _boxed(x, y, z, organ.low, organ.high)
            part = image[where]
            part += (np.float32(HU[organ.tissue]) - part) * _share(organ.distance(point), organ.edge)


def _chest(image: Field, x: Field, y: Field, z: float) -> None:
    """Draw what lies above the diaphragm: lungs and heart."""
    if z < _RECESS:
        return
    point = (x[None, :], y[:, None], np.full((1, 1), z, dtype=np.float32))
    lung = _share(abdomen.lung(point), 2.0)
    image += (np.float32(HU["lung"]) - image) * lung
    where, near = _boxed(x, y, z, *_HEART_BOX)
    across, deep, high = (np.asarray(axis / abdomen.ANATOMY.scale, dtype=np.float32) for axis in near)
    heart = thorax.mediastinum(abdomen.ANATOMY, across, deep, high)
    part = image[where]
    part += (np.float32(HU["heart"]) - part) * (heart * lung[where])


@lru_cache(maxsize=2)
def _draw(seed: int) -> _Inside:
    rng = np.random.default_rng([seed, 31])
    shift = rng.uniform(-4, 4, 3)
    centre = (-74.0 + float(shift[0]), -4.0 + float(shift[1]), -128.0 + float(shift[2]))
    lesion = draw_lesion(rng, centre, (19.0, 17.0, 16.0), roughness=1.6, softness=3.0)
    portal, hepatic = np.array([-38.0, 0.0, -126.0]), np.array([-22.0, 14.0, -84.0])
    grown = []
    for start, heading, radius, length in (
        (portal, (-1.0, -0.5, 0.2), 5.5, 34.0),
        (portal, (-1.0, 0.7, -0.3), 5.0, 34.0),
        (portal, (0.9, -1.0, 0.5), 4.5, 34.0),
        (hepatic, (-1.0, 0.1, -0.35), 4.5, 40.0),
        (hepatic, (-0.4, -1.0, -0.35), 4.5, 40.0),
        (hepatic, (0.6, -1.0, -0.2), 4.0, 36.0),
    ):
        grown += abdomen.tree(rng, start, np.array(heading), radius, length)
    loops = abdomen.bowel(rng)
    twigs = []
    for _ in range(14):
        start = np.array([5.0, 5.0, -185.0]) + rng.normal(size=3) * (30, 12, 30)
        twigs += abdomen.tree(rng, start, rng.normal(size=3) * (1, 1, 0.6), 2.2, 26.0)
    scale = abdomen.ANATOMY.scale
    bones = [(tube.points * scale, tube.radius * scale) for tube in abdomen.ribs(seed)]
    return _Inside(
        lesion, _walk(grown, 1.2), _walk(loops, 3.0), _walk(abdomen.colon(rng), 3.0), _walk(twigs, 1.2),
        _walk(bones, 1.2), draw_waves(rng, 9.0),
    )  # fmt: skip


def _hollow(inside: _Inside) -> Iterable[tuple[tuple[FloatArray, FloatArray], float]]:
    return ((inside.bowel, 0.0), (inside.bowel, 3.0), (inside.colon, 0.0), (inside.colon, 2.5))


def _walk(curves: list[tuple[FloatArray, FloatArray]], step: float) -> tuple[FloatArray, FloatArray]:
    walked = [along(points, radius, step) for points, radius in curves]
    return np.concatenate([places for places, _ in walked]), np.concatenate([radius for _, radius in walked])
