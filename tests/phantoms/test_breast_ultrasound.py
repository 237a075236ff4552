"""The B-mode picture: layers, speckle, a lesion of known outline on a known side, what lies behind it."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.phantoms.breast_ultrasound import (
    ECHO_DB,
    PIXEL,
    POSTERIOR_DB,
    SHAPE,
    breast_ultrasound,
    speckle,
)

KINDS = ("benign", "spiculated")
SEEDS = (1, 2, 3)
CASES = [(kind, seed) for kind in KINDS for seed in SEEDS]

scan_of = lru_cache(maxsize=len(CASES))(breast_ultrasound)


def around(mask: np.ndarray, near: float, far: float) -> np.ndarray:
    """Pixels between two distances from the mask, mm."""
    away = ndimage.distance_transform_edt(~mask) * PIXEL
    return np.asarray((away > near) & (away < far))


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_the_lesion_is_darker_than_the_gland_around_it(kind: str, seed: int) -> None:
    scan = scan_of(seed, kind=kind)
    rows = np.arange(SHAPE[0])[:, None] * PIXEL
    beside = around(scan.lesion, 3.0, 7.0) & (rows > 10) & (rows < 20)
    inside = ndimage.binary_erosion(scan.lesion, iterations=5)
    assert scan.pixels[inside].mean() < 0.55 * scan.pixels[beside].mean()
    assert np.median(scan.pixels[inside]) > 5  # echoes of its own: no cyst


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_behind_it_lies_enhancement_or_a_shadow(kind: str, seed: int) -> None:
    scan = scan_of(seed, kind=kind)
    _, left, bottom, right = scan.truth["lesion"]["box_pixel"]  # type: ignore[index]
    middle, width = (left + right) // 2, (right - left) // 5
    rows = slice(bottom + 10, min(bottom + 70, SHAPE[0] - 40))
    behind = scan.pixels[rows, middle - width : middle + width].mean()
    beside = np.concatenate(
        [scan.pixels[rows, : max(left - 30, 1)].ravel(), scan.pixels[rows, right + 30 :].ravel()]
    ).mean()
    assert (behind > 1.05 * beside) if POSTERIOR_DB[kind] > 0 else (behind < 0.7 * beside)
    assert scan.truth["lesion"]["posterior"] == ("enhancement" if kind == "benign" else "shadow")  # type: ignore[index]


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_the_truth_is_that_of_the_mask(kind: str, seed: int) -> None:
    scan = scan_of(seed, kind=kind)
    said: Any = scan.truth["lesion"]
    places = np.nonzero(scan.lesion)
    assert said["area_mm2"] == pytest.approx(scan.lesion.sum() * PIXEL**2, abs=1e-3)
    assert said["centroid_pixel"] == pytest.approx([axis.mean() for axis in places], abs=1e-3)
    assert said["box_pixel"] == (places[0].min(), places[1].min(), places[0].max(), places[1].max())
    assert ndimage.label(scan.lesion)[1] == 1
    assert (said["width_mm"] > 1.3 * said["height_mm"]) if kind == "benign" else (said["height_mm"] > said["width_mm"])


@pytest.mark.parametrize(("kind", "side"), [("benign", "right"), ("spiculated", "left")])
def test_it_lies_off_the_middle(kind: str, side: str) -> None:
    for seed in SEEDS:
        scan = scan_of(seed, kind=kind)
        said: Any = scan.truth["lesion"]
        offset = said["centroid_pixel"][1] - SHAPE[1] / 2
        assert (offset > 25) if side == "right" else (offset < -25)
        assert said["side_of_picture"] == side


def test_a_spiculated_outline_is_longer_for_its_area() -> None:
    def roundness(kind: str, seed: int) -> float:
        mask = scan_of(seed, kind=kind).lesion
        edge = sum(np.diff(mask, axis=axis).sum() for axis in (0, 1))
        return float(edge / np.sqrt(mask.sum()))

    assert min(roundness("spiculated", seed) for seed in SEEDS) > max(roundness("benign", seed) for seed in SEEDS)


def test_layers_follow_each_other_with_depth() -> None:
    """Skin brighter than fat, gland brighter than fat, muscle darker than gland, nearly nothing at the bottom."""
    rows = np.mean([scan_of(seed, kind="benign").pixels[:, 20:180].mean(axis=1) for seed in SEEDS], axis=0)
    skin, fat, gland, muscle, bottom = (
        rows[int(a / PIXEL) : int(b / PIXEL)].mean() for a, b in ((0, 1.2), (3, 7), (11, 20), (28, 34), (38, 39))
    )
    assert skin > 1.2 * fat
    assert gland > 1.2 * fat
    assert gland > 1.5 * muscle
    assert muscle > 1.2 * bottom


def test_speckle_of_even_tissue_has_rayleigh_statistics() -> None:
    """Mean to spread of a Rayleigh variable is 1.91; compounding and the scanner's smoothing raise it."""
    shown = speckle(np.full(SHAPE, -3.0, dtype=np.float32), np.random.default_rng(1))
    amplitude = 10 ** (shown / 20)
    assert amplitude.mean() == pytest.approx(10 ** (-3 / 20), rel=0.08)
    assert 1.91 < amplitude.mean() / amplitude.std() < 1.91 * 4
    centred = shown - shown.mean()
    along = [(centred[:-3] * centred[3:]).mean(), (centred[:, :-3] * centred[:, 3:]).mean()]
    assert along[1] > along[0]  # cells are wider than deep


def test_tissues_of_higher_echo_are_brighter() -> None:
    assert ECHO_DB["spiculated"] < ECHO_DB["benign"] < ECHO_DB["fat"] < ECHO_DB["gland"] < ECHO_DB["fascia"]


def test_the_same_seed_gives_the_same_picture() -> None:
    one, other = scan_of(1, kind="benign"), breast_ultrasound(1, kind="benign")
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.lesion, other.lesion)
