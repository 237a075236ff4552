"""The abdomen: HU and sides of the organs, the liver with its lesion and their masks, noise, the few slices."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.liver_ct import HU, NOISE_SD, REDUCED, SHAPE, SPACING, LiverScan, liver_ct, plane
from medimg_core.study import Volume


@pytest.fixture(scope="module")
def scan() -> LiverScan:
    return liver_ct(1)


@pytest.fixture(scope="module")
def few() -> Volume:
    volume = open_study(make_phantom("liver_ct", reduced=True).files).studies[0].series[0].volume
    assert volume is not None
    return volume


def median_at(scan: LiverScan, place: tuple[float, float, float]) -> float:
    """Median of a few voxels of the slice nearest to a place in LPS mm."""
    s, r, c = np.rint(plane().geometry().to_index(np.array(place))).astype(int)
    return float(np.median(scan.values[s, r - 2 : r + 3, c - 2 : c + 3]))


@pytest.mark.parametrize(
    ("place", "tissue"),
    [
        ((-100.0, -10.0, -115.0), "liver"),
        ((-60.0, -45.0, -115.0), "liver"),
        ((98.0, 36.0, -112.0), "spleen"),
        ((-70.0, 54.0, -172.0), "kidney"),
        ((70.0, 56.0, -160.0), "kidney"),
        ((8.0, 38.0, -200.0), "blood"),  # aorta
        ((-21.0, 29.0, -200.0), "vein"),  # inferior vena cava
        ((56.0, 2.0, -100.0), "chyme"),  # stomach, fluid behind
        ((50.0, -48.0, -130.0), "gas"),  # and air in front
        ((-44.0, -46.0, -160.0), "bile"),
        ((38.0, 63.0, -220.0), "muscle"),  # psoas
        ((-80.0, 0.0, -45.0), "lung"),
        ((20.0, -20.0, -45.0), "heart"),
        ((0.0, -170.0, -150.0), "air"),
        ((-147.0, 0.0, -210.0), "fat"),
    ],
)
def test_tissues_have_their_places(scan: LiverScan, place: tuple[float, float, float], tissue: str) -> None:
    assert median_at(scan, place) == pytest.approx(HU[tissue], abs=15)


def test_bone_is_bright_in_the_middle_of_the_back(scan: LiverScan) -> None:
    s, r, c = np.rint(plane().geometry().to_index(np.array([0.0, 64.0, -200.0]))).astype(int)
    assert (scan.values[s - 2 : s + 3, r - 20 : r + 20, c - 20 : c + 20] > 180).mean() > 0.3


def test_the_liver_lies_right_in_the_picture_s_left_half(scan: LiverScan) -> None:
    truth: Any = scan.truth["liver"]
    columns = np.nonzero(scan.liver)[2]
    assert truth["side"] == "right"
    assert truth["centroid_lps_mm"][0] < -30
    assert columns.mean() < 0.42 * SHAPE[2]
    assert np.array(plane().orientation).tolist() == [1, 0, 0, 0, 1, 0]
    assert ndimage.label(scan.liver)[1] == 1


def test_masks_have_the_hu_of_their_tissue(scan: LiverScan) -> None:
    inner = [ndimage.binary_erosion(mask, np.ones((1, 5, 5))) for mask in (scan.liver, scan.lesion)]
    near = ndimage.binary_dilation(scan.lesion, iterations=4)
    assert np.median(scan.values[inner[0] & ~near]) == pytest.approx(HU["liver"], abs=3)
    assert np.median(scan.values[inner[1]]) == pytest.approx(HU["lesion"], abs=3)
    rim = ndimage.binary_dilation(scan.liver, np.ones((1, 3, 3)), iterations=4) & ~scan.liver
    assert np.median(scan.values[rim]) < 30  # fat or lung


def test_the_lesion_lies_inside_the_liver(scan: LiverScan) -> None:
    assert scan.lesion.any()
    assert not (scan.lesion & ~scan.liver).any()
    assert not (scan.lesion & ~ndimage.binary_erosion(scan.liver, np.ones((1, 3, 3)), iterations=5)).any()
    centre: Any = scan.truth["lesion"]["centroid_lps_mm"]  # type: ignore[index]
    assert centre[0] < -50


@pytest.mark.parametrize(("name", "low", "high"), [("liver", 900, 1900), ("lesion", 12, 35)])
def test_volumes_are_those_of_the_masks(scan: LiverScan, name: str, low: float, high: float) -> None:
    truth: Any = scan.truth[name]
    mask = getattr(scan, name)
    assert truth["volume_ml"] == pytest.approx(mask.sum() * np.prod(SPACING) / 1000, abs=1e-3)
    assert low < truth["volume_ml"] < high
    where = plane().geometry().to_world(np.stack(np.nonzero(mask), axis=1))
    assert truth["centroid_lps_mm"] == pytest.approx(where.mean(axis=0), abs=1e-2)


def test_slices_above_and_below_hold_no_liver(scan: LiverScan) -> None:
    held = np.flatnonzero(scan.liver.any(axis=(1, 2)))
    assert held[0] >= 5
    assert held[-1] <= SHAPE[0] - 5
    assert (scan.values[-3:] < -700)[:, 100:350, 150:220].mean() > 0.5  # lung, on the right
    assert median_at(scan, (-66.0, 54.0, -195.0)) == pytest.approx(HU["kidney"], abs=15)


def test_noise_has_its_strength_and_is_correlated(scan: LiverScan) -> None:
    flat = ndimage.binary_erosion(scan.liver & ~ndimage.binary_dilation(scan.lesion, iterations=4), np.ones((1, 9, 9)))
    # A vessel's HU is far from the liver's: what is left is parenchyma with its slight mottle.
    values = scan.values[flat & (np.abs(scan.values - HU["liver"]) < 40)].astype(float)
    assert values.std() == pytest.approx(NOISE_SD, rel=0.12)
    image = scan.values[27].astype(float) - HU["liver"]
    pairs = flat[27, :, 1:] & flat[27, :, :-1]
    assert 0.2 < np.corrcoef(image[:, 1:][pairs], image[:, :-1][pairs])[0, 1] < 0.9


def test_the_few_slices_are_those_of_the_whole(scan: LiverScan, few: Volume) -> None:
    phantom = make_phantom("liver_ct", reduced=True)
    first, last = REDUCED
    word = np.s_[:, :-20, :]
    np.testing.assert_array_equal(few.array[word], scan.values[first:last][word])
    np.testing.assert_array_equal(phantom.masks["liver"], scan.liver[first:last])
    np.testing.assert_array_equal(phantom.masks["lesion"], scan.lesion[first:last])
    part: Any = phantom.truth["liver"]
    assert part["volume_ml"] == pytest.approx(scan.liver[first:last].sum() * np.prod(SPACING) / 1000, abs=1e-3)
    numbers = {int(pydicom.dcmread(io.BytesIO(content)).InstanceNumber) for _, content in phantom.files}
    assert numbers == set(range(first + 1, last + 1))


def test_geometry_unit_window_and_tags(few: Volume) -> None:
    assert (few.unit, few.shape) == ("HU", (REDUCED[1] - REDUCED[0], *SHAPE[1:]))
    assert few.geometry is not None
    assert few.geometry.orientation == "SPL"
    assert few.spacing == pytest.approx(SPACING)
    np.testing.assert_allclose(few.geometry.to_world([0, 0, 0]), plane(REDUCED[0]).origin, atol=1e-4)
    assert [(window.centre, window.width) for window in few.voi] == [(60, 160), (40, 400)]  # type: ignore[union-attr]
    for _, content in make_phantom("liver_ct", reduced=True).files:
        ds = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
        assert (ds.Modality, ds.BodyPartExamined, float(ds.SliceThickness)) == ("CT", "ABDOMEN", 5.0)


def test_making_it_reports_progress_and_can_be_stopped() -> None:
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int, text: str) -> None:
        seen.append((done, total))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        liver_ct(1, progress=stop)
    assert seen == [(0, SHAPE[0])]
