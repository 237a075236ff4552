"""Cases for the stage: volumes whose every voxel is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import nibabel
import numpy as np
import numpy.typing as npt

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.orientation import CENTRE, orientation_value
from medimg_core.results import GateOutcome, MaskLabel, Segmentation
from medimg_core.study import Opened, Patient, Series, Study, Volume
from medimg_core.voi import Lut, Window
from pages._ui.state import Case
from pages._ui.viewer import Label, MapOverlay, MaskOverlay, Overlay

Int16 = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Made:
    """A case and what lies over it."""

    case: Case
    overlays: tuple[Overlay, ...] = ()
    truth: dict[str, object] = field(default_factory=dict)


def one_series(series: Series, *more: Series) -> Case:
    """A case with one study, its first series current."""
    study = Study("1.9.1", Patient("P-STAGE1", 40.0, "F"), (series, *more), date="2026-01-02")
    return Case().with_opened(Opened((study,)))


def phantom(name: str) -> Case:
    """A phantom of the catalogue, through its files."""
    return Case().with_opened(open_study(list(make_phantom(name).files)))


def ct_values(slices: int) -> Int16:
    """Something like a chest: an ellipse with two holes and noise, 512 x 512, HU."""
    rng = np.random.default_rng(1)
    row, column = np.mgrid[:512, :512].astype(np.float32)
    base = np.full((512, 512), -1000, np.float32)
    base[np.hypot((row - 256) / 180, (column - 256) / 230) < 1] = 40
    for centre in (165, 347):
        base[np.hypot((row - 250) / 120, (column - centre) / 75) < 1] = -850
    noise = rng.normal(0, 20, (40, 512, 512)).astype(np.float32)
    values = np.empty((slices, 512, 512), np.int16)
    for index in range(slices):
        values[index] = base + noise[index % 40] + 60 * np.sin(index / 9)
    return values


@cache
def big(slices: int, *, bare: bool = False) -> Made:
    """A CT of 512 x 512, with a mask and a map of 64 x 64 x 25 unless bare."""
    geometry = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, 1, 0], position=[-180, -180, 0], pixel_spacing=[0.7, 0.7], slice_step=[0, 0, 1]
    )
    values = ct_values(slices)
    volume = Volume(
        values,
        unit="HU",
        geometry=geometry,
        voi=(Window(40, 400, name="Body"),),
        instances=tuple((f"1.2.{n}", 1) for n in range(slices)),
    )
    series = Series("1.2.3", "CT", volume, body_part="CHEST", description="Bench", synthetic=True)
    if bare:
        return Made(one_series(series))
    mask = (values > -200).astype(np.uint8)
    mask[:, :, 256:] *= 2
    cells = np.mgrid[:25, :64, :64].astype(np.float32)
    hump = np.exp(-(((cells[0] - 12) / 6) ** 2 + ((cells[1] - 30) / 9) ** 2 + ((cells[2] - 20) / 9) ** 2))
    grid = np.diag([slices / 25, 8.0, 8.0, 1.0])
    grid[:3, 3] = [slices / 50 - 0.5, 3.5, 3.5]
    labels = (Label(1, "Right", (230, 90, 90)), Label(2, "Left", (90, 200, 120)))
    return Made(
        one_series(series),
        (
            MaskOverlay("mask", "Body", mask, volume, labels),
            MapOverlay("map", "Map", hump.astype(np.float32), grid, volume, own=1.0, unit="Evidence"),
        ),
    )


ALL_VOI = (
    Window(1500, 3200, "LINEAR"),
    Window(1203.25, 1777.5, "LINEAR_EXACT"),
    Window(1000, 900, "SIGMOID"),
    Lut(250, (np.arange(3000) / 2999.0).astype(np.float32) ** np.float32(1.7), name="Curve"),
)
"""One of each VOI function."""


def with_voi(case: Case, voi: tuple[Window | Lut, ...]) -> Case:
    """A case whose only series offers these windows."""
    study, series = case.study, case.series
    assert study is not None
    assert series is not None
    assert series.volume is not None
    changed = replace(series, volume=replace(series.volume, voi=voi))
    return Case().with_opened(Opened((replace(study, series=(changed,)),)))


def box(name: str) -> Made:
    """The orientation phantom as files of one acquisition plane."""
    return Made(with_voi(phantom(f"orientation_{name}"), ALL_VOI))


def nifti(axes: str, spacing: tuple[float, float, float]) -> Made:
    """The orientation phantom as a NIfTI file whose axes i, j, k grow toward three letters, turned or flipped.

    Args:
        axes: Of R L A P S I.
        spacing: Along i, j, k, mm.
    """
    affine = np.zeros((4, 4))
    shape = []
    for axis, (letter, step) in enumerate(zip(axes, spacing, strict=True)):
        along = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}[letter]
        affine[along, axis] = step if letter in "RAS" else -step
        shape.append(round((46.0, 40.0, 60.0)[along] / step))
    middle = np.array([-CENTRE[0], -CENTRE[1], CENTRE[2]])  # RAS
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[3, 3] = 1
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    points = (grid @ affine[:3, :3].T + affine[:3, 3]) * np.array([-1.0, -1.0, 1.0])
    image = nibabel.Nifti1Image(orientation_value(points), affine)
    return Made(with_voi(Case().with_opened(open_study([("box.nii", image.to_bytes())])), ALL_VOI))


SIZES = {
    "block": ((4, 20, 16), (9, 60, 64)),
    "spacing": (2.0, 0.75, 0.5),
}
"""Of :func:`solid`: slices, rows and columns from and up to; spacing in mm."""


def solid(*, planar: PlanarGeometry | None = None, plain: bool = False) -> Made:
    """A bright block of known place over noise: a CT, or one plane of it without slices.

    Args:
        planar: What is known of the plane; the CT where None.
        plain: A plane of which nothing is known.
    """
    values = np.random.default_rng(5).integers(-90, 90, (13, 96, 80)).astype(np.int16)
    first, last = SIZES["block"]
    values[tuple(slice(a, b) for a, b in zip(first, last, strict=True))] += 900
    geometry = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, 1, 0], position=[-20, -36, -12], pixel_spacing=[0.75, 0.5], slice_step=[0, 0, 2]
    )
    if planar is None and not plain:
        volume = Volume(values, unit="HU", geometry=geometry, voi=(Window(400, 1600),))
        return Made(one_series(Series("1.3.1", "CT", volume, body_part="CHEST")))
    picture = (values[5:6] + 100).astype(np.uint16)
    volume = Volume(picture, planar=planar, voi=(Window(500, 1200),))
    return Made(one_series(Series("1.3.2", "" if plain else "DX", volume)))


def overlaid() -> Made:
    """A volume with unlike axes, a mask of two labels and a map on a coarse grid of its own."""
    shape = (10, 14, 12)
    geometry = Geometry.from_dicom(
        orientation=[-1, 0, 0, 0, 0, -1], position=[10, -20, 30], pixel_spacing=[1.5, 2.0], slice_step=[0, 2.5, 0]
    )
    values = np.random.default_rng(7).integers(0, 1000, shape).astype(np.int16)
    volume = Volume(values, geometry=geometry, voi=(Window(500, 1000, "LINEAR_EXACT"),))
    mask = np.zeros(shape, np.uint8)
    mask[2:6, 3:9, 1:6] = 1
    mask[5:9, 6:12, 7:11] = 2
    mask[4, 5, 3] = 0
    cells = np.zeros((5, 7, 4), np.float32)
    cells[1:3, 4:6, 2] = [[0.5, 0.75], [0.25, 1.0]]
    cells[3, 5, 2] = 0.125
    grid = np.diag([2.0, 2.0, 3.0, 1.0])
    grid[:3, 3] = [0.5, 0.5, 1.0]
    labels = (Label(1, "First", (230, 90, 30)), Label(2, "Second", (20, 200, 120)))
    overlays = (
        MaskOverlay("mask", "Two labels", mask, volume, labels, model=False),
        MapOverlay("map", "Cells", cells, grid, volume, own=1.0, unit="Evidence"),
    )
    return Made(one_series(Series("1.4.1", "MR", volume)), overlays, {"mask": mask, "cells": cells, "grid": grid})


def segmented(case: Case, mask: npt.NDArray[np.uint8], raw: npt.NDArray[np.uint8], names: Sequence[str]) -> Case:
    """A case with a model's masks of its current series."""
    volume = case.volume
    assert volume is not None
    made = Segmentation(
        model_id="masks",
        weights_sha256="ab" * 32,
        fingerprint=volume.fingerprint,
        frame=0,
        slices=(0, volume.shape[0] - 1),
        labels=tuple(MaskLabel(value, name) for value, name in enumerate(names, 1)),
        mask=mask,
        raw=raw,
        regions=(),
        volumes_ml={},
        flags=(),
        agreement={},
        threshold=0.5,
        gate=GateOutcome(),
    )
    return case.with_segmentation(case.series_key, made)


