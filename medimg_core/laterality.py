"""Whether a chest looks mirrored against its own orientation tags: the heart lies right where it should lie left.

A caution, never a correction: tags and pixels stay as they are. No model is needed.

**CT.** The lungs are found as air inside the body. On slices through their lower halves the middle of what lies
between them in front (heart and great vessels; neither spine nor aorta) is compared with the midline of the rib
cage, halfway between the outer edges of the lungs. There is a caution when it lies to the right by more than
:data:`CT_LIMIT` of the half-width of the rib cage, as long as nothing speaks against it: the lung on the side of the
heart is the smaller one, and the liver lifts the dome of the diaphragm on its side. So a heart that lies right
above a liver that does, too, as after a collapse, gives none. Tried on phantoms only, for want of CT of the chest.

**Frontal radiographs.** A linear score over the difference between both halves of a 24 x 24 thumbnail of the middle
of the image; markers near the edges are left out. It is antisymmetric: mirroring the image changes its sign.
:mod:`medimg_core.training.laterality` fits it and says how; ``laterality.npz`` holds weights and limit.
Data: Kermany et al., chest radiographs of children of 1 to 5 years, doi 10.17632/rscbjbr9sj.2, CC BY 4.0.
Fitted and limited on the 4,504 ``train`` images of ``chest_xray``; on its 712 ``val`` images (other patients, same
hospital) 1.1 % give a false alarm and 86 % of them, mirrored, are found (93 % of the normal, 84 % of the
pneumonias); 1.8 % and 83 % when they are also turned, zoomed, shifted and exposed otherwise. Adults were not measured.
False alarms are mostly hearts that do lie right, by collapse, effusion or scoliosis.
"""

from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.io.headers import gate_tags
from medimg_core.study import AnyArray, Series, Volume

