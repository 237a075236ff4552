"""What the core gives for the inputs that the viewer's modules are tested with."""

import base64
import itertools
import math
from typing import Any

import numpy as np

from medimg_core.explain import COLORMAPS, DIVERGING, colour_table, overlay
from medimg_core.explain.overlay import contour
from medimg_core.geometry import Geometry, PlanarGeometry, direction_letters
from medimg_core.measuring import KINDS, measure
from medimg_core.study import Volume
from medimg_core.voi import Lut, Window, auto_window, grey8

EACH_KIND = 200

WINDOWS = [
    Window(40, 400, "LINEAR"),
    Window(-600.5, 1500, "LINEAR"),
    Window(0, 1, "LINEAR"),
    Window(99.5, 2, "LINEAR"),
    Window(1e5, 10, "LINEAR"),
    Window(0, 65536, "LINEAR"),
    Window(40, 400, "LINEAR_EXACT"),
    Window(127.5, 255, "LINEAR_EXACT"),
    Window(10.3, 0.25, "LINEAR_EXACT"),
    Window(-1e5, 10, "LINEAR_EXACT"),
    Window(300, 900, "SIGMOID"),
    Window(-10.3, 57.7, "SIGMOID"),
]
WHOLE = {"uint8": (0, 255), "int16": (-32768, 32767), "uint16": (0, 65535)}


def packed(array: np.ndarray) -> dict[str, str]:
    return {"dtype": array.dtype.name, "base64": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}


def grey() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    tables = [Lut(first, np.sort(rng.random(n)).astype(np.float32)) for first, n in ((-100, 300), (1000, 4096), (7, 1))]
    floats = np.concatenate([rng.normal(0, 500, 5000), [np.nan, np.inf, -np.inf, 40, -160.5]]).astype(np.float32)
    wholes = {name: np.arange(low, high + 1, dtype=name) for name, (low, high) in WHOLE.items()}
    cases = [
        ("int16", voi, inverted, padding) for voi in WINDOWS for inverted, padding in ((False, None), (True, -2000))
    ]
    cases += [("int16", voi, inverted, None) for voi in tables for inverted in (False, True)]
    cases += [
        (dtype, voi, True, 0)
        for dtype in ("uint8", "uint16", "float32")
        for voi in (WINDOWS[0], WINDOWS[6], WINDOWS[10], tables[0])
        if not (dtype == "float32" and isinstance(voi, Lut))
    ]
    samples = [
        rng.normal(50, 300, 3001),
        rng.integers(-5, 5, 450_001),
        np.full(9, 3.0),
        np.array([np.nan, np.inf, -1.0]),
    ]
    return {
        "cases": [_shaded(*case, floats if case[0] == "float32" else wholes[case[0]]) for case in cases],
        "windows": [_automatic(sample.astype(np.float32), padding) for sample in samples for padding in (None, -1.0)],
    }


def _shaded(dtype: str, voi: Window | Lut, inverted: bool, padding: int | None, values: np.ndarray) -> dict[str, Any]:
    shade = grey8(values, voi, invert=inverted)
    if padding is not None:
        shade[values == padding] = 0
    if isinstance(voi, Lut):
        told: dict[str, Any] = {"first": voi.first, "entries": packed(voi.entries)}
        name = f"LUT of {len(voi.entries)} from {voi.first}"
    else:
        told = {"centre": voi.centre, "width": voi.width, "function": voi.function}
        name = f"{voi.function} {voi.centre:g} {voi.width:g}"
    return {
        "name": f"{dtype} {name}{' inverted' if inverted else ''}{'' if padding is None else ' padding'}",
        "dtype": dtype,
        "voi": told,
        "inverted": inverted,
        "padding": padding,
        "values": packed(values) if dtype == "float32" else list(WHOLE[dtype]),  # or the range they fill
        "bytes": packed(shade),
    }


def _automatic(values: np.ndarray, padding: float | None) -> dict[str, Any]:
    window = auto_window(values, padding=padding)
    return {"values": packed(values), "padding": padding, "centre": window.centre, "width": window.width}


def planes() -> list[dict[str, Any]]:
    """All 48 ways in which three axes can lie along the patient's, and oblique and sheared ones."""
    rng = np.random.default_rng(2)
    affines = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            affine = np.eye(4)
            affine[:3, :3] = np.eye(3)[:, order] * signs * [3.0, 0.5, 0.7]
            affines.append(affine)
    for _ in range(40):
        affine = np.eye(4)
        turn, _r = np.linalg.qr(rng.normal(size=(3, 3)))
        affine[:3, :3] = turn * rng.uniform(0.5, 3, 3)
        affine[:3, 0] += rng.normal(0, 0.3, 3)
        affine[:3, 3] = rng.normal(0, 100, 3)
        affines.append(affine)
    return [
        {
            "affine": geometry.affine.ravel().tolist(),
            "letters": [direction_letters(direction) for direction in geometry.directions],
            "edges": list(geometry.edge_letters()),
            "plane": geometry.plane,
            "steps": [_step(geometry, axis).tolist() for axis in range(3)],
            "world": geometry.to_world([1.5, -2, 7]).tolist(),
        }
        for geometry in map(Geometry, affines)
    ]


