"""Cases for the stage: volumes whose every voxel is known."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import Geometry
from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.study import Opened, Patient, Series, Study, Volume
from medimg_core.voi import Window
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


CASES: dict[str, Callable[[], Made]] = {
    "ct200": lambda: big(200),
    "ct200bare": lambda: big(200, bare=True),
    "ct1000": lambda: big(1000, bare=True),
}


@cache
def made(name: str) -> Made:
    """A case of the table; made once a server, so that its voxels stay the same objects."""
    return CASES[name]()