__all__ = ["CT_LIMIT", "MIRRORED", "SIDE", "heart_offset", "looks_mirrored", "mirror_score", "thumbnail_difference"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MIRRORED = "The heart lies on the right by the orientation tags: the image looks mirrored. Check the side."
"""The caution, in plain words."""

SIDE = 24
"""Rows and columns of the thumbnail of a radiograph."""

CT_LIMIT = 0.03
"""Share of the half-width of the rib cage by which the heart must lie right of the midline.

In phantoms of 20 adults (``ct_thorax``, seeds 1 to 20) the heart lies 0.02 to 0.11 to the left: no false alarm, and
17 of the 20 are found when mirrored.
"""

_MIDDLE = (0.2, 0.9, 0.15)  # top, bottom and left edge of the part of a radiograph that is looked at, as shares
_RADIOGRAPHS = frozenset({"CR", "DX", "RG"})
_CHEST = frozenset({"CHEST", "THORAX"})
_SAMPLES = (28, 96, 96)  # voxels of a CT that are looked at, at most: superior, posterior, left
_AIR, _SOFT = -400, -200  # HU: below, lung or other air; above, soft tissue
_LEAST_LITRES = {True: 0.1, False: 1.0}  # of lung where the tags say chest, and where they do not
_MOST_OBLIQUE = 30.0  # degrees


def looks_mirrored(series: Series, slice_index: int | None = None) -> str | None:
    """Say so when a chest looks mirrored against its orientation tags.

    Args:
        series: CT of the chest with geometry, or frontal radiographs whose PatientOrientation is known; anything else
            gives None: without tags there is no side to check.
        slice_index: The radiograph looked at, where a series holds several; a CT is looked at as a whole.

    Returns:
        :data:`MIRRORED`, or None when the heart lies left, when that is not certain, or when it does not apply.
    """
    volume = series.volume
    if volume is None or volume.colour or series.kind != "image":
        return None
    if series.modality == "CT" and volume.unit == "HU" and volume.geometry is not None:
        return MIRRORED if _ct_is_mirrored(volume, chest=series.body_part in _CHEST) else None
    if series.modality in _RADIOGRAPHS and volume.planar is not None and _is_frontal_chest(series):
        score = _radiograph_score(volume, volume.planar, slice_index or 0)
        return MIRRORED if score is not None and score > _fitted()[1] else None
    return None


def _is_frontal_chest(series: Series) -> bool:
    return series.body_part in _CHEST and gate_tags(series).view_position in ("", "AP", "PA")


def thumbnail_difference(grey: npt.NDArray[np.floating]) -> Floats:
    """How the left half of a radiograph differs from the right one.

    The middle of the image, squashed to 24 x 24 by area, standardised; minus its mirror image.

    Args:
        grey: Dense tissue bright, head up, any range, shape ``(rows, columns)``.

    Returns:
        The left half of the difference, shape ``(24, 12)``; of the mirrored image, its negative.

    Examples:
        >>> grey = np.random.default_rng(1).random((60, 50))
        >>> bool(np.allclose(thumbnail_difference(grey[:, ::-1]), -thumbnail_difference(grey)))
        True
    """
    return np.asarray((_thumbnail(grey) - _thumbnail(grey[:, ::-1]))[:, : SIDE // 2])


def _thumbnail(grey: npt.NDArray[np.floating]) -> Floats:
    from PIL import Image

    rows, columns = grey.shape
    top, bottom, left = _MIDDLE
    box = (columns * left, rows * top, columns * (1 - left), rows * bottom)
    picture = Image.fromarray(np.ascontiguousarray(grey, dtype=np.float32))
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX, box=box), dtype=np.float64)
    spread = float(small.std())
    return (small - small.mean()) / spread if spread > 1e-6 else np.zeros_like(small)


def mirror_score(grey: npt.NDArray[np.floating]) -> float:
    """Log-odds that a frontal chest radiograph is mirrored; changes its sign with the image.

    Args:
        grey: Dense tissue bright, head up, the patient's left at the right edge; shape ``(rows, columns)``.
    """
    return float((thumbnail_difference(grey) * _fitted()[0]).sum())


@cache
def _fitted() -> tuple[Floats, float]:
    """Weights ``(24, 12)`` and the limit of the score."""
    with np.load(Path(__file__).with_name("laterality.npz"), allow_pickle=False) as file:
        return file["weights"].astype(np.float64), float(file["limit"])


def _radiograph_score(volume: Volume, planar: PlanarGeometry, index: int) -> float | None:
    """Score of one radiograph, turned as its tags say; None where they name no sides."""
    right, bottom = (planar.right or "")[:1], (planar.bottom or "")[:1]
    if right not in ("L", "R") or bottom not in ("F", "I", "H", "S") or not 0 <= index < volume.shape[0]:
        return None
    plane = volume.plane(index)
    every = max(1, min(plane.shape) // 256)  # a thumbnail needs no more
    small = Volume(
        np.array(plane[None, ::every, ::every]),
        photometric=volume.photometric,
        padding=volume.padding,
        voi=volume.voi,
    )
    grey = np.nan_to_num(small.presented(0))
    grey = grey if right == "L" else grey[:, ::-1]
    return mirror_score(grey if bottom in ("F", "I") else grey[::-1])


def _ct_is_mirrored(volume: Volume, *, chest: bool) -> bool:
    geometry = volume.geometry
    assert geometry is not None
    if geometry.obliqueness > _MOST_OBLIQUE or min(volume.shape) < 8:
        return False
    hu, step = _sampled(volume.array[0] if volume.frames_axis else volume.array, geometry)
    lungs = _lungs(hu, step)
    if lungs.sum() * step.prod() / 1e6 < _LEAST_LITRES[chest]:
        return False
    offset = heart_offset(hu, lungs)
    if offset is None or offset > -CT_LIMIT:
        return False
    left = np.arange(hu.shape[2]) > _midline(lungs)[0][:, None, None]
    on_left, on_right = lungs & left, lungs & ~left
    smaller_on_heart_side = on_right.sum() <= on_left.sum()
    higher = _dome(on_left, step[0]) - _dome(on_right, step[0])
    return bool(smaller_on_heart_side and higher >= -max(10.0, step[0]))


def _sampled(array: AnyArray, geometry: Geometry) -> tuple[AnyArray, Floats]:
    """Every n-th voxel, axes to superior, posterior, left, and the distance between them in mm, shape ``(3,)``."""
    steps = geometry.affine[:3, :3][::-1]  # one row each of z, y, x; one column an index axis
    cosines = np.abs(geometry.directions.T[::-1])
    axes = max(permutations(range(3)), key=lambda order: sum(cosines[place, axis] for place, axis in enumerate(order)))
    every = [-(-array.shape[axis] // most) for axis, most in zip(axes, _SAMPLES, strict=True)]
    thinned = array.transpose(axes)[:: every[0], :: every[1], :: every[2]]
    flips = tuple(place for place, axis in enumerate(axes) if steps[place, axis] < 0)
    size = [abs(steps[place, axis]) * n for place, (axis, n) in enumerate(zip(axes, every, strict=True))]
    return np.ascontiguousarray(np.flip(thinned, flips)), np.array(size)


def _lungs(hu: AnyArray, step: Floats) -> Mask:
    """Air inside the body, in pieces of a tenth of a litre or more."""
    from scipy.ndimage import binary_dilation, binary_erosion, label

    in_plane = np.zeros((3, 3, 3), dtype=int)
    in_plane[1] = [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    air = hu < _AIR
    core = binary_erosion(air, in_plane, border_value=1)  # without its rim no thin gap joins lung and room
    pieces, count = label(core, in_plane)
    enclosed = np.ones(count + 1, np.bool_)
    enclosed[0] = False
    enclosed[np.unique(pieces[:, [0, -1]])] = False
    enclosed[np.unique(pieces[:, :, [0, -1]])] = False
    pieces, count = label(binary_dilation(enclosed[pieces], in_plane) & air)
    litres = np.bincount(pieces.ravel(), minlength=count + 1) * step.prod() / 1e6
    litres[0] = 0
    return np.asarray((litres >= 0.1)[pieces])


def _midline(lungs: Mask) -> tuple[Floats, Floats]:
    """Midline of the rib cage and its half-width in each slice, in columns; NaN where there is no lung."""
    seen: Mask = np.asarray(lungs.any(axis=1))
    first, last = np.argmax(seen, axis=1), seen.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    empty = ~seen.any(axis=1)
    return np.where(empty, np.nan, (first + last) / 2), np.where(empty, np.nan, (last - first) / 2)


def heart_offset(hu: AnyArray, lungs: Mask) -> float | None:
    """Where the heart lies: middle of what lies between the lungs in front, from the midline of the rib cage.

    Args:
        hu: CT, axes to superior, posterior, left; shape ``(slices, rows, columns)``.
        lungs: Lung voxels, same shape.

    Returns:
        Share of the half-width of the rib cage, above zero to the left: the median over slices of the lungs' lower
        halves on which both are wide. None where fewer than three slices serve.
    """
    middle, half = _midline(lungs)
    columns = np.arange(hu.shape[2])
    left = columns > np.nan_to_num(middle)[:, None, None]
    wide = np.ones(len(hu), np.bool_)
    for side in (lungs & left, lungs & ~left):
        area = side.sum(axis=(1, 2))
        wide &= (area > 0) & (area >= 0.6 * area.max())
    levels = np.flatnonzero(lungs.any(axis=(1, 2)))
    if levels.size == 0:
        return None
    wide &= np.arange(len(hu)) <= (levels[0] + levels[-1]) / 2
    between = np.maximum.accumulate(lungs, axis=2) & np.maximum.accumulate(lungs[:, :, ::-1], axis=2)[:, :, ::-1]
    soft = between & (hu > _SOFT)
    found = []
    for level in np.flatnonzero(wide):
        rows = np.flatnonzero(lungs[level].any(axis=1))
        front = soft[level, : int(rows[0] + 0.6 * (rows[-1] - rows[0]))].sum(axis=0)
        if front.sum() > 0:
            found.append(((front * columns).sum() / front.sum() - middle[level]) / half[level])
    return float(np.median(found)) if len(found) >= 3 else None


def _dome(lung: Mask, step: float) -> float:
    """Height of the lung's base in mm above the lowest slice: the median over columns with 20 mm of lung above it."""
    deep = lung.sum(axis=0) * step >= 20
    return float(np.median(np.argmax(lung, axis=0)[deep]) * step) if deep.any() else 0.0
