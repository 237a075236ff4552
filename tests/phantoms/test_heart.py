"""The cine heart: four axes, oblique, and the volumes that its images give are those of the truth."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.heart import NOISE_SD, SIGNAL
from medimg_core.phantoms.ventricle import ES_PHASE, PHASES, ventricle
from medimg_core.study import Volume


@pytest.fixture(scope="module")
def volume() -> Volume:
    found = open_study(make_phantom("heart_cine").files).studies[0].series[0].volume
    assert found is not None
    return found


@pytest.fixture(scope="module")
def truth() -> Any:
    return make_phantom("heart_cine").truth


def pools(volume: Volume, truth: Any, phase: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Blood of the left ventricle, papillary muscles filled in, and other blood of the heart, in one slice."""
    middle = truth["lv"]["centre_line_voxel"]["middle"]
    row, column = round(middle[1]), round(middle[2])
    image = volume.plane(number, phase).astype(float)
    # Over apex and base the middle of the slice may be muscle: the brightness of blood is taken from slice 5.
    blood = np.median(volume.plane(5, 0)[row - 4 : row + 5, column - 4 : column + 5])
    bright = image > blood * (SIGNAL["blood"] + SIGNAL["muscle"]) / 2 / SIGNAL["blood"]
    down, across = np.ogrid[: image.shape[0], : image.shape[1]]
    near = np.hypot(down - row, across - column) * truth["spacing_mm"][1] < ventricle(phase).radius + 5
    labels, _ = ndimage.label(bright & near)  # as a reader draws it, where the valve opens a way to the atria
    left = labels == labels[row, column] if labels[row, column] else np.zeros_like(bright)
    window = np.zeros_like(bright)
    window[row - 30 : row + 30, column - 36 : column + 28] = True
    return ndimage.binary_fill_holes(left), bright & window & ~left


def measured(volume: Volume, truth: Any, phase: int) -> float:
    """Volume of the left ventricle in ml: the sum of its areas up to the base, the uppermost area for the rest."""
    step, row, column = truth["spacing_mm"]
    base = ventricle(phase).base
    total = area = 0.0
    for number in range(volume.shape[0]):
        height = (number - truth["lv"]["centre_line_voxel"]["middle"][0]) * step
        if height <= base:
            area = float(pools(volume, truth, phase, number)[0].sum()) * row * column
        total += area * float(np.clip(base - (height - step / 2), 0, step))
    return total / 1000


def test_it_opens_as_one_volume_of_four_axes(volume: Volume, truth: Any) -> None:
    assert volume.frames_axis
    assert volume.array.shape == tuple(truth["shape"]) == (20, 8, 192, 192)
    assert volume.geometry is not None
    assert volume.spacing == pytest.approx((10.0, 1.6, 1.6), abs=1e-5)
    assert volume.geometry.shear < 1e-3


def test_the_slices_are_oblique_and_lie_across_the_long_axis(volume: Volume, truth: Any) -> None:
    assert volume.geometry is not None
    assert volume.geometry.obliqueness > 25
    line = truth["lv"]["centre_line_lps_mm"]
    along = np.subtract(line["base"], line["apex"])
    step = volume.geometry.affine[:3, 0]
    assert along @ step / np.linalg.norm(along) / np.linalg.norm(step) == pytest.approx(1.0, abs=1e-5)
    for name, place in line.items():
        np.testing.assert_allclose(
            volume.geometry.to_index(np.array(place)), truth["lv"]["centre_line_voxel"][name], atol=0.01
        )
    # The apex points to the left, forward and down.
    assert along[0] < 0
    assert along[1] > 0
    assert along[2] > 0


def test_tags_of_position_and_phase() -> None:
    files = [pydicom.dcmread(io.BytesIO(content)) for _, content in make_phantom("heart_cine").files]
    assert len(files) == 8 * PHASES
    times = sorted({float(ds.TriggerTime) for ds in files})
    assert times == make_phantom("heart_cine").truth["trigger_times_ms"]
    assert len({(tuple(ds.ImagePositionPatient), ds.TriggerTime) for ds in files}) == len(files)
    assert {(float(ds.SliceThickness), float(ds.SpacingBetweenSlices)) for ds in files} == {(8.0, 10.0)}
    for ds in files:
        normal = np.cross(ds.ImageOrientationPatient[:3], ds.ImageOrientationPatient[3:])
        assert float(ds.SliceLocation) == pytest.approx(normal @ np.array(ds.ImagePositionPatient), abs=1e-2)