def correctable() -> Made:
    """A volume with unlike axes and masks that can be corrected; a part of three voxels was taken away as too small."""
    plain = overlaid()
    mask = np.array(plain.truth["mask"])
    mask[8, 1:3, 9:11] = 1  # a second part of label 1
    raw = mask.copy()
    raw[6, 1, 1:4] = 2
    return Made(segmented(plain.case, mask, raw, ("First", "Second")), truth={"mask": mask, "raw": raw})


def big_correctable() -> Made:
    """The large CT with one mask that can be corrected."""
    plain = big(200)
    over = plain.overlays[0]
    mask = np.minimum(over.array, 1)
    return Made(segmented(plain.case, mask, mask, ("Body",)))


def correctable_radiograph() -> Made:
    """A radiograph of 3000 x 3000 with a mask of two fields."""
    plain = radiograph(monochrome1=False)
    mask = np.zeros((1, 3000, 3000), np.uint8)
    mask[0, 600:2300, 400:1300] = 1
    mask[0, 600:2300, 1700:2600] = 1
    return Made(segmented(plain.case, mask, mask, ("Lungs",)))


def two_series() -> Made:
    """Two acquisitions of one box in one study, with one frame of reference."""
    one, other = phantom("orientation_axial").series, phantom("orientation_coronal").series
    assert one is not None
    assert other is not None
    return Made(one_series(one, other))


