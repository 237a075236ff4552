"""A cine MR of the heart in short axis: slices across the ventricles at every phase of the cycle."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.phantoms import thorax
from medimg_core.phantoms.anatomy import ADULT
from medimg_core.phantoms.chest_organs import distances
from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.marks import word
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.ventricle import (
    ES_PHASE,
    PAPILLARY_LENGTH,
    PAPILLARY_RADIUS,
    PHASES,
    Ventricle,
    papillary_volume,
    ventricle,
)

__all__ = ["SHAPE", "SIGNAL", "SPACING", "cine_tags", "heart_cine", "stack"]

SHAPE, SPACING = (8, 192, 192), (10.0, 1.6, 1.6)
THICKNESS = 8.0  # mm; a gap of 2 mm to the next slice
CYCLE = 900  # ms from one R wave to the next
CENTRE = (27.0, -14.0, -36.0)  # LPS mm of the ventricle's w = 0
SIGNAL = {
    "blood": 560, "muscle": 150, "fat": 640, "mediastinum": 330, "lung": 22, "liver": 210, "skeletal": 130,
    "marrow": 330, "air": 0,
}  # fmt: skip
NOISE_SD = 9.0
_ANATOMY = replace(ADULT, scale=1.55, wall=12.0, arm_angle=80.0)
_APEX_TO_BASE, _TO_THE_RIGHT = (-0.62, 0.63, 0.46), (0.71, 0.70, -0.03)  # of the image; not yet orthogonal
_PARTS = (-3.0, -1.0, 1.0, 3.0)  # of a slice's thickness, mm from its middle


def stack() -> Plane:
    """Plane tags of the eight positions, from the apex to the base."""
    up = np.array(_APEX_TO_BASE) / np.linalg.norm(_APEX_TO_BASE)
    row = np.array(_TO_THE_RIGHT) - up * (up @ np.array(_TO_THE_RIGHT))
    row /= np.linalg.norm(row)
    column = np.cross(up, row)
    origin = np.array(CENTRE) + up * _heights()[0]
    origin -= row * SPACING[2] * 96 + column * SPACING[1] * 84  # the heart a little above the middle
    return Plane((*row.tolist(), *column.tolist()), origin, up * SPACING[0], (SPACING[1], SPACING[2]))


def _heights() -> FloatArray:
    """Where the slices cross the long axis, mm from the ventricle's w = 0."""
    return np.asarray(np.arange(SHAPE[0]) * SPACING[0] - 50.0)


@lru_cache(maxsize=2)
def heart_cine(seed: int) -> tuple[npt.NDArray[np.int16], dict[str, object]]:
    """Scan the beating heart.

    Args:
        seed: Draws the noise.

    Returns:
        Signal, shape ``(slices, phases, rows, columns)``, and the truth.
    """
    rows, columns = SHAPE[1:]
    rest, gain = _chest()
    volume = np.repeat(rest[:, None], PHASES, axis=1)
    v = ((np.arange(rows, dtype=np.float32) - 84) * np.float32(SPACING[1]))[:, None]
    u = ((np.arange(columns, dtype=np.float32) - 96) * np.float32(SPACING[2]))[None, :]
    down, across = slice(84 - 40, 84 + 41), slice(96 - 56, 96 + 41)  # the heart stays inside
    u, v = u[:, across], v[down]
    for number, height in enumerate(_heights()):
        for phase in range(PHASES):
            shape, squeeze = ventricle(phase), _squeeze(phase)
            part = volume[number, phase, down, across]
            moments = [_heart(part.copy(), shape, squeeze, u, v, float(height + offset)) for offset in _PARTS]
            part[:] = np.mean(moments, axis=0)
    volume *= gain[:, None]
    rng = np.random.default_rng([seed, 17])
    # The magnitude of a complex signal with normal noise in both channels is Rice distributed.
    volume += rng.standard_normal(volume.shape, dtype=np.float32) * np.float32(NOISE_SD)
    other = rng.standard_normal(volume.shape, dtype=np.float32) * np.float32(NOISE_SD)
    values = np.rint(np.hypot(volume, other)).astype(np.int16)
    ink = word("SYNTHETIC", 7) > 0.45
    values[..., -ink.shape[0] - 3 : -3, 3 : 3 + ink.shape[1]][..., ink] = 900
    values.setflags(write=False)
    return values, _truth()


