"""Overlays as the browser is told of them."""

import numpy as np
import pytest

from medimg_core.explain import on_image
from medimg_core.study import Volume
from pages._ui.viewer.overlays import Label, MapOverlay, MaskOverlay, map_of
from tests.pages.conftest import make_explanation, make_series


def native_at(data, index):
    """Native index of a voxel, by what the browser is told."""
    return np.array(data["toNative"]).reshape(3, 4) @ [*index, 1]


def test_a_map_of_a_slice_lies_where_the_core_puts_it():
    volume = make_series().volume
    explanation = make_explanation(volume)
    data = map_of(explanation, 0.5, slice_on_screen=0).describe()
    assert (data["only"], data["scales"], data["model"]) == ([0, 0], {"own": pytest.approx(0.2), "usual": 0.5}, True)
    image = on_image(explanation, interpolation="nearest")
    for row in range(volume.shape[1]):
        for column in range(volume.shape[2]):
            place = native_at(data, (0, row, column))
            r, c = np.floor(np.clip(place[1:], 0, [2, 3]) + 0.5).astype(int)
            assert explanation.native[r, c] == image[row, column]


def test_of_a_reduced_volume_it_lies_at_the_same_place():
    explanation = make_explanation(make_series().volume)
    whole = map_of(explanation, None, slice_on_screen=0).describe()
    half = map_of(explanation, None, slice_on_screen=0, factors=(1, 2, 2)).describe()
    # the centre of the first 2 x 2 block is pixel 0.5, 0.5 of the whole
    assert native_at(half, (0, 0, 0)) == pytest.approx(native_at(whole, (0, 0.5, 0.5)))
    assert native_at(half, (0, 3, 5)) == pytest.approx(native_at(whole, (0, 6.5, 10.5)))


def test_there_and_back_is_the_same_place():
    grid = np.array([[2.0, 0, 0, 0.5], [0, 4.0, 0, 1.5], [0, 0, 4.0, 1.5], [0, 0, 0, 1]])
    volume = Volume(np.zeros((8, 16, 16), np.int16))
    data = MapOverlay("m", "Map", np.zeros((4, 4, 4), np.float32), grid, volume, own=1.0).describe()
    there = np.array(data["toVolume"]).reshape(3, 4) @ [1, 2, 3, 1]
    assert native_at(data, there) == pytest.approx([1, 2, 3])


@pytest.mark.parametrize(("shape", "told"), [((3, 4, 5), [1, 3, 4, 5]), ((2, 3, 4, 5), [2, 3, 4, 5])])
def test_a_mask_tells_its_labels(shape, told):
    volume = Volume(np.zeros((3, 4, 5), np.int16))
    over = MaskOverlay("lungs", "Lungs", np.ones(shape, np.uint8), volume, (Label(1, "Lung", (1, 2, 3)),))
    data = over.describe()
    assert data["shape"] == told
    assert data["labels"] == [{"value": 1, "name": "Lung", "colour": [1, 2, 3]}]
    again = MaskOverlay("lungs", "Lungs", over.array, volume, over.labels).describe()
    assert again["id"] == data["id"]  # the same result is fetched once
