"""The chest CT: tissues, sides, noise and nodules are those promised, and the few slices are part of the whole."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.chest_ct import HU, NOISE_SD, REDUCED, SHAPE, SPACING, plane, render, vessel_rods
from medimg_core.phantoms.nodules import NODULES, Nodule
from medimg_core.study import Volume

SEED = 1
VOXEL = float(np.prod(SPACING))
NAMES = [f"{nodule.kind} {nodule.diameter:g}" for nodule in NODULES]


def volume_of(phantom: Any) -> Volume:
    volume = open_study(phantom.files).studies[0].series[0].volume
    assert volume is not None
    return volume


@pytest.fixture(scope="module")
def few() -> Volume:
    return volume_of(make_phantom("ct_chest_nodules", reduced=True))


@lru_cache(maxsize=len(NODULES))
def crop(nodule: Nodule) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Without noise: HU around a nodule, HU there without any nodule, and the distance from its middle in mm."""
    centre = plane().geometry().to_index(np.array(nodule.centre))
    reach = np.ceil((nodule.diameter / 2 + 4) / np.array(SPACING)).astype(int)
    low, high = np.floor(centre).astype(int) - reach, np.ceil(centre).astype(int) + reach + 1
    rows, columns = (slice(int(a), int(b)) for a, b in zip(low[1:], high[1:], strict=True))
    first, last = int(low[0]), int(high[0])
    with_it = render(SEED, first, last, noise=False)[:, rows, columns]
    without = render(SEED, first, last, noise=False, nodules=())[:, rows, columns]
    axes = np.ogrid[first:last, rows, columns]
    away = np.sqrt(sum(((axis - c) * s) ** 2 for axis, c, s in zip(axes, centre, SPACING, strict=True)))
    return with_it, without, away


def at(z: float, x: float, y: float) -> float:
    """HU without noise and nodules at a place in LPS mm."""
    s, r, c = np.rint(plane().geometry().to_index(np.array([x, y, z]))).astype(int)
    return float(slice_without_noise(int(s))[r, c])


@lru_cache(maxsize=16)
def slice_without_noise(number: int) -> np.ndarray:
    return render(SEED, number, number + 1, noise=False, nodules=())[0]


@pytest.mark.parametrize("nodule", NODULES, ids=NAMES)
def test_a_nodule_thresholded_half_way_has_its_volume(nodule: Nodule) -> None:
    with_it, without, away = crop(nodule)
    near = away < nodule.diameter / 2 + 1.2
    half = (nodule.hu + HU["lung"]) / 2
    found = near & (with_it > half) & (without < half)  # of the juxtapleural one: what is not chest wall
    assert found.sum() * VOXEL == pytest.approx(nodule.volume, rel=0.05)
    diameter = 2 * (found.sum() * VOXEL * 3 / 4 / np.pi) ** (1 / 3)
    assert diameter == pytest.approx(nodule.diameter, abs=0.2)


@pytest.mark.parametrize("nodule", NODULES, ids=NAMES)
def test_a_nodule_has_its_value_and_lies_in_the_lung(nodule: Nodule) -> None:
    with_it, without, away = crop(nodule)
    inner = (nodule.core or nodule.diameter) / 2 - 1.1
    assert np.median(with_it[away < inner]) == (nodule.core_hu if nodule.core else nodule.hu)
    if nodule.core:
        assert np.median(with_it[(away > nodule.core / 2 + 1) & (away < nodule.diameter / 2 - 1)]) == nodule.hu
    touched = without[away < nodule.diameter / 2]
    if nodule.kind == "juxtapleural":
        assert (touched > -500).any()  # it touches the wall
        assert (touched < -800).mean() > 0.95
    else:
        assert without[away < nodule.diameter / 2 + 1.2].max() < -800


@pytest.mark.parametrize("seed", [1, 2])
def test_no_vessel_meets_a_nodule_and_vessels_taper(seed: int) -> None:
    vessels = vessel_rods(seed)
    for nodule in NODULES:
        gap = np.linalg.norm(vessels.places - np.array(nodule.centre), axis=1) - vessels.radius - nodule.diameter / 2
        assert gap.min() > 1.5
    out = np.abs(vessels.places[:, 0])
    radius = [vessels.radius[(out > a) & (out < a + 15)].mean() for a in (25, 55, 85)]
    assert radius[0] > 1.3 * radius[1] > 1.3 * radius[2] > 0


def test_the_trunks_of_the_catalogue_s_seed_pass_the_nodules_uncut() -> None:
    """Each nodule lies 3 mm from every larger vessel, so none of them had to be cut for it."""
    vessels = vessel_rods(make_phantom("ct_chest_nodules", reduced=True).seed)
    large = vessels.radius > 1.0
    for nodule in NODULES:
        away = np.linalg.norm(vessels.places[large] - np.array(nodule.centre), axis=1)
        assert (away - vessels.radius[large]).min() - nodule.diameter / 2 > 2.9


