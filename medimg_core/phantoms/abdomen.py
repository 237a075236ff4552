"""Distances to the surfaces inside an adult abdomen, and the tubes that run through it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from medimg_core.geometry import FloatArray
from medimg_core.phantoms import thorax
from medimg_core.phantoms.anatomy import ADULT
from medimg_core.phantoms.projection import Tube
from medimg_core.phantoms.rods import along
from medimg_core.phantoms.skeleton import build_bones
from medimg_core.phantoms.thorax import Field, capsule, ellipsoid

__all__ = [
    "ANATOMY",
    "LIVER_BOX",
    "ORGANS",
    "Organ",
    "Point",
    "Triple",
    "bowel",
    "cavity",
    "colon",
    "liver",
    "lung",
    "ribs",
    "skin",
    "tree",
    "wall",
]

Point = tuple[Field, Field, Field]
Triple = tuple[float, float, float]

ANATOMY = replace(ADULT, scale=1.55, wall=16.0, arm_angle=80.0)  # arms beside the head
LIVER_BOX: tuple[Triple, Triple] = ((-128.0, -92.0, -212.0), (76.0, 92.0, -56.0))  # LPS mm
_KIDNEYS = {"right": ((-62.0, 48.0, -172.0), (26.0, 25.0, 50.0)), "left": ((62.0, 50.0, -160.0), (26.0, 25.0, 52.0))}
_GALLBLADDER = ((-44.0, -46.0, -160.0), (13.0, 21.0, 17.0))


class Organ(NamedTuple):
    """A part of the abdomen.

    Attributes:
        tissue: What it is filled with.
        low: Corner of a box that holds it, LPS mm.
        high: The opposite corner.
        distance: Signed distance to its surface from points in the box, positive inside, mm.
        edge: Width of its edge, mm.
    """

    tissue: str
    low: Triple
    high: Triple
    distance: Callable[[Point], Field]
    edge: float = 1.0


def skin(point: Point) -> Field:
    """Signed distance to the skin, positive inside, mm; points are LPS mm and broadcast."""
    x, y, _ = point
    q = np.abs(x / 154.0) ** 2.2 + np.abs((y - 3.0) / 116.0) ** 2.3
    return np.asarray(np.minimum((1 - q) * 52.0, 112.0 - y), dtype=np.float32)


def cavity(point: Point) -> Field:
    """Signed distance to the inside of the wall of chest and abdomen, positive inside, mm."""
    x, y, _ = point
    q = np.abs(x / 125.0) ** 2.2 + np.abs((y - 2.0) / 88.0) ** 2.3
    return np.asarray((1 - q) * 41.0, dtype=np.float32)


def wall(point: Point) -> Field:
    """Signed distance to the muscles of the wall, positive inside, mm: thick at the sides, split by fat."""
    x, _, _ = point
    inner = cavity(point)
    flank = np.clip((np.abs(x) - 50.0) / 40.0, 0, 1)
    sheets = np.minimum(np.abs(inner + 4.5), np.abs(inner + 9.0)) - 0.5  # between the oblique muscles
    whole = inner + 11.0 + 4.0 * flank
    return np.asarray(np.minimum(whole, sheets + 6.0 * (1 - flank)), dtype=np.float32)


def diaphragm(point: Point) -> Field:
    """Height above the diaphragm, mm."""
    x, y, z = (value / np.float32(ANATOMY.scale) for value in point)
    share = np.clip((x + 14.0) / 28.0, 0, 1)
    right = thorax.diaphragm_height(ANATOMY, np.minimum(x, -14.0), y)
    height = right + (thorax.diaphragm_height(ANATOMY, np.maximum(x, 14.0), y) - right) * share
    return np.asarray((z - height) * np.float32(ANATOMY.scale), dtype=np.float32)


def lung(point: Point) -> Field:
    """Signed distance to the lungs and what lies between them, positive inside, mm; the back stays out."""
    x, y, _ = point
    back = np.minimum(np.hypot(np.abs(x) - 30.0, y - 88.0) - 20.0, np.hypot(x, y - 70.0) - 27.0)
    back = np.minimum(back, np.hypot(x - 12.0, y - 44.5) - 13.0)  # the aorta
    return np.asarray(np.minimum(np.minimum(diaphragm(point), back), cavity(point) - 3.0), dtype=np.float32)


def liver(point: Point) -> Field:
    """Signed distance to the liver, positive inside, mm: under the right dome, its left lobe across the middle."""
    x, y, z = point
    right = ellipsoid(point, (-58.0, -6.0, -122.0), (72.0, 86.0, 82.0))
    left = ellipsoid(point, (8.0, -46.0, -100.0), (64.0, 34.0, 32.0))
    mix = np.clip(0.5 + (right - left) / 36.0, 0, 1)
    whole = left + (right - left) * mix + 18.0 * mix * (1 - mix)
    # The lower edge rises to the left, to the front and to the back.
    edge = 0.86 * (z + 200.0 - 0.46 * (x + 118.0) - 0.004 * (y + 14.0) ** 2)
    edge = np.minimum(edge, 0.5 * edge + 12.0)
    back = np.hypot(x - 6.0, 1.05 * (y - 74.0)) - 52.0  # spine, crura, great vessels
    hilum = -ellipsoid(point, (10.0, 2.0, -160.0), (46.0, 40.0, 42.0))
    total = np.minimum(np.minimum(np.minimum(whole, edge), np.minimum(back, hilum)), cavity(point) - 2.0)
    kidney = -ellipsoid(point, *_KIDNEYS["right"]) - 5.0
    total = np.minimum(total, np.minimum(kidney, -ellipsoid(point, *_GALLBLADDER) - 1.0))
    cava = np.hypot(x + 21.0, y - 22.0) - 11.0
    return np.asarray(np.minimum(np.minimum(total, cava), -2.0 - diaphragm(point)), dtype=np.float32)


def _spleen(point: Point) -> Field:
    whole = ellipsoid(point, (98.0, 28.0, -112.0), (30.0, 52.0, 46.0))
    inner = -ellipsoid(point, (52.0, 8.0, -118.0), (38.0, 52.0, 60.0))
    return np.asarray(
        np.minimum(np.minimum(whole, inner), np.minimum(cavity(point) - 2.0, -2.0 - diaphragm(point))), dtype=np.float32
    )


def _stomach(point: Point) -> Field:
    fundus = ellipsoid(point, (56.0, -6.0, -98.0), (36.0, 44.0, 32.0))
    body = ellipsoid(point, (50.0, -44.0, -124.0), (34.0, 25.0, 34.0))
    whole = np.maximum(fundus, np.maximum(body, capsule(point, (46.0, -46.0, -138.0), (-8.0, -42.0, -150.0), 13.0)))
    return np.asarray(np.minimum(np.minimum(whole, -liver(point) - 2.0), -2.0 - diaphragm(point)), dtype=np.float32)


def _gastric_gas(point: Point) -> Field:
    """Air rises to the front of a person who lies on the back."""
    return np.asarray(np.minimum(_stomach(point) - 4.0, -38.0 - point[1]), dtype=np.float32)


def _kidney(side: str) -> Callable[[Point], Field]:
    def distance(point: Point) -> Field:
        (x, y, z), radii = _KIDNEYS[side]
        lean = 0.18 * (point[2] - z) * np.sign(x)  # the upper poles stand closer
        return ellipsoid((point[0] + lean, point[1], point[2]), (x, y, z), radii)

    return distance


def _sinus(side: str) -> Callable[[Point], Field]:
    (x, y, z), _ = _KIDNEYS[side]

    def distance(point: Point) -> Field:
        return ellipsoid(point, (x - 13.0 * float(np.sign(x)), y - 4.0, z), (14.0, 8.0, 22.0))

    return distance


def _ball(tissue: str, centre: Triple, radii: Triple) -> Organ:
    low, high = _corners(np.array([centre]), np.array(radii) + 3.0)
    return Organ(tissue, low, high, lambda point: ellipsoid(point, centre, radii))


def _rod(tissue: str, start: Triple, end: Triple, radius: float) -> Organ:
    low, high = _corners(np.array([start, end]), np.full(3, radius + 3.0))
    return Organ(tissue, low, high, lambda point: capsule(point, start, end, radius))


def _corners(points: FloatArray, margin: FloatArray) -> tuple[Triple, Triple]:
    low, high = (points.min(axis=0) - margin).tolist(), (points.max(axis=0) + margin).tolist()
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _both(tissue: str, start: Triple, end: Triple, radius: float) -> Iterator[Organ]:
    for side in (-1.0, 1.0):
        yield _rod(tissue, (side * start[0], *start[1:]), (side * end[0], *end[1:]), radius)


ORGANS = (
    *_both("muscle", (31.0, 88.0, -250.0), (29.0, 88.0, -20.0), 18.0),  # beside the spine
    *_both("muscle", (56.0, 80.0, -250.0), (50.0, 82.0, -20.0), 12.0),
    *_both("muscle", (24.0, 58.0, -135.0), (34.0, 62.0, -180.0), 9.0),  # psoas
    *_both("muscle", (34.0, 62.0, -180.0), (42.0, 64.0, -260.0), 17.0),
    *_both("muscle", (15.0, 42.0, -90.0), (19.0, 52.0, -150.0), 5.0),  # crura
    _rod("gullet", (14.0, 28.0, -20.0), (24.0, 16.0, -90.0), 6.5),
    _rod("pancreas", (-20.0, 0.0, -158.0), (2.0, -8.0, -142.0), 11.0),
    _rod("pancreas", (2.0, -8.0, -142.0), (70.0, 20.0, -124.0), 8.5),
    Organ("stomach", (-24.0, -74.0, -166.0), (95.0, 42.0, -62.0), _stomach),
    Organ("chyme", (-24.0, -74.0, -166.0), (95.0, 42.0, -62.0), lambda point: _stomach(point) - 4.0),
    Organ("gas", (-24.0, -74.0, -166.0), (95.0, -36.0, -62.0), _gastric_gas),
    Organ("spleen", (58.0, -28.0, -162.0), (126.0, 84.0, -62.0), _spleen, 2.0),
    *(
        Organ("kidney", (x - 40, 20.0, -226.0), (x + 40, 78.0, -104.0), _kidney(s))
        for s, x in (("right", -62.0), ("left", 62.0))
    ),
    *(
        Organ("fat", (x - 32, 28.0, -200.0), (x + 32, 66.0, -130.0), _sinus(s), 4.0)
        for s, x in (("right", -62.0), ("left", 62.0))
    ),
    _rod("blood", (13.0, 46.0, -20.0), (10.0, 40.0, -130.0), 10.5),  # aorta
    _rod("blood", (10.0, 40.0, -130.0), (6.0, 36.0, -260.0), 10.0),
    _rod("vein", (-21.0, 20.0, -60.0), (-21.0, 30.0, -260.0), 11.0),  # inferior vena cava
    _rod("vein", (-14.0, 2.0, -150.0), (-38.0, 0.0, -126.0), 7.5),  # portal vein
    _rod("vein", (-14.0, 2.0, -150.0), (2.0, 2.0, -160.0), 6.5),
    _rod("vein", (2.0, 4.0, -138.0), (76.0, 26.0, -122.0), 4.0),  # splenic vein
    _rod("vein", (-21.0, 27.0, -168.0), (-46.0, 44.0, -172.0), 4.5),
    _rod("vein", (-18.0, 26.0, -158.0), (48.0, 44.0, -160.0), 4.5),
    _rod("blood", (7.0, 24.0, -150.0), (3.0, 0.0, -250.0), 4.5),  # superior mesenteric artery
    _ball("bile", *_GALLBLADDER),
)
"""In the order of drawing: later ones displace earlier ones. The liver is drawn before the blood of its vessels."""


def ribs(seed: int) -> list[Tube]:
    """Compact bone of the ribs, LPS mm before scale."""
    bones = build_bones(ANATOMY, np.random.default_rng([seed, 7]))
    return [tube for tube in bones.ribs if np.mean(tube.weight) > 0]


def tree(
    rng: np.random.Generator, start: FloatArray, heading: FloatArray, radius: float, length: float
) -> list[tuple[FloatArray, FloatArray]]:
    """Grow a vessel that branches until it is thinner than a millimetre.

    Args:
        rng: Source of chance.
        start: LPS mm, shape ``(3,)``.
        heading: Shape ``(3,)``.
        radius: At the start, mm.
        length: To the first branches, mm.

    Returns:
        Curves, shape ``(n, 3)``, and their radii, shape ``(n,)``.
    """
    if radius < 1.0:
        return []
    way = heading / np.linalg.norm(heading)
    points = [start]
    for _ in range(6):
        way = way + rng.normal(0, 0.10, 3)
        way /= np.linalg.norm(way)
        points.append(points[-1] + way * length / 6)
    curve = np.array(points)
    branches = [(curve, np.linspace(radius, 0.85 * radius, 7))]
    for share in (0.78, 0.62):
        turn = way + rng.normal(0, 0.55, 3)
        branches += tree(rng, curve[-1], turn, radius * share, length * 0.82)
    return branches


def bowel(rng: np.random.Generator) -> list[tuple[FloatArray, FloatArray]]:
    """Loops of small bowel between the organs: curves, LPS mm, and radii, mm."""
    middle, room = np.array([12.0, -22.0, -208.0]), np.array([76.0, 42.0, 54.0])
    loops = []
    for _ in range(17):
        place = middle + room * rng.uniform(-0.8, 0.8, 3)
        way = rng.normal(size=3) * np.array([1.0, 1.0, 0.4])
        points = [place]
        for _ in range(22):
            home = (middle - points[-1]) / room
            way = way / np.linalg.norm(way) + rng.normal(0, 0.30, 3) + 0.35 * home * np.abs(home)
            points.append(points[-1] + 6.0 * way / np.linalg.norm(way))
        loops.append((np.array(points), np.full(23, rng.uniform(8.5, 12.0))))
    return loops


def colon(rng: np.random.Generator) -> list[tuple[FloatArray, FloatArray]]:
    """Ascending, transverse and descending colon with its pouches: curves, LPS mm, and radii, mm."""
    parts = (
        [(-96.0, 8.0, -250.0), (-94.0, 12.0, -204.0), (-84.0, -12.0, -198.0)],
        [
            (-80.0, -40.0, -204.0),
            (-40.0, -66.0, -212.0),
            (10.0, -72.0, -206.0),
            (58.0, -62.0, -186.0),
            (88.0, -34.0, -160.0),
        ],
        [(96.0, 2.0, -152.0), (103.0, 24.0, -180.0), (104.0, 28.0, -250.0)],
    )
    curves = []
    for corners in parts:
        knots = np.array(corners)
        places, _ = along(knots, np.full(len(knots), 1.0), 4.0)
        waves = 15.0 + 2.5 * np.sin(np.arange(len(places)) * 0.9 + rng.uniform(0, 6)) + rng.normal(0, 0.6, len(places))
        curves.append((places, waves))
    return curves