def thick_and_thin() -> Made:
    """One acquisition and every second of its slices, in one frame of reference."""
    thin = phantom("orientation_axial").series
    assert thin is not None
    assert thin.volume is not None
    assert thin.volume.geometry is not None
    affine = thin.volume.geometry.affine.copy()
    affine[:3, 0] *= 2
    thick = replace(thin.volume, array=thin.volume.array[::2], geometry=Geometry(affine), instances=())
    return Made(one_series(thin, replace(thin, uid="1.6.1", volume=thick, source=thin.source[::2])))


def radiograph(*, monochrome1: bool) -> Made:
    """A 3000 x 3000 radiograph of 16 bits; a collimated edge of padding where low values are white."""
    down, across = np.mgrid[:3000, :3000].astype(np.uint32)
    values = ((down * 13 + across * 7 + (down // 100) * (across // 100) * 31) % 60_000).astype(np.uint16)
    padding = 65_535.0 if monochrome1 else None
    if monochrome1:
        values[:, :150] = 65_535
    planar = PlanarGeometry(right="L", bottom="F", spacing=(0.14, 0.14), spacing_source="detector")
    photometric = "MONOCHROME1" if monochrome1 else "MONOCHROME2"
    volume = Volume(
        values[None], planar=planar, photometric=photometric, padding=padding, voi=(Window(30_000, 50_000, "LINEAR"),)
    )
    return Made(one_series(Series("1.5.1", "DX", volume, body_part="CHEST")))


CASES: dict[str, Callable[[], Made]] = {
    **{name: partial(box, name) for name in ("axial", "sagittal", "coronal", "oblique")},
    "nifti_las": lambda: nifti("LAS", (1.2, 1.5, 2.0)),
    "nifti_psr": lambda: nifti("PSR", (1.5, 2.0, 1.2)),
    "nifti_ilp": lambda: nifti("ILP", (2.0, 1.2, 1.5)),
    "cube": lambda: nifti("RAS", (1.0, 1.0, 1.0)),
    "solid": solid,
    "detector": lambda: solid(planar=PlanarGeometry("L", "F", (0.75, 0.5), "detector")),
    "plain": lambda: solid(plain=True),
    "overlaid": overlaid,
    "correctable": correctable,
    "correctable_ct": big_correctable,
    "correctable_film": correctable_radiograph,
    "cine": lambda: Made(phantom("heart_cine")),
    "two": two_series,
    "thick_and_thin": thick_and_thin,
    "radiograph": lambda: radiograph(monochrome1=False),
    "radiograph1": lambda: radiograph(monochrome1=True),
    "ct200": lambda: big(200),
    "ct200bare": lambda: big(200, bare=True),
    "ct1000": lambda: big(1000, bare=True),
}


@cache
def made(name: str) -> Made:
    """A case of the table; made once a server, so that its voxels stay the same objects."""
    return CASES[name]()
