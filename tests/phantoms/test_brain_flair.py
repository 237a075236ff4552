"""The FLAIR head: order of signals, sides, the lesion and its mask, noise, tags."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.brain_flair import NOISE_SD, SHAPE, SIGNAL, SPACING, brain_flair, stack
from medimg_core.phantoms.head import vault
from medimg_core.study import Volume

SEEDS = (1, 2)

scan_of = lru_cache(maxsize=2)(brain_flair)


@pytest.fixture(scope="module")
def volume() -> Volume:
    found = open_study(make_phantom("brain_flair").files).studies[0].series[0].volume
    assert found is not None
    return found


def median_at(volume: Volume, place: tuple[float, float, float], size: int = 1) -> float:
    """Median of a few pixels of the slice nearest to a place in LPS mm."""
    assert volume.geometry is not None
    s, r, c = np.rint(volume.geometry.to_index(np.array(place))).astype(int)
    return float(np.median(volume.array[s, r - size : r + size + 1, c - size : c + size + 1]))


@pytest.mark.parametrize(
    ("place", "tissue"),
    [
        ((-24.0, 34.0, 38.0), "white"),
        ((-26.0, -4.0, 8.0), "nuclei"),  # putamen
        ((-10.0, 8.0, 8.0), "nuclei"),  # thalamus
        ((11.0, 0.0, 23.0), "fluid"),  # lateral ventricle
        ((31.0, -75.0, -32.0), "vitreous"),
        ((-100.0, -60.0, 30.0), "air"),
    ],
)
def test_tissues_have_their_signal(volume: Volume, place: tuple[float, float, float], tissue: str) -> None:
    floor = NOISE_SD * np.sqrt(np.pi / 2) if tissue == "air" else 0
    assert median_at(volume, place) == pytest.approx(SIGNAL[tissue] + floor, rel=0.2, abs=12)


def test_the_order_of_signals_is_that_of_flair() -> None:
    order = ("air", "bone", "fluid", "callosum", "white", "nuclei", "grey", "lesion", "fat")
    values = [SIGNAL[name] for name in order]
    assert values == sorted(values)


def test_the_cortex_is_brighter_than_the_white_matter_below_it(volume: Volume) -> None:
    """Of a slice above the ventricles, in the hemisphere without the lesion."""
    x, y = (np.arange(SHAPE[axis]) * SPACING[axis] + stack().origin[2 - axis] for axis in (2, 1))
    number = 17
    point = (x[None].astype(np.float32), y[:, None].astype(np.float32), np.full((1, 1), 43.0, dtype=np.float32))
    depth, image = vault(point)["inner"], volume.array[number].astype(float)
    right = x[None] < -8
    deep, shallow = image[(depth > 26) & right], image[(depth > 4) & (depth < 9) & right]
    assert np.median(deep) == pytest.approx(SIGNAL["white"], rel=0.12)
    assert np.percentile(shallow, 80) > 1.1 * np.median(deep)
    assert np.percentile(shallow, 5) < 0.7 * np.median(deep)  # sulci


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lesion_lies_in_one_hemisphere(seed: int) -> None:
    scan = scan_of(seed)
    truth: Any = scan.truth["lesion"]
    where = stack().geometry().to_world(np.stack(np.nonzero(scan.lesion), axis=1))
    assert truth["side"] == ("left" if seed % 2 else "right")
    assert ((where[:, 0] > 5) if seed % 2 else (where[:, 0] < -5)).all()
    assert truth["centroid_lps_mm"] == pytest.approx(where.mean(axis=0), abs=1e-3)
    assert 10 < truth["volume_ml"] < 60


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mask_holds_what_is_bright_in_the_brain_and_nothing_else(seed: int) -> None:
    scan = scan_of(seed)
    x, y = (np.arange(SHAPE[axis], dtype=np.float32) * SPACING[axis] + stack().origin[2 - axis] for axis in (2, 1))
    inner = np.stack(
        [
            vault((x[None].astype(np.float32), y[:, None].astype(np.float32), np.full((1, 1), z, dtype=np.float32)))[
                "inner"
            ]
            for z in stack().origin[2] + np.arange(SHAPE[0]) * SPACING[0]
        ]
    )
    assert inner[scan.lesion].min() > 0
    half = (SIGNAL["lesion"] + SIGNAL["grey"]) / 2
    smooth = ndimage.gaussian_filter(scan.values.astype(np.float32), (0, 0.8, 0.8))
    bright = (smooth > half) & (inner > 4) & (inner < 60)
    bright[:10] = False  # face and base
    overlap = 2 * (bright & scan.lesion).sum() / (bright.sum() + scan.lesion.sum())
    assert overlap > 0.85
    outside = (inner > 8) & ~ndimage.binary_dilation(scan.lesion, iterations=4)
    assert np.percentile(scan.values[10:][outside[10:]], 99.5) < half


def test_some_slices_hold_no_lesion_and_the_volume_is_that_of_the_mask(volume: Volume) -> None:
    phantom = make_phantom("brain_flair")
    mask, truth = phantom.masks["lesion"], phantom.truth["lesion"]
    held = np.flatnonzero(mask.any(axis=(1, 2)))
    assert truth["slices"] == (held[0], held[-1])  # type: ignore[index]
    assert 5 < held[0] < held[-1] < SHAPE[0] - 3
    assert truth["volume_ml"] == pytest.approx(mask.sum() * np.prod(volume.spacing) / 1000, abs=1e-3)  # type: ignore[index]
    assert volume.array[mask].mean() > 1.4 * SIGNAL["white"]


def test_background_noise_is_rician(volume: Volume) -> None:
    corner = volume.array[:, 5:25, 5:25].astype(float)
    assert corner.mean() == pytest.approx(NOISE_SD * np.sqrt(np.pi / 2), rel=0.03)
    assert corner.std() == pytest.approx(NOISE_SD * np.sqrt(2 - np.pi / 2), rel=0.03)


def test_geometry_is_that_of_the_tags(volume: Volume) -> None:
    assert volume.geometry is not None
    assert (volume.shape, volume.geometry.orientation) == (SHAPE, "SPL")
    assert volume.spacing == pytest.approx(SPACING)


def test_the_tags_say_flair() -> None:
    for _, content in make_phantom("brain_flair").files:
        ds = pydicom.dcmread(io.BytesIO(content))
        assert (ds.Modality, ds.BodyPartExamined, ds.SeriesDescription) == ("MR", "BRAIN", "SYNTHETIC AX FLAIR")
        assert list(ds.ScanningSequence) == ["SE", "IR"]
        assert (float(ds.InversionTime), float(ds.EchoTime), float(ds.RepetitionTime)) == (2500, 120, 9000)
        assert float(ds.MagneticFieldStrength) == 1.5
        assert (float(ds.SliceThickness), [float(value) for value in ds.PixelSpacing]) == (5.0, [0.9, 0.9])


def test_the_same_seed_gives_the_same_scan() -> None:
    one, other = scan_of(1), brain_flair(1)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.lesion, other.lesion)
