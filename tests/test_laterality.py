"""A chest that lies mirrored against its tags is noticed; one that does not, or may not, is left alone."""

from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pytest
from pydicom import Dataset

from medimg_core.evaluation.folder import read_folder
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.io import open_study
from medimg_core.laterality import MIRRORED, SIDE, looks_mirrored, mirror_score, thumbnail_difference
from medimg_core.phantoms import make_phantom
from medimg_core.study import Series, Volume
from medimg_core.training.datasets import decode

SHAPE, STEP = (56, 80, 96), (5.0, 4.0, 4.0)


@cache
def trunk(heart: float = 24.0, liver: str = "right", lung: int = -850) -> np.ndarray:
    """HU of a trunk of ellipses, axes to superior, posterior, left.

    Args:
        heart: Its middle from the midline to the left, mm.
        liver: Side on which the dome of the diaphragm stands 30 mm higher, or "".
        lung: Density of the lungs.
    """
    z, y, x = (
        ((np.arange(n) - (n - 1) / 2) * step).reshape([-1 if axis == own else 1 for axis in range(3)])
        for own, (n, step) in enumerate(zip(SHAPE, STEP, strict=True))
    )
    hu = np.full(SHAPE, -1000.0)
    hu[np.broadcast_to((x / 165) ** 2 + (y / 115) ** 2 <= 1, SHAPE)] = 30
    for side in (-1, 1):
        base = -90 + (30 if (side < 0) == (liver == "right") and liver else 0) - 0.004 * (x - side * 80) ** 2
        inside = ((x - side * 80) / 62) ** 2 + (y / 92) ** 2 <= 1
        hu[inside & (z > base) & (z < 120)] = lung
    hu[((x - heart) / 62) ** 2 + ((y + 25) / 48) ** 2 + ((z + 30) / 60) ** 2 <= 1] = 40
    return hu.astype(np.int16)


STRAIGHT = Geometry(np.array([[0, 0, 4.0, -190], [0, 4.0, 0, -158], [5.0, 0, 0, -138], [0, 0, 0, 1]]))


def ct(array: np.ndarray, geometry: Geometry | None = STRAIGHT, *, unit: str = "HU", **kind) -> Series:
    return Series("1.2", **({"modality": "CT", "body_part": "CHEST", "volume": Volume(array, unit, geometry)} | kind))


def mirrored(series: Series) -> Series:
    """Columns reversed, tags as they were."""
    volume = series.volume
    assert volume is not None
    return replace(series, volume=replace(volume, array=np.ascontiguousarray(volume.array[..., ::-1])))


@pytest.mark.parametrize(
    ("array", "caution"),
    [
        (trunk(), None),
        (trunk()[:, :, ::-1], MIRRORED),
        (trunk(liver=""), None),
        (trunk(liver="")[:, :, ::-1], MIRRORED),
        (trunk(heart=-24.0, liver="right"), None),  # a heart that lies right in a body that does not
        (trunk(heart=0.0, liver="left"), None),
        (trunk(heart=4.0), None),
        (trunk(heart=4.0)[:, :, ::-1], None),  # too little to be certain
        (trunk(lung=30), None),  # no lung
        (np.zeros(SHAPE, np.int16), None),
    ],
)
def test_ct(array, caution):
    assert looks_mirrored(ct(array)) == caution


@pytest.mark.parametrize("axes", tuple(permutations(range(3))))
@pytest.mark.parametrize("flips", [(), (0,), (1, 2)])
def test_what_counts_is_the_place_in_the_patient(axes, flips):
    array, affine = trunk().transpose(axes), STRAIGHT.affine[:, [*axes, 3]]
    geometry = Geometry(affine)
    for axis in flips:
        array, geometry = np.flip(array, axis), geometry.flipped(axis, array.shape[axis])
    assert looks_mirrored(ct(array, geometry)) is None
    wrong = geometry.affine.copy()
    wrong[0] *= -1  # an affine that takes right for left
    assert looks_mirrored(ct(array, Geometry(wrong))) == MIRRORED


@pytest.mark.parametrize(
    ("change", "geometry", "unit"),
    [
        ({"modality": "MR"}, STRAIGHT, "unknown"),
        ({"modality": "CT"}, None, "HU"),
        ({"modality": "CT"}, STRAIGHT, "unknown"),
        ({"modality": "PT"}, STRAIGHT, "SUVbw"),
        ({"kind": "localiser"}, STRAIGHT, "HU"),
        ({"volume": None}, STRAIGHT, "HU"),
    ],
)
def test_nothing_is_said_where_it_does_not_apply(change, geometry, unit):
    assert looks_mirrored(ct(trunk()[:, :, ::-1], geometry, unit=unit, **change)) is None