def _squeeze(phase: int) -> float:
    """0 at end-diastole to 1 at end-systole, read from the base that the muscle pulls down."""
    first, last = ventricle(0).base, ventricle(ES_PHASE).base
    return (first - ventricle(phase).base) / (first - last)


def _truth() -> dict[str, object]:
    place = stack()
    geometry = place.geometry()
    up = place.step / np.linalg.norm(place.step)
    start, end = ventricle(0), ventricle(ES_PHASE)
    on_axis = {
        "apex": np.array(CENTRE) - up * start.depth,
        "middle": np.array(CENTRE),
        "base": np.array(CENTRE) + up * start.base,
    }
    return {
        "lv": {
            "end_diastolic_volume_ml": round(start.volume, 3),
            "end_systolic_volume_ml": round(end.volume, 3),
            "stroke_volume_ml": round(start.volume - end.volume, 3),
            "ejection_fraction": round(1 - end.volume / start.volume, 4),
            "end_diastolic_phase": 0,
            "end_systolic_phase": ES_PHASE,
            "volume_ml": [round(ventricle(phase).volume, 3) for phase in range(PHASES)],
            "myocardium_ml": round(start.muscle, 3),
            "papillary_ml": round(papillary_volume(), 3),
            "papillary_muscles": "counted as blood in the volumes",
            "wall_mm": {"end_diastole": round(start.wall, 3), "end_systole": round(end.wall, 3)},
            "centre_line_lps_mm": {name: tuple(round(float(p), 4) for p in at) for name, at in on_axis.items()},
            "centre_line_voxel": {
                name: tuple(round(float(p), 3) for p in geometry.to_index(at)) for name, at in on_axis.items()
            },
        },
        "rv_side": "right and anterior of the left ventricle",
        "trigger_times_ms": [_trigger(phase) for phase in range(PHASES)],
        "spacing_mm": SPACING,
        "slice_thickness_mm": THICKNESS,
        "shape": (PHASES, *SHAPE),
    }


def _trigger(phase: int) -> int:
    return 10 + phase * CYCLE // PHASES


def cine_tags() -> list[dict[str, Any]]:
    """What sets each file apart, in the order of ``heart_cine``'s slices and phases."""
    place = stack()
    normal = np.cross(place.orientation[:3], place.orientation[3:])
    tags = []
    for number in range(SHAPE[0]):
        position = place.origin + number * place.step
        where = {
            "ImagePositionPatient": [f"{value:.5f}" for value in position],
            "SliceLocation": f"{float(normal @ position):.4f}",
            "SliceThickness": f"{THICKNESS:g}",
            "SpacingBetweenSlices": f"{SPACING[0]:g}",
        }
        tags += [where | {"TriggerTime": str(_trigger(phase))} for phase in range(PHASES)]
    return tags


def _cut(distance: Field | FloatArray, edge: float = SPACING[1]) -> Field:
    """Share, 0 to 1, from a signed distance in mm (positive inside)."""
    return np.asarray(np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1), dtype=np.float32)


