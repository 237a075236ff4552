"""Chest radiographs: the consolidation is where it says, left is left, noise is there, seeds repeat."""

from typing import Any

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.io import gate_tags, open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.radiograph import TOP, _burn, chest_radiograph
from medimg_core.study import Series

SEED = 5


def pixels(lesion: str = "", seed: int = SEED) -> np.ndarray:
    return chest_radiograph(seed, lesion=lesion).pixels.astype(np.float64)


def series_of(phantom_id: str, seed: int | None = None) -> Series:
    return open_study(make_phantom(phantom_id, seed=seed).files).studies[0].series[0]


@pytest.mark.parametrize(
    ("phantom_id", "side"), [("chest_child_consolidation", "right"), ("chest_child_consolidation_left", "left")]
)
def test_the_consolidation_brightens_its_place_and_only_it(phantom_id: str, side: str) -> None:
    truth: Any = make_phantom(phantom_id, seed=SEED).truth["consolidation"]
    with_it, without = series_of(phantom_id, SEED).volume, series_of("chest_child_clear", SEED).volume
    assert with_it is not None
    assert without is not None
    gain = with_it.presented(0).astype(np.float64) - without.presented(0)
    row, column = truth["pixel"]
    down, across = np.mgrid[: gain.shape[0], : gain.shape[1]]
    distance = np.hypot(down - row, across - column) / truth["radius_pixels"]
    assert gain[distance < 0.6].mean() > 0.06
    assert abs(gain[distance > 3]).mean() < 0.01
    centre = [np.average(axis[distance < 2], weights=gain[distance < 2].clip(0)) for axis in (down, across)]
    assert np.hypot(centre[0] - row, centre[1] - column) < 0.35 * truth["radius_pixels"]
    assert truth["side"] == side
    assert (column > gain.shape[1] / 2) == (side == "left")  # patient's left is at the image's right
    assert (truth["lps_mm"][0] > 0) == (side == "left")


def test_left_is_left() -> None:
    """Marker, heart and gastric bubble lie at the image's right, the higher dome at its left."""
    phantom = make_phantom("chest_child_clear", seed=SEED)
    volume = series_of("chest_child_clear", SEED).volume
    assert volume is not None
    assert volume.planar is not None
    assert volume.planar.edge_letters() == ("R", "L", "H", "F")
    image, columns = volume.presented(0), volume.shape[2]
    row, column = phantom.truth["marker_pixel"]  # type: ignore[misc]
    assert column > 0.85 * columns
    assert image[int(row) - 30 : int(row) + 30, int(column) - 30 : int(column) + 30].max() > 0.85
    heart: Any = phantom.truth["heart"]
    assert heart["lps_mm"][0] > 0
    spine: Any = phantom.truth["spine"]
    assert heart["pixel"][1] > spine["pixel"][1]
    level = int(heart["pixel"][0])
    middle, reach = int(spine["pixel"][1]), int(0.16 * columns)
    left = image[level - 20 : level + 20, middle + 60 : middle + reach].mean()
    right = image[level - 20 : level + 20, middle - reach : middle - 60].mean()
    assert left > right + 0.03


def test_quantum_noise_is_there_and_moderate() -> None:
    image = pixels()
    residual = image[1:-1, 1:-1] - (image[:-2, 1:-1] + image[2:, 1:-1] + image[1:-1, :-2] + image[1:-1, 2:]) / 4
    noise = np.median(np.abs(residual[200:700, 300:-300]))
    assert 0.5 < noise < 0.02 * TOP


@pytest.mark.parametrize("lesion", ["", "right"])
def test_the_seed_decides(lesion: str) -> None:
    first = pixels(lesion)
    chest_radiograph.cache_clear()
    assert np.array_equal(pixels(lesion), first)
    other = chest_radiograph(SEED + 1, lesion=lesion).pixels
    assert other.shape != first.shape or not np.array_equal(other, first)


def test_monochrome1_looks_like_its_twin() -> None:
    inverted, plain = series_of("chest_child_monochrome1", 2).volume, series_of("chest_child_clear", 2).volume
    assert inverted is not None
    assert plain is not None
    assert (inverted.photometric, plain.photometric) == ("MONOCHROME1", "MONOCHROME2")
    np.testing.assert_allclose(inverted.presented(0), plain.presented(0), atol=1e-5)


@pytest.mark.parametrize(
    ("phantom_id", "age", "view"), [("chest_child_clear", 3, "AP"), ("chest_adult_gate", 45, "PA")]
)
def test_what_the_gate_reads(phantom_id: str, age: float, view: str) -> None:
    study = open_study(make_phantom(phantom_id).files).studies[0]
    tags = gate_tags(study.series[0])
    assert study.patient.age == age
    assert (tags.modality, tags.body_part, tags.view_position) == ("DX", "CHEST", view)
    assert study.series[0].volume is not None
    assert study.series[0].volume.shape[1] != study.series[0].volume.shape[2]


def test_the_word_synthetic_is_burnt_in() -> None:
    corner = pixels()[-36:-6, -150:-8] / TOP
    assert (corner > 0.6).sum() > 300
    assert corner.min() < 0.45


def test_another_lesion_is_refused() -> None:
    with pytest.raises(IncompatibleInputError, match="'left' or 'right'"):
        chest_radiograph(1, lesion="middle")


@pytest.mark.parametrize("columns", [1152, 1472])
def test_marks_stay_inside_the_image_whatever_is_drawn(columns: int) -> None:
    for seed in range(40):
        truth: dict[str, object] = {}
        image = _burn(np.zeros((1024, columns), dtype=np.float32), np.random.default_rng(seed), truth)
        ink = np.argwhere(image > 0.8)
        assert ink.min() > 0
        assert ink[:, 1].max() < columns - 1
        assert ink.mean(axis=0) == pytest.approx(truth["marker_pixel"], abs=14)