@pytest.mark.parametrize(
    ("z", "x", "y", "tissue"),
    [
        (-40, -60, 0, "lung"),
        (-40, 110, 10, "lung"),
        (-38, 46, -40, "soft"),  # the heart, to the left,
        (-38, -46, -40, "lung"),  # and nothing to the right at the same distance
        (60, 0, 10, "air"),  # trachea
        (-90, -60, 0, "liver"),
        (-40, 0, 57, "marrow"),
        (-40, 160, -120, "air"),
        (-40, 0, 137, "table_core"),
        (-40, 0, 124, "table_shell"),
    ],
)
def test_tissues_have_their_places(z: float, x: float, y: float, tissue: str) -> None:
    assert at(z, x, y) == pytest.approx(HU[tissue], abs=30)


def test_left_is_left() -> None:
    """The heart and the arch lie to the left, the higher dome to the right."""
    axis = np.arange(SHAPE[2]) * SPACING[2] + plane().origin[0]
    heart = np.abs(slice_without_noise(60)[130:250] - HU["soft"]) < 5
    central = np.abs(axis) < 80
    assert np.average(axis[central], weights=heart.sum(axis=0)[central]) > 8
    lung = np.abs(slice_without_noise(22) - HU["lung"]) < 30
    assert lung[:, axis > 0].sum() > 1.1 * lung[:, axis < 0].sum()
    assert at(-76, -64, -10) > -100
    assert at(-76, 80, -10) < -800


def test_ribs_and_cartilage_stay_out_of_the_lungs() -> None:
    for number in (40, 88, 110, 140):
        image = slice_without_noise(number)
        lung = ndimage.binary_opening(np.abs(image - HU["lung"]) < 20, iterations=4)
        hull = ndimage.binary_closing(lung, iterations=12, structure=np.ones((3, 3)))
        assert not (ndimage.binary_erosion(hull, iterations=6) & (image > 150)).any()


def test_a_range_is_part_of_the_whole() -> None:
    whole = render(SEED, 59, 65)
    for first, last in ((59, 61), (60, 63), (64, 65)):
        np.testing.assert_array_equal(render(SEED, first, last), whole[first - 59 : last - 59])


def test_noise_has_its_strength_in_soft_tissue(few: Volume) -> None:
    plain = render(SEED, *REDUCED, noise=False)
    for tissue, low, high in (("soft", 15, 25), ("air", 4, 15)):
        flat = ndimage.minimum_filter(np.abs(plain - HU[tissue]) < 0.5, size=(1, 5, 5))
        flat[:, -40:] = False  # the burnt-in word
        assert flat.sum() > 5000
        spread = (few.array - plain)[flat].std()
        assert low < spread < high
        if tissue == "soft":
            assert spread == pytest.approx(NOISE_SD, rel=0.05)


def test_geometry_unit_and_windows(few: Volume) -> None:
    truth: Any = make_phantom("ct_chest_nodules", reduced=True).truth
    assert few.unit == "HU"
    assert few.geometry is not None
    assert few.geometry.orientation == "SPL"
    assert few.spacing == pytest.approx((1.0, 0.75, 0.75))
    assert few.shape == tuple(truth["shape"]) == (REDUCED[1] - REDUCED[0], 512, 512)
    windows = [(window.centre, window.width) for window in few.voi]  # type: ignore[union-attr]
    assert windows == [(-600, 1500), (40, 400)]
    assert [nodule["side"] for nodule in truth["nodules"]] == ["left", "right"]
    for nodule in truth["nodules"]:
        s, r, c = (round(value) for value in nodule["voxel"])
        value = np.median(few.array[s - 1 : s + 2, r - 1 : r + 2, c - 1 : c + 2])
        assert value == pytest.approx(nodule.get("core_hu", nodule["hu"]), abs=20)


def test_the_whole_holds_every_nodule_and_the_few_slices_byte_for_byte() -> None:
    whole = make_phantom("ct_chest_nodules")
    volume = volume_of(whole)
    assert volume.shape == SHAPE
    assert volume.spacing == pytest.approx((1.0, 0.75, 0.75))
    assert volume.geometry is not None
    truths: Any = whole.truth["nodules"]
    assert len(truths) == len(NODULES)
    for truth in truths:
        voxel = volume.geometry.to_index(np.array(truth["lps_mm"]))
        np.testing.assert_allclose(voxel, truth["voxel"], atol=1e-3)
        s, r, c = np.rint(voxel).astype(int)
        value = np.median(volume.array[s - 1 : s + 2, r - 1 : r + 2, c - 1 : c + 2])
        assert value == pytest.approx(truth.get("core_hu", truth["hu"]), abs=25)
        assert (truth["lps_mm"][0] > 0) == (truth["side"] == "left")
    contents = {content for _, content in whole.files}
    assert len(contents) == len(whole.files) == SHAPE[0]
    assert all(content in contents for _, content in make_phantom("ct_chest_nodules", reduced=True).files)