def _disc(u: Field, v: Field, w: float, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Field:
    """About the distance to an ellipsoid in the plane at height w, positive inside."""
    rest = 1 - ((w - centre[2]) / radii[2]) ** 2
    if rest <= 0:
        return np.full(np.broadcast_shapes(u.shape, v.shape), -50.0, dtype=np.float32)
    wide, high = radii[0] * np.sqrt(rest), radii[1] * np.sqrt(rest)
    return np.asarray(
        (1 - np.hypot((u - centre[0]) / wide, (v - centre[1]) / high)) * min(wide, high), dtype=np.float32
    )


def _heart(image: Field, shape: Ventricle, squeeze: float, u: Field, v: Field, w: float) -> Field:
    """Draw the heart at one height and moment over the chest; u to the image's right, v down, from the long axis."""
    outer = _disc(u, v, w, (0, 0, 0), (shape.outer_radius, shape.outer_radius, shape.outer_depth))
    inner = _disc(u, v, w, (0, 0, 0), (shape.radius, shape.radius, shape.depth))
    small = 1 - 0.16 * squeeze
    right = _disc(u, v, w, (-25.0, 5.0, 4.0), (36.0 * small, 33.0 * small, 54.0))
    sac = np.maximum(outer, right)
    body = w <= shape.base
    paint: list[tuple[Field, str]] = [(_cut(sac + 7.0), "fat"), (_cut(sac + 4.0) * _cut(-sac - 2.6), "muscle")]
    if body:
        paint += [
            (_cut(right + 3.0), "muscle"),
            (_cut(right), "blood"),
            (_cut(outer), "muscle"),
            (_cut(inner), "blood"),
        ]
        if -PAPILLARY_LENGTH < w < 0:
            away = shape.radius * 0.62 * np.sqrt(max(1 - (w / shape.depth) ** 2, 0.1))
            for angle in (-0.45, 1.75):  # anterolateral and posteromedial, from the image's right, down
                gap = np.hypot(u - away * np.cos(angle), v - away * np.sin(angle))
                paint.append((_cut(PAPILLARY_RADIUS - gap), "muscle"))
    else:
        atrium = _disc(u, v, w, (6.0, 4.0, shape.base + 16.0), (29.0, 24.0, 24.0))
        root = np.asarray(13.0 - np.hypot(u + 12.0, v + 10.0), dtype=np.float32)
        other = _disc(u, v, w, (-38.0, 14.0, shape.base + 14.0), (24.0, 28.0, 26.0))
        for part in (atrium, other, root):
            paint += [(_cut(part + 2.2), "muscle"), (_cut(part), "blood")]
    for share, tissue in paint:
        image += (np.float32(SIGNAL[tissue]) - image) * share
    return image


@lru_cache(maxsize=1)
def _chest() -> tuple[Field, Field]:
    """Signal of all that does not move, and the sensitivity of the coil, each ``(slices, rows, columns)``."""
    geometry = stack().geometry()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    x, y, z = (
        np.asarray(part, dtype=np.float32) for part in np.moveaxis(geometry.to_world(index), -1, 0) / _ANATOMY.scale
    )
    found = {name: field * np.float32(_ANATOMY.scale) for name, field in distances(_ANATOMY, x, y, z).items()}
    aorta = thorax.capsule((x, y, z), (12.0, 24.0, 30.0), (9.0, 26.0, -95.0), 7.5) * _ANATOMY.scale
    spine = (1 - np.hypot(x / 10.5, (y - 37.0) / 8.5)) * 8.5 * _ANATOMY.scale
    inner, above = _cut(found["inner"] - 2.0), _cut(found["above"], 3.0)
    lung = _cut(np.minimum(found["cage"], found["above"])) * (1 - _cut(found["mediastinum"]))
    image = np.zeros(SHAPE, dtype=np.float32)
    paint: list[tuple[Field, str]] = [
        (_cut(found["body"]), "fat"),
        (_cut(found["body"] - 9.0), "skeletal"),
        (_cut(found["planes"]), "fat"),
        (inner * above, "mediastinum"),
        (inner * (1 - above), "liver"),
        (_cut(found["sternum"]), "marrow"),
        (lung, "lung"),
        (_cut(spine), "marrow"),
        (_cut(aorta), "blood"),
        (_cut(found["gas"]), "air"),
    ]
    for share, tissue in paint:
        image += (np.float32(SIGNAL[tissue]) - image) * share
    front = np.hypot(x - 10.0, y + 95.0) * _ANATOMY.scale  # the coil lies on the chest
    gain = 0.55 + 0.75 * np.exp(-front / 90.0)
    return image, np.asarray(gain, dtype=np.float32)
