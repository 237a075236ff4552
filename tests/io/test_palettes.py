"""The palettes of DICOM: their ends, their steps, and that nobody can repaint them."""

import warnings

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.io.palettes import PALETTES, palette

MIDDLE = {  # entry 128, as pydicom 3.0.2 carries it; entries 0 and 255 are black and white in all of them
    "HOT_IRON": [255, 0, 0],
    "PET": [128, 0, 255],
    "HOT_METAL_BLUE": [116, 17, 97],
    "PET_20_STEP": [80, 192, 80],
}


@pytest.mark.parametrize("name", PALETTES)
def test_colours(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        palette.cache_clear()
        colours = palette(name)
    assert (colours.shape, colours.dtype) == ((256, 3), np.uint8)
    assert colours[[0, 128, 255]].tolist() == [[0, 0, 0], MIDDLE[name], [255, 255, 255]]
    assert palette(name) is colours
    with pytest.raises(ValueError, match="read-only"):
        colours[0, 0] = 1


def test_hot_iron_brightens_red_before_green_before_blue():
    red, green, blue = palette("HOT_IRON").astype(int).T
    assert all((np.diff(channel) >= 0).all() for channel in (red, green, blue))
    assert (np.all(red >= green), np.all(green >= blue)) == (True, True)


def test_twenty_steps_are_twenty_colours():
    assert len(np.unique(palette("PET_20_STEP"), axis=0)) == 20


def test_other_names():
    with pytest.raises(IncompatibleInputError, match="must be one of HOT_IRON, PET, HOT_METAL_BLUE, PET_20_STEP"):
        palette("JET")
