"""The CT: Hounsfield units are those promised, and the nodule is at its place."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.ct import HU
from medimg_core.study import Volume


@pytest.fixture(scope="module")
def volume() -> Volume:
    found = open_study(make_phantom("ct_thorax").files).studies[0].series[0].volume
    assert found is not None
    return found


@pytest.fixture(scope="module")
def truth() -> Any:
    return make_phantom("ct_thorax").truth


def test_units_geometry_and_shape(volume: Volume, truth: Any) -> None:
    assert volume.unit == "HU"
    assert volume.geometry is not None
    assert volume.geometry.orientation == "SPL"
    assert volume.spacing == pytest.approx(truth["spacing_mm"])


@pytest.mark.parametrize(
    ("place", "tissue"), [((-150, -140, 40), "air"), ((-74, 24, 35), "lung"), ((14, -18, -30), "soft")]
)
def test_tissues_have_their_values(volume: Volume, place: tuple[float, ...], tissue: str) -> None:
    assert volume.geometry is not None
    s, r, c = (int(value) for value in np.rint(volume.geometry.to_index(np.array(place, dtype=float))))
    block = volume.array[s - 1 : s + 2, r - 2 : r + 3, c - 2 : c + 3]
    assert np.median(block) == pytest.approx(HU[tissue], abs=25)


def test_bone_is_dense(volume: Volume) -> None:
    assert np.percentile(volume.array, 99.9) > 0.7 * HU["bone"]


def test_the_nodule_is_at_its_place_in_the_right_lung(volume: Volume, truth: Any) -> None:
    assert volume.geometry is not None
    centre = np.array(truth["nodule"]["lps_mm"])
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij"), axis=-1)
    places = volume.geometry.to_world(index)
    near = np.linalg.norm(places - centre, axis=-1) < 9
    weight = np.where(near, volume.array.astype(float) - HU["lung"], 0).clip(100) - 100
    middle = [np.average(places[..., axis], weights=weight) for axis in range(3)]
    assert middle == pytest.approx(centre, abs=1.0)
    assert centre[0] < 0
    nodule = ndimage.map_coordinates(volume.array.astype(float), volume.geometry.to_index(centre)[:, None], order=1)[0]
    assert nodule == pytest.approx(HU["nodule"], abs=90)
    volume_mm3 = weight.sum() / (HU["nodule"] - HU["lung"]) * np.prod(truth["spacing_mm"])
    assert volume_mm3 == pytest.approx(np.pi / 6 * truth["nodule"]["diameter_mm"] ** 3, rel=0.35)