def _step(geometry: Geometry, axis: int) -> np.ndarray:
    """Normal of the planes across an axis, along the growing index, as long as the planes lie apart in mm."""
    along, *plane = np.roll(geometry.affine[:3, :3].T, -axis, axis=0)
    normal = np.cross(*plane)
    normal /= np.linalg.norm(normal)
    return normal * (normal @ along)


def overlays() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    levels, greys = np.meshgrid(np.arange(256) / 255, np.arange(256) / 255, indexing="ij")
    settings = [
        ("inferno", 0.5, 0.3, "by_value"),
        ("inferno", 0.5, 0.3, "constant"),
        ("viridis", 1.0, 0.0, "by_value"),
        ("viridis", 0.35, 0.0, "constant"),
        ("magma", 0.83, 0.95, "by_value"),
        ("cividis", 0.07, 1.0, "constant"),
        (DIVERGING, 0.5, 0.3, "by_value"),
        (DIVERGING, 0.9, 0.4, "constant"),
    ]
    blends = [
        {
            "opacity": opacity,
            "threshold": threshold,
            "alpha": alpha,
            "signed": colormap == DIVERGING,
            "colours": packed(colour_table(colormap)),
            "pixels": packed(
                overlay(
                    greys,
                    2 * levels - 1 if colormap == DIVERGING else levels,
                    scale=1,
                    opacity=opacity,
                    threshold=threshold,
                    alpha=alpha,
                    colormap=colormap,
                    outline=False,
                )
            ),
        }
        for colormap, opacity, threshold, alpha in settings
    ]
    assert {setting[0] for setting in settings} <= {*COLORMAPS, DIVERGING}
    contours = []
    for level in (0.3, 0.5, 0.9):
        values = rng.random((17, 23)).astype(np.float32)
        values[:, 20:] = np.nan  # beyond the map's own grid
        values[:3, :4] = 1
        contours.append(
            {"level": level, "values": packed(values), "inside": packed(contour(values, level).astype(np.uint8))}
        )
    return {"blends": blends, "contours": contours}


def measuring() -> list[dict[str, Any]]:
    """Random measurements on volumes with and without geometry."""
    rng = np.random.default_rng(4)
    hounsfield = rng.integers(-1000, 1500, (7, 19, 23)).astype(np.int16)
    uptake = rng.gamma(2, 1.7, (5, 16, 21)).astype(np.float32)
    uptake[rng.random(uptake.shape) < 0.05] = np.nan
    uptake[0, 0, 0], uptake[-1, -1, -1] = np.inf, -np.inf
    sheared = np.eye(4)
    sheared[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] * [2.5, 0.63, 0.71]
    sheared[:3, 0] += 0.4 * sheared[:3, 1]
    detector = PlanarGeometry(spacing=(0.143, 0.147), spacing_source="detector")
    colours = rng.integers(0, 256, (3, 14, 15, 3)).astype(np.uint8)
    volumes = [
        Volume(hounsfield, unit="HU", geometry=Geometry(np.diag([3.0, 0.7, 0.7, 1.0]))),
        Volume(uptake, unit="SUVbw", geometry=Geometry(sheared)),
        Volume(rng.integers(0, 4096, (1, 40, 30)).astype(np.uint16), planar=detector),
        Volume(rng.normal(size=(6, 12, 13)).astype(np.float32)),
        Volume(colours, colour=True, photometric="RGB"),
    ]
    return [{**_described(volume), "measurements": list(_measured(rng, volume))} for volume in volumes]


def _described(volume: Volume) -> dict[str, Any]:
    return {
        "array": packed(volume.array),
        "shape": list(volume.shape),
        "colour": volume.colour,
        "affine": None if volume.geometry is None else volume.geometry.affine.ravel().tolist(),
        "spacing": None if volume.spacing is None else list(volume.spacing),
        "spacingNote": "at the detector" if volume.planar else "",
        "unit": "" if volume.unit == "unknown" else volume.unit,
    }


def _measured(rng: np.random.Generator, volume: Volume) -> Any:
    for kind, number in itertools.product(KINDS, range(EACH_KIND // 5)):
        axis = 0 if volume.planar else int(rng.integers(3))
        points = _points(rng, volume.shape, axis, kind, on_grid=number % 3 == 0)
        done = measure(volume, id="m-1", kind=kind, points=points, axis=axis)
        values = {name: value for name, value in done.values.items() if not name.startswith("lps")}
        assert all(map(math.isfinite, values.values()))
        yield {"kind": kind, "axis": axis, "points": points, "unit": done.length_unit, "values": values}


def _points(
    rng: np.random.Generator, shape: tuple[int, int, int], axis: int, kind: str, *, on_grid: bool
) -> list[list[float]]:
    """Points of a plane, no two alike; on the grid, halves included, edges run through voxel centres."""
    count = int(rng.integers(3, 60)) if kind == "freehand" else KINDS[kind][0]
    place = float(rng.integers(shape[axis]))
    while True:
        points = rng.uniform(-0.5, np.array(shape) - 0.5, (count, 3))
        if on_grid:
            points = np.round(points * 2) / 2
        points[:, axis] = place
        if kind == "freehand" or len(np.unique(points, axis=0)) == count:
            return [list(map(float, point)) for point in points]


EXPECTED = {"grey": grey, "planes": planes, "overlays": overlays, "measure": measuring}