@pytest.mark.parametrize("phase", range(PHASES))
def test_the_images_give_the_volume_of_the_truth(volume: Volume, truth: Any, phase: int) -> None:
    assert measured(volume, truth, phase) == pytest.approx(truth["lv"]["volume_ml"][phase], rel=0.04)


def test_the_images_give_the_ejection_fraction_and_its_phases(volume: Volume, truth: Any) -> None:
    lv = truth["lv"]
    volumes = [measured(volume, truth, phase) for phase in range(PHASES)]
    assert int(np.argmax(volumes)) == lv["end_diastolic_phase"] == 0
    assert int(np.argmin(volumes)) == lv["end_systolic_phase"]
    assert 1 - min(volumes) / max(volumes) == pytest.approx(lv["ejection_fraction"], abs=0.03)
    end = lv["end_systolic_volume_ml"], lv["end_diastolic_volume_ml"]
    assert lv["ejection_fraction"] == pytest.approx(1 - end[0] / end[1], abs=1e-4)
    assert lv["stroke_volume_ml"] == pytest.approx(end[1] - end[0])


def test_the_right_ventricle_lies_to_the_right_and_in_front(volume: Volume, truth: Any) -> None:
    assert volume.geometry is not None
    left, other = pools(volume, truth, 0, 4)
    places = [volume.geometry.to_world(np.array([4.0, *ndimage.center_of_mass(mask)])) for mask in (left, other)]
    assert other.sum() > 200
    assert places[1][0] < places[0][0] - 10
    assert places[1][1] < places[0][1] - 10
    assert truth["rv_side"].startswith("right and anterior")


@pytest.mark.parametrize(("phase", "name"), [(0, "end_diastole"), (ES_PHASE, "end_systole")])
def test_the_wall_has_its_thickness(volume: Volume, truth: Any, phase: int, name: str) -> None:
    """Toward the lung (the image's right) at the level w = 0: from the blood's edge to the bright fat around."""
    middle = truth["lv"]["centre_line_voxel"]["middle"]
    number, row, column = (round(value) for value in middle)
    line = volume.plane(number, phase)[row - 2 : row + 3, column:].mean(axis=0)
    half = line[:4].mean() * (SIGNAL["blood"] + SIGNAL["muscle"]) / 2 / SIGNAL["blood"]
    fine = np.interp(np.arange(0, 45, 0.1), np.arange(len(line)) * 1.6, line)
    inner = int(np.argmax(fine < half))
    outer = inner + int(np.argmax(fine[inner:] > half))
    assert (outer - inner) / 10 == pytest.approx(truth["lv"]["wall_mm"][name], abs=1.3)


def test_background_noise_is_rician(volume: Volume) -> None:
    corner = volume.array[:, :, 5:25, 5:25].astype(float)
    assert corner.mean() == pytest.approx(NOISE_SD * np.sqrt(np.pi / 2), rel=0.03)
    assert corner.std() == pytest.approx(NOISE_SD * np.sqrt(2 - np.pi / 2), rel=0.03)


def test_lung_is_dark_and_the_chest_wall_bright(volume: Volume) -> None:
    still = volume.array[:, 4].mean(axis=0)
    assert np.percentile(still, 98) > 300
    lung = still[60:80, 130:145]
    assert lung.mean() < 60


def test_only_the_heart_moves(volume: Volume, truth: Any) -> None:
    middle = truth["lv"]["centre_line_voxel"]["middle"]
    moved = np.ptp(volume.array.astype(int), axis=0).max(axis=0) > 12 * NOISE_SD
    rows, columns = np.nonzero(moved)
    assert moved.sum() > 300
    assert np.hypot(rows - middle[1], columns - middle[2] + 8).max() < 50