def test_lungs_stand_for_a_body_part_that_is_not_named():
    assert looks_mirrored(ct(trunk()[:, :, ::-1], body_part="")) == MIRRORED
    assert looks_mirrored(ct(np.ascontiguousarray(trunk()[:14, :, ::-1]), body_part="ABDOMEN")) is None


def test_frames_are_looked_at_by_the_first():
    both = np.stack([trunk()[:, :, ::-1]] * 2)
    series = ct(trunk(), volume=Volume(both, "HU", STRAIGHT, frames_axis=True))
    assert looks_mirrored(series) == MIRRORED


@cache
def phantom(name: str) -> Series:
    return open_study(make_phantom(name).files).studies[0].series[0]


@pytest.mark.parametrize("name", ["ct_thorax", "chest_child_clear", "chest_child_monochrome1", "chest_adult_gate"])
def test_phantoms_are_quiet_until_they_are_mirrored(name):
    series = phantom(name)
    assert looks_mirrored(series) is None
    assert looks_mirrored(mirrored(series)) == MIRRORED


def tagged(series: Series, planar: PlanarGeometry | None, **kind) -> Series:
    assert series.volume is not None
    return replace(series, volume=replace(series.volume, planar=planar), **kind)


def test_a_radiograph_is_read_as_its_tags_say():
    series = phantom("chest_child_clear")
    other = mirrored(series)
    assert looks_mirrored(tagged(other, PlanarGeometry("R", "F"))) is None  # stored mirrored, and tagged so
    assert looks_mirrored(tagged(series, PlanarGeometry("R", "F"))) == MIRRORED
    upside = replace(other, volume=replace(other.volume, array=other.volume.array[:, ::-1], planar=None))
    assert looks_mirrored(tagged(upside, PlanarGeometry("L", "H"))) == MIRRORED


@pytest.mark.parametrize(
    ("planar", "kind"),
    [
        (None, {}),
        (PlanarGeometry(), {}),  # without letters there is no side to check
        (PlanarGeometry("P", "F"), {}),
        (PlanarGeometry("L", None), {}),
        (PlanarGeometry("L", "F"), {"body_part": "KNEE"}),
        (PlanarGeometry("L", "F"), {"body_part": ""}),
        (PlanarGeometry("L", "F"), {"modality": "MG"}),
    ],
)
def test_radiographs_of_unknown_side_or_part(planar, kind):
    assert looks_mirrored(tagged(mirrored(phantom("chest_child_clear")), planar, **kind)) is None


@pytest.mark.parametrize(("view", "caution"), [("PA", MIRRORED), ("", MIRRORED), ("LL", None), ("LATERAL", None)])
def test_lateral_views_are_left_alone(view, caution):
    header = Dataset()
    header.ViewPosition = view
    series = replace(mirrored(phantom("chest_child_clear")), source=(header,))
    assert looks_mirrored(series) == caution


def test_each_image_of_a_series_is_looked_at_by_itself():
    volume = phantom("chest_child_clear").volume
    both = np.concatenate([volume.array, volume.array[:, :, ::-1]])
    series = replace(phantom("chest_child_clear"), volume=replace(volume, array=both, instances=()))
    assert [looks_mirrored(series, index) for index in (0, 1, 2)] == [None, MIRRORED, None]


def test_the_score_changes_its_sign_with_the_image_and_flat_images_have_none():
    grey = np.random.default_rng(2).random((90, 70))
    assert mirror_score(grey[:, ::-1]) == pytest.approx(-mirror_score(grey), rel=1e-9)
    assert mirror_score(np.ones((40, 40))) == 0
    assert thumbnail_difference(grey).shape == (SIDE, SIDE // 2)


@pytest.mark.real_data
def test_figures_on_images_that_were_not_fitted(data_dir):
    rows = read_folder(data_dir / "chest_xray", "val")
    greys = (decode(row.image, 224).astype(np.float32) / 255 for row in rows)
    planar = PlanarGeometry("L", "F")
    plain = [Series("1", "CR", Volume(grey[None], planar=planar, voi=()), body_part="CHEST") for grey in greys]
    false_alarms = np.mean([looks_mirrored(series) is not None for series in plain])
    found = np.mean([looks_mirrored(mirrored(series)) is not None for series in plain])
    assert len(plain) == 712
    assert false_alarms <= 0.02
    assert found >= 0.85
